//! The JSON of an answer.

use std::fmt::Write as _;

use super::{
    answer::{Answer, Audience, Item, Listed},
    history::{Entry, Gift, NOBODY, START, STREAMS},
};

impl Answer {
    /// The body of the answer. Whatever `style` changes is no identity: offsets, pictures, badges, `latest_*`, null or absent, the case of ids.
    pub(crate) fn json(&self, style: u8) -> String {
        let mut json = Writer { out: String::with_capacity(4096), style, now: self.now };
        write!(json.out, r#"{{"now":{},"type":"user","#, self.now).unwrap();
        if let Some(user) = self.account.user {
            write!(json.out, r#""user_id":"{}","#, json.in_some_case(user)).unwrap();
        }
        if let Some(channel) = self.account.channel {
            write!(json.out, r#""channel_id":{channel},"#).unwrap();
        }
        if let Some(cap) = self.cap {
            write!(json.out, r#""max_num_results":{cap},"#).unwrap();
        }
        json.out.push_str(r#""followers":{"#);
        json.audience(&self.followers, ["num_followers", "num_followers_total"]);
        json.latest(r#""latest_follower":{"username":"eve","followed_on":"2036-01-02T03:04:05Z"},"#);
        json.list("recent_followers", self.followers.list.as_deref(), "followed_on", Writer::follower);
        json.out.push_str(r#""since":null},"subscribers":{"#);
        json.audience(&self.subscribers, ["num_subscribers", "num_subscribers_total"]);
        json.list("recent_subscribers", self.subscribers.list.as_deref(), "subscribed_on", Writer::subscriber);
        json.out.push_str(r#""since":null},"gifted_subs":{"#);
        if let Some(count) = self.gifted {
            write!(json.out, r#""num_gifted_subs":{count},"#).unwrap();
        }
        json.list("recent_gifted_subs", self.gifts.as_deref(), "", Writer::gift);
        json.out.push_str(r#""since":null}"#);
        self.streams_json(&mut json);
        json.out.push('}');
        json.out
    }

    fn streams_json(&self, json: &mut Writer) {
        let Some(streams) = &self.streams else {
            json.out.push_str(if json.style & 64 == 0 { "" } else { r#","livestreams":null"# });
            return;
        };
        json.out.push_str(r#","livestreams":["#);
        let mut is_first = true;
        let mut comma = |json: &mut Writer| {
            json.out.push_str(if is_first { "" } else { "," });
            is_first = false;
        };
        for nth in 0..self.unreadable_streams {
            comma(json);
            json.out.push_str([r#"{"is_live":true}"#, r#"{"id":null,"is_live":true}"#, "7"][nth % 3]);
        }
        for nth in 0..self.blank_streams {
            comma(json);
            json.out.push_str([r#"{"id":"","is_live":false}"#, r#"{"id":" ","title":"","is_live":true}"#][nth % 2]);
        }
        for listed in streams {
            comma(json);
            json.stream(listed);
        }
        json.out.push(']');
    }
}

struct Writer {
    out: String,
    style: u8,
    now: i64,
}

impl Writer {
    /// The digits of base 36 have no case.
    fn in_some_case(&self, id: &str) -> String {
        if (self.style ^ self.style >> 3) & 1 == 0 { id.to_owned() } else { id.to_uppercase() }
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

    fn list<T>(&mut self, name: &str, list: Option<&[Item<T>]>, stamp: &str, write: impl Fn(&mut Self, &T)) {
        let Some(list) = list else {
            if self.style & 64 != 0 {
                write!(self.out, r#""{name}":null,"#).unwrap();
            }
            return;
        };
        write!(self.out, r#""{name}":["#).unwrap();
        for (index, item) in list.iter().enumerate() {
            self.out.push_str(if index == 0 { "" } else { "," });
            match item {
                Item::Entry(entry) => write(self, entry),
                Item::Unreadable(way) => self.unreadable(*way, stamp),
                Item::Padding(way) => self.padding(*way, stamp),
            }
        }
        self.out.push_str("],");
    }

    fn unreadable(&mut self, way: u8, stamp: &str) {
        let on = stamp_of(self.now, 3);
        match way % 4 {
            // A field that the server calls by another name.
            0 => write!(self.out, r#"{{"user_name":"ann","giver":"ann","{stamp}":"{on}"}}"#).unwrap(),
            // A gift has no stamp to lack.
            1 if stamp.is_empty() => self.out.push_str(r#"{"purchased_by":null,"total_gifts":"many"}"#),
            1 => self.out.push_str(r#"{"username":"ann","text":"hi","amount_cents":500}"#),
            2 => self.out.push('7'),
            _ => write!(self.out, r#"{{"username":null,"purchased_by":null,"{stamp}":"{on}"}}"#).unwrap(),
        }
    }

    fn padding(&mut self, way: u8, stamp: &str) {
        let on = stamp_of(self.now, 3);
        let name = if stamp.is_empty() { "purchased_by" } else { "username" };
        match way % 4 {
            0 => write!(self.out, r#"{{"{name}":"","{stamp}":"","amount_cents":0,"total_gifts":0}}"#).unwrap(),
            1 => write!(self.out, r#"{{"{name}":" ","{stamp}":"{on}"}}"#).unwrap(),
            2 => write!(self.out, r#"{{"{name}":"","user":"","{stamp}":null}}"#).unwrap(),
            _ => write!(self.out, r#"{{"{name}":"","text":"","amount_dollars":0,"remaining_gifts":0}}"#).unwrap(),
        }
    }

    /// Opens an object with who did it, who may be nobody.
    fn who(&mut self, field: &str, user: u16) {
        self.out.push('{');
        if user != NOBODY {
            write!(self.out, r#""{field}":"u{user}""#).unwrap();
            return;
        }
        match self.style & 3 {
            0 => self.out.push_str(r#""title":"""#),
            1 => write!(self.out, r#""{field}":null"#).unwrap(),
            2 => write!(self.out, r#""{field}":"""#).unwrap(),
            _ => write!(self.out, r#""{field}":"  ""#).unwrap(),
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
        let on = stamp_of(entry.at, self.style);
        self.who("username", entry.user);
        write!(self.out, r#","followed_on":"{on}""#).unwrap();
        self.picture();
        self.out.push('}');
    }

    fn subscriber(&mut self, entry: &Entry) {
        let on = stamp_of(entry.at, self.style >> 2);
        self.who(if self.style & 128 == 0 { "username" } else { "user" }, entry.user);
        write!(self.out, r#","amount_cents":{},"subscribed_on":"{on}""#, entry.cents).unwrap();
        self.picture();
        self.out.push('}');
    }

    fn gift(&mut self, gift: &Gift) {
        self.who("purchased_by", gift.by);
        let Gift { total, remaining, video, .. } = gift;
        write!(self.out, r#","total_gifts":{total},"remaining_gifts":{remaining},"video_id":{video}}}"#).unwrap();
    }

    fn line(&mut self, entry: &Entry, is_rant: bool) {
        let on = stamp_of(entry.at, self.style >> 2);
        self.who("username", entry.user);
        write!(self.out, r#","text":"{}","created_on":"{on}""#, entry.text).unwrap();
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
        let id = self.in_some_case(STREAMS[listed.stream]);
        write!(self.out, r#"{{"id":"{id}","title":"a show","is_live":{live},"#).unwrap();
        if let Some(on) = listed.created_on {
            write!(self.out, r#""created_on":"{}","#, stamp_of(on, self.style)).unwrap();
        }
        self.out.push_str(r#""chat":{"#);
        self.list("recent_messages", listed.messages.as_deref(), "created_on", |json, entry| json.line(entry, false));
        self.list("recent_rants", listed.rants.as_deref(), "created_on", |json, entry| json.line(entry, true));
        self.latest(r#""latest_rant":{"username":"eve","text":"!","created_on":"2036-01-02T03:04:05Z","amount_cents":100},"#);
        self.out.push_str(r#""since":null}}"#);
    }
}

/// The instant in one of the ways that the API could write it.
fn stamp_of(at: i64, style: u8) -> String {
    let (hours, offset) = [(0, "+00:00"), (-4, "-0400"), (-5, "-05:00"), (0, "Z")][usize::from(style % 4)];
    // The history starts at noon of the 10th and is over within days.
    let local = at - START + (12 + hours) * 3600;
    let (day, second) = (10 + local.div_euclid(86_400), local.rem_euclid(86_400));
    format!("2026-03-{day:02}T{:02}:{:02}:{:02}{offset}", second / 3600, second / 60 % 60, second % 60)
}
