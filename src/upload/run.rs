//! The edge of an upload: does what the steps say, and tells them what came of
//! it.
//!
//! [`Steps`] decides, [`answer`] reads, [`Teller`] reports; here the requests
//! are made, with their limits. Two rules are kept here. The host is used only
//! for the upload that found it. And an act that is never repeated makes an
//! error `Unclear` unless it is certain that nothing was done, an answer that
//! cannot be read included.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Method};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::sleep,
};

use super::{
    answer::{self, Uploaded},
    choice::Thumbnail,
    form::{self, Details, FileMeta},
    multipart::Form,
    plan::{Names, Plan},
    running::Teller,
    sending::unless_stuck,
    source::Source,
    steps::{Act, Steps},
};
use crate::{
    error::{Error, ErrorKind},
    session::{
        Session,
        errand::{Errand, Told},
    },
    transport::{Body, Limits, SecretUrl},
};

/// How long an answer to a chunk may take once all of it has gone out.
const CHUNK: Duration = Duration::from_secs(60);
/// How long thumbnails may take to be made or taken.
const THUMBNAIL: Duration = Duration::from_secs(3 * 60);
/// How long a large file may take to be put together, and to be published.
const LONG: Duration = Duration::from_secs(15 * 60);
/// The largest answer, except the one that holds thumbnails.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// Three pictures in base 64 may be so large.
const MOST_OF_THUMBNAILS: usize = 32 * 1024 * 1024;
/// What is asked of the version of the service.
const API: &str = "api=1.3";

const MERGE_UNCLEAR: &str =
    "no good answer came when the parts were to be put together; it was not asked again. Nothing was published, so begin the upload anew";
const PUBLISH_UNCLEAR: &str = "no good answer came when the video was to be published, so it may have been; it was not asked again. Look for it among the account's own videos. If a second \
     try of the same file is refused with \"Duplicate\", it was published";

/// An own thumbnail, read.
pub(super) struct OwnThumbnail {
    pub(super) content: Bytes,
    pub(super) extension: String,
}

/// The picture, as far as it is known before the video is there.
pub(super) enum Picture {
    Automatic(usize),
    Own(OwnThumbnail),
}

/// All that an upload needs. It is moved into the future that is polled, so
/// dropping that closes the file and frees the session for another upload.
pub(super) struct Run {
    pub(super) session: Session,
    pub(super) source: Source,
    pub(super) plan: Plan,
    pub(super) names: Names,
    pub(super) extension: String,
    pub(super) details: Details,
    pub(super) picture: Picture,
    pub(super) start_ms: u64,
    pub(super) random: fastrand::Rng,
    /// The right to be the one upload of the session.
    pub(super) _only: OwnedSemaphorePermit,
}

impl Thumbnail {
    /// The extensions that a picture may have.
    pub(super) const EXTENSIONS: [&'static str; 5] = ["png", "jpg", "jpeg", "gif", "webp"];
}

impl Run {
    /// The whole upload, to the published video or the error that ends it.
    pub(super) async fn run(mut self, mut teller: Teller) -> Result<Uploaded, Error> {
        let mut steps = Steps::new(self.plan.count());
        let mut host = None;
        loop {
            let act = steps.act();
            let chunk = if let Act::Send(chunk) = act { chunk } else { 0 };
            if steps.failures() == 0 {
                teller.step(steps.step(), chunk, 0).await;
            }
            let outcome = match (act, &host) {
                (Act::FindHost, _) | (_, None) => self.find_host(&mut teller).await.map(|url| {
                    host = Some(url);
                    String::new()
                }),
                (Act::Send(chunk), Some(host)) => self.send(host, chunk, &mut teller).await,
                (Act::Merge, Some(host)) => self.merge(host, &mut teller).await,
                (Act::Thumbnail { file }, Some(host)) => self.thumbnail(host, &file, &mut teller).await,
                (Act::Publish { file, thumbnail }, Some(host)) => return self.publish(host, &file, &thumbnail, &mut teller).await,
            };
            match outcome {
                Ok(name) => steps.done(name),
                Err(error) => {
                    let wait = steps.failed(error, self.random.f64())?;
                    // Said before the wait, which may be long.
                    teller.step(steps.step(), chunk, steps.failures()).await;
                    sleep(wait).await;
                }
            }
        }
    }

    /// The host that takes the video, as the site names it. The one request
    /// that waits for its turn.
    async fn find_host(&self, teller: &mut Teller) -> Result<SecretUrl, Error> {
        let session = self.session.clone();
        teller.attend(async move { session.upload_url().await }, silent(), 0).await
    }

    /// What follows the host, and which chunks there are.
    fn query(&self, chunk: &str) -> String {
        format!("chunkSz={}&chunkQty={}&chunk={chunk}", self.plan.chunk_size(), self.plan.count())
    }

