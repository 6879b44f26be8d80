//! A simulated Rumble account, for demos and for tests of your own bot. Feature `sim`.
//!
//! A [`Sim`] holds an account with followers, subscribers, gifts, streams and their chats, and answers as the Live Stream API would: the
//! newest 50 of each list, newest first, stamped in whole seconds. A script makes things happen; or [`Sim::live`] lets them happen by
//! themselves. Everything follows from a seed, so a test that fails once fails again.
//!
//! There are two ways to ask it: as a [`Transport`], without any socket, or over HTTP on the loopback interface with [`Sim::serve`], where one port can serve [many
//! accounts](Server::add).
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

/// A handle to a simulated account; clones share it.
///
/// As a [`Transport`] it answers at once and without a socket: for the URL of a chat with the chat, for `service.php` with a list of emotes, for
/// the site's public pages with these, and for any other URL, its key unseen, with the snapshot.
///
/// What it remembers, [`history`](Self::history) included, grows with what happens, except on the wall clock; it is not meant to run for
/// months.
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
    /// What makes things happen by themselves. Locked before the world.
    life: Mutex<Option<Life>>,
    world: Mutex<World>,
}

impl Sim {
    /// An account of which nothing is known yet, with a clock that stands at 2026-01-02T03:00:00Z until [`advance`](Self::advance) moves
    /// it. The ids of the account and its streams follow from `seed`, as does all that [`live`](Self::live) invents.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with(seed, Clock::by_hand())
    }

    /// The same, with a clock that starts at the same instant and runs with [`tokio::time::Instant`], and so with tokio's paused clock
    /// where a test has paused it.
    #[must_use]
    pub fn running(seed: u64) -> Self {
        Self::with(seed, Clock::running())
    }

    /// The same, with this machine's clock: an account to try a bot with as if it were a real one, and to find again tomorrow.
    ///
    /// What [`live`](Self::live) makes happen on it begins with the full hour before this one, so its lists are long from the start. It
    /// follows from the seed, the second and the activity alone: another process with the same seed and activity sees the same account, so
    /// a bot can be stopped and resume from its checkpoint against a simulator that was started anew. Each hour has a stream of its own.
    /// What a script adds is known to this process only. Of each list the newest 1000 entries are remembered, and of the history the
    /// newest 50,000, so it can run for days.
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

    /// Lets `by` pass: moves a clock that stands, and adds to one that runs. Parts of a second add up until they make a whole one.
    pub fn advance(&self, by: Duration) {
        self.world().clock.advance(by);
        // What is due by now happens, and whoever listens is told.
        self.world().chats.wake();
    }

    /// Steps the server's clock back by `by`, as an operator's correction would. Entries keep their stamps; what happens next is stamped
    /// by the new time and takes its place in the lists by it, so it may stand behind older entries.
    pub fn set_clock_back(&self, by: Duration) {
        self.world().clock.set_back(by);
    }

    /// Lets things happen by themselves from the present second on. A later call changes what happens from the next second on, and with
    /// [`Activity::NONE`] ends it.
    ///
    /// There is no task: what should have happened since is made up whenever the account is asked or told anything, second by second, for
    /// the last hour at most. It follows from the seed, the second and the activity, however often it is asked.
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

    /// How many entries each list shows at most, `max_num_results`: 50 unless set. The list of streams always shows all.
    pub fn set_window(&self, max_num_results: usize) {
        self.world().max_num_results = max_num_results;
    }

    /// Whether a rant, from now on, is listed among the messages of its stream as well. False unless set: what the real API does is not
    /// known.
    pub fn rants_in_chat(&self, yes: bool) {
        self.world().rants_in_chat = yes;
    }

    /// Whether rants leave the list when they have expired, by `expires_on` and the server's clock. False unless set: in the one recording
    /// that is known they stayed.
    pub fn rants_leave_when_expired(&self, yes: bool) {
        self.world().rants_leave_when_expired = yes;
    }

    /// Whether a gift that is bought again, by the same person for the same stream and of the same size, is listed as the same entry, whose
    /// `remaining_gifts` rises, and not as another one. False unless set: what the real API does is not known.
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

    /// All that truly happened, in the order in which it came about: scripted or invented, shown by an answer or not. Grows with
    /// what happens.
    #[must_use]
    pub fn history(&self) -> Vec<Happened> {
        self.world().history.clone()
    }

    /// How many requests were answered, with whatever status. A broken connection is no answer.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.world().answers
    }

    /// The JSON body that a successful request would get right now. It counts as no answer and leaves the queue of faults alone.
    ///
    /// Keep one and hand it to [`answer_next`](Self::answer_next) later for an answer that comes late.
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

    /// The account as it is now. A script that panicked in the middle of a call had not changed anything yet, so a poisoned lock is as
    /// good as any.
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
    /// The chat of this id.
    Chat(&'a str),
    /// The list of emotes, which nobody has to log in for.
    Emotes,
    /// What the site shows to everybody.
    Page,
    /// What logged-in users ask for.
    Session,
    /// Where logged-in users send videos to.
    #[cfg(feature = "upload")]
    Upload,
    /// Where videos are sent to with a token.
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
