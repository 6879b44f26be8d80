//! What the badges say about somebody in a chat.
//!
//! The wire has no roles, only badges. Which slug means what is decided here
//! alone, so that messages, rants and authors agree.

/// Methods of types that have `badges`.
macro_rules! standing {
    ($type:ident) => {
        impl $type {
            /// Whether the author subscribes to the account that streams, on
            /// Rumble or on Locals: badge `recurring_subscription` or
            /// `locals_supporter`. Badge `premium` is for the whole site and
            /// does not count.
            ///
            /// # Examples
            ///
            /// ```
            /// use rumble_live::Message;
            ///
            /// let said = |badge: &str| {
            ///     Message::new("7c1f4q", "ada", "hi").with_badges([badge])
            /// };
            /// assert!(said("recurring_subscription").is_subscriber());
            /// assert!(said("locals_supporter").is_subscriber());
            /// assert!(!said("premium").is_subscriber());
            /// ```
            #[must_use]
            pub fn is_subscriber(&self) -> bool {
                self.has_badge("recurring_subscription") || self.has_badge("locals_supporter")
            }

            /// Whether the author moderates this chat: badge `moderator`. The
            /// owner has another badge; see [`is_owner`](Self::is_owner).
            ///
            /// # Examples
            ///
            /// Who may give commands to a bot:
            ///
            /// ```
            /// use rumble_live::{Amount, Message, Rant};
            ///
            /// let message = Message::new("7c1f4q", "ada", "!mute bo");
            /// assert!(!message.is_moderator());
            /// let message = message.with_badges(["premium", "moderator"]);
            /// assert!(message.is_moderator() || message.is_owner());
            ///
            /// // Rants have badges too.
            /// let rant = Rant::new(
            ///     "7c1f4q",
            ///     "ada",
            ///     Amount::from_dollars(5),
            ///     "!mute bo",
            /// )
            /// .with_badges(["moderator"]);
            /// assert!(rant.is_moderator());
            /// ```
            #[must_use]
            pub fn is_moderator(&self) -> bool {
                self.has_badge("moderator")
            }

            /// Whether the author owns this chat: badge `admin`. Rumble's help
            /// centre calls it the badge of its staff, so they may have it too.
            ///
            /// # Examples
            ///
            /// ```
            /// use rumble_live::{Author, Message};
            ///
            /// let message = Message::new("7c1f4q", "Harborlight", "welcome")
            ///     .with_badges(["admin"]);
            /// assert!(message.is_owner() && !message.is_moderator());
            ///
            /// // An author knows their badges as well.
            /// let mut author = Author::new("Harborlight");
            /// author.badges = message.badges.clone();
            /// assert!(author.is_owner());
            /// ```
            #[must_use]
            pub fn is_owner(&self) -> bool {
                self.has_badge("admin")
            }

            /// Whether the author has the badge with this slug, such as
            /// `moderator` or `premium`. Slugs are compared as they are, so
            /// case matters.
            ///
            /// # Examples
            ///
            /// ```
            /// use rumble_live::Message;
            ///
            /// let message = Message::new("7c1f4q", "ada", "hi")
            ///     .with_badges(["whale-blue", "premium"]);
            /// assert!(message.has_badge("premium"));
            /// assert!(!message.has_badge("Premium"));
            /// ```
            #[must_use]
            pub fn has_badge(&self, slug: &str) -> bool {
                self.badges.iter().any(|badge| badge == slug)
            }
        }
    };
}
pub(super) use standing;
