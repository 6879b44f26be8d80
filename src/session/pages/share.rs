//! The address of a video by its id, which Rumble shows in its buttons for
//! sharing.

use super::{odd, parse, select};
use crate::{
    Error, StreamId,
    session::{Session, asked::Asked, chat::video_id},
};

impl Session {
    /// The URL of the watch page of a video (`media.share`). Features `session`
    /// and `pages`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the answer has none,
    /// [`Config`](crate::ErrorKind::Config) if `video` is not the id of a
    /// video; otherwise the same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    pub async fn share_url(&self, video: impl Into<StreamId>) -> Result<String, Error> {
        let video = StreamId::from_decimal(video_id(&video.into())?);
        let url = format!("{}&video={video}&start=0", self.site.service("media.share"));
        let envelope = self.ask(Asked::get(url)).await?;
        let page = parse(&envelope.html.ok_or_else(odd)?)?;
        let buttons = select(&page, ".share-fb[data-url]");
        buttons.first().and_then(|button| button.attr("data-url")).filter(|url| !url.is_empty()).map(Into::into).ok_or_else(odd)
    }
}
