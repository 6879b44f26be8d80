//! Texts with places that are filled in, such as `{user}`.

/// A text with places to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(String),
}

impl Template {
    /// Reads a text that may name these places and no others.
    ///
    /// # Errors
    ///
    /// If the text is empty, names another place, or begins like a command,
    /// which other bots would answer.
    pub fn parse(text: &str, places: &[&str]) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("the text is empty".into());
        }
        if text.starts_with(['!', '/']) {
            return Err("the text must not begin with ! or /, or another bot may take it for a command".into());
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let Some((place, after)) = behind.split_once('}') else { return Err("a { has no } behind it".into()) };
            if !places.contains(&place) {
                let known: Vec<_> = places.iter().map(|place| format!("{{{place}}}")).collect();
                return Err(format!("there is no {{{place}}} here; there is {}", known.join(", ")));
            }
            pieces.extend([Piece::Text(before.into()), Piece::Place(place.into())]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.into()));
        Ok(Self(pieces))
    }

    /// The text with these values in their places. Places in a value are not
    /// filled in.
    #[must_use]
    pub fn fill(&self, values: &[(&str, &str)]) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Place(place) => values.iter().find(|(name, _)| name == place).map(|(_, value)| (*value).to_owned()).unwrap_or_default(),
        };
        self.0.iter().map(piece).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_a_value_is_not_filled_in_turn() {
        let template = Template::parse("Thank you, {user}, for {amount}!", &["user", "amount"]).unwrap();
        assert_eq!(template.fill(&[("user", "{amount}"), ("amount", "$5.00")]), "Thank you, {amount}, for $5.00!");
    }

    #[test]
    fn text_that_cannot_be_meant_is_refused() {
        for (text, words) in [
            (" ", "empty"),
            ("!uptime", "must not begin"),
            ("/raid somebody", "must not begin"),
            ("Hi {user", "no }"),
            ("Hi {name}", "there is no {name} here; there is {user}"),
        ] {
            let error = Template::parse(text, &["user"]).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
