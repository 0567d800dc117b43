//! Every row of `data/text-cases.tsv`: source strings and the plain text that they must become.

use paper::text::{Dialect, Kind, parse, parse_as};

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
        let string = |cell: &str| serde_json::from_str::<String>(cell).unwrap();
        rows.push(Row {
            line: number + 1,
            class: cells[0].to_owned(),
            source: cells[1].to_owned(),
            raw: string(cells[2]),
            expected: string(cells[3]),
        });
    }
    assert_eq!(rows.len(), 312);
    rows
}

fn check_class(class: &str, render: impl Fn(&Row) -> String) {
    let mut failures = Vec::new();
    for row in rows().into_iter().filter(|row| row.class == class) {
        let shown = render(&row);
        if shown != row.expected {
            failures.push(format!("line {}: {:?}\n   gives {:?}\n  wanted {:?}", row.line, row.raw, shown, row.expected));
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
fn accents() {
    check_class("Accents", tex);
}

#[test]
fn mangled_accents() {
    check_class("Lost or mangled accents", tex);
}

#[test]
fn mangled_greek() {
    check_class("Unicode Greek mangled by the submission form", tex);
}

#[test]
fn text_macros() {
    check_class("Text macros", tex);
}

#[test]
fn dashes_and_quotes() {
    check_class("Dashes, quotes, ties, escapes", tex);
}

#[test]
fn math() {
    check_class("Math delimiters and broken math", tex);
}

#[test]
fn html_and_layout() {
    check_class("HTML, Unicode, layout", tex);
}

#[test]
fn hugging_face() {
    check_class("Hugging Face damage", |row| parse_as(&row.raw, kind(row), Dialect::HuggingFace).plain());
}
