//! Decides what to say: takes an event and the time, returns deeds. No I/O, and
//! no clock except the time that it is given.

use std::{collections::BTreeMap, time::Duration};

use rumble_live::{Event, GiftedSubs, Message, Rant, StreamId, StreamStarted, Subscriber, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    config::{BuiltIn, Config, Seconds},
    cool_down::CoolDowns,
    roles::Role,
    say::{Kind, Say},
    tally::Tally,
    template::Template,
    timers::Timers,
};

/// How many ended livestreams are remembered, in case one goes on after a
/// break.
const MOST_OVER: usize = 4;

/// The bot of one account.
#[derive(Debug)]
pub struct Bot {
    config: Config,
    commands: BTreeMap<String, Command>,
    /// Who the bot is in the chat. `None` if it does not speak.
    own: Option<Own>,
    memory: Memory,
    /// Whether the operator has hushed it, independently of the moderators.
    is_hushed: bool,
}

/// Who the bot is in the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    pub user_id: UserId,
    /// Its name, to recognise lines that only a poll has shown. They have no
    /// user id.
    pub username: Option<String>,
}

/// What a restart must not forget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Whether a moderator has hushed it.
    pub is_quiet: bool,
    /// When a moderator last hushed it or let it speak, in seconds of Unix
    /// time.
    switched_at: i64,
    cool_downs: CoolDowns,
    shows: BTreeMap<StreamId, Show>,
}

/// A livestream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Show {
    is_live: bool,
    /// In seconds of Unix time.
    started_at: i64,
    /// Whether the bot saw it begin.
    is_exact: bool,
    /// How many lines others have written.
    lines: u64,
    tally: Tally,
    timers: Timers,
}

/// What is known right now.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The server's time.
    pub at: OffsetDateTime,
    pub followers: Option<u64>,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Say something.
    Say(Say),
    /// Say nothing of what waits.
    Hush,
    /// Say nothing of what waits for this livestream.
    Leave(StreamId),
    /// Do nothing. Says why, for the log.
    Pass(Pass),
}

/// Something that the bot does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    pub user: String,
    /// The command, or what else it was.
    pub what: String,
    pub why: Why,
}

/// Why the bot does not answer something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was said this many seconds ago.
    TooOld(i64),
    /// This many seconds of a cool-down are left.
    CoolDown(u32),
    /// It is for a higher role.
    NotAllowed,
    /// The bot is quiet.
    Quiet,
}

#[derive(Debug)]
struct Command {
    action: Action,
    role: Role,
    cool_down: u32,
    user_cool_down: u32,
}

#[derive(Debug)]
enum Action {
    Uptime,
    Followers,
    Top,
    List,
    Say(Template),
}

impl Bot {
    /// A bot that does what the configuration says, and goes on from this
    /// memory.
    #[must_use]
    pub fn new(config: Config, own: Option<Own>, memory: Memory) -> Self {
        let commands = commands(&config);
        Self { config, commands, own, memory, is_hushed: false }
    }

    /// What a restart must not forget.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Forgets what no longer matters.
    pub fn tidy(&mut self, now: OffsetDateTime) {
        self.memory.cool_downs.forget_old(now.unix_timestamp());
        while self.memory.shows.values().filter(|show| !show.is_live).count() > MOST_OVER {
            let over = self.memory.shows.iter().filter(|(_, show)| !show.is_live);
            let Some(oldest) = over.min_by_key(|(_, show)| show.started_at).map(|(stream, _)| stream.clone()) else { return };
            self.memory.shows.remove(&oldest);
        }
    }

    /// The operator hushes the bot, or lets it speak again. This does not
    /// change what moderators have said.
    pub fn hush(&mut self, is_hushed: bool) -> Vec<Deed> {
        let is_new = is_hushed && !self.is_hushed;
        self.is_hushed = is_hushed;
        if is_new { vec![Deed::Hush] } else { Vec::new() }
    }

    fn is_quiet(&self) -> bool {
        self.memory.is_quiet || self.is_hushed
    }

