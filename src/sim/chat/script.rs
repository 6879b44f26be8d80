//! Makes things happen in a chat, and makes it fail.
//!
//! What a script does through [`Sim::message`] and its like comes to the chats
//! by itself. Here is what only a chat shows, and what can befall its
//! connections. Both the queue of faults and the span for requests are those of
//! `fault.rs`; cuts and freezes act on connections that are already open.

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
/// A connection begins with the newest 50 lines, and gets a keep-alive after 15
/// seconds without anything else. The newest 1000 lines of a chat are kept to
/// be deleted or pinned. A reader that falls more than 4096 records behind,
/// those of other chats included, is cut off.
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::chat::{Chat, ChatEvent};
/// use rumble_live::{Error, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn deleted_message_is_told() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
///     let first = chat.next().await.transpose()?;
///     assert!(matches!(first, Some(ChatEvent::Ready(_))));
///
///     sim.message(&stream, "ada", "buy my book");
///     sim.delete_message(&stream, "ada", "buy my book");
///
///     let event = chat.next().await.transpose()?;
///     let Some(ChatEvent::Message(message)) = event else { panic!() };
///     let event = chat.next().await.transpose()?;
///     let Some(ChatEvent::Deleted(deleted)) = event else { panic!() };
///     assert_eq!(deleted.message_ids, [message.id]);
///     Ok(())
/// }
/// ```
impl Sim {
    /// A moderator mutes `username` in `stream`: all their messages are
    /// removed, except rants. Nothing is removed if they wrote nothing, but the
    /// chat still tells that they are muted.
    ///
    /// The script may go on writing for them. To have the site refuse what a
    /// muted user sends, mute them by a [session](Self::session).
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// An overlay must take down the messages and leave what was paid for:
    ///
    /// ```test_harness
    /// use rumble_live::chat::{Chat, ChatEvent};
    /// use rumble_live::{Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn muted_user_is_taken_off_the_overlay() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     chat.next().await.transpose()?;
    ///     sim.message(&stream, "zed", "buy my coins");
    ///     sim.rant(&stream, "zed", "please", 500);
    ///     sim.mute(&stream, "zed");
    ///
    ///     let mut shown = Vec::new();
    ///     while let Some(event) = chat.next().await.transpose()? {
    ///         match event {
    ///             ChatEvent::Message(line) => shown.push(line),
    ///             ChatEvent::Deleted(gone) => {
    ///                 assert!(gone.spares_rants);
    ///                 shown.retain(|line| {
    ///                     !gone.message_ids.contains(&line.id)
    ///                 });
    ///                 break;
    ///             }
    ///             _ => {}
    ///         }
    ///     }
    ///     let left: Vec<_> =
    ///         shown.iter().map(|line| line.text.as_str()).collect();
    ///     assert_eq!(left, ["please"]);
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn mute(&self, stream: &StreamId, username: &str) {
        self.world().mute(stream, username);
    }

    /// A moderator pins the newest message or rant by `username` in `stream`
    /// with this `text`. It replaces the message that was pinned. It stays
    /// pinned even if it is deleted afterwards.
    ///
    /// # Panics
    ///
    /// If there is no such stream or no such message.
    ///
    /// # Examples
    ///
    /// Whoever comes later learns of it from the first event:
    ///
    /// ```test_harness
    /// use rumble_live::chat::{Chat, ChatEvent};
    /// use rumble_live::{Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn pinned_message_is_known_from_the_start() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.message(&stream, "ada", "raffle at nine");
    ///     sim.pin(&stream, "ada", "raffle at nine");
    ///
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     let event = chat.next().await.transpose()?;
    ///     let Some(ChatEvent::Ready(ready)) = event else { panic!() };
    ///     let pinned = ready.pinned.as_ref().map(|line| line.text.as_str());
    ///     assert_eq!(pinned, Some("raffle at nine"));
    ///     Ok(())
    /// }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Error, chat::Chat, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn pin_is_told_and_so_is_its_end() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     chat.next().await.transpose()?;
    ///
    ///     sim.message(&stream, "ada", "raffle at nine");
    ///     sim.pin(&stream, "ada", "raffle at nine");
    ///     sim.unpin(&stream);
    ///     for kind in ["message", "pinned", "unpinned"] {
    ///         let event = chat.next().await.transpose()?;
    ///         assert_eq!(event.map(|event| event.kind()), Some(kind));
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn unpin(&self, stream: &StreamId) {
        assert!(self.world().unpin(stream), "no message is pinned in stream {stream:?}");
    }

