//! Makes things happen by hand.
//!
//! Each method locks the account, takes the server's time once, and has
//! [`World`](super::world::World) carry it out. So a call is one moment: no
//! answer can show half of it. Mistakes of a script panic before anything
//! changes, and tell the line of the script.

use time::OffsetDateTime;

use super::{Sim, history::What};
use crate::StreamId;

/// How far ahead a stream is announced.
const LEAD: time::Duration = time::Duration::HOUR;

/// # Script
///
/// Each call takes effect at once and is stamped with the present second.
/// Streams are named by the id that [`start_stream`](Self::start_stream) or
/// [`schedule_stream`](Self::schedule_stream) returned. Amounts are in cents of
/// a US dollar. Names and texts may be anything, even empty.
///
/// A call that names something that is not there panics, because the script is
/// wrong then. The account stays as it was.
impl Sim {
    /// `username` follows. Somebody who follows twice is listed twice, like two
    /// accounts with the same display name.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn only_the_new_follower_is_told() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.follow("grace");
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     let mut watcher = client.watch();
    ///     watcher.next().await.transpose()?;
    ///
    ///     sim.follow("ada");
    ///     let new = watcher.into_followers().next().await.transpose()?;
    ///     assert_eq!(new.map(|new| new.username), Some("ada".to_owned()));
    ///     Ok(())
    /// }
    /// ```
    pub fn follow(&self, username: &str) {
        let mut world = self.world();
        let now = world.clock.now();
        world.follow(now, username);
    }

    /// `username` unfollows and leaves the list. If they are listed several
    /// times, the newest entry goes. An older entry of somebody else may come
    /// back into the window.
    ///
    /// # Panics
    ///
    /// If `username` does not follow.
    ///
    /// # Examples
    ///
    /// Here the list shows two. When the newest leaves, the oldest comes back,
    /// and a bot must not greet them again:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// sim.set_window(2);
    /// for name in ["ada", "bob", "cy"] {
    ///     sim.follow(name);
    ///     sim.advance(Duration::from_secs(1));
    /// }
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    ///
    /// sim.unfollow("cy");
    /// let snapshot = look();
    /// assert_eq!(snapshot.followers().recent[1].username, "ada");
    /// assert_eq!(tracker.apply(&snapshot), []);
    /// ```
    #[track_caller]
    pub fn unfollow(&self, username: &str) {
        let mut world = self.world();
        let now = world.clock.now();
        world.unfollow(now, username);
    }

    /// `username` subscribes for `amount_cents`. The live chat shows nothing of
    /// it; there is [`subscription_notice`](Self::subscription_notice) for
    /// that.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Event, Snapshot, Tracker, sim::Sim};
    ///
    /// /// What the bot says.
    /// fn thanks(event: &Event) -> Option<String> {
    ///     let Event::Subscriber(new) = event else { return None };
    ///     Some(format!("{}, thank you for {}", new.username, new.amount))
    /// }
    ///
    /// let sim = Sim::new(42);
    /// sim.subscribe("ada", 499);
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let events = Tracker::new().replay(true).apply(&snapshot);
    /// let said: Vec<_> = events.iter().filter_map(thanks).collect();
    /// assert_eq!(said, ["ada, thank you for $4.99"]);
    /// ```
    pub fn subscribe(&self, username: &str, amount_cents: u64) {
        let mut world = self.world();
        let now = world.clock.now();
        world.subscribe(now, username, amount_cents);
    }

    /// A subscription of `username` runs out and leaves the list. If there are
    /// several, it is the newest. The number of subscribers falls. No event
    /// tells it.
    ///
    /// # Panics
    ///
    /// If `username` does not subscribe.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Snapshot, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// sim.subscribe("ada", 500);
    /// sim.subscribe("grace", 500);
    /// sim.lapse("ada");
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let subscribers = snapshot.subscribers();
    /// assert_eq!(subscribers.count, Some(1));
    /// assert_eq!(subscribers.recent[0].username, "grace");
    /// ```
    #[track_caller]
    pub fn lapse(&self, username: &str) {
        let mut world = self.world();
        let now = world.clock.now();
        world.lapse(now, username);
    }

