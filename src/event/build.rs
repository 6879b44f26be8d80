//! Constructors of events, for the tests of a bot.
//!
//! `new` takes what the event would be pointless without. Everything else has
//! the most ordinary value, and a setter. Events whose content is an entry of a
//! snapshot are built there; those whose setters do more than set are built
//! beside their type.

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
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Event, StreamStarted,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let at = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    /// let started = StreamStarted::new("7c1f4q", at)
    ///     .with_title("Harbour lights")
    ///     .with_created_on(at - Duration::HOUR);
    /// assert!(!started.already_live);
    /// assert_eq!(Event::from(started).at(), Some(at));
    /// ```
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
    /// These messages were deleted, and the chat said so. No event is known
    /// that yielded them.
    ///
    /// # Examples
    ///
    /// Test what takes a line off a page. It came from a poll, so only the id
    /// of its event leads to it:
    ///
    /// ```
    /// use rumble_live::{Event, Message, MessageDeleted};
    ///
    /// let line = Event::from(Message::new("7c1f4q", "ada", "buy my book"));
    /// let deleted = MessageDeleted::new("7c1f4q", ["1742900000000000001"])
    ///     .with_event_ids(line.id());
    /// assert!(line.id().is_some_and(|id| deleted.event_ids.contains(&id)));
    /// assert!(!deleted.inferred);
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Event, Message, UserMuted};
    ///
    /// let lines = ["buy my book", "now"]
    ///     .map(|text| Event::from(Message::new("7c1f4q", "ada", text)));
    /// let muted = UserMuted::new("7c1f4q", ["4yqceh"])
    ///     .with_event_ids(lines.iter().filter_map(Event::id));
    /// assert_eq!((muted.event_ids.len(), muted.message_ids.len()), (2, 0));
    /// ```
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
    ///
    /// # Examples
    ///
    /// Pass a name, or an author of whom more is known:
    ///
    /// ```
    /// use rumble_live::{Author, Event, RaidReceived};
    ///
    /// let grace = Author::new("grace").with_is_follower(true);
    /// let raid = RaidReceived::new("7c1f4q", grace, "1742900000000000001");
    /// assert!(raid.author.is_follower());
    ///
    /// let event = Event::from(RaidReceived::new("7c1f4q", "grace", "1"));
    /// assert_eq!((event.username(), event.text()), (Some("grace"), Some("")));
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Event, SubscriptionNotice};
    ///
    /// let notice =
    ///     SubscriptionNotice::new("7c1f4q", "ada", "6 month subscriber", "1")
    ///         .with_text("what a ride");
    /// let event = Event::from(notice);
    /// assert_eq!(
    ///     event.to_string(),
    ///     "[7c1f4q] ada (6 month subscriber): what a ride"
    /// );
    /// assert!(event.id().is_some());
    /// ```
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
    /// Items of this list may have been lost before this instant. Since when
    /// and how many is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Gap, ListKind,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let until = OffsetDateTime::UNIX_EPOCH + Duration::MINUTE;
    /// let gap = Gap::new(ListKind::Followers, until)
    ///     .with_since(OffsetDateTime::UNIX_EPOCH)
    ///     .with_at_least(3);
    /// let line = gap.to_string();
    /// assert!(
    ///     line.starts_with("at least 3 followers lost between 1970-01-01T")
    /// );
    /// assert!(line.ends_with(" and 1970-01-01T00:01:00Z"));
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use rumble_live::{ErrorKind, Interrupted};
    ///
    /// let interrupted = Interrupted::new(ErrorKind::RateLimited, "slow down");
    /// assert_eq!(interrupted.failures, 1);
    /// assert_eq!(interrupted.retry_in, Duration::ZERO);
    /// // Half an hour into an outage:
    /// let interrupted = interrupted
    ///     .with_failures(12)
    ///     .with_retry_in(Duration::from_secs(300));
    /// assert_eq!(interrupted.kind, ErrorKind::RateLimited);
    /// assert!(
    ///     interrupted.to_string().starts_with("interrupted (12 in a row)")
    /// );
    /// ```
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
