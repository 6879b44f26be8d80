//! The body of a request, in the form that each kind of destination takes.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    defuse::{Markup, cut},
    kind::Kind,
    occurrence::Occurrence,
};

/// The most characters that Discord takes in `content`.
const DISCORD: usize = 2000;
/// The most that Slack takes in `text` without cutting it itself.
const SLACK: usize = 4000;

/// The kind of a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// A Discord webhook.
    Discord {
        /// Whether to show a card with a coloured edge instead of a line.
        embed: bool,
    },
    /// An incoming webhook of Slack, or of anything that takes the same.
    Slack,
    /// A webhook that is signed by the Standard Webhooks scheme.
    Webhook,
    /// The HTTP server of Streamer.bot.
    Streamerbot(Action),
}

/// What Streamer.bot should run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The action with this name.
    Name(String),
    /// The action with this id.
    Id(String),
}

impl Format {
    /// Its word in the configuration.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Discord { .. } => "discord",
            Self::Slack => "slack",
            Self::Webhook => "webhook",
            Self::Streamerbot(_) => "streamerbot",
        }
    }

    /// How it reads text.
    #[must_use]
    pub fn markup(&self) -> Markup {
        match self {
            Self::Discord { .. } => Markup::Discord,
            Self::Slack => Markup::Slack,
            Self::Webhook | Self::Streamerbot(_) => Markup::Plain,
        }
    }

    /// The body that says this text about the event. Streamer.bot's action can
    /// use the `facts`.
    #[must_use]
    pub fn body(&self, occurrence: &Occurrence, text: &str, facts: Vec<(&'static str, Value)>, now: Timestamp) -> Vec<u8> {
        let at = occurrence.at.and_then(|at| Timestamp::from_second(at.unix_timestamp()).ok()).unwrap_or(now);
        let body = match self {
            Self::Discord { embed: false } => json!({"content": cut(text, DISCORD), "allowed_mentions": {"parse": []}}),
            Self::Discord { embed: true } => {
                let embed = json!({"description": cut(text, DISCORD), "color": colour(occurrence.kind), "timestamp": at.to_string()});
                json!({"embeds": [embed], "allowed_mentions": {"parse": []}})
            }
            Self::Slack => json!({"text": cut(text, SLACK)}),
            Self::Webhook => {
                json!({"type": occurrence.kind.word(), "timestamp": at.to_string(), "message": text, "data": occurrence.json})
            }
            Self::Streamerbot(action) => {
                let action = match action {
                    Action::Name(name) => json!({"name": name}),
                    Action::Id(id) => json!({"id": id}),
                };
                let mut args: Map<String, Value> = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                args.insert("kind".into(), occurrence.kind.word().into());
                args.insert("eventId".into(), occurrence.key.clone().into());
                args.insert("message".into(), text.into());
                json!({"action": action, "args": args})
            }
        };
        body.to_string().into_bytes()
    }
}

/// The colour of a card's edge.
fn colour(kind: Kind) -> u32 {
    match kind {
        Kind::Follower => 0x0085_c742,
        Kind::Subscriber | Kind::GiftedSubs => 0x009b_59b6,
        Kind::Rant => 0x00f1_c40f,
        Kind::RaidReceived => 0x00e6_7e22,
        Kind::StreamStarted => 0x00e7_4c3c,
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    fn body(format: &Format, kind: Kind, text: &str) -> Value {
        let occurrence = Occurrence::of(&kind.sample(OffsetDateTime::UNIX_EPOCH)).unwrap();
        serde_json::from_slice(&format.body(&occurrence, text, vec![("user", "ada".into())], Timestamp::UNIX_EPOCH)).unwrap()
    }

    #[test]
    fn each_destination_gets_its_own_form() {
        let mentions = json!({"parse": []});
        let content = body(&Format::Discord { embed: false }, Kind::Follower, "ada followed");
        assert_eq!(content, json!({"content": "ada followed", "allowed_mentions": mentions}));
        let embed = json!({"description": "ada followed", "color": 0x85_c742, "timestamp": "1970-01-01T00:00:00Z"});
        let embeds = body(&Format::Discord { embed: true }, Kind::Follower, "ada followed");
        assert_eq!(embeds, json!({"embeds": [embed], "allowed_mentions": mentions}));
        assert_eq!(body(&Format::Slack, Kind::Follower, "ada followed"), json!({"text": "ada followed"}));
        let webhook = body(&Format::Webhook, Kind::Rant, "ada ranted");
        assert_eq!((&webhook["type"], &webhook["message"]), (&json!("rant"), &json!("ada ranted")));
        assert_eq!((&webhook["data"]["type"], &webhook["data"]["amount_cents"]), (&json!("rant"), &json!(1000)));
        let action = body(&Format::Streamerbot(Action::Name("Alert".into())), Kind::Follower, "ada followed");
        let key = Occurrence::of(&Kind::Follower.sample(OffsetDateTime::UNIX_EPOCH)).unwrap().key;
        let args = json!({"user": "ada", "kind": "follower", "eventId": key, "message": "ada followed"});
        assert_eq!(action, json!({"action": {"name": "Alert"}, "args": args}));
        assert_eq!(body(&Format::Streamerbot(Action::Id("4af4".into())), Kind::Follower, "")["action"], json!({"id": "4af4"}));
    }

    #[test]
    fn text_that_a_destination_would_refuse_is_cut() {
        let long = "é".repeat(5000);
        let content = body(&Format::Discord { embed: false }, Kind::Rant, &long);
        assert_eq!(content["content"].as_str().unwrap().chars().count(), 2000);
        assert_eq!(body(&Format::Slack, Kind::Rant, &long)["text"].as_str().unwrap().chars().count(), 4000);
    }
}
