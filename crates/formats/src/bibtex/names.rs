//! Names in BibTeX: `First von Last`, `von Last, First`, `von Last, Jr, First`, `{A Group}`, `others`.

use crate::authors::shown;
use paper::Author;

/// The names of an author field, and whether it says that there are more.
pub(super) fn parse(field: &str) -> (Vec<Author>, bool) {
    let mut authors = Vec::new();
    let mut others = false;
    for name in split(field) {
        let name = name.trim();
        if name.eq_ignore_ascii_case("others") || name.trim_end_matches('.').eq_ignore_ascii_case("et al") {
            others = true;
        } else if let Some(author) = author(name) {
            authors.push(author);
        }
    }
    (authors, others)
}

/// Splits at the word `and` outside braces.
fn split(field: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let (mut start, mut depth) = (0usize, 0usize);
    let bytes = field.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b' ' if depth == 0 => {
                let word = bytes.get(at + 1..at + 5);
                if word.is_some_and(|word| word.eq_ignore_ascii_case(b"and ")) {
                    // In `A and and B` the space of the second `and` is used up: an empty name, which is none.
                    names.push(field.get(start..at).unwrap_or_default());
                    start = at + 5;
                    // The space behind may begin the next `and`.
                    at += 4;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    names.push(field.get(start..).unwrap_or_default());
    names
}

fn author(name: &str) -> Option<Author> {
    if !name.chars().any(char::is_alphanumeric) {
        return None;
    }
    if is_braced(name) {
        return Some(Author { name: shown(name), family: None, group: true });
    }
    if name.contains("family=") || name.contains("family =") {
        return extended(name);
    }
    let parts: Vec<String> = commas(name).into_iter().map(shown).collect();
    let (family, name) = match parts.as_slice() {
        [family, first] => (family.clone(), format!("{first} {family}")),
        [family, suffix, first, ..] => (family.clone(), format!("{first} {family} {suffix}")),
        [whole] => (family_of(whole), whole.clone()),
        [] => return None,
    };
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then(|| Author {
        name,
        family: Some(family).filter(|text| !text.is_empty()),
        group: false,
    })
}

/// biblatex's `given=Hans, prefix=van, family=Dam`.
fn extended(name: &str) -> Option<Author> {
    let part = |wanted: &str| {
        let value = commas(name).into_iter().find_map(|part| {
            let (key, value) = part.split_once('=')?;
            (key.trim() == wanted).then_some(value)
        });
        value.map(|value| shown(value.trim_matches('"'))).unwrap_or_default()
    };
    let family = [part("prefix"), part("family")].join(" ").trim().to_owned();
    let name = [part("given"), family.clone(), part("suffix")].join(" ");
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then(|| Author {
        name,
        family: Some(family).filter(|text| !text.is_empty()),
        group: false,
    })
}

/// True if one pair of braces encloses the whole name.
fn is_braced(name: &str) -> bool {
    let Some(inner) = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else { return false };
    let mut depth = 0i64;
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    // `{\"O}` is a letter, not a name.
    !inner.starts_with('\\') && inner.chars().filter(|c| c.is_alphabetic()).count() > 1
}

/// Splits at commas outside braces.
fn commas(name: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, c) in name.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&name[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&name[start..]);
    parts
}

/// The last word, with the words in lower case (`van der`) before it.
fn family_of(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let Some(last) = words.len().checked_sub(1) else { return String::new() };
    let small = |word: &&str| word.chars().next().is_some_and(char::is_lowercase);
    let start = (1..last).rev().take_while(|at| small(&words[*at])).last().unwrap_or(last);
    words[start..].join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: &str, expected: &[(&str, Option<&str>)]) {
        let authors = parse(field).0;
        let found: Vec<(&str, Option<&str>)> =
            authors.iter().map(|author| (author.name.as_str(), author.family.as_deref())).collect();
        assert_eq!(found, expected, "{field}");
    }

    #[test]
    fn every_form_of_a_name_gives_its_family() {
        check("Ludwig van Beethoven", &[("Ludwig van Beethoven", Some("van Beethoven"))]);
        check("van Beethoven, Ludwig", &[("Ludwig van Beethoven", Some("van Beethoven"))]);
        check("King, Jr, Martin Luther", &[("Martin Luther King Jr", Some("King"))]);
        check("{The ATLAS and CMS Collaborations}", &[("The ATLAS and CMS Collaborations", None)]);
        check("given=Hans, prefix=van, family=Dam", &[("Hans van Dam", Some("van Dam"))]);
        check("Aristotle", &[("Aristotle", Some("Aristotle"))]);
    }

    #[test]
    fn names_are_split_at_and_outside_braces() {
        let (authors, others) = parse("A. Sand and {Black and Decker} and B. Andersen and others");
        assert_eq!(authors.len(), 3);
        assert!(others);
        assert!(authors[1].group);
    }

    #[test]
    fn an_and_that_is_written_twice_makes_no_author() {
        check(
            "Ada Lovelace and and Wei Zhang",
            &[("Ada Lovelace", Some("Lovelace")), ("Wei Zhang", Some("Zhang"))],
        );
    }
}
