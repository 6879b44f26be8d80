//! The token: renewed, kept to the site, and never shown.

use std::sync::{Arc, Mutex};

use rumble_live::{
    BoxFuture, Endpoints, Error, ErrorKind, Request, Response, Transport,
    http::{HeaderValue, StatusCode, header},
    session::{Session, SessionToken},
};

use super::{builder, on_air, recorder::Recorder};

fn good() -> Response {
    Response::ok(r#"{"user": {"id": "_u4yqceh", "logged_in": true}, "data": {"has_unread_notifications": true}}"#)
}

fn with_cookie(answer: Response, cookie: &'static str) -> Response {
    answer.header(header::SET_COOKIE, HeaderValue::from_static(cookie))
}

#[tokio::test(start_paused = true)]
async fn renewed_token_is_used_from_then_on_and_handed_out() {
    let (sim, stream) = on_air();
    let renewed = Arc::new(Mutex::new(Vec::new()));
    let stored = Arc::clone(&renewed);
    let token = sim.session("captain");
    let session = builder(&sim).on_renewal(move |token| stored.lock().unwrap().push(token.clone())).build(token.clone()).unwrap();
    session.who().await.unwrap();
    assert_eq!((session.token(), renewed.lock().unwrap().len()), (token.clone(), 0));
    sim.renew_session("captain");
    session.who().await.unwrap();
    assert_ne!(session.token(), token);
    assert_eq!(*renewed.lock().unwrap(), [session.token()]);
    // The old one has ended.
    session.chat(&stream).unwrap().send("ahoy").await.unwrap();
    assert_eq!(builder(&sim).build(token).unwrap().who().await.unwrap_err().kind(), ErrorKind::SessionGone);
}

#[tokio::test(start_paused = true)]
async fn cookie_of_a_refusal_or_one_that_ends_the_session_is_not_taken() {
    let refused = Response::new(StatusCode::FORBIDDEN, r#"{"errors": [{"message": "no"}]}"#);
    let gone = Response::ok(r#"{"user": {"id": null, "logged_in": false}}"#);
    for answer in [
        with_cookie(refused, "u_s=EVIL"),
        with_cookie(gone, "u_s=EVIL"),
        with_cookie(Response::new(StatusCode::FOUND, ""), "u_s=EVIL"),
        with_cookie(Response::new(StatusCode::INTERNAL_SERVER_ERROR, "{}"), "u_s=EVIL"),
        with_cookie(Response::ok("<html>"), "u_s=EVIL"),
        with_cookie(good(), "u_s=; path=/"),
        with_cookie(good(), "u_s=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT"),
        with_cookie(good(), "a_s=EVIL"),
    ] {
        let recorder = Recorder::new([answer, good()]);
        let session = recorder.session();
        drop(session.who().await);
        session.who().await.unwrap();
        assert_eq!(recorder.asked()[1].cookie, "u_s=FAKESESSION");
    }
}

#[tokio::test(start_paused = true)]
async fn token_goes_to_hosts_of_the_site_only_whatever_an_answer_says() {
    let moved = |url: &str| {
        Response::ok(format!(r#"{{"user": {{"id": "_u1", "logged_in": true, "chat": {{"endpoint": "{url}"}}}}, "data": {{}}}}"#))
    };
    for (url, host) in [
        ("https://web8.rumble.com/chat/api", "https://web8.rumble.com/"),
        ("https://evil.example/chat/api", "https://web7.rumble.com/"),
        ("https://rumble.com.evil.example/chat/api", "https://web7.rumble.com/"),
        ("http://web8.rumble.com/chat/api", "https://web7.rumble.com/"),
    ] {
        let recorder = Recorder::new([moved(url), Response::ok(r#"{"data": {"id": "1"}}"#)]);
        let session = recorder.session();
        session.who().await.unwrap();
        session.chat("7c1f4q").unwrap().send("ahoy").await.unwrap();
        let asked = recorder.asked().pop().unwrap();
        assert!(asked.url.starts_with(host) && asked.cookie == "u_s=FAKESESSION", "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn redirect_is_not_followed_and_one_to_the_login_says_that_the_session_is_gone() {
    for (location, kind) in [
        ("https://rumble.com/elsewhere", ErrorKind::Redirect),
        ("https://evil.example/", ErrorKind::Redirect),
        ("https://auth.rumble.com?x", ErrorKind::SessionGone),
        ("/login.php?next=%2Faccount", ErrorKind::SessionGone),
    ] {
        let redirect = Response::new(StatusCode::FOUND, "").header(header::LOCATION, HeaderValue::from_static(location));
        let recorder = Recorder::new([redirect]);
        assert_eq!(recorder.session().who().await.unwrap_err().kind(), kind, "{location}");
        assert_eq!(recorder.asked().len(), 1);
    }
}

#[test]
fn session_over_plain_http_to_another_machine_is_refused() {
    let token: SessionToken = "FAKESESSION".parse().unwrap();
    let at =
        |origin: &str| Session::builder().transport(Recorder::default()).endpoints(Endpoints::at(origin).unwrap()).build(token.clone());
    assert_eq!(at("http://rumble.com").unwrap_err().kind(), ErrorKind::Config);
    assert!(at("https://rumble.com").is_ok() && at("http://127.0.0.1:80").is_ok());
}

#[tokio::test(start_paused = true)]
async fn token_is_in_no_error_nor_debug_form() {
    struct Talkative;
    impl Transport for Talkative {
        fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
            let words = format!("{:?}", request.headers[header::COOKIE].to_str().unwrap());
            Box::pin(async move { Err(Error::new(ErrorKind::Transport, words)) })
        }
    }
    let session = Session::builder().transport(Talkative).build("FAKESESSION".parse().unwrap()).unwrap();
    let chat = session.chat("7c1f4q").unwrap();
    let errors = [session.who().await.unwrap_err(), chat.send("ahoy").await.unwrap_err()];
    for text in errors.iter().map(|error| format!("{error:?} {error:#}")).chain([format!("{session:?} {chat:?} {:?}", session.token())]) {
        assert!(!text.contains("FAKESESSION"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn token_is_handed_out_when_it_is_another_one_only() {
    let renewed = Arc::new(Mutex::new(0));
    let count = Arc::clone(&renewed);
    let recorder = Recorder::new([with_cookie(good(), "u_s=FAKESESSION"), with_cookie(good(), "u_s=NEW"), with_cookie(good(), "u_s=NEW")]);
    let session = recorder.builder().on_renewal(move |_| *count.lock().unwrap() += 1).build("FAKESESSION".parse().unwrap()).unwrap();
    for expected in [0, 1, 1] {
        session.who().await.unwrap();
        assert_eq!(*renewed.lock().unwrap(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn token_that_comes_with_another_user_s_answer_is_not_taken() {
    let other = Response::ok(r#"{"user": {"id": "_u1", "logged_in": true}, "data": {}}"#);
    let recorder = Recorder::new([good(), with_cookie(other, "u_s=OTHERS")]);
    let session = recorder.session();
    session.who().await.unwrap();
    session.who().await.unwrap();
    assert_eq!(session.token().expose(), "FAKESESSION");
}
