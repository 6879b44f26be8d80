//! The file of a recording, and what must not get into it.
//!
//! Secrets are cut before a line is queued, so no secret ever waits in memory
//! for the disk or reaches it. What is secret is learned from the requests and
//! the answers themselves, before anything of them is written: the key in the
//! URL, cookies and authorizations, and the fields of a login.
//!
//! The lock is held only to look at or to append to the log. Cutting is done
//! outside of it, because a body may be large and many requests may be under
//! way.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::{
    HeaderMap,
    header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE},
};
use tokio::time::Instant;

use super::{
    file::Lines,
    line::{Line, Opening, Said, VERSION},
    question::{self, Accounts},
    redact::Secrets,
};
use crate::{error::Error, transport::Request};

/// The log of a recording. Clones write to the same file.
#[derive(Clone)]
pub(super) struct Log(Arc<Mutex<State>>);

/// What is in the file so far, and what must not get into it.
struct State {
    lines: Lines,
    seed: u64,
    /// When the first request was made.
    start: Option<Instant>,
    exchanges: u64,
    secrets: Arc<Secrets>,
    accounts: Accounts,
}

impl Log {
    /// Creates the file. `seed` is written into its first line.
    pub(super) fn create(path: &Path, seed: u64) -> Result<Self, Error> {
        let lines = Lines::create(path)?;
        let state = State { lines, seed, start: None, exchanges: 0, secrets: Arc::default(), accounts: Accounts::default() };
        Ok(Self(Arc::new(Mutex::new(state))))
    }

    /// How many requests were recorded.
    pub(super) fn exchanges(&self) -> u64 {
        self.state().exchanges
    }

    /// Writes down that a request was made, after its secrets are known.
    /// Returns the number of its exchange.
    pub(super) fn begin(&self, request: &Request) -> u64 {
        let mut state = self.state();
        state.learn_request(request);
        if state.start.is_none() {
            state.open(request.url.is_loopback());
        }
        state.exchanges += 1;
        let (exchange, question) = (state.exchanges, state.accounts.question(&request.method, &request.url));
        state.push(exchange, Said::Asked(question));
        exchange
    }

    /// Writes a line of an exchange. The lock is free while its secrets are
    /// cut.
    pub(super) fn write(&self, exchange: u64, said: impl FnOnce(&Secrets) -> Said) {
        let secrets = {
            let state = self.state();
            if state.lines.has_ended() {
                return;
            }
            Arc::clone(&state.secrets)
        };
        let said = said(&secrets);
        self.state().push(exchange, said);
    }

    /// Remembers what the headers of an answer hold that must not be in the
    /// file, such as a new token.
    pub(super) fn learn_headers(&self, headers: &HeaderMap) {
        self.state().learn_headers(headers);
    }

    /// Ends the file, and waits until it is written.
    pub(super) fn finish(&self) -> Result<(), Error> {
        let writing = self.state().lines.end();
        writing.finish()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that panics runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Writes the first line. From now on the time counts.
    fn open(&mut self, is_local: bool) {
        self.start = Some(Instant::now());
        let by = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned();
        let opening = Opening { recording: VERSION, by, seed: self.seed, is_local };
        if let Ok(opening) = serde_json::to_string(&opening) {
            self.lines.push(opening + "\n");
        }
    }

    /// Appends a line, stamped with the present time.
    fn push(&mut self, exchange: u64, said: Said) {
        let at = self.start.map_or(0, |start| u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX));
        if let Ok(line) = (Line { at, exchange, said }).into_text() {
            self.lines.push(line);
        }
    }

    /// Remembers what a request holds that must not be in the file.
    fn learn_request(&mut self, request: &Request) {
        let mut secrets: Vec<String> = question::secrets(&request.url).collect();
        if let Some(body) = request.body.as_bytes() {
            for (name, value) in form_urlencoded::parse(body) {
                let is_address = ["login", "username"].contains(&&*name) && value.contains('@');
                if is_address || ["password", "password_hashes", "code", "totp_id", "user_key"].contains(&&*name) {
                    secrets.extend(value.split(',').chain([&*value]).map(ToOwned::to_owned));
                }
            }
        }
        self.learn(secrets);
        self.learn_headers(&request.headers);
    }

    /// Remembers secrets. What is being cut meanwhile keeps the list from
    /// before.
    fn learn(&mut self, secrets: impl IntoIterator<Item = String>) {
        let known = Arc::make_mut(&mut self.secrets);
        secrets.into_iter().for_each(|secret| known.add(&secret));
    }

    /// Remembers session cookies and authorizations. Other cookies change with
    /// each answer and open nothing.
    fn learn_headers(&mut self, headers: &HeaderMap) {
        let values = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let cookies =
            values(COOKIE).flat_map(|cookies| cookies.split(';')).chain(values(SET_COOKIE).filter_map(|cookie| cookie.split(';').next()));
        let sessions = cookies.filter_map(|cookie| cookie.trim().strip_prefix("u_s="));
        let authorizations =
            [AUTHORIZATION, PROXY_AUTHORIZATION].into_iter().flat_map(values).filter_map(|value| value.split_whitespace().last());
        let secrets: Vec<_> = sessions.chain(authorizations).map(ToOwned::to_owned).collect();
        self.learn(secrets);
    }
}
