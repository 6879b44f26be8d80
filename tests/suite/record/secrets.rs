//! No secret is in a recording, wherever it stands.

use futures::stream;
use rumble_live::{
    Body, BoxFuture, Error, ErrorKind, Request, Response, Transport,
    chat::Chat,
    http::{HeaderValue, StatusCode, header},
    session::{CodeBy, Login, Session},
    sim::Sim,
};

use super::{client, recorder, text};

/// Answers the same to all, and fails where there is nothing to answer.
struct Hostile(Answer);

type Answer = fn() -> Option<Response>;

impl Transport for Hostile {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let answer = (self.0)().ok_or_else(|| Error::new(ErrorKind::Transport, format!("no way to {}", request.url.expose())));
        Box::pin(async move { answer })
    }
}

fn with(answer: Response, name: header::HeaderName, value: &'static str) -> Response {
    answer.header(name, HeaderValue::from_static(value))
}

fn pieces(pieces: &'static [&'static str]) -> Response {
    Response::ok(Body::stream(stream::iter(pieces.iter().map(|piece| Ok(piece.as_bytes().into())))))
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_in_a_recording_wherever_it_stands() {
    let odd_places: [(&str, Answer); 17] = [
        ("top", || Some(Response::ok(r#"{"stream_key":"SECRET"}"#))),
        ("nested", || Some(Response::ok(r#"{"livestreams":[{"chat":{"server_url":"SECRET"}}]}"#))),
        ("unknown field", || Some(Response::ok(r#"{"new_thing":{"id":"SECRET","title":"SECRET"}}"#))),
        ("in a list", || Some(Response::ok(r#"{"livestreams":["SECRETKEY",["SECRETKEY"]]}"#))),
        ("in a text", || Some(Response::ok(r#"{"errors":[{"message":"wrong key SECRETKEY"}]}"#))),
        ("escaped", || Some(Response::ok(r#"{"message":"\u0053ECRETKEY"}"#))),
        ("as a name", || Some(Response::ok(r#"{"SECRETKEY":1}"#))),
        ("JSON in a text", || Some(Response::ok(r#"{"text":"{\"stream_key\":\"SECRET\"}"}"#))),
        ("JSON cut short", || Some(Response::ok(r#"{"livestreams":[{"stream_key":"SECRET"#))),
        ("page", || Some(Response::new(StatusCode::FORBIDDEN, "<html><input value=SECRET></html>"))),
        ("redirect", || Some(with(Response::new(StatusCode::FOUND, "SECRET"), header::LOCATION, "https://rumble.com/?key=SECRET"))),
        ("cookie", || Some(with(Response::ok(r#"{"text":"u_s is TOKENSECRET"}"#), header::SET_COOKIE, "u_s=TOKENSECRET; Path=/"))),
        ("other headers", || {
            Some(with(with(Response::ok("{}"), header::ETAG, "\"SECRET\""), header::CONTENT_TYPE, "text/plain; key=SECRET"))
        }),
        ("between two chunks", || Some(pieces(&[r#"{"message":"SECR"#, r#"ETKEY","stream_key":"SEC"#, r#"RET"}"#]))),
        ("broken off", || {
            let chunks = [Ok(r#"{"stream_key":"SECRET"#.into()), Err(Error::new(ErrorKind::Transport, "lost SECRETKEY"))];
            Some(Response::ok(Body::stream(stream::iter(chunks))))
        }),
        ("not UTF-8", || Some(Response::ok(&b"\xff\xfeSECRET"[..]))),
        ("a transport's own words", || None),
    ];
    for (place, answer) in odd_places {
        let (recorder, folder) = recorder(Hostile(answer));
        drop(client(recorder.clone()).snapshot().await);
        recorder.finish().unwrap();
        let text = text(&folder);
        assert!(text.lines().count() >= 3, "{place}: {text}");
        assert!(!text.contains("SECRET") && !text.contains("ECRETKEY"), "{place}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_of_a_live_chat_is_in_a_recording() {
    let answer: Answer = || {
        Some(with(
            pieces(&[
                ": SECRET\n\nid: SECRET\nevent: SECRET\n\n",
                "data: {\"type\":\"init\",\"data\":{\"token\":\"SECRET\",\"messages\":[{\"id\":\"1\",\"text\":\"SEC",
                "RETKEY\"}]}}\n\ndata: SECRET\n\ndata: {\"stream_key\":\"SECRET\"}",
            ]),
            header::CONTENT_TYPE,
            "text/event-stream",
        ))
    };
    let (recorder, folder) = recorder(Hostile(answer));
    // So that the key is known.
    drop(client(recorder.clone()).snapshot().await);
    let mut chat = Chat::builder("7c1f4q").transport(recorder.clone()).open();
    drop(chat.next().await);
    drop(chat);
    recorder.finish().unwrap();
    let text = text(&folder);
    assert!(text.contains(r#""text":"<cut>""#) && text.contains("broken_record"), "{text}");
    assert!(!text.contains("SECRET"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn no_secret_of_a_login_or_a_session_is_in_a_recording() {
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    sim.set_password("captain", "open sesame & more");
    sim.set_code("captain", "314159");
    let (recorder, folder) = recorder(sim.clone());
    let Login::SecondFactor(second) = Session::builder().transport(recorder.clone()).log_in("captain", "open sesame & more").await.unwrap()
    else {
        panic!("a code is wanted")
    };
    second.request_code(CodeBy::Email).await.unwrap();
    // A server that repeats the code.
    sim.answer_session_next(Response::ok(r#"{"data": {"success": false, "message": "314159 is wrong"}}"#));
    assert!(second.verify("314159").await.is_err());
    let session = second.verify("314159").await.unwrap();
    let token = session.token();
    session.chat(&stream).unwrap().send(&format!("my token is {}", token.expose())).await.unwrap();
    sim.renew_session("captain");
    session.who().await.unwrap();
    session.muted().await.unwrap();
    recorder.finish().unwrap();
    let text = text(&folder);
    assert!(text.lines().count() > 15);
    for secret in ["sesame", "314159", token.expose(), session.token().expose(), "simulated-totp", "simulated-user-key", "salt-of"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
