//! Logs in with a password, and with a code if the account needs one.
//!
//! The steps are those of Rumble's site: salts, first step, and then either a
//! code or, if the first step brought no session, the last step that was usual
//! before. From the first step on, a failure is unclear, because the server may
//! have begun a session or counted a try; nothing is tried again, because many
//! tries may lock an account. A cookie alone begins no session, since Rumble
//! may give one to anybody: the answer must say that somebody is logged in, or
//! else one request with the cookie finds out.

use std::{fmt, sync::Arc};

use serde::Deserialize;
use serde_json::Value;

use super::{
    Session, SessionBuilder,
    answer::{Deed, Envelope},
    asked::Asked,
    identity::{Identity, OnRenewal},
    password,
    site::Site,
    token::SessionToken,
};
use crate::error::{Error, ErrorKind};

/// The outcome of a login. Returned by [`SessionBuilder::log_in`].
///
/// # Examples
///
/// A bot without anybody at the keyboard cannot enter a code:
///
/// ```
/// use rumble_live::{
///     Error,
///     session::{Login, Session},
///     sim::Sim,
/// };
///
/// async fn start(sim: &Sim) -> Result<Session, String> {
///     let builder = Session::builder().transport(sim.clone());
///     match builder.log_in("captain", "not-a-real-password").await {
///         Ok(Login::Done(session)) => Ok(session),
///         Ok(Login::SecondFactor(_)) => {
///             Err("take a token from a browser".into())
///         }
///         Err(error) => Err(format!("{error:#}")),
///     }
/// }
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     sim.set_password("captain", "not-a-real-password");
///     let session = start(&sim).await.unwrap();
///     assert_eq!(session.username().await?, "captain");
///
///     sim.set_code("captain", "123456");
///     assert_eq!(
///         start(&sim).await.unwrap_err(),
///         "take a token from a browser"
///     );
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "with a second factor nobody is logged in yet"]
pub enum Login {
    /// The login is done. Store the session's [`token`](Session::token), so the
    /// next run of your bot needs no password.
    Done(Session),
    /// The account also needs a code.
    SecondFactor(SecondFactor),
}

/// A login that waits for the code of a second factor. Made by
/// [`Session::log_in`].
///
/// Rumble sends a code by mail or to a phone when you [request
/// it](Self::request_code). An authenticator app shows one at any time. How
/// long the login can wait is up to Rumble.
///
/// # Examples
///
/// ```
/// use rumble_live::{
///     Error,
///     session::{CodeBy, Login, Session},
///     sim::Sim,
/// };
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     sim.set_password("captain", "not-a-real-password");
///     sim.set_code("captain", "123456");
///
///     let builder = Session::builder().transport(sim.clone());
///     let login = builder.log_in("captain", "not-a-real-password").await?;
///     let Login::SecondFactor(second) = login else {
///         panic!("no code was needed")
///     };
///     let sent_to = second.request_code(CodeBy::Email).await?;
///     assert_eq!(sent_to, "c***@e***.invalid");
///     let session = second.verify("123456").await?;
///     assert_eq!(session.username().await?, "captain");
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct SecondFactor {
    door: Door,
    /// What Rumble knows this login by, together with `user_key`. Both are
    /// secrets.
    totp_id: Box<str>,
    user_key: Box<str>,
    options: SecondFactorOptions,
}

/// Where the code of a second factor can come from. Returned by
/// [`SecondFactor::options`]. An account may have several ways, or one that
/// this version does not know; then all are false.
///
/// # Examples
///
/// An app is asked first, because it costs no request:
///
/// ```
/// use rumble_live::session::{CodeBy, SecondFactorOptions};
///
/// /// How to have a code sent. `None` if the user can read one from an app.
/// fn sent_by(options: SecondFactorOptions) -> Option<CodeBy> {
///     match options {
///         SecondFactorOptions { authenticator: true, .. } => None,
///         SecondFactorOptions { email: true, .. } => Some(CodeBy::Email),
///         _ => Some(CodeBy::Sms),
///     }
/// }
///
/// let mut options = SecondFactorOptions::default();
/// options.email = true;
/// assert_eq!(sent_by(options), Some(CodeBy::Email));
/// options.authenticator = true;
/// assert_eq!(sent_by(options), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SecondFactorOptions {
    /// By mail (`options.email`).
    pub email: bool,
    /// To a phone (`options.phone`).
    pub phone: bool,
    /// From an authenticator app (`options.authenticator`). It needs no
    /// [request](SecondFactor::request_code).
    pub authenticator: bool,
}

