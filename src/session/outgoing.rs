//! One message to be sent, and finding out what became of it when its answer
//! was lost.
//!
//! A message carries a mark that nobody else has. The chat pushes the mark to
//! whoever is connected, so a reader that was connected in time is certain.
//! After a reconnect the chat shows the newest messages without their marks.
//! Then author, text and time decide, and messages that are known to be others
//! are ruled out. The search reads ahead in the caller's own chat and gives
//! everything back, so that the caller misses nothing.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::timeout;

use super::{
    SessionChat,
    answer::Envelope,
    asked::Asked,
    chat::{Sent, message_id},
};
use crate::{
    chat::{Chat, ChatMessage, Step},
    error::{Error, ErrorKind},
    snapshot::{MessageId, UserId},
};

/// How long a chat is read for a message that may have been sent.
const PATIENCE: Duration = Duration::from_secs(15);
/// How far the message's timestamp may differ from this machine's clock.
const REACH: time::Duration = time::Duration::seconds(30);
/// How many steps of the chat are read for it at most.
const MOST_STEPS: usize = 4096;

/// One message, which is sent at most once. Made by [`SessionChat::message`].
///
/// It belongs to one chat and cannot be cloned. To say the same again, make
/// another one.
///
/// # Examples
///
/// The answer is lost, and the message is found in the chat:
///
/// ```
/// use rumble_live::{
///     Error, ErrorKind,
///     chat::Chat,
///     session::{Fate, Session},
///     sim::{Loss, Sim},
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
///     sim.lose_session_answer_next(Loss::After);
///     let mut message = session.chat(&stream)?.message("ahoy")?;
///     let error = message.send().await.unwrap_err();
///     assert_eq!(error.kind(), ErrorKind::Unclear);
///     assert!(matches!(message.confirm(&mut chat).await, Fate::Said(_)));
///
///     // It is sent only once, whatever became of it.
///     let error = message.send().await.unwrap_err();
///     assert_eq!(error.kind(), ErrorKind::Config);
///     assert_eq!(sim.times_posted("ahoy"), 1);
///     Ok(())
/// }
/// ```
pub struct Outgoing {
    chat: SessionChat,
    text: String,
    /// The channel to speak as; `None` for the user.
    channel: Option<u64>,
    request_id: String,
    /// Whether it was passed to the session to be sent.
    is_given: bool,
    /// When it was sent, by this machine's clock.
    begun: Arc<OnceLock<SystemTime>>,
    /// When its answer came, or failed to come, by this machine's clock.
    ended: Option<SystemTime>,
}

/// What became of a message. Returned by [`Outgoing::confirm`].
///
/// # Examples
///
/// `Unknown` does not say that the message is lost, so sending it again may say
/// it twice:
///
/// ```
/// use rumble_live::session::Fate;
///
/// fn may_repeat(fate: &Fate, twice_is_harmless: bool) -> bool {
///     match fate {
///         Fate::Said(_) | Fate::Probably(_) => false,
///         _ => twice_is_harmless,
///     }
/// }
///
/// let said = Fate::Said("2403846000000000301".into());
/// assert!(!may_repeat(&said, true));
/// assert!(may_repeat(&Fate::Unknown, true));
/// assert!(!may_repeat(&Fate::default(), false));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// The chat shows it, with its mark.
    Said(MessageId),
    /// The chat shows a message by the same user with the same text, but
    /// without a mark, as after a reconnect. Its timestamp is within half a
    /// minute of when the message was sent by this machine's clock. If the user
    /// wrote the same from elsewhere at that time, it may be that message.
    Probably(MessageId),
    /// The chat did not show it. It may be lost, or still on its way.
    #[default]
    Unknown,
}

impl Outgoing {
    pub(super) fn new(chat: SessionChat, text: &str, channel: Option<u64>) -> Self {
        // Any unique text will do. The site's own marks have as many bits.
        let request_id = format!("{:032x}", fastrand::u128(..));
        Self { chat, text: text.to_owned(), channel, request_id, is_given: false, begun: Arc::default(), ended: None }
    }

    /// The mark with which it is sent: 32 hexadecimal digits, different for
    /// each message. A reader that is connected sees it as
    /// [`ChatMessage::request_id`](crate::chat::ChatMessage::request_id).
    ///
    /// # Examples
    ///
    /// The reader may see the message before its sender gets the answer. The
    /// mark is known before both:
    ///
    /// ```
    /// use std::collections::HashSet;
    ///
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
    ///     let mut own = HashSet::new();
    ///     let mut message = session.chat(&stream)?.message("ahoy")?;
    ///     own.insert(message.request_id().to_owned());
    ///     message.send().await?;
    ///
    ///     sim.message(&stream, "ada", "ahoy");
    ///     for expected in [true, false] {
    ///         let Some(ChatEvent::Message(heard)) =
    ///             chat.next().await.transpose()?
    ///         else {
    ///             panic!("no message")
    ///         };
    ///         let is_own =
    ///             heard.request_id.is_some_and(|mark| own.contains(&mark));
    ///         assert_eq!(is_own, expected);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Sends the message, as [`SessionChat::send`] does.
    ///
    /// # Errors
    ///
    /// The same as for [`SessionChat::send`], and [`ErrorKind::Config`] if it
    /// was sent before, whatever became of it. After an error that says that it
    /// was not accepted, make another message to try again.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`SessionChat::send`]. The message counts as sent from
    /// the first poll on.
    pub async fn send(&mut self) -> Result<Sent, Error> {
        if self.is_given {
            return Err(Error::config("this message was sent before; make another one to send it again"));
        }
        self.is_given = true;
        let Self { text, channel, request_id, .. } = self;
        let message = json!({"data": {"request_id": request_id, "message": {"text": text}, "rant": null, "channel_id": channel}});
        let session = self.chat.session();
        let answered = session.ask(Asked::send(self.chat.url_of("message"), &message).noting_its_begin(&self.begun)).await;
        self.ended = Some(SystemTime::now());
        let envelope = answered?;
        session.identity.recognise(author(&envelope));
        let message_id = message_id(&envelope).ok_or_else(|| {
            Error::unclear(Error::with_message(ErrorKind::Decode, "the answer has no message id; Rumble may have changed it"))
        })?;
        session.identity.note_taken(message_id.clone());
        Ok(Sent { message_id, request_id: self.request_id.clone() })
    }

