//! The settings of a chat.

use std::sync::Arc;

use http::HeaderValue;

use super::{source::Source, stream::Chat};
use crate::{
    client::{Client, Endpoints, default_user_agent, user_agent},
    error::Error,
    snapshot::StreamId,
    transport::{Transport, default_transport},
};

/// Sets up a [`Chat`].
///
/// ```no_run
/// use rumble_live::{Error, chat::Chat};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     let mut chat = Chat::builder("7c1f4q").user_agent("harborlight-bot/1.0").replay(true).open();
///     while let Some(event) = chat.next().await.transpose()? {
///         println!("{event}");
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until the chat is opened"]
pub struct ChatBuilder {
    stream: StreamId,
    replays: bool,
    user_agent: Result<HeaderValue, Error>,
    endpoints: Endpoints,
    transport: Option<Arc<dyn Transport>>,
}

impl Chat {
    /// Opens the chat of this livestream with the defaults of [`ChatBuilder`]:
    /// it reads anonymously from Rumble. To share a client's connections, use
    /// [`Client::chat`].
    ///
    /// Nothing is sent before you poll it.
    pub fn open(stream: impl Into<StreamId>) -> Self {
        Self::builder(stream).open()
    }

    /// Sets up the chat of a livestream. `stream` is its id in base 36:
    /// [`Livestream::id`](crate::Livestream::id), or what follows the `v` in an
    /// embed URL. The code in the URL of a watch page is a different number.
    pub fn builder(stream: impl Into<StreamId>) -> ChatBuilder {
        ChatBuilder::new(stream.into())
    }
}

impl Client {
    /// Opens the chat of a livestream with the defaults of [`ChatBuilder`].
    /// Feature `chat`.
    ///
    /// The chat uses this client's transport, user agent and
    /// [endpoints](crate::ClientBuilder::endpoints), but does not pass through
    /// its gate: the chat is another service and needs no key.
    ///
    /// ```
    /// use rumble_live::{Client, Error, chat::ChatEvent, sim::Sim};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
    ///     let mut chat = client.chat(&stream);
    ///     assert!(matches!(chat.next().await.transpose()?, Some(ChatEvent::Ready(_))));
    ///     Ok(())
    /// }
    /// ```
    pub fn chat(&self, stream: impl Into<StreamId>) -> Chat {
        self.chat_builder(stream).open()
    }

    /// Sets up the chat of a livestream with this client's transport, user
    /// agent and endpoints, as for [`chat`](Self::chat). Feature `chat`.
    pub fn chat_builder(&self, stream: impl Into<StreamId>) -> ChatBuilder {
        ChatBuilder {
            stream: stream.into(),
            replays: false,
            user_agent: Ok(self.user_agent().clone()),
            endpoints: self.endpoints().clone(),
            transport: Some(Arc::clone(self.transport())),
        }
    }
}

impl ChatBuilder {
    pub(super) fn new(stream: StreamId) -> Self {
        Self { stream, replays: false, user_agent: Ok(default_user_agent()), endpoints: Endpoints::default(), transport: None }
    }

    /// Whether to yield the messages that the chat shows at the start too,
    /// about 50 of them. Default: false, because they are history.
    pub fn replay(mut self, yes: bool) -> Self {
        self.replays = yes;
        self
    }

    /// The `User-Agent` of the requests. Default: `rumble-live/` and the
    /// version.
    pub fn user_agent(mut self, text: impl AsRef<str>) -> Self {
        self.user_agent = user_agent(text.as_ref());
        self
    }

    /// Where to find the chat. Default: Rumble's own servers.
    pub fn endpoints(mut self, endpoints: Endpoints) -> Self {
        self.endpoints = endpoints;
        self
    }

    /// Uses this transport, for example a [`Pool`](crate::Pool) that is shared
    /// with others. Default: a pool of its own. Without feature `http` there is
    /// no default.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Opens the chat. Nothing is sent before you poll it. If a setting is
    /// wrong, the error is the chat's first and last item.
    pub fn open(self) -> Chat {
        let Self { stream, replays, user_agent, endpoints, transport } = self;
        let transport = transport.map_or_else(|| default_transport("ChatBuilder::transport"), Ok);
        let source = transport.and_then(|transport| Source::new(transport, &endpoints, user_agent?, &stream));
        Chat::new(stream, source, endpoints.site(), replays)
    }
}

impl std::fmt::Debug for ChatBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { stream, replays, user_agent, endpoints, transport: _ } = self;
        f.debug_struct("ChatBuilder")
            .field("stream", stream)
            .field("replays", replays)
            .field("user_agent", user_agent)
            .field("endpoints", endpoints)
            .finish_non_exhaustive()
    }
}
