//! The upload API that Rumble documents (`simple-upload.php`): one request,
//! with a token in place of a session.

mod answer;
mod token;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::StreamExt as _;
use http::{
    HeaderValue, Method,
    header::{ACCEPT, CONTENT_TYPE, USER_AGENT},
};
use tokio::sync::watch;

pub use self::token::UploadToken;
use super::{
    answer::Uploaded,
    builder::{channel_number, check_title, no_licence, own_thumbnail},
    choice::Licence,
    form::content_type,
    multipart::Form,
    plan::{self, Piece},
    progress::Step,
    run::OwnThumbnail,
    running::{Teller, Upload},
    sending::unless_stuck,
    source::{Source, read_small},
};
use crate::{
    client::{Endpoints, default_user_agent, user_agent},
    error::{Error, ErrorKind},
    session::unfinished::Unfinished,
    snapshot::ChannelId,
    transport::{
        Body, Limits, Request, SecretUrl, Secrets, Transport, default_transport, exchange,
        flight::{self, Flight},
        html::{begins_html, is_html},
        random, retry_after,
    },
};

/// How long the answer may take once the file has gone out.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// The kinds of captions that Rumble takes.
const CAPTIONS: [&str; 5] = ["vtt", "srt", "sbv", "stl", "sub"];
const LARGEST_CAPTIONS: u64 = 16 * 1024 * 1024;

const UNCLEAR: &str =
    "no good answer came, so the video may be published; it was not sent again. Look for it among the account's own videos before you do";

/// Uploads videos by the API that Rumble documents, with a token. Cheap to
/// clone.
///
/// Rumble hands such tokens out by mail, on request. In 2026 it told one
/// project that no upload API was offered at the moment: ask before you build
/// on it. The API has no tags, categories, visibility or schedule.
///
/// ```no_run
/// use rumble_live::upload::{Licence, SimpleUpload, UploadToken};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///     let uploads = SimpleUpload::new(UploadToken::from_env("RUMBLE_UPLOAD_TOKEN")?);
///     let upload = uploads.upload("run.mp4").title("Late levels by lamplight").licence(Licence::PersonalUse).start().await?;
///     println!("published as {}", upload.finish().await?.id);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct SimpleUpload {
    token: UploadToken,
    endpoints: Endpoints,
    transport: Option<Arc<dyn Transport>>,
    user_agent: Result<HeaderValue, Error>,
}

impl SimpleUpload {
    /// Uploads as the user of this token, to Rumble, over a pool of its own for
    /// each video.
    #[must_use]
    pub fn new(token: UploadToken) -> Self {
        let user_agent = Ok(default_user_agent());
        Self { token, endpoints: Endpoints::default(), transport: None, user_agent }
    }

    /// Where Rumble's site is. Default: Rumble's own. The token goes there, so
    /// it must be `https://`, but for this machine.
    #[must_use]
    pub fn endpoints(mut self, endpoints: Endpoints) -> Self {
        self.endpoints = endpoints;
        self
    }

    /// Uses this transport, such as a [`Pool`](crate::Transport) that is shared
    /// with others. Without feature `http` there is no default.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// What it calls itself. Default: `rumble-live/` and the version.
    #[must_use]
    pub fn user_agent(mut self, text: impl AsRef<str>) -> Self {
        self.user_agent = user_agent(text.as_ref());
        self
    }

    /// Sets up the upload of a video.
    pub fn upload(&self, path: impl AsRef<Path>) -> SimpleUploadBuilder {
        SimpleUploadBuilder {
            by: self.clone(),
            path: path.as_ref().to_owned(),
            title: String::new(),
            description: String::new(),
            licence: None,
            channel: None,
            guid: None,
            thumbnail: None,
            captions: Vec::new(),
        }
    }
}

impl fmt::Debug for SimpleUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimpleUpload").field("token", &self.token).field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

