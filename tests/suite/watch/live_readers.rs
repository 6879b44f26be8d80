//! Live chat through every way of reading a watcher: each line once, with the same id.

use std::{pin::pin, task::Poll, time::Duration};

use futures::{StreamExt, future::join, poll};
use rumble_live::{
    Checkpoint, Client, Event, EventId, StreamId, Watcher, WatcherBuilder, Watchers,
    sim::{Activity, Sim},
};
use tokio::{
    task::yield_now,
    time::{Instant, advance, sleep, timeout, timeout_at},
};

/// A simulated account on air, in which nothing happens by itself.
fn on_air() -> (Sim, StreamId) {
    let sim = Sim::running(1);
    sim.live(Activity::NONE);
    let stream = sim.start_stream("Harbour lights");
    (sim, stream)
}

fn builder(sim: &Sim) -> WatcherBuilder {
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
    client.watch_builder().interval(Duration::from_secs(10)).live_chat(true)
}

/// Lines, rants and a break of the live chat, so that some only polls can tell.
async fn evening(sim: &Sim, stream: &StreamId) {
    for number in 0..40 {
        sim.message(stream, "ada", &format!("line {number}"));
        if number % 10 == 3 {
            sim.rant(stream, "bo", &format!("rant {number}"), 500);
        }
        match number {
            8 => sim.cut_chat(300),
            20 => sim.freeze_chat(),
            30 => sim.fail_chat_for(Duration::from_secs(20), 502),
            _ => {}
        }
        sleep(Duration::from_secs(3)).await;
    }
    sleep(Duration::from_secs(60)).await;
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_by_key(|text| text.split(' ').next_back().and_then(|number| number.parse::<u32>().ok()));
    texts
}

fn lines() -> Vec<String> {
    (0..40).map(|number| format!("line {number}")).collect()
}

fn rants() -> Vec<String> {
    [3, 13, 23, 33].map(|number| format!("rant {number}")).into()
}

#[tokio::test(start_paused = true)]
async fn typed_streams_tell_each_line_of_the_live_chat_once() {
    let (sim, stream) = on_air();
    let mut messages = builder(&sim).build().into_messages();
    let mut paid = builder(&sim).build().into_rants();
    assert!(timeout(Duration::from_secs(5), messages.next()).await.is_err() && timeout(Duration::from_secs(5), paid.next()).await.is_err());
    let (mut texts, mut paid_texts) = (Vec::new(), Vec::new());
    let read_messages = async {
        while let Some(message) = messages.next().await {
            texts.push(message.unwrap().text);
        }
    };
    let read_rants = async {
        while let Some(rant) = paid.next().await {
            paid_texts.push(rant.unwrap().text);
        }
    };
    tokio::select! {
        () = evening(&sim, &stream) => {}
        () = read_messages => {}
        () = read_rants => {}
    }
    assert_eq!((sorted(texts), sorted(paid_texts)), (lines(), rants()));
}

#[tokio::test(start_paused = true)]
async fn readers_of_a_feed_get_each_line_of_the_live_chat_once_and_its_checkpoint_goes_on() {
    let (sim, stream) = on_air();
    let feed = builder(&sim).build().spawn();
    let (messages, paid) = (feed.messages(), feed.rants());
    let told = async {
        let texts = messages.map(|message| message.text).collect::<Vec<_>>();
        let paid_texts = paid.map(|rant| rant.text).collect::<Vec<_>>();
        join(texts, paid_texts).await
    };
    let said = async {
        sleep(Duration::from_secs(5)).await;
        evening(&sim, &stream).await;
        feed.shutdown().await.unwrap().to_json()
    };
    let ((texts, paid_texts), checkpoint) = join(told, said).await;
    assert_eq!((sorted(texts), sorted(paid_texts)), (lines(), rants()));
    sim.message(&stream, "ada", "line 40");
    let resumed = builder(&sim).resume(Checkpoint::from_json(checkpoint.as_bytes()).unwrap()).build();
    let mut messages = resumed.into_messages();
    let next = timeout(Duration::from_secs(120), messages.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(next.text, "line 40");
    assert!(timeout(Duration::from_secs(120), messages.next()).await.is_err(), "nothing comes again");
}

#[tokio::test(start_paused = true)]
async fn watchers_tell_the_lines_of_each_live_chat_once() {
    let accounts = [on_air(), on_air(), on_air()];
    let mut watchers = Watchers::new();
    for (number, (sim, _)) in accounts.iter().enumerate() {
        assert!(watchers.add(number, builder(sim).build()).is_none());
    }
    let mut texts = [const { Vec::new() }; 3];
    let mut listen = async |seconds: u64, texts: &mut [Vec<String>; 3]| {
        let end = Instant::now() + Duration::from_secs(seconds);
        while let Ok(Some((number, event))) = timeout_at(end, watchers.next()).await {
            if let Event::Message(message) = event.unwrap() {
                texts[number].push(message.text);
            }
        }
    };
    listen(5, &mut texts).await;
    for number in 0..40 {
        for (account, (sim, stream)) in accounts.iter().enumerate() {
            sim.message(stream, "ada", &format!("line {number}"));
            if number == 10 * account {
                sim.freeze_chat();
            }
        }
        listen(2, &mut texts).await;
    }
    listen(120, &mut texts).await;
    for texts in texts {
        assert_eq!(sorted(texts), lines());
    }
}

#[tokio::test(start_paused = true)]
async fn future_that_is_dropped_after_each_poll_loses_no_line_of_the_live_chat() {
    let (sim, stream) = on_air();
    let mut watcher = builder(&sim).build();
    let mut texts = Vec::new();
    let mut listen = async |polls: u32, texts: &mut Vec<String>| {
        for _ in 0..polls {
            match poll!(pin!(watcher.next())) {
                Poll::Ready(Some(Ok(Event::Message(message)))) => texts.push(message.text),
                Poll::Ready(Some(Ok(Event::Rant(rant)))) => texts.push(rant.text),
                Poll::Ready(item) => assert!(item.unwrap().is_ok()),
                Poll::Pending => {
                    advance(Duration::from_millis(200)).await;
                    yield_now().await;
                }
            }
        }
    };
    listen(100, &mut texts).await;
    for number in 0..40 {
        sim.message(&stream, "ada", &format!("line {number}"));
        match number {
            8 => sim.cut_chat(200),
            20 => sim.freeze_chat(),
            _ => {}
        }
        listen(20, &mut texts).await;
    }
    listen(1000, &mut texts).await;
    assert_eq!(sorted(texts), lines());
}

/// The ids of all messages and rants of an evening.
async fn ids(sim: &Sim, stream: &StreamId, watcher: &mut Watcher) -> Vec<EventId> {
    let mut ids = Vec::new();
    let listen = async {
        while let Some(event) = watcher.next().await {
            let event = event.unwrap();
            if let Event::Message(_) | Event::Rant(_) = event {
                ids.extend(event.id());
            }
        }
    };
    tokio::select! {
        () = async { sleep(Duration::from_secs(5)).await; evening(sim, stream).await } => {}
        () = listen => {}
    }
    ids.sort();
    ids
}

#[tokio::test(start_paused = true)]
async fn ids_are_the_same_with_live_chat_and_without() {
    let mut both = Vec::new();
    for live_chat in [true, false] {
        let (sim, stream) = on_air();
        let mut watcher = builder(&sim).live_chat(live_chat).build();
        both.push(ids(&sim, &stream, &mut watcher).await);
    }
    assert_eq!(both[0].len(), 44);
    assert_eq!(both[0], both[1]);
}
