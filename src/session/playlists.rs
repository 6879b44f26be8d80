//! The user's playlists.
//!
//! `playlist.list` is asked page by page. The offset counts what an answer
//! listed, readable or not, so that an unreadable playlist does not shift the
//! pages. A page without a new id is the end; so a server that ignores the
//! offset ends the list too, and a bound on the pages ends one that invents
//! ids.

use std::{collections::HashSet, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    Session,
    account::{list, odd},
    answer::Deed,
    asked::Asked,
    chat::video_id,
};
use crate::{
    error::Error,
    snapshot::{
        StreamId, Visibility, Window,
        lenient::{Entry, Field, LeftOut, List, Object, wire},
    },
};

/// How many playlists are requested at once.
const A_PAGE: usize = 20;
/// How many pages are read at most.
const MOST_PAGES: usize = 100;

/// The id of a playlist (`id`): an opaque text. Case matters. `Display` and the
/// JSON form are the text. It is cheap to clone.
///
/// # Examples
///
/// ```
/// use rumble_live::session::PlaylistId;
///
/// let id = PlaylistId::from("Zm9yLXRlc3Rz");
/// assert_eq!(id.as_str(), "Zm9yLXRlc3Rz");
/// assert_ne!(id, PlaylistId::from("zm9ylxrlc3rz"));
///
/// let json = serde_json::to_string(&id).unwrap();
/// assert_eq!(json, r#""Zm9yLXRlc3Rz""#);
/// assert_eq!(serde_json::from_str::<PlaylistId>(&json).unwrap(), id);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlaylistId(Arc<str>);

impl PlaylistId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for PlaylistId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for PlaylistId {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for PlaylistId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A playlist of the user's. Returned by [`Session::playlists`],
/// [`Session::playlist`] and [`Session::add_playlist`].
///
/// # Examples
///
/// An answer need not show all videos of a long playlist, so compare:
///
/// ```
/// use rumble_live::{
///     Error, Visibility,
///     session::{Playlist, PlaylistDraft, Session},
///     sim::Sim,
/// };
///
/// fn summary(playlist: &Playlist) -> String {
///     let shown = playlist.videos.len() as u64;
///     let length = playlist.length.unwrap_or(shown);
///     format!("{}: {shown} of {length} videos", playlist.title)
/// }
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let draft =
///         PlaylistDraft::new("Best of the harbour", Visibility::Public);
///     let playlist = session.add_playlist(&draft).await?;
///     session.add_to_playlist(&playlist.id, &stream).await?;
///
///     let playlist = session.playlist(&playlist.id).await?;
///     assert_eq!(summary(&playlist), "Best of the harbour: 1 of 1 videos");
///     assert_eq!(playlist.visibility, Some(Visibility::Public));
///     assert!(playlist.created_on.is_some());
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Playlist {
    /// The playlist's id (`id`).
    pub id: PlaylistId,
    /// The title (`title`). All texts are empty if missing.
    pub title: String,
    /// The description (`description`).
    pub description: String,
    /// Who can see it (`visibility`). `None` if the answer does not say.
    pub visibility: Option<Visibility>,
    /// The address of its page (`url`).
    pub url: String,
    /// When it was created (`created_on`). `None` if the answer does not say.
    pub created_on: Option<OffsetDateTime>,
    /// When it was last changed (`updated_on`). `None` if the answer does not
    /// say.
    pub updated_on: Option<OffsetDateTime>,
    /// How many videos are in it (`num_items`). `None` if the answer does not
    /// say.
    pub length: Option<u64>,
    /// The videos that the answer shows, in its order (`items`). They need not
    /// be all of them. If it shows no list at all, the window was [not
    /// sent](Window::was_sent).
    pub videos: Window<PlaylistVideo>,
}

/// A video in a playlist. Found in [`Playlist::videos`].
///
/// # Examples
///
/// The video that was added last:
///
/// ```
/// use std::time::Duration;
///
/// use rumble_live::{
///     Error, Visibility,
///     session::{PlaylistDraft, Session},
///     sim::Sim,
/// };
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let streams = [sim.start_stream("Dusk"), sim.start_stream("Dawn")];
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let draft = PlaylistDraft::new("Harbour lights", Visibility::Public);
///     let id = session.add_playlist(&draft).await?.id;
///     for stream in &streams {
///         session.add_to_playlist(&id, stream).await?;
///         sim.advance(Duration::from_secs(3600));
///     }
///
///     let playlist = session.playlist(&id).await?;
///     let newest =
///         playlist.videos.iter().max_by_key(|video| video.added_on).unwrap();
///     assert_eq!((newest.title.as_str(), &newest.id), ("Dawn", &streams[1]));
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlaylistVideo {
    /// The video's id (`video.id`).
    pub id: StreamId,
    /// The video's title (`video.title`). Empty if missing.
    pub title: String,
    /// When it was added to the playlist (`created_on`). `None` if the answer
    /// does not say.
    pub added_on: Option<OffsetDateTime>,
}

/// A playlist to be created, or new values for an existing one.
///
/// All three values are sent each time. To change one of them, set the other
/// two as they are.
///
/// # Examples
///
/// ```
/// use rumble_live::{
///     Error, Visibility,
///     session::{PlaylistDraft, Session},
///     sim::Sim,
/// };
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let draft =
///         PlaylistDraft::new("Best of the harbour", Visibility::Public)
///             .description("Ships and lights");
///     let playlist = session.add_playlist(&draft).await?;
///     session.add_to_playlist(&playlist.id, &stream).await?;
///     assert_eq!(playlist.description, "Ships and lights");
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaylistDraft {
    title: String,
    description: String,
    visibility: Visibility,
}

impl PlaylistDraft {
    /// A playlist with this title and this visibility. The title must not be
    /// blank; the request checks that.
    pub fn new(title: impl Into<String>, visibility: Visibility) -> Self {
        Self { title: title.into(), description: String::new(), visibility }
    }

