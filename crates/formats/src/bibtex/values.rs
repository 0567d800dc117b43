//! The fields of an entry: brackets, quotes, numbers, abbreviations, and `#` between them.

use crate::item::{BadRecord, Notes};
use crate::limit;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// `@string` definitions, by name in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strings {
    values: BTreeMap<String, String>,
    bytes: usize,
}

/// The fields of an entry, names in lower case, white space collapsed.
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// A field that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl Strings {
    /// Takes the definition of a whole `@string{name = value}`.
    pub(super) fn define(&mut self, bytes: &[u8]) -> Result<(), BadRecord> {
        let mut notes = Notes::default();
        let text = decode(bytes, &mut notes)?;
        let mut scan = Scan::after_bracket(&text);
        let (name, value) = scan.field(self, &mut notes)?;
        self.bytes += name.len() + value.len();
        if self.values.len() >= limit::BIBTEX_STRINGS_MAX || self.bytes > limit::BIBTEX_STRING_BYTES_MAX {
            return Err(BadRecord::Bibtex("the file has too many @string definitions".to_owned()));
        }
        if !closes(&value) {
            return Err(BadRecord::Bibtex(format!(
                "the braces of @string {name} do not match; write its value in braces"
            )));
        }
        self.values.insert(name, value);
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

/// Whether a value can stand between braces: what is kept of an entry carries its definitions in that form.
fn closes(value: &str) -> bool {
    let mut depth = 0usize;
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if bytes.next().is_none() => return false,
            b'{' => depth += 1,
            b'}' if depth == 0 => return false,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

/// An entry together with the definitions that it may use, which can be parsed by itself.
pub(crate) fn alone(strings: &Strings, entry: &[u8]) -> Vec<u8> {
    if strings.values.is_empty() {
        return entry.to_vec();
    }
    let lower = String::from_utf8_lossy(entry).to_lowercase();
    let words: std::collections::BTreeSet<&str> =
        lower.split(|c: char| c.is_whitespace() || "{}()\",=#".contains(c)).collect();
    let mut out = Vec::new();
    for (name, value) in strings.values.iter().filter(|(name, _)| words.contains(name.as_str())) {
        out.extend_from_slice(format!("@string{{{name} = {{{value}}}}}\n").as_bytes());
    }
    out.extend_from_slice(entry);
    out
}

/// The fields of a whole entry.
pub(super) fn fields(strings: &Strings, bytes: &[u8], notes: &mut Notes) -> Result<Fields, BadRecord> {
    let text = decode(bytes, notes)?;
    let mut scan = Scan::after_bracket(&text);
    scan.key();
    let mut fields = BTreeMap::new();
    while scan.has_more() {
        let (name, value) = scan.field(strings, notes)?;
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        // Where a field stands twice, BibTeX takes the first.
        fields.entry(name).or_insert(value);
        if fields.len() > limit::LIST_MAX {
            return Err(BadRecord::Bibtex("the entry has too many fields".to_owned()));
        }
    }
    Ok(Fields(fields))
}

/// UTF-8, else Windows-1252 with a note.
fn decode<'a>(bytes: &'a [u8], notes: &mut Notes) -> Result<Cow<'a, str>, BadRecord> {
    let at = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Cow::Borrowed(text)),
        Err(bad) => bad.valid_up_to(),
    };
    const FOREIGN_RUN: usize = 4;
    if bytes.windows(FOREIGN_RUN).any(|run| run.iter().all(|byte| *byte >= 0x80)) {
        return Err(BadRecord::Encoding(at));
    }
    notes.add(
        "the entry is not UTF-8; it is read as Windows-1252 (if letters are wrong, convert the file to UTF-8)"
            .to_owned(),
    );
    Ok(Cow::Owned(bytes.iter().map(|byte| windows_1252(*byte)).collect()))
}

/// The characters that Windows-1252 has where Latin-1 has controls.
fn windows_1252(byte: u8) -> char {
    const UPPER: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => UPPER[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// A position in the text of an entry.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    /// Behind `@word{`, without the closing bracket.
    fn after_bracket(text: &'a str) -> Scan<'a> {
        let at = text.find(['{', '(']).map_or(text.len(), |at| at + 1);
        let end = if text.ends_with(['}', ')']) && text.len() > at { text.len() - 1 } else { text.len() };
        Scan { text: &text[..end], at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Passes over the key, if there is one.
    fn key(&mut self) {
        let rest = &self.text[self.at..];
        if let Some(end) = rest.find([',', '=', '{', '"']) {
            if rest.as_bytes()[end] == b',' {
                self.at += end + 1;
            }
        } else {
            self.at = self.text.len();
        }
    }

    /// Passes over commas; true if a field follows.
    fn has_more(&mut self) -> bool {
        loop {
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                other => return other.is_some(),
            }
        }
    }

    /// `name = value # value`.
    fn field(&mut self, strings: &Strings, notes: &mut Notes) -> Result<(String, String), BadRecord> {
        self.skip_space();
        let rest = &self.text[self.at..];
        let end = rest.find(['=', ',', '{', '}', '"']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        if rest.as_bytes().get(end) != Some(&b'=') || name.is_empty() || name.len() > 200 {
            let shown: String = rest.chars().take(40).collect();
            return Err(BadRecord::Bibtex(format!("expected a field at {shown:?}")));
        }
        self.at += end + 1;
        let mut value = String::new();
        loop {
            self.skip_space();
            self.value(strings, notes, &mut value)?;
            self.skip_space();
            if self.peek() != Some(b'#') {
                break;
            }
            self.at += 1;
        }
        Ok((name.to_lowercase(), value))
    }

    fn value(&mut self, strings: &Strings, notes: &mut Notes, out: &mut String) -> Result<(), BadRecord> {
        let start = self.at;
        match self.peek() {
            Some(open @ (b'{' | b'"')) => {
                let bytes = self.text.as_bytes();
                let (mut depth, mut at) = (0usize, start + 1);
                loop {
                    match bytes.get(at) {
                        None => {
                            let shown: String = self.text[start..].chars().take(40).collect();
                            return Err(BadRecord::Bibtex(format!("a value is not closed: {shown:?}")));
                        }
                        Some(b'\\') => at += 1,
                        Some(b'{') => depth += 1,
                        Some(b'}') if depth > 0 => depth -= 1,
                        Some(b'}') if open == b'{' => break,
                        Some(b'"') if open == b'"' && depth == 0 => break,
                        Some(_) => {}
                    }
                    at += 1;
                }
                out.push_str(&self.text[start + 1..at]);
                self.at = at + 1;
            }
            _ => {
                let rest = &self.text[start..];
                let end =
                    rest.find(|c: char| c.is_whitespace() || ",#{}\"=".contains(c)).unwrap_or(rest.len());
                let word = &rest[..end];
                self.at += end;
                if word.bytes().all(|byte| byte.is_ascii_digit()) {
                    out.push_str(word);
                } else if let Some(value) = strings.get(&word.to_lowercase()) {
                    out.push_str(value);
                } else {
                    // The names of months are known to every style; others are noted, and stand for themselves.
                    let lower = word.to_lowercase();
                    let is_month =
                        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
                            .iter()
                            .any(|month| lower.starts_with(month));
                    if !is_month {
                        let word: String = word.chars().take(80).collect();
                        notes.add(format!(
                            "the abbreviation {word:?} is not defined; it is taken as it stands"
                        ));
                    }
                    out.push_str(word);
                }
            }
        }
        Ok(())
    }
}
