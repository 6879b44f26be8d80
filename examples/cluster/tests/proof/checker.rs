//! Finds what went wrong, from the log alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use cluster::lease::{APART, TTL};

use crate::log::{Change, Disturbance, Entry, Kind, Lease, List, Log, Request, What};

/// How soon another worker has to hold the account of a worker that is gone.
const TAKEN_WITHIN: Duration = Duration::from_secs(25);
/// How late the test may read a line of a worker's log: up to this long after
/// the request that the worker sent next.
const READ_LATE: Duration = Duration::from_secs(1);
/// How soon a poll has to be stored, unless its worker is disturbed. On an
/// account with a live chat, a message that only a poll has shown waits for the
/// chat for half of this time.
const STORED_WITHIN: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An entry is neither stored nor within a gap.
    Lost {
        account: String,
        entry: Entry,
        was_shown: bool,
    },
    /// An entry is within a gap, but an answer showed it to a worker that
    /// nobody disturbed.
    ShownAndNotStored {
        account: String,
        entry: Entry,
        run: String,
    },
    StoredTwice {
        account: String,
        entry: Entry,
    },
    /// Two messages with the same subject have the same id.
    SameId {
        subject: String,
        id: String,
    },
    /// An entry is stored that no answer showed and no chat can have told.
    Invented {
        account: String,
        entry: Entry,
    },
    /// A request began before the previous one had its answer.
    AskedAtOnce {
        account: String,
        runs: [String; 2],
    },
    AskedTooSoon {
        account: String,
        runs: [String; 2],
        apart: Duration,
    },
    NotTakenOver {
        account: String,
        from: String,
        kind: Kind,
        after: Option<Duration>,
    },
    /// A worker sent a request without a new lease, after it was away for
    /// longer than its leases last.
    AskedWithoutLease {
        account: String,
        run: String,
        asked: Duration,
    },
    NothingFenced,
    NothingTakenOver,
}

/// What the log shows besides faults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) accounts: usize,
    pub(crate) requests: usize,
    pub(crate) happened: usize,
    pub(crate) stored: usize,
    pub(crate) in_gaps: usize,
    pub(crate) takeovers: usize,
    pub(crate) slowest_takeover: Duration,
    /// The shortest time between the end of a request and the start of another
    /// worker's request.
    pub(crate) closest: Option<Duration>,
    pub(crate) fenced: usize,
    pub(crate) disturbances: usize,
}

/// Checks whether the log keeps all promises of the design.
pub(crate) fn check(log: &Log) -> (Vec<Fault>, Figures) {
    let mut faults = Vec::new();
    let mut figures = Figures {
        requests: log.requests.len(),
        happened: log.happened.len(),
        fenced: log.leases.iter().filter(|lease| lease.change == Change::Fenced).count(),
        disturbances: log.disturbances.len(),
        ..Figures::default()
    };
    events(log, &mut faults, &mut figures);
    requests(log, &mut faults, &mut figures);
    takeovers(log, &mut faults, &mut figures);
    leases(log, &mut faults);
    if figures.fenced == 0 {
        faults.push(Fault::NothingFenced);
    }
    if figures.takeovers == 0 {
        faults.push(Fault::NothingTakenOver);
    }
    (faults, figures)
}

/// Checks that everything that happened is stored once, or is within a gap.
fn events(log: &Log, faults: &mut Vec<Fault>, figures: &mut Figures) {
    let mut shown: BTreeMap<(&str, &Entry), Vec<&Request>> = BTreeMap::new();
    for request in &log.requests {
        for entry in &request.shown {
            shown.entry((&request.account, entry)).or_default().push(request);
        }
    }
    let happened: BTreeSet<_> = log.happened.iter().map(|happened| (happened.account.as_str(), &happened.entry)).collect();
    let (mut stored, mut ids, mut gaps) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for message in &log.stored {
        if !ids.insert((&message.subject, &message.id)) {
            faults.push(Fault::SameId { subject: message.subject.clone(), id: message.id.clone() });
        }
        match &message.what {
            What::Entry(entry) => {
                let (account, key) = (message.account.clone(), (message.account.as_str(), entry));
                if !stored.insert(key) {
                    faults.push(Fault::StoredTwice { account, entry: entry.clone() });
                } else if !(shown.contains_key(&key) || is_told_by_chat(log, &message.account, entry) && happened.contains(&key)) {
                    faults.push(Fault::Invented { account, entry: entry.clone() });
                }
            }
            What::Gap { list, since, until } => gaps.push((message.account.as_str(), *list, *since..=*until)),
            What::Other => {}
        }
    }
    figures.stored = stored.len();
    for happened in &log.happened {
        let key = (happened.account.as_str(), &happened.entry);
        if stored.contains(&key) {
            continue;
        }
        let (account, entry) = (happened.account.clone(), happened.entry.clone());
        let answers = shown.get(&key).map_or(&[][..], Vec::as_slice);
        let is_announced = gaps.iter().any(|(of, list, seconds)| (*of, *list) == (key.0, key.1.list) && seconds.contains(&happened.second));
        if !is_announced {
            faults.push(Fault::Lost { account, entry, was_shown: !answers.is_empty() });
        } else if let Some(answer) = answers.iter().find(|answer| !is_disturbed(log, answer)) {
            faults.push(Fault::ShownAndNotStored { account, entry, run: answer.run.clone() });
        } else {
            figures.in_gaps += 1;
        }
    }
}

