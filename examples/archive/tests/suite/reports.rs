//! Reports, compared with those that SQL makes from the same rows.

use std::{
    env,
    fs::{self, File},
    io::BufReader,
    path::Path,
    process::{Command, Stdio},
};

use archive::{
    place::Place,
    report::Days,
    row::{Clocks, Row},
    store::{Batch, Source, Store},
};
use jiff::civil::{Date, date};
use rumble_live::{
    Amount, Event, Follower, Gap, GiftedSubs, ListKind, Message, Rant, StreamEnded, StreamStarted, StreamUpdated, Subscriber,
};
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use tokio::task::block_in_place;

use crate::{
    postgres::{Server, url},
    program::{Database, command, file, run},
};

/// Zones with odd days: an hour more or less, half an hour, no midnight, and a
/// day that never was; each with a moment near by.
const ZONES: [(&str, i64); 7] = [
    ("UTC", 1_767_322_800),
    ("Europe/Berlin", 1_774_746_000),
    ("America/New_York", 1_793_512_800),
    ("Australia/Lord_Howe", 1_775_314_800),
    ("America/Havana", 1_772_946_000),
    ("Asia/Kathmandu", 1_767_322_800),
    ("Pacific/Apia", 1_325_239_200),
];
const NAMES: [&str; 10] = [
    "ada",
    "",
    "Żurawina",
    "小さな灯台",
    "\u{202e}drawkcab",
    "a\0b",
    "🦀🚢",
    "two\nlines\u{1b}[31m",
    "'; DROP TABLE events; --",
    "a name that is so long that it does not fit into any column of any report that anybody reads",
];

const GOLDEN: [&str; 18] = [
    "14 events, days of UTC",
    "1 gap: there may be more than was seen",
    "",
    "Days",
    " day         followers  messages  rants  rant income  subs  sub income  gifted subs ",
    " 2026-01-02          1         3      1       $12.50     1       $5.00            5 ",
    " 2026-01-03          0         0      1       $20.00     0       $0.00            0 ",
    " total               1         3      2       $32.50     1       $5.00            5 ",
    "",
    "Top chatters",
    " user                                       messages ",
    " ada                                               2 ",
    " a name that is longer than any column of…         1 ",
    "",
    "Streams",
    " start                    end               length  peak viewers  title            ",
    " 2026-01-02 03:00         2026-01-02 04:34    1:34           321  Harbour at night ",
    " before 2026-01-03 03:00  -                      -             -  Boats",
];

fn moment(at: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at).unwrap()
}

/// What may happen within some days around this moment.
fn history(random: &mut fastrand::Rng, around: i64) -> Vec<Event> {
    let mut at = around - 3 * 86400;
    let mut events: Vec<Event> = Vec::new();
    for number in 0..random.i64(0..400) {
        // Now and then the same event again, with the same id if it has one.
        if random.u8(0..20) == 0 {
            events.extend(events.last().cloned());
        }
        at += random.i64(0..7200);
        let (at, name) = (moment(at), random.choice(NAMES).unwrap());
        let stream = *random.choice(["7c1f4q", "7c9aa1"].as_slice()).unwrap();
        let amount = Amount::from_cents(random.u64(0..20_000));
        // No title has a U+0000, because the oracle's SQL ends a text there.
        events.push(match random.u8(0..20) {
            0..5 => Follower::new(name).with_followed_on(at).into(),
            5..7 => Subscriber::new(name, amount).with_subscribed_on(at).into(),
            7 => GiftedSubs::new(name, random.u64(1..20)).with_stream(&stream.into()).into(),
            8..11 => Rant::new(stream, name, amount, format!("number {number}")).with_created_on(at).into(),
            11..15 => Message::new(stream, name, format!("line {number}")).with_created_on(at).into(),
            15 => Gap::new(ListKind::Messages, at).with_stream(stream).into(),
            16 => StreamStarted::new(stream, at).with_title(format!("title {number}")).with_already_live(random.bool()).into(),
            17 => StreamUpdated::new(stream, at).with_watching_now(random.u64(0..5000)).into(),
            18 => StreamUpdated::new(stream, at).with_title(format!("{} {number}", name.replace('\0', ""))).into(),
            _ => StreamEnded::new(stream, at).with_last_seen(at - Duration::seconds(10)).into(),
        });
    }
    events
}

/// In polls of some events each.
async fn store(place: &Place, events: &[Event]) {
    let (mut store, _) = Store::open(place, Source::Rumble).await.unwrap();
    for poll in events.chunks(17) {
        let server = poll.iter().find_map(Event::at);
        let clocks = Clocks { server, machine: OffsetDateTime::UNIX_EPOCH };
        let rows: Vec<_> = poll.iter().map(|event| Row::new(event, clocks).unwrap()).collect();
        store.commit(&Batch::new(rows, None)).await.unwrap();
    }
}

