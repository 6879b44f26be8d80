//! A relay that is killed at any moment, under load.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::sleep;

use crate::{
    program::{Account, destination},
    receiver::{Act, Receiver, Seen},
};

const KILLS: usize = 25;
const DESTINATIONS: [(&str, &str, &str); 4] =
    [("a", "discord", ""), ("b", "slack", ""), ("c", "webhook", "secret_env = \"SECRET\""), ("d", "streamerbot", "action = \"Alert\"")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relay_that_is_killed_at_random_sends_each_event_and_twice_only_what_it_could_not_note() {
    let account = Account::serve().await;
    let mut random = fastrand::Rng::with_seed(7);
    let receiver = Receiver::start(move |_| match random.u8(..) {
        0..4 => Act::Cut,
        4..6 => Act::Answer(500),
        _ => Act::Answer(204),
    })
    .await;
    account.write("relay.toml", &DESTINATIONS.map(|(name, format, more)| destination(name, format, more)).concat());
    // Each process sends to its own paths, so that its repeats can be told from those of others.
    let set = |command: &mut tokio::process::Command, process: usize| {
        command.env("SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        for (name, ..) in DESTINATIONS {
            command.env(format!("URL_{}", name.to_uppercase()), receiver.url(&format!("{name}?{process}")));
        }
    };
    let mut random = fastrand::Rng::with_seed(11);
    let mut relay = account.relay(|command| set(command, 0)).await;
    let mut names = Vec::new();
    for kill in 0..KILLS {
        // A list of fifty cannot show more than fifty entries of one second.
        account.sim.advance(Duration::from_secs(1));
        for number in 0..8 {
            // Ends with a letter, so that no name is the beginning of another.
            let name = format!("viewer{kill}x{number}y");
            match number % 4 {
                0 => account.sim.follow(&name),
                1 => account.sim.subscribe(&name, 500),
                2 => account.sim.gift(&account.stream, &name, 5),
                _ => account.sim.rant(&account.stream, &name, "for the boat fund", 1000),
            }
            names.push(name);
        }
        sleep(Duration::from_millis(random.u64(0..300))).await;
        relay.process.kill().await.unwrap();
        // Kill it once more while it starts.
        let mut starting = account.command(&["--interval", "0.05"]);
        set(&mut starting, 2 * kill + 1);
        let mut starting = starting.spawn().unwrap();
        sleep(Duration::from_millis(random.u64(0..80))).await;
        starting.kill().await.unwrap();
        relay = account.relay(|command| set(command, 2 * kill + 2)).await;
    }
    let seen = receiver
        .until(|seen| {
            let taken: BTreeSet<_> = seen.iter().filter(|seen| seen.is_taken()).map(|seen| (to(seen), viewer(&seen.body))).collect();
            names.iter().all(|name| DESTINATIONS.iter().all(|(path, ..)| taken.contains(&(*path, name.as_str()))))
        })
        .await;
    assert!(relay.end_by("TERM").await.0.success());

    let taken_again = taken_again(&seen);
    // For each destination, at most one request is in flight, or answered and not noted yet. So the process after a kill repeats at most
    // one.
    assert!(taken_again.iter().all(|(path, count)| *count <= 1 && !path.ends_with("?0")), "{taken_again:?}");
    println!("{} requests for {} events, taken again: {taken_again:?}", seen.len(), names.len());
}

/// How often each process sent what its destination had already taken. The
/// bytes under one key are always the same.
fn taken_again(seen: &[Seen]) -> BTreeMap<&str, usize> {
    let (mut again, mut first, mut keys) = (BTreeMap::<&str, usize>::new(), BTreeMap::new(), BTreeMap::new());
    for one in seen {
        let (is_taken, body) = first.entry((to(one), one.key())).or_insert((false, &one.body));
        assert_eq!(*body, &one.body, "the same key has the same bytes");
        if *is_taken {
            *again.entry(&one.path).or_default() += 1;
        }
        *is_taken |= one.is_taken();
        let key = *keys.entry((to(one), viewer(&one.body))).or_insert(one.key());
        assert_eq!(key, one.key(), "an event has one key");
    }
    again
}

fn to(seen: &Seen) -> &str {
    seen.path.split('?').next().unwrap()
}

fn viewer(body: &str) -> &str {
    let name = &body[body.find("viewer").unwrap()..];
    &name[..=name.find('y').unwrap()]
}
