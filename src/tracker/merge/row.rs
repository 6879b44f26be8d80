//! A remembered line of a chat, and the rules for when a polled line and a line
//! of the live chat are the same.
//!
//! Only the live chat has ids, so lines are compared by what they say. A
//! message must agree in name and text. A rant must agree in amount and name,
//! and in text or expiry. If a name is not known, text and expiry are enough.
//! They are not enough under two names, because two people may pay the same for
//! the same text, or for none, within a second. Somebody who speaks as a channel
//! has two names, and either source may show either. Names and texts are
//! compared without character references and surrounding white space. Stamps may
//! differ by up to [`REACH`] seconds; `delta` says which differences are likely.
//!
//! Names and texts are kept as hashes of 64 bits, which is enough for two
//! thousand lines, and keeps what people wrote out of checkpoints.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    chat::{ChatMessage, Notice},
    event::{Event, EventId, Fingerprint},
    snapshot::{Message, MessageId, Rant, StreamId, UserId},
};

/// How many seconds apart the two sources may stamp the same line.
pub(super) const REACH: i64 = 2;

/// A line that was known before, for the reader of a live chat.
pub(crate) struct Seed {
    pub(crate) id: MessageId,
    pub(crate) sent_at: OffsetDateTime,
    pub(crate) is_rant: bool,
    pub(crate) is_deleted: bool,
}

/// A line as a poll shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tracker) struct Sight {
    /// Its stamp, by the clock of the polls unless it was converted.
    pub(super) second: i64,
    /// Hashes of the name and of the plain text.
    name: u64,
    text: u64,
    /// What was paid, in cents. `None` for a message.
    pub(super) paid: Option<u64>,
    /// When a rant leaves the top of the chat.
    expires: Option<i64>,
    /// The fingerprint in its event id.
    pub(super) print: Fingerprint,
}

impl Sight {
    /// The line of an event. `None` if it is none.
    pub(super) fn of_event(event: &Event) -> Option<Self> {
        match event {
            Event::Message(message) => Some(Self::of_message(message)),
            Event::Rant(rant) => Some(Self::of_rant(rant)),
            _ => None,
        }
    }

    /// A message as a poll shows it.
    pub(super) fn of_message(message: &Message) -> Self {
        Self {
            second: message.created_on.unix_timestamp(),
            name: name(&message.username),
            text: text(&message.text),
            paid: None,
            expires: None,
            print: Fingerprint::of_line(&message.username, &message.text),
        }
    }

    /// A rant as a poll shows it.
    pub(super) fn of_rant(rant: &Rant) -> Self {
        Self {
            second: rant.created_on.unix_timestamp(),
            name: name(&rant.username),
            text: text(&rant.text),
            paid: Some(rant.amount.cents()),
            expires: rant.expires_on.map(OffsetDateTime::unix_timestamp),
            print: Fingerprint::of_paid_line(&rant.username, &rant.text, rant.amount),
        }
    }
}

impl Sight {
    /// Whether both have the same name and text.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        (self.name, self.text) == (other.name, other.text)
    }

    /// The same, stamped `apart` seconds earlier.
    pub(super) fn moved(self, apart: i64) -> Self {
        let earlier = |second: i64| second.saturating_sub(apart);
        Self { second: earlier(self.second), expires: self.expires.map(earlier), ..self }
    }
}

/// What has become of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::tracker) enum State {
    /// It was yielded.
    #[serde(rename = "t")]
    Told,
    /// It was there before the start. A poll may show that it was not.
    #[serde(rename = "h")]
    History,
    /// It may have been yielded before the remembered lines.
    #[serde(rename = "s")]
    Silent,
    /// It was yielded as an announcement, not as a line.
    #[serde(rename = "n")]
    Announced,
    /// It was deleted before it could be yielded.
    #[serde(rename = "d")]
    Dead,
}

