//! A watcher's memory, as data that survives a restart.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    error::Error,
    snapshot::{ChannelId, UserId},
    tracker::{Memory, Tracker},
};

/// The cap on the JSON form.
const MOST_BYTES: usize = 64 * 1024;

/// What a [`Watcher`](crate::Watcher) knows between two events. A new watcher
/// can continue from it after a restart.
///
/// It holds hashes, stamps and ids, but no texts and no secrets. Its JSON form
/// is at most 64 KiB. A larger memory, which takes many busy livestreams, is
/// cut: each list loses its oldest entries and its floor rises, so nothing can
/// be repeated.
///
/// Errors of [`from_json`](Self::from_json) never quote the input. Errors of
/// plain serde may.
///
/// Save it after you have handled an event: every event that
/// [`next`](crate::Watcher::next) has returned counts as handled. If your bot
/// is killed after it handled an event and before it saved, it gets that event
/// again, with the same [`id`](crate::Event::id).
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::{Checkpoint, Client, Event, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn follower_who_came_while_nobody_watched_is_reported() -> Result<(), rumble_live::Error> {
///     let sim = Sim::running(7);
///     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
///     let mut watcher = client.watch();
///     assert!(watcher.checkpoint().is_none());
///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
///     let saved = watcher.checkpoint().map(|checkpoint| checkpoint.to_json()).unwrap_or_default();
///     drop(watcher);
///
///     sim.follow("ada"); // while nobody watches
///
///     let mut watcher = client.watch_builder().resume(Checkpoint::from_json(saved.as_bytes())?).build();
///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
///     assert!(matches!(watcher.next().await, Some(Ok(Event::Follower(ada))) if ada.username == "ada"));
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Checkpoint {
    /// Always [`VERSION`].
    version: u32,
    memory: Memory,
}

/// The version that this crate writes.
const VERSION: u32 = 2;

/// What this version or an older one has written.
#[derive(Deserialize)]
struct Stored {
    version: u32,
    memory: Memory,
}

impl TryFrom<Stored> for Checkpoint {
    type Error = &'static str;

    fn try_from(Stored { version, mut memory }: Stored) -> Result<Self, Self::Error> {
        match version {
            1 => memory.upgrade(),
            VERSION => {}
            _ => return Err("unknown version"),
        }
        Ok(Self { version: VERSION, memory })
    }
}

impl Checkpoint {
    /// The memory, cut to the cap.
    fn of(memory: &Memory) -> Self {
        let memory = memory.kept(MOST_BYTES, |memory| Self { version: VERSION, memory: memory.clone() }.to_json().len());
        Self { version: VERSION, memory }
    }

    /// The user of the watched account (`user_id`). `None` if no answer named
    /// it.
    #[must_use]
    pub fn user_id(&self) -> Option<&UserId> {
        self.memory.ids().user_id()
    }

    /// The channel of the watched account (`channel_id`). `None` if no answer
    /// named one.
    #[must_use]
    pub fn channel_id(&self) -> Option<&ChannelId> {
        self.memory.ids().channel_id()
    }

    /// How recent it is: the server's clock in the newest answer that it covers
    /// (`now`).
    #[must_use]
    pub fn at(&self) -> OffsetDateTime {
        self.memory.at_now()
    }

    /// The JSON form, on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the JSON form back.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when it is damaged, or
    /// has a version that this crate does not know.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(json).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Error::config(format!("the checkpoint is damaged or of an unknown version ({place}); start without it"))
        })
    }
}

impl Tracker {
    /// What the tracker knows now, for [`resume`](Self::resume) after a
    /// restart. `None` before the first snapshot.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.memory().map(Checkpoint::of)
    }

    /// What was known after this many deliveries, or somewhat earlier.
    pub(crate) fn checkpoint_at(&self, delivered: u64) -> Option<Checkpoint> {
        self.memory_at(delivered).map(|memory| Checkpoint::of(&memory))
    }

    /// A tracker that continues where another one stopped. Its first snapshot
    /// yields [`Event::Ready`](crate::Event::Ready), then what happened in
    /// between, as far as the lists reach.
    ///
    /// It ignores a snapshot that shares no id with the checkpoint's account;
    /// see [`apply`](Self::apply). Unlike a [`Watcher`](crate::Watcher), it
    /// never gives up, however many of them come.
    ///
    /// ```
    /// use rumble_live::{Event, Follower, Followers, Snapshot, Tracker, time::{Duration, OffsetDateTime}};
    ///
    /// let start = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    /// let first = Snapshot::builder(start, "4f2kx9");
    /// let ada = Follower::new("ada").with_followed_on(start + Duration::seconds(5));
    /// let second = first.clone().now(start + Duration::seconds(10)).followers(Followers::new([ada.clone()]));
    ///
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&first.build());
    /// let checkpoint = tracker.checkpoint().expect("a snapshot was applied");
    ///
    /// let mut tracker = Tracker::resume(checkpoint);
    /// assert_eq!(tracker.apply(&second.build()), [Event::Ready, Event::Follower(ada)]);
    /// ```
    #[must_use]
    pub fn resume(checkpoint: Checkpoint) -> Self {
        Self::with_memory(checkpoint.memory)
    }
}
