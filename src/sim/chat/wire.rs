//! The JSON of the chat's records.
//!
//! Each record is one event of a `text/event-stream`: `data: `, an object with
//! `type` and `data`, and an empty line. The fields are those that are known of
//! the real chat, of the same types: ids are decimal strings, except in gifts,
//! where they are numbers. Users come along with each record, because a reader
//! may not know them yet.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use super::state::{Line, Notice};
use crate::{
    StreamId,
    sim::{
        stamp::{Picture, Utc, hash},
        world::World,
    },
};

/// The real one repeats the charset too.
pub(super) const CONTENT_TYPE: &str = "text/event-stream; charset=utf-8; charset=utf-8";
/// The answer to a request for a chat whose id is not a number.
pub(super) const NOT_AN_ID: &str = r#"{"errors":[{"code":"400","message":"Missing or malformed chat id"}]}"#;
/// The list of emotes: a pack for everybody, and one whose emote is for
/// subscribers of the channel.
pub(super) const EMOTES: &str = r#"{"user":{"id":null,"logged_in":false},"data":{"items":[{"id":"1","title":"Rumble","channel_id":null,"channel_picture":null,"emotes":[{"id":"11","name":"r+smiley","file":"https://cdn.example.invalid/emotes/smiley.png","position":1,"is_subs_only":false},{"id":"12","name":"r+fire","file":"https://cdn.example.invalid/emotes/fire.png","position":2,"is_subs_only":false}]},{"id":"2","title":"Simulated Harbor","channel_id":"7104422","channel_picture":"https://cdn.example.invalid/avatars/harbor.jpeg","emotes":[{"id":"21","name":"harborBeacon","file":"https://cdn.example.invalid/emotes/beacon.png","position":1,"is_subs_only":true}]}]}}"#;

/// Slugs and English labels.
const BADGES: [(&str, &str); 9] = [
    ("admin", "Admin"),
    ("moderator", "Moderator"),
    ("premium", "Premium"),
    ("recurring_subscription", "Subscriber"),
    ("locals_supporter", "Supporter"),
    ("verified", "Verified"),
    ("whale-gray", "Supporter+"),
    ("whale-blue", "Whale"),
    ("whale-yellow", "Golden whale"),
];
/// Dollars, seconds, and the colours of text, body and head.
const RANT_LEVELS: [(u64, u64, [&str; 3]); 4] = [
    (1, 120, ["#ffffff", "#4a8f23", "#3b731c"]),
    (5, 300, ["#ffffff", "#2f6f9f", "#26597f"]),
    (10, 600, ["#000000", "#d9a514", "#ad8410"]),
    (50, 600, ["#ffffff", "#a02c2c", "#802323"]),
];

/// What every record is wrapped in.
#[derive(Serialize)]
struct Envelope<T> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    data: T,
}

/// The first record of a connection (`init`): how the chat stands, and its
/// newest lines.
#[derive(Serialize)]
struct InitJson<'a> {
    chat: ChatJson,
    messages: Vec<MessageJson<'a>>,
    users: Vec<UserJson<'a>>,
    channels: [(); 0],
    config: ConfigJson,
    pinned_message: Option<MessageJson<'a>>,
    can_moderate: bool,
    subscribers_only_chat: SubscribersOnlyJson,
    ad_read: Option<()>,
}

#[derive(Serialize)]
struct ChatJson {
    id: String,
}

#[derive(Serialize)]
struct SubscribersOnlyJson {
    on: bool,
    can_enable: bool,
    can_write: bool,
}

/// What badges and rants look like, and how long a message may be.
#[derive(Serialize)]
struct ConfigJson {
    badges: BTreeMap<&'static str, BadgeJson>,
    rants: RantsJson,
    message_length_max: u32,
    subscription: EnableJson,
}

#[derive(Serialize)]
struct BadgeJson {
    icons: BTreeMap<&'static str, String>,
    label: BTreeMap<&'static str, &'static str>,
}

/// The levels of rants, the cheapest first.
#[derive(Serialize)]
struct RantsJson {
    enable: bool,
    levels: Vec<LevelJson>,
}

#[derive(Serialize)]
struct LevelJson {
    price_dollars: u64,
    duration: u64,
    colors: BTreeMap<&'static str, &'static str>,
}

#[derive(Serialize)]
struct EnableJson {
    enable: bool,
}