    /// The description. Default: empty.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// The fields of the form, if there is a title.
    fn fields(&self) -> Result<[(&'static str, &str); 3], Error> {
        if self.title.trim().is_empty() {
            return Err(Error::config("a playlist needs a title; nothing was sent"));
        }
        Ok([("title", &self.title), ("description", &self.description), ("visibility", self.visibility.as_str())])
    }
}

wire! {
    /// A [`Playlist`] as it is sent.
    pub(crate) struct WirePlaylist {
        id: Field<String>,
        title: Field<String>,
        description: Field<String>,
        visibility: Field<Visibility>,
        url: Field<String>,
        created_on: Field<OffsetDateTime>,
        updated_on: Field<OffsetDateTime>,
        num_items: Field<u64>,
        items: List<PlaylistVideo>,
    }
}

wire! {
    /// A [`PlaylistVideo`] as it is sent: when it was added, around the video
    /// itself.
    pub(crate) struct WirePlaylistVideo {
        created_on: Field<OffsetDateTime>,
        video: Object<WireVideo>,
    }
}

wire! {
    /// The video in it.
    pub(crate) struct WireVideo {
        id: Field<StreamId>,
        title: Field<String>,
    }
}

impl Entry for Playlist {
    type Wire = Object<WirePlaylist>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let WirePlaylist { id, title, description, visibility, url, created_on, updated_on, num_items, items } = wire.required()?;
        Ok(Self {
            id: id.required()?.into(),
            title: title.0.unwrap_or_default(),
            description: description.0.unwrap_or_default(),
            visibility: visibility.0,
            url: url.0.unwrap_or_default(),
            created_on: created_on.0,
            updated_on: updated_on.0,
            length: num_items.0,
            videos: items.0,
        })
    }
}

impl Entry for PlaylistVideo {
    type Wire = Object<WirePlaylistVideo>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let WirePlaylistVideo { created_on, video } = wire.required()?;
        let WireVideo { id, title } = video.required()?;
        Ok(Self { id: id.required()?, title: title.0.unwrap_or_default(), added_on: created_on.0 })
    }
}

