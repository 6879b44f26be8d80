use rumble_live::{Amount, Author, StreamEnded};

use super::*;

const STREAM: &str = "7c1f4q";
/// When the livestream begins, in seconds of Unix time.
const START: i64 = 1_767_322_800;

const CONFIG: &str = r#"
cool_down = 5
user_cool_down = 15
[built_in.followers]
off = true
[built_in.top]
role = "subscriber"
cool_down = 0
user_cool_down = 0
[commands.hi]
text = "hi {user}"
[commands.slow]
text = "slow"
cool_down = 300
user_cool_down = 0
[commands.staff]
text = "staff"
role = "moderator"
[commands.boss]
text = "boss"
role = "owner"
user_cool_down = 0
[timers.follow]
text = "follow us"
every = 60
lines = 2
[thanks]
gifts = "{user} gifts {gifts}"
subscribers = "welcome {user}, {amount}"
[[thanks.rants]]
from = 20
text = "wow {amount} {user}"
[[thanks.rants]]
from = 1
text = "thanks {user}"
"#;

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(START + second).unwrap()
}

fn now(second: i64) -> Now {
    Now { at: at(second), followers: Some(412) }
}

fn bot_with(memory: Memory) -> Bot {
    let own = Own { user_id: "b0t".into(), username: Some("HarbourBot".into()) };
    Bot::new(Config::parse(CONFIG).unwrap(), Some(own), memory)
}

/// A bot in a livestream that has just begun.
fn bot() -> Bot {
    let mut bot = bot_with(Memory::default());
    bot.hear(&Event::Ready, &now(0));
    bot.hear(&StreamStarted::new(STREAM, at(0)).into(), &now(0));
    bot
}

fn line(second: i64, user: &str, text: &str) -> Message {
    Message::new(STREAM, user, text).with_created_on(at(second))
}

/// What the bot says to a line that it hears at once.
fn said(bot: &mut Bot, second: i64, user: &str, text: &str) -> Vec<String> {
    told(bot, &line(second, user, text), second)
}

fn by(bot: &mut Bot, second: i64, badge: &str, text: &str) -> Vec<String> {
    told(bot, &line(second, badge, text).with_badges([badge]), second)
}

fn told(bot: &mut Bot, message: &Message, second: i64) -> Vec<String> {
    texts(bot.hear(&message.clone().into(), &now(second)))
}

fn texts(deeds: Vec<Deed>) -> Vec<String> {
    let text = |deed| match deed {
        Deed::Say(say) => Some(say.text),
        Deed::Hush => Some("(hush)".to_owned()),
        Deed::Leave(_) | Deed::Pass(_) => None,
    };
    deeds.into_iter().filter_map(text).collect()
}

fn why(bot: &mut Bot, message: Message, second: i64) -> Option<Why> {
    bot.hear(&message.into(), &now(second)).into_iter().find_map(|deed| match deed {
        Deed::Pass(pass) => Some(pass.why),
        _ => None,
    })
}

#[test]
fn commands_are_answered_whatever_their_case_and_what_stands_behind_them() {
    let mut bot = bot();
    assert_eq!(said(&mut bot, 3725, "ada", "!uptime"), ["@ada live for 1 h 2 min"]);
    assert_eq!(said(&mut bot, 3740, "ada", " !HI there !uptime"), ["hi ada"]);
    assert_eq!(said(&mut bot, 3760, "ada", "!commands"), ["@ada !commands !hi !slow !uptime"]);
    for text in ["hi", "say !hi", "!", "! hi", "!hiya", "!followers", "hi!hi", "!hi?"] {
        assert!(said(&mut bot, 3800, "grace", text).is_empty(), "{text}");
    }
}

#[test]
fn uptime_counts_from_the_start_or_about_that_where_nobody_saw_it() {
    let mut bot = bot_with(Memory::default());
    let started = StreamStarted::new(STREAM, at(600)).with_already_live(true).with_created_on(at(0));
    bot.hear(&started.clone().into(), &now(600));
    assert_eq!(said(&mut bot, 630, "ada", "!uptime"), ["@ada live for about 10 min"]);
    // After a restart the start is reported again.
    let mut bot = bot_with(bot.memory().clone());
    bot.hear(&Event::Ready, &now(1000));
    bot.hear(&StreamStarted::new(STREAM, at(1000)).with_already_live(true).into(), &now(1000));
    assert_eq!(said(&mut bot, 1215, "ada", "!uptime"), ["@ada live for about 20 min"]);
}

