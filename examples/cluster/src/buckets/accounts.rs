//! Which accounts there are, and where a worker finds their API URLs.

use std::{env, fmt, path::PathBuf};

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};

/// The name of the bucket.
pub const BUCKET: &str = "RUMBLE_ACCOUNTS";

/// What is written of an account. Never the URL itself, which is a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Where its URL is.
    pub url: Place,
}

/// Where a worker finds a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In a file of the worker's machine.
    File(PathBuf),
    /// In a variable of the worker's environment.
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
    /// The URL.
    ///
    /// # Errors
    ///
    /// Where it is not there. The error names the file or the variable.
    pub async fn read(&self) -> anyhow::Result<String> {
        match self {
            Self::File(file) => {
                let text = tokio::fs::read_to_string(file).await;
                text.map(|text| text.trim().to_owned()).with_context(|| format!("{}: the API URL cannot be read", file.display()))
            }
            Self::Env(variable) => {
                env::var(variable).map_err(|error| anyhow!("{variable}: the API URL is not in the environment of this worker: {error}"))
            }
        }
    }
}
