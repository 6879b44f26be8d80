//! What a script does with the pages, and what it lets go wrong.

use std::time::Duration;

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
/// The site shows the account's streams and videos to everybody: by
/// [oEmbed](crate::pages::Pages::resolve), to the
/// [player](crate::pages::Pages::stream_status), and as the [list of
/// videos](crate::pages::Pages::newest_videos) of its channel and of its user.
/// They follow from what happens. A stream that has ended stays there, and so
/// does one that [`hide_stream`](Self::hide_stream) hides. Where [several
/// accounts](crate::sim::Server::add) share a port, the list and the
/// [videos](Self::publish_video) are those of the first. Feature `pages`.
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
    /// The channel of the account.
    #[must_use]
    pub fn creator(&self) -> Creator {
        Creator::of_simulator(CHANNEL)
    }

    /// Publishes a video that was never live, now. The Live Stream API does not
    /// show it.
    ///
    /// ```test_harness
    /// use std::time::Duration;
    /// use rumble_live::{Error, pages::{LiveState, Pages}, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn video_is_listed_and_is_not_live() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let video = sim.publish_video("Lamp repair", Duration::from_secs(600));
    ///     let listed = Pages::over(sim.clone()).newest_videos(&sim.creator()).await?;
    ///     assert_eq!((&listed[0].id, listed[0].live), (&video, Some(LiveState::NotLive)));
    ///     Ok(())
    /// }
    /// ```
    #[expect(clippy::must_use_candidate, reason = "a script may need no more than that it is listed")]
    pub fn publish_video(&self, title: &str, length: Duration) -> StreamId {
        self.world().publish_video(title, length)
    }

    /// The address of the watch page of a stream or video, at Rumble's own
    /// site. As with real ones, the code in it is not the id.
    ///
    /// # Panics
    ///
    /// If there is no such stream or video.
    #[must_use]
    #[track_caller]
    pub fn watch_url(&self, stream: &StreamId) -> String {
        let world = self.world();
        let video = world.pages.videos.iter().map(|video| video.id).find(|id| Some(*id) == stream.decimal());
        // No closure, so that a panic tells the place in the script.
        watch_url(if let Some(id) = video { id } else { world.stream(stream).video_id })
    }

    /// Queues one answer with this status and a small HTML page for the next
    /// request for a page; with 403 it is a challenge page.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    #[track_caller]
    pub fn fail_page_next(&self, status: u16) {
        let fault = Fault::status(status);
        self.world().pages.next.push_back(Next::Fault(fault));
    }

    /// Queues this answer for the next request for a page.
    pub fn answer_page_next(&self, answer: Response) {
        self.world().pages.next.push_back(Next::Answer(answer));
    }

    /// How many requests for pages there were, with whatever answer.
    #[must_use]
    pub fn page_requests(&self) -> u64 {
        self.world().pages.requests
    }
}
