//! Runs one nats-server in a process of its own.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use async_nats::Client;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use self::nats_program::program;

#[path = "nats_program.rs"]
mod nats_program;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

pub(crate) struct Server {
    process: Child,
    /// The server stores in its subfolder `data`.
    pub(crate) folder: TempDir,
    pub(crate) port: String,
}

impl Server {
    /// Starts a server. `None` if this machine has no nats-server, which is an
    /// error in CI.
    pub(crate) async fn start() -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let process = spawn(&program, folder.path(), "-1");
        let mut server = Self { process, folder, port: String::new() };
        server.port = server.port().await;
        Some(server)
    }

    /// Connects to the server, and waits for it if it was just started again.
    pub(crate) async fn connect(&self) -> Client {
        let end = Instant::now() + PATIENCE;
        loop {
            match async_nats::connect(self.url()).await {
                Ok(client) => return client,
                Err(error) => assert!(Instant::now() < end, "{error}"),
            }
            sleep(LOOK).await;
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Kills the server.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts the server again with the same port and data.
    pub(crate) fn restart(&mut self) {
        self.process = spawn(&program().unwrap(), self.folder.path(), &self.port);
    }

    /// The port from the file in which the server says where it listens.
    async fn port(&mut self) -> String {
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            for entry in fs::read_dir(self.folder.path()).unwrap() {
                let file = entry.unwrap().path();
                if file.extension().is_some_and(|extension| extension == "ports") {
                    let ports = fs::read(file).unwrap();
                    let url = serde_json::from_slice::<serde_json::Value>(&ports)
                        .ok()
                        .and_then(|ports| Some(ports["nats"][0].as_str()?.to_owned()));
                    if let Some((_, port)) = url.as_deref().and_then(|url| url.rsplit_once(':')) {
                        return port.to_owned();
                    }
                }
            }
            assert!(self.process.try_wait().unwrap().is_none(), "nats-server has ended");
            sleep(LOOK).await;
        }
        panic!("nats-server does not say where it listens");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.process.kill().is_ok() {
            self.process.wait().unwrap();
        }
    }
}

fn spawn(program: &Path, folder: &Path, port: &str) -> Child {
    let mut command = Command::new(program);
    command.args(["--addr", "127.0.0.1", "--port", port, "--jetstream", "--store_dir"]).arg(folder.join("data"));
    command.arg("--ports_file_dir").arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
