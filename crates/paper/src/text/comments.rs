//! What comments, journal references and DOI fields say.

use super::{Kind, parse};

/// What an author's comment tells about the paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommentFacts {
    /// Number of pages.
    pub pages: Option<u32>,
    /// Number of figures.
    pub figures: Option<u32>,
    /// Number of tables.
    pub tables: Option<u32>,
    /// Where the paper was accepted or published, as written.
    pub venue: Option<String>,
    /// The year that stands behind the venue.
    pub year: Option<u16>,
}

/// Reads a comment: `18 pages, including 3 figures, accepted in FORMATS 19`.
#[must_use]
pub fn read_comment(raw: &str) -> CommentFacts {
    let text = parse(raw, Kind::Comment).plain();
    let words = words(&text);
    let mut facts = CommentFacts::default();
    for (place, word) in words.iter().enumerate() {
        let lower = word.text.to_ascii_lowercase();
        let counted = match lower.as_str() {
            "pp" | "p" => &mut facts.pages,
            _ if lower.starts_with("page") => &mut facts.pages,
            _ if lower.starts_with("figure") || lower == "figs" || lower == "fig" => &mut facts.figures,
            _ if lower.starts_with("table") => &mut facts.tables,
            _ => continue,
        };
        if counted.is_none() {
            *counted = number_before(&words, place);
        }
    }
    if let Some((venue, year)) = venue(&text, &words) {
        facts.venue = Some(venue);
        facts.year = year;
    }
    facts
}