    /// `username` buys `total_gifts` subscriptions for others on `stream`. The
    /// live chat shows it too. If they buy the same again, it is listed twice,
    /// unless [`equal_gifts_in_one_entry`](Self::equal_gifts_in_one_entry) is
    /// set. Those who get the subscriptions are not listed as subscribers.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// Five subscriptions in one purchase are one event:
    ///
    /// ```
    /// use rumble_live::{Event, Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.start_stream("Harbour lights");
    /// sim.gift(&stream, "ada", 5);
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let events = Tracker::new().replay(true).apply(&snapshot);
    /// let gift = events.iter().find_map(|event| match event {
    ///     Event::GiftedSubs(gift) => Some(gift),
    ///     _ => None,
    /// });
    /// let gift = gift.unwrap();
    /// assert_eq!(
    ///     (gift.purchased_by.as_str(), gift.total_gifts),
    ///     ("ada", Some(5))
    /// );
    /// assert_eq!(gift.stream(), Some(stream));
    /// ```
    #[track_caller]
    pub fn gift(&self, stream: &StreamId, username: &str, total_gifts: u64) {
        let mut world = self.world();
        let now = world.clock.now();
        world.gift(now, stream, username, total_gifts);
    }

    /// Somebody claims one of the subscriptions that `username` bought on
    /// `stream`: `remaining_gifts` falls by one, in the newest such gift that
    /// has any left. No event tells it.
    ///
    /// # Panics
    ///
    /// If there is no such gift.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Snapshot, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.start_stream("Harbour lights");
    /// sim.gift(&stream, "ada", 5);
    /// sim.claim_gift(&stream, "ada");
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let gift = &snapshot.gifted_subs().recent[0];
    /// assert_eq!(
    ///     (gift.remaining_gifts, gift.total_gifts),
    ///     (Some(4), Some(5))
    /// );
    /// ```
    #[track_caller]
    pub fn claim_gift(&self, stream: &StreamId, username: &str) {
        let mut world = self.world();
        let now = world.clock.now();
        let claimed = world.claim_gift(now, |gift| gift.stream == *stream && gift.purchased_by == username);
        assert!(claimed, "no gift of {username:?} in stream {stream:?} has anything left to claim");
    }

    /// A new stream goes live. Returns its id, in base 36. Several can be live
    /// at once; the newest is listed first.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Event, Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    ///
    /// let stream = sim.start_stream("Harbour lights");
    /// let events = tracker.apply(&look());
    /// let [Event::StreamStarted(started)] = &events[..] else { panic!() };
    /// assert_eq!((&started.stream, started.already_live), (&stream, false));
    /// assert_eq!(started.title, "Harbour lights");
    /// ```
    #[expect(clippy::must_use_candidate, reason = "a script may need no more than that it is live")]
    pub fn start_stream(&self, title: &str) -> StreamId {
        let mut world = self.world();
        let now = world.clock.now();
        world.start_stream(now, title)
    }

    /// A new stream is announced for an hour from now. It is listed, but not
    /// live. Returns its id, in base 36. It does not go live by itself: call
    /// [`go_live`](Self::go_live). Its chat can be written to before, and until
    /// it is live only polls show that.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Snapshot, sim::Sim, time::Duration};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.schedule_stream("Harbour lights");
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// assert_eq!(snapshot.live().count(), 0);
    /// let announced = snapshot.livestream(&stream).unwrap();
    /// assert_eq!(announced.scheduled_on, Some(sim.now() + Duration::HOUR));
    /// ```
    #[expect(clippy::must_use_candidate, reason = "a script may need no more than that it is listed")]
    pub fn schedule_stream(&self, title: &str) -> StreamId {
        let mut world = self.world();
        let now = world.clock.now();
        let stream = world.add_stream(now, title, now.saturating_add(LEAD));
        world.record(now, What::StreamScheduled { stream: stream.clone(), title: title.into() });
        stream
    }

    /// `stream` goes live, whether it is new or was stopped or ended before. If
    /// it is already live, nothing happens.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// A stream whose broadcaster drops out and comes back starts twice, under
    /// one id. Its chat is not told again:
    ///
    /// ```
    /// use rumble_live::{Event, Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.start_stream("Harbour lights");
    /// sim.message(&stream, "ada", "hi");
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    ///
    /// sim.stop_stream(&stream);
    /// let events = tracker.apply(&look());
    /// assert!(matches!(events[..], [Event::StreamEnded(_)]));
    /// sim.go_live(&stream);
    /// let events = tracker.apply(&look());
    /// assert!(matches!(events[..], [Event::StreamStarted(_)]));
    /// ```
    #[track_caller]
    pub fn go_live(&self, stream: &StreamId) {
        let mut world = self.world();
        let now = world.clock.now();
        world.go_live(now, stream);
    }

