//! Answers of OAI-PMH servers, arXiv's first of all.
//!
//! [`read`] takes the bytes of one answer. Whatever they are, the result is a value: a page of records and what comes
//! after it, a refusal in the protocol's words, or the reason why this is no answer at all. A record that is broken
//! costs one record; an answer that breaks off keeps the records before the break and says so in [`Page::rest`].
//!
//! Facts: the server's own templates (<https://github.com/arXiv/oaipmh>) and the
//! [OAI-PMH 2.0 text](http://www.openarchives.org/OAI/openarchivesprotocol.html). Of arXiv's forms `arXivRaw` is the
//! one to ask for: it alone has the versions and leaves TeX as it was written.

mod paper_of;

pub(crate) use paper_of::parse;

use crate::item::Place;
use crate::scan::{self, Kind, Lines, Root, Scanner, Tag};
use crate::split::cut;
use crate::xml::{self, Element};
use crate::{finish, html, limit};
use jiff::Timestamp;
use paper::{Day, Identity, Record};
use std::sync::Arc;

/// An answer that speaks the protocol.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To `ListRecords`, `ListIdentifiers` or `GetRecord`.
    Page(Page),
    /// The server says no, in the protocol's own words.
    Refused(Vec<Refusal>),
    /// To `Identify`.
    Repository(Repository),
    /// To `ListSets` or `ListMetadataFormats`, which are not read further.
    Other,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// When the server answered, by its own clock: the next harvest begins from here.
    pub answered: Option<Timestamp>,
    /// What it holds, in the order of the page.
    pub entries: Vec<Entry>,
    /// What comes after it.
    pub rest: Rest,
}

impl Page {
    /// True if the page leads to the token that was sent to get it: who follows it never ends.
    pub fn repeats(&self, sent: &str) -> bool {
        matches!(&self.rest, Rest::Next(token) if token.value == sent)
    }
}

/// What comes after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// More: ask with this token.
    Next(Token),
    /// Nothing. Servers mark the last page of a list by an empty token, or not at all.
    Ended {
        /// True if an empty token said so.
        marked: bool,
    },
    /// Unknown: the answer broke off after so many bytes. Its entries are good; ask the same again for the others.
    CutOff {
        /// The bytes that arrived.
        bytes: usize,
    },
}

/// A resumption token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// As the server wrote it, to be encoded once when it is sent.
    pub value: String,
    /// When it ends (`expirationDate`, or arXiv's `expires`).
    pub expires: Option<Timestamp>,
    /// How many records the whole list has; arXiv does not say.
    pub list_size: Option<u64>,
    /// How many records came before this page; arXiv does not say.
    pub cursor: Option<u64>,
}

/// What stands in the header of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// E.g. `oai:arXiv.org:2401.00001`.
    pub identifier: String,
    /// The day of the record's last change; neither of submission nor of announcement.
    pub changed: Option<Day>,
    /// Its sets, e.g. `cs:cs:CL`.
    pub sets: Vec<String>,
    /// True if the server has deleted the record.
    pub deleted: bool,
}

impl Header {
    /// The paper, if it is arXiv's.
    pub fn identity(&self) -> Option<Identity> {
        paper_of::identity(&self.identifier)
    }
}

/// One thing on a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A record that was understood.
    Record {
        /// Its header.
        header: Header,
        /// What was understood.
        record: Box<Record>,
        /// The element `<record>` as received; [`crate::parse_again`] understands it by itself.
        raw: Vec<u8>,
        /// Where it stood.
        place: Place,
    },
    /// A record that the server has deleted.
    Deleted {
        /// Its header.
        header: Header,
        /// The element as received.
        raw: Vec<u8>,
    },
    /// A header alone, as `ListIdentifiers` gives them.
    Header(Header),
    /// A record that was not understood, or only in part; in the latter case it follows the record itself.
    Problem {
        /// The header, where that much could be read: the record can be asked for again.
        header: Option<Header>,
        /// Where it stood.
        place: Place,
        /// What happened and what to do.
        reason: String,
        /// The bytes, cut at [`limit::PROBLEM_BYTES_MAX`].
        raw: Vec<u8>,
    },
}

/// An error of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which.
    pub code: Code,
    /// The server's words.
    pub message: String,
}

