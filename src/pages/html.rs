//! Pages of HTML, as far as they are worth reading.

use std::collections::HashMap;

use scraper::{ElementRef, Html, Selector};

use crate::error::{Error, ErrorKind};

/// How deep elements may lie in each other. The pages that are read have some twenty, and a parser takes ever longer with each.
const DEEPEST: usize = 256;
/// The same where scripts are taken for elements too, as a parser may do in places. Their signs of "less than" look like tags.
const DEEPEST_WITH_SCRIPTS: usize = 4096;
/// The most bytes of a page.
const LONGEST: usize = 1024 * 1024;

/// A page or a piece of one, unless it would take long to read.
pub(crate) fn parse(html: &str) -> Result<Html, Error> {
    if html.len() > LONGEST || depth(tags(html)) > DEEPEST_WITH_SCRIPTS || depth(tags_outside_of_scripts(html)) > DEEPEST {
        return Err(Error::with_message(ErrorKind::Decode, "the page is too long or too deep to be read; Rumble may have changed it"));
    }
    Ok(Html::parse_document(html))
}

/// What follows each `<`.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1)
}

/// The same, but for what stands in scripts.
fn tags_outside_of_scripts(html: &str) -> impl Iterator<Item = &str> {
    let mut is_in_script = false;
    tags(html).filter(move |tag| {
        let is_of_script = name(tag.trim_start_matches('/')).eq_ignore_ascii_case("script");
        let is_shown = !is_in_script || (is_of_script && tag.starts_with('/'));
        if is_of_script && is_shown {
            is_in_script = !tag.starts_with('/');
        }
        is_shown
    })
}

fn name(tag: &str) -> &str {
    tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}

/// How deep elements may lie in each other, at most: as if no end were left out but those that often are.
fn depth<'a>(tags: impl Iterator<Item = &'a str>) -> usize {
    const WITHOUT_END: [&str; 17] =
        ["area", "base", "br", "col", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "option", "p", "source", "td", "tr"];
    let mut open: HashMap<String, usize> = HashMap::new();
    let (mut depth, mut deepest) = (0_usize, 0);
    for tag in tags {
        let is_end = tag.starts_with('/');
        let name = name(tag.trim_start_matches('/')).to_ascii_lowercase();
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
pub(crate) fn select<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(selector).map(|selector| page.select(&selector).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_that_would_take_long_to_read_is_not_read() {
        for page in [
            "<div>".repeat(1000),
            "<a><b><i><u><div>".repeat(100),
            "<div>".repeat(300) + &"</div>".repeat(300),
            "<script></script><div>".repeat(300),
            "<script>".to_owned() + &"<div>".repeat(5000),
            "x".repeat(2 << 20),
        ] {
            assert!(parse(&page).is_err());
        }
        for page in [
            "<p>".repeat(1000),
            "<div></div>".repeat(1000),
            "</b>".repeat(1000),
            "<li><br><img>".repeat(1000),
            "a < b".repeat(1000),
            "<script>for(i=0;i<n;i++)</script>".repeat(1000),
        ] {
            assert!(parse(&page).is_ok());
        }
    }
}
