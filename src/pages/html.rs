//! Reads pages of HTML within bounds, whatever stands in them.
//!
//! A parser of HTML must open again what a page left open, so a few bytes can
//! make thousands of elements, and its time grows with the square of some
//! lengths. Only the parser knows what it made of the bytes. So the bounds are
//! checked on its tree, after each token.

use std::cell::Cell;

use html5ever::{
    TokenizerResult,
    tendril::StrTendril,
    tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
    tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink},
};
use scraper::{ElementRef, Html, HtmlTreeSink, Node, Selector};

use crate::error::{Error, ErrorKind};

/// The most bytes of a page, several times those of a real one.
pub(crate) const LONGEST: usize = 2 * 1024 * 1024;
/// How deep elements may lie in each other. The pages that are read have some
/// twenty.
const DEEPEST: usize = 128;
/// The most nodes and attributes of a tree, which bounds its memory.
const MOST_PARTS: usize = 250_000;
/// The most steps of the parser, in the units of [`Guard`], which bounds its
/// time.
const MOST_STEPS: usize = 16_000_000;
/// What a run of text costs. It ends with the line.
const STEPS_OF_TEXT: usize = 8;
/// The most bytes of a tag or a comment. Until it ends, the parser shows
/// nothing of it.
const LONGEST_TAG: usize = 64 * 1024;
/// How much the parser reads between two looks at whether it shows anything.
const PIECE: usize = 4096;

/// The handle of a node.
pub(crate) type Handle = <HtmlTreeSink as TreeSink>::Handle;

/// A page or a piece of one.
///
/// # Errors
///
/// `TooLarge` where it is too long, and `Decode` where it is too deep, or has
/// too much in it, to be one of Rumble's.
pub(crate) fn parse(html: &str) -> Result<Html, Error> {
    if html.len() > LONGEST {
        return Err(too_large());
    }
    let tokenizer = Tokenizer::new(Guard::new(), TokenizerOpts::default());
    let input = BufferQueue::default();
    let mut unseen = 0;
    for piece in pieces(html) {
        input.push_back(StrTendril::from_slice(piece));
        feed(&tokenizer, &input);
        unseen = if tokenizer.sink.has_shown.take() { 0 } else { unseen + piece.len() };
        if tokenizer.sink.is_over.get() || unseen > LONGEST_TAG {
            return Err(too_much());
        }
    }
    tokenizer.end();
    if tokenizer.sink.is_over.get() { Err(too_much()) } else { Ok(tokenizer.sink.builder.sink.finish()) }
}

/// Gives the parser what is in the queue. It stops at each script, which a
/// browser would run now; here it goes on at once.
fn feed(tokenizer: &Tokenizer<Guard>, input: &BufferQueue) {
    while !matches!(tokenizer.feed(input), TokenizerResult::Done) {}
}

/// The page in pieces of some [`PIECE`] bytes, none of which cuts a character.
fn pieces(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let end = (PIECE.min(rest.len())..=rest.len()).find(|at| rest.is_char_boundary(*at))?;
        let (piece, behind) = rest.split_at_checked(end)?;
        rest = behind;
        Some(piece).filter(|piece| !piece.is_empty())
    })
}

/// The answer is larger than any that is read.
pub(crate) fn too_large() -> Error {
    Error::with_message(ErrorKind::TooLarge, "the answer is far larger than Rumble's are, and was not read; Rumble may have changed it")
}

/// It is too deep, or has too much in it, to be a page of Rumble's. This is
/// `Decode`: its bytes are not too many.
fn too_much() -> Error {
    Error::with_message(ErrorKind::Decode, "the page is too deep or has too much in it to be read; Rumble may have changed it")
}

