//! The JSON form: what the Live Stream API would say about a [`World`].
//!
//! Fields have the names and the types of the official example. An answer is
//! written in two parts, its `now` and all the rest, because a second server
//! may have another clock than its lists. Numbers that a real account has and
//! this one does not, such as likes, follow from the lengths of its lists.

use serde::Serialize;
use time::OffsetDateTime;

use super::{
    stamp::{Local, Picture, Utc},
    world::{Gift, Message, Paid, Rant, Stream, World},
};

/// The distance between the code in the address of a watch page and the id of
/// its video.
#[cfg(any(feature = "pages", feature = "session"))]
pub(super) const WATCH_CODE_STEP: u64 = 1_000_003;

/// The address of a video's watch page.
#[cfg(any(feature = "pages", feature = "session"))]
pub(super) fn watch_url(video_id: u64) -> String {
    let code = crate::StreamId::from_decimal(video_id.saturating_add(WATCH_CODE_STEP));
    format!("https://rumble.com/v{code}-simulated.html")
}

/// The name of the user whose account it is.
pub(super) const USERNAME: &str = "SimulatedHarbor";

/// The body of a successful answer.
pub(super) fn render(world: &World) -> Vec<u8> {
    body(world, world.clock.now(), &lists(world))
}

/// An answer with this `now` and these [`lists`].
pub(super) fn body(world: &World, now: OffsetDateTime, lists: &[u8]) -> Vec<u8> {
    let mut body = format!("{{\"now\":{},", now.unix_timestamp()).into_bytes();
    body.extend_from_slice(lists.get(1..).unwrap_or_default());
    world.oddities.apply(body, &Utc(now).to_string())
}

/// All of an answer except its `now`, as a JSON object.
pub(super) fn lists(world: &World) -> Vec<u8> {
    // Nothing in these types can fail to serialize.
    serde_json::to_vec(&ListsJson::of(world)).unwrap_or_default()
}

/// All of an answer except its `now`.
#[derive(Serialize)]
struct ListsJson<'a> {
    r#type: &'static str,
    user_id: &'a str,
    username: &'static str,
    channel_id: Option<u64>,
    channel_name: Option<&'static str>,
    since: Option<u64>,
    max_num_results: usize,
    followers: FollowersJson<'a>,
    subscribers: SubscribersJson<'a>,
    gifted_subs: GiftsJson<'a>,
    livestreams: Vec<StreamJson<'a>>,
}

#[derive(Serialize)]
struct FollowersJson<'a> {
    num_followers: usize,
    num_followers_total: usize,
    latest_follower: Option<FollowerJson<'a>>,
    recent_followers: Vec<FollowerJson<'a>>,
}

#[derive(Clone, Copy, Serialize)]
struct FollowerJson<'a> {
    username: &'a str,
    profile_pic_url: Picture<'a>,
    followed_on: Local,
}

#[derive(Serialize)]
struct SubscribersJson<'a> {
    num_subscribers: usize,
    latest_subscriber: Option<SubscriberJson<'a>>,
    recent_subscribers: Vec<SubscriberJson<'a>>,
}

#[derive(Clone, Copy, Serialize)]
struct SubscriberJson<'a> {
    user: &'a str,
    username: &'a str,
    profile_pic_url: Picture<'a>,
    amount_cents: u64,
    amount_dollars: u64,
    subscribed_on: Utc,
}

#[derive(Serialize)]
struct GiftsJson<'a> {
    num_gifted_subs: u64,
    latest_gifted_sub: Option<GiftJson<'a>>,
    recent_gifted_subs: Vec<GiftJson<'a>>,
}

/// A purchase of subscriptions. It has no timestamp, as on the real wire.
#[derive(Clone, Copy, Serialize)]
struct GiftJson<'a> {
    total_gifts: u64,
    gift_type: &'static str,
    remaining_gifts: u64,
    video_id: u64,
    purchased_by: &'a str,
}

/// A stream, with its chat.
#[derive(Serialize)]
struct StreamJson<'a> {
    id: &'a str,
    title: &'a str,
    created_on: Utc,
    scheduled_on: Utc,
    is_live: bool,
    visibility: &'static str,
    categories: CategoriesJson,
    stream_key: String,
    server_url: &'static str,
    likes: usize,
    dislikes: usize,
    watching_now: usize,
    chat: ChatJson<'a>,
}

#[derive(Serialize)]
struct CategoriesJson {
    primary: CategoryJson,
    secondary: CategoryJson,
}

#[derive(Serialize)]
struct CategoryJson {
    slug: &'static str,
    title: &'static str,
}

#[derive(Serialize)]
struct ChatJson<'a> {
    latest_message: Option<MessageJson<'a>>,
    recent_messages: Vec<MessageJson<'a>>,
    latest_rant: Option<RantJson<'a>>,
    recent_rants: Vec<RantJson<'a>>,
}

#[derive(Clone, Serialize)]
struct MessageJson<'a> {
    username: &'a str,
    profile_pic_url: Picture<'a>,
    badges: Vec<&'static str>,
    text: &'a str,
    created_on: Utc,
}

