//! What a message of a live chat costs, beside what it costs to do less. `cargo bench --bench chat` runs all and ends with the ratios;
//! README.md of this folder's parent tells how to read them.

mod bare;
mod decode;
#[path = "../common/ratios.rs"]
mod ratios;
mod socket;

use std::io;

use criterion::Criterion;

use crate::ratios::Goal;

const GOALS: [Goal; 3] = [
    ("record/Decoder", "record/bare structs", Some(1.3)),
    ("record/Decoder", "record/Value", None),
    ("message/Chat", "message/bare stream", Some(1.2)),
];

fn main() -> io::Result<()> {
    let results = ratios::fresh_folder("chat")?;
    let mut criterion = Criterion::default().output_directory(&results).configure_from_args();
    decode::bench(&mut criterion);
    socket::bench(&mut criterion);
    criterion.final_summary();
    ratios::print(&results, &GOALS)
}
