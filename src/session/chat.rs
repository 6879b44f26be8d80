//! What a logged-in user can do in one chat.

use std::fmt;

use serde_json::{Value, json};

use super::{Outgoing, Session, answer::Envelope, asked::Asked};
use crate::{
    chat::Emotes,
    error::Error,
    snapshot::{ChannelId, MessageId, StreamId},
};

/// How many characters a message may have, unless the chat says otherwise.
const MAX_LENGTH: usize = 200;

/// One chat, to write to. Cheap to clone.
#[derive(Clone)]
pub struct SessionChat {
    session: Session,
    id: u64,
    max_length: usize,
}

/// A message that the chat has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// Its id (`data.id`), by which a reader of the chat sees it too.
    pub message_id: MessageId,
    /// The mark that it was sent with; a reader that is connected sees it as `ChatMessage::request_id`.
    pub request_id: String,
}

impl Session {
    /// The chat of a livestream, to write to. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where this is no id of a livestream.
    pub fn chat(&self, stream: impl Into<StreamId>) -> Result<SessionChat, Error> {
        Ok(SessionChat { session: self.clone(), id: video_id(&stream.into())?, max_length: MAX_LENGTH })
    }
}

impl SessionChat {
    /// Sets how many characters a message may have. Default: 200, as Rumble's chat has it; a [`ChatEvent::Ready`](crate::chat::ChatEvent::Ready)
    /// tells what the chat at hand says (`message_length_max`).
    ///
    /// What the server counts is not known. Here it is characters, as Unicode has them.
    #[must_use]
    pub fn max_length(mut self, characters: usize) -> Self {
        self.max_length = characters;
        self
    }

    /// Writes a message, as the user.
    ///
    /// At most once: it is never sent again by itself. Messages of one session go out one after another, in the order in which their futures were
    /// first polled, each three seconds after the one before was answered.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Config`](crate::ErrorKind::Config) where the text is empty or too long. Nothing was sent.
    /// - [`ErrorKind::Refused`](crate::ErrorKind::Refused) where the chat does not take it, [`RateLimited`](crate::ErrorKind::RateLimited) where it was too soon,
    ///   [`SessionGone`](crate::ErrorKind::SessionGone), [`Challenge`](crate::ErrorKind::Challenge), [`Connect`](crate::ErrorKind::Connect) and
    ///   [`Status`](crate::ErrorKind::Status): it was not taken. After `RateLimited` the messages behind it wait for as long as the
    ///   server asks: 15 minutes at most, and 10 seconds where it does not say.
    /// - [`ErrorKind::Unclear`](crate::ErrorKind::Unclear) where it was sent and no good answer came.
    /// - [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) where it did not get its turn: for an hour, other requests of the session were ahead of it, or the
    ///   server wanted none. It was not sent.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before its turn withdraws the message. Dropping it later ends the request: whether it was taken is not known then, and
    /// the log says so.
    pub async fn send(&self, text: &str) -> Result<Sent, Error> {
        self.message(text)?.send().await
    }

