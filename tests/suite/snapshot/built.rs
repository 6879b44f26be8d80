//! Snapshots and their parts as a bot's own tests build them.

use std::collections::{BTreeMap, HashMap, HashSet};

use rumble_live::{
    Account, AccountKind, Amount, Category, ChannelId, Event, Follower, Followers, GiftedSubs, Gifts, Livestream, Message, Rant, Snapshot,
    StreamId, Subscriber, Subscribers, Tracker, UserId, Visibility, Window,
};
use time::{Duration, OffsetDateTime, macros::datetime};

use super::{FIXTURES, decode, fixture};

const NOW: OffsetDateTime = datetime!(2026-09-14 20:30 UTC);

/// The answer `with-gifts.json` and the like in short, but by hand.
fn built() -> Snapshot {
    let ada = Follower::new("ada").with_followed_on(NOW).with_profile_pic_url("https://cdn.example.invalid/a.jpeg");
    let bob =
        Subscriber::new("bob", Amount::from_dollars(5)).with_subscribed_on(NOW).with_profile_pic_url("https://cdn.example.invalid/b.jpeg");
    let stream = StreamId::from("7c1f4q");
    let gift = GiftedSubs::new("cy", 5).with_remaining_gifts(2).with_gift_type("rumble").with_stream(&stream);
    let hello = Message::new(&stream, "ada", "hi").with_created_on(NOW).with_badges(["moderator", "premium"]).with_profile_pic_url("x");
    let rant = Rant::new(&stream, "bob", Amount::from_cents(1050), "yo")
        .with_created_on(NOW)
        .with_expires_on(NOW + Duration::minutes(2))
        .with_badges(vec![String::from("whale-blue")])
        .with_profile_pic_url("y");
    let live = Livestream::new(stream, "Harbour lights")
        .with_created_on(NOW)
        .with_scheduled_on(NOW)
        .with_visibility(Visibility::Unlisted)
        .with_primary_category(Category::new("gaming", "Gaming"))
        .with_secondary_category(Category::new("news", "News"))
        .with_likes(3)
        .with_dislikes(1)
        .with_watching_now(41)
        .with_messages([hello])
        .with_rants([rant]);
    Snapshot::builder(NOW, "4F2KX9")
        .max_num_results(10)
        .account(Account::new("4f2kx9").with_username("HarborlightLive").with_channel("7104422", "Harborlight Retro"))
        .followers(Followers::new([ada.clone()]).with_count(7).with_total(9).with_latest(ada))
        .subscribers(Subscribers::new([bob.clone()]).with_count(1).with_total(2).with_latest(bob))
        .gifted_subs(Gifts::new([gift.clone()]).with_count(5).with_latest(gift))
        .livestreams([live, Livestream::new("7c1f4r", "").with_live(false)])
        .build()
}

