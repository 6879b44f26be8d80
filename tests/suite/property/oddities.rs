//! What is answered to a poll, what can be odd about it, and its JSON.

use std::fmt::Write as _;

use super::history::{Entry, Gift, List, START, STREAMS, SUMS, TEXTS, USERS, list};

/// A list as it was shown: `None` where it was null or absent, and so is an entry that nobody can read.
pub(crate) type Shown = Option<Vec<Option<Entry>>>;

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) now: i64,
    pub(crate) max: usize,
    pub(crate) followers: Audience,
    pub(crate) subscribers: Audience,
    pub(crate) gifts: Vec<Gift>,
    pub(crate) streams: Option<Vec<Listed>>,
    pub(crate) unreadable_streams: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Audience {
    pub(crate) count: Option<u64>,
    pub(crate) total: Option<u64>,
    pub(crate) list: Shown,
}

#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) stream: usize,
    pub(crate) live: Option<bool>,
    pub(crate) messages: Shown,
    pub(crate) rants: Shown,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Oddity {
    OldestFirst,
    Rotated(usize),
    /// So many tenths of the window are not used, though there would be enough to show.
    Short(usize),
    /// The list is null or absent.
    Hidden(List),
    /// The list is `[]`.
    Empty(List),
    /// An entry more, that nobody can read.
    Unreadable(List),
    /// The answer says that it is so much older than it is.
    Behind(i64),
    /// An earlier answer comes again.
    Again(usize),
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
    /// A livestream is missing.
    Without(usize),
    /// A livestream is listed twice, each time in another way.
    Twice(usize),
    /// `is_live` is null.
    Unsaid(usize),
    /// `livestreams` is null or absent.
    NoStreams,
    /// A livestream more, that nobody can read.
    UnreadableStream,
}

/// Half of the time there is none.
pub(crate) fn oddity(kind: u8, detail: u8) -> Option<Oddity> {
    let (stream, followers, total) = (usize::from(detail % 2), detail & 2 == 0, detail & 4 == 0);
    Some(match kind % 60 {
        32..34 => Oddity::OldestFirst,
        34 => Oddity::Rotated(1 + usize::from(detail % 9)),
        35..37 => Oddity::Short(1),
        37 => Oddity::Short(usize::from(detail % 10)),
        38..41 => Oddity::Hidden(list(detail)),
        41..44 => Oddity::Empty(list(detail)),
        44 => Oddity::Unreadable(list(detail)),
        45 => Oddity::Behind(i64::from(detail)),
        46 => Oddity::Behind([1, 600, 601, 3600][usize::from(detail % 4)]),
        47..50 => Oddity::Again(usize::from(detail % 4)),
        50 => Oddity::Miscounted { followers, total, by: u64::from(detail / 8 % 9) },
        51 => Oddity::Uncounted { followers, total },
        52..56 => Oddity::Without(stream),
        56 => Oddity::Twice(stream),
        57 => Oddity::Unsaid(stream),
        58 => Oddity::NoStreams,
        59 => Oddity::UnreadableStream,
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
            Self::Short(tenths) => {
                let length = answer.max - answer.max * tenths / 10;
                answer.each_list(|list| list.truncate(length));
            }
            Self::Hidden(list) => answer.list_mut(list).into_iter().for_each(|list| *list = None),
            Self::Empty(list) => answer.list_mut(list).into_iter().for_each(|list| *list = Some(Vec::new())),
            Self::Unreadable(list) => answer.list_mut(list).into_iter().flatten().for_each(|list| list.push(None)),
            Self::Behind(seconds) => answer.now -= seconds,
            Self::Again(back) => {
                if let Some(index) = earlier.len().checked_sub(back + 1) {
                    *answer = earlier[index].0.clone();
                }
            }
            Self::Miscounted { followers, total, by } => {
                // From four too few to four too many.
                let counter = answer.counter(followers, total);
                *counter = counter.map(|count| (count + by).saturating_sub(4));
            }
            Self::Uncounted { followers, total } => *answer.counter(followers, total) = None,
            Self::Without(stream) => answer.streams.iter_mut().for_each(|streams| streams.retain(|listed| listed.stream != stream)),
            Self::Twice(stream) => {
                if let Some(streams) = &mut answer.streams
                    && let Some(listed) = streams.iter().find(|listed| listed.stream == stream)
                {
                    let fake = |cents| Some(vec![Some(Entry { at: answer.now, user: USERS[0], text: TEXTS[0], cents })]);
                    let fake = Listed { live: listed.live.map(|live| !live), messages: fake(0), rants: fake(SUMS[0]), ..*listed };
                    streams.push(fake);
                }
            }
            Self::Unsaid(stream) => answer.listed_mut(stream).into_iter().for_each(|listed| listed.live = None),
            Self::NoStreams => answer.streams = None,
            Self::UnreadableStream => answer.unreadable_streams = answer.streams.is_some(),
        }
    }
}

