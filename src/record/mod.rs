//! Record what Rumble answered, and play it back. Feature `record`.
//!
//! A recording is the best bug report there is: whoever plays it back sees the
//! same events, in the same order, as often as they like.
//!
//! [`Recorder`] is a [`Transport`](crate::Transport) that wraps another one and
//! writes what passes through it to a file. [`Playback`] is a transport that
//! answers from such a file. You change nothing else in your program:
//!
//! ```no_run
//! use rumble_live::{Client, Transport, record::Recorder};
//!
//! /// Pass `Pool::new()` as the transport to record what comes from Rumble.
//! async fn watch(
//!     url: &str,
//!     transport: impl Transport,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let recorder = Recorder::create("evening.jsonl", transport)?;
//!     let client =
//!         Client::builder(url).transport(recorder.clone()).build()?;
//!     let mut watcher = client.watch();
//!     while let Some(event) = watcher.next().await {
//!         println!("{}", event?);
//!     }
//!     Ok(recorder.finish()?)
//! }
//! ```
//!
//! ```no_run
//! use rumble_live::{Client, record::Playback};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let playback = Playback::open("evening.jsonl")?;
//!     let client =
//!         Client::builder(playback.api_url()).transport(playback).build()?;
//!     let mut watcher = client.watch();
//!     // Ends with an error that says that the recording is over.
//!     while let Some(event) = watcher.next().await {
//!         println!("{}", event?);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # What is in it
//!
//! JSON lines, each with the milliseconds since the first request. A line says
//! what was asked, by name and without its URL, or what came. A live chat is
//! written as it comes, record by record. A file that was cut short plays to
//! its last complete line. The first line says which version of the format it
//! is; this crate writes and reads version 1.
//!
//! | field of a line | what it says |
//! |---|---|
//! | `at` | milliseconds since the first request |
//! | `exchange` | which request it belongs to, counted from 1 |
//! | `asked` | the request, by name |
//! | `head` | status, three headers, and the announced length of the body |
//! | `json` | a complete body, with the fields that are kept |
//! | `left_out` | a body that is not kept: its length, and whether it was a page or JSON that broke off |
//! | `record` | a record of a live chat |
//! | `note` | the body ended, the caller stopped waiting, or what else came in a chat |
//! | `failed` | an error of the transport: its kind and its text |
//!
//! Each line has `at`, `exchange` and one of the others.
//!
//! # What is not in it
//!
//! Secrets. Of JSON, the recording keeps only the fields that this crate reads,
//! and the names of the others. Everything else is cut: `stream_key`,
//! `server_url`, and fields that nobody has heard of yet. The API key, a
//! session's token, the hash of a password and a code are also cut if they are
//! repeated in a field that is kept, such as the text of a message: as they
//! are, and as URLs, JSON and HTML write them. Addresses are kept without their
//! query. Three headers are kept, and none of them is a cookie. Of a page, and
//! of JSON that broke off, only the length is kept.
//!
//! What people wrote is kept, and so are their names: that is what a recording
//! is about. A recording also holds what only you can see: your subscribers,
//! amounts, titles of private livestreams, and for a session its channels and
//! playlists. Look through it before you pass it on.
//!
//! ```
//! use std::{env, fs, process};
//!
//! use rumble_live::{Client, record::Recorder, sim::Sim};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let file =
//!         env::temp_dir().join(format!("secrets-{}.jsonl", process::id()));
//!     let sim = Sim::running(42);
//!     let stream = sim.start_stream("Harbour lights");
//!     sim.message(&stream, "ada", "is your key 0123-secret?");
//!     let recorder = Recorder::create(&file, sim)?;
//!     let client = Client::builder("http://127.0.0.1/?key=0123-secret")
//!         .transport(recorder.clone())
//!         .build()?;
//!     client.snapshot().await?;
//!     recorder.finish()?;
//!
//!     let recording = fs::read_to_string(&file)?;
//!     assert!(recording.contains("is your key <cut>?"));
//!     assert!(!recording.contains("0123-secret"));
//!     assert!(recording.contains(r#""stream_key":"<cut>""#));
//!     Ok(fs::remove_file(file)?)
//! }
//! ```
//!
//! # What is played back
//!
//! The same request gets the same answers in the same order, each no sooner
//! than when it was recorded. Jitter is drawn from the same seed. So a watcher
//! with the same settings yields the same events with the same ids; only the
//! words of an interruption may differ, if an answer could not be read. A
//! program that is slower than the recorded one gets the same answers later.
//! Several accounts are told apart by the order in which they are first asked
//! about, so give each its own `key=`.
//!
//! Sessions are recorded so you can see a fault, not so you can play them back:
//! nothing of a login is kept, and neither is what a session reads as HTML.
//!
//! # Examples
//!
//! A recording as a test that fails until a fault is mended. This one records a
//! minute with a failure and plays it back, with the same events:
//!
//! ```
//! use std::{env, fs, process, time::Duration};
//!
//! use rumble_live::{
//!     Client,
//!     record::{Playback, Recorder},
//!     sim::Sim,
//! };
//! use tokio::time::timeout;
//!
//! /// What a watcher yields within this time.
//! async fn yielded(client: &Client, span: Duration) -> Vec<String> {
//!     let (mut watcher, mut yielded) = (client.watch(), Vec::new());
//!     let watch = async {
//!         while let Some(Ok(event)) = watcher.next().await {
//!             yielded.push(event.to_string());
//!         }
//!     };
//!     timeout(span, watch).await.ok();
//!     yielded
//! }
//!
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let file =
//!         env::temp_dir().join(format!("minute-{}.jsonl", process::id()));
//!     let sim = Sim::running(42);
//!     let recorder = Recorder::create(&file, sim.clone())?;
//!     let client = Client::builder("http://127.0.0.1/?key=any")
//!         .transport(recorder.clone())
//!         .build()?;
//!     sim.fail_next(502);
//!     let recorded = yielded(&client, Duration::from_secs(59)).await;
//!     recorder.finish()?;
//!
//!     let playback = Playback::open(&file)?;
//!     let client =
//!         Client::builder(playback.api_url()).transport(playback).build()?;
//!     let played = yielded(&client, Duration::from_secs(600)).await;
//!     assert_eq!(played, recorded);
//!     assert_eq!(played.last().map(String::as_str), Some("ready"));
//!     Ok(fs::remove_file(file)?)
//! }
//! ```

mod exchange;
mod file;
mod kept;
mod line;
mod log;
mod playback;
mod question;
mod recorder;
mod redact;

pub use self::{playback::Playback, recorder::Recorder};
