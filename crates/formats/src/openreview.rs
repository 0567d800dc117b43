//! Notes of OpenReview (`/notes` of API v2, and of v1, whose fields stand without `value`).
//!
//! Only notes that everyone may read become records, and only those that begin a forum: reviews and comments do not.
//! OpenReview counts days of a whole conference, not of a paper: its records announce nothing.

use crate::answer::{NotJson, refuse};
use crate::item::{BadRecord, Item, Notes, Place};
use crate::json::list::elements;
use crate::json::{self, Text};
use crate::{finish, split};
use jiff::Timestamp;
use paper::{Author, Day, Identity, Link, LinkKind, Record, Source, Stamp, Standing, Summary};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A page of notes.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The papers that were understood.
    pub found: Vec<Found>,
    /// What was not understood, or only in part, an [`Item::Problem`] each.
    pub problems: Vec<Item>,
    /// Notes on this page that are no papers for everyone: replies, deleted and hidden ones.
    pub others: u64,
    /// The id of the last note, to ask for those after it.
    pub last: Option<String>,
    /// False if the answer breaks off before its end; what came before is good.
    pub complete: bool,
}

/// A paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What the note says.
    pub record: Box<Record>,
    /// The note as received; [`crate::parse_again`] understands it by itself.
    pub raw: Vec<u8>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Note<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    forum: Option<Text<'a>>,
    readers: Option<Vec<Text<'a>>>,
    license: Option<Text<'a>>,
    cdate: Option<f64>,
    odate: Option<f64>,
    pdate: Option<f64>,
    mdate: Option<f64>,
    ddate: Option<f64>,
    content: Map<String, Value>,
}

impl Note<'_> {
    /// A field, in the form of either version of the API.
    fn field(&self, name: &str) -> Option<&Value> {
        let field = self.content.get(name)?;
        match field {
            Value::Object(object) => object.get("value"),
            field => Some(field),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.field(name)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn list(&self, name: &str) -> Vec<String> {
        let list = self.field(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|word| Some(word.as_str()?.trim().to_owned()))
            .filter(|word| !word.is_empty())
            .collect()
    }

    /// True for a paper that everyone may read.
    fn is_public_paper(&self) -> bool {
        let everyone = self.readers.iter().flatten().any(|reader| &**reader == "everyone");
        everyone && self.ddate.is_none() && self.id.as_deref() == self.forum.as_deref().or(self.id.as_deref())
    }
}

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    message: Option<Text<'a>>,
}

/// Reads an answer. `name` is how people know it (its address).
///
/// # Errors
/// [`NotJson`]; [`NotJson::Refused`] with OpenReview's words, a challenge for browsers among them.
pub fn read(bytes: &[u8], name: &str) -> Result<Page, NotJson> {
    refuse(bytes)?;
    let Some(list) = elements(bytes, "notes") else {
        return Err(match serde_json::from_slice::<Failure<'_>>(bytes) {
            Ok(failure) if failure.name.is_some() || failure.message.is_some() => {
                let words = [failure.name, failure.message].into_iter().flatten();
                let words: Vec<String> = words.map(|word| word.chars().take(200).collect()).collect();
                NotJson::Refused(words.join(": "))
            }
            _ => NotJson::other(bytes),
        });
    };
    let mut page =
        Page { found: Vec::new(), problems: Vec::new(), others: 0, last: None, complete: list.complete };
    let mut lines = crate::scan::Lines::new(bytes);
    for (at, (start, raw)) in list.elements.into_iter().enumerate() {
        let mut notes = Notes::default();
        match note(raw) {
            Ok(note) => {
                page.last = note.id.as_deref().map(|id| id.chars().take(80).collect());
                if !note.is_public_paper() {
                    page.others += 1;
                    continue;
                }
                match paper_of(&note, &mut notes) {
                    Ok(record) => page.found.push(Found { record: Box::new(record), raw: raw.to_vec() }),
                    Err(error) => notes.add(error.to_string()),
                }
            }
            Err(error) => notes.add(error.to_string()),
        }
        let place = Place { file: Arc::from(name), line: lines.line(start), record: at as u64 + 1 };
        let problem = |reason| Item::Problem { place: place.clone(), reason, raw: split::cut(raw) };
        page.problems.extend(notes.0.into_iter().map(problem));
    }
    Ok(page)
}

