//! XML of the ACL Anthology: one file a collection, in it volumes, in them papers.
//!
//! Facts on the form: `data/xml/schema.rnc` of <https://github.com/acl-org/acl-anthology>. Titles and abstracts are
//! Unicode text with `<fixed-case>`, `<b>`, `<i>`, `<url>` and `<tex-math>`; many abstracts also hold TeX that was
//! left as it was. Records therefore come in TeX notation: formulas as `\(…\)`, bold and italics as their macros, and
//! a tilde that means "about" is escaped; everything else stays as it is.

mod cutter;

pub(crate) use cutter::Cutter;

use crate::item::{BadRecord, Notes, Volume};
use crate::xml as tree;
use crate::xml::Element;
use paper::{
    Author, Day, Identity, Link, LinkKind, Markup, PartialDate, Record, Source, Stamp, Standing, Version,
};

/// What the papers of a volume need to know of it.
#[derive(Debug)]
pub(crate) struct Head {
    collection: String,
    volume: String,
    /// `2024.acl-long`, `P19-1`.
    id: String,
    title: String,
    venue: Option<String>,
    journal: Option<String>,
    published: Option<PartialDate>,
    day: Option<Day>,
    /// The start of a document of one paper.
    before: Vec<u8>,
}

/// A document of one paper, which can be parsed by itself.
pub(crate) fn alone(head: &Head, paper: &[u8]) -> Vec<u8> {
    let after: &[u8] = b"</volume></collection>";
    [&head.before, paper, after].concat()
}

