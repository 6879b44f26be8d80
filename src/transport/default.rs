//! The transport of a builder on which none was set.

use std::sync::Arc;

use super::Transport;
use crate::error::Error;

/// A pool of its own. Without feature `http` it is an error, which names the
/// method that sets a transport.
#[cfg(feature = "http")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature there is none")]
pub(crate) fn default_transport(_: &str) -> Result<Arc<dyn Transport>, Error> {
    Ok(Arc::new(super::Pool::new()))
}

#[cfg(not(feature = "http"))]
pub(crate) fn default_transport(setter: &str) -> Result<Arc<dyn Transport>, Error> {
    Err(Error::config(format!("no request can be made; enable feature `http`, or set {setter}")))
}
