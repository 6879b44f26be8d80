//! What is set of an upload, and checked before anything is sent.
//!
//! The setters take what they get. [`UploadBuilder::start`] checks it, in an
//! order that costs least: first what can be known without the disk, by
//! [`UploadBuilder::details`], then that no other upload is under way, then the
//! files. Errors that a server would give only after a gigabyte was sent are
//! given here where the rule is known. Where it is not, as for the length of a
//! description, Rumble decides.
//!
//! The helpers at the end are those that a
//! [`SimpleUpload`](super::SimpleUpload) checks by too.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use time::OffsetDateTime;

use super::{
    choice::{Licence, Thumbnail},
    form::{self, Details},
    plan::{self, Names, Plan},
    run::{OwnThumbnail, Picture, Run, millis},
    running::Upload,
    source::{Source, read_small},
};
use crate::{
    error::Error,
    session::Session,
    snapshot::{ChannelId, Visibility},
    transport::flight::{self, Flight},
};

/// How many characters a title may have, as the site's own form has it.
pub(super) const LONGEST_TITLE: usize = 100;
/// The most bytes of a thumbnail. It is read into memory, unlike the video.
pub(super) const LARGEST_THUMBNAIL: u64 = 16 * 1024 * 1024;
/// The extension of a file that has none, or one that cannot stand in a URL.
const EXTENSION: &str = "mp4";

/// Sets up an [`Upload`]. Made by [`Session::upload`].
///
/// Title, category and licence must be set, and
/// [`accept_terms`](Self::accept_terms) be called. All of it is checked before
/// the first request.
///
/// | set | unless set |
/// |---|---|
/// | [`title`](Self::title), [`category`](Self::category) | refused |
/// | [`licence`](Self::licence) | refused |
/// | [`accept_terms`](Self::accept_terms) | refused |
/// | [`description`](Self::description), [`tags`](Self::tags) | none |
/// | [`channel`](Self::channel) | the user's own profile |
/// | [`secondary_category`](Self::secondary_category) | none |
/// | [`visibility`](Self::visibility) | private |
/// | [`schedule`](Self::schedule) | none |
/// | [`thumbnail`](Self::thumbnail) | the first that Rumble makes |
/// | [`chunk_size`](Self::chunk_size) | 5,000,000 bytes |
///
/// # Examples
///
/// ```
/// use rumble_live::{
///     Visibility, session::Session, sim::Sim, upload::Licence,
/// };
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let sim = Sim::running(42);
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let film = std::env::temp_dir().join("rumble-live-doc-builder.mp4");
///     std::fs::write(&film, "not really a film")?;
///
///     let upload = session
///         .upload(&film)
///         .title(" Late levels by lamplight\n")
///         .description("The whole run.\n\nWith commentary.")
///         .tags(["retro", "lamplight"])
///         .channel("7104422")
///         .category(15)
///         .visibility(Visibility::Unlisted)
///         .licence(Licence::RumbleOnly)
///         .accept_terms();
///     upload.start().await?.finish().await?;
///
///     let fields = &sim.uploads()[0].fields;
///     assert_eq!(fields["title"], "Late levels by lamplight");
///     assert_eq!(fields["description"], "The whole run.\n\nWith commentary.");
///     assert_eq!(fields["tags"], "retro, lamplight");
///     assert_eq!(fields["channelId"], "7104422");
///     assert_eq!(fields["visibility"], "unlisted");
///     Ok(())
/// }
/// ```
#[must_use = "an upload does nothing until it is started"]
pub struct UploadBuilder {
    session: Session,
    path: PathBuf,
    title: String,
    description: String,
    tags: Vec<String>,
    channel: Option<ChannelId>,
    category: Option<u64>,
    secondary_category: Option<u64>,
    visibility: Visibility,
    scheduled_for: Option<OffsetDateTime>,
    thumbnail: Thumbnail,
    licence: Option<Licence>,
    terms_are_accepted: bool,
    chunk_size: u64,
}

