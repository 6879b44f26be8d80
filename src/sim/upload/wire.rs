//! What the simulated upload services say.
//!
//! The service of the site answers a publishing with a page whose script calls
//! a function of the page around it. A title may hold anything, so it is quoted
//! as JSON, with every slash escaped.

use serde_json::{Value, json};

use crate::StreamId;

/// A string as scripts hold it: no less escaped than JSON, and no end of the
/// script in it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('/', "\\/")
}

/// The page that calls this.
fn page(call: &str) -> String {
    format!("<html><head></head><body><script type=\"text/javascript\">\nwindow.parent.uf.response.{call};\n</script></body></html>")
}

/// The page that says what is wrong with which field.
pub(super) fn errors_page(errors: &[(&str, &str)]) -> String {
    let errors: Vec<_> = errors.iter().map(|(field, words)| format!("{}:{}", quoted(field), quoted(words))).collect();
    page(&format!("setErrors({{{}}})", errors.join(",")))
}

/// The page that says that a video was published.
pub(super) fn success_page(id: &StreamId, title: &str) -> String {
    let fid = id.decimal().unwrap_or_default();
    let [url, title, embed, monetized] = [&watch_url(id), title, &embed_html(id), "<script>var a={b:1};</script>"].map(quoted);
    page(&format!("setSuccess({{url:{url},fid:{fid},title:{title},embed:{embed},embedMonetize:{monetized}}}, {fid})"))
}

/// The address of the watch page of an uploaded video.
pub(super) fn watch_url(id: &StreamId) -> String {
    format!("https://rumble.com/v{}-simulated.html", id.as_str())
}

/// The HTML that shows it in another page.
pub(super) fn embed_html(id: &StreamId) -> String {
    format!("<iframe class=\"rumble\" width=\"640\" height=\"360\" src=\"{}\" frameborder=\"0\" allowfullscreen></iframe>", embed_url(id))
}

/// The address of its player.
pub(super) fn embed_url(id: &StreamId) -> String {
    format!("https://rumble.com/embed/v{}/?pub=4", id.as_str())
}

/// The answer of the documented service.
pub(super) fn simple_success(id: &StreamId) -> Value {
    json!({
        "success": true,
        "video_id": id.as_str(),
        "video_id_int": id.decimal(),
        "url_monetized": format!("{}?mref=abc1&mc=xyz9", watch_url(id)),
        "embed_url_monetized": embed_url(id),
        "embed_html_monetized": embed_html(id),
        "embed_js_monetized": "<script>!function(r){}(window);</script>",
    })
}
