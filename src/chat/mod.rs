//! The live chat of one livestream, pushed message by message. Feature `chat`.
//!
//! [`Chat`] reads it without a key and without a login, within milliseconds
//! after somebody writes. It also has what the Live Stream API lacks: ids,
//! deletions, pins, raids, colours and pictures.
//!
//! # What to use
//!
//! | to | use |
//! |---|---|
//! | read one chat, by the id of its livestream | [`Chat::open`] |
//! | read it over the connections of a client | [`Client::chat`] |
//! | get an account's polls and its chats as one stream | [`live_chat`] |
//! | turn bytes that you have into events | [`Decoder`] |
//! | show emotes as pictures | [`Chat::emotes`], [`ChatMessage::parts`] |
//! | show badges and the colours of rants | [`Chat::ready`], [`ChatConfig`] |
//! | write to a chat | feature `session` |
//!
//! # What comes when
//!
//! 1. [`Ready`](ChatEvent::Ready) says how the chat is set up and what holds
//!    right now: what is pinned, who may write, whether a raid is under way.
//! 2. The messages of the backlog follow if you [ask for
//!    them](ChatBuilder::replay), oldest first. By default they are left out,
//!    because they are history.
//! 3. From then on, everything comes in the order in which the server sends it.
//!    That is usually the order of writing, but nothing sorts it.
//! 4. If the connection is lost, [`Interrupted`](ChatEvent::Interrupted) says
//!    why, once for each attempt that fails. When a connection works again,
//!    [`Resumed`](ChatEvent::Resumed) comes first. Then comes `Ready` if
//!    something has changed, and then what was missed: a
//!    [`Gap`](ChatEvent::Gap) if something may be lost, deletions, and
//!    messages, oldest first.
//! 5. The stream ends with [`Closed`](ChatEvent::Closed) if the chat is over,
//!    or with one `Err` if something cannot work.
//!
//! # Unofficial
//!
//! Rumble does not document this service, and may change or close it without
//! notice. Check yourself whether its terms allow your program to read it. What
//! is known comes from three sources: what the authors of other clients saw
//! between 2023 and September 2026, Rumble's own Android app, and recordings of
//! single chats. Where something is only concluded from these, the item's
//! documentation calls it an assumption. If the service changes, this feature
//! may stop working; the rest of the crate does not depend on it.
//!
//! # Limits
//!
//! - A connection begins with about 50 messages. If the connection was down and
//!   a message written meanwhile is not among them, it is lost. A
//!   [`Gap`](ChatEvent::Gap) reports this.
//! - A message that cannot be read is left out and [counted](Chat::skipped).
//! - The chat remembers the ids of the newest 2,048 messages, and at least the
//!   last 2,048 users and 512 channels.
//! - A record of more than 1 MiB is left out and counted.
//! - Names are cut after 200 characters. Addresses of pictures with more than
//!   2,048 bytes are left out. So are a person's badges beyond 32, and the
//!   chat's badges, levels and offers beyond 1,000.
//! - This feature only reads. It cannot write.
//!
//! # Examples
//!
//! Test a bot that reads the chat, without sockets and on a clock that you
//! control:
//!
//! ```test_harness
//! use rumble_live::{Client, Error, chat::ChatEvent, sim::Sim};
//!
//! #[tokio::test(start_paused = true)]
//! async fn message_arrives_though_the_connection_is_cut() -> Result<(), Error>
//! {
//!     let sim = Sim::running(42);
//!     let stream = sim.start_stream("Harbour lights");
//!     let client = Client::builder("http://127.0.0.1/?key=any")
//!         .transport(sim.clone())
//!         .build()?;
//!     let mut chat = client.chat(&stream);
//!     assert!(matches!(
//!         chat.next().await.transpose()?,
//!         Some(ChatEvent::Ready(_))
//!     ));
//!
//!     sim.cut_chat(10);
//!     sim.message(&stream, "ada", "hi");
//!
//!     while let Some(event) = chat.next().await.transpose()? {
//!         match event {
//!             ChatEvent::Interrupted(trouble) => println!("{trouble}"),
//!             ChatEvent::Message(message) => {
//!                 assert_eq!(
//!                     (message.author.name.as_str(), message.text.as_str()),
//!                     ("ada", "hi")
//!                 );
//!                 return Ok(());
//!             }
//!             _ => {}
//!         }
//!     }
//!     panic!("the chat has ended without the message");
//! }
//! ```
//!
//! [`Client::chat`]: crate::Client::chat
//! [`live_chat`]: crate::WatcherBuilder::live_chat

mod answer;
mod builder;
mod decoder;
mod emotes;
mod event;
mod gifts;
mod known;
mod pace;
mod people;
mod recent;
pub(crate) mod record;
mod source;
mod stream;
mod trace;
mod wire;

pub(crate) use self::decoder::{Reach, Step, Telling};
pub use self::{
    builder::ChatBuilder,
    decoder::Decoder,
    emotes::{Emote, EmotePack, Emotes, Part, Parts},
    event::{
        Author, Badge, CanModerate, ChatConfig, ChatEvent, ChatMessage, ChatRant, ChatReady, Color, Deleted, Gift, GiftNotice, GiftOffer,
        Icon, InvalidColor, LiveGate, MessageId, Muted, Notice, Raid, RaidNotice, RantLevel, SubscriptionNotice, Unknown, Unpinned,
    },
    stream::Chat,
};
