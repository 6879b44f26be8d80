//! What was uploaded, and what goes wrong with it. No I/O.
//!
//! Of an upload in chunks only running hashes are kept, one before each chunk.
//! So a chunk that is sent again takes its place without what came for it
//! before, and those after it must come again too. A merging wants exactly as
//! many chunks as it names.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::received::{Digest, ReceivedFile};
use crate::{
    Response, StreamId,
    sim::{Loss, fault::Next},
    upload::Step,
};

/// A video that was uploaded to the simulated site and published.
///
/// # Examples
///
/// What a program said of its video, by the names of the wire:
///
/// ```test_harness
/// use rumble_live::{Error, session::Session, sim::Sim, upload::Licence};
///
/// #[tokio::test(start_paused = true)]
/// async fn recording_is_private_by_default() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let path = std::env::temp_dir().join("rumble-live-doc-private.mp4");
///     std::fs::write(&path, "not really a film").unwrap();
///     let upload = session.upload(&path).title("Night shift").category(15);
///     let upload = upload.tags(["retro", "lamplight"]);
///     let upload = upload.licence(Licence::RumbleOnly).accept_terms();
///     upload.start().await?.finish().await?;
///
///     let published = sim.uploads().remove(0);
///     assert_eq!(published.username, "captain");
///     assert_eq!(published.fields["visibility"], "private");
///     assert_eq!(published.fields["tags"], "retro, lamplight");
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadedVideo {
    /// Its id.
    pub id: StreamId,
    /// The name of the user whose session or token it was.
    pub username: String,
    /// Its bytes, counted and hashed.
    pub file: ReceivedFile,
    /// The thumbnail of the uploader's own. `None` if there is none, also if
    /// one of Rumble's was chosen.
    pub thumbnail: Option<ReceivedFile>,
    /// All fields of the form that published it, by their names on the wire,
    /// such as `title` or `visibility`; without the token of a `SimpleUpload`.
    pub fields: BTreeMap<String, String>,
    /// The other files of a `SimpleUpload`, such as captions, by the names of
    /// their fields (`cc_en`). Empty for an upload in chunks.
    pub more_files: BTreeMap<String, ReceivedFile>,
}

/// All that is known of uploads.
#[derive(Debug, Default)]
pub(in crate::sim) struct Uploads {
    /// Those that are being sent, by their names.
    pub(super) parts: HashMap<String, Parts>,
    /// What was merged, and whose it is, by the name that it was given.
    pub(super) files: HashMap<String, (String, ReceivedFile)>,
    pub(super) thumbnails: HashMap<String, ReceivedFile>,
    pub(in crate::sim) published: Vec<UploadedVideo>,
    /// How many requests of each step there were.
    pub(super) requests: BTreeMap<Step, u64>,
    pub(super) spoiled: BTreeMap<Step, VecDeque<Spoiled>>,
    /// Whose token it is.
    pub(super) tokens: HashMap<String, String>,
    pub(super) answers_in_json: bool,
    pub(super) names_given: u64,
}

/// The chunks of one upload.
#[derive(Debug)]
pub(super) struct Parts {
    /// What has come before each chunk, and before the one that is still to
    /// come.
    pub(super) before: Vec<Digest>,
}

/// What becomes of one request.
#[derive(Debug)]
pub(super) enum Spoiled {
    /// It gets this answer and is not done.
    Answer(Next),
    /// Its answer is lost in this way.
    Lost(Loss),
}

impl Uploads {
    /// A request of this step has come. Tells what is to become of it.
    pub(super) fn begin(&mut self, step: Step) -> Option<Spoiled> {
        *self.requests.entry(step).or_default() += 1;
        self.spoiled.get_mut(&step)?.pop_front()
    }

    /// The next request of this step gets this, after those that were queued
    /// before.
    pub(super) fn spoil(&mut self, step: Step, spoiled: Spoiled) {
        self.spoiled.entry(step).or_default().push_back(spoiled);
    }

    /// The next request of this step gets this answer.
    pub(super) fn answer_next(&mut self, step: Step, answer: Response) {
        self.spoil(step, Spoiled::Answer(Next::Answer(answer)));
    }

    /// What came before a chunk; `None` where the parts before it are not
    /// there.
    pub(super) fn before(&self, upload: &str, chunk: usize) -> Option<Digest> {
        match self.parts.get(upload) {
            Some(parts) => parts.before.get(chunk).cloned(),
            None => (chunk == 0).then(Digest::new),
        }
    }

    /// A chunk has come whole, in place of what came for it before.
    pub(super) fn take_chunk(&mut self, upload: &str, chunk: usize, digest: Digest) {
        let parts = self.parts.entry(upload.to_owned()).or_insert_with(|| Parts { before: vec![Digest::new()] });
        parts.before.truncate(chunk + 1);
        parts.before.push(digest);
    }

    /// Puts the parts together. `None` where not all are there.
    pub(super) fn merge(&mut self, username: &str, upload: &str, chunks: usize) -> Option<String> {
        let parts = self.parts.get(upload).filter(|parts| parts.before.len() == chunks + 1)?;
        let whole = parts.before.last()?;
        self.names_given += 1;
        let extension = upload.rsplit_once('.').map_or("mp4", |(_, extension)| extension);
        let name = format!("0-{:022x}.{extension}", self.names_given);
        self.files.insert(name.clone(), (username.to_owned(), whole.file(upload)));
        self.parts.remove(upload);
        Some(name)
    }
}
