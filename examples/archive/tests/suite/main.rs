//! The program itself, killed and cut off in every way, with real databases.

mod faults;
mod feed;
mod kills;
mod lost_answers;
mod monitoring;
#[path = "../../../cluster/tests/suite/server.rs"]
mod nats_server;
mod positions;
mod postgres;
mod program;
mod reports;
mod rows;
mod secrets;
mod stores;
mod stream;
mod truth;
