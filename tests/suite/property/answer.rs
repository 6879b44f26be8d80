//! What is answered to a poll.

use super::history::{Entry, Gift, List};

/// One item of a list as the server sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item<T> {
    Entry(T),
    /// Nobody can read it, in one of several ways.
    Unreadable(u8),
    /// A blank item, as some local proxies send, in one of several ways.
    Padding(u8),
}

impl<T: Copy> Item<T> {
    pub(crate) fn entry(&self) -> Option<T> {
        if let Self::Entry(entry) = self { Some(*entry) } else { None }
    }
}

/// A list as it was sent: `None` where it was null or absent.
pub(crate) type Shown = Option<Vec<Item<Entry>>>;

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) account: Account,
    pub(crate) now: i64,
    pub(crate) cap: Option<u64>,
    pub(crate) followers: Audience,
    pub(crate) subscribers: Audience,
    pub(crate) gifts: Option<Vec<Item<Gift>>>,
    pub(crate) gifted: Option<u64>,
    pub(crate) streams: Option<Vec<Listed>>,
    /// Livestreams that nobody can read, and such as are padding.
    pub(crate) unreadable_streams: usize,
    pub(crate) blank_streams: usize,
}

/// Whose answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) user: Option<&'static str>,
    pub(crate) channel: Option<u64>,
}

impl Account {
    /// Whether the two have one id in common and another not.
    pub(crate) fn shares_one_of_two_ids(&self, other: &Self) -> bool {
        let (users, channels) = (self.user.zip(other.user), self.channel.zip(other.channel));
        matches!((users, channels), (Some(users), Some(channels)) if (users.0 == users.1) != (channels.0 == channels.1))
    }

    pub(crate) const WATCHED: Self = Self { user: Some("2f"), channel: None };
}

#[derive(Clone, Debug)]
pub(crate) struct Audience {
    pub(crate) count: Option<u64>,
    pub(crate) total: Option<u64>,
    pub(crate) list: Shown,
}

#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) stream: usize,
    pub(crate) live: Option<bool>,
    pub(crate) created_on: Option<i64>,
    pub(crate) messages: Shown,
    pub(crate) rants: Shown,
}

impl Answer {
    pub(crate) fn listed_mut(&mut self, stream: usize) -> Option<&mut Listed> {
        self.streams.as_mut()?.iter_mut().find(|listed| listed.stream == stream)
    }

    /// Of a list of entries with stamps.
    pub(crate) fn list_mut(&mut self, list: List) -> Option<&mut Shown> {
        Some(match list {
            List::Followers => &mut self.followers.list,
            List::Subscribers => &mut self.subscribers.list,
            List::Messages(stream) => &mut self.listed_mut(stream)?.messages,
            List::Rants(stream) => &mut self.listed_mut(stream)?.rants,
            List::Gifts | List::Livestreams => return None,
        })
    }

    pub(crate) fn each_list(&mut self, mut change: impl FnMut(&mut Vec<Item<Entry>>)) {
        let chats = self.streams.iter_mut().flatten().flat_map(|listed| [&mut listed.messages, &mut listed.rants]);
        [&mut self.followers.list, &mut self.subscribers.list].into_iter().chain(chats).flatten().for_each(&mut change);
    }

    pub(crate) fn unload_chats(&mut self) {
        for listed in self.streams.iter_mut().flatten() {
            (listed.messages, listed.rants) = (Some(Vec::new()), Some(Vec::new()));
        }
    }
}
