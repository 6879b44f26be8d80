//! Which commands are answered: each once, as roles and cool-downs demand.

use commands::roles::Role;

use crate::harbour::{BOT, Harbour, MODERATOR, VIEWER, seconds};

/// Five commands; `c3` is for subscribers, `c4` for moderators.
const CONFIG: &str = r#"
cool_down = 12
user_cool_down = 40
[commands.c0]
text = "{user} gets c0"
[commands.c1]
text = "{user} gets c1"
cool_down = 30
[commands.c2]
text = "{user} gets c2"
user_cool_down = 90
[commands.c3]
text = "{user} gets c3"
role = "subscriber"
[commands.c4]
text = "{user} gets c4"
role = "moderator"
"#;

/// The same commands as rules, for a model that goes through everything that
/// was answered before.
const RULES: [(u64, u64, Role); 5] =
    [(12, 40, Role::Viewer), (30, 40, Role::Viewer), (12, 90, Role::Viewer), (12, 40, Role::Subscriber), (12, 40, Role::Moderator)];

#[derive(Default)]
struct Model {
    /// When, which command, and by whom.
    answered: Vec<(u64, usize, usize)>,
    not_allowed: usize,
    had_to_wait: usize,
}

impl Model {
    fn ask(&mut self, at: u64, user: usize, command: usize, role: Role) {
        let rests = |&&(then, which, _): &&(u64, usize, usize)| which == command && at - then < RULES[command].0;
        let waits = |&&(then, which, who): &&(u64, usize, usize)| who == user && at - then < RULES[which].1;
        if role < RULES[command].2 {
            self.not_allowed += 1;
        } else if self.answered.iter().find(rests).is_some() || self.answered.iter().find(waits).is_some() {
            self.had_to_wait += 1;
        } else {
            self.answered.push((at, command, user));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_commands_among_a_thousand_lines_are_answered_once_each_as_the_model_has_it() {
    let harbour = Harbour::open();
    let bot = harbour.bot(CONFIG, None).await;
    let users: Vec<_> = (0..30).map(|number| format!("sailor{number}")).collect();
    for user in &users {
        harbour.say(user, "good evening");
    }
    let roles: Vec<_> = users.iter().map(|user| Role::of(&harbour.badges(user))).collect();
    assert!([Role::Viewer, Role::Subscriber, Role::Moderator].iter().all(|role| roles.contains(role)), "{roles:?}");

    let mut random = fastrand::Rng::with_seed(5);
    let mut is_command: Vec<_> = (0..970).map(|line| line < 200).collect();
    random.shuffle(&mut is_command);
    let start = harbour.sim.now();
    let mut model = Model::default();
    for (line, is_command) in is_command.into_iter().enumerate() {
        seconds(random.u64(0..=3)).await;
        let (user, command) = (random.usize(..users.len()), random.usize(..5));
        if is_command {
            harbour.say(&users[user], &format!("!c{command}"));
            let at = (harbour.sim.now() - start).whole_seconds().unsigned_abs();
            model.ask(at, user, command, roles[user]);
        } else if line % 10 == 0 {
            harbour.say(BOT, &format!("!c{command}"));
        } else {
            harbour.say(&users[user], "what a view");
        }
    }
    seconds(60).await;
    bot.stop().await;

    let mut expected: Vec<_> = model.answered.iter().map(|(_, command, user)| format!("{} gets c{command}", users[*user])).collect();
    let mut said: Vec<_> = harbour.said().into_iter().filter(|text| !text.starts_with('!')).collect();
    expected.sort();
    said.sort();
    assert_eq!(said, expected);
    let counts = (model.answered.len(), model.not_allowed, model.had_to_wait);
    assert!(counts.0 > 50 && counts.1 > 20 && counts.2 > 20, "the test tries too little: {counts:?}");
}

#[tokio::test(start_paused = true)]
async fn no_command_is_answered_twice_while_polls_fail_and_the_chat_breaks() {
    let harbour = Harbour::open();
    let bot = harbour.bot("cool_down = 0\nuser_cool_down = 0\n[commands.hi]\ntext = \"hi {user}\"\n", None).await;
    let mut random = fastrand::Rng::with_seed(9);
    for number in 0..100 {
        harbour.say(&format!("sailor{number}"), "!hi");
        match random.u8(..8) {
            0 => harbour.sim.cut_chat(random.usize(..2000)),
            1 => harbour.sim.fail_next(502),
            2 => harbour.sim.freeze_chat(),
            3 => harbour.sim.forget_in_chat(1),
            4 => harbour.sim.forget_in_polls(1),
            _ => {}
        }
        seconds(random.u64(1..10)).await;
    }
    seconds(120).await;
    bot.stop().await;
    let said = harbour.said();
    for number in 0..100 {
        let count = said.iter().filter(|text| **text == format!("hi sailor{number}")).count();
        assert!(count <= 1, "sailor{number} was answered {count} times");
    }
    assert!(said.len() > 30, "only {} were answered", said.len());
}

#[tokio::test(start_paused = true)]
async fn lines_of_before_the_start_trigger_nothing() {
    let harbour = Harbour::open();
    harbour.say(VIEWER, "!uptime");
    harbour.say(MODERATOR, "!quiet");
    let bot = harbour.bot("", None).await;
    seconds(60).await;
    assert!(harbour.said().is_empty());
    harbour.say(VIEWER, "!uptime");
    seconds(5).await;
    assert_eq!(harbour.said().len(), 1);
    bot.stop().await;
}

#[tokio::test(start_paused = true)]
async fn commands_that_are_there_tell_what_the_account_shows() {
    let harbour = Harbour::open();
    for follower in ["ada", "grace", "mia"] {
        harbour.sim.follow(follower);
    }
    let bot = harbour.bot("user_cool_down = 0", None).await;
    harbour.sim.rant(&harbour.stream, "ada", "for the boat", 500);
    for text in ["hello", "!followers", "!top", "!commands", "!uptime"] {
        harbour.say(VIEWER, text);
        seconds(5).await;
    }
    let expected = [
        "@LanternLou 3 followers",
        "@LanternLou most lines: LanternLou 3; greatest rants: ada $5.00",
        "@LanternLou !commands !followers !top !uptime",
        "@LanternLou live for about less than a minute",
    ];
    assert_eq!(harbour.said(), expected);
    bot.stop().await;
}

#[tokio::test(start_paused = true)]
async fn each_rant_is_thanked_once_whether_polls_or_the_chat_or_both_show_it() {
    let harbour = Harbour::open();
    harbour.sim.rants_in_chat(true);
    let bot = harbour.bot("[[thanks.rants]]\nfrom = 1\ntext = \"thanks {user}\"\n", None).await;
    for number in 0..40 {
        match number % 4 {
            0 => harbour.sim.forget_in_chat(1),
            1 => harbour.sim.forget_in_polls(1),
            2 => harbour.sim.cut_chat(300),
            _ => {}
        }
        harbour.sim.rant(&harbour.stream, &format!("sailor{number}"), "for the boat", 500);
        seconds(10).await;
    }
    seconds(60).await;
    bot.stop().await;
    let mut said = harbour.said();
    let mut expected: Vec<_> = (0..40).map(|number| format!("thanks sailor{number}")).collect();
    said.sort();
    expected.sort();
    assert_eq!(said, expected);
}

#[tokio::test(start_paused = true)]
async fn timer_speaks_while_the_livestream_is_live_and_others_write() {
    let harbour = Harbour::open();
    let bot = harbour.bot("[timers.follow]\ntext = \"follow us\"\nevery = 60\nlines = 5\n", None).await;
    for _ in 0..60 {
        harbour.say(VIEWER, "what a view");
        seconds(10).await;
    }
    let said = harbour.said_at();
    assert!((8..=10).contains(&said.len()), "{said:?}");
    assert!(said.windows(2).all(|two| two[1].0 - two[0].0 >= 59), "{said:?}");
    // The last lines may be enough for one more text.
    seconds(100).await;
    let said = harbour.said();
    seconds(600).await;
    assert_eq!(harbour.said().len(), said.len(), "nobody writes");
    for _ in 0..10 {
        harbour.say(VIEWER, "still here");
    }
    seconds(5).await;
    assert_eq!(harbour.said().len(), said.len() + 1);
    for _ in 0..10 {
        harbour.say(VIEWER, "bye");
    }
    harbour.sim.end_stream(&harbour.stream);
    seconds(600).await;
    assert_eq!(harbour.said().len(), said.len() + 1, "it is over");
    bot.stop().await;
}
