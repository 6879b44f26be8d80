//! What goes wrong: answers and failures queued for later requests.
//!
//! Three things want to decide an answer: the queue, the span, and the account
//! itself. The queue comes first, so a test can put one odd answer into an
//! outage, and then the span. The span is counted by the time that has passed,
//! not by the server's clock, so that stepping that clock back does not make an
//! outage longer. Chats, sessions, pages and uploads have queues of their own,
//! made of the same parts.

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
/// it, whatever kind of fault it was, and a span of zero ends it.
///
/// They apply to polls alone. The live chat, sessions, pages and uploads have
/// faults of their own.
impl Sim {
    /// Queues one answer with this status and a small HTML page, as a proxy or
    /// a maintenance page would send it. To refuse the key as the API does, see
    /// [`refuse_key`](Self::refuse_key). For everything else, see
    /// [`answer_next`](Self::answer_next).
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    ///
    /// # Examples
    ///
    /// Two failures in a row are one outage, and the bot says so when it is
    /// over:
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn two_failures_are_one_outage() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     let mut watcher = client.watch();
    ///     watcher.next().await.transpose()?;
    ///
    ///     sim.fail_next(502);
    ///     sim.fail_next(503);
    ///     for kind in ["interrupted", "interrupted", "resumed"] {
    ///         let event = watcher.next().await.transpose()?;
    ///         assert_eq!(event.map(|event| event.kind()), Some(kind));
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn fail_next(&self, status: u16) {
        self.queue(Fault::status(status));
    }

    /// Answers with this status, as [`fail_next`](Self::fail_next) does, for
    /// the length of `span`.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn outage_of_five_minutes_ends() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     sim.fail_for(Duration::from_secs(300), 503);
    ///     sim.advance(Duration::from_secs(299));
    ///     let error = client.snapshot().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Server);
    ///     sim.advance(Duration::from_secs(1));
    ///     assert!(client.snapshot().await.is_ok());
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn fail_for(&self, span: Duration, status: u16) {
        self.hold(span, Fault::status(status));
    }

    /// Queues one 403 in the API's own JSON form: the answer to a key that is
    /// wrong or was reset.
    ///
    /// # Examples
    ///
    /// If it is the first answer, the key never worked. The bot ends with one
    /// error and does not ask again:
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn wrong_key_ends_the_bot() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.refuse_key();
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     let mut watcher = client.watch();
    ///     let error = watcher.next().await.transpose().unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Unauthorized);
    ///     assert!(watcher.next().await.is_none());
    ///     assert_eq!(sim.answers(), 1);
    ///     Ok(())
    /// }
    /// ```
    pub fn refuse_key(&self) {
        self.queue(Fault::Refusal);
    }

    /// Refuses the key, as [`refuse_key`](Self::refuse_key) does, for the
    /// length of `span`: an outage of the service that checks the keys. A
    /// session that resets the key does this for good.
    ///
    /// # Examples
    ///
    /// A key that has worked is given up after 15 minutes of refusals. Test
    /// what your bot does then:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, ErrorKind, sim::Sim};
    /// use tokio::time::Instant;
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn bot_waits_long_for_its_key() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     let mut watcher = client.watch();
    ///     watcher.next().await.transpose()?;
    ///
    ///     sim.refuse_for(Duration::from_secs(3600));
    ///     let began = Instant::now();
    ///     let error = loop {
    ///         match watcher.next().await.transpose() {
    ///             Ok(event) => assert!(event.is_some()),
    ///             Err(error) => break error,
    ///         }
    ///     };
    ///     assert_eq!(error.kind(), ErrorKind::Unauthorized);
    ///     assert!(began.elapsed() >= Duration::from_secs(15 * 60));
    ///     Ok(())
    /// }
    /// ```
    pub fn refuse_for(&self, span: Duration) {
        self.hold(span, Fault::Refusal);
    }

