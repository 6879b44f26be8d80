//! What people say in one random history, and how each source shows it.
//!
//! Each field of [`World`] is something about the real service that nobody
//! knows for sure, or that varies. Half of the worlds are easy: both sources
//! stamp and encode alike. The others differ in whatever way is random.

use super::super::row::REACH;
use fastrand::Rng;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The parameters of one history.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one unknown of the wire")]
pub(super) struct World {
    pub(super) seed: u64,
    /// How many lines a poll lists, and how many a connection starts with.
    pub(super) window: usize,
    pub(super) backlog: usize,
    /// How many seconds the live chat is behind.
    pub(super) lag: i64,
    /// How many seconds the stamps of polls are after those of the live chat.
    pub(super) offset: i64,
    /// Polls stamp one in this many lines a second earlier or later than the
    /// others.
    pub(super) jitter: usize,
    /// Whether polls show encoded texts.
    pub(super) encodes: bool,
    /// Whether polls name the account of somebody who speaks as a channel.
    pub(super) names_account: bool,
    /// Whether polls use another name for everybody.
    pub(super) renames: bool,
    /// One in this many lines is a rant.
    pub(super) rants: u8,
    /// Whether polls show rants among the messages too.
    pub(super) repeats_rants: bool,
    /// A connection is cut in one of this many seconds, and falls silent
    /// without an end in one of `silence` seconds.
    pub(super) cut: usize,
    pub(super) silence: usize,
    /// In one of this many seconds, a line is deleted or somebody is muted.
    pub(super) deletion: usize,
    /// The live chat shows one in this many lines in an unreadable form.
    pub(super) garbling: usize,
    /// Whether a backlog shows deleted lines and marks them.
    pub(super) marks_deleted: bool,
    /// How the live chat announces gifts.
    pub(super) gifts: Announcing,
    pub(super) restarts: bool,
    /// For how many seconds there are only polls at first.
    pub(super) alone: i64,
}

/// How a gift is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announcing {
    Message,
    Event,
    Both,
}

/// Something that was said or given, and what has become of it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) id: u64,
    pub(super) second: i64,
    pub(super) user: &'static str,
    channel: bool,
    pub(super) text: String,
    pub(super) cents: Option<u64>,
    /// It announces this many gifted subscriptions and is not a line.
    pub(super) gift: Option<u64>,
    /// How many seconds the stamp of polls is after the live chat's.
    offset: i64,
    /// When polls, and when the live chat, first showed it.
    pub(super) polled: Option<i64>,
    pub(super) heard: Option<i64>,
    /// When it was deleted.
    pub(super) deleted: Option<i64>,
}

/// What happens in the live chat.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Say(usize),
    /// Announce the gift of this line without a message.
    Give(usize),
    Delete(u64),
    Mute(&'static str),
}

pub(super) const USERS: [&str; 3] = ["a", "bo", "cyd"];
/// The channel that one of them speaks as.
pub(super) const CHANNEL: &str = "Cyd & Co";

impl World {
    /// By how many seconds the polls' clock is ahead of the live chat's. Stamps
    /// that differ by more than `REACH` mean that the clocks differ.
    pub(super) fn clock_ahead(&self) -> i64 {
        if self.offset.abs() > REACH { self.offset } else { 0 }
    }

    /// The world of a seed.
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let is_hard = random.bool();
        Self {
            seed,
            window: random.usize(5..12),
            backlog: random.usize(3..12),
            lag: if random.u8(..4) == 0 { random.i64(1..20) } else { 0 },
            offset: if is_hard { random.i64(-2..=2) } else { 0 },
            jitter: if is_hard && random.bool() { random.usize(3..40) } else { usize::MAX },
            encodes: is_hard && random.bool(),
            names_account: !is_hard || random.bool(),
            renames: false,
            rants: 12,
            repeats_rants: is_hard && random.bool(),
            cut: random.usize(10..60),
            silence: random.usize(30..400),
            deletion: if random.bool() { random.usize(5..30) } else { usize::MAX },
            garbling: if random.u8(..4) == 0 { random.usize(10..60) } else { usize::MAX },
            marks_deleted: is_hard && random.bool(),
            gifts: random.choice([Announcing::Message, Announcing::Event, Announcing::Both]).unwrap_or(Announcing::Both),
            restarts: random.u8(..4) == 0,
            alone: if random.u8(..4) == 0 { random.i64(30..90) } else { 0 },
        }
    }
}

