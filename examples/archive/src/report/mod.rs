//! Makes a report from the rows of the archive. The code is the same for both
//! databases, so the result is too.

pub mod charts;
pub mod text;

use std::collections::{BTreeMap, HashMap};

use anyhow::{anyhow, bail};
use jiff::{
    Timestamp,
    civil::Date,
    tz::{self, TimeZone},
};
use rumble_live::{Event, StreamDetail, StreamEnded, StreamStarted, StreamUpdated};
use serde::Serialize;

/// How many chatters are named.
const MOST_CHATTERS: usize = 10;

/// A span in seconds of Unix time. The end is excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first second.
    pub from: i64,
    /// The second after the last.
    pub until: i64,
}

/// The days that a report covers.
#[derive(Clone, Debug)]
pub struct Days {
    /// The first day. `None`: from the beginning.
    pub from: Option<Date>,
    /// The last day. `None`: to the end.
    pub to: Option<Date>,
    /// The time zone that they begin and end in.
    pub zone: TimeZone,
}

impl Days {
    /// These days in the zone with this name, or in the system's.
    ///
    /// # Errors
    ///
    /// If there is no such zone, or the last day comes before the first.
    pub fn new(from: Option<Date>, to: Option<Date>, zone: Option<&str>) -> anyhow::Result<Self> {
        let zone = match zone {
            Some(name) => {
                tz::db().get(name).map_err(|_| anyhow!("--zone {name}: there is no such time zone; give one such as Europe/Berlin"))?
            }
            None => TimeZone::try_system().unwrap_or(TimeZone::UTC),
        };
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            bail!("--to {to} comes before --from {from}");
        }
        Ok(Self { from, to, zone })
    }

    /// The span from the beginning of the first day to the end of the last.
    ///
    /// # Errors
    ///
    /// If a day is too far away.
    pub fn span(&self) -> anyhow::Result<Span> {
        let start = |day: Date| {
            let start = day.to_zoned_datetime(self.zone.clone())?.start_of_day()?;
            Ok(start.timestamp().as_second())
        };
        let too_far = |day: Date| move |_: jiff::Error| anyhow!("{day} is too far away; give another day");
        let from = self.from.map(|from| start(from).map_err(too_far(from))).transpose()?.unwrap_or(i64::MIN);
        let until = self.to.map(|to| to.tomorrow().and_then(start).map_err(too_far(to))).transpose()?.unwrap_or(i64::MAX);
        Ok(Span { from, until })
    }

    fn day(&self, at: i64) -> Date {
        self.zone.to_datetime(instant(at)).date()
    }

    fn zone_name(&self) -> String {
        self.zone.iana_name().unwrap_or("the system's zone").to_owned()
    }
}

/// The part of a row that reports read.
#[derive(Clone, Debug)]
pub struct Kept {
    pub kind: String,
    /// Unix time in seconds.
    pub at: i64,
    pub stream: Option<String>,
    pub username: Option<String>,
    pub cents: Option<i64>,
    /// The whole event, for gifts and for starts, updates and ends of
    /// livestreams.
    pub json: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The time zone of the days.
    pub zone: String,
    /// The first day that was asked for.
    pub from: Option<Date>,
    /// The last day that was asked for.
    pub to: Option<Date>,
    /// The number of events of any kind.
    pub events: u64,
    /// How often something may have been lost.
    pub gaps: u64,
    /// All days together.
    pub total: Sums,
    /// Each day on which something that counts happened, oldest first.
    pub days: Vec<Day>,
    /// The users who wrote most messages, the most first.
    pub chatters: Vec<Chatter>,
    /// The livestreams that began on these days, oldest first.
    pub streams: Vec<Livestream>,
}

/// What happened on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    pub day: Date,
    /// Its counts and amounts.
    #[serde(flatten)]
    pub sums: Sums,
}

/// Counts and amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    pub followers: u64,
    /// Chat messages, rants not included.
    pub messages: u64,
    pub rants: u64,
    /// What the rants cost.
    pub rant_cents: i64,
    pub subscriptions: u64,
    /// What the subscriptions cost.
    pub subscription_cents: i64,
    /// Purchases of subscriptions for others. The API gives no amount for them.
    pub gifts: u64,
    /// How many subscriptions were bought for others.
    pub gifted_subscriptions: u64,
}

/// Somebody who wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chatter {
    pub username: String,
    pub messages: u64,
}

/// A livestream from one start to one end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Livestream {
    pub stream: String,
    /// The newest title.
    pub title: String,
    /// When it was first seen live.
    pub started: Timestamp,
    /// Whether it was live before the archive could see it start.
    pub already_live: bool,
    /// When it was last seen live. `None` while it is live, or if its end was
    /// not seen.
    pub ended: Option<Timestamp>,
    /// How long that was.
    pub seconds: Option<i64>,
    /// The highest number of viewers in the events.
    pub peak_viewers: Option<u64>,
}

/// Makes a report from rows in the order of their numbers.
#[derive(Debug)]
pub struct Builder {
    days: Days,
    span: Span,
    report: Report,
    by_day: BTreeMap<Date, Sums>,
    by_user: HashMap<String, u64>,
    /// The index in the report of each livestream that is on air.
    on_air: HashMap<String, usize>,
}

