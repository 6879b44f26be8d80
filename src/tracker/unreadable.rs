//! Decides when to report the number of unreadable items of a list.
//!
//! A list that cannot be read is so in every answer, and a report at every poll
//! would be noise. So it is reported once, and again only when there are more
//! than ever. After a hundred answers in a row without any, it counts as
//! mended, and the next one is news again.

use serde::{Deserialize, Serialize};

/// After this many answers without any, the same number is reported again.
const CLEAN: u8 = 100;

/// What was reported about one list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unreadable {
    /// The highest number reported.
    told: u32,
    /// How many answers in a row had none.
    clean: u8,
}

impl Unreadable {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over the field by reference")]
    /// Whether there is nothing to keep in a checkpoint.
    pub(super) fn is_default(&self) -> bool {
        self.told == 0
    }

    /// Whether to report this number.
    pub(super) fn is_news(self, count: usize) -> bool {
        as_u32(count) > self.told
    }

    /// Remembers that this number was reported.
    pub(super) fn record(&mut self, count: usize) {
        self.told = self.told.max(as_u32(count));
    }

    /// Records how many one more answer had.
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
