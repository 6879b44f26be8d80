//! A simulated Rumble account, for demos and for tests of your own bot. Feature
//! `sim`.
//!
//! A [`Sim`] holds an account with followers, subscribers, gifts, streams and
//! their chats. It answers as the Live Stream API would: the newest 50 entries
//! of each list, newest first, with timestamps in whole seconds. You make
//! things happen in a script, or let them happen by themselves with
//! [`Sim::live`]. Everything follows from a seed, so a test that fails once
//! fails again.
//!
//! You can reach it in two ways: as a [`Transport`], without a socket, or over
//! HTTP on the loopback interface with [`Sim::serve`], where one port can serve
//! [many accounts](Server::add).
//!
//! # Which clock
//!
//! | made by | its clock | good for |
//! |---|---|---|
//! | [`Sim::new`] | stands; [`advance`] moves it | code that takes snapshots |
//! | [`Sim::running`] | follows tokio's, paused or not | a whole bot |
//! | [`Sim::on_wall_clock`] | this machine's | trying out, with restarts |
//!
//! In a test with `start_paused = true`, tokio's clock jumps to the next timer
//! whenever everything waits. An hour of outage then takes no time.
//!
//! # Which call for which situation
//!
//! | situation | calls |
//! |---|---|
//! | the server fails | [`fail_next`], [`fail_for`] |
//! | the network breaks | [`break_next`], [`break_for`] |
//! | the key is refused | [`refuse_key`], [`refuse_for`] |
//! | the server asks you to wait, or sends nonsense | [`answer_next`] |
//! | the answer belongs to another account | [`mix_up_next`], [`mix_up_for`] |
//! | an answer comes late | [`snapshot_json`] now, [`answer_next`] later |
//! | a replica lags | [`second_server`] |
//! | more happens than a list can show | [`set_window`] |
//! | a stream is missing from an answer | [`hide_stream`] |
//! | the server's clock steps back | [`set_clock_back`] |
//! | timestamps are wrong or late | [`shift_followers`], [`message_at`] |
//! | Rumble changes a field | [`rename_field`], [`edit_answers`] |
//! | a proxy pads the lists | [`pad_lists`] |
//! | a chat's connection breaks or hangs | [`cut_chat`], [`freeze_chat`] |
//! | the chat is late, or lacks a line | [`chat_lag`], [`forget_in_chat`] |
//! | a moderator steps in | [`delete_message`], [`mute`], [`clear_chat`] |
//! | a session ends or gets a new token | [`end_sessions`], [`renew_session`] |
//! | a request is done, its answer is lost | [`lose_session_answer_next`] |
//! | an upload fails at one of its steps | [`fail_upload_next`] |
//!
//! [`history`](Sim::history) tells what really happened, to compare with what
//! your bot made of it. [`answers`](Sim::answers) and similar methods count
//! requests, to check that your bot is polite.
//!
//! # What it does not know
//!
//! Where nobody knows what the real API does, there is a switch:
//! [`rants_in_chat`](Sim::rants_in_chat),
//! [`rants_leave_when_expired`](Sim::rants_leave_when_expired) and
//! [`equal_gifts_in_one_entry`](Sim::equal_gifts_in_one_entry). Test your bot
//! with both settings.
//!
//! The account is always a user named `SimulatedHarbor`, never a channel.
//! Stream keys contain `FAKE`, and pictures are at `example.invalid`, which no
//! name server knows. The numbers of likes and viewers follow from the lengths
//! of the lists. As a transport it answers at once; to test a slow server, wrap
//! it in a transport of your own.
//!
//! # Examples
//!
//! ```test_harness
//! use rumble_live::{Client, Error, Event, sim::Sim};
//!
//! #[tokio::test(start_paused = true)]
//! async fn rant_during_an_outage_is_told_after_it() -> Result<(), Error> {
//!     let sim = Sim::running(42);
//!     let stream = sim.start_stream("Harbour lights");
//!     let url = "http://127.0.0.1/?key=any";
//!     let client = Client::builder(url).transport(sim.clone()).build()?;
//!     let mut watcher = client.watch();
//!     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
//!
//!     sim.fail_next(502);
//!     sim.rant(&stream, "ada", "for the boat fund", 500);
//!
//!     while let Some(event) = watcher.next().await {
//!         match event? {
//!             Event::Interrupted(trouble) => println!("{trouble}"),
//!             Event::Rant(rant) => {
//!                 assert_eq!(rant.username, "ada");
//!                 return Ok(());
//!             }
//!             _ => {}
//!         }
//!     }
//!     panic!("the watcher has ended without the rant");
//! }
//! ```
//!
//! [`advance`]: Sim::advance
//! [`fail_next`]: Sim::fail_next
//! [`fail_for`]: Sim::fail_for
//! [`break_next`]: Sim::break_next
//! [`break_for`]: Sim::break_for
//! [`refuse_key`]: Sim::refuse_key
//! [`refuse_for`]: Sim::refuse_for
//! [`answer_next`]: Sim::answer_next
//! [`mix_up_next`]: Sim::mix_up_next
//! [`mix_up_for`]: Sim::mix_up_for
//! [`snapshot_json`]: Sim::snapshot_json
//! [`second_server`]: Sim::second_server
//! [`set_window`]: Sim::set_window
//! [`hide_stream`]: Sim::hide_stream
//! [`set_clock_back`]: Sim::set_clock_back
//! [`shift_followers`]: Sim::shift_followers
//! [`message_at`]: Sim::message_at
//! [`rename_field`]: Sim::rename_field
//! [`edit_answers`]: Sim::edit_answers
//! [`pad_lists`]: Sim::pad_lists
//! [`cut_chat`]: Sim::cut_chat
//! [`freeze_chat`]: Sim::freeze_chat
//! [`chat_lag`]: Sim::chat_lag
//! [`forget_in_chat`]: Sim::forget_in_chat
//! [`delete_message`]: Sim::delete_message
//! [`mute`]: Sim::mute
//! [`clear_chat`]: Sim::clear_chat
//! [`end_sessions`]: Sim::end_sessions
//! [`renew_session`]: Sim::renew_session
//! [`lose_session_answer_next`]: Sim::lose_session_answer_next
//! [`fail_upload_next`]: Sim::fail_upload_next

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_core::future::BoxFuture;
use time::OffsetDateTime;

