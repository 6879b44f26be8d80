//! What a page gets from a board.

use std::sync::Arc;

use rumble_live::{
    Amount, Author, Checkpoint, Color, Event, Follower, Followers, GiftedSubs, Livestream, Message, MessageDeleted, RaidReceived, Rant,
    Snapshot, Subscriber, UserMuted,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::board::{Board, Frame, MOST_ALERTS, MOST_LINES, Position};

fn board() -> Board {
    Board::new("e".into())
}

fn follower(name: &str) -> Event {
    Event::Follower(Follower::new(name))
}

fn message(text: &str) -> Event {
    Event::Message(Message::new("7c1f4q", "ada", text))
}

fn rant(text: &str, cents: u64) -> Event {
    Event::Rant(Rant::new("7c1f4q", "ada", Amount::from_cents(cents), text))
}

/// Names and contents of the frames.
fn told(frames: &[Frame]) -> Vec<(&'static str, Value)> {
    frames.iter().map(|frame| (frame.name(), serde_json::from_str(&frame.json().unwrap()).unwrap())).collect()
}

/// What a page that has got this far gets: the snapshot, and the names of the
/// alerts.
fn greeting(board: &Board, had: Option<&str>) -> (Value, Vec<String>) {
    let had: Option<Position> = had.and_then(|had| had.parse().ok());
    let mut told = told(&board.greet(had.as_ref()));
    let (name, snapshot) = told.remove(0);
    assert_eq!(name, "snapshot");
    assert!(told.iter().all(|(name, _)| *name == "alert"));
    (snapshot, told.iter().map(|(_, alert)| alert["name"].as_str().unwrap().to_owned()).collect())
}

fn id(event: &Event) -> String {
    event.id().unwrap().to_string()
}

#[test]
fn each_kind_of_alert_says_who_and_how_much() {
    let mut board = board();
    let raid = RaidReceived::new("7c1f4q", "lou", "1").with_text("tea");
    let alerts: Vec<Value> = [
        follower("ada"),
        Event::Subscriber(Subscriber::new("bea", Amount::from_cents(500))),
        Event::GiftedSubs(GiftedSubs::new("cy", 5)),
        rant("for the boat", 1050),
        Event::RaidReceived(raid),
    ]
    .iter()
    .flat_map(|event| told(&board.take(event)))
    .filter_map(|(name, content)| (name == "alert").then_some(content))
    .collect();
    let brief: Vec<Value> =
        alerts.iter().map(|alert| json!([alert["kind"], alert["name"], alert["text"], alert["cents"], alert["count"]])).collect();
    assert_eq!(
        brief,
        [
            json!(["follower", "ada", "", null, null]),
            json!(["subscriber", "bea", "", 500, null]),
            json!(["gift", "cy", "", null, 5]),
            json!(["rant", "ada", "for the boat", 1050, null]),
            json!(["raid", "lou", "tea", null, null]),
        ]
    );
}

#[test]
fn page_that_is_opened_late_gets_the_state_and_no_old_alert() {
    let mut board = board();
    board.start_run(Some(500));
    let mut stream = Livestream::new("7c1f4q", "Harbour lights");
    (stream.live, stream.watching_now) = (Some(true), Some(41));
    let snapshot = Snapshot::builder(OffsetDateTime::UNIX_EPOCH, "4f2kx9")
        .followers(Followers::default().with_count(321))
        .livestreams([stream])
        .build();
    assert_eq!(told(&board.look(&snapshot)).len(), 1);
    assert_eq!(board.look(&snapshot), [], "nothing has changed");
    for event in [follower("ada"), message("hi"), rant("for the boat", 500)] {
        board.take(&event);
    }

    let (snapshot, alerts) = greeting(&board, None);
    assert!(alerts.is_empty());
    assert_eq!(
        (&snapshot["now"]["followers"], &snapshot["now"]["viewers"], &snapshot["now"]["goal"]),
        (&321.into(), &41.into(), &500.into())
    );
    let said: Vec<&Value> = snapshot["lines"].as_array().unwrap().iter().map(|line| &line["text"]).collect();
    assert_eq!(said, ["hi", "for the boat"]);
}

#[test]
fn page_that_comes_back_gets_what_it_has_not_had() {
    let mut board = board();
    for name in ["ada", "bea", "cy"] {
        board.take(&follower(name));
    }
    assert_eq!(greeting(&board, Some("e-0")).1, ["ada", "bea", "cy"]);
    assert_eq!(greeting(&board, Some("e-2")).1, ["cy"]);
    assert!(greeting(&board, Some("e-3")).1.is_empty());
    let positions: Vec<String> =
        board.greet("e-1".parse().ok().as_ref()).iter().map(|frame| frame.position().unwrap().to_string()).collect();
    assert_eq!(positions, ["e-1", "e-2", "e-3"], "a connection that breaks after any of them loses and repeats none");
}

#[test]
fn page_of_another_epoch_or_from_the_future_gets_no_old_alert() {
    let mut board = board();
    board.take(&follower("ada"));
    for stale in ["other-0", "e-2", "e-", "-1", "nonsense", ""] {
        assert!(greeting(&board, Some(stale)).1.is_empty(), "{stale}");
    }
}

#[test]
fn event_that_is_told_again_is_shown_once() {
    let mut board = board();
    for event in [follower("ada"), message("hi"), rant("for the boat", 500)] {
        assert!(!board.take(&event).is_empty());
        assert_eq!(board.take(&event), []);
    }
}

#[test]
fn deletion_takes_out_the_line_and_keeps_it_out() {
    let mut board = board();
    let (bad, good) = (message("buy followers"), message("hi"));
    board.take(&bad);
    board.take(&good);
    let deleted = Event::MessageDeleted(MessageDeleted::new("7c1f4q", ["1"]).with_event_ids([bad.id().unwrap()]));
    assert_eq!(told(&board.take(&deleted)), [("gone", json!([id(&bad)]))]);
    assert_eq!(board.take(&bad), [], "as after a restart");
    assert_eq!(board.take(&deleted), [], "there is nothing to take out any more");
    let (snapshot, _) = greeting(&board, None);
    assert_eq!(snapshot["lines"].as_array().unwrap().len(), 1);
    assert_eq!(snapshot["gone"], json!([id(&bad)]), "a page may have it in the queue");
}

#[test]
fn mute_takes_out_rants_that_a_page_has_not_had_yet() {
    let mut board = board();
    let paid = rant("buy followers", 500);
    board.take(&paid);
    board.take(&follower("ada"));
    board.take(&Event::UserMuted(UserMuted::new("7c1f4q", ["u"]).with_event_ids([paid.id().unwrap()])));
    assert_eq!(greeting(&board, Some("e-0")).1, ["ada"]);
}

#[test]
fn what_is_kept_is_bounded_and_the_page_is_told_how_much_it_missed() {
    let mut board = board();
    for number in 0..MOST_ALERTS + 7 {
        board.take(&follower(&number.to_string()));
        board.take(&message(&number.to_string()));
    }
    let (snapshot, alerts) = greeting(&board, Some("e-2"));
    assert_eq!((alerts.len(), &snapshot["missed"]), (MOST_ALERTS, &5.into()));
    assert_eq!(snapshot["lines"].as_array().unwrap().len(), MOST_LINES);
    assert_eq!(greeting(&board, Some("e-7")).0["missed"], 0);
}

#[test]
fn long_names_and_texts_are_cut_between_characters() {
    let mut board = board();
    let long = "ż".repeat(100_000);
    let event = Event::Rant(Rant::new("7c1f4q", long.as_str(), Amount::from_cents(500), long.as_str()));
    let frames = board.take(&event);
    assert!(told(&frames).iter().all(|(_, content)| content.to_string().len() < 3000));
    assert!(told(&frames)[0].1["text"].as_str().unwrap().ends_with("ż…"));
}

#[test]
fn alerts_and_deletions_must_be_kept_before_they_are_told_and_chat_need_not() {
    let mut board = board();
    let must = |frames: &[Frame]| frames.iter().any(Frame::must_be_kept);
    let line = message("hi");
    assert!(!must(&board.take(&line)));
    assert!(must(&board.take(&follower("ada"))));
    assert!(must(&board.take(&Event::MessageDeleted(MessageDeleted::new("7c1f4q", ["1"]).with_event_ids([line.id().unwrap()])))));
}

#[test]
fn name_has_the_colour_that_the_chat_gives_it() {
    let mut message = Message::new("7c1f4q", "ada", "hi");
    let mut author = Author::new("ada");
    author.color = Some(Color { red: 255, green: 128, blue: 0 });
    message.author = Some(Arc::new(author));
    assert_eq!(told(&board().take(&Event::Message(message)))[0].1["colour"], "#ff8000");
}

#[test]
fn new_run_knows_the_followers_and_not_yet_the_viewers() {
    let mut board = board();
    let mut stream = Livestream::new("7c1f4q", "Harbour lights");
    (stream.live, stream.watching_now) = (Some(true), Some(41));
    let followers = Followers::default().with_count(321);
    board.look(&Snapshot::builder(OffsetDateTime::UNIX_EPOCH, "4f2kx9").followers(followers).livestreams([stream]).build());
    board.start_run(Some(500));
    let now = greeting(&board, None).0["now"].clone();
    assert_eq!((&now["followers"], &now["viewers"], &now["goal"]), (&321.into(), &Value::Null, &500.into()));
}

#[test]
fn board_survives_as_json() {
    let mut board = board();
    for event in [follower("ada"), message("hi"), rant("for the boat", 500)] {
        board.take(&event);
    }
    let json = serde_json::to_string(&board).unwrap();
    assert_eq!(serde_json::from_str::<Board>(&json).unwrap(), board);
    assert!(Checkpoint::from_json(json.as_bytes()).is_err(), "it is no checkpoint of the library");
}
