//! Lists of authors, as one line of text: names, groups, marks, affiliations.

use super::{Kind, parse};

/// An author as a source writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedAuthor {
    /// The name as given, without marks and affiliations.
    pub name: String,
    /// The family name with its particles (`van Dishoeck`); of a single name, that name.
    pub family: Option<String>,
    /// Given names and initials.
    pub given: Option<String>,
    /// `Jr.`, `III`.
    pub suffix: Option<String>,
    /// A collaboration or team instead of a person.
    pub group: bool,
    /// What stood in brackets behind the name and is no number: `for the PHENIX Collaboration`.
    pub note: Option<String>,
}

impl ParsedAuthor {
    /// The name for alphabetical lists: `Heath Jr., Robert W.`
    #[must_use]
    pub fn sort_name(&self) -> String {
        let Some(family) = &self.family else { return self.name.clone() };
        let mut name = family.clone();
        if let Some(suffix) = &self.suffix {
            name.push(' ');
            name.push_str(suffix);
        }
        if let Some(given) = &self.given {
            name.push_str(", ");
            name.push_str(given);
        }
        name
    }
}

/// A list of authors, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedAuthors {
    /// The authors in order.
    pub authors: Vec<ParsedAuthor>,
    /// Behind how many of them the list says "et al."; `None` when it is complete.
    pub others: Option<usize>,
}

/// Splits a line of authors.
///
/// ```
/// use paper::text::parse_authors;
/// let list = parse_authors(r"Robert W. Heath, Jr. and Fr\'ed\'eric Vrins (1,2), et al");
/// assert_eq!(list.authors[0].sort_name(), "Heath Jr., Robert W.");
/// assert_eq!(list.authors[1].name, "Frédéric Vrins");
/// assert_eq!(list.others, Some(2));
/// ```
#[must_use]
pub fn parse_authors(raw: &str) -> ParsedAuthors {
    let plain = parse(raw, Kind::Name).plain().replace(['\u{a0}', '\u{202f}'], " ");
    let mut list = ParsedAuthors::default();
    let semicolons = split(&plain, ";");
    if semicolons.len() > 1 {
        for part in semicolons {
            list.push_inverted(part);
        }
        return list;
    }
    let commas = split(&plain, ",");
    let joined = split(&plain, "and");
    let inverted = joined.len() > 1
        && joined.iter().all(|part| {
            let halves = split(part, ",");
            halves.len() == 2 && halves[0].split_whitespace().count() <= 2 && suffix_of(halves[1]).is_none()
        });
    if inverted {
        for part in joined {
            list.push_inverted(part);
        }
        return list;
    }
    // Two words around one comma: "Last, First" or two single names. Left as given.
    if let [last, first] = commas.as_slice()
        && joined.len() == 1
        && [last, first]
            .iter()
            .all(|part| !part.trim().is_empty() && !part.trim().contains([' ', '.', '(', '&']))
        && suffix_of(first).is_none()
        && !is_others(first)
    {
        list.push_inverted(&plain);
        return list;
    }
    for part in commas {
        for part in split(part, "and") {
            list.push(part);
        }
    }
    list
}

impl ParsedAuthors {
    /// One author, in the order given name, family name.
    fn push(&mut self, part: &str) {
        let mut part = part.trim().trim_start_matches(['&', ',']).trim();
        for lead in ["and ", "with ", "by "] {
            part = part.strip_prefix(lead).unwrap_or(part).trim_start();
        }
        if let Some((group, rest)) = part.split_once(':')
            && is_group(group)
        {
            self.push(group);
            self.push(rest);
            return;
        }
        let (name, note) = without_brackets(part);
        let (name, truncated) = without_others(&name);
        let name = tidy_name(name);
        if let Some(suffix) = suffix_of(&name) {
            match self.authors.last_mut() {
                Some(last) if last.suffix.is_none() && !suffix.is_empty() => {
                    last.name = format!("{}, {suffix}", last.name);
                    last.suffix = Some(suffix);
                }
                _ => {}
            }
        } else if !name.is_empty() && name.contains(char::is_alphabetic) {
            self.authors.push(author(&name, note));
        } else if let (Some(note), Some(last)) = (note, self.authors.last_mut()) {
            last.note.get_or_insert(note);
        }
        if truncated {
            self.others = Some(self.authors.len());
        }
    }

