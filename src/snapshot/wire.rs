//! The answer as the wire has it, and how it becomes the types that users see.
//!
//! `stream_key` and `server_url` are left out on purpose: what is not read cannot leak.

use time::OffsetDateTime;

use super::{
    account::{Account, AccountKind},
    amount::Amount,
    audience::{Follower, Followers, GiftedSubs, Gifts, Subscriber, Subscribers},
    chat::{Chat, Message, Rant},
    copy::{Copy, Purchase},
    id::{ChannelId, StreamId, UserId},
    lenient::{Entry, Field, List, Object, wire},
    livestream::{Category, Livestream, Visibility},
    window::Window,
};

wire! {
    pub(super) struct WireSnapshot {
        pub(super) now: Field<i64>,
        r#type: Field<AccountKind>,
        user_id: Field<UserId>,
        username: Field<String>,
        channel_id: Field<ChannelId>,
        channel_name: Field<String>,
        pub(super) max_num_results: Field<u64>,
        followers: Object<WireFollowers>,
        subscribers: Object<WireSubscribers>,
        gifted_subs: Object<WireGifts>,
        pub(super) livestreams: List<Livestream>,
    }
}

impl WireSnapshot {
    pub(super) fn take_account(&mut self) -> Account {
        Account {
            kind: self.r#type.0.take().unwrap_or_else(|| AccountKind::Other(String::new())),
            user_id: self.user_id.0.take(),
            username: filled(self.username.0.take()),
            channel_id: self.channel_id.0.take(),
            channel_name: filled(self.channel_name.0.take()),
        }
    }

    pub(super) fn take_followers(&mut self) -> Followers {
        let wire = self.followers.0.take().unwrap_or_default();
        Followers {
            count: wire.num_followers.0,
            total: wire.num_followers_total.0,
            latest: Follower::from_wire(wire.latest_follower),
            recent: wire.recent_followers.0,
        }
    }

    pub(super) fn take_subscribers(&mut self) -> Subscribers {
        let wire = self.subscribers.0.take().unwrap_or_default();
        Subscribers {
            count: wire.num_subscribers.0,
            total: wire.num_subscribers_total.0,
            latest: Subscriber::from_wire(wire.latest_subscriber),
            recent: wire.recent_subscribers.0,
        }
    }

    pub(super) fn take_gifts(&mut self) -> Gifts {
        let wire = self.gifted_subs.0.take().unwrap_or_default();
        Gifts { count: wire.num_gifted_subs.0, latest: GiftedSubs::from_wire(wire.latest_gifted_sub), recent: wire.recent_gifted_subs.0 }
    }
}

wire! {
    struct WireFollowers {
        num_followers: Field<u64>,
        num_followers_total: Field<u64>,
        latest_follower: Object<WireFollower>,
        recent_followers: List<Follower>,
    }
}

wire! {
    pub(super) struct WireFollower {
        username: Field<String>,
        followed_on: Field<OffsetDateTime>,
        profile_pic_url: Field<String>,
    }
}

impl Entry for Follower {
    type Wire = Object<WireFollower>;

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        let wire = wire.0?;
        Some(Self {
            username: wire.username.0?,
            followed_on: wire.followed_on.0?,
            profile_pic_url: filled(wire.profile_pic_url.0),
            copy: Copy::default(),
        })
    }
}

wire! {
    struct WireSubscribers {
        num_subscribers: Field<u64>,
        num_subscribers_total: Field<u64>,
        latest_subscriber: Object<WireSubscriber>,
        recent_subscribers: List<Subscriber>,
    }
}

wire! {
    pub(super) struct WireSubscriber {
        username: Field<String>,
        user: Field<String>,
        amount_cents: Field<Amount>,
        amount_dollars: Field<u64>,
        subscribed_on: Field<OffsetDateTime>,
        profile_pic_url: Field<String>,
    }
}

impl Entry for Subscriber {
    type Wire = Object<WireSubscriber>;

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        let wire = wire.0?;
        Some(Self {
            username: filled(wire.username.0).or(wire.user.0)?,
            amount: amount(wire.amount_cents.0, wire.amount_dollars.0),
            subscribed_on: wire.subscribed_on.0?,
            profile_pic_url: filled(wire.profile_pic_url.0),
            copy: Copy::default(),
        })
    }
}

wire! {
    struct WireGifts {
        num_gifted_subs: Field<u64>,
        latest_gifted_sub: Object<WireGift>,
        recent_gifted_subs: List<GiftedSubs>,
    }
}

