//! What a tracker yields for random histories of a platform, random polls and odd answers, against a naive reading of the promises.
//!
//! - `history`: what happens, when somebody looks, and through which servers; `generate` makes random ones, `world` is the truth of one.
//! - `answer`: what is answered to a poll; `oddities` befall it, `body` is its JSON, `brief` a line about it.
//! - `oracle`: what should be said of the answers, in the words of `said`.
//! - `agreement` compares the tracker with the oracle, `truth` with what happened, `restarts` watchers that are restarted, to
//!   which a `listener` listens, with one that goes on.

mod agreement;
mod answer;
mod body;
mod brief;
mod generate;
mod history;
mod listener;
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
