//! Rumble's service through a year: the simulator, in local time, slow and at times out of order. It minds how it is asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use rumble_live::{Error, Request, Response, StreamId, Transport, sim::Sim};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339, macros::datetime, macros::offset};
use tokio::time::{Instant, sleep};

use crate::server::busy;

/// When the clocks of New York change.
pub(super) const DST: [OffsetDateTime; 2] = [datetime!(2026-03-08 7:00 UTC), datetime!(2026-11-01 6:00 UTC)];

const CAP: Duration = Duration::from_secs(300);
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// To what a timer is exact.
const TICK: Duration = Duration::from_millis(2);

#[derive(Clone, Copy, Debug)]
pub(super) enum Trouble {
    Status(u16),
    /// Asks to stay away for so many seconds.
    Busy(u64),
    Down,
    /// HTML instead of JSON.
    Page,
    /// Only a beginning of the JSON.
    Cut,
    /// No answer within the time limit.
    Hang,
}

#[derive(Clone)]
pub(super) struct Service {
    pub(super) sim: Sim,
    state: Arc<Mutex<State>>,
}

pub(super) struct State {
    dice: fastrand::Rng,
    /// What befalls the next requests.
    pub(super) troubles: VecDeque<Trouble>,
    /// Until when nothing is answered well.
    pub(super) outage: Option<Instant>,
    /// A livestream that so many answers leave out, but never two in a row.
    pub(super) hidden: Option<(StreamId, u32)>,
    pub(super) requests: usize,
    pub(super) failed: usize,
    /// How many answers were snapshots.
    pub(super) served: usize,
    /// The body of the last of them.
    pub(super) newest: Vec<u8>,
    /// Of the present watcher: its interval, if set, the failures in a row and since when, and the earliest and latest next request.
    interval: Option<Duration>,
    failures: u32,
    failing_since: Option<Instant>,
    due: Option<(Instant, Instant)>,
}

impl Service {
    pub(super) fn new(sim: Sim, dice: fastrand::Rng) -> Self {
        let state = State {
            dice,
            troubles: VecDeque::new(),
            outage: None,
            hidden: None,
            requests: 0,
            failed: 0,
            served: 0,
            newest: Vec::new(),
            interval: None,
            failures: 0,
            failing_since: None,
            due: None,
        };
        Self { sim, state: Arc::new(Mutex::new(state)) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// From now on another watcher asks.
    pub(super) fn is_watched_anew(&self, interval: Option<Duration>) {
        let mut state = self.state();
        (state.interval, state.failures, state.failing_since, state.due) = (interval, 0, None, None);
    }

    /// What befalls this request, and how long it takes.
    fn is_asked(&self) -> (Option<Trouble>, Duration) {
        let mut state = self.state();
        state.is_asked_in_time();
        let trouble = state.next_trouble();
        let latency = if let Some(Trouble::Hang) = trouble { 2 * TIME_LIMIT } else { Duration::from_millis(state.dice.u64(0..2000)) };
        state.expects(trouble, latency.min(TIME_LIMIT));
        (trouble, latency)
    }

    fn answer(&self, request: Request, trouble: Option<Trouble>) -> Result<Response, Error> {
        let ask = move || self.sim.send(request).now_or_never().expect("the simulator answers at once");
        let mut state = self.state();
        let Some(trouble) = trouble else {
            state.served += 1;
            let hidden = state.hidden.take();
            state.hidden = hidden.as_ref().and_then(|(stream, answers)| Some((stream.clone(), answers.checked_sub(1)?)));
            let hidden = hidden.filter(|(_, answers)| answers % 2 == 1);
            if let Some((stream, _)) = &hidden {
                self.sim.hide_stream(stream, true);
            }
            let answer = ask();
            if let Some((stream, _)) = &hidden {
                self.sim.hide_stream(stream, false);
            }
            let answer = in_local_time(answer?, self.sim.now(), state.served.is_multiple_of(2));
            state.newest = answer.body.as_bytes().unwrap().to_vec();
            return Ok(answer);
        };
        match trouble {
            Trouble::Status(status) => self.sim.fail_next(status),
            Trouble::Busy(seconds) => self.sim.answer_next(busy(&seconds.to_string())),
            Trouble::Page => self.sim.answer_next(Response::ok("<!doctype html><title>One moment</title>")),
            Trouble::Cut => {
                let mut body = self.sim.snapshot_json();
                body.truncate(state.dice.usize(0..body.len()));
                self.sim.answer_next(Response::ok(body));
            }
            Trouble::Down | Trouble::Hang => self.sim.break_next(),
        }
        ask()
    }
}

impl Transport for Service {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        async {
            let (trouble, latency) = self.is_asked();
            sleep(latency).await;
            self.answer(request, trouble)
        }
        .boxed()
    }
}

impl State {
    /// A request comes neither sooner nor later than it may, and few come while all fail.
    fn is_asked_in_time(&mut self) {
        let now = Instant::now();
        self.requests += 1;
        if let Some((earliest, latest)) = self.due {
            assert!(now >= earliest, "asked {:?} too soon after {} failures", earliest - now, self.failures);
            assert!(now <= latest, "asked {:?} too late after {} failures", now - latest, self.failures);
        }
        if let Some(since) = self.failing_since {
            let most = 7 + (now - since).as_secs() / 150;
            assert!(u64::from(self.failures) <= most, "{} requests in an outage of {:?}", self.failures, now - since);
        }
    }

