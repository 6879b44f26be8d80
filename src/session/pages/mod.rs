//! What Rumble tells its users only as HTML. Features `session` and `pages`.

mod comments;
mod muted;
mod share;

use scraper::{ElementRef, Html, Selector};

pub use self::{comments::Comment, muted::Muted};
use crate::error::{Error, ErrorKind};

/// All elements that a constant selector matches, in the order of the page.
fn select<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    let selector = Selector::parse(selector).expect("a selector of this crate is one");
    page.select(&selector).collect()
}

/// The text of the first element below that a constant selector matches, without its markup.
fn text(element: ElementRef<'_>, selector: &str) -> Option<String> {
    let selector = Selector::parse(selector).expect("a selector of this crate is one");
    let text: String = element.select(&selector).next()?.text().collect();
    Some(text.trim().to_owned())
}

fn odd() -> Error {
    Error::with_message(ErrorKind::Decode, "the page has not what was asked for; Rumble may have changed it")
}
