//! What requests ask of the site, and what it does and answers.
//!
//! A request is read into a [`Wanted`] first, whether anybody is logged in or
//! not, and then carried out by a `take_…` function of the world. A service
//! that is not known here answers 404.

use std::{borrow::Cow, time::Duration};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Asked, state::Role};
use crate::{
    StreamId, UserId,
    sim::{chat::user_id, world::World},
};

/// How many characters a message may have.
const MAX_LENGTH: usize = 200;
/// The channel that each user has.
const CHANNEL: u64 = 7_104_422;

/// What a request asks of the site.
pub(super) enum Wanted<'a> {
    /// To post a message to the chat with this id.
    Message {
        chat: &'a str,
        message: Value,
    },
    /// To delete a message.
    Deletion {
        chat: &'a str,
        message: &'a str,
    },
    /// A command of the chat.
    Command(Form<'a>),
    /// A service, by its name.
    Service {
        name: String,
        form: Form<'a>,
    },
    /// The page of muted users.
    Muting(Form<'a>),
    Nothing,
}

/// The fields of a form, or of a query.
pub(super) struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    /// The fields of a form that was sent as a query or as the body of a
    /// request.
    fn of(text: &'a [u8]) -> Self {
        Self(form_urlencoded::parse(text).collect())
    }

    /// The first value of a field.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(field, value)| (field == name).then_some(&**value))
    }
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: String,
    /// Where it redirects to.
    pub(super) location: Option<&'static str>,
    /// The token of a session that it begins.
    pub(super) token: Option<String>,
}

impl Reply {
    fn new(status: StatusCode, body: String) -> Self {
        Self { status, body, location: None, token: None }
    }

    /// A good answer in JSON.
    fn ok(body: &Value) -> Self {
        Self::page(body.to_string())
    }

    /// A good answer with this body.
    pub(super) fn page(html: String) -> Self {
        Self::new(StatusCode::OK, html)
    }

    /// The answer of a service to a user, or to somebody who is not logged in.
    pub(super) fn to(username: Option<&str>, data: &Value) -> Self {
        Self::ok(&json!({"user": user(username), "data": data}))
    }

    /// A piece of a page from a service.
    pub(super) fn html_to(username: &str, html: &str) -> Self {
        Self::ok(&json!({"user": user(Some(username)), "html": html, "css_libs": [], "js_libs": []}))
    }

    /// The answer of a page of the account to somebody who is not logged in.
    pub(super) fn to_the_login() -> Self {
        let location = Some("/login.php?next=%2Faccount%2Fmoderation%2Fmuting");
        Self { location, ..Self::new(StatusCode::FOUND, String::new()) }
    }

    /// The same answer, which also begins a session.
    pub(super) fn with_token(self, token: String) -> Self {
        Self { token: Some(token), ..self }
    }

    /// A refusal in these words.
    pub(super) fn refused(status: StatusCode, words: &str) -> Self {
        let errors = json!({"errors": [{"code": status.as_str(), "message": words, "type": "generic"}]});
        Self::new(status, errors.to_string())
    }

    /// The refusal of what somebody may not do.
    pub(super) fn forbidden() -> Self {
        Self::refused(StatusCode::FORBIDDEN, "Forbidden")
    }
}

impl<'a> Wanted<'a> {
    /// Reads a request. What the site does not have is `Nothing`.
    pub(super) fn of(asked: &'a Asked<'a>) -> Self {
        let query = Form::of(asked.query.unwrap_or_default().as_bytes());
        if let Some(rest) = asked.path.strip_prefix("/chat/api/chat/") {
            return match (asked.method, rest.split_once("/message")) {
                (&Method::POST, Some((chat, ""))) => {
                    Self::Message { chat, message: serde_json::from_slice(asked.body).unwrap_or_default() }
                }
                (&Method::DELETE, Some((chat, message))) => Self::Deletion { chat, message: message.trim_start_matches('/') },
                _ => Self::Nothing,
            };
        }
        match (asked.path, asked.method) {
            ("/account/moderation/muting", &Method::GET) => Self::Muting(query),
            ("/chat/command", &Method::POST) => Self::Command(Form::of(asked.body)),
            ("/service.php", method) => {
                let name = query.get("name").unwrap_or_default().to_owned();
                Self::Service { name, form: if method == Method::POST { Form::of(asked.body) } else { query } }
            }
            _ => Self::Nothing,
        }
    }

    /// The text of a message or a command.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Message { message, .. } => message.pointer("/data/message/text").and_then(Value::as_str),
            Self::Command(form) => form.get("message"),
            Self::Deletion { .. } | Self::Service { .. } | Self::Muting(_) | Self::Nothing => None,
        }
    }
}

