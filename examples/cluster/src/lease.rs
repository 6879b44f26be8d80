//! Decides what the holder of a lease may do, and until when.
//!
//! The lease of an account is a key that the server deletes [`TTL`] after its
//! last renewal. The holder counts from the moment before it *sent* that
//! renewal, and stops after [`LOST_AFTER`], which is shorter. So it stops
//! before anybody else can begin, however late an answer comes and however long
//! it was paused.

use std::{collections::BTreeMap, time::Duration};

/// How long the server keeps a lease that is not renewed. These are whole
/// seconds, because the server cuts off fractions.
pub const TTL: Duration = Duration::from_secs(20);
/// How old the last confirmed renewal may become. After that the lease is lost
/// for good.
pub const LOST_AFTER: Duration = Duration::from_secs(18);
/// How often a lease is renewed.
pub const RENEW_EVERY: Duration = Duration::from_secs(5);
/// The shortest time between the requests of two holders.
pub const APART: Duration = Duration::from_secs(5);

/// A moment by both clocks of this machine. Each clock has an origin of its
/// own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The monotonic clock. It may stand still while the machine sleeps, but is
    /// never ahead.
    pub monotonic: Duration,
    /// The wall clock. It may be set forward or back.
    pub wall: Duration,
}

impl Moment {
    /// The longest time that can have passed since `earlier`, whichever of the
    /// two clocks is wrong.
    #[must_use]
    pub fn longest_since(self, earlier: Self) -> Duration {
        self.monotonic.saturating_sub(earlier.monotonic).max(self.wall.saturating_sub(earlier.wall))
    }

    /// The shortest time that can have passed since `earlier`. It leaves out
    /// the wall clock, which may have been set forward.
    #[must_use]
    pub fn shortest_since(self, earlier: Self) -> Duration {
        self.monotonic.saturating_sub(earlier.monotonic)
    }
}

/// A write to the key of a lease, which takes the lease or renews it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// 0 takes the lease, 1 is its first renewal. The key holds this number, so
    /// that a reader knows which write it sees.
    pub number: u64,
    /// The revision that the key has to have before the write.
    pub expected: u64,
}

/// What a read of the key from the leader found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A write of this same lease.
    Own {
        /// The number of the write that is there.
        number: u64,
        /// The revision of the key.
        revision: u64,
    },
    /// Another lease, or none.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    None,
    UnderWay,
    Ended(Moment),
}

/// A lease that this worker holds or tries to take.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The revision of the key, as far as it is known.
    revision: u64,
    /// The newest write that the server has confirmed: its number and the
    /// moment before it was sent.
    confirmed: Option<(u64, Moment)>,
    /// The other writes, by number, with the moment before they were sent. They
    /// have no answer or were refused.
    unconfirmed: BTreeMap<u64, Moment>,
    /// The number of the newest write and the moment before it was sent.
    last: (u64, Moment),
    request: Request,
    is_leaving: bool,
    is_over: bool,
    /// A write was refused, so nobody knows the revision until the key is read.
    must_read: bool,
}

impl Lease {
    /// Begins to take a lease whose key is at this revision, or 0 if there is
    /// no key. The caller has to send the write, *after* it has read `now`.
    #[must_use]
    pub fn take(now: Moment, revision: u64) -> (Self, Write) {
        let lease = Self {
            revision,
            confirmed: None,
            unconfirmed: BTreeMap::from([(0, now)]),
            last: (0, now),
            request: Request::None,
            is_leaving: false,
            is_over: false,
            must_read: false,
        };
        (lease, Write { number: 0, expected: revision })
    }

    /// Whether the lease is lost or given back. Once it is over it stays over:
    /// it allows no request and is not renewed or given back any more.
    pub fn is_over(&mut self, now: Moment) -> bool {
        // Before the first answer, this counts from the write that takes the lease.
        let since = self.confirmed.map_or(self.unconfirmed.get(&0).copied(), |(_, sent)| Some(sent));
        self.is_over |= since.is_none_or(|since| now.longest_since(since) >= LOST_AFTER);
        self.is_over
    }

    /// Whether the key has to be read before anything can be written to it
    /// again.
    pub fn must_read(&mut self, now: Moment) -> bool {
        !self.is_over(now) && self.must_read
    }

    /// The next renewal, if it is time for one. The caller has to send it.
    pub fn renew(&mut self, now: Moment) -> Option<Write> {
        let is_due = now.longest_since(self.last.1) >= RENEW_EVERY;
        if self.is_over(now) || self.must_read || self.confirmed.is_none() || !is_due {
            return None;
        }
        let number = self.last.0 + 1;
        self.last = (number, now);
        self.unconfirmed.insert(number, now);
        Some(Write { number, expected: self.revision })
    }

