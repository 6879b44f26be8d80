//! What can be odd about an answer.

use super::{
    answer::{Account, Answer, Item, Listed},
    generate::list,
    history::{Entry, List, NOBODY, SUMS, TEXTS},
};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Oddity {
    OldestFirst,
    Rotated(usize),
    /// So many tenths of the window are not used, though there would be enough to show.
    Short(usize),
    /// So many more are shown than the window has.
    Long(usize),
    /// The answer says another cap.
    Cap(Option<u64>),
    /// The list is null or absent.
    Hidden(List),
    /// The list is `[]`.
    Empty(List),
    /// An entry more, that nobody can read.
    Unreadable(List, u8),
    /// The server calls a field of all entries by another name.
    Renamed(List),
    /// Blank items, at the front or at the end.
    Padded {
        list: List,
        count: usize,
        in_front: bool,
        way: u8,
    },
    /// So many entries, from the newest or from a later one on, lack their names, which are blank or not sent at all.
    Nameless {
        list: List,
        from: usize,
        count: usize,
        blank: bool,
    },
    /// The stamps of the followers are moved, in this answer alone.
    Moved(i64),
    /// The answer says that it is so much older than it is, or newer.
    Behind(i64),
    /// All of the answer is so old.
    Old(i64),
    /// An earlier answer comes again.
    Again(usize),
    /// Of another account, or with ids that come and go.
    Of(Account),
    /// A counter of the list disagrees with it.
    Miscounted {
        followers: bool,
        total: bool,
        by: u64,
    },
    /// The list comes without counters.
    Uncounted {
        followers: bool,
        total: bool,
    },
    /// The counter of gifts lags, is ahead, or is missing.
    GiftsMiscounted(u64),
    GiftsUncounted,
    GiftsHidden,
    GiftsUnreadable,
    GiftsPadded,
    GiftsNameless,
    /// A livestream is missing.
    Without(usize),
    /// A livestream is listed twice, each time in another way.
    Twice(usize),
    /// `is_live` is null.
    Unsaid(usize),
    /// `livestreams` is null or absent.
    NoStreams,
    /// Livestreams more, that nobody can read or that are blank.
    UnreadableStreams(usize),
    BlankStreams(usize),
}

const ACCOUNTS: [Account; 7] = [
    Account { user: Some("4z"), channel: None },
    Account { user: Some("4z"), channel: Some(78) },
    Account { user: Some("2f"), channel: Some(77) },
    Account { user: None, channel: Some(77) },
    Account { user: Some("2f"), channel: Some(78) },
    Account { user: Some("4z"), channel: Some(77) },
    Account { user: Some("4z"), channel: None },
];

/// Half of the time there is none.
pub(crate) fn oddity(kind: u8, detail: u8) -> Option<Oddity> {
    let (stream, followers, total) = (usize::from(detail % 3), detail & 2 == 0, detail & 4 == 0);
    let (high, low) = (detail / 12, detail % 12);
    Some(match kind {
        128..132 => Oddity::OldestFirst,
        132..134 => Oddity::Rotated(1 + usize::from(detail % 9)),
        134..139 => Oddity::Short(1 + usize::from(detail % 2)),
        139..142 => Oddity::Short(usize::from(detail % 10)),
        142..145 => Oddity::Long(1 + usize::from(detail % 15)),
        145..148 => Oddity::Cap([Some(1), Some(5), Some(10), Some(100), None, Some(0), Some(5000)][usize::from(detail % 7)]),
        148..154 => Oddity::Hidden(list(detail)),
        154..162 => Oddity::Empty(list(detail)),
        162..167 => Oddity::Unreadable(list(detail), high),
        167..170 => Oddity::Renamed(list(detail)),
        170..176 => Oddity::Padded { list: list(detail), count: 1 + usize::from(high % 4), in_front: high % 3 == 0, way: high },
        176..180 => {
            let list = [List::Subscribers, List::Rants(0), List::Rants(1), List::Followers, List::Rants(0), List::Messages(0)]
                [usize::from(low % 6)];
            Oddity::Nameless { list, from: usize::from(high % 5), count: 1 + usize::from(high / 5), blank: low < 6 }
        }
        180..184 => Oddity::Moved([3600, -3600, 900, 50_400, 51_300, -7200, 1800, 3601][usize::from(detail % 8)]),
        184..190 => Oddity::Behind(i64::from(detail)),
        190..193 => Oddity::Behind([1, 600, 601, 3600, -3, -20, -600, -3600][usize::from(detail % 8)]),
        193..197 => Oddity::Old(i64::from(detail % 64)),
        197..203 => Oddity::Again(usize::from(detail % 5)),
        203..208 => Oddity::Of(ACCOUNTS[usize::from(detail % 7)]),
        208..211 => Oddity::Miscounted { followers, total, by: u64::from(detail / 8 % 9) },
        211..214 => Oddity::Uncounted { followers, total },
        214..217 => Oddity::GiftsMiscounted(u64::from(detail % 11)),
        217..219 => Oddity::GiftsUncounted,
        219 => Oddity::GiftsHidden,
        220 => Oddity::GiftsUnreadable,
        221 => Oddity::GiftsPadded,
        222 => Oddity::GiftsNameless,
        223..233 => Oddity::Without(stream),
        233..235 => Oddity::Twice(stream),
        235..238 => Oddity::Unsaid(stream),
        238..242 => Oddity::NoStreams,
        242..246 => Oddity::UnreadableStreams(1 + usize::from(detail % 2)),
        246..249 => Oddity::BlankStreams(1 + usize::from(detail % 2)),
        _ => return None,
    })
}

