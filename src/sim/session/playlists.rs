//! The playlists of the site's users.
//!
//! Each belongs to its owner, and for anybody else it does not exist. What a
//! client reads back is what it wrote, except for the time of the last change,
//! which stays that of the making. Only streams of this account can be added.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    comments::no_video,
    service::{Form, Reply},
};
use crate::sim::{stamp::Utc, world::World};

/// A playlist of a user. Its videos are in the order in which they were added,
/// and may repeat.
#[derive(Debug)]
pub(super) struct Playlist {
    id: Box<str>,
    owner: Box<str>,
    title: String,
    description: String,
    visibility: String,
    created_on: OffsetDateTime,
    videos: Vec<(u64, OffsetDateTime)>,
}

impl Playlist {
    /// Takes what can be edited from a form. A field that is missing becomes
    /// empty.
    fn set(&mut self, form: &Form<'_>) {
        let field = |name| form.get(name).unwrap_or_default().to_owned();
        (self.title, self.description, self.visibility) = (field("title"), field("description"), field("visibility"));
    }
}

impl World {
    /// The answer of a service for playlists; `None` if `name` is not such a
    /// service.
    pub(super) fn serve_playlists(&mut self, name: &str, form: &Form<'_>, username: &str) -> Option<Reply> {
        let verb = name.strip_prefix("playlist.")?;
        let now = self.clock.now();
        let data = match verb {
            "list" => self.list_playlists(form, username),
            "add" => {
                let id = format!("Simulated-Playlist-{}", self.sessions.playlists.len() + 1).into();
                let mut playlist = Playlist {
                    id,
                    owner: username.into(),
                    title: String::new(),
                    description: String::new(),
                    visibility: String::new(),
                    created_on: now,
                    videos: Vec::new(),
                };
                playlist.set(form);
                let json = self.playlist_json(&playlist);
                self.sessions.playlists.push(playlist);
                json
            }
            _ => {
                let id = form.get("playlist_id").unwrap_or_default();
                let place = self.sessions.playlists.iter().position(|list| *list.id == *id && *list.owner == *username);
                let Some(place) = place else {
                    return Some(Reply::to(Some(username), &json!({"success": false, "message": "No such playlist"})));
                };
                return self.change_playlist(verb, place, form).map(|change| change.unwrap_or_else(|refusal| refusal));
            }
        };
        Some(Reply::to(Some(username), &data))
    }

    /// Shows or changes the playlist at this place of the list. `None` if
    /// `verb` is not known.
    fn change_playlist(&mut self, verb: &str, place: usize, form: &Form<'_>) -> Option<Result<Reply, Reply>> {
        let video = self.video(form.get("video_id").and_then(|id| id.parse().ok()));
        let now = self.clock.now();
        let playlist = self.sessions.playlists.get_mut(place)?;
        let username = playlist.owner.clone();
        let done = json!({"success": true});
        let data = match verb {
            "get" => self.sessions.playlists.get(place).map(|playlist| self.playlist_json(playlist))?,
            "edit" => {
                playlist.set(form);
                done
            }
            "delete" => {
                self.sessions.playlists.remove(place);
                done
            }
            "add_video" => {
                let Some(video) = video else { return Some(Err(no_video())) };
                playlist.videos.push((video, now));
                json!({"created_on": Utc(now), "video": {"id": video}})
            }
            "delete_video" => {
                playlist.videos.retain(|(of, _)| Some(*of) != video);
                done
            }
            _ => return None,
        };
        Some(Ok(Reply::to(Some(&username), &data)))
    }

    /// A user's playlists, from `offset` on and at most `limit`.
    fn list_playlists(&self, form: &Form<'_>, username: &str) -> Value {
        let number = |name, otherwise| form.get(name).and_then(|number| number.parse().ok()).unwrap_or(otherwise);
        let theirs = self.sessions.playlists.iter().filter(|playlist| *playlist.owner == *username);
        let shown = theirs.skip(number("offset", 0)).take(number("limit", 20));
        json!({"items": shown.map(|playlist| self.playlist_json(playlist)).collect::<Vec<_>>()})
    }

    /// A playlist with its videos. A video whose stream was forgotten has no
    /// title.
    fn playlist_json(&self, playlist: &Playlist) -> Value {
        let Playlist { id, owner, title, description, visibility, created_on, videos } = playlist;
        let title_of = |video: u64| self.streams.iter().find(|stream| stream.video_id == video).map(|stream| stream.title.as_str());
        let items =
            videos.iter().map(|&(video, added)| json!({"created_on": Utc(added), "video": {"id": video, "title": title_of(video)}}));
        json!({
            "id": id,
            "title": title,
            "description": description,
            "visibility": visibility,
            "url": format!("https://rumble.com/playlists/{id}"),
            "channel": null,
            "created_on": Utc(*created_on),
            "updated_on": Utc(*created_on),
            "permissions": ["edit", "delete"],
            "num_items": videos.len(),
            "is_following": false,
            "items": items.collect::<Vec<_>>(),
            "extra": null,
            "user": {"username": owner},
        })
    }
}
