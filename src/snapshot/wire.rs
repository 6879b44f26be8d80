//! The answer as the wire has it, and its conversion to the public types.
//!
//! Each `wire!` object names the fields that are read. To read one more, add it
//! there and to the conversion beside it. `Entry::from_wire` decides which item
//! of a list becomes an entry; `name` holds the rule for names, which the docs
//! of `Window` explain. The `latest_…` objects go through the same conversion
//! as the items of their list.
//!
//! `stream_key` and `server_url` are missing on purpose: what is not read
//! cannot leak.

use std::{collections::BTreeMap, marker::PhantomData, mem};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess},
};
use time::OffsetDateTime;

use super::{
    account::{Account, AccountKind},
    amount::Amount,
    audience::{Follower, Followers, GiftedSubs, Gifts, Subscriber, Subscribers},
    badges::Badges,
    chat::{Message, Rant, RecentChat},
    copy::{Copy, Purchase},
    id::{ChannelId, StreamId, UserId},
    items::{IntoWindow as _, Lists},
    lenient::{Converted, Entry, Field, LeftOut, Object, Shape, ShapeVisitor, next_value, wire},
    livestream::{Category, Livestream, Visibility},
    scalar::{Dollars, FromScalar, Scalar, UnixSeconds},
    window::Window,
};

wire! {
    pub(super) struct WireSnapshot<'de, L> {
        pub(super) now: Field<UnixSeconds>,
        r#type: Field<AccountKind>,
        user_id: Field<UserId>,
        username: Field<String>,
        channel_id: Field<ChannelId>,
        channel_name: Field<String>,
        pub(super) max_num_results: Field<u64>,
        followers: Object<WireFollowers<'de, L>>,
        subscribers: Object<WireSubscribers<'de, L>>,
        gifted_subs: Object<WireGifts<'de, L>>,
        livestreams: WireLivestreams<'de, L>,
    }
}

impl<'de, L: Lists<'de>> WireSnapshot<'de, L> {
    /// The account. The fields are moved out, so take each part once.
    pub(super) fn take_account(&mut self) -> Account {
        Account {
            kind: self.r#type.0.take().unwrap_or_else(AccountKind::not_said),
            user_id: self.user_id.0.take(),
            username: filled(self.username.0.take()),
            channel_id: self.channel_id.0.take(),
            channel_name: filled(self.channel_name.0.take()),
        }
    }

    pub(super) fn take_followers(&mut self, earlier: Option<&Followers>) -> serde_json::Result<Followers> {
        let wire = self.followers.0.take().unwrap_or_default();
        Ok(Followers {
            count: wire.num_followers.0,
            total: wire.num_followers_total.0,
            latest: Follower::from_wire(wire.latest_follower).ok(),
            recent: wire.recent_followers.window(earlier.map(|earlier| &earlier.recent), |_| {})?,
        })
    }

    pub(super) fn take_subscribers(&mut self, earlier: Option<&Subscribers>) -> serde_json::Result<Subscribers> {
        let wire = self.subscribers.0.take().unwrap_or_default();
        Ok(Subscribers {
            count: wire.num_subscribers.0,
            total: wire.num_subscribers_total.0,
            latest: Subscriber::from_wire(wire.latest_subscriber).ok(),
            recent: wire.recent_subscribers.window(earlier.map(|earlier| &earlier.recent), |_| {})?,
        })
    }

    pub(super) fn take_livestreams(&mut self, earlier: Option<&Window<Livestream>>) -> serde_json::Result<Window<Livestream>> {
        let Some(Converted { entries, skipped }) = self.livestreams.0.take() else { return Ok(Window::default()) };
        let mut chats: BTreeMap<&StreamId, &RecentChat> = earlier.into_iter().flatten().map(|stream| (&stream.id, &stream.chat)).collect();
        let mut livestreams = Vec::with_capacity(entries.len());
        for Identified { id, wire } in entries {
            // If one is listed twice, only the first copies from there. So no chat is searched twice.
            let earlier = chats.remove(&id);
            livestreams.push(wire.of(id, earlier)?);
        }
        Ok(Window::sent(livestreams, skipped))
    }

    pub(super) fn take_gifts(&mut self, earlier: Option<&Gifts>) -> serde_json::Result<Gifts> {
        let wire = self.gifted_subs.0.take().unwrap_or_default();
        Ok(Gifts {
            count: wire.num_gifted_subs.0,
            latest: GiftedSubs::from_wire(wire.latest_gifted_sub).ok(),
            recent: wire.recent_gifted_subs.window(earlier.map(|earlier| &earlier.recent), |_| {})?,
        })
    }
}

wire! {
    struct WireFollowers<'de, L> {
        num_followers: Field<u64>,
        num_followers_total: Field<u64>,
        latest_follower: Object<WireFollower>,
        recent_followers: L::Of<Follower>,
    }
}

