//! Chat messages and rants.
//!
//! One type serves both sources. A poll fills the fields of the wire. The live
//! chat fills `author` and `message_id` too, which is why both are optional.
//! `stream` is not on the wire: the livestream sets it on its lines when it is
//! read.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    amount::Amount, author::Author, copy::Copy, id::StreamId, instant::utc, message_id::MessageId, one_line::OneLine, setters::setters,
    standing::standing, window::Window,
};

/// The chat of one livestream as a poll shows it (`livestreams[].chat`): the
/// newest messages and the newest rants, each in a list of its own.
///
/// It holds the last few lines, not the whole chat. For a full log, collect
/// events. `RecentChat::default()` is a chat that was not sent.
///
/// # Examples
///
/// ```
/// use rumble_live::{Amount, Message, Rant, RecentChat};
///
/// let rant = Rant::new("7c1f4q", "bo", Amount::from_dollars(5), "ahoy");
/// let chat = RecentChat::new([Message::new("7c1f4q", "ada", "hi")], [rant]);
/// assert_eq!((chat.recent_messages.len(), chat.recent_rants.len()), (1, 1));
/// assert!(!RecentChat::default().recent_messages.was_sent());
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
    /// A chat that lists these, without a latest message or rant. The lines
    /// keep the `stream` that they have;
    /// [`Livestream::with_messages`](crate::Livestream::with_messages) and
    /// [`with_rants`](crate::Livestream::with_rants) set it.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Livestream, Message, RecentChat};
    ///
    /// let mut stream = Livestream::new("7c1f4q", "Harbour lights");
    /// stream.chat =
    ///     RecentChat::new([Message::new("7c1f4q", "ada", "hi")], []);
    /// assert_eq!(
    ///     stream.chat.recent_messages[0].to_string(),
    ///     "[7c1f4q] ada: hi"
    /// );
    /// assert_eq!(stream.chat.latest_message, None);
    /// ```
    #[must_use]
    pub fn new(messages: impl Into<Window<Message>>, rants: impl Into<Window<Rant>>) -> Self {
        Self { recent_messages: messages.into(), recent_rants: rants.into(), ..Self::default() }
    }

    /// Sets the livestream of every line. On the wire a line does not name it.
    pub(super) fn set_stream(&mut self, stream: &StreamId) {
        let messages = self.latest_message.iter_mut().chain(self.recent_messages.entries_mut());
        messages.for_each(|message| message.stream = stream.clone());
        let rants = self.latest_rant.iter_mut().chain(self.recent_rants.entries_mut());
        rants.for_each(|rant| rant.stream = stream.clone());
    }
}

/// A line of chat. It is an entry of [`RecentChat::recent_messages`], and what
/// [`Event::Message`](crate::Event::Message) holds.
///
/// `Display` is one line for a log, with the livestream in front. For a reader
/// on a page, show `username` and `text`, and escape them as the page needs:
/// both are written by strangers.
///
/// # Examples
///
/// Find the command in a line, and who may give it:
///
/// ```
/// use rumble_live::Message;
///
/// let message = Message::new("7c1f4q", "ada", "!title Night watch")
///     .with_badges(["admin"]);
/// let command = message.text.strip_prefix('!');
/// let command = command.map(|it| it.split_once(' ').unwrap_or((it, "")));
/// assert_eq!(command, Some(("title", "Night watch")));
/// assert!(message.is_owner() || message.is_moderator());
/// ```
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

/// A paid line of chat. It is an entry of [`RecentChat::recent_rants`], and
/// what [`Event::Rant`](crate::Event::Rant) holds.
///
/// The name may be empty, because money is never dropped, and so may be the
/// text.
///
/// # Examples
///
/// ```
/// use rumble_live::{Amount, Rant};
///
/// let five = Amount::from_dollars(5);
/// let rant = Rant::new("7c1f4q", "ada", five, "for the boat");
/// assert_eq!(rant.to_string(), "[7c1f4q] ada ranted $5.00: for the boat");
///
/// let silent = Rant::new("7c1f4q", "ada", five, "");
/// assert_eq!(silent.to_string(), "[7c1f4q] ada ranted $5.00: ");
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
    /// A line by this user, without badges. The stamp is the Unix epoch until
    /// you set [`with_created_on`](Self::with_created_on).
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::Message;
    ///
    /// let message =
    ///     Message::new("7c1f4q", "ada", "hi").with_badges(["moderator"]);
    /// assert_eq!(message.to_string(), "[7c1f4q] ada: hi");
    /// assert!(message.has_badge("moderator"));
    /// ```
    ///
    /// A line as a watcher with live chat yields it:
    ///
    /// ```
    /// use rumble_live::{Author, Message};
    ///
    /// let mut ada = Author::new("ada");
    /// ada.user_id = Some("4yqceh".into());
    /// let message = Message::new("7c1f4q", "ada", "hi")
    ///     .with_author(ada)
    ///     .with_message_id("1742900000000000001");
    /// assert!(
    ///     message.message_id.is_some_and(|id| id == "1742900000000000001")
    /// );
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
    ///
    /// # Examples
    ///
    /// A bot that thanks for rants, and its test:
    ///
    /// ```
    /// use rumble_live::{Amount, Rant};
    ///
    /// fn thanks(rant: &Rant) -> String {
    ///     let name = match &*rant.username {
    ///         "" => "stranger",
    ///         name => name,
    ///     };
    ///     format!("thank you for {}, {name}", rant.amount)
    /// }
    ///
    /// let five = Amount::from_dollars(5);
    /// let rant = Rant::new("7c1f4q", "ada", five, "for the boat");
    /// assert_eq!(thanks(&rant), "thank you for $5.00, ada");
    /// let rant = Rant::new("7c1f4q", "", five, "for the boat");
    /// assert_eq!(thanks(&rant), "thank you for $5.00, stranger");
    /// ```
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
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Amount, Rant,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let end = OffsetDateTime::UNIX_EPOCH + Duration::minutes(2);
    /// let rant = Rant::new("7c1f4q", "ada", Amount::from_dollars(5), "ahoy");
    /// assert!(!rant.is_expired(end));
    ///
    /// let rant = rant.with_expires_on(end);
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
