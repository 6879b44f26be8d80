//! The user's own account: its name, channels, categories and API keys.
//!
//! Nothing here is documented by Rumble, so answers are read leniently. An
//! entry without an id is skipped and counted, because a bot can do nothing
//! with it. Any other field may be missing, and is then empty. But an answer
//! without the list is an error and never an empty list: a bot that acts on "no
//! channels" would act on a changed format.

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

/// A channel of the user's. Returned by [`Session::channels`].
///
/// The JSON form has the names of the fields here, not those of the wire.
///
/// # Examples
///
/// Viewers know a channel by its name, and the chat wants its id:
///
/// ```
/// use rumble_live::{
///     Error,
///     session::{Channel, Session},
///     sim::Sim,
/// };
///
/// fn by_name<'a>(channels: &'a [Channel], name: &str) -> Option<&'a Channel> {
///     channels.iter().find(|channel| channel.name == name)
/// }
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let channels = session.channels().await?;
///
///     let harbor = by_name(&channels, "SimulatedHarborChannel").unwrap();
///     assert_eq!(
///         (harbor.id.as_str(), harbor.followers),
///         ("7104422", Some(412))
///     );
///     assert_eq!(by_name(&channels, "AnotherHarbor"), None);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Channel {
    /// The channel's id, to [speak](super::SessionChat::send_as) as it (`id`).
    pub id: ChannelId,
    /// The name to show (`title`). All texts are empty if missing.
    pub title: String,
    /// The name in URLs (`name`).
    pub name: String,
    /// How many users follow the channel (`num_subscribers`). `None` if the
    /// answer does not say.
    pub followers: Option<u64>,
    /// The address of the channel's picture (`thumb`). `None` if it has none.
    pub picture: Option<String>,
}

/// A category that a video can be in. Returned by [`Session::categories`].
///
/// The JSON form has the names of the fields here, not those of the wire.
///
/// # Examples
///
/// The category that most people are watching right now:
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
///     let categories = session.categories().await?;
///
///     let busiest = categories.iter().max_by_key(|category| category.viewers);
///     assert_eq!(
///         busiest.map(|category| category.title.as_str()),
///         Some("Gaming")
///     );
///     Ok(())
/// }
/// ```
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
    /// `None` if the answer does not say.
    pub viewers: Option<u64>,
    /// Whether it is one of the few top-level categories (`is_primary`). False
    /// if the answer does not say.
    pub is_primary: bool,
}

wire! {
    /// A [`Channel`] as it is sent.
    pub(crate) struct WireChannel {
        id: Field<ChannelId>,
        title: Field<String>,
        name: Field<String>,
        num_subscribers: Field<u64>,
        thumb: Field<String>,
    }
}

