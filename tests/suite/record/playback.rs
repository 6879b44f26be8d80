//! What is played back is what was.

use std::time::Duration;

use rumble_live::{
    BoxFuture, Client, Error, ErrorKind, Event, Request, Response, StreamId, Transport,
    chat::{Chat, ChatEvent},
    http::{HeaderValue, StatusCode, header},
    record::{Playback, Recorder},
    sim::{Activity, Sim},
};
use tokio::time::{Instant, sleep};

use super::{client, events, played, recorder, text, written};

/// With the first difference alone, if there is one.
#[track_caller]
fn assert_same(again: &[String], told: &[String]) {
    let differing = again.iter().zip(told).position(|(again, told)| again != told);
    if let Some(place) = differing {
        panic!("event {place} of {}:\n{}\n{}", told.len(), told[place], again[place]);
    }
    assert_eq!(again.len(), told.len());
}

const HOUR: Duration = Duration::from_secs(3600);

/// A live account, and sixty faults in an hour.
async fn sixty_faults(sim: &Sim) {
    for minute in 0..60 {
        sleep(Duration::from_secs(60)).await;
        match minute % 10 {
            0 => sim.fail_next(502),
            1 => sim.cut_chat(200),
            2 => sim.break_next(),
            3 => sim.answer_next(Response::ok("<html>Just a moment</html>")),
            4 => sim.fail_chat_next(503),
            5 => sim.answer_next(Response::ok(r#"{"now": 17"#)),
            6 => sim.break_for(Duration::from_secs(30)),
            7 => sim.freeze_chat(),
            8 => {
                let busy = Response::new(StatusCode::TOO_MANY_REQUESTS, "");
                sim.answer_next(busy.header(header::RETRY_AFTER, HeaderValue::from_static("45")));
            }
            _ => sim.answer_next(Response::ok(" ".repeat(5 << 20))),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn hour_with_sixty_faults_is_played_back_with_the_same_events() {
    let sim = Sim::running(7);
    sim.live(Activity::default());
    let (recorder, folder) = recorder(sim.clone());
    let faults = tokio::spawn({
        let sim = sim.clone();
        async move { sixty_faults(&sim).await }
    });
    let told = events(&client(recorder.clone()), HOUR + Duration::from_millis(500)).await;
    faults.abort();
    recorder.finish().unwrap();
    assert!(told.len() > 1000, "{}", told.len());
    for _ in 0..2 {
        let start = Instant::now();
        let playback = played(&folder);
        let again = events(&client(playback.clone()), 2 * HOUR).await;
        assert!(playback.is_over());
        assert_same(&again, &told);
        assert!(start.elapsed() >= Duration::from_secs(3540));
    }
}

#[tokio::test(start_paused = true)]
async fn answers_come_no_sooner_than_they_did() {
    let sim = Sim::running(1);
    sim.live(Activity::NONE);
    let stream = sim.start_stream("Harbour lights");
    let (recorder, folder) = recorder(sim.clone());
    let texts = async |mut chat: Chat| {
        let (start, mut texts) = (Instant::now(), Vec::new());
        while let Some(Ok(event)) = chat.next().await {
            if let ChatEvent::Message(message) = event {
                texts.push((message.text, start.elapsed().as_secs()));
            }
        }
        texts
    };
    let chat = Chat::builder(&stream).transport(recorder.clone()).open();
    let script = async {
        for number in 0..5 {
            sleep(Duration::from_secs(7)).await;
            sim.message(&stream, "ada", &number.to_string());
        }
        sleep(Duration::from_secs(3)).await;
        sim.end_stream(&stream);
    };
    let (told, ()) = futures::join!(texts(chat), script);
    recorder.finish().unwrap();
    assert_eq!(told.last().unwrap(), &("4".to_owned(), 35));
    let again = texts(Chat::builder(&stream).transport(played(&folder)).open()).await;
    assert_eq!(again, told);
}

/// A short recording, and the events that it gives.
async fn short() -> (String, Vec<String>) {
    let sim = Sim::running(3);
    sim.live(Activity::default());
    let (recorder, folder) = recorder(sim.clone());
    let told = events(&client(recorder.clone()), Duration::from_millis(44_500)).await;
    recorder.finish().unwrap();
    (text(&folder), told)
}

#[tokio::test(start_paused = true)]
async fn recording_that_is_cut_at_any_byte_plays_to_its_last_whole_line() {
    let (whole, told) = short().await;
    let folder = tempfile::tempdir().unwrap();
    let first = whole.find('\n').unwrap();
    let (mut lines, mut most) = (usize::MAX, 0);
    for length in 0..=whole.len() {
        // Cutting costs most; all bytes of the first line and around each end of a line show all there is, and some in between.
        let is_near_an_end = whole.as_bytes()[length.saturating_sub(2)..(length + 2).min(whole.len())].contains(&b'\n');
        if length > first && !is_near_an_end && length % 97 != 0 {
            continue;
        }
        let outcome = written(folder.path(), &whole.as_bytes()[..length]);
        if length <= first {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Config);
            continue;
        }
        let playback = outcome.unwrap();
        let whole_lines = whole.as_bytes()[..length].split(|byte| *byte == b'\n').count();
        if whole_lines == lines {
            continue;
        }
        lines = whole_lines;
        let again = events(&client(playback), HOUR).await;
        assert!(told.starts_with(&again) && again.len() >= most, "{length}");
        most = again.len();
    }
    assert_same(&events(&client(written(folder.path(), whole.as_bytes()).unwrap()), HOUR).await, &told);
}

#[tokio::test(start_paused = true)]
async fn line_that_cannot_be_read_is_named() {
    let (whole, _) = short().await;
    let folder = tempfile::tempdir().unwrap();
    let mut lines: Vec<&str> = whole.lines().collect();
    for broken in ["oops", "{\"at\":0,\"exchange\":1,\"note\":\"e\u{7f}nd\"}"] {
        lines[2] = broken;
        let error = written(folder.path(), format!("{}\n", lines.join("\n")).as_bytes()).unwrap_err().to_string();
        assert!(error.contains("line 3 of the recording cannot be read"), "{error}");
        assert!(!error.contains(char::is_control), "{error:?}");
    }
    for (bytes, why) in [
        (&b""[..], "this is not a recording"),
        (b"{}\n", "this is not a recording"),
        (b"{\"recording\":2,\"by\":\"x\",\"seed\":1,\"is_local\":true}\n", "has version 2"),
    ] {
        let error = written(folder.path(), bytes).unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains(why), "{error}");
    }
    assert!(Playback::open(folder.path().join("missing")).unwrap_err().to_string().contains("missing"));
}

#[tokio::test(start_paused = true)]
async fn first_version_is_read_as_ever() {
    let playback = Playback::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/fixtures/recording-1.jsonl")).unwrap();
    assert!(!playback.is_local());
    let kinds: Vec<String> = events(&client(playback), HOUR).await;
    let expected = include_str!("../fixtures/recording-1-events.jsonl");
    assert_eq!(kinds.join("\n") + "\n", expected);
}

/// By their keys.
struct TwoAccounts(Sim, Sim);

impl Transport for TwoAccounts {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let account = if request.url.expose().contains("first") { &self.0 } else { &self.1 };
        account.send(request)
    }
}

#[tokio::test(start_paused = true)]
async fn accounts_are_told_apart_by_the_order_in_which_they_are_asked_about() {
    let (recorder, folder) = recorder(TwoAccounts(Sim::running(1), Sim::running(2)));
    let clients = ["first", "second"].map(|key| {
        let url = format!("http://127.0.0.1/-livestream-api/get-data?key={key}");
        Client::builder(url).transport(recorder.clone()).build().unwrap()
    });
    let [one, two] = clients;
    let names = [one.snapshot().await.unwrap(), two.snapshot().await.unwrap()].map(|snapshot| snapshot.account().user_id.clone());
    recorder.finish().unwrap();
    let playback = played(&folder);
    assert!(playback.is_local() && !text(&folder).contains("key=") && names[0] != names[1]);
    for (number, name) in names.iter().enumerate() {
        let url = format!("https://rumble.com/-livestream-api/get-data?key={number}");
        let client = Client::builder(url).transport(playback.clone()).build().unwrap();
        assert_eq!(client.snapshot().await.unwrap().account().user_id, *name);
    }
}

#[tokio::test(start_paused = true)]
async fn disk_that_is_full_ends_the_recording_and_not_the_program() {
    let path = "/dev/full";
    if !std::path::Path::new(path).exists() {
        return;
    }
    let recorder = Recorder::create(path, Sim::running(1)).unwrap();
    let client = client(recorder.clone());
    for _ in 0..3 {
        client.snapshot().await.unwrap();
    }
    let error = recorder.finish().unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("/dev/full"), "{error}");
    client.snapshot().await.unwrap();
    assert!(Recorder::create("/no/such/folder/file", Sim::running(1)).is_err());
}

#[tokio::test(start_paused = true)]
async fn speed_changes_how_long_it_takes_and_not_what_comes() {
    let (whole, told) = short().await;
    let folder = tempfile::tempdir().unwrap();
    for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(written(folder.path(), whole.as_bytes()).unwrap().speed(speed).unwrap_err().kind(), ErrorKind::Config);
    }
    let start = std::time::Instant::now();
    let playback = written(folder.path(), whole.as_bytes()).unwrap().speed(90.0).unwrap();
    assert_same(&events(&client(playback), HOUR).await, &told);
    assert!(start.elapsed() >= Duration::from_millis(400));
}