impl Line {
    /// Something that somebody says or gives in this second.
    pub(super) fn random(random: &mut Rng, world: World, id: u64, second: i64) -> Self {
        let user = USERS[random.usize(..USERS.len())];
        let cents = (random.u8(..world.rants) == 0).then(|| random.u64(1..3) * 100);
        let is_again = random.u8(..3) == 0;
        let gift = (cents.is_none() && random.u8(..20) == 0).then(|| random.u64(1..=2));
        let text = match gift {
            Some(_) => String::new(),
            // Not the same in messages and rants: a message like a rant of its second would count as its copy.
            None if is_again => if cents.is_some() { "for the boat" } else { "gg & wp" }.to_owned(),
            None => format!("line {id} & more"),
        };
        // A gift that is announced without a message has no channel.
        let channel = user == "cyd" && random.bool() && (gift.is_none() || world.gifts == Announcing::Message);
        let jitter = if random.usize(..world.jitter) == 0 { random.choice([-1, 1]).unwrap_or_default() } else { 0 };
        let offset = if world.offset.abs() > REACH { world.offset } else { (world.offset + jitter).clamp(-REACH, REACH) };
        Self { id, second, user, channel, text, cents, gift, offset, polled: None, heard: None, deleted: None }
    }

    /// Whether nobody else says the same.
    pub(super) fn is_unlike_others(&self) -> bool {
        self.text.starts_with("line ")
    }

    /// Whether either source has shown it.
    pub(super) fn is_shown(&self) -> bool {
        self.polled.or(self.heard).is_some()
    }

    /// Whether it is not deleted by this second.
    pub(super) fn is_there(&self, second: i64) -> bool {
        self.deleted.is_none_or(|deleted| deleted > second)
    }

    /// The line as the live chat shows it in this second.
    pub(super) fn live(&self, now: i64) -> Value {
        let mut line = json!({"id": self.id.to_string(), "time": stamp(self.second), "user_id": self.user.len(), "text": self.text});
        if self.channel {
            line["channel_id"] = 7.into();
        }
        if let Some(cents) = self.cents {
            line["rant"] = json!({"price_cents": cents, "expires_on": stamp(self.second + 120), "duration": 120});
        }
        if let Some(total) = self.gift {
            line["gift_purchase_notification"] = json!({"total_gifts": total, "gift_type": "rumble"});
        }
        if self.deleted.is_some_and(|deleted| deleted <= now) {
            line["is_deleted"] = true.into();
        }
        line
    }

    /// The name that polls show.
    fn polled_name(&self, world: World) -> String {
        let name = if self.channel && !world.names_account { CHANNEL } else { self.user };
        let name = if world.encodes { name.replace('&', "&amp;") } else { name.to_owned() };
        if world.renames { format!("x-{name}") } else { name }
    }

    /// The gift as polls show it.
    pub(super) fn polled_gift(&self, world: World) -> Value {
        json!({"purchased_by": self.polled_name(world), "total_gifts": self.gift, "remaining_gifts": 0, "gift_type": "rumble"})
    }

    /// The line as polls show it.
    pub(super) fn polled(&self, world: World) -> Value {
        let name = self.polled_name(world);
        let text = if world.encodes { self.text.replace('&', "&amp;") } else { self.text.clone() };
        let second = self.second + self.offset;
        let mut line = json!({"username": name, "text": text, "created_on": stamp(second), "badges": []});
        if let Some(cents) = self.cents {
            line["amount_cents"] = cents.into();
            line["expires_on"] = stamp(second + 120).into();
        }
        line
    }
}

/// The data of a record of the live chat with these lines.
pub(super) fn data<'a>(lines: impl Iterator<Item = &'a Line>, now: i64) -> Value {
    let users: Vec<_> = USERS.map(|user| json!({"id": user.len(), "username": user})).into();
    let messages: Vec<_> = lines.map(|line| line.live(now)).collect();
    json!({"messages": messages, "users": users, "channels": [{"id": 7, "username": CHANNEL}]})
}

/// A second in the form of the wire.
pub(super) fn stamp(second: i64) -> String {
    OffsetDateTime::from_unix_timestamp(second).unwrap().format(&Rfc3339).unwrap()
}
