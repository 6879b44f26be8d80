//! Reads any bytes as a recording, and plays it to a watcher.

#![no_main]

use std::{env, fs, path::PathBuf, process, sync::LazyLock, time::Duration};

use libfuzzer_sys::fuzz_target;
use rumble_live::{Client, ErrorKind, record::Playback};
use tokio::{runtime::Builder, time::timeout};

/// One file for each process, written anew for each input.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| env::temp_dir().join(format!("rumble-live-fuzz-{}.jsonl", process::id())));
/// A recording may claim to last for years.
const MOST_POLLS: u64 = 500;
/// Longer than a watcher waits between two polls.
const MARGIN: Duration = Duration::from_secs(3600);
const LONGEST: Duration = Duration::from_secs(1 << 32);

fuzz_target!(|data: &[u8]| {
    fs::write(&*FILE, data).expect("the folder for temporary files can be written to");
    let playback = match Playback::open(&*FILE) {
        Ok(playback) => playback,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
            return;
        }
    };
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    let play = async {
        let client = Client::builder(playback.api_url()).transport(playback.clone()).build().expect("the URL of a playback is good");
        let mut watcher = client.watch_builder().live_chat(true).build();
        while let Some(item) = watcher.next().await {
            let Ok(event) = item else { break };
            serde_json::to_string(&event).expect("an event has a JSON form");
            assert!(!event.to_string().chars().any(char::is_control), "{event:?}");
            if watcher.polls() > MOST_POLLS {
                break;
            }
        }
    };
    // The end of a recording is final for a watcher.
    let length = playback.length().saturating_add(MARGIN).min(LONGEST);
    let played = runtime.block_on(async { timeout(length, play).await });
    assert!(played.is_ok() || length == LONGEST, "the watcher goes on after the end");
});
