//! What goes wrong: answers and failures queued for later requests.

use std::{collections::VecDeque, time::Duration};

use http::StatusCode;

use super::{Sim, refusal};
use crate::{Error, ErrorKind, Response};

/// # Faults
///
/// A method that ends in `next` queues what one request will get instead of a
/// snapshot, in the order of the calls: three calls spoil three requests. A
/// method that ends in `for` applies to every request in a span of time that
/// begins now, after everything that is queued. The span is measured by this
/// account's clock and its [`advance`](Self::advance). A later call replaces
/// it, and a span of zero ends it.
impl Sim {
    /// Queues one answer with this status and a small HTML page, as a proxy or
    /// a maintenance page would send it. To refuse the key as the API does, see
    /// [`refuse_key`](Self::refuse_key). For everything else, see
    /// [`answer_next`](Self::answer_next).
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    #[track_caller]
    pub fn fail_next(&self, status: u16) {
        self.queue(Fault::status(status));
    }

    /// Answers with this status, as [`fail_next`](Self::fail_next) does, for
    /// the length of `span`.
    ///
    /// ```test_harness
    /// use std::time::Duration;
    /// use rumble_live::{Client, Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn outage_of_five_minutes_is_over_after_them() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
    ///     sim.fail_for(Duration::from_secs(300), 503);
    ///     sim.advance(Duration::from_secs(299));
    ///     assert_eq!(client.snapshot().await.unwrap_err().kind(), ErrorKind::Server);
    ///     sim.advance(Duration::from_secs(1));
    ///     assert!(client.snapshot().await.is_ok());
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    #[track_caller]
    pub fn fail_for(&self, span: Duration, status: u16) {
        self.hold(span, Fault::status(status));
    }

    /// Queues one 403 in the API's own JSON form: the answer to a key that is
    /// wrong or was reset.
    pub fn refuse_key(&self) {
        self.queue(Fault::Refusal);
    }

    /// Refuses the key, as [`refuse_key`](Self::refuse_key) does, for the
    /// length of `span`: an outage of the service that checks the keys.
    pub fn refuse_for(&self, span: Duration) {
        self.hold(span, Fault::Refusal);
    }

    /// Queues one failure of the network: an error of kind
    /// [`Transport`](crate::ErrorKind::Transport), or over HTTP a connection
    /// that closes without an answer.
    pub fn break_next(&self) {
        self.queue(Fault::Break);
    }

    /// Makes the network fail, as [`break_next`](Self::break_next) does, for
    /// the length of `span`.
    pub fn break_for(&self, span: Duration) {
        self.hold(span, Fault::Break);
    }

    /// Queues one mix-up: the answer that `other` would give to the request. It
    /// does not count among the other's [`answers`](Self::answers), and does
    /// not use up its faults.
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn answer_of_another_account_is_not_taken() -> Result<(), Error> {
    ///     let (mine, other) = (Sim::new(1), Sim::new(2));
    ///     let client = Client::builder("http://127.0.0.1/?key=any").transport(mine.clone()).build()?;
    ///     client.snapshot().await?;
    ///     mine.mix_up_next(&other);
    ///     assert_eq!(client.snapshot().await.unwrap_err().kind(), ErrorKind::Decode);
    ///     assert!(client.snapshot().await.is_ok());
    ///     Ok(())
    /// }
    /// ```
    pub fn mix_up_next(&self, other: &Self) {
        self.queue(Fault::MixUp(other.clone()));
    }

    /// Answers for `other`, as [`mix_up_next`](Self::mix_up_next) does, for the
    /// length of `span`.
    pub fn mix_up_for(&self, span: Duration, other: &Self) {
        self.hold(span, Fault::MixUp(other.clone()));
    }

    /// Queues this answer. Over HTTP, an answer without a `Content-Type` is
    /// sent as HTML if its body begins with `<` and otherwise as JSON. If its
    /// body fails, the connection breaks.
    ///
    /// ```
    /// use rumble_live::{Response, http::{StatusCode, header}, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// sim.answer_next(Response::new(StatusCode::TOO_MANY_REQUESTS, "").header(header::RETRY_AFTER, 30.into()));
    /// ```
    pub fn answer_next(&self, answer: Response) {
        self.world().faults.queue(Next::Answer(answer));
    }

    fn queue(&self, fault: Fault) {
        self.world().faults.queue(Next::Fault(fault));
    }

    fn hold(&self, span: Duration, fault: Fault) {
        let mut world = self.world();
        let until = world.clock.passed().saturating_add(span);
        world.faults.hold(until, fault);
    }

    /// The answer to one request.
    pub(super) fn answer(&self) -> Result<Response, Error> {
        let mut world = self.world();
        let passed = world.clock.passed();
        let response = match world.faults.take(passed) {
            None => Response::ok(world.next_body()),
            Some(next) => {
                // The other account of a mix-up may ask this one.
                drop(world);
                let response = next.response()?;
                world = self.world();
                response
            }
        };
        world.answers += 1;
        Ok(response)
    }
}

/// What is to go wrong.
#[derive(Debug, Default)]
pub(super) struct Faults {
    next: VecDeque<Next>,
    /// The time at which it ends, as counted by `Clock::passed`.
    span: Option<(Duration, Fault)>,
}

/// What one request gets.
#[derive(Debug)]
pub(super) enum Next {
    Answer(Response),
    Fault(Fault),
}

#[derive(Clone, Debug)]
pub(super) enum Fault {
    Status(StatusCode),
    Refusal,
    Break,
    MixUp(Sim),
}

impl Faults {
    pub(super) fn queue(&mut self, next: Next) {
        self.next.push_back(next);
    }

