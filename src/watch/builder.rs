//! The settings of a watcher.

use std::{sync::Arc, time::Duration};

use super::{checkpoint::Checkpoint, pace::Pace, watcher::Watcher};
use crate::{client::Client, tracker::Tracker};

/// Configures a [`Watcher`]. You get one from [`Client::watch_builder`].
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use rumble_live::{Client, Error};
///
/// fn main() -> Result<(), Error> {
///     let client = Client::new("https://rumble.com/-livestream-api/get-data?key=k")?;
///     let watcher = client.watch_builder().interval(Duration::from_secs(30)).build();
///     assert_eq!(watcher.polls(), 0);
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
    pub fn watch(&self) -> Watcher {
        self.watch_builder().build()
    }

    /// Configures a watcher.
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
    /// can show within 10 seconds. Anything below a millisecond counts as one
    /// millisecond. Except on loopback, the client's gate keeps requests 5
    /// seconds apart, whatever you set here.
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
    /// | 100 | 358837 | 360 | 340887 | 359 | 719 | 323547 | 718 | 0 | 1 | 0.000 s | 0.000 s |
    ///
    /// The simulated chat pushes each line at once, so the latency is what this
    /// crate adds to the latency of the network. If the first poll after the
    /// first line of a chat finds a full list, one gap covers what may have
    /// been said before that line.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.pace.set_interval(interval);
        self
    }

    /// The cap of the backoff while polls fail. Default: 5 minutes.
    ///
    /// The backoff starts at the interval and doubles with each failure. The
    /// first delay is lengthened and later ones are shortened by a random
    /// amount, so watchers that failed together do not come back together. The
    /// cap holds after that. The delay is never shorter than the interval. If
    /// the server asks for a longer delay (`Retry-After`), the watcher waits
    /// that long, at most 15 minutes, plus up to half an interval, because the
    /// server may have told others the same.
    pub fn max_backoff(mut self, max_backoff: Duration) -> Self {
        self.pace.set_max_backoff(max_backoff);
        self
    }

    /// Continues where another watcher of the same account stopped. The new
    /// watcher yields what happened in between as far as the lists reach, with
    /// a [`Gap`](crate::Event::Gap) where they may not reach.
    /// [`replay`](Self::replay) then has no effect. Default: start anew.
    ///
    /// If the checkpoint belongs to another account, every poll yields an
    /// [`Interrupted`](crate::Event::Interrupted) of kind
    /// [`Decode`](crate::ErrorKind::Decode), because Rumble may have mixed up
    /// two accounts. After 15 minutes and ten of these answers without a good
    /// one in between, the watcher ends with a
    /// [`Config`](crate::ErrorKind::Config) error.
    ///
    /// `None` starts anew. [`Checkpoint::load`] returns `None` at the first
    /// start of a bot, so you can pass its result here.
    pub fn resume(mut self, checkpoint: impl Into<Option<Checkpoint>>) -> Self {
        self.checkpoint = checkpoint.into();
        self
    }

    /// Whether to also yield what the first snapshot shows, as if it had just
    /// happened. Default: false.
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, Event, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn replay_yields_what_was_there_before() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.follow("ada");
    ///     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim).build()?;
    ///     let mut watcher = client.watch_builder().replay(true).build();
    ///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
    ///     assert!(matches!(watcher.next().await, Some(Ok(Event::Follower(ada))) if ada.username == "ada"));
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
    /// delay.
    ///
    /// Use it for many accounts in one process. Their polls then spread over
    /// the interval instead of coming all together, and stay spread because
    /// each watcher keeps its own time. See also
    /// [`Pool::connections_per_second`](crate::Pool::connections_per_second).
    pub fn spread_first_poll(mut self) -> Self {
        self.spread_first_poll = true;
        self
    }

    /// Whether to yield an
    /// [`Event::StreamUpdated`](crate::Event::StreamUpdated) when the title,
    /// visibility, viewers, likes or dislikes of a live livestream change.
    /// Default: false, because the number of viewers changes at almost every
    /// poll.
    pub fn stream_updates(mut self, stream_updates: bool) -> Self {
        self.stream_updates = stream_updates;
        self
    }

    /// Whether to read the [live chat](crate::chat) of each live livestream in
    /// addition to the polls. Default: false. Feature `chat`.
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
    /// A deletion names the ids of the events that it takes back. This is a
    /// whole test, with feature `sim` as well:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    /// use rumble_live::{Client, Error, Event, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn deletion_names_the_line_to_take_down() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
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
    /// secrets out of it. Default: no name.
    pub fn name(mut self, name: impl AsRef<str>) -> Self {
        self.name = Some(name.as_ref().into());
        self
    }

    /// Builds the watcher. Sends nothing yet.
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
