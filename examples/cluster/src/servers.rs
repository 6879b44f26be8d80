//! Says where the NATS servers are, and connects to them.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use percent_encoding::percent_decode_str;
use tracing::{debug, warn};

/// The environment variable that names the servers.
pub const VARIABLE: &str = "NATS_URL";
/// The option that names the servers.
const OPTION: &str = "--nats";
/// The environment variable that names a file with credentials.
const CREDENTIALS: &str = "NATS_CREDS";
/// How long a server may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The servers of one cluster. The `Debug` output shows neither user nor
/// password.
#[derive(Clone)]
pub struct Servers {
    /// The addresses, without user and password: the client logs addresses.
    addresses: Vec<ServerAddr>,
    login: Option<Login>,
    /// The file with credentials.
    credentials: Option<PathBuf>,
    /// Where the servers were named: by an option or a variable.
    named_by: &'static str,
}

#[derive(Clone, PartialEq, Eq)]
enum Login {
    Token(String),
    Password(String, String),
}

impl std::fmt::Debug for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Servers").field("named_by", &self.named_by).finish_non_exhaustive()
    }
}

/// Names the servers in an error, by where they were named. Their URLs may
/// contain secrets.
impl std::fmt::Display for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.named_by)
    }
}

impl Servers {
    /// The servers that the option or the environment names. `None` if neither
    /// names any.
    ///
    /// # Errors
    ///
    /// If both name servers, a URL is not that of a NATS server, the option
    /// contains a password, or the logins contradict each other.
    pub fn choose(option: Option<&str>) -> anyhow::Result<Option<Self>> {
        let (urls, named_by) = match (option, env::var_os(VARIABLE)) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => bail!("{OPTION} and {VARIABLE} both name a NATS server; give one of the two"),
            (Some(urls), None) => (urls.to_owned(), OPTION),
            (None, Some(urls)) => {
                (urls.into_string().map_err(|_| anyhow!("it contains characters that no URL has")).context(VARIABLE)?, VARIABLE)
            }
        };
        let servers = Self::parse(&urls, named_by).context(named_by)?;
        if option.is_some() && servers.login.is_some() {
            bail!(
                "{OPTION}: others on this machine can see a password there; put the URL into {VARIABLE}, or name a file in {CREDENTIALS}"
            );
        }
        servers.with_credentials().map(Some)
    }

    /// Adds the file of credentials that the environment names, if it names
    /// one.
    ///
    /// # Errors
    ///
    /// If the URLs have a password as well.
    pub fn with_credentials(self) -> anyhow::Result<Self> {
        let credentials = env::var_os(CREDENTIALS).map(PathBuf::from);
        if credentials.is_some() && self.login.is_some() {
            bail!("{VARIABLE} holds a password, and {CREDENTIALS} names a file with credentials; give one of the two");
        }
        Ok(Self { credentials, ..self })
    }

    fn parse(urls: &str, named_by: &'static str) -> anyhow::Result<Self> {
        let (mut addresses, mut logins) = (Vec::new(), Vec::new());
        for url in urls.split(',') {
            let (address, login) = parse(url.trim())?;
            addresses.push(address);
            if let Some(login) = login.filter(|login| !logins.contains(login)) {
                logins.push(login);
            }
        }
        if logins.len() > 1 {
            bail!("its servers have different passwords; use the same one for all of them");
        }
        Ok(Self { addresses, login: logins.pop(), credentials: None, named_by })
    }

    /// The server at this URL. The environment makes no difference.
    ///
    /// # Errors
    ///
    /// If it is not the URL of a NATS server.
    pub fn at(url: &str) -> anyhow::Result<Self> {
        Self::parse(url, "nats-server")
    }

    /// Connects with these options. Whenever the connection breaks, the client
    /// connects again by itself.
    ///
    /// # Errors
    ///
    /// If no server can be reached, the servers refuse the login, or the
    /// credentials cannot be read.
    pub async fn connect(&self, options: ConnectOptions) -> Result<Client, Unconnected> {
        let mut options = options.event_callback(|event| async move {
            match event {
                Event::ServerError(error) => warn!("the NATS server says: {error}"),
                event => debug!("{event}"),
            }
        });
        options = match self.login.clone() {
            Some(Login::Token(token)) => options.token(token),
            Some(Login::Password(user, password)) => options.user_and_password(user, password),
            None => options,
        };
        if let Some(file) = &self.credentials {
            options = options.credentials_file(file).await.map_err(|error| not_credentials(file, error))?;
        }
        options.connect(&self.addresses).await.map_err(|error| self.not_connected(&error))
    }

    fn not_connected(&self, error: &ConnectError) -> Unconnected {
        match error.kind() {
            ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => Unconnected::Lasting(anyhow!(
                "{self}: the NATS server refuses the login; check the user and the password, or {CREDENTIALS}"
            )),
            _ => Unconnected::Passing(anyhow!("cannot reach a NATS server at {} ({self}): {error}", self.places())),
        }
    }

    fn places(&self) -> String {
        self.addresses.iter().map(|address| format!("{}:{}", address.host(), address.port())).collect::<Vec<_>>().join(", ")
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub enum Unconnected {
    /// Trying again later may work.
    Passing(anyhow::Error),
    /// Trying again will never work.
    Lasting(anyhow::Error),
}

fn not_credentials(file: &Path, error: std::io::Error) -> Unconnected {
    Unconnected::Lasting(anyhow::Error::from(error).context(format!("{CREDENTIALS}: cannot read credentials from {}", file.display())))
}

/// Splits a URL into the server and its login. The errors do not quote the URL:
/// it may contain a password.
fn parse(url: &str) -> anyhow::Result<(ServerAddr, Option<Login>)> {
    let not_a_url = || anyhow!("it is not the URL of a NATS server, such as nats://127.0.0.1:4222, or several separated by commas");
    let address: ServerAddr = url.parse().map_err(|_| not_a_url())?;
    if !matches!(address.scheme(), "nats" | "tls") || address.host().is_empty() {
        return Err(not_a_url());
    }
    let decoded = |text| percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| not_a_url());
    let login = match (address.username(), address.password()) {
        (None, None) => None,
        (Some(token), None) => Some(Login::Token(decoded(token)?)),
        (user, Some(password)) => Some(Login::Password(decoded(user.unwrap_or_default())?, decoded(password)?)),
    };
    let mut url = address.into_inner();
    let is_bare = url.set_username("").is_ok() && url.set_password(None).is_ok();
    let address = ServerAddr::from_url(url).ok().filter(|_| is_bare).ok_or_else(not_a_url)?;
    Ok((address, login))
}
