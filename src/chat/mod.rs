//! The live chat of one livestream, message by message. Feature `chat`.

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
mod record;
mod source;
mod stream;
mod trace;
mod wire;

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