/// Builds the tree for as long as it stays within the bounds. Then it ignores
/// all that follows.
///
/// Its unit of work is about one look of the parser at an element or an
/// attribute:
///
/// - A tag is compared with the open elements, of which there are at most
///   [`DEEPEST`], and each of its attributes with those before it.
/// - Text is looked at for the elements that it opens again. That is cheap for
///   a line, but a page may have very many lines.
/// - A new element is compared with the elements above it and their attributes,
///   where it is one for the look of text, such as `<b>`.
struct Guard {
    builder: TreeBuilder<Handle, HtmlTreeSink>,
    /// How many nodes were looked at.
    nodes: Cell<usize>,
    parts: Cell<usize>,
    steps: Cell<usize>,
    is_over: Cell<bool>,
    /// Whether the parser has shown anything since this was last taken.
    has_shown: Cell<bool>,
}

impl Guard {
    fn new() -> Self {
        Self {
            builder: TreeBuilder::new(HtmlTreeSink::new(Html::new_document()), TreeBuilderOpts::default()),
            nodes: Cell::new(0),
            parts: Cell::new(0),
            steps: Cell::new(0),
            is_over: Cell::new(false),
            has_shown: Cell::new(false),
        }
    }

    /// Counts work that has been done or is about to be.
    fn count_steps(&self, steps: usize) {
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    /// Counts what the last token has added.
    fn look(&self) {
        let html = self.builder.sink.0.borrow();
        let nodes = html.tree.nodes();
        let new = nodes.len().saturating_sub(self.nodes.replace(nodes.len()));
        for node in nodes.rev().take(new) {
            let parts = size(node.value());
            let (depth, steps) =
                node.ancestors().take(DEEPEST + 1).fold((0, parts), |(depth, steps), above| (depth + 1, steps + size(above.value())));
            self.parts.set(self.parts.get() + parts);
            self.count_steps(steps);
            if depth > DEEPEST {
                self.is_over.set(true);
            }
        }
        if self.parts.get() > MOST_PARTS || self.steps.get() > MOST_STEPS {
            self.is_over.set(true);
        }
    }
}

/// A node, and its attributes.
fn size(node: &Node) -> usize {
    1 + node.as_element().map_or(0, |element| element.attrs().count())
}

impl TokenSink for Guard {
    type Handle = Handle;

