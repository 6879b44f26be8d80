//! Who is logged in, and what becomes of their requests. No I/O.
//!
//! A token belongs to a user, and a user may have several. The account's id is
//! in each token, so that of several accounts behind one port only one knows
//! it. Mutes stay in the order in which they were made, each with a number,
//! because the page of muted users lists them so.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use super::{comments::Comment, login::Secrets, playlists::Playlist};
use crate::{Response, StreamId, UserId, sim::fault::Next};

/// What a user of the simulated site may do in the account's chats.
///
/// # Examples
///
/// ```
/// use rumble_live::Snapshot;
/// use rumble_live::sim::{Role, Sim};
///
/// let sim = Sim::new(42);
/// sim.set_role("ada", Role::Moderator);
/// let stream = sim.start_stream("Harbour lights");
/// sim.message(&stream, "ada", "be kind");
/// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
/// let line = &snapshot.livestreams()[0].chat.recent_messages[0];
/// assert!(line.is_moderator());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// May write and comment, and delete what they wrote.
    #[default]
    Viewer,
    /// May also delete what others wrote, pin, mute, and prepare raids. Wears
    /// the badge `moderator`.
    Moderator,
    /// May also do what concerns the account: confirm raids, pin comments and
    /// reset its API key. Wears the badge `admin`.
    Owner,
}

/// How the answer to a request of a session is lost.
///
/// For the client they look alike: it sent something, and no good answer came.
/// They differ in whether the request was carried out. Test with
/// [`Before`](Self::Before) and [`After`](Self::After) that your bot decides
/// right in both cases, and with [`Silence`](Self::Silence) that it does not
/// wait for ever.
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::sim::{Loss, Sim};
/// use rumble_live::{Error, ErrorKind, session::Session};
///
/// #[tokio::test(start_paused = true)]
/// async fn lost_request_and_lost_answer_look_the_same() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let chat = session.chat(&stream)?;
///     for loss in [Loss::Before, Loss::After, Loss::Silence] {
///         sim.lose_session_answer_next(loss);
///         let error = chat.send("ahoy").await.unwrap_err();
///         assert_eq!(error.kind(), ErrorKind::Unclear);
///     }
///     assert_eq!(sim.history().len(), 1 + 2, "a start, and two lines");
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// The connection breaks, and the request is not carried out.
    Before,
    /// The request is carried out. The head of the answer comes and this many
    /// bytes of the body, then the connection breaks.
    Within(usize),
    /// The request is carried out, and then the connection breaks without an
    /// answer.
    After,
    /// The request is carried out, and no answer ever comes.
    Silence,
}

/// All sessions of an account.
#[derive(Debug, Default)]
pub(in crate::sim) struct Sessions {
    users: BTreeMap<Box<str>, User>,
    /// The user of each token.
    tokens: HashMap<Box<str>, Box<str>>,
    tokens_given: u64,
    pub(super) next: VecDeque<Spoiled>,
    /// How often a message or command with each text was posted, whatever
    /// became of it.
    pub(super) posted: HashMap<Box<str>, usize>,
    pub(super) requests: u64,
    /// Who may not write, and where.
    pub(super) mutes: Vec<Mute>,
    /// The raid that waits to be confirmed: from which stream, and to which
    /// address.
    pub(super) raid: Option<(StreamId, Box<str>)>,
    pub(super) comments: Vec<Comment>,
    pub(super) playlists: Vec<Playlist>,
}

/// Somebody who may not write.
#[derive(Debug)]
pub(super) struct Mute {
    pub(super) record: u64,
    pub(super) username: Box<str>,
    /// `None` for all streams of the account.
    pub(super) stream: Option<StreamId>,
    /// Until when, as counted by `Clock::passed`. `None` for good.
    pub(super) until: Option<Duration>,
}

/// A user who has logged in at some time.
#[derive(Debug, Default)]
pub(super) struct User {
    pub(super) role: Role,
    pub(super) is_to_be_renewed: bool,
    pub(super) secrets: Secrets,
}

/// What becomes of one request.
#[derive(Debug)]
pub(super) enum Spoiled {
    /// It gets this answer and is not carried out.
    Answer(Next),
    /// Its answer is lost in this way.
    Lost(Loss),
}

impl Sessions {
    /// The user of this name, who comes into being if need be.
    pub(super) fn user(&mut self, username: &str) -> &mut User {
        self.users.entry(username.into()).or_default()
    }

    /// All who were ever named, in the order of the alphabet.
    pub(super) fn usernames(&self) -> impl Iterator<Item = &str> {
        self.users.keys().map(AsRef::as_ref)
    }

    /// What a user may do. Unknown users are viewers.
    pub(super) fn role(&self, username: &str) -> Role {
        self.users.get(username).map(|user| user.role).unwrap_or_default()
    }

    /// The badge of a user's role.
    pub(in crate::sim) fn badge(&self, username: &str) -> Option<&'static str> {
        match self.role(username) {
            Role::Viewer => None,
            Role::Moderator => Some("moderator"),
            Role::Owner => Some("admin"),
        }
    }

    /// Whether a user may not write to this stream, `passed` after the start.
    pub(super) fn is_muted(&self, stream: &StreamId, username: &str, passed: Duration) -> bool {
        let applies = |mute: &Mute| mute.stream.as_ref().is_none_or(|of| of == stream) && mute.until.is_none_or(|until| passed < until);
        self.mutes.iter().any(|mute| *mute.username == *username && applies(mute))
    }

    /// Adds an entry to the list of muted users. Somebody may have several.
    pub(super) fn mute(&mut self, username: &str, stream: Option<StreamId>, until: Option<Duration>) {
        let record = self.mutes.last().map_or(1, |mute| mute.record + 1);
        self.mutes.push(Mute { record, username: username.into(), stream, until });
    }

    /// False if there is no such record.
    pub(super) fn unmute(&mut self, record: u64) -> bool {
        let place = self.mutes.iter().position(|mute| mute.record == record);
        place.map(|place| self.mutes.remove(place)).is_some()
    }

    /// Makes a token that no other account gives out.
    pub(super) fn log_in(&mut self, username: &str, account: &UserId) -> String {
        self.user(username);
        self.tokens_given += 1;
        let token = format!("simulated-{}-{}", account.as_str(), self.tokens_given);
        self.tokens.insert(token.as_str().into(), username.into());
        token
    }

    /// Ends the one session with this token.
    pub(super) fn forget(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    /// Ends all sessions of a user.
    pub(super) fn log_out(&mut self, username: &str) {
        self.tokens.retain(|_, owner| **owner != *username);
    }

    /// The user who has this token.
    pub(in crate::sim) fn whose(&self, token: &str) -> Option<&str> {
        self.tokens.get(token).map(AsRef::as_ref)
    }

    /// The token that replaces all others of this user, if a renewal is due.
    pub(super) fn renew(&mut self, username: &str, account: &UserId) -> Option<String> {
        if !std::mem::take(&mut self.user(username).is_to_be_renewed) {
            return None;
        }
        self.log_out(username);
        Some(self.log_in(username, account))
    }
}

impl Spoiled {
    /// It gets this answer and is not carried out.
    pub(super) fn answer(response: Response) -> Self {
        Self::Answer(Next::Answer(response))
    }
}