/// New lines (`messages`), with their authors.
#[derive(Serialize)]
struct MessagesJson<'a> {
    messages: Vec<MessageJson<'a>>,
    users: Vec<UserJson<'a>>,
    channels: [(); 0],
}

/// A line. What it does not announce is left out.
#[derive(Serialize)]
struct MessageJson<'a> {
    id: String,
    time: Utc,
    user_id: String,
    channel_id: Option<u64>,
    text: &'a str,
    blocks: [BlockJson<'a>; 1],
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rant: Option<RantJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification: Option<NotificationJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raid_notification: Option<RaidNotificationJson>,
}

#[derive(Serialize)]
struct BlockJson<'a> {
    r#type: &'static str,
    data: TextJson<'a>,
}

#[derive(Serialize)]
struct TextJson<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct RantJson {
    price_cents: u64,
    expires_on: Utc,
    duration: i64,
}

#[derive(Serialize)]
struct NotificationJson<'a> {
    badge: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct RaidNotificationJson {
    start_ts: i64,
}

/// An author.
#[derive(Serialize)]
struct UserJson<'a> {
    id: String,
    username: &'a str,
    link: String,
    is_follower: bool,
    color: String,
    #[serde(rename = "image.1")]
    image: Picture<'a>,
    /// Absent if there are none.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    badges: Vec<&'static str>,
}

/// A purchase of subscriptions (`gift_purchased`).
#[derive(Serialize)]
struct GiftJson<'a> {
    user_id: u64,
    gift_type: &'static str,
    total_gifts: u64,
    creator_user_id: u64,
    creator_channel_id: Option<u64>,
    users: [UserJson<'a>; 1],
    channels: [(); 0],
}

/// An outgoing raid (`raid_confirmed`).
#[derive(Serialize)]
struct RaidJson<'a> {
    current_channel_name: &'static str,
    current_channel_avatar_url: Option<&'static str>,
    target_url: &'a str,
    target_channel_name: &'a str,
    target_channel_avatar_url: Picture<'a>,
    target_video_title: &'a str,
    start_ts: i64,
}

#[derive(Serialize)]
struct MessageIdsJson {
    message_ids: Vec<String>,
}

#[derive(Serialize)]
struct UserIdsJson {
    user_ids: [String; 1],
}

/// The message that is pinned or unpinned.
#[derive(Serialize)]
struct OneMessageJson<'a> {
    message: MessageJson<'a>,
    users: [UserJson<'a>; 1],
}

/// The id of a user. It follows from the name.
pub(in crate::sim) fn user_id(username: &str) -> u64 {
    100_000_000 + hash(username) % 900_000_000
}

