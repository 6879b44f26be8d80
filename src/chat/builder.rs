//! The settings of a chat, and the four ways to open one.
//!
//! No setting fails here. A wrong one is kept as an error inside the chat,
//! which yields it when it is polled. That way `open` needs no `Result`, and a
//! bot has one place where it handles errors.

use std::sync::Arc;

use http::HeaderValue;

use super::{source::Source, stream::Chat};
use crate::{
    client::{Client, Endpoints, default_user_agent, user_agent},
    error::Error,
    snapshot::StreamId,
    transport::{Transport, default_transport},
};

/// Sets up a [`Chat`]: over what it is read, and whether its history is yielded
/// too.
///
/// Get one from [`Chat::builder`], or from [`Client::chat_builder`] to read
/// over the connections of a client. If a setting is wrong, you learn it when
/// you poll the chat: its only item is then an error of kind
/// [`ErrorKind::Config`](crate::ErrorKind::Config).
///
/// It can be cloned, for example to open the same chat again after
/// [`ChatEvent::Closed`](super::ChatEvent::Closed). `Debug` shows everything
/// but the transport.
///
/// # Examples
///
/// A page that shows the chat wants the lines that are already there:
///
/// ```
/// use rumble_live::chat::{Chat, ChatEvent};
/// use rumble_live::{Error, sim::Sim};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     sim.message(&stream, "ada", "first!");
///
///     let builder = Chat::builder(&stream).user_agent("harborlight-bot/1.0");
///     let mut chat = builder.replay(true).transport(sim).open();
///     let mut lines = Vec::new();
///     while lines.is_empty() {
///         if let Some(ChatEvent::Message(line)) =
///             chat.next().await.transpose()?
///         {
///             lines.push(line.text);
///         }
///     }
///     assert_eq!(lines, ["first!"]);
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
    /// it reads anonymously from Rumble, over connections of its own. To share
    /// a client's connections, use [`Client::chat`]. [`builder`](Self::builder)
    /// says what `stream` is.
    ///
    /// Nothing is sent before you poll the chat. What is wrong with the id is
    /// found then too: the chat's only item is an error of kind
    /// [`ErrorKind::Config`](crate::ErrorKind::Config). The same comes without
    /// feature `http`, because then there is no transport to read over.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::chat::Chat;
    ///
    /// let chat = Chat::open("7C1F4Q");
    /// assert_eq!(chat.stream(), "7c1f4q");
    /// assert!(chat.ready().is_none(), "nothing has been asked yet");
    /// ```
    pub fn open(stream: impl Into<StreamId>) -> Self {
        Self::builder(stream).open()
    }

    /// Sets up the chat of a livestream. `stream` is its id in base 36:
    /// [`Livestream::id`](crate::Livestream::id), or what follows the `v` in an
    /// embed URL.
    ///
    /// The code in the URL of a watch page is a different number. It has the
    /// same form as an id, so nothing can warn you: you read the chat of
    /// another livestream, or of none. Feature `pages` finds the id for a URL.
    ///
    /// # Examples
    ///
    /// An address is not an id, which the chat says before it asks anybody:
    ///
    /// ```
    /// use rumble_live::{ErrorKind, chat::Chat, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() {
    ///     let sim = Sim::new(42);
    ///     let page = "https://rumble.com/v7c9aa1-night-shift.html";
    ///     let mut chat = Chat::builder(page).transport(sim.clone()).open();
    ///
    ///     let error = chat.next().await.expect("an item").unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     assert!(error.to_string().contains("Livestream::id"));
    ///     assert!(chat.next().await.is_none());
    ///     assert_eq!(sim.chat_requests(), 0);
    /// }
    /// ```
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
    /// its gate: the chat is another service and needs no key. So an open chat
    /// delays no poll, and no poll delays the chat.
    ///
    /// Each call opens a chat of its own, with a connection of its own. If you
    /// want the chats of an account together with its polls, use
    /// [`WatcherBuilder::live_chat`](crate::WatcherBuilder::live_chat) instead:
    /// it follows the livestreams as they start and end.
    ///
    /// # Examples
    ///
    /// Open the chat of each livestream that is live now:
    ///
    /// ```
    /// use rumble_live::chat::{Chat, ChatEvent};
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.schedule_stream("Night shift");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim)
    ///         .build()?;
    ///
    ///     let snapshot = client.snapshot().await?;
    ///     let live =
    ///         snapshot.livestreams().iter().filter(|listed| listed.is_live());
    ///     let mut chats: Vec<Chat> =
    ///         live.map(|live| client.chat(&live.id)).collect();
    ///     assert_eq!(chats.len(), 1);
    ///
    ///     let event = chats[0].next().await.transpose()?;
    ///     let Some(ChatEvent::Ready(ready)) = event else {
    ///         panic!("not ready")
    ///     };
    ///     assert_eq!(ready.stream, stream);
    ///     Ok(())
    /// }
    /// ```
    pub fn chat(&self, stream: impl Into<StreamId>) -> Chat {
        self.chat_builder(stream).open()
    }

    /// Sets up the chat of a livestream with this client's transport, user
    /// agent and endpoints, as for [`chat`](Self::chat). Feature `chat`.
    ///
    /// Whatever you set on the builder replaces what came from the client.
    ///
    /// # Examples
    ///
    /// A page wants the history and a bot does not. They read the same chat,
    /// each over a connection of its own:
    ///
    /// ```
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.message(&stream, "ada", "first!");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///
    ///     let mut page = client.chat_builder(&stream).replay(true).open();
    ///     let mut bot = client.chat(&stream);
    ///     for (chat, expected) in
    ///         [(&mut page, "ada: first!"), (&mut bot, "bob: hi")]
    ///     {
    ///         chat.next().await.transpose()?;
    ///         sim.message(&stream, "bob", "hi");
    ///         let event =
    ///             chat.next().await.transpose()?.expect("the chat goes on");
    ///         assert!(event.to_string().ends_with(expected), "{event}");
    ///     }
    ///     assert_eq!(sim.open_chats(), 2);
    ///     Ok(())
    /// }
    /// ```
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
    /// The defaults: no history, Rumble's servers, this crate's user agent, and
    /// a transport that is made when the chat is opened.
    pub(super) fn new(stream: StreamId) -> Self {
        Self { stream, replays: false, user_agent: Ok(default_user_agent()), endpoints: Endpoints::default(), transport: None }
    }

    /// Whether to yield the messages that the chat shows at the start too,
    /// about 50 of them. Default: false, because they are history.
    ///
    /// They come right after [`ChatEvent::Ready`](super::ChatEvent::Ready),
    /// oldest first. A message that the chat shows as deleted is left out. What
    /// came before these messages cannot be read from the chat at all.
    ///
    /// It matters for the first connection only: messages that were missed
    /// between two connections are yielded either way.
    pub fn replay(mut self, yes: bool) -> Self {
        self.replays = yes;
        self
    }

    /// The `User-Agent` of the requests. Default: `rumble-live/` and the
    /// version.
    ///
    /// Name your program in it, so that Rumble can tell it from others. It may
    /// hold spaces and visible ASCII. With anything else, the chat ends with an
    /// error of kind [`ErrorKind::Config`](crate::ErrorKind::Config).
    pub fn user_agent(mut self, text: impl AsRef<str>) -> Self {
        self.user_agent = user_agent(text.as_ref());
        self
    }

    /// Where to find the chat. Default: Rumble's own servers.
    ///
    /// The chat itself is read from [`Endpoints::chat`], and its emotes from
    /// [`Endpoints::site`]. The pictures of badges are paths on the site, so
    /// their addresses begin with it too.
    ///
    /// [`transport`](Self::transport) has an example of both.
    pub fn endpoints(mut self, endpoints: Endpoints) -> Self {
        self.endpoints = endpoints;
        self
    }

    /// Uses this transport, for example a [`Pool`](crate::Pool) that is shared
    /// with others. Default: a pool of its own. Without feature `http` there is
    /// no default.
    ///
    /// The chat asks for one long answer: its request has no limit for the
    /// whole exchange, and none for the size of the body. Each chat keeps one
    /// connection of the transport busy.
    ///
    /// # Examples
    ///
    /// Play back what a relay on this machine said once, byte by byte:
    ///
    /// ```
    /// use rumble_live::chat::{Chat, ChatEvent};
    /// use rumble_live::{BoxFuture, Endpoints, Error};
    /// use rumble_live::{Request, Response, Transport};
    ///
    /// struct Tape(&'static str);
    ///
    /// impl Transport for Tape {
    ///     fn send(
    ///         &self,
    ///         request: Request,
    ///     ) -> BoxFuture<'_, Result<Response, Error>> {
    ///         let path = "/chat/api/chat/443484890/stream";
    ///         assert!(request.url.expose().ends_with(path));
    ///         Box::pin(async { Ok(Response::ok(self.0)) })
    ///     }
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let tape = Tape("data: {\"type\": \"init\", \"data\": {}}\n\n");
    ///     let builder = Chat::builder("7c1f4q").transport(tape);
    ///     let relay = Endpoints::at("http://127.0.0.1:8080")?;
    ///     let mut chat = builder.endpoints(relay).open();
    ///     assert!(matches!(
    ///         chat.next().await.transpose()?,
    ///         Some(ChatEvent::Ready(_))
    ///     ));
    ///     // At the end of the tape, the connection ends.
    ///     let end = chat.next().await.transpose()?;
    ///     assert!(matches!(end, Some(ChatEvent::Interrupted(_))));
    ///     Ok(())
    /// }
    /// ```
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
