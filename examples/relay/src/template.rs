//! What is said about each kind of event.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use minijinja::{Environment, UndefinedBehavior, Value};
use time::OffsetDateTime;

use crate::{
    defuse::{Markup, defuse},
    kind::Kind,
    occurrence::{Fact, Occurrence},
};

/// The longest name or text of a viewer, in characters.
const MOST_CHARACTERS: usize = 500;

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line of the template, from 1.
    pub line: usize,
    /// What is wrong.
    pub words: String,
}

/// The templates of one destination, one for each kind.
pub struct Templates {
    environment: Environment<'static>,
    markup: Markup,
}

impl Templates {
    /// The templates that come with the program.
    #[must_use]
    pub fn new(markup: Markup) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // Text for people, not HTML. Viewers' text is made harmless before it gets here.
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        let mut templates = Self { environment, markup };
        for kind in Kind::ALL {
            // A test below shows that all of these are good.
            drop(templates.add(kind, default(kind, markup)));
        }
        templates
    }

    /// Uses this template for a kind, if it can be filled in for a sample.
    ///
    /// # Errors
    ///
    /// If it is not a template, or names something that this kind does not
    /// have.
    pub fn set(&mut self, kind: Kind, source: &str) -> Result<(), Fault> {
        let before = self.source(kind);
        let checked = self.add(kind, source).and_then(|()| self.check(kind, source));
        if checked.is_err() {
            drop(self.add(kind, &before));
        }
        checked
    }

    /// What to say. Empty if the template gives no text.
    ///
    /// # Errors
    ///
    /// If the template cannot be filled in, which the check with a sample could
    /// not see.
    pub fn fill(&self, occurrence: &Occurrence) -> Result<String, Fault> {
        let filled = self.environment.get_template(occurrence.kind.word()).and_then(|template| template.render(self.values(occurrence)));
        filled.map(|text| text.trim().to_owned()).map_err(|error| fault(&error))
    }

    /// The names that a template can use: viewers' text, made harmless, and
    /// what this program knows.
    #[must_use]
    pub fn facts(&self, occurrence: &Occurrence) -> Vec<(&'static str, serde_json::Value)> {
        let fact = |fact: &Fact| match fact {
            Fact::Foreign(text) => defuse(text, self.markup, MOST_CHARACTERS).into(),
            Fact::Own(text) => text.clone().into(),
            Fact::Number(number) => (*number).into(),
        };
        occurrence.facts.iter().map(|(name, value)| (*name, fact(value))).collect()
    }

    fn values(&self, occurrence: &Occurrence) -> Value {
        let value = |fact: serde_json::Value| match fact {
            serde_json::Value::Number(number) => Value::from(number.as_u64().unwrap_or_default()),
            serde_json::Value::String(text) => Value::from(text),
            _ => Value::from(()),
        };
        self.facts(occurrence).into_iter().map(|(name, fact)| (name, value(fact))).collect::<BTreeMap<_, _>>().into()
    }

    fn add(&mut self, kind: Kind, source: &str) -> Result<(), Fault> {
        self.environment.add_template_owned(kind.word(), source.to_owned()).map_err(|error| fault(&error))
    }

    fn source(&self, kind: Kind) -> String {
        self.environment.get_template(kind.word()).map(|template| template.source().to_owned()).unwrap_or_default()
    }

    fn check(&self, kind: Kind, source: &str) -> Result<(), Fault> {
        let Some(sample) = Occurrence::of(&kind.sample(OffsetDateTime::UNIX_EPOCH)) else { return Ok(()) };
        let template = self.environment.get_template(kind.word()).map_err(|error| fault(&error))?;
        // Also checks the branches that the sample does not take.
        let known: HashSet<_> =
            sample.facts.iter().map(|(name, _)| *name).chain(self.environment.globals().map(|(name, _)| name)).collect();
        let mut unknown: Vec<_> = template.undeclared_variables(false).into_iter().filter(|name| !known.contains(name.as_str())).collect();
        unknown.sort_by_key(|name| source.find(name.as_str()));
        if let Some(name) = unknown.first() {
            let before = source.find(name.as_str()).and_then(|place| source.get(..place)).unwrap_or_default();
            let names: Vec<_> = sample.facts.iter().map(|(name, _)| *name).collect();
            let words = format!("there is no {name} here; there is {}", names.join(", "));
            return Err(Fault { line: before.matches('\n').count() + 1, words });
        }
        self.fill(&sample).map(drop)
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").field("markup", &self.markup).finish_non_exhaustive()
    }
}

fn fault(error: &minijinja::Error) -> Fault {
    let words = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    Fault { line: error.line().unwrap_or(1), words }
}

