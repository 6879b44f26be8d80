//! The relay, as a whole.

mod configuration;
mod delivering;
mod kills;
mod program;
mod quay;
mod receiver;
mod secrets;
mod signatures;
