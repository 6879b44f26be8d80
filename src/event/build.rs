//! Constructors of events, for the tests of a bot.

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;

use super::{
    EventId, Gap, Interrupted, Lagged, ListKind, MergeDoubt, MessageDeleted, RaidReceived, RaidStarted, Resumed, StreamEnded,
    StreamStarted, SubscriptionNotice, Unreadable, UserMuted,
};
use crate::{
    error::ErrorKind,
    snapshot::{Author, MessageId, StreamId, UserId, setters},
};

impl StreamStarted {
    /// A livestream that went live at this instant, without a title.
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, at: OffsetDateTime) -> Self {
        Self { stream: stream.into(), title: String::new(), created_on: None, already_live: false, at }
    }
}

setters! { StreamStarted {
    /// The same with this [`title`](Self::title).
    with_title(title: impl Into<String>) = title.into();
    /// The same with this [`created_on`](Self::created_on).
    with_created_on(created_on: OffsetDateTime) = Some(created_on);
    /// The same, but [`already_live`](Self::already_live) when the watcher started, or not.
    with_already_live(already_live: bool) = already_live;
} }

impl StreamEnded {
    /// A livestream that ended at this instant. The same answer was also the last one that showed it.
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, at: OffsetDateTime) -> Self {
        Self { stream: stream.into(), last_seen: at, at }
    }
}

setters! { StreamEnded {
    /// The same with this [`last_seen`](Self::last_seen).
    with_last_seen(last_seen: OffsetDateTime) = last_seen;
} }

impl MessageDeleted {
    /// These messages were deleted, and the chat said so.
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, message_ids: impl IntoIterator<Item: Into<MessageId>>) -> Self {
        let message_ids = message_ids.into_iter().map(Into::into).collect();
        Self { stream: stream.into(), message_ids, event_ids: Vec::new(), inferred: false }
    }
}

setters! { MessageDeleted {
    /// The same with these [`event_ids`](Self::event_ids).
    with_event_ids(event_ids: impl IntoIterator<Item = EventId>) = event_ids.into_iter().collect();
    /// The same, but [`inferred`](Self::inferred), or not.
    with_inferred(inferred: bool) = inferred;
} }

impl UserMuted {
    /// These users were muted. They wrote nothing recently.
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, user_ids: impl IntoIterator<Item: Into<UserId>>) -> Self {
        let user_ids = user_ids.into_iter().map(Into::into).collect();
        Self { stream: stream.into(), user_ids, message_ids: Vec::new(), event_ids: Vec::new() }
    }
}

setters! { UserMuted {
    /// The same with these [`message_ids`](Self::message_ids).
    with_message_ids(message_ids: impl IntoIterator<Item: Into<MessageId>>) = message_ids.into_iter().map(Into::into).collect();
    /// The same with these [`event_ids`](Self::event_ids).
    with_event_ids(event_ids: impl IntoIterator<Item = EventId>) = event_ids.into_iter().collect();
} }

impl RaidStarted {
    /// The viewers go to the page at this address. The name, the title and the start are not known.
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, target_url: impl Into<String>) -> Self {
        Self {
            stream: stream.into(),
            target_name: String::new(),
            target_url: target_url.into(),
            target_title: String::new(),
            starts_at: None,
        }
    }
}

setters! { RaidStarted {
    /// The same with this [`target_name`](Self::target_name).
    with_target_name(target_name: impl Into<String>) = target_name.into();
    /// The same with this [`target_title`](Self::target_title).
    with_target_title(target_title: impl Into<String>) = target_title.into();
    /// The same with this [`starts_at`](Self::starts_at).
    with_starts_at(starts_at: OffsetDateTime) = Some(starts_at);
} }

impl RaidReceived {
    /// A raid by this user, announced by this message, without text. It is dated to the Unix epoch until you set
    /// [`with_created_on`](Self::with_created_on).
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, author: impl Into<Author>, message_id: impl Into<MessageId>) -> Self {
        let (author, message_id) = (Arc::new(author.into()), message_id.into());
        Self { stream: stream.into(), author, text: String::new(), created_on: OffsetDateTime::UNIX_EPOCH, message_id }
    }
}

setters! { RaidReceived {
    /// The same with this [`text`](Self::text).
    with_text(text: impl Into<String>) = text.into();
    /// The same with this [`created_on`](Self::created_on).
    with_created_on(created_on: OffsetDateTime) = created_on;
} }

impl SubscriptionNotice {
    /// A notice about this user, shown by this message, without text. It is dated to the Unix epoch until you set
    /// [`with_created_on`](Self::with_created_on).
    #[must_use]
    pub fn new(
        stream: impl Into<StreamId>,
        author: impl Into<Author>,
        notice: impl Into<String>,
        message_id: impl Into<MessageId>,
    ) -> Self {
        let (author, notice, message_id) = (Arc::new(author.into()), notice.into(), message_id.into());
        Self { stream: stream.into(), author, notice, text: String::new(), created_on: OffsetDateTime::UNIX_EPOCH, message_id }
    }
}

setters! { SubscriptionNotice {
    /// The same with this [`text`](Self::text).
    with_text(text: impl Into<String>) = text.into();
    /// The same with this [`created_on`](Self::created_on).
    with_created_on(created_on: OffsetDateTime) = created_on;
} }

impl MergeDoubt {
    /// Of `polled` lines from polls, `unmatched` are not in the live chat.
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, polled: u32, unmatched: u32) -> Self {
        Self { stream: stream.into(), polled, unmatched }
    }
}

impl Gap {
    /// Items of this list may have been lost before this instant.
    #[must_use]
    pub fn new(list: ListKind, until: OffsetDateTime) -> Self {
        Self { list, stream: None, since: None, until, at_least: None }
    }
}

setters! { Gap {
    /// The same in the chat of this [`stream`](Self::stream).
    with_stream(stream: impl Into<StreamId>) = Some(stream.into());
    /// The same with this [`since`](Self::since).
    with_since(since: OffsetDateTime) = Some(since);
    /// The same with this [`at_least`](Self::at_least).
    with_at_least(at_least: u64) = Some(at_least);
} }

impl Unreadable {
    /// `count` items of a list cannot be read.
    #[must_use]
    pub fn new(list: ListKind, count: usize) -> Self {
        Self { list, stream: None, count }
    }
}

setters! { Unreadable {
    /// The same in the chat of this [`stream`](Self::stream).
    with_stream(stream: impl Into<StreamId>) = Some(stream.into());
} }

impl Interrupted {
    /// One poll failed, and the next one starts at once.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), failures: 1, retry_in: Duration::ZERO }
    }
}

setters! { Interrupted {
    /// The same with this many [`failures`](Self::failures) in a row.
    with_failures(failures: u32) = failures;
    /// The same with this [`retry_in`](Self::retry_in).
    with_retry_in(retry_in: Duration) = retry_in;
} }

impl Resumed {
    /// Polling works again after this time and this many failed polls.
    #[must_use]
    pub fn new(away: Duration, failures: u32) -> Self {
        Self { away, failures }
    }
}

impl Lagged {
    /// A reader lost this many events.
    #[must_use]
    pub fn new(missed: u64) -> Self {
        Self { missed }
    }
}
