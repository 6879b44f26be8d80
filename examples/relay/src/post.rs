//! Sends a request and waits for its answer.

use std::{error::Error as _, io, net::IpAddr, time::Duration};

use anyhow::Context as _;
use jiff::Timestamp;
use reqwest::{Client, Url, header, redirect::Policy};

use crate::{config::Destination, delivery::Answer, secret::Secret, sign::Signer};

/// How long an answer may take.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How much of the answer's body is read.
const MOST_BYTES: usize = 4096;

/// Sends requests to one destination.
pub trait Post: Send + Sync + 'static {
    /// Sends this body under this key, and waits for the answer.
    fn post(&self, key: &str, body: Vec<u8>, now: Timestamp) -> impl Future<Output = Answer> + Send;
}

/// Sends over HTTP.
#[derive(Debug)]
pub struct Http {
    client: Client,
    url: Secret,
    signer: Option<Signer>,
}

impl Http {
    /// Sends to this destination, over its own connections.
    ///
    /// # Errors
    ///
    /// If this machine has no TLS to offer.
    pub fn new(destination: &Destination) -> anyhow::Result<Self> {
        let agent = concat!("rumble-live-relay/", env!("CARGO_PKG_VERSION"));
        // A redirect must not get the secret in the URL. Only the relay decides whether to send again.
        let mut client = Client::builder().user_agent(agent).timeout(PATIENCE).redirect(Policy::none()).retry(reqwest::retry::never());
        if is_loopback(destination.url.reveal()) {
            client = client.no_proxy();
        }
        let client = client.build().map_err(reqwest::Error::without_url).with_context(|| destination.name.clone())?;
        Ok(Self { client, url: destination.url.clone(), signer: destination.signer.clone() })
    }
}

impl Post for Http {
    async fn post(&self, key: &str, body: Vec<u8>, now: Timestamp) -> Answer {
        let mut request =
            self.client.post(self.url.reveal()).header(header::CONTENT_TYPE, "application/json").header("idempotency-key", key);
        if let Some(signer) = &self.signer {
            let second = now.as_second();
            request = request.header("webhook-id", key).header("webhook-timestamp", second);
            request = request.header("webhook-signature", signer.signature(key, second, &body));
        }
        match request.body(body).send().await {
            Ok(response) => {
                let code = response.status().as_u16();
                let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).map(Into::into);
                Answer::Status { code, retry_after, body: beginning(response).await }
            }
            Err(error) => Answer::Lost(why(&error)),
        }
    }
}

/// The status has already decided, so a body that breaks off does no harm.
async fn beginning(mut response: reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < MOST_BYTES
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    body
}

/// In the relay's own words, because other people's words may contain the URL.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", PATIENCE.as_secs());
    }
    let what = if error.is_connect() { "it cannot be reached" } else { "the connection broke before the answer" };
    let mut source = error.source();
    while let Some(error) = source {
        // The types of these errors are private, or belong to crates that this one does not depend on.
        let said = error.to_string();
        if said == "dns error" {
            return "its host name cannot be found".to_owned();
        }
        if said.starts_with("invalid peer certificate") {
            return "its certificate is not trusted".to_owned();
        }
        if let Some(error) = error.downcast_ref::<io::Error>().filter(|error| error.kind() != io::ErrorKind::Other) {
            return format!("{what}: {}", error.kind());
        }
        source = error.source();
    }
    what.to_owned()
}

/// A proxy in the environment would lead elsewhere.
fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
