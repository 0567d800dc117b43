//! As much of HTML as the pages that are read need: the text of a piece of markup, and attributes of a tag.

use crate::scan::{Kind, Scanner};
use std::borrow::Cow;

/// The text of a piece of markup: tags dropped, line breaks and paragraphs a space, entities decoded, and the content
/// of elements of the class `skip` left out.
pub(crate) fn text(bytes: &[u8], skip: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    let mut scanner = Scanner::new(bytes);
    while let Some(tag) = scanner.next() {
        put(&bytes[at..tag.start], &mut out);
        at = tag.end;
        let name = tag.name.to_ascii_lowercase();
        if matches!(&name[..], b"br" | b"p" | b"div") {
            out.push(' ');
        }
        if tag.kind == Kind::Open && !skip.is_empty() && has_class(&bytes[tag.start..tag.end], skip) {
            match scanner.element(tag) {
                Some(element) => at = tag.start + element.len(),
                None => return words(&out),
            }
        }
    }
    put(&bytes[at..], &mut out);
    words(&out)
}

/// Elements that texts are marked up with, in HTML and in JATS; whatever else stands between `<` and `>` is text.
const MARKUP: [&str; 46] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "bold",
    "br",
    "cite",
    "code",
    "div",
    "em",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "img",
    "inline-formula",
    "italic",
    "label",
    "li",
    "list",
    "list-item",
    "math",
    "monospace",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "sc",
    "sec",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "tex-math",
    "title",
    "tt",
    "u",
    "ul",
    "underline",
];

/// A text that may hold some markup, escaped or not, as plain text.
pub(crate) fn plain(text: &str) -> String {
    let stripped = without_markup(text);
    let decoded = decode(&stripped);
    words(&without_markup(&decoded))
}

fn without_markup(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for tag in Scanner::new(text.as_bytes()) {
        let name = tag.local().to_ascii_lowercase();
        if MARKUP.iter().any(|known| known.as_bytes() == name) {
            out.push_str(&text[at..tag.start]);
            if matches!(&name[..], b"br" | b"p" | b"div" | b"li" | b"sec" | b"title") {
                out.push(' ');
            }
            at = tag.end;
        }
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

/// The title of a web page, for messages.
pub(crate) fn title(bytes: &[u8]) -> Option<String> {
    /// The longest title that is shown.
    const TITLE_CHARS_MAX: usize = 120;
    let mut scanner = Scanner::new(bytes);
    let open = scanner.find(|tag| tag.kind == Kind::Open && tag.name.eq_ignore_ascii_case(b"title"))?;
    let end = scanner.next()?.start;
    let title = text(&bytes[open.end..end], "");
    let title: String = title.chars().filter(|c| !c.is_control()).take(TITLE_CHARS_MAX).collect();
    Some(title).filter(|title| !title.is_empty())
}

fn put(bytes: &[u8], out: &mut String) {
    out.push_str(&decode(&String::from_utf8_lossy(bytes)));
}

/// Words with one space between them.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The value of an attribute of a tag, quoted or not.
pub(crate) fn attribute(tag: &[u8], name: &str) -> Option<String> {
    let tag = String::from_utf8_lossy(tag);
    let mut rest = tag.split_once(|c: char| c.is_ascii_whitespace())?.1;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/'))?;
        let key = &rest[..end];
        rest = rest[end..].trim_start();
        let value = match rest.strip_prefix('=').map(str::trim_start) {
            None => {
                rest = rest.strip_prefix('>').unwrap_or(rest);
                ""
            }
            Some(after) => {
                let (value, after) = match after.chars().next() {
                    Some(quote @ ('"' | '\'')) => after[1..].split_once(quote)?,
                    _ => {
                        let end = after.find(|c: char| c.is_ascii_whitespace() || c == '>')?;
                        after.split_at(end)
                    }
                };
                rest = after;
                value
            }
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(decode(value).into_owned());
        }
        if rest.is_empty() || (key.is_empty() && value.is_empty()) {
            return None;
        }
    }
}

/// True if a tag has this class among its classes.
pub(crate) fn has_class(tag: &[u8], class: &str) -> bool {
    attribute(tag, "class").is_some_and(|classes| classes.split_ascii_whitespace().any(|one| one == class))
}

/// Text with its entities decoded; those that are unknown stay as they are.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    /// The longest entity that is looked for.
    const ENTITY_BYTES_MAX: usize = 12;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let window = rest.char_indices().take_while(|(at, _)| *at < ENTITY_BYTES_MAX);
        let end = window.skip(1).find(|(_, c)| !c.is_ascii_alphanumeric() && *c != '#');
        let found = end.filter(|(_, c)| *c == ';').and_then(|(end, _)| Some((entity(&rest[1..end])?, end)));
        match found {
            Some((c, end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let number = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(number).filter(|c| *c != '\0');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "hellip" => '…',
        "bull" => '•',
        "deg" => '°',
        "plusmn" => '±',
        "times" => '×',
        "micro" => 'µ',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_people_see() {
        assert_eq!(text(b"a <b>b</b>c<br>d &amp;lt; &#39;e&#x27;", ""), "a bc d &lt; 'e'");
        assert_eq!(text(b"<div><span class='descriptor'>Title:</span>\n A < B</div>", "descriptor"), "A < B");
        assert_eq!(decode("&bogus; & &amp"), "&bogus; & &amp");
    }

    #[test]
    fn markup_is_told_from_text_that_looks_like_it() {
        assert_eq!(plain("a&lt;c and d&gt;e, p<0.05 & <i>q</i>"), "a<c and d>e, p<0.05 & q");
        assert_eq!(plain("<jats:p>List<T> &amp; &lt;b&gt;x&lt;/b&gt;</jats:p>"), "List<T> & x");
        assert_eq!(plain("<p>One</p><p>Two&nbsp;</p>"), "One Two");
    }

    #[test]
    fn attributes_are_read_in_every_spelling() {
        let tag = b"<a name='x' href =\"/abs/1\" title=Abstract id>";
        assert_eq!(attribute(tag, "href").as_deref(), Some("/abs/1"));
        assert_eq!(attribute(tag, "title").as_deref(), Some("Abstract"));
        assert_eq!(attribute(tag, "name").as_deref(), Some("x"));
        assert_eq!(attribute(tag, "class"), None);
        assert!(has_class(b"<div class='list-title mathjax'>", "list-title"));
        assert!(!has_class(b"<div class='list-titles'>", "list-title"));
    }
}
