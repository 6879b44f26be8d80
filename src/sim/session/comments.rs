//! The comments below the account's videos.
//!
//! A deleted comment stays in the list and is only hidden, because it can be
//! restored. The list is answered as a piece of HTML with the attributes that
//! `Session::comments` reads, and pinned comments come first.

use std::fmt::Write;

use html_escape::{encode_double_quoted_attribute, encode_text};
use serde_json::json;

use super::{
    service::{Form, Reply},
    state::Role,
};
use crate::{
    StreamId,
    sim::{wire::watch_url, world::World},
};

/// A comment, which may have been deleted.
#[derive(Debug)]
pub(super) struct Comment {
    id: u64,
    video: u64,
    username: Box<str>,
    text: Box<str>,
    is_deleted: bool,
    is_pinned: bool,
}

impl World {
    /// The answer of a service for comments; `None` if `name` is not such a
    /// service.
    pub(super) fn serve_comments(&mut self, name: &str, form: &Form<'_>, username: &str) -> Option<Reply> {
        match name {
            "comment.list" => Some(self.list_comments(form, username)),
            "comment.add" => Some(self.add_comment(form, username)),
            "comment.pin" | "comment.unpin" | "comment.delete" | "comment.restore" => Some(self.change_comment(name, form, username)),
            "media.share" => Some(self.share(form, username)),
            _ => None,
        }
    }

    /// The comments below a video, with what this user may do to each.
    fn list_comments(&self, form: &Form<'_>, username: &str) -> Reply {
        let Some(video) = self.video(form.get("video").and_then(|id| StreamId::from(id).decimal())) else { return no_video() };
        let mut html = String::from("<ul>");
        let mut shown: Vec<_> = self.sessions.comments.iter().filter(|comment| comment.video == video && !comment.is_deleted).collect();
        shown.sort_by_key(|comment| !comment.is_pinned);
        for Comment { id, username: author, text, .. } in shown {
            let actions = match self.sessions.role(username) {
                Role::Viewer if **author != *username => "",
                Role::Viewer => "delete",
                Role::Moderator | Role::Owner => "delete,pin",
            };
            let (author, text) = (encode_double_quoted_attribute(author), encode_text(text));
            let written = write!(
                html,
                r#"<li class="comment-item" data-comment-id="{id}" data-username="{author}" data-entity-type="user" data-video-fid="{video}" data-actions="{actions}"><p class="comment-text">{text}</p><div class="rumbles-vote"><span class="rumbles-count">0</span></div></li>"#
            );
            debug_assert!(written.is_ok(), "a String takes all");
        }
        html.push_str(r#"<li class="comment-item comments-create"></li></ul>"#);
        Reply::html_to(username, &html)
    }

    /// Adds a comment. A reply is a comment like others here.
    fn add_comment(&mut self, form: &Form<'_>, username: &str) -> Reply {
        let Some(video) = self.video(form.get("video").and_then(|id| id.parse().ok())) else { return no_video() };
        let Some(text) = form.get("comment").filter(|text| !text.trim().is_empty()) else {
            return Reply::to(Some(username), &json!({"success": false, "error": "Comment is empty"}));
        };
        let comments = &mut self.sessions.comments;
        let id = comments.last().map_or(880_001, |comment| comment.id + 1);
        comments.push(Comment { id, video, username: username.into(), text: text.into(), is_deleted: false, is_pinned: false });
        Reply::to(
            Some(username),
            &json!({"comment_id": id, "comment_text": text, "comment_user_display": username, "comment_tree_size": 1}),
        )
    }

    /// Deletes, restores, pins or unpins a comment. Its author and moderators
    /// may do the first two, the owner all.
    fn change_comment(&mut self, name: &str, form: &Form<'_>, username: &str) -> Reply {
        let role = self.sessions.role(username);
        let id: Option<u64> = form.get("comment_id").and_then(|id| id.parse().ok());
        let Some(comment) = self.sessions.comments.iter_mut().find(|comment| Some(comment.id) == id) else {
            return Reply::to(Some(username), &json!({"success": false, "message": "There is no such comment"}));
        };
        let is_own = *comment.username == *username;
        match name {
            "comment.delete" if is_own || role != Role::Viewer => comment.is_deleted = true,
            "comment.restore" if is_own || role != Role::Viewer => comment.is_deleted = false,
            "comment.pin" if role == Role::Owner => comment.is_pinned = true,
            "comment.unpin" if role == Role::Owner => comment.is_pinned = false,
            _ => return Reply::forbidden(),
        }
        Reply::to(Some(username), &json!({"success": true}))
    }

    /// The address of a video, in the HTML of the dialogue that shares it.
    fn share(&self, form: &Form<'_>, username: &str) -> Reply {
        let Some(video) = self.video(form.get("video").and_then(|id| StreamId::from(id).decimal())) else { return no_video() };
        let url = watch_url(video);
        Reply::html_to(username, &format!(r#"<div class="fb-share-button share-fb" data-url="{url}"></div>"#))
    }

    /// The decimal id of an existing video.
    pub(super) fn video(&self, id: Option<u64>) -> Option<u64> {
        id.filter(|id| self.streams.iter().any(|stream| stream.video_id == *id))
    }
}

/// The refusal of what is asked about a video that is not there.
pub(super) fn no_video() -> Reply {
    Reply::refused(http::StatusCode::NOT_FOUND, "There is no such video")
}
