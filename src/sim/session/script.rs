//! What a script sets for the users who log in.
//!
//! A user comes into being with the first call that names them. Faults are
//! queued for the requests of all users together, in the order in which the
//! requests come, because a script seldom has more than one session.

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
/// The site checks the rules that a bot may break: a message has at most 200
/// characters, a muted user cannot write, and only those with a [role](Role)
/// can moderate. It has no slow mode. What a user does is in the
/// [`history`](Self::history), and shows in polls and chats, like everything
/// that a script does.
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::{Client, Error, session::Session, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn captain_answers() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let sent = session.chat(&stream)?.send("ahoy").await?;
///
///     let url = "http://127.0.0.1/?key=any";
///     let client = Client::builder(url).transport(sim.clone()).build()?;
///     let snapshot = client.snapshot().await?;
///     let said = &snapshot.livestreams()[0].chat.recent_messages[0];
///     assert_eq!(
///         (said.username.as_str(), said.text.as_str()),
///         ("captain", "ahoy")
///     );
///     assert!(!sent.message_id.as_str().is_empty());
///     Ok(())
/// }
/// ```
impl Sim {
    /// Logs a user in, without a password. Each call makes another session of
    /// theirs, with its own token. Another account does not know the token.
    ///
    /// # Examples
    ///
    /// A bot that runs twice under one name has two sessions, and one does not
    /// end the other:
    ///
    /// ```test_harness
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn one_user_has_two_sessions() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let (first, second) =
    ///         (sim.session("captain"), sim.session("captain"));
    ///     assert_ne!(first, second);
    ///     for token in [first, second] {
    ///         let session =
    ///             Session::builder().transport(sim.clone()).build(token)?;
    ///         assert_eq!(session.username().await?, "captain");
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn session(&self, username: &str) -> SessionToken {
        let mut world = self.world();
        let account = world.user_id.clone();
        SessionToken::of_simulator(world.sessions.log_in(username, &account))
    }

    /// Sets what a user may do from now on. Default: [`Viewer`](Role::Viewer).
    /// It also shows in the user's badges, in polls and chats.
    ///
    /// # Examples
    ///
    /// A bot that was made a moderator too late must say why it could not mute
    /// anybody:
    ///
    /// ```test_harness
    /// use rumble_live::session::{MuteFor, Session};
    /// use rumble_live::sim::{Role, Sim, What};
    /// use rumble_live::{Error, ErrorKind};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn viewer_cannot_mute_and_a_moderator_can() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let chat = session.chat(&stream)?;
    ///     let error =
    ///         chat.mute("zed", MuteFor::FiveMinutes).await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Refused);
    ///
    ///     sim.set_role("captain", Role::Moderator);
    ///     chat.mute("zed", MuteFor::FiveMinutes).await?;
    ///     let last = sim.history().pop().map(|happened| happened.what);
    ///     assert_eq!(
    ///         last,
    ///         Some(What::Muted { stream, username: "zed".into() })
    ///     );
    ///     Ok(())
    /// }
    /// ```
    pub fn set_role(&self, username: &str, role: Role) {
        self.world().sessions.user(username).role = role;
    }

    /// Lets a user [log in](crate::session::SessionBuilder::log_in) with this
    /// password. A user without one is refused, as if the password were wrong.
    /// A later call replaces it, and sessions that are open go on.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::session::{Login, Session};
    /// use rumble_live::{Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn wrong_password_is_refused() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.set_password("captain", "not-a-real-password");
    ///     let site = || Session::builder().transport(sim.clone());
    ///
    ///     let error = site().log_in("captain", "a-guess").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Refused);
    ///     let login = site().log_in("captain", "not-a-real-password").await?;
    ///     assert!(matches!(login, Login::Done(_)));
    ///     Ok(())
    /// }
    /// ```
    pub fn set_password(&self, username: &str, password: &str) {
        self.world().sessions.user(username).secrets.password = Some(password.into());
    }

    /// Gives a user a second factor from now on. Its code is always this one,
    /// by mail, by SMS and from the app. It does not wear out, and works
    /// whether it was sent or not. The user needs a
    /// [password](Self::set_password) too.
    ///
    /// # Examples
    ///
    /// Somebody who mistypes the code can try again:
    ///
    /// ```test_harness
    /// use rumble_live::session::{CodeBy, Login, Session};
    /// use rumble_live::{Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn code_is_asked_for_again() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.set_password("captain", "not-a-real-password");
    ///     sim.set_code("captain", "123456");
    ///     let site = Session::builder().transport(sim.clone());
    ///     let login = site.log_in("captain", "not-a-real-password").await?;
    ///     let Login::SecondFactor(second) = login else { panic!("no code") };
    ///
    ///     second.request_code(CodeBy::Sms).await?;
    ///     assert_eq!(sim.codes_sent("captain"), 1);
    ///     let error = second.verify("654321").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Refused);
    ///     let session = second.verify("123456").await?;
    ///     assert_eq!(session.username().await?, "captain");
    ///     Ok(())
    /// }
    /// ```
    pub fn set_code(&self, username: &str, code: &str) {
        self.world().sessions.user(username).secrets.code = Some(code.into());
    }

    /// How many codes were sent to a user, by mail and by SMS together. 0 for a
    /// user who was never named. See [`set_code`](Self::set_code) for an
    /// example.
    #[must_use]
    pub fn codes_sent(&self, username: &str) -> u64 {
        self.world().sessions.user(username).secrets.codes_sent
    }

    /// Ends all sessions of a user: their tokens stop working.
    /// [`session`](Self::session) begins a new one.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Error, ErrorKind, session::Session, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn bot_learns_that_it_was_logged_out() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     sim.end_sessions("captain");
    ///     let error = session.chat(&stream)?.send("ahoy").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::SessionGone);
    ///     assert!(!error.is_transient());
    ///     Ok(())
    /// }
    /// ```
    pub fn end_sessions(&self, username: &str) {
        self.world().sessions.log_out(username);
    }

    /// The next good answer to a user brings a new token, and all earlier ones
    /// stop working, also those of the user's other sessions. An answer with a
    /// status other than 200 brings none.
    ///
    /// # Examples
    ///
    /// A bot that does not store the new token cannot start again:
    ///
    /// ```test_harness
    /// use std::sync::{Arc, Mutex};
    ///
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn renewed_token_is_stored() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stored = Arc::new(Mutex::new(None));
    ///     let store = Arc::clone(&stored);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .on_renewal(move |token| {
    ///             *store.lock().unwrap() = Some(token.clone())
    ///         })
    ///         .build(sim.session("captain"))?;
    ///
    ///     sim.renew_session("captain");
    ///     session.who().await?;
    ///     let token = stored.lock().unwrap().take().expect("a new token");
    ///     let restarted =
    ///         Session::builder().transport(sim.clone()).build(token)?;
    ///     assert_eq!(restarted.username().await?, "captain");
    ///     Ok(())
    /// }
    /// ```
    pub fn renew_session(&self, username: &str) {
        self.world().sessions.user(username).is_to_be_renewed = true;
    }

    /// Queues one refusal of a session's request, in these words. The request
    /// is not carried out.
    ///
    /// # Examples
    ///
    /// The words are in the error, for a bot to show or to log:
    ///
    /// ```test_harness
    /// use rumble_live::{Error, ErrorKind, session::Session, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn refusal_says_why() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     sim.refuse_session_next("Slow mode is on");
    ///     let error = session.chat(&stream)?.send("ahoy").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Refused);
    ///     assert!(error.to_string().contains("Slow mode is on"), "{error}");
    ///     Ok(())
    /// }
    /// ```
    pub fn refuse_session_next(&self, words: &str) {
        let errors = json!({"errors": [{"code": "403", "message": words, "type": "generic"}]});
        self.answer_session_next(Response::new(StatusCode::FORBIDDEN, errors.to_string()));
    }

    /// Queues one answer to a session's request, with this status and a small
    /// HTML page. With 403 it is a challenge page. The request is not carried
    /// out, but a client cannot know that after a 5xx.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Error, ErrorKind, session::Session, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn challenge_is_told_from_a_failure() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let chat = session.chat(&stream)?;
    ///     for (status, kind) in
    ///         [(403, ErrorKind::Challenge), (502, ErrorKind::Unclear)]
    ///     {
    ///         sim.fail_session_next(status);
    ///         let error = chat.send("ahoy").await.unwrap_err();
    ///         assert_eq!(error.kind(), kind);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn fail_session_next(&self, status: u16) {
        let fault = Fault::status(status);
        self.world().sessions.next.push_back(Spoiled::Answer(Next::Fault(fault)));
    }

    /// Queues this answer to a session's request. The request is not carried
    /// out.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::http::{StatusCode, header};
    /// use rumble_live::{
    ///     Error, ErrorKind, Response, session::Session, sim::Sim,
    /// };
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn hasty_bot_is_told_to_wait() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let hasty = Response::new(StatusCode::TOO_MANY_REQUESTS, "{}");
    ///     sim.answer_session_next(
    ///         hasty.header(header::RETRY_AFTER, 30.into()),
    ///     );
    ///     let error = session.chat(&stream)?.send("ahoy").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::RateLimited);
    ///     assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    ///     Ok(())
    /// }
    /// ```
    pub fn answer_session_next(&self, answer: Response) {
        self.world().sessions.next.push_back(Spoiled::answer(answer));
    }

    /// Queues one loss of the answer to a session's request. With
    /// [`Loss::Before`] the request itself is lost.
    ///
    /// # Examples
    ///
    /// The error is `Unclear` because the line may have been said. Here it was,
    /// and a bot that repeats it says it twice:
    ///
    /// ```test_harness
    /// use rumble_live::sim::{Loss, Sim};
    /// use rumble_live::{Error, ErrorKind, Snapshot, session::Session};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn line_was_said_though_the_answer_broke() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     sim.lose_session_answer_next(Loss::Within(10));
    ///     let error = session.chat(&stream)?.send("ahoy").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Unclear);
    ///     let snapshot = Snapshot::from_json(&sim.snapshot_json())?;
    ///     let said = &snapshot.livestreams()[0].chat.recent_messages;
    ///     assert_eq!(said[0].text, "ahoy");
    ///     Ok(())
    /// }
    /// ```
    pub fn lose_session_answer_next(&self, loss: Loss) {
        self.world().sessions.next.push_back(Spoiled::Lost(loss));
    }

    /// How often a message or a command with this text was posted, whether it
    /// was accepted or not. Those that [`Loss::Before`] loses count too,
    /// because the client has sent them. 0 if nobody posted it.
    ///
    /// # Examples
    ///
    /// A bot must not repeat what the chat refuses:
    ///
    /// ```test_harness
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn refused_line_is_not_repeated() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     sim.refuse_session_next("You are muted");
    ///     assert!(session.chat(&stream)?.send("ahoy").await.is_err());
    ///     assert_eq!(
    ///         (sim.times_posted("ahoy"), sim.session_requests()),
    ///         (1, 1)
    ///     );
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn times_posted(&self, text: &str) -> usize {
        self.world().sessions.posted.get(text).copied().unwrap_or_default()
    }

    /// How many requests sessions made, whatever the answer. Those of a login
    /// count too. See [`times_posted`](Self::times_posted) for an example.
    #[must_use]
    pub fn session_requests(&self) -> u64 {
        self.world().sessions.requests
    }
}