    /// `stream` ends and vanishes from the list, as a real one does. Its live
    /// chat closes. What is written to it afterwards happens, but is not shown.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// The API does not say that a stream has ended. A watcher waits for a
    /// second answer without it, because one may be a mistake:
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, Event, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn end_takes_two_answers() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     let mut watcher = client.watch();
    ///     watcher.next_poll().await.transpose()?;
    ///
    ///     sim.end_stream(&stream);
    ///     let event = watcher.next().await.transpose()?;
    ///     let Some(Event::StreamEnded(ended)) = event else {
    ///         panic!("no end")
    ///     };
    ///     assert_eq!(ended.stream, stream);
    ///     assert_eq!(sim.answers(), 1 + 2);
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn end_stream(&self, stream: &StreamId) {
        let mut world = self.world();
        let now = world.clock.now();
        world.stop_stream(now, stream, false);
    }

    /// `stream` stops being live but stays listed, together with its chat. Its
    /// live chat closes; polls still show what is written to it.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// Here one answer is enough, because it says so, and the last words are
    /// not lost:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Event, Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.start_stream("Harbour lights");
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    ///
    /// sim.advance(Duration::from_secs(10));
    /// sim.stop_stream(&stream);
    /// sim.message(&stream, "ada", "good night");
    /// let events = tracker.apply(&look());
    /// let kinds: Vec<_> = events.iter().map(Event::kind).collect();
    /// assert_eq!(kinds, ["message", "stream_ended"]);
    /// ```
    #[track_caller]
    pub fn stop_stream(&self, stream: &StreamId) {
        let mut world = self.world();
        let now = world.clock.now();
        world.stop_stream(now, stream, true);
    }

    /// Hides `stream` from the answers although it goes on, as if the server
    /// had forgotten it for a moment, or shows it again. Its live chat and its
    /// page are still there. Nothing happens in the account, so the history
    /// does not change.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// A bot must not say good night because of one bad answer:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.start_stream("Harbour lights");
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    ///
    /// for hidden in [true, false] {
    ///     sim.advance(Duration::from_secs(10));
    ///     sim.hide_stream(&stream, hidden);
    ///     assert_eq!(tracker.apply(&look()), []);
    /// }
    /// ```
    #[track_caller]
    pub fn hide_stream(&self, stream: &StreamId, hidden: bool) {
        self.world().stream_mut(stream).is_hidden = hidden;
    }

    /// `username` writes `text` in the chat of `stream`, live or not. It is not
    /// checked for length, and a muted user may write too.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn command_is_heard() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     let mut watcher = client.watch();
    ///     watcher.next().await.transpose()?;
    ///
    ///     sim.message(&stream, "ada", "nice lights");
    ///     sim.message(&stream, "grace", "!uptime");
    ///     let mut messages = watcher.into_messages();
    ///     while let Some(line) = messages.next().await.transpose()? {
    ///         if line.text == "!uptime" {
    ///             assert_eq!(
    ///                 (line.username.as_str(), &line.stream),
    ///                 ("grace", &stream)
    ///             );
    ///             break;
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[track_caller]
    pub fn message(&self, stream: &StreamId, username: &str, text: &str) {
        let mut world = self.world();
        let now = world.clock.now();
        world.message(now, stream, username, text);
    }

    /// A message that shows up now with the timestamp `at`, cut to whole
    /// seconds. It takes its place in the list by that timestamp.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// A line that the server shows twenty seconds late stands below newer
    /// ones. It is told all the same:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Event, Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.start_stream("Harbour lights");
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    /// sim.advance(Duration::from_secs(60));
    /// sim.message(&stream, "ada", "on time");
    /// tracker.apply(&look());
    ///
    /// let written = sim.now() - Duration::from_secs(20);
    /// sim.message_at(&stream, "grace", "late", written);
    /// let events = tracker.apply(&look());
    /// let [Event::Message(line)] = &events[..] else { panic!("{events:?}") };
    /// assert_eq!((line.text.as_str(), line.created_on), ("late", written));
    /// ```
    #[track_caller]
    pub fn message_at(&self, stream: &StreamId, username: &str, text: &str, at: OffsetDateTime) {
        self.world().message(at, stream, username, text);
    }