impl Head {
    /// From the attributes of `<collection>` and `<volume>` and the element `<meta>`.
    fn new(collection: &str, volume: &[(String, String)], meta: &Element) -> Head {
        let attribute = |name: &str| {
            volume.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let number = attribute("id");
        let id = format!("{collection}-{number}");
        let text =
            |name: &str| meta.child(name).map(|child| words(&child.text())).filter(|text| !text.is_empty());
        let year = text("year").and_then(|year| year.parse::<i16>().ok());
        let month = text("month").and_then(|month| month_number(&month));
        let published = year.and_then(|year| match month {
            Some(month) => PartialDate::year_month(year, month),
            None => PartialDate::year_only(year),
        });
        let day = Day::parse_prefix(attribute("ingest-date"));
        let journal = text("journal-title").map(|title| {
            let number = match (text("journal-volume"), text("journal-issue")) {
                (Some(volume), Some(issue)) => format!(" {volume}({issue})"),
                (Some(volume), None) => format!(" {volume}"),
                _ => String::new(),
            };
            format!("{title}{number}")
        });
        let mut before = format!("<collection id=\"{}\"><volume", tree::escape(collection));
        for (key, value) in volume {
            before.push_str(&format!(" {key}=\"{}\"", tree::escape(value)));
        }
        before.push_str("><meta>");
        for name in
            ["booktitle", "journal-title", "journal-volume", "journal-issue", "month", "year", "venue"]
        {
            for child in meta.children(name) {
                before.push_str(&format!("<{name}>{}</{name}>", tree::escape(&words(&child.text()))));
            }
        }
        before.push_str("</meta>");
        let venues: Vec<String> = meta.children("venue").map(|child| words(&child.text())).collect();
        Head {
            collection: collection.to_owned(),
            volume: number.to_owned(),
            id,
            title: meta.child("booktitle").map(tex).unwrap_or_default(),
            venue: venue(&venues),
            journal,
            published,
            day,
            before: before.into_bytes(),
        }
    }

    /// The volume as an item. A volume without a title is named by its id.
    fn volume(&self) -> Volume {
        let title = if self.title.is_empty() { self.id.clone() } else { self.title.clone() };
        Volume { id: self.id.clone(), title, source: Source::Acl, day: self.day, published: self.published }
    }

    /// The id of the paper with that number: `2024.acl-long.7`, `P19-1007`, `W19-5007`.
    fn paper_id(&self, number: &str) -> Option<Identity> {
        let is_old = self.collection.len() == 3 && self.collection.as_bytes()[0].is_ascii_alphabetic();
        if !is_old {
            return Identity::acl(&format!("{}.{number}", self.id));
        }
        let (volume, number): (u32, u32) = (self.volume.parse().ok()?, number.parse().ok()?);
        // Workshops have two digits for the volume, conferences one.
        let two_digits = self.collection.starts_with('W')
            || self.collection == "C69"
            || (self.collection == "D19" && volume >= 5);
        let collection = &self.collection;
        Identity::acl(&if two_digits {
            format!("{collection}-{volume:02}{number:02}")
        } else {
            format!("{collection}-{volume}{number:03}")
        })
    }
}

pub(crate) fn parse(head: &Head, bytes: &[u8], notes: &mut Notes) -> Result<Record, BadRecord> {
    let paper = tree::parse(bytes)?;
    let number = paper.attribute("id").unwrap_or_default();
    let url = paper.child("url").map(|url| url.text().trim().to_owned()).unwrap_or_default();
    let stated = if url.contains("://") { None } else { Identity::acl(&url) };
    let node = stated.or_else(|| head.paper_id(number)).ok_or_else(|| {
        let id = if url.is_empty() { format!("{}.{number}", head.id) } else { url.clone() };
        BadRecord::NoIdentity(id.chars().take(80).collect())
    })?;
    let page = node.value().to_owned();
    let title = paper.child("title").map(tex).filter(|title| !title.is_empty()).ok_or(BadRecord::NoTitle)?;

    let mut record = Record::new(Source::Acl, node, title);
    record.markup = Markup::Tex;
    record.abstract_text = paper.child("abstract").map(tex).filter(|text| !text.is_empty());
    record.authors = paper.children("author").filter_map(author).collect();
    record.published = head.published;
    record.volume = Some(head.id.clone());
    record.venue = head.venue.clone();
    record.journal_ref = journal_ref(head, &paper);
    for doi in paper.children("doi") {
        match Identity::doi(&doi.text()) {
            Some(identity) if record.identities.contains(&identity) => {}
            Some(identity) => record.identities.push(identity),
            // Some old volumes give the address of a repository.
            None => match Link::new(LinkKind::Page, &doi.text()).filter(|link| link.url == doi.text()) {
                Some(link) => record.links.push(link),
                None => notes.add(format!("{:?} is not a DOI; the record is read without it", doi.text())),
            },
        }
    }
    record.awards = paper.children("award").map(|award| words(&award.text())).collect();
    if paper.child("retracted").is_some() || paper.child("removed").is_some() {
        record.standing = Standing::Retracted;
    }
    read_versions(&paper, &mut record, head);
    read_links(&paper, &mut record, &page, &url, notes);
    Ok(record)
}

fn author(element: &Element) -> Option<Author> {
    let part = |name: &str| element.child(name).map(|part| words(&part.text())).unwrap_or_default();
    let (first, last) = (part("first"), part("last"));
    let name = words(&format!("{first} {last}"));
    (!name.is_empty()).then(|| Author {
        name,
        family: Some(last).filter(|last| !last.is_empty()),
        group: false,
    })
}

fn journal_ref(head: &Head, paper: &Element) -> Option<String> {
    let pages = paper.child("pages").map(|pages| words(&pages.text())).filter(|pages| !pages.is_empty());
    let place =
        head.journal.clone().or_else(|| Some(head.title.clone()).filter(|title| !title.is_empty()))?;
    Some(match pages {
        Some(pages) => format!("{place}, pages {pages}"),
        None => place,
    })
}

/// Revisions are versions; the latest date on the paper or its volume says how new the record is.
fn read_versions(paper: &Element, record: &mut Record, head: &Head) {
    let day = |element: &Element| element.attribute("date").and_then(Day::parse_prefix);
    for revision in paper.children("revision").take(crate::limit::LIST_MAX) {
        if let Some(number) = revision.attribute("id").and_then(|id| id.parse().ok()).filter(|id| *id > 0) {
            record.versions.push(Version { number, day: day(revision) });
        }
    }
    record.versions.sort();
    record.versions.dedup_by_key(|version| version.number);
    let events = ["revision", "erratum", "retracted", "removed"];
    let latest = events.iter().flat_map(|name| paper.children(name)).filter_map(day).chain(head.day).max();
    let time = latest.map(|day| day.to_string()).or_else(|| head.published.map(|date| date.to_string()));
    record.stamp = Stamp {
        version: record.versions.last().map_or(0, |version| version.number),
        time: time.unwrap_or_default(),
    };
}

fn read_links(paper: &Element, record: &mut Record, page: &str, url: &str, notes: &mut Notes) {
    let mut add = |kind: LinkKind, address: &str| match Link::new(kind, address) {
        Some(link) if record.links.contains(&link) => {}
        Some(link) => record.links.push(link),
        None => notes.add(format!("{address:?} is not a web address; the record is read without it")),
    };
    let site = |file: &str| {
        let file = file.trim();
        if file.contains("://") { file.to_owned() } else { format!("https://aclanthology.org/{file}") }
    };
    if url.contains("://") {
        add(LinkKind::Pdf, url);
    } else if !url.is_empty() {
        add(LinkKind::Pdf, &format!("https://aclanthology.org/{page}.pdf"));
    }
    for code in paper.children("pwccode") {
        if let Some(address) = code.attribute("url").filter(|address| !address.is_empty()) {
            add(LinkKind::Code, address);
        }
    }
    for video in paper.children("video") {
        if let Some(file) = video.attribute("href").filter(|file| !file.is_empty()) {
            add(LinkKind::Video, &site(file));
        }
    }
    for erratum in paper.children("erratum") {
        add(LinkKind::Erratum, &format!("{}.pdf", site(&erratum.text())));
    }
    for attachment in paper.children("attachment") {
        let kind = attachment.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let kind = if kind.contains("software") || kind.contains("code") || kind == "source" {
            LinkKind::Code
        } else if kind.contains("data") {
            LinkKind::Data
        } else {
            LinkKind::Other
        };
        let file = attachment.text();
        let file = file.trim();
        if file.contains("://") {
            add(kind, file);
        } else if !file.is_empty() {
            add(kind, &format!("https://aclanthology.org/attachments/{file}"));
        }
    }
}

/// Titles and abstracts in TeX notation.
fn tex(element: &Element) -> String {
    let mut out = String::new();
    write_tex(element, &mut out);
    words(&out)
}

fn write_tex(element: &Element, out: &mut String) {
    for child in &element.nodes {
        match child {
            tree::Node::Text(text) => write_text(text, out),
            tree::Node::Element(element) => match element.name.as_str() {
                "tex-math" => {
                    let formula = element.text();
                    let formula = formula.trim().trim_matches('$');
                    if !formula.is_empty() {
                        out.push_str(&format!("\\({formula}\\)"));
                    }
                }
                "b" | "i" => {
                    out.push_str(if element.name == "b" { "\\textbf{" } else { "\\emph{" });
                    write_tex(element, out);
                    out.push('}');
                }
                "url" => out.push_str(element.text().trim()),
                _ => write_tex(element, out),
            },
        }
    }
}

/// A tilde between words is a TeX tie that was left; before a number or after a space it means "about".
fn write_text(text: &str, out: &mut String) {
    let mut before = out.chars().next_back();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let between_words = before.is_some_and(|c| c.is_alphabetic())
            && rest.peek().is_some_and(|c| c.is_alphabetic() || *c == '(' || *c == '\\');
        if c == '~' && !between_words {
            out.push_str("\\textasciitilde{}");
        } else {
            out.push(c);
        }
        before = Some(c);
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first month that a free text names: `October-November`, `7-8 June`, `6`.
fn month_number(text: &str) -> Option<i8> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    if let Ok(number) = text.trim().parse::<i8>() {
        return (1..=12).contains(&number).then_some(number);
    }
    let lower = text.to_lowercase();
    let places = MONTHS.iter().enumerate().filter_map(|(at, name)| Some((lower.find(name)?, at)));
    places.min().and_then(|(_, at)| i8::try_from(at + 1).ok())
}

/// How readers write the names that the Anthology gives in lower case.
const VENUES: [(&str, &str); 27] = [
    ("cl", "Computational Linguistics"),
    ("coling", "COLING"),
    ("conll", "CoNLL"),
    ("emnlp", "EMNLP"),
    ("findings", "Findings"),
    ("bionlp", "BioNLP"),
    ("semeval", "SemEval"),
    ("starsem", "*SEM"),
    ("mtsummit", "MT Summit"),
    ("jeptalnrecital", "JEP/TALN/RECITAL"),
    ("sigdial", "SIGDIAL"),
    ("textgraphs", "TextGraphs"),
    ("nodalida", "NoDaLiDa"),
    ("vardial", "VarDial"),
    ("cogalex", "CogALex"),
    ("ijclclp", "IJCLCLP"),
    ("rocling", "ROCLING"),
    ("nlp4call", "NLP4CALL"),
    ("latech", "LaTeCH"),
    ("earlymt", "Early MT"),
    ("dialdoc", "DialDoc"),
    ("syntaxfest", "SyntaxFest"),
    ("hlt", "HLT"),
    ("sigul", "SIGUL"),
    ("louhi", "Louhi"),
    ("anlp", "ANLP"),
    ("ws", "Workshop"),
];

/// The first venue that is not just "some workshop".
fn venue(ids: &[String]) -> Option<String> {
    let id = ids.iter().find(|id| *id != "ws").or(ids.first())?;
    let known = VENUES.iter().find(|(known, _)| known == id).map(|(_, name)| (*name).to_owned());
    Some(known.unwrap_or_else(|| id.to_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_from_free_text() {
        for (text, month) in [
            ("June", 6),
            ("7", 7),
            ("October-November", 10),
            ("7-8 June", 6),
            ("Septemer", 9),
            ("May 31--2 June", 5),
        ] {
            assert_eq!(month_number(text), Some(month), "{text}");
        }
        assert_eq!(month_number("spring"), None);
        assert_eq!(month_number("13"), None);
    }

    #[test]
    fn a_tilde_means_about_or_ties_words() {
        let check = |text: &str, expected: &str| {
            let mut out = String::new();
            write_text(text, &mut out);
            assert_eq!(out, expected);
        };
        check("with ~20% of", "with \\textasciitilde{}20% of");
        check("PAN~Clickbait", "PAN~Clickbait");
    }
}
