//! Finds the nats-server that the tests start.

use std::{
    env,
    io::{self, Write as _},
    path::PathBuf,
};

/// The file of nats-server. `None` if there is none, which is an error in CI.
#[expect(clippy::explicit_write, reason = "the harness would swallow what eprintln says")]
pub(crate) fn program() -> Option<PathBuf> {
    if let Some(program) = env::var_os("NATS_SERVER").filter(|program| !program.is_empty()) {
        return Some(program.into());
    }
    let found =
        env::split_paths(&env::var_os("PATH").unwrap_or_default()).map(|folder| folder.join("nats-server")).find(|file| file.is_file());
    if found.is_none() {
        assert!(env::var_os("CI").is_none(), "put nats-server 2.14 on the PATH, or its file into NATS_SERVER");
        writeln!(io::stderr(), "SKIPPED: there is no nats-server; put version 2.14 on the PATH, or its file into NATS_SERVER").unwrap();
    }
    found
}
