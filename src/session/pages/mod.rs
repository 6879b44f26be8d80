//! What Rumble tells its users only as HTML. Features `session` and `pages`.

mod comments;
mod muted;
mod share;

use std::collections::HashMap;

use scraper::{ElementRef, Html, Selector};

pub use self::{comments::Comment, muted::Muted};
use crate::error::{Error, ErrorKind};

/// How deep elements may lie in each other. The pages that are read have some twenty, and a parser takes ever longer with each.
const DEEPEST: usize = 256;
/// The most bytes of a page.
const LONGEST: usize = 1024 * 1024;

/// A page or a piece of one, unless it would take long to read.
fn parse(html: &str) -> Result<Html, Error> {
    if html.len() > LONGEST || depth(html) > DEEPEST {
        return Err(Error::with_message(ErrorKind::Decode, "the page is too long or too deep to be read; Rumble may have changed it"));
    }
    Ok(Html::parse_document(html))
}

/// How deep elements may lie in each other, at most: as if no end were left out but those that often are.
fn depth(html: &str) -> usize {
    const WITHOUT_END: [&str; 17] =
        ["area", "base", "br", "col", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "option", "p", "source", "td", "tr"];
    let mut open: HashMap<String, usize> = HashMap::new();
    let (mut depth, mut deepest) = (0_usize, 0);
    for tag in html.split('<').skip(1) {
        let is_end = tag.starts_with('/');
        let name = tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
        if name.is_empty() || WITHOUT_END.contains(&&*name) {
            continue;
        }
        let count = open.entry(name).or_default();
        if !is_end {
            (*count, depth) = (*count + 1, depth + 1);
        } else if *count > 0 {
            (*count, depth) = (*count - 1, depth - 1);
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// All elements that a selector matches, in the order of the page. None where it is no selector; those of this crate are tested.
fn select<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(selector).map(|selector| page.select(&selector).collect()).unwrap_or_default()
}

/// The text of the first element below that a selector matches, without its markup. What lies in another `item` below is not looked at.
fn text(element: ElementRef<'_>, selector: &str, item: &str) -> Option<String> {
    let (selector, item) = (Selector::parse(selector).ok()?, Selector::parse(item).ok()?);
    let is_own = |found: &ElementRef<'_>| {
        let mut above = found.ancestors().filter_map(ElementRef::wrap);
        above.find(|above| item.matches(above)).is_some_and(|nearest| nearest.id() == element.id())
    };
    let text: String = element.select(&selector).find(is_own)?.text().collect();
    Some(text.trim().to_owned())
}

fn odd() -> Error {
    Error::with_message(ErrorKind::Decode, "the page has not what was asked for; Rumble may have changed it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_that_would_take_long_to_read_is_not_read() {
        for page in
            ["<div>".repeat(1000), "<a><b><i><u><div>".repeat(100), "<div>".repeat(300) + &"</div>".repeat(300), "x".repeat(2 << 20)]
        {
            assert!(parse(&page).is_err());
        }
        for page in
            ["<p>".repeat(1000), "<div></div>".repeat(1000), "</b>".repeat(1000), "<li><br><img>".repeat(1000), "a < b".repeat(1000)]
        {
            assert!(parse(&page).is_ok());
        }
    }
}
