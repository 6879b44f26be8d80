//! A known entry of a list, and its form in a checkpoint.
//!
//! Most of a checkpoint is made of these rows: there may be some two hundred
//! for each list. So a row is an array without names, and the usual one, of a
//! message that was written once, has only its second and its hash. A
//! checkpoint must stay readable for later versions, so a new value goes to the
//! end, with a usual value that may be left out.
//!
//! [`bytes`] must agree with what serde writes to the byte, because a
//! checkpoint is cut by it; a test compares the two.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::sighting::Key;
use crate::event::Fingerprint;

/// What is known about equal entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// How many of them were yielded or taken as baseline.
    pub(super) copies: u32,
    /// How many of them were nameless then and are known under a name now.
    pub(super) named: u32,
    /// The [class](super::sighting::Entry::class) of a paid entry.
    pub(super) class: u32,
    /// Their position among the known entries of their second. Higher is newer.
    pub(super) order: i32,
}

impl Known {
    /// How many an answer can show under this name.
    pub(super) fn current(self) -> u32 {
        self.copies.saturating_sub(self.named)
    }
}

/// A row is `[second, hash, cents, copies, class, order, named]`. Trailing
/// values are left out if they are the usual ones: 0, 1, 0, 0, 0.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Row {
    Named(i64, Fingerprint, u64, u32, u32, i32, u32),
    Ordered(i64, Fingerprint, u64, u32, u32, i32),
    Classed(i64, Fingerprint, u64, u32, u32),
    Paid(i64, Fingerprint, u64, u32),
    Usual(i64, Fingerprint),
}

impl Row {
    /// The shortest form that says everything.
    fn new(key: &Key, known: &Known) -> Self {
        let Key { second, print, cents } = *key;
        let Known { copies, class, order, named } = *known;
        match (cents, copies, class, order, named) {
            (0, 1, 0, 0, 0) => Self::Usual(second, print),
            (_, _, 0, 0, 0) => Self::Paid(second, print, cents, copies),
            (_, _, _, 0, 0) => Self::Classed(second, print, cents, copies, class),
            (_, _, _, _, 0) => Self::Ordered(second, print, cents, copies, class, order),
            _ => Self::Named(second, print, cents, copies, class, order, named),
        }
    }

    /// Fills in the usual values for what was left out.
    fn into_pair(self) -> (Key, Known) {
        let (second, print, cents, copies, class, order, named) = match self {
            Self::Named(second, print, cents, copies, class, order, named) => (second, print, cents, copies, class, order, named),
            Self::Ordered(second, print, cents, copies, class, order) => (second, print, cents, copies, class, order, 0),
            Self::Classed(second, print, cents, copies, class) => (second, print, cents, copies, class, 0, 0),
            Self::Paid(second, print, cents, copies) => (second, print, cents, copies, 0, 0, 0),
            Self::Usual(second, print) => (second, print, 0, 1, 0, 0, 0),
        };
        (Key { second, print, cents }, Known { copies, named, class, order })
    }
}

/// How many bytes of JSON an entry takes, including the comma after it.
pub(super) fn bytes(key: &Key, known: &Known) -> usize {
    // `[`, `,"`, 32 hex digits, `"]` and the comma.
    let usual = signed(key.second) + 38;
    let paid = usual + digits(key.cents) + digits(known.copies.into()) + 2;
    let classed = paid + digits(known.class.into()) + 1;
    let ordered = classed + signed(known.order.into()) + 1;
    match Row::new(key, known) {
        Row::Usual(..) => usual,
        Row::Paid(..) => paid,
        Row::Classed(..) => classed,
        Row::Ordered(..) => ordered,
        Row::Named(..) => ordered + digits(known.named.into()) + 1,
    }
}

/// How many characters a number takes, with its sign.
fn signed(number: i64) -> usize {
    digits(number.unsigned_abs()) + usize::from(number < 0)
}

/// How many digits a number has. Zero has one.
fn digits(number: u64) -> usize {
    usize::try_from(number.checked_ilog10().unwrap_or_default()).unwrap_or_default() + 1
}

/// Writes the entries of a ledger as rows, the oldest first.
pub(super) fn serialize<S: Serializer>(seen: &BTreeMap<Key, Known>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(seen.iter().map(|(key, known)| Row::new(key, known)))
}

/// Reads the rows back. Of two rows with one key, the last counts.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Key, Known>, D::Error> {
    Ok(Vec::<Row>::deserialize(deserializer)?.into_iter().map(Row::into_pair).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_takes_as_many_bytes_as_told_and_reads_back() {
        for (second, cents, copies, class, order, named) in [
            (1_767_225_615, 0, 1, 0, 0, 0),
            (i64::MIN, u64::MAX, u32::MAX, u32::MAX, i32::MIN, u32::MAX),
            (0, 500, 1, 0, 0, 0),
            (-1, 500, 2, 77, 0, 0),
            (5, 0, 1, 0, -3, 0),
            (5, 200, 2, 7, 0, 1),
        ] {
            let key = Key { second, print: Fingerprint::of_user("ada"), cents };
            let known = Known { copies, named, class, order };
            let json = serde_json::to_string(&Row::new(&key, &known)).unwrap();
            assert_eq!(json.len() + 1, bytes(&key, &known), "{json}");
            let row: Row = serde_json::from_str(&json).unwrap();
            assert_eq!(row.into_pair(), (key, known));
        }
    }
}