/// The template that comes with the program.
fn default(kind: Kind, markup: Markup) -> &'static str {
    let (discord, slack, plain) = match kind {
        Kind::Follower => ("**{{ user }}** followed", "*{{ user }}* followed", "{{ user }} followed"),
        Kind::Subscriber => (
            "**{{ user }}** subscribed for {{ amount }}",
            "*{{ user }}* subscribed for {{ amount }}",
            "{{ user }} subscribed for {{ amount }}",
        ),
        Kind::GiftedSubs => (
            "**{{ user }}** gifted {% if gifts == 1 %}a subscription{% elif gifts %}{{ gifts }} subscriptions{% else %}subscriptions{% endif %}",
            "*{{ user }}* gifted {% if gifts == 1 %}a subscription{% elif gifts %}{{ gifts }} subscriptions{% else %}subscriptions{% endif %}",
            "{{ user }} gifted {% if gifts == 1 %}a subscription{% elif gifts %}{{ gifts }} subscriptions{% else %}subscriptions{% endif %}",
        ),
        Kind::Rant => (
            "**{{ user }}** ranted **{{ amount }}**{% if text %}: {{ text }}{% endif %}",
            "*{{ user }}* ranted *{{ amount }}*{% if text %}: {{ text }}{% endif %}",
            "{{ user }} ranted {{ amount }}{% if text %}: {{ text }}{% endif %}",
        ),
        Kind::RaidReceived => (
            "**{{ user }}** raids{% if text %}: {{ text }}{% endif %}",
            "*{{ user }}* raids{% if text %}: {{ text }}{% endif %}",
            "{{ user }} raids{% if text %}: {{ text }}{% endif %}",
        ),
        Kind::StreamStarted => {
            ("Live now: **{{ title }}** {{ url }}", "Live now: *{{ title }}* {{ url }}", "Live now: {{ title }} {{ url }}")
        }
    };
    match markup {
        Markup::Discord => discord,
        Markup::Slack => slack,
        Markup::Plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use rumble_live::{Amount, Event, GiftedSubs, Rant};

    use super::*;

    fn filled(templates: &Templates, event: impl Into<Event>) -> String {
        templates.fill(&Occurrence::of(&event.into()).unwrap()).unwrap()
    }

    #[test]
    fn templates_that_come_with_the_program_are_good() {
        for markup in [Markup::Discord, Markup::Slack, Markup::Plain] {
            let mut templates = Templates::new(markup);
            for kind in Kind::ALL {
                assert_eq!(templates.set(kind, default(kind, markup)), Ok(()));
            }
        }
        let said = Kind::ALL.map(|kind| filled(&Templates::new(Markup::Plain), kind.sample(OffsetDateTime::UNIX_EPOCH)));
        let expected = [
            "TestViewer followed",
            "TestViewer subscribed for $5.00",
            "TestViewer gifted 5 subscriptions",
            "TestViewer ranted $10.00: this is a test",
            "TestViewer raids: this is a test",
            "Live now: Test stream https://rumble.com/",
        ];
        assert_eq!(said, expected);
        assert_eq!(filled(&Templates::new(Markup::Plain), GiftedSubs::new("ada", 1)), "ada gifted a subscription");
    }

    #[test]
    fn what_a_viewer_writes_is_text_and_no_template() {
        let rant = |text: &str| Rant::new("7c1f4q", text, Amount::from_dollars(2), text);
        let templates = Templates::new(Markup::Discord);
        assert_eq!(filled(&templates, rant("{{ 7*7 }}")), "**{{ 7\\*7 }}** ranted **$2.00**: {{ 7\\*7 }}");
        assert_eq!(filled(&templates, rant("@everyone\n# hi")), "**@\u{200b}everyone \\# hi** ranted **$2.00**: @\u{200b}everyone \\# hi");
        assert_eq!(filled(&Templates::new(Markup::Plain), rant("<b> & \"c\"")), "<b> & \"c\" ranted $2.00: <b> & \"c\"");
    }

    #[test]
    fn fault_names_the_line_and_leaves_the_template_as_it_was() {
        let mut templates = Templates::new(Markup::Plain);
        for (source, line, words) in [
            ("{{ user }} {{ amonut }}", 1, "there is no amonut here; there is user, text, amount, cents, url"),
            ("{{ user }}\n{% if cents > 99999 %}\n{{ gifts }}{% endif %}", 3, "there is no gifts here"),
            ("{{ user }}\n{% if cents %}", 2, ""),
            ("{{ user", 1, ""),
            ("{{ user|shout }}", 1, "shout"),
            ("\n{{ cents / 0 }}", 2, ""),
        ] {
            let fault = templates.set(Kind::Rant, source).unwrap_err();
            assert_eq!(fault.line, line, "{source}: {fault:?}");
            assert!(fault.words.contains(words), "{source}: {fault:?}");
        }
        assert_eq!(filled(&templates, Kind::Rant.sample(OffsetDateTime::UNIX_EPOCH)), "TestViewer ranted $10.00: this is a test");
    }

    #[test]
    fn template_can_compare_compute_and_say_nothing() {
        let mut templates = Templates::new(Markup::Plain);
        templates.set(Kind::Rant, "{% if cents >= 500 %}{{ user|upper }} {% for i in range(2) %}!{% endfor %}{% endif %}").unwrap();
        let rant = |dollars| Rant::new("7c1f4q", "ada", Amount::from_dollars(dollars), "");
        assert_eq!(filled(&templates, rant(5)), "ADA !!");
        assert_eq!(filled(&templates, rant(4)), "");
    }
}
