//! Serves one or many accounts over real HTTP on the loopback interface.
//!
//! A request goes to one of the accounts: a poll to the one with its key, a
//! chat to the one that has the stream, and what users ask or upload to the one
//! that gave out the token. What belongs to none goes to the first account,
//! which also counts what is refused here. The answers themselves are those
//! that [`Sim`] gives as a transport. Only the checks of key, path and method
//! are made here, because with the transport a test may use any URL.

use std::{
    collections::HashMap,
    convert::Infallible,
    fmt, io,
    net::Ipv4Addr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpListener,
    task::{AbortHandle, JoinSet},
};

#[cfg(feature = "session")]
use super::session::Asked;
#[cfg(feature = "upload")]
use super::upload::{self, ReceivedForm};
use super::{Service, Sim, refusal};
use crate::{Body, Error, Response};

/// The path of the real API.
const PATH: &str = "/-livestream-api/get-data";
/// The key of the first account. Those of the others have a number at the end.
const KEY: &str = "simulated";

impl Sim {
    /// Serves the account over HTTP/1 on a free port of 127.0.0.1, until you
    /// drop the [`Server`]. Needs a tokio runtime with I/O.
    ///
    /// A request without a key gets the API's 400, and one with another key its
    /// 403. Neither uses up a queued fault. Paths that nothing serves get 404
    /// and other methods 405. A fault that [breaks](Self::break_next) the
    /// network closes the connection without an answer.
    ///
    /// Use it for a bot in another process or in another language. Do not pause
    /// tokio's clock then: while everything waits for a socket, a paused clock
    /// runs ahead, and requests time out.
    ///
    /// # Errors
    ///
    /// If no port can be bound.
    ///
    /// # Cancel safety
    ///
    /// If you drop the future, nothing is served.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::sim::Sim;
    ///
    /// #[tokio::test]
    /// async fn account_is_served_on_this_machine() -> std::io::Result<()> {
    ///     let sim = Sim::running(42);
    ///     let server = sim.serve().await?;
    ///     assert!(server.url().starts_with("http://127.0.0.1:"));
    ///     Ok(())
    /// }
    /// ```
    pub async fn serve(&self) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}{PATH}?key={KEY}", listener.local_addr()?);
        let accounts = RwLock::new(HashMap::from([(KEY.to_owned(), self.clone())]));
        let shared = Arc::new(Shared { first: self.clone(), accounts, connections: AtomicU64::new(0) });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Ok(Server { url, shared, task })
    }
}

/// What the server shares with its connections.
struct Shared {
    /// Counts the requests that belong to no account.
    first: Sim,
    /// By key.
    accounts: RwLock<HashMap<String, Sim>>,
    connections: AtomicU64,
}

