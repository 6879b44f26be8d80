//! Says when a program that runs for ever should end.

use std::io;

use crate::stderr::print_line;

/// What shells show for a process that Ctrl-C has ended.
const STOPPED_BY_CTRL_C: i32 = 130;

/// Returns when the process is told to end: by Ctrl-C, or by SIGTERM, which
/// service managers send.
///
/// # Errors
///
/// If the process cannot listen for them.
pub async fn told_to_stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => stopped,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// The same, but if the process cannot listen, it says so and returns at once.
pub async fn stopped() {
    if let Err(error) = told_to_stop().await {
        print_line(format_args!("the program cannot hear when it is told to end, so it ends now: {error}"));
    }
}

/// Ends the process at the next Ctrl-C, with status 130, as if it had been
/// killed. For a program that was told to end and takes seconds for it.
pub fn end_at_next_ctrl_c() {
    tokio::spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            print_line(format_args!("stopped at once by Ctrl-C"));
            std::process::exit(STOPPED_BY_CTRL_C);
        }
    });
}