    /// Holds until this much time has passed on the clock.
    pub(super) fn hold(&mut self, until: Duration, fault: Fault) {
        self.span = Some((until, fault));
    }

    /// Refuses the key for good, because it was reset.
    #[cfg(feature = "session")]
    pub(super) fn refuse_from_now_on(&mut self) {
        self.hold(Duration::MAX, Fault::Refusal);
    }

    pub(super) fn take(&mut self, passed: Duration) -> Option<Next> {
        if let Some(next) = self.next.pop_front() {
            return Some(next);
        }
        self.span.take_if(|(until, _)| *until <= passed);
        self.span.as_ref().map(|(_, fault)| Next::Fault(fault.clone()))
    }
}

impl Next {
    pub(super) fn response(self) -> Result<Response, Error> {
        match self {
            Self::Answer(response) => Ok(response),
            Self::Fault(fault) => fault.response(),
        }
    }
}

impl Fault {
    #[track_caller]
    pub(super) fn status(status: u16) -> Self {
        let known = StatusCode::from_u16(status).ok().filter(|_| (200..600).contains(&status));
        #[expect(clippy::expect_used, reason = "a mistake of the script, as documented")]
        Self::Status(known.expect("a status that ends a request is in 200 to 599"))
    }

    fn response(&self) -> Result<Response, Error> {
        match self {
            Self::Status(status) => {
                let number = status.as_u16();
                let page = format!("<!doctype html><title>{number}</title><p>The simulated server answers with {number}.</p>");
                Ok(Response::new(*status, page))
            }
            Self::Refusal => Ok(Response::new(StatusCode::FORBIDDEN, refusal::WRONG_KEY)),
            Self::Break => Err(Error::new(ErrorKind::Transport, "the connection was broken on purpose")),
            Self::MixUp(other) => Ok(Response::ok(other.snapshot_json())),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::RETRY_AFTER;
    use serde_json::Value;

    use super::*;
    use crate::Body;

    fn body(body: &Body) -> Vec<u8> {
        body.as_bytes().unwrap().to_vec()
    }

    #[test]
    fn faults_come_in_the_order_of_the_calls_and_then_the_snapshot() {
        let sim = Sim::new(1);
        let odd = Response::new(StatusCode::TOO_MANY_REQUESTS, vec![0xff]).header(RETRY_AFTER, 7.into());
        sim.fail_next(503);
        sim.break_next();
        sim.refuse_key();
        sim.answer_next(odd);
        assert_eq!(sim.answer().unwrap().status.as_u16(), 503);
        assert_eq!(sim.answer().unwrap_err().kind(), ErrorKind::Transport);
        let refusal = sim.answer().unwrap();
        let envelope: Value = serde_json::from_slice(refusal.body.as_bytes().unwrap()).unwrap();
        assert_eq!((refusal.status.as_u16(), &envelope["errors"][0]["code"]), (403, &"403".into()));
        let odd = sim.answer().unwrap();
        assert_eq!((odd.status.as_u16(), &odd.headers[RETRY_AFTER], body(&odd.body)), (429, &"7".parse().unwrap(), vec![0xff]));
        let answer = sim.answer().unwrap();
        assert_eq!((answer.status.as_u16(), body(&answer.body)), (200, sim.snapshot_json()));
        assert_eq!(sim.answers(), 4, "the broken one was no answer, and looking is none");
    }

    #[test]
    fn fault_for_a_span_of_time_hits_every_request_in_it_and_none_after() {
        let sim = Sim::new(1);
        let minute = Duration::from_secs(60);
        let status = || sim.answer().map_or(0, |response| response.status.as_u16());
        let spans: [(&dyn Fn(), u16); 3] =
            [(&|| sim.fail_for(minute, 503), 503), (&|| sim.refuse_for(minute), 403), (&|| sim.break_for(minute), 0)];
        for (begin, fault) in spans {
            begin();
            assert_eq!([status(), status()], [fault; 2]);
            sim.fail_next(502);
            assert_eq!([status(), status()], [502, fault], "what is queued comes first");
            sim.advance(Duration::from_millis(59_999));
            // The clock that the account shows does not matter here.
            sim.set_clock_back(minute);
            assert_eq!(status(), fault);
            sim.advance(Duration::from_millis(1));
            assert_eq!([status(), status()], [200; 2]);
        }
        sim.fail_for(minute, 503);
        sim.refuse_for(minute);
        assert_eq!(status(), 403, "the later one holds");
        sim.fail_for(Duration::ZERO, 503);
        assert_eq!(status(), 200);
    }

    #[test]
    fn mixed_up_account_is_shown_as_it_is_when_it_is_asked_for() {
        let (mine, other) = (Sim::new(1), Sim::new(2));
        mine.mix_up_next(&other);
        other.follow("ada");
        // Each waits for the other, which must not hang.
        other.mix_up_for(Duration::from_secs(1), &mine);
        assert_eq!(body(&mine.answer().unwrap().body), other.snapshot_json());
        assert_eq!(body(&other.answer().unwrap().body), mine.snapshot_json());
        assert_eq!(body(&mine.answer().unwrap().body), mine.snapshot_json());
        assert_eq!((mine.answers(), other.answers()), (2, 1));
        mine.mix_up_next(&mine);
        assert_eq!(body(&mine.answer().unwrap().body), mine.snapshot_json());
    }

    #[test]
    #[should_panic(expected = "is in 200 to 599")]
    fn status_that_ends_no_request_is_the_script_s_mistake() {
        Sim::new(1).fail_next(100);
    }
}
