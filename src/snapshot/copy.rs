//! Which of several equal entries one is. It is told by the id of an event and is no part of what makes entries equal.

use std::hash::{Hash, Hasher};

/// The number of an entry among its equals, from 0.
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

/// Which of several equal gifts one is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purchase {
    /// The number among those that one answer shows, from 0.
    Copy(u32),
    /// The one that the counter rose to this with.
    Counted(u64),
    /// The one that a live chat announced, with this hash of the announcement's id.
    Announced(u128),
}

impl Purchase {
    /// The number among equals that one answer shows.
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
