//! The settings of a watcher.
//!
//! The builder only collects. [`build`](WatcherBuilder::build) turns the
//! settings into a tracker, a pace and a watcher, none of which can fail: a
//! value that makes no sense is raised to the least one that does, and what is
//! wrong with the URL was found when the client was built.

use std::{sync::Arc, time::Duration};

use super::{checkpoint::Checkpoint, pace::Pace, watcher::Watcher};
use crate::{client::Client, tracker::Tracker};

/// Configures a [`Watcher`]. You get one from [`Client::watch_builder`].
///
/// | setting | default |
/// |---|---|
/// | [`interval`](Self::interval) | 10 seconds, or 5 while a list fills fast |
/// | [`max_backoff`](Self::max_backoff) | 5 minutes |
/// | [`resume`](Self::resume) | start anew |
/// | [`replay`](Self::replay) | no |
/// | [`spread_first_poll`](Self::spread_first_poll) | no |
/// | [`stream_updates`](Self::stream_updates) | no |
/// | `live_chat`, feature `chat` | no |
/// | [`name`](Self::name) | none |
///
/// Each clone of a builder builds a watcher of its own.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rumble_live::{Client, Error, Event, sim::Sim};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     sim.follow("ada");
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(sim.clone())
///         .build()?;
///     let settings = client
///         .watch_builder()
///         .interval(Duration::from_secs(30))
///         .replay(true)
///         .name("harbour");
///
///     let mut watcher = settings.build();
///     assert_eq!(sim.answers(), 0); // Building sends nothing.
///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
///     let event = watcher.next().await.transpose()?;
///     assert_eq!(
///         event.map(|event| event.to_string()).as_deref(),
///         Some("ada followed")
///     );
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
#[cfg_attr(feature = "chat", expect(clippy::struct_excessive_bools, reason = "each is an option that its setter names"))]
pub struct WatcherBuilder {
    client: Client,
    pace: Pace,
    replay: bool,
    checkpoint: Option<Checkpoint>,
    spread_first_poll: bool,
    stream_updates: bool,
    #[cfg(feature = "chat")]
    live_chat: bool,
    name: Option<Arc<str>>,
}

impl Client {
    /// A watcher with the defaults of [`WatcherBuilder`]. It sends nothing
    /// before you call [`next`](Watcher::next).
    ///
    /// A client may have any number of watchers. Each makes polls of its own
    /// and has a baseline of its own, and they all wait at the client's gate.
    /// To share the events of one watcher instead, use [`Watcher::spawn`].
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Client, Error, Event, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let (mut alerts, mut archive) = (client.watch(), client.watch());
    ///     assert_eq!(alerts.next().await.transpose()?, Some(Event::Ready));
    ///     assert_eq!(archive.next().await.transpose()?, Some(Event::Ready));
    ///     assert_eq!(sim.answers(), 2);
    ///     Ok(())
    /// }
    /// ```
    pub fn watch(&self) -> Watcher {
        self.watch_builder().build()
    }

    /// Configures a watcher. The example at [`WatcherBuilder`] sets some of the
    /// options.
    pub fn watch_builder(&self) -> WatcherBuilder {
        WatcherBuilder::new(self.clone())
    }
}

