//! What browsers may ask for, and which browsers may.

use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Query, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
        uri::Authority,
    },
    middleware::{Next, from_fn},
    response::{IntoResponse, Response, Sse, sse},
    routing::{get, post},
};
use futures::{Stream, StreamExt as _};
use serde::Deserialize;

use crate::{
    board::{Frame, Kind, Position},
    hub::{self, Hub},
};

/// How often a page gets a sign of life, so that it notices a dead connection.
const PING: Duration = Duration::from_secs(10);
/// How long a page waits before it reconnects.
const RETRY: Duration = Duration::from_secs(1);

/// Nothing loads from elsewhere, pages have no inline scripts or styles, no
/// page is framed in another, and no text becomes markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// Serves the pages, and the routes in `beside`.
pub(crate) fn router(hub: Arc<Hub>, beside: Router) -> Router {
    Router::new()
        .route("/", file(HTML, include_str!("page/overlay.html")))
        .route("/overlay.css", file(CSS, include_str!("page/overlay.css")))
        .route("/overlay.js", file(JS, include_str!("page/overlay.js")))
        .route("/control", file(HTML, include_str!("page/control.html")))
        .route("/control.css", file(CSS, include_str!("page/control.css")))
        .route("/control.js", file(JS, include_str!("page/control.js")))
        .route("/options.js", file(JS, include_str!("page/options.js")))
        .route("/source.js", file(JS, include_str!("page/source.js")))
        .route("/events", get(events))
        .route("/test", post(test))
        .with_state(hub)
        .merge(beside)
        .layer(from_fn(guard))
}

fn file<S: Clone + Send + Sync + 'static>(kind: &'static str, content: &'static str) -> axum::routing::MethodRouter<S> {
    get(move || async move { ([(CONTENT_TYPE, kind)], content) })
}

/// Lets only requests through that are meant for this machine, and tells the
/// browser what the pages may do.
async fn guard(request: Request, next: Next) -> Response {
    // Somebody could make their own host name lead here. Their pages would then count as the same origin as this one's.
    let mut response = if is_for_this_machine(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "open this page as 127.0.0.1 or localhost\n").into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    // A page must be of the same version as its server.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let host = the_only(headers, HOST).filter(|host| !host.contains('@'));
    let Some(authority) = host.and_then(|host| host.parse::<Authority>().ok()) else { return false };
    let name = authority.host().to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or_else(|_| name == "localhost" || name.ends_with(".localhost"), |address| address.is_loopback())
}

/// Whether the request comes from a page of this server and from no other page.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let (Some(origin), Some(host)) = (the_only(headers, ORIGIN), the_only(headers, HOST)) else { return false };
    origin.strip_prefix("http://").is_some_and(|origin| origin.eq_ignore_ascii_case(host))
}

/// The value of a header that occurs exactly once.
fn the_only(headers: &HeaderMap, name: axum::http::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// How far a page got, for pages that cannot say so by a header: a browser
/// sends that header only when it reconnects by itself.
#[derive(Deserialize)]
struct After {
    after: Option<String>,
}

async fn events(
    State(hub): State<Arc<Hub>>,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned).or(after);
    let had: Option<Position> = last.and_then(|last| last.parse().ok());
    tracing::debug!(had = had.as_ref().map(tracing::field::display), "a page was opened");
    let messages = hub::frames(hub, had).map(|frame| Ok(message(&frame)));
    Sse::new(messages).keep_alive(pings())
}

/// Signs of life while nothing else is sent. They carry data, because a browser
/// does not show the page an event without data.
fn pings() -> sse::KeepAlive {
    sse::KeepAlive::new().interval(PING).event(sse::Event::default().event("ping").data("{}"))
}

fn message(frame: &Frame) -> sse::Event {
    let json = frame.json().unwrap_or_else(|error| {
        tracing::error!(%error, "a frame cannot be written as JSON");
        "null".to_owned()
    });
    let message = sse::Event::default().event(frame.name()).data(json);
    let message = if matches!(frame, Frame::Snapshot(_)) { message.retry(RETRY) } else { message };
    match frame.position() {
        Some(position) => message.id(position.to_string()),
        None => message,
    }
}

#[derive(Deserialize)]
struct Test {
    kind: Kind,
    cents: Option<u64>,
}

/// Shows a test alert on all pages. Nothing is sent to the account.
async fn test(State(hub): State<Arc<Hub>>, headers: HeaderMap, Query(Test { kind, cents }): Query<Test>) -> Response {
    if !is_same_origin(&headers) {
        return (StatusCode::FORBIDDEN, "only the control page may ask for a test alert\n").into_response();
    }
    hub.test(kind, cents);
    StatusCode::NO_CONTENT.into_response()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::response::IntoResponse as _;
    use futures::stream;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn page_hears_signs_of_life_while_nothing_happens() {
        let quiet = Sse::new(stream::pending::<Result<sse::Event, Infallible>>()).keep_alive(pings());
        let mut body = quiet.into_response().into_body().into_data_stream();
        assert_eq!(body.next().await.unwrap().unwrap(), "event: ping\ndata: {}\n\n");
    }
}
