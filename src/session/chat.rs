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

/// One chat, to write to. Cheap to clone. Made by [`Session::chat`].
///
/// ```
/// use rumble_live::{Error, session::Session, sim::Sim};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let session = Session::builder().transport(sim.clone()).build(sim.session("captain"))?;
///     let chat = session.chat(&stream)?;
///     let sent = chat.send("ahoy").await?;
///     println!("sent as {}", sent.message_id);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct SessionChat {
    session: Session,
    id: u64,
    max_length: usize,
}

/// A message that the chat has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// The message's id (`data.id`). A reader of the chat sees the same id.
    pub message_id: MessageId,
    /// The mark with which it was sent. A reader that is connected sees it as
    /// `ChatMessage::request_id`.
    pub request_id: String,
}

impl Session {
    /// The chat of a livestream, to write to. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if `stream` is not the
    /// id of a livestream.
    pub fn chat(&self, stream: impl Into<StreamId>) -> Result<SessionChat, Error> {
        Ok(SessionChat { session: self.clone(), id: video_id(&stream.into())?, max_length: MAX_LENGTH })
    }
}

impl SessionChat {
    /// Sets how many characters a message may have. Default: 200, the limit in
    /// Rumble's chat. A [`ChatEvent::Ready`](crate::chat::ChatEvent::Ready) has
    /// the limit of the chat at hand (`message_length_max`).
    ///
    /// It is not known what the server counts. This library counts Unicode
    /// characters.
    #[must_use]
    pub fn max_length(mut self, characters: usize) -> Self {
        self.max_length = characters;
        self
    }

    /// Sends a message as the user.
    ///
    /// Each message is sent at most once: it is never repeated automatically.
    /// The messages of one session go out one after another, in the order in
    /// which their futures were first polled. Each waits until three seconds
    /// after the answer to the one before it; see
    /// [`send_spacing`](crate::session::SessionBuilder::send_spacing).
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Config`](crate::ErrorKind::Config) if the text is empty
    ///   or too long. Nothing was sent.
    /// - [`ErrorKind::Refused`](crate::ErrorKind::Refused) if the chat does not
    ///   accept it, [`RateLimited`](crate::ErrorKind::RateLimited) if it came
    ///   too soon, [`SessionGone`](crate::ErrorKind::SessionGone),
    ///   [`Challenge`](crate::ErrorKind::Challenge),
    ///   [`Connect`](crate::ErrorKind::Connect) and
    ///   [`Status`](crate::ErrorKind::Status): it was not accepted. After
    ///   `RateLimited` the messages behind it wait for as long as the server
    ///   asks: at most 15 minutes, and 10 seconds if it does not say.
    /// - [`ErrorKind::Unclear`](crate::ErrorKind::Unclear) if it was sent and
    ///   no good answer came.
    /// - [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) if it did not get
    ///   its turn within an hour, because other requests of the session were
    ///   ahead of it or the server asked to wait. It was not sent.
    ///
    /// # Cancel safety
    ///
    /// If you drop the future before its turn, the message is withdrawn. If you
    /// drop it later, the request ends and you cannot know whether the message
    /// was accepted; a log event says so.
    pub async fn send(&self, text: &str) -> Result<Sent, Error> {
        self.message(text)?.send().await
    }

    /// Sends a message as one of the user's own channels.
    ///
    /// # Errors
    ///
    /// The same as for [`send`](Self::send), and
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if `channel` is not the
    /// id of a channel.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    pub async fn send_as(&self, channel: &ChannelId, text: &str) -> Result<Sent, Error> {
        self.message_as(channel, text)?.send().await
    }

    /// Prepares a message to be sent. Use it if you want to [find
    /// out](Outgoing::confirm) what became of the message when the answer is
    /// lost.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the text is empty or
    /// too long.
    pub fn message(&self, text: &str) -> Result<Outgoing, Error> {
        self.check(text)?;
        Ok(Outgoing::new(self.clone(), text, None))
    }

    /// Prepares a message as [`message`](Self::message) does, to be sent as one
    /// of the user's own channels.
    ///
    /// # Errors
    ///
    /// The same as for [`message`](Self::message), and
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if `channel` is not the
    /// id of a channel.
    pub fn message_as(&self, channel: &ChannelId, text: &str) -> Result<Outgoing, Error> {
        self.check(text)?;
        let channel = channel.as_str().parse();
        let channel = channel.map_err(|_| Error::config("this is not the id of a channel; take one from Session::channels"))?;
        Ok(Outgoing::new(self.clone(), text, Some(channel)))
    }

    fn check(&self, text: &str) -> Result<(), Error> {
        let length = text.chars().count();
        if text.trim().is_empty() {
            Err(Error::config("this message is empty; nothing was sent"))
        } else if length > self.max_length {
            Err(Error::config(format!(
                "this message has {length} characters, but at most {} are allowed; nothing was sent",
                self.max_length
            )))
        } else {
            Ok(())
        }
    }

    /// Deletes a message. Only the owner of the livestream and its moderators
    /// may do this.
    ///
    /// # Errors
    ///
    /// The same as for [`send`](Self::send), except for the text.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    pub async fn delete(&self, message: &MessageId) -> Result<(), Error> {
        let id = decimal(message)?;
        self.session.ask(Asked::delete(self.url_of(&format!("message/{id}")))).await.map(drop)
    }

    /// Pins a message and replaces the one that was pinned
    /// (`chat.message.pin`). Only the owner of the livestream and its
    /// moderators may do this.
    ///
    /// # Errors
    ///
    /// The same as for [`send`](Self::send), except for the text.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    pub async fn pin(&self, message: &MessageId) -> Result<(), Error> {
        self.pin_or_unpin("chat.message.pin", message).await
    }

    /// Unpins a message (`chat.message.unpin`).
    ///
    /// # Errors
    ///
    /// The same as for [`send`](Self::send), except for the text.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    pub async fn unpin(&self, message: &MessageId) -> Result<(), Error> {
        self.pin_or_unpin("chat.message.unpin", message).await
    }

    async fn pin_or_unpin(&self, service: &str, message: &MessageId) -> Result<(), Error> {
        let (video, message) = (self.video_id(), decimal(message)?);
        self.session.act_for_sure(service, [("video_id", video.as_str()), ("message_id", message)]).await
    }

    /// Sends a command that begins with `/`, such as
    /// `/raid https://rumble.com/v7c9aa1-night-shift.html` or `/subscribers`.
    /// It takes its turn among the messages.
    ///
    /// # Errors
    ///
    /// The same as for [`send`](Self::send), and
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it does not begin
    /// with `/`. A command may be longer than a message.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    pub async fn command(&self, command: &str) -> Result<(), Error> {
        if !command.starts_with('/') {
            return Err(Error::config("a chat command begins with /; use send for a message"));
        }
        let (video, url) = (self.video_id(), self.session.site.page("/chat/command"));
        self.session.ask(Asked::form(url, [("video_id", video.as_str()), ("message", command)]).paced_as_send()).await.map(drop)
    }

    /// The emotes that the user may write in this chat (`emote.list`).
    ///
    /// # Errors
    ///
    /// The same as for [`Session::who`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
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

/// The id of a livestream and its video in base 10, which most services need.
pub(super) fn video_id(stream: &StreamId) -> Result<u64, Error> {
    stream.decimal().ok_or_else(|| {
        Error::config(
            "this is not the id of a livestream or video, which is a number in base 36; take Livestream::id, or what follows the v in an embed URL",
        )
    })
}

/// The id as it is used in a URL, where only digits are allowed.
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
