//! Authors as arXiv and BibTeX write them: one text.

use paper::Author;

const GROUP_WORDS: [&str; 6] = ["collaboration", "consortium", "collaborations", "team", "group", "project"];

/// The authors of a text such as `A. Author (1), B. Author and the X Collaboration`. True beside them if the text says
/// that there are more.
pub(crate) fn parse(text: &str) -> (Vec<Author>, bool) {
    let mut authors: Vec<Author> = Vec::new();
    let mut others = false;
    for part in parts(text) {
        let name = without_affiliations(part);
        let name =
            name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '#' | '^' | '†' | '‡' | ';'));
        let folded = name.to_ascii_lowercase();
        let folded = folded.trim_end_matches('.');
        if folded == "et al" || folded == "others" || folded == "et. al" {
            others = true;
            continue;
        }
        if is_suffix(folded) {
            if let Some(author) = authors.last_mut() {
                author.name = format!("{} {}", author.name, name);
            }
            continue;
        }
        if !name.chars().any(char::is_alphabetic) {
            continue;
        }
        let shown = shown(name);
        let group =
            shown.split_whitespace().any(|word| GROUP_WORDS.contains(&word.to_ascii_lowercase().as_str()));
        authors.push(Author { name: shown, family: None, group });
    }
    (authors, others)
}

/// A name without TeX.
pub(crate) fn shown(name: &str) -> String {
    if name.contains(['\\', '{', '}', '$', '~', '&', '`', '<']) {
        paper::reading::title(name, paper::Markup::Tex).plain().trim().to_owned()
    } else {
        name.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn is_suffix(folded: &str) -> bool {
    matches!(folded, "jr" | "sr" | "ii" | "iii" | "iv" | "phd" | "ph.d" | "md" | "m.d")
}

/// Splits at commas, semicolons, `and` and `&` that stand outside brackets.
fn parts(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let (mut start, mut depth, mut at) = (0, 0i32, 0);
    while at < bytes.len() {
        let word_end = |size: usize| bytes.get(at + size).is_none_or(|byte| byte.is_ascii_whitespace());
        let after_space = at == 0 || bytes[at - 1].is_ascii_whitespace();
        let size = match bytes[at] {
            b'\\' => {
                at += 2;
                continue;
            }
            b'(' | b'{' | b'[' => {
                depth += 1;
                0
            }
            b')' | b'}' | b']' => {
                depth = (depth - 1).max(0);
                0
            }
            b',' | b';' if depth == 0 => 1,
            b'&' if depth == 0 && after_space && word_end(1) => 1,
            b'a' | b'A' if depth == 0 && after_space => {
                let is_and = bytes.get(at..at + 3).is_some_and(|word| word.eq_ignore_ascii_case(b"and"));
                if is_and && word_end(3) { 3 } else { 0 }
            }
            _ => 0,
        };
        if size > 0 {
            parts.push(&text[start..at]);
            start = at + size;
        }
        at += size.max(1);
    }
    parts.push(&text[start..]);
    parts
}

/// Drops brackets that no name follows: `G. Ghirlanda (1)`, but not `Zhe (Rita) Liang`.
fn without_affiliations(part: &str) -> &str {
    let mut name = part.trim();
    while name.ends_with(')') {
        let mut depth = 0i32;
        let open = name.char_indices().rev().find(|(_, c)| {
            depth += match c {
                ')' => 1,
                '(' => -1,
                _ => 0,
            };
            depth == 0
        });
        match open {
            // Another script's form of the name is no affiliation.
            Some((at, _)) if at > 0 && name[at..].is_ascii() => name = name[..at].trim_end(),
            _ => break,
        }
    }
    // What stays open at the end was cut by a comma inside it.
    if name.starts_with('(') { "" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let names: Vec<String> = parse(text).0.into_iter().map(|author| author.name).collect();
        assert_eq!(names, expected, "{text}");
    }

    #[test]
    fn names_are_split_outside_brackets() {
        check("Yi Wang, Zhitong Xiong and Adam J. Stewart", &["Yi Wang", "Zhitong Xiong", "Adam J. Stewart"]);
        check("Miguel Nebot (Lisbon, IST)", &["Miguel Nebot"]);
        check("Zhe (Rita) Liang", &["Zhe (Rita) Liang"]);
        check("T. H. Puzia (2,4), & F. Matteucci", &["T. H. Puzia", "F. Matteucci"]);
        check("Robert W. Heath, Jr. and Sriram Vishwanath", &["Robert W. Heath Jr.", "Sriram Vishwanath"]);
        check("Jr-Shin Li", &["Jr-Shin Li"]);
        check("Wei Wang (王伟)", &["Wei Wang (王伟)"]);
        check("Hsi-Sheng Goan*, Chung-Chin Jian", &["Hsi-Sheng Goan", "Chung-Chin Jian"]);
    }

    #[test]
    fn groups_and_others_are_known() {
        let (authors, others) = parse("The DELPHI Collaboration, J. Abdallah, et al");
        assert!(others);
        assert!(authors[0].group);
        assert_eq!(authors.len(), 2);
    }
}
