//! The list of muted users, which is a page of the account, and how to unmute them by name.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{is_challenge, odd, parse, select};
use crate::{
    Error,
    session::{Session, asked::Asked},
};

/// The most pages that are read, so that a server with new entries for ever does not keep a session busy.
const MOST_PAGES: u32 = 100;

/// A user who is muted, in one of the account's livestreams or in all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Muted {
    /// The name of the user (`data-username`).
    pub username: String,
    /// The number of the entry, by which it is [unmuted](Session::unmute) (`data-record-id`).
    pub record_id: u64,
}

impl Session {
    /// The users who are muted in the livestreams of the account, in the order of Rumble's page `/account/moderation/muting`. Features
    /// `session` and `pages`.
    ///
    /// It reads page after page, a second apart, until one shows nobody new, and at most 100. Rumble sends this only as HTML, which may
    /// change without notice. A user who is muted twice, such as in two livestreams, may be listed twice. The list is whole or an error: it
    /// does not end early at a page that cannot be read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SessionGone`](crate::ErrorKind::SessionGone) where Rumble wants a login, [`Challenge`](crate::ErrorKind::Challenge)
    /// where it wants a browser, [`Decode`](crate::ErrorKind::Decode) where any of the pages is something else; otherwise as
    /// [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    pub async fn muted(&self) -> Result<Vec<Muted>, Error> {
        let (mut all, mut known) = (Vec::new(), HashSet::new());
        for number in 1..=MOST_PAGES {
            let url = self.site.page(&format!("/account/moderation/muting?pg={number}"));
            let page = self.ask(Asked::page(url)).await?.html.ok_or_else(odd)?;
            let before = all.len();
            all.extend(muted(&page)?.into_iter().filter(|muted| known.insert(muted.record_id)));
            if all.len() == before {
                break;
            }
        }
        Ok(all)
    }

    /// Lets the user of this name write again, wherever they are muted. Reads [the list](Self::muted) first. Upper and lower case are the
    /// same.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where nobody of this name is muted; otherwise as [`muted`](Self::muted) and
    /// [`unmute`](Self::unmute). Where one of several entries fails, those before it are unmuted already.
    ///
    /// # Cancel safety
    ///
    /// As [`unmute`](Self::unmute).
    pub async fn unmute_by_name(&self, username: &str) -> Result<(), Error> {
        let all = self.muted().await?;
        let theirs: Vec<_> = all.iter().filter(|muted| muted.username.eq_ignore_ascii_case(username.trim())).collect();
        if theirs.is_empty() {
            return Err(Error::config("nobody of this name is muted; Session::muted has the names"));
        }
        for muted in theirs {
            self.unmute(muted.record_id).await?;
        }
        Ok(())
    }
}

/// The users on one page.
///
/// # Errors
///
/// Where it has neither users nor the empty table of the list, it is another page, and not the end of the list.
fn muted(page: &str) -> Result<Vec<Muted>, Error> {
    let page = parse(page)?;
    let entries = select(&page, "button.unmute_action");
    if entries.is_empty() && select(&page, "table.moderation").is_empty() {
        let has_a_login = !select(&page, r#"input[type="password"]"#).is_empty();
        return Err(if is_challenge(&page) {
            Error::challenge()
        } else if has_a_login {
            Error::session_gone()
        } else {
            odd()
        });
    }
    let read = |name: &str, record: &str| Some(Muted { username: name.to_owned(), record_id: record.parse().ok()? });
    entries
        .into_iter()
        .map(|entry| read(entry.attr("data-username")?, entry.attr("data-record-id")?))
        .collect::<Option<_>>()
        .ok_or_else(odd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn button_is_read_whatever_the_order_of_its_attributes() {
        let page = include_str!("../../../tests/suite/fixtures/pages-muting.html");
        let names = muted(page).unwrap().into_iter().map(|muted| (muted.username, muted.record_id)).collect::<Vec<_>>();
        assert_eq!(names, [("zed_1984".into(), 5_550_001), ("PellucidFox".into(), 5_550_002)]);
        assert_eq!(muted(include_str!("../../../tests/suite/fixtures/pages-muting-empty.html")).unwrap(), []);
    }

    #[test]
    fn another_page_is_not_an_empty_list() {
        let unreadable = "<table class=moderation><button class=unmute_action data-username=a data-record-id=x></button></table>";
        for page in ["", "<html><title>Login</title></html>", "<table></table>", unreadable] {
            assert_eq!(muted(page).unwrap_err().kind(), ErrorKind::Decode, "{page}");
        }
        for (page, kind) in [
            (include_str!("../../../tests/suite/fixtures/pages-challenge.html"), ErrorKind::Challenge),
            ("<form><input name=username><input type=password></form>", ErrorKind::SessionGone),
        ] {
            assert_eq!(muted(page).unwrap_err().kind(), kind, "{page}");
        }
    }
}
