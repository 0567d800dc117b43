//! arXiv's listing pages: `/list/…/new`, `/list/…/recent` and `/catchup/…`.
//!
//! Their headings say how many items each section has: only this tells a page that was not understood from a day
//! without papers. [`Listing::verdict`] compares. Nothing but the headings and `<dt>`/`<dd>` pairs is looked at, so that
//! changes around them do no harm.
//!
//! Facts: the templates of <https://github.com/arXiv/arxiv-browse>. Titles and comments on these pages went through a
//! filter that replaces TeX, and versions are not shown: a record from here has no version, so that any record that
//! has one is believed before it.

use crate::announced::{Context, heading_day};
use crate::arxiv::{self, Line};
use crate::html;
use crate::item::{BadRecord, Item, Notes, Place};
use crate::json::{Text, Words};
use crate::scan::{Kind, Lines, Scanner, Tag};
use crate::split::cut;
use crate::{finish, limit};
use paper::{AnnouncementKind, Day, Identity, Record, Stamp};
use std::borrow::Cow;
use std::sync::Arc;

/// A page that was understood as a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The day that the page names; `/recent` names one for each section instead.
    pub day: Option<Day>,
    /// What the page says of all entries of the list, this page's and others'.
    pub total: Option<u32>,
    /// The page says in words that there are no updates.
    pub says_empty: bool,
    /// Its sections in order.
    pub sections: Vec<Section>,
    /// The end of the page arrived.
    pub complete: bool,
}

/// A section of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The day under which its papers were presented.
    pub day: Day,
    /// How they were presented; `None` on `/recent`, where each item says it.
    pub kind: Option<AnnouncementKind>,
    /// How many items the heading says are shown.
    pub shown: u32,
    /// How many items the heading says there are.
    pub of: u32,
    /// The items that were understood.
    pub items: Vec<Listed>,
    /// The items that were not, or only in part ([`Item::Problem`] each).
    pub problems: Vec<Item>,
    /// Items that were found, understood or not.
    pub found: u32,
}

/// A paper on a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Which.
    pub identity: Identity,
    /// How it was presented.
    pub kind: AnnouncementKind,
    /// What the page says of it, with its announcements.
    pub record: Box<Record>,
    /// The item as received and what the page said around it; [`crate::parse_again`] understands it by itself.
    pub raw: Vec<u8>,
}

/// What a listing amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The page says in words that nothing was announced.
    Quiet,
    /// All entries are on this page.
    Whole {
        /// How many.
        entries: u32,
    },
    /// This page is one of several, and holds what its headings say.
    Part {
        /// Entries on this page.
        shown: u32,
        /// Entries on all pages.
        of: u32,
    },
    /// The page does not hold what it says: neither its items nor their absence mean anything.
    Broken {
        /// What is wrong, for people.
        reason: String,
    },
}

/// Why bytes are no listing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAListing {
    /// No bytes at all.
    #[error("the page is empty")]
    Empty,
    /// More than is read.
    #[error("the page has {0} bytes, more than the {limit} that are accepted", limit = limit::ANSWER_BYTES_MAX)]
    TooLarge(usize),
    /// A page of another kind: an error, a challenge, a new design.
    #[error("no listing{}", title.as_ref().map(|title| format!(" but a page titled {title:?}")).unwrap_or_default())]
    Other {
        /// Its title, if it has one.
        title: Option<String>,
    },
}

impl Listing {
    /// What the page amounts to, by its own account.
    pub fn verdict(&self) -> Verdict {
        let broken = |reason: String| Verdict::Broken { reason };
        if !self.complete {
            return broken("the page breaks off before its end".to_owned());
        }
        for section in &self.sections {
            if section.found != section.shown {
                return broken(format!(
                    "a heading of {} says {} items, the page has {}",
                    section.day, section.shown, section.found
                ));
            }
            if let Some(Item::Problem { reason, .. }) =
                section.problems.first().filter(|_| section.items.len() < section.found as usize)
            {
                return broken(format!("an item was not understood: {reason}"));
            }
        }
        let shown = self.sections.iter().map(|section| section.shown).sum();
        let of = self.total.unwrap_or_else(|| self.sections.iter().map(|section| section.of).sum());
        match (shown, of) {
            (0, 0) if self.says_empty => Verdict::Quiet,
            (0, _) if !self.says_empty => broken("the page shows no items and does not say why".to_owned()),
            (shown, of) if shown > of => broken(format!("the page shows {shown} items of {of}")),
            (shown, of) if shown == of => Verdict::Whole { entries: of },
            (shown, of) => Verdict::Part { shown, of },
        }
    }

    /// All items, section by section.
    pub fn items(&self) -> impl Iterator<Item = &Listed> {
        self.sections.iter().flat_map(|section| &section.items)
    }
}

