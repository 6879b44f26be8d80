//! Hours in which nothing is sent. Whatever comes in them is held.

use jiff::{Timestamp, ToSpan as _, civil::Time, tz::TimeZone};

/// From one time of day to another, in a time zone. If the second is the
/// earlier one, the hours go over midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    pub from: Time,
    pub until: Time,
    pub zone: TimeZone,
}

impl Quiet {
    /// The end of the hours that this moment is in. `None` outside of them.
    ///
    /// Both times are looked up in the zone once for each day. If a
    /// daylight-saving change skips a time, it moves by as much as the clock
    /// does: 02:30 becomes 03:30. If a time comes twice, the first one counts.
    #[must_use]
    pub fn holds_until(&self, now: Timestamp) -> Option<Timestamp> {
        let today = now.to_zoned_datetime(self.zone.clone()).date();
        // Hours over midnight began yesterday. A zone may be a day ahead if a change moves the date.
        [-1_i64, 0].into_iter().find_map(|days| {
            let first = today.checked_add(days.days()).ok()?;
            let last = if self.until > self.from { first } else { first.checked_add(1.day()).ok()? };
            let from = first.to_datetime(self.from).to_zoned_datetime(self.zone.clone()).ok()?.timestamp();
            let until = last.to_datetime(self.until).to_zoned_datetime(self.zone.clone()).ok()?.timestamp();
            (from <= now && now < until).then_some(until)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(from: &str, until: &str, zone: &str) -> Quiet {
        Quiet { from: from.parse().unwrap(), until: until.parse().unwrap(), zone: TimeZone::get(zone).unwrap() }
    }

    fn held(quiet: &Quiet, now: &str) -> Option<String> {
        quiet.holds_until(now.parse().unwrap()).map(|until| until.to_string())
    }

    #[test]
    fn hours_over_midnight_end_in_the_morning() {
        let quiet = quiet("22:00", "08:00", "Europe/Berlin");
        for (now, until) in [
            ("2026-01-10T20:59:59Z", None),
            ("2026-01-10T21:00:00Z", Some("2026-01-11T07:00:00Z")),
            ("2026-01-11T00:30:00Z", Some("2026-01-11T07:00:00Z")),
            ("2026-01-11T06:59:59Z", Some("2026-01-11T07:00:00Z")),
            ("2026-01-11T07:00:00Z", None),
        ] {
            assert_eq!(held(&quiet, now).as_deref(), until, "{now}");
        }
    }

    #[test]
    fn hours_within_a_day_end_on_that_day() {
        let quiet = quiet("12:00", "13:30", "America/New_York");
        assert_eq!(held(&quiet, "2026-07-01T16:59:00Z").as_deref(), Some("2026-07-01T17:30:00Z"));
        assert_eq!(held(&quiet, "2026-07-01T17:30:00Z"), None);
        assert_eq!(held(&quiet, "2026-07-01T15:59:59Z"), None);
    }

    #[test]
    fn summer_time_begins_and_ends_within_the_hours() {
        // The night to 29 March 2026 is an hour shorter in Berlin, the night to 25 October an hour longer.
        let night = quiet("22:00", "08:00", "Europe/Berlin");
        assert_eq!(held(&night, "2026-03-28T21:00:00Z").as_deref(), Some("2026-03-29T06:00:00Z"));
        assert_eq!(held(&night, "2026-10-24T20:00:00Z").as_deref(), Some("2026-10-25T07:00:00Z"));
    }

    #[test]
    fn time_that_is_skipped_or_comes_twice_ends_the_hours_once() {
        let hours = quiet("22:00", "02:30", "Europe/Berlin");
        // 02:30 does not exist. The clock goes on at 03:00, so the hours end half an hour after that.
        assert_eq!(held(&hours, "2026-03-29T00:59:00Z").as_deref(), Some("2026-03-29T01:30:00Z"));
        // 02:30 comes twice, at 00:30 and at 01:30 UTC.
        assert_eq!(held(&hours, "2026-10-25T00:29:00Z").as_deref(), Some("2026-10-25T00:30:00Z"));
        for after in ["2026-10-25T00:30:00Z", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z"] {
            assert_eq!(held(&hours, after), None, "{after}");
        }
    }
}