impl Session {
    /// Sets up the upload of a video, as the site's own page does it
    /// (`upload.php`). Feature `upload`.
    ///
    /// Nothing is opened, checked or sent before
    /// [`start`](UploadBuilder::start). The file is sent as it is; Rumble makes
    /// of it what viewers get. Its name is sent too, without its folders.
    ///
    /// A session has one upload at a time; clones of a session count as one.
    /// Chats and other requests of the session go on meanwhile.
    ///
    /// # Examples
    ///
    /// The path may lead nowhere until the upload starts:
    ///
    /// ```
    /// use rumble_live::{
    ///     ErrorKind, session::Session, sim::Sim, upload::Licence,
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let upload = session
    ///         .upload("no-such-film.mp4")
    ///         .title("Night shift")
    ///         .category(15)
    ///         .licence(Licence::RumbleOnly)
    ///         .accept_terms();
    ///
    ///     let error = upload.start().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     assert!(error.to_string().contains("no-such-film.mp4"));
    ///     assert_eq!(sim.session_requests(), 0);
    ///     Ok(())
    /// }
    /// ```
    pub fn upload(&self, path: impl AsRef<Path>) -> UploadBuilder {
        UploadBuilder {
            session: self.clone(),
            path: path.as_ref().to_owned(),
            title: String::new(),
            description: String::new(),
            tags: Vec::new(),
            channel: None,
            category: None,
            secondary_category: None,
            visibility: Visibility::Private,
            scheduled_for: None,
            thumbnail: Thumbnail::default(),
            licence: None,
            terms_are_accepted: false,
            chunk_size: plan::CHUNK,
        }
    }
}

