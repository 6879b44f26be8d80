//! An async client for [Rumble]'s Live Stream API: the followers, subscribers,
//! chat messages and rants of an account as a stream of events.
//!
//! Rumble gives every account a private URL that answers with one JSON
//! snapshot: its newest followers, subscribers and gifts, and its livestreams,
//! each with its newest chat messages and rants. There are no ids and no
//! cursor, and stamps are in whole seconds. This crate turns that into what a
//! bot needs: each occurrence once, and a gap where one may have been lost.
//!
//! Unofficial: not affiliated with Rumble.
//!
//! # Watch
//!
//! ```no_run
//! use rumble_live::{Client, Event};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//!     let url = std::env::var("RUMBLE_API_URL").map_err(|_| "set RUMBLE_API_URL to the URL from Rumble's Live Stream API page")?;
//!     let client = Client::new(url)?;
//!     let mut watcher = client.watch();
//!     while let Some(event) = watcher.next().await {
//!         match event? {
//!             Event::Follower(f) => println!("{} followed", f.username),
//!             Event::Subscriber(s) => println!("{} subscribed for {}", s.username, s.amount),
//!             Event::Message(m) => println!("[{}] {}: {}", m.stream, m.username, m.text),
//!             Event::Rant(r) => println!("[{}] {} ranted {}: {}", r.stream, r.username, r.amount, r.text),
//!             Event::Interrupted(i) => eprintln!("{i}"),
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The [guide] leads on from here. It says which type to use for which need,
//! shows a bot that runs for months and how to test one, and answers what
//! people ask.
//!
//! A [`Client`] is one account and fetches immutable [`Snapshot`]s. A
//! [`Watcher`] polls one account and yields [`Event`]s; its
//! [`next`](Watcher::next) is cancel safe, so you can put it into `select!`.
//! The words that these docs use:
//!
//! | word | meaning |
//! |---|---|
//! | snapshot | everything that the API says at one moment |
//! | list, [`Window`] | the newest few of a kind in a snapshot: at most 50 |
//! | poll | one request for a snapshot, by a watcher |
//! | baseline | what the first snapshot shows; a watcher does not report it as news |
//! | event | something that happened, or something about the watching itself |
//! | gap | a place between events where something may have been lost |
//!
//! # Match
//!
//! Match on [`Event`], and keep a last arm for kinds that later versions add.
//! If you need one kind only, use [`into_rants`](Watcher::into_rants) or a
//! method like it. Every occurrence has an [`id`](Event::id) that is the same
//! in every process, so a store can drop duplicates by it. Events are JSON by
//! serde, and their `Display` form is one line for a log.
//!
//! ```
//! use rumble_live::{Amount, Event, Rant};
//!
//! fn alert(event: &Event) -> Option<String> {
//!     match event {
//!         Event::Rant(rant) if rant.amount >= Amount::from_dollars(5) => {
//!             Some(format!("{} gave {}", rant.username, rant.amount))
//!         }
//!         Event::Gap(gap) => Some(gap.to_string()),
//!         _ => None,
//!     }
//! }
//!
//! fn main() -> Result<(), serde_json::Error> {
//!     let amount = Amount::from_dollars(5);
//!     let event = Event::from(Rant::new("7c1f4q", "ada", amount, "ahoy"));
//!     assert_eq!(alert(&event).as_deref(), Some("ada gave $5.00"));
//!     assert_eq!(alert(&Event::Ready), None);
//!
//!     let json = serde_json::to_value(&event)?;
//!     assert_eq!(json["type"], "rant");
//!     assert_eq!(json["amount_cents"], 500);
//!     Ok(())
//! }
//! ```
//!
//! # Share
//!
//! [`Watcher::spawn`] moves a watcher into a task of its own. The [`Feed`] that
//! it returns has any number of readers, such as [`Feed::rants`], so a slow
//! handler delays neither a poll nor another handler. You can take its
//! [checkpoint](Feed::checkpoint) at any time. For many accounts in one loop
//! there is [`Watchers`].
//!
//! # Survive
//!
//! A bot that matches on `event?` runs for months. Trouble that passes is an
//! [`Event::Interrupted`]. The watcher tries again by itself, with longer and
//! longer delays, and yields an [`Event::Resumed`] when a poll succeeds. The
//! stream ends only if a setting cannot work or the key is refused, with one
//! `Err`; [`Error::kind`] says which.
//!
//! A watcher cannot make up for two things. A [`Gap`] marks a place where
//! something may have been lost. An [`Unreadable`] says that Rumble sends items
//! that this version cannot read.
//!
//! To survive a restart as well, save [`Watcher::checkpoint`] after you have
//! handled an event, and go on with [`WatcherBuilder::resume`]. If the process
//! is killed between handling and saving, the bot gets that one event again,
//! with the same id.
//!
//! ```no_run
//! use rumble_live::{Checkpoint, Client, Event};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//!     let client = Client::new(std::env::var("RUMBLE_API_URL")?)?;
//!     // There is no file before the first start, and so no checkpoint.
//!     let checkpoint = Checkpoint::load("bot.json")?;
//!     let mut watcher = client.watch_builder().resume(checkpoint).build();
//!     while let Some(event) = watcher.next().await {
//!         if let Event::Follower(follower) = event? {
//!             println!("ahoy, {}!", follower.username);
//!         }
//!         if let Some(checkpoint) = watcher.checkpoint() {
//!             checkpoint.save("bot.json")?;
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Live chat
//!
//! With feature `chat`, a watcher can read the live chat of each live
//! livestream in addition to its polls. The bot from above then has eleven
//! lines:
//!
//! ```no_run
//! use rumble_live::{Client, Event};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//!     let url = std::env::var("RUMBLE_API_URL").map_err(|_| "set RUMBLE_API_URL to the URL from Rumble's Live Stream API page")?;
//!     let client = Client::new(url)?;
//!     let mut watcher = client.watch_builder().live_chat(true).build();
//!     while let Some(event) = watcher.next().await {
//!         match event? {
//!             Event::Follower(f) => println!("{} followed", f.username),
//!             Event::Subscriber(s) => println!("{} subscribed for {}", s.username, s.amount),
//!             Event::Message(m) => println!("[{}] {}: {}", m.stream, m.username, m.text),
//!             Event::Rant(r) => println!("[{}] {} ranted {}: {}", r.stream, r.username, r.amount, r.text),
//!             Event::MessageDeleted(d) => println!("[{}] take down {:?}", d.stream, d.event_ids),
//!             Event::Interrupted(i) => eprintln!("{i}"),
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! - Messages and rants arrive as soon as Rumble pushes them, however busy the
//!   chat is. Each comes once, although polls show it too. The polls bring what
//!   was said while a connection was down.
//! - They have a `message_id`, and an `author` with the user's id, colour and
//!   badges.
//! - [`MessageDeleted`] and [`UserMuted`] name what they take out of the chat,
//!   by message ids and by the [ids](Event::id) of the events that reported it.
//! - You also get [`RaidStarted`], [`RaidReceived`] and [`SubscriptionNotice`].
//!   Alert on the two raids. For a subscription, alert on [`Subscriber`]
//!   instead.
//!
//! What you do not get:
//!
//! - Order by time. Lines come in the order of arrival, so a line that only a
//!   poll shows comes after newer ones: a message within 30 seconds, a rant
//!   within 5.
//! - A `message_id` and an `author` for a line that only polls have shown. A
//!   deletion names such a line once the chat has shown it too.
//! - The same id in a bot with live chat and in one without, if the two
//!   services show a line with another second or other characters.
//! - Certainty if timestamps vary. If the two services do not always stamp a
//!   line equally far apart, you may see a line once or three times when
//!   somebody repeats it within two seconds.
//! - An event for an outage of the live chat. The polls go on, and what only
//!   they show comes late; the [log](#observe) says why.
//! - A promise by Rumble, which does not document this service. A
//!   [`MergeDoubt`] says that polls and chat do not agree in the way that this
//!   crate assumes.
//!
//! The module `chat` reads the chat of one livestream by the id of the
//! livestream, without a key.
//!
//! # Test your bot
//!
//! With feature `sim`, the module `sim` has a simulated account. A test scripts
//! it call by call, on a clock that the test can drive. This is a whole test;
//! it needs the features `macros`, `rt` and `test-util` of tokio:
//!
//! ```test_harness
//! use rumble_live::{Client, Error, Event, sim::Sim};
//!
//! #[tokio::test(start_paused = true)]
//! async fn rant_arrives_though_the_server_fails() -> Result<(), Error> {
//!     let sim = Sim::running(42);
//!     let stream = sim.start_stream("Harbour lights");
//!     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
//!     let mut watcher = client.watch();
//!     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
//!
//!     sim.fail_next(502);
//!     sim.rant(&stream, "ada", "for the boat fund", 500);
//!
//!     let rant = watcher.into_rants().next().await.transpose()?;
//!     assert_eq!(rant.map(|rant| rant.amount.cents()), Some(500));
//!     Ok(())
//! }
//! ```
//!
//! A [`Transport`] of your own can play back recordings, and any tower service
//! [is one](ServiceTransport). A [`Tracker`] turns snapshots into events
//! without any client.
//!
//! # Observe
//!
//! A watcher reports to [`tracing`], with the target `rumble_live`. Names,
//! levels and fields are kept stable. Each line also has a field `watcher` if
//! you gave the watcher a [name](WatcherBuilder::name):
//!
//! | name | level | fields | when |
//! |---|---|---|---|
//! | `poll_finished` | debug | `poll`, `waited_seconds`, `duration_seconds`, `bytes`, `new` | a poll brought a snapshot: the number of the poll, from 1; how long it waited for its turn at the client's gate; how long it took from the start of the request until it was decoded; the length of the body, decompressed; how many followers, subscribers, gifts, messages and rants were new |
//! | `poll_failed` | debug | `poll`, `kind`, `failures`, `retry_in_seconds` | a poll failed, the last of `failures` in a row so far; another will follow |
//! | `outage_begun` | warn | `kind`, `error`, `retry_in_seconds` | the first poll of an outage failed |
//! | `outage_ended` | info | `away_seconds`, `failures` | a snapshot came after failures |
//! | `gap` | warn | `list`, `stream`, `since`, `until`, `at_least` | a [`Gap`] was handed out |
//! | `merge_doubt` | warn | `stream`, `polled`, `unmatched` | a `MergeDoubt` was handed out: polls and live chat differ |
//! | `items_skipped` | warn | `skipped` | the number of list items that cannot be read has changed; see [`Snapshot::skipped`] |
//! | `watch_ended` | error | `kind`, `error` | the final error |
//!
//! A live chat reports, with a field `stream`:
//!
//! | name | level | fields | when |
//! |---|---|---|---|
//! | `chat_opened` | debug | | a connection has sent its backlog or anything else |
//! | `chat_failed` | debug | `kind`, `failures`, `retry_in_seconds` | a connection ended or could not be made, `failures` in a row by now; another one will be made |
//! | `chat_outage_begun` | warn | `kind`, `error`, `retry_in_seconds` | the first of these failures |
//! | `chat_outage_ended` | info | `away_seconds`, `failures` | the chat is back |
//! | `chat_gap` | warn | `since`, `until` | a gap was handed out |
//! | `chat_items_skipped` | warn | `skipped` | so many items could not be read so far; logged again whenever the number has doubled |
//! | `chat_closed` | info | | there is no chat, or it is over |
//! | `chat_ended` | error | `kind`, `error` | the final error |
//!
//! A session reports:
//!
//! | name | level | fields | when |
//! |---|---|---|---|
//! | `session_unknown` | debug | `error` | the session could not find out whose it is, to look for a message |
//! | `session_renewed` | info | | Rumble gave a new token |
//! | `session_renewal_panicked` | error | | your callback for a new token panicked |
//! | `session_unclear` | warn | | a request that changes something was dropped before its answer, so it may have been carried out |
//!
//! An `error` includes its causes. No field holds a secret or anything that was
//! said in a chat. Lines are logged in the span in which you poll the watcher
//! or made the feed, so a span around a bot's task tells several accounts
//! apart. `RUST_LOG=rumble_live=debug cargo run --example watch` shows them.
//!
//! With feature `metrics`, a watcher also records metrics, through the crate
//! `metrics`. Install a recorder, such as that of
//! `metrics-exporter-prometheus`, before you poll the first watcher. Each
//! metric also has the label `watcher` if you gave the watcher a
//! [name](WatcherBuilder::name). Give each watcher a name of its own: watchers
//! with the same name, or without any, share a series, and then the snapshot
//! gauge shows whichever polled last. Labels hold no secret and no name of a
//! user, unless you put one into the name:
//!
//! | name | type | labels | what |
//! |---|---|---|---|
//! | `rumble_live_polls_total` | counter | | polls that have ended, including failed ones |
//! | `rumble_live_poll_failures_total` | counter | `kind` | those that failed, by [kind of error](ErrorKind) |
//! | `rumble_live_poll_duration_seconds` | histogram | | from the request to the decoded snapshot, of polls that brought one |
//! | `rumble_live_poll_body_bytes` | histogram | | length of the body, decompressed, of polls that brought a snapshot |
//! | `rumble_live_gate_wait_seconds` | histogram | | how long polls that brought a snapshot waited for their turn at the client's gate |
//! | `rumble_live_snapshot_timestamp_seconds` | gauge | | [`Snapshot::now`] of the newest answer, in seconds since 1970 |
//! | `rumble_live_events_total` | counter | `kind` | events handed out, by [kind](Event::kind) |
//! | `rumble_live_gaps_total` | counter | `list` | [gaps](Gap) handed out, by [list](ListKind) |
//! | `rumble_live_lagged_events_total` | counter | | events that slow readers of a [`Feed`] have lost, counted when they read again |
//! | `rumble_live_live_chats_open` | gauge | | live chats that have an open connection |
//! | `rumble_live_merge_doubts_total` | counter | | `MergeDoubt`s handed out |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `http` | yes | [`Pool`], which makes requests over reqwest |
//! | `aws-lc-rs` | yes | aws-lc-rs as the cryptography of TLS; wants a C compiler |
//! | `ring` | no | ring in its place, which builds faster |
//! | `chat` | no | the live chat of a livestream, in a watcher or alone, as it is pushed; unofficial |
//! | `session` | no | what a logged-in user can do: write to a chat, moderate, comment, and more; brings `chat`; unofficial |
//! | `pages` | no | without a key: from the URL of a watch page to the id of its livestream, whether it is on air, what a channel shows; with `session`, what only pages tell, such as who is muted; unofficial; brings crates under MPL-2.0 |
//! | `upload` | no | videos: in chunks as a logged-in user, or with a token of the documented API; brings `session`; unofficial but for the latter |
//! | `record` | no | recordings of what Rumble answered, without secrets, and their playback; brings `chat` |
//! | `metrics` | no | counters and histograms of watchers, by the facade `metrics` |
//! | `sim` | no | the simulated account; not for production |
//!
//! Without `http` the crate has neither an HTTP client nor TLS, and you bring a
//! [`Transport`]. It then needs some 40 crates in all.
//!
//! If your program has a reqwest of its own, Cargo builds one reqwest for both.
//! With `aws-lc-rs` your reqwest has its cryptography too, however you use it.
//! With `ring` it has none, and `reqwest::Client::new()` panics unless you call
//! `rustls::crypto::ring::default_provider().install_default()` first, or
//! switch on reqwest's own feature `rustls`. This crate also uses what a
//! program installs in that way before its first client.
//!
//! If your program uses rustls by itself with one of the two, switch on the
//! same one here. With both, `rustls::ClientConfig::builder()` cannot choose,
//! and it panics unless you install one first, as above. `http` with neither
//! works only with one that you have installed.
//!
//! # Limits
//!
//! - A watcher cannot yield what neither a poll nor the live chat showed. If a
//!   list gains more than it can show between two polls, the rest is lost, and
//!   a `Gap` says so.
//! - A livestream that begins and ends between two polls leaves no trace.
//! - A user is known by the display name alone, except for the `author` of a
//!   line that the live chat showed. Somebody who is renamed looks like
//!   somebody else.
//! - Without live chat, you get the second of two equal messages in one second
//!   only if some answer shows both. A bot that is restarted between the two
//!   cannot know which of them it had reported, or what stood between them.
//! - Gifts have neither an id nor a timestamp, so they are [best
//!   effort](Event::GiftedSubs).
//! - Once a list was full, an entry that comes late and is older than the
//!   oldest of that list is not reported, because it looks like an old one that
//!   came back. After the server's clock was set back, this lasts until the
//!   clock has caught up; a `Gap` says so.
//! - At most 100 live livestreams are tracked. An `Unreadable` says how many
//!   more there are.
//! - The API is read-only. To write to a chat or to upload a video you need a
//!   logged-in user; see the features `session` and `upload`.
//!
//! The authors have never run this crate against the real service. The docs of
//! each item say what they assume about it.
//!
//! [Rumble]: https://rumble.com

