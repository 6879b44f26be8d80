//! The least that a client can do: the same answer as plain structs of owned strings, with nothing checked and nothing kept.

#![expect(dead_code, clippy::struct_field_names, reason = "the fields are named as on the wire, and there to be decoded")]

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Answer {
    now: i64,
    r#type: String,
    user_id: String,
    username: Option<String>,
    channel_id: Option<String>,
    channel_name: Option<String>,
    max_num_results: u64,
    followers: Followers,
    subscribers: Subscribers,
    gifted_subs: GiftedSubs,
    livestreams: Vec<Livestream>,
}

#[derive(Deserialize)]
struct Followers {
    num_followers: u64,
    num_followers_total: u64,
    latest_follower: Option<Follower>,
    recent_followers: Vec<Follower>,
}

#[derive(Deserialize)]
struct Follower {
    username: String,
    followed_on: String,
    profile_pic_url: Option<String>,
}

#[derive(Deserialize)]
struct Subscribers {
    num_subscribers: u64,
    latest_subscriber: Option<Subscriber>,
    recent_subscribers: Vec<Subscriber>,
}

#[derive(Deserialize)]
struct Subscriber {
    username: String,
    amount_cents: u64,
    subscribed_on: String,
    profile_pic_url: Option<String>,
}

#[derive(Deserialize)]
struct GiftedSubs {
    num_gifted_subs: u64,
    latest_gifted_sub: Option<GiftedSub>,
    recent_gifted_subs: Vec<GiftedSub>,
}

#[derive(Deserialize)]
struct GiftedSub {
    purchased_by: String,
    total_gifts: u64,
    remaining_gifts: u64,
    gift_type: String,
    video_id: u64,
}

#[derive(Deserialize)]
struct Livestream {
    id: String,
    title: String,
    created_on: String,
    scheduled_on: Option<String>,
    is_live: bool,
    visibility: String,
    categories: Categories,
    likes: u64,
    dislikes: u64,
    watching_now: u64,
    chat: Chat,
}

#[derive(Deserialize)]
struct Categories {
    primary: Option<Category>,
    secondary: Option<Category>,
}

#[derive(Deserialize)]
struct Category {
    slug: String,
    title: String,
}

#[derive(Deserialize)]
struct Chat {
    latest_message: Option<Message>,
    recent_messages: Vec<Message>,
    latest_rant: Option<Rant>,
    recent_rants: Vec<Rant>,
}

#[derive(Deserialize)]
struct Message {
    username: String,
    badges: Vec<String>,
    text: String,
    created_on: String,
    profile_pic_url: Option<String>,
}

#[derive(Deserialize)]
struct Rant {
    username: String,
    badges: Vec<String>,
    text: String,
    created_on: String,
    expires_on: Option<String>,
    amount_cents: u64,
    profile_pic_url: Option<String>,
}
