//! What odd answers are told as.

use futures::stream;
use rumble_live::{
    Body, Error, ErrorKind, Response,
    http::{HeaderValue, StatusCode, header},
    session::SessionChat,
};

use super::recorder::Recorder;

fn chat(answer: Response) -> SessionChat {
    Recorder::new([answer]).session().chat("7c1f4q").unwrap()
}

fn as_html(status: u16, body: &'static str) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=UTF-8");
    Response::new(StatusCode::from_u16(status).unwrap(), body).header(header::CONTENT_TYPE, kind)
}

#[tokio::test(start_paused = true)]
async fn deletion_needs_no_words_to_be_done() {
    for answer in [Response::new(StatusCode::NO_CONTENT, ""), Response::ok(""), Response::ok("{}")] {
        chat(answer).delete(&"1".into()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn refusal_is_known_in_whatever_form_it_comes() {
    for body in [
        r#"{"data": {"success": 0}}"#,
        r#"{"data": {"success": "false"}}"#,
        r#"{"success": false}"#,
        r#"{"data": false}"#,
        r#"{"data": {"status": "failure"}}"#,
        r#"{"errors": {"code": "403", "message": "no"}}"#,
        r#"{"errors": "no"}"#,
        r#"{"errors": ["no"]}"#,
        r#"{"errors": [{}]}"#,
        r#"{"error": "no"}"#,
        r#"{"data": {"success": null, "error": "no"}}"#,
        r#"{"data": {"errors": [{"message": "no"}]}}"#,
    ] {
        let error = chat(Response::ok(body)).confirm_raid().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_says_when_it_is_done_is_not_done_until_it_says_so() {
    for body in [r#"{"data": {}}"#, "{}", r#"{"data": {"success": null}}"#, r#"{"errors": []}"#] {
        assert_eq!(chat(Response::ok(body)).pin(&"1".into()).await.unwrap_err().kind(), ErrorKind::Unclear, "{body}");
    }
    for body in [r#"{"data": {"success": true}}"#, r#"{"success": 1}"#, r#"{"data": {"success": true, "error": null}, "errors": []}"#] {
        chat(Response::ok(body)).pin(&"1".into()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn error_beside_the_id_of_a_message_does_not_say_that_nothing_was_done() {
    let body = r#"{"data": {"id": "5"}, "errors": [{"message": "slow down"}]}"#;
    assert_eq!(chat(Response::ok(body)).send("ahoy").await.unwrap_err().kind(), ErrorKind::Unclear);
}

#[tokio::test(start_paused = true)]
async fn answer_that_can_be_read_counts_whatever_its_kind_is_said_to_be() {
    chat(as_html(200, r#"{"data": {"id": "5"}}"#)).send("ahoy").await.unwrap();
    let refused = chat(as_html(403, r#"{"errors": [{"message": "Subscribers only"}]}"#)).send("ahoy").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    assert_eq!(chat(as_html(403, "Just a moment")).send("ahoy").await.unwrap_err().kind(), ErrorKind::Challenge);
}

#[tokio::test(start_paused = true)]
async fn body_that_breaks_is_unclear_whatever_the_transport_calls_it() {
    for kind in [ErrorKind::Connect, ErrorKind::Config, ErrorKind::Transport] {
        let body = Body::stream(stream::iter([Err(Error::new(kind, "tunnel"))]));
        assert_eq!(chat(Response::ok(body)).send("ahoy").await.unwrap_err().kind(), ErrorKind::Unclear);
    }
}

#[tokio::test(start_paused = true)]
async fn words_of_a_refusal_are_cut_at_two_hundred_characters() {
    let body = format!(r#"{{"errors": [{{"message": "{}"}}]}}"#, "ä".repeat(1000));
    let error = chat(Response::ok(body)).send("ahoy").await.unwrap_err();
    assert_eq!(error.to_string().matches('ä').count(), 200);
}

#[tokio::test(start_paused = true)]
async fn renewal_that_panics_takes_nothing_away() {
    let answer = Response::ok(r#"{"data": {"id": "5"}}"#).header(header::SET_COOKIE, HeaderValue::from_static("u_s=NEW"));
    let session = Recorder::new([answer]).builder().on_renewal(|_| panic!("disk full")).build("FAKESESSION".parse().unwrap()).unwrap();
    session.chat("7c1f4q").unwrap().send("ahoy").await.unwrap();
    assert_eq!(session.token().expose(), "NEW");
}

#[tokio::test(start_paused = true)]
async fn request_says_who_asks_and_what_for() {
    let recorder = Recorder::new([Response::ok(r#"{"data": {"id": "5"}}"#), Response::ok("<table class=moderation></table>")]);
    let session = recorder.builder().user_agent("harborlight-bot/1.0").build("FAKESESSION".parse().unwrap()).unwrap();
    session.chat("7c1f4q").unwrap().send("ahoy").await.unwrap();
    session.muted().await.unwrap();
    let asked = recorder.asked();
    for (asked, accept) in asked.iter().zip(["application/json", "text/html"]) {
        assert_eq!(
            (asked.headers[header::ACCEPT].as_bytes(), asked.headers[header::USER_AGENT].as_bytes()),
            (accept.as_bytes(), &b"harborlight-bot/1.0"[..])
        );
    }
    assert!(asked[1].headers.get(header::ORIGIN).is_none());
}
