//! Small values as the API writes them: times, pictures, badges.
//!
//! What a user wears and looks like follows from the name, by a hash that is
//! the same on every machine, so nothing has to be kept and each process shows
//! the same.

use std::fmt;

use serde::{Serialize, Serializer};
use time::{OffsetDateTime, UtcOffset};

/// A time as the API writes most of them: `2026-01-02T03:04:05+00:00`.
#[derive(Clone, Copy)]
pub(super) struct Utc(pub(super) OffsetDateTime);

/// A time at an offset of whole minutes, as the API writes `followed_on`:
/// `2026-01-01T23:04:05-04:00`.
#[derive(Clone, Copy)]
pub(super) struct Local(pub(super) OffsetDateTime, pub(super) UtcOffset);

/// The URL of a user's picture. It has a hash instead of the name, which may
/// hold anything.
#[derive(Clone, Copy)]
pub(super) struct Picture<'a>(pub(super) &'a str);

impl Serialize for Utc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Local {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Picture<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("https://cdn.example.invalid/avatars/{:016x}.jpeg", hash(self.0)))
    }
}

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Local(self.0, UtcOffset::UTC).fmt(f)
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.1.whole_minutes();
        let at = self.0.saturating_add(time::Duration::minutes(minutes.into()));
        let (year, month, day) = at.to_calendar_date();
        let (hour, minute, second) = at.to_hms();
        write!(f, "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}", u8::from(month))?;
        let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.unsigned_abs());
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// The badges of a user. The same user always wears the same ones.
pub(super) fn badges(username: &str) -> &'static [&'static str] {
    match hash(username) % 8 {
        0 => &["moderator", "premium"],
        1 => &["premium"],
        2 => &["recurring_subscription"],
        3 => &["verified", "whale-blue"],
        4 => &["locals_supporter"],
        _ => &[],
    }
}

/// FNV-1a: spreads names the same way on every machine.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_offsets_name_the_same_instant() {
        let at = OffsetDateTime::from_unix_timestamp(1_767_322_800).unwrap();
        let local = |seconds| serde_json::to_string(&Local(at, UtcOffset::from_whole_seconds(seconds).unwrap())).unwrap();
        assert_eq!(serde_json::to_string(&Utc(at)).unwrap(), r#""2026-01-02T03:00:00+00:00""#);
        assert_eq!(local(-4 * 3600), r#""2026-01-01T23:00:00-04:00""#);
        assert_eq!(local(-1800), r#""2026-01-02T02:30:00-00:30""#);
        assert_eq!(local(20_759), r#""2026-01-02T08:45:00+05:45""#, "cut to the whole minute");
    }

    #[test]
    fn picture_is_a_plain_url_whatever_the_name() {
        let url = serde_json::to_string(&Picture("\" /ü?#")).unwrap();
        assert!(url.starts_with(r#""https://cdn.example.invalid/avatars/"#) && url.is_ascii() && url.len() == 59, "{url}");
    }
}
