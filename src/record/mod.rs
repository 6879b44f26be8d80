//! Record what Rumble answered, and play it back. Feature `record`.
//!
//! A recording is the best report of a fault that there is: whoever plays it back sees the same events, in the same order, as often as it takes.
//!
//! [`Recorder`] is a [`Transport`](crate::Transport) that goes around another one and writes what passes through it to a file. [`Playback`] is one that
//! answers from such a file. No other part of a program changes:
//!
//! ```no_run
//! use rumble_live::{Client, Transport, record::Recorder};
//!
//! /// With `Pool::new()` for the transport, this is recorded as it comes from Rumble.
//! async fn watch(url: &str, transport: impl Transport) -> Result<(), Box<dyn std::error::Error>> {
//!     let recorder = Recorder::create("evening.jsonl", transport)?;
//!     let client = Client::builder(url).transport(recorder.clone()).build()?;
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
//!     let client = Client::builder(playback.api_url()).transport(playback).build()?;
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
//! JSON lines: what was asked, by name and without its URL, and what came, each with the milliseconds since the beginning. A live chat is written as it
//! comes, record by record. A file that was cut short plays to its last whole line.
//!
//! # What is not in it
//!
//! Secrets. Of JSON only the fields are kept that this crate reads, and the names of others; whatever else stands there is cut, so `stream_key`,
//! `server_url`, and what nobody has heard of yet. Where the API key, a session's token, the hash of a password or a code is repeated in a field that is kept,
//! such as the text of a message, it is cut too, as it is and as URLs, JSON and HTML write it. Addresses are kept without their query. Of headers three
//! are kept, none of them a cookie. Of a page, and of JSON that broke off, only the length is kept.
//!
//! What people wrote and their names are kept, for that is what a recording is about. It also holds what only you can see: your subscribers, amounts,
//! titles of private livestreams, and for a session its channels and playlists. Look at it before you hand it on.
//!
//! # What is played back
//!
//! The next answer to the same question is given no sooner than it came when it was recorded. Jitter is drawn from the same seed. So a watcher with the same
//! settings yields the same events, with the same ids; only the words of an interruption may differ where an answer could not be read. Who is slower than
//! the recorded program gets the same answers later. Several accounts are told apart by the order in which they are first asked about; give each a
//! `key=` of its own.
//!
//! Sessions are recorded so that a fault can be seen, not to be played: nothing of a login is kept, and what they read as HTML is not either.

mod exchange;
mod file;
mod kept;
mod line;
mod playback;
mod question;
mod recorder;
mod redact;

pub use self::{playback::Playback, recorder::Recorder};
