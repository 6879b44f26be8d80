//! Reads any text as the `Retry-After` and `Date` headers of an answer outside
//! 2xx. `Retry-After` is the first line and `Date` is the rest.

#![no_main]

use std::{
    future::ready,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use libfuzzer_sys::fuzz_target;
use rumble_live::{
    BoxFuture, Client, Error, Event, Request, Response, Transport,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{DATE, RETRY_AFTER},
    },
};
use tokio::runtime::{Builder, Runtime};

/// No HTTP date is later than the year 9999.
const TEN_THOUSAND_YEARS: Duration = Duration::from_secs(10_000 * 366 * 24 * 60 * 60);
const LONGEST_HEEDED: Duration = Duration::from_secs(15 * 60);
/// The shortest time that a watcher waits.
const INTERVAL: Duration = Duration::from_secs(10);

fuzz_target!(|headers: &[u8]| {
    let headers = String::from_utf8_lossy(headers);
    let (header, date) = headers.split_once('\n').map_or((&*headers, None), |(header, date)| (header, Some(date)));
    if [Some(header), date].into_iter().flatten().any(|text| HeaderValue::from_bytes(text.as_bytes()).is_err()) {
        return;
    }
    let wait = asked(header, date);
    is_heeded(wait);
    if is_number(header) {
        assert_eq!(wait, Some(Duration::from_secs(header.trim_ascii().parse().unwrap_or(u64::MAX))));
    } else {
        is_of_a_date(wait, header, date);
    }
});

/// If `Retry-After` is not a number, it counts only if it is a date, whatever
/// the `Date` of the answer says. If the answer has a `Date`, the wait is the
/// time from there.
fn is_of_a_date(wait: Option<Duration>, header: &str, date: Option<&str>) {
    let since_1970 = |date| asked(date, Some("Thu, 01 Jan 1970 00:00:00 GMT")).filter(|_| !is_number(date));
    let due = since_1970(header);
    assert_eq!(due.is_some(), wait.is_some());
    assert!(due <= Some(TEN_THOUSAND_YEARS), "{due:?}");
    if let (Some(due), Some(from)) = (due, date.and_then(since_1970)) {
        assert_eq!(wait, Some(due.saturating_sub(from)));
    }
}

fn is_number(header: &str) -> bool {
    let header = header.trim_ascii();
    !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit())
}

/// How long a client waits after these headers.
fn asked(header: &str, date: Option<&str>) -> Option<Duration> {
    let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).expect("it was checked before");
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, value(header));
    headers.extend(date.map(|date| (DATE, value(date))));
    *HEADERS.lock().unwrap_or_else(PoisonError::into_inner) = headers;
    let error = RUNTIME.block_on(CLIENT.snapshot()).expect_err("429 is an error");
    error.retry_after()
}

/// Checks that a watcher waits as long as `wait`, within its own limits.
fn is_heeded(wait: Option<Duration>) {
    let event = RUNTIME.block_on(CLIENT.watch().next());
    let Some(Ok(Event::Interrupted(interrupted))) = event else { panic!("429 has to interrupt the watcher, not {event:?}") };
    // If there is no `Date`, the wait until a date counts from now and gets a little shorter each time. Watchers also add a random delay.
    let expected = wait.unwrap_or_default().clamp(INTERVAL, LONGEST_HEEDED);
    let earliest = expected.saturating_sub(Duration::from_secs(5));
    assert!((earliest..=expected + INTERVAL / 2).contains(&interrupted.retry_in), "{interrupted:?} for {wait:?}");
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

static CLIENT: LazyLock<Client> =
    LazyLock::new(|| Client::builder("http://127.0.0.1/").transport(Canned).build().expect("this setting works"));

static HEADERS: LazyLock<Mutex<HeaderMap>> = LazyLock::new(Mutex::default);

/// Answers with the same headers until they are changed.
struct Canned;

impl Transport for Canned {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let mut answer = Response::new(StatusCode::TOO_MANY_REQUESTS, "");
        answer.headers = HEADERS.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(ready(Ok(answer)))
    }
}
