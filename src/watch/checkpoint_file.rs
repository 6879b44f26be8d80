//! A checkpoint in a file.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::checkpoint::Checkpoint;
use crate::error::Error;

impl Checkpoint {
    /// Reads what [`save`](Self::save) wrote. `None` where there is no such file, as at the first start of a bot.
    ///
    /// It reads a file of 64 KiB at most; where even that must not hold up other tasks, call it in `tokio::task::spawn_blocking`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where the file cannot be read, or is no checkpoint that this version knows. The text names
    /// the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Option<Self>, Error> {
        let path = path.as_ref();
        match fs::read(path) {
            Ok(json) => Self::from_json(&json).map(Some).map_err(|error| Error::config(format!("{}: {error}", path.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file("the checkpoint cannot be read", path, error)),
        }
    }

    /// Writes it to a file as a whole: whatever happens meanwhile, the file holds the old checkpoint or the new one, and once this returns, the
    /// new one is on the disk.
    ///
    /// It is written beside the file first, under its name with `.new` after it. One process may save to one file. It waits for the disk, so
    /// call it in `tokio::task::spawn_blocking` where that must not hold up other tasks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where the file cannot be written. The text names it, and the old checkpoint stays.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Checkpoint, Snapshot, Tracker};
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let file = std::env::temp_dir().join(format!("checkpoint-{}.json", std::process::id()));
    ///     assert!(Checkpoint::load(&file)?.is_none());
    ///
    ///     let mut tracker = Tracker::new();
    ///     tracker.apply(&Snapshot::from_json(br#"{"now": 1767323046, "user_id": "4f2kx9"}"#)?);
    ///     if let Some(checkpoint) = tracker.checkpoint() {
    ///         checkpoint.save(&file)?;
    ///         assert_eq!(Checkpoint::load(&file)?, Some(checkpoint));
    ///         std::fs::remove_file(&file)?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        replace(path, self.to_json().as_bytes()).map_err(|error| Error::file("the checkpoint cannot be saved", path, error))
    }
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().map(OsString::from).ok_or(io::ErrorKind::InvalidFilename)?;
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = File::create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&new, path)?;
    sync_folder(path)
}

/// A new name in a folder is safe when the folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.map_or_else(|| PathBuf::from("."), Path::to_owned))?.sync_all()
}

/// Other systems cannot open a folder, and need not.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
