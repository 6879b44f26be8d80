//! The table at the end: the medians of two benchmarks of this run, and their ratio beside its goal.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use comfy_table::{Table, presets::ASCII_MARKDOWN};
use serde_json::Value;

/// What is compared with what, and the most that the ratio should be.
pub(crate) type Goal = (&'static str, &'static str, Option<f64>);

/// Where the results of this run go. What an earlier run left must not pass for one of them.
pub(crate) fn fresh_folder(bench: &str) -> io::Result<PathBuf> {
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join(bench);
    if results.exists() {
        fs::remove_dir_all(&results)?;
    }
    Ok(results)
}

/// Prints the rows whose benchmarks have both run.
pub(crate) fn print(results: &Path, goals: &[Goal]) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["measured", "beside", "µs", "µs", "ratio", "goal"]);
    for &(measured, beside, goal) in goals {
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
