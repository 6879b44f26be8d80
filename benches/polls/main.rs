//! What a poll costs, whole and in parts, beside what it costs to do less. `cargo bench` runs all and ends with the ratios; README.md of
//! this folder's parent tells how to read them.

mod account;
mod bare;
mod clients;
mod decode;
mod latency;
mod poll;
mod ratios;
mod server;
mod track;

use std::{fs, io, path::Path};

use criterion::Criterion;

fn main() -> io::Result<()> {
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join("polls");
    // What an earlier run left must not pass for a result of this one.
    if results.exists() {
        fs::remove_dir_all(&results)?;
    }
    let mut criterion = Criterion::default().output_directory(&results).configure_from_args();
    decode::bench(&mut criterion);
    track::bench(&mut criterion);
    poll::bench(&mut criterion);
    latency::bench(&mut criterion);
    criterion.final_summary();
    ratios::print(&results)
}