impl Session {
    /// The user's playlists, in the order of the wire (`playlist.list`). Empty
    /// if there are none.
    ///
    /// Requests 20 at a time, a second apart, until an answer shows nothing
    /// new. After a hundred requests it returns what it has, so at most some
    /// 2,000 playlists. Playlists that cannot be read are left out.
    ///
    /// # Errors
    ///
    /// The same as for [`who`](Self::who). If one of the requests fails, you
    /// get no list.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    ///
    /// # Examples
    ///
    /// A bot makes its playlist only once:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, Visibility,
    ///     session::{PlaylistDraft, PlaylistId, Session},
    ///     sim::Sim,
    /// };
    ///
    /// async fn playlist_named(
    ///     session: &Session,
    ///     title: &str,
    /// ) -> Result<PlaylistId, Error> {
    ///     let known = session.playlists().await?;
    ///     if let Some(playlist) =
    ///         known.into_iter().find(|playlist| playlist.title == title)
    ///     {
    ///         return Ok(playlist.id);
    ///     }
    ///     let draft = PlaylistDraft::new(title, Visibility::Public);
    ///     Ok(session.add_playlist(&draft).await?.id)
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let first = playlist_named(&session, "Highlights").await?;
    ///     let second = playlist_named(&session, "Highlights").await?;
    ///     assert_eq!(first, second);
    ///     assert_eq!(session.playlists().await?.len(), 1);
    ///     Ok(())
    /// }
    /// ```
    pub async fn playlists(&self) -> Result<Vec<Playlist>, Error> {
        let (mut all, mut known, mut offset) = (Vec::new(), HashSet::new(), 0);
        for _ in 0..MOST_PAGES {
            let url = format!("{}&offset={offset}&limit={A_PAGE}", self.site.service("playlist.list"));
            let mut envelope = self.ask(Asked::get(url)).await?;
            let shown: Window<Playlist> = list(envelope.data.get_mut("items").map(Value::take).unwrap_or_default())?;
            offset += shown.len() + shown.skipped();
            let before = all.len();
            all.extend(shown.into_entries().into_iter().filter(|playlist| known.insert(playlist.id.clone())));
            if all.len() == before {
                break;
            }
        }
        Ok(all)
    }

