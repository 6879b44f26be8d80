//! The user's playlists.

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

/// The id of a playlist (`id`): an opaque text. Case matters.
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

/// A playlist of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Playlist {
    /// The playlist's id (`id`).
    pub id: PlaylistId,
    /// The title (`title`). All texts are empty if missing.
    pub title: String,
    /// The description (`description`).
    pub description: String,
    /// Who can see it (`visibility`).
    pub visibility: Option<Visibility>,
    /// The address of its page (`url`).
    pub url: String,
    /// When it was created (`created_on`).
    pub created_on: Option<OffsetDateTime>,
    /// When it was last changed (`updated_on`).
    pub updated_on: Option<OffsetDateTime>,
    /// How many videos are in it (`num_items`).
    pub length: Option<u64>,
    /// The videos that the answer shows, in its order (`items`). They need not
    /// be all of them.
    pub videos: Window<PlaylistVideo>,
}

/// A video in a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlaylistVideo {
    /// The video's id (`video.id`).
    pub id: StreamId,
    /// The video's title (`video.title`). Empty if missing.
    pub title: String,
    /// When it was added to the playlist (`created_on`).
    pub added_on: Option<OffsetDateTime>,
}

/// A playlist to be created, or new values for an existing one.
///
/// ```test_harness
/// use rumble_live::{Error, Visibility, session::{PlaylistDraft, Session}, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn playlist_holds_a_video() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let session = Session::builder().transport(sim.clone()).build(sim.session("captain"))?;
///     let draft = PlaylistDraft::new("Best of the harbour", Visibility::Public).description("Ships and lights");
///     let playlist = session.add_playlist(&draft).await?;
///     session.add_to_playlist(&playlist.id, &stream).await?;
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
    /// A playlist with this title and this visibility.
    pub fn new(title: impl Into<String>, visibility: Visibility) -> Self {
        Self { title: title.into(), description: String::new(), visibility }
    }

    /// The description. Default: empty.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    fn fields(&self) -> Result<[(&'static str, &str); 3], Error> {
        if self.title.trim().is_empty() {
            return Err(Error::config("a playlist needs a title; nothing was sent"));
        }
        Ok([("title", &self.title), ("description", &self.description), ("visibility", self.visibility.as_str())])
    }
}

wire! {
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
    pub(crate) struct WirePlaylistVideo {
        created_on: Field<OffsetDateTime>,
        video: Object<WireVideo>,
    }
}

wire! {
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
    /// The user's playlists, in the order of the wire (`playlist.list`).
    /// Requests 20 at a time until an answer shows nothing new, at most a
    /// hundred times. Playlists that cannot be read are left out.
    ///
    /// # Errors
    ///
    /// The same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
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

    /// Creates a playlist (`playlist.add`).
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
    pub async fn add_playlist(&self, draft: &PlaylistDraft) -> Result<Playlist, Error> {
        let envelope = self.act("playlist.add", draft.fields()?).await?;
        playlist(envelope.data).ok_or_else(|| Deed::Write.or_unclear(odd()))
    }

    /// Changes the title, description and visibility of a playlist, and leaves
    /// its videos as they are (`playlist.edit`). The name of the parameter,
    /// `playlist_id`, is an assumption.
    ///
    /// # Errors
    ///
    /// The same as for [`add_playlist`](Self::add_playlist).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`add_playlist`](Self::add_playlist).
    pub async fn edit_playlist(&self, id: &PlaylistId, draft: &PlaylistDraft) -> Result<(), Error> {
        self.act("playlist.edit", draft.fields()?.into_iter().chain([("playlist_id", id.as_str())])).await.map(drop)
    }

    /// Deletes a playlist (`playlist.delete`).
    ///
    /// # Errors
    ///
    /// The same as for [`add_playlist`](Self::add_playlist).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`add_playlist`](Self::add_playlist).
    pub async fn delete_playlist(&self, id: &PlaylistId) -> Result<(), Error> {
        self.act("playlist.delete", [("playlist_id", id.as_str())]).await.map(drop)
    }

    /// Adds a video to a playlist (`playlist.add_video`).
    ///
    /// # Errors
    ///
    /// The same as for [`add_playlist`](Self::add_playlist), and
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if `video` is not the id
    /// of a video.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`add_playlist`](Self::add_playlist).
    pub async fn add_to_playlist(&self, id: &PlaylistId, video: impl Into<StreamId>) -> Result<(), Error> {
        self.change_playlist("playlist.add_video", id, video.into()).await
    }

    /// Removes a video from a playlist (`playlist.delete_video`).
    ///
    /// # Errors
    ///
    /// The same as for [`add_to_playlist`](Self::add_to_playlist).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`add_playlist`](Self::add_playlist).
    pub async fn remove_from_playlist(&self, id: &PlaylistId, video: impl Into<StreamId>) -> Result<(), Error> {
        self.change_playlist("playlist.delete_video", id, video.into()).await
    }

    async fn change_playlist(&self, service: &str, id: &PlaylistId, video: StreamId) -> Result<(), Error> {
        let video = video_id(&video)?.to_string();
        self.act(service, [("playlist_id", id.as_str()), ("video_id", &video)]).await.map(drop)
    }
}

fn playlist(data: Value) -> Option<Playlist> {
    let wire = serde_json::from_value::<Object<WirePlaylist>>(data).ok()?;
    Playlist::from_wire(wire).ok()
}
