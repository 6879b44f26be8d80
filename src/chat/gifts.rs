//! Reports each gift once: the chat may announce a gift by an event, by a
//! message, or by both.
//!
//! A gift has no id, so two announcements are taken for the same gift if they
//! are of different kinds, close together, and agree in the buyer, the type and
//! the number. Two of the same kind are two gifts. The first one that comes is
//! told and waits here for the other. If in doubt a gift is told twice rather
//! than never, because it is money.

use std::collections::VecDeque;

use crate::snapshot::UserId;

/// How many records later the second announcement of a gift may come.
const REACH: u64 = 16;
/// How many gifts may wait for their second announcement.
const MOST: usize = 64;
/// Far longer than today's types, which have about ten characters. A gift with
/// a longer type is not remembered.
const LONGEST_KIND: usize = 64;

/// How a gift was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// By a record of its own, `gift_purchased`.
    Event,
    /// By a message with `gift_purchase_notification`.
    Message,
}

/// Recent gifts that were announced only one way so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gifts(VecDeque<Waiting>);

/// A gift that was told, and whose other announcement may still come.
#[derive(Clone, Debug)]
struct Waiting {
    /// In which record it came.
    record: u64,
    by: By,
    buyer: UserId,
    kind: String,
    total: u64,
}

impl Gifts {
    /// Whether this gift, announced in that record, is new. It is not if the
    /// other kind of announcement came shortly before, from the same buyer,
    /// with the same type and number. Each announcement pairs with only one
    /// other.
    pub(crate) fn is_news(&mut self, by: By, buyer: Option<&UserId>, kind: &str, total: Option<u64>, record: u64) -> bool {
        let (Some(buyer), Some(total), ..=LONGEST_KIND) = (buyer, total, kind.len()) else { return true };
        self.0.retain(|waiting| record.saturating_sub(waiting.record) <= REACH);
        let is_same = |other: &Waiting| other.buyer == *buyer && other.kind == kind && other.total == total;
        if let Some(other) = self.0.iter().position(|other| other.by != by && is_same(other)) {
            self.0.remove(other);
            return false;
        }
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(Waiting { record, by, buyer: buyer.clone(), kind: kind.to_owned(), total });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gift_is_news_once_however_it_is_announced() {
        let mut gifts = Gifts::default();
        let (ada, bob) = (UserId::from("ada"), UserId::from("bob"));
        let mut is_news = |by, buyer, total, record| gifts.is_news(by, buyer, "rumble", Some(total), record);
        assert!(is_news(By::Event, Some(&ada), 5, 1));
        assert!(is_news(By::Event, Some(&ada), 5, 2), "a second one");
        assert!(is_news(By::Message, Some(&bob), 5, 3));
        assert!(is_news(By::Message, Some(&ada), 1, 3));
        assert!(!is_news(By::Message, Some(&ada), 5, 4));
        assert!(!is_news(By::Message, Some(&ada), 5, 5));
        assert!(is_news(By::Message, Some(&ada), 5, 6), "a third one");
        assert!(!is_news(By::Event, Some(&bob), 5, 3 + REACH));
        assert!(is_news(By::Event, Some(&ada), 5, 7 + REACH), "too late to be the same");
        assert!(is_news(By::Event, None, 5, 8) && is_news(By::Message, None, 5, 8));
        assert!(gifts.is_news(By::Message, Some(&ada), "premium", Some(5), 7 + REACH), "another type");
        let endless = "x".repeat(LONGEST_KIND + 1);
        assert!(gifts.is_news(By::Event, Some(&ada), &endless, Some(5), 9) && gifts.is_news(By::Message, Some(&ada), &endless, Some(5), 9));
        for record in 0..1000 {
            gifts.is_news(By::Event, Some(&ada), "rumble", Some(record), 9);
        }
        assert_eq!(gifts.0.len(), MOST);
    }
}
