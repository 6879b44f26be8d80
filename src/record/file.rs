//! The file of a recording, written by a thread of its own, so that a slow disk holds up no request.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
};

use crate::error::Error;

/// How many lines may wait for the disk.
const MOST_WAITING: usize = 4096;

/// A file that lines are appended to.
pub(super) struct Lines {
    path: PathBuf,
    waiting: Option<SyncSender<String>>,
    thread: Option<JoinHandle<io::Result<()>>>,
    failure: Option<Error>,
}

impl Lines {
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|cause| failed(path, cause))?;
        let (waiting, lines) = sync_channel(MOST_WAITING);
        let thread = thread::Builder::new().name("recording".into()).spawn(move || write(file, &lines));
        let thread = thread.map_err(|cause| failed(path, cause))?;
        Ok(Self { path: path.into(), waiting: Some(waiting), thread: Some(thread), failure: None })
    }

    /// Appends a line. Where that cannot be, the recording ends there, and [`finish`](Self::finish) says why.
    pub(super) fn push(&mut self, line: String) {
        let Some(waiting) = &self.waiting else { return };
        match waiting.try_send(line) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                let slow = io::Error::other("the disk was too slow, so the recording ends early");
                self.failure = Some(failed(&self.path, slow));
                self.waiting = None;
            }
            // The thread has ended, and will say why.
            Err(TrySendError::Disconnected(_)) => self.waiting = None,
        }
    }

    /// Writes what waits, and ends. The first failure is the result; the second time there is none.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.waiting = None;
        let written =
            self.thread.take().map_or(Ok(()), |thread| thread.join().unwrap_or_else(|_| Err(io::Error::other("its thread panicked"))));
        match (self.failure.take(), written) {
            (Some(failure), _) => Err(failure),
            (None, written) => written.map_err(|cause| failed(&self.path, cause)),
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // What waits is written, by a thread that ends by itself.
        self.waiting = None;
    }
}

fn write(file: File, lines: &Receiver<String>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    while let Ok(line) = lines.recv() {
        file.write_all(line.as_bytes())?;
        while let Ok(line) = lines.try_recv() {
            file.write_all(line.as_bytes())?;
        }
        file.flush()?;
    }
    Ok(())
}

fn failed(path: &Path, cause: io::Error) -> Error {
    Error::file("cannot write the recording", path, cause)
}
