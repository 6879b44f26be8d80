//! Tells whether two accounts are the same.
//!
//! A server or a cache may answer with another account's data, and a checkpoint
//! may belong to another URL. Nothing of that may be yielded as news. Names can
//! change and fields can be missing, so only ids that both sides have count,
//! and a blank id counts as missing.
//!
//! There are two questions. While polling, `share_none` finds answers of a
//! stranger; it needs certainty, since such an answer is thrown away. When
//! resuming, `conflict` also tells apart two channels of one user, which share
//! the user's id.

use serde::{Deserialize, Serialize};

use super::{
    account::Account,
    id::{ChannelId, UserId},
};

/// The ids of one account that its answers have shown so far. Names may change,
/// ids do not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountIds {
    user_id: Option<UserId>,
    channel_id: Option<ChannelId>,
}

impl AccountIds {
    /// The ids that an answer shows.
    pub(crate) fn of(account: &Account) -> Self {
        Self { user_id: account.user_id.clone(), channel_id: account.channel_id.clone() }
    }

    /// Whether both have an id but share none, so they cannot be the same
    /// account.
    pub(crate) fn share_none(&self, other: &Self) -> bool {
        !self.compare(other).contains(&Some(true)) && !self.is_unknown() && !other.is_unknown()
    }

    /// Whether they differ in an id that both have. Two channels of one user
    /// share the user's id and conflict in the channel's.
    pub(crate) fn conflict(&self, other: &Self) -> bool {
        self.compare(other).contains(&Some(false))
    }

    /// For the user and the channel: whether they are the same, if both are
    /// known. Ignores case.
    fn compare(&self, other: &Self) -> [Option<bool>; 2] {
        [(self.user(), other.user()), (self.channel(), other.channel())]
            .map(|(one, other)| one.zip(other).map(|(one, other)| one.eq_ignore_ascii_case(other)))
    }

    /// Adds ids that were not known so far. A known id stays, so an answer that
    /// mixes up two accounts cannot let the wrong one in.
    pub(crate) fn learn(&mut self, other: &Self) {
        if self.user().is_none() {
            self.user_id.clone_from(&other.user_id);
        }
        if self.channel().is_none() {
            self.channel_id.clone_from(&other.channel_id);
        }
    }

    pub(crate) fn user_id(&self) -> Option<&UserId> {
        self.user_id.as_ref()
    }

    pub(crate) fn channel_id(&self) -> Option<&ChannelId> {
        self.channel_id.as_ref()
    }

    /// Whether no id is known, so nothing can be said.
    fn is_unknown(&self) -> bool {
        self.user().is_none() && self.channel().is_none()
    }

    /// The user's id, unless it is blank.
    fn user(&self) -> Option<&str> {
        self.user_id.as_ref().map(UserId::as_str).filter(|id| !id.is_empty())
    }

    /// The channel's id, unless it is blank.
    fn channel(&self) -> Option<&str> {
        self.channel_id.as_ref().map(ChannelId::as_str).filter(|id| !id.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(user: &str, channel: &str) -> AccountIds {
        let known = |id: &str| id != "-";
        AccountIds { user_id: known(user).then(|| UserId::from(user)), channel_id: known(channel).then(|| ChannelId::from(channel)) }
    }

    #[test]
    fn accounts_that_share_an_id_are_one_and_those_that_share_none_are_two() {
        for (one, other, share_none, conflict) in [
            (("4f2kx9", "-"), ("4f2kx9", "-"), false, false),
            (("4f2kx9", "-"), ("4F2KX9", "-"), false, false),
            (("4f2kx9", "-"), ("5kq2z", "-"), true, true),
            (("4f2kx9", "c-7843"), ("4f2kx9", "C-99"), false, true),
            (("4f2kx9", "c-7843"), ("5kq2z", "C-7843"), false, true),
            (("4f2kx9", "7843"), ("-", "7843"), false, false),
            (("4f2kx9", "-"), ("-", "7843"), true, false),
            (("-", "-"), ("4f2kx9", "-"), false, false),
            (("4f2kx9", "-"), ("-", "-"), false, false),
        ] {
            for (one, other) in [(one, other), (other, one)] {
                let (one, other) = (ids(one.0, one.1), ids(other.0, other.1));
                assert_eq!((one.share_none(&other), one.conflict(&other)), (share_none, conflict), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn blank_id_is_none() {
        let blank = AccountIds { user_id: Some(UserId::from("")), channel_id: None };
        assert!(!blank.share_none(&ids("4f2kx9", "-")));
        let mut learning = blank;
        learning.learn(&ids("4f2kx9", "-"));
        assert_eq!(learning, ids("4f2kx9", "-"));
    }

    #[test]
    fn ids_are_learned_as_they_appear_and_kept() {
        let mut known = AccountIds::default();
        for (answer, expected) in
            [(("4f2kx9", "-"), ("4f2kx9", "-")), (("-", "7843"), ("4f2kx9", "7843")), (("5kq2z", "7843"), ("4f2kx9", "7843"))]
        {
            known.learn(&ids(answer.0, answer.1));
            assert_eq!(known, ids(expected.0, expected.1));
        }
    }
}
