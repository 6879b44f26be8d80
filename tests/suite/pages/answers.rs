//! What stands where a page should be.

use rumble_live::{
    Error, ErrorKind, Response,
    http::{HeaderValue, StatusCode, header},
};

use super::{Site, fixture, retro};

const PAGE: &str = "https://rumble.com/v7c9aa1-late-levels.html";

/// The errors of each thing that can be asked, to the same answer, and what was asked.
async fn errors(answer: impl Fn() -> Response) -> Vec<Error> {
    let site = Site::new(std::iter::repeat_with(answer).take(4));
    let errors = vec![
        site.pages().resolve(PAGE).await.unwrap_err(),
        site.pages().stream_status("7c1f4q").await.unwrap_err(),
        site.pages().newest_videos(&retro()).await.unwrap_err(),
        site.pages().live_video(&retro()).await.unwrap_err(),
    ];
    // Each was one request, which went to the site and with no cookie.
    assert_eq!(site.urls().len(), 4);
    assert!(site.urls().iter().all(|url| url.starts_with("https://rumble.com/") && !url.contains("login")));
    assert!(site.headers().iter().all(|headers| !headers.contains_key(header::COOKIE) && !headers.contains_key(header::REFERER)));
    errors
}

fn with_status(status: u16, mut answer: Response) -> Response {
    answer.status = StatusCode::from_u16(status).unwrap();
    answer
}

#[tokio::test]
async fn challenge_page_is_named_and_not_fought() {
    for error in errors(|| with_status(403, fixture("pages-challenge.html"))).await {
        assert_eq!(error.kind(), ErrorKind::Challenge);
        assert!(error.is_transient() && error.to_string().contains("challenge page"), "{error}");
    }
}

#[tokio::test]
async fn challenge_page_is_named_whatever_its_status() {
    for error in errors(|| fixture("pages-challenge.html")).await {
        assert_eq!(error.kind(), ErrorKind::Challenge);
        // A status that it did not have would mislead.
        assert!(!error.to_string().contains("403"), "{error}");
    }
}

#[tokio::test]
async fn redirect_to_the_login_is_not_followed() {
    let redirects = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/fixtures/pages-login-redirect.txt")).unwrap();
    let locations: Vec<_> = redirects.lines().filter_map(|line| line.strip_prefix("Location: ")).collect();
    assert_eq!(locations.len(), 2);
    for (status, location) in [302, 308].into_iter().zip(locations) {
        let location = HeaderValue::from_str(location).unwrap();
        let answer = || Response::new(StatusCode::from_u16(status).unwrap(), "").header(header::LOCATION, location.clone());
        for error in errors(answer).await {
            assert_eq!(error.kind(), ErrorKind::Redirect);
            assert!(error.to_string().contains("such as its login"), "{error}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_terms_of_what_was_asked_for() {
    let texts: Vec<_> = errors(|| Response::new(StatusCode::NOT_FOUND, "<html>"))
        .await
        .into_iter()
        .map(|error| (error.kind(), error.to_string()))
        .collect();
    for ((kind, text), expected) in
        texts.iter().zip(["no public video at this URL", "knows nothing about this video", "no channel or user", "no channel or user"])
    {
        assert_eq!(*kind, ErrorKind::Config);
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn failures_are_told_apart_by_their_status() {
    for (status, body, kind) in [
        (403, "{}", ErrorKind::Status),
        (418, "<html>", ErrorKind::Status),
        (502, "<html>", ErrorKind::Server),
        (503, "", ErrorKind::Server),
    ] {
        for error in errors(|| Response::new(StatusCode::from_u16(status).unwrap(), body)).await {
            assert_eq!(error.kind(), kind, "{status}");
            assert!(!error.to_string().contains("snapshot"), "{error}");
        }
    }
}

#[tokio::test]
async fn page_that_is_too_large_is_not_read() {
    for page in ["x".repeat(5 * 1024 * 1024), "x".repeat(3 * 1024 * 1024)] {
        for error in errors(|| Response::ok(page.clone())).await {
            assert_eq!(error.kind(), ErrorKind::TooLarge);
            assert!(!error.to_string().contains("ClientBuilder"), "{error}");
        }
    }
}
