//! How events look on a terminal.

use std::collections::VecDeque;

use anstyle::{AnsiColor, Style};
use rumble_live::{Event, EventId, Snapshot, Watcher};
use time::{OffsetDateTime, UtcOffset, macros::format_description};

/// How many lines of chat are kept, so that a deletion can show what it
/// deletes.
const REMEMBERED: usize = 2000;

#[derive(Default)]
pub(crate) struct Lines {
    /// Recent lines of chat, oldest first.
    said: VecDeque<(EventId, String)>,
    /// When the newest of them was said.
    last: Option<OffsetDateTime>,
}

impl Lines {
    /// The line of an event. If the event deletes chat lines, they follow it,
    /// struck through.
    pub(crate) fn of(&mut self, event: &Event, watcher: &Watcher) -> String {
        let now = || self.last.max(watcher.snapshot().map(Snapshot::now)).unwrap_or_else(OffsetDateTime::now_utc);
        let mut lines = line(event, event.at().unwrap_or_else(now));
        match event {
            Event::Message(_) | Event::Rant(_) => {
                self.said.extend(event.id().map(|id| (id, event.to_string())));
                self.last = event.at();
            }
            Event::MessageDeleted(deleted) => self.strike(&deleted.event_ids, &mut lines),
            Event::UserMuted(muted) => self.strike(&muted.event_ids, &mut lines),
            _ => {}
        }
        if self.said.len() > REMEMBERED {
            self.said.pop_front();
        }
        lines
    }

    fn strike(&mut self, gone: &[EventId], lines: &mut String) {
        let struck = Style::new().strikethrough().dimmed();
        let is_gone = |(id, _): &(EventId, String)| gone.contains(id);
        let said = self.said.iter().filter(|line| is_gone(line));
        lines.extend(said.map(|(_, said)| format!("\n         - {struck}{said}{struck:#}")));
        self.said.retain(|line| !is_gone(line));
    }
}

fn line(event: &Event, at: OffsetDateTime) -> String {
    let colour = match event {
        Event::Message(_) => None,
        Event::Follower(_) => Some(AnsiColor::Green),
        Event::Subscriber(_) | Event::GiftedSubs(_) | Event::RaidReceived(_) | Event::SubscriptionNotice(_) => Some(AnsiColor::Magenta),
        Event::Rant(_) => Some(AnsiColor::Yellow),
        Event::Gap(_) | Event::Interrupted(_) | Event::Unreadable(_) | Event::MergeDoubt(_) => Some(AnsiColor::Red),
        _ => Some(AnsiColor::Cyan),
    };
    let at = at.to_offset(UtcOffset::UTC).format(format_description!("[hour]:[minute]:[second]"));
    let style = Style::new().fg_color(colour.map(Into::into));
    format!("{} {style}{:<19}{style:#} {event}", at.unwrap_or_default(), event.kind())
}
