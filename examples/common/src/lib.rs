//! What the examples and the programs of this project share. Each module has
//! one job; the larger ones are behind features of the same name.

#[cfg(feature = "account")]
pub mod account;
#[cfg(feature = "files")]
pub mod lock;
#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "monitoring")]
pub mod monitoring;
#[cfg(feature = "files")]
pub mod replace;
pub mod run;
pub mod seconds;
pub mod stderr;
pub mod stdout;
pub mod stop;
