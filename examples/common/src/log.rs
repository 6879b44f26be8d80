//! Logging to standard error.

use std::env;

use anyhow::{Context as _, anyhow};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::stderr::Stderr;

/// Logs what `RUST_LOG` asks for, or else the default, such as `"info"` or
/// `"off"`.
///
/// # Errors
///
/// If `RUST_LOG` is not a filter.
pub fn start(default: &str) -> anyhow::Result<()> {
    let filter = match env::var("RUST_LOG") {
        Ok(filter) if !filter.is_empty() => filter,
        Ok(_) | Err(env::VarError::NotPresent) => default.to_owned(),
        Err(error) => return Err(error).context("RUST_LOG"),
    };
    let filter: Targets = filter.parse().map_err(|error| anyhow!("RUST_LOG={filter}: {error}"))?;
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Stderr);
    tracing_subscriber::registry().with(layer).with(filter).init();
    Ok(())
}
