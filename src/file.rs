//! Writes files that are complete at every moment.
//!
//! For checkpoints, tokens of sessions and recordings: a reader, or a process
//! that starts after a crash, finds either the old content or the new one, and
//! never a part. So the content goes to a new file in the same folder, which is
//! synced and then renamed over the old one. A rename within a folder is
//! atomic, and across file systems it would fail, hence the same folder. The
//! folder is synced last, or a power cut could undo the rename.
//!
//! Everything here waits for the disk. Async callers put it on a thread of its
//! own.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever may read the file that is replaced.
    AsBefore,
    /// Only its owner, where the system supports that.
    #[cfg(feature = "session")]
    Owner,
}

/// Replaces a file so that at every moment it is either the old one or the new
/// one.
///
/// If it fails, the old file is untouched and the new one is removed, unless
/// only the last step failed, the sync of the folder: then the new content is
/// in place, but a power cut may bring the old one back. Two callers that
/// replace one file at the same time do not disturb each other; the last rename
/// wins.
///
/// # Errors
///
/// Those of the disk, and `InvalidInput` if the path ends in `..` or is a root.
pub(crate) fn replace(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    // A symbolic link stays, and its target is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let new = beside(&path)?;
    let written = write(&new, content, &path, readers).and_then(|()| fs::rename(&new, &path));
    if let Err(error) = written {
        // The new file may not exist. The error that matters is the first one.
        fs::remove_file(&new).ok();
        return Err(error);
    }
    sync_folder(&path)
}

/// Writes the new file and waits until it is on the disk. With
/// [`Readers::AsBefore`] it gets the permissions of the old one before the
/// content, so the content is at no moment readable by more people.
fn write(new: &Path, content: &[u8], old: &Path, readers: Readers) -> io::Result<()> {
    let mut file = create(new, readers)?;
    if readers == Readers::AsBefore
        && let Ok(old) = fs::metadata(old)
    {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(content)?;
    file.sync_all()
}

/// Creates the file with its final mode. A `chmod` afterwards would leave a
/// moment in which others could open it.
#[cfg(all(unix, feature = "session"))]
fn create(new: &Path, readers: Readers) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let mode = if readers == Readers::Owner { 0o600 } else { 0o666 };
    File::options().write(true).create(true).truncate(true).mode(mode).open(new)
}

/// Creates the file. There is nothing to restrict: only sessions ask for that,
/// and only Unix has modes.
#[cfg(not(all(unix, feature = "session")))]
fn create(new: &Path, _: Readers) -> io::Result<File> {
    File::create(new)
}

/// A name in the same folder that nobody else uses: hidden, and with the id of
/// the process and a number, so neither another process nor another thread
/// picks the same.
fn beside(path: &Path) -> io::Result<PathBuf> {
    static SAVES: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this is not the path of a file"))?;
    let mut new = OsString::from(".");
    new.push(name);
    new.push(format!(".{}-{}.new", process::id(), SAVES.fetch_add(1, Ordering::Relaxed)));
    Ok(path.with_file_name(new))
}

/// Syncs the folder, so the new name reaches the disk. Where that is not
/// possible, the file is still complete, so it is not an error.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some file systems cannot sync a folder.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        // The folder may be writable but not readable.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        outcome => outcome,
    }
}

/// Other systems have no way to sync a folder.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
