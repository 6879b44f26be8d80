//! A watcher's memory as data that survives a restart.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    error::Error,
    snapshot::{ChannelId, UserId},
    tracker::{Memory, Tracker},
};

/// The most bytes of JSON.
const MOST_BYTES: usize = 64 * 1024;

/// What a [`Watcher`](crate::Watcher) knows between two events, to go on from after a restart.
///
/// It holds hashes, stamps and ids, but no texts and no secrets; its JSON is at most 64 KiB. Where the memory is larger than that, which takes
/// many busy livestreams, it is cut: of each list the oldest is left out and its floor raised, so that nothing can be repeated.
///
/// [`from_json`](Self::from_json) tells what is wrong without quoting it; errors of plain serde may quote.
///
/// Save it after handling an event: what is delivered, that is returned by [`next`](crate::Watcher::next), counts as had. Whoever
/// handles an event and is killed before saving gets that event again, with the same [`id`](crate::Event::id).
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::{Checkpoint, Client, Event, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn follower_who_came_while_nobody_watched_is_told() -> Result<(), rumble_live::Error> {
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

/// The version that is written.
const VERSION: u32 = 2;

/// What was written, by this version or an older one.
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
    /// What is known, cut to what fits.
    fn of(memory: &Memory) -> Self {
        let memory = memory.kept(MOST_BYTES, |memory| Self { version: VERSION, memory: memory.clone() }.to_json().len());
        Self { version: VERSION, memory }
    }

    /// Whose it is, as far as the answers have said so: the user (`user_id`).
    #[must_use]
    pub fn user_id(&self) -> Option<&UserId> {
        self.memory.ids().user_id()
    }

    /// Whose it is, if that is a channel: which (`channel_id`).
    #[must_use]
    pub fn channel_id(&self) -> Option<&ChannelId> {
        self.memory.ids().channel_id()
    }

    /// When it is from: the server's clock in the newest answer that it knows of (`now`).
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
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when it is damaged, or of a version that this version of the crate does not know.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(json).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Error::config(format!("the checkpoint is damaged or of an unknown version ({place}); start without it"))
        })
    }
}

impl Tracker {
    /// What is known at this moment, to go on from after a restart with [`resume`](Self::resume). `None` before the first snapshot.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.memory().map(Checkpoint::of)
    }

    /// What was known after so many deliveries; at the worst somewhat earlier.
    pub(crate) fn checkpoint_at(&self, delivered: u64) -> Option<Checkpoint> {
        self.memory_at(delivered).map(|memory| Checkpoint::of(&memory))
    }

    /// A tracker that goes on from where another one was. Its first snapshot yields [`Event::Ready`](crate::Event::Ready), then what
    /// happened in between, as far as the lists reach. A snapshot that shares no id with the checkpoint's account is not taken; see
    /// [`apply`](Self::apply). However many there are, that is never final, unlike with a [`Watcher`](crate::Watcher).
    #[must_use]
    pub fn resume(checkpoint: Checkpoint) -> Self {
        Self::with_memory(checkpoint.memory)
    }
}