    /// Notes that the server has stored this write as this revision. The answer
    /// may be late.
    pub fn confirmed(&mut self, now: Moment, number: u64, revision: u64) {
        if self.is_over(now) {
            return;
        }
        let Some(sent) = self.unconfirmed.remove(&number) else { return };
        if self.confirmed.is_none_or(|(newest, _)| newest < number) {
            self.confirmed = Some((number, sent));
            self.revision = revision;
            // Older writes can no longer be stored, or were stored before this one.
            self.unconfirmed = self.unconfirmed.split_off(&number);
        }
    }

    /// Notes that the server has refused a write, or that no answer came. This
    /// write, or an earlier one without an answer, may have been stored.
    pub fn refused(&mut self) {
        self.must_read = true;
    }

    /// Notes what a read of the key from the leader found.
    pub fn found(&mut self, now: Moment, found: Found) {
        match found {
            Found::Own { number, revision } => {
                self.must_read = false;
                self.confirmed(now, number, revision);
            }
            Found::Other => self.is_over = true,
        }
    }

    /// Whether a request that takes at most `limit` may start now. If so, it
    /// counts as under way until [`request_ended`](Self::request_ended).
    #[must_use]
    pub fn start_request(&mut self, now: Moment, limit: Duration) -> bool {
        let may = self.request != Request::UnderWay && self.has_left(now, limit.saturating_add(APART));
        if may {
            self.request = Request::UnderWay;
        }
        may
    }

    /// Notes that the request that was under way has ended, well or badly.
    pub fn request_ended(&mut self, now: Moment) {
        if self.request == Request::UnderWay {
            self.request = Request::Ended(now);
        }
    }

    /// Whether the lease will be held for at least `span` and is not about to
    /// be given back.
    pub fn has_left(&mut self, now: Moment, span: Duration) -> bool {
        let Some((_, sent)) = self.confirmed else { return false };
        !self.is_over(now) && !self.is_leaving && now.longest_since(sent).saturating_add(span) <= LOST_AFTER
    }

    /// The moment before the newest confirmed write was sent.
    #[must_use]
    pub fn confirmed_at(&self) -> Option<Moment> {
        self.confirmed.map(|(_, sent)| sent)
    }

    /// The moment before the newest write was sent.
    #[must_use]
    pub fn last_written(&self) -> Moment {
        self.last.1
    }

    /// Lets no request start from now on, so that the lease can be given back.
    pub fn leave(&mut self) {
        self.is_leaving = true;
    }