    /// One author written "Last, First".
    fn push_inverted(&mut self, part: &str) {
        let part = part.trim().trim_start_matches("and ").trim();
        let (name, note) = without_brackets(part);
        let halves: Vec<&str> = name.split(',').map(str::trim).filter(|half| !half.is_empty()).collect();
        let [family, given @ ..] = halves.as_slice() else { return };
        if given.is_empty() || is_group(&name) {
            self.push(part);
            return;
        }
        let suffix = given.iter().find_map(|half| suffix_of(half)).filter(|suffix| !suffix.is_empty());
        let given: Vec<&str> = given.iter().copied().filter(|half| suffix_of(half).is_none()).collect();
        let (family, given) = (tidy_name(family), tidy_name(&given.join(" ")));
        self.authors.push(ParsedAuthor {
            name: if given.is_empty() { family.clone() } else { format!("{family}, {given}") },
            family: Some(family),
            given: Some(given).filter(|given| !given.is_empty()),
            suffix,
            group: false,
            note,
        });
    }
}

/// Splits at a separator outside brackets; "and" also at "&".
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut from = 0;
    let mut place = 0;
    let unclosed = text.matches('(').count() > text.matches(')').count();
    while place < bytes.len() {
        let length = match bytes[place] {
            b'(' if !unclosed => {
                depth += 1;
                0
            }
            b')' => {
                depth = depth.saturating_sub(1);
                0
            }
            _ if depth > 0 => 0,
            b'&' if separator == "and" => 1,
            b' ' if separator == "and" && bytes[place..].starts_with(b" and ") => 4,
            byte if separator.as_bytes() == [byte] => 1,
            _ => 0,
        };
        if length > 0 {
            parts.push(&text[from..place]);
            from = place + length;
            place = from;
        } else {
            place += 1;
        }
    }
    parts.push(&text[from..]);
    parts
}

