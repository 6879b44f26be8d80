//! How an answer shows that it is an HTML page.
//!
//! Services that answer in JSON or with an event stream use it to recognise a
//! challenge or a maintenance page. It is a guess by the first byte or the
//! header, and good enough for that: neither JSON nor an event stream begins
//! with `<`.

/// Whether a content type says so.
pub(crate) fn is_html(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// Whether a body begins as a page does.
#[cfg(any(feature = "pages", feature = "record", feature = "session"))]
pub(crate) fn begins_html(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}
