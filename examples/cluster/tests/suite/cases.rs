//! Decides how many cases the property tests run, and which ones.

use std::env;

use proptest::{prelude::*, test_runner::RngSeed};

/// This many cases, or as many as `PROPTEST_CASES` says.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    let cases = if env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { cases };
    // Each run has the same cases, so that it fails only because of a change. `PROPTEST_RNG_SEED` gives other cases.
    let rng_seed = match ProptestConfig::default().rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        given @ RngSeed::Fixed(_) => given,
    };
    ProptestConfig { cases, failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}
