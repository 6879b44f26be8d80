//! What is in the columns of an event.

use archive::row::{Clocks, Row};
use rumble_live::{Amount, ErrorKind, Event, Follower, Gap, GiftedSubs, Interrupted, ListKind, Rant, StreamStarted};
use time::OffsetDateTime;

fn moment(at: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at).unwrap()
}

fn row(event: impl Into<Event>) -> Row {
    Row::new(&event.into(), Clocks { server: Some(moment(2000)), machine: moment(3000) }).unwrap()
}

#[test]
fn event_has_its_own_time_or_else_that_of_the_answer_that_told_it_or_of_this_machine() {
    assert_eq!(row(Follower::new("ada").with_followed_on(moment(1000))).at, 1000);
    assert_eq!(row(StreamStarted::new("7c1f4q", moment(1000))).at, 1000);
    assert_eq!(row(Gap::new(ListKind::Followers, moment(1000))).at, 1000);
    assert_eq!(row(GiftedSubs::new("ada", 5)).at, 2000);
    assert_eq!(row(Event::Ready).at, 2000);
    // The newest answer may be hours old.
    let interrupted = Event::from(Interrupted::new(ErrorKind::Status, "502"));
    assert_eq!(row(interrupted.clone()).at, 3000);
    assert_eq!(Row::new(&interrupted, Clocks { server: None, machine: moment(3000) }).unwrap().at, 3000);
}

#[test]
fn what_a_column_cannot_hold_is_whole_in_the_json() {
    let rant = Rant::new("7c1f4q", "a\0b", Amount::from_cents(u64::MAX), "\0").with_created_on(moment(1000));
    let row = row(rant.clone());
    assert_eq!((row.username.as_deref(), row.text.as_deref(), row.cents), (Some("a\u{fffd}b"), Some("\u{fffd}"), Some(i64::MAX)));
    assert_eq!(serde_json::from_str::<Event>(&row.json).unwrap(), Event::Rant(rant));
    assert_eq!(self::row(Rant::new("x".repeat(5000), "ada", Amount::from_dollars(1), "")).id, None);
}
