//! What can be set of a watcher.

use std::{sync::Arc, time::Duration};

use super::{checkpoint::Checkpoint, pace::Pace, watcher::Watcher};
use crate::{client::Client, tracker::Tracker};

/// Sets up a [`Watcher`].
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
    /// Watches the account with the defaults of [`WatcherBuilder`]. Nothing is sent before the watcher is polled.
    pub fn watch(&self) -> Watcher {
        self.watch_builder().build()
    }

    /// Sets up a watcher.
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

    /// The distance of polls, from the end of one to the start of the next. Default: 10 seconds, and 5 while some list gains more than
    /// half of what it can show in 10. Less than a millisecond counts as one. Off loopback the client's gate keeps requests 5 seconds
    /// apart, whatever is set here.
    ///
    /// What that means for a busy chat, for an hour of simulated chat at a steady average rate and lists of 50. From 10 messages a second
    /// on no allowed interval is short enough, and only the live chat, where `live_chat` switches it on, has them all
    /// (`cargo run --example chat_rates` prints this table):
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
    /// The simulated chat pushes each line at once, so the latency is what this crate adds to that of the network. Where the first poll after
    /// the first line of a chat finds its list full, one gap stands for what may have been said before that line.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.pace.set_interval(interval);
        self
    }

    /// The cap of the back-off while polls fail. Default: 5 minutes.
    ///
    /// The back-off starts at the interval and doubles with each failure. A random part of it is taken away, or added to the first, so that
    /// watchers which failed together do not come back together; the cap holds after that. The delay is never shorter than the interval.
    /// Where the server asks for a longer one (`Retry-After`, up to 15 minutes of it), that is kept, and up to half an interval
    /// more, for the server told others the same.
    pub fn max_backoff(mut self, max_backoff: Duration) -> Self {
        self.pace.set_max_backoff(max_backoff);
        self
    }

    /// Goes on from where another watcher of the same account was. What happened in between is told as far as the lists reach, with a
    /// [`Gap`](crate::Event::Gap) where they may not; [`replay`](Self::replay) is then without effect. Default: start anew.
    ///
    /// With a checkpoint of another account every answer is [`Interrupted`](crate::Event::Interrupted) by kind
    /// [`Decode`](crate::ErrorKind::Decode), for Rumble may have mixed two up; after 15 minutes and ten such answers running, the watcher
    /// ends with a [`Config`](crate::ErrorKind::Config) error.
    ///
    /// `None`, as [`Checkpoint::load`] gives at the first start of a bot, starts anew.
    pub fn resume(mut self, checkpoint: impl Into<Option<Checkpoint>>) -> Self {
        self.checkpoint = checkpoint.into();
        self
    }

    /// Whether to yield what the first snapshot shows as well, as if it had just happened. Default: false.
    pub fn replay(mut self, replay: bool) -> Self {
        self.replay = replay;
        self
    }

    /// Makes the first poll after a random part of the [interval](Self::interval), or of 10 seconds where none is set, counted from when the
    /// watcher is first polled. Default: at once.
    ///
    /// For many accounts in one process: their polls then come evenly over the interval and stay so, for each keeps its own time, instead of
    /// all together. See also [`Pool::connections_per_second`](crate::Pool::connections_per_second).
    pub fn spread_first_poll(mut self) -> Self {
        self.spread_first_poll = true;
        self
    }

    /// Whether to yield an [`Event::StreamUpdated`](crate::Event::StreamUpdated) when the title, the visibility, the viewers, the likes or the
    /// dislikes of a live livestream have changed. Default: false, for the viewers change at almost every poll.
    pub fn stream_updates(mut self, stream_updates: bool) -> Self {
        self.stream_updates = stream_updates;
        self
    }

    /// Whether to hear the [live chat](crate::chat) of each live livestream beside the polls. Default: false. Feature `chat`.
    ///
    /// Messages and rants then come within milliseconds, and none is lost between two polls; polls bring the rest, and what was said while a
    /// connection was down. Each line comes once, in the order of arrival, so [`Event::at`](crate::Event::at) may step back where a poll fills a
    /// hole. One connection is held for each live livestream, none for an account that is off air.
    ///
    /// A line that only a poll has shown is told after at most 30 seconds, a rant after at most 5: for so long the live chat may show it.
    ///
    /// A deletion names the events that it takes back. With feature `sim` too, this is a whole test:
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

    /// What to call the watcher in what it tells [`tracing`](crate#observe), as the field `watcher`, and in metrics, as the label `watcher`, so that those of
    /// several accounts can be told apart. Keep secrets out of it. Default: no name.
    pub fn name(mut self, name: impl AsRef<str>) -> Self {
        self.name = Some(name.as_ref().into());
        self
    }

    /// The watcher. Sends nothing yet.
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