impl Shared {
    /// The account with this key.
    fn account(&self, key: &str) -> Option<Sim> {
        // Nothing that panics runs under this lock.
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// The account that has this stream, or the first one if none does.
    fn account_with_stream(&self, id: &str) -> Sim {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.values().find(|account| account.has_stream(id)).unwrap_or(&self.first).clone()
    }

    /// The answer to one HTTP request. An error breaks its connection.
    #[cfg_attr(not(feature = "session"), expect(clippy::unused_async, reason = "nothing is posted without sessions"))]
    async fn respond(&self, request: http::Request<Incoming>) -> Result<http::Response<Body>, Error> {
        #[cfg(feature = "session")]
        if matches!(Service::at(request.uri().path(), request.uri().query()), Service::Session) {
            return self.respond_to_user(request).await.map(into_json);
        }
        #[cfg(feature = "upload")]
        if let service @ (Service::Upload | Service::SimpleUpload) = Service::at(request.uri().path(), request.uri().query()) {
            let is_simple = matches!(service, Service::SimpleUpload);
            return self.respond_to_upload(request, is_simple).await.map(into_json);
        }
        let query = request.uri().query().unwrap_or_default();
        let key = form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| (name == "key").then_some(value));
        let own = |status, body: &'static str| {
            self.first.world().answers += 1;
            Response::new(status, body)
        };
        let answer = match (Service::at(request.uri().path(), request.uri().query()), key.as_deref()) {
            #[cfg(feature = "upload")]
            (Service::Upload | Service::SimpleUpload, _) => own(StatusCode::NOT_FOUND, ""),
            #[cfg(not(feature = "pages"))]
            (Service::Page, _) => own(StatusCode::NOT_FOUND, "<!doctype html><title>Not found</title>"),
            (Service::Session | Service::Unknown, _) => own(StatusCode::NOT_FOUND, "<!doctype html><title>Not found</title>"),
            _ if request.method() != Method::GET => own(StatusCode::METHOD_NOT_ALLOWED, "<!doctype html><title>Method not allowed</title>"),
            (Service::Chat(id), _) => self.account_with_stream(id).chat_answer(id)?,
            (Service::Emotes, _) => Sim::emotes_answer(),
            #[cfg(feature = "pages")]
            (Service::Page, _) => self.page(request.uri().path(), request.uri().query())?,
            (Service::Api, None | Some("")) => own(StatusCode::BAD_REQUEST, refusal::NO_KEY),
            (Service::Api, Some(key)) => match self.account(key) {
                Some(account) => account.answer()?,
                None => own(StatusCode::FORBIDDEN, refusal::WRONG_KEY),
            },
        };
        Ok(into_json(answer))
    }

    /// A page of the site, from the account that has its video.
    #[cfg(feature = "pages")]
    fn page(&self, path: &str, query: Option<&str>) -> Result<Response, Error> {
        let video = super::pages::video_of(path, query);
        let account = video.map_or_else(|| self.first.clone(), |video| self.account_with_stream(&video.to_string()));
        account.page_answer(path, query)
    }

    /// The answer to a request of a logged-in user, from the account that knows
    /// the user.
    #[cfg(feature = "session")]
    async fn respond_to_user(&self, request: http::Request<Incoming>) -> Result<Response, Error> {
        let (head, body) = request.into_parts();
        let body = Body::from_http(body).collect(super::MOST_BYTES).await?;
        let account = self.account_that(|account| account.knows_token(&head.headers));
        let (path, query) = (head.uri.path(), head.uri.query());
        account.session_answer(Asked { method: &head.method, path, query, headers: &head.headers, body: &body }).await
    }
}

impl Shared {
    /// The account for which this holds, or the first one if it holds for none.
    #[cfg(feature = "session")]
    fn account_that(&self, holds: impl Fn(&Sim) -> bool) -> Sim {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.values().find(|account| holds(account)).unwrap_or(&self.first).clone()
    }

    /// The answer to a request that sends a video, or a piece of one.
    #[cfg(feature = "upload")]
    async fn respond_to_upload(&self, request: http::Request<Incoming>, is_simple: bool) -> Result<Response, Error> {
        let (head, body) = request.into_parts();
        let (headers, body) = (head.headers, Body::from_http(body));
        if is_simple {
            let read = async {
                let form = ReceivedForm::read(&headers, body).await?;
                Ok((self.account_that(|account| account.knows_upload_token(&form)), form))
            };
            return self.first.simple_upload_answer(read).await;
        }
        let account = self.account_that(|account| account.knows_token(&headers));
        account.upload_answer(upload::Asked { method: &head.method, query: head.uri.query(), headers: &headers, body }).await
    }
}

/// Adds a content type, if there is none yet: HTML for what begins like a page,
/// and otherwise JSON.
fn into_json(mut answer: Response) -> http::Response<Body> {
    let is_page = answer.body.as_bytes().is_some_and(|body| body.starts_with(b"<"));
    let content_type = if is_page { "text/html; charset=utf-8" } else { "application/json" };
    answer.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
    answer.into()
}

