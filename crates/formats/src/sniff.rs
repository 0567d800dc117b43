//! Telling formats apart by what they hold.

use crate::Format;

/// The format of an input from its first bytes (64 KiB are enough); the name decides only where the content leaves it
/// open. `None` if it is none of ours.
pub fn sniff(head: &[u8], file_name: &str) -> Option<Format> {
    let head = head.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(head);
    let start = head.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let head = &head[start..];
    match head[0] {
        b'{' | b'[' => json(head),
        b'<' => xml(head),
        _ => None,
    }
    .or_else(|| json_lines(head))
    .or_else(|| bibtex(head))
    .or_else(|| by_name(head, file_name))
}

/// A damaged first line does not hide the format of the second.
fn json_lines(head: &[u8]) -> Option<Format> {
    head.split(|byte| *byte == b'\n').skip(1).take(50).filter(|line| line.starts_with(b"{")).find_map(json)
}

fn json(head: &[u8]) -> Option<Format> {
    let keys = keys(head);
    let has = |key: &str| keys.contains(&key.as_bytes());
    if has("paper") || (has("item") && has("date")) || (has("id") && (has("upvotes") || has("ai_summary"))) {
        Some(Format::HuggingFaceJson)
    } else if has("listings") && has("title") {
        Some(Format::Sample)
    } else if has("venue") && has("title") && (has("urls") || has("openreview") || has("source")) {
        Some(Format::Conference)
    } else if has("id")
        && (has("categories") || has("authors_parsed") || has("versions") || has("update_date"))
    {
        Some(Format::ArxivJson)
    } else {
        None
    }
}

/// The keys of the first object, as far as the head reaches.
fn keys(head: &[u8]) -> Vec<&[u8]> {
    const KEYS_MAX: usize = 100;
    let mut keys = Vec::new();
    let Some(open) = head.iter().position(|byte| *byte == b'{') else { return keys };
    if !head[..open].iter().all(|byte| byte.is_ascii_whitespace() || *byte == b'[') {
        return keys;
    }
    let (mut at, mut depth, mut key_next) = (open, 0usize, false);
    while at < head.len() && keys.len() < KEYS_MAX {
        match head[at] {
            b'{' | b'[' => {
                depth += 1;
                key_next = depth == 1;
            }
            b'}' | b']' if depth <= 1 => break,
            b'}' | b']' => depth -= 1,
            b',' => key_next = depth == 1,
            b'"' => {
                let begin = at + 1;
                at = begin;
                while at < head.len() && head[at] != b'"' {
                    at += if head[at] == b'\\' { 2 } else { 1 };
                }
                if key_next {
                    keys.push(&head[begin..at.min(head.len())]);
                    key_next = false;
                }
            }
            _ => {}
        }
        at += 1;
    }
    keys
}

/// The root element after declaration and comments.
fn xml(head: &[u8]) -> Option<Format> {
    let mut rest = head;
    loop {
        let open = rest.iter().position(|byte| *byte == b'<')?;
        rest = &rest[open..];
        if rest.starts_with(b"<collection") || rest.starts_with(b"<volume") {
            return Some(Format::AclXml);
        }
        let end: &[u8] = if rest.starts_with(b"<!--") {
            b"-->"
        } else if rest.starts_with(b"<?") || rest.starts_with(b"<!DOCTYPE collection") {
            b">"
        } else {
            return None;
        };
        let close = rest.windows(end.len()).position(|window| window == end)?;
        rest = &rest[close + end.len()..];
    }
}

/// A line that begins an entry.
fn bibtex(head: &[u8]) -> Option<Format> {
    let entry = head.split(|byte| *byte == b'\n' || *byte == b'\r').any(|line| {
        let line = line.trim_ascii_start();
        let Some(rest) = line.strip_prefix(b"@") else { return false };
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        letters >= 2 && matches!(rest[letters..].trim_ascii_start().first(), Some(b'{' | b'('))
    });
    entry.then_some(Format::Bibtex)
}

/// The tie-breaker: text whose name says what it should be. Its parser will say what is wrong with it.
fn by_name(head: &[u8], file_name: &str) -> Option<Format> {
    let name = file_name.to_ascii_lowercase();
    let bare = name.trim_end_matches(".gz").trim_end_matches(".zst");
    if bare.ends_with(".bib") && !matches!(head.first(), Some(b'{' | b'[' | b'<')) {
        return Some(Format::Bibtex);
    }
    let arxiv = head.first() == Some(&b'{') && bare.contains("arxiv") && bare.contains(".json");
    arxiv.then_some(Format::ArxivJson)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: Option<Format>) {
        assert_eq!(sniff(head.as_bytes(), "file"), expected, "{head}");
    }

    #[test]
    fn formats_are_told_apart_by_their_keys() {
        check(r#"{"id":"2401.00001","title":"T","categories":"cs.CL"}"#, Some(Format::ArxivJson));
        check(r#"{"date":"2024-05-27","item":{"paper":{}}}"#, Some(Format::HuggingFaceJson));
        check("[\n {\"paper\":{\"id\":\"2401.00001\"", Some(Format::HuggingFaceJson));
        check(r#"{"id": "x:1", "title": "T", "venue": "V", "urls": {}}"#, Some(Format::Conference));
        check(r#"{"id": "slug", "title": "T", "listings": []}"#, Some(Format::Sample));
        check("<?xml version='1.0'?>\n<!-- x --><collection id='a'>", Some(Format::AclXml));
        check("% a comment\n@Article {key,", Some(Format::Bibtex));
        check("\u{feff}{\"id\":\"1\",\"categories\":\"\"}", Some(Format::ArxivJson));
    }

    #[test]
    fn keys_inside_values_do_not_count() {
        check(r#"{"a":{"paper":1},"b":"\"paper\":","c":["paper"]}"#, None);
    }

    #[test]
    fn a_damaged_first_line_does_not_hide_the_format() {
        check("{\"id\":\n{\"id\":\"2401.00001\",\"categories\":\"cs.CL\"}", Some(Format::ArxivJson));
    }

    #[test]
    fn other_texts_are_not_ours() {
        check("<html><body>", None);
        check("hello", None);
        check("{}", None);
        check("", None);
    }
}
