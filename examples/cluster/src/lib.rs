//! Watches many Rumble accounts from many machines, with NATS `JetStream` to
//! share them out and to store what happens.
//!
//! What decides does no I/O and reads no clock: [`share`], [`lease`], [`batch`]
//! and [`fence`]. [`store`] and [`buckets`] send what they decide to a server,
//! [`held`], [`watching`], [`worker`] and its `holding` carry it out.

pub mod admin;
pub mod batch;
pub mod buckets;
#[cfg(test)]
#[path = "../tests/suite/cases.rs"]
mod cases;
pub mod connect;
pub mod election;
pub mod fence;
pub mod held;
mod holding;
pub mod lease;
pub mod leased;
pub mod metering;
pub mod servers;
pub mod share;
pub mod status;
pub mod store;
pub mod tail;
pub mod watching;
pub mod worker;