fn report(database: &Database, arguments: &[&str]) -> Value {
    let (is_good, printed, said) = run(&mut command(database, &[&["report", "--format", "json"], arguments].concat()));
    assert!(is_good, "{said}");
    serde_json::from_str(&printed).unwrap()
}

fn oracle(file: &Path, zone: &str, from: Option<Date>, to: Option<Date>) -> Value {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/oracle.py");
    let output = Command::new("python3").arg(script).arg(file).args([zone, &day(from), &day(to)]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Part by part, because a difference is hard to find in the whole.
fn assert_same(report: &Value, oracle: &Value, of: &str) {
    for (part, expected) in oracle.as_object().unwrap() {
        assert_eq!(report[part], *expected, "{of}, {part}");
    }
    assert_eq!(report, oracle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn report_of_random_histories_is_that_of_an_sql_oracle_in_both_databases() {
    let server = Server::start();
    for seed in 0..28 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (zone, around) = ZONES[usize::try_from(seed).unwrap() % ZONES.len()];
        let events = history(&mut random, around);
        let (_folder, database) = file();
        let Database::File(path) = &database else { unreachable!() };
        store(&Place::File(path.clone()), &events).await;
        let days = Days::new(None, None, Some(zone)).unwrap();
        let near = |random: &mut fastrand::Rng| {
            let day = days.zone.to_datetime(jiff::Timestamp::from_second(around + random.i64(-5..5) * 43200).unwrap()).date();
            random.bool().then_some(day)
        };
        let (mut from, mut to) = (near(&mut random), near(&mut random));
        if from.is_some() && to.is_some() && from > to {
            (from, to) = (to, from);
        }
        let texts: Vec<_> = [from, to].iter().map(|day| day.map(|day| day.to_string())).collect();
        let mut arguments = vec!["--zone", zone];
        for (option, text) in ["--from", "--to"].into_iter().zip(&texts) {
            arguments.extend(text.as_deref().map(|text| [option, text]).into_iter().flatten());
        }
        let expected = oracle(path, zone, from, to);
        assert_same(&block_in_place(|| report(&database, &arguments)), &expected, &format!("seed {seed}, {arguments:?}"));
        if let Some(server) = &server {
            server.connect().await.batch_execute(&format!("CREATE SCHEMA history{seed}")).await.unwrap();
            let url = format!("{}?options=-c%20search_path%3Dhistory{seed}", url(server.port));
            store(&Place::server(&url).unwrap(), &events).await;
            assert_same(&block_in_place(|| report(&Database::Server(url), &arguments)), &expected, &format!("PostgreSQL, seed {seed}"));
        }
    }
}

#[test]
fn day_of_a_change_of_summer_time_has_its_true_length() {
    let hours = |day: Date, zone: &str| {
        let span = Days::new(Some(day), Some(day), Some(zone)).unwrap().span().unwrap();
        (span.until - span.from) / 1800
    };
    assert_eq!(hours(date(2026, 3, 29), "Europe/Berlin"), 46);
    assert_eq!(hours(date(2026, 10, 25), "Europe/Berlin"), 50);
    assert_eq!(hours(date(2026, 4, 5), "Australia/Lord_Howe"), 49);
    assert_eq!(hours(date(2026, 3, 8), "America/Havana"), 46, "it begins at one");
    assert_eq!(hours(date(2011, 12, 30), "Pacific/Apia"), 0, "it never was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_archive_makes_an_empty_report_and_no_archive_none() {
    let (folder, database) = file();
    let Database::File(path) = &database else { unreachable!() };
    let charts = folder.path().join("charts");
    let mut command = command(&database, &["report", "--zone", "UTC"]);
    command.arg("--charts").arg(&charts);
    let (is_good, _, said) = block_in_place(|| run(&mut command));
    assert!(!is_good && said.contains("there is no such file"), "{said}");
    File::create(path).unwrap();
    let (is_good, _, said) = block_in_place(|| run(&mut command));
    assert!(!is_good && said.contains("there is no archive in it yet"), "{said}");
    store(&Place::File(path.clone()), &[]).await;
    let (is_good, printed, said) = block_in_place(|| run(&mut command));
    assert!(is_good, "{said}");
    assert_eq!(printed, "0 events, days of UTC\n");
    assert_eq!(block_in_place(|| report(&database, &["--zone", "UTC"])), oracle(path, "UTC", None, None));
    assert_eq!(fs::read_dir(&charts).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn report_as_text_is_this_one() {
    let (_folder, database) = file();
    let Database::File(path) = &database else { unreachable!() };
    let at = |minutes| moment(1_767_322_800) + Duration::minutes(minutes);
    let first = [
        StreamStarted::new("7c1f4q", at(0)).with_title("Harbour lights").into(),
        StreamUpdated::new("7c1f4q", at(10)).with_watching_now(321).into(),
        Follower::new("ada").with_followed_on(at(11)).into(),
        Subscriber::new("bea", Amount::from_dollars(5)).with_subscribed_on(at(12)).into(),
        GiftedSubs::new("cleo", 5).with_stream(&"7c1f4q".into()).into(),
        Message::new("7c1f4q", "ada", "ahoy").with_created_on(at(13)).into(),
        Message::new("7c1f4q", "ada", "what a view").with_created_on(at(14)).into(),
        Message::new("7c1f4q", "a name that is longer than any column of the report", "ahoy").with_created_on(at(14)).into(),
        Rant::new("7c1f4q", "bea", Amount::from_cents(1250), "for the boat fund").with_created_on(at(15)).into(),
        Gap::new(ListKind::Messages, at(16)).with_stream("7c1f4q").into(),
        // The archive starts again, and the title has changed meanwhile.
        StreamStarted::new("7c1f4q", at(20)).with_title("Harbour at night").with_already_live(true).into(),
        StreamEnded::new("7c1f4q", at(95)).with_last_seen(at(94)).into(),
        StreamStarted::new("7c9aa1", at(1440)).with_title("Boats").with_already_live(true).into(),
        Rant::new("7c9aa1", "bea", Amount::from_dollars(20), "more").with_created_on(at(1441)).into(),
    ];
    store(&Place::File(path.clone()), &first).await;
    let printed = |arguments: &[&str]| {
        let (is_good, printed, said) = block_in_place(|| run(&mut command(&database, &[&["report", "--zone", "UTC"], arguments].concat())));
        assert!(is_good, "{said}");
        printed
    };
    assert_eq!(printed(&[]).lines().collect::<Vec<_>>(), GOLDEN);
    let (day, none) = (printed(&["--from", "2026-01-03"]), printed(&["--to", "2026-01-01"]));
    assert!(day.starts_with("2 events from 2026-01-03 on, days of UTC\n"), "{day}");
    assert_eq!(none, "0 events to 2026-01-01, days of UTC\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn charts_are_those_of_the_newest_report_though_nobody_reads_its_text() {
    let (folder, database) = file();
    let Database::File(path) = &database else { unreachable!() };
    let at = moment(1_767_322_800);
    let events = [Message::new("7c1f4q", "ada", "ahoy").with_created_on(at).into(), Follower::new("bea").with_followed_on(at).into()];
    store(&Place::File(path.clone()), &events).await;
    let charts = folder.path().join("charts");
    let draw = |arguments: &[&str]| {
        let mut command = command(&database, &[&["report", "--zone", "UTC"], arguments].concat());
        let mut report = command.arg("--charts").arg(&charts).stdout(Stdio::piped()).spawn().unwrap();
        drop(report.stdout.take());
        assert!(report.wait().unwrap().success());
        let mut names: Vec<_> = fs::read_dir(&charts).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(draw(&[]), ["chatters.png", "followers.png", "income.png"]);
    fs::write(charts.join("mine.png"), "").unwrap();
    assert_eq!(draw(&["--to", "2026-01-01"]), ["mine.png"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_names_break_neither_the_text_nor_the_charts() {
    let (folder, database) = file();
    let Database::File(path) = &database else { unreachable!() };
    let odd = ["a\u{300}\u{301}\u{302}b", "سفينة", "\u{feff}\u{200b}", "👩‍👩‍👧‍👦", "\u{1d173}", "\t", "x\u{10ffff}", "﷽"];
    let at = moment(1_767_322_800);
    let mut events = vec![StreamStarted::new("7c1f4q", at).with_title(NAMES.concat() + &odd.concat()).into()];
    for (number, name) in NAMES.iter().chain(&odd).enumerate() {
        events.push(Event::from(Message::new("7c1f4q", *name, number.to_string()).with_created_on(at)));
        events.push(Rant::new("7c1f4q", *name, Amount::from_cents(u64::MAX), *name).with_created_on(at).into());
        events.push(Follower::new(*name).with_followed_on(moment(-62_135_596_800)).into());
    }
    store(&Place::File(path.clone()), &events).await;
    for (days, count) in [(&["--from", "2026-01-01"][..], 1), (&["--to", "2026-01-01"], 1), (&[], 2)] {
        let charts = folder.path().join("charts");
        let mut command = command(&database, &[&["report", "--zone", "UTC"], days].concat());
        let (is_good, printed, said) = block_in_place(|| run(command.arg("--charts").arg(&charts)));
        assert!(is_good, "{said}");
        assert!(
            !printed.contains(|char: char| char.is_control() && char != '\n' || "\u{202e}\u{200b}\u{feff}".contains(char)),
            "{printed:?}"
        );
        let lines = printed
            .split("\n\n")
            .nth(1)
            .unwrap()
            .lines()
            .filter(|line| line.starts_with(" 0001-") || line.starts_with(" 2026-01-02 "))
            .count();
        assert_eq!(lines, count, "{printed}");
        for chart in fs::read_dir(charts).unwrap() {
            let file = BufReader::new(File::open(chart.unwrap().path()).unwrap());
            let mut reader = png::Decoder::new(file).read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut pixels).unwrap();
            assert!(pixels.iter().any(|byte| *byte != 255));
        }
    }
}

/// Two months of a channel that is live on three evenings a week.
fn two_months() -> Vec<Event> {
    let mut random = fastrand::Rng::with_seed(4);
    let names =
        ["orbit_otter", "Żurawina", "PebblePete", "GraniteGwen", "LanternLou", "QuillAndCo", "ThimbleTess", "fennel.fox", "NimbusNora"];
    let mut events = Vec::new();
    for day in 0..61 {
        let evening = moment(1_777_658_400 + day * 86400);
        let is_live = [1, 3, 6].contains(&(day % 7));
        let growth = 1 + u64::try_from(day / 15).unwrap();
        for number in 0..random.u64(0..6) + if is_live { random.u64(8..24) * growth } else { 0 } {
            let at = evening + Duration::seconds(random.i64(-20_000..7000));
            events.push(Follower::new(format!("viewer{day}-{number}")).with_followed_on(at).into());
        }
        for number in 0..random.u64(0..2) + if is_live { random.u64(0..5) } else { 0 } {
            let amount = Amount::from_dollars(*random.choice(&[5, 5, 5, 10]).unwrap());
            events.push(Subscriber::new(format!("viewer{day}-{number}"), amount).with_subscribed_on(evening).into());
        }
        if !is_live {
            continue;
        }
        events.push(
            StreamStarted::new(format!("7c{day}"), evening).with_title(format!("Building a boat, evening {}", day * 3 / 7 + 1)).into(),
        );
        events.push(StreamUpdated::new(format!("7c{day}"), evening).with_watching_now(growth * random.u64(150..400)).into());
        for number in 0..random.u64(40..120) * growth {
            // The first names write most.
            let name = names[random.usize(0..names.len()).min(random.usize(0..names.len()))];
            let at = evening + Duration::seconds(random.i64(0..7000));
            events.push(Message::new(format!("7c{day}"), name, format!("line {number}")).with_created_on(at).into());
            if random.u8(0..30) == 0 {
                let amount = Amount::from_dollars(*random.choice(&[1, 2, 5, 5, 10, 20, 50]).unwrap());
                events.push(Rant::new(format!("7c{day}"), name, amount, "for the boat fund").with_created_on(at).into());
            }
        }
        let end = evening + Duration::seconds(random.i64(6000..9000));
        events.push(StreamEnded::new(format!("7c{day}"), end).with_last_seen(end).into());
    }
    events
}

/// Makes the picture of the README again, and prints a report like the one
/// there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it writes into the source"]
async fn picture() {
    let (folder, database) = file();
    let Database::File(path) = &database else { unreachable!() };
    store(&Place::File(path.clone()), &two_months()).await;
    let mut command = command(&database, &["report", "--zone", "Europe/Berlin"]);
    let (is_good, printed, said) = block_in_place(|| run(command.arg("--charts").arg(folder.path())));
    assert!(is_good, "{said}");
    println!("{printed}");
    for name in ["followers.png", "income.png", "chatters.png"] {
        fs::copy(folder.path().join(name), env::temp_dir().join(name)).unwrap();
    }
    fs::copy(folder.path().join("income.png"), concat!(env!("CARGO_MANIFEST_DIR"), "/income.png")).unwrap();
}

#[test]
fn wrong_days_and_zones_are_named() {
    let (_folder, database) = file();
    for (arguments, reason) in [
        (&["--zone", "Mars/Olympus"][..], "--zone Mars/Olympus: there is no such time zone"),
        (&["--from", "2026-05-02", "--to", "2026-05-01"], "--to 2026-05-01 comes before --from 2026-05-02"),
        (&["--from", "yesterday"], "'yesterday' for '--from <DATE>'"),
        (&["--to", "9999-12-31"], "9999-12-31"),
    ] {
        let (is_good, _, said) = run(&mut command(&database, &[&["report"], arguments].concat()));
        assert!(!is_good && said.contains(reason), "{said}");
    }
}
