//! A feed of XML, cut into what stands at its head and its items.

use super::NotAFeed;
use crate::item::Place;
use crate::limit;
use crate::scan::{Kind, Lines, Root, Scanner, Tag, root};
use crate::xml::{Element, Unknown, parse_with};
use std::sync::Arc;

/// A feed of XML, cut.
pub(crate) struct Cut<'a> {
    /// The elements before and between the items, unless they hold structure of their own.
    heads: Vec<Element>,
    /// Each `<item>` or `<entry>` and where it stood.
    pub(crate) items: Vec<(Place, &'a [u8])>,
    /// The end of the document was reached.
    pub(crate) complete: bool,
}

impl Cut<'_> {
    /// The first element of the head of that name, with its prefix.
    pub(crate) fn head<'a>(&'a self, name: &'a str) -> Option<&'a Element> {
        self.heads(name).next()
    }

    pub(crate) fn heads<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.heads.iter().filter(move |element| element.name == name)
    }
}

/// What is looked at in the head of a feed.
const HEADS: [&[u8]; 10] = [
    b"title",
    b"link",
    b"id",
    b"updated",
    b"pubDate",
    b"lastBuildDate",
    b"description",
    b"totalResults",
    b"startIndex",
    b"itemsPerPage",
];

/// Elements of the head that are kept.
const HEADS_MAX: usize = 100;

/// Cuts a feed of XML.
pub(crate) fn cut_items<'a>(bytes: &'a [u8], name: &str) -> Result<Cut<'a>, NotAFeed> {
    if bytes.len() > limit::ANSWER_BYTES_MAX {
        return Err(NotAFeed::TooLarge(bytes.len()));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(NotAFeed::Empty);
    }
    let mut scanner = Scanner::new(bytes);
    let head = || String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).trim().to_owned();
    let root = match root(&mut scanner) {
        Root::Element(tag) if matches!(tag.local(), b"rss" | b"RDF" | b"feed") => tag,
        Root::WebPage => return Err(NotAFeed::WebPage { title: crate::html::title(bytes) }),
        Root::DocumentType => return Err(NotAFeed::DocumentType),
        Root::Element(_) | Root::Nothing => return Err(NotAFeed::Other(head())),
    };
    let mut cut = Cut { heads: Vec::new(), items: Vec::new(), complete: false };
    cut.complete = run(&mut cut, bytes, name, &mut scanner, root).is_some();
    Ok(cut)
}

/// `None` if the document ends too early.
fn run<'a>(
    cut: &mut Cut<'a>,
    bytes: &'a [u8],
    name: &str,
    scanner: &mut Scanner<'a>,
    root: Tag<'a>,
) -> Option<()> {
    let (file, mut lines) = (Arc::<str>::from(name), Lines::new(bytes));
    loop {
        let tag = scanner.next()?;
        if tag.kind == Kind::Close && tag.name == root.name {
            return Some(());
        }
        if !matches!(tag.kind, Kind::Open | Kind::Empty) || tag.local() == b"channel" {
            continue;
        }
        if tag.kind == Kind::Open && matches!(tag.local(), b"item" | b"entry") {
            let end = item_end(scanner, tag)?;
            if cut.items.len() >= limit::ANSWER_RECORDS_MAX {
                return None;
            }
            let record = cut.items.len() as u64 + 1;
            let place = Place { file: Arc::clone(&file), line: lines.line(tag.start), record };
            cut.items.push((place, &bytes[tag.start..end]));
            continue;
        }
        let element = match tag.kind {
            Kind::Empty => &bytes[tag.start..tag.end],
            // Whatever else an element holds is its own: an image has a title too.
            _ => scanner.element(tag)?,
        };
        if HEADS.contains(&tag.local()) && cut.heads.len() < HEADS_MAX {
            cut.heads.extend(parse_with(element, Unknown::Kept));
        }
    }
}

/// Behind the end tag of an item, or where the next begins if it has none.
fn item_end(scanner: &mut Scanner<'_>, open: Tag<'_>) -> Option<usize> {
    loop {
        let tag = scanner.next()?;
        if tag.name != open.name {
            continue;
        }
        match tag.kind {
            Kind::Close => return Some(tag.end),
            Kind::Open => {
                scanner.seek(tag.start);
                return Some(tag.start);
            }
            _ => {}
        }
    }
}
