//! Standard error, written by its own thread: a slow or missing reader delays
//! nothing else.

use std::{
    fmt,
    io::{self, Write},
    sync::{
        LazyLock,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

/// How many writes may wait. Any more are dropped.
const MOST_WAITING: usize = 4096;

static WAITING: LazyLock<SyncSender<Turn>> = LazyLock::new(|| {
    let (waiting, turns) = sync_channel(MOST_WAITING);
    thread::spawn(|| take_turns(turns));
    waiting
});

enum Turn {
    Write(Vec<u8>),
    /// Signals that everything before it was written.
    Done(SyncSender<()>),
}

/// Takes what is to be written, and never blocks or fails.
#[derive(Debug)]
pub struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // If there is no room, or nobody reads, there is nobody to tell either.
        drop(WAITING.try_send(Turn::Write(bytes.to_vec())));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Prints this line, and never blocks or fails.
pub fn print_line(line: impl fmt::Display) {
    drop(Stderr.write_all(format!("{line}\n").as_bytes()));
}

/// Waits until everything is written, but no longer than `patience`.
pub fn finish(patience: Duration) {
    let (done, is_done) = sync_channel(1);
    if WAITING.try_send(Turn::Done(done)).is_ok() {
        // Late or not, the program ends now.
        is_done.recv_timeout(patience).unwrap_or_default();
    }
}

fn take_turns(turns: Receiver<Turn>) {
    for turn in turns {
        match turn {
            Turn::Write(bytes) => {
                if io::stderr().write_all(&bytes).is_err() {
                    return;
                }
            }
            Turn::Done(done) => drop(done.send(())),
        }
    }
}
