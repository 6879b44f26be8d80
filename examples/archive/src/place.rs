//! Where the archive is: in an `SQLite` file or on a `PostgreSQL` server.

use std::{
    env,
    error::Error as _,
    fmt, io,
    net::IpAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow, bail};
use tokio_postgres::config::{Config, Host, SslMode};

/// The environment variable that names a `PostgreSQL` database.
pub const VARIABLE: &str = "ARCHIVE_DATABASE_URL";

/// A database.
#[derive(Clone, Debug)]
pub enum Place {
    /// An `SQLite` file.
    File(PathBuf),
    /// A `PostgreSQL` server. `Debug` leaves the password out.
    Server(Box<Config>),
}

impl Place {
    /// The file that you asked for, or the server in the environment, or else
    /// this file.
    ///
    /// # Errors
    ///
    /// If both are given, or the URL is not valid.
    pub fn choose(file: Option<&Path>, otherwise: &str) -> anyhow::Result<Self> {
        match (env::var_os(VARIABLE), file) {
            (Some(_), Some(_)) => bail!("--database names a file of SQLite and {VARIABLE} a database of PostgreSQL; give one of the two"),
            (Some(url), None) => Self::server(url.to_str().unwrap_or_default()).context(VARIABLE),
            (None, file) => Ok(Self::File(file.unwrap_or(Path::new(otherwise)).to_owned())),
        }
    }

    /// The database at this URL.
    ///
    /// # Errors
    ///
    /// If it is not the URL of a `PostgreSQL` database.
    pub fn server(url: &str) -> anyhow::Result<Self> {
        // The parser's error may quote a part of the password.
        let mut config: Config = url.parse().map_err(|error| not_a_config(&error))?;
        if config.get_hosts().is_empty() {
            return Err(not_a_url());
        }
        // A password may cross a network only with TLS, unless the URL says otherwise.
        if config.get_ssl_mode() == SslMode::Prefer {
            let is_here = config.get_hosts().iter().all(is_this_machine) && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
            config.ssl_mode(if is_here { SslMode::Disable } else { SslMode::Require });
        }
        if config.get_application_name().is_none() {
            config.application_name("archive");
        }
        Ok(Self::Server(Box::new(config)))
    }
}

/// What an error calls it. Parts of the URL may be secret, so it names the
/// variable instead.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.display().fmt(f),
            Self::Server(_) => write!(f, "the database of {VARIABLE}"),
        }
    }
}

fn not_a_config(error: &tokio_postgres::Error) -> anyhow::Error {
    // This error names only the option.
    if error.source().is_some_and(|error| error.to_string() == "invalid value for option `sslmode`") {
        anyhow!("its sslmode is not supported; give disable, prefer or require, which also checks the certificate and the name")
    } else {
        not_a_url()
    }
}

fn not_a_url() -> anyhow::Error {
    anyhow!(
        "it is not the URL of a PostgreSQL database, such as postgres://name:password@127.0.0.1/archive; \
         in a name or password, write @ as %40, : as %3A, / as %2F and % as %25"
    )
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// The absolute path of a file that may not exist yet.
///
/// # Errors
///
/// If there is no such folder.
pub(crate) fn whole_path(file: &Path) -> io::Result<PathBuf> {
    if file.exists() {
        return file.canonicalize();
    }
    let name = file.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(folder.canonicalize()?.join(name))
}
