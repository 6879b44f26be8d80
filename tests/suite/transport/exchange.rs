//! One exchange: what a transport of one's own may do, and what the pool sends.

use std::{future::pending, sync::Arc, time::Duration};

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use rumble_live::{Body, Client, Error, ErrorKind, Request, Response, ServiceTransport, Transport, sim::Sim};
use tokio::time::{Instant, sleep};

use crate::server::{KEY, snapshot};

const RUMBLE: &str = "https://rumble.com/-livestream-api/get-data?key=SECRETKEY-7f3a";

/// Answers every request like this.
struct Own<F>(F);

impl<F: Fn(Request) -> Result<Response, Error> + Send + Sync + 'static> Transport for Own<F> {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        async move { (self.0)(request) }.boxed()
    }
}

fn client(transport: impl Transport) -> Client {
    Client::builder(RUMBLE).transport(transport).build().unwrap()
}

#[tokio::test]
async fn transport_in_an_arc_or_a_box_is_one() {
    let sim = Arc::new(Sim::new(1));
    let boxed: Box<dyn Transport> = Box::new(Arc::clone(&sim));
    client(boxed).snapshot().await.unwrap();
    client(Arc::clone(&sim) as Arc<dyn Transport>).snapshot().await.unwrap();
    assert_eq!(sim.answers(), 2);
}

#[tokio::test]
async fn secret_in_the_words_of_a_transport_is_left_out() {
    let words = || Error::new(ErrorKind::Connect, format!("no way to {RUMBLE}"));
    let in_body = move |_| Ok(Response::ok(Body::stream(stream::once(async move { Err(words()) }))));
    for error in [client(Own(move |_| Err(words()))).snapshot().await, client(Own(in_body)).snapshot().await] {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert!(!format!("{error:?} {error:#}").contains(KEY), "{error:?}");
        assert!(error.report().contains("held a secret"), "{error:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn transport_that_takes_too_long_or_brings_too_much_is_cut_off() {
    let slow = |_| {
        let chunks = stream::repeat(" ").then(|chunk| async move {
            sleep(Duration::from_secs(1)).await;
            Ok(chunk.into())
        });
        Ok(Response::ok(Body::stream(chunks)))
    };
    let silent = |_| Ok(Response::ok(Body::stream(stream::once(pending()))));
    let start = Instant::now();
    for kind in [client(Own(slow)).snapshot().await, client(Own(silent)).snapshot().await].map(|answer| answer.unwrap_err().kind()) {
        assert_eq!(kind, ErrorKind::Timeout);
    }
    assert_eq!(start.elapsed(), Duration::from_secs(40));
    let endless = |_| Ok(Response::ok(Body::stream(stream::repeat_with(|| Ok(vec![b' '; 1024].into())))));
    assert_eq!(client(Own(endless)).snapshot().await.unwrap_err().kind(), ErrorKind::TooLarge);
}

#[tokio::test(start_paused = true)]
async fn page_that_goes_on_for_ever_beside_a_status_takes_a_second() {
    let page = |_| {
        let chunks = stream::iter([Ok("<html>".into())]).chain(stream::once(pending()));
        Ok(Response::new(rumble_live::http::StatusCode::BAD_GATEWAY, Body::stream(chunks)))
    };
    let start = Instant::now();
    assert_eq!(client(Own(page)).snapshot().await.unwrap_err().kind(), ErrorKind::Server);
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[tokio::test]
async fn request_of_a_client_names_its_user_agent_and_limits() {
    let transport = Own(|request: Request| {
        assert_eq!(request.method, "GET");
        assert_eq!(request.url.expose(), RUMBLE);
        assert_eq!(request.headers["user-agent"], "harborlight-bot/1.0");
        assert_eq!((request.limits.whole, request.limits.max_body), (Some(Duration::from_secs(7)), 1_000_000));
        Ok(Response::ok(snapshot(&[])))
    });
    let builder = Client::builder(RUMBLE).user_agent("harborlight-bot/1.0").timeout(Duration::from_secs(7)).max_body(1_000_000);
    builder.transport(transport).build().unwrap().snapshot().await.unwrap();
}

#[tokio::test]
async fn error_of_a_service_keeps_its_kind() {
    type Failure = Box<dyn std::error::Error + Send + Sync>;
    let failing = |failure: fn() -> Failure| {
        let service = tower::service_fn(move |_: rumble_live::http::Request<Body>| async move {
            Err::<rumble_live::http::Response<Body>, Failure>(failure())
        });
        client(ServiceTransport::new(service))
    };
    for (failure, kind) in [
        ((|| Error::new(ErrorKind::Config, "no roots").into()) as fn() -> Failure, ErrorKind::Config),
        (|| std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into(), ErrorKind::Connect),
        (|| "it fell over".into(), ErrorKind::Transport),
    ] {
        assert_eq!(failing(failure).snapshot().await.unwrap_err().kind(), kind);
    }
}

#[cfg(feature = "http")]
mod pool {
    use rumble_live::{
        Pool, SecretUrl,
        http::{HeaderValue, Method, header},
    };

    use super::*;
    use crate::server::{Reply, Server, within};

    fn url(server: &Server) -> SecretUrl {
        server.url().parse().unwrap()
    }

    #[tokio::test]
    async fn body_comes_before_its_end_and_dropping_it_ends_the_exchange() {
        let server = Server::start([Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst").then_hang()]).await;
        let mut response = within(Pool::new().send(Request::get(url(&server)))).await.unwrap();
        assert_eq!(within(response.body.next()).await.unwrap().unwrap(), "first");
        assert_eq!(response.body.length(), Some(95));
        drop(response);
        server.until(|seen| seen.closed == 1).await;
    }

    #[tokio::test]
    async fn request_goes_out_as_it_was_built() {
        let server = Server::start([Reply::http("200 OK", "").then_close()]).await;
        let chunks = || stream::iter(["123", "456"]).map(|chunk| Ok(chunk.into()));
        for (body, length) in [
            (Body::empty(), "content-length: 0"),
            (Body::from("123456"), "content-length: 6"),
            (Body::sized_stream(6, chunks()), "content-length: 6"),
            (Body::stream(chunks()), "transfer-encoding: chunked"),
        ] {
            let request = Request::new(Method::POST, url(&server)).header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            let response = within(Pool::new().send(request.body(body))).await.unwrap();
            assert_eq!(response.status, 200);
            let head = server.seen().heads.pop().unwrap().to_ascii_lowercase();
            assert!(head.starts_with("post /-livestream-api/get-data?key="), "{head}");
            assert!(head.contains(&format!("\r\n{length}\r\n")) && head.contains("\r\naccept-encoding: identity\r\n"), "{head}");
        }
    }

    #[tokio::test]
    async fn headers_of_an_answer_are_there_and_a_redirect_is_not_followed() {
        let server = Server::start([Reply::http("302 Found\r\nLocation: /elsewhere\r\nX-Own: harbour", "")]).await;
        let response = within(Pool::new().send(Request::get(url(&server)))).await.unwrap();
        assert_eq!((response.status.as_u16(), &response.headers["x-own"]), (302, &HeaderValue::from_static("harbour")));
        assert!(!format!("{response:?}").contains("elsewhere"), "{response:?}");
        assert_eq!(server.requests(), 1);
    }
}
