//! A second server behind the account's address, whose answers are from another
//! moment.

use std::{collections::VecDeque, time::Duration};

/// A server that gives some of the answers instead of the first one; see
/// [`Sim::second_server`](super::Sim::second_server).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecondServer {
    /// Which answers it gives: with 6, the sixth from now, the twelfth and so
    /// on. With 0 it gives none.
    pub every: u64,
    /// How far its clock, and so the `now` of its answers, is behind the first
    /// server's. In whole seconds.
    pub clock_behind: Duration,
    /// How old its lists are: they show the account as it was that long ago. In
    /// whole seconds.
    pub lists_behind: Duration,
}

/// A [`SecondServer`] at work.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) server: SecondServer,
    pub(super) answers: u64,
    pub(super) past: Past,
}

/// Earlier states of the lists, as far back as needed.
#[derive(Debug)]
pub(super) struct Past {
    /// How far back, in seconds.
    pub(super) behind: u64,
    /// The second that is being written. What happens now belongs to it.
    pub(super) page: u64,
    /// Each state with the second from which it held.
    pub(super) pages: VecDeque<(u64, Vec<u8>)>,
}

impl Past {
    /// The lists at the end of `second`; `None` if they are still the same.
    pub(super) fn at(&self, second: u64) -> Option<&[u8]> {
        if second >= self.page {
            return None;
        }
        self.pages.iter().rev().find(|(from, _)| *from <= second).map(|(_, lists)| &**lists)
    }
}
