use serde_json::Value;

use super::*;

fn snapshot(sim: &Sim) -> Value {
    serde_json::from_slice(&sim.snapshot_json()).unwrap()
}

fn texts(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|entry| entry[key].as_str().unwrap().to_owned()).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn later_message_of_a_second_is_listed_first() {
    let sim = Sim::new(1);
    let stream = sim.start_stream("s");
    sim.message(&stream, "ada", "first");
    sim.message(&stream, "ada", "second");
    sim.advance(Duration::from_secs(1));
    sim.message(&stream, "ada", "third");
    sim.message_at(&stream, "ada", "late", sim.now() - Duration::from_secs(1));
    let chat = &snapshot(&sim)["livestreams"][0]["chat"];
    assert_eq!(texts(&chat["recent_messages"], "text"), ["third", "late", "second", "first"]);
    assert_eq!(chat["latest_message"], chat["recent_messages"][0]);
    assert_eq!(chat["latest_message"]["created_on"], "2026-01-02T03:00:01+00:00");
}

#[test]
fn windows_are_capped_and_counters_count_all() {
    let sim = Sim::new(1);
    sim.set_window(2);
    let stream = sim.start_stream("s");
    for name in ["a", "b", "c"] {
        sim.follow(name);
        sim.subscribe(name, 550);
        sim.gift(&stream, name, 5);
        sim.rant(&stream, name, "!", 150);
    }
    let body = snapshot(&sim);
    assert_eq!(body["max_num_results"], 2);
    assert_eq!(texts(&body["followers"]["recent_followers"], "username"), ["c", "b"]);
    assert_eq!((&body["followers"]["num_followers"], &body["subscribers"]["num_subscribers"]), (&3.into(), &3.into()));
    assert_eq!(body["subscribers"]["latest_subscriber"]["amount_dollars"], 5);
    assert_eq!(body["gifted_subs"]["num_gifted_subs"], 15);
    assert_eq!(texts(&body["gifted_subs"]["recent_gifted_subs"], "purchased_by"), ["c", "b"]);
    assert_eq!(texts(&body["livestreams"][0]["chat"]["recent_rants"], "username"), ["c", "b"]);
    sim.unfollow("c");
    let body = snapshot(&sim);
    assert_eq!(texts(&body["followers"]["recent_followers"], "username"), ["b", "a"], "an old one comes back into the window");
    assert_eq!(body["followers"]["num_followers"], 2);
}

#[test]
fn keys_are_those_of_the_wire() {
    let sim = Sim::new(1);
    let stream = sim.start_stream("s");
    sim.follow("a");
    sim.subscribe("a", 500);
    sim.gift(&stream, "a", 5);
    sim.message(&stream, "a", "b");
    sim.rant(&stream, "a", "b", 100);
    let body = snapshot(&sim);
    let sorted = |text: &'static str| {
        let mut keys: Vec<_> = text.split_whitespace().collect();
        keys.sort_unstable();
        keys
    };
    for (place, expected) in [
        ("", "now type user_id username channel_id channel_name since max_num_results followers subscribers gifted_subs livestreams"),
        ("/followers", "num_followers num_followers_total latest_follower recent_followers"),
        ("/followers/recent_followers/0", "username profile_pic_url followed_on"),
        ("/subscribers", "num_subscribers latest_subscriber recent_subscribers"),
        ("/subscribers/recent_subscribers/0", "user username profile_pic_url amount_cents amount_dollars subscribed_on"),
        ("/gifted_subs", "num_gifted_subs latest_gifted_sub recent_gifted_subs"),
        ("/gifted_subs/recent_gifted_subs/0", "total_gifts gift_type remaining_gifts video_id purchased_by"),
        (
            "/livestreams/0",
            "id title created_on scheduled_on is_live visibility categories stream_key server_url likes dislikes watching_now chat",
        ),
        ("/livestreams/0/chat", "latest_message recent_messages latest_rant recent_rants"),
        ("/livestreams/0/chat/recent_messages/0", "username profile_pic_url badges text created_on"),
        ("/livestreams/0/chat/recent_rants/0", "username profile_pic_url badges text created_on expires_on amount_cents amount_dollars"),
    ] {
        assert_eq!(keys(body.pointer(place).unwrap()), sorted(expected), "{place}");
    }
    let rant = &body["livestreams"][0]["chat"]["recent_rants"][0];
    assert_eq!((&rant["created_on"], &rant["expires_on"]), (&"2026-01-02T03:00:00+00:00".into(), &"2026-01-02T03:02:00+00:00".into()));
    let id = body["livestreams"][0]["id"].as_str().unwrap();
    assert_eq!(body["gifted_subs"]["latest_gifted_sub"]["video_id"], u64::from_str_radix(id, 36).unwrap());
    for secret in ["stream_key", "server_url"] {
        assert!(body["livestreams"][0][secret].as_str().unwrap().contains("FAKE"));
    }
}

#[test]
fn empty_account_has_null_latest_and_empty_lists() {
    let body = snapshot(&Sim::new(1));
    assert_eq!(body["followers"]["latest_follower"], Value::Null);
    assert_eq!(body["followers"]["recent_followers"], Value::Array(Vec::new()));
    assert_eq!(body["livestreams"], Value::Array(Vec::new()));
    assert_eq!(body["now"], 1_767_322_800);
}

#[test]
fn ids_follow_from_the_seed() {
    let ids = |seed| {
        let sim = Sim::new(seed);
        (sim.start_stream("a"), sim.start_stream("b"), snapshot(&sim)["user_id"].clone())
    };
    assert_eq!(ids(1), ids(1));
    assert_ne!(ids(1), ids(2));
    assert_ne!(ids(1).0, ids(1).1);
}

#[test]
fn clock_set_back_stamps_what_follows_but_not_what_was() {
    let sim = Sim::new(1);
    sim.advance(Duration::from_secs(60));
    sim.follow("before");
    sim.set_clock_back(Duration::from_secs(30));
    sim.follow("after");
    let body = snapshot(&sim);
    assert_eq!(body["now"], 1_767_322_830);
    assert_eq!(texts(&body["followers"]["recent_followers"], "username"), ["before", "after"]);
}

#[test]
fn every_entry_is_one_that_the_client_can_read() {
    let sim = Sim::new(1);
    sim.live(Activity::default());
    sim.advance(Duration::from_secs(300));
    let snapshot = crate::Snapshot::from_json(&sim.snapshot_json()).unwrap();
    assert_eq!(snapshot.skipped(), 0);
    assert_eq!((snapshot.now(), snapshot.max_num_results()), (sim.now(), 50));
    assert_eq!(snapshot.livestreams().as_slice()[0].chat.recent_messages.as_slice().len(), 50);
}

#[test]
fn tracker_finds_what_the_history_tells() {
    let sim = Sim::new(3);
    let mut tracker = crate::Tracker::new();
    let (mut events, mut at_start) = (Vec::new(), 0);
    for poll in 0..30 {
        events.extend(tracker.apply(&crate::Snapshot::from_json(&sim.snapshot_json()).unwrap()));
        if poll == 0 {
            sim.advance(Duration::from_secs(1));
            sim.live(Activity::default());
            at_start = events.len();
        }
        sim.advance(Duration::from_secs(5));
    }
    events.extend(tracker.apply(&crate::Snapshot::from_json(&sim.snapshot_json()).unwrap()));
    let seen = events.len() - at_start;
    let claims = sim.history().iter().filter(|happened| matches!(happened.what, What::GiftClaimed { .. })).count();
    assert_eq!(seen, sim.history().len() - claims, "{events:#?}");
}
