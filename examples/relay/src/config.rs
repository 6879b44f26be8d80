//! Where to send what, read from a TOML file. URLs and secrets are not in that
//! file: it names the variables or files that hold them.

use std::{
    env,
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use jiff::{civil::Time, tz::TimeZone};
use reqwest::Url;
use rumble_live::Amount;
use serde::{Deserialize, de::IgnoredAny};
use toml::Spanned;

use crate::{
    body::{Action, Format},
    filter::Filter,
    kind::Kind,
    quiet::Quiet,
    secret::Secret,
    sign::Signer,
    template::Templates,
};

/// Where Streamer.bot listens by default.
const STREAMERBOT: &str = "http://127.0.0.1:7474/DoAction";

/// Looks up an environment variable.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Where to send what.
#[derive(Debug)]
pub struct Config {
    pub destinations: Vec<Destination>,
}

/// A place that events are sent to.
#[derive(Debug)]
pub struct Destination {
    /// Its name in the configuration.
    pub name: String,
    /// Its kind.
    pub format: Format,
    pub url: Secret,
    /// Signs requests, if the destination has a secret.
    pub signer: Option<Signer>,
    /// Which events it gets.
    pub filter: Filter,
    /// When it gets nothing.
    pub quiet: Option<Quiet>,
    /// What is said there.
    pub templates: Templates,
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub words: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.words)
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or something in it is wrong. The text names the
    /// file and each line.
    pub fn load(file: &Path) -> anyhow::Result<Self> {
        let name = file.display();
        let text = fs::read_to_string(file).with_context(|| format!("{name}: cannot read the configuration"))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder, &|name| env::var_os(name)).map_err(|faults| {
            let faults: Vec<_> = faults.iter().map(|fault| format!("{name}, {fault}")).collect();
            anyhow!("{}", faults.join("\nerror: "))
        })
    }

    /// Reads the text of a file in this folder.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, as far as it can be read.
    pub fn parse(text: &str, folder: &Path, lookup: Lookup<'_>) -> Result<Self, Vec<Fault>> {
        let reader = Reader { text, folder, lookup };
        let raw: Raw = toml::from_str(text).map_err(|error| {
            let words = without_value(&error.message().lines().collect::<Vec<_>>().join(" "));
            vec![Fault { line: reader.line(error.span().map_or(0, |span| span.start)), words }]
        })?;
        let (mut destinations, mut faults, mut names) = (Vec::new(), Vec::new(), Vec::new());
        if raw.destination.is_empty() {
            faults.push(Fault { line: 1, words: "there is no [[destination]]".into() });
        }
        for raw in raw.destination {
            let (raw, place) = (raw.get_ref(), raw.span().start);
            let name = raw.name.get_ref();
            if names.contains(name) && is_name(name) {
                faults.push(reader.fault(raw.name.span().start, format!("two destinations are called {name:?}")));
            }
            names.push(name.clone());
            match reader.destination(raw, place) {
                Ok(destination) => destinations.push(destination),
                Err(more) => faults.extend(more),
            }
        }
        faults.sort_by_key(|fault| fault.line);
        if faults.is_empty() { Ok(Self { destinations }) } else { Err(faults) }
    }
}

/// The parser's message, without a value that may be a secret in the wrong
/// place.
fn without_value(message: &str) -> String {
    let (said, expected) = message.rsplit_once(", expected ").map_or((message, None), |(said, expected)| (said, Some(expected)));
    let is_word = |value: &str| value.len() <= 20 && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let said = match said.split_once(['`', '"']) {
        Some((before, value)) if !is_word(value.trim_end_matches(['`', '"'])) => before.trim_end(),
        _ => said,
    };
    expected.map_or_else(|| said.to_owned(), |expected| format!("{said}, expected {expected}"))
}

/// Whether it can be the name of a destination. Anything else may be a secret,
/// and is not quoted.
fn is_name(name: &str) -> bool {
    let is_fit = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    !name.is_empty() && name.len() <= 40 && name.chars().all(is_fit) && !is_secret(name)
}

fn is_secret(text: &str) -> bool {
    text.contains("://") || text.to_ascii_lowercase().starts_with("whsec")
}

