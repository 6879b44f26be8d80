//! How far apart a client keeps its requests.

use std::time::Duration;

/// The least time between two requests for the account. No limit of Rumble's is
/// known. It is the interval at which a watcher polls while a chat is busy.
pub(super) const API: Duration = Duration::from_secs(5);
/// The least time between two requests for pages.
#[cfg(feature = "pages")]
pub(crate) const PAGES: Duration = Duration::from_secs(1);