/// Reads a listing page. `name` is how people know it (its address), `asked` the category or archive that it lists.
///
/// # Errors
/// [`NotAListing`] if the bytes have neither headings of a listing nor the words of an empty one. What has them may
/// still be damaged: see [`Listing::verdict`].
pub fn read(bytes: &[u8], name: &str, asked: &str) -> Result<Listing, NotAListing> {
    if bytes.len() > limit::ANSWER_BYTES_MAX {
        return Err(NotAListing::TooLarge(bytes.len()));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(NotAListing::Empty);
    }
    let mut reading = Reading {
        bytes,
        name: Arc::from(name),
        lines: Lines::new(bytes),
        context: Context::new(asked),
        records: 0,
        listing: Listing { day: None, total: None, says_empty: false, sections: Vec::new(), complete: false },
    };
    reading.run();
    let listing = reading.listing;
    if listing.day.is_none() && listing.sections.is_empty() {
        return Err(NotAListing::Other { title: html::title(bytes) });
    }
    Ok(listing)
}

struct Reading<'a> {
    bytes: &'a [u8],
    name: Arc<str>,
    lines: Lines<'a>,
    context: Context,
    records: u64,
    listing: Listing,
}

impl Reading<'_> {
    fn run(&mut self) {
        let bytes = self.bytes;
        let mut scanner = Scanner::new(bytes);
        // Since the last tag.
        let mut text_from = 0;
        while let Some(tag) = scanner.next() {
            self.text(&bytes[text_from..tag.start]);
            text_from = tag.end;
            let name = tag.name.to_ascii_lowercase();
            match (tag.kind, &name[..]) {
                (Kind::Close, b"html") => self.listing.complete = true,
                (Kind::Open, b"script" | b"style") => {
                    // Their content is no markup.
                    let end = [b"</", &name[..]].concat();
                    match crate::scan::find(&bytes[tag.end..], &end) {
                        Some(length) => {
                            text_from = tag.end + length;
                            scanner.seek(text_from);
                        }
                        None => return,
                    }
                }
                (Kind::Open, b"h1" | b"h3") => {
                    let Some(end) = heading_end(&scanner, &name) else { return };
                    self.heading(&html::text(&bytes[tag.end..end], ""));
                    scanner.seek(end);
                    text_from = end;
                }
                (Kind::Open, b"dt") if !self.listing.sections.is_empty() => {
                    let Some(end) = item_end(&mut scanner, tag) else { return };
                    self.item(tag, end);
                    text_from = end;
                }
                _ => {}
            }
        }
    }

    /// Text between tags: only two sentences matter.
    fn text(&mut self, text: &[u8]) {
        if text.len() > 400 || !text.contains(&b'o') {
            return;
        }
        let text = html::words(&String::from_utf8_lossy(text));
        if let Some(rest) = text.strip_prefix("Total of ") {
            self.listing.total = rest.split(' ').next().and_then(|number| number.parse().ok());
        }
        if text.starts_with("No updates") || text.starts_with("No further updates") {
            self.listing.says_empty = true;
        }
    }

    fn heading(&mut self, text: &str) {
        if let Some(day) = text.strip_prefix("Showing new listings for ").and_then(heading_day) {
            self.listing.day = Some(day);
        } else if let Some((_, day)) =
            text.strip_prefix("Catchup results for ").and_then(|t| t.rsplit_once(" on "))
        {
            self.listing.day = heading_day(day);
        } else if let Some((shown, of)) = counts(text) {
            let kind = [
                ("New ", AnnouncementKind::New),
                ("Cross", AnnouncementKind::CrossList),
                ("Replacement", AnnouncementKind::Replacement),
            ]
            .into_iter()
            .find_map(|(word, kind)| text.starts_with(word).then_some(kind));
            let day = match kind {
                Some(_) => self.listing.day,
                None => heading_day(text),
            };
            if let Some(day) = day {
                let (items, problems) = (Vec::new(), Vec::new());
                self.listing.sections.push(Section { day, kind, shown, of, items, problems, found: 0 });
            }
        }
    }

    fn item(&mut self, open: Tag<'_>, end: usize) {
        let raw = &self.bytes[open.start..end];
        self.records += 1;
        let place =
            Place { file: Arc::clone(&self.name), line: self.lines.line(open.start), record: self.records };
        let Some(section) = self.listing.sections.last_mut() else { return };
        section.found += 1;
        if section.found as usize > limit::ANSWER_RECORDS_MAX {
            return;
        }
        let context = Context { day: Some(section.day), kind: section.kind, ..self.context.clone() };
        let mut notes = Notes::default();
        let parsed = parse(&context, raw, &mut notes);
        let problem = |reason| Item::Problem { place: place.clone(), reason, raw: cut(raw) };
        match parsed {
            Ok((kind, record)) => section.items.push(Listed {
                identity: record.node().clone(),
                kind,
                record: Box::new(record),
                raw: context.around(raw),
            }),
            Err(error) => notes.add(error.to_string()),
        }
        section.problems.extend(notes.0.into_iter().map(problem));
    }
}

/// Where the end tag of a heading begins.
fn heading_end(scanner: &Scanner<'_>, name: &[u8]) -> Option<usize> {
    /// Tags within a heading.
    const TAGS_MAX: usize = 50;
    let mut tags = scanner.clone().take(TAGS_MAX);
    tags.find(|tag| tag.kind == Kind::Close && tag.name.eq_ignore_ascii_case(name)).map(|tag| tag.start)
}

