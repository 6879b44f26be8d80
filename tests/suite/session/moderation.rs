//! What a moderator can do to somebody else.

use std::time::Duration;

use rumble_live::{
    Client, Error, ErrorKind, Response,
    chat::{Chat, ChatEvent},
    http::{HeaderValue, StatusCode, header},
    session::{MuteFor, SessionChat},
    sim::Role,
};

use super::{builder, captain, on_air, recorder::Recorder};

#[tokio::test(start_paused = true)]
async fn somebody_who_is_muted_cannot_write_until_it_is_over() {
    for (length, is_over) in [(MuteFor::FiveMinutes, true), (MuteFor::Livestream, false), (MuteFor::Forever, false)] {
        let (sim, stream) = on_air();
        sim.set_role("captain", Role::Moderator);
        let moderator = captain(&sim).chat(&stream).unwrap();
        let viewer: SessionChat = builder(&sim).build(sim.session("ada")).unwrap().chat(&stream).unwrap();
        viewer.send("buy my book").await.unwrap();
        moderator.mute("ada", length).await.unwrap();
        assert_eq!(viewer.send("buy it").await.unwrap_err().to_string(), "Rumble refused: You are muted (status 403)");
        sim.advance(Duration::from_secs(300));
        assert_eq!(viewer.send("buy it").await.is_ok(), is_over, "{length:?}");
        assert_eq!(viewer.mute("captain", length).await.unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!(moderator.mute(" ", length).await.unwrap_err().kind(), ErrorKind::Config);
    }
}

#[tokio::test(start_paused = true)]
async fn raid_is_confirmed_by_the_owner_only() {
    let (sim, stream) = on_air();
    let chat = captain(&sim).chat(&stream).unwrap();
    assert_eq!(chat.confirm_raid().await.unwrap_err().kind(), ErrorKind::Refused);
    sim.set_role("captain", Role::Owner);
    assert_eq!(chat.confirm_raid().await.unwrap_err().to_string(), "Rumble refused: There is no raid to confirm (status 200)");
    let mut reader = Chat::builder(&stream).transport(sim.clone()).open();
    assert!(matches!(reader.next().await, Some(Ok(ChatEvent::Ready(_)))));
    chat.command("/raid https://rumble.com/v7c9aa1-night-owls.html").await.unwrap();
    chat.confirm_raid().await.unwrap();
    let Some(Ok(ChatEvent::Raid(raid))) = reader.next().await else { panic!("no raid") };
    assert_eq!(raid.target_url, "https://rumble.com/v7c9aa1-night-owls.html");
}

#[tokio::test(start_paused = true)]
async fn somebody_is_unmuted_by_name_wherever_they_are_in_the_list() {
    let (sim, stream) = on_air();
    sim.set_role("captain", Role::Moderator);
    let session = captain(&sim);
    let chat = session.chat(&stream).unwrap();
    for number in 0..45 {
        chat.mute(&format!("viewer {number}"), MuteFor::Forever).await.unwrap();
    }
    chat.mute("Viewer 7", MuteFor::Livestream).await.unwrap();
    assert_eq!(session.muted().await.unwrap().len(), 46);
    session.unmute_by_name("VIEWER 7").await.unwrap();
    let names: Vec<_> = session.muted().await.unwrap().into_iter().map(|muted| muted.username).collect();
    assert_eq!((names.len(), names.iter().any(|name| name.eq_ignore_ascii_case("viewer 7"))), (44, false));
    let viewer = builder(&sim).build(sim.session("viewer 7")).unwrap();
    viewer.chat(&stream).unwrap().send("thanks").await.unwrap();
    assert_eq!(session.unmute_by_name("viewer 7").await.unwrap_err().kind(), ErrorKind::Config);
    let all = session.muted().await.unwrap();
    session.unmute(all[0].record_id).await.unwrap();
    assert_eq!(session.unmute(all[0].record_id).await.unwrap_err().kind(), ErrorKind::Refused);
}

#[tokio::test(start_paused = true)]
async fn list_of_muted_without_a_session_is_a_session_that_is_gone() {
    let (sim, _) = on_air();
    let session = captain(&sim);
    sim.end_sessions("captain");
    assert_eq!(session.muted().await.unwrap_err().kind(), ErrorKind::SessionGone);
    assert_eq!(sim.session_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn pages_that_repeat_themselves_come_to_an_end() {
    let page = include_str!("../fixtures/pages-muting.html");
    let recorder = Recorder::new([Response::ok(page), Response::ok(page)]);
    assert_eq!(recorder.session().muted().await.unwrap().len(), 2);
    let asked = recorder.asked();
    assert_eq!(asked[0].url, "https://rumble.com/account/moderation/muting?pg=1");
    assert_eq!(asked[1].url, "https://rumble.com/account/moderation/muting?pg=2");
    let beyond = Recorder::new([Response::ok(page), Response::ok(include_str!("../fixtures/pages-muting-empty.html"))]);
    assert_eq!(beyond.session().muted().await.unwrap().len(), 2);
    for (page, kind) in [
        ("<html><title>Something else</title></html>", ErrorKind::Decode),
        (include_str!("../fixtures/pages-muting-empty.html"), ErrorKind::Config),
    ] {
        let recorder = Recorder::new([Response::ok(page)]);
        assert_eq!(recorder.session().unmute_by_name("ada").await.unwrap_err().kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn list_of_muted_is_not_cut_short_by_a_later_page_that_is_another_one() {
    let first = include_str!("../fixtures/pages-muting.html");
    for (second, kind) in [
        (include_str!("../fixtures/pages-challenge.html"), ErrorKind::Challenge),
        ("<!DOCTYPE html><title>Log in</title><form><input name=username><input type=password></form>", ErrorKind::SessionGone),
        ("<!DOCTYPE html><title>Rumble</title><p>Something went wrong</p>", ErrorKind::Decode),
        ("<!DOCTYPE html>", ErrorKind::Decode),
    ] {
        let answers = || [Response::ok(first), Response::ok(second)];
        assert_eq!(Recorder::new(answers()).session().muted().await.unwrap_err().kind(), kind, "{second}");
        let recorder = Recorder::new(answers());
        assert_eq!(recorder.session().unmute_by_name("zed_1984").await.unwrap_err().kind(), kind, "{second}");
        assert_eq!(recorder.asked().len(), 2);
    }
    let empty = Response::ok("").header(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    let error = Recorder::new([Response::ok(first), empty]).session().muted().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test(start_paused = true)]
async fn list_of_muted_is_that_of_the_page() {
    let names = async |page: &'static str| {
        let muted = Recorder::new([Response::ok(page), Response::ok(page)]).session().muted().await?;
        Ok::<_, Error>(muted.into_iter().map(|muted| (muted.username, muted.record_id)).collect::<Vec<_>>())
    };
    let expected = [("zed_1984".to_owned(), 5_550_001), ("PellucidFox".to_owned(), 5_550_002)];
    assert_eq!(names(include_str!("../fixtures/pages-muting.html")).await.unwrap(), expected);
    assert_eq!(names(include_str!("../fixtures/pages-muting-empty.html")).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn challenge_page_in_place_of_an_account_s_page_is_named_and_asked_for_once() {
    let challenge = Response::new(StatusCode::FORBIDDEN, include_str!("../fixtures/pages-challenge.html"));
    let recorder = Recorder::new([challenge]);
    assert_eq!(recorder.session().muted().await.unwrap_err().kind(), ErrorKind::Challenge);
    assert_eq!(recorder.asked().len(), 1);
    let challenge = Response::new(StatusCode::FORBIDDEN, include_str!("../fixtures/pages-challenge.html"));
    assert_eq!(Recorder::new([challenge]).session().categories().await.unwrap_err().kind(), ErrorKind::Challenge);
}

#[tokio::test(start_paused = true)]
async fn redirect_to_the_login_is_not_followed_with_the_cookie() {
    let redirects = include_str!("../fixtures/pages-login-redirect.txt");
    let locations: Vec<_> = redirects.lines().filter_map(|line| line.strip_prefix("Location: ")).collect();
    assert_eq!(locations.len(), 2);
    for (status, location) in [302, 308].into_iter().zip(locations) {
        let location = HeaderValue::from_str(location).unwrap();
        let answer = || Response::new(StatusCode::from_u16(status).unwrap(), "").header(header::LOCATION, location.clone());
        let recorder = Recorder::new([answer()]);
        let error = recorder.session().muted().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SessionGone, "{location:?}");
        let asked = recorder.asked();
        assert_eq!(asked.len(), 1);
        assert_eq!(
            (asked[0].url.as_str(), asked[0].cookie.as_str()),
            ("https://rumble.com/account/moderation/muting?pg=1", "u_s=FAKESESSION")
        );
        // Whoever needs no session is told of a redirect.
        let recorder = Recorder::new([answer()]);
        assert_eq!(recorder.session().categories().await.unwrap_err().kind(), ErrorKind::Redirect);
        assert_eq!(recorder.asked().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn role_shows_in_the_badges_of_polls_and_chat() {
    let (sim, stream) = on_air();
    sim.set_role("captain", Role::Moderator);
    sim.set_role("olga", Role::Owner);
    let mut reader = Chat::builder(&stream).transport(sim.clone()).open();
    assert!(matches!(reader.next().await, Some(Ok(ChatEvent::Ready(_)))));
    for username in ["captain", "olga"] {
        sim.message(&stream, username, "ahoy");
    }
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let Some(Ok(ChatEvent::Message(message))) = reader.next().await else { panic!("no message") };
        heard.push((message.author.is_moderator(), message.author.is_owner()));
    }
    assert_eq!(heard, [(true, false), (false, true)]);
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
    let snapshot = client.snapshot().await.unwrap();
    // The newest first.
    let messages = &snapshot.livestreams()[0].chat.recent_messages;
    assert_eq!((messages[1].is_moderator(), messages[0].is_owner(), messages[0].is_moderator()), (true, true, false));
}