    fn process_token(&self, token: Token, line_number: u64) -> TokenSinkResult<Handle> {
        match &token {
            Token::ParseError(_) => return TokenSinkResult::Continue,
            Token::TagToken(tag) => self.count_steps(DEEPEST + tag.attrs.len().saturating_pow(2)),
            Token::CharacterTokens(_) => self.count_steps(STEPS_OF_TEXT),
            _ => {}
        }
        self.has_shown.set(true);
        if self.is_over.get() {
            return TokenSinkResult::Continue;
        }
        let result = self.builder.process_token(token, line_number);
        self.look();
        result
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// All elements that a selector matches, in the order of the page. None where
/// it is no selector; those of this crate are tested.
pub(crate) fn select<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(selector).map(|selector| page.select(&selector).collect()).unwrap_or_default()
}

/// Whether it is a page by which a server finds out whether a person asks.
pub(crate) fn is_challenge(page: &Html) -> bool {
    let title: Option<String> = select(page, "title").first().map(|title| title.text().collect());
    title.is_some_and(|title| title.trim_start().starts_with("Just a moment"))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn numbered(count: usize, write: impl Fn(usize) -> String) -> String {
        (0..count).map(write).collect()
    }

    /// So many elements for the look of text that differ, and so are all opened
    /// again in the next paragraph.
    fn bold(count: usize) -> String {
        "<p>".to_owned() + &numbered(count, |number| format!("<b a={number}>"))
    }

    fn attributes(count: usize) -> String {
        numbered(count, |number| format!(" a{number}"))
    }

    #[test]
    fn page_that_would_take_long_to_read_is_refused_soon() {
        for (name, page) in [
            ("deep", "<div>".repeat(1000)),
            ("deep for a while", "<div>".repeat(300) + &"</div>".repeat(300)),
            ("deep without ends", "<li><dd>".repeat(LONGEST / 8)),
            ("deep between comments", "<div><!--</div>-->".repeat(58_000)),
            ("deep between scripts", "<script></script><div>".repeat(300)),
            ("deep in an icon", "<svg><g>".repeat(300)),
            ("deep in templates", "<div><template shadowrootmode=open>".repeat(300)),
            ("opened again and deep", bold(250) + &"<p>x".repeat(260_000)),
            ("opened again and not so deep", bold(100) + &"<p>x".repeat(260_000)),
            ("opened again and hidden", numbered(200, |number| format!("<p><b a={number}></p><div></div>"))),
            ("opened again with attributes", format!("<p><b{}>", attributes(3000)) + &"<p>x".repeat(260_000)),
            (
                "compared with attributes",
                numbered(100, |number| format!("<b b={number}{}>", attributes(500))) + &"<b a></b>".repeat(100_000),
            ),
            ("many attributes", format!("<a{}>", attributes(200_000))),
            ("many attributes between quotes", format!("<a{}>", numbered(100_000, |number| format!(" a{number}='>'")))),
            ("many nodes", "<!-->".repeat(LONGEST / 5)),
            ("many ends", "<x>".repeat(100) + &"</y>".repeat(LONGEST / 5)),
            ("many lines", "<b>".to_owned() + &"<div>".repeat(100) + &"\n".repeat(LONGEST - 503)),
            ("a long comment", format!("<!--{}-->", "x".repeat(100_000))),
        ] {
            assert!(page.len() <= LONGEST, "{name}");
            let begun = Instant::now();
            let error = parse(&page).expect_err(name);
            assert_eq!(error.kind(), ErrorKind::Decode, "{name}");
            // Without optimization it takes some seconds at most; without the bounds, minutes.
            assert!(begun.elapsed().as_secs() < 60, "{name}: {:?}", begun.elapsed());
        }
    }

    #[test]
    fn page_that_is_too_long_is_told_as_too_large() {
        assert_eq!(parse(&"x".repeat(LONGEST + 1)).unwrap_err().kind(), ErrorKind::TooLarge);
        assert!(parse(&"x".repeat(LONGEST)).is_ok());
    }

    #[test]
    fn page_with_much_in_it_is_read_as_long_as_it_is_flat() {
        for page in [
            "<svg><path d=''/><use href='#a'/></svg>".repeat(5000),
            "<wbr><embed><param><track><source><col>".repeat(2000),
            "<p>".repeat(10_000),
            "<ul><li><br><img src=a>text</ul>".repeat(5000),
            "<div class=a><a href=b><b>c</b></a></div>".repeat(5000),
            "</b>".repeat(10_000),
            "a < b".repeat(10_000),
            "<script>for(i=0;i<n;i++)</script>".repeat(5000),
            format!("<script type=application/json>{}</script>", r#"{"title":"<p>a<\/p>"},"#.repeat(50_000)),
            format!("<svg><path d='M{}'/></svg>", " 1.25".repeat(4000)),
            format!("<div{}></div>", attributes(100)).repeat(100),
            "<div>".repeat(100) + &"</div>".repeat(100),
        ] {
            assert!(parse(&page).is_ok(), "{}", page.get(..60).unwrap_or_default());
        }
    }

    #[test]
    fn page_is_read_in_pieces_as_it_is_at_once() {
        let page = "\r\n<!doctype html><title>ä &amp; ö&notin;</title><!-- a -- b --><p class='x y'>a&#228;b\r\n<table>c<td><b>d</table>e\
                    <script>if (a < b) { \"<\\/p>\" }</script><svg viewBox='0 0'><path d='M0'/></svg><pre>\n\nf</pre><rum-x a=\"&quot;\">g</rum-x>";
        for before in (PIECE - page.len())..=PIECE {
            let page = "é".repeat(before % 2) + &" ".repeat(before - 2 * (before % 2)) + page;
            assert_eq!(parse(&page).unwrap(), Html::parse_document(&page), "{before}");
        }
    }

    #[test]
    fn challenge_page_is_known_by_its_title() {
        for (page, expected) in [
            ("<html><title> Just a moment...</title>", true),
            ("<html><title>About</title><p>Just a moment", false),
            ("<title>About</title><svg><title>Just a moment</title></svg>", false),
            ("Just a moment", false),
        ] {
            assert_eq!(is_challenge(&parse(page).unwrap()), expected, "{page}");
        }
    }
}
