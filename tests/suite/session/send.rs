//! Messages to a chat: at most once, in order, apart.

use std::time::Duration;

use futures::{FutureExt as _, future::join_all};
use rumble_live::{
    ChannelId, Error, ErrorKind, MessageId, Response, StreamId,
    chat::{Chat, ChatEvent},
    http::{StatusCode, header},
    sim::{Loss, Role, Sim},
};
use tokio::time::{Instant, timeout};

use crate::ear::{Ear, names};

use super::{builder, captain, on_air};

/// What the chat shows, oldest first.
fn said(sim: &Sim) -> Vec<String> {
    sim.history()
        .into_iter()
        .filter_map(|happened| match happened.what {
            rumble_live::sim::What::Message { username, text, .. } => Some(format!("{username}: {text}")),
            _ => None,
        })
        .collect()
}

async fn send(sim: &Sim, stream: &StreamId, text: &str) -> Result<MessageId, Error> {
    captain(sim).chat(stream)?.send(text).await.map(|sent| sent.message_id)
}

#[tokio::test(start_paused = true)]
async fn message_is_said_once_and_its_id_and_mark_are_those_that_a_reader_sees() {
    let (sim, stream) = on_air();
    let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    assert!(matches!(chat.next().await, Some(Ok(ChatEvent::Ready(_)))));
    let sent = captain(&sim).chat(&stream).unwrap().send("ahoy 🌊").await.unwrap();
    let Some(Ok(ChatEvent::Message(message))) = chat.next().await else { panic!("no message") };
    assert_eq!((message.text.as_str(), message.author.name.as_str()), ("ahoy 🌊", "captain"));
    assert_eq!((message.id, message.request_id), (sent.message_id, Some(sent.request_id)));
    assert_eq!((said(&sim), sim.times_posted("ahoy 🌊")), (vec!["captain: ahoy 🌊".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn lost_answer_is_unclear_and_nothing_is_sent_again() {
    for (loss, is_said) in
        [(Loss::Before, false), (Loss::Within(0), true), (Loss::Within(20), true), (Loss::After, true), (Loss::Silence, true)]
    {
        let (sim, stream) = on_air();
        sim.lose_session_answer_next(loss);
        let error = send(&sim, &stream, "ahoy").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unclear, "{loss:?}");
        assert!(!error.is_transient());
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!((sim.times_posted("ahoy"), said(&sim).len()), (1, usize::from(is_said)), "{loss:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn answer_tells_whether_a_message_was_taken() {
    let json = |status: u16, body: &'static str| Response::new(StatusCode::from_u16(status).unwrap(), body);
    for (answer, kind) in [
        (json(200, r#"{"data": {}}"#), ErrorKind::Unclear),
        (json(200, r#"{"data": {"id": null}}"#), ErrorKind::Unclear),
        (json(200, r#"{"data": {"pending_message_id": 7}}"#), ErrorKind::Unclear),
        (json(200, "no JSON"), ErrorKind::Unclear),
        (json(200, "<html>a page</html>"), ErrorKind::Unclear),
        (json(200, ""), ErrorKind::Unclear),
        (json(200, r#"{"errors": [{"code": "invalid", "message": "Message is too long"}]}"#), ErrorKind::Refused),
        (json(200, r#"{"data": {"success": false, "error": "no"}}"#), ErrorKind::Refused),
        (json(400, r#"{"errors": [{"code": "400", "msg": "Something is wrong"}]}"#), ErrorKind::Refused),
        (json(403, r#"{"errors": [{"code": "403", "message": "Subscribers only"}]}"#), ErrorKind::Refused),
        (json(403, "<!DOCTYPE html><title>Just a moment...</title>"), ErrorKind::Challenge),
        (json(401, r#"{"errors": [{"code": "401", "message": "Unauthorized"}]}"#), ErrorKind::SessionGone),
        (json(403, r#"{"user": {"id": null, "logged_in": false}, "errors": []}"#), ErrorKind::SessionGone),
        (json(200, r#"{"user": {"id": null, "logged_in": false}, "data": {}}"#), ErrorKind::SessionGone),
        (json(404, "<html>no such page</html>"), ErrorKind::Status),
        (json(429, r#"{"errors": [{"code": "429"}]}"#), ErrorKind::RateLimited),
        (json(302, "").header(header::LOCATION, "https://rumble.com/login.php".parse().unwrap()), ErrorKind::Unclear),
        (json(303, ""), ErrorKind::Unclear),
        (json(408, ""), ErrorKind::Unclear),
        (json(500, r#"{"errors": [{"code": "500", "message": "Oops"}]}"#), ErrorKind::Unclear),
        (json(502, "<html>bad gateway</html>"), ErrorKind::Unclear),
    ] {
        let (sim, stream) = on_air();
        let shown = format!("{answer:?}");
        sim.answer_session_next(answer);
        let error = send(&sim, &stream, "ahoy").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{shown}: {error}");
        assert_eq!((sim.times_posted("ahoy"), sim.session_requests()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn refusal_is_told_in_the_server_s_own_words_on_one_line() {
    let (sim, stream) = on_air();
    sim.refuse_session_next("Subscribers\n\u{1b}[31m only");
    let error = send(&sim, &stream, "ahoy").await.unwrap_err();
    assert_eq!(error.to_string(), "Rumble refused: Subscribers [31m only (status 403)");
}

#[tokio::test(start_paused = true)]
async fn text_is_checked_before_it_is_sent() {
    let (sim, stream) = on_air();
    let chat = captain(&sim).chat(&stream).unwrap();
    for text in ["", "  \n", &"ä".repeat(201)] {
        assert_eq!(chat.send(text).await.unwrap_err().kind(), ErrorKind::Config);
    }
    assert_eq!(chat.command("raid").await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(sim.session_requests(), 0);
    assert!(chat.send(&"ä".repeat(200)).await.is_ok());
    // Whoever knows better is asked.
    assert_eq!(chat.clone().max_length(250).send(&"ä".repeat(250)).await.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(captain(&sim).chat("no id!").unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test(start_paused = true)]
async fn fifty_senders_take_their_turns_in_order_three_seconds_apart() {
    let (sim, stream) = on_air();
    let chat = captain(&sim).chat(&stream).unwrap();
    let start = Instant::now();
    let sends = (0..50).map(|number| {
        let chat = chat.clone();
        async move {
            chat.send(&number.to_string()).await.unwrap();
            start.elapsed().as_secs()
        }
    });
    let sent: Vec<u64> = join_all(sends).await;
    assert_eq!(sent, (0..50).map(|number| 3 * number).collect::<Vec<_>>());
    assert_eq!(said(&sim), (0..50).map(|number| format!("captain: {number}")).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn other_requests_do_not_wait_for_the_sends() {
    let (sim, stream) = on_air();
    let session = captain(&sim);
    let chat = session.chat(&stream).unwrap();
    let start = Instant::now();
    let sends = join_all((0..5).map(|number| {
        let chat = chat.clone();
        async move { chat.send(&number.to_string()).await.unwrap() }
    }));
    let asks = async {
        for _ in 0..5 {
            session.who().await.unwrap();
        }
        start.elapsed().as_secs()
    };
    let (_, asked) = futures::join!(sends, asks);
    assert!(asked <= 8, "{asked}");
}

#[tokio::test(start_paused = true)]
async fn sends_wait_for_as_long_as_the_server_asks() {
    let (sim, stream) = on_air();
    let chat = captain(&sim).chat(&stream).unwrap();
    let busy = Response::new(StatusCode::TOO_MANY_REQUESTS, "{}").header(header::RETRY_AFTER, 30.into());
    sim.answer_session_next(busy);
    let start = Instant::now();
    let error = chat.send("too soon").await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(30))));
    chat.send("later").await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 30);
    assert_eq!(said(&sim), ["captain: later"]);
}

#[tokio::test(start_paused = true)]
async fn send_that_is_dropped_before_its_turn_was_not_sent_and_holds_up_nobody() {
    let (sim, stream) = on_air();
    let chat = captain(&sim).chat(&stream).unwrap();
    chat.send("first").await.unwrap();
    let start = Instant::now();
    let mut dropped = Box::pin(chat.send("dropped"));
    assert!(timeout(Duration::from_secs(1), &mut dropped).await.is_err());
    drop(dropped);
    chat.send("second").await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 3);
    assert_eq!((said(&sim).len(), sim.times_posted("dropped")), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn send_that_is_dropped_at_any_poll_is_sent_at_most_once() {
    for polls in 0..20 {
        let (sim, stream) = on_air();
        let chat = captain(&sim).chat(&stream).unwrap();
        let mut sending = Box::pin(chat.send("ahoy"));
        let mut is_sent = false;
        for _ in 0..polls {
            is_sent |= (&mut sending).now_or_never().is_some();
            if is_sent {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(sending);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(sim.times_posted("ahoy") <= 1, "{polls} polls");
        assert!(!is_sent || said(&sim).len() == 1);
    }
}

#[test]
fn runtime_that_is_shut_down_sends_nothing_twice() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (sim, stream) = on_air();
    sim.lose_session_answer_next(Loss::Silence);
    let chat = captain(&sim).chat(&stream).unwrap();
    let first = runtime();
    let mut sending = Box::pin(chat.send("ahoy"));
    assert!(first.block_on(async { timeout(Duration::from_millis(100), &mut sending).await }).is_err());
    drop(first);
    let error = runtime().block_on(sending).unwrap_err();
    assert_eq!((sim.times_posted("ahoy"), said(&sim).len()), (1, 1));
    assert_eq!(error.kind(), ErrorKind::Unclear);
}

#[tokio::test(start_paused = true)]
async fn channel_speaks_and_what_is_no_channel_is_refused_before_it_is_sent() {
    let (sim, stream) = on_air();
    let session = captain(&sim);
    let chat = session.chat(&stream).unwrap();
    let channel = session.channels().await.unwrap()[0].id.clone();
    chat.send_as(&channel, "as a channel").await.unwrap();
    assert_eq!(chat.send_as(&ChannelId::from("harbor"), "x").await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(said(&sim), ["captain: as a channel"]);
}

#[tokio::test(start_paused = true)]
async fn moderator_deletes_and_pins_and_a_viewer_only_deletes_own_messages() {
    let (sim, stream) = on_air();
    sim.set_role("captain", Role::Moderator);
    let moderator = captain(&sim).chat(&stream).unwrap();
    let viewer = builder(&sim).build(sim.session("ada")).unwrap().chat(&stream).unwrap();
    let of_viewer = viewer.send("buy my book").await.unwrap().message_id;
    let of_moderator = moderator.send("welcome").await.unwrap().message_id;

    let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    assert!(matches!(chat.next().await, Some(Ok(ChatEvent::Ready(_)))));
    moderator.pin(&of_moderator).await.unwrap();
    assert!(matches!(chat.next().await, Some(Ok(ChatEvent::Pinned(message))) if message.id == of_moderator));
    assert_eq!(viewer.unpin(&of_moderator).await.unwrap_err().kind(), ErrorKind::Refused);
    moderator.unpin(&of_moderator).await.unwrap();
    assert!(matches!(chat.next().await, Some(Ok(ChatEvent::Unpinned(_)))));
    assert_eq!(moderator.unpin(&of_moderator).await.unwrap_err().kind(), ErrorKind::Refused, "it is not pinned any more");

    assert_eq!(viewer.delete(&of_moderator).await.unwrap_err().kind(), ErrorKind::Refused);
    moderator.delete(&of_viewer).await.unwrap();
    assert!(matches!(chat.next().await, Some(Ok(ChatEvent::Deleted(deleted))) if deleted.message_ids == [of_viewer.clone()]));
    assert_eq!(moderator.delete(&of_viewer).await.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(moderator.delete(&MessageId::from("../../x")).await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test(start_paused = true)]
async fn command_goes_to_the_chat_in_its_turn() {
    let (sim, stream) = on_air();
    sim.set_role("captain", Role::Owner);
    let chat = captain(&sim).chat(&stream).unwrap();
    let start = Instant::now();
    chat.send("we leave").await.unwrap();
    chat.command("/raid https://rumble.com/v7c9aa1-night-shift.html").await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 3);
    chat.confirm_raid().await.unwrap();
    assert_eq!(sim.times_posted("/raid https://rumble.com/v7c9aa1-night-shift.html"), 1);
}

#[tokio::test(start_paused = true)]
async fn send_that_is_dropped_on_its_way_is_told_to_the_log() {
    let ear = Ear::default();
    let _guard = ear.listen();
    let (sim, stream) = on_air();
    sim.lose_session_answer_next(Loss::Silence);
    let chat = captain(&sim).chat(&stream).unwrap();
    assert!(timeout(Duration::from_secs(1), chat.send("ahoy")).await.is_err());
    tokio::task::yield_now().await;
    assert_eq!(names(&ear.take()), ["session_unclear"]);
}

#[tokio::test(start_paused = true)]
async fn answer_that_never_comes_is_unclear_after_twenty_seconds() {
    let (sim, stream) = on_air();
    sim.lose_session_answer_next(Loss::Silence);
    let chat = captain(&sim).chat(&stream).unwrap();
    let start = Instant::now();
    let error = chat.send("ahoy").await.unwrap_err();
    assert_eq!((error.kind(), start.elapsed().as_secs(), sim.times_posted("ahoy")), (ErrorKind::Unclear, 20, 1));
}

#[tokio::test(start_paused = true)]
async fn emotes_that_the_user_may_write_are_listed() {
    let (sim, stream) = on_air();
    let emotes = captain(&sim).chat(&stream).unwrap().emotes().await.unwrap();
    assert!(emotes.get("harborBeacon").unwrap().is_for_subscribers);
}
