//! How the bot speaks: at most once, not too late, and without delaying what it
//! hears.

use std::time::Duration;

use commands::speaker::Voice;
use rumble_live::{
    Response,
    http::{StatusCode, header},
    session::Session,
    sim::Loss,
};
use tokio::time::timeout;

use crate::harbour::{BOT, Harbour, MODERATOR, VIEWER, seconds};

const CONFIG: &str = "cool_down = 0\nuser_cool_down = 0\n[commands.hi]\ntext = \"hi {user}\"\n";

#[tokio::test(start_paused = true)]
async fn lost_answer_is_not_sent_again_and_the_bot_goes_on() {
    for loss in [Loss::Before, Loss::After, Loss::Within(0), Loss::Within(10), Loss::Silence] {
        let harbour = Harbour::open();
        let bot = harbour.bot(CONFIG, None).await;
        harbour.sim.lose_session_answer_next(loss);
        harbour.say("ada", "!hi");
        seconds(120).await;
        assert_eq!(harbour.sim.times_posted("hi ada"), 1, "{loss:?}");
        harbour.say("grace", "!hi");
        seconds(10).await;
        assert_eq!(harbour.said().last().map(String::as_str), Some("hi grace"), "{loss:?}");
        bot.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn refused_line_is_dropped_and_the_bot_goes_on() {
    let harbour = Harbour::open();
    let bot = harbour.bot(CONFIG, None).await;
    harbour.sim.refuse_session_next("Subscribers only");
    harbour.say("ada", "!hi");
    seconds(60).await;
    harbour.say("grace", "!hi");
    seconds(10).await;
    assert_eq!((harbour.said(), harbour.sim.times_posted("hi ada")), (vec!["hi grace".to_owned()], 1));
    bot.stop().await;
}

#[tokio::test(start_paused = true)]
async fn bot_that_is_too_quick_for_the_chat_rests_as_long_as_it_is_asked_to() {
    let harbour = Harbour::open();
    let bot = harbour.bot(CONFIG, None).await;
    let wait = "30".parse().unwrap();
    harbour.sim.answer_session_next(Response::new(StatusCode::TOO_MANY_REQUESTS, "").header(header::RETRY_AFTER, wait));
    harbour.say("ada", "!hi");
    seconds(1).await;
    harbour.say("grace", "!hi");
    seconds(24).await;
    harbour.say("mia", "!hi");
    seconds(4).await;
    assert!(harbour.said().is_empty());
    seconds(20).await;
    assert_eq!(harbour.said(), ["hi mia"], "that of grace is too old by then");
    assert_eq!(harbour.sim.times_posted("hi ada"), 1);
    bot.stop().await;
}

#[tokio::test(start_paused = true)]
async fn answer_that_is_too_old_after_a_send_that_was_stuck_is_not_said() {
    let harbour = Harbour::open();
    let bot = harbour.bot(CONFIG, None).await;
    harbour.sim.lose_session_answer_next(Loss::Silence);
    harbour.say("ada", "!hi");
    seconds(1).await;
    harbour.say("grace", "!hi");
    seconds(9).await;
    harbour.say("mia", "!hi");
    seconds(60).await;
    assert_eq!(harbour.said(), ["hi ada", "hi mia"]);
    bot.stop().await;
}

#[tokio::test(start_paused = true)]
async fn burst_is_answered_three_seconds_apart_and_what_is_too_late_is_not() {
    let harbour = Harbour::open();
    let bot = harbour.bot(CONFIG, None).await;
    for number in 0..30 {
        harbour.say(&format!("sailor{number}"), "!hi");
    }
    seconds(120).await;
    let said = harbour.said_at();
    let texts: Vec<_> = said.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, (0..7).map(|number| format!("hi sailor{number}")).collect::<Vec<_>>(), "those of the first 20 s, in order");
    assert!(said.windows(2).all(|two| two[1].0 - two[0].0 >= 3), "{said:?}");
    harbour.say("ada", "!hi");
    seconds(5).await;
    assert_eq!(harbour.said().last().map(String::as_str), Some("hi ada"), "it has not fallen behind");
    bot.stop().await;
}

#[tokio::test(start_paused = true)]
async fn send_that_is_stuck_holds_up_neither_hearing_nor_the_kill_switch() {
    let harbour = Harbour::open();
    let mut bot = harbour.bot(CONFIG, None).await;
    harbour.sim.lose_session_answer_next(Loss::Silence);
    harbour.say("ada", "!hi");
    // No answer comes for 20 seconds. After that, this answer would still be fresh.
    seconds(10).await;
    harbour.say("grace", "!hi");
    harbour.say(MODERATOR, "!quiet");
    seconds(1).await;
    let mut heard = Vec::new();
    while let Ok(line) = bot.lines.try_recv() {
        heard.push(line);
    }
    assert_eq!(heard.len(), 3, "{heard:?}");
    seconds(120).await;
    assert_eq!(harbour.said(), ["hi ada"], "what waited is forgotten");
    bot.stop().await;
}

#[tokio::test(start_paused = true)]
async fn bot_whose_session_is_over_ends_and_says_so() {
    let harbour = Harbour::open();
    let bot = harbour.bot(CONFIG, None).await;
    harbour.sim.end_sessions(BOT);
    harbour.say("ada", "!hi");
    let error = timeout(Duration::from_secs(60), bot.error()).await.unwrap();
    assert!(error.contains("the bot can speak no more"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn without_a_session_it_prints_what_it_would_say() {
    let harbour = Harbour::open();
    let mut bot = harbour.start(Voice::Print, CONFIG, None, None);
    seconds(5).await;
    harbour.say("ada", "!hi");
    seconds(5).await;
    let lines: Vec<_> = std::iter::from_fn(|| bot.lines.try_recv().ok()).collect();
    assert!(lines[0].ends_with("ada: !hi") && lines[1].ends_with("> would say: hi ada") && lines.len() == 2, "{lines:?}");
    assert_eq!((harbour.said().len(), harbour.sim.session_requests()), (0, 0));
    bot.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_said_while_the_quiet_file_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("quiet");
    std::fs::write(&file, "").unwrap();
    let harbour = Harbour::open();
    let session = Session::builder().transport(harbour.sim.clone()).build(harbour.sim.session(BOT)).unwrap();
    let bot = harbour.start(Voice::Session(session), CONFIG, None, Some(&file));
    seconds(10).await;
    harbour.say("ada", "!hi");
    seconds(10).await;
    assert!(harbour.said().is_empty());
    std::fs::remove_file(&file).unwrap();
    seconds(2).await;
    harbour.say("grace", "!hi");
    seconds(1).await;
    harbour.say(VIEWER, "!hi");
    std::fs::write(&file, "").unwrap();
    seconds(60).await;
    assert_eq!(harbour.said(), ["hi grace"], "the file takes back what waits");
    bot.stop().await;
}
