//! The token of the bot's session: where it comes from, and where a renewed one
//! goes.

use std::{env, fs, io, path::Path};

use anyhow::{Context as _, bail};
use rumble_live::session::SessionToken;
use tracing::{error, info, warn};

/// The environment variable that holds the token, unless a file does.
pub const VARIABLE: &str = "RUMBLE_SESSION";

/// The token in the file if there is one, or else the one in the environment,
/// if any.
///
/// # Errors
///
/// If the file cannot be read, or others can read it too, or it holds no token.
pub fn load(file: Option<&Path>) -> anyhow::Result<Option<SessionToken>> {
    if let Some(file) = file {
        match fs::read_to_string(file) {
            Ok(text) => {
                refuse_if_others_can_read(file)?;
                return text.parse().map(Some).with_context(|| file.display().to_string());
            }
            // The first token may come from the environment. A renewed one goes into the file.
            Err(error) if error.kind() == io::ErrorKind::NotFound && env::var_os(VARIABLE).is_some() => {}
            Err(error) => return Err(error).with_context(|| format!("{}: cannot read the session", file.display())),
        }
    }
    if env::var_os(VARIABLE).is_none() {
        return Ok(None);
    }
    SessionToken::from_env(VARIABLE).map(Some).context(VARIABLE)
}

/// Stores a token that Rumble has renewed. This happens at once, because the
/// old token may no longer work. It is rare.
pub fn renewed(token: &SessionToken, file: Option<&Path>) {
    let Some(file) = file else {
        warn!("Rumble has renewed the session, and {VARIABLE} holds the old one; use --session-file to keep the new one");
        return;
    };
    match token.save(file) {
        Ok(()) => info!("Rumble has renewed the session; the new one is in {}", file.display()),
        Err(error) => error!("the renewed session was not stored, and the old one may no longer work: {error:#}"),
    }
}

#[cfg(unix)]
fn refuse_if_others_can_read(file: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if fs::metadata(file)?.permissions().mode() & 0o077 != 0 {
        bail!("{}: others can read it, and whoever has the session has the account; run chmod 600 on it", file.display());
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_if_others_can_read(_: &Path) -> anyhow::Result<()> {
    Ok(())
}
