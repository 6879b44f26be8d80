//! Videos, in chunks and by token.

mod cancel;
mod chunks;
mod faults;
mod settings;
mod simple;
mod site;
#[cfg(feature = "http")]
mod sockets;
mod wire;

use std::path::{Path, PathBuf};

use rumble_live::{
    Error,
    session::Session,
    sim::Sim,
    upload::{Licence, Progress, Upload, UploadBuilder, Uploaded},
};
use tempfile::TempDir;

/// A file of so many bytes.
struct Film {
    folder: TempDir,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Film {
    fn of(size: usize) -> Self {
        Self::named("run.mp4", size)
    }

    fn named(name: &str, size: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let bytes: Vec<u8> = (0..size).map(|place| u8::try_from(place % 251).unwrap()).collect();
        std::fs::write(&path, &bytes).unwrap();
        Self { folder, path, bytes }
    }

    /// Another file beside it.
    fn beside(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn md5(&self) -> String {
        format!("{:x}", md5::compute(&self.bytes))
    }
}

/// A file of nothing but zeros, which takes no room on the disk.
fn sparse(folder: &TempDir, size: u64) -> PathBuf {
    let path = folder.path().join("long.mp4");
    std::fs::File::create(&path).unwrap().set_len(size).unwrap();
    path
}

fn captain(sim: &Sim) -> Session {
    Session::builder().transport(sim.clone()).build(sim.session("captain")).unwrap()
}

/// All that must be set.
fn draft(session: &Session, path: &Path) -> UploadBuilder {
    session.upload(path).title("Late levels by lamplight").category(15).licence(Licence::RumbleOnly).accept_terms()
}

/// The same in three chunks.
async fn in_three(session: &Session, film: &Film) -> Upload {
    draft(session, &film.path).chunk_size(film.bytes.len() as u64 / 3 + 1).start().await.unwrap()
}

/// All that it tells, and how it ends.
async fn run(mut upload: Upload) -> (Vec<Progress>, Result<Uploaded, Error>) {
    let mut told = Vec::new();
    while let Some(progress) = upload.next().await {
        told.push(progress);
    }
    (told, upload.finish().await)
}
