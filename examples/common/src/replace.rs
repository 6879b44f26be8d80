//! Replaces a file as a whole: whenever the process is killed, the file has
//! either the old content or the new.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use tempfile::{Builder, NamedTempFile};

/// Writes this content to the file. Only its owner can read it.
///
/// # Errors
///
/// If the new file cannot be written beside the old one or take its place.
pub fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    // Keep a symbolic link, and replace what it points to.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let mut new = beside(&file)?;
    new.write_all(content)?;
    new.as_file().sync_all()?;
    new.persist(&file)?;
    // If folders cannot be synced, the new name reaches the disk some time later.
    File::open(folder(&file)).and_then(|folder| folder.sync_all()).or_else(|error| match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied => Ok(()),
        _ => Err(error),
    })
}

/// Makes sure that the file can be replaced.
///
/// # Errors
///
/// If no file can be made beside it.
pub fn try_to_replace(file: &Path) -> io::Result<()> {
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    beside(&file).map(drop)
}

/// A new file in the same folder. Only its owner can read it.
fn beside(file: &Path) -> io::Result<NamedTempFile> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Builder::new().prefix(&format!(".{name}.")).suffix(".new").tempfile_in(folder(file))
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
