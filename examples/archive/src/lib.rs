//! Stores all that happens on a Rumble account in `SQLite` or `PostgreSQL`, and reports on it. The program is in `main.rs`.
//!
//! What decides does no I/O and reads no clock: [`row`], [`message`], [`position`], and [`report`] but for its [charts](report::charts). [`recorder`] ties
//! the library's watcher to a [`store`], and [`reader`] a stream of NATS. Both tell by [`progress`] how they fare.

mod commits;
pub mod message;
pub mod place;
pub mod position;
pub mod progress;
pub mod reader;
pub mod recorder;
pub mod report;
pub mod row;
pub mod store;
