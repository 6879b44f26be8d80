//! Connects to the NATS servers.

use std::time::Duration;

use anyhow::anyhow;
use async_nats::{Client, ConnectOptions};
use tokio::time::sleep;
use tracing::warn;

use crate::servers::{Servers, Unconnected};

/// The server to try if nobody names one.
const DEFAULT: &str = "nats://127.0.0.1:4222";
/// How often to ping the server. After two pings without an answer, the client
/// connects again.
const PING_EVERY: Duration = Duration::from_secs(3);
/// The longest wait between two attempts to connect again.
const MOST_BETWEEN: Duration = Duration::from_secs(1);
/// The wait between two attempts to connect for the first time.
const RETRY: Duration = Duration::from_secs(5);
const ADVICE: &str = "; is it running? Start one with nats-server --jetstream; cluster --help says more";

/// Connects to the servers that the option or `NATS_URL` names, or else to the
/// server on this machine.
///
/// # Errors
///
/// If the settings are wrong, no server can be reached, or the servers refuse
/// the login. The error shows no password.
pub async fn connect(option: Option<&str>) -> anyhow::Result<Client> {
    connect_to(&choose(option)?).await
}

/// Like [`connect`], but waits until a server can be reached.
///
/// # Errors
///
/// If the settings are wrong or the servers refuse the login. The error shows
/// no password.
pub async fn connect_patiently(option: Option<&str>) -> anyhow::Result<Client> {
    let servers = choose(option)?;
    loop {
        match servers.connect(options()).await {
            Ok(client) => return Ok(client),
            Err(Unconnected::Lasting(error)) => return Err(error),
            Err(Unconnected::Passing(error)) => {
                warn!("next try in {RETRY:?}: {error:#}{ADVICE}");
                sleep(RETRY).await;
            }
        }
    }
}

fn choose(option: Option<&str>) -> anyhow::Result<Servers> {
    match Servers::choose(option)? {
        Some(servers) => Ok(servers),
        None => Servers::at(DEFAULT)?.with_credentials(),
    }
}

/// Connects to these servers.
///
/// # Errors
///
/// If no server can be reached, the servers refuse the login, or the file of
/// credentials cannot be read. The error shows no password.
pub async fn connect_to(servers: &Servers) -> anyhow::Result<Client> {
    servers.connect(options()).await.map_err(|unconnected| match unconnected {
        Unconnected::Passing(error) => anyhow!("{error:#}{ADVICE}"),
        Unconnected::Lasting(error) => error,
    })
}

fn options() -> ConnectOptions {
    ConnectOptions::new()
        .name("cluster")
        .ping_interval(PING_EVERY)
        .reconnect_delay_callback(|attempts| MOST_BETWEEN.min(Duration::from_millis(100) * u32::try_from(attempts).unwrap_or(u32::MAX)))
}
