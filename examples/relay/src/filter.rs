//! Which events a destination gets.

use rumble_live::Amount;

use crate::{kind::Kind, occurrence::Occurrence};

/// The events that a destination gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// These kinds. `None` for all.
    pub kinds: Option<Vec<Kind>>,
    /// Of paid events, only those of at least this amount.
    pub least: Amount,
}

impl Filter {
    /// Whether the destination gets this.
    #[must_use]
    pub fn wants(&self, occurrence: &Occurrence) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&occurrence.kind))
            && occurrence.amount.is_none_or(|amount| amount >= self.least)
    }
}

#[cfg(test)]
mod tests {
    use rumble_live::{Event, Rant};
    use time::OffsetDateTime;

    use super::*;

    fn rant(cents: u64) -> Occurrence {
        Occurrence::of(&Event::from(Rant::new("7c1f4q", "ada", Amount::from_cents(cents), ""))).unwrap()
    }

    #[test]
    fn least_amount_is_compared_in_cents_and_lets_pass_what_has_no_amount() {
        let filter = Filter { kinds: None, least: Amount::from_cents(499) };
        assert_eq!([498, 499, 500].map(|cents| filter.wants(&rant(cents))), [false, true, true]);
        let gift = Occurrence::of(&Kind::GiftedSubs.sample(OffsetDateTime::UNIX_EPOCH)).unwrap();
        assert!(filter.wants(&gift));
    }

    #[test]
    fn only_the_kinds_that_are_named_pass() {
        let filter = Filter { kinds: Some(vec![Kind::Rant]), least: Amount::default() };
        let wanted = Kind::ALL.map(|kind| filter.wants(&Occurrence::of(&kind.sample(OffsetDateTime::UNIX_EPOCH)).unwrap()));
        assert_eq!(wanted, [false, false, false, true, false, false]);
    }
}
