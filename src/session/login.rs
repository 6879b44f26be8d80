//! From a password, and a code where the account wants one, to a session.

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

/// What a login has come to.
#[derive(Clone, Debug)]
#[must_use = "with a second factor nobody is logged in yet"]
pub enum Login {
    /// The session. Store its [`token`](Session::token), so that the next run of the bot needs no password.
    Done(Session),
    /// The account wants a code too.
    SecondFactor(SecondFactor),
}

/// A login that waits for the code of a second factor. Made by [`Session::log_in`].
///
/// A code comes by mail or to a phone once it is [asked for](Self::request_code), or from an authenticator app, which shows one at any time.
#[derive(Clone)]
pub struct SecondFactor {
    door: Door,
    totp_id: Box<str>,
    user_key: Box<str>,
    options: SecondFactorOptions,
}

/// Where the code of a second factor can come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SecondFactorOptions {
    /// By mail (`options.email`).
    pub email: bool,
    /// To a phone (`options.phone`).
    pub phone: bool,
    /// From an authenticator app (`options.authenticator`), which needs no [request](SecondFactor::request_code).
    pub authenticator: bool,
}

/// How a code is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeBy {
    /// By mail.
    Email,
    /// By SMS.
    Sms,
}

/// The way in, before anybody is logged in.
#[derive(Clone)]
struct Door {
    site: Arc<Site>,
    on_renewal: Option<OnRenewal>,
}

impl Session {
    /// Logs in with the defaults of [`SessionBuilder`]. Better take a token from a browser, see [the module](crate::session#why-not-the-password).
    ///
    /// # Errors
    ///
    /// As [`SessionBuilder::log_in`].
    ///
    /// # Cancel safety
    ///
    /// As [`SessionBuilder::log_in`].
    pub async fn log_in(username: &str, password: &str) -> Result<Login, Error> {
        Self::builder().log_in(username, password).await
    }
}

impl SessionBuilder {
    /// Logs in with a user name, or a mail address, and a password. Better take a token from a browser, see
    /// [the module](crate::session#why-not-the-password).
    ///
    /// It takes two or three requests, a second apart (`user.get_salts`, `user.2fa.first_step`, `user.login`). The password itself goes nowhere: what is sent are its hashes, which are as good as the password to
    /// whoever gets them. Neither is kept.
    ///
    /// ```no_run
    /// use std::io::{Error, stdin};
    ///
    /// use rumble_live::session::{CodeBy, Login, Session};
    ///
    /// async fn log_in(username: &str, password: &str) -> Result<Session, Box<dyn std::error::Error>> {
    ///     let second = match Session::log_in(username, password).await? {
    ///         Login::Done(session) => return Ok(session),
    ///         Login::SecondFactor(second) => second,
    ///     };
    ///     if !second.options().authenticator {
    ///         println!("a code was sent to {}", second.request_code(CodeBy::Email).await?);
    ///     }
    ///     let mut code = String::new();
    ///     stdin().read_line(&mut code)?;
    ///     Ok(second.verify(&code).await?)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Refused`] where the name or the password is wrong.
    /// - [`ErrorKind::Challenge`] where Rumble wants to see a browser, as it does with many data centres.
    /// - [`ErrorKind::Config`] where a setting cannot work, as for [`build`](Self::build), or the name is empty.
    /// - [`ErrorKind::Unclear`] where the password was sent and no good answer came. Nothing is tried again by itself, for an account may be locked by many
    ///   tries.
    /// - Otherwise as for any request.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the login. Rumble may have begun a session by then that nobody has the token of.
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

    async fn salts(&self, username: &str) -> Result<[String; 3], Error> {
        let mut envelope = self.ask(Deed::Read, "user.get_salts", &[], [("username", username)]).await?;
        let salts = envelope.data.get_mut("salts").map(Value::take).unwrap_or_default();
        serde_json::from_value(salts).map_err(|_| unreadable())
    }

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
        // Rumble has had two ways to go on, and which of them it takes today is not documented.
        let envelope = self.ask(Deed::Write, "user.login", &secrets, [("username", username), ("password_hashes", hashes)]).await?;
        let token = match envelope.data.get("session") {
            Some(Value::Bool(false)) => return Err(Error::refused("the user name or the password is wrong", 200)),
            Some(Value::String(token)) => token.parse().ok(),
            _ => None,
        };
        self.begin(envelope.cookie.clone().or(token), &envelope).await.map(Login::Done).ok_or_else(odd)
    }

    /// The session of a token that came with an answer. `None` where there is no token, or it is nobody's.
    async fn begin(&self, token: Option<SessionToken>, envelope: &Envelope) -> Option<Session> {
        let token = token.filter(|_| envelope.is_logged_in != Some(false))?;
        let session = Session { site: Arc::clone(&self.site), identity: Arc::new(Identity::new(token, self.on_renewal.clone())) };
        session.identity.recognise(envelope.user_id.clone());
        // Where that cannot be found out now it will be with the first request.
        let is_nobody_s = envelope.is_logged_in.is_none() && session.who().await.is_err_and(|error| error.kind() == ErrorKind::SessionGone);
        Some(session).filter(|_| !is_nobody_s)
    }
}

/// A second factor, as the first step asks for it.
#[derive(Deserialize)]
struct Wanted {
    totp_id: Box<str>,
    user_key: Box<str>,
    #[serde(default)]
    options: Value,
}

impl Wanted {
    /// `None` where the account has no second factor.
    fn of(data: &Value) -> Result<Option<Self>, Error> {
        match data.get("totp_id") {
            None | Some(Value::Null) => Ok(None),
            Some(_) => Self::deserialize(data).map(Some).map_err(|_| odd()),
        }
    }

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

    /// Asks Rumble to send a code (`user.2fa.request_email_code`, `user.2fa.request_sms_code`). Returns where it was sent to, as Rumble masks it (`data.sent_to`); empty where it does not say.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Config`] where this is not one of the [`options`](Self::options).
    /// - [`ErrorKind::Unclear`] where no good answer came: a code may have been sent.
    /// - Otherwise as [`SessionBuilder::log_in`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before its turn withdraws the request. Dropping it later leaves it unknown whether a code was sent; the log says so.
    pub async fn request_code(&self, by: CodeBy) -> Result<String, Error> {
        let (is_offered, service) = match by {
            CodeBy::Email => (self.options.email, "user.2fa.request_email_code"),
            CodeBy::Sms => (self.options.phone, "user.2fa.request_sms_code"),
        };
        if !is_offered {
            return Err(Error::config("Rumble sends this account no code this way; look into SecondFactor::options"));
        }
        let fields = [("totp_id", &*self.totp_id), ("user_key", &*self.user_key)];
        let envelope = self.door.ask(Deed::Write, service, &[&self.totp_id, &self.user_key], fields).await?;
        Ok(envelope.data.get("sent_to").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// Ends the login with a code (`user.2fa.verify_totp`). White space around it is dropped. After a wrong code another can be tried.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Refused`] where the code is wrong or too old.
    /// - [`ErrorKind::Config`] where it is empty.
    /// - Otherwise as [`SessionBuilder::log_in`].
    ///
    /// # Cancel safety
    ///
    /// As [`SessionBuilder::log_in`]. The code may be used up.
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

/// After the password or the code was sent, so it counts.
fn odd() -> Error {
    Error::unclear(unreadable())
}

fn unreadable() -> Error {
    Error::with_message(ErrorKind::Decode, "the answer is not one of Rumble's login; it may have changed, take a token from a browser")
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactor").field("options", &self.options).finish_non_exhaustive()
    }
}
