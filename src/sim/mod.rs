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
//! # Examples
//!
//! ```test_harness
//! use rumble_live::{Client, Error, Event, sim::Sim};
//!
//! #[tokio::test(start_paused = true)]
//! async fn rant_during_an_outage_is_told_after_it() -> Result<(), Error> {
//!     let sim = Sim::running(42);
//!     let stream = sim.start_stream("Harbour lights");
//!     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
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
/// As a [`Transport`] it answers at once and without a socket. The URL of a
/// chat gets the chat, `service.php` gets a list of emotes, and the site's
/// public pages get these pages. Any other URL gets the snapshot; its key is
/// not checked.
///
/// Everything it remembers, including [`history`](Self::history), grows with
/// what happens, except on the wall clock. It is not meant to run for months.
///
/// ```
/// use std::time::Duration;
/// use rumble_live::sim::{Sim, What};
///
/// let sim = Sim::new(42);
/// let stream = sim.start_stream("Harbour lights");
/// sim.advance(Duration::from_secs(5));
/// sim.message(&stream, "ada", "hi :r+smiley:");
///
/// let said = sim.history().pop().unwrap();
/// assert_eq!(said.at, sim.now());
/// assert_eq!(said.what, What::Message { stream, username: "ada".into(), text: "hi :r+smiley:".into() });
/// ```
#[derive(Clone)]
pub struct Sim(Arc<State>);

struct State {
    /// Makes things happen by themselves. Locked before the world.
    life: Mutex<Option<Life>>,
    world: Mutex<World>,
}

impl Sim {
    /// Creates an empty account. Its clock stands at 2026-01-02T03:00:00Z until
    /// [`advance`](Self::advance) moves it. The ids of the account and its
    /// streams follow from `seed`, and so does everything that
    /// [`live`](Self::live) invents.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with(seed, Clock::by_hand())
    }

    /// The same as [`new`](Self::new), with a clock that starts at the same
    /// time and runs with [`tokio::time::Instant`]. If a test has paused
    /// tokio's clock, this one follows the paused clock.
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
    /// has its own stream. What a script adds is known only to this process.
    /// The newest 1000 entries of each list and the newest 50,000 of the
    /// history are remembered, so it can run for days.
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

    /// The server's time: UTC, in whole seconds.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.world().clock.now()
    }

    /// Lets the time `by` pass: moves a clock that stands, and adds to one that
    /// runs. Parts of a second add up until they make a whole one.
    pub fn advance(&self, by: Duration) {
        self.world().clock.advance(by);
        // What is due by now happens, and open chats are woken.
        self.world().chats.wake();
    }

    /// Steps the server's clock back by `by`, as an operator's correction
    /// would. Entries keep their timestamps. What happens next gets its
    /// timestamp, and so its place in the lists, from the new time, so it may
    /// come after older entries.
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
    /// activity, however often you ask.
    ///
    /// ```
    /// use std::time::Duration;
    /// use rumble_live::sim::{Activity, Sim};
    ///
    /// let sim = Sim::new(42);
    /// sim.live(Activity::default());
    /// sim.advance(Duration::from_secs(60));
    /// assert!(sim.history().len() > 60);
    /// ```
    pub fn live(&self, activity: Activity) {
        // What was due until now happens by the old activity.
        drop(self.world());
        let mut life = self.life();
        let mut world = self.0.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.chats.set_lively(activity != Activity::NONE);
        life.get_or_insert_with(|| Life::new(&world, activity)).activity = activity;
    }

    /// How many entries each list shows at most (`max_num_results`).
    /// Default: 50. The list of streams always shows all.
    pub fn set_window(&self, max_num_results: usize) {
        self.world().max_num_results = max_num_results;
    }

    /// Whether a rant, from now on, is also listed among the messages of its
    /// stream. Default: false. What the real API does is not known.
    pub fn rants_in_chat(&self, yes: bool) {
        self.world().rants_in_chat = yes;
    }

    /// Whether rants leave the list once they expire, by `expires_on` and the
    /// server's clock. Default: false, because they stayed in the only known
    /// recording.
    pub fn rants_leave_when_expired(&self, yes: bool) {
        self.world().rants_leave_when_expired = yes;
    }

    /// Whether a gift that is bought again, by the same person for the same
    /// stream and of the same size, is listed in the same entry. Its
    /// `remaining_gifts` then rises, and no other entry is added. Default:
    /// false. What the real API does is not known.
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
    /// assert_eq!((snapshot.gifted_subs().count, snapshot.gifted_subs().recent.len()), (Some(10), 1));
    /// ```
    pub fn equal_gifts_in_one_entry(&self, yes: bool) {
        self.world().equal_gifts_in_one_entry = yes;
    }

    /// Everything that really happened, in the order in which it did: scripted
    /// or invented, shown by an answer or not. It grows with what happens.
    #[must_use]
    pub fn history(&self) -> Vec<Happened> {
        self.world().history.clone()
    }

    /// How many requests were answered, whatever the status. A broken
    /// connection is not an answer.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.world().answers
    }

    /// The JSON body that a successful request would get right now. It does not
    /// count as an answer and does not use up queued faults.
    ///
    /// To simulate an answer that comes late, keep a body and pass it to
    /// [`answer_next`](Self::answer_next) later.
    ///
    /// ```
    /// let sim = rumble_live::sim::Sim::new(42);
    /// sim.follow("ada");
    /// let body: serde_json::Value = serde_json::from_slice(&sim.snapshot_json()).unwrap();
    /// assert_eq!(body["followers"]["recent_followers"][0]["username"], "ada");
    /// assert_eq!(body["followers"]["latest_follower"]["followed_on"], "2026-01-01T23:00:00-04:00");
    /// ```
    #[must_use]
    pub fn snapshot_json(&self) -> Vec<u8> {
        wire::render(&self.world())
    }

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
