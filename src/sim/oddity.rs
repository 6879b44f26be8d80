//! Makes answers differ from the usual: other offsets, padding, renamed fields,
//! or whatever a test makes of them.
//!
//! The offset and the shift of followers are applied while the answer is
//! written, because they depend on the time itself. All others change the JSON
//! that was written, in this order: renames, padding, and the test's own edit,
//! which so has the last word. Without any of them the bytes go out as they
//! are, and nothing is parsed.

use std::{fmt, sync::Arc};

use serde_json::{Map, Value, json};
use time::UtcOffset;

use super::Sim;

/// The lists of an answer, each with the field beside it that repeats its
/// newest entry.
const LISTS: [(&str, Option<&str>); 6] = [
    ("recent_followers", Some("latest_follower")),
    ("recent_subscribers", Some("latest_subscriber")),
    ("recent_gifted_subs", Some("latest_gifted_sub")),
    ("livestreams", None),
    ("recent_messages", Some("latest_message")),
    ("recent_rants", Some("latest_rant")),
];

/// # Oddities
///
/// Each of these changes how answers show the account from the next answer on,
/// including [`snapshot_json`](Self::snapshot_json). Nothing happens in the
/// account, so the history does not change. The live chat does not change
/// either.
impl Sim {
    /// Sets the offset with which followers' timestamps are written, cut to
    /// whole minutes. The times themselves stay the same. Default: −04:00, as
    /// in the official example, although all other timestamps there have
    /// +00:00.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::time::UtcOffset;
    ///
    /// let sim = rumble_live::sim::Sim::new(42);
    /// sim.follow("ada");
    /// // The end of summer time.
    /// sim.followers_at_offset(UtcOffset::from_hms(-5, 0, 0).unwrap());
    /// let body: serde_json::Value =
    ///     serde_json::from_slice(&sim.snapshot_json()).unwrap();
    /// let ada = &body["followers"]["latest_follower"];
    /// assert_eq!(ada["followed_on"], "2026-01-01T22:00:00-05:00");
    /// ```
    pub fn followers_at_offset(&self, offset: UtcOffset) {
        self.world().oddities.followed_on_offset = offset;
    }

    /// Shifts the timestamps of all followers, present and future, away from
    /// the true time. For example, a server that writes the local time of
    /// summer with the offset of winter is an hour wrong. Zero corrects them
    /// again. A later call replaces the earlier one; shifts do not add up.
    ///
    /// # Examples
    ///
    /// Ten followers who all moved by an hour are the same ten followers:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Snapshot, Tracker, sim::Sim, time};
    ///
    /// let sim = Sim::new(42);
    /// for number in 0..10 {
    ///     sim.follow(&format!("fan{number}"));
    ///     sim.advance(Duration::from_secs(1));
    /// }
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    ///
    /// sim.shift_followers(-time::Duration::HOUR);
    /// assert_eq!(tracker.apply(&look()), []);
    /// ```
    pub fn shift_followers(&self, by: time::Duration) {
        self.world().oddities.followed_on_shift = by;
    }

    /// Adds `count` blank entries at the end of each list, like a proxy on the
    /// broadcaster's machine that always sends objects. They have no name and
    /// no amount. Their timestamps are in turn blank and the present second. A
    /// `latest_` entry that would be null is blank too. The counters do not
    /// change. 0 ends it.
    ///
    /// # Examples
    ///
    /// A list that looks full may hold nobody. A [`Snapshot`](crate::Snapshot)
    /// leaves padding out, and does not count it as unreadable:
    ///
    /// ```
    /// use rumble_live::{Snapshot, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// sim.pad_lists(3);
    /// let body: serde_json::Value =
    ///     serde_json::from_slice(&sim.snapshot_json()).unwrap();
    /// let followers =
    ///     body["followers"]["recent_followers"].as_array().unwrap();
    /// assert_eq!(followers.len(), 3);
    ///
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// assert!(snapshot.followers().recent.is_empty());
    /// assert_eq!(snapshot.skipped(), 0);
    /// ```
    pub fn pad_lists(&self, count: usize) {
        self.world().oddities.padding = count;
    }

