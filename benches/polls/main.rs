//! What a poll costs, whole and in parts, beside what it costs to do less. `cargo bench` runs all and ends with the ratios; README.md of
//! this folder's parent tells how to read them.

mod account;
mod bare;
mod clients;
mod count;
mod decode;
mod latency;
mod poll;
#[path = "../common/ratios.rs"]
mod ratios;
mod server;
mod track;

use std::io;

use criterion::Criterion;

use crate::ratios::Goal;

const GOALS: [Goal; 13] = [
    ("decode/Snapshot", "decode/bare structs", Some(1.3)),
    ("decode/Snapshot", "decode/Value", Some(1.0)),
    ("track/0 new", "decode/Snapshot", Some(0.1)),
    ("track/5 new", "decode/Snapshot", None),
    ("track/50 new", "decode/Snapshot", None),
    ("poll/watcher, 0 new", "poll/bare loop, 0 new", Some(1.15)),
    ("poll/watcher, 5 new", "poll/bare loop, 5 new", Some(1.15)),
    ("poll/watcher, 50 new", "poll/bare loop, 50 new", Some(1.15)),
    ("count/with a recorder, 0 new", "count/without, 0 new", None),
    ("count/with a recorder, 5 new", "count/without, 5 new", None),
    ("count/with a recorder, 50 new", "count/without, 50 new", None),
    ("latency/watcher", "latency/bare loop", None),
    ("decode/Snapshot", "poll/watcher, 0 new", None),
];

fn main() -> io::Result<()> {
    let results = ratios::fresh_folder("polls")?;
    let mut criterion = Criterion::default().output_directory(&results).configure_from_args();
    decode::bench(&mut criterion);
    track::bench(&mut criterion);
    poll::bench(&mut criterion);
    count::bench(&mut criterion);
    latency::bench(&mut criterion);
    criterion.final_summary();
    ratios::print(&results, &GOALS)
}
