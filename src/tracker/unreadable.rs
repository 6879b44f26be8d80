//! How many items of a list nobody can read, and when that is worth a word.

use serde::{Deserialize, Serialize};

/// After so many answers without any, the same number is told again.
const CLEAN: u8 = 100;

/// What was told of one list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unreadable {
    /// The highest number told.
    told: u32,
    /// How many answers running had none.
    clean: u8,
}

impl Unreadable {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over the field by reference")]
    pub(super) fn is_default(&self) -> bool {
        self.told == 0
    }

    /// Whether this number is to be told.
    pub(super) fn is_news(self, count: usize) -> bool {
        as_u32(count) > self.told
    }

    /// Remembers that this number was told.
    pub(super) fn record(&mut self, count: usize) {
        self.told = self.told.max(as_u32(count));
    }

    /// Notes how many one more answer had.
    pub(super) fn note(&mut self, count: usize) {
        self.clean = if count == 0 { self.clean.saturating_add(1) } else { 0 };
        if self.clean >= CLEAN || self.told == 0 {
            *self = Self::default();
        }
    }
}

fn as_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
