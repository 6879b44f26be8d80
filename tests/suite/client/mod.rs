//! One account: requests and snapshots.

mod recent;
mod unpolled;
