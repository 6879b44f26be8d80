//! Makes things happen in a chat, and makes it fail.

use std::time::Duration;

use super::state::Notice;
use crate::{
    Response, StreamId,
    sim::{
        Sim,
        fault::{Fault, Next},
        history::What,
    },
};

/// # Chat
///
/// Every live stream has a chat. It pushes what happens in it to everybody who
/// [reads it](crate::chat::Chat), over HTTP or without. Everything that
/// [`message`](Self::message), [`rant`](Self::rant), [`gift`](Self::gift), the
/// deletions and [`mute`](Self::mute) do shows both in the polled answers and
/// in the chat, with the same users. The other calls here show only in the
/// chat. A user's id follows from the name. When a stream ends, its chat
/// closes.
///
/// ```test_harness
/// use rumble_live::{Client, Error, chat::ChatEvent, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn deleted_message_is_told() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
///     let mut chat = client.chat(&stream);
///     assert!(matches!(chat.next().await.transpose()?, Some(ChatEvent::Ready(_))));
///
///     sim.message(&stream, "ada", "buy my book");
///     sim.delete_message(&stream, "ada", "buy my book");
///
///     let Some(ChatEvent::Message(message)) = chat.next().await.transpose()? else { panic!("no message") };
///     let Some(ChatEvent::Deleted(deleted)) = chat.next().await.transpose()? else { panic!("no deletion") };
///     assert_eq!(deleted.message_ids, [message.id]);
///     Ok(())
/// }
/// ```
impl Sim {
    /// A moderator mutes `username` in `stream`: all their messages are
    /// removed, except rants.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    #[track_caller]
    pub fn mute(&self, stream: &StreamId, username: &str) {
        self.world().mute(stream, username);
    }

    /// A moderator pins the newest message or rant by `username` in `stream`
    /// with this `text`. It replaces the message that was pinned.
    ///
    /// # Panics
    ///
    /// If there is no such stream or no such message.
    #[track_caller]
    pub fn pin(&self, stream: &StreamId, username: &str, text: &str) {
        let mut world = self.world();
        let Some(line) = world.stream(stream).chat.find(|line| line.is_of(username, text)).cloned() else {
            panic!("there is no message {text:?} by {username:?} in stream {stream:?} to pin");
        };
        world.pin(stream, line);
    }

    /// A moderator unpins the pinned message of `stream`. The message stays in
    /// the chat.
    ///
    /// # Panics
    ///
    /// If there is no such stream or no pinned message.
    #[track_caller]
    pub fn unpin(&self, stream: &StreamId) {
        assert!(self.world().unpin(stream), "no message is pinned in stream {stream:?}");
    }

    /// The account sends the viewers of `stream` to the stream of `target_name`
    /// at `target_url`.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    #[track_caller]
    pub fn raid(&self, stream: &StreamId, target_name: &str, target_url: &str) {
        let mut world = self.world();
        let stream = world.stream(stream).id.clone();
        world.start_raid(&stream, target_name, target_url);
    }

    /// `username` arrives at `stream` with the viewers of another one. A line
    /// of chat announces it.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    #[track_caller]
    pub fn raid_from(&self, stream: &StreamId, username: &str, text: &str) {
        let mut world = self.world();
        let now = world.clock.now();
        world.say(now, stream, username, text, Some(Notice::Raid));
        world.record(now, What::RaidReceived { stream: stream.clone(), username: username.into() });
    }

    /// The chat of `stream` announces a subscription of `username` in the words
    /// of `text`, such as `6 month subscriber`. The subscription itself is
    /// [`subscribe`](Self::subscribe), which no chat shows.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    #[track_caller]
    pub fn subscription_notice(&self, stream: &StreamId, username: &str, text: &str) {
        let mut world = self.world();
        let now = world.clock.now();
        world.say(now, stream, username, "", Some(Notice::Subscription { text: text.into() }));
        world.record(now, What::SubscriptionNotice { stream: stream.clone(), username: username.into(), text: text.into() });
    }

    /// From now on the chats report everything this much later, in whole
    /// seconds. Polled answers are not delayed.
    pub fn chat_lag(&self, lag: Duration) {
        let mut world = self.world();
        world.chats.lag = Duration::from_secs(lag.as_secs());
        world.chats.wake();
    }

    /// Breaks every open connection to a chat after `after_bytes` more bytes,
    /// even in the middle of a record. If none is open, breaks the next one.
    ///
    /// ```test_harness
    /// use rumble_live::{Error, chat::{Chat, ChatEvent}, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn chat_comes_back_after_a_cut() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     assert!(matches!(chat.next().await.transpose()?, Some(ChatEvent::Ready(_))));
    ///     sim.cut_chat(0);
    ///     assert!(matches!(chat.next().await.transpose()?, Some(ChatEvent::Interrupted(_))));
    ///     assert!(matches!(chat.next().await.transpose()?, Some(ChatEvent::Resumed(_))));
    ///     Ok(())
    /// }
    /// ```
    pub fn cut_chat(&self, after_bytes: usize) {
        let mut world = self.world();
        if world.chats.open.is_empty() {
            world.chats.cut_next = Some(after_bytes);
        }
        for listener in world.chats.open.values_mut() {
            listener.cut = Some(after_bytes);
        }
        world.chats.wake();
    }

    /// Lets every open connection to a chat die silently: nothing comes over it
    /// any more, not even its end.
    pub fn freeze_chat(&self) {
        let mut world = self.world();
        for listener in world.chats.open.values_mut() {
            listener.is_frozen = true;
        }
    }

    /// Leaves the next `next` messages and rants out of the chat.
    pub fn forget_in_chat(&self, next: usize) {
        self.world().chats.forget_in_chat = next;
    }

    /// Leaves the next `next` messages and rants out of the polled answers.
    pub fn forget_in_polls(&self, next: usize) {
        self.world().chats.forget_in_polls = next;
    }

    /// Queues one answer to a request for a chat, with this status and a small
    /// HTML page.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    #[track_caller]
    pub fn fail_chat_next(&self, status: u16) {
        let fault = Fault::status(status);
        self.world().chats.faults.queue(Next::Fault(fault));
    }

    /// Answers every request for a chat with this status for the length of
    /// `span`, as [`fail_for`](Self::fail_for) does for polls.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    #[track_caller]
    pub fn fail_chat_for(&self, span: Duration, status: u16) {
        let fault = Fault::status(status);
        let mut world = self.world();
        let passed = world.clock.passed();
        world.chats.faults.hold(passed.saturating_add(span), fault);
    }

    /// Queues this answer to a request for a chat.
    pub fn answer_chat_next(&self, answer: Response) {
        self.world().chats.faults.queue(Next::Answer(answer));
    }

    /// How many connections to chats are open.
    #[must_use]
    pub fn open_chats(&self) -> usize {
        self.world().chats.open.len()
    }

    /// How many requests for chats were made, whatever the answer.
    #[must_use]
    pub fn chat_requests(&self) -> u64 {
        self.world().chats.requests
    }
}
