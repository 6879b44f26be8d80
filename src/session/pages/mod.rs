//! What Rumble shows its users only as HTML. Features `session` and `pages`.

mod comments;
mod muted;
mod share;

use scraper::{ElementRef, Selector};

pub use self::{comments::Comment, muted::Muted};
use crate::{
    error::{Error, ErrorKind},
    pages::html::{parse, select},
};

/// The text of the first element below `element` that the selector matches, without markup. Elements inside another `item` do not count.
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
    Error::with_message(ErrorKind::Decode, "the page does not have what was asked for; Rumble may have changed it")
}
