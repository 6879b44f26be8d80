//! Messages of the wire.
//!
//! A message needs an id and a time; without either it is unreadable.
//! Everything else may be missing. The same object stands in lists, as the
//! pinned message and in records about pins.

use time::OffsetDateTime;

use super::{
    filled,
    person::{ChannelNumber, UserNumber},
    seconds,
};
use crate::{
    chat::event::{ChatRant, GiftNotice, MessageId, Notice, RaidNotice, SubscriptionNotice},
    snapshot::{
        Amount, ChannelId, UserId,
        lenient::{Entry, Field, LeftOut, List, Object, wire},
        scalar::{FromScalar, Scalar, UnixSeconds},
    },
};

/// A message before its author is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: MessageId,
    pub(crate) sent_at: OffsetDateTime,
    pub(crate) user: Option<UserId>,
    pub(crate) channel: Option<ChannelId>,
    pub(crate) text: String,
    /// The type, unless it is the ordinary one.
    pub(crate) kind: Option<String>,
    pub(crate) rant: Option<ChatRant>,
    pub(crate) notice: Option<Notice>,
    /// The message was deleted before this record was sent.
    pub(crate) is_deleted: bool,
}

wire! {
    pub(crate) struct WireLine {
        id: Field<MessageId>,
        time: Field<OffsetDateTime>,
        user_id: Field<UserNumber>,
        channel_id: Field<ChannelNumber>,
        text: Field<String>,
        blocks: List<Block>,
        r#type: Field<Unusual>,
        rant: Object<WireRant>,
        notification: Object<Box<WireSubscription>>,
        gift_purchase_notification: Object<Box<WireGift>>,
        raid_notification: Object<WireRaid>,
        is_deleted: Field<bool>,
    }
}

impl Entry for Line {
    type Wire = Object<WireLine>;
    const MOST: usize = super::MOST;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = wire.required()?;
        let sent_at = wire.time.required()?;
        let rant = wire.rant.0.map(|rant| rant.sent_at(sent_at));
        let gift = wire.gift_purchase_notification.0.map(|gift| Notice::Gift(gift.notice()));
        let raid = wire.raid_notification.0.map(|raid| Notice::Raid(RaidNotice { started_at: raid.start_ts.0.map(|UnixSeconds(at)| at) }));
        let subscription = wire.notification.0.map(|subscription| Notice::Subscription(subscription.notice()));
        Ok(Self {
            id: wire.id.required()?,
            sent_at,
            user: wire.user_id.0.map(|UserNumber(id)| id),
            channel: wire.channel_id.0.map(|ChannelNumber(id)| id),
            text: filled(wire.text.0).unwrap_or_else(|| wire.blocks.0.iter().map(|Block(text)| text.as_str()).collect()),
            kind: wire.r#type.0.map(|Unusual(kind)| kind),
            rant,
            notice: gift.or(raid).or(subscription),
            is_deleted: wire.is_deleted.0.unwrap_or_default(),
        })
    }
}

/// Far longer than today's ids, which have 19 digits.
const LONGEST_ID: usize = 64;

impl FromScalar for MessageId {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => Some(text.trim()).filter(|id| (1..=LONGEST_ID).contains(&id.len())).map(Self::from),
            Scalar::Unsigned(number) => Some(Self::from(number.to_string())),
            _ => None,
        }
    }
}

impl Entry for MessageId {
    type Wire = Field<Self>;
    const MOST: usize = super::MOST;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        wire.required()
    }
}

/// The type of a message that is not an ordinary one.
struct Unusual(String);

impl FromScalar for Unusual {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        if matches!(scalar, Scalar::Text("regular")) { None } else { filled(String::from_scalar(scalar)).map(Self) }
    }
}

/// The text of one part of a message. Parts without a text are left out. The
/// blocks are used only if the message has no text of its own.
struct Block(String);

impl Entry for Block {
    type Wire = Object<WireBlock>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        wire.required()?.data.required()?.text.required().map(Self)
    }
}

wire! {
    struct WireBlock {
        data: Object<WireBlockData>,
    }
}

wire! {
    struct WireBlockData {
        text: Field<String>,
    }
}

wire! {
    struct WireRant {
        price_cents: Field<Amount>,
        expires_on: Field<OffsetDateTime>,
        duration: Field<u64>,
    }
}

impl WireRant {
    /// The rant of a message that was sent at this time. Its end may be missing
    /// on the wire and follow from its duration.
    fn sent_at(self, sent_at: OffsetDateTime) -> ChatRant {
        // An end beyond the calendar counts as none.
        let by_duration = || sent_at.checked_add(seconds(Some(self.duration.0?)).try_into().ok()?);
        let mut rant = ChatRant::new(self.price_cents.0.unwrap_or_default());
        rant.expires_on = self.expires_on.0.or_else(by_duration).filter(crate::snapshot::has_utc_form);
        rant
    }
}

wire! {
    struct WireSubscription {
        badge: Field<String>,
        text: Field<String>,
    }
}

impl WireSubscription {
    fn notice(self) -> SubscriptionNotice {
        SubscriptionNotice { badge: filled(self.badge.0), text: self.text.0.unwrap_or_default() }
    }
}

wire! {
    struct WireGift {
        gift_type: Field<String>,
        total_gifts: Field<u64>,
        creator_user_id: Field<UserNumber>,
        creator_channel_id: Field<ChannelNumber>,
    }
}

impl WireGift {
    fn notice(self) -> GiftNotice {
        GiftNotice {
            gift_type: self.gift_type.0.unwrap_or_default(),
            total_gifts: self.total_gifts.0,
            creator_user_id: self.creator_user_id.0.map(|UserNumber(id)| id),
            creator_channel_id: self.creator_channel_id.0.map(|ChannelNumber(id)| id),
        }
    }
}

wire! {
    struct WireRaid {
        start_ts: Field<UnixSeconds>,
    }
}
