//! The table at the end: the medians of two benchmarks of this run, and their ratio beside its goal.

use std::{fs, io, path::Path};

use comfy_table::{Table, presets::ASCII_MARKDOWN};
use serde_json::Value;

/// What is compared with what, and the most that the ratio should be.
const GOALS: [(&str, &str, Option<f64>); 10] = [
    ("decode/Snapshot", "decode/bare structs", Some(1.3)),
    ("decode/Snapshot", "decode/Value", Some(1.0)),
    ("track/0 new", "decode/Snapshot", Some(0.1)),
    ("track/5 new", "decode/Snapshot", None),
    ("track/50 new", "decode/Snapshot", None),
    ("poll/watcher, 0 new", "poll/bare loop, 0 new", Some(1.15)),
    ("poll/watcher, 5 new", "poll/bare loop, 5 new", Some(1.15)),
    ("poll/watcher, 50 new", "poll/bare loop, 50 new", Some(1.15)),
    ("latency/watcher", "latency/bare loop", None),
    ("decode/Snapshot", "poll/watcher, 0 new", None),
];

/// Prints the rows whose benchmarks have both run.
pub(crate) fn print(results: &Path) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["measured", "beside", "µs", "µs", "ratio", "goal"]);
    for (measured, beside, goal) in GOALS {
        let (Some(one), Some(other)) = (median(results, measured)?, median(results, beside)?) else { continue };
        let goal = goal.map_or(String::new(), |goal| format!("≤ {goal}"));
        let [one, other, ratio] = [one / 1e3, other / 1e3, one / other].map(|figure| format!("{figure:.3}"));
        table.add_row([measured, beside, &one, &other, &ratio, &goal]);
    }
    println!("{table}");
    Ok(())
}

/// In nanoseconds. `None` where the benchmark did not run.
fn median(results: &Path, benchmark: &str) -> io::Result<Option<f64>> {
    let file = results.join(benchmark).join("new/estimates.json");
    if !file.exists() {
        return Ok(None);
    }
    let estimates: Value = serde_json::from_slice(&fs::read(file)?)?;
    Ok(estimates["median"]["point_estimate"].as_f64())
}
