//! A second server behind the account's address: some answers are as of another moment.

use std::{collections::VecDeque, time::Duration};

/// A server that gives some of the answers in place of the first; see [`Sim::second_server`](super::Sim::second_server).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecondServer {
    /// It gives every so many-eth answer: with 6, the sixth from now, the twelfth and so on. 0: none.
    pub every: u64,
    /// How far its clock, and so the `now` of its answers, is behind that of the first. In whole seconds.
    pub clock_behind: Duration,
    /// How old its lists are: they show what had happened that long ago. In whole seconds.
    pub lists_behind: Duration,
}

/// A [`SecondServer`] at work.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) server: SecondServer,
    pub(super) answers: u64,
    pub(super) past: Past,
}

/// What the lists were, as far back as is needed.
#[derive(Debug)]
pub(super) struct Past {
    /// How far back, in seconds.
    pub(super) behind: u64,
    /// The second that is being written: what happens now belongs to it.
    pub(super) page: u64,
    /// From which second on the lists were so.
    pub(super) pages: VecDeque<(u64, Vec<u8>)>,
}

impl Past {
    /// The lists at the end of `second`; `None` where they are still the same.
    pub(super) fn at(&self, second: u64) -> Option<&[u8]> {
        if second >= self.page {
            return None;
        }
        self.pages.iter().rev().find(|(from, _)| *from <= second).map(|(_, lists)| &**lists)
    }
}
