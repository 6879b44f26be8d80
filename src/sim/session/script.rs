//! What a script sets of the users who log in.

use http::StatusCode;
use serde_json::json;

use super::state::{Loss, Role, Spoiled};
use crate::{
    Response,
    session::SessionToken,
    sim::{
        Sim,
        fault::{Fault, Next},
    },
};

/// # Sessions
///
/// Users of the simulated site, who can write to the account's chats and more; for tests of a bot that answers. Feature `session`.
///
/// ```test_harness
/// use rumble_live::{Client, Error, Event, session::Session, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn captain_answers() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let session = Session::builder().transport(sim.clone()).build(sim.session("captain"))?;
///     let sent = session.chat(&stream)?.send("ahoy").await?;
///
///     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
///     let said = client.snapshot().await?.livestreams()[0].chat.recent_messages[0].clone();
///     assert_eq!((said.username.as_str(), said.text.as_str()), ("captain", "ahoy"));
///     assert!(!sent.message_id.as_str().is_empty());
///     Ok(())
/// }
/// ```
impl Sim {
    /// Logs a user in. Each call is another session of theirs, with a token of its own.
    #[must_use]
    pub fn session(&self, username: &str) -> SessionToken {
        let mut world = self.world();
        let account = world.user_id.clone();
        SessionToken::of_simulator(world.sessions.log_in(username, &account))
    }

    /// What a user may do from now on. A [`Viewer`](Role::Viewer) unless set.
    pub fn set_role(&self, username: &str, role: Role) {
        self.world().sessions.user(username).role = role;
    }

    /// A user can [log in](crate::session::SessionBuilder::log_in) with this password.
    pub fn set_password(&self, username: &str, password: &str) {
        self.world().sessions.user(username).secrets.password = Some(password.into());
    }

    /// A user has a second factor from now on, whose code is always this one, by mail, SMS and app alike.
    pub fn set_code(&self, username: &str, code: &str) {
        self.world().sessions.user(username).secrets.code = Some(code.into());
    }

    /// How many codes were sent to a user.
    #[must_use]
    pub fn codes_sent(&self, username: &str) -> u64 {
        self.world().sessions.user(username).secrets.codes_sent
    }

    /// All sessions of a user end: their tokens are good for nothing any more.
    pub fn end_sessions(&self, username: &str) {
        self.world().sessions.log_out(username);
    }

    /// The next answer to a user gives a new token, and the ones before end.
    pub fn renew_session(&self, username: &str) {
        self.world().sessions.user(username).is_to_be_renewed = true;
    }

    /// Queues one refusal, in these words, of what a session asks for.
    pub fn refuse_session_next(&self, words: &str) {
        let errors = json!({"errors": [{"code": "403", "message": words, "type": "generic"}]});
        self.answer_session_next(Response::new(StatusCode::FORBIDDEN, errors.to_string()));
    }

    /// Queues one answer with this status and a small HTML page for what a session asks for; with 403 it is a challenge page.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    #[track_caller]
    pub fn fail_session_next(&self, status: u16) {
        let fault = Fault::status(status);
        self.world().sessions.next.push_back(Spoiled::Answer(Next::Fault(fault)));
    }

    /// Queues one answer as it is given for what a session asks for, which is not done.
    pub fn answer_session_next(&self, answer: Response) {
        self.world().sessions.next.push_back(Spoiled::answer(answer));
    }

    /// Queues one loss of the answer to what a session asks for, and with [`Loss::Before`] of the request itself.
    pub fn lose_session_answer_next(&self, loss: Loss) {
        self.world().sessions.next.push_back(Spoiled::Lost(loss));
    }

    /// How often a message or a command of this text was posted, whether it was taken or not.
    #[must_use]
    pub fn times_posted(&self, text: &str) -> usize {
        self.world().sessions.posted.get(text).copied().unwrap_or_default()
    }

    /// How many requests of sessions there were, with whatever answer.
    #[must_use]
    pub fn session_requests(&self) -> u64 {
        self.world().sessions.requests
    }
}