/// A recent line, from either source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Form", into = "Form")]
#[expect(clippy::struct_excessive_bools, reason = "each is another fact")]
pub(in crate::tracker) struct Row {
    /// The second in its event id: the stamp of the source by which it was
    /// yielded.
    pub(super) second: i64,
    /// Hashes of the user's own name, and of the channel that the user speaks
    /// as. A name that is not known is empty.
    names: [u64; 2],
    /// A hash of the plain text.
    text: u64,
    /// What was paid, in cents. `None` for a message.
    pub(super) paid: Option<u64>,
    /// When a rant leaves the top of the chat.
    expires: Option<i64>,
    /// Set if the live chat has shown it.
    pub(super) id: Option<MessageId>,
    pub(super) user: Option<UserId>,
    /// The fingerprint in its event id.
    print: Fingerprint,
    /// Its number among equal lines, as in its event id.
    pub(super) copy: u32,
    /// What has become of it.
    pub(super) state: State,
    /// The live chat's stamp, if the live chat has shown it.
    pub(super) heard: Option<i64>,
    /// The polls' stamp, if a poll has shown it.
    pub(super) listed: Option<i64>,
    /// Whether a poll has shown this rant among the messages.
    pub(super) is_copied: bool,
    /// Whether it was deleted after it came.
    pub(super) is_gone: bool,
    /// Whether an equal line was yielded in its place.
    pub(super) is_lent: bool,
    /// Whether its stamp lies in the future.
    pub(super) is_ahead: bool,
}

/// Something new about a line.
#[derive(Clone, Debug)]
pub(in crate::tracker) enum RowChange {
    /// A poll shows this line of the live chat, stamped with this second.
    Listed { second: i64 },
    /// A poll shows this line of the live chat, and it is yielded only now, in
    /// the form of the poll.
    Told { sight: Sight, copy: u32 },
    /// An equal line was yielded in its place.
    Lent,
    /// A poll shows the copy of this rant among the messages.
    Copied,
    /// The live chat shows this line of a poll, stamped with this second.
    Heard { second: i64, id: MessageId, user: Option<UserId> },
}

/// A row in a checkpoint: without names, because there may be many.
type Form = (
    (i64, Option<i64>, Option<i64>),
    [u64; 2],
    u64,
    (Option<u64>, Option<i64>),
    Option<MessageId>,
    Option<UserId>,
    Fingerprint,
    u32,
    State,
    [bool; 4],
);

impl From<Form> for Row {
    fn from(form: Form) -> Self {
        let ((second, heard, listed), names, text, (paid, expires), id, user, print, copy, state, flags) = form;
        let [is_copied, is_gone, is_lent, is_ahead] = flags;
        Self { second, names, text, paid, expires, id, user, print, copy, state, heard, listed, is_copied, is_gone, is_lent, is_ahead }
    }
}

impl From<Row> for Form {
    fn from(row: Row) -> Self {
        let Row { second, names, text, paid, expires, id, user, print, copy, state, heard, listed, is_copied, is_gone, is_lent, is_ahead } =
            row;
        let flags = [is_copied, is_gone, is_lent, is_ahead];
        ((second, heard, listed), names, text, (paid, expires), id, user, print, copy, state, flags)
    }
}

impl Row {
    /// About how many bytes of a checkpoint it takes.
    pub(super) const BYTES: usize = 220;

    /// A line that only a poll has shown.
    pub(super) fn of_sight(sight: Sight, copy: u32, state: State) -> Self {
        let Sight { second, name, text, paid, expires, print } = sight;
        Self {
            second,
            names: [name; 2],
            text,
            paid,
            expires,
            id: None,
            user: None,
            print,
            copy,
            state,
            heard: None,
            listed: Some(second),
            is_copied: false,
            is_gone: false,
            is_lent: false,
            is_ahead: false,
        }
    }

