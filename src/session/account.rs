//! What a user's own account has, and its keys.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Session, asked::Asked};
use crate::{
    error::{Error, ErrorKind},
    snapshot::{
        ChannelId, Window,
        lenient::{Entry, Field, LeftOut, List, Object, wire},
    },
};

/// A channel of the user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Channel {
    /// Its id, to [speak](super::SessionChat::send_as) as it (`id`).
    pub id: ChannelId,
    /// Its name for people (`title`). Empty where missing, as the other texts.
    pub title: String,
    /// Its name in URLs (`name`).
    pub name: String,
    /// How many follow it (`num_subscribers`).
    pub followers: Option<u64>,
    /// The address of its picture (`thumb`).
    pub picture: Option<String>,
}

/// A category that a video can be in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VideoCategory {
    /// Its number (`id`).
    pub id: u64,
    /// Its name for people (`title`). Empty where missing, as the other texts.
    pub title: String,
    /// Its name in URLs (`slug`).
    pub slug: String,
    /// How many watch videos of it (`num_viewers`).
    pub viewers: Option<u64>,
    /// Whether it is one of the few at the top (`is_primary`).
    pub is_primary: bool,
}

wire! {
    pub(crate) struct WireChannel {
        id: Field<ChannelId>,
        title: Field<String>,
        name: Field<String>,
        num_subscribers: Field<u64>,
        thumb: Field<String>,
    }
}

wire! {
    pub(crate) struct WireCategory {
        id: Field<u64>,
        title: Field<String>,
        slug: Field<String>,
        num_viewers: Field<u64>,
        is_primary: Field<bool>,
    }
}

impl Entry for Channel {
    type Wire = Object<WireChannel>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let WireChannel { id, title, name, num_subscribers, thumb } = wire.required()?;
        let (title, name) = (title.0.unwrap_or_default(), name.0.unwrap_or_default());
        Ok(Self { id: id.required()?, title, name, followers: num_subscribers.0, picture: thumb.0 })
    }
}

impl Entry for VideoCategory {
    type Wire = Object<WireCategory>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let WireCategory { id, title, slug, num_viewers, is_primary } = wire.required()?;
        Ok(Self {
            id: id.required()?,
            title: title.0.unwrap_or_default(),
            slug: slug.0.unwrap_or_default(),
            viewers: num_viewers.0,
            is_primary: is_primary.0.unwrap_or_default(),
        })
    }
}

impl Session {
    /// The name of the user (`user.login`).
    ///
    /// # Errors
    ///
    /// As [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    pub async fn username(&self) -> Result<String, Error> {
        let envelope = self.read("user.login").await?;
        envelope.data.get("username").and_then(Value::as_str).map(Into::into).ok_or_else(odd)
    }

    /// The user's own channels, in the order of the wire (`user.upload-channels`). What cannot be read is [skipped](Window::skipped).
    ///
    /// # Errors
    ///
    /// As [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    pub async fn channels(&self) -> Result<Window<Channel>, Error> {
        let envelope = self.read("user.upload-channels").await?;
        list(envelope.data)
    }

    /// The categories that a video can be in (`category.list`). What cannot be read is [skipped](Window::skipped).
    ///
    /// # Errors
    ///
    /// As [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    pub async fn categories(&self) -> Result<Window<VideoCategory>, Error> {
        let mut envelope = self.ask(Asked::get(self.site.service("category.list")).for_anybody()).await?;
        list(envelope.data.get_mut("items").map(Value::take).unwrap_or_default())
    }

    /// Makes a new Live Stream API key, for the user or one of the channels (`livestream_api.reset_api_key`). **The old key is dead at once**: every bot that polls with it is refused
    /// from then on. The new one stands on <https://rumble.com/account/livestream-api> only.
    ///
    /// # Errors
    ///
    /// As [`who`](Self::who), and [`ErrorKind::Unclear`] where it may have been done.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before its turn withdraws the request. Dropping it later leaves it unknown whether it was done; the log says so.
    pub async fn reset_api_key(&self, channel: Option<&ChannelId>) -> Result<(), Error> {
        let fields = channel.map(|channel| ("channel_id", channel.as_str()));
        self.act_for_sure("livestream_api.reset_api_key", fields).await
    }

    /// Ends the session: its token is good for nothing any more (`user.logout`).
    ///
    /// # Errors
    ///
    /// As for any request. A session that is gone already is no error.
    ///
    /// # Cancel safety
    ///
    /// As [`reset_api_key`](Self::reset_api_key).
    pub async fn log_out(&self) -> Result<(), Error> {
        match self.read("user.logout").await {
            // It says who is logged in now.
            Err(error) if error.kind() == ErrorKind::SessionGone => Ok(()),
            outcome => outcome.map(drop),
        }
    }
}

pub(super) fn list<T: Entry>(value: Value) -> Result<Window<T>, Error>
where
    List<T>: DeserializeOwned,
{
    serde_json::from_value::<List<T>>(value).ok().map(|list| list.0).filter(Window::was_sent).ok_or_else(odd)
}

pub(super) fn odd() -> Error {
    Error::with_message(ErrorKind::Decode, "the answer has not what was asked for; Rumble may have changed it")
}