mod activity;
mod answer;
mod chat;
mod clock;
mod fault;
mod history;
mod list;
mod oddity;
#[cfg(feature = "pages")]
mod pages;
mod refusal;
mod script;
mod serve;
mod servers;
#[cfg(feature = "session")]
mod session;
mod stamp;
#[cfg(feature = "upload")]
mod upload;
mod wire;
mod words;
mod world;

#[cfg(feature = "session")]
pub use self::session::{Loss, Role};
#[cfg(feature = "upload")]
pub use self::upload::{ReceivedFile, UploadedVideo};
pub use self::{
    activity::Activity,
    history::{Happened, What},
    serve::Server,
    servers::SecondServer,
};
use self::{activity::Life, clock::Clock, world::World};
use crate::{Error, Request, Response, Transport};

/// A handle to a simulated account. Clones share the account.
///
/// As a [`Transport`] it answers at once and without a socket. The path of the
/// URL decides what answers:
///
/// - `/chat/api/chat/…/stream` is a chat, and the other chat paths are for
///   logged-in users.
/// - `/service.php?name=emote.list` is the list of emotes, and the other
///   services are for logged-in users.
/// - `/c/…`, `/user/…`, the oEmbed service and the player's service are public
///   pages.
/// - Any other URL gets the snapshot. Its key is not checked.
///
/// Without feature `session`, what is for logged-in users gets a 404, and so do
/// the public pages without `pages`.
///
/// Everything it remembers, including [`history`](Self::history), grows with
/// what happens, except on the wall clock. It is not meant to run for months.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rumble_live::sim::{Sim, What};
///
/// let sim = Sim::new(42);
/// let stream = sim.start_stream("Harbour lights");
/// sim.advance(Duration::from_secs(5));
/// sim.message(&stream, "ada", "hi :r+smiley:");
///
/// let said = sim.history().pop().unwrap();
/// assert_eq!(said.at, sim.now());
/// let (username, text) = ("ada".into(), "hi :r+smiley:".into());
/// assert_eq!(said.what, What::Message { stream, username, text });
/// ```
#[derive(Clone)]
pub struct Sim(Arc<State>);

/// What the clones of a [`Sim`] share. Whoever needs both locks takes `life`
/// first.
struct State {
    /// Makes things happen by themselves. Locked before the world.
    life: Mutex<Option<Life>>,
    world: Mutex<World>,
}

