//! The way to the NATS servers.

use std::{env, time::Duration};

use anyhow::{Context as _, anyhow, bail};
use async_nats::{Client, ConnectOptions, ServerAddr};

/// The variable that holds the URLs of the servers where the option does not.
const URL: &str = "NATS_URL";
/// The variable that holds the name of a file with credentials.
const CREDENTIALS: &str = "NATS_CREDS";
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
    let (name, urls) = match (option, env::var(URL)) {
        (Some(urls), _) if urls.contains('@') => {
            bail!("--nats: a URL with a name or a password is a secret, which others on this machine would see; put it into {URL}")
        }
        (Some(urls), _) => ("--nats", urls.to_owned()),
        (None, Ok(urls)) => (URL, urls),
        (None, Err(env::VarError::NotPresent)) => (DEFAULT, DEFAULT.to_owned()),
        (None, Err(error)) => return Err(error).context(URL),
    };
    let servers = urls.split(',').map(|url| url.trim().parse::<ServerAddr>()).collect::<Result<Vec<_>, _>>();
    let servers = servers.map_err(|_| anyhow!("{name}: give one URL such as {DEFAULT}, or several with commas between them"))?;
    let mut options = ConnectOptions::new();
    if let Some(file) = env::var_os(CREDENTIALS) {
        options = options.credentials_file(file).await.context(CREDENTIALS)?;
    }
    options
        .name("cluster")
        .ping_interval(PING_EVERY)
        .reconnect_delay_callback(|attempts| MOST_BETWEEN.min(Duration::from_millis(100) * u32::try_from(attempts).unwrap_or(u32::MAX)))
        .connect(servers)
        .await
        .with_context(|| {
            format!("{name}: the NATS server cannot be reached; start one with nats-server --jetstream, or see cluster --help")
        })
}
