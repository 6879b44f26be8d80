//! What a logged-in user can do in one chat.
//!
//! What is certain to fail is found before anything is sent: an empty or too
//! long text, an id that is none. Ids go into URLs, so a message's id must be
//! digits alone; `../` in it would reach another service. Messages and commands
//! are paced as sends. Deleting and pinning are ordinary requests, so that a
//! moderator is not held up by what the bot has to say.

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
/// It holds no connection and cannot read; [`Chat`](crate::chat::Chat) reads.
/// All chats of one session share its [turns](Session#turns).
///
/// # Examples
///
/// ```
/// use rumble_live::{Client, Error, sim::Sim};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(sim.clone())
///         .build()?;
///     let session = client.session_builder().build(sim.session("captain"))?;
///
///     let chat = session.chat(&stream)?;
///     chat.send("ahoy").await?;
///     let snapshot = client.snapshot().await?;
///     let line = &snapshot.livestreams()[0].chat.recent_messages[0];
///     assert_eq!(
///         (line.username.as_str(), line.text.as_str()),
///         ("captain", "ahoy")
///     );
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct SessionChat {
    session: Session,
    /// The livestream's id in base 10, which is the form that the chat service
    /// wants.
    id: u64,
    /// In Unicode characters.
    max_length: usize,
}

