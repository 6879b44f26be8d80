//! What is set of an upload, and checked before anything is sent.

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
/// The most bytes of a thumbnail.
pub(super) const LARGEST_THUMBNAIL: u64 = 16 * 1024 * 1024;
/// The extension of a file that has none, or one that cannot stand in a URL.
const EXTENSION: &str = "mp4";

/// Sets up an [`Upload`]. Made by [`Session::upload`].
///
/// Title, category and licence must be set, and
/// [`accept_terms`](Self::accept_terms) be called. All of it is checked before
/// the first request.
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
    /// A session has one upload at a time.
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
    /// The title, of 100 characters at most (`title`).
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// What the video is about (`description`). Default: empty.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Words to find it by, none of which holds a comma (`tags`). Default:
    /// none.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// One of the user's [channels](Session::channels) (`channelId`). Default:
    /// the user's own profile.
    pub fn channel(mut self, channel: impl Into<ChannelId>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// The number of its category, one of the [primary
    /// ones](Session::categories) (`siteChannelId`).
    pub fn category(mut self, primary: u64) -> Self {
        self.category = Some(primary);
        self
    }

    /// The number of a second category (`mediaChannelId`). Default: none.
    pub fn secondary_category(mut self, secondary: u64) -> Self {
        self.secondary_category = Some(secondary);
        self
    }

    /// Who can see it (`visibility`). Default: private, for what was public
    /// once cannot be taken back.
    pub fn visibility(mut self, visibility: Visibility) -> Self {
        self.visibility = visibility;
        self
    }

    /// When it becomes public (`schedulerDatetime`). Until then it is private,
    /// whatever [`visibility`](Self::visibility) says. Fractions of a second
    /// are dropped. Default: no schedule.
    ///
    /// It must be later than now. Leave time for the upload itself: what Rumble
    /// does if the instant has passed once the video is published is not known.
    pub fn schedule(mut self, at: OffsetDateTime) -> Self {
        self.scheduled_for = Some(at.replace_nanosecond(0).unwrap_or(at));
        self
    }

    /// The picture that stands for it (`thumb`). Default: the first that Rumble
    /// makes.
    pub fn thumbnail(mut self, thumbnail: Thumbnail) -> Self {
        self.thumbnail = thumbnail;
        self
    }

    /// The rights that you give Rumble (`featured`). There is no default.
    pub fn licence(mut self, licence: Licence) -> Self {
        self.licence = Some(licence);
        self
    }

    /// Says that the user accepts Rumble's terms, and has the rights that they
    /// ask for (`rights`, `terms`). Nothing else does; read them at
    /// <https://rumble.com/s/terms>.
    pub fn accept_terms(mut self) -> Self {
        self.terms_are_accepted = true;
        self
    }

    /// How many bytes go in one request: 1 to 50,000,000. Default: 5,000,000,
    /// as Rumble's app sends.
    pub fn chunk_size(mut self, bytes: u64) -> Self {
        self.chunk_size = bytes;
        self
    }

    /// Opens the file and checks everything. Sends nothing: poll what it gives.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where something is
    /// missing or cannot work: a file that cannot be read or is empty, no title
    /// or one that is too long, no category, no licence, a schedule that lies
    /// in the past, a thumbnail that is no picture or too large; where the
    /// terms were not accepted; and where another upload of the session is
    /// under way.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing behind.
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

    /// What is said of the video, checked.
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

pub(super) fn no_licence() -> Error {
    Error::config("the video has no licence; choose which rights Rumble gets, by licence()")
}

pub(super) fn check_title(title: &str) -> Result<(), Error> {
    let length = title.trim().chars().count();
    match length {
        0 => Err(Error::config("the video has no title; set one by title()")),
        1..=LONGEST_TITLE => Ok(()),
        _ => Err(Error::config(format!("the title has {length} characters and may have {LONGEST_TITLE}"))),
    }
}

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