    /// A line that only the live chat has shown.
    pub(super) fn of_message(message: &ChatMessage, state: State) -> Self {
        let shown = &*message.author.name;
        let names = match (message.author.username.as_deref(), &message.author.channel_id) {
            (username, None) => [username.unwrap_or(shown), shown],
            (Some(username), Some(_)) if username != shown => [username, shown],
            // The other name of somebody who speaks as a channel is not known.
            (_, Some(_)) => [shown, ""],
        };
        let names = names.map(name);
        let paid = message.rant.as_ref().map(|rant| rant.amount);
        let print = match paid {
            Some(amount) => Fingerprint::of_paid_line(shown, &message.text, amount),
            None => Fingerprint::of_line(shown, &message.text),
        };
        let notice = match &message.notice {
            Some(Notice::Subscription(notice)) if message.text.is_empty() => &notice.text,
            _ => &message.text,
        };
        let second = message.sent_at.unix_timestamp();
        Self {
            second,
            names,
            text: text(notice),
            paid: paid.map(crate::snapshot::Amount::cents),
            expires: message.rant.as_ref().and_then(|rant| rant.expires_on).map(OffsetDateTime::unix_timestamp),
            id: Some(message.id.clone()),
            user: message.author.user_id.clone(),
            print,
            copy: 0,
            state,
            heard: Some(second),
            listed: None,
            is_copied: false,
            is_gone: false,
            is_lent: false,
            is_ahead: false,
        }
    }

    /// Takes in what is new about it.
    pub(super) fn apply(&mut self, change: &RowChange) {
        match change {
            RowChange::Listed { second } => self.listed = Some(*second),
            RowChange::Told { sight, copy } => {
                (self.second, self.print, self.copy) = (sight.second, sight.print, *copy);
                (self.listed, self.state) = (Some(sight.second), State::Told);
            }
            RowChange::Lent => self.is_lent = true,
            RowChange::Copied => self.is_copied = true,
            RowChange::Heard { second, id, user } => {
                (self.heard, self.id, self.user) = (Some(*second), Some(id.clone()), user.clone());
            }
        }
    }

    /// What a new reader of the live chat must know about it.
    pub(super) fn seed(&self) -> Option<Seed> {
        let is_deleted = self.is_gone || self.state == State::Dead;
        Some(Seed { id: self.id.clone()?, sent_at: super::super::instant(self.heard?), is_rant: self.paid.is_some(), is_deleted })
    }

    /// Whether its event id has this second and print.
    pub(super) fn has_key(&self, second: i64, print: Fingerprint) -> bool {
        self.second == second && self.print == print
    }

    /// The second and the fingerprint in its event id.
    pub(super) fn key(&self) -> (i64, Fingerprint) {
        (self.second, self.print)
    }

    /// The id of the event that yielded it.
    pub(super) fn event_id(&self, stream: &StreamId) -> EventId {
        EventId::of_line(stream, self.second, self.print, self.copy, self.paid.is_some())
    }

    /// Whether a message, or the copy of a rant among the messages, has the
    /// same name and text.
    pub(super) fn says(&self, sight: &Sight) -> bool {
        self.has_name(sight) && self.has_text(sight)
    }

    /// Whether it is the same except for the stamp.
    pub(super) fn is_twin(&self, sight: &Sight) -> bool {
        self.paid == sight.paid && self.says(sight)
    }

    /// Whether a message has the same name or the same text.
    pub(super) fn resembles(&self, sight: &Sight) -> bool {
        self.has_name(sight) || self.has_text(sight)
    }

    /// Whether a rant may be this line.
    pub(super) fn is_rant(&self, sight: &Sight) -> bool {
        let (has_text, expires_then) = (self.text == sight.text, self.expires.is_some() && self.expires == sight.expires);
        let may_be_by_anybody = sight.name == nobody() || self.names.contains(&nobody());
        let is_this = if self.has_name(sight) { has_text || expires_then } else { may_be_by_anybody && has_text && expires_then };
        self.paid == sight.paid && is_this
    }

    /// Whether a polled line, in the live chat's clock, is stamped nearly like
    /// this one.
    pub(super) fn is_near(&self, sight: &Sight) -> bool {
        self.heard.unwrap_or(self.second).abs_diff(sight.second) <= REACH.unsigned_abs()
    }

    /// Whether either name of the author is that of the polled line.
    fn has_name(&self, sight: &Sight) -> bool {
        self.names.contains(&sight.name)
    }

