//! What an answer means for a delivery.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use crate::clock::between;

/// The longest `Retry-After` that is obeyed.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// How long to keep trying while a destination answers with an error of its
/// own.
const GIVE_UP: Duration = Duration::from_secs(24 * 60 * 60);

/// The result of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A status, and what may say how long to wait.
    Status {
        /// The number.
        code: u16,
        /// The header `Retry-After`.
        retry_after: Option<String>,
        /// The beginning of the body.
        body: Vec<u8>,
    },
    /// No answer, for this reason.
    Lost(String),
}

/// What to do with the delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It arrived.
    Delivered,
    /// Send it again after a while.
    Retry {
        /// The wait.
        after: Duration,
        /// The reason.
        why: String,
    },
    /// It can never arrive as it is.
    Failed {
        /// The reason.
        why: String,
    },
}

/// How long to wait between two tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first.
    pub start: Duration,
    /// At most.
    pub most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { start: Duration::from_secs(1), most: Duration::from_secs(5 * 60) }
    }
}

impl Backoff {
    /// How long to wait after so many tries. The time doubles with each try,
    /// less a random part of up to half.
    #[must_use]
    pub fn after(&self, tries: u32, random: f64) -> Duration {
        let doubled = self.start.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
        doubled.min(self.most).mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0)
    }
}

/// Decides about a delivery after so many tries, including this one, the first
/// of them so long ago.
///
/// `random` is between 0 and 1. A date in `Retry-After` is compared with `now`.
#[must_use]
pub fn decide(answer: &Answer, tries: u32, since_first_try: Duration, backoff: &Backoff, now: Timestamp, random: f64) -> Decision {
    let (code, retry_after, body) = match answer {
        Answer::Lost(why) => return Decision::Retry { after: backoff.after(tries, random), why: why.clone() },
        Answer::Status { code: 200..=299, .. } => return Decision::Delivered,
        Answer::Status { code, retry_after, body } => (*code, retry_after.as_deref(), body.as_slice()),
    };
    let words = Words::read(body);
    let why = why(code, &words);
    match meaning(code) {
        Meaning::Final => return Decision::Failed { why },
        Meaning::Trouble if since_first_try >= GIVE_UP => return Decision::Failed { why: format!("{why}, for a day") },
        Meaning::Destination => return Decision::Retry { after: backoff.after(u32::MAX, random), why },
        Meaning::Trouble | Meaning::Busy => {}
    }
    let asked = words.wait().filter(|_| code == 429).or_else(|| retry_after.and_then(|text| wait(text, now)));
    let after = match asked {
        // Wait a little longer, so that relays that were told the same do not come together. Never send again at once.
        Some(asked) => asked.min(LONGEST).max(backoff.start.min(backoff.most)) + backoff.start.mul_f64(random.clamp(0.0, 1.0)),
        None => backoff.after(tries, random),
    };
    Decision::Retry { after, why }
}

/// The meaning of a status other than 2xx.
#[derive(Clone, Copy)]
enum Meaning {
    /// The same request can never succeed.
    Final,
    /// The destination takes nothing at all, until somebody changes its URL or
    /// its rights. Whatever waits behind would fare no better.
    Destination,
    /// The destination is down, or has too much to do.
    Busy,
    /// The error may pass, or concern this request alone.
    Trouble,
}

fn meaning(code: u16) -> Meaning {
    match code {
        401 | 403 | 404 | 407 => Meaning::Destination,
        429 | 502..=504 => Meaning::Busy,
        // The request takes too long, its target is in use, or it comes too early.
        408 | 409 | 421 | 423 | 424 | 425 => Meaning::Trouble,
        // Moved for good, gone, or refused. A temporary move may be maintenance, so it counts as trouble.
        301 | 308 | 400..=499 | 501 | 505 => Meaning::Final,
        _ => Meaning::Trouble,
    }
}

/// The status, and the number that Discord gives the error. The rest of a body
/// may repeat the URL, so it is not quoted.
fn why(code: u16, words: &Words) -> String {
    let phrase = reqwest::StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let status = format!("HTTP {code} {phrase}");
    match (words.code, code) {
        (Some(number), _) => format!("{} (error {number})", status.trim_end()),
        (None, 300..=399) => format!("{}; redirects are not followed", status.trim_end()),
        (None, _) => status.trim_end().to_owned(),
    }
}

/// The fields that Discord writes into a body.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Words {
    retry_after: Option<f64>,
    code: Option<i64>,
}

impl Words {
    fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    fn wait(&self) -> Option<Duration> {
        self.retry_after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }
}

