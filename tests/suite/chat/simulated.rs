//! The simulator's chat: it tells what its polls tell, and goes wrong as told.

use std::time::Duration;

use rumble_live::{
    Client, Event, Response, StreamId,
    chat::{Chat, ChatEvent, Notice},
    http::{StatusCode, header::RETRY_AFTER},
    sim::{Activity, Sim, What},
};
use tokio::time::{Instant, timeout};

use super::{
    brief,
    script::{briefs, event},
};

fn client(sim: &Sim) -> Client {
    Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap()
}

/// A simulated chat that is open.
async fn open() -> (Sim, StreamId, Chat) {
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    let mut chat = client(&sim).chat(&stream);
    assert_eq!(briefs(&mut chat, 1).await, ["ready"]);
    (sim, stream, chat)
}

async fn lines(chat: &mut Chat, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    while lines.len() < count {
        let event = event(chat).await.to_string();
        lines.push(event.split_once("] ").map_or(event.clone(), |(_, line)| line.to_owned()));
    }
    lines
}

#[tokio::test(start_paused = true)]
async fn what_happens_shows_in_the_polls_and_in_the_chat_with_the_same_users() {
    let (sim, stream, mut chat) = open().await;
    let mut watcher = client(&sim).watch_builder().replay(true).build();
    sim.follow("ada");
    sim.message(&stream, "ada", "hi");
    sim.rant(&stream, "bob", "for the boat fund", 500);
    sim.gift(&stream, "cy", 5);
    let mut polled = Vec::new();
    while polled.len() < 3 {
        match watcher.next().await.unwrap().unwrap() {
            Event::Message(message) => polled.push((message.username, message.text, message.created_on, message.badges)),
            Event::Rant(rant) => polled.push((rant.username, rant.text, rant.created_on, rant.badges)),
            Event::GiftedSubs(gift) => polled.push((gift.purchased_by, String::new(), sim.now(), Vec::new())),
            _ => {}
        }
    }
    let mut said = Vec::new();
    for _ in 0..2 {
        let ChatEvent::Message(message) = event(&mut chat).await else { panic!() };
        assert_eq!(message.author.is_follower(), message.author.name == "ada");
        said.push((message.author.name.clone(), message.text.clone(), Some(message.sent_at), message.author.badges.clone()));
    }
    let polled_lines: Vec<_> =
        polled.iter().filter(|(name, ..)| name != "cy").cloned().map(|(name, text, at, badges)| (name, text, Some(at), badges)).collect();
    assert_eq!(said, polled_lines);
    let ChatEvent::Gift(gift) = event(&mut chat).await else { panic!() };
    assert_eq!((gift.buyer.name.as_str(), gift.total_gifts), ("cy", Some(5)));
}

#[tokio::test(start_paused = true)]
async fn moderation_raids_and_notices_are_told() {
    let (sim, stream, mut chat) = open().await;
    for (name, text) in [("ada", "one"), ("bob", "two"), ("ada", "three")] {
        sim.message(&stream, name, text);
    }
    sim.rant(&stream, "ada", "paid", 100);
    sim.pin(&stream, "bob", "two");
    sim.delete_message(&stream, "bob", "two");
    sim.mute(&stream, "ada");
    sim.unpin(&stream);
    sim.raid(&stream, "Night Shift", "https://rumble.com/v7c9aa1-night-shift.html");
    sim.raid_from(&stream, "dee", "we are here");
    sim.subscription_notice(&stream, "eve", "6 month subscriber");
    let told = lines(&mut chat, 12).await;
    let (first, rest) = told.split_at(4);
    assert_eq!(first, ["ada: one", "bob: two", "ada: three", "ada ranted $1.00: paid"]);
    assert_eq!(rest[0], "bob: two", "pinned");
    assert!(rest[1].starts_with("deleted ") && rest[2].starts_with("muted user ") && rest[3].ends_with("except rants"), "{rest:?}");
    assert_eq!(rest[4], "bob: two", "unpinned");
    assert!(rest[5].starts_with("SimulatedHarbor raids Night Shift"), "{rest:?}");
    assert_eq!(rest[6..], ["dee (raids): we are here", "eve (6 month subscriber): "]);
    assert!(matches!(sim.history().last().unwrap().what, What::SubscriptionNotice { .. }));
    let again = client(&sim).chat_builder(&stream).replay(true).open();
    let mut again = again;
    let backlog = lines(&mut again, 4).await;
    assert_eq!(backlog[1..], ["ada ranted $1.00: paid", "dee (raids): we are here", "eve (6 month subscriber): "]);
    let ChatEvent::Ready(ready) = ready_of(&sim, &stream).await else { panic!() };
    assert!(ready.pinned.is_none() && ready.config.message_length_max == Some(200));
    let snapshot = client(&sim).snapshot().await.unwrap();
    assert_eq!(snapshot.livestreams()[0].chat.recent_messages.len(), 0, "what was deleted is gone from the polls too");
}

async fn ready_of(sim: &Sim, stream: &StreamId) -> ChatEvent {
    event(&mut client(sim).chat(stream)).await
}

#[tokio::test(start_paused = true)]
async fn chat_lags_behind_what_happens() {
    let (sim, stream, mut chat) = open().await;
    sim.chat_lag(Duration::from_secs(5));
    sim.message(&stream, "ada", "late");
    let said = Instant::now();
    let mut late_comer = client(&sim).chat_builder(&stream).replay(true).open();
    assert_eq!(briefs(&mut late_comer, 1).await, ["ready"], "it is not in the backlog yet");
    for chat in [&mut chat, &mut late_comer] {
        assert_eq!(lines(chat, 1).await, ["ada: late"]);
    }
    assert!((4..=5).contains(&said.elapsed().as_secs()), "{:?}", said.elapsed());
}

