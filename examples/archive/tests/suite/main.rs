//! The program itself, killed and cut off in all ways, against real databases.

mod faults;
mod kills;
mod lost_answers;
mod monitoring;
mod postgres;
mod program;
mod reports;
mod rows;
mod secrets;
mod stores;
mod truth;
