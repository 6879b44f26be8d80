//! What people may ask of the bot, by their badges.

use serde::Deserialize;

/// Somebody's role in a chat, lowest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Anybody.
    #[default]
    Viewer,
    /// Pays for a subscription, on Rumble or on Locals.
    Subscriber,
    /// Moderates the chat.
    Moderator,
    /// Owns the chat.
    Owner,
}

impl Role {
    /// The highest role that one of these badges gives. `premium` is for the
    /// whole site and gives none.
    #[must_use]
    pub fn of(badges: &[String]) -> Self {
        let role = |badge: &String| match badge.as_str() {
            "admin" => Self::Owner,
            "moderator" => Self::Moderator,
            "recurring_subscription" | "locals_supporter" => Self::Subscriber,
            _ => Self::Viewer,
        };
        badges.iter().map(role).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn highest_badge_decides_and_unknown_ones_give_nothing() {
        let role = |badges: &[&str]| Role::of(&badges.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(role(&[]), Role::Viewer);
        assert_eq!(role(&["premium", "verified", "whale-blue", "locals", "Moderator"]), Role::Viewer);
        assert_eq!(role(&["premium", "recurring_subscription"]), Role::Subscriber);
        assert_eq!(role(&["locals_supporter"]), Role::Subscriber);
        assert_eq!(role(&["recurring_subscription", "moderator", "premium"]), Role::Moderator);
        assert_eq!(role(&["admin", "moderator"]), Role::Owner);
        assert!(Role::Owner > Role::Moderator && Role::Moderator > Role::Subscriber && Role::Subscriber > Role::Viewer);
    }
}
