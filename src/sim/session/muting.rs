//! The page of the account that lists who is muted.
//!
//! It has the markup that `Session::muted` reads. Mutes that have run out are
//! left out. Viewers see an empty list, because the account is not theirs. A
//! page past the end is empty too.

use html_escape::{encode_double_quoted_attribute, encode_text};

use super::{
    service::{Form, Reply},
    state::{Mute, Role},
};
use crate::sim::world::World;

/// How many entries one page has.
const A_PAGE: usize = 20;

impl World {
    /// A page of the list, `pg` of the query, counted from 1.
    pub(super) fn muting_page(&self, query: &Form<'_>, username: Option<&str>) -> Reply {
        let Some(username) = username else { return Reply::to_the_login() };
        let number: usize = query.get("pg").and_then(|number| number.parse().ok()).unwrap_or(1);
        let is_theirs = self.sessions.role(username) != Role::Viewer;
        let now = self.clock.passed();
        let mutes = self.sessions.mutes.iter().filter(|mute| is_theirs && mute.until.is_none_or(|until| now < until));
        let rows = mutes.skip(number.saturating_sub(1) * A_PAGE).take(A_PAGE).map(|Mute { record, username, .. }| {
            let (attribute, text) = (encode_double_quoted_attribute(username), encode_text(username));
            format!(
                r#"<tr><td>{text}</td><td><button class="unmute_action button-small" data-username="{attribute}" data-record-id="{record}">Unmute</button></td></tr>"#
            )
        });
        Reply::page(format!(r#"<!DOCTYPE html><html><body><table class="moderation">{}</table></body></html>"#, rows.collect::<String>()))
    }
}
