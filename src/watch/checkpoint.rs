//! A watcher's memory, as data that survives a restart.
//!
//! A checkpoint is the tracker's [`Memory`] with a version in front. The
//! version is raised when the JSON form changes in a way that an older crate
//! would misread. Every version that was ever written stays readable: `Stored`
//! takes them all, and an older one is upgraded. A later one is refused,
//! because guessing could repeat events or lose them.

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
/// You can store it in a [file](Self::save), as [JSON](Self::to_json) in a
/// database, or by serde inside a state of your own. Errors of
/// [`from_json`](Self::from_json) never quote the input. Errors of plain serde
/// may.
///
/// Save it after you have handled an event: every event that
/// [`next`](crate::Watcher::next) has returned counts as handled. If your bot
/// is killed after it handled an event and before it saved, it gets that event
/// again, with the same [`id`](crate::Event::id).
///
/// It belongs to one account, and not to one key, so it outlives a reset of the
/// key. It has no setting of the watcher in it: set the interval, `live_chat`
/// and the like again when you resume.
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::{Checkpoint, Client, Event, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn follower_who_came_while_nobody_watched_is_reported()
/// -> Result<(), rumble_live::Error> {
///     let sim = Sim::running(7);
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(sim.clone())
///         .build()?;
///     let mut watcher = client.watch();
///     assert!(watcher.checkpoint().is_none());
///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
///     let saved = watcher
///         .checkpoint()
///         .map(|checkpoint| checkpoint.to_json())
///         .unwrap_or_default();
///     drop(watcher);
///
///     sim.follow("ada"); // while nobody watches
///
///     let mut watcher = client
///         .watch_builder()
///         .resume(Checkpoint::from_json(saved.as_bytes())?)
///         .build();
///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
///     let event = watcher.next().await.transpose()?;
///     assert_eq!(event.as_ref().and_then(Event::username), Some("ada"));
///     Ok(())
/// }
/// ```
///
/// It says whose it is and how old it is. A bot can warn about an old one,
/// since the lists reach back only so far:
///
/// ```
/// use rumble_live::{
///     Snapshot, Tracker, UserId,
///     time::{Duration, OffsetDateTime},
/// };
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let mut tracker = Tracker::new();
///     tracker.apply(&Snapshot::from_json(
///         br#"{"now": 1767323046, "user_id": "4f2kx9"}"#,
///     )?);
///     let checkpoint =
///         tracker.checkpoint().ok_or("no snapshot was applied")?;
///     assert_eq!(checkpoint.user_id().map(UserId::as_str), Some("4f2kx9"));
///     assert_eq!(checkpoint.channel_id(), None);
///
///     let now = OffsetDateTime::from_unix_timestamp(1_767_323_046 + 7200)?;
///     assert_eq!(now - checkpoint.at(), Duration::hours(2));
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
    /// The memory, cut to the cap. The cap counts the JSON form with its
    /// version.
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
    /// named one, as with the URL of a user.
    #[must_use]
    pub fn channel_id(&self) -> Option<&ChannelId> {
        self.memory.ids().channel_id()
    }

    /// How recent it is: the server's clock in the newest answer that it covers
    /// (`now`). It is in UTC and in whole seconds.
    #[must_use]
    pub fn at(&self) -> OffsetDateTime {
        self.memory.at_now()
    }

    /// The JSON form, on one line and without a line end: at most 64 KiB of
    /// text for a column of a database or a key-value store. Its fields are not
    /// for you to read; they change with the version.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Checkpoint, Snapshot, Tracker};
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let mut tracker = Tracker::new();
    ///     tracker.apply(&Snapshot::from_json(
    ///         br#"{"now": 1767323046, "user_id": "4f2kx9"}"#,
    ///     )?);
    ///     let checkpoint =
    ///         tracker.checkpoint().ok_or("no snapshot was applied")?;
    ///
    ///     let column = checkpoint.to_json();
    ///     assert!(!column.contains('\n') && column.len() < 64 * 1024);
    ///     assert_eq!(Checkpoint::from_json(column.as_bytes())?, checkpoint);
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the JSON form back, also that of an earlier version of this crate.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when it is damaged, or
    /// has a version that this crate does not know because a later one wrote
    /// it. The text names the line and the column and quotes nothing. There is
    /// no way to repair a damaged one; start without it.
    ///
    /// # Examples
    ///
    /// A bot that would rather start anew than not at all:
    ///
    /// ```
    /// use rumble_live::{Checkpoint, ErrorKind};
    ///
    /// let stored = br#"{"version": 2, "mem"#; // The disk was full.
    /// let error = Checkpoint::from_json(stored).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Config);
    /// assert!(error.to_string().contains("start without it"));
    ///
    /// // What `resume` takes for a new start.
    /// assert_eq!(Checkpoint::from_json(stored).ok(), None);
    /// ```
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(json).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Error::config(format!("the checkpoint is damaged or of an unknown version ({place}); start without it"))
        })
    }
}

impl Tracker {
    /// What the tracker knows now, for [`resume`](Self::resume) after a
    /// restart. `None` before the first snapshot. All events that
    /// [`apply`](Self::apply) has returned count as handled.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, Event, Snapshot, Tracker};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let snapshot = Snapshot::from_json(
    ///         br#"{"now": 1767323046, "user_id": "4f2kx9"}"#,
    ///     )?;
    ///     let mut tracker = Tracker::new();
    ///     assert_eq!(tracker.checkpoint(), None);
    ///
    ///     assert_eq!(tracker.apply(&snapshot), [Event::Ready]);
    ///     let checkpoint =
    ///         tracker.checkpoint().expect("a snapshot was applied");
    ///     assert_eq!(checkpoint.at(), snapshot.now());
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.memory().map(Checkpoint::of)
    }

    /// What was known after this many deliveries, or somewhat earlier, for a
    /// feed whose slowest reader is behind.
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
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Event, Follower, Followers, Snapshot, Tracker,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let start = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    /// let first = Snapshot::builder(start, "4f2kx9");
    /// let ada =
    ///     Follower::new("ada").with_followed_on(start + Duration::seconds(5));
    /// let second = first
    ///     .clone()
    ///     .now(start + Duration::seconds(10))
    ///     .followers(Followers::new([ada.clone()]));
    ///
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&first.build());
    /// let checkpoint = tracker.checkpoint().expect("a snapshot was applied");
    ///
    /// let mut tracker = Tracker::resume(checkpoint);
    /// assert_eq!(
    ///     tracker.apply(&second.build()),
    ///     [Event::Ready, Event::Follower(ada)]
    /// );
    /// ```
    #[must_use]
    pub fn resume(checkpoint: Checkpoint) -> Self {
        Self::with_memory(checkpoint.memory)
    }
}
