//! What the bot does, read from a TOML file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    num::NonZeroU64,
    path::Path,
};

use anyhow::{Context as _, anyhow};
use rumble_live::Amount;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use crate::{roles::Role, template::Template};

/// The configuration that is used without a file.
const DEFAULT: &str = include_str!("../commands.toml");
/// Names that your own commands may not have.
const BUILT_IN: [&str; 6] = ["uptime", "followers", "top", "commands", "quiet", "speak"];
/// The least time between two texts of a timer, in seconds. More often would be
/// a nuisance.
const MOST_OFTEN: u32 = 30;
/// A week, in seconds.
const LONGEST: i64 = 7 * 24 * 60 * 60;

/// What the bot does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How long a command rests in a chat, if it does not say so itself.
    #[serde(default = "five")]
    pub cool_down: Seconds,
    /// How long somebody waits after a command, if it does not say so itself.
    #[serde(default = "fifteen")]
    pub user_cool_down: Seconds,
    /// The built-in commands.
    #[serde(default)]
    pub built_in: BuiltIns,
    /// Your own commands, by their names without `!`.
    #[serde(default)]
    pub commands: BTreeMap<Name, Custom>,
    /// What is said at intervals, by names that you choose.
    #[serde(default)]
    pub timers: BTreeMap<String, Timer>,
    /// What is said to people who pay.
    #[serde(default)]
    pub thanks: Thanks,
}

/// Settings of the built-in commands.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BuiltIns {
    pub uptime: BuiltIn,
    pub followers: BuiltIn,
    pub top: BuiltIn,
    pub commands: BuiltIn,
}

/// Settings of one built-in command.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BuiltIn {
    /// Whether it is switched off.
    pub off: bool,
    /// Who may use it.
    pub role: Role,
    /// How long it rests.
    pub cool_down: Option<Seconds>,
    /// How long its user waits.
    pub user_cool_down: Option<Seconds>,
}

/// A command of your own.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// The answer.
    #[serde(deserialize_with = "answer")]
    pub text: Template,
    /// Who may use it.
    #[serde(default)]
    pub role: Role,
    /// How long it rests.
    pub cool_down: Option<Seconds>,
    /// How long its user waits.
    pub user_cool_down: Option<Seconds>,
}

/// Something to say at intervals.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// The text.
    #[serde(deserialize_with = "plain")]
    pub text: Template,
    /// How often, at most.
    pub every: Spanned<Seconds>,
    /// After how many lines of chat by others, at least.
    #[serde(default = "one")]
    pub lines: NonZeroU64,
}

/// What is said to people who pay.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thanks {
    /// For a rant. The text with the highest amount that the rant reaches is
    /// used.
    pub rants: Vec<RantThanks>,
    /// For subscriptions that somebody buys for others.
    #[serde(deserialize_with = "gift")]
    pub gifts: Option<Template>,
    /// For a new subscription.
    #[serde(deserialize_with = "paid")]
    pub subscribers: Option<Template>,
}

/// What is said for rants from some amount on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RantThanks {
    /// The least amount, in dollars.
    pub from: Spanned<Dollars>,
    /// The text.
    #[serde(deserialize_with = "rant")]
    pub text: Template,
}

/// A number of seconds, at most a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Seconds(pub u32);

/// An amount in dollars, such as 5 or 2.50.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Dollars(pub Amount);

/// The name of a command, without `!`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(pub String);

impl Config {
    /// Reads a file, or the configuration that is used without one.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or makes no sense. The text names the file
    /// and the line.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let Some(file) = file else { return Self::parse(DEFAULT).map_err(|(line, words)| anyhow!("commands.toml, line {line}: {words}")) };
        let text = fs::read_to_string(file).with_context(|| format!("{}: cannot read the configuration", file.display()))?;
        Self::parse(&text).map_err(|(line, words)| anyhow!("{}, line {line}: {words}", file.display()))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// The line, from 1, and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let line = |place: usize| text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1;
        let config: Self = toml::from_str(text).map_err(|error| {
            let words = error.message().lines().collect::<Vec<_>>().join(" ");
            (line(error.span().map_or(0, |span| span.start)), words)
        })?;
        if let Some(Timer { every, .. }) = config.timers.values().find(|timer| timer.every.get_ref().0 < MOST_OFTEN) {
            let words = format!("every = {} is too often for a timer; the least is {MOST_OFTEN} seconds", every.get_ref().0);
            return Err((line(every.span().start), words));
        }
        let mut amounts = BTreeSet::new();
        if let Some(RantThanks { from, .. }) = config.thanks.rants.iter().find(|rant| !amounts.insert(rant.from.get_ref().0)) {
            return Err((line(from.span().start), format!("two thanks for rants begin at {}", from.get_ref().0)));
        }
        Ok(config)
    }
}

impl TryFrom<i64> for Seconds {
    type Error = String;