fn is_told_by_chat(log: &Log, account: &str, entry: &Entry) -> bool {
    entry.list != List::Followers && log.with_chat.contains(account)
}

/// Whether the worker was disturbed before the poll had to be stored.
fn is_disturbed(log: &Log, answer: &Request) -> bool {
    log.disturbances.iter().any(|disturbance| {
        disturbance.run == answer.run && disturbance.from <= answer.answered + STORED_WITHIN && answer.asked <= disturbance.until
    })
}

/// Checks that no account is asked twice at once, and that requests of two
/// workers are far apart.
fn requests(log: &Log, faults: &mut Vec<Fault>, figures: &mut Figures) {
    let mut by_account: BTreeMap<&str, Vec<&Request>> = BTreeMap::new();
    for request in &log.requests {
        by_account.entry(&request.account).or_default().push(request);
    }
    figures.accounts = by_account.len();
    for (account, mut requests) in by_account {
        requests.sort_by_key(|request| request.asked);
        for pair in requests.windows(2) {
            let [first, second] = pair else { continue };
            let runs = || [first.run.clone(), second.run.clone()];
            let Some(apart) = second.asked.checked_sub(first.answered) else {
                faults.push(Fault::AskedAtOnce { account: account.into(), runs: runs() });
                continue;
            };
            if first.run != second.run {
                figures.closest = Some(figures.closest.map_or(apart, |closest| closest.min(apart)));
            }
            if apart < APART {
                faults.push(Fault::AskedTooSoon { account: account.into(), runs: runs(), apart });
            }
        }
    }
}

/// Checks that another worker soon holds the accounts of a worker that is gone.
/// If others are lost soon after it, the time counts from the last loss: until
/// their presence has run out, they count as workers that may take their share.
fn takeovers(log: &Log, faults: &mut Vec<Fault>, figures: &mut Figures) {
    let is_loss = |disturbance: &&Disturbance| disturbance.until.saturating_sub(disturbance.from) >= TAKEN_WITHIN;
    for Disturbance { run, kind, from, .. } in log.disturbances.iter().filter(is_loss) {
        let losses = log.disturbances.iter().filter(is_loss).map(|disturbance| disturbance.from);
        let last_loss = losses.filter(|loss| (*from..*from + TAKEN_WITHIN).contains(loss)).max().unwrap_or(*from);
        for account in held(&log.leases, run, *from) {
            let by_others =
                |lease: &&Lease| lease.change == Change::Taken && lease.account == account && lease.run != *run && lease.at >= *from;
            let taken = log.leases.iter().filter(by_others).map(|lease| lease.at).min();
            let after = taken.map(|taken| taken.saturating_sub(*from));
            figures.takeovers += 1;
            figures.slowest_takeover = figures.slowest_takeover.max(after.unwrap_or_default());
            if taken.is_none_or(|taken| taken.saturating_sub(last_loss) > TAKEN_WITHIN) {
                faults.push(Fault::NotTakenOver { account: account.into(), from: run.clone(), kind: *kind, after });
            }
        }
    }
}

/// The accounts that a worker held at this moment, by its own log.
fn held<'a>(leases: &'a [Lease], run: &str, at: Duration) -> Vec<&'a str> {
    let mut last: BTreeMap<&str, &Lease> = BTreeMap::new();
    for lease in leases.iter().filter(|lease| lease.run == run && lease.at <= at) {
        let newest = last.entry(&lease.account).or_insert(lease);
        if newest.at <= lease.at {
            *newest = lease;
        }
    }
    last.into_iter().filter(|(_, lease)| lease.change == Change::Taken).map(|(account, _)| account).collect()
}

