//! Tests the rules of the cluster against models of what may go wrong, and
//! against a real server.

mod batches;
mod buckets;
mod cases;
mod exactly_once;
mod program;
mod server;
mod stored;
mod two_holders;
mod workers;
