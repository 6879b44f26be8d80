//! What was sent of a file: counted and hashed as it comes, and not kept.

use futures_util::StreamExt as _;
use http::{HeaderMap, header::CONTENT_TYPE};
use multer::{Constraints, Multipart, SizeLimit};

use crate::{Body, Error, ErrorKind};

/// The most bytes of a field that is no file.
const LONGEST_FIELD: u64 = 1 << 20;

/// A file, by what can be known of it without keeping it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedFile {
    /// The name that it was sent by.
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
    /// Their MD5, in hexadecimal digits.
    pub md5: String,
}

/// What has come of a file so far.
#[derive(Clone)]
pub(super) struct Digest {
    pub(super) size: u64,
    hash: md5::Context,
}

impl Digest {
    pub(super) fn new() -> Self {
        Self { size: 0, hash: md5::Context::new() }
    }

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

    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.iter().find_map(|(field, value)| (field == name).then_some(value.as_str())).unwrap_or_default()
    }

    pub(super) fn file(&self, name: &str) -> Option<&ReceivedFile> {
        self.files.iter().find_map(|(field, file)| (field == name).then_some(file))
    }
}
