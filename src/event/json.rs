//! The JSON form of events: an object with `type`, then `id` if it is an
//! occurrence, then the fields.
//!
//! An event's own type cannot derive it, because the id is computed and not a
//! field. So there is a `Form` for writing and reading, which borrows when it
//! writes. The number among equals is in the id only. Reading takes it from
//! there, computes the id anew and compares, so a line in which somebody
//! changed a name or an amount is refused.
//!
//! Stored lines must stay readable: a field that is added needs a `default`.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{
    Event, EventId, Gap, Interrupted, Lagged, MergeDoubt, MessageDeleted, RaidReceived, RaidStarted, Resumed, StreamEnded, StreamStarted,
    StreamUpdated, SubscriptionNotice, Unreadable, UserMuted,
};
use crate::snapshot::{Follower, GiftedSubs, Message, Purchase, Rant, Subscriber};

/// An event as it is written. The names of the variants in snake case are the
/// words of `type`.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Form<'a> {
    Ready,
    StreamStarted(Cow<'a, StreamStarted>),
    StreamUpdated(Cow<'a, StreamUpdated>),
    StreamEnded(Cow<'a, StreamEnded>),
    Follower(Identified<'a, Follower>),
    Subscriber(Identified<'a, Subscriber>),
    GiftedSubs(Identified<'a, GiftedSubs>),
    Message(Identified<'a, Message>),
    Rant(Identified<'a, Rant>),
    MessageDeleted(Cow<'a, MessageDeleted>),
    UserMuted(Cow<'a, UserMuted>),
    RaidStarted(Identified<'a, RaidStarted>),
    RaidReceived(Identified<'a, RaidReceived>),
    SubscriptionNotice(Identified<'a, SubscriptionNotice>),
    MergeDoubt(Cow<'a, MergeDoubt>),
    Gap(Cow<'a, Gap>),
    Unreadable(Cow<'a, Unreadable>),
    Interrupted(Cow<'a, Interrupted>),
    Resumed(Cow<'a, Resumed>),
    Lagged(Cow<'a, Lagged>),
}

/// An occurrence beside its id.
#[derive(Serialize, Deserialize)]
struct Identified<'a, T: Clone> {
    /// Always written. If it is missing, the event counts as the first of its
    /// equals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<EventId>,
    #[serde(flatten)]
    occurrence: Cow<'a, T>,
}

impl<'a, T: Clone> Identified<'a, T> {
    /// For writing.
    fn new(id: EventId, occurrence: &'a T) -> Self {
        Self { id: Some(id), occurrence: Cow::Borrowed(occurrence) }
    }

    /// The event, if its id matches.
    fn checked<E: de::Error>(self, event: impl FnOnce(T, Purchase) -> Event) -> Result<Event, E> {
        let event = event(self.occurrence.into_owned(), self.id.as_ref().map(EventId::which).unwrap_or_default());
        if self.id.is_none() || event.id() == self.id { Ok(event) } else { Err(E::custom("the id does not match the event")) }
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = match self {
            Self::Ready => Form::Ready,
            Self::StreamStarted(event) => Form::StreamStarted(Cow::Borrowed(event)),
            Self::StreamUpdated(event) => Form::StreamUpdated(Cow::Borrowed(event)),
            Self::StreamEnded(event) => Form::StreamEnded(Cow::Borrowed(event)),
            Self::Follower(event) => Form::Follower(Identified::new(EventId::of_follower(event), event)),
            Self::Subscriber(event) => Form::Subscriber(Identified::new(EventId::of_subscriber(event), event)),
            Self::GiftedSubs(event) => Form::GiftedSubs(Identified::new(EventId::of_gift(event), event)),
            Self::Message(event) => Form::Message(Identified::new(EventId::of_message(event), event)),
            Self::Rant(event) => Form::Rant(Identified::new(EventId::of_rant(event), event)),
            Self::MessageDeleted(event) => Form::MessageDeleted(Cow::Borrowed(event)),
            Self::UserMuted(event) => Form::UserMuted(Cow::Borrowed(event)),
            Self::RaidStarted(event) => Form::RaidStarted(Identified::new(EventId::of_raid_started(event), event)),
            Self::RaidReceived(event) => Form::RaidReceived(Identified::new(EventId::of_raid_received(event), event)),
            Self::SubscriptionNotice(event) => Form::SubscriptionNotice(Identified::new(EventId::of_subscription_notice(event), event)),
            Self::MergeDoubt(event) => Form::MergeDoubt(Cow::Borrowed(event)),
            Self::Gap(event) => Form::Gap(Cow::Borrowed(event)),
            Self::Unreadable(event) => Form::Unreadable(Cow::Borrowed(event)),
            Self::Interrupted(event) => Form::Interrupted(Cow::Borrowed(event)),
            Self::Resumed(event) => Form::Resumed(Cow::Borrowed(event)),
            Self::Lagged(event) => Form::Lagged(Cow::Borrowed(event)),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Form::deserialize(deserializer)? {
            Form::Ready => Self::Ready,
            Form::StreamStarted(event) => Self::StreamStarted(event.into_owned()),
            Form::StreamUpdated(event) => Self::StreamUpdated(event.into_owned()),
            Form::StreamEnded(event) => Self::StreamEnded(event.into_owned()),
            Form::Follower(event) => event.checked(|event, which| Self::Follower(Follower { copy: which.copy(), ..event }))?,
            Form::Subscriber(event) => event.checked(|event, which| Self::Subscriber(Subscriber { copy: which.copy(), ..event }))?,
            Form::GiftedSubs(event) => event.checked(|event, which| Self::GiftedSubs(event.bought(which)))?,
            Form::Message(event) => event.checked(|event, which| Self::Message(Message { copy: which.copy(), ..event }))?,
            Form::Rant(event) => event.checked(|event, which| Self::Rant(Rant { copy: which.copy(), ..event }))?,
            Form::MessageDeleted(event) => Self::MessageDeleted(event.into_owned()),
            Form::UserMuted(event) => Self::UserMuted(event.into_owned()),
            Form::RaidStarted(event) => event.checked(|event, _| Self::RaidStarted(event))?,
            Form::RaidReceived(event) => event.checked(|event, _| Self::RaidReceived(event))?,
            Form::SubscriptionNotice(event) => event.checked(|event, _| Self::SubscriptionNotice(event))?,
            Form::MergeDoubt(event) => Self::MergeDoubt(event.into_owned()),
            Form::Gap(event) => Self::Gap(event.into_owned()),
            Form::Unreadable(event) => Self::Unreadable(event.into_owned()),
            Form::Interrupted(event) => Self::Interrupted(event.into_owned()),
            Form::Resumed(event) => Self::Resumed(event.into_owned()),
            Form::Lagged(event) => Self::Lagged(event.into_owned()),
        })
    }
}

/// Writes durations as a number of seconds.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