/// A record that nobody asked for.
fn event<T: Serialize>(r#type: &'static str, data: T) -> Bytes {
    event_by(None, r#type, data)
}

/// A record that a user's own request caused.
fn event_by<T: Serialize>(request_id: Option<String>, r#type: &'static str, data: T) -> Bytes {
    // Nothing in these types can fail to serialize.
    let json = serde_json::to_string(&Envelope { r#type, request_id, data }).unwrap_or_default();
    format!("data: {json}\n\n").into()
}

/// The first record of a connection, with these lines.
pub(super) fn init(stream: &StreamId, lines: &[&Line], pinned: Option<&Line>, world: &World) -> Bytes {
    let users: BTreeMap<_, _> = lines.iter().copied().chain(pinned).map(|line| (user_id(&line.username), line.username.as_str())).collect();
    event(
        "init",
        InitJson {
            chat: ChatJson { id: stream.decimal().unwrap_or_default().to_string() },
            messages: lines.iter().map(|line| MessageJson::of(line)).collect(),
            users: users.into_values().map(|username| UserJson::of(username, world)).collect(),
            channels: [],
            config: ConfigJson::new(),
            pinned_message: pinned.map(MessageJson::of),
            can_moderate: false,
            subscribers_only_chat: SubscribersOnlyJson { on: false, can_enable: false, can_write: false },
            ad_read: None,
        },
    )
}

/// A new line. `request_id` is the mark with which its author sent it, if there
/// is one.
pub(super) fn message(line: &Line, request_id: Option<String>, world: &World) -> Bytes {
    let data = MessagesJson { messages: vec![MessageJson::of(line)], users: vec![UserJson::of(&line.username, world)], channels: [] };
    event_by(request_id, "messages", data)
}

/// These lines are gone.
pub(super) fn deleted(ids: &[u64]) -> Bytes {
    event("delete_messages", message_ids(ids))
}

/// These lines are gone, in the form that a mute uses: rants among them would
/// stay.
pub(super) fn deleted_but_rants(ids: &[u64]) -> Bytes {
    event("delete_non_rant_messages", message_ids(ids))
}

fn message_ids(ids: &[u64]) -> MessageIdsJson {
    MessageIdsJson { message_ids: ids.iter().map(u64::to_string).collect() }
}

/// This user is muted.
pub(super) fn muted(username: &str) -> Bytes {
    event("mute_users", UserIdsJson { user_ids: [user_id(username).to_string()] })
}

pub(super) fn pinned(line: &Line, world: &World) -> Bytes {
    event("pin_message", one_message(line, world))
}

pub(super) fn unpinned(line: &Line, world: &World) -> Bytes {
    event("unpin_message", one_message(line, world))
}

fn one_message<'a>(line: &'a Line, world: &World) -> OneMessageJson<'a> {
    OneMessageJson { message: MessageJson::of(line), users: [UserJson::of(&line.username, world)] }
}

pub(super) fn gift(username: &str, total_gifts: u64, world: &World) -> Bytes {
    event(
        "gift_purchased",
        GiftJson {
            user_id: user_id(username),
            gift_type: "rumble",
            total_gifts,
            creator_user_id: world.user_id.decimal().unwrap_or_default(),
            creator_channel_id: None,
            users: [UserJson::of(username, world)],
            channels: [],
        },
    )
}

/// The account raids this stream. It begins now.
pub(super) fn raid(target_name: &str, target_url: &str, world: &World) -> Bytes {
    event(
        "raid_confirmed",
        RaidJson {
            current_channel_name: crate::sim::wire::USERNAME,
            current_channel_avatar_url: None,
            target_url,
            target_channel_name: target_name,
            target_channel_avatar_url: Picture(target_name),
            target_video_title: "Simulated neighbours",
            start_ts: world.clock.now().unix_timestamp(),
        },
    )
}

impl<'a> MessageJson<'a> {
    fn of(line: &'a Line) -> Self {
        let Line { id, told: _, at, username, text, notice } = line;
        let mut json = Self {
            id: id.to_string(),
            time: Utc(*at),
            user_id: user_id(username).to_string(),
            channel_id: None,
            text,
            blocks: [BlockJson { r#type: "text.1", data: TextJson { text } }],
            r#type: "regular",
            rant: None,
            notification: None,
            raid_notification: None,
        };
        match notice {
            None => {}
            Some(Notice::Rant { amount_cents, expires_on }) => {
                let duration = (*expires_on - *at).whole_seconds();
                json.rant = Some(RantJson { price_cents: *amount_cents, expires_on: Utc(*expires_on), duration });
            }
            Some(Notice::Subscription { text }) => {
                json.notification = Some(NotificationJson { badge: "recurring_subscription", text });
            }
            Some(Notice::Raid) => json.raid_notification = Some(RaidNotificationJson { start_ts: at.unix_timestamp() }),
        }
        json
    }
}

impl<'a> UserJson<'a> {
    fn of(username: &'a str, world: &World) -> Self {
        Self {
            id: user_id(username).to_string(),
            username,
            link: format!("/user/sim{:x}", hash(username)),
            is_follower: world.followers.has(|follower| follower == username),
            color: format!("#{:06x}", hash(username) >> 40),
            image: Picture(username),
            badges: world.badges(username),
        }
    }
}

impl ConfigJson {
    fn new() -> Self {
        let badge = |(slug, label): (&'static str, &'static str)| {
            let icons = ["48", "96"].map(|size| (size, format!("/i/badges/{slug}_{size}.png")));
            (slug, BadgeJson { icons: icons.into(), label: [("en", label)].into() })
        };
        let level = |(price_dollars, duration, [fg, main, bg2]): (u64, u64, [&'static str; 3])| LevelJson {
            price_dollars,
            duration,
            colors: [("fg", fg), ("main", main), ("bg2", bg2)].into(),
        };
        Self {
            badges: BADGES.into_iter().map(badge).collect(),
            rants: RantsJson { enable: true, levels: RANT_LEVELS.into_iter().map(level).collect() },
            message_length_max: 200,
            subscription: EnableJson { enable: true },
        }
    }
}