    fn try_from(seconds: i64) -> Result<Self, String> {
        u32::try_from(seconds)
            .ok()
            .filter(|_| seconds <= LONGEST)
            .map(Self)
            .ok_or_else(|| format!("{seconds} is not a number of seconds from 0 to {LONGEST}, which is a week"))
    }
}

impl TryFrom<f64> for Dollars {
    type Error = String;

    fn try_from(dollars: f64) -> Result<Self, String> {
        if !(0.0..=1e6).contains(&dollars) {
            return Err(format!("{dollars} is not an amount in dollars, such as 5 or 2.50"));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and a hundred million")]
        Ok(Self(Amount::from_cents((dollars * 100.0).round() as u64)))
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let is_fit = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || matches!(char, '_' | '-');
        if BUILT_IN.contains(&name.as_str()) {
            Err(format!("!{name} is built in; set its options under [built_in.{name}] (!quiet and !speak have none)"))
        } else if name.is_empty() || name.len() > 30 || !name.chars().all(is_fit) {
            Err(format!("{name:?} cannot be the name of a command; use a to z, 0 to 9, _ and -, without the !"))
        } else {
            Ok(Self(name))
        }
    }
}

fn one() -> NonZeroU64 {
    NonZeroU64::MIN
}

fn five() -> Seconds {
    Seconds(5)
}

fn fifteen() -> Seconds {
    Seconds(15)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D, places: &[&str]) -> Result<Template, D::Error> {
    Template::parse(&String::deserialize(deserializer)?, places).map_err(de::Error::custom)
}

fn answer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Template, D::Error> {
    read(deserializer, &["user"])
}

fn plain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Template, D::Error> {
    read(deserializer, &["followers"])
}

fn rant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Template, D::Error> {
    read(deserializer, &["user", "amount"])
}

fn paid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Template>, D::Error> {
    read(deserializer, &["user", "amount"]).map(Some)
}

fn gift<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Template>, D::Error> {
    read(deserializer, &["user", "gifts"]).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_that_comes_with_the_program_is_good_and_an_empty_one_is_too() {
        let config = Config::load(None).unwrap();
        assert!(!config.commands.is_empty() && !config.timers.is_empty() && !config.thanks.rants.is_empty());
        let empty = Config::parse("").unwrap();
        assert_eq!((empty.cool_down, empty.user_cool_down), (Seconds(5), Seconds(15)));
        assert!(empty.commands.is_empty() && empty.timers.is_empty() && empty.thanks == Thanks::default());
    }

    #[test]
    fn error_names_the_line() {
        for (text, line, words) in [
            ("cool_down = 5\ncool_dwon = 6\n", 2, "cool_dwon"),
            ("\n\ncool_down = \"soon\"\n", 3, "invalid type"),
            ("cool_down = -1\n", 1, "not a number of seconds"),
            ("\nuser_cool_down = 604801\n", 2, "a week"),
            ("[commands.discord]\ntext = \"x\"\nrole = \"king\"\n", 3, "king"),
            ("[commands.discord]\ntext = \"Hi {name}\"\n", 2, "there is no {name}"),
            ("[commands.discord]\ntext = \"!hi\"\n", 2, "must not begin"),
            ("[commands.discord]\nrole = \"viewer\"\n", 1, "text"),
            ("\n[commands.uptime]\ntext = \"x\"\n", 2, "built in"),
            ("\n[commands.\"two words\"]\ntext = \"x\"\n", 2, "cannot be the name"),
            ("[built_in.upt]\n", 1, "upt"),
            ("[timers.a]\ntext = \"x\"\nevery = 60\nline = 3\n", 4, "line"),
            ("[timers.a]\ntext = \"x\"\nevery = 0\n", 3, "30 seconds"),
            ("[timers.a]\ntext = \"x\"\nevery = 60\nlines = 0\n", 4, "nonzero"),
            ("[[thanks.rants]]\nfrom = -2\ntext = \"x\"\n", 2, "not an amount"),
            ("[[thanks.rants]]\nfrom = 2\ntext = \"{count}\"\n", 3, "there is no {count}"),
            ("[[thanks.rants]]\nfrom = 2\ntext = \"a\"\n[[thanks.rants]]\nfrom = 2.00\ntext = \"b\"\n", 5, "two thanks"),
            ("cool_down = 5\n[commands\n", 2, ""),
        ] {
            let (at, error) = Config::parse(text).expect_err(text);
            assert_eq!(at, line, "{text}{error}");
            assert!(error.contains(words), "{text}{error}");
        }
    }

    #[test]
    fn amounts_are_read_to_the_cent() {
        let config = Config::parse("[[thanks.rants]]\nfrom = 2.55\ntext = \"a\"\n[[thanks.rants]]\nfrom = 5\ntext = \"b\"\n").unwrap();
        let cents: Vec<_> = config.thanks.rants.iter().map(|rant| rant.from.get_ref().0.cents()).collect();
        assert_eq!(cents, [255, 500]);
    }
}
