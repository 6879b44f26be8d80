//! The state of the simulated account and the rules by which it changes. No
//! I/O.
//!
//! What can be made up later takes the time at which it happens (`at`), because
//! it belongs to an earlier second. Each change checks first, then changes the
//! lists and the chat, and records what happened last. So a mistake of a
//! script, which panics, leaves nothing half done. An ended stream is kept,
//! because it can go live again and because its page stays.

use fastrand::Rng;
use time::OffsetDateTime;

#[cfg(feature = "pages")]
use super::pages::Pages;
#[cfg(feature = "session")]
use super::session::Sessions;
#[cfg(feature = "upload")]
use super::upload::Uploads;
use super::{
    chat::state::{ChatRoom, Chats, Notice},
    clock::{Clock, whole_second},
    fault::Faults,
    history::{Happened, What},
    list::List,
    oddity::Oddities,
    servers::Second,
    stamp::badges,
};
use crate::{StreamId, UserId};

/// The distance between the ids of one account. Any number would do that makes
/// them look different.
const ID_STEP: u64 = 7919;
/// How many entries of a list are kept, unless the list shows more.
const MOST_ENTRIES: usize = 1000;
/// How many entries of the history are kept on the wall clock.
const MOST_HISTORY: usize = 50_000;
/// How many of the newest streams are kept on the wall clock. Older ones are
/// kept only while they are listed.
const MOST_ENDED_STREAMS: usize = 20;

/// Everything about one account.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) clock: Clock,
    pub(super) user_id: UserId,
    pub(super) max_num_results: usize,
    pub(super) rants_in_chat: bool,
    pub(super) rants_leave_when_expired: bool,
    pub(super) equal_gifts_in_one_entry: bool,
    pub(super) followers: List<String>,
    pub(super) subscribers: List<Paid>,
    pub(super) gifts: List<Gift>,
    pub(super) num_gifted_subs: u64,
    /// In the order of their creation. Includes ended streams, because they can
    /// come back.
    pub(super) streams: Vec<Stream>,
    first_video_id: u64,
    next_video_id: u64,
    pub(super) oddities: Oddities,
    pub(super) second: Option<Second>,
    pub(super) faults: Faults,
    pub(super) answers: u64,
    pub(super) chats: Chats,
    #[cfg(feature = "pages")]
    pub(super) pages: Pages,
    #[cfg(feature = "session")]
    pub(super) sessions: Sessions,
    #[cfg(feature = "upload")]
    pub(super) uploads: Uploads,
    /// The second in which what happens now happens, counted from the start.
    pub(super) second_now: u64,
    pub(super) history: Vec<Happened>,
}

/// A subscription.
#[derive(Debug)]
pub(super) struct Paid {
    pub(super) username: String,
    pub(super) amount_cents: u64,
}

/// A purchase of subscriptions for others.
#[derive(Debug)]
pub(super) struct Gift {
    pub(super) stream: StreamId,
    pub(super) video_id: u64,
    pub(super) purchased_by: String,
    pub(super) total_gifts: u64,
    pub(super) remaining_gifts: u64,
}

/// A stream: announced, live, stopped or ended.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) id: StreamId,
    pub(super) video_id: u64,
    pub(super) title: String,
    pub(super) created_on: OffsetDateTime,
    pub(super) scheduled_on: OffsetDateTime,
    /// When it last went live, if it ever did, and when it stopped.
    pub(super) started_on: Option<OffsetDateTime>,
    pub(super) ended_on: Option<OffsetDateTime>,
    pub(super) is_live: bool,
    /// Whether answers list it. False once it has ended.
    pub(super) is_listed: bool,
    /// Whether answers leave it out for now, although it is listed.
    pub(super) is_hidden: bool,
    pub(super) messages: List<Message>,
    pub(super) rants: List<Rant>,
    pub(super) chat: ChatRoom,
}

/// A line of chat, as polls show it.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) username: String,
    pub(super) text: String,
}

/// A line of chat that was paid for, as polls show it.
#[derive(Debug)]
pub(super) struct Rant {
    pub(super) message: Message,
    pub(super) amount_cents: u64,
}

