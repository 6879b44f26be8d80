//! What Rumble's pages tell.

mod answers;
mod pacing;
mod resolve;
mod simulated;
#[cfg(feature = "http")]
mod sockets;
mod status;
mod videos;

use std::sync::{Arc, Mutex};

use rumble_live::{
    BoxFuture, Error, ErrorKind, Request, Response, Transport,
    http::HeaderMap,
    pages::{Creator, Pages},
};

/// Answers from a list, and notes what it was asked.
#[derive(Clone, Default)]
struct Site {
    answers: Arc<Mutex<Vec<Response>>>,
    asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Site {
    fn new(answers: impl IntoIterator<Item = Response>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }

    /// With one answer, which is this fixture.
    fn with(file: &str) -> Self {
        Self::new([fixture(file)])
    }

    fn pages(&self) -> Pages {
        Pages::over(self.clone())
    }

    fn urls(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(url, _)| url.clone()).collect()
    }

    fn headers(&self) -> Vec<HeaderMap> {
        self.asked.lock().unwrap().iter().map(|(_, headers)| headers.clone()).collect()
    }
}

impl Transport for Site {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push((request.url.expose().to_owned(), request.headers));
            let mut answers = self.answers.lock().unwrap();
            if answers.is_empty() { Err(Error::new(ErrorKind::Connect, "no answer is left")) } else { Ok(answers.remove(0)) }
        })
    }
}

fn fixture(file: &str) -> Response {
    Response::ok(std::fs::read(format!("{}/tests/suite/fixtures/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap())
}

fn retro() -> Creator {
    Creator::channel("HarborlightRetro").unwrap()
}
