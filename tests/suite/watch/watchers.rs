//! The watchers of many accounts in one set.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use futures::{FutureExt, StreamExt};
use rumble_live::{Checkpoint, Client, ErrorKind, Event, Watcher, Watchers, sim::Sim};
use tokio::time::{sleep, timeout};

use crate::server::{ENVELOPE, response};

fn client(sim: &Sim) -> Client {
    Client::builder("http://127.0.0.1/").transport(sim.clone()).build().unwrap()
}

fn watcher(sim: &Sim) -> Watcher {
    client(sim).watch_builder().interval(Duration::from_secs(10)).build()
}

/// All that comes within `span`, without what is no occurrence.
async fn heard<K: Clone + Eq + std::hash::Hash + Unpin>(watchers: &mut Watchers<K>, span: Duration) -> Vec<(K, String)> {
    let mut heard = Vec::new();
    let mut end = std::pin::pin!(sleep(span));
    loop {
        tokio::select! {
            biased;
            item = watchers.next() => {
                let Some((key, event)) = item else { end.as_mut().await; return heard };
                heard.extend(event.unwrap().username().map(|name| (key, name.to_owned())));
            }
            () = &mut end => return heard,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn thousand_accounts_that_come_and_go_each_tell_their_own_once() {
    let mut random = fastrand::Rng::with_seed(1000);
    let sims: Vec<Sim> = (0..1000).map(Sim::new).collect();
    let mut watchers = Watchers::new();
    let mut away: BTreeMap<usize, Watcher> = sims.iter().map(watcher).enumerate().collect();
    let mut happened: HashMap<usize, Vec<String>> = HashMap::new();
    let mut told: HashMap<usize, Vec<String>> = HashMap::new();
    for round in 0..40 {
        // At first all come, then some leave and some come back.
        for key in 0..sims.len() {
            if let Some(watcher) = away.remove(&key) {
                if round == 0 || random.u8(..) < 40 {
                    assert!(watchers.add(key, watcher).is_none());
                } else {
                    away.insert(key, watcher);
                }
            } else if random.u8(..) < 10 {
                away.insert(key, watchers.remove(&key).unwrap());
            }
        }
        assert_eq!(watchers.len() + away.len(), sims.len());
        for (key, name) in heard(&mut watchers, Duration::from_millis(u64::from(random.u16(1..9000)))).await {
            told.entry(key).or_default().push(name);
        }
        for _ in 0..500 {
            let key = random.usize(..sims.len());
            // Only what comes after a watcher is ready is news, so all were there in the first round.
            let name = format!("{key}-{round}-{}", random.u32(..));
            sims[key].advance(Duration::from_secs(1));
            sims[key].follow(&name);
            happened.entry(key).or_default().push(name);
        }
    }
    for (key, watcher) in away {
        watchers.add(key, watcher);
    }
    for (key, name) in heard(&mut watchers, Duration::from_secs(60)).await {
        told.entry(key).or_default().push(name);
    }
    assert!(happened.len() > 900);
    assert_eq!(told, happened);
}

#[tokio::test(start_paused = true)]
async fn next_that_is_dropped_again_and_again_loses_nothing() {
    let sims: Vec<Sim> = (0..20).map(Sim::new).collect();
    let mut watchers = Watchers::new();
    for (key, sim) in sims.iter().enumerate() {
        watchers.add(key, watcher(sim));
    }
    assert_eq!(heard(&mut watchers, Duration::from_secs(1)).await, []);
    for sim in &sims {
        sim.advance(Duration::from_secs(1));
        (0..20).for_each(|number| sim.follow(&format!("fan{number}")));
    }
    let mut told = 0;
    for _ in 0..3000 {
        if let Some(Some((_, event))) = watchers.next().now_or_never() {
            told += usize::from(event.unwrap().username().is_some());
        }
        if timeout(Duration::from_millis(10), std::future::pending::<()>()).await.is_ok() {
            unreachable!();
        }
    }
    assert_eq!(told, 400);
}

#[tokio::test(start_paused = true)]
async fn memory_of_one_key_is_what_was_handed_out_of_it() {
    let (sim, other) = (Sim::new(1), Sim::new(2));
    let mut watchers = Watchers::new();
    watchers.add("one", watcher(&sim));
    watchers.add("other", watcher(&other));
    assert!(watchers.checkpoint("one").is_none() && watchers.snapshot("one").is_none());
    heard(&mut watchers, Duration::from_secs(1)).await;
    sim.advance(Duration::from_secs(1));
    sim.follow("ada");
    sim.follow("bob");
    let (_, first) = watchers.next().await.unwrap();
    assert_eq!(first.unwrap().username(), Some("ada"));
    let checkpoint: Checkpoint = watchers.checkpoint("one").unwrap();
    assert_eq!(watchers.snapshot("one").unwrap().followers().recent.len(), 2);

    let mut resumed = client(&sim).watch_builder().resume(checkpoint).build();
    let told = [resumed.next().await, resumed.next().await].map(|event| event.unwrap().unwrap());
    assert_eq!((told[0].kind(), told[1].username()), ("ready", Some("bob")));
}

#[tokio::test(start_paused = true)]
async fn watcher_that_is_taken_out_goes_on_where_it_was() {
    let sim = Sim::new(1);
    let mut watchers = Watchers::new();
    watchers.add(7, watcher(&sim));
    assert_eq!(heard(&mut watchers, Duration::from_secs(1)).await, []);
    sim.advance(Duration::from_secs(1));
    sim.follow("ada");
    sim.follow("bob");
    assert_eq!(watchers.next().await.unwrap().1.unwrap().username(), Some("ada"));
    let mut taken = watchers.remove(&7).unwrap();
    assert!(watchers.is_empty() && watchers.next().await.is_none());
    assert_eq!(taken.next().await.unwrap().unwrap().username(), Some("bob"));
    assert!(watchers.add(7, taken).is_none());
    let replaced = watchers.add(7, watcher(&sim)).unwrap();
    assert_eq!(replaced.polls(), 2);
    assert_eq!(watchers.keys().collect::<Vec<_>>(), [&7]);
}

#[tokio::test(start_paused = true)]
async fn final_error_of_one_leaves_the_others_and_keeps_its_memory() {
    let (refused, well) = (Sim::new(1), Sim::new(2));
    refused.answer_next(response(401, ENVELOPE));
    let mut watchers = Watchers::new();
    watchers.add("refused", watcher(&refused));
    watchers.add("well", watcher(&well));
    let first_two: HashMap<_, _> = [watchers.next().await.unwrap(), watchers.next().await.unwrap()].into();
    assert_eq!(first_two["refused"].as_ref().unwrap_err().kind(), ErrorKind::Unauthorized);
    assert!(matches!(first_two["well"], Ok(Event::Ready)));
    well.advance(Duration::from_secs(1));
    well.follow("ada");
    assert_eq!(watchers.next().await.unwrap().1.unwrap().username(), Some("ada"));
    assert!(watchers.contains("refused"));
    watchers.remove("well");
    assert!(watchers.next().await.is_none(), "none goes on");
}

#[tokio::test(start_paused = true)]
async fn busy_account_takes_turns_with_calm_ones() {
    let (busy, calm) = (Sim::new(1), Sim::new(2));
    let mut watchers = Watchers::new();
    watchers.add("busy", watcher(&busy));
    watchers.add("calm", watcher(&calm));
    heard(&mut watchers, Duration::from_secs(1)).await;
    for sim in [&busy, &calm] {
        sim.advance(Duration::from_secs(1));
    }
    (0..40).for_each(|number| busy.follow(&format!("fan{number}")));
    calm.follow("ada");
    let told = watchers.by_ref().take(10).collect::<Vec<_>>().await;
    assert!(told.iter().any(|(key, _)| *key == "calm"));
}
