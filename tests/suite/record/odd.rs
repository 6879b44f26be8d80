//! Answers and programs that a recording must not make others of.

use std::{sync::Mutex, time::Duration};

use futures::stream;
use rumble_live::{
    Body, BoxFuture, Client, Error, ErrorKind, Request, Response, Transport,
    http::{HeaderValue, StatusCode, header},
    sim::{Activity, Sim},
};
use tokio::time::{sleep, timeout};

use super::{client, played, recorder, text};

/// Gives these in turn, the last again and again.
struct Turns(Mutex<usize>, Vec<fn() -> Result<Response, Error>>);

impl Transport for Turns {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let mut turn = self.0.lock().unwrap();
        let answer = self.1[(*turn).min(self.1.len() - 1)]();
        *turn += 1;
        Box::pin(async move { answer })
    }
}

/// The events of a minute without live chat.
async fn minute(client: &Client) -> Vec<String> {
    let mut watcher = client.watch();
    let mut events = Vec::new();
    let reading = async {
        while let Some(Ok(event)) = watcher.next().await {
            events.push(serde_json::to_string(&event).unwrap());
        }
    };
    drop(timeout(Duration::from_millis(59_500), reading).await);
    events
}

/// What was told and what is played back, and the recording.
async fn both(answers: Vec<fn() -> Result<Response, Error>>) -> (Vec<String>, Vec<String>, String) {
    let (recorder, folder) = recorder(Turns(Mutex::new(0), answers));
    let told = minute(&client(recorder.clone())).await;
    recorder.finish().unwrap();
    let again = minute(&client(played(&folder))).await;
    (told, again, text(&folder))
}

const EMPTY: fn() -> Result<Response, Error> =
    || Ok(Response::ok(r#"{"now":1789417800,"type":"user","user_id":"4f2kx9","livestreams":[]}"#));

fn live(title: &str) -> Response {
    Response::ok(format!(
        r#"{{"now":1789417810,"type":"user","user_id":"4f2kx9","livestreams":[{{"id":"7c1f4q","title":"{title}","is_live":true}}]}}"#
    ))
}

#[tokio::test(start_paused = true)]
async fn odd_answers_are_played_back_as_what_they_were() {
    let answers: [fn() -> Result<Response, Error>; 8] = [
        || Ok(live(r"a \ud83d b")),
        || Ok(live("1").header(header::SET_COOKIE, HeaderValue::from_static("consent=true; Path=/"))),
        || {
            let mut body = vec![0xef, 0xbb, 0xbf];
            body.extend_from_slice(live("with a mark").body.as_bytes().unwrap());
            Ok(Response::ok(body))
        },
        || {
            let body = live("X").body.as_bytes().unwrap().iter().map(|byte| if *byte == b'X' { 0xff } else { *byte }).collect::<Vec<_>>();
            Ok(Response::ok(body))
        },
        || Ok(Response::ok("[".repeat(30_000) + &"]".repeat(30_000))),
        || Ok(Response::ok(Body::sized_stream(5 << 20, stream::pending()))),
        || Ok(Response::new(StatusCode::FORBIDDEN, "<!doctype html><title>Just a moment</title>")),
        || Err(Error::new(ErrorKind::Connect, "refused")),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let (told, again, _) = both(vec![EMPTY, answer, EMPTY]).await;
        assert!(told.len() > 1, "{number}: {told:?}");
        // The words for what cannot be read say where it breaks off, which is not recorded.
        let without_words =
            |events: Vec<String>| events.into_iter().map(|event| event.split("\"message\"").next().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(without_words(again), without_words(told), "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn words_of_a_transport_are_recorded_as_the_program_sees_them() {
    let (recorder, folder) =
        recorder(Turns(Mutex::new(0), vec![|| Err(Error::new(ErrorKind::Transport, "GET /PATHSECRET/api?key=k failed"))]));
    let client =
        Client::builder("https://proxy.example/PATHSECRET/api?key=KEYSECRET&more=QUERYSECRET").transport(recorder.clone()).build().unwrap();
    let error = client.snapshot().await.unwrap_err();
    recorder.finish().unwrap();
    let text = text(&folder);
    assert!(!text.contains("SECRET") && text.contains(&format!("{error:#}")), "{text}");
}

#[tokio::test(start_paused = true)]
async fn url_without_a_key_is_recorded_and_played() {
    let (recorder, folder) = recorder(Sim::running(1));
    let client = Client::builder("http://127.0.0.1/anything").transport(recorder.clone()).build().unwrap();
    client.snapshot().await.unwrap();
    recorder.finish().unwrap();
    let playback = played(&folder);
    let client = Client::builder(playback.api_url()).transport(playback).build().unwrap();
    client.snapshot().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn recording_does_not_cost_more_with_each_cookie() {
    let (recorder, folder) = recorder(Turns(
        Mutex::new(0),
        vec![|| {
            let cookie = format!("__cf_bm={:032x}; Path=/", fastrand::u128(..));
            Ok(live("1").header(header::SET_COOKIE, HeaderValue::from_str(&cookie).unwrap()))
        }],
    ));
    let client = client(recorder.clone());
    for _ in 0..300 {
        client.snapshot().await.unwrap();
    }
    recorder.finish().unwrap();
    assert!(!text(&folder).contains("__cf_bm"));
}

#[tokio::test(start_paused = true)]
async fn program_that_was_slow_gets_the_same_entries_when_it_is_quick() {
    let sim = Sim::running(3);
    sim.live(Activity { followers_per_second: 0.2, messages_per_second: 0.5, ..Activity::NONE });
    let (recorder, folder) = recorder(sim);
    let ids = async |client: Client, is_slow: bool| {
        let mut watcher = client.watch();
        let mut ids = Vec::new();
        let reading = async {
            while let Some(Ok(event)) = watcher.next().await {
                if let Some(id) = event.id() {
                    ids.push(id.to_string());
                    if is_slow && ids.len() % 100 == 0 {
                        sleep(Duration::from_secs(45)).await;
                    }
                }
            }
        };
        drop(timeout(Duration::from_millis(1_199_500), reading).await);
        ids
    };
    let told = ids(client(recorder.clone()), true).await;
    recorder.finish().unwrap();
    let again = ids(client(played(&folder)), false).await;
    assert!(told.len() > 500 && again.starts_with(&told), "{} {}", told.len(), again.len());
}

#[tokio::test(start_paused = true)]
async fn playback_that_is_recorded_has_the_same_jitter() {
    let (recorder, folder) = recorder(Sim::running(1));
    client(recorder.clone()).snapshot().await.unwrap();
    recorder.finish().unwrap();
    let (again, copy) = super::recorder(played(&folder));
    client(again.clone()).snapshot().await.unwrap();
    again.finish().unwrap();
    let drawn = |playback: rumble_live::record::Playback| [playback.random_seed(), playback.random_seed()];
    // The recorder has taken the first seed for itself.
    assert_eq!(drawn(played(&copy))[0], drawn(played(&folder))[0]);
}
