//! Builds snapshots by hand, for the tests of a bot.

use std::sync::Arc;

use time::OffsetDateTime;

use super::{
    GREATEST_MAX_NUM_RESULTS, Inner, Shown, Snapshot, USUAL_MAX_NUM_RESULTS,
    account::Account,
    audience::{Followers, Gifts, Subscribers},
    id::UserId,
    livestream::Livestream,
    window::Window,
};

/// Builds a [`Snapshot`] for a test. You get one from [`Snapshot::builder`],
/// which has an example.
///
/// Clone it to build successive answers.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct SnapshotBuilder(Shown);

impl Snapshot {
    /// Builds a snapshot by hand, for tests. It shows a user's account at this
    /// instant of the server's clock, and lists nothing yet.
    ///
    /// Until you set a list, it counts as sent and empty, as in the answer for
    /// an account where nothing has happened.
    ///
    /// ```test_harness
    /// use rumble_live::{Event, Livestream, Message, Snapshot, Tracker, time::{Duration, OffsetDateTime}};
    ///
    /// #[test]
    /// fn message_is_yielded_once_a_snapshot_shows_it() {
    ///     let start = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    ///     let first = Snapshot::builder(start, "4f2kx9").livestreams([Livestream::new("7c1f4q", "Harbour lights")]);
    ///     let hello = Message::new("7c1f4q", "ada", "hi").with_created_on(start + Duration::seconds(5));
    ///     let second = first
    ///         .clone()
    ///         .now(start + Duration::seconds(10))
    ///         .livestreams([Livestream::new("7c1f4q", "Harbour lights").with_messages([hello.clone()])]);
    ///
    ///     let mut tracker = Tracker::new();
    ///     tracker.apply(&first.build());
    ///     assert_eq!(tracker.apply(&second.build()), [Event::Message(hello)]);
    /// }
    /// ```
    pub fn builder(now: OffsetDateTime, user_id: impl Into<UserId>) -> SnapshotBuilder {
        SnapshotBuilder(Shown {
            now,
            max_num_results: USUAL_MAX_NUM_RESULTS,
            account: Account::new(user_id),
            followers: Followers::new([]),
            subscribers: Subscribers::new([]),
            gifted_subs: Gifts::new([]),
            livestreams: Window::from([]),
        })
    }
}

impl SnapshotBuilder {
    /// The server's clock ([`Snapshot::now`]).
    pub fn now(mut self, now: OffsetDateTime) -> Self {
        self.0.now = now;
        self
    }

    /// The most entries that a list shows ([`Snapshot::max_num_results`]), from
    /// 1 to 1000. Default: 50.
    pub fn max_num_results(mut self, most: usize) -> Self {
        self.0.max_num_results = most.clamp(1, GREATEST_MAX_NUM_RESULTS);
        self
    }

    /// The account ([`Snapshot::account`]). Default: a user without a name.
    pub fn account(mut self, account: Account) -> Self {
        self.0.account = account;
        self
    }

    /// The followers ([`Snapshot::followers`]).
    pub fn followers(mut self, followers: Followers) -> Self {
        self.0.followers = followers;
        self
    }

    /// The subscribers ([`Snapshot::subscribers`]).
    pub fn subscribers(mut self, subscribers: Subscribers) -> Self {
        self.0.subscribers = subscribers;
        self
    }

    /// The gifted subscriptions ([`Snapshot::gifted_subs`]).
    pub fn gifted_subs(mut self, gifts: Gifts) -> Self {
        self.0.gifted_subs = gifts;
        self
    }

    /// The livestreams ([`Snapshot::livestreams`]). Pass `Window::default()`
    /// for a list that was not sent.
    pub fn livestreams(mut self, livestreams: impl Into<Window<Livestream>>) -> Self {
        self.0.livestreams = livestreams.into();
        self
    }

    /// Builds the snapshot.
    #[must_use]
    pub fn build(self) -> Snapshot {
        Snapshot(Arc::new(Inner { shown: self.0, raw: None }))
    }
}