/// A message with a price.
#[derive(Clone, Serialize)]
struct RantJson<'a> {
    #[serde(flatten)]
    message: MessageJson<'a>,
    expires_on: Utc,
    amount_cents: u64,
    amount_dollars: u64,
}

impl<'a> ListsJson<'a> {
    fn of(world: &'a World) -> Self {
        let most = world.max_num_results;
        let followers: Vec<_> = world.followers.window(most).map(|(at, username)| FollowerJson::of(at, username, world)).collect();
        let subscribers: Vec<_> = world.subscribers.window(most).map(|(at, paid)| SubscriberJson::of(at, paid)).collect();
        let gifts: Vec<_> = world.gifts.window(most).map(|(_, gift)| GiftJson::of(gift)).collect();
        let shown = world.streams.iter().rev().filter(|stream| stream.is_listed && !stream.is_hidden);
        Self {
            r#type: "user",
            user_id: world.user_id.as_str(),
            username: USERNAME,
            channel_id: None,
            channel_name: None,
            since: None,
            max_num_results: most,
            followers: FollowersJson {
                num_followers: world.followers.len(),
                num_followers_total: world.followers.len(),
                latest_follower: followers.first().copied(),
                recent_followers: followers,
            },
            subscribers: SubscribersJson {
                num_subscribers: world.subscribers.len(),
                latest_subscriber: subscribers.first().copied(),
                recent_subscribers: subscribers,
            },
            gifted_subs: GiftsJson {
                num_gifted_subs: world.num_gifted_subs,
                latest_gifted_sub: gifts.first().copied(),
                recent_gifted_subs: gifts,
            },
            livestreams: shown.map(|stream| StreamJson::of(stream, world)).collect(),
        }
    }
}

impl Stream {
    /// How many people watch: more if more is written and more follow. 0 if it
    /// is not live.
    pub(super) fn watching_now(&self, world: &World) -> usize {
        if self.is_live { 1 + self.messages.len().min(30) + world.followers.len() / 2 } else { 0 }
    }
}

impl<'a> FollowerJson<'a> {
    fn of(at: OffsetDateTime, username: &'a str, World { oddities, .. }: &World) -> Self {
        let followed_on = Local(at.saturating_add(oddities.followed_on_shift), oddities.followed_on_offset);
        Self { username, profile_pic_url: Picture(username), followed_on }
    }
}

impl<'a> SubscriberJson<'a> {
    fn of(at: OffsetDateTime, Paid { username, amount_cents }: &'a Paid) -> Self {
        Self {
            user: username,
            username,
            profile_pic_url: Picture(username),
            amount_cents: *amount_cents,
            amount_dollars: amount_cents / 100,
            subscribed_on: Utc(at),
        }
    }
}

impl<'a> GiftJson<'a> {
    fn of(gift: &'a Gift) -> Self {
        Self {
            total_gifts: gift.total_gifts,
            gift_type: "rumble",
            remaining_gifts: gift.remaining_gifts,
            video_id: gift.video_id,
            purchased_by: &gift.purchased_by,
        }
    }
}

impl<'a> StreamJson<'a> {
    fn of(stream: &'a Stream, world: &World) -> Self {
        let most = world.max_num_results;
        let messages: Vec<_> = stream.messages.window(most).map(|(at, message)| MessageJson::of(at, message, world)).collect();
        let now = world.clock.now();
        let is_listed = |(at, rant): &(OffsetDateTime, &Rant)| !world.rants_leave_when_expired || rant.expires_on(*at) > now;
        let rants: Vec<_> =
            stream.rants.window(usize::MAX).filter(is_listed).take(most).map(|(at, rant)| RantJson::of(at, rant, world)).collect();
        Self {
            id: stream.id.as_str(),
            title: &stream.title,
            created_on: Utc(stream.created_on),
            scheduled_on: Utc(stream.scheduled_on),
            is_live: stream.is_live,
            visibility: "public",
            categories: CategoriesJson {
                primary: CategoryJson { slug: "gaming", title: "Gaming" },
                secondary: CategoryJson { slug: "retro-games", title: "Retro Games" },
            },
            stream_key: format!("FAKE-STREAM-KEY-{}", stream.id),
            server_url: "rtmp://ingest.example.invalid/FAKE",
            // Numbers that grow with the activity and need no state.
            likes: stream.messages.len() / 5,
            dislikes: stream.messages.len() / 60,
            watching_now: stream.watching_now(world),
            chat: ChatJson {
                latest_message: messages.first().cloned(),
                recent_messages: messages,
                latest_rant: rants.first().cloned(),
                recent_rants: rants,
            },
        }
    }
}

impl<'a> MessageJson<'a> {
    fn of(at: OffsetDateTime, Message { username, text }: &'a Message, world: &World) -> Self {
        Self { username, profile_pic_url: Picture(username), badges: world.badges(username), text, created_on: Utc(at) }
    }
}

impl<'a> RantJson<'a> {
    fn of(at: OffsetDateTime, rant: &'a Rant, world: &World) -> Self {
        let Rant { message, amount_cents } = rant;
        Self {
            message: MessageJson::of(at, message, world),
            expires_on: Utc(rant.expires_on(at)),
            amount_cents: *amount_cents,
            amount_dollars: amount_cents / 100,
        }
    }
}
