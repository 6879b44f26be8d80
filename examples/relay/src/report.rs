//! What `relay status` and `relay check` print.

use std::fmt::Write as _;

use jiff::Timestamp;
use time::OffsetDateTime;

use crate::{
    clock::between,
    config::Config,
    kind::Kind,
    occurrence::Occurrence,
    outbox::{Failed, Standing},
};

/// How far each destination got, and what failed.
#[must_use]
pub fn status(standings: &[Standing], failures: &[Failed], now: Timestamp) -> String {
    let mut lines = String::new();
    if standings.is_empty() {
        lines.push_str("nothing was sent yet, and nothing waits\n");
    }
    for Standing { destination, waiting, oldest, tries, why, delivered, failed } in standings {
        write!(lines, "{destination}: {waiting} waiting, {failed} failed, {delivered} delivered in the last 30 days").unwrap_or_default();
        if let Some(oldest) = oldest {
            write!(lines, "; the oldest waits for {} s", between(*oldest, now).as_secs()).unwrap_or_default();
        }
        if let Some(why) = why {
            write!(lines, ", tried {tries} times: {why}").unwrap_or_default();
        }
        lines.push('\n');
    }
    for Failed { destination, key, at, why } in failures {
        writeln!(lines, "failed: {at:.0} {destination} {key}: {why}").unwrap_or_default();
    }
    if !failures.is_empty() {
        lines.push_str("`relay retry` sends what failed again\n");
    }
    lines
}

/// What each destination would be told of a sample of each kind.
#[must_use]
pub fn samples(config: &Config) -> String {
    let mut lines = String::new();
    for destination in &config.destinations {
        writeln!(lines, "{} ({})", destination.name, destination.format.word()).unwrap_or_default();
        for kind in Kind::ALL {
            let Some(occurrence) = Occurrence::of(&kind.sample(OffsetDateTime::UNIX_EPOCH)) else { continue };
            let text = destination.templates.fill(&occurrence).unwrap_or_else(|fault| fault.words);
            let note = match (text.is_empty(), destination.filter.wants(&occurrence)) {
                (true, _) => " (says nothing, so it is not sent)",
                (_, false) => " (not wanted here)",
                _ => "",
            };
            writeln!(lines, "  {kind:<15}{note} {text}").unwrap_or_default();
        }
    }
    lines
}
