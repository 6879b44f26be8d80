//! Numbers equal entries. The number is part of an event's id, and equality
//! ignores it.
//!
//! Two messages of one user with one text in one second are two events and need
//! two ids, but the wire shows them alike. The tracker numbers them as it
//! yields them. An entry of a snapshot has no number yet. If the number took
//! part in equality, an event would not equal the entry that it came from, nor
//! the one that a test builds. It is not in the JSON form of an entry either:
//! the JSON of an event has it in the `id`, and reading that puts it back.

use std::hash::{Hash, Hasher};

/// The number of an entry among equal ones, from 0. Any two are equal, so that
/// types with this field can derive `PartialEq`, `Eq` and `Hash`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Copy(pub(crate) u32);

impl PartialEq for Copy {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Copy {}

impl Hash for Copy {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Tells equal gifts apart. Like `Copy`, it takes no part in equality.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purchase {
    /// The number among the equal gifts in one answer, from 0.
    Copy(u32),
    /// The gift that raised the counter to this value.
    Counted(u64),
    /// The gift that a live chat announced, with a hash of the announcement's
    /// id.
    Announced(u128),
}

impl Purchase {
    /// The number among equal entries. 0 for gifts that are told apart in
    /// another way.
    pub(crate) fn copy(self) -> Copy {
        match self {
            Self::Copy(number) => Copy(number),
            Self::Counted(_) | Self::Announced(_) => Copy::default(),
        }
    }
}

impl Default for Purchase {
    fn default() -> Self {
        Self::Copy(0)
    }
}

impl PartialEq for Purchase {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Purchase {}

impl Hash for Purchase {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