    /// Whether the texts agree. The chat may show an announcement without text.
    pub(super) fn has_text(&self, sight: &Sight) -> bool {
        self.text == sight.text || (self.state == State::Announced && sight.text == text(""))
    }

    /// The line as a poll shows it, for a line that only a poll has shown.
    pub(super) fn sight(&self) -> Sight {
        let Self { second, names: [name, _], text, paid, expires, print, .. } = *self;
        Sight { second, name, text, paid, expires, print }
    }

    /// Hashes of the known names of its author.
    pub(super) fn names(&self) -> impl Iterator<Item = u64> {
        self.names.into_iter().filter(|name| *name != nobody())
    }

    /// Whether this user wrote it.
    pub(super) fn is_by(&self, user: &UserId) -> bool {
        self.user.as_ref() == Some(user)
    }
}

/// A hash of a name in its plain form.
pub(super) fn name(name: &str) -> u64 {
    Fingerprint::of_user(&plain(name)).short()
}

/// The hash of a name that is not known.
fn nobody() -> u64 {
    name("")
}

/// A hash of a text in its plain form.
fn text(text: &str) -> u64 {
    Fingerprint::of_user(&plain(text)).short()
}

/// A text in the form common to both sources: character references decoded, as
/// often as they were encoded, and without white space around it.
fn plain(text: &str) -> Cow<'_, str> {
    /// Nobody encodes a text more often.
    const MOST: usize = 4;
    let mut plain = Cow::Borrowed(text.trim());
    for _ in 0..MOST {
        let decoded = html_escape::decode_html_entities(&*plain);
        if decoded == plain {
            break;
        }
        plain = Cow::Owned(decoded.trim().to_owned());
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rant of two dollars as the live chat shows it, by this author.
    fn heard(author: &serde_json::Value) -> Row {
        let line = serde_json::json!({
            "id": "1", "stream": "7c1f4q", "author": author, "text": "ahoy", "sent_at": "2026-01-02T03:00:00Z",
            "rant": {"amount_cents": 200, "expires_on": "2026-01-02T03:02:00Z"},
        });
        Row::of_message(&serde_json::from_value(line).unwrap(), State::Told)
    }

    /// The same as a poll shows it, under this name.
    fn polled(name: &str) -> Sight {
        let second = OffsetDateTime::from_unix_timestamp(1_767_322_800).unwrap();
        let rant = Rant::new("7c1f4q", name, crate::Amount::from_cents(200), "ahoy").with_created_on(second);
        Sight::of_rant(&rant.with_expires_on(second + time::Duration::minutes(2)))
    }

    #[test]
    fn rant_of_somebody_else_is_another_even_if_all_else_is_equal() {
        let ada = serde_json::json!({"name": "ada", "username": "ada"});
        assert!(heard(&ada).is_rant(&polled("ada")) && heard(&ada).is_rant(&polled("")) && !heard(&ada).is_rant(&polled("grace")));
        assert!(heard(&serde_json::json!({"name": ""})).is_rant(&polled("grace")));
    }

    #[test]
    fn rant_of_a_channel_is_known_under_either_name_and_by_the_rest_if_one_is_not_known() {
        let channel =
            |name: &str, username: Option<&str>| heard(&serde_json::json!({"name": name, "username": username, "channel_id": "7"}));
        let both = channel("Ada & Co", Some("ada"));
        assert!(both.is_rant(&polled("ada")) && both.is_rant(&polled("Ada &amp; Co")) && !both.is_rant(&polled("grace")));
        // The chat lacks the name of the channel, or of the user.
        assert!(channel("ada", Some("ada")).is_rant(&polled("Ada & Co")));
        assert!(channel("Ada & Co", None).is_rant(&polled("ada")));
    }

    #[test]
    fn texts_are_compared_without_their_encoding() {
        for text in ["keep it lit & thanks", " keep it lit &amp; thanks ", "keep it lit &amp;amp; thanks", "keep it lit &#038; thanks\n"] {
            assert_eq!(plain(text), "keep it lit & thanks");
        }
        assert_eq!(plain("100% & 1 < 2; &unknown;"), "100% & 1 < 2; &unknown;");
    }
}
