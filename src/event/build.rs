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
    /// Sets [`title`](Self::title).
    with_title(title: impl Into<String>) = title.into();
    /// Sets [`created_on`](Self::created_on).
    with_created_on(created_on: OffsetDateTime) = Some(created_on);
    /// Sets [`already_live`](Self::already_live).
    with_already_live(already_live: bool) = already_live;
} }

impl StreamEnded {
    /// A livestream that ended at this instant. The same answer was also the
    /// last one that showed it.
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, at: OffsetDateTime) -> Self {
        Self { stream: stream.into(), last_seen: at, at }
    }
}

setters! { StreamEnded {
    /// Sets [`last_seen`](Self::last_seen).
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
    /// Sets [`event_ids`](Self::event_ids).
    with_event_ids(event_ids: impl IntoIterator<Item = EventId>) = event_ids.into_iter().collect();
    /// Sets [`inferred`](Self::inferred).
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
    /// Sets [`message_ids`](Self::message_ids).
    with_message_ids(message_ids: impl IntoIterator<Item: Into<MessageId>>) = message_ids.into_iter().map(Into::into).collect();
    /// Sets [`event_ids`](Self::event_ids).
    with_event_ids(event_ids: impl IntoIterator<Item = EventId>) = event_ids.into_iter().collect();
} }

impl RaidStarted {
    /// The viewers go to the page at this address. The name, the title and the
    /// start are not known.
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
    /// Sets [`target_name`](Self::target_name).
    with_target_name(target_name: impl Into<String>) = target_name.into();
    /// Sets [`target_title`](Self::target_title).
    with_target_title(target_title: impl Into<String>) = target_title.into();
    /// Sets [`starts_at`](Self::starts_at).
    with_starts_at(starts_at: OffsetDateTime) = Some(starts_at);
} }

impl RaidReceived {
    /// A raid by this user, announced by this message, without text. It is
    /// dated to the Unix epoch until you set
    /// [`with_created_on`](Self::with_created_on).
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, author: impl Into<Author>, message_id: impl Into<MessageId>) -> Self {
        let (author, message_id) = (Arc::new(author.into()), message_id.into());
        Self { stream: stream.into(), author, text: String::new(), created_on: OffsetDateTime::UNIX_EPOCH, message_id }
    }
}

setters! { RaidReceived {
    /// Sets [`text`](Self::text).
    with_text(text: impl Into<String>) = text.into();
    /// Sets [`created_on`](Self::created_on).
    with_created_on(created_on: OffsetDateTime) = created_on;
} }

impl SubscriptionNotice {
    /// A notice about this user, shown by this message, without text. It is
    /// dated to the Unix epoch until you set
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
    /// Sets [`text`](Self::text).
    with_text(text: impl Into<String>) = text.into();
    /// Sets [`created_on`](Self::created_on).
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
    /// Sets the [`stream`](Self::stream), for lists of a chat.
    with_stream(stream: impl Into<StreamId>) = Some(stream.into());
    /// Sets [`since`](Self::since).
    with_since(since: OffsetDateTime) = Some(since);
    /// Sets [`at_least`](Self::at_least).
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
    /// Sets the [`stream`](Self::stream), for lists of a chat.
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
    /// Sets the number of [`failures`](Self::failures) in a row.
    with_failures(failures: u32) = failures;
    /// Sets [`retry_in`](Self::retry_in).
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
