//! How a chat is set up, on the wire.
//!
//! The configuration is an object whose parts are read one by one, so a part
//! that has changed its form leaves the others alone. Badges are an object with
//! slugs as keys, and so are their pictures with sizes as keys.
//!
//! Items that cannot be read are left out here without being counted: they
//! concern how the chat looks, and nobody loses a message by them.

use super::{filled, seconds};
use crate::{
    chat::event::{Badge, ChatConfig, GiftOffer, Icon, LiveGate, Raid, RantLevel},
    snapshot::{
        Amount,
        lenient::{Entries, Entry, Field, LeftOut, List, Object, wire},
        scalar::{Dollars, UnixSeconds},
    },
};

/// How many badges, levels and offers are kept at most, each for as long as the
/// chat.
const MOST: usize = 1000;
/// How many pictures of a badge are kept at most.
const MOST_ICONS: usize = 16;

wire! {
    pub(crate) struct WireConfig {
        badges: Entries<Object<WireBadge>>,
        rants: Object<WireRants>,
        message_length_max: Field<u64>,
        subscription: Object<WireSubscription>,
        gifts: Object<WireGifts>,
    }
}

impl WireConfig {
    /// The public form. `site` is the origin of the paths of pictures.
    pub(super) fn config(self, site: &str) -> ChatConfig {
        let rants = self.rants.0.unwrap_or_default();
        let badges = self.badges.0.into_iter().map(|(slug, badge)| badge.0.unwrap_or_default().badge(slug, site));
        ChatConfig {
            badges: badges.take(MOST).collect(),
            rants_enabled: rants.enable.0,
            rant_levels: rants.levels.0.into_entries(),
            message_length_max: self.message_length_max.0,
            subscriptions_enabled: self.subscription.0.and_then(|subscription| subscription.enable.0),
            gift_offers: self.gifts.0.unwrap_or_default().products.0.into_entries(),
        }
    }
}

wire! {
    struct WireBadge {
        icons: Entries<Field<String>>,
        label: Object<WireLabel>,
    }
}

wire! {
    struct WireLabel {
        en: Field<String>,
    }
}

impl WireBadge {
    /// The badge with this slug, its pictures sorted by size. A picture whose
    /// key is not a number, or whose path is empty, is left out.
    fn badge(self, slug: String, site: &str) -> Badge {
        let icon = |(size, path): (String, Field<String>)| Some(Icon { size: size.parse().ok()?, url: address(site, &filled(path.0)?) });
        let mut icons: Vec<Icon> = self.icons.0.into_iter().filter_map(icon).take(MOST_ICONS).collect();
        icons.sort_by_key(|icon| icon.size);
        Badge { slug, label: self.label.0.and_then(|label| label.en.0).unwrap_or_default(), icons }
    }
}

/// The address of a picture. The wire has a path on the site, but a complete
/// address works too.
fn address(site: &str, path: &str) -> String {
    let is_whole = path.split_once("://").is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphabetic()));
    if is_whole { path.to_owned() } else { format!("{site}/{}", path.trim_start_matches('/')) }
}

wire! {
    struct WireRants {
        enable: Field<bool>,
        levels: List<RantLevel>,
    }
}

wire! {
    pub(crate) struct WireLevel {
        price_dollars: Field<Dollars>,
        duration: Field<u64>,
        colors: Object<WireColors>,
    }
}

wire! {
    struct WireColors {
        fg: Field<String>,
        main: Field<String>,
        bg2: Field<String>,
    }
}

impl Entry for RantLevel {
    type Wire = Object<WireLevel>;
    const MOST: usize = MOST;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = wire.required()?;
        let colors = wire.colors.0.unwrap_or_default();
        Ok(Self {
            price: wire.price_dollars.required()?.0,
            duration: seconds(wire.duration.0),
            foreground: colors.fg.0.unwrap_or_default(),
            background: colors.main.0.unwrap_or_default(),
            head_background: colors.bg2.0.unwrap_or_default(),
        })
    }
}

wire! {
    struct WireSubscription {
        enable: Field<bool>,
    }
}

wire! {
    struct WireGifts {
        products: List<GiftOffer>,
    }
}

wire! {
    pub(crate) struct WireOffer {
        amount_cents: Field<Amount>,
        total_gifts: Field<u64>,
    }
}

impl Entry for GiftOffer {
    type Wire = Object<WireOffer>;
    const MOST: usize = MOST;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = wire.required()?;
        Ok(Self { price: wire.amount_cents.required()?, total_gifts: wire.total_gifts.required()? })
    }
}

wire! {
    pub(crate) struct WireSubscribersOnly {
        pub(super) on: Field<bool>,
    }
}

wire! {
    pub(crate) struct WireGate {
        pub(super) timecode: Field<u64>,
        pub(super) countdown_seconds: Field<u64>,
        pub(super) chat_mode: Field<u64>,
    }
}

impl From<WireGate> for LiveGate {
    fn from(wire: WireGate) -> Self {
        Self { is_closed: wire.chat_mode.0 == Some(1), timecode: seconds(wire.timecode.0), countdown: seconds(wire.countdown_seconds.0) }
    }
}

wire! {
    pub(crate) struct WireRaid {
        pub(super) current_channel_name: Field<String>,
        pub(super) current_channel_avatar_url: Field<String>,
        pub(super) target_url: Field<String>,
        pub(super) target_channel_name: Field<String>,
        pub(super) target_channel_avatar_url: Field<String>,
        pub(super) target_video_title: Field<String>,
        pub(super) start_ts: Field<UnixSeconds>,
    }
}

impl From<WireRaid> for Raid {
    fn from(wire: WireRaid) -> Self {
        Self {
            from_name: wire.current_channel_name.0.unwrap_or_default(),
            from_picture: filled(wire.current_channel_avatar_url.0),
            target_name: wire.target_channel_name.0.unwrap_or_default(),
            target_picture: filled(wire.target_channel_avatar_url.0),
            target_title: wire.target_video_title.0.unwrap_or_default(),
            target_url: wire.target_url.0.unwrap_or_default(),
            starts_at: wire.start_ts.0.map(|UnixSeconds(at)| at),
        }
    }
}