/// A message that the chat has accepted. Returned by [`SessionChat::send`] and
/// [`Outgoing::send`].
///
/// # Examples
///
/// A reader of the same chat sees the message too, and knows it by its id or
/// its mark:
///
/// ```
/// use rumble_live::{
///     Error,
///     chat::{Chat, ChatEvent},
///     session::Session,
///     sim::Sim,
/// };
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
///     chat.next().await.transpose()?;
///
///     let sent = session.chat(&stream)?.send("ahoy").await?;
///     let Some(ChatEvent::Message(heard)) = chat.next().await.transpose()?
///     else {
///         panic!("no message")
///     };
///     assert_eq!(heard.id, sent.message_id);
///     assert_eq!(heard.request_id, Some(sent.request_id));
///     Ok(())
/// }
/// ```
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
    /// The chat of a livestream, to write to. Nothing is sent, so this does not
    /// show whether the livestream is live or exists at all.
    ///
    /// `stream` is its id in base 36:
    /// [`Livestream::id`](crate::Livestream::id), or what follows the `v` in an
    /// embed URL. The code in the URL of a watch page is a different number,
    /// and so is an id in base 10, for which there is
    /// [`StreamId::from_decimal`]. Both look like an id, so they are no error
    /// here.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if `stream` is not the
    /// id of a livestream.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, ErrorKind, StreamId, session::Session, sim::Sim,
    /// };
    ///
    /// fn main() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     session.chat("7c1f4q")?;
    ///     session.chat(StreamId::from_decimal(443_484_890))?;
    ///
    ///     let page = "https://rumble.com/v7c9aa1-night-shift.html";
    ///     let error = session.chat(page).unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     Ok(())
    /// }
    /// ```
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
    ///
    /// # Examples
    ///
    /// A bot that reads the chat anyway takes the limit from there:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, ErrorKind, chat::Chat, session::Session, sim::Sim,
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let mut reader =
    ///         Chat::builder(&stream).transport(sim.clone()).open();
    ///     reader.next().await.transpose()?;
    ///
    ///     let mut chat = session.chat(&stream)?;
    ///     let limit = reader
    ///         .ready()
    ///         .and_then(|ready| ready.config.message_length_max);
    ///     if let Some(limit) =
    ///         limit.and_then(|limit| usize::try_from(limit).ok())
    ///     {
    ///         chat = chat.max_length(limit);
    ///     }
    ///     let error = chat.send(&"é".repeat(201)).await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     assert!(error.to_string().contains("at most 200 are allowed"));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn max_length(mut self, characters: usize) -> Self {
        self.max_length = characters;
        self
    }

    /// Sends a message as the user (`POST /chat/<id>/message` at the chat
    /// service). The text goes out as it is, with white space around it.
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
    ///   no good answer came, within 20 seconds.
    /// - [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) if it was the next
    ///   message to go out and still did not get its turn within an hour,
    ///   because other requests of the session were ahead of it. It was not
    ///   sent. How long it waits for the messages before it does not count.
    ///
    /// # Cancel safety
    ///
    /// If you drop the future before its turn, the message is withdrawn. If you
    /// drop it later, the request ends and you cannot know whether the message
    /// was accepted; a log event says so.
    ///
    /// # Examples
    ///
    /// An answer that comes too late is worse than none. This bot withdraws it
    /// if its turn does not come within a second:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Error, session::Session, sim::Sim};
    /// use tokio::time::timeout;
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let chat = session.chat(&stream)?;
    ///
    ///     let sent = chat.send("high tide at nine").await?;
    ///     assert!(!sent.message_id.as_str().is_empty());
    ///     let late =
    ///         timeout(Duration::from_secs(1), chat.send("or ten?")).await;
    ///     assert!(late.is_err());
    ///     assert_eq!(sim.times_posted("or ten?"), 0);
    ///     Ok(())
    /// }
    /// ```
    pub async fn send(&self, text: &str) -> Result<Sent, Error> {
        self.message(text)?.send().await
    }

    /// Sends a message as one of the user's own channels. Take its id from
    /// [`Session::channels`], which has an example.
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

    /// Prepares a message to be sent. Nothing is sent yet. Use it if you want
    /// to [find out](Outgoing::confirm) what became of the message when the
    /// answer is lost.
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
    /// of the user's own channels. Whether the channel is the user's own shows
    /// only when it is sent.
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

    /// Finds out without a request whether a text can be sent.
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

    /// Deletes a message (`DELETE /chat/<id>/message/<message>` at the chat
    /// service). Only the owner of the livestream and its moderators may delete
    /// what others have written.
    ///
    /// It does not wait for the messages that are to be sent.
    ///
    /// # Errors
    ///
    /// The same as for [`send`](Self::send), except for the text:
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if `message` is not a
    /// number. [`Refused`](crate::ErrorKind::Refused) if the user may not
    /// delete it, or it is gone.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// A moderator who never sleeps:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error,
    ///     chat::{Chat, ChatEvent},
    ///     session::Session,
    ///     sim::{Role, Sim},
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.set_role("captain", Role::Moderator);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let chat = session.chat(&stream)?;
    ///     let mut reader =
    ///         Chat::builder(&stream).transport(sim.clone()).open();
    ///     reader.next().await.transpose()?;
    ///
    ///     sim.message(&stream, "zed", "buy my coins");
    ///     while let Some(event) = reader.next().await.transpose()? {
    ///         match event {
    ///             ChatEvent::Message(message)
    ///                 if message.text.contains("coins") =>
    ///             {
    ///                 chat.delete(&message.id).await?;
    ///             }
    ///             ChatEvent::Deleted(deleted) => {
    ///                 assert_eq!(deleted.message_ids.len(), 1);
    ///                 return Ok(());
    ///             }
    ///             _ => {}
    ///         }
    ///     }
    ///     panic!("the chat has ended")
    /// }
    /// ```
    pub async fn delete(&self, message: &MessageId) -> Result<(), Error> {
        let id = decimal(message)?;
        self.session.ask(Asked::delete(self.url_of(&format!("message/{id}")))).await.map(drop)
    }

    /// Pins a message and replaces the one that was pinned
    /// (`chat.message.pin`). Only the owner of the livestream and its
    /// moderators may do this. It counts as done only if the answer says so.
    ///
    /// # Errors
    ///
    /// The same as for [`send`](Self::send), except for the text:
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if `message` is not a
    /// number.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// A raffle that is pinned for ten minutes:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{
    ///     Error,
    ///     chat::Chat,
    ///     session::Session,
    ///     sim::{Role, Sim},
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.set_role("captain", Role::Moderator);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let chat = session.chat(&stream)?;
    ///     let raffle =
    ///         chat.send("write !join to win a lamp").await?.message_id;
    ///     chat.pin(&raffle).await?;
    ///
    ///     // Whoever comes in now sees it above the chat.
    ///     let mut reader =
    ///         Chat::builder(&stream).transport(sim.clone()).open();
    ///     reader.next().await.transpose()?;
    ///     let pinned = reader.ready().and_then(|ready| ready.pinned.as_ref());
    ///     assert_eq!(pinned.map(|message| &message.id), Some(&raffle));
    ///
    ///     tokio::time::sleep(Duration::from_secs(600)).await;
    ///     chat.unpin(&raffle).await
    /// }
    /// ```
    pub async fn pin(&self, message: &MessageId) -> Result<(), Error> {
        self.pin_or_unpin("chat.message.pin", message).await
    }

    /// Unpins a message (`chat.message.unpin`). Only the owner of the
    /// livestream and its moderators may do this. The message stays in the
    /// chat.
    ///
    /// It counts as done only if the answer says so.
    ///
    /// # Errors
    ///
    /// The same as for [`pin`](Self::pin).
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
    /// `/raid https://rumble.com/v7c9aa1-night-shift.html` or `/subscribers`
    /// (`POST /chat/command` at the site). It takes its turn among the
    /// messages.
    ///
    /// Which commands there are, and who may give them, is up to Rumble. A raid
    /// must be [confirmed](Self::confirm_raid).
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
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, ErrorKind,
    ///     session::Session,
    ///     sim::{Role, Sim},
    /// };
    /// use tokio::time::Instant;
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.set_role("captain", Role::Owner);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let chat = session.chat(&stream)?;
    ///     let start = Instant::now();
    ///     chat.send("subscribers only from now on").await?;
    ///     chat.command("/subscribers").await?;
    ///     assert_eq!(start.elapsed().as_secs(), 3);
    ///
    ///     let error = chat.command("subscribers").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     Ok(())
    /// }
    /// ```
    pub async fn command(&self, command: &str) -> Result<(), Error> {
        if !command.starts_with('/') {
            return Err(Error::config("a chat command begins with /; use send for a message"));
        }
        let (video, url) = (self.video_id(), self.session.site.page("/chat/command"));
        self.session.ask(Asked::form(url, [("video_id", video.as_str()), ("message", command)]).paced_as_send()).await.map(drop)
    }

    /// The emotes that the user may write in this chat (`emote.list`), pack by
    /// pack. Some are [for subscribers
    /// only](crate::chat::Emote::is_for_subscribers). The list rarely changes,
    /// so request it once and keep it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the answer is not a
    /// list of emotes; otherwise [as for any
    /// request](crate::session#what-an-error-means), but never
    /// [`SessionGone`](crate::ErrorKind::SessionGone), because Rumble gives
    /// such a list to anybody.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let chat = session.chat(&stream)?;
    ///     let emotes = chat.emotes().await?;
    ///     assert!(emotes.get("harborBeacon").unwrap().is_for_subscribers);
    ///
    ///     let fire = emotes
    ///         .get("r+fire")
    ///         .filter(|emote| !emote.is_for_subscribers)
    ///         .unwrap();
    ///     let sent = chat.send(&format!("well played :{}:", fire.name)).await;
    ///     assert!(sent.is_ok());
    ///     assert_eq!(sim.times_posted("well played :r+fire:"), 1);
    ///     Ok(())
    /// }
    /// ```
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

/// The id that the chat gave a message. The wire has a text, and in some
/// samples a number. An empty text is no id.
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
