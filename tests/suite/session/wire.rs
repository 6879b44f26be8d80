//! Every operation as other clients were seen to ask for it, what it makes of their answers, and of each kind of refusal.

use rumble_live::{
    BoxFuture, Error, ErrorKind, Response, Visibility,
    http::{HeaderValue, StatusCode, header},
    session::{MuteFor, PlaylistDraft, Session, SessionChat},
};

use super::recorder::{Exchange, Recorder};

/// What it came to, in short.
type Told = Result<String, Error>;

struct Operation {
    file: &'static str,
    exchange: &'static str,
    run: fn(Session) -> BoxFuture<'static, Told>,
    told: &'static str,
    changes: bool,
}

/// What the answer came to.
fn told(outcome: Result<impl std::fmt::Debug, Error>) -> Told {
    outcome.map(|told| format!("{told:?}"))
}

fn chat(session: &Session) -> SessionChat {
    session.chat("7c1f4q").unwrap()
}

/// An answer, and what it is told as where something was read, and where something was to be changed.
type Refusal = (fn() -> Response, ErrorKind, ErrorKind);

/// Reads a service.
macro_rules! reads {
    ($file:literal, $exchange:literal, $told:literal, |$session:ident| $run:expr) => {
        Operation { file: $file, exchange: $exchange, told: $told, changes: false, run: |$session| Box::pin(async move { told($run) }) }
    };
}

/// Has something done.
macro_rules! changes {
    ($file:literal, $exchange:literal, $told:literal, |$session:ident| $run:expr) => {
        Operation { file: $file, exchange: $exchange, told: $told, changes: true, run: |$session| Box::pin(async move { told($run) }) }
    };
}

fn of_the_account() -> Vec<Operation> {
    vec![
        reads!("service-session", "session good", "\"4yqceh\"", |session| session.who().await.map(|who| who.user_id)),
        reads!("service-session", "who am I", "\"BrassLantern\"", |session| session.username().await),
        reads!("service-operations", "own channels", "[(\"7104422\", Some(412))]", |session| {
            session.channels().await.map(|all| all.iter().map(|channel| (channel.id.clone(), channel.followers)).collect::<Vec<_>>())
        }),
        reads!("service-operations", "categories", "[(15, true), (2201, false)]", |session| {
            session.categories().await.map(|all| all.iter().map(|category| (category.id, category.is_primary)).collect::<Vec<_>>())
        }),
        changes!("service-operations", "reset or create an API key", "()", |session| {
            session.reset_api_key(Some(&session.channel())).await
        }),
        changes!("service-operations", "raid confirm", "()", |session| chat(&session).confirm_raid().await),
        changes!("service-operations", "comment add", "CommentId(880001)", |session| session.comment("7c1f4q", "nice run").await),
        reads!(
            "service-operations",
            "comment list",
            "[(CommentId(880001), \"BrassLantern\", \"nice run\", Some(3), [\"delete\", \"pin\"])]",
            |session| {
                session
                    .comments("7c1f4q")
                    .await
                    .map(|all| all.into_iter().map(|one| (one.id, one.username, one.text, one.score, one.actions)).collect::<Vec<_>>())
            }
        ),
        changes!("service-operations", "comment delete, pin, unpin", "()", |session| session.delete_comment(880_001.into()).await),
        reads!("service-operations", "video url", "\"https://rumble.com/v7b8x3c-late-levels-by-lamplight.html\"", |session| {
            session.share_url("7c1f4q").await
        }),
        changes!(
            "service-operations",
            "playlist add",
            "(PlaylistId(\"Zm9yLXRlc3Rz\"), \"Lamplight\", Some(Unlisted), Some(0))",
            |session| {
                let draft = PlaylistDraft::new("Lamplight", Visibility::Unlisted).description("all levels");
                session.add_playlist(&draft).await.map(|made| (made.id, made.title, made.visibility, made.length))
            }
        ),
        reads!("service-operations", "playlists", "[(PlaylistId(\"Zm9yLXRlc3Rz\"), Some(2026-09-14 19:00:00.0 +00:00:00))]", |session| {
            session.playlists().await.map(|all| all.into_iter().map(|one| (one.id, one.created_on)).collect::<Vec<_>>())
        }),
        changes!("service-operations", "playlist add video", "()", |session| {
            session.add_to_playlist(&"Zm9yLXRlc3Rz".into(), "7c1f4q").await
        }),
    ]
}

fn of_a_chat() -> Vec<Operation> {
    vec![
        changes!("chat-http", "send, plain", "\"2403846000000000301\"", |session| {
            chat(&session).send("hello from the pier").await.map(|sent| sent.message_id)
        }),
        changes!("chat-http", "send as a channel", "\"2403846000000000302\"", |session| {
            chat(&session).send_as(&session.channel(), "hello from the pier").await.map(|sent| sent.message_id)
        }),
        changes!("chat-http", "send, 36-letter request id", "\"2403846000000000303\"", |session| {
            chat(&session).send("hello from the pier").await.map(|sent| sent.message_id)
        }),
        changes!("chat-http", "delete", "()", |session| chat(&session).delete(&"2403846000000000301".into()).await),
        changes!("chat-http", "slash command", "()", |session| chat(&session).command("/subscribers").await),
        changes!("chat-http", "pin", "()", |session| chat(&session).pin(&"2403846000000000301".into()).await),
        changes!("chat-http", "unpin", "()", |session| chat(&session).unpin(&"2403846000000000301".into()).await),
        changes!("chat-http", "mute for five minutes", "()", |session| chat(&session).mute("zed_1984", MuteFor::FiveMinutes).await),
        changes!("chat-http", "mute for this stream", "()", |session| chat(&session).mute("zed_1984", MuteFor::Livestream).await),
        changes!("chat-http", "mute for good", "()", |session| chat(&session).mute_channel("Harborlight Retro", MuteFor::Forever).await),
    ]
}