impl World {
    /// The badges that a user wears: the one of their role, if they have one,
    /// and those they always wear.
    #[cfg_attr(not(feature = "session"), expect(clippy::unused_self, reason = "nobody has a role without sessions"))]
    pub(super) fn badges(&self, username: &str) -> Vec<&'static str> {
        #[cfg(feature = "session")]
        let of_role = self.sessions.badge(username);
        #[cfg(not(feature = "session"))]
        let of_role: Option<&'static str> = None;
        let always = badges(username).iter().copied().filter(|badge| Some(*badge) != of_role);
        of_role.into_iter().chain(always).collect()
    }

    /// An account in which nothing has happened.
    pub(super) fn new(seed: u64, clock: Clock) -> Self {
        let mut rng = Rng::with_seed(seed);
        let user_id = UserId::from_decimal(rng.u64(100_000_000..2_000_000_000));
        let first_video_id = rng.u64(400_000_000..500_000_000);
        Self {
            seed,
            clock,
            user_id,
            max_num_results: 50,
            rants_in_chat: false,
            rants_leave_when_expired: false,
            equal_gifts_in_one_entry: false,
            followers: List::new(),
            subscribers: List::new(),
            gifts: List::new(),
            num_gifted_subs: 0,
            streams: Vec::new(),
            first_video_id,
            next_video_id: first_video_id,
            oddities: Oddities::none(),
            second: None,
            faults: Faults::default(),
            answers: 0,
            chats: Chats::default(),
            #[cfg(feature = "pages")]
            pages: Pages::default(),
            #[cfg(feature = "session")]
            sessions: Sessions::default(),
            #[cfg(feature = "upload")]
            uploads: Uploads::default(),
            second_now: 0,
            history: Vec::new(),
        }
    }

    pub(super) fn follow(&mut self, at: OffsetDateTime, username: &str) {
        self.followers.add(at, username.into());
        self.record(at, What::Follow { username: username.into() });
    }

    #[track_caller]
    pub(super) fn unfollow(&mut self, at: OffsetDateTime, username: &str) {
        let removed = self.followers.remove(|follower| follower == username);
        assert!(removed, "{username:?} does not follow, so cannot unfollow");
        self.record(at, What::Unfollow { username: username.into() });
    }

    pub(super) fn subscribe(&mut self, at: OffsetDateTime, username: &str, amount_cents: u64) {
        self.subscribers.add(at, Paid { username: username.into(), amount_cents });
        self.record(at, What::Subscribe { username: username.into(), amount_cents });
    }

    #[track_caller]
    pub(super) fn lapse(&mut self, at: OffsetDateTime, username: &str) {
        let removed = self.subscribers.remove(|paid| paid.username == username);
        assert!(removed, "{username:?} does not subscribe, so no subscription can lapse");
        self.record(at, What::SubscriptionLapsed { username: username.into() });
    }

    #[track_caller]
    pub(super) fn gift(&mut self, at: OffsetDateTime, stream: &StreamId, purchased_by: &str, total_gifts: u64) {
        let Stream { id, video_id, .. } = self.stream(stream);
        let (stream, video_id) = (id.clone(), *video_id);
        let is_equal = |gift: &Gift| gift.stream == stream && gift.purchased_by == purchased_by && gift.total_gifts == total_gifts;
        let equal = self.gifts.find_mut(is_equal).filter(|_| self.equal_gifts_in_one_entry);
        if let Some(gift) = equal {
            gift.remaining_gifts = gift.remaining_gifts.saturating_add(total_gifts);
        } else {
            let (stream, purchased_by) = (stream.clone(), purchased_by.into());
            self.gifts.add(at, Gift { stream, video_id, purchased_by, total_gifts, remaining_gifts: total_gifts });
        }
        self.num_gifted_subs = self.num_gifted_subs.saturating_add(total_gifts);
        self.tell_gift(&stream, purchased_by, total_gifts);
        self.record(at, What::Gift { stream, purchased_by: purchased_by.into(), total_gifts });
    }

    /// Takes one from the newest gift that has any left and for which `is`
    /// holds. False if there is none.
    pub(super) fn claim_gift(&mut self, at: OffsetDateTime, is: impl Fn(&Gift) -> bool) -> bool {
        let Some(gift) = self.gifts.find_mut(|gift| gift.remaining_gifts > 0 && is(gift)) else {
            return false;
        };
        gift.remaining_gifts -= 1;
        let what = What::GiftClaimed { stream: gift.stream.clone(), purchased_by: gift.purchased_by.clone() };
        self.record(at, what);
        true
    }

    /// An id for a video that is not a stream.
    #[cfg(feature = "upload")]
    pub(super) fn new_video_id(&mut self) -> StreamId {
        let video_id = self.next_video_id;
        self.next_video_id += ID_STEP;
        StreamId::from_decimal(video_id)
    }

    /// Adds a stream that is listed and not live.
    pub(super) fn add_stream(&mut self, at: OffsetDateTime, title: &str, scheduled_on: OffsetDateTime) -> StreamId {
        let video_id = self.next_video_id;
        self.next_video_id += ID_STEP;
        self.add_stream_with(video_id, at, title, scheduled_on)
    }

    fn add_stream_with(&mut self, video_id: u64, at: OffsetDateTime, title: &str, scheduled_on: OffsetDateTime) -> StreamId {
        let id = StreamId::from_decimal(video_id);
        self.streams.push(Stream {
            id: id.clone(),
            video_id,
            title: title.into(),
            created_on: at,
            scheduled_on,
            started_on: None,
            ended_on: None,
            is_live: false,
            is_listed: true,
            is_hidden: false,
            messages: List::new(),
            rants: List::new(),
            chat: ChatRoom::default(),
        });
        id
    }

    pub(super) fn start_stream(&mut self, at: OffsetDateTime, title: &str) -> StreamId {
        let id = self.add_stream(at, title, at);
        self.go_live(at, &id);
        id
    }

    /// Starts the stream of an hour. Its id follows from the hour, and no other
    /// stream has it.
    pub(super) fn start_show(&mut self, at: OffsetDateTime, hour: u64, title: &str) -> StreamId {
        let id = self.add_stream_with(self.first_video_id.saturating_add(1).saturating_add(hour.saturating_mul(ID_STEP)), at, title, at);
        self.go_live(at, &id);
        id
    }

    /// Drops what lies far behind what the lists show, so the account can run
    /// for days.
    pub(super) fn forget_the_oldest(&mut self) {
        let most = self.max_num_results.max(MOST_ENTRIES);
        self.followers.forget_all_but(most);
        self.subscribers.forget_all_but(most);
        self.gifts.forget_all_but(most);
        let old = self.streams.len().saturating_sub(MOST_ENDED_STREAMS);
        let mut place = 0;
        self.streams.retain(|stream| {
            place += 1;
            place > old || stream.is_listed
        });
        for stream in &mut self.streams {
            stream.messages.forget_all_but(most);
            stream.rants.forget_all_but(most);
        }
        self.history.drain(..self.history.len().saturating_sub(MOST_HISTORY));
    }

    /// Puts a stream on air. It is recorded only if it was not.
    #[track_caller]
    pub(super) fn go_live(&mut self, at: OffsetDateTime, stream: &StreamId) {
        let stream = self.stream_mut(stream);
        stream.is_listed = true;
        if !std::mem::replace(&mut stream.is_live, true) {
            stream.started_on = Some(at);
            let what = What::StreamStarted { stream: stream.id.clone(), title: stream.title.clone() };
            self.record(at, what);
        }
    }

    /// Takes a stream off air, which closes its chat. Without `stays_listed` it
    /// also leaves the list.
    #[track_caller]
    pub(super) fn stop_stream(&mut self, at: OffsetDateTime, stream: &StreamId, stays_listed: bool) {
        let stream = self.stream_mut(stream);
        stream.is_listed &= stays_listed;
        if std::mem::replace(&mut stream.is_live, false) {
            stream.ended_on = Some(at);
            let what = What::StreamEnded { stream: stream.id.clone() };
            self.record(at, what);
            self.chats.wake();
        }
    }

    /// Somebody writes in a chat. Either the chat or the polls may be told to
    /// leave it out.
    #[track_caller]
    pub(super) fn message(&mut self, at: OffsetDateTime, stream: &StreamId, username: &str, text: &str) {
        let at = whole_second(at);
        if self.say(at, stream, username, text, None) {
            self.stream_mut(stream).messages.add(at, Message::new(username, text));
        }
        self.record(at, What::Message { stream: stream.clone(), username: username.into(), text: text.into() });
    }

    /// Somebody pays for a line. It is a message too if rants are listed among
    /// them.
    #[track_caller]
    pub(super) fn rant(&mut self, at: OffsetDateTime, stream: &StreamId, username: &str, text: &str, amount_cents: u64) {
        let at = whole_second(at);
        let in_chat = self.rants_in_chat;
        let rant = Rant { message: Message::new(username, text), amount_cents };
        let notice = Notice::Rant { amount_cents, expires_on: rant.expires_on(at) };
        if self.say(at, stream, username, text, Some(notice)) {
            let chat = self.stream_mut(stream);
            chat.rants.add(at, rant);
            if in_chat {
                chat.messages.add(at, Message::new(username, text));
            }
        }
        self.record(at, What::Rant { stream: stream.clone(), username: username.into(), text: text.into(), amount_cents });
    }

    /// Deletes the newest such message from polls and chat, whichever has it.
    #[track_caller]
    pub(super) fn delete_message(&mut self, at: OffsetDateTime, stream: &StreamId, username: &str, text: &str) {
        let chat = self.stream_mut(stream);
        let removed = chat.messages.remove(|message| message.username == username && message.text == text);
        let removed = self.delete_line(stream, username, text, false) || removed;
        assert!(removed, "there is no message {text:?} by {username:?} in stream {stream:?} to delete");
        self.record(at, What::MessageDeleted { stream: stream.clone(), username: username.into(), text: text.into() });
    }

    /// Deletes the message or rant with this id. False if there is none.
    #[cfg(feature = "session")]
    pub(super) fn delete_by_id(&mut self, at: OffsetDateTime, stream: &StreamId, id: u64) -> bool {
        let Some((username, text)) = self.delete_line_of_id(stream, id) else { return false };
        let chat = self.stream_mut(stream);
        chat.messages.remove(|message| message.username == username && message.text == text);
        self.record(at, What::MessageDeleted { stream: stream.clone(), username, text });
        true
    }

    /// Deletes the newest such rant from polls and chat, whichever has it.
    #[track_caller]
    pub(super) fn delete_rant(&mut self, at: OffsetDateTime, stream: &StreamId, username: &str, text: &str) {
        let chat = self.stream_mut(stream);
        let removed = chat.rants.remove(|rant| rant.message.username == username && rant.message.text == text);
        let removed = self.delete_line(stream, username, text, true) || removed;
        assert!(removed, "there is no rant {text:?} by {username:?} in stream {stream:?} to delete");
        self.record(at, What::RantDeleted { stream: stream.clone(), username: username.into(), text: text.into() });
    }

    #[track_caller]
    pub(super) fn clear_chat(&mut self, at: OffsetDateTime, stream: &StreamId) {
        self.stream_mut(stream).messages.clear();
        self.clear_lines(stream);
        self.record(at, What::ChatCleared { stream: stream.clone() });
    }

    /// Notes what happened. Comes last in every change.
    pub(super) fn record(&mut self, at: OffsetDateTime, what: What) {
        self.history.push(Happened { at, what });
    }

    /// The stream with this id.
    ///
    /// # Panics
    ///
    /// If there is none: a mistake of the script.
    #[track_caller]
    pub(super) fn stream(&self, id: &StreamId) -> &Stream {
        // From the end, because the newest one is asked for most.
        let Some(stream) = self.streams.iter().rfind(|stream| stream.id == *id) else {
            panic!("this simulated account has no stream {id:?}");
        };
        stream
    }

    /// The stream with this id, to change it.
    ///
    /// # Panics
    ///
    /// If there is none: a mistake of the script.
    #[track_caller]
    pub(super) fn stream_mut(&mut self, id: &StreamId) -> &mut Stream {
        let Some(stream) = self.streams.iter_mut().rfind(|stream| stream.id == *id) else {
            panic!("this simulated account has no stream {id:?}");
        };
        stream
    }
}

impl Message {
    fn new(username: &str, text: &str) -> Self {
        Self { username: username.into(), text: text.into() }
    }
}

impl Rant {
    /// When it stops being shown to the viewers: after two minutes for a
    /// dollar, as documented, and later for more.
    pub(super) fn expires_on(&self, at: OffsetDateTime) -> OffsetDateTime {
        let shown_for = match self.amount_cents {
            0..500 => 120,
            500..1000 => 300,
            _ => 600,
        };
        at.saturating_add(time::Duration::seconds(shown_for))
    }
}
