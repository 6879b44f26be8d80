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
    let mut failed_in_all = 0;
    if standings.is_empty() {
        lines.push_str("nothing was sent yet, and nothing waits\n");
    }
    for Standing { destination, waiting, oldest, tries, next_try, why, delivered, failed } in standings {
        failed_in_all += *failed as usize;
        write!(lines, "{destination}: {waiting} waiting, {failed} failed, {delivered} delivered in the last 30 days").unwrap_or_default();
        if let Some(oldest) = oldest {
            write!(lines, "; the oldest has waited {} s", between(*oldest, now).as_secs()).unwrap_or_default();
        }
        if let Some(why) = why {
            let times = if *tries == 1 { "once".to_owned() } else { format!("{tries} times") };
            write!(lines, ", tried {times}: {why}").unwrap_or_default();
        }
        if let Some(at) = next_try {
            write!(lines, "; next try at {at:.0}").unwrap_or_default();
        }
        lines.push('\n');
    }
    for Failed { destination, key, at, why } in failures {
        writeln!(lines, "failed: {at:.0} {destination} {key}: {why}").unwrap_or_default();
    }
    match failed_in_all.saturating_sub(failures.len()) {
        0 => {}
        more => writeln!(lines, "and {more} more").unwrap_or_default(),
    }
    if !failures.is_empty() {
        lines.push_str("`relay retry` sends what failed again\n");
    }
    lines
}

/// What each destination would get for a sample of each kind.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_tells_the_next_try_and_how_many_failures_are_not_shown() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let standing = |tries, failed| Standing {
            destination: "a".into(),
            waiting: 1,
            oldest: Some(at(0)),
            tries,
            next_try: Some(at(90)),
            why: Some("HTTP 503 Service Unavailable".into()),
            delivered: 2,
            failed,
        };
        let failures = [Failed { destination: "a".into(), key: "rant:1".into(), at: at(10), why: "HTTP 410 Gone".into() }];
        let expected = "a: 1 waiting, 3 failed, 2 delivered in the last 30 days; the oldest has waited 60 s, tried once: \
                        HTTP 503 Service Unavailable; next try at 1970-01-01T00:01:30Z\n\
                        failed: 1970-01-01T00:00:10Z a rant:1: HTTP 410 Gone\nand 2 more\n`relay retry` sends what failed again\n";
        assert_eq!(status(&[standing(1, 3)], &failures, at(60)), expected);
        let said = status(&[standing(2, 1)], &failures, at(60));
        assert!(said.contains("tried 2 times") && !said.contains("more"), "{said}");
    }
}