    /// Sends a chunk. A failure of the disk is told rather than what the
    /// transport made of it.
    async fn send(&self, host: &SecretUrl, chunk: u64, teller: &mut Teller) -> Result<String, Error> {
        let piece = self.plan.piece(chunk);
        let (sender, sent) = watch::channel(0);
        let body = Body::sized_stream(piece.length, self.source.stream(piece, sender));
        let asked = errand(host, &self.query(&self.names.chunk(chunk)))?;
        let errand = Errand { body, limits: Limits { whole: None, ..asked.limits }, ..asked };
        let (session, watched) = (self.session.clone(), sent.clone());
        let request = async move { unless_stuck(session.run(errand), watched, piece.length, CHUNK).await };
        let told = teller.attend(request, sent, piece.offset).await.map_err(|error| self.source.failure().unwrap_or(error))?;
        answer::chunk(&told.body, &|words| told.shown(words))?;
        teller.arrived(piece.offset + piece.length).await;
        Ok(String::new())
    }

    /// Has the chunks put together, unless the file was changed meanwhile.
    /// Gives the name that the whole has on Rumble's side.
    async fn merge(&self, host: &SecretUrl, teller: &mut Teller) -> Result<String, Error> {
        self.source.check_unchanged().await?;
        let query = format!("{}&merge={}", self.query(&self.names.upload()), self.plan.count() - 1);
        let unclear = Some(MERGE_UNCLEAR);
        let told = self.ask(Errand { unclear, ..errand(host, &query)? }, LONG, teller).await?;
        answer::merged(&told.body, &|words| told.shown(words)).map_err(|error| odd_is_unclear(error, unclear))
    }

    /// The name of the thumbnail: of one that Rumble has made, or of one's own,
    /// which is sent.
    async fn thumbnail(&mut self, host: &SecretUrl, file: &str, teller: &mut Teller) -> Result<String, Error> {
        match &self.picture {
            Picture::Automatic(place) => {
                let place = *place;
                let limits = Limits { max_body: MOST_OF_THUMBNAILS, ..Limits::default() };
                let told = self.ask(Errand { limits, ..errand(host, &format!("thumbnails={file}"))? }, THUMBNAIL, teller).await?;
                answer::automatic_thumbnail(&told.body, place)
            }
            Picture::Own(OwnThumbnail { content, extension }) => {
                let name = self.names.thumbnail(extension);
                let form = Form::new(&mut self.random);
                let (content_type, body) = form.file("customThumb", &name, form::content_type(extension), content.clone()).finish()?;
                let asked = errand(host, &format!("cthumb={name}&json=1"))?;
                let told = self.ask(Errand { method: Method::POST, content_type, body, ..asked }, THUMBNAIL, teller).await?;
                answer::own_thumbnail(&told.body, &|words| told.shown(words))
            }
        }
    }

    /// Publishes the video. From here on an error may leave open whether it is
    /// there.
    async fn publish(&self, host: &SecretUrl, file: &str, thumbnail: &str, teller: &mut Teller) -> Result<Uploaded, Error> {
        let meta = FileMeta {
            name: self.source.name(),
            modified_ms: self.source.modified().map_or(self.start_ms, millis),
            size: self.source.size(),
            content_type: form::content_type(&self.extension),
            start_ms: self.start_ms,
            end_ms: millis(SystemTime::now()),
            chunks: self.plan.count(),
        };
        let fields = form::fields(&self.details, file, thumbnail, &meta)?;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        let unclear = Some(PUBLISH_UNCLEAR);
        let asked = Errand { method: Method::POST, content_type, body: body.into(), unclear, ..errand(host, "form=1")? };
        let told = self.ask(asked, LONG, teller).await?;
        answer::published(&told.body, &|words| told.shown(words)).map_err(|error| odd_is_unclear(error, unclear))
    }

    /// Makes a request that is small, and so has one limit on the whole.
    async fn ask(&self, errand: Errand, whole: Duration, teller: &mut Teller) -> Result<Told, Error> {
        let unclear = errand.unclear;
        let limits = Limits { whole: Some(whole), ..errand.limits };
        let session = self.session.clone();
        let request = async move { session.run(Errand { limits, ..errand }).await };
        teller.attend(request, silent(), 0).await.map_err(|error| match error.kind() {
            // The session sorts its own failures. This one is of the task that ran the request: it panicked, or its runtime was shut down.
            ErrorKind::Transport => Errand::may_be_done(unclear, error),
            _ => error,
        })
    }
}

/// A request without a body to the host of the upload.
fn errand(host: &SecretUrl, query: &str) -> Result<Errand, Error> {
    Ok(Errand {
        method: Method::PUT,
        url: format!("{}?{API}&{query}", host.expose()).parse()?,
        content_type: HeaderValue::from_static("application/octet-stream"),
        body: Body::empty(),
        limits: Limits { max_body: LARGEST_ANSWER, ..Limits::default() },
        unclear: None,
    })
}

/// What cannot be read says nothing of whether it was done.
fn odd_is_unclear(error: Error, unclear: Option<&'static str>) -> Error {
    if error.kind() == ErrorKind::Decode { Errand::may_be_done(unclear, error) } else { error }
}

/// Of a request whose body is too small to be watched.
fn silent() -> watch::Receiver<u64> {
    watch::channel(0).1
}

/// Since 1970.
pub(super) fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
