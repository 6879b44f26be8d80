//! A chat bot for Rumble's livestreams: it answers commands, gives thanks for
//! rants and speaks at intervals. The program is in `main.rs`.
//!
//! Code that decides does no I/O and reads no clock: [`bot`], with [`roles`],
//! [`cool_down`], [`tally`], [`timers`], [`template`] and [`say`], and
//! [`outbox`]. Code that does I/O decides nothing: [`live`], with [`speaker`],
//! [`quiet_file`], [`saver`], [`state`] and [`output`].

pub mod bot;
pub mod clock;
pub mod config;
pub mod cool_down;
pub mod demo;
pub mod live;
pub mod outbox;
pub mod output;
pub mod quiet_file;
pub mod roles;
pub mod saver;
pub mod say;
pub mod speaker;
pub mod state;
pub mod tally;
pub mod template;
pub mod timers;
pub mod token;