    /// Writes a message, as one of the user's own channels.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`ErrorKind::Config`](crate::ErrorKind::Config) where this is no id of a channel.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn send_as(&self, channel: &ChannelId, text: &str) -> Result<Sent, Error> {
        self.message_as(channel, text)?.send().await
    }

    /// A message to be sent, for whoever wants to [find out](Outgoing::confirm) what became of it where the answer is lost.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where the text is empty or too long.
    pub fn message(&self, text: &str) -> Result<Outgoing, Error> {
        self.check(text)?;
        Ok(Outgoing::new(self.clone(), text, None))
    }

    /// The same, as one of the user's own channels.
    ///
    /// # Errors
    ///
    /// As [`message`](Self::message), and [`ErrorKind::Config`](crate::ErrorKind::Config) where this is no id of a channel.
    pub fn message_as(&self, channel: &ChannelId, text: &str) -> Result<Outgoing, Error> {
        self.check(text)?;
        let channel = channel.as_str().parse();
        let channel = channel.map_err(|_| Error::config("this is not the id of a channel; take one of Session::channels"))?;
        Ok(Outgoing::new(self.clone(), text, Some(channel)))
    }

    fn check(&self, text: &str) -> Result<(), Error> {
        let length = text.chars().count();
        if text.trim().is_empty() {
            Err(Error::config("this message is empty; nothing was sent"))
        } else if length > self.max_length {
            Err(Error::config(format!("this message has {length} characters and may have {}; nothing was sent", self.max_length)))
        } else {
            Ok(())
        }
    }

    /// Deletes a message. For the owner of the livestream and its moderators.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but for its text.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn delete(&self, message: &MessageId) -> Result<(), Error> {
        let id = decimal(message)?;
        self.session.ask(Asked::delete(self.url_of(&format!("message/{id}")))).await.map(drop)
    }

    /// Pins a message, in place of any other (`chat.message.pin`). For the owner of the livestream and its moderators.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but for its text.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn pin(&self, message: &MessageId) -> Result<(), Error> {
        self.pin_or_unpin("chat.message.pin", message).await
    }

    /// Takes a pinned message down (`chat.message.unpin`).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but for its text.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn unpin(&self, message: &MessageId) -> Result<(), Error> {
        self.pin_or_unpin("chat.message.unpin", message).await
    }

    async fn pin_or_unpin(&self, service: &str, message: &MessageId) -> Result<(), Error> {
        let (video, message) = (self.video_id(), decimal(message)?);
        self.session.act_for_sure(service, [("video_id", video.as_str()), ("message_id", message)]).await
    }

    /// Gives the chat a command that begins with `/`, such as `/raid https://rumble.com/v7c9aa1-night-shift.html` or `/subscribers`. Its turn is one of
    /// the messages'.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`ErrorKind::Config`](crate::ErrorKind::Config) where it does not begin with `/`. A command may be longer than a message.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn command(&self, command: &str) -> Result<(), Error> {
        if !command.starts_with('/') {
            return Err(Error::config("a command of the chat begins with /; use send for a message"));
        }
        let (video, url) = (self.video_id(), self.session.site.page("/chat/command"));
        self.session.ask(Asked::form(url, [("video_id", video.as_str()), ("message", command)]).paced_as_send()).await.map(drop)
    }

    /// The emotes that the user may write in this chat (`emote.list`).
    ///
    /// # Errors
    ///
    /// As [`Session::who`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    pub async fn emotes(&self) -> Result<Emotes, Error> {
        let url = format!("{}&chat_id={}", self.session.site.service("emote.list"), self.id);
        let envelope = self.session.ask(Asked::get(url).for_anybody()).await?;
        Emotes::from_json(json!({"data": envelope.data}).to_string().as_bytes())
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The livestream's id in base 10.
    pub(super) fn video_id(&self) -> String {
        self.id.to_string()
    }

    /// The URL of something in this chat.
    pub(super) fn url_of(&self, what: &str) -> String {
        self.session.site.chat(&format!("/chat/{}/{what}", self.id))
    }
}

/// The id of a livestream and its video in base 10, as most services want it.
pub(super) fn video_id(stream: &StreamId) -> Result<u64, Error> {
    stream.decimal().ok_or_else(|| {
        Error::config(
            "this is not the id of a livestream or video, which is a number in base 36; take Livestream::id, or what follows the v in an embed URL",
        )
    })
}

/// What stands in a URL must be a number.
fn decimal(message: &MessageId) -> Result<&str, Error> {
    let is_number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    Some(message.as_str()).filter(|id| is_number(id)).ok_or_else(|| Error::config("this is not the id of a message, which is a number"))
}

pub(super) fn message_id(envelope: &Envelope) -> Option<MessageId> {
    match envelope.data.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.as_str().into()),
        Value::Number(id) => Some(id.to_string().into()),
        _ => None,
    }
}

impl fmt::Debug for SessionChat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { session, id, max_length } = self;
        f.debug_struct("SessionChat").field("session", session).field("id", id).field("max_length", max_length).finish()
    }
}
