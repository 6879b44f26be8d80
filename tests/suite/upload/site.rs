//! A site that answers from a list and notes what it was asked, and what the fixtures have of both.

use std::sync::{Arc, Mutex};

use futures::StreamExt;
use rumble_live::{
    Body, BoxFuture, Error, Request, Response, Transport,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};
use serde_json::Value;

#[derive(Clone, Default)]
pub(super) struct Site {
    answers: Arc<Mutex<Vec<Result<Response, Error>>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    /// With the name of the upload as the fixtures have it.
    pub(super) url: String,
    pub(super) headers: HeaderMap,
    /// How long it was said to be, and how long it was.
    pub(super) lengths: (Option<u64>, u64),
    /// The beginning.
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(super) fn form(&self) -> Vec<(String, String)> {
        let mut fields: Vec<_> = form_urlencoded::parse(&self.body).into_owned().collect();
        fields.sort();
        fields
    }
}

impl Transport for Site {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            let Request { method, url, headers, body, .. } = request;
            let (said, mut length, mut beginning) = (body.length(), 0, Vec::new());
            let mut body: Body = body;
            while let Some(bytes) = body.next().await {
                let bytes = bytes?;
                length += bytes.len() as u64;
                if beginning.len() < 100_000 {
                    beginning.extend_from_slice(&bytes);
                }
            }
            let url = as_in_the_fixtures(url.expose());
            self.asked.lock().unwrap().push(Asked { method: method.to_string(), url, headers, lengths: (said, length), body: beginning });
            self.answers.lock().unwrap().remove(0)
        })
    }
}

impl Site {
    pub(super) fn new(answers: impl IntoIterator<Item = Response>) -> Self {
        Self::that(answers.into_iter().map(Ok))
    }

    pub(super) fn that(answers: impl IntoIterator<Item = Result<Response, Error>>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// With the name of the upload, which is another each time, as the fixtures have it.
fn as_in_the_fixtures(url: &str) -> String {
    let is_stem = |word: &str| {
        word.split_once('-').is_some_and(|(ms, random)| {
            ms.len() == 13 && (100_000..=200_000).contains(&random.parse().unwrap_or(0)) && ms.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    match (0..url.len()).filter_map(|place| url.get(place..place + 20)).find(|word| is_stem(word)) {
        Some(stem) => url.replace(stem, "1789412400123-154321"),
        None => url.to_owned(),
    }
}

/// An exchange that is written down in one of the fixtures.
pub(super) struct Exchange(Value);

pub(super) fn fixture(file: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/suite/fixtures/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

impl Exchange {
    pub(super) fn of(file: &str, name: &str) -> Self {
        let file: Value = serde_json::from_str(&fixture(&format!("{file}.json"))).unwrap();
        let exchanges = file["exchanges"].as_array().unwrap();
        Self(exchanges.iter().find(|exchange| exchange["name"] == name).unwrap_or_else(|| panic!("no exchange {name}")).clone())
    }

    pub(super) fn request(&self) -> &Value {
        &self.0["request"]
    }

    pub(super) fn answer(&self) -> Response {
        let answer = &self.0["response"];
        let status = StatusCode::from_u16(u16::try_from(answer["status"].as_u64().unwrap()).unwrap()).unwrap();
        let body = match (&answer["json"], answer["text"].as_str(), answer["text_file"].as_str()) {
            (Value::Null, Some(text), _) => text.to_owned(),
            (Value::Null, _, Some(file)) => fixture(file),
            (json, ..) => json.to_string(),
        };
        let headers = answer["headers"].as_object().unwrap();
        headers.iter().fold(Response::new(status, body), |answer, (name, value)| {
            answer.header(HeaderName::try_from(name.as_str()).unwrap(), HeaderValue::from_str(value.as_str().unwrap()).unwrap())
        })
    }

    /// Whether it was asked as it is written down, but for its body.
    #[track_caller]
    pub(super) fn assert_asked(&self, asked: &Asked) {
        let expected = self.request();
        assert_eq!((asked.method.as_str(), asked.url.as_str()), (expected["method"].as_str().unwrap(), expected["url"].as_str().unwrap()));
        assert_eq!(asked.lengths.0, Some(asked.lengths.1));
        for name in ["content-type", "origin", "cookie"] {
            if let Some(value) = expected["headers"][name].as_str() {
                assert_eq!(asked.header(name), value, "{name}");
            }
        }
        assert!(asked.headers.contains_key(header::USER_AGENT));
    }
}
