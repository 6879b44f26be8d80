//! Watches many Rumble accounts from many machines. NATS `JetStream` shares out
//! the accounts and stores what happens.
//!
//! Four modules decide, and they do no I/O and read no clock: [`share`],
//! [`lease`], [`batch`] and [`fence`]. [`store`] and [`buckets`] send their
//! decisions to a server. [`held`], [`watching`], [`worker`] and the private
//! `holding` carry them out.

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
