//! Records of the wire, and how they become what the rest of the chat works
//! with. Lenient: what cannot be read takes nothing else with it.
//!
//! A record is a JSON object with a `type` and the object `data`; a record that
//! somebody's request caused has its `request_id` too. All types share one
//! struct for `data`, because the same key means the same in each of them.
//! `line` reads messages, `person` users and channels, and `setup` how the chat
//! is set up.
//!
//! To read one more type of record, add it to [`Kind`] and its fields to
//! [`WireData`], make a variant of [`What`] from them in [`WireData::said`],
//! and say in `Decoder::hear` what follows from it.
//!
//! What is remembered of people and messages has a limit here, so no record can
//! make the chat grow: ids, names, addresses, badges, lists.

mod line;
mod person;
mod setup;

use std::{mem, time::Duration};

pub(crate) use self::{
    line::Line,
    person::{Channel, User},
};
use self::{
    line::WireLine,
    person::{ChannelNumber, UserNumber},
    setup::{WireConfig, WireGate, WireRaid, WireSubscribersOnly},
};
use super::event::{CanModerate, ChatConfig, Deleted, LiveGate, MessageId, Muted, Raid};
use crate::snapshot::{
    ChannelId, UserId,
    lenient::{Entry, Field, List, Object, wire},
    repair,
    scalar::{FromScalar, Scalar, UnixSeconds},
};

/// The most entries that are kept of one list of people or ids: far more than a
/// chat shows at once.
const MOST: usize = 10_000;

/// Far longer than today's marks, which have 43 characters. A longer mark would
/// be kept with each message of its record.
const LONGEST_REQUEST_ID: usize = 128;

/// One record, decoded.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) what: What,
    /// The people that the record shows.
    pub(crate) users: Vec<User>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) request_id: Option<String>,
    /// How many of its items cannot be read; 1 for a record that cannot be read
    /// at all.
    pub(crate) skipped: usize,
}

/// What a record says. The types are those of the public events where the two
/// agree, and otherwise those of this module, before their authors are looked
/// up.
#[derive(Debug)]
pub(crate) enum What {
    /// `init`: how the chat stands, with the backlog.
    Init(Box<Init>),
    /// `messages`: what was written.
    Messages {
        lines: Vec<Line>,
        /// Whether all of them could be read.
        is_whole: bool,
    },
    /// `delete_messages` and `delete_non_rant_messages`.
    Deleted(Deleted),
    Muted(Muted),
    /// `pin_message`: the message that is pinned now.
    Pinned(Box<Line>),
    /// `unpin_message`: the message that was pinned, if the record names it.
    Unpinned(Option<Box<Line>>),
    /// `raid_confirmed`: a raid that leaves from here.
    Raid(Box<Raid>),
    /// `gift_purchased`
    Gift(Gift),
    /// `gift_received`
    GiftReceived(Gift),
    LiveGate(LiveGate),
    CanModerate(CanModerate),
    /// A type that this version does not know.
    Unknown(String),
    /// A known type, but a required field is missing.
    Nothing,
    /// JSON without a type.
    Untyped,
    /// Not JSON.
    Unreadable,
}

/// The first record of a connection.
#[derive(Debug)]
pub(crate) struct Init {
    pub(crate) backlog: Vec<Line>,
    /// Whether all of the backlog could be read.
    pub(crate) is_whole: bool,
    pub(crate) config: ChatConfig,
    pub(crate) pinned: Option<Line>,
    pub(crate) can_moderate: Option<bool>,
    pub(crate) subscribers_only: Option<bool>,
    pub(crate) raid: Option<Raid>,
    pub(crate) live_gate: Option<LiveGate>,
}

/// A gift before its buyer is looked up.
#[derive(Debug)]
pub(crate) struct Gift {
    pub(crate) buyer: Option<UserId>,
    /// If the record has a channel with the buyer's id, that channel's name is
    /// the buyer's name. Rumble's app looks there first.
    pub(crate) buying_channel: Option<ChannelId>,
    pub(crate) kind: String,
    pub(crate) total: Option<u64>,
    pub(crate) creator: Option<UserId>,
    pub(crate) channel: Option<ChannelId>,
}