impl World {
    /// Does what is wanted, and answers. `username` is who is logged in, by
    /// `token`.
    pub(super) fn carry_out(&mut self, wanted: &Wanted<'_>, token: Option<&str>, username: Option<&str>) -> Reply {
        match (wanted, username) {
            (Wanted::Nothing, _) => Reply::refused(StatusCode::NOT_FOUND, "Not found"),
            (Wanted::Message { .. } | Wanted::Deletion { .. } | Wanted::Command(_), None) => {
                Reply::refused(StatusCode::UNAUTHORIZED, "Unauthorized")
            }
            (Wanted::Message { chat, message }, Some(username)) => self.take_message(username, chat, message),
            (Wanted::Deletion { chat, message }, Some(username)) => self.take_deletion(username, chat, message),
            (Wanted::Command(form), Some(username)) => self.take_command(username, form),
            (Wanted::Service { name, form }, username) => self.serve(name, form, token, username),
            (Wanted::Muting(query), username) => self.muting_page(query, username),
        }
    }

    /// Posts a message, if the chat is live and takes it from this user.
    fn take_message(&mut self, username: &str, chat: &str, message: &Value) -> Reply {
        let Some(stream) = self.live_stream(chat) else {
            return Reply::refused(StatusCode::NOT_FOUND, "This chat is over");
        };
        let field = |pointer| message.pointer(pointer).and_then(Value::as_str);
        let Some(text) = field("/data/message/text").filter(|text| !text.is_empty()) else {
            return Reply::refused(StatusCode::BAD_REQUEST, "Message is empty");
        };
        if text.chars().count() > MAX_LENGTH {
            return Reply::refused(StatusCode::BAD_REQUEST, "Message is too long");
        }
        if message.pointer("/data/channel_id").is_some_and(|channel| !channel.is_null() && channel.as_u64() != Some(CHANNEL)) {
            return Reply::refused(StatusCode::FORBIDDEN, "This is not your channel");
        }
        if self.sessions.is_muted(&stream, username, self.clock.passed()) {
            return Reply::refused(StatusCode::FORBIDDEN, "You are muted");
        }
        self.chats.request_id = field("/data/request_id").map(Into::into);
        let now = self.clock.now();
        self.message(now, &stream, username, text);
        let id = self.chats.newest_id;
        let user = user_id(username).to_string();
        Reply::ok(&json!({"data": {"id": id.to_string(), "user": {"id": user, "username": username}}}))
    }

    /// Deletes a message: one's own, or as a moderator anybody's.
    fn take_deletion(&mut self, username: &str, chat: &str, message: &str) -> Reply {
        let (Some(stream), Ok(id)) = (self.live_stream(chat), message.parse()) else {
            return Reply::refused(StatusCode::NOT_FOUND, "There is no such message");
        };
        let is_own = self.author_of_line(&stream, id) == Some(username);
        if self.sessions.role(username) == Role::Viewer && !is_own {
            return Reply::forbidden();
        }
        let now = self.clock.now();
        if self.delete_by_id(now, &stream, id) {
            Reply::ok(&json!({}))
        } else {
            Reply::refused(StatusCode::NOT_FOUND, "There is no such message")
        }
    }

    /// Takes a command of the chat. Only `/raid` does anything: it prepares the
    /// raid that is confirmed later.
    fn take_command(&mut self, username: &str, form: &Form<'_>) -> Reply {
        if self.sessions.role(username) == Role::Viewer {
            return Reply::forbidden();
        }
        let Some(stream) = form.get("video_id").and_then(|id| self.live_stream(id)) else {
            return Reply::refused(StatusCode::NOT_FOUND, "This chat is over");
        };
        if let Some(("/raid", target)) = form.get("message").and_then(|command| command.split_once(' ')) {
            self.sessions.raid = Some((stream, target.trim().into()));
        }
        Reply::ok(&json!({"data": {"success": true}}))
    }

    /// Confirms the raid that a command has prepared.
    fn take_raid(&mut self, username: &str) -> Result<Value, Reply> {
        let done = self.as_owner(username)?;
        let Some((stream, target)) = self.sessions.raid.take() else {
            return Ok(json!({"success": false, "message": "There is no raid to confirm"}));
        };
        self.start_raid(&stream, "The raided", &target);
        Ok(done)
    }

