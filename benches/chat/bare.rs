//! A record of the chat as structs that own their texts and check nothing.

#![expect(dead_code, reason = "what is decoded counts, not what is made of it")]

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Record {
    r#type: String,
    request_id: Option<String>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    messages: Vec<Message>,
    users: Vec<User>,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    time: String,
    user_id: String,
    channel_id: Option<u64>,
    text: String,
    blocks: Vec<Block>,
    r#type: String,
    rant: Option<Rant>,
}

#[derive(Deserialize)]
struct Block {
    r#type: String,
    data: Text,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

#[derive(Deserialize)]
struct Rant {
    price_cents: u64,
    expires_on: String,
    duration: u64,
}

#[derive(Deserialize)]
struct User {
    id: String,
    username: String,
    link: String,
    is_follower: bool,
    color: String,
    #[serde(rename = "image.1")]
    image: Option<String>,
    #[serde(default)]
    badges: Vec<String>,
}

/// The data of each record in these bytes, which end with a whole one.
pub(crate) fn data(bytes: &[u8]) -> impl Iterator<Item = &str> {
    str::from_utf8(bytes).unwrap().split("\n\n").filter_map(|record| record.strip_prefix("data: "))
}
