//! arXiv metadata lines as records, just well enough to measure with; the real parser is a room of its own.

use catalogue::Incoming;
use paper::{Announcement, AnnouncementKind, Author, Day, Identity, PartialDate, Record, Source, Version};
use serde_json::Value;
use std::io::BufRead;

/// Streams the records of a `.jsonl.zst` file.
pub(crate) fn records(path: &str) -> impl Iterator<Item = Incoming> {
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let lines = std::io::BufReader::new(zstd::Decoder::new(file).expect("a zstd frame")).split(b'\n');
    lines.filter_map(|line| incoming(line.expect("a readable file")))
}

fn incoming(raw: Vec<u8>) -> Option<Incoming> {
    let value: Value = serde_json::from_slice(&raw).ok()?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_string);
    let (node, _) = Identity::arxiv(&text("id")?)?;
    let mut record = Record::new(Source::Arxiv, node, text("title")?);
    record.identities.extend(text("doi").and_then(|doi| Identity::doi(&doi)));
    record.abstract_text = text("abstract");
    record.authors = text("authors")?.split(", ").map(Author::named).collect();
    record.categories = text("categories")?.split(' ').map(String::from).collect();
    record.comment = text("comments");
    record.journal_ref = text("journal-ref");
    let day = |name: &str| text(name).and_then(|day| Day::parse_prefix(&day));
    let announced = day("announced");
    record.published = announced.or(day("created")).map(PartialDate::from);
    record.versions = vec![Version { number: 1, day: announced.or(day("created")) }];
    if let Some(day) = announced {
        for (at, category) in record.categories.iter().enumerate() {
            let kind = if at == 0 { AnnouncementKind::New } else { AnnouncementKind::CrossList };
            record.announcements.push(Announcement { day, category: category.clone(), kind });
        }
    }
    Some(Incoming { record, raw })
}