/// How a code is sent. Used by [`SecondFactor::request_code`].
/// [`SecondFactorOptions`] has an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeBy {
    /// By mail, if [`SecondFactorOptions::email`] is true.
    Email,
    /// By SMS, if [`SecondFactorOptions::phone`] is true.
    Sms,
}

/// The way in, while nobody is logged in yet. It becomes the site of the
/// session, so the turns of the login and of the session are the same.
#[derive(Clone)]
struct Door {
    site: Arc<Site>,
    on_renewal: Option<OnRenewal>,
}

impl Session {
    /// Logs in with the defaults of [`SessionBuilder`]. It is better to take a
    /// token from a browser; see [the
    /// module](crate::session#why-not-the-password).
    ///
    /// # Errors
    ///
    /// The same as for [`SessionBuilder::log_in`].
    ///
    /// # Cancel safety
    ///
    /// The same as for [`SessionBuilder::log_in`].
    ///
    /// # Examples
    ///
    /// A program that logs in once, with somebody at the keyboard, and keeps
    /// the token:
    ///
    /// ```no_run
    /// use std::{error::Error, io::stdin};
    ///
    /// use rumble_live::session::{CodeBy, Login, Session};
    ///
    /// async fn log_in(
    ///     username: &str,
    ///     password: &str,
    /// ) -> Result<Session, Box<dyn Error>> {
    ///     let second = match Session::log_in(username, password).await? {
    ///         Login::Done(session) => return Ok(session),
    ///         Login::SecondFactor(second) => second,
    ///     };
    ///     if !second.options().authenticator {
    ///         println!(
    ///             "a code was sent to {}",
    ///             second.request_code(CodeBy::Email).await?
    ///         );
    ///     }
    ///     let mut code = String::new();
    ///     stdin().read_line(&mut code)?;
    ///     Ok(second.verify(&code).await?)
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Box<dyn Error>> {
    ///     let mut password = String::new();
    ///     stdin().read_line(&mut password)?;
    ///     let session = log_in("harbor_bot", password.trim_end()).await?;
    ///     session.token().save("session")?;
    ///     Ok(())
    /// }
    /// ```
    pub async fn log_in(username: &str, password: &str) -> Result<Login, Error> {
        Self::builder().log_in(username, password).await
    }
}

impl SessionBuilder {
    /// Logs in with a user name or a mail address, and a password. It is better
    /// to take a token from a browser; see [the
    /// module](crate::session#why-not-the-password).
    ///
    /// It makes two or three requests, a second apart (`user.get_salts`,
    /// `user.2fa.first_step`, `user.login`). If an answer does not say whether
    /// somebody is logged in, one more request finds out. The password itself
    /// is never sent. Its hashes are, and whoever gets them can log in as with
    /// the password. Neither is kept.
    ///
    /// White space around the user name is ignored; around the password it
    /// counts. Store the [token](Session::token) yourself:
    /// [`on_renewal`](Self::on_renewal) is called only for those that replace
    /// it.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Refused`] if the name or the password is wrong.
    /// - [`ErrorKind::Challenge`] if Rumble requires a browser, as it does for
    ///   many data centres.
    /// - [`ErrorKind::Config`] if a setting cannot work, as for
    ///   [`build`](Self::build), or the name is empty.
    /// - [`ErrorKind::Unclear`] if the password was sent and no good answer
    ///   came. Nothing is retried automatically, because many tries may lock an
    ///   account.
    /// - Otherwise [as for any request](crate::session#what-an-error-means),
    ///   but never [`ErrorKind::SessionGone`], because there is no session yet.
    ///
    /// # Cancel safety
    ///
    /// If you drop the future, the login ends. Rumble may have begun a session
    /// by then, but nobody has its token.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, ErrorKind,
    ///     session::{Login, Session},
    ///     sim::Sim,
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.set_password("captain", "not-a-real-password");
    ///     let builder = || Session::builder().transport(sim.clone());
    ///
    ///     let login =
    ///         builder().log_in("captain", "not-a-real-password").await?;
    ///     let Login::Done(session) = login else {
    ///         panic!("a code is needed")
    ///     };
    ///     assert_eq!(session.username().await?, "captain");
    ///
    ///     // Do not try again by yourself: many tries may lock the account.
    ///     let error =
    ///         builder().log_in("captain", "guessed").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Refused);
    ///     Ok(())
    /// }
    /// ```
    pub async fn log_in(self, username: &str, password: &str) -> Result<Login, Error> {
        let username = username.trim();
        if username.is_empty() {
            return Err(Error::config("a user name is needed to log in; nothing was sent"));
        }
        let (site, on_renewal) = self.site()?;
        let door = Door { site, on_renewal };
        let hashes = password::hashed(password, &door.salts(username).await?);
        door.first_step(username, &hashes).await
    }
}

impl Door {
    /// Makes one request of a login. No error shows the secrets, whatever the
    /// server says.
    async fn ask<'a>(
        &self,
        deed: Deed,
        service: &str,
        secrets: &[&str],
        fields: impl IntoIterator<Item = (&'static str, &'a str)>,
    ) -> Result<Envelope, Error> {
        let url = self.site.service(service) + "&response_type=session";
        self.site.ask(None, Asked::form(url, fields).of_login(deed, secrets)).await
    }

