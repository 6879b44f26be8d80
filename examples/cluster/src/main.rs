//! Watches many Rumble accounts from many machines. There is no command yet; see README.md.

use std::process::ExitCode;

fn main() -> ExitCode {
    eprintln!("error: cluster has no commands yet; README.md says which of its parts are there");
    ExitCode::FAILURE
}