    /// Decides what to do about an event.
    pub fn hear(&mut self, event: &Event, now: &Now) -> Vec<Deed> {
        match event {
            Event::Ready => {
                // A `StreamStarted` follows for each livestream that is live.
                self.memory.shows.values_mut().for_each(|show| show.is_live = false);
                Vec::new()
            }
            Event::StreamStarted(started) => {
                self.start(started);
                Vec::new()
            }
            Event::StreamEnded(ended) => {
                if let Some(show) = self.memory.shows.get_mut(&ended.stream) {
                    show.is_live = false;
                }
                vec![Deed::Leave(ended.stream.clone())]
            }
            Event::Message(message) => self.line(message, now),
            Event::Rant(rant) => self.rant(rant, now),
            Event::GiftedSubs(gift) => self.gift(gift),
            Event::Subscriber(subscriber) => self.subscriber(subscriber, now),
            _ => Vec::new(),
        }
    }

    /// Decides what is due by now, without any event.
    pub fn tick(&mut self, now: &Now) -> Vec<Deed> {
        if self.is_quiet() {
            return Vec::new();
        }
        let followers = now.followers.map_or_else(|| "many".to_owned(), |count| count.to_string());
        let mut deeds = Vec::new();
        for (stream, show) in self.memory.shows.iter_mut().filter(|(_, show)| show.is_live) {
            for (name, timer) in &self.config.timers {
                if show.timers.run_if_due(name, timer.every.get_ref().0, timer.lines.get(), now.at.unix_timestamp(), show.lines) {
                    let text = timer.text.fill(&[("followers", &followers)]);
                    deeds.push(Deed::Say(Say::new(stream, Kind::Timer, &text, Kind::Timer.fresh_for())));
                }
            }
        }
        deeds
    }

    fn start(&mut self, started: &StreamStarted) {
        let known = self.memory.shows.remove(&started.stream);
        let (since, is_exact) = match (&known, started.already_live) {
            (_, false) => (started.at.unix_timestamp(), true),
            (Some(known), true) => (known.started_at, known.is_exact),
            (None, true) => (started.created_on.unwrap_or(started.at).unix_timestamp(), false),
        };
        let (lines, tally, timers) = known.map(|known| (known.lines, known.tally, known.timers)).unwrap_or_default();
        let show = Show { is_live: true, started_at: since, is_exact, lines, tally, timers };
        self.memory.shows.insert(started.stream.clone(), show);
    }

    fn line(&mut self, message: &Message, now: &Now) -> Vec<Deed> {
        if self.is_own(message) {
            return Vec::new();
        }
        let show = self.memory.shows.get_mut(&message.stream).filter(|show| show.is_live);
        let is_live = show.is_some();
        if let Some(show) = show {
            show.lines += 1;
            show.tally.wrote(&message.username);
        }
        let Some(name) = name_of_command(&message.text) else { return Vec::new() };
        match name.as_str() {
            "quiet" | "speak" => self.switch(message, name == "quiet", now),
            _ if is_live => self.command(message, &name, now),
            _ => Vec::new(),
        }
    }

    /// Whether the bot itself wrote it, in this process or another.
    fn is_own(&self, message: &Message) -> bool {
        let Some(own) = &self.own else { return false };
        match message.author.as_ref().and_then(|author| author.user_id.as_ref()) {
            Some(user_id) => *user_id == own.user_id,
            None => own.username.as_ref() == Some(&message.username),
        }
    }

    fn switch(&mut self, message: &Message, to_quiet: bool, now: &Now) -> Vec<Deed> {
        let pass = |why| vec![Deed::Pass(Pass::new(&message.username, if to_quiet { "!quiet" } else { "!speak" }, why))];
        let at = message.created_on.unix_timestamp();
        if Role::of(&message.badges) < Role::Moderator {
            return pass(Why::NotAllowed);
        }
        // It holds however old it is, unless a moderator has said otherwise since.
        if at < self.memory.switched_at {
            return pass(Why::TooOld(now.at.unix_timestamp() - at));
        }
        self.memory.switched_at = at;
        let was_quiet = std::mem::replace(&mut self.memory.is_quiet, to_quiet);
        if to_quiet {
            return vec![Deed::Hush];
        }
        if !was_quiet || self.is_hushed {
            return Vec::new();
        }
        vec![match fresh_for(Kind::Answer, message.created_on, now) {
            Ok(fresh_for) => Deed::Say(Say::new(&message.stream, Kind::Answer, &format!("@{} I am back", message.username), fresh_for)),
            Err(why) => Deed::Pass(Pass::new(&message.username, "!speak", why)),
        }]
    }

