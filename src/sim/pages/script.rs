//! What a script does with the pages, and what it lets go wrong.
//!
//! Pages are not scripted: they follow from the streams. Only videos that were
//! never live exist for the pages alone, because the Live Stream API does not
//! list them.

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
/// does one that [`hide_stream`](Self::hide_stream) hides. What a session
/// uploads is not there. Where [several accounts](crate::sim::Server::add)
/// share a port, the list and the [videos](Self::publish_video) are those of
/// the first. Feature `pages`.
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::{Error, ErrorKind, pages::Pages, sim::Sim};
///
/// #[tokio::test]
/// async fn challenge_page_is_named() -> Result<(), Error> {
///     let sim = Sim::new(42);
///     let stream = sim.start_stream("Harbour lights");
///     sim.fail_page_next(403);
///     let pages = Pages::over(sim.clone());
///     let error = pages.stream_status(&stream).await.unwrap_err();
///     assert_eq!(error.kind(), ErrorKind::Challenge);
///     assert_eq!(sim.page_requests(), 1);
///     Ok(())
/// }
/// ```
impl Sim {
    /// The channel of the account. It is the same for every account, whatever
    /// the seed. The user `SimulatedHarbor` has the same videos.
    ///
    /// # Examples
    ///
    /// A bot that has no key asks the channel whether it is on air:
    ///
    /// ```test_harness
    /// use rumble_live::{Error, pages::Pages, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn channel_is_found_by_its_name() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let creator = sim.creator();
    ///     assert_eq!(creator.to_string(), "c/SimulatedHarborChannel");
    ///     let live = Pages::over(sim.clone()).live_video(&creator).await?;
    ///     assert_eq!(live.map(|video| video.id), Some(stream));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn creator(&self) -> Creator {
        Creator::of_simulator(CHANNEL)
    }

    /// Publishes a video that was never live, now. Returns its id, in base 36.
    /// The Live Stream API does not show it. Its length is cut to whole
    /// seconds.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::pages::{LiveState, Pages};
    /// use rumble_live::{Error, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn video_is_listed_and_is_not_live() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let video =
    ///         sim.publish_video("Lamp repair", Duration::from_secs(600));
    ///     let listed =
    ///         Pages::over(sim.clone()).newest_videos(&sim.creator()).await?;
    ///     assert_eq!(listed[0].id, video);
    ///     assert_eq!(listed[0].live, Some(LiveState::NotLive));
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
    /// If there is no such stream or [video](Self::publish_video).
    ///
    /// # Examples
    ///
    /// A bot that takes links from a chat must ask which video it is:
    ///
    /// ```test_harness
    /// use rumble_live::{Error, pages::Pages, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn pasted_link_leads_to_the_stream() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let pasted = sim.watch_url(&stream) + "?mref=chat";
    ///     assert!(!pasted.contains(stream.as_str()));
    ///     let video = Pages::over(sim.clone()).resolve(&pasted).await?;
    ///     assert_eq!(video.id, stream);
    ///     Ok(())
    /// }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Error, pages::Pages, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn page_works_at_the_second_try() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let pages = Pages::over(sim.clone());
    ///     sim.fail_page_next(502);
    ///     let error = pages.stream_status(&stream).await.unwrap_err();
    ///     assert!(error.is_transient());
    ///     assert!(pages.stream_status(&stream).await?.is_live());
    ///     assert_eq!(sim.page_requests(), 2);
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn fail_page_next(&self, status: u16) {
        let fault = Fault::status(status);
        self.world().pages.next.push_back(Next::Fault(fault));
    }

    /// Queues this answer for the next request for a page.
    ///
    /// # Examples
    ///
    /// Rumble may redesign its pages any day. The bot must say so, and not that
    /// the channel has no videos:
    ///
    /// ```test_harness
    /// use rumble_live::{Error, ErrorKind, Response, pages::Pages, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn redesigned_page_is_an_error() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     sim.answer_page_next(Response::ok(
    ///         "<!doctype html><title>All new</title>",
    ///     ));
    ///     let pages = Pages::over(sim.clone());
    ///     let error = pages.newest_videos(&sim.creator()).await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Decode);
    ///     Ok(())
    /// }
    /// ```
    pub fn answer_page_next(&self, answer: Response) {
        self.world().pages.next.push_back(Next::Answer(answer));
    }

    /// How many requests for pages there were, with whatever answer. See
    /// [`fail_page_next`](Self::fail_page_next) for an example.
    #[must_use]
    pub fn page_requests(&self) -> u64 {
        self.world().pages.requests
    }
}
