//! What a restart must not forget, whenever the bot is killed.

use std::{path::PathBuf, time::Duration};

use tempfile::TempDir;
use tokio::{
    runtime::Builder,
    task::{spawn_blocking, yield_now},
    time::sleep,
};

use crate::harbour::{Harbour, MODERATOR, VIEWER, seconds};

const CONFIG: &str = r#"
cool_down = 0
user_cool_down = 0
[commands.hi]
text = "hi {user}"
[commands.slow]
text = "slow for {user}"
cool_down = 300
[timers.follow]
text = "follow us"
every = 120
"#;

fn state() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    (folder, file)
}

#[tokio::test(start_paused = true)]
async fn bot_that_is_killed_at_any_moment_answers_nothing_twice_and_forgets_no_long_cool_down() {
    let mut counts = [0; 3];
    for moment in 0..60 {
        let (_folder, state) = state();
        let harbour = Harbour::open();
        let bot = harbour.bot(CONFIG, Some(&state)).await;
        seconds(10).await;
        for user in ["ada", "grace", "mia"] {
            harbour.say(user, "!hi");
        }
        harbour.say(VIEWER, "!slow");
        sleep(Duration::from_millis(250 * moment)).await;
        bot.kill(&state).await;
        let before = harbour.said().len();

        let bot = harbour.bot(CONFIG, Some(&state)).await;
        seconds(60).await;
        let said = harbour.said();
        let count = |text: &str| said.iter().filter(|line| *line == text).count();
        for text in ["hi ada", "hi grace", "hi mia", "slow for LanternLou"] {
            assert!(count(text) <= 1, "killed after {moment} quarters of a second: {said:?}");
        }
        counts[0] += usize::from(before == 0);
        counts[1] += usize::from(before > 0 && before < 4);
        counts[2] += usize::from(before == 4);

        let was_answered = count("slow for LanternLou") == 1;
        harbour.say("otto", "!slow");
        harbour.say("otto", "!hi");
        seconds(10).await;
        let said = harbour.said();
        assert!(said.contains(&"hi otto".to_owned()), "it works again");
        assert!(!(was_answered && said.contains(&"slow for otto".to_owned())), "the cool-down is forgotten: {said:?}");
        seconds(300).await;
        harbour.say("otto", "!slow");
        seconds(10).await;
        assert!(harbour.said().contains(&"slow for otto".to_owned()), "it is over now");
        bot.stop().await;
    }
    assert!(counts[1] > 5 && counts[2] > 5, "the test tries too little: {counts:?}");
}

#[test]
fn nothing_is_sent_before_the_disk_knows_of_it() {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (_folder, state) = state();
        let harbour = Harbour::open();
        let bot = harbour.bot(CONFIG, Some(&state)).await;
        seconds(10).await;
        // The disk is slow: the one thread that writes to it is busy.
        let (release, released) = std::sync::mpsc::channel::<()>();
        let busy = spawn_blocking(move || released.recv());
        harbour.say("ada", "!hi");
        for _ in 0..1000 {
            yield_now().await;
        }
        assert!(harbour.said().is_empty());
        release.send(()).unwrap();
        busy.await.unwrap().unwrap();
        while harbour.said().is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(std::fs::read_to_string(&state).unwrap().contains("@ada"));
        bot.stop().await;
    });
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_stored_is_not_said() {
    let (folder, state) = state();
    let harbour = Harbour::open();
    let bot = harbour.bot(CONFIG, Some(&state)).await;
    seconds(10).await;
    harbour.say("ada", "!hi");
    seconds(5).await;
    folder.close().unwrap();
    harbour.say("grace", "!hi");
    let error = bot.error().await;
    assert!(error.contains("state.json: cannot be saved"), "{error}");
    assert_eq!(harbour.said(), ["hi ada"]);
}

#[tokio::test(start_paused = true)]
async fn kill_switch_holds_across_a_restart_whenever_the_bot_is_killed() {
    for moment in 0..16 {
        let (_folder, state) = state();
        let harbour = Harbour::open();
        let bot = harbour.bot(CONFIG, Some(&state)).await;
        seconds(10).await;
        harbour.say(MODERATOR, "!quiet");
        sleep(Duration::from_millis(100 * moment)).await;
        bot.kill(&state).await;

        let bot = harbour.bot(CONFIG, Some(&state)).await;
        seconds(5).await;
        harbour.say(VIEWER, "!hi");
        harbour.say(VIEWER, "!speak");
        seconds(200).await;
        assert!(harbour.said().is_empty(), "killed after {moment} tenths of a second: {:?}", harbour.said());
        bot.stop().await;

        let bot = harbour.bot(CONFIG, Some(&state)).await;
        harbour.say(MODERATOR, "!speak");
        seconds(5).await;
        harbour.say(VIEWER, "!hi");
        seconds(10).await;
        let said = harbour.said();
        assert!(said.contains(&"@GraniteGwen I am back".to_owned()) && said.contains(&"hi LanternLou".to_owned()), "{said:?}");
        bot.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn tally_and_timers_go_on_after_a_restart() {
    let (_folder, state) = state();
    let harbour = Harbour::open();
    for _ in 0..6 {
        let bot = harbour.bot(CONFIG, Some(&state)).await;
        for _ in 0..10 {
            harbour.say(VIEWER, "what a view");
            seconds(5).await;
        }
        bot.kill(&state).await;
    }
    let bot = harbour.bot(CONFIG, Some(&state)).await;
    seconds(40).await;
    harbour.say(VIEWER, "!top");
    seconds(10).await;
    let said = harbour.said_at();
    assert_eq!(said.last().map(|(_, text)| text.as_str()), Some("@LanternLou most lines: LanternLou 61"));
    let timers: Vec<_> = said.iter().filter(|(_, text)| text == "follow us").map(|(at, _)| *at).collect();
    assert!(timers.len() >= 2 && timers.windows(2).all(|two| two[1] - two[0] >= 119), "{timers:?}");
    bot.stop().await;
}

#[tokio::test(start_paused = true)]
async fn commands_of_while_the_bot_was_down_are_answered_only_if_they_are_fresh() {
    let (_folder, state) = state();
    let harbour = Harbour::open();
    harbour.bot(CONFIG, Some(&state)).await.stop().await;
    harbour.say("ada", "!hi");
    seconds(60).await;
    harbour.say("grace", "!hi");
    seconds(2).await;
    let bot = harbour.bot(CONFIG, Some(&state)).await;
    seconds(60).await;
    assert_eq!(harbour.said(), ["hi grace"]);
    bot.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_heard_last_is_stored_when_the_bot_is_told_to_stop() {
    let (_folder, state) = state();
    let harbour = Harbour::open();
    let bot = harbour.bot(CONFIG, Some(&state)).await;
    seconds(10).await;
    harbour.say("ada", "good evening");
    sleep(Duration::from_millis(100)).await;
    assert!(!std::fs::read_to_string(&state).unwrap().contains("ada"));
    bot.stop().await;
    assert!(std::fs::read_to_string(&state).unwrap().contains("ada"));
}

#[tokio::test(start_paused = true)]
async fn damaged_state_is_named_and_left_as_it_is() {
    let (_folder, state) = state();
    std::fs::write(&state, "{\"version\":1,").unwrap();
    let harbour = Harbour::open();
    let error = harbour.start(commands::speaker::Voice::Print, CONFIG, Some(&state), None).error().await;
    assert!(error.contains("state.json") && error.contains("damaged"), "{error}");
    assert_eq!(std::fs::read(&state).unwrap(), b"{\"version\":1,");
}