/// The protocol's error codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// An argument is missing, unknown, repeated, or its value is not accepted.
    BadArgument,
    /// The token is unknown or has expired: the list has to be asked for anew.
    BadResumptionToken,
    /// The verb is unknown.
    BadVerb,
    /// The form is not offered.
    CannotDisseminateFormat,
    /// There is no such record.
    IdDoesNotExist,
    /// Nothing has changed in that time: an empty list, not a failure.
    NoRecordsMatch,
    /// The record has no form.
    NoMetadataFormats,
    /// The server has no sets.
    NoSetHierarchy,
    /// A code that the protocol does not know.
    Other(String),
}

impl Code {
    fn from_name(name: &str) -> Code {
        match name {
            "badArgument" => Code::BadArgument,
            "badResumptionToken" => Code::BadResumptionToken,
            "badVerb" => Code::BadVerb,
            "cannotDisseminateFormat" => Code::CannotDisseminateFormat,
            "idDoesNotExist" => Code::IdDoesNotExist,
            "noRecordsMatch" => Code::NoRecordsMatch,
            "noMetadataFormats" => Code::NoMetadataFormats,
            "noSetHierarchy" => Code::NoSetHierarchy,
            other => Code::Other(other.chars().take(80).collect()),
        }
    }
}

/// What a server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repository {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// The earliest datestamp.
    pub earliest: Option<Day>,
    /// True if datestamps have a time beside the day.
    pub seconds: bool,
    /// `no`, `transient` or `persistent`.
    pub deleted: String,
}

/// Why bytes are no answer of an OAI-PMH server. None of this may be stored; ask again later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAnswer {
    /// No bytes at all.
    #[error("the answer is empty")]
    Empty,
    /// More than is read.
    #[error("the answer has {0} bytes, more than the {limit} that are accepted", limit = limit::ANSWER_BYTES_MAX)]
    TooLarge(usize),
    /// A page for people: an error page, a challenge, a maintenance notice.
    #[error("a web page instead of an answer{}", title.as_ref().map(|title| format!(": {title:?}")).unwrap_or_default())]
    WebPage {
        /// Its title, if it has one.
        title: Option<String>,
    },
    /// A document type, which may define entities, is not accepted.
    #[error("the answer declares a document type, which is not accepted")]
    DocumentType,
    /// Some other document, or no document.
    #[error("no OAI-PMH answer; it begins with {0:?}")]
    Other(String),
    /// The envelope is there, but neither a verb nor an error in it; it may have broken off.
    #[error("the answer holds neither records nor an error")]
    Nothing,
}

/// Reads one answer. `name` is how people know it (its address); it appears in places.
///
/// # Errors
/// [`NotAnAnswer`] if the bytes do not speak the protocol. A damaged answer is no error: see [`Page::rest`] and
/// [`Entry::Problem`].
pub fn read(bytes: &[u8], name: &str) -> Result<Answer, NotAnAnswer> {
    if bytes.len() > limit::ANSWER_BYTES_MAX {
        return Err(NotAnAnswer::TooLarge(bytes.len()));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(NotAnAnswer::Empty);
    }
    let mut scanner = Scanner::new(bytes);
    envelope(&mut scanner, bytes)?;
    let mut reading = Reading {
        bytes,
        name: Arc::from(name),
        lines: Lines::new(bytes),
        records: 0,
        list: false,
        other: false,
        complete: false,
        answered: None,
        entries: Vec::new(),
        refusals: Vec::new(),
        repository: None,
        token: None,
    };
    reading.complete = reading.run(&mut scanner).is_some();
    reading.finish()
}

/// Goes to behind the start of the envelope.
fn envelope(scanner: &mut Scanner<'_>, bytes: &[u8]) -> Result<(), NotAnAnswer> {
    match scan::root(scanner) {
        Root::Element(tag) if tag.local() == b"OAI-PMH" => Ok(()),
        Root::WebPage => Err(NotAnAnswer::WebPage { title: html::title(bytes) }),
        Root::DocumentType => Err(NotAnAnswer::DocumentType),
        Root::Element(_) | Root::Nothing => {
            let head = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).trim().to_owned();
            Err(NotAnAnswer::Other(head))
        }
    }
}

