//! The upload API that Rumble documents (`simple-upload.php`): one request,
//! with a token in place of a session.
//!
//! There are no steps and nothing is repeated: a second try of a request that
//! may have been carried out could publish the video twice. So every failure is
//! sorted by one question, in [`may_be_published`]: is it certain that nothing
//! was done?
//!
//! It shares the [`Upload`], the file and the form with uploads in chunks, but
//! not the session: requests carry no cookie, do not wait for a turn, and go
//! over a transport of their own.

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
/// The most bytes of a file of captions. It is read into memory.
const LARGEST_CAPTIONS: u64 = 16 * 1024 * 1024;

/// What an error says if the video may be there.
const UNCLEAR: &str =
    "no good answer came, so the video may be published; it was not sent again. Look for it among the account's own videos before you do";

/// Uploads videos by the API that Rumble documents, with a token. Cheap to
/// clone.
///
/// Rumble hands such tokens out by mail, on request. In 2026 it told one
/// project that no upload API was offered at the moment: ask before you build
/// on it. The API has no tags, categories, visibility or schedule.
///
/// Several uploads may be under way at once. Nothing makes them wait for each
/// other, so go easy: start the next one when the last is over.
///
/// # Examples
///
/// ```no_run
/// use rumble_live::upload::{Licence, SimpleUpload, UploadToken};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///     let uploads =
///         SimpleUpload::new(UploadToken::from_env("RUMBLE_UPLOAD_TOKEN")?);
///     let upload = uploads
///         .upload("run.mp4")
///         .title("Late levels by lamplight")
///         .licence(Licence::PersonalUse)
///         .start()
///         .await?;
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
    /// It uploads to Rumble, as the user of this token. Each video gets a
    /// connection pool of its own unless you set a
    /// [transport](Self::transport).
    ///
    /// # Examples
    ///
    /// `Debug` shows the settings without the token, so you may log them:
    ///
    /// ```
    /// use rumble_live::upload::SimpleUpload;
    ///
    /// fn main() -> Result<(), rumble_live::Error> {
    ///     let token = "FAKE00000000000000000000000000000000TOKE".parse()?;
    ///     let uploads = SimpleUpload::new(token);
    ///     assert!(!format!("{uploads:?}").contains("TOKE"));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn new(token: UploadToken) -> Self {
        let user_agent = Ok(default_user_agent());
        Self { token, endpoints: Endpoints::default(), transport: None, user_agent }
    }

    /// Where Rumble's site is. Default: Rumble's own. The token goes there, so
    /// it must be `https://`, but for this machine. The check is made when an
    /// upload starts. The chat's endpoint is not used.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::upload::{Licence, SimpleUpload};
    /// use rumble_live::{Endpoints, Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let elsewhere = Endpoints::at("http://relay.example")?;
    ///     let uploads = SimpleUpload::new(sim.upload_token("captain"))
    ///         .endpoints(elsewhere)
    ///         .transport(sim.clone());
    ///
    ///     let upload = uploads
    ///         .upload("run.mp4")
    ///         .title("Night shift")
    ///         .licence(Licence::PersonalUse);
    ///     let error = upload.start().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     assert!(error.to_string().contains("must not go over plain http"));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn endpoints(mut self, endpoints: Endpoints) -> Self {
        self.endpoints = endpoints;
        self
    }

    /// Uses this transport, such as a [`Pool`](crate::Transport) that is shared
    /// with others. Without feature `http` there is no default, and an upload
    /// without a transport is refused when it starts.
    ///
    /// The transport must read the body inside a tokio runtime, and must not
    /// need all of it before it sends the first byte: a video may not fit into
    /// memory.
    ///
    /// # Examples
    ///
    /// A test sends to a simulated account:
    ///
    /// ```
    /// use rumble_live::sim::Sim;
    /// use rumble_live::upload::{Licence, SimpleUpload};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let sim = Sim::running(42);
    ///     let film =
    ///         std::env::temp_dir().join("rumble-live-doc-by-token.mp4");
    ///     std::fs::write(&film, "not really a film")?;
    ///
    ///     let uploads = SimpleUpload::new(sim.upload_token("captain"))
    ///         .transport(sim.clone());
    ///     let upload = uploads
    ///         .upload(&film)
    ///         .title("Night shift")
    ///         .licence(Licence::PersonalUse);
    ///     let video = upload.start().await?.finish().await?;
    ///
    ///     let published = sim.uploads().remove(0);
    ///     assert_eq!(
    ///         (published.id, published.username.as_str()),
    ///         (video.id, "captain")
    ///     );
    ///     assert_eq!(published.file.size, 17);
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// What it calls itself. Default: `rumble-live/` and the version. If a
    /// header cannot hold the text, each upload is refused when it starts.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Error,
    ///     sim::Sim,
    ///     upload::{Licence, SimpleUpload},
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let uploads = SimpleUpload::new(sim.upload_token("captain"))
    ///         .transport(sim.clone())
    ///         .user_agent("harborlight\nbot");
    ///
    ///     let upload = uploads
    ///         .upload("run.mp4")
    ///         .title("Night shift")
    ///         .licence(Licence::PersonalUse);
    ///     let error = upload.start().await.unwrap_err();
    ///     assert!(error.to_string().contains("a header cannot hold"));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn user_agent(mut self, text: impl AsRef<str>) -> Self {
        self.user_agent = user_agent(text.as_ref());
        self
    }

    /// Sets up the upload of a video. Nothing is opened or sent before
    /// [`start`](SimpleUploadBuilder::start).
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
/// Title and licence must be set. All of it is checked before the request. What
/// is not set is not sent, except the description, which is sent empty. There
/// is no `accept_terms`, because the API has no field for it.
///
/// # Examples
///
/// ```
/// use rumble_live::sim::Sim;
/// use rumble_live::upload::{Licence, SimpleUpload};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let sim = Sim::running(42);
///     let film = std::env::temp_dir().join("rumble-live-doc-simple.mp4");
///     let (picture, captions) =
///         (film.with_extension("jpg"), film.with_extension("vtt"));
///     std::fs::write(&film, "not really a film")?;
///     std::fs::write(&picture, "not really a picture")?;
///     std::fs::write(&captions, "WEBVTT")?;
///
///     let upload = SimpleUpload::new(sim.upload_token("captain"))
///         .transport(sim.clone())
///         .upload(&film)
///         .title("Late levels by lamplight")
///         .description("The whole run.")
///         .licence(Licence::RumbleOnly)
///         .channel("7104422")
///         .guid("run-2026-09-14")
///         .thumbnail(&picture)
///         .captions("en", &captions);
///     upload.start().await?.finish().await?;
///
///     let published = sim.uploads().remove(0);
///     assert_eq!(published.fields["channel_id"], "7104422");
///     assert_eq!(published.fields["guid"], "run-2026-09-14");
///     assert_eq!(published.fields["license_type"], "6");
///     assert_eq!(published.thumbnail.map(|picture| picture.size), Some(20));
///     assert_eq!(published.more_files["cc_en"].size, 6);
///     Ok(())
/// }
/// ```
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
    /// The title, of 1 to 100 characters (`title`), not counting white space
    /// around it, which is dropped. The API states no limit; it is that of the
    /// site's own form.
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
    /// [`RumbleOnly`](Licence::RumbleOnly). There is no default; the other two
    /// are refused when the upload starts.
    pub fn licence(mut self, licence: Licence) -> Self {
        self.licence = Some(licence);
        self
    }

    /// One of the user's channels, by its number (`channel_id`). Default: the
    /// user's own profile. The API has no list of them;
    /// [`Session::channels`](crate::session::Session::channels) has one for a
    /// logged-in user.
    pub fn channel(mut self, channel: impl Into<ChannelId>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// An id of your own (`guid`). Default: none. Whether Rumble uses it to
    /// recognise a second upload is not known, so it does not make a repetition
    /// safe.
    pub fn guid(mut self, guid: impl Into<String>) -> Self {
        self.guid = Some(guid.into());
        self
    }

    /// A picture that stands for it: png, jpg, gif or webp, of 16 MiB at most
    /// (`thumb`). Default: one that Rumble makes. Its kind is told by the
    /// extension of its name. A second call replaces the first picture.
    pub fn thumbnail(mut self, path: impl AsRef<Path>) -> Self {
        self.thumbnail = Some(path.as_ref().to_owned());
        self
    }

    /// Captions in a language, such as `en`: vtt, srt, sbv, stl or sub, of 16
    /// MiB at most (`cc_en`). Default: none. Each call adds a file. The
    /// language is a word of 1 to 16 letters and digits of ASCII, `-` and `_`;
    /// whether Rumble knows it is not checked.
    pub fn captions(mut self, language: impl Into<String>, path: impl AsRef<Path>) -> Self {
        self.captions.push((language.into(), path.as_ref().to_owned()));
        self
    }

    /// Opens the files and checks everything. Sends nothing: poll what it
    /// gives.
    ///
    /// What it gives has one step, [`Step::Whole`], and one chunk. If the video
    /// is changed while it is sent, its last bytes are kept back and nothing is
    /// published.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where something is missing or cannot work: a file
    /// that cannot be read or is empty, no title or one that is too long, no
    /// licence or one that this API does not have, an id that is not that of a
    /// channel, a thumbnail or captions of another kind or too large, a user
    /// agent that a header cannot hold, a site over plain http on another
    /// machine, no transport, or no tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing behind.
    ///
    /// # Examples
    ///
    /// An answer that is lost leaves open whether the video is there. Nothing
    /// is sent again, so look before you do:
    ///
    /// ```
    /// use rumble_live::upload::{Licence, SimpleUpload, Step};
    /// use rumble_live::{
    ///     ErrorKind,
    ///     sim::{Loss, Sim},
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let sim = Sim::running(42);
    ///     let film = std::env::temp_dir().join("rumble-live-doc-lost.mp4");
    ///     std::fs::write(&film, "not really a film")?;
    ///     sim.lose_upload_answer_next(Step::Whole, Loss::After);
    ///
    ///     let uploads = SimpleUpload::new(sim.upload_token("captain"))
    ///         .transport(sim.clone());
    ///     let upload = uploads
    ///         .upload(&film)
    ///         .title("Night shift")
    ///         .licence(Licence::PersonalUse);
    ///     let error = upload.start().await?.finish().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Unclear);
    ///     assert_eq!(
    ///         (sim.upload_requests(Step::Whole), sim.uploads().len()),
    ///         (1, 1)
    ///     );
    ///     Ok(())
    /// }
    /// ```
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

/// The name of a file, without the folders.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether these are captions. The language becomes part of the name of a
/// field, so it must be plain.
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

/// Makes the request, and reads what came of it. The body of a bad answer may
/// be missing, because its status says enough.
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

/// What a failure of the one request means. The kinds that are kept say for
/// certain that nothing was published: nothing was sent, or the server said no,
/// or the file was changed and its last bytes were kept back. All others become
/// `Unclear`, a 5xx too, since a proxy may give up while the server goes on.
fn may_be_published(error: Error) -> Error {
    use ErrorKind::{Challenge, Config, Connect, RateLimited, Refused, Status};
    match error.kind() {
        Challenge | Config | Connect | RateLimited | Refused | Status => error,
        _ => Error::caused_by(ErrorKind::Unclear, UNCLEAR, error),
    }
}