    fn command(&mut self, message: &Message, name: &str, now: &Now) -> Vec<Deed> {
        let Some(command) = self.commands.get(name) else { return Vec::new() };
        let pass = |why| vec![Deed::Pass(Pass::new(&message.username, &format!("!{name}"), why))];
        if Role::of(&message.badges) < command.role {
            return pass(Why::NotAllowed);
        }
        if self.is_quiet() {
            return pass(Why::Quiet);
        }
        let fresh_for = match fresh_for(Kind::Answer, message.created_on, now) {
            Ok(fresh_for) => fresh_for,
            Err(why) => return pass(why),
        };
        let at = message.created_on.unix_timestamp();
        let keys = [format!("{} !{name}", message.stream), format!("{} @{}", message.stream, message.username)];
        let left = keys.iter().map(|key| self.memory.cool_downs.left(key, at)).max().unwrap_or_default();
        if left > 0 {
            return pass(Why::CoolDown(left));
        }
        for (key, length) in keys.into_iter().zip([command.cool_down, command.user_cool_down]) {
            self.memory.cool_downs.start(key, at, length);
        }
        let text = self.text(&command.action, message, now);
        vec![Deed::Say(Say::new(&message.stream, Kind::Answer, &text, fresh_for))]
    }

    fn text(&self, action: &Action, message: &Message, now: &Now) -> String {
        let user = &message.username;
        let show = self.memory.shows.get(&message.stream);
        match action {
            Action::Uptime => {
                let seconds = show.map_or(0, |show| now.at.unix_timestamp() - show.started_at);
                let about = if show.is_some_and(|show| show.is_exact) { "" } else { "about " };
                format!("@{user} live for {about}{}", span(seconds))
            }
            Action::Followers => match now.followers {
                Some(1) => format!("@{user} 1 follower"),
                Some(count) => format!("@{user} {count} followers"),
                None => format!("@{user} I do not know yet how many followers there are"),
            },
            Action::Top => format!("@{user} {}", show.map(|show| show.tally.top()).unwrap_or_default()),
            Action::List => {
                let role = Role::of(&message.badges);
                let names = self.commands.iter().filter(|(_, command)| command.role <= role);
                let names: Vec<_> = names.map(|(name, _)| format!("!{name}")).collect();
                format!("@{user} {}", names.join(" "))
            }
            Action::Say(template) => template.fill(&[("user", user)]),
        }
    }

    fn rant(&mut self, rant: &Rant, now: &Now) -> Vec<Deed> {
        let Some(show) = self.memory.shows.get_mut(&rant.stream).filter(|show| show.is_live) else { return Vec::new() };
        let name = or_somebody(&rant.username);
        show.tally.paid(name, rant.amount);
        let reached = self.config.thanks.rants.iter().filter(|thanks| thanks.from.get_ref().0 <= rant.amount);
        let Some(thanks) = reached.max_by_key(|thanks| thanks.from.get_ref().0) else { return Vec::new() };
        let text = thanks.text.fill(&[("user", name), ("amount", &rant.amount.to_string())]);
        self.thank(name, "a rant", &rant.stream, &text, fresh_for(Kind::Thanks, rant.created_on, now))
    }

    fn gift(&self, gift: &GiftedSubs) -> Vec<Deed> {
        let Some(template) = &self.config.thanks.gifts else { return Vec::new() };
        let is_live = |stream: &StreamId| self.memory.shows.get(stream).is_some_and(|show| show.is_live);
        let stream = match gift.stream() {
            Some(stream) => Some(stream).filter(is_live),
            None => self.newest_live(),
        };
        let Some(stream) = stream else { return Vec::new() };
        let gifts = match gift.total_gifts {
            Some(1) => "a subscription".to_owned(),
            Some(count) => format!("{count} subscriptions"),
            None => "subscriptions".to_owned(),
        };
        let name = or_somebody(&gift.purchased_by);
        let text = template.fill(&[("user", name), ("gifts", &gifts)]);
        // A gift has no timestamp.
        self.thank(name, "a gift", &stream, &text, Ok(Kind::Thanks.fresh_for()))
    }

