//! Reads instants, and writes them to JSON as RFC 3339 in UTC, whatever offset
//! they were sent with.
//!
//! An instant is refused where it is read if its year in UTC does not have four
//! digits. So everything that was read can be written again.

use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// Whether an instant has an RFC 3339 form in UTC, where a year has four
/// digits.
pub(crate) fn has_utc_form(instant: &OffsetDateTime) -> bool {
    // No offset moves an instant by a year.
    (1..=9998).contains(&instant.year())
        || instant.checked_to_offset(UtcOffset::UTC).is_some_and(|instant| (0..=9999).contains(&instant.year()))
}

/// Reads RFC 3339 and two common variants: an offset without a colon, and no
/// offset, which means UTC.
pub(super) fn from_stamp(text: &str) -> Option<OffsetDateTime> {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let with_a_colon = || {
        let (before, minutes) = text.split_at_checked(text.len().checked_sub(2)?)?;
        parse(&format!("{before}:{minutes}"))
    };
    parse(text).or_else(with_a_colon).or_else(|| parse(&format!("{text}Z"))).filter(has_utc_form)
}

/// An instant from Unix seconds with a fraction. Rounded to the microsecond,
/// the precision of a float for today's dates.
pub(super) fn from_unix_seconds(seconds: f64) -> Option<OffsetDateTime> {
    // Far beyond the year 9999, the last one that is accepted.
    let seconds = Some(seconds).filter(|seconds| (-1e12..1e12).contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, reason = "the guard leaves numbers that fit")]
    let micros = (seconds * 1e6).round() as i128;
    OffsetDateTime::from_unix_timestamp_nanos(micros * 1000).ok()
}

/// For serde's `with`: an instant that must be there.
pub(crate) mod utc {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
    use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

    use super::has_utc_form;

    pub(crate) fn serialize<S: Serializer>(instant: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        // An instant at the edge of the calendar has no form in UTC and keeps its offset.
        let instant = instant.checked_to_offset(UtcOffset::UTC).unwrap_or(*instant);
        instant.format(&Rfc3339).map_err(ser::Error::custom)?.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let instant = OffsetDateTime::parse(&text, &Rfc3339).map_err(de::Error::custom)?;
        if has_utc_form(&instant) { Ok(instant) } else { Err(de::Error::custom("an instant without a form in UTC")) }
    }

    /// For serde's `with`: an instant that may be null. If the field may also
    /// be missing, add `default`.
    pub(crate) mod option {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};
        use time::OffsetDateTime;

        #[expect(clippy::ref_option, reason = "serde hands over the field by reference")]
        pub(crate) fn serialize<S: Serializer>(instant: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
            #[derive(Serialize)]
            struct Utc<'a>(#[serde(with = "super")] &'a OffsetDateTime);
            instant.as_ref().map(Utc).serialize(serializer)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
            #[derive(Deserialize)]
            struct Utc(#[serde(with = "super")] OffsetDateTime);
            Ok(Option::<Utc>::deserialize(deserializer)?.map(|Utc(instant)| instant))
        }
    }
}
