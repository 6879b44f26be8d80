//! A report to read in a terminal.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets::NOTHING};
use jiff::{Timestamp, tz::TimeZone};
use rumble_live::{Amount, OneLine};

use super::{Livestream, Report, Sums};
use crate::progress::{counted, events};

/// How many characters of a name or title are shown.
const MOST_CHARACTERS: usize = 40;

/// A report as text.
#[derive(Debug)]
pub struct Text<'a> {
    /// What to show.
    pub report: &'a Report,
    /// The time zone of the times shown.
    pub zone: &'a TimeZone,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        writeln!(f, "{}{}, days of {}", events(report.events), span(report), report.zone)?;
        if report.gaps > 0 {
            writeln!(f, "{}: there may be more than was seen", counted(report.gaps, "gap"))?;
        }
        if !report.days.is_empty() {
            writeln!(f, "\nDays\n{}", days(report))?;
        }
        if !report.chatters.is_empty() {
            let rows = report.chatters.iter().map(|chatter| [name(&chatter.username, MOST_CHARACTERS), chatter.messages.to_string()]);
            writeln!(f, "\nTop chatters\n{}", table(&["user", "messages"], rows))?;
        }
        if !report.streams.is_empty() {
            let rows = report.streams.iter().map(|stream| livestream(stream, self.zone));
            writeln!(f, "\nStreams\n{}", table(&["start", "end", "length", "peak viewers", "title"], rows))?;
        }
        Ok(())
    }
}

fn span(report: &Report) -> String {
    match (report.from, report.to) {
        (Some(from), Some(to)) => format!(" from {from} to {to}"),
        (Some(from), None) => format!(" from {from} on"),
        (None, Some(to)) => format!(" to {to}"),
        (None, None) => String::new(),
    }
}

fn days(report: &Report) -> Table {
    let row = |day: String, sums: &Sums| {
        [
            day,
            sums.followers.to_string(),
            sums.messages.to_string(),
            sums.rants.to_string(),
            dollars(sums.rant_cents),
            sums.subscriptions.to_string(),
            dollars(sums.subscription_cents),
            sums.gifted_subscriptions.to_string(),
        ]
    };
    let rows = report.days.iter().map(|day| row(day.day.to_string(), &day.sums));
    let header = ["day", "followers", "messages", "rants", "rant income", "subs", "sub income", "gifted subs"];
    table(&header, rows.chain([row("total".into(), &report.total)]))
}

fn livestream(stream: &Livestream, zone: &TimeZone) -> [String; 5] {
    let minute = |at: Timestamp| zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string();
    let started = format!("{}{}", if stream.already_live { "before " } else { "" }, minute(stream.started));
    let length = stream.seconds.map_or("-".into(), |seconds| {
        let minutes = seconds.div_euclid(60);
        format!("{}{}:{:02}", if stream.already_live { "over " } else { "" }, minutes.div_euclid(60), minutes.rem_euclid(60))
    });
    let peak = stream.peak_viewers.map_or("-".into(), |peak| peak.to_string());
    [started, stream.ended.map_or("-".into(), minute), length, peak, cut(&stream.title, MOST_CHARACTERS)]
}

/// All columns are numbers, except the first one and texts.
fn table<const N: usize>(header: &[&str; N], rows: impl Iterator<Item = [String; N]>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header.to_vec());
    for row in rows {
        table.add_row(row.to_vec());
    }
    for (column, title) in table.column_iter_mut().zip(header) {
        let is_text = ["day", "user", "title", "start", "end"].contains(title);
        column.set_cell_alignment(if is_text { CellAlignment::Left } else { CellAlignment::Right });
    }
    table
}

pub(super) fn dollars(cents: i64) -> String {
    Amount::from_cents(cents.try_into().unwrap_or_default()).to_string()
}

/// A stranger's name, with at most this many characters.
pub(super) fn name(name: &str, most: usize) -> String {
    if name.is_empty() { "(no name)".into() } else { cut(name, most) }
}

/// A stranger's text on one line, with at most this many characters.
fn cut(text: &str, most: usize) -> String {
    let line = OneLine(text).to_string();
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