#[tokio::test(start_paused = true)]
async fn what_was_not_recorded_waits_for_the_end_and_is_over() {
    let (whole, _) = short().await;
    let folder = tempfile::tempdir().unwrap();
    let playback = written(folder.path(), whole.as_bytes()).unwrap();
    let client = client(playback.clone());
    client.snapshot().await.unwrap();
    let start = Instant::now();
    let mut chat = Chat::builder(StreamId::from("zzz")).transport(playback.clone()).open();
    let error = loop {
        // It gives up after a while and asks again, as it would of a server.
        if let Err(error) = chat.next().await.unwrap() {
            break error;
        }
    };
    assert_eq!(error.to_string(), "the recording is over");
    assert!(start.elapsed() > Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn client_of_a_playback_is_as_patient_as_it_was() {
    let sim = Sim::running(1);
    for (url, is_local) in [("http://127.0.0.1/?key=any", true), (super::URL, false)] {
        let (recorder, folder) = recorder(sim.clone());
        let client = Client::builder(url).transport(recorder.clone()).build().unwrap();
        client.snapshot().await.unwrap();
        recorder.finish().unwrap();
        let playback = played(&folder);
        assert_eq!((playback.is_local(), playback.api_url().starts_with("http://127.0.0.1")), (is_local, is_local));
        let mut watcher = Client::builder(playback.api_url()).transport(playback).build().unwrap().watch();
        assert_eq!(watcher.next().await.unwrap().unwrap(), Event::Ready);
    }
}