    /// Whether the lease is about to be given back.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.is_leaving
    }

    /// The revision at which to delete the key, once it is time for that. From
    /// then on the lease is over, whatever becomes of the deletion.
    ///
    /// `None` while a write has no answer, because the revision is not known
    /// then.
    pub fn give_back(&mut self, now: Moment) -> Option<u64> {
        let is_known = !self.must_read && self.confirmed.is_some_and(|(number, _)| number == self.last.0);
        let is_apart = match self.request {
            Request::None => true,
            Request::UnderWay => false,
            Request::Ended(ended) => now.shortest_since(ended) >= APART,
        };
        if self.is_over(now) || !self.is_leaving || !is_known || !is_apart {
            return None;
        }
        self.is_over = true;
        Some(self.revision)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cases::cases;

    const LIMIT: Duration = Duration::from_secs(4);

    /// A moment at which both clocks are right.
    fn at(seconds: u64) -> Moment {
        Moment { monotonic: Duration::from_secs(seconds), wall: Duration::from_secs(1_700_000_000 + seconds) }
    }

    /// A lease that was taken at second 100 as revision 7. The answer came at
    /// once.
    fn held() -> Lease {
        let (mut lease, write) = Lease::take(at(100), 0);
        assert_eq!(write, Write { number: 0, expected: 0 });
        lease.confirmed(at(100), 0, 7);
        lease
    }

    #[test]
    fn it_is_lost_18_seconds_after_the_renewal_was_sent_however_late_the_answer_came() {
        let (mut lease, _) = Lease::take(at(100), 0);
        lease.confirmed(at(117), 0, 7);
        assert!(!lease.is_over(at(117)));
        assert!(!lease.start_request(at(117), LIMIT), "the lease began at second 100");
        assert!(lease.is_over(at(118)));
    }

    #[test]
    fn lost_lease_is_neither_renewed_nor_given_back_nor_used_even_if_a_late_answer_or_an_old_clock_says_otherwise() {
        let mut lease = held();
        assert_eq!(lease.renew(at(110)), Some(Write { number: 1, expected: 7 }));
        lease.leave();
        assert!(lease.is_over(at(118)));
        lease.confirmed(at(118), 1, 8);
        lease.found(at(118), Found::Own { number: 1, revision: 8 });
        for now in [at(119), at(101)] {
            assert!(lease.is_over(now));
            assert_eq!((lease.renew(now), lease.give_back(now), lease.start_request(now, LIMIT)), (None, None, false));
        }
    }

    #[test]
    fn request_starts_only_while_its_limit_and_five_seconds_are_left() {
        let mut lease = held();
        assert!(lease.start_request(at(109), LIMIT));
        lease.request_ended(at(109));
        assert!(!lease.start_request(at(110), LIMIT));
        assert!(lease.start_request(at(110), Duration::from_secs(3)));
    }

    #[test]
    fn it_is_given_back_five_seconds_after_the_last_request_ended() {
        let mut lease = held();
        assert!(lease.start_request(at(101), LIMIT));
        lease.leave();
        assert_eq!(lease.give_back(at(104)), None, "the request is still under way");
        lease.request_ended(at(104));
        assert!(!lease.start_request(at(105), LIMIT), "the lease is to be given back");
        // The wall clock was set forward.
        assert_eq!(lease.give_back(Moment { wall: at(110).wall, ..at(105) }), None);
        assert_eq!(lease.give_back(at(108)), None);
        assert_eq!(lease.give_back(at(109)), Some(7));
        assert!(lease.is_over(at(109)));
    }

    #[test]
    fn lease_without_a_request_is_given_back_at_once() {
        let mut lease = held();
        assert_eq!(lease.give_back(at(101)), None, "nobody has asked for that yet");
        lease.leave();
        assert_eq!(lease.give_back(at(101)), Some(7));
    }

    #[test]
    fn lost_answer_is_made_good_by_a_read() {
        let mut lease = held();
        assert_eq!(lease.renew(at(104)), None);
        assert_eq!(lease.renew(at(105)), Some(Write { number: 1, expected: 7 }));
        lease.refused();
        assert!(lease.must_read(at(107)));
        assert_eq!(lease.renew(at(110)), None, "nobody knows the revision");
        lease.found(at(110), Found::Own { number: 1, revision: 9 });
        assert_eq!(lease.renew(at(110)), Some(Write { number: 2, expected: 9 }));
        assert!(!lease.is_over(at(122)));
        assert!(lease.is_over(at(123)), "the lease counts from second 105");
    }

    #[test]
    fn lease_is_over_when_a_read_finds_another() {
        let mut lease = held();
        lease.refused();
        lease.found(at(106), Found::Other);
        assert!(lease.is_over(at(106)));
    }

    #[test]
    fn nothing_is_given_back_while_a_renewal_has_no_answer() {
        let mut lease = held();
        lease.leave();
        assert!(lease.renew(at(105)).is_some());
        assert_eq!(lease.give_back(at(106)), None);
        lease.confirmed(at(106), 1, 8);
        assert_eq!(lease.give_back(at(106)), Some(8));
    }

    #[test]
    fn answers_in_the_wrong_order_leave_the_newest() {
        let mut lease = held();
        assert!(lease.renew(at(105)).is_some());
        lease.found(at(106), Found::Own { number: 1, revision: 8 });
        assert_eq!(lease.renew(at(110)), Some(Write { number: 2, expected: 8 }));
        lease.confirmed(at(111), 2, 9);
        lease.confirmed(at(112), 1, 8);
        assert_eq!(lease.renew(at(115)), Some(Write { number: 3, expected: 9 }));
        assert!(!lease.is_over(at(127)));
    }

    proptest! {
        #![proptest_config(cases(256))]
        #[test]
        fn one_clock_that_stands_still_or_is_set_does_not_keep_a_lease(since in 0..40_u64, slip in -7200..7200_i64, is_wall: bool) {
            let mut now = at(100 + since);
            if is_wall {
                now.wall = Duration::from_secs(now.wall.as_secs().saturating_add_signed(slip));
            } else {
                // This clock is never ahead.
                now.monotonic = Duration::from_secs(now.monotonic.as_secs().saturating_sub(slip.unsigned_abs()));
            }
            let is_over = held().is_over(now);
            prop_assert!(is_over || since < LOST_AFTER.as_secs());
            prop_assert!(!held().start_request(now, LIMIT) || since + LIMIT.as_secs() + APART.as_secs() <= LOST_AFTER.as_secs());
        }
    }
}
