//! What was sent of a file: counted and hashed as it comes, and not kept.
//!
//! So a test can upload more than the machine has memory, and still check that
//! what arrived is what was sent. Only the fields of a form are kept, each up
//! to 1 MiB.

use futures_util::StreamExt as _;
use http::{HeaderMap, header::CONTENT_TYPE};
use multer::{Constraints, Multipart, SizeLimit};

use crate::{Body, Error, ErrorKind};

/// The most bytes of a field that is no file.
const LONGEST_FIELD: u64 = 1 << 20;

/// A file, by what can be known of it without keeping it.
///
/// # Examples
///
/// Whether a film arrives as it is, however it was cut into chunks:
///
/// ```test_harness
/// use rumble_live::{Error, session::Session, sim::Sim, upload::Licence};
///
/// #[tokio::test(start_paused = true)]
/// async fn chunks_make_up_the_file() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let path = std::env::temp_dir().join("rumble-live-doc-chunks.mp4");
///     std::fs::write(&path, "not really a film").unwrap();
///     let upload = session.upload(&path).title("Night shift").category(15);
///     let upload = upload.licence(Licence::RumbleOnly).accept_terms();
///     upload.chunk_size(5).start().await?.finish().await?;
///
///     let file = sim.uploads().remove(0).file;
///     assert_eq!(file.size, 17);
///     assert_eq!(file.md5, "ba944c42fd67d92b91bdcd2b7e2b2583");
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedFile {
    /// The name that it was sent by. For a video in chunks this is the upload's
    /// own name, and not that of the file on the disk.
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
    /// Their MD5, in 32 lower-case hexadecimal digits.
    pub md5: String,
}

/// What has come of a file so far.
#[derive(Clone)]
pub(super) struct Digest {
    pub(super) size: u64,
    hash: md5::Context,
}

impl Digest {
    /// Of a file of which nothing has come.
    pub(super) fn new() -> Self {
        Self { size: 0, hash: md5::Context::new() }
    }

    /// Takes more of it.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.hash.consume(bytes);
    }

    /// All that comes.
    pub(super) async fn take_all(&mut self, mut body: Body) -> Result<(), Error> {
        while let Some(bytes) = body.next().await {
            self.take(&bytes?);
        }
        Ok(())
    }

    /// The file, if this was all of it.
    pub(super) fn file(&self, name: &str) -> ReceivedFile {
        ReceivedFile { name: name.to_owned(), size: self.size, md5: format!("{:x}", self.hash.clone().finalize()) }
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Digest").field("size", &self.size).finish_non_exhaustive()
    }
}

/// A form with files.
#[derive(Debug, Default)]
pub(in crate::sim) struct ReceivedForm {
    pub(super) fields: Vec<(String, String)>,
    /// By the names of their fields.
    pub(super) files: Vec<(String, ReceivedFile)>,
}

impl ReceivedForm {
    /// Reads it to its end.
    pub(in crate::sim) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Error> {
        let failed = |error: multer::Error| Error::new(ErrorKind::Transport, error);
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = multer::parse_boundary(content_type).map_err(failed)?;
        let no_limit = Constraints::new().size_limit(SizeLimit::new().whole_stream(u64::MAX).per_field(u64::MAX));
        let mut form = Multipart::with_constraints(body, boundary, no_limit);
        let mut received = Self::default();
        while let Some(mut field) = form.next_field().await.map_err(failed)? {
            let name = field.name().unwrap_or_default().to_owned();
            let mut digest = Digest::new();
            if let Some(file_name) = field.file_name().map(ToOwned::to_owned) {
                while let Some(bytes) = field.chunk().await.map_err(failed)? {
                    digest.take(&bytes);
                }
                received.files.push((name, digest.file(&file_name)));
                continue;
            }
            let mut value = Vec::new();
            while let Some(bytes) = field.chunk().await.map_err(failed)? {
                digest.take(&bytes);
                if digest.size > LONGEST_FIELD {
                    return Err(Error::new(ErrorKind::Transport, "a field of the form is too long"));
                }
                value.extend_from_slice(&bytes);
            }
            received.fields.push((name, String::from_utf8_lossy(&value).into_owned()));
        }
        Ok(received)
    }

    /// The value of a field. Empty if it is not there.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.iter().find_map(|(field, value)| (field == name).then_some(value.as_str())).unwrap_or_default()
    }

    /// The file of a field.
    pub(super) fn file(&self, name: &str) -> Option<&ReceivedFile> {
        self.files.iter().find_map(|(field, file)| (field == name).then_some(file))
    }
}