/// Sets up an [`Upload`] by token. Made by [`SimpleUpload::upload`].
///
/// Title and licence must be set. All of it is checked before the request.
#[must_use = "an upload does nothing until it is started"]
#[derive(Debug)]
pub struct SimpleUploadBuilder {
    by: SimpleUpload,
    path: PathBuf,
    title: String,
    description: String,
    licence: Option<Licence>,
    channel: Option<ChannelId>,
    guid: Option<String>,
    thumbnail: Option<PathBuf>,
    captions: Vec<(String, PathBuf)>,
}

impl SimpleUploadBuilder {
    /// The title, of 100 characters at most (`title`). The API states no limit;
    /// it is that of the site's own form.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// What the video is about (`description`). Default: empty.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// The rights that you give Rumble (`license_type`):
    /// [`PersonalUse`](Licence::PersonalUse) or
    /// [`RumbleOnly`](Licence::RumbleOnly). There is no default.
    pub fn licence(mut self, licence: Licence) -> Self {
        self.licence = Some(licence);
        self
    }

    /// One of the user's channels (`channel_id`). Default: the user's own
    /// profile.
    pub fn channel(mut self, channel: impl Into<ChannelId>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// An id of your own (`guid`). Whether Rumble uses it to recognise a second
    /// upload is not known.
    pub fn guid(mut self, guid: impl Into<String>) -> Self {
        self.guid = Some(guid.into());
        self
    }

    /// A picture that stands for it: png, jpg, gif or webp, of 16 MiB at most
    /// (`thumb`). Default: one that Rumble makes.
    pub fn thumbnail(mut self, path: impl AsRef<Path>) -> Self {
        self.thumbnail = Some(path.as_ref().to_owned());
        self
    }

    /// Captions in a language, such as `en`: vtt, srt, sbv, stl or sub, of 16
    /// MiB at most (`cc_en`).
    pub fn captions(mut self, language: impl Into<String>, path: impl AsRef<Path>) -> Self {
        self.captions.push((language.into(), path.as_ref().to_owned()));
        self
    }

    /// Opens the files and checks everything. Sends nothing: poll what it
    /// gives.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where something is missing or cannot work: a file
    /// that cannot be read or is empty, no title or one that is too long, no
    /// licence or one that this API does not have, captions of another kind, a
    /// site over plain http on another machine, or no transport.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing behind.
    pub async fn start(self) -> Result<Upload, Error> {
        let Self { by, path, title, description, licence, channel, guid, thumbnail, captions } = self;
        check_title(&title)?;
        let licence = licence.ok_or_else(no_licence)?;
        if !matches!(licence, Licence::PersonalUse | Licence::RumbleOnly) {
            return Err(Error::config("this API knows the licences PersonalUse and RumbleOnly alone; choose one of them"));
        }
        let channel = channel.as_ref().map(channel_number).transpose()?;
        for (language, path) in &captions {
            check_captions(language, path)?;
        }
        let site: SecretUrl = by.endpoints.site().parse()?;
        if site.is_plain_http() && !site.is_loopback() {
            return Err(Error::config("the token must not go over plain http to another machine; begin the endpoints with https://"));
        }
        let url: SecretUrl = format!("{}/api/simple-upload.php", site.origin()).parse()?;
        let transport = by.transport.clone().map_or_else(|| default_transport("SimpleUpload::transport"), Ok)?;
        let user_agent = by.user_agent.clone()?;
        let opening = flight::blocking(move || {
            let thumbnail = thumbnail.as_deref().map(own_thumbnail).transpose()?;
            let captions: Result<Vec<_>, Error> =
                captions.into_iter().map(|(language, path)| Ok((language, name_of(&path), read_small(&path, LARGEST_CAPTIONS)?))).collect();
            Ok((Source::open(&path)?, thumbnail, captions?))
        });
        let (source, thumbnail, captions) = Flight::start(&flight::runtime()?, None, opening).await?;
        let mut form = Form::new(&mut random(&*transport))
            .text("access_token", by.token.expose())
            .text("title", title.trim())
            .text("description", &description)
            .text("license_type", &licence.number().to_string());
        for (name, value) in [("channel_id", channel.map(|channel| channel.to_string())), ("guid", guid)] {
            form = value.into_iter().fold(form, |form, value| form.text(name, &value));
        }
        if let Some(OwnThumbnail { content, extension }) = thumbnail {
            form = form.file("thumb", &format!("thumbnail.{extension}"), content_type(&extension), content);
        }
        for (language, name, content) in captions {
            form = form.file(&format!("cc_{language}"), &name, "text/plain", content);
        }
        let run = Run { source, url, transport, user_agent, token: by.token, form };
        Ok(Upload::new(run.source.size(), 1, |teller| run.run(teller)))
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn check_captions(language: &str, path: &Path) -> Result<(), Error> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if language.is_empty() || language.len() > 16 || !language.bytes().all(is_plain) {
        return Err(Error::config("the language of captions is a short word, such as en"));
    }
    let is_known = plan::extension(&name_of(path)).is_some_and(|extension| CAPTIONS.contains(&extension.as_str()));
    if is_known { Ok(()) } else { Err(Error::config(format!("captions are a vtt, srt, sbv, stl or sub file: {}", path.display()))) }
}

/// One request.
struct Run {
    source: Source,
    url: SecretUrl,
    transport: Arc<dyn Transport>,
    user_agent: HeaderValue,
    token: UploadToken,
    form: Form,
}

impl Run {
    async fn run(self, mut teller: Teller) -> Result<Uploaded, Error> {
        teller.step(Step::Whole, 0, 0).await;
        let Self { source, url, transport, user_agent, token, form } = self;
        let size = source.size();
        let (sender, sent) = watch::channel(0);
        let name = source.name();
        let extension = plan::extension(&name).unwrap_or_default();
        let content = source.stream(Piece { offset: 0, length: size }, sender).boxed();
        let (kind, body) = form.streamed_file("video", &name, content_type(&extension), size, content).finish()?;
        let request = Request::new(Method::POST, url)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, user_agent)
            .header(CONTENT_TYPE, kind)
            .body(body)
            .limits(Limits { whole: None, ..Limits::default() });
        // The body is a stream, so what it holds must be named to be kept out of errors.
        let named = form_urlencoded::Serializer::new(String::new()).append_pair("access_token", token.expose()).finish();
        let secrets = Secrets::of(&request.url, &request.headers, &Body::from(named));
        let watched = sent.clone();
        let exchange = async move {
            let unfinished = Unfinished::of_a_change();
            let answered = unless_stuck(ask(&*transport, request, &token), watched, size, PATIENCE).await;
            unfinished.finish();
            answered
        };
        let answered = teller.attend(exchange, sent, 0).await;
        let answered = answered.map_err(|error| may_be_published(source.failure().unwrap_or_else(|| secrets.clean(error))))?;
        teller.arrived(size).await;
        Ok(answered)
    }
}

async fn ask(transport: &dyn Transport, request: Request, token: &UploadToken) -> Result<Uploaded, Error> {
    let most = request.limits.max_body;
    let response = exchange::open(transport, request).await?;
    let status = response.status.as_u16();
    let says_html = is_html(response.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()));
    let retry_after = retry_after::of(&response.headers, SystemTime::now());
    let body = match response.body.collect(most).await {
        // The status says it all.
        Err(_) if !(200..=299).contains(&status) => bytes::Bytes::new(),
        body => body?,
    };
    let is_page = says_html || begins_html(&body);
    answer::read(status, is_page, &body, retry_after, token.expose())
}

/// What a failure of the one request means.
fn may_be_published(error: Error) -> Error {
    use ErrorKind::{Challenge, Config, Connect, RateLimited, Refused, Status};
    match error.kind() {
        Challenge | Config | Connect | RateLimited | Refused | Status => error,
        _ => Error::caused_by(ErrorKind::Unclear, UNCLEAR, error),
    }
}
