//! Chromium without a window.

use std::{env, path::PathBuf, time::Instant};

use chromiumoxide::{Page, browser::BrowserConfig, handler::viewport::Viewport};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tokio::time::{Duration, sleep};

use crate::overlay::PATIENCE;

pub(crate) struct Browser {
    browser: chromiumoxide::Browser,
    _profile: TempDir,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let chromium = env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
        assert!(
            chromium.exists(),
            "{} is missing: install Chromium (Debian: apt install chromium), or set CHROMIUM to its path",
            chromium.display()
        );
        let profile = tempfile::tempdir().unwrap();
        let config = BrowserConfig::builder()
            .chrome_executable(chromium)
            .user_data_dir(profile.path())
            .disable_default_args()
            .no_sandbox()
            .viewport(Viewport { width: 1280, height: 720, ..Viewport::default() })
            .window_size(1280, 720)
            .args([
                "disable-gpu",
                "disable-quic",
                "no-first-run",
                "disable-background-networking",
                "disable-component-update",
                "disable-sync",
            ])
            .args(["disable-dev-shm-usage", "disable-breakpad"])
            // The browser may reach only this machine.
            .args([("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost")])
            .launch_timeout(PATIENCE)
            .build()
            .unwrap();
        let (browser, mut handler) = chromiumoxide::Browser::launch(config).await.expect("Chromium starts");
        tokio::spawn(async move { while handler.next().await.is_some() {} });
        Self { browser, _profile: profile }
    }

    pub(crate) async fn open(&self, url: &str) -> Tab {
        Tab(self.browser.new_page(url).await.unwrap())
    }

    pub(crate) async fn close(mut self) {
        self.browser.kill().await.expect("it is its own process").unwrap();
    }
}

pub(crate) struct Tab(pub(crate) Page);

impl Tab {
    pub(crate) async fn eval<T: DeserializeOwned>(&self, script: &str) -> T {
        self.0.evaluate(script).await.unwrap_or_else(|error| panic!("{script}: {error}")).into_value().unwrap()
    }

    /// Waits until a condition holds in the page.
    pub(crate) async fn until(&self, condition: &str) {
        let start = Instant::now();
        while !self.eval::<bool>(condition).await {
            assert!(start.elapsed() < PATIENCE, "{condition}: not after {PATIENCE:?}; the page shows {}", self.text().await);
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the page knows the state of the account, and from then on
    /// logs each alert that appears in it.
    pub(crate) async fn log_alerts(&self) {
        let script = "window.log = []; new MutationObserver((changes) => {
            for (const { addedNodes } of changes) for (const card of addedNodes) log.push(card.querySelector('.name').textContent);
        }).observe(document.getElementById('alerts'), { childList: true }); true";
        assert!(self.eval::<bool>(script).await);
        self.until("!document.getElementById('goal').hidden").await;
    }

    /// The names in the alerts that the page has shown, in the order in which
    /// they appeared.
    pub(crate) async fn log(&self) -> Vec<String> {
        self.eval("log").await
    }

    pub(crate) async fn text(&self) -> String {
        self.eval("document.body.innerText").await
    }
}
