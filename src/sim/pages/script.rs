//! What a script asks of the pages, and what goes wrong with them.

use super::CHANNEL;
use crate::{
    Response, StreamId,
    pages::Creator,
    sim::{
        Sim,
        fault::{Fault, Next},
        wire::watch_url,
    },
};

/// # Pages
///
/// What the site shows of the account to everybody: its streams by [oEmbed](crate::pages::Pages::resolve), as the
/// [player](crate::pages::Pages::stream_status) is told of them, and as the [list of videos](crate::pages::Pages::newest_videos) of its channel,
/// also at its user's page. It all follows from what happens; a stream that has ended stays there, and what [`hide_stream`](Self::hide_stream) does not
/// concern it. Where [several accounts](crate::sim::Server::add) share a port, the list is that of the first. Feature `pages`.
///
/// ```test_harness
/// use rumble_live::{Error, ErrorKind, pages::Pages, sim::Sim};
///
/// #[tokio::test]
/// async fn challenge_page_is_named() -> Result<(), Error> {
///     let sim = Sim::new(42);
///     let stream = sim.start_stream("Harbour lights");
///     sim.fail_page_next(403);
///     let error = Pages::over(sim.clone()).stream_status(&stream).await.unwrap_err();
///     assert_eq!(error.kind(), ErrorKind::Challenge);
///     assert_eq!(sim.page_requests(), 1);
///     Ok(())
/// }
/// ```
impl Sim {
    /// Whose pages they are: the channel of the account.
    #[must_use]
    pub fn creator(&self) -> Creator {
        Creator::of_simulator(CHANNEL)
    }

    /// The address of the watch page of `stream`, at Rumble's own site. The code in it is not its id, as with real ones.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    #[must_use]
    #[track_caller]
    pub fn watch_url(&self, stream: &StreamId) -> String {
        watch_url(self.world().stream(stream).video_id)
    }

    /// Queues one answer with this status and a small HTML page for what is asked of the pages; with 403 it is a challenge page.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    #[track_caller]
    pub fn fail_page_next(&self, status: u16) {
        let fault = Fault::status(status);
        self.world().pages.next.push_back(Next::Fault(fault));
    }

    /// Queues one answer as it is given for what is asked of the pages.
    pub fn answer_page_next(&self, answer: Response) {
        self.world().pages.next.push_back(Next::Answer(answer));
    }

    /// How many requests for pages there were, with whatever answer.
    #[must_use]
    pub fn page_requests(&self) -> u64 {
        self.world().pages.requests
    }
}
