//! The list of comments, which comes as a piece of a page.

use serde::{Deserialize, Serialize};

use super::{odd, parse, select, texts};
use crate::{
    Error, StreamId,
    session::{CommentId, Session, asked::Asked, chat::video_id},
};

/// A comment below a video.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comment {
    /// The comment's id (`data-comment-id`).
    pub id: CommentId,
    /// Who wrote it (`data-username`). All texts are empty if missing.
    pub username: String,
    /// The text, without markup and pictures (`p.comment-text`).
    pub text: String,
    /// The score, as the page shows it (`.rumbles-count`). `None` if it does
    /// not.
    pub score: Option<i64>,
    /// What the user of the session may do with it, in Rumble's words such as
    /// `delete` and `pin` (`data-actions`).
    pub actions: Vec<String>,
}

impl Session {
    /// The comments on the first page of the list below a video, in its order
    /// (`comment.list`). Features `session` and `pages`.
    ///
    /// The list comes as HTML, so it may change without notice. Comments
    /// without an id are left out.
    ///
    /// ```test_harness
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn comment_is_listed() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder().transport(sim.clone()).build(sim.session("captain"))?;
    ///     let id = session.comment(&stream, "What a view!").await?;
    ///     let comments = session.comments(&stream).await?;
    ///     assert_eq!((comments[0].id, comments[0].text.as_str()), (id, "What a view!"));
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the answer has no
    /// list of comments, [`Config`](crate::ErrorKind::Config) if `video` is not
    /// the id of a video; otherwise the same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    pub async fn comments(&self, video: impl Into<StreamId>) -> Result<Vec<Comment>, Error> {
        let video = StreamId::from_decimal(video_id(&video.into())?);
        let url = format!("{}&video={video}", self.site.service("comment.list"));
        let envelope = self.ask(Asked::get(url)).await?;
        comments(&envelope.html.ok_or_else(odd)?)
    }
}

/// A comment, or the form for a new one.
const ITEM: &str = "li.comment-item";

fn comments(html: &str) -> Result<Vec<Comment>, Error> {
    let page = parse(html)?;
    if !html.trim().is_empty() && select(&page, "li, ul").is_empty() {
        return Err(odd());
    }
    let mut words = texts(&page, "p.comment-text", ITEM);
    let scores = texts(&page, ".rumbles-count", ITEM);
    let entries = select(&page, "li.comment-item:not(.comments-create)").into_iter();
    Ok(entries
        .filter_map(|entry| {
            let attribute = |name| entry.attr(name).unwrap_or_default();
            let id: u64 = attribute("data-comment-id").parse().ok()?;
            Some(Comment {
                id: id.into(),
                username: attribute("data-username").to_owned(),
                text: words.remove(&entry.id()).unwrap_or_default(),
                score: scores.get(&entry.id()).and_then(|count| count.parse().ok()),
                actions: attribute("data-actions").split(',').map(str::trim).filter(|word| !word.is_empty()).map(Into::into).collect(),
            })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comment_is_text_whatever_its_markup() {
        let html = r#"<ul><li class="a comment-item b" data-comment-id="7" data-username="&lt;img&gt;" data-actions="">
            <p class="comment-text"> a <b>bold</b> &amp; <a href="x">link</a></p><span class="rumbles-count">-2</span>
            <ul><li class="comment-item" data-comment-id="8"><p class="comment-text">reply</p></li></ul></li>
            <li class="comment-item" data-comment-id="10"><ul><li class="comment-item" data-comment-id="11"><p class="comment-text">below</p></li></ul></li>
            <li class="comment-item">no id</li><li class="comment-item comments-create" data-comment-id="9"></li></ul>"#;
        let read = comments(html).unwrap();
        assert_eq!(read.len(), 4);
        assert_eq!((read[2].text.as_str(), read[3].text.as_str()), ("", "below"));
        assert_eq!((read[0].username.as_str(), read[0].text.as_str(), read[0].score), ("<img>", "a bold & link", Some(-2)));
        assert_eq!((read[1].id, read[1].text.as_str(), read[1].score), (8.into(), "reply", None));
        assert_eq!(comments("").unwrap(), []);
        assert_eq!(comments("<ul></ul>").unwrap(), []);
        assert!(comments("<div>We have a new page</div>").is_err());
    }
}