    /// Renames a field in each entry of a list, as a new version of the API
    /// might, so a client cannot read the entries any more. The lists are
    /// `recent_followers`, `recent_subscribers`, `recent_gifted_subs`,
    /// `livestreams`, `recent_messages` and `recent_rants`. The `latest_` entry
    /// beside a list is renamed too. To undo it, pass the field's own name as
    /// the new name.
    ///
    /// # Panics
    ///
    /// If there is no such list.
    ///
    /// # Examples
    ///
    /// A bot that hears nothing of a new follower at least says that there is
    /// something it cannot read:
    ///
    /// ```
    /// use rumble_live::{Snapshot, Tracker, sim::Sim};
    ///
    /// let sim = Sim::new(42);
    /// let look = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&look());
    ///
    /// sim.rename_field("recent_followers", "username", "display_name");
    /// sim.follow("ada");
    /// let events = tracker.apply(&look());
    /// let said: Vec<_> = events.iter().map(ToString::to_string).collect();
    /// assert_eq!(said, ["1 of the followers cannot be read"]);
    /// ```
    #[track_caller]
    pub fn rename_field(&self, list: &str, field: &str, name: &str) {
        let Some((list, latest)) = LISTS.into_iter().find(|(known, _)| *known == list) else {
            panic!("an answer has no list {list:?}");
        };
        let renames = &mut self.world().oddities.renames;
        renames.retain(|known| known.list != list || known.field != field);
        if field != name {
            renames.push(Rename { list, latest, field: field.into(), name: name.into() });
        }
    }

    /// Passes each answer to `edit` before it is sent, for anything else that
    /// may come: a field of another type, a missing list, one broken entry. A
    /// later call replaces the earlier one; pass `|_| {}` to end it.
    ///
    /// `edit` must not call this account, because the account waits for it.
    ///
    /// # Examples
    ///
    /// A counter that becomes a word breaks the counter, and not the list:
    ///
    /// ```
    /// use rumble_live::{Snapshot, sim::Sim};
    /// use serde_json::json;
    ///
    /// let sim = Sim::new(42);
    /// sim.follow("ada");
    /// sim.edit_answers(|answer| {
    ///     answer["followers"]["num_followers"] = json!("one")
    /// });
    /// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
    /// let followers = snapshot.followers();
    /// assert_eq!((followers.count, followers.recent.len()), (None, 1));
    /// ```
    pub fn edit_answers(&self, edit: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.world().oddities.edit = Some(Edit(Arc::new(edit)));
    }
}

/// All of them, as they are set at present.
#[derive(Debug)]
pub(super) struct Oddities {
    pub(super) followed_on_offset: UtcOffset,
    pub(super) followed_on_shift: time::Duration,
    padding: usize,
    renames: Vec<Rename>,
    edit: Option<Edit>,
}

/// A field that has another name in the entries of a list.
#[derive(Debug)]
struct Rename {
    list: &'static str,
    latest: Option<&'static str>,
    field: String,
    name: String,
}

/// A test's own change of an answer.
struct Edit(Arc<dyn Fn(&mut Value) + Send + Sync>);

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Edit")
    }
}

impl Oddities {
    /// An account that answers as usual. The offset is that of the official
    /// example.
    pub(super) fn none() -> Self {
        let four_hours_west = UtcOffset::from_whole_seconds(-4 * 3600).unwrap_or(UtcOffset::UTC);
        Self { followed_on_offset: four_hours_west, followed_on_shift: time::Duration::ZERO, padding: 0, renames: Vec::new(), edit: None }
    }

    /// The body as it is to be sent. `now` is the timestamp of padding that has
    /// one.
    pub(super) fn apply(&self, body: Vec<u8>, now: &str) -> Vec<u8> {
        if self.padding == 0 && self.renames.is_empty() && self.edit.is_none() {
            return body;
        }
        // This simulator wrote it, so it can be read.
        let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        for rename in &self.renames {
            rename.apply(&mut answer);
        }
        if self.padding > 0 {
            pad(&mut answer, self.padding, now);
        }
        if let Some(Edit(edit)) = &self.edit {
            edit(&mut answer);
        }
        serde_json::to_vec(&answer).unwrap_or_default()
    }
}

