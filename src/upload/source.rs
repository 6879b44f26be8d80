//! The file that is uploaded: opened once, read piece by piece as it is sent.
//!
//! It is opened once, so that a file which is replaced under its name during
//! the upload cannot mix two films: what was opened stays readable. A file that
//! is changed in place is found out by its length and its time of change,
//! before its last bytes are handed out and before the chunks are merged.
//!
//! Reading waits for the disk, so it is done on threads for that, one read at a
//! time.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::SystemTime,
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream;
use tokio::{runtime::Handle, sync::watch, task::spawn_blocking};

use super::plan::Piece;
use crate::error::{Error, ErrorKind};

/// How much is read at once. It bounds the memory of an upload, and is large
/// enough that the disk is not asked too often.
const AT_ONCE: u64 = 256 * 1024;

/// An open file. Clones share it.
#[derive(Clone)]
pub(super) struct Source(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// Locked while it is read, for a reader that was given up may still be at
    /// it.
    file: Mutex<File>,
    size: u64,
    modified: Option<SystemTime>,
    /// Why it could not be read, for transports pass on the words of others
    /// badly.
    failure: OnceLock<Error>,
}

impl Source {
    /// Opens a file that is not empty. Waits for the disk.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |cause| Error::file("the file to upload cannot be read", path, cause);
        let file = open_file(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.len() == 0 {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is empty")));
        }
        let modified = metadata.modified().ok();
        let failure = OnceLock::new();
        Ok(Self(Arc::new(Inner { path: path.to_owned(), file: Mutex::new(file), size: metadata.len(), modified, failure })))
    }

    pub(super) fn size(&self) -> u64 {
        self.0.size
    }

    pub(super) fn modified(&self) -> Option<SystemTime> {
        self.0.modified
    }

    /// Its name, without the folders.
    pub(super) fn name(&self) -> String {
        self.0.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Why it could not be read, if that is why a request has failed.
    pub(super) fn failure(&self) -> Option<Error> {
        self.0.failure.get().cloned()
    }

    /// The bytes of a piece, read as they are asked for. How many were handed
    /// out is told to `sent`.
    pub(super) fn stream(&self, piece: Piece, sent: watch::Sender<u64>) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        let begin = (self.clone(), piece, 0_u64, sent);
        stream::try_unfold(begin, |(source, rest, gone, sent)| async move {
            if rest.length == 0 {
                return Ok(None);
            }
            let length = rest.length.min(AT_ONCE);
            let bytes = source.read(Piece { offset: rest.offset, length }).await?;
            if rest.length == length {
                // The last bytes are kept back from a file that was changed, so the server never gets all of it.
                source.check_unchanged().await?;
            }
            let gone = gone + length;
            sent.send_replace(gone);
            let rest = Piece { offset: rest.offset + length, length: rest.length - length };
            Ok(Some((bytes, (source, rest, gone, sent))))
        })
    }

    /// Reads a piece on a thread for it. Remembers a failure.
    async fn read(&self, piece: Piece) -> Result<Bytes, Error> {
        if Handle::try_current().is_err() {
            return Err(Error::config("the body of an upload must be read in a tokio runtime; see the transport"));
        }
        let source = self.clone();
        let read = spawn_blocking(move || source.read_now(piece)).await;
        let read = read.unwrap_or_else(|_| Err(Error::runtime_gone()));
        read.inspect_err(|error| drop(self.0.failure.set(error.clone())))
    }

    /// Reads a piece. Waits for the disk. A file that has become shorter was
    /// changed.
    fn read_now(&self, piece: Piece) -> Result<Bytes, Error> {
        let failed = |cause: io::Error| match cause.kind() {
            io::ErrorKind::UnexpectedEof => self.changed(),
            _ => Error::file("the file to upload cannot be read", &self.0.path, cause),
        };
        let mut bytes = vec![0; usize::try_from(piece.length).map_err(|_| self.changed())?];
        // A panic while it was read leaves nothing half done: each reader seeks first.
        let mut file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(piece.offset)).and_then(|_| file.read_exact(&mut bytes)).map_err(failed)?;
        Ok(bytes.into())
    }

    /// Whether it is still what was opened. Waits for the disk.
    pub(super) async fn check_unchanged(&self) -> Result<(), Error> {
        let source = self.clone();
        let checked = spawn_blocking(move || {
            let file = source.0.file.lock().unwrap_or_else(PoisonError::into_inner);
            let metadata = file.metadata().map_err(|cause| Error::file("the file to upload cannot be read", &source.0.path, cause))?;
            let is_same = metadata.len() == source.0.size && metadata.modified().ok() == source.0.modified;
            if is_same { Ok(()) } else { Err(source.changed()) }
        });
        let checked = checked.await.unwrap_or_else(|_| Err(Error::runtime_gone()));
        checked.inspect_err(|error| drop(self.0.failure.set(error.clone())))
    }

    /// The file is not what was opened.
    fn changed(&self) -> Error {
        let words = format!("the file was changed while it was uploaded; nothing was published, so begin anew: {}", self.0.path.display());
        Error::with_message(ErrorKind::Config, words)
    }
}

/// Looks before it opens: opening a named pipe waits until somebody writes to
/// it.
fn open_file(path: &Path) -> io::Result<File> {
    if std::fs::metadata(path)?.is_file() { File::open(path) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")) }
}

/// A whole file of so many bytes at most. Waits for the disk.
pub(super) fn read_small(path: &Path, most: u64) -> Result<Bytes, Error> {
    let failed = |cause| Error::file("the file cannot be read", path, cause);
    let file = open_file(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    match u64::try_from(bytes.len()) {
        Ok(0) => Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is empty"))),
        Ok(length) if length <= most => Ok(bytes.into()),
        _ => Err(failed(io::Error::new(io::ErrorKind::InvalidInput, format!("it is larger than {most} bytes")))),
    }
}