impl Builder {
    /// Starts a report of these days.
    ///
    /// # Errors
    ///
    /// See [`Days::span`].
    pub fn new(days: Days) -> anyhow::Result<Self> {
        let span = days.span()?;
        let report = Report {
            zone: days.zone_name(),
            from: days.from,
            to: days.to,
            events: 0,
            gaps: 0,
            total: Sums::default(),
            days: Vec::new(),
            chatters: Vec::new(),
            streams: Vec::new(),
        };
        Ok(Self { days, span, report, by_day: BTreeMap::new(), by_user: HashMap::new(), on_air: HashMap::new() })
    }

    /// The span that has to be read for it.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Takes the next row.
    pub fn take(&mut self, row: Kept) {
        // This version of the library may not be able to read what a newer one wrote.
        let event = row.json.as_deref().and_then(|json| serde_json::from_str(json).ok());
        match &event {
            Some(Event::StreamStarted(started)) => self.start(started),
            Some(Event::StreamUpdated(updated)) => self.update(updated),
            Some(Event::StreamEnded(ended)) => self.end(ended),
            _ => {}
        }
        if row.at < self.span.from || row.at >= self.span.until {
            return;
        }
        self.report.events += 1;
        self.report.gaps += u64::from(matches!(row.kind.as_str(), "gap" | "dropped"));
        let sums = sums(&row, event.as_ref());
        if sums != Sums::default() {
            self.by_day.entry(self.days.day(row.at)).or_default().add(sums);
            self.report.total.add(sums);
        }
        if row.kind == "message" {
            *self.by_user.entry(row.username.unwrap_or_default()).or_default() += 1;
        }
    }

    /// The report of all rows that were added.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.report.days = self.by_day.into_iter().map(|(day, sums)| Day { day, sums }).collect();
        let mut chatters: Vec<_> = self.by_user.into_iter().map(|(username, messages)| Chatter { username, messages }).collect();
        chatters.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.username.cmp(&b.username)));
        chatters.truncate(MOST_CHATTERS);
        self.report.chatters = chatters;
        let span = self.span;
        self.report.streams.retain(|stream| (span.from..span.until).contains(&stream.started.as_second()));
        self.report
    }

    fn start(&mut self, started: &StreamStarted) {
        let stream = started.stream.as_str();
        let known = self.on_air.get(stream).and_then(|place| self.report.streams.get_mut(*place));
        // The livestream goes on over a restart of the archive.
        if started.already_live
            && let Some(livestream) = known
        {
            // The title is empty if it is missing.
            if !started.title.is_empty() {
                livestream.title.clone_from(&started.title);
            }
            return;
        }
        self.on_air.insert(stream.to_owned(), self.report.streams.len());
        self.report.streams.push(Livestream {
            stream: stream.to_owned(),
            title: started.title.clone(),
            started: instant(started.at.unix_timestamp()),
            already_live: started.already_live,
            ended: None,
            seconds: None,
            peak_viewers: None,
        });
    }

    fn update(&mut self, updated: &StreamUpdated) {
        let Some(livestream) = self.on_air.get(updated.stream.as_str()).and_then(|place| self.report.streams.get_mut(*place)) else {
            return;
        };
        if updated.changed.contains(&StreamDetail::Title) {
            livestream.title.clone_from(&updated.title);
        }
        livestream.peak_viewers = livestream.peak_viewers.max(updated.watching_now);
    }

    fn end(&mut self, ended: &StreamEnded) {
        let place = self.on_air.remove(ended.stream.as_str());
        let Some(livestream) = place.and_then(|place| self.report.streams.get_mut(place)) else { return };
        let end = instant(ended.last_seen.unix_timestamp());
        livestream.ended = Some(end);
        livestream.seconds = Some(end.as_second() - livestream.started.as_second());
    }
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.followers += other.followers;
        self.messages += other.messages;
        self.rants += other.rants;
        self.rant_cents = self.rant_cents.saturating_add(other.rant_cents);
        self.subscriptions += other.subscriptions;
        self.subscription_cents = self.subscription_cents.saturating_add(other.subscription_cents);
        self.gifts += other.gifts;
        self.gifted_subscriptions = self.gifted_subscriptions.saturating_add(other.gifted_subscriptions);
    }
}

/// What one row adds to the sums.
fn sums(row: &Kept, event: Option<&Event>) -> Sums {
    let (none, cents) = (Sums::default(), row.cents.unwrap_or_default());
    match row.kind.as_str() {
        "follower" => Sums { followers: 1, ..none },
        "message" => Sums { messages: 1, ..none },
        "rant" => Sums { rants: 1, rant_cents: cents, ..none },
        "subscriber" => Sums { subscriptions: 1, subscription_cents: cents, ..none },
        "gifted_subs" => {
            let total = if let Some(Event::GiftedSubs(gift)) = event { gift.total_gifts } else { None };
            Sums { gifts: 1, gifted_subscriptions: total.unwrap_or_default(), ..none }
        }
        _ => none,
    }
}

/// The instant, or the nearest one that has a date.
fn instant(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap_or(if at < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
