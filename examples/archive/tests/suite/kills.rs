//! An archive that is killed at random while twenty things a second happen.

use std::time::Duration;

use tokio::{
    task::{JoinHandle, block_in_place},
    time::{MissedTickBehavior, interval, sleep},
};

use crate::{
    postgres::Server,
    program::{Account, Database, Program, file, recording},
    truth::{assert_is_whole, wait_until_stored},
};

/// Twenty things a second, some of them equal, until it is aborted.
pub(crate) fn happen(account: &Account) -> JoinHandle<()> {
    let (sim, stream) = (account.sim.clone(), account.stream.clone());
    tokio::spawn(async move {
        let mut ticks = interval(Duration::from_millis(50));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for number in 0_u64.. {
            ticks.tick().await;
            let name = format!("sailor{number}");
            match number % 6 {
                0 => sim.follow(&name),
                1 => sim.subscribe(&name, 500),
                2 => sim.gift(&stream, &name, 1 + number % 20),
                3 => sim.rant(&stream, &name, "for the boat fund", 1000),
                4 => sim.message(&stream, &name, "what a view"),
                _ => sim.message(&stream, "ada", "ahoy"),
            }
        }
    })
}

/// Kills it so many times, each time after at most so many milliseconds.
/// Returns what it has printed.
async fn kill_again_and_again(account: &Account, database: &Database, arguments: &[&str], kills: usize, longest: u64) -> String {
    let start = || Program::start(&mut recording(account, database, arguments));
    let mut program = start();
    block_in_place(|| program.line("stored"));
    let happening = happen(account);
    let mut said = String::new();
    for _ in 0..kills {
        sleep(Duration::from_millis(fastrand::u64(20..longest))).await;
        said += &block_in_place(|| program.kill());
        program = start();
    }
    block_in_place(|| program.line("recording to"));
    sleep(Duration::from_millis(longest)).await;
    happening.abort();
    said + &block_in_place(|| program.end())
}

/// The next run stores what the last one did not, and then the archive is
/// complete.
async fn catch_up(account: &Account, database: &Database, server: Option<&Server>, arguments: &[&str], said: &str) {
    let mut program = Program::start(&mut recording(account, database, arguments));
    // Before this line it does not listen to signals.
    block_in_place(|| program.line("recording to"));
    wait_until_stored(&account.sim, database, server).await;
    let said = said.to_owned() + &block_in_place(|| program.end());
    assert_is_whole(&account.sim, database, server).await;
    assert!(!said.contains("already"), "the checkpoint lagged behind the events: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_that_is_killed_fifty_times_under_twenty_events_a_second_misses_nothing_and_has_nothing_twice() {
    let account = Account::serve().await;
    let (_folder, database) = file();
    let said = kill_again_and_again(&account, &database, &["--polls-only"], 50, 900).await;
    catch_up(&account, &database, None, &["--polls-only"], &said).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_that_hears_the_live_chat_is_killed_and_misses_nothing_and_has_nothing_twice() {
    let account = Account::serve().await;
    let (_folder, database) = file();
    let said = kill_again_and_again(&account, &database, &[], 15, 900).await;
    catch_up(&account, &database, None, &[], &said).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_in_postgresql_misses_nothing_and_has_nothing_twice_though_it_and_the_server_are_killed() {
    let Some(server) = Server::start() else { return };
    let account = Account::serve().await;
    let database = server.database();
    let mut said = kill_again_and_again(&account, &database, &["--polls-only"], 12, 1200).await;

    let mut program = Program::start(&mut recording(&account, &database, &["--polls-only"]));
    let happening = happen(&account);
    for _ in 0..3 {
        block_in_place(|| {
            program.line("stored");
            server.crash();
            program.line("not stored yet");
            server.start_again();
            program.line("stored after");
        });
    }
    happening.abort();
    said += &block_in_place(|| program.end());
    catch_up(&account, &database, Some(&server), &["--polls-only"], &said).await;
}
