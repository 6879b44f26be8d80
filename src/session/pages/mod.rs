//! What Rumble shows its users only as HTML. Features `session` and `pages`.
//!
//! Pages change more often than services, and a changed page must not look like
//! an empty answer. So each reader here also looks for what the page has when
//! there is nothing to list, and reports an error if that is missing as well.
//! Pages are parsed within the bounds of `crate::pages::html`.

mod comments;
mod muted;
mod share;

use std::collections::HashMap;

use scraper::{ElementRef, Html, Selector};

pub use self::{comments::Comment, muted::Muted};
use crate::{
    error::{Error, ErrorKind},
    pages::html::{Handle, is_challenge, parse, select},
};

/// For each `item` of a page, the text of the first element in it that a
/// selector matches, without its markup. An element in an item within another
/// belongs to the inner one. One pass reads them all, however deep the items
/// lie in each other.
fn texts(page: &Html, selector: &str, item: &str) -> HashMap<Handle, String> {
    let mut texts = HashMap::new();
    let Ok(item) = Selector::parse(item) else { return texts };
    for found in select(page, selector) {
        if let Some(item) = found.ancestors().filter_map(ElementRef::wrap).find(|above| item.matches(above)) {
            texts.entry(item.id()).or_insert_with(|| found.text().collect::<String>().trim().to_owned());
        }
    }
    texts
}

/// The error for a page that was read and lacks what the method needs.
fn odd() -> Error {
    Error::with_message(ErrorKind::Decode, "the page does not have what was asked for; Rumble may have changed it")
}