/// Checks that a worker that was away for longer than its leases last sends no
/// request before it has a new lease.
fn leases(log: &Log, faults: &mut Vec<Fault>) {
    let is_away = |disturbance: &&Disturbance| matches!(disturbance.kind, Kind::Stopped | Kind::Cut);
    for Disturbance { run, from, until, .. } in log.disturbances.iter().filter(is_away) {
        if until.saturating_sub(*from) < TTL {
            continue;
        }
        for request in log.requests.iter().filter(|request| request.run == *run && request.asked > *from + TTL) {
            let is_taken = log.leases.iter().any(|lease| {
                lease.run == *run
                    && lease.account == request.account
                    && lease.change == Change::Taken
                    && (*from..=request.asked + READ_LATE).contains(&lease.at)
            });
            if !is_taken {
                let (account, run, asked) = (request.account.clone(), run.clone(), request.asked);
                faults.push(Fault::AskedWithoutLease { account, run, asked });
            }
        }
    }
}

mod tests {
    use super::*;
    use crate::log::{Happened, Stored};

    fn entry(name: &str) -> Entry {
        Entry { list: List::Followers, name: name.into() }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn request(run: &str, asked: u64, shown: &[&str]) -> Request {
        let shown = shown.iter().map(|name| entry(name)).collect();
        Request { account: "a".into(), run: run.into(), asked: at(asked), answered: at(asked) + Duration::from_millis(5), shown }
    }

    fn lease(run: &str, seconds: u64, change: Change) -> Lease {
        Lease { account: "a".into(), run: run.into(), at: at(seconds), change }
    }

    fn stored(id: &str, what: What) -> Stored {
        Stored { account: "a".into(), subject: "rumble.events.a.follower".into(), id: id.into(), what }
    }

    fn happened(name: &str, second: i64) -> Happened {
        Happened { account: "a".into(), entry: entry(name), second }
    }

    /// A log without faults: worker `one` is stopped after its second poll,
    /// `two` takes over, and `one` is refused when it goes on.
    fn good() -> Log {
        Log {
            happened: vec![happened("ada", 3), happened("ben", 12), happened("cem", 14), happened("dan", 45)],
            requests: vec![request("one", 10, &["ada"]), request("one", 20, &["ben", "cem"]), request("two", 46, &["cem", "dan"])],
            with_chat: BTreeSet::new(),
            leases: vec![
                lease("one", 1, Change::Taken),
                lease("two", 40, Change::Taken),
                lease("one", 51, Change::Fenced),
                lease("one", 51, Change::Lost),
            ],
            disturbances: vec![Disturbance { run: "one".into(), kind: Kind::Stopped, from: at(20), until: at(50) }],
            stored: vec![
                stored("1", What::Entry(entry("ada"))),
                stored("2", What::Gap { list: List::Followers, since: 3, until: 14 }),
                stored("3", What::Entry(entry("cem"))),
                stored("4", What::Entry(entry("dan"))),
            ],
        }
    }

    fn faults(log: &Log) -> Vec<Fault> {
        check(log).0
    }

    #[test]
    fn log_of_a_takeover_with_a_gap_has_no_fault() {
        let (faults, figures) = check(&good());
        assert_eq!(faults, []);
        let slowest_takeover = at(20);
        let closest = Some(Duration::from_millis(25_995));
        let (accounts, requests, happened, stored, in_gaps, takeovers, fenced, disturbances) = (1, 3, 4, 3, 1, 1, 1, 1);
        let expected =
            Figures { accounts, requests, happened, stored, in_gaps, takeovers, slowest_takeover, closest, fenced, disturbances };
        assert_eq!(figures, expected);
    }

    #[test]
    fn event_that_is_neither_stored_nor_in_a_gap_is_lost() {
        let mut log = good();
        log.stored.pop();
        assert_eq!(faults(&log), [Fault::Lost { account: "a".into(), entry: entry("dan"), was_shown: true }]);
        let mut log = good();
        log.stored[1].what = What::Gap { list: List::Messages, since: 3, until: 14 };
        assert_eq!(faults(&log), [Fault::Lost { account: "a".into(), entry: entry("ben"), was_shown: true }]);
        log.stored[1].what = What::Gap { list: List::Followers, since: 13, until: 14 };
        assert_eq!(faults(&log), [Fault::Lost { account: "a".into(), entry: entry("ben"), was_shown: true }]);
    }

    #[test]
    fn gap_is_no_excuse_for_what_an_undisturbed_worker_was_shown() {
        let mut log = good();
        log.stored[1].what = What::Gap { list: List::Followers, since: 3, until: 45 };
        log.stored.pop();
        assert_eq!(faults(&log), [Fault::ShownAndNotStored { account: "a".into(), entry: entry("dan"), run: "two".into() }]);
    }

    #[test]
    fn event_that_is_stored_twice_is_noticed_under_the_same_id_and_under_another() {
        let mut log = good();
        log.stored.push(stored("5", What::Entry(entry("cem"))));
        assert_eq!(faults(&log), [Fault::StoredTwice { account: "a".into(), entry: entry("cem") }]);
        log.stored[4].id = "3".into();
        let same = Fault::SameId { subject: "rumble.events.a.follower".into(), id: "3".into() };
        assert_eq!(faults(&log), [same, Fault::StoredTwice { account: "a".into(), entry: entry("cem") }]);
    }

    #[test]
    fn event_that_no_answer_showed_is_noticed() {
        let mut log = good();
        log.stored.push(stored("5", What::Entry(entry("eve"))));
        assert_eq!(faults(&log), [Fault::Invented { account: "a".into(), entry: entry("eve") }]);
    }

    #[test]
    fn what_no_answer_showed_may_be_a_line_of_a_live_chat_and_nothing_else() {
        let mut log = good();
        log.happened.push(happened("eve", 46));
        log.stored.push(stored("5", What::Entry(entry("eve"))));
        log.with_chat.insert("a".into());
        assert_eq!(faults(&log), [Fault::Invented { account: "a".into(), entry: entry("eve") }]);
        let line = Entry { list: List::Messages, name: "eve".into() };
        log.happened[4].entry = line.clone();
        log.stored[4].what = What::Entry(line.clone());
        assert_eq!(faults(&log), []);
        log.with_chat.clear();
        assert_eq!(faults(&log), [Fault::Invented { account: "a".into(), entry: line }]);
    }

    #[test]
    fn two_workers_that_ask_within_five_seconds_or_at_once_are_noticed() {
        let mut log = good();
        log.disturbances.clear();
        log.requests[2].asked = at(24);
        log.requests[2].answered = at(25);
        log.stored[1].what = What::Entry(entry("ben"));
        let runs = || ["one".to_owned(), "two".to_owned()];
        let apart = Duration::from_millis(3_995);
        assert_eq!(faults(&log), [Fault::AskedTooSoon { account: "a".into(), runs: runs(), apart }, Fault::NothingTakenOver]);
        log.requests[1].answered = at(26);
        assert_eq!(faults(&log), [Fault::AskedAtOnce { account: "a".into(), runs: runs() }, Fault::NothingTakenOver]);
    }

    #[test]
    fn account_that_is_taken_over_late_or_never_is_noticed() {
        let fault = |after| Fault::NotTakenOver { account: "a".into(), from: "one".into(), kind: Kind::Stopped, after };
        let mut log = good();
        log.leases[1].at = at(46);
        assert_eq!(faults(&log), [fault(Some(at(26)))]);
        // A worker that was lost in the meantime was still counted on.
        log.disturbances.push(Disturbance { run: "three".into(), kind: Kind::Killed, from: at(27), until: Duration::MAX });
        assert_eq!(faults(&log), []);
        log.disturbances.pop();
        log.leases.remove(1);
        assert_eq!(faults(&log), [fault(None)]);
        // The account was not held any more.
        log.leases.insert(1, lease("one", 19, Change::GivenBack));
        assert_eq!(faults(&log), [Fault::NothingTakenOver]);
    }

    #[test]
    fn request_after_waking_up_is_noticed_unless_there_is_a_new_lease() {
        let mut log = good();
        log.requests.push(request("one", 60, &[]));
        assert_eq!(faults(&log), [Fault::AskedWithoutLease { account: "a".into(), run: "one".into(), asked: at(60) }]);
        log.leases.push(lease("one", 59, Change::Taken));
        assert_eq!(faults(&log), []);
    }

    #[test]
    fn run_in_which_nothing_is_fenced_proves_nothing() {
        let mut log = good();
        log.leases.remove(2);
        assert_eq!(faults(&log), [Fault::NothingFenced]);
    }

    #[test]
    fn run_in_which_nothing_is_taken_over_proves_nothing() {
        let mut log = good();
        log.disturbances.clear();
        assert!(faults(&log).contains(&Fault::NothingTakenOver));
    }
}
