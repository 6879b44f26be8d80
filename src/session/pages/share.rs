//! The address of a video by its id, which Rumble shows in its buttons for
//! sharing.
//!
//! The code in the address is a different number from the id, so it must be
//! asked for. Of the buttons, the one is read that has the bare address as an
//! attribute.

use super::{odd, parse, select};
use crate::{
    Error, StreamId,
    session::{Session, asked::Asked, chat::video_id},
};

impl Session {
    /// The URL of the watch page of a video (`media.share`). Features `session`
    /// and `pages`.
    ///
    /// `video` is its id in base 36, as for [`chat`](Self::chat). The code in
    /// the URL is a different number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the answer has none,
    /// [`Config`](crate::ErrorKind::Config) if `video` is not the id of a
    /// video, [`Refused`](crate::ErrorKind::Refused) if there is no such video;
    /// otherwise the same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    ///
    /// # Examples
    ///
    /// The Live Stream API shows a livestream without its address. A bot that
    /// announces it elsewhere needs one:
    ///
    /// ```
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let session =
    ///         client.session_builder().build(sim.session("captain"))?;
    ///
    ///     let snapshot = client.snapshot().await?;
    ///     for livestream in snapshot.live() {
    ///         let url = session.share_url(&livestream.id).await?;
    ///         println!("{} is live: {url}", livestream.title);
    ///         assert_eq!(url, sim.watch_url(&stream));
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub async fn share_url(&self, video: impl Into<StreamId>) -> Result<String, Error> {
        let video = StreamId::from_decimal(video_id(&video.into())?);
        let url = format!("{}&video={video}&start=0", self.site.service("media.share"));
        let envelope = self.ask(Asked::get(url)).await?;
        let page = parse(&envelope.html.ok_or_else(odd)?)?;
        let buttons = select(&page, ".share-fb[data-url]");
        buttons.first().and_then(|button| button.attr("data-url")).filter(|url| !url.is_empty()).map(Into::into).ok_or_else(odd)
    }
}