/// A simulated account that is being served, or [several](Self::add); see
/// [`Sim::serve`]. Dropping it ends its task. The port and all connections
/// close as soon as the runtime gets to it.
///
/// # Examples
///
/// Any program can ask it. This one speaks HTTP by hand, with the wrong key:
///
/// ```test_harness
/// use rumble_live::sim::Sim;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use tokio::net::TcpStream;
///
/// #[tokio::test]
/// async fn wrong_key_is_refused() -> std::io::Result<()> {
///     let server = Sim::running(42).serve().await?;
///     let (host, path) =
///         server.url()["http://".len()..].split_once('/').unwrap();
///     let path = path.replace("key=simulated", "key=wrong");
///     let mut socket = TcpStream::connect(host).await?;
///     let request = format!(
///         "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
///     );
///     socket.write_all(request.as_bytes()).await?;
///
///     let mut answer = String::new();
///     socket.read_to_string(&mut answer).await?;
///     assert!(answer.starts_with("HTTP/1.1 403 Forbidden"));
///     assert_eq!(server.connections(), 1);
///     Ok(())
/// }
/// ```
pub struct Server {
    url: String,
    shared: Arc<Shared>,
    task: AbortHandle,
}

impl Server {
    /// The API URL to pass to a client, including the key:
    /// `http://127.0.0.1:<port>/-livestream-api/get-data?key=simulated`. The
    /// port is another one each time.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Serves another account on the same port. Returns its API URL, which
    /// differs only in its key. There is no way to stop serving it alone.
    ///
    /// # Examples
    ///
    /// ```test_harness,no_run
    /// use rumble_live::{Client, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn two_accounts_share_a_port()
    /// -> Result<(), Box<dyn std::error::Error>> {
    ///     let server = Sim::running(1).serve().await?;
    ///     let other = Sim::running(2);
    ///     let url = server.add(&other);
    ///     assert_ne!(url, server.url());
    ///     Client::new(url)?.snapshot().await?;
    ///     assert_eq!(other.answers(), 1);
    ///     Ok(())
    /// }
    /// ```
    #[must_use = "its URL is the way to the account"]
    pub fn add(&self, sim: &Sim) -> String {
        let mut accounts = self.shared.accounts.write().unwrap_or_else(PoisonError::into_inner);
        let number = accounts.len() + 1;
        accounts.insert(format!("{KEY}-{number}"), sim.clone());
        format!("{}-{number}", self.url)
    }

    /// How many connections were accepted so far, closed ones included. A bot
    /// that keeps its connection needs one for many polls.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("url", &self.url).field("connections", &self.connections()).finish_non_exhaustive()
    }
}

