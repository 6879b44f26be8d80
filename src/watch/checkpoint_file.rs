//! A checkpoint in a file that is whole at any moment.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use super::checkpoint::Checkpoint;
use crate::error::Error;

impl Checkpoint {
    /// Reads what [`save`](Self::save) has written. `None` where there is no such file, as before the first save, so that
    /// `.resume(Checkpoint::load(path)?)` starts anew the first time and goes on from then on.
    ///
    /// Blocks until the file is read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with the path in the text: when the file cannot be read, or as
    /// [`from_json`](Self::from_json).
    pub fn load(path: impl AsRef<Path>) -> Result<Option<Self>, Error> {
        let path = path.as_ref();
        match fs::read(path) {
            Ok(json) => Self::from_json(&json).map(Some).map_err(|error| Error::config(format!("{}: {error}", path.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file("the checkpoint cannot be read", path, error)),
        }
    }

    /// Writes the JSON form to a file.
    ///
    /// Replaces the file as a whole, and only once the new content is on the disk: a process that is killed or a machine that loses power
    /// meanwhile leaves the old content or the new. It is written beside the file first, so the folder must be writable; a kill at that moment
    /// may leave `.NAME.….new` there, which can be deleted.
    ///
    /// Blocks until the disk has it, which takes milliseconds, or much longer on a busy disk: in a bot that has other things to do call it in
    /// `tokio::task::spawn_blocking`, and not for each line of a busy chat. The [events of one poll](crate::Watcher::next_poll) can share one save.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with the path in the text and the reason as its source: no such folder, no permission, a
    /// full disk. The file then is as it was, or it is the new one already and only the folder could not be synced.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Checkpoint, Snapshot, Tracker};
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let file = std::env::temp_dir().join(format!("rumble-live-example-{}.json", std::process::id()));
    ///     assert!(Checkpoint::load(&file)?.is_none());
    ///
    ///     let mut tracker = Tracker::new();
    ///     tracker.apply(&Snapshot::from_json(br#"{"now": 1767323046, "user_id": "4f2kx9"}"#)?);
    ///     let checkpoint = tracker.checkpoint().ok_or("no snapshot was applied")?;
    ///     checkpoint.save(&file)?;
    ///     assert_eq!(Checkpoint::load(&file)?, Some(checkpoint));
    ///     std::fs::remove_file(file)?;
    ///     Ok(())
    /// }
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        replace(path, self.to_json().as_bytes()).map_err(|error| Error::file("the checkpoint cannot be saved", path, error))
    }
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    // A link stays, and what it points at is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let new = beside(&path)?;
    let written = write(&new, content, &path).and_then(|()| fs::rename(&new, &path));
    if let Err(error) = written {
        // It may not even be there. What matters is why it could not be used.
        fs::remove_file(&new).ok();
        return Err(error);
    }
    sync_folder(&path)
}

fn write(new: &Path, content: &[u8], old: &Path) -> io::Result<()> {
    let mut file = File::create(new)?;
    if let Ok(old) = fs::metadata(old) {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(content)?;
    file.sync_all()
}

/// A name in the same folder that nobody else uses.
fn beside(path: &Path) -> io::Result<PathBuf> {
    static SAVES: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this is no path of a file"))?;
    let mut new = OsString::from(".");
    new.push(name);
    new.push(format!(".{}-{}.new", process::id(), SAVES.fetch_add(1, Ordering::Relaxed)));
    Ok(path.with_file_name(new))
}

/// Puts the new name on the disk, where folders can be synced.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some file systems know no such thing.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        // A folder that may be written in but not read.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        outcome => outcome,
    }
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
