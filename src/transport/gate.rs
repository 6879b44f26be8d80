//! Spaces out the requests of one client, and the new connections of one pool.
//!
//! A gate is not a lock, because the holder of a lock can keep it for ever: a
//! future that nobody polls, or a runtime that nobody drives. A pass is a span
//! of time instead. It ends when its place is dropped, or when its limit is
//! over, whichever comes first, and then the spacing begins.
//!
//! Places are numbered as they come. Those of one runtime form a line, in which
//! only the first has a timer. Between lines the lowest number goes first too,
//! but a line that lets its turn pass for [`PATIENCE`] is taken for asleep, and
//! the others pass it until it asks again. [`Queue`] decides all of this from
//! the instants that it is given; `Gate` and `Place` add the clock, the lock
//! and the wakers. No waker is woken or dropped under the lock, since a waker
//! may run anything, even something that comes back to this gate.

use std::{
    collections::{BTreeMap, HashMap},
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker, ready},
    time::Duration,
};

use tokio::{
    runtime,
    time::{Instant, sleep_until, timeout},
};

/// How long a place leaves the turn to earlier places in other runtimes, which
/// may not be driven.
const PATIENCE: Duration = Duration::from_millis(100);
/// Stands in for a wait beyond the clock's range, such as that of a limit of
/// `Duration::MAX`.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Lets one place at a time pass, each some time after the previous one has
/// ended.
///
/// The spacing counts from the end of a pass. Only then is it certain that the
/// server does not see two requests closer together. A cancelled request
/// counts, because it may have been sent.
///
/// No place can block others by doing nothing: a pass ends by itself after its
/// time limit, and a turn that is not taken goes to another place.
#[derive(Debug)]
pub(crate) struct Gate {
    spacing: Duration,
    queue: Mutex<Queue>,
}

/// A place at a gate, which waits or passes. A clone is the same place.
/// Dropping any of the clones ends it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    gate: Arc<Gate>,
    runtime: runtime::Id,
    number: u64,
}

impl Gate {
    /// A gate through which nobody has passed yet, so the first place passes at
    /// once.
    pub(crate) fn new(spacing: Duration) -> Self {
        Self { spacing, queue: Mutex::default() }
    }

    /// A new place that will wait for its turn in that runtime.
    pub(crate) fn place(self: &Arc<Self>, runtime: runtime::Id) -> Place {
        Place { gate: Arc::clone(self), runtime, number: self.queue().new_number() }
    }

    /// Lets no place start to pass for this long. A place that passes already
    /// goes on.
    #[cfg(any(feature = "pages", feature = "session"))]
    pub(crate) fn rest(&self, wait: Duration) {
        let free_from = after(Instant::now(), wait);
        self.queue().rest(free_from);
    }

    /// The queue, under its lock.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing that panics runs under this lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits for its turn, first come, first served. From then on it passes,
    /// for at most `limit`.
    pub(crate) async fn turn(&self, limit: Duration) {
        let mut sleep = pin!(None);
        poll_fn(|context| {
            loop {
                let now = Instant::now();
                let until = after(after(now, limit), self.gate.spacing);
                let (turn, to_wake, replaced) = self.gate.queue().ask(self.runtime, self.number, now, until, context.waker());
                // After releasing the lock, because a woken or dropped waker may come back to this gate.
                drop(replaced);
                to_wake.into_iter().for_each(Waker::wake);
                match turn {
                    Turn::Now => return Poll::Ready(()),
                    Turn::AfterOthers => return Poll::Pending,
                    Turn::NotBefore(instant) => {
                        sleep.set(Some(sleep_until(instant)));
                        if let Some(sleep) = sleep.as_mut().as_pin_mut() {
                            ready!(sleep.poll(context));
                        }
                    }
                }
            }
        })
        .await;
    }

