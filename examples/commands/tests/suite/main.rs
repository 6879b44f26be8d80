//! The bot on a simulated account: on a paused clock without sockets, and the
//! program itself.

mod harbour;

mod answers;
mod program;
mod restarts;
mod speaking;
