//! What somebody is in a chat, by the badges.

/// Methods of whoever has `badges`.
macro_rules! standing {
    ($type:ident) => {
        impl $type {
            /// Whether the writer subscribes to the account that streams, on Rumble or on Locals: badge `recurring_subscription` or
            /// `locals_supporter`. Badge `premium` is for the whole site and counts for no channel.
            #[must_use]
            pub fn is_subscriber(&self) -> bool {
                self.has_badge("recurring_subscription") || self.has_badge("locals_supporter")
            }

            /// Whether the writer moderates this chat: badge `moderator`. The owner has another, see [`is_owner`](Self::is_owner).
            #[must_use]
            pub fn is_moderator(&self) -> bool {
                self.has_badge("moderator")
            }

            /// Whether the writer owns this chat: badge `admin`. Rumble's help centre calls it the badge of its staff, who may wear it too.
            #[must_use]
            pub fn is_owner(&self) -> bool {
                self.has_badge("admin")
            }

            /// Whether the writer wears the badge of this slug, such as `moderator` or `premium`.
            #[must_use]
            pub fn has_badge(&self, slug: &str) -> bool {
                self.badges.iter().any(|badge| badge == slug)
            }
        }
    };
}
pub(super) use standing;
