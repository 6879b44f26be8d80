//! The address of a video by its id, which stands in Rumble's buttons for sharing.

use super::{odd, parse, select};
use crate::{
    Error, StreamId,
    session::{Session, asked::Asked, chat::video_id},
};

impl Session {
    /// The URL of the watch page of a video (`media.share`). Features `session` and `pages`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) where the answer has none, [`Config`](crate::ErrorKind::Config) where this is not
    /// the id of a video; otherwise as [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    pub async fn share_url(&self, video: impl Into<StreamId>) -> Result<String, Error> {
        let video = StreamId::from_decimal(video_id(&video.into())?);
        let url = format!("{}&video={video}&start=0", self.site.service("media.share"));
        let envelope = self.ask(Asked::get(url)).await?;
        let page = parse(&envelope.html.ok_or_else(odd)?)?;
        let buttons = select(&page, ".share-fb[data-url]");
        buttons.first().and_then(|button| button.attr("data-url")).filter(|url| !url.is_empty()).map(Into::into).ok_or_else(odd)
    }
}
