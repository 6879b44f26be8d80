//! Keeps two programs from using one file at the same time: each would undo what the other has saved.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

/// Locks `FILE.lock` until the lock is dropped or the process ends, however it ends.
///
/// The file itself cannot be locked, for each save puts a new one in its place.
pub(crate) fn lock(file: &Path) -> anyhow::Result<File> {
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let lock = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&name)
        .with_context(|| format!("{}: cannot create a file in its folder", file.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            bail!("{}: another program uses this file; end that one, or give this one a file of its own", file.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{}: cannot lock", name.display())),
    }
}