impl Sim {
    /// Creates an empty account. Its clock stands at 2026-01-02T03:00:00Z until
    /// [`advance`](Self::advance) moves it. The ids of the account and its
    /// streams follow from `seed`, and so does everything that
    /// [`live`](Self::live) invents. Two accounts with different seeds have
    /// different ids.
    ///
    /// It needs no runtime. Use it to test code that takes a snapshot or a
    /// [`Tracker`](crate::Tracker). A watcher works with it too, but every poll
    /// then shows the same time until the test moves it.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Snapshot, sim::Sim};
    ///
    /// /// What the bot writes on its page.
    /// fn headline(snapshot: &Snapshot) -> String {
    ///     match snapshot.live().next() {
    ///         Some(stream) => format!("on air: {}", stream.title),
    ///         None => "off air".to_owned(),
    ///     }
    /// }
    ///
    /// let sim = Sim::new(42);
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// assert_eq!(headline(&look()), "off air");
    /// sim.start_stream("Harbour lights");
    /// assert_eq!(headline(&look()), "on air: Harbour lights");
    /// ```
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with(seed, Clock::by_hand())
    }

    /// The same as [`new`](Self::new), with a clock that starts at the same
    /// time and runs with [`tokio::time::Instant`]. If a test has paused
    /// tokio's clock, this one follows the paused clock.
    /// [`advance`](Self::advance) works too, and adds to what has passed.
    ///
    /// # Examples
    ///
    /// A bot's sleeps pass for the account as well, and in a paused test they
    /// take no time:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{sim::Sim, time};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn an_hour_of_sleep_is_an_hour_of_the_account() {
    ///     let sim = Sim::running(42);
    ///     let start = sim.now();
    ///     tokio::time::sleep(Duration::from_secs(3600)).await;
    ///     assert_eq!(sim.now() - start, time::Duration::HOUR);
    /// }
    /// ```
    #[must_use]
    pub fn running(seed: u64) -> Self {
        Self::with(seed, Clock::running())
    }

    /// The same as [`new`](Self::new), with this machine's clock. Try your bot
    /// with it as if it were a real account, and find the account again
    /// tomorrow.
    ///
    /// What [`live`](Self::live) makes happen begins with the full hour before
    /// this one, so the lists are long from the start. It follows only from the
    /// seed, the second and the activity. Another process with the same seed
    /// and activity sees the same account, so you can stop a bot and resume it
    /// from its checkpoint against a simulator that was started anew. Each hour
    /// has its own stream. What a script adds is known only to this process,
    /// and counters such as the number of followers count only what this
    /// process knows. The newest 1000 entries of each list and the newest
    /// 50,000 of the history are remembered, so it can run for days.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::sim::{Activity, Sim};
    ///
    /// let sim = Sim::on_wall_clock(42);
    /// sim.live(Activity::default());
    /// assert!(sim.history().len() > 1000);
    /// ```
    #[must_use]
    pub fn on_wall_clock(seed: u64) -> Self {
        Self::with(seed, Clock::on_wall())
    }

    /// The server's time: UTC, in whole seconds. The `now` of the next answer
    /// is this, unless a [`second_server`](Self::second_server) gives it.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.world().clock.now()
    }

    /// Lets the time `by` pass: moves a clock that stands, and adds to one that
    /// runs. Parts of a second add up until they make a whole one. What
    /// [`live`](Self::live) makes happen in that time has happened when the
    /// call returns, and open chats push it.
    ///
    /// Use it to put things into different seconds. Without it, on a clock that
    /// stands, a whole script happens in one second, and the API tells equal
    /// entries of one second apart only by how many it shows.
    ///
    /// It does not move tokio's clock, so it does not bring a bot's next poll
    /// any closer. To let a bot's time pass, sleep.
    ///
    /// # Examples
    ///
    /// A rant for a dollar stays on top of the chat for two minutes:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Snapshot, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.start_stream("Harbour lights");
    /// sim.rant(&stream, "ada", "for the boat fund", 100);
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let rant = &snapshot.livestreams()[0].chat.recent_rants[0];
    ///
    /// sim.advance(Duration::from_secs(119));
    /// assert!(!rant.is_expired(sim.now()));
    /// sim.advance(Duration::from_secs(1));
    /// assert!(rant.is_expired(sim.now()));
    /// ```
    pub fn advance(&self, by: Duration) {
        self.world().clock.advance(by);
        // What is due by now happens, and open chats are woken.
        self.world().chats.wake();
    }

    /// Steps the server's clock back by `by`, as an operator's correction
    /// would. Entries keep their timestamps. What happens next gets its
    /// timestamp, and so its place in the lists, from the new time, so it may
    /// come after older entries. Several steps add up. Spans of time such as
    /// that of [`fail_for`](Self::fail_for) are not affected.
    ///
    /// # Examples
    ///
    /// Whoever follows after the step has an older timestamp than the follower
    /// before, and is new all the same:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Event, Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    /// sim.advance(Duration::from_secs(60));
    /// sim.follow("ada");
    /// tracker.apply(&look());
    ///
    /// sim.set_clock_back(Duration::from_secs(30));
    /// sim.follow("grace");
    /// let events = tracker.apply(&look());
    /// let names: Vec<_> = events.iter().filter_map(Event::username).collect();
    /// assert_eq!(names, ["grace"]);
    /// ```
    pub fn set_clock_back(&self, by: Duration) {
        self.world().clock.set_back(by);
    }

    /// Lets things happen by themselves from the present second on. A later
    /// call changes what happens from the next second on. [`Activity::NONE`]
    /// stops it.
    ///
    /// There is no background task. Whenever you ask or change the account, it
    /// makes up what should have happened since, second by second, for at most
    /// the last hour. The result follows from the seed, the second and the
    /// activity, however often you ask. If you leave the account alone for
    /// longer than an hour, nothing happens in the time before that hour.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::sim::{Activity, Sim};
    ///
    /// let sim = Sim::new(42);
    /// sim.live(Activity::default());
    /// sim.advance(Duration::from_secs(60));
    /// assert!(sim.history().len() > 60);
    ///
    /// // Quiet from here on.
    /// sim.live(Activity::NONE);
    /// let happened = sim.history().len();
    /// sim.advance(Duration::from_secs(60));
    /// assert_eq!(sim.history().len(), happened);
    /// ```
    pub fn live(&self, activity: Activity) {
        // What was due until now happens by the old activity.
        drop(self.world());
        let mut life = self.life();
        let mut world = self.0.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.chats.set_lively(activity != Activity::NONE);
        life.get_or_insert_with(|| Life::new(&world, activity)).activity = activity;
    }

    /// How many entries each list shows at most (`max_num_results`). Default:
    /// 50. The list of streams always shows all. The counters still count
    /// everything.
    ///
    /// A small window makes a list overflow with few entries.
    ///
    /// # Examples
    ///
    /// Fifteen lines between two looks are more than a list of five can show,
    /// and the bot must say so:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Event, ListKind, Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// sim.set_window(5);
    /// let stream = sim.start_stream("Harbour lights");
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let say = |count| {
    ///     for _ in 0..count {
    ///         sim.advance(Duration::from_secs(1));
    ///         sim.message(&stream, "ada", "go, go, go");
    ///     }
    /// };
    /// let mut tracker = Tracker::new();
    /// say(5);
    /// tracker.apply(&look());
    ///
    /// say(15);
    /// let events = tracker.apply(&look());
    /// let Event::Gap(gap) = &events[0] else { panic!("{events:?}") };
    /// assert_eq!(gap.list, ListKind::Messages);
    /// assert_eq!(events.len(), 1 + 5);
    /// ```
    pub fn set_window(&self, max_num_results: usize) {
        self.world().max_num_results = max_num_results;
    }

    /// Whether a rant, from now on, is also listed among the messages of its
    /// stream. Default: false. What the real API does is not known.
    ///
    /// # Examples
    ///
    /// A bot must tell such a rant once, and as a rant:
    ///
    /// ```
    /// use rumble_live::{Event, Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// sim.rants_in_chat(true);
    /// let stream = sim.start_stream("Harbour lights");
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    ///
    /// sim.rant(&stream, "ada", "for the boat fund", 500);
    /// let snapshot = look();
    /// assert_eq!(snapshot.livestreams()[0].chat.recent_messages.len(), 1);
    /// let events = tracker.apply(&snapshot);
    /// assert_eq!(
    ///     events.iter().map(Event::kind).collect::<Vec<_>>(),
    ///     ["rant"]
    /// );
    /// ```
    pub fn rants_in_chat(&self, yes: bool) {
        self.world().rants_in_chat = yes;
    }

    /// Whether rants leave the list once they expire, by `expires_on` and the
    /// server's clock. Default: false, because they stayed in the only known
    /// recording. A rant expires after two minutes, from $5 on after five and
    /// from $10 on after ten.
    ///
    /// # Examples
    ///
    /// An overlay that shows what the list shows needs nothing else to take a
    /// rant down:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Snapshot, sim::Sim};
    ///
    /// /// The line on top of the chat.
    /// fn top(snapshot: &Snapshot) -> Option<String> {
    ///     let rant = snapshot.live().next()?.chat.recent_rants.first()?;
    ///     Some(format!("{}: {}", rant.username, rant.text))
    /// }
    ///
    /// let sim = Sim::new(42);
    /// sim.rants_leave_when_expired(true);
    /// let stream = sim.start_stream("Harbour lights");
    /// sim.rant(&stream, "ada", "for the boat fund", 100);
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// assert_eq!(top(&look()).as_deref(), Some("ada: for the boat fund"));
    /// sim.advance(Duration::from_secs(120));
    /// assert_eq!(top(&look()), None);
    /// ```
    pub fn rants_leave_when_expired(&self, yes: bool) {
        self.world().rants_leave_when_expired = yes;
    }

    /// Whether a gift that is bought again, by the same person for the same
    /// stream and of the same size, is listed in the same entry. Its
    /// `remaining_gifts` then rises, and no other entry is added. Default:
    /// false. What the real API does is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Snapshot, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// sim.equal_gifts_in_one_entry(true);
    /// let stream = sim.start_stream("Harbour lights");
    /// for _ in 0..2 {
    ///     sim.gift(&stream, "ada", 5);
    ///     for _ in 0..5 {
    ///         sim.claim_gift(&stream, "ada");
    ///     }
    /// }
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let gifts = snapshot.gifted_subs();
    /// assert_eq!((gifts.count, gifts.recent.len()), (Some(10), 1));
    /// ```
    pub fn equal_gifts_in_one_entry(&self, yes: bool) {
        self.world().equal_gifts_in_one_entry = yes;
    }

    /// Everything that really happened, in the order in which it did: scripted
    /// or invented, shown by an answer or not. Empty for a new account. It
    /// grows with what happens. [`on_wall_clock`](Self::on_wall_clock) keeps
    /// the newest 50,000.
    ///
    /// What only changes the answers, such as
    /// [`hide_stream`](Self::hide_stream) or a fault, is not in it.
    ///
    /// # Examples
    ///
    /// Compare it with what your bot was told. This account lives for ten
    /// minutes, and each follower is told:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::sim::{Activity, Sim};
    /// use rumble_live::{Snapshot, Tracker};
    ///
    /// let sim = Sim::new(42);
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    ///
    /// sim.advance(Duration::from_secs(1));
    /// sim.live(Activity { followers_per_second: 1.0, ..Activity::NONE });
    /// let mut told = 0;
    /// for _ in 0..60 {
    ///     sim.advance(Duration::from_secs(10));
    ///     told += tracker.apply(&look()).len();
    /// }
    /// assert_eq!(told, sim.history().len());
    /// ```
    #[must_use]
    pub fn history(&self) -> Vec<Happened> {
        self.world().history.clone()
    }

    /// How many requests for a snapshot were answered, whatever the status. A
    /// broken connection is not an answer. [`serve`](Self::serve) also counts
    /// the requests here that it refuses by itself, such as those with a wrong
    /// key.
    ///
    /// Chats, sessions, pages and uploads have their own counters:
    /// [`chat_requests`](Self::chat_requests), `session_requests`,
    /// `page_requests` and `upload_requests`.
    ///
    /// # Examples
    ///
    /// A page that a thousand viewers reload must not ask Rumble a thousand
    /// times:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn viewers_of_a_page_share_a_request() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     for _ in 0..1000 {
    ///         client.snapshot_within(Duration::from_secs(30)).await?;
    ///     }
    ///     assert_eq!(sim.answers(), 1);
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.world().answers
    }

    /// The JSON body that a successful request would get right now, from the
    /// first server. It does not count as an answer and does not use up queued
    /// faults.
    ///
    /// To simulate an answer that comes late, keep a body and pass it to
    /// [`answer_next`](Self::answer_next) later, or apply it to a
    /// [`Tracker`](crate::Tracker) yourself.
    ///
    /// # Examples
    ///
    /// ```
    /// let sim = rumble_live::sim::Sim::new(42);
    /// sim.follow("ada");
    /// let body: serde_json::Value =
    ///     serde_json::from_slice(&sim.snapshot_json()).unwrap();
    /// let ada = &body["followers"]["recent_followers"][0];
    /// assert_eq!(ada["username"], "ada");
    /// assert_eq!(ada["followed_on"], "2026-01-01T23:00:00-04:00");
    /// ```
    ///
    /// An answer that was overtaken by a newer one brings no news:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// sim.follow("ada");
    /// let overtaken = sim.snapshot_json();
    /// sim.advance(Duration::from_secs(10));
    /// sim.follow("grace");
    ///
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&Snapshot::from_json(&sim.snapshot_json()).unwrap());
    /// let late = Snapshot::from_json(&overtaken).unwrap();
    /// assert_eq!(tracker.apply(&late), []);
    /// ```
    #[must_use]
    pub fn snapshot_json(&self) -> Vec<u8> {
        wire::render(&self.world())
    }

    /// The account of every constructor: nothing happened yet, and nothing
    /// happens by itself.
    fn with(seed: u64, clock: Clock) -> Self {
        Self(Arc::new(State { life: Mutex::new(None), world: Mutex::new(World::new(seed, clock)) }))
    }

    /// The account as it is now. A poisoned lock is still good: a script that
    /// panics in the middle of a call has not changed anything yet.
    fn world(&self) -> MutexGuard<'_, World> {
        let mut life = self.life();
        let mut world = self.0.world.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(life) = &mut *life {
            life.run(&mut world);
        }
        let second = world.clock.elapsed();
        world.turn_page(second);
        world
    }

    /// What happens by itself. Take this lock before that of the world, as
    /// [`world`](Self::world) does.
    fn life(&self) -> MutexGuard<'_, Option<Life>> {
        self.0.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much may be posted.
