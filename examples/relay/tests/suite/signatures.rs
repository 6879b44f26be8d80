//! Signatures, checked by a program in another language.

use std::process::Stdio;

use jiff::{SignedDuration, Timestamp};
use relay::{
    delivery::Answer,
    post::{Http, Post as _},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    time::timeout,
};

use crate::{receiver::PATIENCE, test_relay::config};

#[tokio::test]
async fn python_takes_what_is_signed_just_now_and_nothing_else() {
    let mut python = Command::new("python3");
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/verify.py")).arg("0").env("WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let mut python = python.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(python.stdout.take().unwrap()).lines();
    let url = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();

    let text = "[[destination]]\nname = \"a\"\ntype = \"webhook\"\nurl_env = \"URL\"\nsecret_env = \"SECRET\"\n";
    let mut destination = config(text).destinations.remove(0);
    destination.url = relay::secret::Secret::new(&url);
    let good = Http::new(&destination).unwrap();
    destination.signer = Some(relay::sign::Signer::new("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap());
    let forger = Http::new(&destination).unwrap();
    let now = Timestamp::now();
    let body = |message: &str| format!("{{\"message\": \"{message}\"}}").into_bytes();
    let code = |answer: Answer| match answer {
        Answer::Status { code, .. } => code,
        Answer::Lost(why) => panic!("{why}"),
    };
    assert_eq!(code(forger.post("rant:1", body("forged"), now).await), 401);
    assert_eq!(code(good.post("rant:1", body("an old one"), now - SignedDuration::from_mins(6)).await), 401);
    assert_eq!(code(good.post("rant:1", body("ada ranted $5.00: é ☕"), now).await), 204);
    // The same request once more, as if its answer was lost.
    assert_eq!(code(good.post("rant:1", body("ada ranted $5.00: é ☕"), now + SignedDuration::from_mins(1)).await), 204);
    assert_eq!(code(good.post("rant:2", body("bea"), now).await), 204);
    for expected in ["ada ranted $5.00: é ☕", "bea"] {
        let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
        assert_eq!(line.as_deref(), Some(expected));
    }
}