    /// `username` pays `amount_cents` for `text` in the chat of `stream`. Rants
    /// stay listed after they expire, unless
    /// [`rants_leave_when_expired`](Self::rants_leave_when_expired) is set. On
    /// the wire, `amount_dollars` is cut to whole dollars, so a bot must read
    /// the cents.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Amount, Rant, Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.start_stream("Harbour lights");
    /// sim.rant(&stream, "ada", "for the boat fund", 500);
    /// sim.rant(&stream, "grace", "and for the paint", 1050);
    ///
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let events = Tracker::new().replay(true).apply(&snapshot);
    /// let rants =
    ///     events.into_iter().filter_map(|event| Rant::try_from(event).ok());
    /// let total: Amount = rants.map(|rant| rant.amount).sum();
    /// assert_eq!(total.to_string(), "$15.50");
    /// ```
    #[track_caller]
    pub fn rant(&self, stream: &StreamId, username: &str, text: &str, amount_cents: u64) {
        let mut world = self.world();
        let now = world.clock.now();
        world.rant(now, stream, username, text, amount_cents);
    }

    /// A rant that shows up now with the timestamp `at`, cut to whole seconds.
    /// It takes its place in the list by that timestamp, and expires by it too.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// A rant may have expired before a bot sees it. Thank for it, but do not
    /// show it:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Event, Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.start_stream("Harbour lights");
    /// let paid = sim.now() - Duration::from_secs(3600);
    /// sim.rant_at(&stream, "ada", "for the boat fund", 500, paid);
    ///
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let events = Tracker::new().replay(true).apply(&snapshot);
    /// let Some(Event::Rant(rant)) = events.last() else {
    ///     panic!("{events:?}")
    /// };
    /// assert!(rant.is_expired(snapshot.now()));
    /// ```
    #[track_caller]
    pub fn rant_at(&self, stream: &StreamId, username: &str, text: &str, amount_cents: u64, at: OffsetDateTime) {
        self.world().rant(at, stream, username, text, amount_cents);
    }

    /// A moderator deletes the newest message by `username` in `stream` with
    /// this `text`. A rant among the messages
    /// ([`rants_in_chat`](Self::rants_in_chat)) counts as a message; the rant
    /// itself stays.
    ///
    /// # Panics
    ///
    /// If there is no such stream or no such message.
    ///
    /// # Examples
    ///
    /// A line that is deleted between two polls never comes to a bot that only
    /// polls:
    ///
    /// ```
    /// use rumble_live::{Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.start_stream("Harbour lights");
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    ///
    /// sim.message(&stream, "zed", "buy my coins");
    /// sim.delete_message(&stream, "zed", "buy my coins");
    /// assert_eq!(tracker.apply(&look()), []);
    /// assert_eq!(sim.history().len(), 3, "a start, a message, a deletion");
    /// ```
    #[track_caller]
    pub fn delete_message(&self, stream: &StreamId, username: &str, text: &str) {
        let mut world = self.world();
        let now = world.clock.now();
        world.delete_message(now, stream, username, text);
    }

    /// A moderator deletes the newest rant by `username` in `stream` with this
    /// `text`. If it has a copy among the messages, the copy stays.
    ///
    /// # Panics
    ///
    /// If there is no such stream or no such rant.
    ///
    /// # Examples
    ///
    /// Whoever first polls after the deletion finds only the copy, and takes it
    /// for a message:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Event, Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// sim.rants_in_chat(true);
    /// let stream = sim.start_stream("Harbour lights");
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    ///
    /// sim.advance(Duration::from_secs(10));
    /// sim.rant(&stream, "ada", "for the boat fund", 500);
    /// sim.delete_rant(&stream, "ada", "for the boat fund");
    /// let events = tracker.apply(&look());
    /// assert!(matches!(events[..], [Event::Message(_)]));
    /// ```
    #[track_caller]
    pub fn delete_rant(&self, stream: &StreamId, username: &str, text: &str) {
        let mut world = self.world();
        let now = world.clock.now();
        world.delete_rant(now, stream, username, text);
    }

