//! The way to the NATS servers.

use std::time::Duration;

use anyhow::anyhow;
use async_nats::{Client, ConnectOptions};

use crate::servers::{Servers, Unconnected};

/// Where a server is looked for that nobody names.
const DEFAULT: &str = "nats://127.0.0.1:4222";
/// After two pings without an answer the connection is made anew.
const PING_EVERY: Duration = Duration::from_secs(3);
/// The longest wait between two attempts to connect.
const MOST_BETWEEN: Duration = Duration::from_secs(1);

/// Connects to the servers of the option, of `NATS_URL`, or of this machine.
///
/// # Errors
///
/// Where none can be reached. The error shows no password.
pub async fn connect(option: Option<&str>) -> anyhow::Result<Client> {
    let servers = match Servers::choose(option)? {
        Some(servers) => servers,
        None => Servers::at(DEFAULT)?,
    };
    connect_to(&servers).await
}

/// Connects to these servers.
///
/// # Errors
///
/// Where none can be reached. The error shows no password.
pub async fn connect_to(servers: &Servers) -> anyhow::Result<Client> {
    let options = ConnectOptions::new()
        .name("cluster")
        .ping_interval(PING_EVERY)
        .reconnect_delay_callback(|attempts| MOST_BETWEEN.min(Duration::from_millis(100) * u32::try_from(attempts).unwrap_or(u32::MAX)));
    servers.connect(options).await.map_err(|unconnected| match unconnected {
        Unconnected::Passing(error) => anyhow!("{error:#}; is it running? nats-server --jetstream starts one, cluster --help tells more"),
        Unconnected::Lasting(error) => error,
    })
}
