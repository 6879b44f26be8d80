//! A receiver on this machine that prints what arrives, in case you have no
//! destination at hand.

use std::{ffi::OsString, path::Path};

use anyhow::{Context as _, anyhow};
use axum::{
    Router,
    body::Bytes,
    extract::{Path as UrlPath, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::mpsc};

use crate::config::Config;

/// The configuration that comes with the program.
const CONFIG: &str = include_str!("../relay.toml");
/// How many lines may wait to be read.
const MOST_WAITING: usize = 1000;

/// The receiver, and a configuration that sends everything to it.
#[derive(Debug)]
pub struct Demo {
    /// Where to send what.
    pub config: Config,
    /// What has arrived, line by line.
    pub lines: mpsc::Receiver<String>,
}

/// Starts it. It ends with the runtime.
///
/// # Errors
///
/// If no port is free on this machine.
pub async fn start() -> anyhow::Result<Demo> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("cannot receive on this machine")?;
    let address = listener.local_addr()?;
    let (sender, lines) = mpsc::channel(MOST_WAITING);
    let router = Router::new().route("/{*path}", post(receive)).with_state(sender);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let lookup = |name: &str| {
        let value = match name {
            "WEBHOOK_SECRET" => "whsec_c2ltdWxhdGVkIHNlY3JldCBvZiB0aGUgZGVtbw==".to_owned(),
            "STREAMERBOT_URL" => format!("http://{address}/DoAction"),
            _ => format!("http://{address}/{}", name.to_ascii_lowercase()),
        };
        Some(OsString::from(value))
    };
    let config = Config::parse(CONFIG, Path::new(""), &lookup)
        .map_err(|faults| anyhow!("relay.toml, {}", faults.first().map_or_else(String::new, ToString::to_string)))?;
    Ok(Demo { config, lines })
}

async fn receive(State(lines): State<mpsc::Sender<String>>, UrlPath(path): UrlPath<String>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = [&body["content"], &body["embeds"][0]["description"], &body["text"], &body["message"], &body["args"]["message"]];
    let text = text.into_iter().find_map(Value::as_str).unwrap_or_default();
    let signed = if headers.contains_key("webhook-signature") { " (signed)" } else { "" };
    // If nobody reads, there is nobody to tell.
    drop(lines.try_send(format!("{path:<16}{signed} {text}")));
    StatusCode::NO_CONTENT
}