wire! {
    pub(crate) struct WireFollower {
        username: Field<String>,
        followed_on: Field<OffsetDateTime>,
        profile_pic_url: Field<String>,
    }
}

impl Entry for Follower {
    type Wire = Object<WireFollower>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = wire.required()?;
        Ok(Self {
            username: name([wire.username], false)?,
            followed_on: wire.followed_on.required()?,
            profile_pic_url: filled(wire.profile_pic_url.0),
            copy: Copy::default(),
        })
    }
}

wire! {
    struct WireSubscribers<'de, L> {
        num_subscribers: Field<u64>,
        num_subscribers_total: Field<u64>,
        latest_subscriber: Object<WireSubscriber>,
        recent_subscribers: L::Of<Subscriber>,
    }
}

wire! {
    pub(crate) struct WireSubscriber {
        username: Field<String>,
        user: Field<String>,
        amount_cents: Field<Amount>,
        amount_dollars: Field<Dollars>,
        subscribed_on: Field<OffsetDateTime>,
        profile_pic_url: Field<String>,
    }
}

impl Entry for Subscriber {
    type Wire = Object<WireSubscriber>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = wire.required()?;
        let amount = amount(wire.amount_cents.0, wire.amount_dollars.0);
        Ok(Self {
            username: name([wire.username, wire.user], amount > Amount::default())?,
            amount,
            subscribed_on: wire.subscribed_on.required()?,
            profile_pic_url: filled(wire.profile_pic_url.0),
            copy: Copy::default(),
        })
    }
}

wire! {
    struct WireGifts<'de, L> {
        num_gifted_subs: Field<u64>,
        latest_gifted_sub: Object<WireGift>,
        recent_gifted_subs: L::Of<GiftedSubs>,
    }
}

wire! {
    pub(crate) struct WireGift {
        purchased_by: Field<String>,
        total_gifts: Field<u64>,
        remaining_gifts: Field<u64>,
        gift_type: Field<String>,
        video_id: Field<u64>,
    }
}

impl Entry for GiftedSubs {
    type Wire = Object<WireGift>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = wire.required()?;
        let is_paid = [&wire.total_gifts, &wire.remaining_gifts].into_iter().any(|gifts| gifts.0 > Some(0));
        Ok(Self {
            purchased_by: name([wire.purchased_by], is_paid)?,
            total_gifts: wire.total_gifts.0,
            remaining_gifts: wire.remaining_gifts.0,
            gift_type: filled(wire.gift_type.0),
            video_id: wire.video_id.0,
            purchase: Purchase::default(),
        })
    }
}

wire! {
    struct WireLivestream<'de, L> {
        id: Field<WireId>,
        title: Field<String>,
        created_on: Field<OffsetDateTime>,
        scheduled_on: Field<OffsetDateTime>,
        is_live: Field<bool>,
        visibility: Field<Visibility>,
        categories: Object<WireCategories>,
        likes: Field<u64>,
        dislikes: Field<u64>,
        watching_now: Field<u64>,
        chat: Object<WireChat<'de, L>>,
    }
}

impl<'de, L: Lists<'de>> WireLivestream<'de, L> {
    /// The livestream with this id. `earlier` is its chat in an earlier answer.
    fn of(self, id: StreamId, earlier: Option<&RecentChat>) -> serde_json::Result<Livestream> {
        let categories = self.categories.0.unwrap_or_default();
        Ok(Livestream {
            title: self.title.0.unwrap_or_default(),
            created_on: self.created_on.0,
            scheduled_on: self.scheduled_on.0,
            live: self.is_live.0,
            visibility: self.visibility.0,
            primary_category: categories.primary.category(),
            secondary_category: categories.secondary.category(),
            likes: self.likes.0,
            dislikes: self.dislikes.0,
            watching_now: self.watching_now.0,
            chat: self.chat.0.unwrap_or_default().of(&id, earlier)?,
            id,
        })
    }
}

/// An item of the livestreams that has an id.
struct Identified<'de, L: Lists<'de>> {
    id: StreamId,
    wire: WireLivestream<'de, L>,
}

impl<'de, L: Lists<'de>> Entry for Identified<'de, L> {
    type Wire = Object<WireLivestream<'de, L>>;
    const MOST: usize = 10_000;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let mut wire = wire.required()?;
        match mem::take(&mut wire.id).required()? {
            WireId::Known(id) => Ok(Self { id, wire }),
            WireId::Blank => Err(LeftOut::Padding),
        }
    }
}

/// The list of livestreams, whose chats are converted later. `None` if it is
/// missing or not a list.
#[derive(Default)]
struct WireLivestreams<'de, L: Lists<'de>>(Option<Converted<Identified<'de, L>>>);

impl<'de, L: Lists<'de>> Deserialize<'de> for WireLivestreams<'de, L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor(PhantomData))
    }
}