fn note(raw: &[u8]) -> Result<Note<'_>, BadRecord> {
    json::parse(raw)
}

/// Understands one note.
pub(crate) fn parse(raw: &[u8], notes: &mut Notes) -> Result<Record, BadRecord> {
    paper_of(&note(raw)?, notes)
}

fn paper_of(note: &Note<'_>, notes: &mut Notes) -> Result<Record, BadRecord> {
    if !note.is_public_paper() {
        return Err(BadRecord::Other("a note that is no paper for everyone to read"));
    }
    let id = note.id.as_deref().unwrap_or_default();
    let node =
        Identity::openreview(id).ok_or_else(|| BadRecord::NoIdentity(id.chars().take(80).collect()))?;
    let mut record = Record::new(Source::Openreview, node, note.text("title").ok_or(BadRecord::NoTitle)?);
    record.abstract_text = note.text("abstract");
    record.authors =
        note.list("authors").into_iter().map(|name| Author::named(crate::authors::shown(&name))).collect();
    record.keywords = note.list("keywords");
    record.venue = note.text("venue");
    let by_authors = note.text("TLDR").or_else(|| note.text("TL;DR"));
    record.summaries = by_authors
        .map(|text| Summary { text, by: "authors".to_owned(), machine: false })
        .into_iter()
        .collect();
    let venue = note.text("venueid").unwrap_or_default();
    if ["Withdrawn", "Desk_Rejected"].iter().any(|word| venue.contains(word)) {
        record.standing = Standing::Withdrawn;
    }
    record.license = note.license.as_deref().and_then(license);
    let mut link = |kind: LinkKind, address: &str| match Link::new(kind, address) {
        Some(link) => record.links.push(link),
        None => notes.add(format!("{address:?} is not a web address; the record is read without it")),
    };
    match note.text("pdf") {
        Some(path) if path.starts_with('/') => link(LinkKind::Pdf, &format!("https://openreview.net{path}")),
        Some(address) => link(LinkKind::Pdf, &address),
        None => {}
    }
    for name in ["code", "project_page", "website"] {
        if let Some(address) = note.text(name) {
            link(if name == "code" { LinkKind::Code } else { LinkKind::Project }, &address);
        }
    }
    record.published =
        [note.pdate, note.odate, note.cdate].into_iter().flatten().find_map(day).map(Into::into);
    let changed = note.mdate.or(note.cdate).and_then(day);
    record.stamp = Stamp { version: 0, time: changed.map(|day| day.to_string()).unwrap_or_default() };
    finish::check(&record)?;
    Ok(record)
}

/// The day, in UTC, of milliseconds since 1970.
fn day(milliseconds: f64) -> Option<Day> {
    // Beyond what a float holds exactly, it was no time; the cast keeps what is within.
    let whole = milliseconds.abs() < 9e15;
    let time = Timestamp::from_millisecond(whole.then_some(milliseconds as i64)?).ok()?;
    Day::from_date(time.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// `CC BY 4.0` as an address.
fn license(name: &str) -> Option<String> {
    let mut words = name.split_ascii_whitespace();
    match (words.next()?, words.next()) {
        ("CC", Some(kind)) => {
            let version = words.next().unwrap_or("4.0");
            let good = kind.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
            let number = version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            (good && number).then(|| {
                format!("http://creativecommons.org/licenses/{}/{version}/", kind.to_ascii_lowercase())
            })
        }
        ("CC0", _) => Some("http://creativecommons.org/publicdomain/zero/1.0/".to_owned()),
        _ => None,
    }
}