/// From a `<dt>` to behind its `</dd>`, or to the next `<dt>` or the end of the list if there is none.
fn item_end(scanner: &mut Scanner<'_>, open: Tag<'_>) -> Option<usize> {
    while let Some(tag) = scanner.next() {
        match (tag.kind, tag.name) {
            (Kind::Close, b"dd") => return Some(tag.end),
            (Kind::Open, b"dt") | (Kind::Close, b"dl") => {
                scanner.seek(tag.start);
                return Some(tag.start);
            }
            _ => {}
        }
    }
    scanner.seek(open.end);
    None
}

/// `n` and `m` of `… (showing n of m entries)`, also `(showing first n of …)`, `(continued, showing last n of …)`.
fn counts(heading: &str) -> Option<(u32, u32)> {
    let (_, inside) = heading.rsplit_once('(')?;
    let inside = inside.split_once(')').map_or(inside, |(inside, _)| inside);
    let words: Vec<&str> = inside.split(' ').collect();
    let of = words.iter().position(|word| *word == "of").filter(|at| *at > 0)?;
    if !words.contains(&"showing") {
        return None;
    }
    let number = |at: usize| words.get(at).and_then(|word| word.replace(',', "").parse().ok());
    Some((number(of - 1)?, number(of + 1)?))
}

/// Understands one item: a `<dt>` and its `<dd>`.
pub(crate) fn parse(
    context: &Context,
    raw: &[u8],
    notes: &mut Notes,
) -> Result<(AnnouncementKind, Record), BadRecord> {
    let day = context.day.ok_or(BadRecord::Other("the day of the listing is missing"))?;
    std::str::from_utf8(raw).map_err(|bad| BadRecord::Encoding(bad.valid_up_to()))?;
    let mut scanner = Scanner::new(raw);
    let mut line = Line::default();
    let mut kind = context.kind;
    let mut text_from = 0;
    let text = |text: String| Some(Text(Cow::Owned(text)));
    while let Some(tag) = scanner.next() {
        let between = html::words(&String::from_utf8_lossy(&raw[text_from..tag.start]));
        text_from = tag.end;
        if between.contains("(cross-list from") {
            kind = kind.or(Some(AnnouncementKind::CrossList));
        } else if between.contains("(replaced)") {
            kind = kind.or(Some(AnnouncementKind::Replacement));
        }
        if tag.kind != Kind::Open {
            continue;
        }
        let bytes = &raw[tag.start..tag.end];
        if tag.name == b"a" && line.id.is_none() {
            let href = html::attribute(bytes, "href").unwrap_or_default();
            if let Some((_, id)) = href.split_once("/abs/") {
                line.id = text(id.to_owned());
            }
            continue;
        }
        let class = html::attribute(bytes, "class").unwrap_or_default();
        let has = |name: &str| class.split_ascii_whitespace().any(|one| one == name);
        let abstract_text = tag.name == b"p" && has("mathjax");
        if !abstract_text && !class.starts_with("list-") {
            continue;
        }
        let Some(element) = scanner.element(tag) else {
            return Err(BadRecord::Other("an element of the item is not closed"));
        };
        text_from = tag.start + element.len();
        let content = html::text(element, "descriptor");
        if abstract_text {
            line.abstract_text = text(content);
        } else if has("list-title") {
            line.title = text(content);
        } else if has("list-authors") {
            line.authors = text(content).filter(|text| !text.starts_with('('));
        } else if has("list-comments") {
            line.comments = text(content);
        } else if has("list-journal-ref") {
            line.journal_ref = text(content);
        } else if has("list-subjects") {
            line.categories = Words(subjects(&content));
        }
    }
    let mut record = arxiv::record(line, notes)?;
    let kind = kind.unwrap_or(AnnouncementKind::New);
    record.announcements = context.announcements(day, kind, &record.categories);
    record.stamp = Stamp { version: 0, time: day.to_string() };
    finish::check(&record)?;
    Ok((kind, record))
}

/// The ids of `Software Engineering (cs.SE); Machine Learning (cs.LG)`.
fn subjects(text: &str) -> Vec<String> {
    let ids = text.split(';').filter_map(|subject| {
        let (_, id) = subject.trim_end().strip_suffix(')')?.rsplit_once('(')?;
        Some(id.trim().to_owned())
    });
    ids.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_say_how_many() {
        assert_eq!(counts("New submissions (showing 127 of 127 entries)"), Some((127, 127)));
        assert_eq!(counts("Cross submissions (showing first 3 of 1,077 entries)"), Some((3, 1077)));
        assert_eq!(
            counts("Replacement submissions (continued, showing last 7 of 77 entries)"),
            Some((7, 77))
        );
        assert_eq!(counts("Fri, 21 Nov 2025 (showing 50 of 261 entries )"), Some((50, 261)));
        assert_eq!(counts("Submission history (2 of 3)"), None);
        assert_eq!(counts("Machine Learning"), None);
    }
}
