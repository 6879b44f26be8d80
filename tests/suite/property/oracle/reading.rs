//! What an answer says of its lists.

use crate::property::{
    answer::{Answer, Item},
    history::{Entry, List},
};

/// The lists of entries with stamps, in the order in which they come.
pub(super) fn lists(answer: &Answer) -> Vec<List> {
    let mut lists = vec![List::Followers, List::Subscribers];
    for listed in answer.streams.iter().flatten() {
        if !lists.contains(&List::Messages(listed.stream)) {
            lists.extend([List::Messages(listed.stream), List::Rants(listed.stream)]);
        }
    }
    lists
}

/// The items of a list that the answer says something about.
pub(super) fn raw(answer: &Answer, list: List) -> Option<&[Item<Entry>]> {
    // Silent: of a livestream that is listed twice the first counts.
    let chat = |stream| answer.streams.as_ref()?.iter().find(|listed| listed.stream == stream);
    let (shown, count) = match list {
        List::Followers => (&answer.followers.list, answer.followers.count),
        List::Subscribers => (&answer.subscribers.list, answer.subscribers.count),
        List::Messages(stream) => (&chat(stream)?.messages, None),
        List::Rants(stream) => (&chat(stream)?.rants, None),
        List::Gifts | List::Livestreams => return None,
    };
    // Silent: an empty list beside a count above zero is a failure of the server and says nothing.
    let is_believed = |shown: &&Vec<Item<Entry>>| length(shown) > 0 || count.unwrap_or(0) == 0;
    shown.as_ref().filter(is_believed).map(Vec::as_slice)
}

pub(super) fn entries(answer: &Answer, list: List) -> Option<Vec<Entry>> {
    Some(raw(answer, list)?.iter().filter_map(Item::entry).collect())
}

/// How long the list is, what cannot be read included.
pub(super) fn listed(answer: &Answer, list: List) -> usize {
    raw(answer, list).map_or(0, length)
}

/// Padding is no item.
pub(super) fn length<T>(items: &[Item<T>]) -> usize {
    items.iter().filter(|item| !matches!(item, Item::Padding(_))).count()
}

pub(super) fn unreadable<T>(items: &[Item<T>]) -> usize {
    items.iter().filter(|item| matches!(item, Item::Unreadable(_))).count()
}

/// How long a list can be, as the answer says it. Silent: 0 is no cap, and more than 1000 is none that anybody has.
pub(super) fn cap(answer: &Answer) -> usize {
    match answer.cap {
        None | Some(0) => 50,
        Some(cap) => usize::try_from(cap).map_or(1000, |cap| cap.min(1000)),
    }
}

/// Nine tenths of what the answer says that a list can hold.
pub(super) fn is_full(answer: &Answer, list: List) -> bool {
    listed(answer, list) * 10 >= cap(answer) * 9
}
