//! Chat messages and rants.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    amount::Amount, author::Author, copy::Copy, id::StreamId, instant::utc, message_id::MessageId, one_line::OneLine, setters::setters,
    standing::standing, window::Window,
};

/// The chat of one livestream (`livestreams[].chat`).
///
/// ```
/// use rumble_live::{Message, RecentChat};
///
/// let chat = RecentChat::new([Message::new("7c1f4q", "ada", "hi")], []);
/// assert_eq!((chat.recent_messages.len(), chat.recent_rants.len()), (1, 0));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
#[doc(alias = "LiveChat")]
pub struct RecentChat {
    /// The newest message, according to the API (`latest_message`). It may
    /// contradict the list, and this crate never decides by it what is new.
    pub latest_message: Option<Message>,
    /// The newest few messages (`recent_messages`).
    pub recent_messages: Window<Message>,
    /// The newest rant, according to the API (`latest_rant`). It may contradict
    /// the list, and this crate never decides by it what is new.
    pub latest_rant: Option<Rant>,
    /// The newest few rants (`recent_rants`), including expired ones.
    pub recent_rants: Window<Rant>,
}

impl RecentChat {
    /// A chat that lists these, without a latest message or rant.
    #[must_use]
    pub fn new(messages: impl Into<Window<Message>>, rants: impl Into<Window<Rant>>) -> Self {
        Self { recent_messages: messages.into(), recent_rants: rants.into(), ..Self::default() }
    }

    /// Sets the livestream of every line.
    pub(super) fn set_stream(&mut self, stream: &StreamId) {
        let messages = self.latest_message.iter_mut().chain(self.recent_messages.entries_mut());
        messages.for_each(|message| message.stream = stream.clone());
        let rants = self.latest_rant.iter_mut().chain(self.recent_rants.entries_mut());
        rants.for_each(|rant| rant.stream = stream.clone());
    }
}

/// A line of chat.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[doc(alias = "ChatMessage")]
pub struct Message {
    /// The livestream of the chat.
    pub stream: StreamId,
    /// The display name of the author (`username`). The wire has no user id.
    pub username: String,
    /// What was written, as plain text (`text`). Emotes stay as `:r+name:` or
    /// `:name:`. Empty if missing.
    #[serde(default)]
    pub text: String,
    /// When it was written, to the second, with the offset that the wire sent
    /// (`created_on`).
    #[serde(with = "utc")]
    pub created_on: OffsetDateTime,
    /// The author's badges as slugs such as `moderator`, in the order of the
    /// wire (`badges`). Often empty. Unknown badges are included.
    #[serde(default)]
    pub badges: Vec<String>,
    /// The address of the picture (`profile_pic_url`). `None` if missing or
    /// blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_pic_url: Option<String>,
    /// Who wrote it, as the live chat showed them: with ids, colour and badges.
    /// `None` if only a poll showed it, and always without
    /// `WatcherBuilder::live_chat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Arc<Author>>,
    /// Its id in the live chat, which a deletion refers to. `None` in the same
    /// cases as [`author`](Self::author).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    #[serde(skip)]
    pub(crate) copy: Copy,
}

/// A paid line of chat.
///
/// ```
/// use rumble_live::{Amount, Rant};
///
/// let rant = Rant::new("7c1f4q", "ada", Amount::from_dollars(5), "for the boat fund");
/// assert_eq!(rant.to_string(), "[7c1f4q] ada ranted $5.00: for the boat fund");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rant {
    /// The livestream of the chat.
    pub stream: StreamId,
    /// The display name of whoever paid (`username`). Empty if a paid rant
    /// names nobody.
    pub username: String,
    /// What was paid (`amount_cents`, or `amount_dollars` if that is missing).
    /// Zero if both are missing.
    #[serde(rename = "amount_cents")]
    #[doc(alias = "amount_cents")]
    #[doc(alias = "amount_dollars")]
    pub amount: Amount,
    /// What was written (`text`). May be empty.
    #[serde(default)]
    pub text: String,
    /// When it was written, to the second, with the offset that the wire sent
    /// (`created_on`).
    #[serde(with = "utc")]
    pub created_on: OffsetDateTime,
    /// When it stops being shown above the chat (`expires_on`). It stays in the
    /// list after that.
    #[serde(with = "utc::option", default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<OffsetDateTime>,
    /// The author's badges, as in [`Message::badges`].
    #[serde(default)]
    pub badges: Vec<String>,
    /// The address of the picture (`profile_pic_url`). `None` if missing or
    /// blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_pic_url: Option<String>,
    /// Who wrote it, as the live chat showed them: with ids, colour and badges.
    /// `None` if only a poll showed it, and always without
    /// `WatcherBuilder::live_chat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Arc<Author>>,
    /// Its id in the live chat, which a deletion refers to. `None` in the same
    /// cases as [`author`](Self::author).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    #[serde(skip)]
    pub(crate) copy: Copy,
}