    /// A moderator clears the chat of `stream`: all its messages are deleted.
    /// Its rants stay. The history has one entry for it, and none for each
    /// message.
    ///
    /// # Panics
    ///
    /// If there is no such stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Snapshot, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let stream = sim.start_stream("Harbour lights");
    /// sim.message(&stream, "zed", "buy my coins");
    /// sim.rant(&stream, "ada", "for the boat fund", 500);
    /// sim.clear_chat(&stream);
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let chat = &snapshot.livestreams()[0].chat;
    /// assert_eq!(
    ///     (chat.recent_messages.len(), chat.recent_rants.len()),
    ///     (0, 1)
    /// );
    /// ```
    #[track_caller]
    pub fn clear_chat(&self, stream: &StreamId) {
        let mut world = self.world();
        let now = world.clock.now();
        world.clear_chat(now, stream);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use serde_json::{Value, json};

    use super::*;

    fn streams(sim: &Sim) -> Vec<Value> {
        let body: Value = serde_json::from_slice(&sim.snapshot_json()).unwrap();
        body["livestreams"].as_array().unwrap().clone()
    }

    #[test]
    fn stream_is_listed_live_stopped_gone_and_back() {
        let sim = Sim::new(1);
        let stream = sim.schedule_stream("soon");
        let is_live = || streams(&sim).first().map(|stream| stream["is_live"].as_bool().unwrap());
        assert_eq!(is_live(), Some(false));
        assert_eq!(streams(&sim)[0]["scheduled_on"], "2026-01-02T04:00:00+00:00");
        sim.go_live(&stream);
        sim.go_live(&stream);
        assert_eq!(is_live(), Some(true));
        sim.stop_stream(&stream);
        assert_eq!(is_live(), Some(false));
        sim.end_stream(&stream);
        assert_eq!(is_live(), None);
        sim.go_live(&stream);
        assert_eq!(is_live(), Some(true));
        sim.hide_stream(&stream, true);
        assert_eq!(is_live(), None);
        sim.hide_stream(&stream, false);
        assert_eq!(is_live(), Some(true));
        let id = &stream;
        let started = What::StreamStarted { stream: id.clone(), title: "soon".into() };
        let what: Vec<_> = sim.history().into_iter().map(|happened| happened.what).collect();
        assert_eq!(
            what,
            [
                What::StreamScheduled { stream: id.clone(), title: "soon".into() },
                started.clone(),
                What::StreamEnded { stream: id.clone() },
                started
            ]
        );
    }

    #[test]
    fn newest_stream_is_listed_first() {
        let sim = Sim::new(1);
        let ids = [sim.start_stream("a"), sim.start_stream("b")];
        let listed: Vec<_> = streams(&sim).iter().map(|stream| stream["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(listed, [ids[1].as_str(), ids[0].as_str()]);
    }

    #[test]
    fn claims_lower_what_remains_and_not_the_total() {
        let sim = Sim::new(1);
        let stream = sim.start_stream("s");
        sim.gift(&stream, "ada", 2);
        sim.gift(&stream, "bob", 1);
        sim.claim_gift(&stream, "ada");
        let body: Value = serde_json::from_slice(&sim.snapshot_json()).unwrap();
        let gifts = &body["gifted_subs"];
        assert_eq!((&gifts["num_gifted_subs"], &gifts["recent_gifted_subs"][1]["remaining_gifts"]), (&json!(3), &json!(1)));
        assert_eq!(gifts["recent_gifted_subs"][1]["total_gifts"], 2);
    }

    #[test]
    fn rant_is_among_the_messages_only_when_asked() {
        let sim = Sim::new(1);
        let stream = sim.start_stream("s");
        sim.rant(&stream, "ada", "alone", 500);
        sim.rants_in_chat(true);
        sim.rant(&stream, "ada", "twice", 1050);
        sim.delete_message(&stream, "ada", "twice");
        sim.rant_at(&stream, "ada", "late", 100, sim.now() - LEAD);
        let chat = &streams(&sim)[0]["chat"];
        let texts = |list: &str| -> Vec<_> { chat[list].as_array().unwrap().iter().map(|entry| entry["text"].as_str().unwrap()).collect() };
        assert_eq!(texts("recent_messages"), ["late"]);
        assert_eq!(texts("recent_rants"), ["twice", "alone", "late"]);
        assert_eq!(chat["recent_rants"][0]["amount_dollars"], 10);
    }

    #[test]
    fn what_lapses_or_is_cleared_leaves_the_lists() {
        let sim = Sim::new(1);
        let stream = sim.start_stream("s");
        for name in ["ada", "bob", "ada"] {
            sim.subscribe(name, 500);
            sim.message(&stream, name, "hi");
            sim.rant(&stream, name, "!", 100);
        }
        let known = sim.history().len();
        sim.lapse("ada");
        sim.delete_rant(&stream, "bob", "!");
        sim.clear_chat(&stream);
        let body: Value = serde_json::from_slice(&sim.snapshot_json()).unwrap();
        let names = |list: &Value| -> Vec<_> {
            list.as_array().unwrap().iter().map(|entry| entry["username"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&body["subscribers"]["recent_subscribers"]), ["bob", "ada"]);
        assert_eq!(body["subscribers"]["num_subscribers"], 2);
        let chat = &body["livestreams"][0]["chat"];
        assert_eq!((&chat["recent_messages"], &chat["latest_message"]), (&json!([]), &Value::Null));
        assert_eq!(names(&chat["recent_rants"]), ["ada", "ada"]);
        let what: Vec<_> = sim.history().drain(known..).map(|happened| happened.what).collect();
        assert_eq!(
            what,
            [
                What::SubscriptionLapsed { username: "ada".into() },
                What::RantDeleted { stream: stream.clone(), username: "bob".into(), text: "!".into() },
                What::ChatCleared { stream }
            ]
        );
    }

    #[test]
    fn gift_bought_again_fills_up_its_entry_when_asked() {
        let sim = Sim::new(1);
        let stream = sim.start_stream("s");
        sim.equal_gifts_in_one_entry(true);
        let shown = || {
            let body: Value = serde_json::from_slice(&sim.snapshot_json()).unwrap();
            let gifts = &body["gifted_subs"];
            let remaining: Vec<_> =
                gifts["recent_gifted_subs"].as_array().unwrap().iter().map(|gift| gift["remaining_gifts"].clone()).collect();
            (gifts["num_gifted_subs"].clone(), remaining)
        };
        sim.gift(&stream, "ada", 5);
        assert_eq!(shown(), (json!(5), vec![json!(5)]));
        (0..5).for_each(|_| sim.claim_gift(&stream, "ada"));
        assert_eq!(shown(), (json!(5), vec![json!(0)]));
        sim.gift(&stream, "ada", 5);
        assert_eq!(shown(), (json!(10), vec![json!(5)]));
        sim.gift(&stream, "ada", 1);
        assert_eq!(shown(), (json!(11), vec![json!(1), json!(5)]));
    }

    #[test]
    fn rants_leave_when_they_expire_only_when_asked() {
        let sim = Sim::new(1);
        let stream = sim.start_stream("s");
        sim.rant(&stream, "ada", "a dollar", 100);
        sim.rant(&stream, "ada", "ten dollars", 1000);
        let listed = || streams(&sim)[0]["chat"]["recent_rants"].as_array().unwrap().len();
        sim.advance(std::time::Duration::from_secs(120));
        assert_eq!(listed(), 2);
        sim.rants_leave_when_expired(true);
        assert_eq!(listed(), 1);
        sim.advance(std::time::Duration::from_secs(480));
        assert_eq!(listed(), 0);
    }

    #[test]
    fn mistake_of_a_script_panics_and_leaves_the_account_as_it_was() {
        let sim = Sim::new(1);
        let stream = sim.start_stream("s");
        let before = (sim.history(), sim.snapshot_json());
        let mistakes: [&dyn Fn(); 10] = [
            &|| sim.unfollow("nobody"),
            &|| sim.lapse("nobody"),
            &|| sim.delete_rant(&stream, "ada", "hi"),
            &|| sim.clear_chat(&StreamId::from("zzz")),
            &|| sim.gift(&StreamId::from("zzz"), "ada", 1),
            &|| sim.claim_gift(&stream, "ada"),
            &|| sim.end_stream(&StreamId::from("zzz")),
            &|| sim.message(&StreamId::from("zzz"), "ada", "hi"),
            &|| sim.rant(&StreamId::from("zzz"), "ada", "hi", 100),
            &|| sim.delete_message(&stream, "ada", "hi"),
        ];
        for mistake in mistakes {
            assert!(catch_unwind(AssertUnwindSafe(mistake)).is_err());
            assert_eq!((sim.history(), sim.snapshot_json()), before);
        }
    }
}
