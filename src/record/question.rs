//! Names for requests. A name holds no secret, and is the same wherever the
//! services are.
//!
//! A playback finds answers by these names, so two requests that may be
//! answered differently must have different names. Known paths and a few query
//! parameters go into the name as they are. Nothing else does, because any part
//! of an unknown URL may be a secret. The API may be behind any path, so a URL
//! with a key or with an unknown path counts as that.

use http::Method;

use crate::transport::SecretUrl;

const API: &str = "/-livestream-api/get-data";
/// The query parameters that say what is asked.
const ASKED: [&str; 9] = ["chat_id", "limit", "name", "offset", "pg", "playlist_id", "start", "v", "video"];

/// The accounts that were asked about, in the order of their first request.
#[derive(Default)]
pub(super) struct Accounts(Vec<String>);

impl Accounts {
    /// The name of a request, with the number of the account that it is about.
    pub(super) fn question(&mut self, method: &Method, url: &SecretUrl) -> String {
        let name = name(method, url);
        let Some(account) = account(url) else { return name };
        let number = self.0.iter().position(|known| *known == account).unwrap_or_else(|| {
            self.0.push(account);
            self.0.len() - 1
        });
        format!("{name} of account {}", number + 1)
    }
}

/// The name of a request, without the account.
fn name(method: &Method, url: &SecretUrl) -> String {
    let path = url.uri().path();
    // The API may be behind any path.
    let path_or_api = if key(url).is_some() { API } else { path };
    let mut name = format!("{method} {}", known(path_or_api).unwrap_or(API));
    if let Some(rest) = path.split_once("/chat/api/chat/").map(|(_, rest)| rest) {
        name = format!(
            "{method} /chat/{}",
            rest.chars().filter(|c| c.is_ascii_digit() || *c == '/').collect::<String>().trim_end_matches('/')
        );
    }
    for (field, value) in url.query_pairs().filter(|(field, _)| ASKED.contains(&&**field)) {
        let value: String = value.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).take(64).collect();
        name.extend([" ", &*field, "=", &value]);
    }
    name
}

/// The known paths. Any other path may hold a secret.
fn known(path: &str) -> Option<&'static str> {
    const PATHS: [&str; 6] = [API, "/account/moderation/muting", "/api/Media/oembed.json", "/chat/command", "/embedJS/u3/", "/service.php"];
    PATHS.into_iter().find(|known| path.ends_with(known))
}

/// What tells the requests of several accounts apart: the key or, if there is
/// none, the path. `None` if the request is not about an account.
fn account(url: &SecretUrl) -> Option<String> {
    let path = url.uri().path();
    let is_other = path.contains("/chat/api/chat/") || known(path).is_some_and(|known| known != API);
    key(url).or_else(|| (!is_other).then(|| path.to_owned()))
}

/// The API key in the query.
fn key(url: &SecretUrl) -> Option<String> {
    url.query_pairs().find_map(|(name, value)| (name == "key").then(|| value.into_owned()))
}

/// Everything in a URL that its name leaves out. Any of it may be secret.
pub(super) fn secrets(url: &SecretUrl) -> impl Iterator<Item = String> {
    let path = url.uri().path();
    let unknown = if known(path).is_none() && !path.contains("/chat/api/chat/") { path } else { "" };
    let of_the_path = unknown.split('/').map(ToOwned::to_owned);
    of_the_path.chain(url.query_pairs().filter(|(name, _)| !ASKED.contains(&&**name)).map(|(_, value)| value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_a_question_holds_what_is_asked_and_nothing_else() {
        for (url, expected) in [
            ("https://rumble.com/-livestream-api/get-data?key=SECRET", "GET /-livestream-api/get-data"),
            ("http://127.0.0.1:80/SECRET/-livestream-api/get-data?key=SECRET", "GET /-livestream-api/get-data"),
            ("https://web7.rumble.com/chat/api/chat/443484890/stream", "GET /chat/443484890"),
            ("https://rumble.com/service.php?name=emote.list&chat_id=443&x=SECRET", "GET /service.php name=emote.list chat_id=443"),
            ("https://rumble.com/service.php?name=a%20b%0a%22c", "GET /service.php name=abc"),
            ("https://rumble.com/embedJS/u3/?request=video&ver=2&v=v7c1f4q", "GET /embedJS/u3/ v=v7c1f4q"),
            ("https://example.com/SECRET?key=SECRET", "GET /-livestream-api/get-data"),
            ("https://example.com/SECRET?a=SECRET", "GET /-livestream-api/get-data"),
        ] {
            assert_eq!(name(&Method::GET, &url.parse().unwrap()), expected);
        }
    }
}