/// An answer while it is read.
struct Reading<'a> {
    bytes: &'a [u8],
    name: Arc<str>,
    lines: Lines<'a>,
    records: u64,
    /// A verb that gives records or headers was seen.
    list: bool,
    /// A verb that is not read further was seen.
    other: bool,
    /// The end of the envelope was seen.
    complete: bool,
    answered: Option<Timestamp>,
    entries: Vec<Entry>,
    refusals: Vec<Refusal>,
    repository: Option<Repository>,
    /// The token, whole; empty on a marked last page.
    token: Option<Token>,
}

impl<'a> Reading<'a> {
    /// `None` if the document ends before its envelope does.
    fn run(&mut self, scanner: &mut Scanner<'a>) -> Option<()> {
        while let Some(tag) = scanner.next() {
            if self.entries.len() >= limit::ANSWER_RECORDS_MAX {
                let reason =
                    format!("more than {} records; the rest was not read", limit::ANSWER_RECORDS_MAX);
                let place = self.place(tag.start);
                self.entries.push(Entry::Problem { header: None, place, reason, raw: Vec::new() });
                return None;
            }
            match (tag.kind, tag.local()) {
                (Kind::Close, b"OAI-PMH") => {
                    return Some(());
                }
                (Kind::Open, b"ListRecords" | b"GetRecord" | b"ListIdentifiers") => self.list = true,
                (Kind::Empty, b"ListRecords" | b"GetRecord" | b"ListIdentifiers") => self.list = true,
                (Kind::Open | Kind::Empty, b"ListSets" | b"ListMetadataFormats") => self.other = true,
                (Kind::Open, b"record") => {
                    self.record(scanner, tag)?;
                }
                (Kind::Open, b"responseDate" | b"request" | b"error" | b"resumptionToken" | b"header") => {
                    let element = scanner.element(tag)?;
                    self.element(element, tag);
                }
                (Kind::Open, b"Identify") => {
                    let element = scanner.element(tag)?;
                    self.repository = xml::parse(element).ok().map(|element| repository(&element));
                }
                (Kind::Empty, b"error" | b"resumptionToken") => {
                    self.element(&self.bytes[tag.start..tag.end], tag);
                }
                _ => {}
            }
        }
        None
    }

    fn place(&mut self, at: usize) -> Place {
        Place { file: Arc::clone(&self.name), line: self.lines.line(at), record: self.records }
    }

    /// One of the small elements of the envelope.
    fn element(&mut self, bytes: &[u8], tag: Tag<'_>) {
        let element = match xml::parse(bytes) {
            Ok(element) => element,
            Err(error) => {
                let place = self.place(tag.start);
                let reason = error.to_string();
                self.entries.push(Entry::Problem { header: None, place, reason, raw: cut(bytes) });
                return;
            }
        };
        let text = element.text();
        let text = text.trim();
        match tag.local() {
            b"responseDate" => self.answered = text.parse().ok(),
            b"header" => self.entries.push(Entry::Header(header(&element))),
            b"error" => self.refusals.push(Refusal {
                code: Code::from_name(element.attribute("code").unwrap_or_default()),
                message: text.chars().take(1000).collect(),
            }),
            b"resumptionToken" if text.len() <= limit::TOKEN_BYTES_MAX => {
                self.token = Some(token(&element, text))
            }
            b"resumptionToken" => {
                let place = self.place(tag.start);
                let reason = format!(
                    "the token has {} bytes, more than the {} that are accepted",
                    text.len(),
                    limit::TOKEN_BYTES_MAX
                );
                self.entries.push(Entry::Problem { header: None, place, reason, raw: cut(bytes) });
            }
            _ => {}
        }
    }

    /// A record. `None` if the document ends within it.
    fn record(&mut self, scanner: &mut Scanner<'a>, open: Tag<'a>) -> Option<()> {
        let mut depth = 1usize;
        let end = loop {
            let tag = scanner.next()?;
            if tag.closes("record") {
                depth -= 1;
                if depth == 0 {
                    break tag.end;
                }
            } else if tag.opens("record") {
                // Formats such as MARC have records of their own. But one that begins with a header is the next one,
                // and this one was never closed.
                let next = Scanner::from(self.bytes, tag.end).next();
                if next.is_some_and(|next| next.opens("header")) {
                    scanner.seek(tag.start);
                    break tag.start;
                }
                depth += 1;
            } else if tag.closes("ListRecords") || tag.closes("GetRecord") || tag.closes("OAI-PMH") {
                scanner.seek(tag.start);
                break tag.start;
            }
        };
        self.records += 1;
        let place = self.place(open.start);
        let raw = &self.bytes[open.start..end];
        self.entries.extend(entries(raw, place));
        Some(())
    }

