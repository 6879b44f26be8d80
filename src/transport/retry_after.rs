//! Reads the `Retry-After` header in both forms: seconds, and a date.
//!
//! It only reads. How much of it to obey is up to the caller: a watcher obeys
//! 15 minutes at most, so a server that says "tomorrow" does not silence a bot.

use std::time::{Duration, SystemTime};

use http::{
    HeaderMap, HeaderName,
    header::{DATE, RETRY_AFTER},
};

/// How long an answer with these headers asks to wait. `None` if it does not
/// ask, or asks in a form that makes no sense.
pub(crate) fn of(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    parse(text(RETRY_AFTER)?, text(DATE), now)
}

/// How long to wait, from a header that is a number of seconds or a date.
///
/// A date counts relative to `date`, the answer's own `Date`, so this machine's
/// clock does not matter. Without a `date` it counts relative to `now`. A date
/// in the past means no wait. `None` for nonsense.
pub(crate) fn parse(header: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number with too many digits still means a long wait.
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(header).ok()?;
    let from = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok()).unwrap_or(now);
    Some(until.duration_since(from).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Fri, 02 Jan 2026 03:04:05 GMT";

    fn seconds(header: &str, date: Option<&str>) -> Option<u64> {
        parse(header, date, SystemTime::UNIX_EPOCH).map(|wait| wait.as_secs())
    }

    #[test]
    fn number_is_seconds() {
        assert_eq!(seconds("120", None), Some(120));
        assert_eq!(seconds(" 0 ", None), Some(0));
        assert_eq!(seconds("99999999999999999999999", None), Some(u64::MAX));
    }

    #[test]
    fn date_is_relative_to_the_answers_own_date() {
        assert_eq!(seconds("Fri, 02 Jan 2026 03:05:05 GMT", Some(DATE)), Some(60));
        assert_eq!(seconds("Friday, 02-Jan-26 03:05:05 GMT", Some(DATE)), Some(60));
        assert_eq!(seconds("Fri Jan  2 03:05:05 2026", Some(DATE)), Some(60));
        assert_eq!(seconds("Fri, 02 Jan 2026 03:00:00 GMT", Some(DATE)), Some(0));
    }

    #[test]
    fn date_without_a_sound_date_header_is_relative_to_now() {
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:30 GMT", None), Some(30));
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:30 GMT", Some("yesterday")), Some(30));
    }

    #[test]
    fn nonsense_is_no_wait() {
        for header in ["", "soon", "-5", "1.5", "5 minutes", "٣"] {
            assert_eq!(seconds(header, Some(DATE)), None, "{header}");
        }
    }
}