#[test]
fn own_lines_trigger_nothing_and_are_not_counted() {
    let mut bot = bot();
    let mut as_channel = Author::new("Harbour Channel");
    as_channel.user_id = Some("b0t".into());
    let mut namesake = Author::new("HarbourBot");
    namesake.user_id = Some("an0ther".into());
    let own = [line(1, "HarbourBot", "!hi"), line(1, "Harbour Channel", "!quiet").with_author(as_channel).with_badges(["moderator"])];
    for message in own {
        assert!(bot.hear(&message.into(), &now(1)).is_empty());
    }
    assert_eq!(by(&mut bot, 1, "locals_supporter", "!top"), ["@locals_supporter most lines: locals_supporter 1"]);
    let by_namesake = line(2, "HarbourBot", "!hi").with_author(namesake);
    assert_eq!(told(&mut bot, &by_namesake, 2), ["hi HarbourBot"], "a channel may be called as the bot is");
}

#[test]
fn command_rests_and_user_waits() {
    let mut bot = bot();
    assert_eq!(said(&mut bot, 100, "ada", "!hi"), ["hi ada"]);
    assert_eq!(why(&mut bot, line(104, "grace", "!hi"), 104), Some(Why::CoolDown(1)));
    assert_eq!(said(&mut bot, 105, "grace", "!hi"), ["hi grace"]);
    assert_eq!(why(&mut bot, line(114, "ada", "!uptime"), 114), Some(Why::CoolDown(1)), "any other command as well");
    assert_eq!(said(&mut bot, 115, "ada", "!slow"), ["slow"]);
    assert_eq!(said(&mut bot, 115, "ada", "!hi"), ["hi ada"], "this one had none for its user");
    assert_eq!(why(&mut bot, line(414, "otto", "!slow"), 414), Some(Why::CoolDown(1)));
    assert_eq!(said(&mut bot, 415, "otto", "!slow"), ["slow"]);
}

#[test]
fn refused_command_begins_no_cool_down() {
    let mut bot = bot();
    assert_eq!(why(&mut bot, line(100, "ada", "!staff"), 100), Some(Why::NotAllowed));
    assert_eq!(why(&mut bot, line(70, "ada", "!hi"), 100), Some(Why::TooOld(30)));
    assert_eq!(said(&mut bot, 100, "ada", "!hi"), ["hi ada"]);
}

#[test]
fn roles_are_respected() {
    for (badge, allowed) in [
        ("premium", vec!["!hi"]),
        ("recurring_subscription", vec!["!hi", "!top"]),
        ("moderator", vec!["!hi", "!top", "!staff"]),
        ("admin", vec!["!hi", "!top", "!staff", "!boss"]),
    ] {
        for command in ["!hi", "!top", "!staff", "!boss"] {
            let is_answered = !by(&mut bot(), 10, badge, command).is_empty();
            assert_eq!(is_answered, allowed.contains(&command), "{badge} {command}");
        }
        let listed = by(&mut bot(), 10, badge, "!commands").concat();
        assert_eq!(listed.contains("!boss"), badge == "admin", "{listed}");
    }
}

