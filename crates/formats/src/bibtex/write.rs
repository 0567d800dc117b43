//! A paper as a BibTeX entry that BibTeX, biblatex and Zotero understand.

use paper::{Author, Markup, Paper, identity, reading};

/// One entry, ending in a line break.
///
/// Titles keep the TeX of their source where it has balanced braces, with capitals inside words protected; all other
/// text is Unicode with TeX's special characters escaped. The key is made of ASCII letters and digits from the first
/// author, the year, the title and the address, so two papers of one catalogue have different keys.
pub fn entry(paper: &Paper) -> String {
    let arxiv = paper.arxiv_id();
    let proceedings = paper.volume.is_some() || (paper.venue.is_some() && arxiv.is_none());
    let kind = if proceedings { "inproceedings" } else { "misc" };
    let mut fields: Vec<(&str, String)> = vec![("title", title(paper))];
    if let Some(authors) = authors(paper) {
        fields.push(("author", authors));
    }
    let (place, pages) = place(paper);
    if proceedings {
        fields.push(("booktitle", escape(&place.or_else(|| paper.venue.clone()).unwrap_or_default())));
        if let Some(pages) = pages {
            fields.push(("pages", escape(&pages.replace('–', "--"))));
        }
    }
    if let Some(date) = paper.published {
        fields.push(("year", date.year().to_string()));
        if let Some(month) = date.month() {
            fields.push(("month", month.to_string()));
        }
    }
    if let Some(id) = arxiv {
        fields.push(("eprint", id.to_owned()));
        fields.push(("archivePrefix", "arXiv".to_owned()));
        fields.push(("eprinttype", "arxiv".to_owned()));
        if let Some(category) = paper.primary_category() {
            fields.push(("primaryClass", escape(category)));
        }
    }
    if let Some(doi) = paper.doi() {
        fields.push(("doi", doi.replace(['{', '}'], "")));
    }
    let best = paper.identities.iter().find(|identity| identity.scheme().is_public());
    if let Some(url) = best.and_then(identity::Identity::url) {
        fields.push(("url", url.replace(['{', '}'], "")));
    }
    if !proceedings && let Some(text) = &paper.journal_ref {
        fields.push(("note", escape(&reading::comment(text, Markup::Tex).plain())));
    }
    let mut entry = format!("@{kind}{{{}", key(paper));
    for (name, value) in fields {
        entry.push_str(&format!(",\n  {name} = {{{value}}}"));
    }
    entry.push_str("\n}\n");
    entry
}

/// Where it appeared and its pages.
fn place(paper: &Paper) -> (Option<String>, Option<String>) {
    match paper.journal_ref.as_deref().map(|text| text.rsplit_once(", pages ").ok_or(text)) {
        Some(Ok((place, pages))) => (Some(place.to_owned()), Some(pages.to_owned())),
        Some(Err(place)) => (Some(place.to_owned()), None),
        None => (None, None),
    }
}

fn key(paper: &Paper) -> String {
    let ascii = |text: &str, size: usize| identity::slug(text, size).replace('-', "");
    let family = paper.authors.first().map(|author| ascii(&family(author), 24)).unwrap_or_default();
    let year = paper.published.map(|date| date.year().to_string()).unwrap_or_default();
    let title = paper.plain_title();
    let small = ["a", "an", "the", "on", "of", "in", "for", "to", "and", "with", "towards", "toward"];
    let word = identity::slug(&title, 200);
    let word = word.split('-').find(|word| !small.contains(word)).unwrap_or_default();
    let digits = &blake3::hash(paper.address.as_bytes()).to_hex()[..4];
    let name = format!("{family}{year}{}", &word[..word.len().min(24)]);
    let name = if name.is_empty() { "paper" } else { &name };
    format!("{name}-{digits}")
}

fn family(author: &Author) -> String {
    let last = || author.name.split_whitespace().next_back().unwrap_or_default().to_owned();
    author.family.clone().unwrap_or_else(last)
}

fn authors(paper: &Paper) -> Option<String> {
    if paper.authors.is_empty() {
        return None;
    }
    let mut names: Vec<String> = paper.authors.iter().map(name).collect();
    if usize::try_from(paper.author_count).unwrap_or(usize::MAX) > names.len() {
        names.push("others".to_owned());
    }
    Some(names.join(" and "))
}

fn name(author: &Author) -> String {
    let whole = escape(&author.name);
    let holds_and = author.name.split_whitespace().any(|word| word.eq_ignore_ascii_case("and"));
    if author.group || holds_and || author.name.contains(',') {
        return format!("{{{whole}}}");
    }
    let family = author.family.as_deref().unwrap_or_default();
    match author.name.strip_suffix(family).map(str::trim) {
        Some("") => format!("{{{whole}}}"),
        Some(first) if !family.is_empty() => format!("{}, {}", escape(family), escape(first)),
        _ => whole,
    }
}

fn title(paper: &Paper) -> String {
    let source = paper.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = if paper.title_markup == Markup::Tex && is_balanced(&source) {
        repair(&source)
    } else {
        escape(&paper.plain_title())
    };
    let words: Vec<String> = text.split(' ').enumerate().map(|(at, word)| protect(word, at == 0)).collect();
    words.join(" ")
}

/// TeX that can stand between braces: they match, and dollars come in pairs.
fn is_balanced(text: &str) -> bool {
    let (mut depth, mut dollars, mut escaped) = (0i64, 0, false);
    for c in text.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                continue;
            }
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' => depth -= 1,
            '$' => dollars += 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && dollars % 2 == 0 && !escaped
}

/// The source's TeX, with the special characters escaped that stand bare outside formulas.
fn repair(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let (mut formula, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => {
                formula = match c {
                    '(' => true,
                    ')' => false,
                    _ => formula,
                };
                escaped = false;
            }
            '\\' => escaped = true,
            '$' => formula = !formula,
            '&' | '%' | '#' | '_' if !formula => out.push('\\'),
            _ => {}
        }
        if c == '%' && formula && !out.ends_with('\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Braces around a word whose capitals a style must not change: `BERT`, `GridPull`, `mT5`, a lone `A` within.
fn protect(word: &str, first: bool) -> String {
    if word.contains(['\\', '{', '}', '$']) {
        return word.to_owned();
    }
    let letters: Vec<char> = word.chars().filter(|c| c.is_alphanumeric()).collect();
    let inner = letters.iter().skip(1).any(|c| c.is_uppercase());
    let lone = letters.len() == 1 && !first && letters[0].is_uppercase() && letters[0] != 'A';
    let numbered =
        letters.first().is_some_and(|c| c.is_uppercase()) && letters.iter().any(char::is_ascii_digit);
    if !(inner || lone || numbered) {
        return word.to_owned();
    }
    let start = word.find(char::is_alphanumeric).unwrap_or(0);
    let end = word
        .char_indices()
        .rev()
        .find(|(_, c)| c.is_alphanumeric())
        .map_or(word.len(), |(at, c)| at + c.len_utf8());
    format!("{}{{{}}}{}", &word[..start], &word[start..end], &word[end..])
}

/// Plain text as TeX.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '#' | '_' | '$' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
