//! The live chat of one livestream, pushed message by message. Feature `chat`.
//!
//! [`Chat`] reads it: without a key, without a login, within milliseconds of what is written. It also tells what the Live Stream API does not: ids,
//! deletions, pins, raids, colours and pictures.
//!
//! # Unofficial
//!
//! Rumble documents nothing of this service, and may change or close it without notice. Whether its terms allow a program to read it is for you to find
//! out. What is known of it was seen by the authors of other clients between 2023 and September 2026, in Rumble's own Android app, and in recordings of
//! single chats; what is only concluded from that stands as an assumption at the item concerned. If the service changes, this feature may stop working; the
//! rest of the crate does not depend on it.
//!
//! # Limits
//!
//! - A connection begins with some 50 messages. What was written while it was down and is not among them is lost, and a [`Gap`](ChatEvent::Gap) says so.
//! - A message that cannot be read is left out and [counted](Chat::skipped).
//! - The ids of the newest 2,048 messages are remembered, and at least the last 2,048 users and 512 channels.
//! - A record of more than 1 MiB is left out and counted.
//! - Names are cut after 200 characters. Addresses of pictures of more than 2,048 bytes are left out, and so are a person's badges beyond 32 and
//!   badges, levels and offers of the chat beyond 1,000.
//! - Chat is read only. This feature cannot write.
//!
//! # Examples
//!
//! A test of a bot that reads the chat, without sockets and on a clock that is driven:
//!
//! ```test_harness
//! use rumble_live::{Client, Error, chat::ChatEvent, sim::Sim};
//!
//! #[tokio::test(start_paused = true)]
//! async fn message_arrives_though_the_connection_is_cut() -> Result<(), Error> {
//!     let sim = Sim::running(42);
//!     let stream = sim.start_stream("Harbour lights");
//!     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
//!     let mut chat = client.chat(&stream);
//!     assert!(matches!(chat.next().await.transpose()?, Some(ChatEvent::Ready(_))));
//!
//!     sim.cut_chat(10);
//!     sim.message(&stream, "ada", "hi");
//!
//!     while let Some(event) = chat.next().await.transpose()? {
//!         match event {
//!             ChatEvent::Interrupted(trouble) => println!("{trouble}"),
//!             ChatEvent::Message(message) => {
//!                 assert_eq!((message.author.name.as_str(), message.text.as_str()), ("ada", "hi"));
//!                 return Ok(());
//!             }
//!             _ => {}
//!         }
//!     }
//!     panic!("the chat has ended without the message");
//! }
//! ```

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