    /// A playlist with its videos (`playlist.get`).
    ///
    /// The name of the parameter, `playlist_id`, is an assumption: it has this
    /// name where a video is added.
    ///
    /// # Errors
    ///
    /// The same as for [`who`](Self::who), and
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) if there is no such
    /// playlist.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    pub async fn playlist(&self, id: &PlaylistId) -> Result<Playlist, Error> {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("playlist_id", id.as_str()).finish();
        let envelope = self.ask(Asked::get(format!("{}&{query}", self.site.service("playlist.get")))).await?;
        playlist(envelope.data).ok_or_else(odd)
    }

    /// Creates a playlist (`playlist.add`). Returns it as Rumble shows it, with
    /// its id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it has no title,
    /// [`Refused`](crate::ErrorKind::Refused) if Rumble does not accept it,
    /// [`Unclear`](crate::ErrorKind::Unclear) if it was sent and no good answer
    /// came; otherwise the same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// If you drop the future before its turn, the request is withdrawn. If you
    /// drop it later, you cannot know whether it was done; a log event says so.
    ///
    /// # Examples
    ///
    /// After an unclear answer, look before you create it again:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, ErrorKind, Visibility,
    ///     session::{PlaylistDraft, Session},
    ///     sim::{Loss, Sim},
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     sim.lose_session_answer_next(Loss::After);
    ///     let draft = PlaylistDraft::new("Highlights", Visibility::Public);
    ///     let error = session.add_playlist(&draft).await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Unclear);
    ///
    ///     let known = session.playlists().await?;
    ///     assert!(
    ///         known.iter().any(|playlist| playlist.title == "Highlights")
    ///     );
    ///     Ok(())
    /// }
    /// ```
    pub async fn add_playlist(&self, draft: &PlaylistDraft) -> Result<Playlist, Error> {
        let envelope = self.act("playlist.add", draft.fields()?).await?;
        playlist(envelope.data).ok_or_else(|| Deed::Write.or_unclear(odd()))
    }

    /// Changes the title, description and visibility of a playlist, and leaves
    /// its videos as they are (`playlist.edit`). All three are replaced: a
    /// draft without a description empties it. The name of the parameter,
    /// `playlist_id`, is an assumption.
    ///
    /// # Errors
    ///
    /// The same as for [`add_playlist`](Self::add_playlist).
    /// [`Refused`](crate::ErrorKind::Refused) also if there is no such
    /// playlist.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`add_playlist`](Self::add_playlist).
    ///
    /// # Examples
    ///
    /// A playlist is made ready in private and then published:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, Visibility,
    ///     session::{PlaylistDraft, Session},
    ///     sim::Sim,
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let draft = |visibility| {
    ///         PlaylistDraft::new("Highlights", visibility)
    ///             .description("Of the year")
    ///     };
    ///     let id =
    ///         session.add_playlist(&draft(Visibility::Private)).await?.id;
    ///     session.edit_playlist(&id, &draft(Visibility::Public)).await?;
    ///
    ///     let playlist = session.playlist(&id).await?;
    ///     assert_eq!(playlist.visibility, Some(Visibility::Public));
    ///     assert_eq!(playlist.description, "Of the year");
    ///     Ok(())
    /// }
    /// ```
    pub async fn edit_playlist(&self, id: &PlaylistId, draft: &PlaylistDraft) -> Result<(), Error> {
        self.act("playlist.edit", draft.fields()?.into_iter().chain([("playlist_id", id.as_str())])).await.map(drop)
    }

    /// Deletes a playlist (`playlist.delete`). This crate knows of no way to
    /// restore it.
    ///
    /// # Errors
    ///
    /// The same as for [`add_playlist`](Self::add_playlist), except for the
    /// title. [`Refused`](crate::ErrorKind::Refused) if there is no such
    /// playlist.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`add_playlist`](Self::add_playlist).
    pub async fn delete_playlist(&self, id: &PlaylistId) -> Result<(), Error> {
        self.act("playlist.delete", [("playlist_id", id.as_str())]).await.map(drop)
    }

    /// Adds a video to a playlist (`playlist.add_video`). The video is given by
    /// its id in base 36, as for [`chat`](Self::chat). Whether the playlist has
    /// it already is not checked.
    ///
    /// # Errors
    ///
    /// The same as for [`add_playlist`](Self::add_playlist), except for the
    /// title. [`ErrorKind::Config`](crate::ErrorKind::Config) if `video` is not
    /// the id of a video; [`Refused`](crate::ErrorKind::Refused) if there is no
    /// such playlist or no such video.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`add_playlist`](Self::add_playlist).
    pub async fn add_to_playlist(&self, id: &PlaylistId, video: impl Into<StreamId>) -> Result<(), Error> {
        self.change_playlist("playlist.add_video", id, video.into()).await
    }

    /// Removes a video from a playlist (`playlist.delete_video`). The video
    /// itself stays.
    ///
    /// # Errors
    ///
    /// The same as for [`add_to_playlist`](Self::add_to_playlist).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`add_playlist`](Self::add_playlist).
    ///
    /// # Examples
    ///
    /// A playlist of the newest two videos:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, Visibility,
    ///     session::{PlaylistDraft, Session},
    ///     sim::Sim,
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let draft = PlaylistDraft::new("Newest", Visibility::Public);
    ///     let id = session.add_playlist(&draft).await?.id;
    ///     for title in ["Dusk", "Night", "Dawn"] {
    ///         session.add_to_playlist(&id, &sim.start_stream(title)).await?;
    ///     }
    ///
    ///     let playlist = session.playlist(&id).await?;
    ///     let surplus = playlist.videos.len().saturating_sub(2);
    ///     for video in &playlist.videos[..surplus] {
    ///         session.remove_from_playlist(&id, &video.id).await?;
    ///     }
    ///     let titles: Vec<_> = session
    ///         .playlist(&id)
    ///         .await?
    ///         .videos
    ///         .into_iter()
    ///         .map(|video| video.title)
    ///         .collect();
    ///     assert_eq!(titles, ["Night", "Dawn"]);
    ///     Ok(())
    /// }
    /// ```
    pub async fn remove_from_playlist(&self, id: &PlaylistId, video: impl Into<StreamId>) -> Result<(), Error> {
        self.change_playlist("playlist.delete_video", id, video.into()).await
    }

    /// Has a service do something with one video of a playlist. Here the wire
    /// wants the id of the video in base 10.
    async fn change_playlist(&self, service: &str, id: &PlaylistId, video: StreamId) -> Result<(), Error> {
        let video = video_id(&video)?.to_string();
        self.act(service, [("playlist_id", id.as_str()), ("video_id", &video)]).await.map(drop)
    }
}

/// Reads one playlist. `None` if it has no id, without which a bot can do
/// nothing with it.
fn playlist(data: Value) -> Option<Playlist> {
    let wire = serde_json::from_value::<Object<WirePlaylist>>(data).ok()?;
    Playlist::from_wire(wire).ok()
}
