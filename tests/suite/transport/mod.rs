//! One exchange over HTTP.

#[cfg(feature = "http")]
mod connections;
mod exchange;
#[cfg(feature = "http")]
mod why;
