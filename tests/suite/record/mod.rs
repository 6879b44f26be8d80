//! Recordings: what is in them, and what comes of playing them back.

mod odd;
mod playback;
mod secrets;

use std::{fs, path::Path, time::Duration};

use rumble_live::{
    Client, Error, ErrorKind, Transport,
    record::{Playback, Recorder},
};
use tokio::time::timeout;

const URL: &str = "https://rumble.com/-livestream-api/get-data?key=SECRETKEY";

fn client(transport: impl Transport) -> Client {
    Client::builder(URL).transport(transport).build().unwrap()
}

/// The events of a watcher with live chat, as JSON, until it ends or so much time is over.
async fn events(client: &Client, span: Duration) -> Vec<String> {
    let mut watcher = client.watch_builder().live_chat(true).build();
    let mut events = Vec::new();
    let reading = async {
        while let Some(event) = watcher.next().await {
            match event {
                Ok(event) => events.push(serde_json::to_string(&event).unwrap()),
                Err(error) => {
                    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Config, "the recording is over"));
                    break;
                }
            }
        }
    };
    // Where it ends by time, the request in flight is dropped.
    drop(timeout(span, reading).await);
    events
}

/// A recording that is written to a file, and the file.
fn recorder(transport: impl Transport) -> (Recorder, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::create(folder.path().join("evening.jsonl"), transport).unwrap();
    (recorder, folder)
}

fn text(folder: &tempfile::TempDir) -> String {
    fs::read_to_string(folder.path().join("evening.jsonl")).unwrap()
}

fn played(folder: &tempfile::TempDir) -> Playback {
    Playback::open(folder.path().join("evening.jsonl")).unwrap()
}

fn written(folder: &Path, bytes: &[u8]) -> Result<Playback, Error> {
    let path = folder.join("cut.jsonl");
    fs::write(&path, bytes).unwrap();
    Playback::open(path)
}