impl Rename {
    /// Renames it wherever its list is in `value`, at any depth: each stream
    /// has lists of its own.
    fn apply(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.apply(item)),
            Value::Object(fields) => {
                for (key, value) in fields {
                    if key == self.list {
                        value.as_array_mut().into_iter().flatten().for_each(|entry| self.entry(entry));
                    } else if self.latest.is_some_and(|latest| key == latest) {
                        self.entry(value);
                    }
                    self.apply(value);
                }
            }
            _ => {}
        }
    }

    /// Renames it in one entry. An entry without the field stays as it is.
    fn entry(&self, entry: &mut Value) {
        if let Some(fields) = entry.as_object_mut()
            && let Some(value) = fields.remove(&self.field)
        {
            fields.insert(self.name.clone(), value);
        }
    }
}

/// Pads every list in `value`, except the chats of blank streams.
fn pad(value: &mut Value, count: usize, now: &str) {
    let Some(fields) = value.as_object_mut() else { return };
    for (key, value) in fields.iter_mut() {
        if key == "livestreams" {
            value.as_array_mut().into_iter().flatten().for_each(|stream| pad(stream, count, now));
        } else if !LISTS.iter().any(|(list, _)| key == list) {
            pad(value, count, now);
        }
    }
    for (list, latest) in LISTS {
        if let Some(entries) = fields.get_mut(list).and_then(Value::as_array_mut) {
            entries.extend((0..count).map(|number| blank(list, if number % 2 == 0 { "" } else { now })));
        }
        if let Some(latest) = latest.and_then(|latest| fields.get_mut(latest)).filter(|latest| latest.is_null()) {
            *latest = blank(list, "");
        }
    }
}