    fn next_trouble(&mut self) -> Option<Trouble> {
        if self.outage.is_none_or(|end| end <= Instant::now()) {
            return self.troubles.pop_front();
        }
        let busy = Trouble::Busy(self.dice.u64(0..1200));
        self.dice.choice([Trouble::Status(503), Trouble::Status(403), busy, Trouble::Down, Trouble::Page, Trouble::Cut, Trouble::Hang])
    }

    /// Works out when the next request may come, `latency` from now being the end of this one.
    fn expects(&mut self, trouble: Option<Trouble>, latency: Duration) {
        let now = Instant::now();
        let (earliest, latest) = match trouble {
            None => {
                (self.failures, self.failing_since) = (0, None);
                // Unless set it depends on how much there is to tell.
                (self.interval.unwrap_or(Duration::from_secs(5)), self.interval.unwrap_or(Duration::from_secs(10)))
            }
            Some(trouble) => {
                self.failed += 1;
                self.failures += 1;
                self.failing_since.get_or_insert(now);
                let interval = self.interval.unwrap_or(Duration::from_secs(10));
                // The first retry, and what the server asked for, may come half an interval later.
                let spread = interval / 2;
                let (asked, at_latest) = match trouble {
                    Trouble::Busy(seconds) => (Duration::from_secs(seconds.min(900)), Duration::from_secs(seconds.min(900)) + spread),
                    _ => (Duration::ZERO, Duration::ZERO),
                };
                let nominal = interval.saturating_mul(2_u32.saturating_pow(self.failures - 1)).min(CAP);
                let latest = if self.failures == 1 { (nominal + spread).min(CAP) } else { nominal };
                ((nominal / 2).max(interval).max(asked), latest.max(interval).max(at_latest))
            }
        };
        self.due = Some((now + latency + earliest, now + latency + latest + TICK));
    }
}

/// The offset in New York.
fn offset_at(at: OffsetDateTime) -> UtcOffset {
    if (DST[0]..DST[1]).contains(&at) { offset!(-4) } else { offset!(-5) }
}

/// Writes the followers' stamps by the offset of the season, where the simulator knows summer only: each by its `own` time, or all by
/// the present, as another server of the same service might.
fn in_local_time(mut answer: Response, now: OffsetDateTime, own: bool) -> Response {
    const BEFORE: &str = "\"followed_on\":\"";
    const LENGTH: usize = "2026-01-01T23:04:05-04:00".len();
    // No window shows more than the last months.
    if now > DST[0] + time::Duration::days(60) && now < DST[1] {
        return answer;
    }
    let body = String::from_utf8(answer.body.as_bytes().unwrap().to_vec()).unwrap();
    let mut parts = body.split(BEFORE);
    let mut local = parts.next().unwrap().to_owned();
    for part in parts {
        let (stamp, rest) = part.split_at(LENGTH);
        let at = OffsetDateTime::parse(stamp, &Rfc3339).unwrap();
        let at = at.to_offset(offset_at(if own { at } else { now }));
        local.extend([BEFORE, &at.format(&Rfc3339).unwrap(), rest]);
    }
    answer.body = local.into();
    answer
}
