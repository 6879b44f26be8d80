//! Money.
//!
//! Cents in a `u64`, because floats do not add up: a goal bar that sums rants
//! must show what was paid. There are no negative amounts, and nothing
//! overflows; sums stop at the largest amount.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign},
};

use serde::{Deserialize, Serialize};

/// An amount of US dollars, in whole cents. `Display` is `$10.50`, and the JSON
/// form is the number of cents.
///
/// Add amounts with `+`, `+=` or `sum()`. Sums saturate at the largest amount.
/// Amounts compare and sort by their value, and `Amount::default()` is $0.00.
///
/// # Examples
///
/// ```
/// use rumble_live::Amount;
///
/// let mut total = Amount::from_dollars(10) + Amount::from_cents(50);
/// assert_eq!(total.to_string(), "$10.50");
/// total += Amount::from_cents(499);
/// assert_eq!(total.cents(), 1549);
/// ```
///
/// What the rants in a chat add up to, and which is the largest:
///
/// ```
/// use rumble_live::{Amount, Rant};
///
/// let rants =
///     [("ada", 500), ("bo", 2000), ("ada", 100)].map(|(who, cents)| {
///         Rant::new("7c1f4q", who, Amount::from_cents(cents), "ahoy")
///     });
/// let total: Amount = rants.iter().map(|rant| rant.amount).sum();
/// assert_eq!(total.to_string(), "$26.00");
/// let largest = rants.iter().max_by_key(|rant| rant.amount);
/// assert_eq!(largest.map(|rant| &*rant.username), Some("bo"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(u64);

impl Amount {
    /// An amount of this many cents, the unit of the wire.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::Amount;
    ///
    /// // A width pads the whole amount, for a table.
    /// assert_eq!(format!("{:>8}", Amount::from_cents(499)), "   $4.99");
    /// ```
    #[must_use]
    pub const fn from_cents(cents: u64) -> Self {
        Self(cents)
    }

    /// An amount of this many whole dollars. Saturates at the largest amount.
    ///
    /// # Examples
    ///
    /// A bot speaks only the rants that reach a limit:
    ///
    /// ```
    /// use rumble_live::{Amount, Rant};
    ///
    /// const LOUD: Amount = Amount::from_dollars(5);
    ///
    /// let rant = Rant::new("7c1f4q", "ada", Amount::from_cents(499), "ahoy");
    /// assert!(rant.amount < LOUD);
    /// ```
    #[must_use]
    pub const fn from_dollars(dollars: u64) -> Self {
        Self(dollars.saturating_mul(100))
    }

    /// The amount in cents. Calculate with it if you need more than sums.
    ///
    /// # Examples
    ///
    /// How far a goal is reached, in percent:
    ///
    /// ```
    /// use rumble_live::Amount;
    ///
    /// let (goal, given) =
    ///     (Amount::from_dollars(200), Amount::from_dollars(50));
    /// assert_eq!(given.cents() * 100 / goal.cents(), 25);
    /// ```
    #[must_use]
    #[doc(alias = "amount_cents")]
    pub const fn cents(self) -> u64 {
        self.0
    }

    /// The amount in dollars as a float: $4.99 is 4.99. Use it to show the
    /// amount, or for an API that needs a float.
    ///
    /// Do not add or compare these floats, because most of them are not exact.
    /// Add amounts, or their [`cents`](Self::cents).
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::Amount;
    ///
    /// let amount = Amount::from_cents(499);
    /// assert_eq!(
    ///     serde_json::json!({ "value": amount.dollars() })["value"],
    ///     4.99
    /// );
    /// assert_eq!(format!("{:.0} dollars", amount.dollars()), "5 dollars");
    /// ```
    #[must_use]
    #[doc(alias = "amount_dollars")]
    #[expect(clippy::cast_precision_loss, reason = "amounts beyond 2^53 cents do not exist")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Formatted as a whole first, so a width applies to all of it.
        f.pad(&format!("${}.{:02}", self.0 / 100, self.0 % 100))
    }
}

impl Add for Amount {
    type Output = Self;

    /// Saturates at the largest amount.
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Amount {
    /// Saturates at the largest amount.
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Amount {
    /// Saturates at the largest amount.
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), Self::add)
    }
}

impl<'a> Sum<&'a Amount> for Amount {
    /// Saturates at the largest amount.
    fn sum<I: Iterator<Item = &'a Amount>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_print_as_dollars_and_cents() {
        for (cents, text) in [(0, "$0.00"), (5, "$0.05"), (150, "$1.50"), (100_000, "$1000.00")] {
            assert_eq!(Amount::from_cents(cents).to_string(), text);
        }
        assert_eq!(format!("{:>8}", Amount::from_cents(500)), "   $5.00");
    }

    #[test]
    fn amounts_add_up_and_saturate() {
        let amounts = [Amount::from_dollars(5), Amount::from_cents(499), Amount::from_cents(1)];
        assert_eq!(amounts.iter().sum::<Amount>(), Amount::from_dollars(10));
        assert_eq!(amounts.into_iter().sum::<Amount>(), Amount::from_dollars(10));
        let mut total = Amount::from_cents(u64::MAX - 1);
        total += Amount::from_cents(1);
        assert_eq!(total + Amount::from_cents(1), Amount::from_cents(u64::MAX));
        assert_eq!(Amount::from_dollars(u64::MAX), Amount::from_cents(u64::MAX));
    }

    #[test]
    fn dollars_are_the_nearest_float() {
        for (cents, dollars) in [(0, 0.0), (29, 0.29), (499, 4.99), (1999, 19.99), (100_000_001, 1_000_000.01)] {
            assert!((Amount::from_cents(cents).dollars() - dollars).abs() < f64::EPSILON, "{cents}");
        }
    }
}