    /// Looks for the message in a chat after [`send`](Self::send) failed with
    /// [`ErrorKind::Unclear`]. It looks for at most 15 seconds and at about
    /// 4,096 events, and returns as soon as it has found the message. It cannot
    /// fail: what it cannot find is [`Fate::Unknown`].
    ///
    /// Connect the reader before you send the message, and do not read from it
    /// in between. What you have already read is not looked at, but you can
    /// compare its mark with [`request_id`](Self::request_id) yourself. The
    /// reader must be of the same livestream. A reader that connects only now
    /// sees no mark, so it finds at best [`Fate::Probably`].
    ///
    /// Everything that comes meanwhile is returned by the next calls of
    /// [`Chat::next`], in order. If the session does not know its user yet, it
    /// asks.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing of the chat.
    ///
    /// # Examples
    ///
    /// The request itself was lost, and the search ends without a result. The
    /// chat goes on as if nobody had looked:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, ErrorKind,
    ///     chat::{Chat, ChatEvent},
    ///     session::{Fate, Session},
    ///     sim::{Loss, Sim},
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
    ///     sim.lose_session_answer_next(Loss::Before);
    ///     let mut message = session.chat(&stream)?.message("ahoy")?;
    ///     if let Err(error) = message.send().await {
    ///         assert_eq!(error.kind(), ErrorKind::Unclear);
    ///         sim.message(&stream, "ada", "is anybody there?");
    ///         assert_eq!(message.confirm(&mut chat).await, Fate::Unknown);
    ///     }
    ///     let Some(ChatEvent::Message(heard)) =
    ///         chat.next().await.transpose()?
    ///     else {
    ///         panic!("no message")
    ///     };
    ///     assert_eq!(heard.text, "is anybody there?");
    ///     Ok(())
    /// }
    /// ```
    pub async fn confirm(&self, chat: &mut Chat) -> Fate {
        let mut ahead = ReadAhead { chat, steps: VecDeque::new() };
        let search = async {
            let session = self.chat.session();
            if session.identity.user_id().is_none()
                && let Err(error) = session.who().await
            {
                // The message can still be found by its mark.
                super::trace::nobody(&error);
            }
            self.find(&mut ahead).await
        };
        timeout(PATIENCE, search).await.unwrap_or_default()
    }

    /// Reads ahead until the message is found, the chat ends, or there was too
    /// much of it.
    async fn find(&self, ahead: &mut ReadAhead<'_>) -> Fate {
        while ahead.steps.len() < MOST_STEPS
            && let Some(step) = ahead.next().await
        {
            let Ok(Step::Message(message, _)) = step else { continue };
            if message.request_id.as_deref() == Some(&self.request_id) {
                return Fate::Said(message.id.clone());
            }
            if message.request_id.is_none() && self.looks_like(message) {
                return Fate::Probably(message.id.clone());
            }
        }
        Fate::Unknown
    }

    /// Whether a message without a mark is probably this one: by the same user,
    /// with the same text, of about the same time, and not one that the chat is
    /// known to have accepted as another message.
    fn looks_like(&self, message: &ChatMessage) -> bool {
        let identity = &self.chat.session().identity;
        let user_id = identity.user_id();
        let is_own = user_id.is_some() && message.author.user_id == user_id && !identity.has_taken(&message.id);
        let is_of_then = self.begun.get().is_some_and(|begun| {
            let (since, until) = (OffsetDateTime::from(*begun), OffsetDateTime::from(self.ended.unwrap_or_else(SystemTime::now)));
            (since - REACH..=until + REACH).contains(&message.sent_at)
        });
        is_own && is_of_then && message.text.trim() == self.text.trim()
    }
}

/// Who wrote the message, from the answer to it (`data.user.id`).
fn author(envelope: &Envelope) -> Option<UserId> {
    let id = match envelope.data.pointer("/user/id")? {
        Value::String(id) => id.parse().ok()?,
        id => id.as_u64()?,
    };
    Some(UserId::from_decimal(id))
}

/// A chat whose steps are read and then given back.
struct ReadAhead<'a> {
    chat: &'a mut Chat,
    steps: VecDeque<Result<Step, Error>>,
}

impl ReadAhead<'_> {
    /// Reads one more step, and keeps it to give it back.
    async fn next(&mut self) -> Option<&Result<Step, Error>> {
        let step = poll_fn(|context| self.chat.poll_step(context)).await?;
        self.steps.push_back(step);
        self.steps.back()
    }
}

impl Drop for ReadAhead<'_> {
    fn drop(&mut self) {
        self.chat.give_back(std::mem::take(&mut self.steps));
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chat, text, channel, request_id, is_given, begun, ended } = self;
        f.debug_struct("Outgoing")
            .field("chat", chat)
            .field("text", text)
            .field("channel", channel)
            .field("request_id", request_id)
            .field("is_given", is_given)
            .field("begun", begun)
            .field("ended", ended)
            .finish()
    }
}
