//! The metrics of a worker, besides those of the library.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const HELD: &str = "cluster_accounts_held";
const TAKEN: &str = "cluster_leases_taken_total";
const LOST: &str = "cluster_leases_lost_total";
const GIVEN_BACK: &str = "cluster_leases_given_back_total";
const STORED: &str = "cluster_batches_stored_total";
const FENCED: &str = "cluster_batches_fenced_total";
const PUBLISH: &str = "cluster_publish_seconds";

/// Describes all metrics and sets them to zero.
pub fn start() {
    describe_gauge!(HELD, "Accounts that this worker holds");
    describe_counter!(TAKEN, "Leases taken");
    describe_counter!(LOST, "Leases that could not be renewed in time");
    describe_counter!(GIVEN_BACK, "Leases given back");
    describe_counter!(STORED, "Batches of events stored");
    describe_counter!(FENCED, "Batches refused, and leases that stored nothing, because another worker has taken over");
    describe_histogram!(PUBLISH, "Seconds until a batch was stored or refused");
    gauge!(HELD).set(0.0);
    for name in [TAKEN, LOST, GIVEN_BACK, STORED, FENCED] {
        counter!(name).increment(0);
    }
}

/// Counts an account as held until it is dropped.
#[derive(Debug)]
pub(crate) struct HeldAccount;

impl HeldAccount {
    pub(crate) fn begin() -> Self {
        counter!(TAKEN).increment(1);
        gauge!(HELD).increment(1.0);
        Self
    }
}

impl Drop for HeldAccount {
    fn drop(&mut self) {
        gauge!(HELD).decrement(1.0);
    }
}

pub(crate) fn lease_lost() {
    counter!(LOST).increment(1);
}

pub(crate) fn lease_given_back() {
    counter!(GIVEN_BACK).increment(1);
}

pub(crate) fn batch_stored(after: Duration) {
    counter!(STORED).increment(1);
    histogram!(PUBLISH).record(after);
}

pub(crate) fn fenced() {
    counter!(FENCED).increment(1);
}

pub(crate) fn batch_fenced(after: Duration) {
    fenced();
    histogram!(PUBLISH).record(after);
}
