//! Logs a request that changes something and is dropped before its answer.
//!
//! The caller of a dropped future gets no error, so the log is the only place
//! that can tell. A guard does it, because a future can be dropped at any of
//! its waits.

use super::{answer::Deed, trace};

/// Held while such a request is under way. Nothing is logged for one that only
/// reads.
pub(crate) struct Unfinished(Option<Deed>);

impl Unfinished {
    /// To be held from the moment at which the request may be sent.
    pub(super) fn new(deed: Deed) -> Self {
        Self(Some(deed))
    }

    /// The same for callers elsewhere, which do not know `Deed`.
    #[cfg(feature = "upload")]
    pub(crate) fn of_a_change() -> Self {
        Self::new(Deed::Write)
    }

    /// The answer has come, good or bad, and says itself what became of the
    /// request.
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