// docs.rs shows which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[cfg(feature = "chat")]
pub mod chat;
mod client;
mod error;
mod event;
mod file;
#[cfg(feature = "pages")]
pub mod pages;
#[cfg(feature = "record")]
pub mod record;
#[cfg(feature = "session")]
pub mod session;
#[cfg(feature = "sim")]
pub mod sim;
mod snapshot;
mod tracker;
mod transport;
#[cfg(feature = "upload")]
pub mod upload;
mod watch;

pub use self::{
    client::{ApiUrl, Client, ClientBuilder, Endpoints, IntoApiUrl},
    error::{Error, ErrorKind},
    event::{
        Event, EventId, Gap, Interrupted, InvalidEventId, Lagged, ListKind, MergeDoubt, MessageDeleted, RaidReceived, RaidStarted, Resumed,
        StreamDetail, StreamEnded, StreamStarted, StreamUpdated, SubscriptionNotice, Unreadable, UserMuted,
    },
    snapshot::{
        Account, AccountKind, Amount, Author, Category, ChannelId, Color, Follower, Followers, GiftedSubs, Gifts, InvalidColor, Livestream,
        Message, MessageId, OneLine, Rant, RecentChat, Snapshot, SnapshotBuilder, StreamId, Subscriber, Subscribers, UserId, Visibility,
        Window,
    },
    tracker::Tracker,
    transport::{Body, Limits, Request, Response, SecretUrl, ServiceTransport, Transport},
    watch::{Checkpoint, EventKind, Feed, Reader, Typed, Watcher, WatcherBuilder, Watchers},
};

#[cfg(feature = "http")]
pub use self::transport::Pool;
/// Items of other crates that the public API uses.
#[doc(no_inline)]
pub use bytes::Bytes;
#[doc(no_inline)]
pub use futures_core::future::BoxFuture;
#[doc(no_inline)]
pub use http;
#[doc(no_inline)]
pub use serde_json::Value;
#[doc(no_inline)]
pub use time;

// For the docs alone. Its examples have a reqwest of their own, which finds its cryptography by this feature.
#[cfg(all(doc, feature = "aws-lc-rs"))]
#[doc = include_str!("../GUIDE.md")]
pub mod guide {}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../FROM-COCORUM.md")]
struct FromCocorum;