/// Accepts connections until it is dropped. Its connections end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) -> Infallible {
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // Forgets connections that have ended.
            Some(_) = open.join_next() => continue,
        };
        let Ok((socket, _)) = accepted else {
            // Either only that connection failed, or there are no file descriptors left for now.
            tokio::task::yield_now().await;
            continue;
        };
        shared.connections.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::clone(&shared);
        open.spawn(async move {
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { shared.respond(request).await }
            });
            // It fails if a fault breaks it or the client goes away. It is over in either case.
            drop(http1::Builder::new().serve_connection(TokioIo::new(socket), service).await);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use futures::stream;
    use http::header::{DATE, RETRY_AFTER};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;
    use crate::ErrorKind;

    fn address(server: &Server) -> String {
        server.url().split('/').nth(2).unwrap().to_owned()
    }

    async fn send(socket: &mut TcpStream, line: &str, connection: &str) {
        let request = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
    }

    /// Everything that comes back for one request on its own connection.
    async fn ask(server: &Server, line: &str) -> String {
        let mut socket = TcpStream::connect(address(server)).await.unwrap();
        send(&mut socket, line, "close").await;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }

    const GET: &str = "GET /-livestream-api/get-data?key=simulated";

    #[tokio::test]
    async fn snapshot_is_served_over_a_socket() {
        let sim = Sim::new(1);
        sim.follow("ada");
        let server = sim.serve().await.unwrap();
        let answer = ask(&server, GET).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("content-type: application/json"), "{head}");
        assert_eq!(body.as_bytes(), sim.snapshot_json());
        assert_eq!((sim.answers(), server.connections()), (1, 1));
    }

    #[cfg(feature = "http")]
    #[tokio::test]
    async fn client_reads_it_by_its_url_and_keeps_its_connection() {
        let sim = Sim::new(1);
        sim.follow("ada");
        let server = sim.serve().await.unwrap();
        let client = crate::Client::new(server.url()).unwrap();
        for _ in 0..3 {
            assert_eq!(client.snapshot().await.unwrap().followers().count, Some(1));
        }
        assert_eq!((sim.answers(), server.connections()), (3, 1));
    }

    #[tokio::test]
    async fn wrong_and_missing_keys_get_the_envelope_and_take_no_fault() {
        let sim = Sim::new(1);
        let server = sim.serve().await.unwrap();
        sim.fail_next(502);
        for (line, status, text) in [
            ("GET /-livestream-api/get-data?key=other", "403", r#""code":"403""#),
            ("GET /-livestream-api/get-data?key=", "400", r#""code":"invalid_request""#),
            ("GET /-livestream-api/get-data", "400", r#""code":"invalid_request""#),
            ("GET /", "404", "text/html"),
            ("POST /-livestream-api/get-data?key=simulated", "405", "text/html"),
            (GET, "502", "text/html"),
            (GET, "200", "max_num_results"),
        ] {
            let answer = ask(&server, line).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(text), "{line}: {answer}");
        }
        assert_eq!(sim.answers(), 7);
    }

    #[tokio::test]
    async fn accounts_of_one_port_are_told_apart_by_their_keys() {
        let sims = [1, 2, 3].map(Sim::new);
        let server = sims[0].serve().await.unwrap();
        let urls = [server.url().to_owned(), server.add(&sims[1]), server.add(&sims[2])];
        sims[1].fail_next(502);
        for (url, sim, status) in
            [(&urls[0], &sims[0], "200"), (&urls[2], &sims[2], "200"), (&urls[1], &sims[1], "502"), (&urls[1], &sims[1], "200")]
        {
            let path = url.split_at(url.find("/-").unwrap()).1;
            let answer = ask(&server, &format!("GET {path}")).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
            assert!(status != "200" || answer.as_bytes().ends_with(&sim.snapshot_json()), "{path}: {answer}");
        }
        assert_eq!(sims.map(|sim| sim.answers()), [1, 2, 1]);
    }

    #[tokio::test]
    async fn headers_of_a_queued_answer_are_sent_and_broken_ones_close_the_connection() {
        let sim = Sim::new(1);
        let server = sim.serve().await.unwrap();
        let date = HeaderValue::from_static("Fri, 02 Jan 2026 03:00:00 GMT");
        sim.answer_next(Response::new(StatusCode::TOO_MANY_REQUESTS, "{}").header(RETRY_AFTER, 30.into()).header(DATE, date));
        sim.break_next();
        sim.answer_next(Response::ok(Body::stream(stream::once(ready(Err(Error::new(ErrorKind::Transport, "cut")))))));
        let answer = ask(&server, GET).await;
        assert!(answer.contains("retry-after: 30\r\n") && answer.contains("date: Fri, 02 Jan 2026 03:00:00 GMT\r\n"), "{answer}");
        assert_eq!(ask(&server, GET).await, "");
        assert_eq!(ask(&server, GET).await, "");
        assert!(ask(&server, GET).await.starts_with("HTTP/1.1 200 "));
    }

    #[tokio::test]
    async fn dropping_the_server_closes_the_port_and_open_connections() {
        let sim = Sim::new(1);
        let server = sim.serve().await.unwrap();
        let address = address(&server);
        let mut kept = TcpStream::connect(&address).await.unwrap();
        send(&mut kept, GET, "keep-alive").await;
        assert_eq!(kept.read_u8().await.unwrap(), b'H');
        drop(server);
        let mut rest = Vec::new();
        kept.read_to_end(&mut rest).await.unwrap();
        while TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}