#[test]
fn built_snapshot_is_equal_to_the_answer_that_says_the_same() {
    let answer = r#"{
        "now": 1789417800, "type": "channel", "user_id": "4f2kx9", "username": "HarborlightLive", "max_num_results": 10,
        "channel_id": 7104422, "channel_name": "Harborlight Retro",
        "followers": {"num_followers": 7, "num_followers_total": 9, "latest_follower": FOLLOWER, "recent_followers": [FOLLOWER]},
        "subscribers": {"num_subscribers": 1, "num_subscribers_total": 2, "latest_subscriber": SUBSCRIBER, "recent_subscribers": [SUBSCRIBER]},
        "gifted_subs": {"num_gifted_subs": 5, "latest_gifted_sub": GIFT, "recent_gifted_subs": [GIFT]},
        "livestreams": [{
            "id": "7c1f4q", "title": "Harbour lights", "created_on": "STAMP", "scheduled_on": "STAMP", "is_live": true, "visibility": "unlisted",
            "categories": {"primary": {"slug": "gaming", "title": "Gaming"}, "secondary": {"slug": "news", "title": "News"}},
            "likes": 3, "dislikes": 1, "watching_now": 41, "chat": {
                "recent_messages": [{"username": "ada", "text": "hi", "created_on": "STAMP", "badges": ["moderator", "premium"], "profile_pic_url": "x"}],
                "recent_rants": [{"username": "bob", "text": "yo", "created_on": "STAMP", "expires_on": "2026-09-14T20:32:00Z",
                    "badges": ["whale-blue"], "amount_cents": 1050, "profile_pic_url": "y"}]
            }
        }, {"id": "7c1f4r", "is_live": false, "chat": {"recent_messages": [], "recent_rants": []}}]
    }"#
    .replace("FOLLOWER", r#"{"username": "ada", "followed_on": "STAMP", "profile_pic_url": "https://cdn.example.invalid/a.jpeg"}"#)
    .replace("SUBSCRIBER", r#"{"username": "bob", "amount_cents": 500, "subscribed_on": "STAMP", "profile_pic_url": "https://cdn.example.invalid/b.jpeg"}"#)
    .replace("GIFT", r#"{"purchased_by": "cy", "total_gifts": 5, "remaining_gifts": 2, "gift_type": "rumble", "video_id": 443484890}"#)
    .replace("STAMP", "2026-09-14T16:30:00-04:00");
    let (built, decoded) = (built(), decode(answer));
    assert_eq!(serde_json::to_value(&built).unwrap(), serde_json::to_value(&decoded).unwrap());
    assert_eq!(built, decoded);
    assert_eq!(HashSet::from([built, decoded]).len(), 1, "equal ones hash alike");
}

#[test]
fn snapshot_is_built_in_a_line_and_lists_nothing() {
    let snapshot = Snapshot::builder(NOW, "4f2kx9").build();
    assert_eq!((snapshot.now(), snapshot.max_num_results(), snapshot.skipped()), (NOW, 50, 0));
    assert_eq!((&snapshot.account().kind, snapshot.account().user_id.as_ref().unwrap()), (&AccountKind::User, &UserId::from("4f2kx9")));
    let sent = [
        snapshot.followers().recent.was_sent(),
        snapshot.subscribers().recent.was_sent(),
        snapshot.gifted_subs().recent.was_sent(),
        snapshot.livestreams().was_sent(),
    ];
    assert_eq!(sent, [true; 4]);
    assert_eq!(Snapshot::builder(NOW, "a").max_num_results(0).build().max_num_results(), 1);
    assert_eq!(Snapshot::builder(NOW, "a").max_num_results(usize::MAX).build().max_num_results(), 1000);
}

#[test]
fn built_snapshots_drive_a_tracker() {
    let first = Snapshot::builder(NOW, "4f2kx9").livestreams([Livestream::new("7c1f4q", "Harbour lights")]);
    let ten_seconds_later = NOW + Duration::seconds(10);
    let rant = Rant::new("", "ada", Amount::from_dollars(5), "for the lamp").with_created_on(ten_seconds_later);
    let second = first.clone().now(ten_seconds_later).livestreams([Livestream::new("7c1f4q", "Harbour lights").with_rants([rant])]);
    let mut tracker = Tracker::new();
    tracker.apply(&first.build());
    let events = tracker.apply(&second.build());
    let [Event::Rant(rant)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(rant.to_string(), "[7c1f4q] ada ranted $5.00: for the lamp", "a rant is of the livestream that it was put into");
}

#[test]
fn list_is_built_with_all_that_it_tells() {
    let followers = || ["ada", "bob"].map(Follower::new);
    let lists = [Window::from(followers()), Window::from(followers().to_vec()), followers().into_iter().collect()];
    for list in lists {
        assert_eq!((list.len(), list.skipped(), list.was_sent()), (2, 0, true));
        let list = list.with_skipped(3);
        assert_eq!((list.len(), list.skipped(), list.was_sent()), (2, 3, true));
        let snapshot = Snapshot::builder(NOW, "a").followers(Followers::new(list)).build();
        assert_eq!(snapshot.skipped(), 3);
    }
    assert!(!Window::<Follower>::default().was_sent());
}

#[test]
fn ids_compare_with_text_and_are_found_by_it() {
    let stream = StreamId::from("7C1F4Q");
    let (text, owned) = ("7c1f4q", String::from("7c1f4q"));
    assert_eq!([stream == text, text == stream, stream == *text, *text == stream, stream == owned, owned == stream], [true; 6]);
    assert_ne!(stream, "7c1f4r");
    assert_ne!(stream, "7C1F4Q", "a text is compared as it is");
    assert_eq!("7C1F4Q".parse(), Ok(stream.clone()));
    assert_eq!((stream.as_ref() as &str, String::from(stream.clone())), ("7c1f4q", "7c1f4q".to_owned()));
    assert_eq!(StreamId::from_decimal(443_484_890), stream);
    let by_hash = HashMap::from([(stream.clone(), 1)]);
    let by_order = BTreeMap::from([(StreamId::from("a"), 1), (stream, 2), (StreamId::from("b"), 3)]);
    assert_eq!((by_hash.get("7c1f4q"), by_order.get("7c1f4q"), by_order.get("c")), (Some(&1), Some(&2), None));
    let (user, channel) = (UserId::from("A"), ChannelId::from("A"));
    assert_eq!(user, "a");
    assert_eq!(channel, "a");
}

#[test]
fn livestream_tells_whether_it_is_live_and_its_categories() {
    for (live, is_live) in [(Some(true), true), (Some(false), false), (None, false)] {
        let mut stream = Livestream::new("s", "");
        stream.live = live;
        assert_eq!(stream.is_live(), is_live);
    }
    let (gaming, news) = (Category::new("gaming", "Gaming"), Category::new("news", "News"));
    let stream = Livestream::new("s", "");
    assert_eq!(stream.categories().count(), 0);
    let stream = stream.with_secondary_category(news.clone());
    assert_eq!(stream.categories().collect::<Vec<_>>(), [&news]);
    let stream = stream.with_primary_category(gaming.clone());
    assert_eq!(stream.categories().collect::<Vec<_>>(), [&gaming, &news]);
}

#[test]
fn parts_of_a_snapshot_are_keys_of_a_set() {
    for name in FIXTURES {
        let (one, other) = (decode(fixture(name)), decode(fixture(name)));
        let mut set = HashSet::new();
        assert!(set.insert(one.clone()) && !set.insert(other), "{name}");
        let streams: HashSet<&Livestream> = one.livestreams().iter().collect();
        assert_eq!(streams.len(), one.livestreams().len());
        let messages: HashSet<&Message> = one.livestreams().iter().flat_map(|stream| &stream.chat.recent_messages).collect();
        assert!(messages.len() <= 200);
    }
}
