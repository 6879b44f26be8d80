//! Requests of a session that go beside its turn, as those of an upload do: to a host that an answer named, with a body that may be streamed.

use std::{sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{
    HeaderValue, Method,
    header::{ACCEPT, CONTENT_TYPE, COOKIE, ORIGIN, USER_AGENT},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Session,
    answer::{Deed, Envelope, Head, begins_a_page, shown},
    unfinished::Unfinished,
};
use crate::{
    error::{Error, ErrorKind},
    transport::{Body, Limits, Request, Response, SecretUrl, exchange, random},
};

/// What is asked.
pub(crate) struct Errand {
    pub(crate) method: Method,
    /// Of a host that may see the session.
    pub(crate) url: SecretUrl,
    pub(crate) content_type: HeaderValue,
    pub(crate) body: Body,
    pub(crate) limits: Limits,
    /// What to say where it may have been done, of what must not be done twice.
    pub(crate) unclear: Option<&'static str>,
}

/// What was answered, with a good status.
pub(crate) struct Told {
    pub(crate) body: Bytes,
    secrets: Vec<Box<str>>,
}

impl Told {
    /// What is shown of the server's own words.
    pub(crate) fn shown(&self, words: &str) -> String {
        shown(words, &self.secrets)
    }
}

impl Errand {
    /// What a failure means that came after it was sent.
    pub(crate) fn may_be_done(unclear: Option<&'static str>, failure: Error) -> Error {
        match unclear {
            Some(words) => Error::caused_by(ErrorKind::Unclear, words, failure),
            None => failure,
        }
    }
}

impl Session {
    /// The right to be the one upload of this session. `None` while there is another.
    pub(crate) fn only_upload(&self) -> Option<OwnedSemaphorePermit> {
        Semaphore::try_acquire_owned(Arc::clone(&self.site.uploads)).ok()
    }

    /// What draws at random for an upload.
    pub(crate) fn random(&self) -> fastrand::Rng {
        random(&*self.site.transport)
    }

    /// Where videos are sent to, as the site says (`user.upload.endpoint`).
    pub(crate) async fn upload_url(&self) -> Result<SecretUrl, Error> {
        let envelope = self.read("user.has_unread_notifications").await?;
        self.site.hosts().upload(envelope.upload.as_deref())
    }

    /// Asks once, at once.
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

    /// The answer, read to its end where its status is good.
    async fn answer(&self, request: Request, unclear: Option<&'static str>) -> Result<(Response, Bytes), Error> {
        let most = request.limits.max_body;
        let mut response = exchange::open(&*self.site.transport, request).await.map_err(|error| match error.kind() {
            // Then nothing was sent.
            ErrorKind::Config | ErrorKind::Connect => error,
            _ => Errand::may_be_done(unclear, error),
        })?;
        let body = std::mem::take(&mut response.body);
        let body = if response.status.is_redirection() { Ok(Bytes::new()) } else { body.collect(most).await };
        match body {
            Ok(body) => Ok((response, body)),
            // The status says it all.
            Err(_) if !response.status.is_success() => Ok((response, Bytes::new())),
            Err(error) => Err(Errand::may_be_done(unclear, error)),
        }
    }
}

/// Whether it is an answer to what was asked. `SessionGone`, `Challenge`, `RateLimited` and a `Status` say that nothing was done.
fn judge(head: Head<'_>, body: &[u8], unclear: Option<&'static str>) -> Result<(), Error> {
    let is_page = head.is_page() || begins_a_page(body);
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

/// Whether a page is that where one logs in: it leads there, and answers nothing.
fn is_the_login(page: &[u8]) -> bool {
    let page = String::from_utf8_lossy(page);
    !page.contains("uf.response.") && ["/login.php", "//auth."].iter().any(|place| page.contains(place))
}