impl UploadBuilder {
    /// The title, of 1 to 100 characters (`title`). White space around it is
    /// dropped and does not count. A character is a `char`, so an "é" may be
    /// one or two.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, session::Session, sim::Sim, upload::Licence};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let draft = session
    ///         .upload("run.mp4")
    ///         .category(15)
    ///         .licence(Licence::RumbleOnly)
    ///         .accept_terms();
    ///
    ///     let error = draft.title("é".repeat(101)).start().await.unwrap_err();
    ///     assert_eq!(
    ///         error.to_string(),
    ///         "the title has 101 characters and may have 100"
    ///     );
    ///     Ok(())
    /// }
    /// ```
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// What the video is about (`description`). Default: empty. It is sent as
    /// it is, with its line breaks and at any length.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Words to find it by, none of which holds a comma (`tags`). Default:
    /// none. White space around each is dropped. A second call replaces the
    /// words of the first.
    ///
    /// # Examples
    ///
    /// Words from a file of settings, separated by commas, must be split
    /// before. Here the words pass, and the upload fails for want of a
    /// category:
    ///
    /// ```
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let draft = || {
    ///         session.upload("run.mp4").title("Night shift").accept_terms()
    ///     };
    ///     let words = "retro, lamplight";
    ///
    ///     let error = draft().tags([words]).start().await.unwrap_err();
    ///     assert!(error.to_string().contains("holds a comma"));
    ///
    ///     let error =
    ///         draft().tags(words.split(',')).start().await.unwrap_err();
    ///     assert!(error.to_string().contains("no category"));
    ///     Ok(())
    /// }
    /// ```
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// One of the user's [channels](Session::channels) (`channelId`). Default:
    /// the user's own profile. The id must be a decimal number above 0; whether
    /// the channel is the user's is for Rumble to say. See
    /// [`category`](Self::category) for an example.
    pub fn channel(mut self, channel: impl Into<ChannelId>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// The number of its category, one of the [primary
    /// ones](Session::categories) (`siteChannelId`). There is no default. The
    /// number is sent as it is: ask for the list instead of writing a number
    /// into your bot.
    ///
    /// # Examples
    ///
    /// Categories by their names, and the first of the user's channels:
    ///
    /// ```
    /// use rumble_live::{session::Session, sim::Sim, upload::Licence};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let film =
    ///         std::env::temp_dir().join("rumble-live-doc-category.mp4");
    ///     std::fs::write(&film, "not really a film")?;
    ///
    ///     let channels = session.channels().await?;
    ///     let categories = session.categories().await?;
    ///     let number = |slug: &str| {
    ///         let found =
    ///             categories.iter().find(|category| category.slug == slug);
    ///         found.map(|category| category.id).ok_or("no such category")
    ///     };
    ///     let upload = session
    ///         .upload(&film)
    ///         .title("Night shift")
    ///         .channel(&channels[0].id)
    ///         .category(number("gaming")?)
    ///         .secondary_category(number("retro-games")?)
    ///         .licence(Licence::RumbleOnly)
    ///         .accept_terms();
    ///     upload.start().await?.finish().await?;
    ///
    ///     let fields = &sim.uploads()[0].fields;
    ///     assert_eq!(fields["channelId"], "7104422");
    ///     assert_eq!(fields["siteChannelId"], "15");
    ///     assert_eq!(fields["mediaChannelId"], "2201");
    ///     Ok(())
    /// }
    /// ```
    pub fn category(mut self, primary: u64) -> Self {
        self.category = Some(primary);
        self
    }

    /// The number of a second category, of any of the
    /// [list](Session::categories) (`mediaChannelId`). Default: none. See
    /// [`category`](Self::category) for an example.
    pub fn secondary_category(mut self, secondary: u64) -> Self {
        self.secondary_category = Some(secondary);
        self
    }

    /// Who can see it (`visibility`). Default: private, for what was public
    /// once cannot be taken back. [`Visibility::Other`] is refused when the
    /// upload starts.
    pub fn visibility(mut self, visibility: Visibility) -> Self {
        self.visibility = visibility;
        self
    }

    /// When it becomes public (`schedulerDatetime`). Until then it is private,
    /// whatever [`visibility`](Self::visibility) says. Fractions of a second
    /// are dropped. Any UTC offset will do; the instant is sent in UTC.
    /// Default: no schedule.
    ///
    /// It must be later than now. Leave time for the upload itself: what Rumble
    /// does if the instant has passed once the video is published is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::time::{Duration, OffsetDateTime};
    /// use rumble_live::{
    ///     Visibility, session::Session, sim::Sim, upload::Licence,
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let film =
    ///         std::env::temp_dir().join("rumble-live-doc-schedule.mp4");
    ///     std::fs::write(&film, "not really a film")?;
    ///     let draft = || {
    ///         session
    ///             .upload(&film)
    ///             .title("Night shift")
    ///             .category(15)
    ///             .licence(Licence::RumbleOnly)
    ///             .accept_terms()
    ///     };
    ///     let now = OffsetDateTime::now_utc();
    ///
    ///     let upload = draft()
    ///         .visibility(Visibility::Public)
    ///         .schedule(now + Duration::DAY);
    ///     upload.start().await?.finish().await?;
    ///     let fields = &sim.uploads()[0].fields;
    ///     assert_eq!(fields["visibility"], "private");
    ///     assert!(fields["schedulerDatetime"].ends_with('Z'));
    ///
    ///     let error = draft()
    ///         .schedule(now - Duration::DAY)
    ///         .start()
    ///         .await
    ///         .unwrap_err();
    ///     assert!(error.to_string().contains("lies in the past"));
    ///     Ok(())
    /// }
    /// ```
    pub fn schedule(mut self, at: OffsetDateTime) -> Self {
        self.scheduled_for = Some(at.replace_nanosecond(0).unwrap_or(at));
        self
    }

    /// The picture that stands for it (`thumb`). Default: the first that Rumble
    /// makes. A file is read when the upload starts, so it may be gone
    /// afterwards. See [`Thumbnail`] for an example.
    pub fn thumbnail(mut self, thumbnail: Thumbnail) -> Self {
        self.thumbnail = thumbnail;
        self
    }

    /// The rights that you give Rumble (`featured`). There is no default: an
    /// upload without a licence is refused when it starts.
    pub fn licence(mut self, licence: Licence) -> Self {
        self.licence = Some(licence);
        self
    }

    /// Says that the user accepts Rumble's terms, and has the rights that they
    /// ask for (`rights`, `terms`). Nothing else does; read them at
    /// <https://rumble.com/s/terms>.
    ///
    /// If your program uploads for others, call it only once that user has
    /// agreed.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, session::Session, sim::Sim, upload::Licence};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let draft = session
    ///         .upload("run.mp4")
    ///         .title("Night shift")
    ///         .category(15)
    ///         .licence(Licence::RumbleOnly);
    ///
    ///     let error = draft.start().await.unwrap_err();
    ///     assert!(
    ///         error
    ///             .to_string()
    ///             .contains("nobody has accepted Rumble's terms")
    ///     );
    ///     assert_eq!(sim.session_requests(), 0);
    ///     Ok(())
    /// }
    /// ```
    pub fn accept_terms(mut self) -> Self {
        self.terms_are_accepted = true;
        self
    }

    /// How many bytes go in one request: 1 to 50,000,000. Default: 5,000,000,
    /// as Rumble's app sends.
    ///
    /// A chunk that fails is sent again from its beginning. So make chunks
    /// smaller on a line that breaks often, and larger on a fast one, where the
    /// pause between two chunks counts. It does not change how much memory an
    /// upload takes.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::upload::{Licence, Step};
    /// use rumble_live::{session::Session, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let film =
    ///         std::env::temp_dir().join("rumble-live-doc-chunk-size.mp4");
    ///     std::fs::write(&film, vec![0; 1_000_001])?;
    ///     let upload = session
    ///         .upload(&film)
    ///         .chunk_size(250_000)
    ///         .title("Night shift")
    ///         .category(15)
    ///         .licence(Licence::RumbleOnly)
    ///         .accept_terms();
    ///
    ///     let mut upload = upload.start().await?;
    ///     assert_eq!(
    ///         upload.next().await.map(|progress| progress.chunks),
    ///         Some(5)
    ///     );
    ///     upload.finish().await?;
    ///     assert_eq!(sim.upload_requests(Step::Chunks), 5);
    ///     Ok(())
    /// }
    /// ```
    pub fn chunk_size(mut self, bytes: u64) -> Self {
        self.chunk_size = bytes;
        self
    }

    /// Opens the file and checks everything. Sends nothing: poll what it gives.
    ///
    /// The file stays open until the upload is over. If it is changed
    /// meanwhile, in its length or in its time of change, the upload fails and
    /// nothing is published.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where something is
    /// missing or cannot work: a file that cannot be read, is empty or is not a
    /// file, no title or one that is too long, a tag that is empty or holds a
    /// comma, no category, no licence, an id that is not that of a channel, a
    /// visibility that Rumble does not have, a schedule that lies in the past,
    /// a thumbnail that is no picture or too large, a chunk of no or too many
    /// bytes; where the terms were not accepted; where another upload of the
    /// session is under way; and outside a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing behind.
    ///
    /// # Examples
    ///
    /// From here to its end an upload is the only one of its session. Dropping
    /// it makes room:
    ///
    /// ```
    /// use rumble_live::{session::Session, sim::Sim, upload::Licence};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let film = std::env::temp_dir().join("rumble-live-doc-start.mp4");
    ///     std::fs::write(&film, "not really a film")?;
    ///     let draft = || {
    ///         session
    ///             .upload(&film)
    ///             .title("Night shift")
    ///             .category(15)
    ///             .licence(Licence::RumbleOnly)
    ///             .accept_terms()
    ///     };
    ///
    ///     let first = draft().start().await?;
    ///     let error = draft().start().await.unwrap_err();
    ///     assert!(
    ///         error.to_string().contains("another upload of this session")
    ///     );
    ///
    ///     drop(first);
    ///     let video = draft().start().await?.finish().await?;
    ///     assert_eq!(video.title.as_deref(), Some("Night shift"));
    ///     Ok(())
    /// }
    /// ```
    pub async fn start(self) -> Result<Upload, Error> {
        let details = self.details()?;
        let Some(only) = self.session.only_upload() else {
            return Err(Error::config("another upload of this session is under way; finish or drop it first"));
        };
        let Self { session, path, thumbnail, chunk_size, .. } = self;
        let opening = async move { flight::blocking(move || Ok((Source::open(&path)?, picture(&thumbnail)?))).await };
        let (source, picture) = Flight::start(&flight::runtime()?, None, opening).await?;
        let mut random = session.random();
        let plan = Plan::new(source.size(), chunk_size);
        let extension = plan::extension(&source.name()).unwrap_or_else(|| EXTENSION.into());
        let start_ms = millis(SystemTime::now());
        let names = Names::new(start_ms, random.u32(100_000..=200_000), &extension);
        let run = Run { session, source, plan, names, extension, details, picture, start_ms, random, _only: only };
        Ok(Upload::new(plan.size(), plan.count(), |teller| run.run(teller)))
    }

    /// What is said of the video, checked. Reads no file and asks nobody.
    fn details(&self) -> Result<Details, Error> {
        let Self { title, description, tags, channel, category, secondary_category, visibility, scheduled_for, licence, .. } = self;
        if !self.terms_are_accepted {
            return Err(Error::config("nobody has accepted Rumble's terms; read them, and call accept_terms() if you do"));
        }
        if !(1..=plan::LARGEST_CHUNK).contains(&self.chunk_size) {
            return Err(Error::config("a chunk has 1 to 50,000,000 bytes; set chunk_size so"));
        }
        check_title(title)?;
        if let Some(tag) = tags.iter().find(|tag| tag.trim().is_empty() || tag.contains(',')) {
            return Err(Error::config(format!("a tag is empty or holds a comma: {tag:?}")));
        }
        if matches!(visibility, Visibility::Other(_)) {
            return Err(Error::config("a video is public, unlisted or private; set visibility to one of them"));
        }
        if scheduled_for.is_some_and(|at| at <= OffsetDateTime::now_utc()) {
            return Err(Error::config("the schedule lies in the past; choose a later instant, or none"));
        }
        scheduled_for.map(form::instant).transpose()?;
        Ok(Details {
            title: title.trim().to_owned(),
            description: description.clone(),
            tags: tags.iter().map(|tag| tag.trim()).collect::<Vec<_>>().join(", "),
            channel: channel.as_ref().map(channel_number).transpose()?,
            category: category.ok_or_else(|| Error::config("the video has no category; take one of Session::categories"))?,
            secondary_category: *secondary_category,
            visibility: visibility.clone(),
            scheduled_for: *scheduled_for,
            licence: licence.ok_or_else(no_licence)?,
        })
    }
}

/// The error of an upload, of either kind, that has no licence.
pub(super) fn no_licence() -> Error {
    Error::config("the video has no licence; choose which rights Rumble gets, by licence()")
}

/// Whether a title has 1 to 100 characters, without the white space around it.
/// Counted in `char`s, as no better count of the form is known.
pub(super) fn check_title(title: &str) -> Result<(), Error> {
    let length = title.trim().chars().count();
    match length {
        0 => Err(Error::config("the video has no title; set one by title()")),
        1..=LONGEST_TITLE => Ok(()),
        _ => Err(Error::config(format!("the title has {length} characters and may have {LONGEST_TITLE}"))),
    }
}

/// The number of a channel, as the form wants it. The id of this crate is a
/// text, since the Live Stream API does not promise a number.
pub(super) fn channel_number(channel: &ChannelId) -> Result<u64, Error> {
    // 0 would be the user's own profile, which is the default.
    let number = channel.as_str().parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Error::config("this is not the id of a channel; take one of Session::channels"))
}

/// A thumbnail of one's own, read. Waits for the disk.
pub(super) fn own_thumbnail(path: &Path) -> Result<OwnThumbnail, Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = plan::extension(&name).filter(|extension| Thumbnail::EXTENSIONS.contains(&extension.as_str()));
    let extension = extension.ok_or_else(|| Error::config(format!("a thumbnail is a png, jpg, gif or webp file: {}", path.display())))?;
    Ok(OwnThumbnail { content: read_small(path, LARGEST_THUMBNAIL)?, extension })
}

/// The thumbnail as far as it can be had before the video is there. Waits for
/// the disk if it is a file.
fn picture(thumbnail: &Thumbnail) -> Result<Picture, Error> {
    match thumbnail {
        Thumbnail::Automatic(place) => Ok(Picture::Automatic(*place)),
        Thumbnail::File(path) => own_thumbnail(path).map(Picture::Own),
    }
}

impl fmt::Debug for UploadBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadBuilder")
            .field("session", &self.session)
            .field("path", &self.path)
            .field("title", &self.title)
            .field("licence", &self.licence)
            .field("terms_are_accepted", &self.terms_are_accepted)
            .finish_non_exhaustive()
    }
}
