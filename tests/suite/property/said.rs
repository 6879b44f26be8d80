//! What a tracker says, in the words of the oracle.

use std::mem::discriminant;

use rumble_live::{ErrorKind, Event, Gap, ListKind, StreamId};
use time::OffsetDateTime;

use super::history::{Entry, Gift, List, STREAMS, TEXTS, User, VIDEOS};

/// What was said, without what is of no account here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Said {
    /// The answer is of another account and was not taken.
    Refused,
    Ready,
    Started {
        stream: usize,
        at: i64,
        already_live: bool,
    },
    Unreadable {
        list: List,
        count: usize,
    },
    /// `copy` is which of the equal ones of its second it is.
    New {
        list: List,
        entry: Entry,
        copy: usize,
    },
    Gap {
        list: List,
        since: Option<i64>,
        until: i64,
        at_least: Option<u64>,
    },
    /// How many of it remain is left out.
    Gift {
        gift: Gift,
        which: Which,
    },
    Ended {
        stream: usize,
        last_seen: i64,
        at: i64,
    },
}

/// Which of equal gifts it is: by number, or by what the counter said when it was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    Copy(usize),
    Counted(u64),
}

/// The events of one answer. Of gifts, unreadable lists and livestreams that end at once the order among themselves is open.
pub(crate) fn said(events: Vec<Event>) -> Vec<Said> {
    let mut said: Vec<Said> = events.into_iter().map(said_by).collect();
    let is_open = |said: &Said| matches!(said, Said::Gift { .. } | Said::Unreadable { .. } | Said::Ended { .. });
    said.chunk_by_mut(|one, other| is_open(one) && discriminant(one) == discriminant(other)).for_each(<[_]>::sort);
    said
}

pub(crate) fn said_by(event: Event) -> Said {
    // Before the hash, an id ends with which of the equal ones it is.
    let which = event.id().map(|id| id.to_string().rsplit(':').nth(1).unwrap().to_owned()).unwrap_or_default();
    let new = |list, at: OffsetDateTime, user: &str, text: &str, cents| {
        let entry = Entry { at: at.unix_timestamp(), user: user_of(user), text: text_of(text), cents };
        Said::New { list, entry, copy: which.parse().unwrap() }
    };
    match event {
        Event::Ready => Said::Ready,
        Event::Interrupted(interrupted) => {
            assert_eq!(interrupted.kind, ErrorKind::Decode);
            Said::Refused
        }
        Event::StreamStarted(event) => {
            Said::Started { stream: number_of(&event.stream), at: event.at.unix_timestamp(), already_live: event.already_live }
        }
        Event::StreamEnded(event) => {
            let (last_seen, at) = (event.last_seen.unix_timestamp(), event.at.unix_timestamp());
            Said::Ended { stream: number_of(&event.stream), last_seen, at }
        }
        Event::Unreadable(event) => Said::Unreadable { list: list_of(event.list, event.stream.as_ref()), count: event.count },
        Event::Follower(event) => new(List::Followers, event.followed_on, &event.username, "", 0),
        Event::Subscriber(event) => new(List::Subscribers, event.subscribed_on, &event.username, "", event.amount.cents()),
        Event::Message(event) => new(List::Messages(number_of(&event.stream)), event.created_on, &event.username, &event.text, 0),
        Event::Rant(event) => {
            let list = List::Rants(number_of(&event.stream));
            new(list, event.created_on, &event.username, &event.text, event.amount.cents())
        }
        Event::GiftedSubs(event) => {
            let (total, video) = (event.total_gifts.unwrap(), event.video_id.unwrap());
            assert!(VIDEOS.contains(&video));
            let which = match which.strip_prefix("counter-") {
                Some(counter) => Which::Counted(counter.parse().unwrap()),
                None => Which::Copy(which.parse().unwrap()),
            };
            Said::Gift { gift: Gift { by: user_of(&event.purchased_by), video, total, remaining: 0 }, which }
        }
        Event::Gap(Gap { list, stream, since, until, at_least, .. }) => Said::Gap {
            list: list_of(list, stream.as_ref()),
            since: since.map(OffsetDateTime::unix_timestamp),
            until: until.unix_timestamp(),
            at_least,
        },
        other => panic!("a tracker never says {other}"),
    }
}

fn list_of(kind: ListKind, stream: Option<&StreamId>) -> List {
    match (kind, stream) {
        (ListKind::Followers, None) => List::Followers,
        (ListKind::Subscribers, None) => List::Subscribers,
        (ListKind::Messages, Some(stream)) => List::Messages(number_of(stream)),
        (ListKind::Rants, Some(stream)) => List::Rants(number_of(stream)),
        (ListKind::GiftedSubs, None) => List::Gifts,
        (ListKind::Livestreams, None) => List::Livestreams,
        other => panic!("{other:?}"),
    }
}

fn number_of(stream: &StreamId) -> usize {
    STREAMS.iter().position(|known| *known == stream.as_str()).unwrap()
}

fn user_of(name: &str) -> User {
    if name.is_empty() { 0 } else { name.strip_prefix('u').unwrap().parse().unwrap() }
}

/// The text of the history that this is, to compare it as one.
fn text_of(text: &str) -> &'static str {
    TEXTS.iter().find(|known| **known == text).copied().unwrap_or("a text of nobody")
}