struct Word<'a> {
    text: &'a str,
    start: usize,
    /// What stands between this word and the one before.
    gap: &'a str,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut gap_start = 0;
    let mut start = None;
    for (place, found) in text.char_indices().chain([(text.len(), ' ')]) {
        match (found.is_alphanumeric(), start) {
            (true, None) => start = Some(place),
            (false, Some(from)) => {
                words.push(Word { text: &text[from..place], start: from, gap: &text[gap_start..from] });
                gap_start = place;
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// The number before a word: `12 pages`, `12+3 pages`, `four figures`, `15 color figures`.
fn number_before(words: &[Word<'_>], place: usize) -> Option<u32> {
    const SPELLED: &[&str] =
        &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    for back in 1..=3 {
        let at = place.checked_sub(back)?;
        let word = &words[at];
        if words[at + 1].gap.contains([',', ';', '.', '(']) {
            return None;
        }
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number < 10_000);
        if let Some(found) = number(word.text) {
            let added = word.gap.trim() == "+";
            let before = if added { at.checked_sub(1).and_then(|at| number(words[at].text)) } else { None };
            return Some(found + before.unwrap_or(0));
        }
        let lower = word.text.to_ascii_lowercase();
        if let Some(found) = SPELLED.iter().position(|spelled| *spelled == lower) {
            return u32::try_from(found + 1).ok();
        }
    }
    None
}

/// The venue behind "accepted in", "to appear at" and their like, and its year.
fn venue(text: &str, words: &[Word<'_>]) -> Option<(String, Option<u16>)> {
    const VERBS: &[&str] =
        &["accepted", "published", "appear", "appears", "appeared", "presented", "appearing", "press"];
    let verb = words.iter().position(|word| VERBS.contains(&word.text.to_ascii_lowercase().as_str()))?;
    let mut place = verb + 1;
    while let Some(word) = words.get(place) {
        let lower = word.text.to_ascii_lowercase();
        let filler = matches!(
            lower.as_str(),
            "in" | "at"
                | "to"
                | "by"
                | "for"
                | "the"
                | "as"
                | "a"
                | "an"
                | "publication"
                | "presentation"
                | "paper"
                | "proceedings"
                | "of"
                | "full"
                | "long"
                | "short"
                | "oral"
                | "poster"
                | "conference"
                | "spotlight"
                | "main"
                | "findings"
        );
        if !filler || (word.text.starts_with(char::is_uppercase) && words.get(place + 1).is_none()) {
            break;
        }
        place += 1;
    }
    let first = words.get(place).filter(|word| word.text.starts_with(char::is_uppercase))?;
    let mut end = first.start;
    let mut year = None;
    for word in &words[place..] {
        if word.start > first.start && word.gap.contains([',', ';', '.', ':', '(']) {
            break;
        }
        if let Some(found) = year_of(word.text, word.gap) {
            year = Some(found);
            break;
        }
        end = word.start + word.text.len();
    }
    let venue = text[first.start..end].trim();
    (!venue.is_empty() && venue.len() < 120).then(|| (venue.to_owned(), year))
}

fn year_of(word: &str, gap: &str) -> Option<u16> {
    let year: u16 = word.parse().ok()?;
    match word.len() {
        4 if (1900..=2100).contains(&year) => Some(year),
        2 if gap.trim().is_empty() || gap.contains(['\'', '’', '-']) => {
            Some(if year < 60 { 2000 + year } else { 1900 + year })
        }
        _ => None,
    }
}

/// The year of a journal reference: `Phys.Rev.C77:045201,2008`, `Ann. Math. 82 (2003), 171--187`.
#[must_use]
pub fn journal_year(raw: &str) -> Option<u16> {
    let text = parse(raw, Kind::Comment).plain();
    let words = words(&text);
    let years = |word: &&Word<'_>| {
        word.text.len() == 4 && word.text.parse().is_ok_and(|year: u16| (1900..=2100).contains(&year))
    };
    let bracketed = words.iter().find(|word| years(word) && word.gap.ends_with('('));
    bracketed.or_else(|| words.iter().rfind(years)).and_then(|word| word.text.parse().ok())
}

/// The range of pages of a journal reference, with an en dash.
#[must_use]
pub fn journal_pages(raw: &str) -> Option<String> {
    let text = parse(raw, Kind::Comment).plain();
    let words = words(&text);
    let digits =
        |word: &Word<'_>| word.text.bytes().any(|byte| byte.is_ascii_digit()) && word.text.len() <= 8;
    let place = words.windows(2).rposition(|pair| {
        let dash = matches!(pair[1].gap.trim(), "-" | "–" | "--" | "—");
        let year = |word: &Word<'_>| {
            word.text.len() == 4 && word.text.starts_with(['1', '2']) && pair[0].gap.ends_with('(')
        };
        dash && digits(&pair[0]) && digits(&pair[1]) && !year(&pair[0])
    })?;
    Some(format!("{}–{}", words[place].text, words[place + 1].text))
}

/// The DOIs of a field, in lower case where letters do not matter to their registry: as written, without
/// prefixes.
#[must_use]
pub fn dois(raw: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in raw.split_whitespace() {
        let word = word.trim_matches([',', ';', '(', '[', '"', '\'']);
        let Some(start) = word.find("10.") else { continue };
        let prefix = word[..start].to_ascii_lowercase();
        let known = prefix.is_empty()
            || prefix.ends_with("doi:")
            || prefix.ends_with("doi.org/")
            || prefix.ends_with("doi=")
            || prefix.ends_with("doi/");
        let doi = &word[start..];
        let registrant = doi[3..].bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        if !known
            || registrant < 4
            || !doi[3 + registrant..].starts_with('/')
            || doi.len() < 3 + registrant + 2
        {
            continue;
        }
        let mut doi = decoded(doi);
        while doi.ends_with(['.', ',', ';', '}', ']'])
            || (doi.ends_with(')') && doi.matches(')').count() > doi.matches('(').count())
        {
            doi.pop();
        }
        if !found.contains(&doi) {
            found.push(doi);
        }
    }
    found
}

/// Percent signs of an address decoded, so that a DOI is written one way.
fn decoded(doi: &str) -> String {
    if !doi.contains('%') {
        return doi.to_owned();
    }
    let bytes = doi.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while let Some(&byte) = bytes.get(place) {
        let hex = bytes.get(place + 1..place + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .filter(|code| byte == b'%' && code.is_ascii_graphic())
        {
            Some(code) => {
                out.push(code);
                place += 3;
            }
            None => {
                out.push(byte);
                place += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| doi.to_owned())
}

/// The address of a DOI, with the characters escaped that an address cannot hold.
///
/// ```
/// use paper::text::comments::doi_url;
/// assert_eq!(doi_url("10.1175/1520(1996)053<0946:A>2.0"), "https://doi.org/10.1175/1520(1996)053%3C0946:A%3E2.0");
/// ```
#[must_use]
pub fn doi_url(doi: &str) -> String {
    let mut url = String::from("https://doi.org/");
    for byte in doi.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte);
        if plain {
            url.push(byte as char);
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

/// The arXiv identifiers that a text mentions: `arXiv:2401.01234`, `math.GR/0512484` (as `math/0512484`).
#[must_use]
pub fn arxiv_ids(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |id: String| {
        if !found.contains(&id) {
            found.push(id);
        }
    };
    for word in text.split(|found: char| {
        found.is_whitespace() || matches!(found, ',' | ';' | '(' | ')' | '[' | ']' | '"')
    }) {
        if let Some((before, number)) = word.split_once('/') {
            let digits = number.bytes().take_while(u8::is_ascii_digit).count();
            let ends =
                number[digits..].chars().next().is_none_or(|next| !next.is_alphanumeric() || next == 'v');
            let archive = before.trim_start_matches("arXiv").trim_start_matches([':', '.']);
            let archive = archive.split('.').next().unwrap_or_default();
            if digits == 7 && ends && ARCHIVES.contains(&archive) {
                add(format!("{archive}/{}", &number[..7]));
            }
        }
        if let Some(place) = word.to_ascii_lowercase().find("arxiv") {
            let rest = word[place + 5..].trim_start_matches([':', '.']);
            let rest =
                rest.strip_prefix("org/abs/").or_else(|| rest.strip_prefix("org/pdf/")).unwrap_or(rest);
            let id: String =
                rest.chars().take_while(|found| found.is_ascii_digit() || *found == '.').collect();
            let id = id.trim_end_matches('.');
            if let Some((month, number)) = id.split_once('.')
                && month.len() == 4
                && matches!(number.len(), 4 | 5)
                && number.bytes().all(|byte| byte.is_ascii_digit())
            {
                add(id.to_owned());
            }
        }
    }
    found
}

/// The archives that numbered their papers themselves, before 2007-04.
const ARCHIVES: &[&str] = &[
    "acc-phys", "adap-org", "alg-geom", "ao-sci", "astro-ph", "atom-ph", "bayes-an", "chao-dyn", "chem-ph",
    "cmp-lg", "comp-gas", "cond-mat", "cs", "dg-ga", "funct-an", "gr-qc", "hep-ex", "hep-lat", "hep-ph",
    "hep-th", "math", "math-ph", "mtrl-th", "nlin", "nucl-ex", "nucl-th", "patt-sol", "physics", "plasm-ph",
    "q-alg", "q-bio", "quant-ph", "solv-int", "supr-con",
];