    /// What the password is hashed with. Rumble has three for each user.
    async fn salts(&self, username: &str) -> Result<[String; 3], Error> {
        let mut envelope = self.ask(Deed::Read, "user.get_salts", &[], [("username", username)]).await?;
        let salts = envelope.data.get_mut("salts").map(Value::take).unwrap_or_default();
        serde_json::from_value(salts).map_err(|_| unreadable())
    }

    /// Sends the hashes. If the answer brings neither a session nor the wish
    /// for a code, sends them once more the way that was usual before.
    async fn first_step(&self, username: &str, hashes: &str) -> Result<Login, Error> {
        let site = self.site.page("");
        let secrets: Vec<_> = hashes.split(',').chain([hashes]).collect();
        let fields = [("legacy_password", "1"), ("login", username), ("password", hashes), ("redirect_uri", &site)];
        let envelope = self.ask(Deed::Write, "user.2fa.first_step", &secrets, fields).await?;
        if let Some(second) = Wanted::of(&envelope.data)? {
            return Ok(Login::SecondFactor(second.at(self.clone())));
        }
        if let Some(session) = self.begin(envelope.cookie.clone(), &envelope).await {
            return Ok(Login::Done(session));
        }
        // Rumble has had two ways to continue. It is not documented which one it accepts today.
        let envelope = self.ask(Deed::Write, "user.login", &secrets, [("username", username), ("password_hashes", hashes)]).await?;
        let token = match envelope.data.get("session") {
            Some(Value::Bool(false)) => return Err(Error::refused("the user name or the password is wrong", 200)),
            Some(Value::String(token)) => token.parse().ok(),
            _ => None,
        };
        self.begin(envelope.cookie.clone().or(token), &envelope).await.map(Login::Done).ok_or_else(odd)
    }

    /// Makes the session of a token that came with an answer. `None` if there
    /// is no token, or if no user belongs to it.
    async fn begin(&self, token: Option<SessionToken>, envelope: &Envelope) -> Option<Session> {
        let token = token.filter(|_| envelope.is_logged_in != Some(false))?;
        let session = Session { site: Arc::clone(&self.site), identity: Arc::new(Identity::new(token, self.on_renewal.clone())) };
        session.identity.recognise(envelope.user_id.clone());
        // If this cannot be found out now, the first request will show it.
        let is_nobody_s = envelope.is_logged_in.is_none() && session.who().await.is_err_and(|error| error.kind() == ErrorKind::SessionGone);
        Some(session).filter(|_| !is_nobody_s)
    }
}

/// A second factor that the first step asks for. The options may be missing;
/// without the two texts there is no way on.
#[derive(Deserialize)]
struct Wanted {
    totp_id: Box<str>,
    user_key: Box<str>,
    #[serde(default)]
    options: Value,
}

impl Wanted {
    /// `None` if the account has no second factor.
    fn of(data: &Value) -> Result<Option<Self>, Error> {
        match data.get("totp_id") {
            None | Some(Value::Null) => Ok(None),
            Some(_) => Self::deserialize(data).map(Some).map_err(|_| odd()),
        }
    }

    /// The login that waits for the code, at the door at which it began.
    fn at(self, door: Door) -> SecondFactor {
        let Self { totp_id, user_key, options } = self;
        let has = |name| options.get(name) == Some(&Value::Bool(true));
        let options = SecondFactorOptions { email: has("email"), phone: has("phone"), authenticator: has("authenticator") };
        SecondFactor { door, totp_id, user_key, options }
    }
}