#[cfg(feature = "session")]
const MOST_BYTES: usize = 1 << 20;

/// What a path leads to.
enum Service<'a> {
    Api,
    /// The chat with this id.
    Chat(&'a str),
    /// The list of emotes, which needs no login.
    Emotes,
    /// What the site shows to everybody.
    Page,
    /// What logged-in users ask for.
    Session,
    /// Where logged-in users upload videos.
    #[cfg(feature = "upload")]
    Upload,
    /// Where videos are uploaded with a token.
    #[cfg(feature = "upload")]
    SimpleUpload,
    Unknown,
}

impl<'a> Service<'a> {
    /// By the path alone, except for the list of emotes, which is a service
    /// that needs no login. What is not known is left to the caller: the
    /// transport takes it for the API, because a test may use any URL, and the
    /// HTTP server answers 404.
    fn at(path: &'a str, query: Option<&str>) -> Self {
        match path {
            "/-livestream-api/get-data" => Self::Api,
            "/service.php" if query.unwrap_or_default().contains("name=emote.list") => Self::Emotes,
            #[cfg(feature = "upload")]
            "/upload.php" => Self::Upload,
            #[cfg(feature = "upload")]
            "/api/simple-upload.php" => Self::SimpleUpload,
            "/service.php" | "/chat/command" | "/account/moderation/muting" => Self::Session,
            "/api/Media/oembed.json" | "/embedJS/u3/" => Self::Page,
            _ if path.starts_with("/c/") || path.starts_with("/user/") => Self::Page,
            _ => match path.strip_prefix("/chat/api/chat/") {
                Some(rest) => rest.strip_suffix("/stream").map_or(Self::Session, Self::Chat),
                None => Self::Unknown,
            },
        }
    }
}

