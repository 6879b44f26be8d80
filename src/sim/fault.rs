//! What goes wrong: answers and failures queued for the requests to come.

use super::{Sim, wire, world::Fault};
use crate::Response;

/// # Faults
///
/// Each call queues what one request will get instead of a snapshot, in the order of the calls; three calls spoil three requests.
impl Sim {
    /// Queues one answer with this status and a small HTML page, as a proxy or a maintenance page would send it. For the API's own
    /// refusal of a key see [`refuse_key`](Self::refuse_key), for everything else [`answer_next`](Self::answer_next).
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    #[track_caller]
    pub fn fail_next(&self, status: u16) {
        assert!((200..600).contains(&status), "{status} is no status that ends a request");
        let page = format!("<!doctype html><title>{status}</title><p>The simulated server answers with {status}.</p>");
        self.answer_next(Response::new(status, page.into_bytes()));
    }

    /// Queues one 403 in the API's own JSON form: the answer to a key that is wrong or was reset.
    pub fn refuse_key(&self) {
        self.answer_next(Response::new(403, wire::WRONG_KEY.into()));
    }

    /// Queues one answer as it is given. Over HTTP a body that begins with `<` is sent as HTML and any other as JSON; an answer that
    /// HTTP cannot carry breaks the connection.
    ///
    /// ```
    /// use rumble_live::{Response, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let mut busy = Response::new(429, Vec::new());
    /// busy.retry_after = Some("30".into());
    /// sim.answer_next(busy);
    /// ```
    pub fn answer_next(&self, answer: Response) {
        self.world().faults.push_back(Fault::Answer(answer));
    }

    /// Queues one failure of the network: an error of kind [`Transport`](crate::ErrorKind::Transport), or over HTTP a connection closed
    /// without an answer.
    pub fn break_next(&self) {
        self.world().faults.push_back(Fault::Break);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::ErrorKind;

    #[test]
    fn faults_come_in_the_order_of_the_calls_and_then_the_snapshot() {
        let sim = Sim::new(1);
        let odd = Response { retry_after: Some("7".into()), ..Response::new(429, vec![0xff]) };
        sim.fail_next(503);
        sim.break_next();
        sim.refuse_key();
        sim.answer_next(odd.clone());
        assert_eq!(sim.answer().unwrap().status, 503);
        assert_eq!(sim.answer().unwrap_err().kind(), ErrorKind::Transport);
        let refusal = sim.answer().unwrap();
        let envelope: Value = serde_json::from_slice(&refusal.body).unwrap();
        assert_eq!((refusal.status, &envelope["errors"][0]["code"]), (403, &"403".into()));
        assert_eq!(sim.answer().unwrap(), odd);
        assert_eq!(sim.answer().unwrap(), Response::new(200, sim.snapshot_json()));
        assert_eq!(sim.answers(), 4, "the broken one was no answer, and looking is none");
    }

    #[test]
    #[should_panic(expected = "100 is no status")]
    fn status_that_ends_no_request_is_the_script_s_mistake() {
        Sim::new(1).fail_next(100);
    }
}
