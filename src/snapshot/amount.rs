//! Money.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount of US dollars, held in whole cents. `Display` is `$10.50`; the JSON form is the number of cents.
///
/// ```
/// use rumble_live::Amount;
///
/// assert_eq!(Amount::from_cents(1050).to_string(), "$10.50");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(u64);

impl Amount {
    /// An amount of so many cents.
    #[must_use]
    pub const fn from_cents(cents: u64) -> Self {
        Self(cents)
    }

    /// An amount of so many whole dollars. Saturates at the greatest amount.
    #[must_use]
    pub const fn from_dollars(dollars: u64) -> Self {
        Self(dollars.saturating_mul(100))
    }

    /// The amount in cents.
    #[must_use]
    pub const fn cents(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Formatted as a whole first, so that widths given by the caller apply to it.
        f.pad(&format!("${}.{:02}", self.0 / 100, self.0 % 100))
    }
}

impl std::iter::Sum for Amount {
    /// Saturates at the greatest amount.
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), |sum, amount| Self(sum.0.saturating_add(amount.0)))
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
}
