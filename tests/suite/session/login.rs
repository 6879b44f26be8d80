//! From a password to a session.

use rumble_live::{
    ErrorKind, Response,
    http::{HeaderValue, StatusCode, header},
    session::{CodeBy, Login, SecondFactor, Session},
    sim::Sim,
};

use super::{
    builder, on_air,
    recorder::{Exchange, Recorder},
};

const PASSWORD: &str = "not-a-real-password";

fn exchange(name: &str) -> Exchange {
    Exchange::of("service-login", name)
}

fn recorder(names: &[&str]) -> Recorder {
    Recorder::new(names.iter().map(|name| exchange(name).answer()))
}

async fn log_in(recorder: &Recorder) -> Result<Login, rumble_live::Error> {
    recorder.builder().log_in("BrassLantern", PASSWORD).await
}

#[track_caller]
fn done(login: Login) -> Session {
    match login {
        Login::Done(session) => session,
        Login::SecondFactor(second) => panic!("{second:?}"),
    }
}

#[track_caller]
fn wanted(login: Login) -> SecondFactor {
    match login {
        Login::SecondFactor(second) => second,
        Login::Done(session) => panic!("{session:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn first_step_logs_in_at_once_where_it_gives_the_cookie() {
    let recorder = recorder(&["salts", "first step that logs in at once (2026)"]);
    let session = done(log_in(&recorder).await.unwrap());
    assert_eq!(session.token().expose(), "FAKE-SESSION-VALUE");
    let asked = recorder.asked();
    exchange("salts").assert_asked(&asked[0]);
    exchange("first step that logs in at once (2026)").assert_asked(&asked[1]);
    assert_eq!((asked.len(), asked[0].cookie.as_str()), (2, ""));
    assert!(asked.iter().all(|asked| !asked.body.contains(PASSWORD)));
}

#[tokio::test(start_paused = true)]
async fn old_last_step_is_taken_where_the_first_gives_no_cookie() {
    let recorder = recorder(&["salts", "first step, no second factor (2026)", "login"]);
    assert_eq!(done(log_in(&recorder).await.unwrap()).token().expose(), "FAKE-SESSION-VALUE");
    let asked = recorder.asked();
    assert_eq!(asked[2].url, "https://rumble.com/service.php?name=user.login&response_type=session");
    let hashes = "11d9e24852944c3414e4bb1cc8a89fcf,fa56718d38c79e6149c4595ee4a3f6c4,4e5f6071";
    assert_eq!(asked[2].form(), [("password_hashes".into(), hashes.into()), ("username".into(), "BrassLantern".into())]);
}

#[tokio::test(start_paused = true)]
async fn cookie_of_somebody_who_is_not_logged_in_begins_no_session() {
    let nobody =
        exchange("first step, no second factor (2026)").answer().header(header::SET_COOKIE, HeaderValue::from_static("u_s=OF-NOBODY"));
    let recorder = Recorder::new([exchange("salts").answer(), nobody, exchange("login").answer()]);
    assert_eq!(done(log_in(&recorder).await.unwrap()).token().expose(), "FAKE-SESSION-VALUE");
    assert!(recorder.asked()[2].url.contains("name=user.login&"));
    let wrong = exchange("second step, wrong code").answer().header(header::SET_COOKIE, HeaderValue::from_static("u_s=OF-NOBODY"));
    let silent = Response::ok(r#"{"user": {"id": null, "logged_in": false}, "data": {}}"#)
        .header(header::SET_COOKIE, HeaderValue::from_static("u_s=OF-NOBODY"));
    let recorder = Recorder::new([exchange("salts").answer(), exchange("first step, second factor wanted").answer(), wrong, silent]);
    let second = wanted(log_in(&recorder).await.unwrap());
    assert_eq!(second.verify("271828").await.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(second.verify("271828").await.unwrap_err().kind(), ErrorKind::Unclear);
}

#[tokio::test(start_paused = true)]
async fn token_that_rumble_does_not_vouch_for_is_tried_once() {
    let silent = || Response::ok(r#"{"data": {"session": "FAKE-SESSION-VALUE"}}"#);
    let steps = || [exchange("salts").answer(), exchange("first step, no second factor (2026)").answer(), silent()];
    let session = |name| Exchange::of("service-session", name).answer();
    let good = Recorder::new(steps().into_iter().chain([session("session good")]));
    done(log_in(&good).await.unwrap());
    assert_eq!(good.asked()[3].cookie, "u_s=FAKE-SESSION-VALUE");
    let gone = Recorder::new(steps().into_iter().chain([session("session gone")]));
    assert_eq!(log_in(&gone).await.unwrap_err().kind(), ErrorKind::Unclear);
    // A check that fails for another reason takes nothing away.
    let busy = Recorder::new(steps().into_iter().chain([Response::new(StatusCode::BAD_GATEWAY, "")]));
    assert_eq!(done(log_in(&busy).await.unwrap()).token().expose(), "FAKE-SESSION-VALUE");
    // The first step's cookie is nobody's, so the old last step is taken.
    let unvouched = Response::ok(r#"{"data": {"totp_id": null}}"#).header(header::SET_COOKIE, HeaderValue::from_static("u_s=OF-NOBODY"));
    let recorder = Recorder::new([exchange("salts").answer(), unvouched, session("session gone"), exchange("login").answer()]);
    assert_eq!(done(log_in(&recorder).await.unwrap()).token().expose(), "FAKE-SESSION-VALUE");
}

#[tokio::test(start_paused = true)]
async fn second_factor_is_asked_for_and_verified() {
    let recorder =
        recorder(&["salts", "first step, second factor wanted", "ask for a code by mail", "second step, wrong code", "second step"]);
    let second = wanted(log_in(&recorder).await.unwrap());
    let options = second.options();
    assert_eq!((options.email, options.phone, options.authenticator), (true, false, true));
    assert_eq!(second.request_code(CodeBy::Sms).await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(second.request_code(CodeBy::Email).await.unwrap(), "b***@e***.invalid");
    let wrong = second.verify("999999").await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Refused);
    assert!(wrong.to_string().contains("the code may be wrong"), "{wrong}");
    let session = second.verify(" 000000\n").await.unwrap();
    assert_eq!(session.token().expose(), "FAKE-SESSION-VALUE");
    let asked = recorder.asked();
    for (place, name) in [(2, "ask for a code by mail"), (3, "second step, wrong code"), (4, "second step")] {
        let mut asked = asked[place].clone();
        asked.url = asked.url.replace("&response_type=session", "");
        exchange(name).assert_asked(&asked);
    }
}

#[tokio::test(start_paused = true)]
async fn failures_of_a_login_are_told_apart() {
    let no_such_user = recorder(&["salts, no such user"]);
    assert_eq!(log_in(&no_such_user).await.unwrap_err().kind(), ErrorKind::Refused);
    let wrong = recorder(&["salts", "first step, no second factor (2026)", "login refused"]);
    assert_eq!(log_in(&wrong).await.unwrap_err().to_string(), "Rumble refused: the user name or the password is wrong (status 200)");
    let challenge = Recorder::new([exchange("salts").answer(), Exchange::of("service-session", "challenge page").answer()]);
    assert_eq!(log_in(&challenge).await.unwrap_err().kind(), ErrorKind::Challenge);
    for (status, body, kind) in [
        (StatusCode::UNAUTHORIZED, "{}", ErrorKind::Refused),
        (StatusCode::FORBIDDEN, r#"{"errors": [{"message": "Captcha needed"}]}"#, ErrorKind::Refused),
        (StatusCode::OK, r#"{"data": {"totp_id": 7}}"#, ErrorKind::Unclear),
        (StatusCode::OK, "[]", ErrorKind::Unclear),
        (StatusCode::BAD_GATEWAY, "", ErrorKind::Unclear),
        (StatusCode::TOO_MANY_REQUESTS, "", ErrorKind::RateLimited),
    ] {
        let recorder = Recorder::new([exchange("salts").answer(), Response::new(status, body)]);
        assert_eq!(log_in(&recorder).await.unwrap_err().kind(), kind, "{status} {body}");
    }
    let unasked = Recorder::default();
    assert_eq!(unasked.builder().log_in(" ", PASSWORD).await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(unasked.asked().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn lost_answer_to_the_wish_for_a_code_is_unclear() {
    let wish = Recorder::new([
        exchange("salts").answer(),
        exchange("first step, second factor wanted").answer(),
        Response::new(StatusCode::BAD_GATEWAY, ""),
    ]);
    let second = wanted(log_in(&wish).await.unwrap());
    assert_eq!(second.request_code(CodeBy::Email).await.unwrap_err().kind(), ErrorKind::Unclear);
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_login_is_in_an_error_though_the_server_repeats_it() {
    let hashes = ["11d9e24852944c3414e4bb1cc8a89fcf", "fa56718d38c79e6149c4595ee4a3f6c4"];
    let parrot = |words: &str| Response::ok(format!(r#"{{"data": {{"success": false, "message": "no: {words}"}}}}"#));
    let recorder = Recorder::new([exchange("salts").answer(), parrot(&hashes.join(","))]);
    let mut texts = vec![log_in(&recorder).await.unwrap_err()];
    let recorder = Recorder::new([
        exchange("salts").answer(),
        exchange("first step, second factor wanted").answer(),
        parrot("fake-totp-id fake-user-key"),
        parrot("314159"),
    ]);
    let second = wanted(log_in(&recorder).await.unwrap());
    texts.push(second.request_code(CodeBy::Email).await.unwrap_err());
    texts.push(second.verify("314159").await.unwrap_err());
    for error in texts {
        assert!(error.to_string().contains("no: <redacted>"), "{error}");
    }
    let recorder = Recorder::new([parrot("FAKESESSION")]);
    let session = recorder.session();
    assert_eq!(session.who().await.unwrap_err().to_string(), "Rumble refused: no: <redacted> (status 200)");
    let debug = format!("{second:?}");
    assert!(!debug.contains("fake-"), "{debug}");
}

fn known(password: &str) -> Sim {
    let (sim, _) = on_air();
    sim.set_password("captain", password);
    sim
}

#[tokio::test(start_paused = true)]
async fn simulated_user_logs_in_with_the_password_alone() {
    let sim = known("pässwörd 🌊");
    let session = done(builder(&sim).log_in("captain", "pässwörd 🌊").await.unwrap());
    assert_eq!(session.username().await.unwrap(), "captain");
    for (name, password) in [("captain", "another"), ("nobody", "pässwörd 🌊")] {
        assert_eq!(builder(&sim).log_in(name, password).await.unwrap_err().kind(), ErrorKind::Refused);
    }
}

#[tokio::test(start_paused = true)]
async fn simulated_user_needs_the_code_too_where_one_is_set() {
    let sim = known("secret");
    sim.set_code("captain", "314159");
    for by in [Some(CodeBy::Email), Some(CodeBy::Sms), None] {
        let second = wanted(builder(&sim).log_in("captain", "secret").await.unwrap());
        if let Some(by) = by {
            assert!(second.request_code(by).await.unwrap().contains("***"));
        }
        assert_eq!(second.verify("271828").await.unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!(second.verify(" ").await.unwrap_err().kind(), ErrorKind::Config);
        assert_eq!(second.verify("314159").await.unwrap().username().await.unwrap(), "captain");
    }
    assert_eq!(sim.codes_sent("captain"), 2);
}
