//! Feeds of any site: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed.
//!
//! Only what a list of news needs is read: what an entry is called, where it leads, how it is told from others, when it
//! appeared, what it is about. Feeds are often not quite what they claim to be: entities nobody defined, bytes of
//! another encoding, dates without a zone. What can be understood all the same is; an entry that cannot is a problem.

mod cutting;
mod date;

pub(crate) use cutting::cut_items;

use crate::html;
use crate::item::{Item, Place};
use crate::json::{Text, present};
use crate::xml::{Element, Unknown, parse_with};
use crate::{limit, scan, split};
use jiff::Timestamp;
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::Arc;

/// A feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// Its title; may be empty.
    pub title: String,
    /// The page that it belongs to.
    pub link: Option<String>,
    /// Its entries in order.
    pub entries: Vec<Entry>,
    /// What was not understood, an [`Item::Problem`] each.
    pub problems: Vec<Item>,
    /// False if the feed breaks off before its end; its entries are good.
    pub complete: bool,
}

/// An entry of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What tells it from other entries of its feed: its own id, else its link, else a hash of title and date.
    pub id: String,
    /// Its title as plain text; empty if there is none.
    pub title: String,
    /// Where it leads.
    pub link: Option<String>,
    /// When it appeared, never later than the moment of reading.
    pub date: Option<Timestamp>,
    /// What it is about, as plain text.
    pub summary: Option<String>,
}

/// Why bytes are no feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFeed {
    /// No bytes at all.
    #[error("the feed is empty")]
    Empty,
    /// More than is read.
    #[error("the feed has {0} bytes, more than the {limit} that are accepted", limit = limit::ANSWER_BYTES_MAX)]
    TooLarge(usize),
    /// A page for people.
    #[error("a web page instead of a feed{}", title.as_ref().map(|title| format!(": {title:?}")).unwrap_or_default())]
    WebPage {
        /// Its title, if it has one.
        title: Option<String>,
    },
    /// A document type, which may define entities, is not accepted.
    #[error("the feed declares a document type, which is not accepted")]
    DocumentType,
    /// The source says in the form of a feed that it gives none.
    #[error("the source refuses: {0}")]
    Refused(String),
    /// Some other document, or no document.
    #[error("no feed; it begins with {0:?}")]
    Other(String),
}

/// Reads a feed of whatever form, told by its content. `name` is how people know it; a date later than `now` is taken
/// for `now`.
///
/// # Errors
/// [`NotAFeed`]. A damaged feed is no error: see [`Feed::complete`] and [`Feed::problems`].
pub fn read(bytes: &[u8], name: &str, now: Timestamp) -> Result<Feed, NotAFeed> {
    let bytes = readable(bytes)?;
    match bytes.trim_ascii_start().first() {
        Some(b'{') => json(&bytes, name, now),
        _ => xml(&bytes, name, now),
    }
}

/// UTF-8 without byte order mark. Bytes of no valid UTF-8 are taken for Latin-1, the usual reason.
fn readable(bytes: &[u8]) -> Result<Cow<'_, [u8]>, NotAFeed> {
    if bytes.len() > limit::ANSWER_BYTES_MAX {
        return Err(NotAFeed::TooLarge(bytes.len()));
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(NotAFeed::Empty);
    }
    let bytes = match std::str::from_utf8(bytes) {
        Ok(_) => Cow::Borrowed(bytes),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes()),
    };
    Ok(match scan::without_control(&bytes) {
        Some(clean) => Cow::Owned(clean),
        None => bytes,
    })
}

fn xml(bytes: &[u8], name: &str, now: Timestamp) -> Result<Feed, NotAFeed> {
    let cut = cut_items(bytes, name)?;
    let mut feed = Feed {
        title: cut.head("title").map(plain).unwrap_or_default(),
        link: cut.heads("link").find_map(link_of),
        entries: Vec::new(),
        problems: Vec::new(),
        complete: cut.complete,
    };
    for (place, raw) in cut.items {
        match parse_with(raw, Unknown::Kept) {
            Ok(element) => feed.entries.push(entry(&element, now)),
            Err(error) => {
                feed.problems.push(Item::Problem { place, reason: error.to_string(), raw: split::cut(raw) });
            }
        }
    }
    Ok(feed)
}

/// Text of an element without markup, whether that was escaped or not.
fn plain(element: &Element) -> String {
    html::plain(&element.text())
}

/// An address: the content of RSS's `<link>`, the attribute of Atom's.
fn link_of(element: &Element) -> Option<String> {
    if !matches!(element.attribute("rel"), None | Some("alternate")) {
        return None;
    }
    let text = element.text();
    let address = element.attribute("href").unwrap_or(text.trim()).trim();
    web_address(address)
}

