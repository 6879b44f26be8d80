//! The relay, as a whole.

mod configuration;
mod delivering;
mod kills;
mod program;
mod receiver;
mod secrets;
mod signatures;
mod test_relay;