wire! {
    pub(super) struct WireGift {
        purchased_by: Field<String>,
        total_gifts: Field<u64>,
        remaining_gifts: Field<u64>,
        gift_type: Field<String>,
        video_id: Field<u64>,
    }
}

impl Entry for GiftedSubs {
    type Wire = Object<WireGift>;

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        let wire = wire.0?;
        Some(Self {
            purchased_by: wire.purchased_by.0?,
            total_gifts: wire.total_gifts.0,
            remaining_gifts: wire.remaining_gifts.0,
            gift_type: filled(wire.gift_type.0),
            video_id: wire.video_id.0,
            purchase: Purchase::default(),
        })
    }
}

wire! {
    pub(super) struct WireLivestream {
        id: Field<StreamId>,
        title: Field<String>,
        created_on: Field<OffsetDateTime>,
        scheduled_on: Field<OffsetDateTime>,
        is_live: Field<bool>,
        visibility: Field<Visibility>,
        categories: Object<WireCategories>,
        likes: Field<u64>,
        dislikes: Field<u64>,
        watching_now: Field<u64>,
        chat: Object<WireChat>,
    }
}

impl Entry for Livestream {
    type Wire = Object<WireLivestream>;
    const MOST: usize = 10_000;

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        let wire = wire.0?;
        let id = wire.id.0?;
        let categories = wire.categories.0.unwrap_or_default();
        Some(Self {
            title: wire.title.0.unwrap_or_default(),
            created_on: wire.created_on.0,
            scheduled_on: wire.scheduled_on.0,
            is_live: wire.is_live.0,
            visibility: wire.visibility.0,
            primary_category: categories.primary.category(),
            secondary_category: categories.secondary.category(),
            likes: wire.likes.0,
            dislikes: wire.dislikes.0,
            watching_now: wire.watching_now.0,
            chat: wire.chat.0.unwrap_or_default().of(&id),
            id,
        })
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
    fn category(self) -> Option<Category> {
        let wire = self.0?;
        Some(Category { slug: wire.slug.0?, title: wire.title.0.unwrap_or_default() })
    }
}

wire! {
    struct WireChat {
        latest_message: Object<WireLine>,
        recent_messages: List<WireLine>,
        latest_rant: Object<WireLine>,
        recent_rants: List<WireLine>,
    }
}

impl WireChat {
    fn of(self, stream: &StreamId) -> Chat {
        Chat {
            latest_message: self.latest_message.0.and_then(|line| line.message(stream)),
            recent_messages: lines(self.recent_messages, |line| line.message(stream)),
            latest_rant: self.latest_rant.0.and_then(|line| line.rant(stream)),
            recent_rants: lines(self.recent_rants, |line| line.rant(stream)),
        }
    }
}

wire! {
    /// A message or a rant, before it is known whose livestream's it is.
    struct WireLine {
        username: Field<String>,
        text: Field<String>,
        created_on: Field<OffsetDateTime>,
        expires_on: Field<OffsetDateTime>,
        amount_cents: Field<Amount>,
        amount_dollars: Field<u64>,
        badges: List<String>,
        profile_pic_url: Field<String>,
    }
}

impl Entry for WireLine {
    type Wire = Object<WireLine>;

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        // Checked here, where the others cost no memory.
        wire.0.filter(|line| line.username.0.is_some() && line.created_on.0.is_some())
    }
}

impl WireLine {
    fn message(self, stream: &StreamId) -> Option<Message> {
        Some(Message {
            stream: stream.clone(),
            username: self.username.0?,
            text: self.text.0.unwrap_or_default(),
            created_on: self.created_on.0?,
            badges: self.badges.0.into_entries(),
            profile_pic_url: filled(self.profile_pic_url.0),
            copy: Copy::default(),
        })
    }

    fn rant(self, stream: &StreamId) -> Option<Rant> {
        Some(Rant {
            stream: stream.clone(),
            username: self.username.0?,
            amount: amount(self.amount_cents.0, self.amount_dollars.0),
            text: self.text.0.unwrap_or_default(),
            created_on: self.created_on.0?,
            expires_on: self.expires_on.0,
            badges: self.badges.0.into_entries(),
            profile_pic_url: filled(self.profile_pic_url.0),
            copy: Copy::default(),
        })
    }
}

fn lines<T>(list: List<WireLine>, made: impl FnMut(WireLine) -> Option<T>) -> Window<T> {
    list.0.filter_map(made)
}

fn amount(cents: Option<Amount>, dollars: Option<u64>) -> Amount {
    cents.unwrap_or_else(|| Amount::from_cents(dollars.unwrap_or_default().saturating_mul(100)))
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
