//! Requests of a session that do not wait for their turn, such as those of an
//! upload. They go to a host that an answer named, with a body that may be
//! streamed.
//!
//! A part of a video may take minutes, and a bot must be able to answer its
//! chat meanwhile; so these pass no gate, and only one upload of a session runs
//! at a time. What a lost answer means is up to the caller: a part may be sent
//! twice without harm, a video may not be published twice. `unclear` says which
//! it is. Answers of an upload need not be JSON, so `judge` here looks only for
//! the ways in which Rumble says that the session is gone.

use std::{sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{
    HeaderValue, Method,
    header::{ACCEPT, CONTENT_TYPE, COOKIE, ORIGIN, USER_AGENT},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Session,
    answer::{Deed, Envelope, Head, shown},
    unfinished::Unfinished,
};
use crate::{
    error::{Error, ErrorKind},
    transport::{Body, Limits, Request, Response, SecretUrl, exchange, html::begins_html, random},
};

/// A request that waits for no turn.
pub(crate) struct Errand {
    pub(crate) method: Method,
    /// On a host that may see the session.
    pub(crate) url: SecretUrl,
    pub(crate) content_type: HeaderValue,
    pub(crate) body: Body,
    pub(crate) limits: Limits,
    /// For something that must not be done twice: what to say if it may have
    /// been done.
    pub(crate) unclear: Option<&'static str>,
}

/// An answer with a good status. Its words may be shown only through
/// [`shown`](Self::shown), because the server may repeat the token in them.
pub(crate) struct Told {
    pub(crate) body: Bytes,
    secrets: Vec<Box<str>>,
}

impl Told {
    /// The part of the server's own words that is shown.
    pub(crate) fn shown(&self, words: &str) -> String {
        shown(words, &self.secrets)
    }
}

impl Errand {
    /// What a failure after the request was sent means.
    pub(crate) fn may_be_done(unclear: Option<&'static str>, failure: Error) -> Error {
        match unclear {
            Some(words) => Error::caused_by(ErrorKind::Unclear, words, failure),
            None => failure,
        }
    }
}

impl Session {
    /// The permit for the only upload of this session. `None` while another
    /// upload holds it.
    pub(crate) fn only_upload(&self) -> Option<OwnedSemaphorePermit> {
        Semaphore::try_acquire_owned(Arc::clone(&self.site.uploads)).ok()
    }

    /// The random numbers for an upload.
    pub(crate) fn random(&self) -> fastrand::Rng {
        random(&*self.site.transport)
    }

    /// Where videos are uploaded to, as reported by the site
    /// (`user.upload.endpoint`).
    pub(crate) async fn upload_url(&self) -> Result<SecretUrl, Error> {
        let envelope = self.read("user.has_unread_notifications").await?;
        self.site.hosts().upload(envelope.upload.as_deref())
    }

    /// Makes one request, without waiting for a turn.
    pub(crate) async fn run(&self, errand: Errand) -> Result<Told, Error> {
        let Errand { method, url, content_type, body, limits, unclear } = errand;
        let credentials = self.identity.next_request()?;
        let host = url.uri().host().unwrap_or_default().to_owned();
        let request = Request::new(method, url)
            .header(ACCEPT, HeaderValue::from_static("*/*"))
            .header(USER_AGENT, self.site.user_agent.clone())
            .header(ORIGIN, self.site.origin()?)
            .header(CONTENT_TYPE, content_type)
            .header(COOKIE, credentials.cookie.clone())
            .body(body)
            .limits(limits);
        let unfinished = Unfinished::new(if unclear.is_some() { Deed::Write } else { Deed::Read });
        let answered = self.answer(request, unclear).await;
        unfinished.finish();
        let (response, body) = answered?;
        let head = Head::of(response.status, &response.headers, &host, SystemTime::now());
        judge(head, &body, unclear)?;
        self.identity.learn(&credentials, &Envelope::of_cookie(head.cookie()));
        Ok(Told { body, secrets: credentials.token.forms().collect() })
    }

    /// The answer, read to its end if its status is good.
    async fn answer(&self, request: Request, unclear: Option<&'static str>) -> Result<(Response, Bytes), Error> {
        let most = request.limits.max_body;
        let mut response = exchange::open(&*self.site.transport, request).await.map_err(|error| match error.kind() {
            // Nothing was sent then.
            ErrorKind::Config | ErrorKind::Connect => error,
            _ => Errand::may_be_done(unclear, error),
        })?;
        let body = std::mem::take(&mut response.body);
        let body = if response.status.is_redirection() { Ok(Bytes::new()) } else { body.collect(most).await };
        match body {
            Ok(body) => Ok((response, body)),
            // The status is enough.
            Err(_) if !response.status.is_success() => Ok((response, Bytes::new())),
            Err(error) => Err(Errand::may_be_done(unclear, error)),
        }
    }
}

/// Checks that this is an answer to the request. `SessionGone`, `Challenge`,
/// `RateLimited` and a `Status` mean that nothing was done.
fn judge(head: Head<'_>, body: &[u8], unclear: Option<&'static str>) -> Result<(), Error> {
    let is_page = head.is_page() || begins_html(body);
    let failed = Error::from_status(head.status, false, head.retry_after);
    match head.status {
        200..=299 if is_page && is_the_login(body) => Err(Error::session_gone()),
        200..=299 if !is_page && Envelope::from_json(body).is_some_and(|envelope| envelope.is_logged_in == Some(false)) => {
            Err(Error::session_gone())
        }
        200..=299 => Ok(()),
        401 => Err(Error::session_gone()),
        403 if is_page => Err(Error::challenge()),
        300..=399 if head.leads_to_the_login() => Err(Error::session_gone()),
        300..=399 | 408 | 500.. => Err(Errand::may_be_done(unclear, failed)),
        _ => Err(failed),
    }
}

/// Whether a page is the login page: it links to the login, and has no answer
/// in it.
fn is_the_login(page: &[u8]) -> bool {
    let page = String::from_utf8_lossy(page);
    !page.contains("uf.response.") && ["/login.php", "//auth."].iter().any(|place| page.contains(place))
}