#[tokio::test(start_paused = true)]
async fn either_source_forgets_what_it_is_told_to() {
    let (sim, stream, mut chat) = open().await;
    sim.forget_in_chat(1);
    sim.message(&stream, "ada", "polled only");
    sim.forget_in_polls(2);
    sim.message(&stream, "ada", "pushed only");
    sim.rant(&stream, "ada", "paid and pushed only", 100);
    sim.message(&stream, "ada", "both");
    assert_eq!(lines(&mut chat, 3).await, ["ada: pushed only", "ada ranted $1.00: paid and pushed only", "ada: both"]);
    let snapshot = client(&sim).snapshot().await.unwrap();
    let chat = &snapshot.livestreams()[0].chat;
    let polled: Vec<_> = chat.recent_messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!((polled, chat.recent_rants.len()), (vec!["both", "polled only"], 0));
}

#[tokio::test(start_paused = true)]
async fn frozen_connection_is_silent_until_it_is_given_up() {
    let (sim, stream, mut chat) = open().await;
    assert!(timeout(Duration::from_secs(600), chat.next()).await.is_err(), "keep-alives hold it");
    sim.freeze_chat();
    sim.message(&stream, "ada", "into the void");
    assert_eq!(briefs(&mut chat, 3).await, ["timeout 1", "resumed 1", "gap"]);
    assert_eq!(lines(&mut chat, 1).await, ["ada: into the void"]);
    assert_eq!(sim.open_chats(), 1);
}

#[tokio::test(start_paused = true)]
async fn requests_for_a_chat_fail_as_told() {
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    sim.fail_chat_next(502);
    sim.answer_chat_next(Response::new(StatusCode::TOO_MANY_REQUESTS, "").header(RETRY_AFTER, 30.into()));
    sim.cut_chat(40);
    let mut chat = client(&sim).chat(&stream);
    assert_eq!(briefs(&mut chat, 5).await, ["server 1", "rate_limited 2", "transport 3", "resumed 3", "ready"]);
    assert_eq!((sim.chat_requests(), sim.answers()), (4, 0));
    sim.fail_chat_for(Duration::from_secs(60), 503);
    sim.cut_chat(0);
    let began = Instant::now();
    assert_eq!(briefs(&mut chat, 2).await, ["transport 1", "server 2"]);
    let mut last = String::new();
    while !last.starts_with("resumed") {
        last = brief(&event(&mut chat).await);
    }
    assert!((60..=91).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(matches!(client(&sim).chat("no id").next().await, Some(Err(_))));
}

#[tokio::test(start_paused = true)]
async fn chat_ends_with_its_stream() {
    let (sim, stream, mut chat) = open().await;
    sim.message(&stream, "ada", "good night");
    sim.end_stream(&stream);
    assert_eq!(lines(&mut chat, 1).await, ["ada: good night"]);
    assert_eq!(briefs(&mut chat, 4).await, ["transport 1", "status 2", "status 3", "closed"]);
    assert!(chat.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn life_of_its_own_is_pushed_each_second_and_as_it_is_in_the_history() {
    let (sim, stream, mut chat) = open().await;
    sim.live(Activity { messages_per_second: 3.0, rants_per_second: 0.5, deletions_per_second: 0.3, ..Activity::NONE });
    let mut told = Vec::new();
    let end = Instant::now() + Duration::from_secs(300);
    while let Ok(event) = tokio::time::timeout_at(end, chat.next()).await {
        match event.unwrap().unwrap() {
            ChatEvent::Message(message) => told.push(message.text),
            ChatEvent::Deleted(_) => told.push("deleted".into()),
            other => panic!("{other}"),
        }
    }
    let happened = sim.history().into_iter().filter_map(|happened| match happened.what {
        What::Message { text, stream: of, .. } | What::Rant { text, stream: of, .. } if of == stream => Some(text),
        What::MessageDeleted { .. } => Some("deleted".into()),
        _ => None,
    });
    let happened: Vec<_> = happened.collect();
    assert!(told.len() > 900 && happened.starts_with(&told), "{} {}", told.len(), happened.len());
    assert!(happened.len() - told.len() < 20, "all but the last second's");
}

#[tokio::test(start_paused = true)]
async fn notice_and_rant_have_what_the_chat_says_of_them() {
    let (sim, stream, mut chat) = open().await;
    sim.rant(&stream, "ada", "for the boat fund", 1050);
    sim.subscription_notice(&stream, "eve", "6 month subscriber");
    let ChatEvent::Message(rant) = event(&mut chat).await else { panic!() };
    let paid = rant.rant.unwrap();
    assert_eq!((paid.amount.cents(), paid.expires_on), (1050, Some(rant.sent_at + time::Duration::minutes(10))));
    let ready = chat.ready().unwrap();
    assert_eq!(ready.config.rant_level(paid.amount).unwrap().price.cents(), 1000);
    assert!(ready.config.badge("moderator").unwrap().picture(96).unwrap().starts_with("http://127.0.0.1/i/badges/"));
    let ChatEvent::Message(notice) = event(&mut chat).await else { panic!() };
    assert!(matches!(notice.notice, Some(Notice::Subscription(notice)) if notice.text == "6 month subscriber"));
}
