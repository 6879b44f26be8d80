//! How users of the simulated site log in.
//!
//! The client asks for the salts of a user, sends hashes of the password, and
//! if the user has a second factor, a code. Salts and the mark between the two
//! steps follow from the name, so nothing has to be kept between the requests.
//! Somebody who does not exist gets salts too, and is refused like somebody
//! with a wrong password.

use serde_json::{Value, json};

use super::service::{Form, Reply};
use crate::{session::password, sim::world::World};

/// What a user logs in with.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    pub(super) password: Option<Box<str>>,
    /// The code of the second factor, if the user has one.
    pub(super) code: Option<Box<str>>,
    /// How often a code was sent.
    pub(super) codes_sent: u64,
}

/// The salts of a user. Unknown users have salts too.
fn salts(username: &str) -> [String; 3] {
    ["first", "second", "third"].map(|which| format!("{which}-salt-of-{username}"))
}

/// Stands for a user between the two steps.
fn totp_id(username: &str) -> String {
    format!("simulated-totp-{username}")
}

/// What a client sends back with the code. The same for all.
const USER_KEY: &str = "simulated-user-key";

impl World {
    /// The answer to a step of a login; `None` if `name` is not such a step.
    pub(super) fn serve_login(&mut self, name: &str, form: &Form<'_>) -> Option<Reply> {
        let field = |name| form.get(name).unwrap_or_default();
        match name {
            "user.get_salts" => Some(to_nobody(&json!({"salts": salts(field("username"))}))),
            "user.2fa.first_step" => Some(self.take_first_step(field("login"), field("password"))),
            "user.2fa.request_email_code" => Some(self.send_code(form, "c***@e***.invalid")),
            "user.2fa.request_sms_code" => Some(self.send_code(form, "*** *** 42")),
            "user.2fa.verify_totp" => Some(self.take_code(form, field("code"))),
            _ => None,
        }
    }

    /// Checks the hashes of a password. Lets the user in, or asks for a code.
    fn take_first_step(&mut self, username: &str, hashes: &str) -> Reply {
        let secrets = &self.sessions.user(username).secrets;
        let expected = secrets.password.as_ref().map(|password| password::hashed(password, &salts(username)));
        if expected.is_none_or(|expected| expected != hashes) {
            return to_nobody(&json!({"success": false, "message": "Invalid username or password"}));
        }
        if secrets.code.is_none() {
            return self.let_in(username, &json!({"totp_id": null}));
        }
        let options = json!({"email": true, "phone": true, "authenticator": true});
        to_nobody(&json!({"totp_id": totp_id(username), "user_key": USER_KEY, "options": options}))
    }

    /// Sends a code, which here means to count it.
    fn send_code(&mut self, form: &Form<'_>, sent_to: &str) -> Reply {
        let Some(username) = self.sessions.between_steps(form) else { return to_nobody(&json!({"success": false})) };
        self.sessions.user(&username).secrets.codes_sent += 1;
        to_nobody(&json!({"sent_to": sent_to}))
    }

    /// Checks a code and lets the user in.
    fn take_code(&mut self, form: &Form<'_>, code: &str) -> Reply {
        let username = self.sessions.between_steps(form);
        match username.filter(|username| self.sessions.user(username).secrets.code.as_deref() == Some(code)) {
            Some(username) => self.let_in(&username, &json!({"success": true})),
            None => to_nobody(&json!({"success": false})),
        }
    }

    /// Begins a session.
    fn let_in(&mut self, username: &str, data: &Value) -> Reply {
        let token = self.sessions.log_in(username, &self.user_id);
        Reply::to(Some(username), data).with_token(token)
    }
}

impl super::Sessions {
    /// The user who has taken the first step but not the second.
    fn between_steps(&self, form: &Form<'_>) -> Option<Box<str>> {
        let totp = form.get("totp_id").filter(|_| form.get("user_key") == Some(USER_KEY))?;
        self.usernames().find(|username| totp_id(username) == totp).map(Into::into)
    }
}

/// An answer to somebody who is not logged in yet.
fn to_nobody(data: &Value) -> Reply {
    Reply::to(None, data)
}
