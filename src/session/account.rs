//! The user's own account: its name, channels, categories and API keys.

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

/// A channel of the user's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Channel {
    /// The channel's id, to [speak](super::SessionChat::send_as) as it (`id`).
    pub id: ChannelId,
    /// The name to show (`title`). All texts are empty if missing.
    pub title: String,
    /// The name in URLs (`name`).
    pub name: String,
    /// How many users follow the channel (`num_subscribers`).
    pub followers: Option<u64>,
    /// The address of the channel's picture (`thumb`).
    pub picture: Option<String>,
}

/// A category that a video can be in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VideoCategory {
    /// The category's number (`id`).
    pub id: u64,
    /// The name to show (`title`). All texts are empty if missing.
    pub title: String,
    /// The name in URLs (`slug`).
    pub slug: String,
    /// How many people are watching videos of this category (`num_viewers`).
    pub viewers: Option<u64>,
    /// Whether it is one of the few top-level categories (`is_primary`).
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
    /// The user's name (`user.login`).
    ///
    /// # Errors
    ///
    /// The same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    pub async fn username(&self) -> Result<String, Error> {
        let envelope = self.read("user.login").await?;
        envelope.data.get("username").and_then(Value::as_str).map(Into::into).ok_or_else(odd)
    }

    /// The user's own channels, in the order of the wire
    /// (`user.upload-channels`). Channels that cannot be read are
    /// [skipped](Window::skipped).
    ///
    /// ```test_harness
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn captain_writes_as_a_channel() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder().transport(sim.clone()).build(sim.session("captain"))?;
    ///     for channel in session.channels().await?.iter() {
    ///         session.chat(&stream)?.send_as(&channel.id, "ahoy").await?;
    ///     }
    ///     assert_eq!(sim.times_posted("ahoy"), 1);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    pub async fn channels(&self) -> Result<Window<Channel>, Error> {
        let envelope = self.read("user.upload-channels").await?;
        list(envelope.data)
    }

    /// The categories that a video can be in (`category.list`). Categories that
    /// cannot be read are [skipped](Window::skipped).
    ///
    /// # Errors
    ///
    /// The same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    pub async fn categories(&self) -> Result<Window<VideoCategory>, Error> {
        let mut envelope = self.ask(Asked::get(self.site.service("category.list")).for_anybody()).await?;
        list(envelope.data.get_mut("items").map(Value::take).unwrap_or_default())
    }

    /// Makes a new Live Stream API key, for the user or for one of the channels
    /// (`livestream_api.reset_api_key`).
    ///
    /// **The old key stops working at once**: Rumble refuses every bot that
    /// polls with it. The new key is only shown on
    /// <https://rumble.com/account/livestream-api>.
    ///
    /// # Errors
    ///
    /// The same as for [`who`](Self::who), and [`ErrorKind::Unclear`] if it may
    /// have been done.
    ///
    /// # Cancel safety
    ///
    /// If you drop the future before its turn, the request is withdrawn. If you
    /// drop it later, you cannot know whether it was done; a log event says so.
    pub async fn reset_api_key(&self, channel: Option<&ChannelId>) -> Result<(), Error> {
        let fields = channel.map(|channel| ("channel_id", channel.as_str()));
        self.act_for_sure("livestream_api.reset_api_key", fields).await
    }

    /// Ends the session: its token stops working (`user.logout`).
    ///
    /// # Errors
    ///
    /// As for any request. It is not an error if the session has already ended.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`reset_api_key`](Self::reset_api_key).
    pub async fn log_out(&self) -> Result<(), Error> {
        match self.read("user.logout").await {
            // The answer says who is logged in now: nobody.
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
    Error::with_message(ErrorKind::Decode, "the answer does not have what was asked for; Rumble may have changed it")
}
