//! What Rumble tells its users only as HTML. Features `session` and `pages`.

mod comments;
mod muted;
mod share;

use scraper::{ElementRef, Html, Selector};

pub use self::{comments::Comment, muted::Muted};
use crate::error::{Error, ErrorKind};

/// All elements that a selector matches, in the order of the page. None where it is no selector; those of this crate are tested.
fn select<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(selector).map(|selector| page.select(&selector).collect()).unwrap_or_default()
}

/// The text of the first element below that a selector matches, without its markup.
fn text(element: ElementRef<'_>, selector: &str) -> Option<String> {
    let selector = Selector::parse(selector).ok()?;
    let text: String = element.select(&selector).next()?.text().collect();
    Some(text.trim().to_owned())
}

fn odd() -> Error {
    Error::with_message(ErrorKind::Decode, "the page has not what was asked for; Rumble may have changed it")
}
