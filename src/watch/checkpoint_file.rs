//! Stores a checkpoint in a file that is complete at every moment.
//!
//! The writing itself is in `file::replace`, which the token of a session uses
//! as well. This file only says what goes wrong in terms of a checkpoint, with
//! the path in each error, because a bot often has one file for each account.

use std::{fs, io, path::Path};

use super::checkpoint::Checkpoint;
use crate::{
    error::Error,
    file::{Readers, replace},
};

impl Checkpoint {
    /// Reads what [`save`](Self::save) has written. `None` if the file does not
    /// exist, as before the first save. So `.resume(Checkpoint::load(path)?)`
    /// starts anew the first time and resumes after that.
    ///
    /// A missing folder is `None` too, and shows only when you save.
    ///
    /// Blocks until the file is read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with the path in the
    /// text, when the file cannot be read, or as for
    /// [`from_json`](Self::from_json). An empty file counts as damaged.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{env, fs, process};
    ///
    /// use rumble_live::{Checkpoint, Error, ErrorKind};
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let file =
    ///         env::temp_dir().join(format!("load-{}.json", process::id()));
    ///     assert_eq!(Checkpoint::load(&file)?, None);
    ///
    ///     fs::write(&file, "not a checkpoint")?;
    ///     let error: Error = Checkpoint::load(&file).unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     assert!(error.to_string().contains(&*file.to_string_lossy()));
    ///     fs::remove_file(file)?;
    ///     Ok(())
    /// }
    /// ```
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
    /// It replaces the file as a whole, and only once the new content is on the
    /// disk. If the process is killed or the machine loses power meanwhile, the
    /// file holds either the old content or the new. The new content is written
    /// next to the file first, so the folder must be writable. A kill at that
    /// moment may leave a file `.NAME.….new` there, which you can delete. A
    /// symbolic link stays, and the file that it leads to is replaced. The new
    /// file has the permissions of the old one.
    ///
    /// Blocks until the disk has it, which takes milliseconds, or much longer
    /// on a busy disk. If your bot has other things to do, call it in
    /// `tokio::task::spawn_blocking`. Do not call it for each line of a busy
    /// chat: the [events of one poll](crate::Watcher::next_poll) can share one
    /// save.
    ///
    /// Give each bot a file of its own: of two programs that save to one file,
    /// the last one wins.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with the path in the
    /// text and the reason as its source: no such folder, no permission, a full
    /// disk. The file is then unchanged, or it already has the new content and
    /// only the folder could not be synced. A bot need not end on it; it can
    /// try again after the next event.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Checkpoint, Snapshot, Tracker};
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let file = std::env::temp_dir().join(format!(
    ///         "rumble-live-example-{}.json",
    ///         std::process::id()
    ///     ));
    ///     assert!(Checkpoint::load(&file)?.is_none());
    ///
    ///     let mut tracker = Tracker::new();
    ///     tracker.apply(&Snapshot::from_json(
    ///         br#"{"now": 1767323046, "user_id": "4f2kx9"}"#,
    ///     )?);
    ///     let checkpoint =
    ///         tracker.checkpoint().ok_or("no snapshot was applied")?;
    ///     checkpoint.save(&file)?;
    ///     assert_eq!(Checkpoint::load(&file)?, Some(checkpoint));
    ///     std::fs::remove_file(file)?;
    ///     Ok(())
    /// }
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        replace(path, self.to_json().as_bytes(), Readers::AsBefore)
            .map_err(|error| Error::file("the checkpoint cannot be saved", path, error))
    }
}