    fn finish(self) -> Result<Answer, NotAnAnswer> {
        if !self.refusals.is_empty() {
            return Ok(Answer::Refused(self.refusals));
        }
        if let Some(repository) = self.repository {
            return Ok(Answer::Repository(repository));
        }
        if !self.list {
            return if self.other { Ok(Answer::Other) } else { Err(NotAnAnswer::Nothing) };
        }
        // The token stands behind the records: where it is whole, they are.
        let rest = match self.token {
            Some(token) if !token.value.is_empty() => Rest::Next(token),
            _ if !self.complete => Rest::CutOff { bytes: self.bytes.len() },
            token => Rest::Ended { marked: token.is_some() },
        };
        Ok(Answer::Page(Page { answered: self.answered, entries: self.entries, rest }))
    }
}

/// What became of one `<record>`.
fn entries(raw: &[u8], place: Place) -> Vec<Entry> {
    let mut notes = crate::item::Notes::default();
    let problem = |header: Option<Header>, reason: String, place: &Place| Entry::Problem {
        header,
        place: place.clone(),
        reason,
        raw: cut(raw),
    };
    let result = paper_of::parse(raw, &mut notes).and_then(|(header, record)| {
        record.iter().try_for_each(finish::check)?;
        Ok((header, record))
    });
    match result {
        Ok((header, None)) => vec![Entry::Deleted { header, raw: raw.to_vec() }],
        Ok((header, Some(record))) => {
            let notes: Vec<Entry> =
                notes.0.into_iter().map(|note| problem(Some(header.clone()), note, &place)).collect();
            let raw = raw.to_vec();
            let mut entries = vec![Entry::Record { header, record: Box::new(record), raw, place }];
            entries.extend(notes);
            entries
        }
        Err(reason) => vec![problem(rescued_header(raw), reason.to_string(), &place)],
    }
}

/// The header of a record that is broken elsewhere.
fn rescued_header(raw: &[u8]) -> Option<Header> {
    let mut scanner = Scanner::new(raw);
    let open = scanner.find(|tag| tag.opens("header"))?;
    let header = header(&xml::parse(scanner.element(open)?).ok()?);
    (!header.identifier.is_empty()).then_some(header)
}

fn header(element: &Element) -> Header {
    let text = |name: &str| element.any(name).next().map(|child| child.text().trim().to_owned());
    Header {
        identifier: text("identifier").unwrap_or_default(),
        changed: text("datestamp").as_deref().and_then(Day::parse_prefix),
        sets: element
            .any("setSpec")
            .take(limit::LIST_MAX)
            .map(|set| set.text().trim().to_owned())
            .filter(|set| !set.is_empty())
            .collect(),
        deleted: element.attribute("status") == Some("deleted"),
    }
}

fn token(element: &Element, value: &str) -> Token {
    let number = |name: &str| element.attribute(name).and_then(|number| number.trim().parse().ok());
    let expires = element.attribute("expirationDate").or_else(|| element.attribute("expires"));
    Token {
        value: value.to_owned(),
        expires: expires.and_then(|time| time.trim().parse().ok()),
        list_size: number("completeListSize"),
        cursor: number("cursor"),
    }
}

fn repository(element: &Element) -> Repository {
    let text = |name: &str| {
        let child = element.any(name).next();
        child.map(|child| child.text().trim().chars().take(1000).collect()).unwrap_or_default()
    };
    let granularity: String = text("granularity");
    let earliest: String = text("earliestDatestamp");
    Repository {
        name: text("repositoryName"),
        address: text("baseURL"),
        earliest: Day::parse_prefix(&earliest),
        seconds: granularity.contains("hh:mm:ss"),
        deleted: text("deletedRecord"),
    }
}
