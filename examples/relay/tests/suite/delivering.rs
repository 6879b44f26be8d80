//! What is sent, when and how often, on a paused clock.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use relay::{
    delivery::Answer,
    kind::Kind,
    outbox::{New, Outbox},
};
use rumble_live::sim::Sim;
use rusqlite::Connection;
use serde_json::Value;

use crate::test_relay::{Sent, TestRelay, seconds, status};

const SLACK: &str = "[[destination]]\nname = \"a\"\ntype = \"slack\"\nurl_env = \"A\"\n";
const NOON: &str = "2026-01-02T12:00:00Z";

fn texts(bodies: &[String]) -> Vec<String> {
    bodies.iter().map(|body| serde_json::from_str::<Value>(body).unwrap()["text"].as_str().unwrap().to_owned()).collect()
}

/// Whole seconds after the first of them.
fn waits(sent: &[Sent]) -> Vec<f64> {
    sent.windows(2).map(|pair| pair[1].at - pair[0].at).collect()
}

#[tokio::test(start_paused = true)]
async fn each_kind_that_is_relayed_arrives_once_and_nothing_else_does() {
    let setup = TestRelay::open(NOON, |_| status(204));
    let relay = setup.start(SLACK).await;
    setup.sim.follow("ada");
    setup.sim.subscribe("bea", 500);
    setup.sim.gift(&setup.stream, "cy", 5);
    setup.sim.rant(&setup.stream, "dee", "for the boat fund", 1000);
    setup.sim.raid_from(&setup.stream, "eve", "we come with tea");
    setup.sim.message(&setup.stream, "fay", "hi");
    let second = setup.sim.start_stream("Night shift");
    seconds(60).await;
    setup.sim.end_stream(&second);
    seconds(60).await;
    relay.stop().await;
    let said: BTreeSet<_> = texts(&setup.taken()["a"]).into_iter().collect();
    let url = format!("https://rumble.com/v{second}");
    let expected = [
        "*ada* followed".to_owned(),
        "*bea* subscribed for $5.00".to_owned(),
        "*cy* gifted 5 subscriptions".to_owned(),
        "*dee* ranted *$10.00*: for the boat fund".to_owned(),
        "*eve* raids: we come with tea".to_owned(),
        format!("Live now: *Night shift* {url}"),
    ];
    assert_eq!(said, expected.into());
    assert_eq!(setup.sent().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_the_first_start_is_not_sent_and_what_came_while_it_was_stopped_is() {
    let setup = TestRelay::open(NOON, |_| status(204));
    setup.sim.follow("ada");
    let relay = setup.start(SLACK).await;
    seconds(30).await;
    relay.stop().await;
    setup.sim.follow("bea");
    seconds(30).await;
    let relay = setup.start(SLACK).await;
    seconds(30).await;
    relay.stop().await;
    assert_eq!(texts(&setup.taken()["a"]), ["*bea* followed"]);
}

#[tokio::test(start_paused = true)]
async fn destination_that_is_down_gets_all_in_order_afterwards_and_holds_up_no_other() {
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let answer = move |sent: &Sent| {
        if sent.to == "a" && down.load(Ordering::Relaxed) { Answer::Lost("no answer".into()) } else { status(200) }
    };
    let setup = TestRelay::open(NOON, answer);
    let relay = setup.start(&format!("{SLACK}{}", SLACK.replace("\"a\"", "\"b\""))).await;
    for name in ["ada", "bea", "cy"] {
        setup.sim.follow(name);
        seconds(60).await;
    }
    assert_eq!((setup.taken().get("a"), setup.taken()["b"].len()), (None, 3));
    is_down.store(false, Ordering::Relaxed);
    seconds(300).await;
    relay.stop().await;
    for to in ["a", "b"] {
        assert_eq!(texts(&setup.taken()[to]), ["*ada* followed", "*bea* followed", "*cy* followed"]);
    }
    // The oldest blocks those behind it, so only the oldest was sent again, always with the same body.
    let to_a: Vec<_> = setup.sent().into_iter().filter(|sent| sent.to == "a").collect();
    let first: Vec<_> = to_a.iter().take_while(|sent| sent.key == to_a[0].key).collect();
    assert_eq!(first.len() + 2, to_a.len());
    assert!(first.iter().all(|sent| sent.body == first[0].body));
}

#[tokio::test(start_paused = true)]
async fn waits_double_to_five_minutes_and_start_anew_with_the_next_delivery() {
    let mut count = 0;
    let setup = TestRelay::open(NOON, move |_| {
        count += 1;
        status(if count <= 12 { 503 } else { 204 })
    });
    let relay = setup.start(SLACK).await;
    setup.sim.follow("ada");
    seconds(3600).await;
    relay.stop().await;
    let sent = setup.sent();
    assert_eq!(sent.len(), 13);
    for (wait, doubled) in waits(&sent).into_iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0, 300.0]) {
        // The clock of a test counts whole milliseconds.
        assert!((doubled / 2.0..=doubled + 0.01).contains(&wait), "{wait} of {doubled}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_over_a_restart() {
    let mut count = 0;
    let setup = TestRelay::open(NOON, move |_| {
        count += 1;
        if count > 1 {
            return status(204);
        }
        Answer::Status { code: 503, retry_after: Some("Fri, 02 Jan 2026 12:20:00 GMT".into()), body: Vec::new() }
    });
    let relay = setup.start(SLACK).await;
    setup.sim.follow("ada");
    seconds(60).await;
    relay.stop().await;
    let relay = setup.start(SLACK).await;
    seconds(3600).await;
    relay.stop().await;
    let sent = setup.sent();
    assert_eq!(sent.len(), 2);
    assert!((1200.0..1202.0).contains(&sent[1].at), "{}", sent[1].at);
    assert_eq!((&sent[0].key, &sent[0].body), (&sent[1].key, &sent[1].body));
}

#[tokio::test(start_paused = true)]
async fn what_can_never_arrive_is_put_aside_and_blocks_nothing() {
    let setup = TestRelay::open(NOON, |sent| status(if sent.body.contains("ada") { 400 } else { 204 }));
    let relay = setup.start(SLACK).await;
    setup.sim.follow("ada");
    seconds(30).await;
    setup.sim.follow("bea");
    seconds(600).await;
    relay.stop().await;
    assert_eq!(setup.sent().len(), 2);
    assert_eq!(texts(&setup.taken()["a"]), ["*bea* followed"]);
}

#[tokio::test(start_paused = true)]
async fn destination_that_refuses_its_url_gets_all_once_that_is_mended() {
    let is_mended = Arc::new(AtomicBool::new(false));
    let mended = Arc::clone(&is_mended);
    let setup = TestRelay::open(NOON, move |_| status(if mended.load(Ordering::Relaxed) { 204 } else { 404 }));
    let relay = setup.start(SLACK).await;
    for name in ["ada", "bea"] {
        setup.sim.follow(name);
        seconds(30).await;
    }
    seconds(2 * 86400).await;
    let tries = setup.sent().len();
    assert!(tries <= 2 * 86400 / 150 + 1, "{tries}");
    is_mended.store(true, Ordering::Relaxed);
    seconds(600).await;
    relay.stop().await;
    assert_eq!(texts(&setup.taken()["a"]), ["*ada* followed", "*bea* followed"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_destination_fails_at_for_a_day_is_put_aside_and_the_next_arrives() {
    let setup = TestRelay::open(NOON, |sent| status(if sent.body.contains("ada") { 500 } else { 204 }));
    let relay = setup.start(SLACK).await;
    setup.sim.follow("ada");
    seconds(30).await;
    setup.sim.follow("bea");
    seconds(86400 - 600).await;
    assert_eq!(setup.taken().get("a"), None);
    seconds(1200).await;
    relay.stop().await;
    assert_eq!(texts(&setup.taken()["a"]), ["*bea* followed"]);
}

#[tokio::test(start_paused = true)]
async fn delivery_that_cannot_be_noted_is_not_sent_again_and_the_next_waits() {
    let setup = TestRelay::open(NOON, |_| status(204));
    let relay = setup.start(SLACK).await;
    let state = Connection::open(setup.state()).unwrap();
    state.execute_batch("CREATE TRIGGER full BEFORE UPDATE ON deliveries BEGIN SELECT RAISE(FAIL, 'the disk is full'); END").unwrap();
    for name in ["ada", "bea"] {
        setup.sim.follow(name);
        seconds(300).await;
    }
    assert_eq!(texts(&setup.taken()["a"]), ["*ada* followed"]);
    assert_eq!(setup.sent().len(), 1);
    state.execute_batch("DROP TRIGGER full").unwrap();
    seconds(60).await;
    relay.stop().await;
    let relay = setup.start(SLACK).await;
    seconds(60).await;
    relay.stop().await;
    assert_eq!(setup.sent().len(), 2);
    assert_eq!(texts(&setup.taken()["a"]), ["*ada* followed", "*bea* followed"]);
}

#[tokio::test(start_paused = true)]
async fn what_happens_right_after_the_first_poll_is_sent_even_if_the_relay_is_killed_then() {
    let setup = TestRelay::open(NOON, |_| status(204));
    let relay = setup.start(SLACK).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(Outbox::look(&setup.state()).unwrap().checkpoint().unwrap().is_some());
    relay.kill().await;
    setup.sim.follow("ada");
    let relay = setup.start(SLACK).await;
    seconds(30).await;
    relay.stop().await;
    assert_eq!(texts(&setup.taken()["a"]), ["*ada* followed"]);
}

#[tokio::test(start_paused = true)]
async fn state_of_another_account_is_told_with_its_file_and_what_to_do() {
    let mut setup = TestRelay::open(NOON, |_| status(204));
    let relay = setup.start(SLACK).await;
    seconds(5).await;
    relay.stop().await;
    setup.sim = Sim::running(43);
    let error = setup.launch(SLACK).error().await;
    assert!(error.contains("relay.db belongs to another account; name another file with --state"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn gift_whose_id_was_taken_before_has_the_same_key_in_the_header_and_in_the_body() {
    const STREAMERBOT: &str = "[[destination]]\nname = \"a\"\ntype = \"streamerbot\"\nurl_env = \"A\"\naction = \"Alert\"\n";
    let gift = async |known: Option<&str>| {
        let setup = TestRelay::open(NOON, |_| status(204));
        if let Some(key) = known {
            let new = New { destination: "b".into(), format: "slack", key: key.into(), kind: Kind::GiftedSubs, body: Vec::new() };
            Outbox::open(&setup.state()).unwrap().accept(&[new], None, NOON.parse().unwrap()).unwrap();
        }
        let relay = setup.start(STREAMERBOT).await;
        setup.sim.gift(&setup.stream, "cy", 5);
        seconds(60).await;
        relay.stop().await;
        setup.sent().remove(0)
    };
    let first = gift(None).await.key;
    let again = gift(Some(&first)).await;
    assert!(again.key.starts_with(&format!("{first}@")), "{}", again.key);
    let body: Value = serde_json::from_str(&again.body).unwrap();
    assert_eq!(body["args"]["eventId"], again.key);
}

#[tokio::test(start_paused = true)]
async fn each_destination_gets_what_it_asks_for() {
    let setup = TestRelay::open(NOON, |_| status(204));
    let b = "[[destination]]\nname = \"b\"\ntype = \"slack\"\nurl_env = \"A\"\n[destination.templates]\nfollower = \"{{ user|upper }}\"\nrant = \"{% if cents > 100 %}{{ amount }}{% endif %}\"\n";
    let relay = setup.start(&format!("{SLACK}kinds = [\"rant\", \"subscriber\"]\nleast = 4.99\n{b}")).await;
    setup.sim.follow("ada");
    for cents in [100, 498, 499] {
        setup.sim.rant(&setup.stream, "bea", &cents.to_string(), cents);
    }
    seconds(60).await;
    relay.stop().await;
    let taken = setup.taken();
    assert_eq!(texts(&taken["a"]), ["*bea* ranted *$4.99*: 499"]);
    let b: BTreeSet<_> = texts(&taken["b"]).into_iter().collect();
    assert_eq!(b, ["ADA", "$4.98", "$4.99"].map(String::from).into(), "the template says nothing of the first");
}

#[tokio::test(start_paused = true)]
async fn quiet_hours_hold_what_comes_until_they_end_over_midnight_and_a_change_of_summer_time() {
    // In Berlin it is 21:30, and this night is an hour shorter than others.
    let setup = TestRelay::open("2026-03-28T20:30:00Z", |_| status(204));
    let quiet = "[destination.quiet]\nfrom = \"22:00\"\nuntil = \"08:00\"\nzone = \"Europe/Berlin\"\n";
    let text = format!("{SLACK}{quiet}{}", SLACK.replace("\"a\"", "\"b\""));
    let mut relay = setup.start(&text).await;
    setup.sim.follow("ada");
    seconds(3600).await;
    for name in ["bea", "cy"] {
        setup.sim.follow(name);
        seconds(3600).await;
        // A restart in between changes nothing.
        relay.stop().await;
        relay = setup.start(&text).await;
    }
    seconds(9 * 3600).await;
    relay.stop().await;
    let at = |to: &str| setup.sent().into_iter().filter(|sent| sent.to == to).map(|sent| sent.at).collect::<Vec<_>>();
    let (held, others) = (at("a"), at("b"));
    assert!(held[0] < 60.0 && others.last().unwrap() < &(3.0 * 3600.0));
    // In that night, 08:00 is 9.5 hours after 21:30.
    let end = 9.5 * 3600.0;
    assert!(held[1..].iter().all(|at| (end..end + 5.0).contains(at)), "{held:?}");
    assert_eq!(texts(&setup.taken()["a"]), ["*ada* followed", "*bea* followed", "*cy* followed"]);
}

#[tokio::test(start_paused = true)]
async fn hostile_names_ping_nobody_and_are_no_markup() {
    let setup = TestRelay::open(NOON, |_| status(204));
    let discord = SLACK.replace("\"a\"", "\"d\"").replace("slack", "discord");
    let relay = setup.start(&format!("{SLACK}{discord}{}embed = true\n", discord.replace("\"d\"", "\"e\""))).await;
    let hostile =
        ["@everyone", "<@&1>", "<!here>", "<!channel>", "[x](http://a.example)", "`code` **bold**", "{{ 7*7 }}", "# big\n> quote"];
    for name in hostile {
        setup.sim.rant(&setup.stream, name, name, 500);
    }
    seconds(60).await;
    relay.stop().await;
    let taken = setup.taken();
    for to in ["a", "d", "e"] {
        assert_eq!(taken[to].len(), hostile.len());
        for body in &taken[to] {
            let json: Value = serde_json::from_str(body).unwrap();
            let text = [&json["text"], &json["content"], &json["embeds"][0]["description"]].into_iter().find_map(Value::as_str).unwrap();
            assert!(to == "a" || json["allowed_mentions"] == serde_json::json!({"parse": []}), "{body}");
            for ping in ["@everyone", "@&", "](", "http://", "49", "\n", "``"] {
                assert!(!text.contains(ping), "{ping:?} in {text:?}");
            }
            assert!(to != "a" || !text.contains(['<', '>']), "{text}");
            // A backslash stands before every sign that Discord would read, except those that the template itself makes bold.
            let own = text.replace("**", "");
            let is_bare = |sign: char| own.match_indices(sign).any(|(place, _)| !own[..place].ends_with('\\'));
            assert!(to == "a" || !['<', '>', '`', '[', ']', '#'].into_iter().any(is_bare), "{text}");
        }
    }
}