    /// Queues one failure of the network: an error of kind
    /// [`Transport`](crate::ErrorKind::Transport), or over HTTP a connection
    /// that closes without an answer. It does not count among the
    /// [`answers`](Self::answers).
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn broken_connection_passes() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     sim.break_next();
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     let error = client.snapshot().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Transport);
    ///     assert!(error.is_transient());
    ///     assert!(client.snapshot().await.is_ok());
    ///     assert_eq!(sim.answers(), 1);
    ///     Ok(())
    /// }
    /// ```
    pub fn break_next(&self) {
        self.queue(Fault::Break);
    }

    /// Makes the network fail, as [`break_next`](Self::break_next) does, for
    /// the length of `span`.
    ///
    /// # Examples
    ///
    /// A rant that comes while the bot's router restarts is told once it is
    /// back:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    /// use tokio::time::Instant;
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn rant_outlasts_an_outage() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     let mut watcher = client.watch();
    ///     watcher.next().await.transpose()?;
    ///
    ///     let (began, outage) = (Instant::now(), Duration::from_secs(600));
    ///     sim.break_for(outage);
    ///     sim.rant(&stream, "ada", "is anybody there?", 500);
    ///     let rant = watcher.into_rants().next().await.transpose()?;
    ///     assert_eq!(rant.map(|rant| rant.username), Some("ada".to_owned()));
    ///     assert!(began.elapsed() >= outage);
    ///     Ok(())
    /// }
    /// ```
    pub fn break_for(&self, span: Duration) {
        self.hold(span, Fault::Break);
    }

    /// Queues one mix-up: the answer that `other` would give to the request. It
    /// does not count among the other's [`answers`](Self::answers), and does
    /// not use up its faults.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn answer_of_another_account_is_not_taken() -> Result<(), Error> {
    ///     let (mine, other) = (Sim::new(1), Sim::new(2));
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client =
    ///         Client::builder(url).transport(mine.clone()).build()?;
    ///     client.snapshot().await?;
    ///     mine.mix_up_next(&other);
    ///     let error = client.snapshot().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Decode);
    ///     assert!(client.snapshot().await.is_ok());
    ///     Ok(())
    /// }
    /// ```
    pub fn mix_up_next(&self, other: &Self) {
        self.queue(Fault::MixUp(other.clone()));
    }

    /// Answers for `other`, as [`mix_up_next`](Self::mix_up_next) does, for the
    /// length of `span`.
    ///
    /// # Examples
    ///
    /// Nobody who follows the other account is greeted:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn stranger_is_not_greeted() -> Result<(), Error> {
    ///     let (mine, other) = (Sim::running(1), Sim::running(2));
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client =
    ///         Client::builder(url).transport(mine.clone()).build()?;
    ///     let mut watcher = client.watch();
    ///     watcher.next().await.transpose()?;
    ///
    ///     mine.mix_up_for(Duration::from_secs(60), &other);
    ///     other.follow("stranger");
    ///     mine.follow("ada");
    ///     let new = watcher.into_followers().next().await.transpose()?;
    ///     assert_eq!(new.map(|new| new.username), Some("ada".to_owned()));
    ///     Ok(())
    /// }
    /// ```
    pub fn mix_up_for(&self, span: Duration, other: &Self) {
        self.hold(span, Fault::MixUp(other.clone()));
    }

    /// Queues this answer. Over HTTP, an answer without a `Content-Type` is
    /// sent as HTML if its body begins with `<` and otherwise as JSON. If its
    /// body fails, the connection breaks.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::http::{StatusCode, header};
    /// use rumble_live::{Client, Error, ErrorKind, Response, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn server_asks_for_half_a_minute() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     let busy = Response::new(StatusCode::TOO_MANY_REQUESTS, "");
    ///     sim.answer_next(busy.header(header::RETRY_AFTER, 30.into()));
    ///     let error = client.snapshot().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::RateLimited);
    ///     assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    ///     Ok(())
    /// }
    /// ```
    pub fn answer_next(&self, answer: Response) {
        self.world().faults.queue(Next::Answer(answer));
    }

    /// One request gets this fault.
    fn queue(&self, fault: Fault) {
        self.world().faults.queue(Next::Fault(fault));
    }

    /// Every request gets this fault for the length of `span`.
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

/// A fault that can be repeated, so it can hold for a span of time.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// A page with this status.
    Status(StatusCode),
    /// The key is refused.
    Refusal,
    /// There is no answer.
    Break,
    /// The answer is that of another account.
    MixUp(Sim),
}

impl Faults {
    /// One request gets this, before anything that holds for a span.
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

    /// What is to go wrong with the request that comes now, `passed` after the
    /// start. `None` if nothing is. Forgets a span that is over.
    pub(super) fn take(&mut self, passed: Duration) -> Option<Next> {
        if let Some(next) = self.next.pop_front() {
            return Some(next);
        }
        self.span.take_if(|(until, _)| *until <= passed);
        self.span.as_ref().map(|(_, fault)| Next::Fault(fault.clone()))
    }
}

impl Next {
    /// What the request gets. Call it without the lock of the account, which a
    /// mix-up of two accounts may need.
    pub(super) fn response(self) -> Result<Response, Error> {
        match self {
            Self::Answer(response) => Ok(response),
            Self::Fault(fault) => fault.response(),
        }
    }
}

impl Fault {
    /// An answer with this status.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599: those below end no request.
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