/// The name without what stands in brackets behind it, and that, when it is more than a number.
fn without_brackets(part: &str) -> (String, Option<String>) {
    let mut name = String::new();
    let mut note: Option<String> = None;
    let mut rest = part;
    while let Some(open) = rest.find(['(', '[']) {
        let inner = &rest[open + 1..];
        let mut depth = 1_usize;
        let close = inner.char_indices().find_map(|(place, found)| {
            match found {
                '(' | '[' => depth += 1,
                ')' | ']' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(place)
        });
        let content = &inner[..close.unwrap_or(inner.len())];
        let after = close.map_or("", |close| &inner[close + 1..]);
        name.push_str(&rest[..open]);
        let nickname = after.trim_start().starts_with(char::is_alphabetic)
            && !content.contains([',', ' '])
            && !is_numbers(content);
        let other_script = content.chars().any(|found| found >= '\u{590}' && found.is_alphabetic());
        if nickname || other_script {
            name.push_str(&rest[open..rest.len() - after.len()]);
        } else if !is_numbers(content) && !content.trim_start().starts_with('(') && note.is_none() {
            note = Some(content.trim().to_owned()).filter(|note| !note.is_empty());
        }
        rest = after;
    }
    name.push_str(rest.trim_end_matches([')', ']']));
    (name, note)
}

/// Marks of affiliations: `1,2`, `1 and 3`, `a`, `*`.
fn is_numbers(content: &str) -> bool {
    content.split(|found: char| !found.is_alphanumeric()).all(|word| {
        word.is_empty()
            || word == "and"
            || word.chars().all(|found| found.is_ascii_digit())
            || word.len() == 1
    })
}

fn is_others(text: &str) -> bool {
    let word = text.trim().trim_end_matches('.').to_ascii_lowercase();
    matches!(
        word.as_str(),
        "et al" | "et. al" | "et.al" | "al" | "others" | "and others" | "et alii" | "et alia" | "…" | "..."
    )
}

/// The name without "et al." behind it.
fn without_others(name: &str) -> (&str, bool) {
    let trimmed = name.trim();
    if is_others(trimmed) {
        return ("", true);
    }
    for end in [" et al.", " et al", " et. al.", " and others"] {
        if let Some(name) = trimmed.strip_suffix(end) {
            return (name, true);
        }
    }
    (trimmed, false)
}

/// A suffix of a name standing alone; academic degrees give an empty one.
fn suffix_of(text: &str) -> Option<String> {
    let word = text.trim();
    match word.trim_end_matches('.') {
        "Jr" | "jr" | "JR" => Some("Jr.".to_owned()),
        "Sr" | "sr" => Some("Sr.".to_owned()),
        "II" | "III" | "IV" => Some(word.to_owned()),
        "PhD" | "Ph.D" | "MD" | "M.D" | "MSc" | "M.Sc" | "Esq" | "MBA" | "FRS" => Some(String::new()),
        _ => None,
    }
}

/// Words that make a name that of a group.
fn is_group(name: &str) -> bool {
    let words: Vec<String> =
        name.split_whitespace().map(|word| word.trim_matches([',', ':', '.']).to_lowercase()).collect();
    let anywhere = ["collaboration", "collaborations", "consortium", "coalition"];
    let at_an_end = [
        "team",
        "group",
        "project",
        "initiative",
        "alliance",
        "network",
        "committee",
        "authors",
        "community",
    ];
    let first_or_last = |word: &&str| {
        words.first().is_some_and(|first| first == word) || words.last().is_some_and(|last| last == word)
    };
    words.iter().any(|word| anywhere.contains(&word.as_str()))
        || (words.len() > 1 && at_an_end.iter().any(first_or_last))
}

/// Without marks and numbers; initials spaced: `P.V.Vorob'ev` is `P. V. Vorob'ev`.
fn tidy_name(name: &str) -> String {
    let marks = |found: char| {
        matches!(
            found,
            '*' | '#' | '^' | '†' | '‡' | '§' | '¶' | '∗' | '⋆' | '~' | '⁰' | '¹' | '²' | '³' | '⁴'
                ..='⁹' | '"' | '{' | '}'
        )
    };
    let mut out = String::with_capacity(name.len());
    let mut chars = name.chars().filter(|found| !marks(*found)).peekable();
    while let Some(found) = chars.next() {
        out.push(found);
        let initial = found == '.' && chars.peek().is_some_and(|next| next.is_alphabetic());
        if initial {
            out.push(' ');
        }
    }
    let mut words: Vec<&str> = out.split_whitespace().collect();
    // dblp numbers people of the same name.
    if words.len() > 1
        && words.last().is_some_and(|last| last.len() == 4 && last.bytes().all(|byte| byte.is_ascii_digit()))
    {
        words.pop();
    }
    words.join(" ").trim_matches([',', ';', ' ', '-']).to_owned()
}

/// Lower-case words that belong to the family name behind them.
const PARTICLES: &[&str] = &[
    "van", "von", "der", "den", "de", "del", "della", "di", "da", "do", "dos", "das", "du", "la", "le",
    "ter", "ten", "te", "al", "el", "bin", "ibn", "ben", "zu", "zum", "zur", "af", "av", "dal", "dalla",
    "lo", "los", "las", "san", "st.", "'t", "in", "op", "d'", "y", "e", "vom",
];

fn author(name: &str, note: Option<String>) -> ParsedAuthor {
    if is_group(name) {
        return ParsedAuthor { name: name.to_owned(), group: true, note, ..ParsedAuthor::default() };
    }
    let mut words: Vec<&str> = name.split(' ').filter(|word| !word.is_empty()).collect();
    let suffix = words
        .last()
        .filter(|_| words.len() > 1)
        .and_then(|last| suffix_of(last))
        .filter(|suffix| !suffix.is_empty());
    if suffix.is_some() {
        words.pop();
    }
    // A second script in brackets belongs to the whole name.
    while words.len() > 1 && words.last().is_some_and(|last| last.starts_with('(')) {
        words.pop();
    }
    let initials_last = words.len() == 2
        && words[1].len() <= 3
        && words[1].bytes().all(|byte| byte.is_ascii_uppercase())
        && words[0].chars().skip(1).any(char::is_lowercase);
    let (family, given) = if initials_last {
        (words[0].to_owned(), words[1].to_owned())
    } else {
        let mut start = words.len().saturating_sub(1);
        while start > 1 && PARTICLES.contains(&words[start - 1]) {
            start -= 1;
        }
        (words[start..].join(" "), words[..start].join(" "))
    };
    ParsedAuthor {
        name: name.to_owned(),
        family: Some(family).filter(|family| !family.is_empty()),
        given: Some(given).filter(|given| !given.is_empty()),
        suffix,
        group: false,
        note,
    }
}