fn web_address(address: &str) -> Option<String> {
    let web = ["http://", "https://"]
        .iter()
        .any(|scheme| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    (web && address.len() <= limit::TEXT_BYTES_MAX).then(|| address.to_owned())
}

fn entry(element: &Element, now: Timestamp) -> Entry {
    fn child<'a>(element: &'a Element, name: &'a str) -> Option<&'a Element> {
        // By the whole name first: `media:title` of an RSS item is not its title.
        element.child(name).or_else(|| element.any(name).next())
    }
    let text = |name: &str| child(element, name).map(plain).filter(|text| !text.is_empty());
    let title = text("title").unwrap_or_default();
    let link = element.children("link").chain(element.any("link")).find_map(link_of);
    let date = ["pubDate", "published", "issued", "date", "updated", "modified"]
        .iter()
        .find_map(|name| date::parse(child(element, name)?.text().trim()))
        .map(|date| date.min(now));
    let summary = ["description", "summary", "encoded", "content"].iter().find_map(|name| text(name));
    let id = ["guid", "id"].iter().find_map(|name| element.child(name)).map(|id| id.text().trim().to_owned());
    let about = element.attribute("rdf:about").map(str::to_owned);
    let id = id.filter(|id| !id.is_empty()).or(about);
    finished(id, title, link, date, summary)
}

fn finished(
    id: Option<String>,
    title: String,
    link: Option<String>,
    date: Option<Timestamp>,
    summary: Option<String>,
) -> Entry {
    let good = |id: &String| !id.is_empty() && id.len() <= limit::TEXT_BYTES_MAX;
    let id = id.filter(good).or_else(|| link.clone()).unwrap_or_else(|| {
        let date = date.map(|date| date.to_string()).unwrap_or_default();
        blake3::hash(format!("{title}\n{date}").as_bytes()).to_hex().to_string()
    });
    let short = |text: String, limit: usize| match text.char_indices().find(|(at, _)| *at >= limit) {
        Some((at, _)) => text[..at].to_owned(),
        None => text,
    };
    Entry {
        id,
        title: short(title, limit::TITLE_BYTES_MAX),
        link,
        date,
        summary: summary.map(|summary| short(summary, limit::ABSTRACT_BYTES_MAX)),
    }
}

#[derive(Deserialize)]
struct JsonFeed<'a> {
    #[serde(borrow)]
    version: Option<Text<'a>>,
    title: Option<Text<'a>>,
    home_page_url: Option<Text<'a>>,
    items: Option<Vec<serde_json::Value>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct JsonEntry {
    id: serde_json::Value,
    url: Option<String>,
    external_url: Option<String>,
    title: Option<String>,
    summary: Option<String>,
    content_text: Option<String>,
    content_html: Option<String>,
    date_published: Option<String>,
    date_modified: Option<String>,
}

fn json(bytes: &[u8], name: &str, now: Timestamp) -> Result<Feed, NotAFeed> {
    let other = || NotAFeed::Other(String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).trim().to_owned());
    let feed: JsonFeed<'_> = serde_json::from_slice(bytes).map_err(|_| other())?;
    let claims = feed.version.as_deref().is_some_and(|version| version.contains("jsonfeed.org/version"));
    let items = feed.items.filter(|_| claims).ok_or_else(other)?;
    let (file, mut entries, mut problems) = (Arc::<str>::from(name), Vec::new(), Vec::new());
    for (at, item) in items.into_iter().enumerate().take(limit::ANSWER_RECORDS_MAX) {
        let raw = split::cut(item.to_string().as_bytes());
        match serde_json::from_value::<JsonEntry>(item) {
            Ok(item) => entries.push(json_entry(item, now)),
            Err(error) => {
                let place = Place { file: Arc::clone(&file), line: 1, record: at as u64 + 1 };
                problems.push(Item::Problem { place, reason: error.to_string(), raw });
            }
        }
    }
    let (title, link) = (present(&feed.title).unwrap_or_default(), present(&feed.home_page_url));
    let link = link.and_then(|link| web_address(&link));
    Ok(Feed { title, link, entries, problems, complete: true })
}

fn json_entry(item: JsonEntry, now: Timestamp) -> Entry {
    let id = match item.id {
        serde_json::Value::String(id) => Some(id),
        serde_json::Value::Number(id) => Some(id.to_string()),
        _ => None,
    };
    let link = [item.url, item.external_url].into_iter().flatten().find_map(|url| web_address(&url));
    let date =
        [item.date_published, item.date_modified].into_iter().flatten().find_map(|date| date::parse(&date));
    let html = item.content_html.map(|html| html::plain(&html));
    let text = [item.summary, item.content_text].into_iter().flatten().map(|text| html::words(&text));
    let summary = text.chain(html).find(|text| !text.is_empty());
    let title = html::words(&item.title.unwrap_or_default());
    finished(id, title, link, date.map(|date| date.min(now)), summary)
}