impl Transport for Sim {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            let uri = request.url.uri().clone();
            match Service::at(uri.path(), uri.query()) {
                Service::Chat(id) => self.chat_answer(id),
                Service::Emotes => Ok(Self::emotes_answer()),
                #[cfg(feature = "session")]
                Service::Session => {
                    let body = request.body.collect(MOST_BYTES).await?;
                    let asked = session::Asked {
                        method: &request.method,
                        path: uri.path(),
                        query: uri.query(),
                        headers: &request.headers,
                        body: &body,
                    };
                    self.session_answer(asked).await
                }
                #[cfg(feature = "upload")]
                Service::Upload => {
                    let Request { method, headers, body, .. } = request;
                    self.upload_answer(upload::Asked { method: &method, query: uri.query(), headers: &headers, body }).await
                }
                #[cfg(feature = "upload")]
                Service::SimpleUpload => {
                    let Request { headers, body, .. } = request;
                    let read = async { Ok((self.clone(), upload::ReceivedForm::read(&headers, body).await?)) };
                    self.simple_upload_answer(read).await
                }
                #[cfg(feature = "pages")]
                Service::Page => self.page_answer(uri.path(), uri.query()),
                #[cfg(not(feature = "pages"))]
                Service::Page => Ok(Response::new(http::StatusCode::NOT_FOUND, "")),
                #[cfg(not(feature = "session"))]
                Service::Session => Ok(Response::new(http::StatusCode::NOT_FOUND, "")),
                Service::Api | Service::Unknown => self.answer(),
            }
        })
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
