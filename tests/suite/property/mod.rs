//! What a tracker yields for random histories of a platform, random polls and odd answers, against a naive reading of the promises.
//!
//! `history` is what happens and when somebody looks, `world` is the truth of it, `oddities` is what befalls an `answer` and `body` its JSON.
//! `oracle` is what should be said of it, in the words of `said`. `agreement` compares the tracker with the oracle, `truth` with what happened, and
//! `restarts` with itself.

mod agreement;
mod answer;
mod body;
mod generate;
mod history;
mod oddities;
mod oracle;
mod restarts;
mod said;
mod truth;
mod world;

use std::env;

use proptest::{prelude::*, test_runner::RngSeed};
use rumble_live::Snapshot;

use self::answer::Answer;
pub(crate) use self::truth::{Plain, entry_of, yielded};

/// So many cases, or as many as `PROPTEST_CASES` says.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    let cases = if env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { cases };
    // The same cases each time, so that a check is red for a reason; `PROPTEST_RNG_SEED` gives others.
    let rng_seed = match ProptestConfig::default().rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        given @ RngSeed::Fixed(_) => given,
    };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, rng_seed, ..ProptestConfig::default() }
}

fn snapshot(answer: &Answer, style: u8) -> Snapshot {
    let json = answer.json(style);
    Snapshot::from_json(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"))
}