impl SecondFactor {
    /// Where the code can come from.
    #[must_use]
    pub fn options(&self) -> SecondFactorOptions {
        self.options
    }

    /// Asks Rumble to send a code (`user.2fa.request_email_code`,
    /// `user.2fa.request_sms_code`). Returns where it was sent, as masked by
    /// Rumble (`data.sent_to`). Empty if Rumble does not say.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Config`] if `by` is not one of the
    ///   [`options`](Self::options). Nothing was sent.
    /// - [`ErrorKind::Unclear`] if no good answer came: a code may have been
    ///   sent.
    /// - Otherwise the same as for [`SessionBuilder::log_in`].
    ///
    /// # Cancel safety
    ///
    /// If you drop the future before its turn, the request is withdrawn. If you
    /// drop it later, you cannot know whether a code was sent; a log event says
    /// so.
    pub async fn request_code(&self, by: CodeBy) -> Result<String, Error> {
        let (is_offered, service) = match by {
            CodeBy::Email => (self.options.email, "user.2fa.request_email_code"),
            CodeBy::Sms => (self.options.phone, "user.2fa.request_sms_code"),
        };
        if !is_offered {
            return Err(Error::config("Rumble does not send codes to this account this way; see SecondFactor::options"));
        }
        let fields = [("totp_id", &*self.totp_id), ("user_key", &*self.user_key)];
        let envelope = self.door.ask(Deed::Write, service, &[&self.totp_id, &self.user_key], fields).await?;
        Ok(envelope.data.get("sent_to").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// Completes the login with a code (`user.2fa.verify_totp`). White space
    /// around the code is ignored. After a wrong code you can try another.
    /// Returns a session, whose [token](Session::token) you should store.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Refused`] if the code is wrong or too old.
    /// - [`ErrorKind::Config`] if the code is empty. Nothing was sent.
    /// - Otherwise the same as for [`SessionBuilder::log_in`].
    ///
    /// # Cancel safety
    ///
    /// The same as for [`SessionBuilder::log_in`]. The code may be used up.
    ///
    /// # Examples
    ///
    /// Three tries, as typed by the operator:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, ErrorKind,
    ///     session::{Login, SecondFactor, Session},
    ///     sim::Sim,
    /// };
    ///
    /// async fn complete(
    ///     second: &SecondFactor,
    ///     codes: &[&str],
    /// ) -> Result<Option<Session>, Error> {
    ///     for code in codes.iter().take(3) {
    ///         match second.verify(code).await {
    ///             Err(error) if error.kind() == ErrorKind::Refused => {
    ///                 println!("{error}")
    ///             }
    ///             outcome => return outcome.map(Some),
    ///         }
    ///     }
    ///     Ok(None)
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.set_password("captain", "not-a-real-password");
    ///     sim.set_code("captain", "123456");
    ///     let builder = Session::builder().transport(sim.clone());
    ///     let login =
    ///         builder.log_in("captain", "not-a-real-password").await?;
    ///     let Login::SecondFactor(second) = login else {
    ///         panic!("no code was needed")
    ///     };
    ///
    ///     assert!(
    ///         complete(&second, &["1", "2", "3", "123456"]).await?.is_none()
    ///     );
    ///     assert!(
    ///         complete(&second, &["654321", " 123456\n"]).await?.is_some()
    ///     );
    ///     Ok(())
    /// }
    /// ```
    pub async fn verify(&self, code: &str) -> Result<Session, Error> {
        let code = code.trim();
        if code.is_empty() {
            return Err(Error::config("the code is empty; nothing was sent"));
        }
        let (site, secrets) = (self.door.site.page(""), [&*self.totp_id, &*self.user_key, code]);
        let fields = [("code", code), ("redirect_url", &site), ("totp_id", &self.totp_id), ("user_key", &self.user_key)];
        let envelope = self.door.ask(Deed::Write, "user.2fa.verify_totp", &secrets, fields).await?;
        self.door.begin(envelope.cookie.clone(), &envelope).await.ok_or_else(odd)
    }
}

/// The password or the code was already sent, so the login may have succeeded.
fn odd() -> Error {
    Error::unclear(unreadable())
}

/// The error for an answer that is none of the login's.
fn unreadable() -> Error {
    Error::with_message(ErrorKind::Decode, "this is not an answer of Rumble's login; it may have changed, take a token from a browser")
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactor").field("options", &self.options).finish_non_exhaustive()
    }
}
