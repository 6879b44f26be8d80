//! Small values in the API's way of writing: instants, pictures, badges.

use std::fmt;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

/// An instant as the API writes most: `2026-01-02T03:04:05+00:00`.
#[derive(Clone, Copy)]
pub(super) struct Utc(pub(super) OffsetDateTime);

/// An instant as the API writes `followed_on`: `2026-01-01T23:04:05-04:00`.
#[derive(Clone, Copy)]
pub(super) struct Eastern(pub(super) OffsetDateTime);

/// The URL of somebody's picture. A hash stands for the name, which may hold anything.
#[derive(Clone, Copy)]
pub(super) struct Picture<'a>(pub(super) &'a str);

impl Serialize for Utc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&LocalTime(self.0, "+00:00"))
    }
}

impl Serialize for Eastern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&LocalTime(self.0.saturating_sub(time::Duration::hours(4)), "-04:00"))
    }
}

impl Serialize for Picture<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("https://cdn.example.invalid/avatars/{:016x}.jpeg", hash(self.0)))
    }
}

/// A date and time with the offset in which it is given.
struct LocalTime(OffsetDateTime, &'static str);

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(at, offset) = self;
        let (year, month, day) = at.to_calendar_date();
        let (hour, minute, second) = at.to_hms();
        write!(f, "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{offset}", u8::from(month))
    }
}

/// The same person always wears the same badges.
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

/// FNV-1a, for a spread that is the same on every machine.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_offsets_name_the_same_instant() {
        let at = OffsetDateTime::from_unix_timestamp(1_767_322_800).unwrap();
        assert_eq!(serde_json::to_string(&Utc(at)).unwrap(), r#""2026-01-02T03:00:00+00:00""#);
        assert_eq!(serde_json::to_string(&Eastern(at)).unwrap(), r#""2026-01-01T23:00:00-04:00""#);
    }

    #[test]
    fn picture_is_a_plain_url_whatever_the_name() {
        let url = serde_json::to_string(&Picture("\" /ü?#")).unwrap();
        assert!(url.starts_with(r#""https://cdn.example.invalid/avatars/"#) && url.is_ascii() && url.len() == 59, "{url}");
    }
}