    /// The account sends the viewers of `stream` to the stream of `target_name`
    /// at `target_url`. Only those who read the chat at that moment learn of
    /// it; no backlog shows it. The stream goes on until you end it.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::chat::{Chat, ChatEvent};
    /// use rumble_live::{Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn viewers_are_told_where_to_go() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     chat.next().await.transpose()?;
    ///
    ///     let url = "https://rumble.com/v7c9aa1-night-shift.html";
    ///     sim.raid(&stream, "Night Shift", url);
    ///     let event = chat.next().await.transpose()?;
    ///     let Some(ChatEvent::Raid(raid)) = event else { panic!() };
    ///     assert_eq!(raid.target_name, "Night Shift");
    ///     assert_eq!(raid.target_url, url);
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn raid(&self, stream: &StreamId, target_name: &str, target_url: &str) {
        let mut world = self.world();
        let stream = world.stream(stream).id.clone();
        world.start_raid(&stream, target_name, target_url);
    }

    /// `username` arrives at `stream` with the viewers of another one. A line
    /// of chat with this `text` announces it. Polls do not show that line.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::chat::{Chat, ChatEvent, Notice};
    /// use rumble_live::{Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn raiders_are_welcomed() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     chat.next().await.transpose()?;
    ///
    ///     sim.raid_from(&stream, "grace", "we are here");
    ///     let event = chat.next().await.transpose()?;
    ///     let Some(ChatEvent::Message(line)) = event else { panic!() };
    ///     assert!(matches!(line.notice, Some(Notice::Raid(_))));
    ///     assert_eq!(line.author.name, "grace");
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn raid_from(&self, stream: &StreamId, username: &str, text: &str) {
        let mut world = self.world();
        let now = world.clock.now();
        world.say(now, stream, username, text, Some(Notice::Raid));
        world.record(now, What::RaidReceived { stream: stream.clone(), username: username.into() });
    }

    /// The chat of `stream` announces a subscription of `username` in the words
    /// of `text`, such as `6 month subscriber`. The subscription itself is
    /// [`subscribe`](Self::subscribe), which no chat shows. Script both to see
    /// whether your bot alerts twice.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// A notice is not a subscription. Somebody may be a subscriber for months
    /// already:
    ///
    /// ```test_harness
    /// use rumble_live::chat::{Chat, ChatEvent, Notice};
    /// use rumble_live::{Error, Snapshot, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn notice_brings_no_new_subscriber() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     chat.next().await.transpose()?;
    ///
    ///     sim.subscription_notice(&stream, "ada", "6 month subscriber");
    ///     let event = chat.next().await.transpose()?;
    ///     let Some(ChatEvent::Message(line)) = event else { panic!() };
    ///     assert!(matches!(line.notice, Some(Notice::Subscription(_))));
    ///     let snapshot = Snapshot::from_json(&sim.snapshot_json())?;
    ///     assert_eq!(snapshot.subscribers().count, Some(0));
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn subscription_notice(&self, stream: &StreamId, username: &str, text: &str) {
        let mut world = self.world();
        let now = world.clock.now();
        world.say(now, stream, username, "", Some(Notice::Subscription { text: text.into() }));
        world.record(now, What::SubscriptionNotice { stream: stream.clone(), username: username.into(), text: text.into() });
    }