    /// Runs `future` while it passes, for at most `limit`. `None` when that
    /// time is over.
    ///
    /// If the runtime was not driven for that long, another place may pass by
    /// now. Then the future is not polled again.
    pub(crate) async fn within<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        let end = after(Instant::now(), limit);
        let mut bounded = pin!(timeout(limit, future));
        poll_fn(|context| {
            let now = Instant::now();
            if now >= end && !self.gate.queue().stays(self.number, after(now, self.gate.spacing)) {
                return Poll::Ready(None);
            }
            bounded.as_mut().poll(context).map(Result::ok)
        })
        .await
    }

    /// Ends it as if it had not passed, so the next place may pass at once. For
    /// a request that turned out to be needless when its turn came.
    pub(crate) fn give_back(&self) {
        let to_wake = self.gate.queue().give_back(self.number);
        to_wake.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Place {
    /// Ends the wait, or the pass. After a pass the spacing begins now.
    fn drop(&mut self) {
        let free_from = after(Instant::now(), self.gate.spacing);
        let (own, to_wake) = self.gate.queue().leave(self.number, free_from);
        drop(own);
        to_wake.into_iter().for_each(Waker::wake);
    }
}

/// A sum that cannot overflow.
fn after(instant: Instant, wait: Duration) -> Instant {
    instant.checked_add(wait).unwrap_or_else(|| instant + A_YEAR)
}

/// The places that wait, and when the next one may pass. Pure: the caller
/// passes the instants, and wakes the wakers that are returned.
#[derive(Debug, Default)]
struct Queue {
    /// When the next place may pass. While a place passes, this is the spacing
    /// after the end of its time limit.
    free_from: Option<Instant>,
    passing: Option<u64>,
    /// The value of `free_from` before the current pass.
    was_free_from: Option<Instant>,
    /// No place may start to pass before this either.
    resting: Option<Instant>,
    /// One for each runtime in which a place waits.
    lines: HashMap<runtime::Id, Line>,
    last_number: u64,
}

/// The places that wait in one runtime. Only the first of them watches the
/// time, so a long line costs one wake-up for each turn.
#[derive(Debug, Default)]
struct Line {
    waiting: BTreeMap<u64, Waker>,
    /// Whether it was overtaken and has not asked again since.
    is_late: bool,
}

/// What a place that asks is told.
#[derive(Debug, PartialEq)]
enum Turn {
    /// It passes from now on.
    Now,
    /// Ask again then, or when woken.
    NotBefore(Instant),
    /// Wait to be woken.
    AfterOthers,
}

impl Queue {
    /// A higher number than any before.
    fn new_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Asks whether it is the turn of `number`. If so, it passes, and the next
    /// one may pass from `free_from` on. Also returns the wakers to wake, and a
    /// waker to drop.
    ///
    /// In its own line it waits for everybody in front of it. Of the other
    /// lines, those with an earlier place delay it by [`PATIENCE`] at most, and
    /// when it passes them they count as late and delay nobody until they ask.
    fn ask(
        &mut self,
        runtime: runtime::Id,
        number: u64,
        now: Instant,
        free_from: Instant,
        waker: &Waker,
    ) -> (Turn, Vec<Waker>, Option<Waker>) {
        let line = self.lines.entry(runtime).or_default();
        line.is_late = false;
        if line.first().is_some_and(|first| first < number) {
            let replaced = line.waiting.insert(number, waker.clone());
            return (Turn::AfterOthers, Vec::new(), replaced);
        }
        let came_before = |line: &Line| line.first().is_some_and(|first| first < number);
        let is_overtaking = self.lines.values().any(|line| !line.is_late && came_before(line));
        let patience = if is_overtaking { PATIENCE } else { Duration::ZERO };
        let free_since = self.free_from.max(self.resting);
        if let Some(due) = free_since.map(|free_since| after(free_since, patience)).filter(|due| *due > now) {
            let replaced = self.lines.entry(runtime).or_default().waiting.insert(number, waker.clone());
            return (Turn::NotBefore(due), Vec::new(), replaced);
        }
        self.lines.values_mut().filter(|line| came_before(line)).for_each(|line| line.is_late = true);
        self.passing = Some(number);
        self.was_free_from = self.free_from.replace(free_from);
        let (own, to_wake) = self.leave_line(number);
        (Turn::Now, to_wake, own)
    }

    /// Whether `number` still passes. If so, the next one may pass from
    /// `free_from` on, or later.
    fn stays(&mut self, number: u64, free_from: Instant) -> bool {
        let stays = self.passing == Some(number);
        if stays {
            self.free_from = self.free_from.max(Some(free_from));
        }
        stays
    }

    /// Nobody starts to pass before this. A shorter rest does not cut a longer
    /// one short.
    #[cfg(any(feature = "pages", feature = "session"))]
    fn rest(&mut self, free_from: Instant) {
        self.resting = self.resting.max(Some(free_from));
    }

    /// Ends the pass of `number` as if it had not begun.
    fn give_back(&mut self, number: u64) -> Vec<Waker> {
        self.end(number, self.was_free_from)
    }

    /// Ends the wait or the pass of `number`, if it still waits or passes.
    /// Returns its waker, which the caller drops, and the wakers to wake.
    fn leave(&mut self, number: u64, free_from: Instant) -> (Option<Waker>, Vec<Waker>) {
        if self.passing == Some(number) { (None, self.end(number, Some(free_from))) } else { self.leave_line(number) }
    }

    /// Ends the pass of `number`. All lines then look at the time anew, for the
    /// next turn may be earlier than the end of the limit that they wait for.
    fn end(&mut self, number: u64, free_from: Option<Instant>) -> Vec<Waker> {
        if self.passing != Some(number) {
            return Vec::new();
        }
        self.passing = None;
        self.free_from = free_from;
        self.lines.values().filter_map(Line::first_waker).collect()
    }

    /// Takes `number` out of its line. The one behind the first is now the
    /// first and must watch the time.
    fn leave_line(&mut self, number: u64) -> (Option<Waker>, Vec<Waker>) {
        let mut to_wake = Vec::new();
        let mut own = None;
        for line in self.lines.values_mut() {
            let was_first = line.first() == Some(number);
            own = own.or(line.waiting.remove(&number));
            if was_first {
                to_wake.extend(line.first_waker());
            }
        }
        self.lines.retain(|_, line| !line.waiting.is_empty());
        (own, to_wake)
    }
}

impl Line {
    /// The place that came first.
    fn first(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(number, _)| *number)
    }

    /// The waker of that place.
    fn first_waker(&self) -> Option<Waker> {
        self.waiting.first_key_value().map(|(_, waker)| waker.clone())
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, future::join_all, poll};
    use tokio::runtime::{Builder, Handle, Runtime};

    use super::*;

    const SPACING: Duration = Duration::from_secs(5);
    const LIMIT: Duration = Duration::from_secs(20);

    fn gate() -> Arc<Gate> {
        Arc::new(Gate::new(SPACING))
    }

    fn here(gate: &Arc<Gate>) -> Place {
        gate.place(Handle::current().id())
    }

    /// Passes and ends at once.
    async fn pass(gate: &Arc<Gate>) {
        here(gate).turn(LIMIT).await;
    }

    #[tokio::test(start_paused = true)]
    async fn passes_are_spaced_from_end_to_start_and_come_in_the_order_of_the_places() {
        let gate = gate();
        let start = Instant::now();
        let places: Vec<Place> = (0..4).map(|_| here(&gate)).collect();
        let entered = join_all(places.into_iter().map(|place| async move {
            place.turn(LIMIT).await;
            let entered = start.elapsed();
            tokio::time::sleep(Duration::from_secs(2)).await;
            entered
        }))
        .await;
        assert_eq!(entered, [0, 7, 14, 21].map(Duration::from_secs));
    }

    #[tokio::test(start_paused = true)]
    async fn pass_that_is_given_back_holds_up_nobody() {
        let gate = gate();
        let start = Instant::now();
        pass(&gate).await;
        for _ in 0..3 {
            let place = here(&gate);
            place.turn(LIMIT).await;
            place.give_back();
        }
        pass(&gate).await;
        assert_eq!(start.elapsed(), SPACING);
    }

    #[tokio::test(start_paused = true)]
    async fn leaving_while_waiting_holds_up_nobody() {
        let gate = gate();
        let start = Instant::now();
        pass(&gate).await;
        let places: Vec<Place> = (0..3).map(|_| here(&gate)).collect();
        for place in &places {
            assert!(poll!(Box::pin(place.turn(LIMIT))).is_pending());
        }
        // In the middle, and at the front through a clone, which is the same place.
        let [first, second, third] = places.try_into().unwrap();
        drop(second);
        drop(first.clone());
        third.turn(LIMIT).await;
        assert_eq!(start.elapsed(), SPACING);
        drop(first);
        drop(third);
        pass(&gate).await;
        assert_eq!(start.elapsed(), 2 * SPACING);
    }

    #[tokio::test(start_paused = true)]
    async fn who_passes_and_does_nothing_is_passed_by_after_the_limit() {
        let gate = gate();
        let start = Instant::now();
        let idle = here(&gate);
        idle.turn(LIMIT).await;
        pass(&gate).await;
        assert_eq!(start.elapsed(), LIMIT + SPACING);
        // Its end no longer counts.
        drop(idle);
        pass(&gate).await;
        assert_eq!(start.elapsed(), LIMIT + 2 * SPACING);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_runs_of_who_was_passed_by() {
        let gate = gate();
        let idle = here(&gate);
        idle.turn(LIMIT).await;
        let mut polls = 0;
        let mut request = Box::pin(idle.within(
            LIMIT,
            poll_fn(|_| {
                polls += 1;
                Poll::<()>::Pending
            }),
        ));
        assert!(poll!(&mut request).is_pending());
        pass(&gate).await;
        assert_eq!(request.await, None);
        assert_eq!(polls, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_back_late_and_was_not_passed_by_has_its_answer_and_keeps_the_distance() {
        let gate = gate();
        let late = here(&gate);
        late.turn(LIMIT).await;
        let answer = tokio::time::sleep(Duration::from_secs(1));
        let mut request = Box::pin(late.within(LIMIT, answer));
        assert!(poll!(&mut request).is_pending());
        tokio::time::advance(3 * LIMIT).await;
        let back = Instant::now();
        assert_eq!(request.await, Some(()));
        pass(&gate).await;
        assert_eq!(back.elapsed(), SPACING);
    }

    #[tokio::test(start_paused = true)]
    async fn limit_beyond_time_is_a_long_one() {
        let place = here(&gate());
        place.turn(Duration::MAX).await;
        assert!(place.within(Duration::MAX, std::future::ready(1)).await.is_some());
    }

    fn runtimes<const N: usize>() -> [Runtime; N] {
        std::array::from_fn(|_| Builder::new_current_thread().enable_all().build().unwrap())
    }

    /// Seconds from `start`, and milliseconds.
    fn at(start: Instant, seconds: u64, millis: u64) -> Instant {
        start + Duration::from_secs(seconds) + Duration::from_millis(millis)
    }

    #[test]
    fn runtime_that_is_not_driven_is_waited_for_once() {
        let [driven, idle] = runtimes::<2>().map(|runtime| runtime.handle().id());
        let mut queue = Queue::default();
        let start = Instant::now();
        let mut ask = |runtime, number, now: Instant| queue.ask(runtime, number, now, now + SPACING, Waker::noop()).0;
        assert_eq!(ask(driven, 1, start), Turn::Now);
        // Two arrive in one runtime, then one in the other.
        assert_eq!(ask(idle, 2, start), Turn::NotBefore(at(start, 5, 0)));
        assert_eq!(ask(idle, 3, start), Turn::AfterOthers);
        assert_eq!(ask(driven, 4, start), Turn::NotBefore(at(start, 5, 100)));
        assert_eq!(ask(driven, 4, at(start, 5, 99)), Turn::NotBefore(at(start, 5, 100)));
        assert_eq!(ask(driven, 4, at(start, 5, 100)), Turn::Now);
        assert_eq!(ask(driven, 5, at(start, 6, 0)), Turn::NotBefore(at(start, 10, 100)));
        // It comes back, and still has its turn before later ones.
        assert_eq!(ask(idle, 2, at(start, 7, 0)), Turn::NotBefore(at(start, 10, 100)));
        assert_eq!(ask(driven, 5, at(start, 7, 0)), Turn::NotBefore(at(start, 10, 200)));
        assert_eq!(ask(idle, 2, at(start, 10, 100)), Turn::Now);
    }

    #[test]
    fn first_of_each_line_is_woken_when_the_gate_is_free_and_the_next_when_it_leaves() {
        use std::sync::atomic::{AtomicU32, Ordering};
        struct Bell(AtomicU32);
        impl std::task::Wake for Bell {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let [one, other] = runtimes::<2>();
        let gate = gate();
        let place = |runtime: &Runtime| gate.place(runtime.handle().id());
        let passing = place(&one);
        assert!(passing.turn(LIMIT).now_or_never().is_some());
        let waiting: Vec<_> = [&one, &one, &other].map(place).into();
        let bells: Vec<_> = waiting.iter().map(|_| Arc::new(Bell(AtomicU32::new(0)))).collect();
        for (place, bell) in waiting.iter().zip(&bells) {
            let _inside = other.enter();
            assert!(Box::pin(place.turn(LIMIT)).poll_unpin(&mut std::task::Context::from_waker(&bell.clone().into())).is_pending());
        }
        let rung = || bells.iter().map(|bell| bell.0.load(Ordering::Relaxed)).collect::<Vec<_>>();
        assert_eq!(rung(), [0, 0, 0]);
        drop(passing);
        assert_eq!(rung(), [1, 0, 1]);
        let mut waiting = waiting.into_iter();
        drop(waiting.next());
        assert_eq!(rung(), [1, 1, 1]);
        drop(waiting.next());
        assert_eq!(rung(), [1, 1, 1]);
    }
}