/// Reads seconds, or an HTTP date.
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(text).ok().and_then(|date| Timestamp::try_from(date).ok()).map(|date| between(now, date)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { start: Duration::from_secs(1), most: Duration::from_secs(300) };

    fn now() -> Timestamp {
        "2026-01-02T03:00:00Z".parse().unwrap()
    }

    fn status(code: u16, retry_after: Option<&str>, body: &str) -> Answer {
        Answer::Status { code, retry_after: retry_after.map(Into::into), body: body.into() }
    }

    fn decided(answer: &Answer, tries: u32) -> Decision {
        decide(answer, tries, Duration::ZERO, &BACKOFF, now(), 0.0)
    }

    #[test]
    fn every_answer_means_one_of_three_things() {
        let delivered = [200, 201, 202, 204, 299];
        let failed = [301, 308, 400, 402, 405, 406, 410, 411, 413, 414, 415, 417, 422, 426, 428, 431, 451, 501, 505];
        let retried = [100, 302, 303, 307, 408, 409, 421, 423, 424, 425, 429, 500, 502, 503, 504, 507, 520, 599, 600];
        for code in delivered {
            assert_eq!(decided(&status(code, None, ""), 1), Decision::Delivered, "{code}");
        }
        for code in failed {
            assert!(matches!(decided(&status(code, Some("5"), ""), 1), Decision::Failed { .. }), "{code}");
        }
        for code in retried {
            let Decision::Retry { after, .. } = decided(&status(code, None, ""), 1) else { panic!("{code}") };
            assert_eq!(after, Duration::from_secs(1), "{code}");
        }
        for code in [401, 403, 404, 407] {
            let Decision::Retry { after, .. } = decided(&status(code, Some("5"), ""), 1) else { panic!("{code}") };
            assert_eq!(after, Duration::from_secs(300), "{code} concerns the destination");
        }
        assert!(matches!(decided(&Answer::Lost("no answer".into()), 1), Decision::Retry { .. }));
    }

    #[test]
    fn what_a_destination_answers_with_its_own_errors_for_a_day_is_put_aside() {
        let day = Duration::from_secs(24 * 60 * 60);
        let after = |code, since| decide(&status(code, None, ""), 400, since, &BACKOFF, now(), 0.0);
        for code in [302, 408, 409, 500, 507, 520] {
            assert!(matches!(after(code, day.saturating_sub(Duration::from_secs(1))), Decision::Retry { .. }), "{code}");
            assert!(matches!(after(code, day), Decision::Failed { .. }), "{code}");
        }
        assert_eq!(after(500, day), Decision::Failed { why: "HTTP 500 Internal Server Error, for a day".into() });
        for code in [401, 403, 404, 407, 429, 502, 503, 504] {
            assert!(matches!(after(code, day * 30), Decision::Retry { .. }), "{code}");
        }
        let lost = decide(&Answer::Lost("no answer".into()), 400, day * 30, &BACKOFF, now(), 0.0);
        assert!(matches!(lost, Decision::Retry { .. }));
    }

    #[test]
    fn wait_is_what_the_answer_asks_for() {
        for (answer, seconds) in [
            (status(429, Some("7"), ""), 7.0),
            (status(503, Some(" 120 "), ""), 120.0),
            (status(503, Some("Fri, 02 Jan 2026 03:01:30 GMT"), ""), 90.0),
            // A date in the past, zero, and a number of years.
            (status(503, Some("Fri, 02 Jan 2026 02:00:00 GMT"), ""), 1.0),
            (status(429, Some("0"), ""), 1.0),
            (status(429, Some("999999999999"), ""), 86400.0),
            // Discord says it in milliseconds in its body, and rounded up in its header.
            (status(429, Some("3"), r#"{"message":"You are being rate limited.","retry_after":2.25,"global":false}"#), 2.25),
            (status(429, Some("3"), r#"{"retry_after":-1}"#), 3.0),
            (status(429, Some("3"), r#"{"retry_after":"soon"}"#), 3.0),
            // What is not a time to wait counts for nothing.
            (status(503, Some("soon"), ""), 1.0),
            (status(503, None, r#"{"retry_after":9}"#), 1.0),
        ] {
            let Decision::Retry { after, .. } = decided(&answer, 1) else { panic!("{answer:?}") };
            assert_eq!(after, Duration::from_secs_f64(seconds), "{answer:?}");
        }
    }

    #[test]
    fn back_off_doubles_to_its_cap_and_jitter_takes_away_up_to_half() {
        let waits = [1, 2, 3, 9, 10, 40, u32::MAX].map(|tries| BACKOFF.after(tries, 0.0).as_secs());
        assert_eq!(waits, [1, 2, 4, 256, 300, 300, 300]);
        assert_eq!(BACKOFF.after(10, 1.0), Duration::from_secs(150));
        for random in [0.0, 0.3, 0.99] {
            let Decision::Retry { after, .. } = decide(&status(503, Some("7"), ""), 1, Duration::ZERO, &BACKOFF, now(), random) else {
                panic!()
            };
            assert!((7.0..8.0).contains(&after.as_secs_f64()), "{after:?}");
        }
    }

    #[test]
    fn reason_names_the_status_and_quotes_no_body() {
        let answer = status(400, None, r#"{"message":"Cannot POST /api/webhooks/1/hunter2","code":50006}"#);
        assert_eq!(decided(&answer, 1), Decision::Failed { why: "HTTP 400 Bad Request (error 50006)".into() });
        let answer = status(308, None, "");
        assert_eq!(decided(&answer, 1), Decision::Failed { why: "HTTP 308 Permanent Redirect; redirects are not followed".into() });
    }
}
