//! The list of comments, which comes as a piece of a page.
//!
//! An item without an id is left out: it is the form for a new comment, or
//! nothing that a bot could act on.

use serde::{Deserialize, Serialize};

use super::{odd, parse, select, texts};
use crate::{
    Error, StreamId,
    session::{CommentId, Session, asked::Asked, chat::video_id},
};

/// A comment below a video. Returned by [`Session::comments`].
///
/// The JSON form has the names of the fields here.
///
/// # Examples
///
/// What the user may delete. A viewer may delete only what they wrote:
///
/// ```
/// use rumble_live::{
///     Error,
///     session::{Comment, Session},
///     sim::Sim,
/// };
///
/// fn may_delete(comment: &Comment) -> bool {
///     comment.actions.iter().any(|action| action == "delete")
/// }
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let log_in = |name| {
///         Session::builder().transport(sim.clone()).build(sim.session(name))
///     };
///     let (ada, zed) = (log_in("ada")?, log_in("zed")?);
///     ada.comment(&stream, "What a view!").await?;
///
///     let as_zed = zed.comments(&stream).await?;
///     assert_eq!(
///         (as_zed[0].username.as_str(), as_zed[0].score),
///         ("ada", Some(0))
///     );
///     assert!(!may_delete(&as_zed[0]));
///     let as_ada = ada.comments(&stream).await?;
///     assert!(may_delete(&as_ada[0]));
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comment {
    /// The comment's id (`data-comment-id`).
    pub id: CommentId,
    /// Who wrote it (`data-username`). All texts are empty if missing.
    pub username: String,
    /// The text, without markup and pictures (`p.comment-text`).
    pub text: String,
    /// The score, as the page shows it (`.rumbles-count`). It may be negative.
    /// `None` if the page shows none, or one that is not a whole number, such
    /// as `1.2K`.
    pub score: Option<i64>,
    /// What the user of the session may do with it, in Rumble's words such as
    /// `delete` and `pin` (`data-actions`). Empty if nothing.
    pub actions: Vec<String>,
}

impl Session {
    /// The comments on the first page of the list below a video, in its order
    /// (`comment.list`). Replies are among them, each as an entry of its own.
    /// Empty if there are none. Features `session` and `pages`.
    ///
    /// The list comes as HTML, so it may change without notice. Comments
    /// without an id are left out.
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
    ///
    /// # Examples
    ///
    /// A search for a word below a video:
    ///
    /// ```
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     assert!(session.comments(&stream).await?.is_empty());
    ///     session.comment(&stream, "What a view!").await?;
    ///     let asked = session.comment(&stream, "Which lamp is this?").await?;
    ///
    ///     let questions: Vec<_> = session
    ///         .comments(&stream)
    ///         .await?
    ///         .into_iter()
    ///         .filter(|comment| comment.text.ends_with('?'))
    ///         .map(|comment| comment.id)
    ///         .collect();
    ///     assert_eq!(questions, [asked]);
    ///     Ok(())
    /// }
    /// ```
    pub async fn comments(&self, video: impl Into<StreamId>) -> Result<Vec<Comment>, Error> {
        let video = StreamId::from_decimal(video_id(&video.into())?);
        let url = format!("{}&video={video}", self.site.service("comment.list"));
        let envelope = self.ask(Asked::get(url)).await?;
        comments(&envelope.html.ok_or_else(odd)?)
    }
}

/// A comment, or the form for a new one.
const ITEM: &str = "li.comment-item";

/// Reads the list. An empty piece of a page is an empty list; a piece without
/// any list or item is another page, and so an error. Texts and scores are
/// collected first, because an item may lie within another one and its text
/// must not count for both.
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