/// What an error calls a destination.
fn called(name: &Spanned<String>) -> String {
    if is_name(name.get_ref()) { format!("{:?}", name.get_ref()) } else { "this destination".into() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    destination: Vec<Spanned<RawDestination>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDestination {
    name: Spanned<String>,
    r#type: RawFormat,
    url_env: Option<Spanned<String>>,
    url_file: Option<Spanned<String>>,
    /// Read only to refuse it with advice.
    url: Option<Spanned<IgnoredAny>>,
    secret_env: Option<Spanned<String>>,
    secret_file: Option<Spanned<String>>,
    /// Read only to refuse it with advice.
    secret: Option<Spanned<IgnoredAny>>,
    embed: Option<Spanned<bool>>,
    action: Option<Spanned<String>>,
    action_id: Option<Spanned<String>>,
    kinds: Option<Spanned<Vec<Kind>>>,
    least: Option<Spanned<f64>>,
    quiet: Option<RawQuiet>,
    #[serde(default)]
    templates: RawTemplates,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawFormat {
    Discord,
    Slack,
    Webhook,
    Streamerbot,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuiet {
    from: Spanned<String>,
    until: Spanned<String>,
    zone: Spanned<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawTemplates {
    follower: Option<Spanned<String>>,
    subscriber: Option<Spanned<String>>,
    gifted_subs: Option<Spanned<String>>,
    rant: Option<Spanned<String>>,
    raid_received: Option<Spanned<String>>,
    stream_started: Option<Spanned<String>>,
}

impl RawTemplates {
    fn all(&self) -> impl Iterator<Item = (Kind, &Spanned<String>)> {
        Kind::ALL.into_iter().filter_map(|kind| {
            let template = match kind {
                Kind::Follower => &self.follower,
                Kind::Subscriber => &self.subscriber,
                Kind::GiftedSubs => &self.gifted_subs,
                Kind::Rant => &self.rant,
                Kind::RaidReceived => &self.raid_received,
                Kind::StreamStarted => &self.stream_started,
            };
            template.as_ref().map(|template| (kind, template))
        })
    }
}

/// Makes sense of what was read.
struct Reader<'a> {
    text: &'a str,
    folder: &'a Path,
    lookup: Lookup<'a>,
}

impl Reader<'_> {
    fn destination(&self, raw: &RawDestination, place: usize) -> Result<Destination, Vec<Fault>> {
        let mut faults = Vec::new();
        let name = raw.name.get_ref();
        if !is_name(name) {
            faults.push(self.fault(raw.name.span().start, "a name may have letters, digits, _ and -, and at most 40 of them"));
        }
        faults.extend(self.misplaced(raw));
        let format = self.format(raw, place).map_err(|fault| faults.push(fault));
        let url = self.url(raw, place).map_err(|fault| faults.push(fault));
        let signer = self.signer(raw, place).map_err(|fault| faults.push(fault));
        let least = self.least(raw).map_err(|fault| faults.push(fault));
        let quiet = raw.quiet.as_ref().map(|quiet| self.quiet(quiet)).transpose().map_err(|fault| faults.push(fault));
        let kinds = raw.kinds.as_ref().map(Spanned::get_ref);
        let mut templates = Templates::new(format.as_ref().map_or(crate::defuse::Markup::Plain, Format::markup));
        for (kind, template) in raw.templates.all() {
            if kinds.is_some_and(|kinds| !kinds.contains(&kind)) {
                let words = format!("kinds leaves out {kind}, so its template is never used; remove it or add {kind} to kinds");
                faults.push(self.fault(template.span().start, words));
            }
            if let Err(fault) = templates.set(kind, template.get_ref()) {
                let line = self.line_of_text(template.span().start) + fault.line - 1;
                faults.push(Fault { line, words: format!("the template of {} for {kind}: {}", called(&raw.name), fault.words) });
            }
        }
        match (format, url, signer, least, quiet) {
            (Ok(format), Ok(url), Ok(signer), Ok(least), Ok(quiet)) if faults.is_empty() => {
                let filter = Filter { kinds: kinds.cloned(), least };
                Ok(Destination { name: name.clone(), format, url, signer, filter, quiet, templates })
            }
            _ => Err(faults),
        }
    }

    /// Options that have no effect here, or are not allowed anywhere.
    fn misplaced(&self, raw: &RawDestination) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(url) = &raw.url {
            let words = "a URL is a secret; put it into an environment variable named in url_env, or into a file named in url_file";
            faults.push(self.fault(url.span().start, words));
        }
        if let Some(secret) = &raw.secret {
            let words = "put the secret into an environment variable named in secret_env, or into a file named in secret_file";
            faults.push(self.fault(secret.span().start, words));
        }
        if let Some(kinds) = raw.kinds.as_ref().filter(|kinds| kinds.get_ref().is_empty()) {
            faults.push(self.fault(kinds.span().start, "kinds is empty, so nothing is ever sent there; leave it out to send all"));
        }
        let is_paid = |kind: &Kind| matches!(kind, Kind::Subscriber | Kind::Rant);
        if let (Some(least), Some(kinds)) = (&raw.least, &raw.kinds)
            && !kinds.get_ref().iter().any(is_paid)
        {
            let words = "least is about the amounts of rants and subscriptions, and kinds has neither rant nor subscriber; remove it";
            faults.push(self.fault(least.span().start, words));
        }
        let mut only = |span: Option<usize>, option: &str, format: RawFormat, word: &str| {
            if let Some(place) = span.filter(|_| raw.r#type != format) {
                faults.push(self.fault(place, format!("{option} is for type = \"{word}\" only")));
            }
        };
        let start = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.span().start);
        only(raw.embed.as_ref().map(|embed| embed.span().start), "embed", RawFormat::Discord, "discord");
        only(start(&raw.action), "action", RawFormat::Streamerbot, "streamerbot");
        only(start(&raw.action_id), "action_id", RawFormat::Streamerbot, "streamerbot");
        only(start(&raw.secret_env), "secret_env", RawFormat::Webhook, "webhook");
        only(start(&raw.secret_file), "secret_file", RawFormat::Webhook, "webhook");
        faults
    }

    fn format(&self, raw: &RawDestination, place: usize) -> Result<Format, Fault> {
        Ok(match (raw.r#type, &raw.action, &raw.action_id) {
            (RawFormat::Discord, ..) => Format::Discord { embed: raw.embed.as_ref().is_some_and(|embed| *embed.get_ref()) },
            (RawFormat::Slack, ..) => Format::Slack,
            (RawFormat::Webhook, ..) => Format::Webhook,
            (RawFormat::Streamerbot, Some(name), None) => Format::Streamerbot(Action::Name(name.get_ref().clone())),
            (RawFormat::Streamerbot, None, Some(id)) => Format::Streamerbot(Action::Id(id.get_ref().clone())),
            (RawFormat::Streamerbot, ..) => {
                return Err(self.fault(place, format!("{} needs one of action (a name) and action_id", called(&raw.name))));
            }
        })
    }

    fn url(&self, raw: &RawDestination, place: usize) -> Result<Secret, Fault> {
        let (secret, place, from) = match self.secret("url", raw.url_env.as_ref(), raw.url_file.as_ref())? {
            Some(found) => found,
            None if raw.r#type == RawFormat::Streamerbot => return Ok(Secret::new(STREAMERBOT)),
            // The fault was already reported.
            None if raw.url.is_some() => return Ok(Secret::new("")),
            None => return Err(self.fault(place, format!("{} needs url_env or url_file, to say where its URL is", called(&raw.name)))),
        };
        let is_good = Url::parse(secret.reveal()).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if is_good { Ok(secret) } else { Err(self.fault(place, format!("{from} has no URL that begins with https:// or http://"))) }
    }

    fn signer(&self, raw: &RawDestination, place: usize) -> Result<Option<Signer>, Fault> {
        if raw.r#type != RawFormat::Webhook {
            return Ok(None);
        }
        match self.secret("secret", raw.secret_env.as_ref(), raw.secret_file.as_ref())? {
            Some((secret, place, from)) => {
                Signer::new(secret.reveal()).map(Some).map_err(|words| self.fault(place, format!("{from}: {words}")))
            }
            None if raw.secret.is_some() => Ok(None),
            None => Err(self.fault(place, format!("{} needs secret_env or secret_file, to say where its secret is", called(&raw.name)))),
        }
    }

    /// The content of the variable or file that the option names, and what to
    /// call it.
    fn secret(
        &self,
        what: &str,
        variable: Option<&Spanned<String>>,
        file: Option<&Spanned<String>>,
    ) -> Result<Option<(Secret, usize, String)>, Fault> {
        match (variable, file) {
            (None, None) => Ok(None),
            (Some(_), Some(file)) => Err(self.fault(file.span().start, format!("give {what}_env or {what}_file, not both"))),
            (Some(name), None) => {
                let (name, place) = (name.get_ref(), name.span().start);
                self.variable(what, name).map(|secret| Some((secret, place, name.clone()))).map_err(|words| self.fault(place, words))
            }
            (None, Some(file)) => {
                let (name, place) = (file.get_ref(), file.span().start);
                if is_secret(name) {
                    return Err(self.fault(place, format!("{what}_file takes the name of a file, not its content")));
                }
                let path: PathBuf = self.folder.join(name);
                let secret = Secret::read(&path).map_err(|words| self.fault(place, words))?;
                Ok(Some((secret, place, path.display().to_string())))
            }
        }
    }

    fn variable(&self, what: &str, name: &str) -> Result<Secret, String> {
        let is_variable = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_variable || name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) || is_secret(name) {
            // It may be the secret itself, so the error does not quote it.
            return Err(format!("{what}_env takes the name of an environment variable, not its value"));
        }
        match (self.lookup)(name).map(OsString::into_string) {
            // Names are mostly in capitals. Any other name that does not exist may be a secret that does not look like one.
            None if name.len() > 40 || name.bytes().any(|byte| byte.is_ascii_lowercase()) => {
                Err(format!("there is no environment variable with the name that {what}_env gives here"))
            }
            None => Err(format!("there is no environment variable {name}")),
            Some(Err(_)) => Err(format!("{name} contains characters that a URL or a secret cannot have")),
            Some(Ok(value)) if value.trim().is_empty() => Err(format!("{name} is empty")),
            Some(Ok(value)) => Ok(Secret::new(value.trim())),
        }
    }

    fn least(&self, raw: &RawDestination) -> Result<Amount, Fault> {
        let Some(least) = &raw.least else { return Ok(Amount::default()) };
        let (dollars, place) = (*least.get_ref(), least.span().start);
        if !(0.0..=1e6).contains(&dollars) {
            return Err(self.fault(place, format!("{dollars} is not an amount in dollars, such as 5 or 2.50")));
        }
        let cents = dollars * 100.0;
        if (cents - cents.round()).abs() > 1e-6 {
            return Err(self.fault(place, format!("{dollars} has parts of a cent; write dollars and cents, such as 2.50")));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and a hundred million")]
        Ok(Amount::from_cents(cents.round() as u64))
    }

    fn quiet(&self, raw: &RawQuiet) -> Result<Quiet, Fault> {
        let time = |text: &Spanned<String>| {
            let words = || format!("{:?} is not a time of day, such as \"22:00\"", text.get_ref());
            text.get_ref().parse::<Time>().map_err(|_| self.fault(text.span().start, words()))
        };
        let (from, until) = (time(&raw.from)?, time(&raw.until)?);
        if from == until {
            return Err(self.fault(raw.until.span().start, "the quiet hours end when they begin"));
        }
        let zone = raw.zone.get_ref();
        let words = || format!("there is no time zone {zone:?}; write one such as \"Europe/Berlin\" or \"UTC\"");
        let zone = TimeZone::get(zone).map_err(|_| self.fault(raw.zone.span().start, words()))?;
        Ok(Quiet { from, until, zone })
    }

    fn fault(&self, place: usize, words: impl Into<String>) -> Fault {
        Fault { line: self.line(place), words: words.into() }
    }

    fn line(&self, place: usize) -> usize {
        self.text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1
    }

    /// Where the text of a string begins. That may be in the line after its
    /// quotes.
    fn line_of_text(&self, place: usize) -> usize {
        let quotes = self.text.get(place..).unwrap_or_default();
        let begins_below = ["\"\"\"\n", "'''\n", "\"\"\"\r\n", "'''\r\n"].iter().any(|begin| quotes.starts_with(begin));
        self.line(place) + usize::from(begins_below)
    }
}