/// A blank entry of a list, with the fields that this list has.
fn blank(list: &str, stamp: &str) -> Value {
    let mut entry = match list {
        "recent_followers" => json!({"username": "", "followed_on": stamp}),
        "recent_subscribers" => json!({"user": "", "username": "", "amount_cents": 0, "amount_dollars": 0, "subscribed_on": stamp}),
        "recent_gifted_subs" => json!({"purchased_by": "", "total_gifts": 0, "remaining_gifts": 0, "video_id": 0, "gift_type": ""}),
        "livestreams" => json!({"id": "", "title": "", "created_on": stamp, "is_live": false, "chat": {}}),
        _ => json!({"username": "", "badges": [], "text": "", "created_on": stamp}),
    };
    if list == "recent_rants" {
        let money = json!({"expires_on": stamp, "amount_cents": 0, "amount_dollars": 0});
        entry.as_object_mut().into_iter().for_each(|entry| entry.extend(money.as_object().cloned().unwrap_or_else(Map::new)));
    }
    entry
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Snapshot;

    fn account() -> Sim {
        let sim = Sim::new(1);
        let stream = sim.start_stream("s");
        sim.follow("ada");
        sim.subscribe("ada", 500);
        sim.gift(&stream, "ada", 5);
        sim.message(&stream, "ada", "hi");
        sim.rant(&stream, "ada", "!", 100);
        sim
    }

    fn body(sim: &Sim) -> Value {
        serde_json::from_slice(&sim.snapshot_json()).unwrap()
    }

    fn followed_on(sim: &Sim) -> String {
        body(sim)["followers"]["recent_followers"][0]["followed_on"].as_str().unwrap().to_owned()
    }

    #[test]
    fn offset_of_followers_changes_how_an_instant_is_written_and_a_shift_changes_the_instant() {
        let sim = account();
        let read = || Snapshot::from_json(&sim.snapshot_json()).unwrap().followers().recent.first().unwrap().followed_on;
        assert_eq!(followed_on(&sim), "2026-01-01T23:00:00-04:00");
        for (seconds, written) in
            [(-5 * 3600, "2026-01-01T22:00:00-05:00"), (0, "2026-01-02T03:00:00+00:00"), (20_759, "2026-01-02T08:45:00+05:45")]
        {
            sim.followers_at_offset(UtcOffset::from_whole_seconds(seconds).unwrap());
            assert_eq!(followed_on(&sim), written);
            assert_eq!(read(), sim.now());
        }
        sim.shift_followers(-time::Duration::HOUR);
        assert_eq!(read(), sim.now() - time::Duration::HOUR);
        assert_eq!(sim.history()[1].at, sim.now(), "what truly happened stays");
        sim.shift_followers(time::Duration::ZERO);
        assert_eq!(read(), sim.now());
    }

    #[test]
    fn every_list_is_padded_with_entries_that_name_nobody_and_carry_no_money() {
        let sim = account();
        sim.end_stream(&sim.schedule_stream("gone"));
        let plain = body(&sim);
        sim.advance(Duration::from_secs(1));
        sim.pad_lists(2);
        let padded = body(&sim);
        let chat = |body: &Value| body["livestreams"][0]["chat"].clone();
        for (list, plain, padded) in [
            ("recent_followers", &plain["followers"], &padded["followers"]),
            ("recent_subscribers", &plain["subscribers"], &padded["subscribers"]),
            ("recent_gifted_subs", &plain["gifted_subs"], &padded["gifted_subs"]),
            ("recent_messages", &chat(&plain), &chat(&padded)),
            ("recent_rants", &chat(&plain), &chat(&padded)),
        ] {
            let (plain, padded) = (plain[list].as_array().unwrap(), padded[list].as_array().unwrap());
            assert_eq!((padded.len(), &padded[0]), (3, &plain[0]), "{list}");
            for blank in &padded[1..] {
                let name = blank.get("username").or(blank.get("purchased_by"));
                assert_eq!(name, Some(&json!("")), "{list}");
                assert!(blank.get("amount_cents").is_none_or(|amount| *amount == 0), "{list}");
            }
        }
        let stamps: Vec<_> =
            padded["followers"]["recent_followers"].as_array().unwrap().iter().map(|entry| &entry["followed_on"]).collect();
        assert_eq!(stamps, ["2026-01-01T23:00:00-04:00", "", "2026-01-02T03:00:01+00:00"]);
        assert_eq!((padded["livestreams"].as_array().unwrap().len(), &padded["livestreams"][1]["id"]), (3, &json!("")));
        sim.pad_lists(0);
        assert_eq!(body(&sim)["followers"], plain["followers"]);
    }

    #[test]
    fn lists_of_an_empty_account_are_padding_alone() {
        let sim = Sim::new(1);
        sim.pad_lists(1);
        let followers = &body(&sim)["followers"];
        assert_eq!(
            (&followers["num_followers"], &followers["recent_followers"]),
            (&json!(0), &json!([{"username": "", "followed_on": ""}]))
        );
        assert_eq!(followers["latest_follower"], followers["recent_followers"][0]);
    }

    #[test]
    fn renamed_field_is_renamed_in_its_list_alone_until_it_gets_its_name_back() {
        let sim = account();
        let plain = body(&sim);
        sim.rename_field("recent_rants", "username", "name");
        let renamed = body(&sim);
        let chat = &renamed["livestreams"][0]["chat"];
        for entry in [&chat["recent_rants"][0], &chat["latest_rant"]] {
            assert_eq!((entry.get("username"), &entry["name"]), (None, &json!("ada")));
        }
        assert_eq!(chat["recent_messages"][0]["username"], "ada");
        assert_eq!(renamed["followers"], plain["followers"]);
        assert_eq!(Snapshot::from_json(&sim.snapshot_json()).unwrap().skipped(), 0, "money is told even if it names nobody");
        sim.rename_field("livestreams", "title", "name");
        assert_eq!(body(&sim)["livestreams"][0]["name"], "s");
        sim.rename_field("livestreams", "title", "title");
        sim.rename_field("recent_rants", "username", "username");
        assert_eq!(body(&sim), plain);
    }

    #[test]
    #[should_panic(expected = "an answer has no list \"followers\"")]
    fn list_that_no_answer_has_is_the_script_s_mistake() {
        Sim::new(1).rename_field("followers", "username", "name");
    }

    #[test]
    fn edit_is_the_last_word_on_every_answer() {
        let sim = account();
        sim.pad_lists(1);
        sim.edit_answers(|answer| {
            let followers = answer["followers"]["recent_followers"].as_array().unwrap().len();
            *answer = json!({"now": answer["now"], "padded": followers});
        });
        assert_eq!(body(&sim), json!({"now": 1_767_322_800, "padded": 2}));
        assert_eq!(*sim.answer().unwrap().body.as_bytes().unwrap(), sim.snapshot_json());
    }
}