#[test]
fn moderators_and_the_owner_hush_the_bot_and_nobody_else_does() {
    let mut bot = bot();
    assert_eq!(why(&mut bot, line(10, "ada", "!quiet"), 10), Some(Why::NotAllowed));
    assert!(bot.tick(&now(0)).is_empty(), "the timer begins to count");
    for second in 1..5 {
        said(&mut bot, second, "grace", "hello");
    }
    assert_eq!(by(&mut bot, 20, "moderator", "!quiet"), ["(hush)"]);
    assert_eq!(why(&mut bot, line(21, "ada", "!hi"), 21), Some(Why::Quiet));
    let paid: [Event; 3] = [
        Rant::new(STREAM, "ada", Amount::from_dollars(5), "").with_created_on(at(22)).into(),
        GiftedSubs::new("ada", 5).with_stream(&STREAM.into()).into(),
        Subscriber::new("ada", Amount::from_dollars(5)).with_subscribed_on(at(22)).into(),
    ];
    for event in paid {
        let deeds = bot.hear(&event, &now(22));
        assert!(matches!(&deeds[..], [Deed::Pass(Pass { why: Why::Quiet, .. })]), "{deeds:?}");
    }
    assert!(bot.tick(&now(500)).is_empty(), "the timer is due, and does not run");
    let mut bot = bot_with(bot.memory().clone());
    bot.hear(&Event::Ready, &now(1000));
    bot.hear(&StreamStarted::new(STREAM, at(1000)).with_already_live(true).into(), &now(1000));
    assert!(said(&mut bot, 1001, "ada", "!hi").is_empty(), "a restart does not end it");
    assert!(said(&mut bot, 1002, "ada", "!speak").is_empty());
    assert_eq!(by(&mut bot, 1003, "admin", "!speak"), ["@admin I am back"]);
    assert_eq!(said(&mut bot, 1004, "ada", "!hi"), ["hi ada"]);
}

#[test]
fn newest_word_of_a_moderator_holds_however_late_it_is_heard() {
    let mut bot = bot();
    assert_eq!(told(&mut bot, &line(10, "mia", "!quiet").with_badges(["moderator"]), 400), ["(hush)"]);
    let late = line(9, "mia", "!speak").with_badges(["moderator"]);
    assert!(told(&mut bot, &late, 401).is_empty());
    assert!(said(&mut bot, 402, "ada", "!hi").is_empty(), "it is still quiet");
    let newer = line(11, "mia", "!speak").with_badges(["moderator"]);
    assert!(told(&mut bot, &newer, 403).is_empty(), "too old to be answered, but it holds");
    assert_eq!(said(&mut bot, 404, "ada", "!hi"), ["hi ada"]);
}

#[test]
fn operator_and_moderators_hush_it_independently() {
    let mut bot = bot();
    assert_eq!(texts(bot.hush(true)), ["(hush)"]);
    assert!(bot.hush(true).is_empty());
    assert!(said(&mut bot, 10, "ada", "!hi").is_empty());
    assert!(by(&mut bot, 11, "moderator", "!speak").is_empty());
    assert!(said(&mut bot, 12, "ada", "!hi").is_empty());
    bot.hush(false);
    assert_eq!(said(&mut bot, 13, "ada", "!hi"), ["hi ada"]);
}

#[test]
fn line_of_long_ago_is_not_answered_but_counted() {
    let mut bot = bot();
    assert_eq!(why(&mut bot, line(79, "ada", "!hi"), 100), Some(Why::TooOld(21)));
    let deeds = bot.hear(&line(90, "ada", "!hi").into(), &now(100));
    assert!(matches!(&deeds[..], [Deed::Say(say)] if say.fresh_for == Duration::from_secs(10)), "{deeds:?}");
    assert_eq!(by(&mut bot, 100, "admin", "!top"), ["@admin most lines: ada 2, admin 1"]);
}

#[test]
fn what_waits_for_a_livestream_is_not_said_when_it_has_ended() {
    let mut bot = bot();
    let deeds = bot.hear(&StreamEnded::new(STREAM, at(20)).into(), &now(20));
    assert_eq!(deeds, [Deed::Leave(STREAM.into())]);
}

#[test]
fn nothing_is_answered_in_a_chat_that_is_not_live() {
    let mut bot = bot();
    assert!(texts(bot.hear(&Message::new("an0ther", "ada", "!hi").with_created_on(at(10)).into(), &now(10))).is_empty());
    bot.tick(&now(10));
    for second in 11..15 {
        said(&mut bot, second, "grace", "hello");
    }
    bot.hear(&StreamEnded::new(STREAM, at(20)).into(), &now(20));
    assert!(said(&mut bot, 21, "ada", "!hi").is_empty());
    assert!(texts(bot.tick(&now(1000))).is_empty());
    bot.hear(&StreamStarted::new(STREAM, at(1000)).into(), &now(1000));
    assert!(!by(&mut bot, 1001, "moderator", "!top").concat().contains("ada 1"), "what was said off air does not count");
    assert_eq!(said(&mut bot, 1002, "ada", "!hi"), ["hi ada"]);
}

