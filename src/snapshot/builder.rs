//! Builds snapshots by hand, for the tests of a bot.
//!
//! The builder holds what a snapshot shows, and sets whole parts. The parts
//! have constructors and `with_…` methods of their own, so there is one way to
//! set each field.

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

/// Builds a [`Snapshot`] for a test. You get one from [`Snapshot::builder`].
///
/// Each method replaces a part. Clone the builder to build successive answers
/// that differ in little.
///
/// # Examples
///
/// ```
/// use rumble_live::{
///     Account, Followers, Livestream, Snapshot,
///     time::{Duration, OffsetDateTime},
/// };
///
/// let start = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
/// let offline = Snapshot::builder(start, "4f2kx9")
///     .account(Account::new("4f2kx9").with_username("ada"))
///     .followers(Followers::new([]).with_count(1289));
/// let online = offline
///     .clone()
///     .now(start + Duration::MINUTE)
///     .livestreams([Livestream::new("7c1f4q", "Harbour lights")]);
///
/// let (offline, online) = (offline.build(), online.build());
/// assert_eq!((offline.live().count(), online.live().count()), (0, 1));
/// assert_eq!(online.account(), offline.account());
/// ```
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
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{
    ///     Event, Livestream, Message, Snapshot, Tracker,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// #[test]
    /// fn message_is_yielded_once_a_snapshot_shows_it() {
    ///     let start = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    ///     let stream = Livestream::new("7c1f4q", "Harbour lights");
    ///     let first = Snapshot::builder(start, "4f2kx9")
    ///         .livestreams([stream.clone()]);
    ///     let hello = Message::new("7c1f4q", "ada", "hi")
    ///         .with_created_on(start + Duration::seconds(5));
    ///     let second = first
    ///         .clone()
    ///         .now(start + Duration::seconds(10))
    ///         .livestreams([stream.with_messages([hello.clone()])]);
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
    /// The server's clock ([`Snapshot::now`]). Let it advance from one answer
    /// to the next: a [`Tracker`](crate::Tracker) takes an answer that is older
    /// than the newest one for stale.
    ///
    /// # Examples
    ///
    /// A livestream that two answers in a row lack has ended:
    ///
    /// ```
    /// use rumble_live::{
    ///     Event, Livestream, Snapshot, Tracker,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let start = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    /// let answer = Snapshot::builder(start, "4f2kx9");
    /// let stream = Livestream::new("7c1f4q", "Harbour lights");
    ///
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&answer.clone().livestreams([stream]).build());
    /// let mut after = |seconds: i64| {
    ///     let now = start + Duration::seconds(seconds);
    ///     tracker.apply(&answer.clone().now(now).build())
    /// };
    /// assert_eq!(after(10), []);
    /// assert!(matches!(&after(20)[..], [Event::StreamEnded(_)]));
    /// ```
    pub fn now(mut self, now: OffsetDateTime) -> Self {
        self.0.now = now;
        self
    }

    /// The most entries that a list shows ([`Snapshot::max_num_results`]), from
    /// 1 to 1000; other numbers become the nearest of these. Default: 50. It
    /// does not cut the lists.
    ///
    /// Set it low to test what your bot does when a list overflows.
    ///
    /// # Examples
    ///
    /// Three rants come, and the list has room for two:
    ///
    /// ```
    /// use rumble_live::{
    ///     Amount, Event, Livestream, Rant, Snapshot, Tracker,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let start = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    /// let rant = |second: i64| {
    ///     Rant::new("7c1f4q", "ada", Amount::from_dollars(1), "ahoy")
    ///         .with_created_on(start + Duration::seconds(second))
    /// };
    /// let answer = |second: i64, rants: Vec<Rant>| {
    ///     let stream =
    ///         Livestream::new("7c1f4q", "Harbour lights").with_rants(rants);
    ///     Snapshot::builder(start + Duration::seconds(second), "4f2kx9")
    ///         .max_num_results(2)
    ///         .livestreams([stream])
    ///         .build()
    /// };
    ///
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&answer(0, vec![rant(-20), rant(-30)]));
    /// let events = tracker.apply(&answer(10, vec![rant(9), rant(8)]));
    /// let kinds: Vec<_> = events.iter().map(Event::kind).collect();
    /// assert_eq!(kinds, ["gap", "rant", "rant"]);
    /// ```
    pub fn max_num_results(mut self, most: usize) -> Self {
        self.0.max_num_results = most.clamp(1, GREATEST_MAX_NUM_RESULTS);
        self
    }

    /// The account ([`Snapshot::account`]). It replaces the user that was
    /// passed to [`Snapshot::builder`]. Default: that user, without a name.
    pub fn account(mut self, account: Account) -> Self {
        self.0.account = account;
        self
    }

    /// The followers ([`Snapshot::followers`]). Default: an empty list, without
    /// counts.
    pub fn followers(mut self, followers: Followers) -> Self {
        self.0.followers = followers;
        self
    }

    /// The subscribers ([`Snapshot::subscribers`]). Default: an empty list,
    /// without counts.
    pub fn subscribers(mut self, subscribers: Subscribers) -> Self {
        self.0.subscribers = subscribers;
        self
    }

    /// The gifted subscriptions ([`Snapshot::gifted_subs`]). Default: an empty
    /// list, without a count.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Event, GiftedSubs, Gifts, Snapshot, Tracker,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let start = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    /// let before = Snapshot::builder(start, "4f2kx9")
    ///     .gifted_subs(Gifts::new([]).with_count(0));
    /// let gift = GiftedSubs::new("ada", 5);
    /// let after = before
    ///     .clone()
    ///     .now(start + Duration::seconds(10))
    ///     .gifted_subs(Gifts::new([gift.clone()]).with_count(5));
    ///
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&before.build());
    /// assert_eq!(tracker.apply(&after.build()), [Event::GiftedSubs(gift)]);
    /// ```
    pub fn gifted_subs(mut self, gifts: Gifts) -> Self {
        self.0.gifted_subs = gifts;
        self
    }

    /// The livestreams ([`Snapshot::livestreams`]). Pass an array or a `Vec`,
    /// or `Window::default()` for a list that was not sent. Default: an empty
    /// list.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Livestream, Snapshot, Window, time::OffsetDateTime};
    ///
    /// let builder = Snapshot::builder(OffsetDateTime::UNIX_EPOCH, "4f2kx9");
    /// let night = Livestream::new("7c1f4q", "Harbour lights");
    /// let morning = Livestream::new("7c1f4r", "Gulls").with_live(false);
    /// let snapshot = builder.clone().livestreams([night, morning]).build();
    /// assert_eq!(
    ///     (snapshot.livestreams().len(), snapshot.live().count()),
    ///     (2, 1)
    /// );
    ///
    /// let snapshot = builder.livestreams(Window::default()).build();
    /// assert!(!snapshot.livestreams().was_sent());
    /// ```
    pub fn livestreams(mut self, livestreams: impl Into<Window<Livestream>>) -> Self {
        self.0.livestreams = livestreams.into();
        self
    }

    /// Builds the snapshot. It has no [`raw`](Snapshot::raw) answer.
    #[must_use]
    pub fn build(self) -> Snapshot {
        Snapshot(Arc::new(Inner { shown: self.0, raw: None }))
    }
}
