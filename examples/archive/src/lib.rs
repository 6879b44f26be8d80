//! Stores all that happens on a Rumble account in `SQLite` or `PostgreSQL`, and reports on it. The program is in `main.rs`.
//!
//! What decides does no I/O and reads no clock: [`row`], and [`report`] but for its [charts](report::charts). [`recorder`] ties the library's watcher to a
//! [`store`], and tells by [`progress`] how it fares.

pub mod place;
pub mod progress;
pub mod recorder;
pub mod report;
pub mod row;
pub mod store;
