//! What the badges say about somebody in a chat.

/// Methods of types that have `badges`.
macro_rules! standing {
    ($type:ident) => {
        impl $type {
            /// Whether the author subscribes to the account that streams, on
            /// Rumble or on Locals: badge `recurring_subscription` or
            /// `locals_supporter`. Badge `premium` is for the whole site and
            /// does not count.
            #[must_use]
            pub fn is_subscriber(&self) -> bool {
                self.has_badge("recurring_subscription") || self.has_badge("locals_supporter")
            }

            /// Whether the author moderates this chat: badge `moderator`. The
            /// owner has another badge; see [`is_owner`](Self::is_owner).
            #[must_use]
            pub fn is_moderator(&self) -> bool {
                self.has_badge("moderator")
            }

            /// Whether the author owns this chat: badge `admin`. Rumble's help
            /// centre calls it the badge of its staff, so they may have it too.
            #[must_use]
            pub fn is_owner(&self) -> bool {
                self.has_badge("admin")
            }

            /// Whether the author has the badge with this slug, such as
            /// `moderator` or `premium`.
            #[must_use]
            pub fn has_badge(&self, slug: &str) -> bool {
                self.badges.iter().any(|badge| badge == slug)
            }
        }
    };
}
pub(super) use standing;