/// Reads the data of one record. Addresses of badge pictures are resolved
/// against `site`.
pub(crate) fn read(data: &str, site: &str) -> Said {
    let parsed = serde_json::from_str::<Object<WireRecord>>(data).ok();
    let parsed = parsed.or_else(|| serde_json::from_str(&repair::repair(data.as_bytes())?).ok());
    match parsed {
        None => Said::nothing(What::Unreadable),
        Some(Object(None)) => Said::nothing(What::Untyped),
        Some(Object(Some(record))) => match record.r#type.0 {
            Some(kind) => record.data.0.unwrap_or_default().said(kind, record.request_id.0, site),
            None => Said::nothing(What::Untyped),
        },
    }
}

impl Said {
    /// A record of which nothing can be used. It counts as one item.
    fn nothing(what: What) -> Self {
        Self { what, users: Vec::new(), channels: Vec::new(), request_id: None, skipped: 1 }
    }
}

/// What a record is about.
enum Kind {
    Init,
    Messages,
    Deleted { spares_rants: bool },
    Muted,
    Pinned,
    Unpinned,
    CanModerate,
    Raid,
    LiveGate,
    Gift,
    GiftReceived,
    Other(String),
}

impl FromScalar for Kind {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => Some(match *text {
                "init" => Self::Init,
                "messages" => Self::Messages,
                "delete_messages" => Self::Deleted { spares_rants: false },
                "delete_non_rant_messages" => Self::Deleted { spares_rants: true },
                "mute_users" => Self::Muted,
                "pin_message" => Self::Pinned,
                "unpin_message" => Self::Unpinned,
                "can_moderate" => Self::CanModerate,
                "raid_confirmed" => Self::Raid,
                "live_gate" => Self::LiveGate,
                "gift_purchased" => Self::Gift,
                "gift_received" => Self::GiftReceived,
                other => Self::Other(other.to_owned()),
            }),
            _ => None,
        }
    }
}

wire! {
    struct WireRecord {
        r#type: Field<Kind>,
        request_id: Field<String>,
        data: Object<Box<WireData>>,
    }
}

wire! {
    /// Every field that any type of record may have in its data: the same key
    /// means the same in all of them. Large and rare fields are boxed, because
    /// the whole struct is moved with each record.
    struct WireData {
        messages: List<Line>,
        users: List<User>,
        channels: List<Channel>,
        message: Object<Box<WireLine>>,
        message_ids: List<MessageId>,
        user_ids: List<UserNumber>,
        config: Object<Box<WireConfig>>,
        pinned_message: Object<Box<WireLine>>,
        can_moderate: Field<bool>,
        subscribers_only_chat: Object<WireSubscribersOnly>,
        raid: Object<Box<WireRaid>>,
        live_gate: Object<WireGate>,
        timecode: Field<u64>,
        countdown_seconds: Field<u64>,
        chat_mode: Field<u64>,
        current_channel_name: Field<String>,
        current_channel_avatar_url: Field<String>,
        target_url: Field<String>,
        target_channel_name: Field<String>,
        target_channel_avatar_url: Field<String>,
        target_video_title: Field<String>,
        start_ts: Field<UnixSeconds>,
        user_id: Field<UserNumber>,
        gift_type: Field<String>,
        total_gifts: Field<u64>,
        creator_user_id: Field<UserNumber>,
        creator_channel_id: Field<ChannelNumber>,
    }
}

impl WireData {
    /// Makes of the data what a record of this type says. People are read
    /// whatever the type is. Fields that do not belong to the type are ignored.
    fn said(mut self: Box<Self>, kind: Kind, request_id: Option<String>, site: &str) -> Said {
        let mut skipped = 0;
        let users = items(mem::take(&mut self.users), &mut skipped);
        let channels = items(mem::take(&mut self.channels), &mut skipped);
        let what = match kind {
            Kind::Init => What::Init(Box::new(self.init(site, &mut skipped))),
            Kind::Messages => What::Messages { is_whole: self.messages.0.skipped() == 0, lines: items(self.messages, &mut skipped) },
            Kind::Deleted { spares_rants } => {
                What::Deleted(Deleted { message_ids: items(self.message_ids, &mut skipped), spares_rants, inferred: false })
            }
            Kind::Muted => What::Muted(Muted::new(user_ids(self.user_ids, &mut skipped))),
            Kind::Pinned => match line(self.message, &mut skipped) {
                Some(line) => What::Pinned(Box::new(line)),
                None => What::Nothing,
            },
            Kind::Unpinned => What::Unpinned(line(self.message, &mut skipped).map(Box::new)),
            Kind::CanModerate => match self.can_moderate.0 {
                Some(can_moderate) => What::CanModerate(CanModerate { user_ids: user_ids(self.user_ids, &mut skipped), can_moderate }),
                None => What::Nothing,
            },
            Kind::Raid => What::Raid(Box::new(self.raid())),
            Kind::LiveGate => What::LiveGate(self.live_gate()),
            Kind::Gift => What::Gift(self.gift()),
            Kind::GiftReceived => What::GiftReceived(self.gift()),
            Kind::Other(kind) => What::Unknown(kind),
        };
        if matches!(what, What::Nothing) {
            skipped += 1;
        }
        let request_id = request_id.filter(|id| id.len() <= LONGEST_REQUEST_ID);
        Said { what, users, channels, request_id, skipped }
    }

