//! What a script sets for the users who log in.

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
/// Users of the simulated site, who can write to the account's chats and do
/// more. Use them to test a bot that answers. Feature `session`.
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
    /// Logs a user in. Each call makes another session of theirs, with its own
    /// token.
    #[must_use]
    pub fn session(&self, username: &str) -> SessionToken {
        let mut world = self.world();
        let account = world.user_id.clone();
        SessionToken::of_simulator(world.sessions.log_in(username, &account))
    }

    /// Sets what a user may do from now on. Default: [`Viewer`](Role::Viewer).
    pub fn set_role(&self, username: &str, role: Role) {
        self.world().sessions.user(username).role = role;
    }

    /// Lets a user [log in](crate::session::SessionBuilder::log_in) with this
    /// password.
    pub fn set_password(&self, username: &str, password: &str) {
        self.world().sessions.user(username).secrets.password = Some(password.into());
    }

    /// Gives a user a second factor from now on. Its code is always this one,
    /// by mail, by SMS and from the app.
    pub fn set_code(&self, username: &str, code: &str) {
        self.world().sessions.user(username).secrets.code = Some(code.into());
    }

    /// How many codes were sent to a user.
    #[must_use]
    pub fn codes_sent(&self, username: &str) -> u64 {
        self.world().sessions.user(username).secrets.codes_sent
    }

    /// Ends all sessions of a user: their tokens stop working.
    pub fn end_sessions(&self, username: &str) {
        self.world().sessions.log_out(username);
    }

    /// The next answer to a user brings a new token, and all earlier ones stop
    /// working.
    pub fn renew_session(&self, username: &str) {
        self.world().sessions.user(username).is_to_be_renewed = true;
    }

    /// Queues one refusal of a session's request, in these words.
    pub fn refuse_session_next(&self, words: &str) {
        let errors = json!({"errors": [{"code": "403", "message": words, "type": "generic"}]});
        self.answer_session_next(Response::new(StatusCode::FORBIDDEN, errors.to_string()));
    }

    /// Queues one answer to a session's request, with this status and a small
    /// HTML page. With 403 it is a challenge page.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    #[track_caller]
    pub fn fail_session_next(&self, status: u16) {
        let fault = Fault::status(status);
        self.world().sessions.next.push_back(Spoiled::Answer(Next::Fault(fault)));
    }

    /// Queues this answer to a session's request. The request is not carried
    /// out.
    pub fn answer_session_next(&self, answer: Response) {
        self.world().sessions.next.push_back(Spoiled::answer(answer));
    }

    /// Queues one loss of the answer to a session's request. With
    /// [`Loss::Before`] the request itself is lost.
    pub fn lose_session_answer_next(&self, loss: Loss) {
        self.world().sessions.next.push_back(Spoiled::Lost(loss));
    }

    /// How often a message or a command with this text was posted, whether it
    /// was accepted or not.
    #[must_use]
    pub fn times_posted(&self, text: &str) -> usize {
        self.world().sessions.posted.get(text).copied().unwrap_or_default()
    }

    /// How many requests sessions made, whatever the answer.
    #[must_use]
    pub fn session_requests(&self) -> u64 {
        self.world().sessions.requests
    }
}
