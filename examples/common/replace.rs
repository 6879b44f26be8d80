//! Replaces a file as a whole: whoever reads it, at whatever moment the process was killed, finds the old content or the new.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use tempfile::{Builder, NamedTempFile};

/// Writes this content to the file, which only its owner can read.
pub(crate) fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    // A link stays, and what it points at is replaced.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let mut new = beside(&file)?;
    new.write_all(content)?;
    new.as_file().sync_all()?;
    new.persist(&file)?;
    // Where folders cannot be synced, the new name reaches the disk in its own time.
    File::open(folder(&file)).and_then(|folder| folder.sync_all()).or_else(|error| match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied => Ok(()),
        _ => Err(error),
    })
}

/// Makes sure that the file can be replaced.
pub(crate) fn try_to_replace(file: &Path) -> io::Result<()> {
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    beside(&file).map(drop)
}

/// A new file in the same folder, which only its owner can read.
fn beside(file: &Path) -> io::Result<NamedTempFile> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Builder::new().prefix(&format!(".{name}.")).suffix(".new").tempfile_in(folder(file))
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
