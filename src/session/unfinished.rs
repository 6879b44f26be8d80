//! Logs a request that changes something and is dropped before its answer.

use super::{answer::Deed, trace};

/// Held while such a request is under way.
pub(crate) struct Unfinished(Option<Deed>);

impl Unfinished {
    pub(super) fn new(deed: Deed) -> Self {
        Self(Some(deed))
    }

    #[cfg(feature = "upload")]
    pub(crate) fn of_a_change() -> Self {
        Self::new(Deed::Write)
    }

    pub(crate) fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.0 == Some(Deed::Write) {
            trace::given_up();
        }
    }
}
