//! The file of a recording. A separate thread writes it, so a slow disk delays
//! no request.
//!
//! Lines go to the thread by a channel without a bound, so that appending never
//! waits. The bound is on the bytes that wait: a program that records for
//! months must not fill its memory because a disk hangs. What fails is kept
//! until somebody calls `finish`, since nobody looks at errors before.
//!
//! The thread flushes whenever it has written all that waited. So the file of a
//! program that is killed ends shortly before, perhaps amid a line.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
};

use crate::error::Error;

/// How many bytes may wait for the disk.
const MOST_WAITING: usize = 64 * 1024 * 1024;

/// A file to which lines are appended.
pub(super) struct Lines {
    path: PathBuf,
    to_write: Option<Sender<String>>,
    /// How many bytes are waiting for the disk.
    waiting: Arc<AtomicUsize>,
    thread: Option<JoinHandle<io::Result<()>>>,
    failure: Option<Error>,
}

/// A file to which no more lines are appended.
pub(super) struct Ended {
    path: PathBuf,
    thread: Option<JoinHandle<io::Result<()>>>,
    failure: Option<Error>,
}

impl Lines {
    /// Creates the file, or empties it, and starts the thread.
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|cause| failed(path, cause))?;
        let (sender, lines) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let written = Arc::clone(&waiting);
        let thread = thread::Builder::new().name("recording".into()).spawn(move || write(file, &lines, &written));
        let thread = thread.map_err(|cause| failed(path, cause))?;
        Ok(Self { path: path.into(), to_write: Some(sender), waiting, thread: Some(thread), failure: None })
    }

    /// Appends a line. If that fails, the recording ends there, and
    /// [`Ended::finish`] says why.
    pub(super) fn push(&mut self, line: String) {
        let Some(sender) = &self.to_write else { return };
        if self.waiting.fetch_add(line.len(), Ordering::Relaxed) > MOST_WAITING {
            let slow = io::Error::other("the disk was too slow, so the recording ends early");
            self.failure = Some(failed(&self.path, slow));
            self.to_write = None;
        } else if sender.send(line).is_err() {
            // The thread has ended. `finish` says why.
            self.to_write = None;
        }
    }

    /// Whether the recording has ended, so nothing is appended any more.
    pub(super) fn has_ended(&self) -> bool {
        self.to_write.is_none()
    }

    /// Ends the recording: nothing is appended any more.
    pub(super) fn end(&mut self) -> Ended {
        self.to_write = None;
        Ended { path: self.path.clone(), thread: self.thread.take(), failure: self.failure.take() }
    }
}

impl Ended {
    /// Waits until everything is written. Returns the first failure; a second
    /// call returns none.
    pub(super) fn finish(self) -> Result<(), Error> {
        let panicked = |_| Err(io::Error::other("the thread that writes the file panicked"));
        let written = self.thread.map_or(Ok(()), |thread| thread.join().unwrap_or_else(panicked));
        self.failure.map_or(Ok(()), Err).and(written.map_err(|cause| failed(&self.path, cause)))
    }
}

/// What the thread does: writes lines until there is no sender any more.
fn write(file: File, lines: &Receiver<String>, waiting: &AtomicUsize) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    while let Ok(mut line) = lines.recv() {
        loop {
            file.write_all(line.as_bytes())?;
            waiting.fetch_sub(line.len(), Ordering::Relaxed);
            match lines.try_recv() {
                Ok(next) => line = next,
                Err(_) => break,
            }
        }
        file.flush()?;
    }
    Ok(())
}

/// The error for anything that goes wrong with the file.
fn failed(path: &Path, cause: io::Error) -> Error {
    Error::file("cannot write the recording", path, cause)
}
