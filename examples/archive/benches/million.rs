//! How long it takes to store a million events in `SQLite`, in polls of fifty,
//! how large the file is, and how long a report takes.
//!
//! It does what a real run does, except for the network: it writes each event
//! as JSON, and makes each poll its own transaction with a checkpoint. The
//! transaction is on the disk before the next poll begins.

use std::{env, fs, io, time::Instant};

use anyhow::Context as _;
use archive::{
    place::Place,
    report::{Builder, Days},
    row::{Clocks, Row},
    store::{self, Batch, Source, Store},
};
use rumble_live::{
    Amount, Client, Event, Follower, GiftedSubs, Message, Rant, StreamId, Subscriber,
    sim::{Activity, Sim},
};
use time::{Duration, OffsetDateTime};

const EVENTS: i64 = 1_000_000;
const A_POLL: i64 = 50;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(env::var_os("ARCHIVE_BENCH_FOLDER").map_or_else(env::temp_dir, Into::into))?;
    let file = folder.path().join("million.db");
    let (mut store, _) = Store::open(&Place::File(file.clone()), Source::Rumble).await?;
    let checkpoint = checkpoint().await?;
    println!("{EVENTS} events in polls of {A_POLL}, with a checkpoint of {} bytes each", checkpoint.len());
    let start = Instant::now();
    for poll in 0..EVENTS / A_POLL {
        let now = OffsetDateTime::from_unix_timestamp(1_767_322_800 + poll * 5)?;
        let clocks = Clocks { server: Some(now), machine: now };
        let rows = (0..A_POLL).map(|place| Row::new(&event(poll * A_POLL + place, now), clocks)).collect::<anyhow::Result<_>>()?;
        store.commit(&Batch::new(rows, Some(checkpoint.clone()))).await?;
    }
    let seconds = start.elapsed().as_secs_f64();
    anyhow::ensure!(store.head().events == EVENTS);
    drop(store);
    #[expect(clippy::cast_precision_loss, reason = "it is shown with no more digits")]
    let (rate, bytes) = (EVENTS as f64 / seconds, size(&file)? as f64 / 1e6);
    println!("{seconds:.1} s, {rate:.0} events a second; {bytes:.0} MB");
    let start = Instant::now();
    let mut report = Builder::new(Days::new(None, None, Some("Europe/Berlin"))?)?;
    store::read(&Place::File(file), report.span(), |row| report.take(row)).await?;
    println!("a report of {} days takes {:.1} s", report.finish().days.len(), start.elapsed().as_secs_f64());
    Ok(())
}

/// The checkpoint of a busy account.
async fn checkpoint() -> anyhow::Result<String> {
    let sim = Sim::new(42);
    sim.live(Activity { messages_per_second: 5.0, ..Activity::default() });
    sim.advance(std::time::Duration::from_secs(600));
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
    let mut watcher = client.watch();
    watcher.next_poll().await.transpose()?;
    Ok(watcher.checkpoint().context("the watcher knows nothing")?.to_json())
}

/// Of twenty events one is a rant, one a follower, now and then one a
/// subscriber or a gift. The rest are messages.
fn event(number: i64, now: OffsetDateTime) -> Event {
    let (stream, name) = (StreamId::from("7c1f4q"), format!("viewer{}", number * 7919 % 5000));
    let at = now + Duration::seconds(number % 5);
    match number % 100 {
        0 => Subscriber::new(name, Amount::from_dollars(5)).with_subscribed_on(at).into(),
        50 => GiftedSubs::new(format!("{name}-{number}"), 5).with_stream(&stream).into(),
        20 | 40 | 60 | 80 => Follower::new(format!("{name}-{number}")).with_followed_on(at).into(),
        10 | 30 | 55 | 70 | 90 => {
            Rant::new(stream, name, Amount::from_dollars(10), format!("for the boat fund, number {number}")).with_created_on(at).into()
        }
        _ => Message::new(stream, name, format!("what a view over the harbour tonight, {number}")).with_created_on(at).into(),
    }
}

fn size(file: &std::path::Path) -> io::Result<u64> {
    Ok(fs::metadata(file)?.len())
}