wire! {
    /// A [`VideoCategory`] as it is sent.
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
    /// To recognise the user's own messages in a chat, compare ids instead:
    /// somebody else's channel may have the same name. [`who`](Self::who)
    /// returns the id.
    ///
    /// # Errors
    ///
    /// The same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    ///
    /// # Examples
    ///
    /// Before it says anything, a bot checks that nobody gave it the token of
    /// another account:
    ///
    /// ```
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// async fn check(
    ///     session: &Session,
    ///     expected: &str,
    /// ) -> Result<(), String> {
    ///     match session.username().await {
    ///         Ok(name) if name == expected => Ok(()),
    ///         Ok(name) => Err(format!("this is the session of {name}")),
    ///         Err(error) => Err(format!("{error:#}")),
    ///     }
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     assert_eq!(check(&session, "captain").await, Ok(()));
    ///     assert_eq!(
    ///         check(&session, "harbor_bot").await,
    ///         Err("this is the session of captain".into())
    ///     );
    ///     Ok(())
    /// }
    /// ```
    pub async fn username(&self) -> Result<String, Error> {
        let envelope = self.read("user.login").await?;
        envelope.data.get("username").and_then(Value::as_str).map(Into::into).ok_or_else(odd)
    }

    /// The user's own channels, in the order of the wire
    /// (`user.upload-channels`). Empty if the user has none. Channels that
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
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let chat = session.chat(&stream)?;
    ///     for channel in &session.channels().await? {
    ///         chat.send_as(&channel.id, "ahoy").await?;
    ///     }
    ///     assert_eq!(sim.times_posted("ahoy"), 1);
    ///     Ok(())
    /// }
    /// ```
    pub async fn channels(&self) -> Result<Window<Channel>, Error> {
        let envelope = self.read("user.upload-channels").await?;
        list(envelope.data)
    }

    /// The categories that a video can be in, in the order of the wire
    /// (`category.list`). Categories that cannot be read are
    /// [skipped](Window::skipped).
    ///
    /// # Errors
    ///
    /// [As for any request](crate::session#what-an-error-means), but never
    /// [`ErrorKind::SessionGone`]: Rumble gives this list to anybody, also
    /// after the session has ended.
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
    /// <https://rumble.com/account/livestream-api>, so somebody must copy it
    /// from there.
    ///
    /// # Errors
    ///
    /// The same as for [`who`](Self::who), and [`ErrorKind::Unclear`] if it may
    /// have been done. It counts as done only if the answer says so.
    ///
    /// # Cancel safety
    ///
    /// If you drop the future before its turn, the request is withdrawn. If you
    /// drop it later, you cannot know whether it was done; a log event says so.
    ///
    /// # Examples
    ///
    /// The key has leaked, so whoever has it must be locked out:
    ///
    /// ```
    /// use rumble_live::{
    ///     Client, Error, ErrorKind,
    ///     sim::{Role, Sim},
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.set_role("captain", Role::Owner);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let session =
    ///         client.session_builder().build(sim.session("captain"))?;
    ///     client.snapshot().await?;
    ///
    ///     session.reset_api_key(None).await?;
    ///     let error = client.snapshot().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Unauthorized);
    ///     Ok(())
    /// }
    /// ```
    pub async fn reset_api_key(&self, channel: Option<&ChannelId>) -> Result<(), Error> {
        let fields = channel.map(|channel| ("channel_id", channel.as_str()));
        self.act_for_sure("livestream_api.reset_api_key", fields).await
    }

    /// Ends the session: its token stops working (`user.logout`). Other
    /// sessions of the same user go on. If you took the token from a browser,
    /// that browser is logged out too.
    ///
    /// # Errors
    ///
    /// [As for any request](crate::session#what-an-error-means) that changes
    /// nothing, so never [`ErrorKind::Unclear`]: you can ask again. It is not
    /// an error if the session has already ended.
    ///
    /// # Cancel safety
    ///
    /// If you drop the future before its turn, the request is withdrawn. If you
    /// drop it later, the session may have ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, ErrorKind, session::Session, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     session.log_out().await?;
    ///     // There is nothing left to end, which is what was wanted.
    ///     session.log_out().await?;
    ///
    ///     let error = session.who().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::SessionGone);
    ///     Ok(())
    /// }
    /// ```
    pub async fn log_out(&self) -> Result<(), Error> {
        match self.read("user.logout").await {
            // The answer says who is logged in now: nobody.
            Err(error) if error.kind() == ErrorKind::SessionGone => Ok(()),
            outcome => outcome.map(drop),
        }
    }
}

/// Reads a list with its unreadable entries counted. A value that is not a list
/// is an error, because it says nothing about what there is.
pub(super) fn list<T: Entry>(value: Value) -> Result<Window<T>, Error>
where
    List<T>: DeserializeOwned,
{
    serde_json::from_value::<List<T>>(value).ok().map(|list| list.0).filter(Window::was_sent).ok_or_else(odd)
}

/// The error for an answer that was understood and lacks what the method needs.
pub(super) fn odd() -> Error {
    Error::with_message(ErrorKind::Decode, "the answer does not have what was asked for; Rumble may have changed it")
}
