//! Numbers equal entries. The number is part of an event's id, and equality
//! ignores it.

use std::hash::{Hash, Hasher};

/// The number of an entry among equal ones, from 0.
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

/// Tells equal gifts apart.
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
