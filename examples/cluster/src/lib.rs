//! Watches many Rumble accounts from many machines, with NATS `JetStream` to share them out and to store what happens.
//!
//! What decides does no I/O and reads no clock: [`share`], [`lease`], [`batch`] and [`fence`]. [`store`] sends what they decide to a server.

pub mod batch;
#[cfg(test)]
#[path = "../tests/suite/cases.rs"]
mod cases;
pub mod fence;
pub mod lease;
pub mod share;
pub mod store;