    /// The answer of a service, by its name. Logins and lists of categories
    /// need no login.
    fn serve(&mut self, name: &str, form: &Form<'_>, token: Option<&str>, username: Option<&str>) -> Reply {
        let special = self.serve_login(name, form).or_else(|| {
            let username = username?;
            self.serve_comments(name, form, username).or_else(|| self.serve_playlists(name, form, username))
        });
        if let Some(reply) = special {
            return reply;
        }
        let data = match (name, username) {
            ("user.has_unread_notifications", _) => Ok(json!({"has_unread_notifications": false})),
            ("category.list", _) => Ok(json!({"items": [
                {"id": 15, "title": "Gaming", "slug": "gaming", "description": "", "thumbnail": null, "num_viewers": 1200, "is_primary": true},
                {"id": 2201, "title": "Retro games", "slug": "retro-games", "description": "", "thumbnail": null, "num_viewers": 40, "is_primary": false},
            ]})),
            (_, None) => return Reply::refused(StatusCode::UNAUTHORIZED, "Unauthorized"),
            ("user.login", Some(username)) => Ok(json!({"username": username})),
            ("chat.message.pin", Some(username)) => self.take_pin(username, form, true),
            ("chat.message.unpin", Some(username)) => self.take_pin(username, form, false),
            ("moderation.mute", Some(username)) => self.take_mute(username, form),
            ("moderation.unmute", Some(username)) => self.take_unmute(username, form),
            ("raid.confirm", Some(username)) => self.take_raid(username),
            ("livestream_api.reset_api_key", Some(username)) => self.as_owner(username).inspect(|_| self.faults.refuse_from_now_on()),
            ("user.upload-channels", Some(_)) => Ok(json!([
                {"id": CHANNEL, "title": "Simulated Harbor", "name": "SimulatedHarborChannel", "num_subscribers": 412, "thumb": null},
            ])),
            ("user.logout", Some(_)) => {
                self.sessions.forget(token.unwrap_or_default());
                return Reply::ok(&json!({"user": {"id": null, "logged_in": false}, "data": {}}));
            }
            _ => return Reply::refused(StatusCode::NOT_FOUND, "There is no such service"),
        };
        match data {
            Ok(data) => Reply::to(username, &data),
            Err(reply) => reply,
        }
    }

    /// Pins or unpins a message.
    fn take_pin(&mut self, username: &str, form: &Form<'_>, is_to_be_pinned: bool) -> Result<Value, Reply> {
        if self.sessions.role(username) == Role::Viewer {
            return Err(Reply::forbidden());
        }
        let id = form.get("message_id").and_then(|id| id.parse().ok());
        let is_done = match (form.get("video_id").and_then(|id| self.live_stream(id)), id) {
            (Some(stream), Some(id)) if is_to_be_pinned => self.pin_line(&stream, id),
            (Some(stream), Some(id)) => self.is_pinned(&stream, id) && self.unpin(&stream),
            _ => false,
        };
        Ok(json!({"success": is_done}))
    }

    /// Mutes a user: removes what they wrote, and notes where and for how long
    /// they may not write. Without a length it is for good.
    fn take_mute(&mut self, username: &str, form: &Form<'_>) -> Result<Value, Reply> {
        if self.sessions.role(username) == Role::Viewer {
            return Err(Reply::forbidden());
        }
        let (Some(muted), Some(stream)) = (form.get("user_to_mute"), form.get("video").and_then(|id| self.live_stream(id))) else {
            return Err(Reply::refused(StatusCode::BAD_REQUEST, "Who is to be muted?"));
        };
        self.mute(&stream, muted);
        let everywhere = form.get("type") == Some("total");
        let length = form.get("duration").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        let until = length.map(|length| self.clock.passed().saturating_add(length));
        self.sessions.mute(muted, Some(stream).filter(|_| !everywhere), until);
        Ok(json!({"success": true}))
    }

    /// Removes an entry from the list of muted users.
    fn take_unmute(&mut self, username: &str, form: &Form<'_>) -> Result<Value, Reply> {
        if self.sessions.role(username) == Role::Viewer {
            return Err(Reply::forbidden());
        }
        let is_done = form.get("record_id").and_then(|record| record.parse().ok()).is_some_and(|record| self.sessions.unmute(record));
        Ok(json!({"success": is_done}))
    }

    /// The answer to something that only the owner may do.
    fn as_owner(&self, username: &str) -> Result<Value, Reply> {
        if self.sessions.role(username) == Role::Owner { Ok(json!({"success": true})) } else { Err(Reply::forbidden()) }
    }

    /// The live stream with this decimal id.
    fn live_stream(&self, id: &str) -> Option<StreamId> {
        let stream = StreamId::from_decimal(id.parse().ok()?);
        self.is_live(&stream).then_some(stream)
    }
}

/// Who is logged in, as each answer of a service says it.
fn user(username: Option<&str>) -> Value {
    match username {
        Some(username) => json!({"id": format!("_u{}", UserId::from_decimal(user_id(username)).as_str()), "logged_in": true}),
        None => json!({"id": null, "logged_in": false}),
    }
}