    /// The first record of a connection. Each of its parts may be missing.
    fn init(self: Box<Self>, site: &str, skipped: &mut usize) -> Init {
        Init {
            is_whole: self.messages.0.skipped() == 0,
            backlog: items(self.messages, skipped),
            config: self.config.0.unwrap_or_default().config(site),
            pinned: line(self.pinned_message, skipped),
            can_moderate: self.can_moderate.0,
            subscribers_only: self.subscribers_only_chat.0.and_then(|chat| chat.on.0),
            raid: self.raid.0.map(|raid| Raid::from(*raid)),
            live_gate: self.live_gate.0.map(LiveGate::from),
        }
    }

    /// The raid of a `raid_confirmed`, whose fields stand in the data itself.
    /// In an `init` they stand in an object of their own.
    fn raid(self: Box<Self>) -> Raid {
        Raid::from(WireRaid {
            current_channel_name: self.current_channel_name,
            current_channel_avatar_url: self.current_channel_avatar_url,
            target_url: self.target_url,
            target_channel_name: self.target_channel_name,
            target_channel_avatar_url: self.target_channel_avatar_url,
            target_video_title: self.target_video_title,
            start_ts: self.start_ts,
        })
    }

    /// The restriction of a `live_gate`, whose fields stand in the data itself
    /// too.
    fn live_gate(self: Box<Self>) -> LiveGate {
        LiveGate::from(WireGate { timecode: self.timecode, countdown_seconds: self.countdown_seconds, chat_mode: self.chat_mode })
    }

    /// The gift of either type of record. The buyer's number may also be that
    /// of a channel; which one it is shows only when the channels of the record
    /// are looked at.
    fn gift(self: Box<Self>) -> Gift {
        let buyer = self.user_id.0.map(|UserNumber(id)| id);
        Gift {
            buying_channel: buyer.as_ref().and_then(UserId::decimal).map(ChannelId::from_decimal),
            buyer,
            kind: self.gift_type.0.unwrap_or_default(),
            total: self.total_gifts.0,
            creator: self.creator_user_id.0.map(|UserNumber(id)| id),
            channel: self.creator_channel_id.0.map(|ChannelNumber(id)| id),
        }
    }
}

/// The readable items of a list. The others are counted.
fn items<T: Clone>(list: List<T>, skipped: &mut usize) -> Vec<T> {
    let List(window) = list;
    *skipped += window.skipped();
    window.into_entries()
}

fn user_ids(list: List<UserNumber>, skipped: &mut usize) -> Vec<UserId> {
    items(list, skipped).into_iter().map(|UserNumber(id)| id).collect()
}

/// A message on its own. `None` if there is no object, which is not a fault, or
/// if the object cannot be read.
fn line(object: Object<Box<WireLine>>, skipped: &mut usize) -> Option<Line> {
    let is_there = object.0.is_some();
    let line = Line::from_wire(Object(object.0.map(|line| *line))).ok();
    *skipped += usize::from(is_there && line.is_none());
    line
}

/// A text that is not empty. The wire often has an empty text where a value is
/// missing.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// A number of seconds. An absurd one is limited to about a century, which has
/// a JSON form.
fn seconds(seconds: Option<u64>) -> Duration {
    Duration::from_secs(seconds.unwrap_or_default().min(u32::MAX.into()))
}

#[cfg(test)]
mod tests;
