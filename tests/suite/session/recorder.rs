//! A site that answers from a list, and notes what it was asked.

use std::sync::{Arc, Mutex};

use rumble_live::{
    BoxFuture, Error, Request, Response, Transport,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    session::{Session, SessionBuilder},
};
use serde_json::Value;

#[derive(Clone, Default)]
pub(super) struct Recorder {
    answers: Arc<Mutex<Vec<Response>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: HeaderMap,
    pub(super) cookie: String,
    pub(super) body: String,
}

impl Asked {
    /// The fields of its form, in order of their names.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        let mut fields: Vec<_> = form_urlencoded::parse(self.body.as_bytes()).into_owned().collect();
        fields.sort();
        fields
    }
}

impl Transport for Recorder {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            let cookie = request.headers.get(header::COOKIE).map(|cookie| cookie.to_str().unwrap().to_owned());
            let body = request.body.collect(1 << 20).await?;
            self.asked.lock().unwrap().push(Asked {
                method: request.method,
                url: request.url.expose().to_owned(),
                headers: request.headers,
                cookie: cookie.unwrap_or_default(),
                body: String::from_utf8(body.to_vec()).unwrap(),
            });
            Ok(self.answers.lock().unwrap().remove(0))
        })
    }
}

impl Recorder {
    pub(super) fn new(answers: impl IntoIterator<Item = Response>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn builder(&self) -> SessionBuilder {
        Session::builder().transport(self.clone())
    }

    pub(super) fn session(&self) -> Session {
        self.builder().build("FAKESESSION".parse().unwrap()).unwrap()
    }
}

/// An exchange that is written down in one of the fixtures.
pub(super) struct Exchange(Value);

impl Exchange {
    pub(super) fn of(file: &str, name: &str) -> Self {
        let path = format!("{}/tests/suite/fixtures/{file}.json", env!("CARGO_MANIFEST_DIR"));
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let exchanges = file["exchanges"].as_array().unwrap();
        Self(exchanges.iter().find(|exchange| exchange["name"] == name).unwrap_or_else(|| panic!("no exchange {name}")).clone())
    }

    pub(super) fn answer(&self) -> Response {
        let answer = &self.0["response"];
        let status = StatusCode::from_u16(u16::try_from(answer["status"].as_u64().unwrap()).unwrap()).unwrap();
        let body = match (&answer["json"], answer["text"].as_str()) {
            (Value::Null, text) => text.unwrap_or_default().to_owned(),
            (json, _) => json.to_string(),
        };
        let headers = answer["headers"].as_object().unwrap();
        headers.iter().fold(Response::new(status, body), |answer, (name, value)| {
            answer.header(header::HeaderName::try_from(name.as_str()).unwrap(), HeaderValue::from_str(value.as_str().unwrap()).unwrap())
        })
    }

    /// The same as the answer to a logged-in user, where what is written down was asked without a session.
    pub(super) fn answer_to_a_user(mut self) -> Response {
        self.0["response"]["json"]["user"] = serde_json::json!({"id": "_u4yqceh", "logged_in": true});
        self.answer()
    }

    /// Whether it was asked as it is written down; the request id of a message apart, which is new each time.
    #[track_caller]
    pub(super) fn assert_asked(&self, asked: &Asked) {
        let expected = &self.0["request"];
        assert_eq!(asked.method.as_str(), expected["method"]);
        assert_eq!(asked.url, expected["url"].as_str().unwrap());
        for name in ["content-type", "origin"] {
            // Another origin was seen of the login alone.
            if let Some(value) = expected["headers"][name].as_str().filter(|value| !value.contains("auth.")) {
                assert_eq!(asked.headers[name], value);
            }
        }
        match (&expected["form"], &expected["json"]) {
            (Value::Object(form), _) => {
                let form: Vec<_> = form.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
                assert_eq!(asked.form(), form);
            }
            (_, Value::Null) => assert_eq!(asked.body, ""),
            (_, json) => {
                let mut body: Value = serde_json::from_str(&asked.body).unwrap();
                body["data"]["request_id"] = json["data"]["request_id"].clone();
                assert_eq!(body, *json);
            }
        }
    }
}
