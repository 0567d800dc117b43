//! arXiv's announcements as RSS and Atom (`rss.arxiv.org`).
//!
//! A feed holds one day, at most [`ITEMS_MAX`] items, and of a longer day loses *new* papers first without a word:
//! [`Feed::may_be_cut`]. It has no comments; its text is TeX as it was written. A feed that shows an older day than it
//! should looks like any other: compare [`Feed::day`].

use crate::announced::Context;
use crate::arxiv::{self, Line, LineVersion, mail_day};
use crate::feed::{NotAFeed, cut_items};
use crate::item::{BadRecord, Item, Notes};
use crate::json::{Text, Words};
use crate::xml::{self, Element};
use crate::{finish, split};
use jiff::Timestamp;
use paper::{AnnouncementKind, Day, Identity, Record, Stamp};
use std::borrow::Cow;

/// The most items that arXiv puts into a feed.
pub const ITEMS_MAX: usize = 2000;

/// A feed of announcements.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// The day that it shows: of the feed, else of its items. `None` for a feed of Atom without items.
    pub day: Option<Day>,
    /// When it was made; says nothing of what it shows.
    pub made: Option<Timestamp>,
    /// The papers that were understood.
    pub announced: Vec<Announced>,
    /// What was not understood, or only in part, an [`Item::Problem`] each.
    pub problems: Vec<Item>,
    /// False if the feed breaks off before its end; what came before is good.
    pub complete: bool,
}

impl Feed {
    /// True if arXiv may have left out items: ask for fewer categories at once.
    pub fn may_be_cut(&self) -> bool {
        self.announced.len() + self.problems.len() >= ITEMS_MAX
    }
}

/// A paper in a feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Announced {
    /// Which.
    pub identity: Identity,
    /// Its version.
    pub version: u32,
    /// The day under which it was presented.
    pub day: Day,
    /// How. A replacement is told apart from one that is only cross-listed here by its categories.
    pub kind: AnnouncementKind,
    /// What the feed says of it, with its announcements.
    pub record: Box<Record>,
    /// The item as received and what was asked; [`crate::parse_again`] understands it by itself.
    pub raw: Vec<u8>,
}

/// Reads a feed, RSS or Atom. `name` is how people know it (its address), `asked` the categories or archives it is of,
/// joined with `+`.
///
/// # Errors
/// [`NotAFeed`]; [`NotAFeed::Refused`] with arXiv's words if it does not know what was asked for.
pub fn read(bytes: &[u8], name: &str, asked: &str) -> Result<Feed, NotAFeed> {
    let cut = cut_items(bytes, name)?;
    let text = |name: &str| cut.head(name).map(|element| element.text().trim().to_owned());
    if text("title").is_some_and(|title| title.eq_ignore_ascii_case("Feed error")) {
        let what = cut.items.first().and_then(|(_, raw)| xml::parse(raw).ok());
        let what =
            what.and_then(|item| item.child("description").or(item.child("summary")).map(Element::text));
        let what = what.or_else(|| text("description")).unwrap_or_else(|| "Feed error".to_owned());
        return Err(NotAFeed::Refused(what.trim().chars().take(400).collect()));
    }
    let made = text("lastBuildDate").or_else(|| text("updated"));
    let context = Context::new(asked);
    let mut feed = Feed {
        day: text("pubDate").as_deref().and_then(mail_day),
        made: made.as_deref().and_then(moment),
        announced: Vec::new(),
        problems: Vec::new(),
        complete: cut.complete,
    };
    for (place, raw) in cut.items {
        let mut notes = Notes::default();
        match parse(&context, raw, &mut notes) {
            Ok((kind, day, record)) => feed.announced.push(Announced {
                identity: record.node().clone(),
                version: record.stamp.version,
                day,
                kind,
                record: Box::new(record),
                raw: context.around(raw),
            }),
            Err(error) => notes.add(error.to_string()),
        }
        let problem = |reason| Item::Problem { place: place.clone(), reason, raw: split::cut(raw) };
        feed.problems.extend(notes.0.into_iter().map(problem));
    }
    feed.day = feed.day.or_else(|| feed.announced.iter().map(|one| one.day).max());
    Ok(feed)
}

fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
}

/// Understands one `<item>` or `<entry>`.
pub(crate) fn parse(
    context: &Context,
    raw: &[u8],
    notes: &mut Notes,
) -> Result<(AnnouncementKind, Day, Record), BadRecord> {
    let clean = crate::scan::without_control(raw);
    if clean.is_some() {
        notes.add("control characters, which XML forbids; the record is read without them".to_owned());
    }
    let item = xml::parse(clean.as_deref().unwrap_or(raw))?;
    let field = |name: &str| item.child(name).map(Element::text);
    let owned = |text: String| Some(Text(Cow::Owned(text)));
    let id = field("guid").or_else(|| field("id")).unwrap_or_default();
    let id = id.trim().trim_start_matches("oai:arXiv.org:");
    let (_, version) =
        Identity::arxiv(id).ok_or_else(|| BadRecord::NoIdentity(id.chars().take(80).collect()))?;
    let day = match field("pubDate") {
        Some(date) => mail_day(date.trim()),
        None => field("published").as_deref().map(str::trim).and_then(Day::parse_prefix),
    };
    let day = day.ok_or(BadRecord::Other("no announcement day"))?;
    let kind = match field("arxiv:announce_type").as_deref().map(str::trim) {
        Some("new") => AnnouncementKind::New,
        Some("cross") => AnnouncementKind::CrossList,
        Some("replace" | "replace-cross") => AnnouncementKind::Replacement,
        _ => return Err(BadRecord::Other("no type of announcement that is known")),
    };
    let summary = field("description").or_else(|| field("summary")).unwrap_or_default();
    // After `arXiv:…v1 Announce Type: new` and a line break.
    let abstract_text = match summary.split_once("Abstract:") {
        Some((before, text)) if before.contains("Announce Type:") => text.to_owned(),
        _ => summary,
    };
    let categories = item.children("category").map(|one| match one.attribute("term") {
        Some(term) => term.to_owned(),
        None => one.text(),
    });
    let categories = categories.map(|id| id.trim().to_owned()).collect();
    let version_name = version.map(|number| format!("v{number}"));
    let line = Line {
        id: owned(id.to_owned()),
        title: field("title").and_then(owned),
        abstract_text: owned(abstract_text),
        authors: field("dc:creator").and_then(owned),
        categories: Words(categories),
        journal_ref: field("arxiv:journal_reference").and_then(owned),
        doi: field("arxiv:DOI").and_then(owned),
        license: field("dc:rights").and_then(owned),
        versions: version_name.map(|name| vec![LineVersion { version: owned(name), created: None }]),
        ..Line::default()
    };
    let mut record = arxiv::record(line, notes)?;
    record.stamp = Stamp { time: day.to_string(), ..record.stamp };
    record.announcements = context.announcements(day, kind, &record.categories);
    finish::check(&record)?;
    Ok((kind, day, record))
}
