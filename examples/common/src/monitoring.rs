//! Answers a monitoring system: `/metrics` for Prometheus, and `/healthz`,
//! which says whether the source still sends news.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use time::OffsetDateTime;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// What Prometheus calls its text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The default interval of a watcher.
const USUAL_INTERVAL: Duration = Duration::from_secs(10);
/// Requests to an account are at least this far apart, whatever the interval.
const CLOSEST: Duration = Duration::from_secs(5);
/// How often the recorder frees memory. Until then its memory grows, even if
/// nobody asks for metrics.
const UPKEEP: Duration = Duration::from_secs(5);
/// Bounds of durations, in seconds.
const SECONDS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Bounds of lengths, in bytes.
const BYTES: [f64; 6] = [1024.0, 4096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0];

/// Counts from the moment you make it.
#[derive(Clone, Debug)]
pub struct Monitoring {
    figures: PrometheusHandle,
    /// What the source gives, such as a snapshot.
    what: &'static str,
    newest: Arc<Mutex<Newest>>,
    /// How old the newest snapshot may be.
    limit: Duration,
}

/// The newest snapshot or answer: its server time, and when it was first seen.
#[derive(Debug)]
struct Newest {
    said: Option<OffsetDateTime>,
    seen: Instant,
}

impl Monitoring {
    /// Call it before you poll the watcher. `what` is what the source gives.
    /// `polled_every` is the watcher's interval, if you set one.
    ///
    /// # Errors
    ///
    /// If the process has a recorder already.
    pub fn start(what: &'static str, polled_every: Option<Duration>) -> anyhow::Result<Self> {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_bytes".into()), &BYTES))
            .context("the bounds of the histograms")?
            .build_recorder();
        let figures = recorder.handle();
        metrics::set_global_recorder(recorder).context("the recorder of metrics")?;
        let upkeep = figures.clone();
        tokio::spawn(async move {
            let mut ticks = interval(UPKEEP);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                upkeep.run_upkeep();
            }
        });
        let newest = Newest { said: None, seen: Instant::now() };
        Ok(Self {
            figures,
            what,
            newest: Arc::new(Mutex::new(newest)),
            limit: polled_every.unwrap_or(USUAL_INTERVAL).max(CLOSEST).saturating_mul(3),
        })
    }

    /// Notes the server's time of the newest snapshot. Call it about once a
    /// second.
    pub fn look(&self, said: Option<OffsetDateTime>) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.said != said {
            *newest = Newest { said, seen: Instant::now() };
        }
    }

    /// The routes to serve.
    pub fn router(self) -> Router {
        Router::new().route("/metrics", get(metrics_of)).route("/healthz", get(health_of)).with_state(self)
    }
}

async fn metrics_of(State(monitoring): State<Monitoring>) -> impl IntoResponse {
    ([(CONTENT_TYPE, TEXT)], monitoring.figures.render())
}

async fn health_of(State(monitoring): State<Monitoring>) -> impl IntoResponse {
    let newest = monitoring.newest.lock().unwrap_or_else(PoisonError::into_inner);
    let age = newest.seen.elapsed();
    let what = monitoring.what;
    match newest.said {
        None => (StatusCode::SERVICE_UNAVAILABLE, format!("no {what} yet, after {} s\n", age.as_secs())),
        Some(_) if age > monitoring.limit => (StatusCode::SERVICE_UNAVAILABLE, format!("the newest {what} is {} s old\n", age.as_secs())),
        Some(_) => (StatusCode::OK, format!("the newest {what} is {} s old\n", age.as_secs())),
    }
}