#[test]
fn thanks_are_by_amount() {
    let mut bot = bot();
    let mut rant = |cents, user: &str| {
        let rant = Rant::new(STREAM, user, Amount::from_cents(cents), "for the boat").with_created_on(at(10));
        texts(bot.hear(&rant.into(), &now(12)))
    };
    assert!(rant(99, "ada").is_empty());
    assert_eq!(rant(100, "ada"), ["thanks ada"]);
    assert_eq!(rant(1999, "!uptime"), ["thanks !uptime"]);
    assert_eq!(rant(2000, ""), ["wow $20.00 Somebody"]);
    assert_eq!(
        by(&mut bot, 13, "admin", "!top"),
        ["@admin most lines: admin 1; greatest rants: Somebody $20.00, !uptime $19.99, ada $1.00"]
    );
}

#[test]
fn gifts_and_subscribers_are_thanked_in_the_chat_that_is_live() {
    let mut bot = bot();
    let mut tell = |event: Event| texts(bot.hear(&event, &now(10)));
    assert_eq!(tell(GiftedSubs::new("ada", 1).with_stream(&STREAM.into()).into()), ["ada gifts a subscription"]);
    assert_eq!(tell(GiftedSubs::new("ada", 20).into()), ["ada gifts 20 subscriptions"]);
    let subscriber = Subscriber::new("grace", Amount::from_dollars(5));
    assert_eq!(tell(subscriber.clone().with_subscribed_on(at(5)).into()), ["welcome grace, $5.00"]);
    assert!(tell(subscriber.clone().with_subscribed_on(at(-300)).into()).is_empty(), "while the bot was down for long");
    tell(StreamEnded::new(STREAM, at(10)).into());
    assert!(tell(subscriber.with_subscribed_on(at(5)).into()).is_empty());
    assert!(tell(GiftedSubs::new("ada", 20).into()).is_empty());
}

#[test]
fn timer_runs_while_live_and_after_enough_lines_of_others() {
    let mut bot = bot();
    assert!(texts(bot.tick(&now(0))).is_empty());
    said(&mut bot, 1, "ada", "hello");
    said(&mut bot, 2, "HarbourBot", "hello");
    assert!(texts(bot.tick(&now(60))).is_empty(), "one line is too little, and the bot's own do not count");
    said(&mut bot, 61, "ada", "hello");
    assert_eq!(texts(bot.tick(&now(61))), ["follow us"]);
    for second in 62..70 {
        said(&mut bot, second, "ada", "hello");
        assert!(texts(bot.tick(&now(second))).is_empty());
    }
    // A restart does not make it run again.
    let mut bot = bot_with(bot.memory().clone());
    bot.hear(&Event::Ready, &now(70));
    bot.hear(&StreamStarted::new(STREAM, at(70)).with_already_live(true).into(), &now(70));
    assert!(texts(bot.tick(&now(120))).is_empty());
    assert_eq!(texts(bot.tick(&now(121))), ["follow us"]);
}

#[test]
fn livestreams_that_are_over_are_forgotten_in_time() {
    let mut bot = bot();
    for number in 0..20 {
        let stream = format!("s{number}");
        bot.hear(&StreamStarted::new(stream.as_str(), at(number)).into(), &now(number));
        bot.hear(&StreamEnded::new(stream.as_str(), at(number)).into(), &now(number));
    }
    bot.tidy(at(100));
    assert_eq!(bot.memory().shows.len(), MOST_OVER + 1);
    assert!(bot.memory().shows.contains_key(STREAM) && bot.memory().shows.contains_key("s19"));
}

#[test]
fn memory_is_the_same_after_it_was_written_and_read() {
    let mut bot = bot();
    said(&mut bot, 10, "ada", "!slow");
    by(&mut bot, 12, "moderator", "!quiet");
    bot.tick(&now(20));
    let json = serde_json::to_string(bot.memory()).unwrap();
    assert_eq!(serde_json::from_str::<Memory>(&json).unwrap(), *bot.memory());
}
