//! An answer, and what is said of it, in one line each, for whoever has to find out why a history fails.
//!
//! `now 5 cap 10 followers 2/5 [3@4 1@0] …`: seconds count from the start of the history, `3@4` is user 3 in second 4, `?` an item that nobody can
//! read, `_` padding, `-` a list that was not sent, `2/5` are the counters.

use std::fmt::{self, Display, Formatter};

use super::{
    answer::{Account, Answer, Audience, Item},
    history::{Entry, Gift, START},
    said::Said,
};

struct Or<T>(Option<T>);

struct Items<'a, T>(Option<&'a [Item<T>]>);

impl Display for Answer {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "now {} cap {}", self.now - START, Or(self.cap))?;
        if self.account != Account::WATCHED {
            write!(out, " of {:?}", self.account)?;
        }
        write!(out, " followers {} subscribers {}", self.followers, self.subscribers)?;
        write!(out, " gifts {} {}", Or(self.gifted), Items(self.gifts.as_deref()))?;
        let Some(streams) = &self.streams else { return out.write_str(" no streams") };
        for listed in streams {
            let created_on = listed.created_on.map(|on| on - START);
            let (messages, rants) = (Items(listed.messages.as_deref()), Items(listed.rants.as_deref()));
            let (stream, live) = (listed.stream, Or(listed.live));
            write!(out, " <{stream} live {live} created {} messages {messages} rants {rants}>", Or(created_on))?;
        }
        write!(out, " {} unreadable and {} blank streams", self.unreadable_streams, self.blank_streams)
    }
}

impl Display for Audience {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{} {}", Or(self.count), Or(self.total), Items(self.list.as_deref()))
    }
}

impl Display for Entry {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}@{}", self.user, self.at - START)?;
        if !self.text.is_empty() {
            write!(out, ":{}", self.text)?;
        }
        if self.cents > 0 { write!(out, "${}", self.cents) } else { Ok(()) }
    }
}

impl Display for Gift {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{} of {}x{}v{}", self.remaining, self.by, self.total, self.video % 10)
    }
}

impl Display for Said {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { stream, at, already_live } => {
                write!(out, "stream {stream} started at {}, already live: {already_live}", at - START)
            }
            Self::New { list, entry, copy } => write!(out, "{list:?} {entry} copy {copy}"),
            Self::Gap { list, since, until, at_least } => {
                let since = Or(since.map(|since| since - START));
                write!(out, "gap in {list:?} from {since} to {}, at least {}", until - START, Or(*at_least))
            }
            Self::Gift { gift, which } => write!(out, "gift {gift} {which:?}"),
            Self::Ended { stream, last_seen, at } => {
                write!(out, "stream {stream} ended at {}, last seen {}", at - START, last_seen - START)
            }
            other @ (Self::Refused | Self::Ready | Self::Unreadable { .. }) => write!(out, "{other:?}"),
        }
    }
}

impl<T: Display> Display for Items<'_, T> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Some(items) = self.0 else { return out.write_str("-") };
        let items: Vec<String> = items
            .iter()
            .map(|item| match item {
                Item::Entry(entry) => entry.to_string(),
                Item::Unreadable(_) => String::from("?"),
                Item::Padding(_) => String::from("_"),
            })
            .collect();
        write!(out, "[{}]", items.join(" "))
    }
}

impl<T: Display> Display for Or<T> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(out),
            None => out.write_str("-"),
        }
    }
}
