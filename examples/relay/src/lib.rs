//! Sends what happens on a Rumble account to Discord, Slack, signed webhooks
//! and Streamer.bot. The program is in `main.rs`.
//!
//! Code that decides does no I/O and reads no clock: [`occurrence`],
//! [`filter`], [`defuse`], [`template`], [`body`], [`sign`], [`quiet`] and
//! [`delivery`]. Code that does I/O decides nothing: [`intake`] takes events
//! into the [`outbox`], and a [`worker`] for each destination sends them with
//! [`post`].

pub mod body;
pub mod clock;
pub mod config;
pub mod defuse;
pub mod delivery;
pub mod demo;
pub mod filter;
pub mod intake;
pub mod kind;
pub mod occurrence;
pub mod outbox;
pub mod post;
pub mod quiet;
pub mod report;
pub mod secret;
pub mod sign;
pub mod template;
pub mod test_send;
pub mod worker;
