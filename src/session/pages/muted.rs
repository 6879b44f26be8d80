//! The list of muted users, which is a page of the account, and unmuting by
//! name.
//!
//! Rumble unmutes by the number of an entry, which only this page shows. The
//! list ends with a page that shows nobody new. A page without entries counts
//! as that only if it has the table of the list. Any other page is an error,
//! wherever it comes, since a bot that believes a short list unmutes too few.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{is_challenge, odd, parse, select};
use crate::{
    Error,
    session::{Session, asked::Asked},
};

/// The most pages that are read, so that a server that always shows new entries
/// does not keep a session busy.
const MOST_PAGES: u32 = 100;

/// Somebody who is muted, in one of the account's livestreams or in all of
/// them. Returned by [`Session::muted`]. It does not tell in which of them, nor
/// for how long.
///
/// The JSON form has the names of the fields here.
///
/// # Examples
///
/// ```
/// use rumble_live::{
///     Error,
///     session::{MuteFor, Muted, Session},
///     sim::{Role, Sim},
/// };
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     sim.set_role("captain", Role::Moderator);
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     session.chat(&stream)?.mute("zed_1984", MuteFor::Livestream).await?;
///
///     let muted = session.muted().await?;
///     let [Muted { username, record_id, .. }] = &muted[..] else {
///         panic!("one is muted")
///     };
///     assert_eq!(username, "zed_1984");
///     session.unmute(*record_id).await?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Muted {
    /// The user's name (`data-username`).
    pub username: String,
    /// The number of the entry, to [unmute](Session::unmute) it
    /// (`data-record-id`).
    pub record_id: u64,
}

impl Session {
    /// Who is muted in the livestreams of the account, in the order of Rumble's
    /// page `/account/moderation/muting`. Empty if nobody is. Features
    /// `session` and `pages`.
    ///
    /// It reads page after page, a second apart, until one shows nobody new.
    /// After a hundred pages it returns what it has. Rumble has this only as
    /// HTML, so it may change without notice. Somebody who is muted twice, for
    /// example in two livestreams, may be listed twice. Otherwise you get the
    /// whole list or an error: it does not end early at a page that cannot be
    /// read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SessionGone`](crate::ErrorKind::SessionGone) if Rumble
    /// requires a login, [`Challenge`](crate::ErrorKind::Challenge) if it
    /// requires a browser, [`Decode`](crate::ErrorKind::Decode) if a page is
    /// not the list; otherwise the same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
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

    /// Unmutes everybody with this name, wherever they are muted. Features
    /// `session` and `pages`.
    ///
    /// Reads [the list](Self::muted) first, then makes one request for each
    /// entry. The case of ASCII letters does not matter, and white space around
    /// the name is ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if nobody with this name
    /// is muted; otherwise the same as for [`muted`](Self::muted) and
    /// [`unmute`](Self::unmute). If one of several entries fails, those before
    /// it are already unmuted.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`unmute`](Self::unmute). Entries before the one under
    /// way are already unmuted.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, ErrorKind,
    ///     session::{MuteFor, Session},
    ///     sim::{Role, Sim},
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.set_role("captain", Role::Moderator);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     session.chat(&stream)?.mute("zed_1984", MuteFor::Forever).await?;
    ///
    ///     session.unmute_by_name("ZED_1984").await?;
    ///     assert!(session.muted().await?.is_empty());
    ///     let error = session.unmute_by_name("zed_1984").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     Ok(())
    /// }
    /// ```
    pub async fn unmute_by_name(&self, username: &str) -> Result<(), Error> {
        let all = self.muted().await?;
        let theirs: Vec<_> = all.iter().filter(|muted| muted.username.eq_ignore_ascii_case(username.trim())).collect();
        if theirs.is_empty() {
            return Err(Error::config("nobody with this name is muted; Session::muted lists the names"));
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
/// Where it has neither users nor the empty table of the list, it is another
/// page, and not the end of the list.
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