fn all() -> impl Iterator<Item = Operation> {
    of_the_account().into_iter().chain(of_a_chat())
}

trait ItsChannel {
    fn channel(&self) -> rumble_live::ChannelId {
        "7104422".into()
    }
}

impl ItsChannel for Session {}

fn json(status: StatusCode, body: &'static str) -> Response {
    Response::new(status, body).header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
}

#[tokio::test(start_paused = true)]
async fn each_operation_asks_and_reads_as_other_clients_do() {
    for Operation { file, exchange: name, run, told, .. } in all() {
        let exchange = Exchange::of(file, name);
        let answer = if name == "categories" { Exchange::of(file, name).answer_to_a_user() } else { exchange.answer() };
        // A list ends with an answer that shows nothing new.
        let is_list = name == "playlists";
        let end = is_list.then(|| Response::ok(r#"{"data": {"items": []}}"#));
        let recorder = Recorder::new([answer].into_iter().chain(end));
        assert_eq!(run(recorder.session()).await.unwrap(), told, "{name}");
        let asked = recorder.asked();
        exchange.assert_asked(&asked[0]);
        assert_eq!((asked.len(), asked[0].cookie.as_str()), (1 + usize::from(is_list), "u_s=FAKESESSION"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_refusal_of_each_operation_is_told_as_what_it_is() {
    const LOGGED_OUT: &str = r#"{"user": {"id": null, "logged_in": false}, "data": {}}"#;
    const REFUSED: &str = r#"{"user": {"id": "_u1", "logged_in": true}, "data": {"success": false, "message": "You may\n not "}}"#;
    let answers: [Refusal; 9] = [
        (|| json(StatusCode::OK, LOGGED_OUT), ErrorKind::SessionGone, ErrorKind::SessionGone),
        (|| json(StatusCode::UNAUTHORIZED, "{}"), ErrorKind::SessionGone, ErrorKind::SessionGone),
        (|| json(StatusCode::OK, REFUSED), ErrorKind::Refused, ErrorKind::Refused),
        (|| json(StatusCode::FORBIDDEN, r#"{"errors": [{"msg": "You may not"}]}"#), ErrorKind::Refused, ErrorKind::Refused),
        (|| json(StatusCode::TOO_MANY_REQUESTS, "{}"), ErrorKind::RateLimited, ErrorKind::RateLimited),
        (|| Exchange::of("service-session", "challenge page").answer(), ErrorKind::Challenge, ErrorKind::Challenge),
        (|| json(StatusCode::BAD_GATEWAY, "{}"), ErrorKind::Server, ErrorKind::Unclear),
        (|| json(StatusCode::OK, "[]"), ErrorKind::Decode, ErrorKind::Unclear),
        (|| json(StatusCode::NOT_FOUND, "{}"), ErrorKind::Status, ErrorKind::Status),
    ];
    for Operation { exchange: name, run, changes, .. } in all() {
        for (answer, of_reading, of_changing) in answers {
            if name == "categories" && of_reading == ErrorKind::SessionGone {
                // Nobody needs a session for them.
                continue;
            }
            let recorder = Recorder::new([answer()]);
            let error = run(recorder.session()).await.unwrap_err();
            assert_eq!(error.kind(), if changes { of_changing } else { of_reading }, "{name}: {error}");
            assert_eq!(recorder.asked().len(), 1, "{name}");
            if error.kind() == ErrorKind::Refused {
                assert!(error.to_string().starts_with("Rumble refused: You may not (status "), "{error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn answers_of_a_session_are_told_apart() {
    for (file, name, kind) in [
        ("service-session", "session gone", ErrorKind::SessionGone),
        ("service-session", "error envelope", ErrorKind::SessionGone),
        ("service-session", "account page without a session", ErrorKind::SessionGone),
        ("service-session", "challenge page", ErrorKind::Challenge),
        ("service-session", "success false with 200", ErrorKind::Refused),
        ("chat-http", "send, errors array with 200", ErrorKind::Refused),
        ("chat-http", "send, not logged in", ErrorKind::SessionGone),
        ("chat-http", "send, may not write here", ErrorKind::Refused),
        ("chat-http", "send, too fast", ErrorKind::RateLimited),
        ("chat-http", "send, message key msg", ErrorKind::Refused),
        ("chat-http", "delete, not yours", ErrorKind::Refused),
        ("chat-http", "mute refused", ErrorKind::Refused),
    ] {
        let recorder = Recorder::new([Exchange::of(file, name).answer()]);
        assert_eq!(recorder.session().who().await.unwrap_err().kind(), kind, "{name}");
    }
    let renewed = Recorder::new([Exchange::of("service-session", "session renewed in passing").answer()]);
    let session = renewed.session();
    session.who().await.unwrap();
    assert_ne!(session.token(), "FAKESESSION".parse().unwrap());
}

#[tokio::test(start_paused = true)]
async fn message_without_an_id_in_its_answer_is_unclear() {
    for name in ["send, 200 without an id", "send a rant: payment pending"] {
        let recorder = Recorder::new([Exchange::of("chat-http", name).answer()]);
        assert_eq!(chat(&recorder.session()).send("hello").await.unwrap_err().kind(), ErrorKind::Unclear, "{name}");
    }
}
