//! Live chat through every way of reading a watcher: each line once, with the same id.

use std::{pin::pin, task::Poll, time::Duration};

use futures::{
    Stream, StreamExt,
    future::{join, join3, join5},
    poll,
};
use rumble_live::{
    Checkpoint, Client, Event, EventId, EventKind, Follower, GiftedSubs, Message, MessageDeleted, RaidReceived, RaidStarted, Rant, Reader,
    StreamId, Subscriber, SubscriptionNotice, UserMuted, Watcher, WatcherBuilder, Watchers,
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

/// All that comes within two minutes.
async fn all<T>(mut stream: impl Stream<Item = T> + Unpin) -> Vec<T> {
    let end = Instant::now() + Duration::from_secs(120);
    let mut items = Vec::new();
    while let Ok(Some(item)) = timeout_at(end, stream.next()).await {
        items.push(item);
    }
    items
}

/// All that a reader gets, as events.
async fn events<T: EventKind>(reader: Reader<T>) -> Vec<Event>
where
    Event: From<T>,
{
    all(reader.map(Event::from)).await
}

/// One of each that can happen, of lines also such as one source alone shows.
async fn happenings(sim: &Sim, stream: &StreamId) {
    sleep(Duration::from_secs(2)).await;
    sim.message(stream, "ada", "both show it");
    sim.message(stream, "ada", "both show it");
    sim.rant(stream, "bo", "both show it", 500);
    sim.follow("cy");
    sim.subscribe("dee", 500);
    sleep(Duration::from_secs(15)).await;
    sim.forget_in_polls(2);
    sim.message(stream, "ada", "only the chat shows it");
    sim.rant(stream, "bo", "only the chat shows it", 500);
    sleep(Duration::from_secs(15)).await;
    sim.forget_in_chat(2);
    sim.message(stream, "ada", "only polls show it");
    sim.rant(stream, "bo", "only polls show it", 500);
    sleep(Duration::from_secs(50)).await;
    sim.delete_message(stream, "ada", "only the chat shows it");
    sim.mute(stream, "ada");
    sim.raid(stream, "Night Owls", "https://rumble.com/v7c9aa1-night-owls.html");
    sim.raid_from(stream, "eve", "ahoy");
    sim.subscription_notice(stream, "dee", "6 month subscriber");
    sim.gift(stream, "fay", 5);
}

#[tokio::test(start_paused = true)]
async fn each_reader_of_a_feed_gets_all_of_its_kind_once() {
    let (sim, stream) = on_air();
    let feed = builder(&sim).build().spawn();
    let lines = join(events(feed.reader::<Message>()), events(feed.reader::<Rant>()));
    let account = join3(events(feed.reader::<Follower>()), events(feed.reader::<Subscriber>()), events(feed.reader::<GiftedSubs>()));
    let chat = join5(
        events(feed.reader::<MessageDeleted>()),
        events(feed.reader::<UserMuted>()),
        events(feed.reader::<RaidStarted>()),
        events(feed.reader::<RaidReceived>()),
        events(feed.reader::<SubscriptionNotice>()),
    );
    let (all, (messages, rants), (followers, subscribers, gifts), (deleted, muted, raids, raids_here, notices), ()) =
        tokio::join!(all(feed.events()), lines, account, chat, happenings(&sim, &stream));
    let readers = [
        ("message", messages, 4),
        ("rant", rants, 3),
        ("follower", followers, 1),
        ("subscriber", subscribers, 1),
        ("gifted_subs", gifts, 1),
        // The mute takes out what is left of hers.
        ("message_deleted", deleted, 2),
        ("user_muted", muted, 1),
        ("raid_started", raids, 1),
        ("raid_received", raids_here, 1),
        ("subscription_notice", notices, 1),
    ];
    for (kind, told, count) in readers {
        let of_kind: Vec<_> = all.iter().filter(|event| event.kind() == kind).cloned().collect();
        assert_eq!(told, of_kind, "{kind}");
        assert_eq!(told.len(), count, "{told:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn watcher_that_is_taken_out_of_many_goes_on_with_its_live_chat_and_those_that_are_dropped_close_theirs() {
    let accounts = [on_air(), on_air(), on_air()];
    let mut watchers = Watchers::new();
    for (number, (sim, _)) in accounts.iter().enumerate() {
        watchers.add(number, builder(sim).build());
    }
    all(&mut watchers).await;
    assert!(accounts.iter().all(|(sim, _)| (sim.open_chats(), sim.chat_requests()) == (1, 1)));
    let taken = watchers.remove(&1).unwrap();
    drop(watchers);
    assert_eq!(accounts.each_ref().map(|(sim, _)| sim.open_chats()), [0, 1, 0]);
    let (sim, stream) = &accounts[1];
    sim.message(stream, "ada", "after it was taken out");
    assert_eq!(all(taken.into_messages().map(|message| message.unwrap().text)).await, ["after it was taken out"]);
    assert_eq!((sim.open_chats(), sim.chat_requests()), (0, 1));
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