    /// From now on the chats report everything this much later, in whole
    /// seconds. Polled answers are not delayed. Zero ends it. What already
    /// waits keeps its delay.
    ///
    /// # Examples
    ///
    /// Polls may show a line before the chat does, and a bot that reads both
    /// must not tell it twice:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Error, Snapshot, chat::Chat, sim::Sim};
    /// use tokio::time::Instant;
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn poll_is_ahead_of_the_chat() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     chat.next().await.transpose()?;
    ///
    ///     sim.chat_lag(Duration::from_secs(5));
    ///     sim.message(&stream, "ada", "hi");
    ///     let said = Instant::now();
    ///     let snapshot = Snapshot::from_json(&sim.snapshot_json())?;
    ///     assert_eq!(
    ///         snapshot.livestreams()[0].chat.recent_messages[0].text,
    ///         "hi"
    ///     );
    ///     chat.next().await.transpose()?;
    ///     assert!(said.elapsed() >= Duration::from_secs(4));
    ///     Ok(())
    /// }
    /// ```
    pub fn chat_lag(&self, lag: Duration) {
        let mut world = self.world();
        world.chats.lag = Duration::from_secs(lag.as_secs());
        world.chats.wake();
    }

    /// Breaks every open connection to a chat after `after_bytes` more bytes,
    /// even in the middle of a record. If none is open, breaks the next one.
    ///
    /// With 0 they break at once. With more, a connection goes on until so many
    /// bytes have come, which may take a while in a quiet chat.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Error, chat::Chat, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn chat_comes_back_after_a_cut() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     chat.next().await.transpose()?;
    ///
    ///     sim.cut_chat(0);
    ///     for kind in ["interrupted", "resumed"] {
    ///         let event = chat.next().await.transpose()?;
    ///         assert_eq!(event.map(|event| event.kind()), Some(kind));
    ///     }
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
    /// any more, not even its end. New connections work.
    ///
    /// # Examples
    ///
    /// A reader notices only by the silence, and then gets what it missed:
    ///
    /// ```test_harness
    /// use rumble_live::chat::{Chat, ChatEvent};
    /// use rumble_live::{Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn silent_connection_is_given_up() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     chat.next().await.transpose()?;
    ///
    ///     sim.freeze_chat();
    ///     sim.message(&stream, "ada", "anybody there?");
    ///     let event = chat.next().await.transpose()?;
    ///     let Some(ChatEvent::Interrupted(trouble)) = event else { panic!() };
    ///     assert_eq!(trouble.kind, ErrorKind::Timeout);
    ///     loop {
    ///         let event = chat.next().await.transpose()?;
    ///         if let ChatEvent::Message(line) =
    ///             event.expect("the chat goes on")
    ///         {
    ///             assert_eq!(line.text, "anybody there?");
    ///             return Ok(());
    ///         }
    ///     }
    /// }
    /// ```
    pub fn freeze_chat(&self) {
        let mut world = self.world();
        for listener in world.chats.open.values_mut() {
            listener.is_frozen = true;
        }
    }

    /// Leaves the next `next` messages and rants out of the chats. Polls show
    /// them. A later call replaces the number.
    ///
    /// # Examples
    ///
    /// A watcher that reads both gets the rant by a poll, without the id that
    /// only the chat knows:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn rant_comes_by_a_poll_alone() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     let mut watcher = client.watch_builder().live_chat(true).build();
    ///     watcher.next().await.transpose()?;
    ///
    ///     sim.advance(Duration::from_secs(1));
    ///     sim.forget_in_chat(1);
    ///     sim.rant(&stream, "ada", "for the boat fund", 500);
    ///     let rant = watcher.into_rants().next().await.transpose()?;
    ///     let Some(rant) = rant else { panic!() };
    ///     assert_eq!((rant.amount.cents(), rant.message_id), (500, None));
    ///     Ok(())
    /// }
    /// ```
    pub fn forget_in_chat(&self, next: usize) {
        self.world().chats.forget_in_chat = next;
    }

    /// Leaves the next `next` messages and rants out of the polled answers. The
    /// chats show them. A later call replaces the number.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::chat::{Chat, ChatEvent};
    /// use rumble_live::{Error, Snapshot, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn line_comes_by_the_chat_alone() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     chat.next().await.transpose()?;
    ///
    ///     sim.forget_in_polls(1);
    ///     sim.message(&stream, "ada", "hi");
    ///     let event = chat.next().await.transpose()?;
    ///     let Some(ChatEvent::Message(line)) = event else { panic!() };
    ///     assert_eq!(line.text, "hi");
    ///     let snapshot = Snapshot::from_json(&sim.snapshot_json())?;
    ///     assert!(snapshot.livestreams()[0].chat.recent_messages.is_empty());
    ///     Ok(())
    /// }
    /// ```
    pub fn forget_in_polls(&self, next: usize) {
        self.world().chats.forget_in_polls = next;
    }

