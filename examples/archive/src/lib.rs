//! Stores everything that happens on a Rumble account in `SQLite` or
//! `PostgreSQL`, and reports on it. The program is in `main.rs`.
//!
//! Code that decides does no I/O and reads no clock: [`row`], [`message`],
//! [`position`], and [`report`] except its [charts](report::charts).
//! [`recorder`] connects the library's watcher to a [`store`], and [`reader`]
//! connects a stream of NATS. Both report their [`progress`].

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
