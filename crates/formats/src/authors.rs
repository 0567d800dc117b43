//! Authors as arXiv and BibTeX write them, as values.

use paper::Author;
use paper::text::{Kind, ParsedAuthor, parse, parse_authors};

/// The authors of a text such as `A. Author (1), B. Author and the X Collaboration`. True beside them if the text says
/// that there are more.
pub(crate) fn parse_list(text: &str) -> (Vec<Author>, bool) {
    if let Some(authors) = parse_plain(text) {
        return (authors, false);
    }
    parse_any(text)
}

fn parse_any(text: &str) -> (Vec<Author>, bool) {
    let list = parse_authors(text);
    let several = list.authors.len() > 1;
    let authors = list.authors.into_iter().map(|author| value(author, several)).collect();
    (authors, list.others.is_some())
}

/// Words that make a name more than given names and a family name: groups, suffixes, degrees, "et al.".
const SPECIAL: [&str; 32] = [
    "collaboration",
    "collaborations",
    "consortium",
    "coalition",
    "team",
    "group",
    "project",
    "initiative",
    "alliance",
    "network",
    "committee",
    "authors",
    "community",
    "jr",
    "sr",
    "ii",
    "iii",
    "iv",
    "phd",
    "md",
    "msc",
    "esq",
    "mba",
    "frs",
    "et",
    "al",
    "others",
    "with",
    "by",
    "and",
    "alii",
    "alia",
];

/// The common case at a tenth of the cost: plain names of two or more capitalised words between commas, of which the
/// full reading would say the same. `None` for whatever is not plainly that.
fn parse_plain(text: &str) -> Option<Vec<Author>> {
    let mut authors = Vec::new();
    let mut last_joined = false;
    for part in text.split(',') {
        let mut names = part.split(" and ");
        let first = names.next()?;
        // "and" may stand before the last name only: elsewhere it could join names of the form "Last, First".
        if last_joined {
            return None;
        }
        authors.push(plain_name(first)?);
        for name in names {
            last_joined = true;
            authors.push(plain_name(name)?);
        }
    }
    Some(authors)
}

fn plain_name(text: &str) -> Option<Author> {
    let name = text.trim_matches([' ', '\n']);
    let (mut words, mut last) = (0, "");
    for word in name.split(' ') {
        let mut dot = false;
        let mut capital = false;
        for (at, c) in word.char_indices() {
            if at == 0 {
                capital = c.is_uppercase();
            }
            // Letters of Latin, composed; a point only at the end of an initial.
            let plain = c.is_ascii_alphabetic()
                || ('\u{c0}'..='\u{24f}').contains(&c) && c.is_alphabetic()
                || c == '-';
            if dot || !(plain || c == '.' && at > 0) {
                return None;
            }
            dot = c == '.';
        }
        let bare = word.trim_end_matches('.');
        if !capital || bare.ends_with('-') || SPECIAL.iter().any(|special| bare.eq_ignore_ascii_case(special))
        {
            return None;
        }
        words += 1;
        last = word;
    }
    let initials_last = last.len() <= 3 && last.bytes().all(|byte| byte.is_ascii_uppercase());
    (words > 1 && !initials_last && !last.ends_with('.')).then(|| Author {
        name: name.to_owned(),
        family: Some(last.to_owned()),
        group: false,
    })
}

/// A list written "Last, First; Last, First" is turned round; a single "Last, First" might be two names and stays.
fn value(author: ParsedAuthor, several: bool) -> Author {
    let turned = match (&author.family, &author.given) {
        (Some(family), Some(given)) if several && author.name == format!("{family}, {given}") => {
            Some(format!("{given} {family}"))
        }
        _ => None,
    };
    Author { name: turned.unwrap_or(author.name), family: author.family, group: author.group }
}

/// One name without TeX.
pub(crate) fn shown(name: &str) -> String {
    if name.contains(['\\', '{', '}', '$', '~', '&', '`', '<']) {
        let plain = parse(name, Kind::Name).plain();
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        name.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let names: Vec<String> = parse_list(text).0.into_iter().map(|author| author.name).collect();
        assert_eq!(names, expected, "{text}");
    }

    #[test]
    fn lists_become_names_in_reading_order() {
        check("Yi Wang, Zhitong Xiong and Adam J. Stewart", &["Yi Wang", "Zhitong Xiong", "Adam J. Stewart"]);
        check("Smith, Jane; Doe, John", &["Jane Smith", "John Doe"]);
        check("Miguel Nebot (Lisbon, IST)", &["Miguel Nebot"]);
    }

    #[test]
    fn the_short_way_says_what_the_long_way_says() {
        for text in [
            "Yi Wang, Zhitong Xiong",
            "Yi Wang, Zhitong Xiong and Adam J. Stewart",
            "Laura Leal-Taixé",
            "Jean-Luc Picard, J.-L. Picard",
            "Smith John and Doe Jane",
            "Ludwig van Beethoven, Li XY, P.V. Vorob, Heath Jr., The ATLAS Collaboration",
            "Michael O'Neil, Bo Lee",
            " Bo Lee ,Al Gore, Ed Al",
        ] {
            if let Some(authors) = parse_plain(text) {
                assert_eq!((authors, false), parse_any(text), "{text}");
            }
        }
        assert!(parse_plain("Yi Wang, Adam J. Stewart and Bo Lee").is_some());
        assert!(parse_plain("Smith, John and Doe, Jane").is_none());
    }

    proptest::proptest! {
        #[test]
        fn the_short_way_agrees_wherever_it_is_taken(
            words in proptest::collection::vec(proptest::sample::select(vec![
                "Li", "XY", "Anna", "J.", "J.-L.", "van", "de", "Al", "El", "Jr.", "III", "Team", "The", "Garc\u{ed}a", "O'Neil",
                "Leal-Taix\u{e9}", "and", "And", ",", ",", ", ", "(1)", "St.", "A", "0001", "Ph.D.", "Max", "M", "D'", "Y", "E", "-", "Da",
            ]), 0..12),
        ) {
            let text = words.join(" ");
            if let Some(authors) = parse_plain(&text) {
                proptest::prop_assert_eq!((authors, false), parse_any(&text), "{}", text);
            }
        }
    }

    #[test]
    fn marks_and_scripts_in_names_stay_in_order() {
        check("محمد علي, Jose\u{301} Pe\u{301}rez", &["محمد علي", "José Pérez"]);
    }

    #[test]
    fn groups_and_others_are_known() {
        let (authors, others) = parse_list("The DELPHI Collaboration, J. Abdallah, et al");
        assert!(others);
        assert!(authors[0].group);
        assert_eq!(authors.len(), 2);
    }
}