    /// Queues one answer to a request for a chat, with this status and a small
    /// HTML page. With 204 the server says that there is no chat. Open
    /// connections are not affected; [cut](Self::cut_chat) them too if they are
    /// to meet the fault.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Error, chat::Chat, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn chat_opens_at_the_second_try() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.fail_chat_next(502);
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     for kind in ["interrupted", "resumed", "ready"] {
    ///         let event = chat.next().await.transpose()?;
    ///         assert_eq!(event.map(|event| event.kind()), Some(kind));
    ///     }
    ///     assert_eq!(sim.chat_requests(), 2);
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn fail_chat_next(&self, status: u16) {
        let fault = Fault::status(status);
        self.world().chats.faults.queue(Next::Fault(fault));
    }

    /// Answers every request for a chat with this status for the length of
    /// `span`, as [`fail_for`](Self::fail_for) does for polls. Open connections
    /// are not affected.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    ///
    /// # Examples
    ///
    /// Together with a cut it is an outage of the chat alone:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::chat::{Chat, ChatEvent};
    /// use rumble_live::{Error, sim::Sim};
    /// use tokio::time::Instant;
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn chat_is_back_after_an_outage() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     chat.next().await.transpose()?;
    ///
    ///     let (began, outage) = (Instant::now(), Duration::from_secs(60));
    ///     sim.fail_chat_for(outage, 503);
    ///     sim.cut_chat(0);
    ///     loop {
    ///         let event = chat.next().await.transpose()?;
    ///         if let ChatEvent::Resumed(_) = event.expect("the chat goes on")
    ///         {
    ///             break;
    ///         }
    ///     }
    ///     assert!(began.elapsed() >= outage);
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn fail_chat_for(&self, span: Duration, status: u16) {
        let fault = Fault::status(status);
        let mut world = self.world();
        let passed = world.clock.passed();
        world.chats.faults.hold(passed.saturating_add(span), fault);
    }

    /// Queues this answer to a request for a chat. The body of a good one is
    /// read as the records of a chat, so a test can send broken ones.
    ///
    /// # Examples
    ///
    /// A reader waits for as long as the server asks:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::chat::{Chat, ChatEvent};
    /// use rumble_live::http::{StatusCode, header};
    /// use rumble_live::{Error, Response, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn chat_waits_as_it_is_asked() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let busy = Response::new(StatusCode::TOO_MANY_REQUESTS, "");
    ///     sim.answer_chat_next(busy.header(header::RETRY_AFTER, 120.into()));
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     let event = chat.next().await.transpose()?;
    ///     let Some(ChatEvent::Interrupted(trouble)) = event else { panic!() };
    ///     assert!(trouble.retry_in >= Duration::from_secs(120));
    ///     Ok(())
    /// }
    /// ```
    pub fn answer_chat_next(&self, answer: Response) {
        self.world().chats.faults.queue(Next::Answer(answer));
    }

    /// How many connections to chats are open, frozen ones included.
    ///
    /// # Examples
    ///
    /// A bot must not keep connections that it does not read:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Error, chat::Chat, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn dropped_chat_leaves_no_connection() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     assert_eq!(sim.open_chats(), 0);
    ///     chat.next().await.transpose()?;
    ///     assert_eq!(sim.open_chats(), 1);
    ///
    ///     drop(chat);
    ///     tokio::time::sleep(Duration::from_secs(1)).await;
    ///     assert_eq!((sim.open_chats(), sim.chat_requests()), (0, 1));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn open_chats(&self) -> usize {
        self.world().chats.open.len()
    }

    /// How many requests for chats were made, whatever the answer. Each
    /// connection begins with one, and so does each failed try. See
    /// [`open_chats`](Self::open_chats) for an example.
    #[must_use]
    pub fn chat_requests(&self) -> u64 {
        self.world().chats.requests
    }
}
