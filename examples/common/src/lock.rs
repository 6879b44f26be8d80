//! Keeps two programs from using one file at the same time: each would undo
//! what the other has saved.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

/// Locks `FILE.lock` until the lock is dropped or the process ends, however it
/// ends.
///
/// The file itself cannot be locked, because each save replaces it with a new
/// one.
///
/// # Errors
///
/// If another program holds the lock, or the lock file cannot be opened or
/// locked.
pub fn lock(file: &Path) -> anyhow::Result<File> {
    // A symbolic link means the file that it points to.
    let mut name = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()).into_os_string();
    name.push(".lock");
    let name = PathBuf::from(name);
    let lock = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&name)
        .with_context(|| format!("{}: cannot be opened", name.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            bail!("{}: another program uses this file; end that program, or choose another file", file.display())
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{}: cannot be locked; keep the file on a disk of this machine", name.display()))
        }
    }
}