impl WatcherBuilder {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            pace: Pace::default(),
            replay: false,
            checkpoint: None,
            spread_first_poll: false,
            stream_updates: false,
            #[cfg(feature = "chat")]
            live_chat: false,
            name: None,
        }
    }

    /// The time from the end of one poll to the start of the next. Default: 10
    /// seconds, or 5 seconds while some list gains more than half of what it
    /// can show within 10 seconds. Once you set an interval, it stays the same
    /// however busy the lists are. Anything below a millisecond counts as one
    /// millisecond. Except on loopback, the client's gate keeps requests 5
    /// seconds apart, whatever you set here.
    ///
    /// After a failure the watcher waits at least this long, and up to
    /// [`max_backoff`](Self::max_backoff).
    ///
    /// The table shows what this means for a busy chat: an hour of simulated
    /// chat at a steady average rate, with lists of 50. From 10 messages a
    /// second on, no allowed interval is short enough, and only the live chat
    /// gets them all; `live_chat` switches it on.
    /// `cargo run --example chat_rates` prints this table:
    ///
    /// | messages a second | messages | requests, fixed 10 s | lost | gaps | requests, default | lost | gaps | lost, live chat | gaps | latency, median | greatest |
    /// |---|---|---|---|---|---|---|---|---|---|---|---|
    /// | 0.1 | 359 | 360 | 0 | 0 | 360 | 0 | 0 | 0 | 0 | 0.000 s | 0.000 s |
    /// | 0.5 | 1794 | 360 | 0 | 0 | 360 | 0 | 0 | 0 | 0 | 0.000 s | 0.000 s |
    /// | 1 | 3588 | 360 | 0 | 0 | 360 | 0 | 0 | 0 | 0 | 0.000 s | 0.000 s |
    /// | 2 | 7177 | 360 | 0 | 0 | 361 | 0 | 0 | 0 | 0 | 0.000 s | 0.000 s |
    /// | 3 | 10765 | 360 | 0 | 0 | 648 | 0 | 0 | 0 | 0 | 0.000 s | 0.000 s |
    /// | 5 | 17942 | 360 | 676 | 190 | 719 | 0 | 0 | 0 | 0 | 0.000 s | 0.000 s |
    /// | 10 | 35884 | 360 | 17934 | 359 | 719 | 1930 | 384 | 0 | 1 | 0.000 s | 0.000 s |
    /// | 20 | 71767 | 360 | 53817 | 359 | 719 | 35989 | 718 | 0 | 1 | 0.000 s | 0.000 s |
    ///
    /// The simulated chat pushes each line at once, so the latency is what this
    /// crate adds to the latency of the network. If the first poll after the
    /// first line of a chat finds a full list, one gap covers what may have
    /// been said before that line.
    ///
    /// # Examples
    ///
    /// An account where little happens can do with a poll a minute:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    /// use tokio::time::Instant;
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut watcher = client
    ///         .watch_builder()
    ///         .interval(Duration::from_secs(60))
    ///         .build();
    ///     watcher.next().await.transpose()?;
    ///
    ///     let start = Instant::now();
    ///     sim.follow("ada");
    ///     watcher.next().await.transpose()?;
    ///     assert_eq!(start.elapsed().as_secs(), 60);
    ///     Ok(())
    /// }
    /// ```
    pub fn interval(mut self, interval: Duration) -> Self {
        self.pace.set_interval(interval);
        self
    }

    /// The cap of the back-off while polls fail. Default: 5 minutes, so that a
    /// long outage costs few requests and its end is still noticed soon.
    ///
    /// The back-off starts at the interval and doubles with each failure. The
    /// first delay is lengthened and later ones are shortened by a random
    /// amount, so watchers that failed together do not come back together. The
    /// cap holds after that. The delay is never shorter than the interval, even
    /// if the cap is. Only a snapshot starts the back-off anew.
    ///
    /// If the server asks for a longer delay (`Retry-After`), the watcher waits
    /// that long, at most 15 minutes, plus up to half an interval, because the
    /// server may have told others the same. This may go beyond the cap.
    ///
    /// # Examples
    ///
    /// An hour of outage, with a try at least every minute:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, Event, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let minute = Duration::from_secs(60);
    ///     let mut watcher =
    ///         client.watch_builder().max_backoff(minute).build();
    ///     watcher.next().await.transpose()?;
    ///
    ///     sim.fail_for(60 * minute, 503);
    ///     let mut tries = 0;
    ///     while let Some(Event::Interrupted(trouble)) =
    ///         watcher.next().await.transpose()?
    ///     {
    ///         assert!(trouble.retry_in <= minute);
    ///         tries += 1;
    ///     }
    ///     assert!(tries >= 59);
    ///     Ok(())
    /// }
    /// ```
    pub fn max_backoff(mut self, max_backoff: Duration) -> Self {
        self.pace.set_max_backoff(max_backoff);
        self
    }

    /// Continues where another watcher of the same account stopped. Default:
    /// start anew.
    ///
    /// The new watcher yields [`Ready`](crate::Event::Ready), then a
    /// [`StreamStarted`](crate::Event::StreamStarted) for each livestream that
    /// is live, also for those that the old watcher had reported, and then what
    /// happened in between as far as the lists reach. A
    /// [`Gap`](crate::Event::Gap) stands where they may not reach.
    /// [`replay`](Self::replay) has no effect.
    ///
    /// If the checkpoint belongs to another account, every poll yields an
    /// [`Interrupted`](crate::Event::Interrupted) of kind
    /// [`Decode`](crate::ErrorKind::Decode), because Rumble may have mixed up
    /// two accounts. After 15 minutes and ten of these answers without a good
    /// one in between, the watcher ends with a
    /// [`Config`](crate::ErrorKind::Config) error.
    ///
    /// A resumed watcher also forgives a refused key at first, since the key
    /// has worked before; see [`Watcher`].
    ///
    /// `None` starts anew. [`Checkpoint::load`] returns `None` at the first
    /// start of a bot, so you can pass its result here.
    ///
    /// # Examples
    ///
    /// The checkpoint of one account does not fit another:
    ///
    /// ```
    /// use rumble_live::{Client, Error, ErrorKind, Event, sim::Sim};
    ///
    /// fn client(seed: u64) -> Result<Client, Error> {
    ///     let account = Sim::running(seed);
    ///     Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(account)
    ///         .build()
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let (harbour, lighthouse) = (client(1)?, client(2)?);
    ///     let mut watcher = harbour.watch();
    ///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
    ///
    ///     let mut mixed_up =
    ///         lighthouse.watch_builder().resume(watcher.checkpoint()).build();
    ///     let event = mixed_up.next().await.transpose()?;
    ///     let Some(Event::Interrupted(trouble)) = event else {
    ///         panic!("it fits")
    ///     };
    ///     assert_eq!(trouble.kind, ErrorKind::Decode);
    ///     Ok(())
    /// }
    /// ```
    pub fn resume(mut self, checkpoint: impl Into<Option<Checkpoint>>) -> Self {
        self.checkpoint = checkpoint.into();
        self
    }

    /// Whether to also yield what the first snapshot shows, as if it had just
    /// happened: at most 50 entries of each list, oldest first. Default: false,
    /// because a bot that greets must not greet everybody again at each start.
    ///
    /// It has no effect on a watcher that [resumes](Self::resume).
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, Event, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn replay_yields_what_was_there_before() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.follow("ada");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim)
    ///         .build()?;
    ///     let mut watcher = client.watch_builder().replay(true).build();
    ///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
    ///     let event = watcher.next().await.transpose()?;
    ///     assert_eq!(event.as_ref().and_then(Event::username), Some("ada"));
    ///     Ok(())
    /// }
    /// ```
    pub fn replay(mut self, replay: bool) -> Self {
        self.replay = replay;
        self
    }

    /// Delays the first poll by a random part of the
    /// [interval](Self::interval), or of 10 seconds if none is set. The delay
    /// counts from the first call of [`next`](Watcher::next). Default: no
    /// delay, so that a bot is ready at once.
    ///
    /// Use it for many accounts in one process. Their polls then spread over
    /// the interval instead of coming all together, and stay spread because
    /// each watcher keeps its own time. See also
    /// [`Pool::connections_per_second`](crate::Pool::connections_per_second).
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Client, Error, sim::Sim};
    /// use tokio::time::Instant;
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let mut delays = Vec::new();
    ///     for account in 0..50 {
    ///         let client = Client::builder("http://127.0.0.1/?key=any")
    ///             .transport(Sim::running(account))
    ///             .build()?;
    ///         let mut watcher =
    ///             client.watch_builder().spread_first_poll().build();
    ///         let start = Instant::now();
    ///         watcher.next().await.transpose()?;
    ///         delays.push(start.elapsed().as_secs());
    ///     }
    ///     assert!(delays.iter().any(|seconds| *seconds < 5));
    ///     assert!(delays.iter().any(|seconds| *seconds >= 5));
    ///     assert!(delays.iter().all(|seconds| *seconds <= 10));
    ///     Ok(())
    /// }
    /// ```
    pub fn spread_first_poll(mut self) -> Self {
        self.spread_first_poll = true;
        self
    }

    /// Whether to yield an
    /// [`Event::StreamUpdated`](crate::Event::StreamUpdated) when the title,
    /// visibility, viewers, likes or dislikes of a live livestream change.
    /// Default: false, because the number of viewers changes at almost every
    /// poll.
    ///
    /// One event holds all that changed on one livestream from one answer to
    /// the next. It comes before the followers and messages of the same poll.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Client, Error, Event, StreamDetail, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.start_stream("Harbour lights");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut watcher =
    ///         client.watch_builder().stream_updates(true).build();
    ///     watcher.next_poll().await.transpose()?; // Ready, StreamStarted
    ///
    ///     sim.edit_answers(|answer| {
    ///         answer["livestreams"][0]["title"] = "Storm warning".into()
    ///     });
    ///     let event = watcher.next().await.transpose()?;
    ///     let Some(Event::StreamUpdated(updated)) = event else {
    ///         panic!("no update came")
    ///     };
    ///     assert_eq!(updated.changed, [StreamDetail::Title]);
    ///     assert_eq!(updated.title, "Storm warning");
    ///     Ok(())
    /// }
    /// ```
    pub fn stream_updates(mut self, stream_updates: bool) -> Self {
        self.stream_updates = stream_updates;
        self
    }

    /// Whether to read the [live chat](crate::chat) of each live livestream in
    /// addition to the polls. Feature `chat`. Default: false, because Rumble
    /// does not document this service.
    ///
    /// Messages and rants then arrive within milliseconds, and none is lost
    /// between two polls. The polls bring everything else, and what was said
    /// while a connection was down. Each line comes once, in the order of
    /// arrival, so [`Event::at`](crate::Event::at) may step back where a poll
    /// fills a hole. The watcher holds one connection for each live livestream,
    /// and none while the account is off air.
    ///
    /// If only a poll has shown a line, the watcher waits for the live chat to
    /// show it too before it yields it: a message at most 30 seconds, a rant at
    /// most 5.
    ///
    /// If a chat cannot be read at all, the watcher goes on with the polls
    /// alone and says so only in the [log](crate#observe). Before it yields an
    /// [`Event::StreamEnded`](crate::Event::StreamEnded), it hands out what the
    /// chat has delivered.
    ///
    /// # Examples
    ///
    /// A deletion names the ids of the events that it takes back. This is a
    /// whole test, with feature `sim` as well:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, Event, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn deletion_names_the_line_to_take_down() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut watcher = client.watch_builder().live_chat(true).build();
    ///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
    ///
    ///     sim.advance(Duration::from_secs(1));
    ///     sim.message(&stream, "ada", "buy my book");
    ///     let mut shown = Vec::new();
    ///     while let Some(event) = watcher.next().await.transpose()? {
    ///         match &event {
    ///             Event::Message(_) => {
    ///                 shown.extend(event.id());
    ///                 sim.delete_message(&stream, "ada", "buy my book");
    ///             }
    ///             Event::MessageDeleted(deleted) => {
    ///                 assert_eq!(deleted.event_ids, shown);
    ///                 return Ok(());
    ///             }
    ///             _ => {}
    ///         }
    ///     }
    ///     panic!("the watcher has ended without the deletion");
    /// }
    /// ```
    #[cfg(feature = "chat")]
    pub fn live_chat(mut self, live_chat: bool) -> Self {
        self.live_chat = live_chat;
        self
    }

    /// The name of the watcher in logs and metrics, so you can tell several
    /// accounts apart: the field `watcher` in what it reports to
    /// [`tracing`](crate#observe), and the label `watcher` in metrics. Keep
    /// secrets out of it. Default: no name, and then the field and the label
    /// are left out.
    ///
    /// Metrics of two watchers with the same name are one series.
    /// [`Watcher::name`] returns the name.
    pub fn name(mut self, name: impl AsRef<str>) -> Self {
        self.name = Some(name.as_ref().into());
        self
    }

    /// Builds the watcher. Sends nothing yet, and needs no runtime: you can
    /// build it before tokio starts.
    pub fn build(self) -> Watcher {
        let tracker = match self.checkpoint {
            Some(checkpoint) => Tracker::resume(checkpoint),
            None => Tracker::new().replay(self.replay),
        };
        let tracker = tracker.stream_updates(self.stream_updates);
        #[cfg(feature = "chat")]
        if self.live_chat {
            let tracker = tracker.live_chat(true);
            return Watcher::new(self.client, tracker, self.pace, self.spread_first_poll, self.name).with_live_chat();
        }
        Watcher::new(self.client, tracker, self.pace, self.spread_first_poll, self.name)
    }
}
