//! Runs and ends every example: an error is one line on standard error, and
//! nothing that is stuck delays the end.

use std::{io, process::ExitCode, time::Duration};

use tokio::runtime::Builder;

use crate::stderr;

/// How long the end waits for somebody to read the last lines.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs the program on this runtime. An error is printed, and the process ends
/// with code 1. An output that its reader has closed counts as success.
pub fn run(runtime: &mut Builder, example: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&error.into()),
    };
    let result = runtime.block_on(example);
    // A write that nobody reads would block the runtime's end for ever.
    runtime.shutdown_background();
    let code = match result {
        Err(error) if !is_closed_output(&error) => report(&error),
        _ => ExitCode::SUCCESS,
    };
    stderr::finish(PATIENCE);
    code
}

/// Whether the reader of the output, such as `head`, has closed it because it
/// has seen enough.
fn is_closed_output(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn report(error: &anyhow::Error) -> ExitCode {
    stderr::print_line(format_args!("error: {error:#}"));
    ExitCode::FAILURE
}
