//! Who is who in a chat. Records show users and channels along with what they
//! say; they are remembered for later records that leave them out.
//!
//! An author is built when a message needs one, from the user and, for somebody
//! who speaks as a channel, from the channel's name and picture. Most messages
//! come from users who have not changed, so the finished author of a user is
//! kept and shared. A user who speaks as a channel gets a new one each time.
//!
//! What a later record says replaces what was known, badges included. Only a
//! name stays if a record leaves it out, because a message without a name is of
//! no use.

use std::sync::Arc;

use super::{
    event::Author,
    recent::Recent,
    wire::{Channel, User},
};
use crate::snapshot::{ChannelId, UserId};

/// How many of the users seen last are remembered at least.
const USERS: usize = 2048;
const CHANNELS: usize = 512;

/// The users and channels that were seen last.
#[derive(Clone, Debug)]
pub(crate) struct People {
    /// Each user as the author of their own messages, shared by all of them.
    users: Recent<UserId, Arc<Author>, USERS>,
    channels: Recent<ChannelId, Channel, CHANNELS>,
}

impl People {
    pub(crate) fn new() -> Self {
        Self { users: Recent::new(), channels: Recent::new() }
    }

    /// Takes in a user as shown now. This replaces what was known, but a
    /// missing name stays. A user who has not changed keeps the same shared
    /// author.
    pub(crate) fn meet_user(&mut self, user: User) {
        let known = self.users.see(&user.id);
        if known.is_some_and(|known| known.is_still(&user)) {
            return;
        }
        let User { id, username, color, picture, badges, is_follower } = user;
        let username = username.or_else(|| known.and_then(|known| known.username.clone()));
        let mut author = Author::default().with_is_follower(is_follower);
        author.name = username.clone().unwrap_or_default();
        author.username = username;
        author.color = color;
        author.picture = picture;
        author.badges = badges;
        author.user_id = Some(id.clone());
        self.users.put(id, Arc::new(author));
    }

    /// Takes in a channel as shown now. This replaces what was known, but a
    /// missing name stays.
    pub(crate) fn meet_channel(&mut self, mut channel: Channel) {
        if channel.name.is_none() {
            channel.name = self.channels.see(&channel.id).and_then(|known| known.name.clone());
        }
        self.channels.put(channel.id.clone(), channel);
    }

    /// The author that speaks as `user`, or as that user's `channel`, with
    /// everything known about them. Never fails: of whoever is not known, it
    /// has the ids.
    pub(crate) fn author(&mut self, user: Option<&UserId>, channel: Option<&ChannelId>) -> Arc<Author> {
        let known = user.and_then(|id| self.users.see(id)).cloned();
        if let (Some(author), None) = (&known, channel) {
            return Arc::clone(author);
        }
        let mut author = known.map(Arc::unwrap_or_clone).unwrap_or_default();
        author.user_id = user.cloned();
        author.channel_id = channel.cloned();
        if let Some(channel) = channel.and_then(|id| self.channels.see(id)) {
            author.name = channel.name.clone().unwrap_or(author.name);
            author.picture = channel.picture.clone().or(author.picture);
        }
        Arc::new(author)
    }
}

impl Author {
    /// Whether the record shows the user as this author was. A missing name
    /// does not count as a change.
    fn is_still(&self, user: &User) -> bool {
        let User { id: _, username, color, picture, badges, is_follower } = user;
        (username.is_none() || self.username == *username)
            && self.color == *color
            && self.picture == *picture
            && self.badges == *badges
            && self.is_follower() == *is_follower
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str, name: Option<&str>) -> User {
        User {
            id: id.into(),
            username: name.map(Into::into),
            color: None,
            picture: None,
            badges: vec!["premium".into()],
            is_follower: true,
        }
    }

    fn channel(id: &str, name: Option<&str>) -> Channel {
        Channel { id: id.into(), name: name.map(Into::into), picture: Some("c.png".into()) }
    }

    #[test]
    fn author_is_told_with_what_there_is() {
        let mut people = People::new();
        let (ada, retro) = (UserId::from("ada"), ChannelId::from("1"));
        let nobody = people.author(Some(&ada), Some(&retro));
        assert_eq!((nobody.name.as_str(), &nobody.user_id, &nobody.channel_id), ("", &Some(ada.clone()), &Some(retro.clone())));
        people.meet_user(user("ada", Some("Ada")));
        let author = people.author(Some(&ada), Some(&retro));
        assert_eq!((author.name.as_str(), author.picture.as_deref()), ("Ada", None), "until the channel is known");
        people.meet_channel(channel("1", Some("Harborlight Retro")));
        let author = people.author(Some(&ada), Some(&retro));
        assert_eq!((author.name.as_str(), author.username.as_deref()), ("Harborlight Retro", Some("Ada")));
        assert_eq!(author.picture.as_deref(), Some("c.png"));
        assert_eq!(people.author(Some(&ada), None).name, "Ada");
        people.meet_user(User { picture: Some("a.png".into()), ..user("ada", Some("Ada")) });
        people.meet_channel(Channel { picture: None, ..channel("2", Some("Harborlight")) });
        let author = people.author(Some(&ada), Some(&"2".into()));
        assert_eq!(
            (author.name.as_str(), author.picture.as_deref()),
            ("Harborlight", Some("a.png")),
            "the user's where the channel has none"
        );
        assert_eq!(*people.author(None, None), Author::default());
    }

    #[test]
    fn later_sight_wins_and_a_missing_name_stays() {
        let mut people = People::new();
        people.meet_user(user("ada", Some("Ada")));
        people.meet_user(User { badges: Vec::new(), is_follower: false, ..user("ada", None) });
        let author = people.author(Some(&"ada".into()), None);
        assert_eq!((author.name.as_str(), author.badges.len(), author.is_follower()), ("Ada", 0, false));
        people.meet_channel(channel("1", Some("C")));
        people.meet_channel(channel("1", None));
        assert_eq!(people.author(None, Some(&"1".into())).name, "C");
    }

    #[test]
    fn anything_that_changes_of_a_user_alone_is_taken_in() {
        let ada = || user("ada", Some("Ada"));
        for changed in [
            user("ada", Some("Ada Lovelace")),
            User { color: "#f54fd1".parse().ok(), ..ada() },
            User { picture: Some("a.png".into()), ..ada() },
            User { badges: vec!["moderator".into()], ..ada() },
            User { is_follower: false, ..ada() },
        ] {
            let (mut people, mut fresh) = (People::new(), People::new());
            people.meet_user(ada());
            people.meet_user(changed.clone());
            fresh.meet_user(changed);
            assert_eq!(people.author(Some(&"ada".into()), None), fresh.author(Some(&"ada".into()), None));
        }
    }

    #[test]
    fn catalogue_is_bounded_and_whoever_speaks_stays_in_it() {
        let mut people = People::new();
        people.meet_user(user("ada", Some("Ada")));
        for number in 0..10_000 {
            people.meet_user(user(&number.to_string(), Some("x")));
            people.meet_channel(channel(&number.to_string(), Some("x")));
            assert_eq!(people.author(Some(&"ada".into()), None).name, "Ada");
        }
        assert!(people.users.len() <= 2 * USERS && people.channels.len() <= 2 * CHANNELS);
        assert_eq!(people.author(Some(&"5".into()), None).name, "");
    }
}