impl<'de, L: Lists<'de>> Shape<'de> for WireLivestreams<'de, L> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        Converted::all(|| list.next_element()).map(|converted| Self(Some(converted)))
    }

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        Converted::all(|| next_value(&mut map)).map(|converted| Self(Some(converted)))
    }
}

/// The id of a livestream. It is blank if the item is padding.
enum WireId {
    Known(StreamId),
    Blank,
}

impl FromScalar for WireId {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Text(text) if is_blank(text) => Some(Self::Blank),
            _ => StreamId::from_scalar(scalar).map(Self::Known),
        }
    }
}

wire! {
    struct WireCategories {
        primary: Object<WireCategory>,
        secondary: Object<WireCategory>,
    }
}

wire! {
    struct WireCategory {
        slug: Field<String>,
        title: Field<String>,
    }
}

impl Object<WireCategory> {
    /// The category, unless it lacks the slug, which names it.
    fn category(self) -> Option<Category> {
        let wire = self.0?;
        Some(Category { slug: wire.slug.0?, title: wire.title.0.unwrap_or_default() })
    }
}

wire! {
    struct WireChat<'de, L> {
        latest_message: Object<WireLine>,
        recent_messages: L::Of<Message>,
        latest_rant: Object<WireLine>,
        recent_rants: L::Of<Rant>,
    }
}

impl<'de, L: Lists<'de>> WireChat<'de, L> {
    /// The chat of this livestream, which its lines do not name. `earlier` is
    /// that chat in an earlier answer.
    fn of(self, stream: &StreamId, earlier: Option<&RecentChat>) -> serde_json::Result<RecentChat> {
        let of_stream = |message: &mut Message| message.stream = stream.clone();
        let paid_in_stream = |rant: &mut Rant| rant.stream = stream.clone();
        let mut latest = (Message::from_wire(self.latest_message).ok(), Rant::from_wire(self.latest_rant).ok());
        latest.0.iter_mut().for_each(of_stream);
        latest.1.iter_mut().for_each(paid_in_stream);
        Ok(RecentChat {
            latest_message: latest.0,
            recent_messages: self.recent_messages.window(earlier.map(|chat| &chat.recent_messages), of_stream)?,
            latest_rant: latest.1,
            recent_rants: self.recent_rants.window(earlier.map(|chat| &chat.recent_rants), paid_in_stream)?,
        })
    }
}

wire! {
    /// A message or a rant.
    pub(crate) struct WireLine {
        username: Field<String>,
        text: Field<String>,
        created_on: Field<OffsetDateTime>,
        expires_on: Field<OffsetDateTime>,
        amount_cents: Field<Amount>,
        amount_dollars: Field<Dollars>,
        badges: Badges,
        profile_pic_url: Field<String>,
    }
}

impl Entry for Message {
    type Wire = Object<WireLine>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = wire.required()?;
        Ok(Self {
            stream: StreamId::unset(),
            username: name([wire.username], false)?,
            text: wire.text.0.unwrap_or_default(),
            created_on: wire.created_on.required()?,
            badges: wire.badges.0,
            profile_pic_url: filled(wire.profile_pic_url.0),
            author: None,
            message_id: None,
            copy: Copy::default(),
        })
    }
}

impl Entry for Rant {
    type Wire = Object<WireLine>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = wire.required()?;
        let amount = amount(wire.amount_cents.0, wire.amount_dollars.0);
        Ok(Self {
            stream: StreamId::unset(),
            username: name([wire.username], amount > Amount::default())?,
            amount,
            text: wire.text.0.unwrap_or_default(),
            created_on: wire.created_on.required()?,
            expires_on: wire.expires_on.0,
            badges: wire.badges.0,
            profile_pic_url: filled(wire.profile_pic_url.0),
            author: None,
            message_id: None,
            copy: Copy::default(),
        })
    }
}

/// The first name in these fields. Money is never dropped, so a paid entry may
/// name nobody. An unpaid entry with a blank name is padding. Without any name
/// it is unreadable, because the name may have moved to another field.
fn name<const N: usize>(fields: [Field<String>; N], is_paid: bool) -> Result<String, LeftOut> {
    let mut left_out = LeftOut::Unreadable;
    for name in fields.into_iter().filter_map(|field| field.0) {
        if !is_blank(&name) {
            return Ok(name);
        }
        left_out = LeftOut::Padding;
    }
    if is_paid { Ok(String::new()) } else { Err(left_out) }
}

/// What was paid: cents if they are there, otherwise dollars. Zero if neither
/// is.
fn amount(cents: Option<Amount>, dollars: Option<Dollars>) -> Amount {
    cents.or(dollars.map(|Dollars(amount)| amount)).unwrap_or_default()
}

/// The text, unless it is empty, which means the same as missing.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Whether there is nothing to see in it.
fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
