//! What has happened to a stream since it was read.

use archive::position::{Other, Position, Stamp, State, dropped};
use jiff::Timestamp;

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn only_what_lies_before_the_first_message_of_the_stream_may_have_been_dropped() {
    assert_eq!(dropped(7, 8, 8), None, "nothing lies between");
    assert_eq!(dropped(7, 12, 3), None, "heads lay between");
    assert_eq!(dropped(7, 12, 8), None);
    assert_eq!(dropped(7, 12, 10), Some(8..=9));
    assert_eq!(dropped(7, 12, 12), Some(8..=11));
    assert_eq!(dropped(7, 12, 40), Some(8..=11), "the next was dropped only after it was read");
    assert_eq!(dropped(0, 1, 0), None, "a stream without messages");
}

#[test]
fn stream_is_another_where_it_was_made_at_another_time_or_has_lost_its_end() {
    let position = Position { created: moment(1), sequence: 9, newest: Some(Stamp { sequence: 8, time: moment(5) }) };
    let state = |created, last| State { created: moment(created), first: 3, last };
    assert_eq!(position.check(state(1, 9), Some(moment(5))), Ok(()));
    assert_eq!(position.check(state(1, 40), None), Ok(()), "the event is gone, as old ones go");
    assert_eq!(position.check(state(2, 40), Some(moment(5))), Err(Other::MadeAnew { now: moment(2), then: moment(1) }));
    assert_eq!(position.check(state(1, 8), Some(moment(5))), Err(Other::Shorter { last: 8, read: 9 }));
    let rewritten = Other::Rewritten { sequence: 8, now: moment(6), then: moment(5) };
    assert_eq!(position.check(state(1, 40), Some(moment(6))), Err(rewritten));
}
