//! Which accounts there are, and where a worker finds their API URLs.

use std::{env, fmt, path::PathBuf, time::Duration};

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

/// The name of the bucket.
pub const BUCKET: &str = "RUMBLE_ACCOUNTS";
/// How long it may take to read a file. The file may be on another machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// The entry of an account. It never contains the API URL itself, which is a
/// secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Where each worker finds the API URL.
    pub url: Place,
}

/// Where a worker finds an API URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In this file on the worker's machine.
    File(PathBuf),
    /// In this variable of the worker's environment.
    Env(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Env(variable) => f.write_str(variable),
        }
    }
}

impl Place {
    /// Reads the URL.
    ///
    /// # Errors
    ///
    /// If there is no such file or variable, or if it cannot be read. The error
    /// names the file or the variable.
    pub async fn read(&self) -> anyhow::Result<String> {
        match self {
            Self::File(file) => {
                let text = timeout(PATIENCE, tokio::fs::read_to_string(file)).await;
                let text = text.with_context(|| format!("{}: could not be read within {PATIENCE:?}", file.display()))?;
                text.map(|text| text.trim().to_owned()).with_context(|| format!("{}: the API URL cannot be read", file.display()))
            }
            Self::Env(variable) => {
                let url =
                    env::var_os(variable).ok_or_else(|| anyhow!("{variable}: the API URL is not in the environment of this worker"))?;
                // The error of `env::var` would quote the URL.
                url.into_string().map_err(|_| anyhow!("{variable}: it contains characters that no URL has"))
            }
        }
    }
}