impl Message {
    /// A line by this user. The stamp is the Unix epoch until you set
    /// [`with_created_on`](Self::with_created_on).
    ///
    /// ```
    /// use rumble_live::Message;
    ///
    /// let message = Message::new("7c1f4q", "ada", "hi").with_badges(["moderator"]);
    /// assert_eq!(message.to_string(), "[7c1f4q] ada: hi");
    /// assert!(message.has_badge("moderator"));
    /// ```
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, username: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            stream: stream.into(),
            username: username.into(),
            text: text.into(),
            created_on: OffsetDateTime::UNIX_EPOCH,
            badges: Vec::new(),
            profile_pic_url: None,
            author: None,
            message_id: None,
            copy: Copy::default(),
        }
    }
}

standing! { Message }

setters! { Message {
    /// Sets [`created_on`](Self::created_on).
    with_created_on(created_on: OffsetDateTime) = created_on;
    /// Sets [`badges`](Self::badges).
    with_badges(badges: impl IntoIterator<Item: Into<String>>) = badges.into_iter().map(Into::into).collect();
    /// Sets [`profile_pic_url`](Self::profile_pic_url).
    with_profile_pic_url(profile_pic_url: impl Into<String>) = Some(profile_pic_url.into());
    /// Sets [`author`](Self::author).
    with_author(author: impl Into<Author>) = Some(Arc::new(author.into()));
    /// Sets [`message_id`](Self::message_id).
    with_message_id(message_id: impl Into<MessageId>) = Some(message_id.into());
} }

impl Rant {
    /// A line that this user paid for, without
    /// [`expires_on`](Self::expires_on). The stamp is the Unix epoch until you
    /// set [`with_created_on`](Self::with_created_on).
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, username: impl Into<String>, amount: Amount, text: impl Into<String>) -> Self {
        Self {
            stream: stream.into(),
            username: username.into(),
            amount,
            text: text.into(),
            created_on: OffsetDateTime::UNIX_EPOCH,
            expires_on: None,
            badges: Vec::new(),
            profile_pic_url: None,
            author: None,
            message_id: None,
            copy: Copy::default(),
        }
    }

    /// Whether the chat no longer shows it on top at `now`. Use
    /// [`Snapshot::now`](crate::Snapshot::now) for `now` if you can. False
    /// without [`expires_on`](Self::expires_on).
    ///
    /// ```
    /// use rumble_live::{Amount, Rant, time::{Duration, OffsetDateTime}};
    ///
    /// let end = OffsetDateTime::UNIX_EPOCH + Duration::minutes(2);
    /// let rant = Rant::new("7c1f4q", "ada", Amount::from_dollars(5), "for the boat fund").with_expires_on(end);
    /// assert!(!rant.is_expired(end - Duration::SECOND));
    /// assert!(rant.is_expired(end));
    /// ```
    #[must_use]
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_on.is_some_and(|end| end <= now)
    }
}

standing! { Rant }

setters! { Rant {
    /// Sets [`created_on`](Self::created_on).
    with_created_on(created_on: OffsetDateTime) = created_on;
    /// Sets [`expires_on`](Self::expires_on).
    with_expires_on(expires_on: OffsetDateTime) = Some(expires_on);
    /// Sets [`badges`](Self::badges).
    with_badges(badges: impl IntoIterator<Item: Into<String>>) = badges.into_iter().map(Into::into).collect();
    /// Sets [`profile_pic_url`](Self::profile_pic_url).
    with_profile_pic_url(profile_pic_url: impl Into<String>) = Some(profile_pic_url.into());
    /// Sets [`author`](Self::author).
    with_author(author: impl Into<Author>) = Some(Arc::new(author.into()));
    /// Sets [`message_id`](Self::message_id).
    with_message_id(message_id: impl Into<MessageId>) = Some(message_id.into());
} }

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}: {}", self.stream, OneLine(&self.username), OneLine(&self.text))
    }
}

impl fmt::Display for Rant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {} ranted {}: {}", self.stream, OneLine(&self.username), self.amount, OneLine(&self.text))
    }
}
