//! Videos, in chunks and by token.

mod chunks;

use std::path::PathBuf;

use rumble_live::{
    Error,
    session::Session,
    sim::Sim,
    upload::{Licence, Progress, Upload, UploadBuilder, Uploaded},
};
use tempfile::TempDir;

/// A file of so many bytes, none of which is like the one before.
struct Film {
    _folder: TempDir,
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
        Self { _folder: folder, path, bytes }
    }

    fn md5(&self) -> String {
        format!("{:x}", md5::compute(&self.bytes))
    }
}

fn captain(sim: &Sim) -> Session {
    Session::builder().transport(sim.clone()).build(sim.session("captain")).unwrap()
}

/// All that must be set.
fn draft(session: &Session, film: &Film) -> UploadBuilder {
    session.upload(&film.path).title("Late levels by lamplight").category(15).licence(Licence::RumbleOnly).accept_terms()
}

/// The same in three chunks.
fn in_three(session: &Session, film: &Film) -> UploadBuilder {
    draft(session, film).chunk_size(film.bytes.len() as u64 / 3 + 1)
}

/// All that it tells, and how it ends.
async fn run(mut upload: Upload) -> (Vec<Progress>, Result<Uploaded, Error>) {
    let mut told = Vec::new();
    while let Some(progress) = upload.next().await {
        told.push(progress);
    }
    (told, upload.finish().await)
}
