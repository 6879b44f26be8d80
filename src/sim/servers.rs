//! A second server behind the account's address, whose answers are from another
//! moment.
//!
//! What it answers must be what the first server answered then, byte for byte.
//! So each second in which something can change leaves the lists of the second
//! before as a page, already as JSON. Pages that are older than the lag are
//! dropped. `answer.rs` decides whose turn it is and turns the pages.

use std::{collections::VecDeque, time::Duration};

/// A server that gives some of the answers instead of the first one; see
/// [`Sim::second_server`](super::Sim::second_server). The default gives none.
///
/// # Examples
///
/// The third answer is from a replica that lags, and lacks the newest follower.
/// The bot must not greet the same person again when the fourth one shows them:
///
/// ```test_harness
/// use std::time::Duration;
///
/// use rumble_live::sim::{SecondServer, Sim};
/// use rumble_live::{Client, Error};
/// use tokio::time::{Instant, sleep, timeout_at};
///
/// #[tokio::test(start_paused = true)]
/// async fn lagging_replica_repeats_nobody() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let lists_behind = Duration::from_secs(30);
///     sim.second_server(SecondServer {
///         every: 3,
///         lists_behind,
///         ..SecondServer::default()
///     });
///     let url = "http://127.0.0.1/?key=any";
///     let client = Client::builder(url).transport(sim.clone()).build()?;
///     let mut watcher = client.watch();
///     watcher.next().await.transpose()?;
///
///     sleep(Duration::from_secs(1)).await;
///     sim.follow("ada");
///     let end = Instant::now() + Duration::from_secs(300);
///     let mut followers = watcher.into_followers();
///     let mut told = Vec::new();
///     while let Ok(Some(new)) = timeout_at(end, followers.next()).await {
///         told.push(new?.username);
///     }
///     assert_eq!(told, ["ada"]);
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecondServer {
    /// Which answers it gives: with 6, the sixth from now, the twelfth and so
    /// on. With 0 it gives none.
    pub every: u64,
    /// How far its clock, and so the `now` of its answers, is behind the first
    /// server's. In whole seconds.
    pub clock_behind: Duration,
    /// How old its lists are: they show the account as it was that long ago. In
    /// whole seconds.
    pub lists_behind: Duration,
}

/// A [`SecondServer`] at work.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) server: SecondServer,
    pub(super) answers: u64,
    pub(super) past: Past,
}

/// Earlier states of the lists, as far back as needed.
#[derive(Debug)]
pub(super) struct Past {
    /// How far back, in seconds.
    pub(super) behind: u64,
    /// The second that is being written. What happens now belongs to it.
    pub(super) page: u64,
    /// Each state with the second from which it held.
    pub(super) pages: VecDeque<(u64, Vec<u8>)>,
}

impl Past {
    /// The lists at the end of `second`; `None` if they are still the same.
    pub(super) fn at(&self, second: u64) -> Option<&[u8]> {
        if second >= self.page {
            return None;
        }
        self.pages.iter().rev().find(|(from, _)| *from <= second).map(|(_, lists)| &**lists)
    }
}