    fn subscriber(&self, subscriber: &Subscriber, now: &Now) -> Vec<Deed> {
        let (Some(template), Some(stream)) = (&self.config.thanks.subscribers, self.newest_live()) else { return Vec::new() };
        let name = or_somebody(&subscriber.username);
        let text = template.fill(&[("user", name), ("amount", &subscriber.amount.to_string())]);
        self.thank(name, "a subscription", &stream, &text, fresh_for(Kind::Thanks, subscriber.subscribed_on, now))
    }

    fn thank(&self, name: &str, what: &str, stream: &StreamId, text: &str, fresh_for: Result<Duration, Why>) -> Vec<Deed> {
        let fresh_for = if self.is_quiet() { Err(Why::Quiet) } else { fresh_for };
        vec![match fresh_for {
            Ok(fresh_for) => Deed::Say(Say::new(stream, Kind::Thanks, text, fresh_for)),
            Err(why) => Deed::Pass(Pass::new(name, what, why)),
        }]
    }

    /// The livestream that began last, for events that belong to none.
    fn newest_live(&self) -> Option<StreamId> {
        let live = self.memory.shows.iter().filter(|(_, show)| show.is_live);
        live.max_by_key(|(_, show)| show.started_at).map(|(stream, _)| stream.clone())
    }
}

impl Pass {
    fn new(user: &str, what: &str, why: Why) -> Self {
        Self { user: user.into(), what: what.into(), why }
    }
}

/// How long something from this time may still wait.
fn fresh_for(kind: Kind, at: OffsetDateTime, now: &Now) -> Result<Duration, Why> {
    let age = (now.at - at).max(time::Duration::ZERO).unsigned_abs();
    match kind.fresh_for().checked_sub(age) {
        Some(left) => Ok(left),
        None => Err(Why::TooOld(i64::try_from(age.as_secs()).unwrap_or(i64::MAX))),
    }
}

fn commands(config: &Config) -> BTreeMap<String, Command> {
    let seconds = |own: Option<Seconds>, default: Seconds| own.unwrap_or(default).0;
    let command = |action, role, cool_down, user_cool_down| Command {
        action,
        role,
        cool_down: seconds(cool_down, config.cool_down),
        user_cool_down: seconds(user_cool_down, config.user_cool_down),
    };
    let built_in = &config.built_in;
    let there: [(&str, Action, &BuiltIn); 4] = [
        ("uptime", Action::Uptime, &built_in.uptime),
        ("followers", Action::Followers, &built_in.followers),
        ("top", Action::Top, &built_in.top),
        ("commands", Action::List, &built_in.commands),
    ];
    let there = there.into_iter().filter(|(.., set)| !set.off);
    let there = there.map(|(name, action, set)| (name.to_owned(), command(action, set.role, set.cool_down, set.user_cool_down)));
    let own = config.commands.iter().map(|(name, custom)| {
        let action = Action::Say(custom.text.clone());
        (name.0.clone(), command(action, custom.role, custom.cool_down, custom.user_cool_down))
    });
    there.chain(own).collect()
}

/// The word after a `!` at the beginning of a line, in lower case.
fn name_of_command(text: &str) -> Option<String> {
    let name = text.trim_start().strip_prefix('!')?.split(char::is_whitespace).next()?;
    Some(name.to_lowercase()).filter(|name| !name.is_empty())
}

fn or_somebody(name: &str) -> &str {
    if name.is_empty() { "Somebody" } else { name }
}

fn span(seconds: i64) -> String {
    match (seconds.max(0) / 3600, seconds.max(0) / 60 % 60) {
        (0, 0) => "less than a minute".into(),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests;