impl Answer {
    fn listed_mut(&mut self, stream: usize) -> Option<&mut Listed> {
        self.streams.as_mut()?.iter_mut().find(|listed| listed.stream == stream)
    }

    fn list_mut(&mut self, list: List) -> Option<&mut Shown> {
        Some(match list {
            List::Followers => &mut self.followers.list,
            List::Subscribers => &mut self.subscribers.list,
            List::Messages(stream) => &mut self.listed_mut(stream)?.messages,
            List::Rants(stream) => &mut self.listed_mut(stream)?.rants,
        })
    }

    fn each_list(&mut self, mut change: impl FnMut(&mut Vec<Option<Entry>>)) {
        let chats = self.streams.iter_mut().flatten().flat_map(|listed| [&mut listed.messages, &mut listed.rants]);
        [&mut self.followers.list, &mut self.subscribers.list].into_iter().chain(chats).flatten().for_each(&mut change);
    }

    fn counter(&mut self, followers: bool, total: bool) -> &mut Option<u64> {
        let audience = if followers { &mut self.followers } else { &mut self.subscribers };
        if total { &mut audience.total } else { &mut audience.count }
    }

    /// The body of the answer. Whatever `style` changes is no identity: offsets, pictures, badges, `latest_*`, null or absent.
    pub(crate) fn json(&self, style: u8) -> String {
        let mut json = Writer { out: String::with_capacity(4096), style };
        let Self { now, max, .. } = self;
        write!(json.out, r#"{{"now":{now},"type":"user","user_id":"2f","max_num_results":{max},"followers":{{"#).unwrap();
        json.audience(&self.followers, ["num_followers", "num_followers_total"]);
        json.latest(r#""latest_follower":{"username":"eve","followed_on":"2036-01-02T03:04:05Z"},"#);
        json.list("recent_followers", &self.followers.list, Writer::follower);
        json.out.push_str(r#""since":null},"subscribers":{"#);
        json.audience(&self.subscribers, ["num_subscribers", "num_subscribers_total"]);
        json.list("recent_subscribers", &self.subscribers.list, Writer::subscriber);
        json.out.push_str(r#""since":null},"gifted_subs":{"recent_gifted_subs":["#);
        json.all(&self.gifts, |json, Gift { by, total, remaining }| {
            write!(json.out, r#"{{"purchased_by":"{by}","total_gifts":{total},"remaining_gifts":{remaining},"video_id":443484890}}"#)
                .unwrap();
        });
        json.out.push_str("]}");
        match &self.streams {
            Some(streams) => {
                json.out.push_str(r#","livestreams":["#);
                if self.unreadable_streams {
                    json.out.push_str(if streams.is_empty() { r#"{"is_live":true}"# } else { r#"{"is_live":true},"# });
                }
                json.all(streams, Writer::stream);
                json.out.push_str("]}");
            }
            None => json.out.push_str(if style & 64 == 0 { "}" } else { r#","livestreams":null}"# }),
        }
        json.out
    }
}

struct Writer {
    out: String,
    style: u8,
}

impl Writer {
    fn all<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            write(self, item);
        }
    }

    fn audience(&mut self, audience: &Audience, names: [&str; 2]) {
        for (name, counter) in names.into_iter().zip([audience.count, audience.total]) {
            if let Some(counter) = counter {
                write!(self.out, r#""{name}":{counter},"#).unwrap();
            }
        }
    }

    /// A latest entry that no list has.
    fn latest(&mut self, text: &str) {
        if self.style & 32 != 0 {
            self.out.push_str(text);
        }
    }

    fn list(&mut self, name: &str, list: &Shown, write: impl Fn(&mut Self, &Entry)) {
        match list {
            Some(list) => {
                write!(self.out, r#""{name}":["#).unwrap();
                self.all(list, |json, entry| match entry {
                    Some(entry) => write(json, entry),
                    None => json.out.push_str(r#"{"username":null}"#),
                });
                self.out.push_str("],");
            }
            None if self.style & 64 == 0 => {}
            None => write!(self.out, r#""{name}":null,"#).unwrap(),
        }
    }

    fn picture(&mut self) {
        self.out.push_str(match self.style >> 4 & 3 {
            0 => "",
            1 => r#","profile_pic_url":"""#,
            2 => r#","profile_pic_url":"https://1a-1791.com/a.png""#,
            _ => r#","profile_pic_url":"https://1a-1791.com/b.png""#,
        });
    }

    fn follower(&mut self, entry: &Entry) {
        let on = stamp(entry.at, self.style);
        write!(self.out, r#"{{"username":"{}","followed_on":"{on}""#, entry.user).unwrap();
        self.picture();
        self.out.push('}');
    }

    fn subscriber(&mut self, entry: &Entry) {
        let name = if self.style & 128 == 0 { "username" } else { "user" };
        let on = stamp(entry.at, self.style >> 2);
        write!(self.out, r#"{{"{name}":"{}","amount_cents":{},"subscribed_on":"{on}""#, entry.user, entry.cents).unwrap();
        self.picture();
        self.out.push('}');
    }

    fn line(&mut self, entry: &Entry, is_rant: bool) {
        let on = stamp(entry.at, self.style >> 2);
        write!(self.out, r#"{{"username":"{}","text":"{}","created_on":"{on}""#, entry.user, entry.text).unwrap();
        if is_rant {
            write!(self.out, r#","amount_cents":{}"#, entry.cents).unwrap();
        }
        self.out.push_str(match self.style >> 4 & 3 {
            0 => r#","badges":[]"#,
            1 => r#","badges":{"0":"admin"}"#,
            2 => r#","badges":["premium"]"#,
            _ => "",
        });
        self.picture();
        self.out.push('}');
    }

    fn stream(&mut self, listed: &Listed) {
        let live = listed.live.map_or("null", |live| if live { "true" } else { "false" });
        write!(self.out, r#"{{"id":"{}","title":"a show","is_live":{live},"chat":{{"#, STREAMS[listed.stream]).unwrap();
        self.list("recent_messages", &listed.messages, |json, entry| json.line(entry, false));
        self.list("recent_rants", &listed.rants, |json, entry| json.line(entry, true));
        self.latest(r#""latest_rant":{"username":"eve","text":"!","created_on":"2036-01-02T03:04:05Z","amount_cents":100},"#);
        self.out.push_str(r#""since":null}}"#);
    }
}

/// The instant in one of the ways that the API could write it.
fn stamp(at: i64, style: u8) -> String {
    let (hours, offset) = [(0, "+00:00"), (-4, "-04:00"), (-5, "-05:00"), (0, "Z")][usize::from(style % 4)];
    // The history starts at noon of the 10th and is over within days.
    let local = at - START + (12 + hours) * 3600;
    let (day, second) = (10 + local.div_euclid(86_400), local.rem_euclid(86_400));
    format!("2026-03-{day:02}T{:02}:{:02}:{:02}{offset}", second / 3600, second / 60 % 60, second % 60)
}