impl Oddity {
    pub(crate) fn befall(self, answer: &mut Answer, earlier: &[(Answer, u8)]) {
        match self {
            Self::OldestFirst => {
                answer.each_list(|list| list.reverse());
                answer.streams.iter_mut().for_each(|streams| streams.reverse());
            }
            Self::Rotated(by) => answer.each_list(|list| {
                let by = by.min(list.len());
                list.rotate_left(by);
            }),
            Self::Short(tenths) => answer.each_list(|list| list.truncate(list.len() - list.len() * tenths / 10)),
            Self::Cap(cap) => answer.cap = cap,
            Self::Behind(seconds) => answer.now -= seconds,
            Self::Moved(seconds) => {
                for item in answer.followers.list.iter_mut().flatten() {
                    if let Item::Entry(entry) = item {
                        entry.at += seconds;
                    }
                }
            }
            Self::Again(back) => {
                if let Some(index) = earlier.len().checked_sub(back + 1) {
                    *answer = earlier[index].0.clone();
                }
            }
            Self::Of(account) => answer.account = account,
            Self::Miscounted { followers, total, by } => {
                // From four too few to four too many.
                let counter = counter(answer, followers, total);
                *counter = counter.map(|count| (count + by).saturating_sub(4));
            }
            Self::Uncounted { followers, total } => *counter(answer, followers, total) = None,
            // How the truth is cut to answers is not for this.
            Self::Long(_) | Self::Old(_) => {}
            Self::Hidden(_) | Self::Empty(_) | Self::Unreadable(..) | Self::Renamed(_) | Self::Padded { .. } | Self::Nameless { .. } => {
                self.befall_list(answer);
            }
            Self::GiftsMiscounted(_)
            | Self::GiftsUncounted
            | Self::GiftsHidden
            | Self::GiftsUnreadable
            | Self::GiftsPadded
            | Self::GiftsNameless => self.befall_gifts(answer),
            Self::Without(_) | Self::Twice(_) | Self::Unsaid(_) | Self::NoStreams | Self::UnreadableStreams(_) | Self::BlankStreams(_) => {
                self.befall_streams(answer);
            }
        }
    }

    fn befall_list(self, answer: &mut Answer) {
        match self {
            Self::Hidden(list) => answer.list_mut(list).into_iter().for_each(|list| *list = None),
            Self::Empty(list) => answer.list_mut(list).into_iter().for_each(|list| *list = Some(Vec::new())),
            Self::Unreadable(list, way) => {
                answer.list_mut(list).into_iter().flatten().for_each(|list| list.push(Item::Unreadable(way)));
            }
            Self::Renamed(list) => answer.list_mut(list).into_iter().flatten().for_each(|list| list.fill(Item::Unreadable(0))),
            Self::Padded { list, count, in_front, way } => {
                for list in answer.list_mut(list).into_iter().flatten() {
                    let place = if in_front { 0 } else { list.len() };
                    list.splice(place..place, (0..count).map(|_| Item::Padding(way)));
                }
            }
            Self::Nameless { list, from, count, blank } => {
                for item in answer.list_mut(list).into_iter().flatten().flatten().skip(from).take(count) {
                    if let Item::Entry(entry) = item {
                        *item = match (list.is_paid(), blank) {
                            (true, _) => Item::Entry(Entry { user: NOBODY, ..*entry }),
                            (false, true) => Item::Padding(1),
                            (false, false) => Item::Unreadable(0),
                        };
                    }
                }
            }
            _ => {}
        }
    }

    fn befall_gifts(self, answer: &mut Answer) {
        match self {
            Self::GiftsMiscounted(by) => answer.gifted = answer.gifted.map(|count| (count + by).saturating_sub(5)),
            Self::GiftsUncounted => answer.gifted = None,
            Self::GiftsHidden => answer.gifts = None,
            Self::GiftsUnreadable => answer.gifts.iter_mut().for_each(|list| list.push(Item::Unreadable(3))),
            Self::GiftsPadded => answer.gifts.iter_mut().for_each(|list| list.push(Item::Padding(0))),
            Self::GiftsNameless => {
                if let Some(Item::Entry(gift)) = answer.gifts.iter_mut().flatten().next()
                    && gift.total > 0
                {
                    gift.by = NOBODY;
                }
            }
            _ => {}
        }
    }

    fn befall_streams(self, answer: &mut Answer) {
        match self {
            Self::Without(stream) => answer.streams.iter_mut().for_each(|streams| streams.retain(|listed| listed.stream != stream)),
            Self::Twice(stream) => {
                if let Some(streams) = &mut answer.streams
                    && let Some(listed) = streams.iter().find(|listed| listed.stream == stream)
                {
                    let fake = |cents| Some(vec![Item::Entry(Entry { at: answer.now, user: 1, text: TEXTS[0], cents })]);
                    let fake = Listed { live: listed.live.map(|live| !live), messages: fake(0), rants: fake(SUMS[0]), ..*listed };
                    streams.push(fake);
                }
            }
            Self::Unsaid(stream) => answer.listed_mut(stream).into_iter().for_each(|listed| listed.live = None),
            Self::NoStreams => answer.streams = None,
            Self::UnreadableStreams(count) => answer.unreadable_streams = if answer.streams.is_some() { count } else { 0 },
            Self::BlankStreams(count) => answer.blank_streams = count,
            _ => {}
        }
    }
}

fn counter(answer: &mut Answer, followers: bool, total: bool) -> &mut Option<u64> {
    let audience = if followers { &mut answer.followers } else { &mut answer.subscribers };
    if total { &mut audience.total } else { &mut audience.count }
}
