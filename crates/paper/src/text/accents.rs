//! TeX accents and the letters that TeX writes as macros.

use unicode_normalization::char::compose;

use super::symbols::symbol;

/// The combining mark of an accent macro: `'` acute, `v` caron, and so on.
pub(super) fn mark(name: &str) -> Option<char> {
    Some(match name {
        "`" => '\u{300}',
        "'" => '\u{301}',
        "^" => '\u{302}',
        "~" => '\u{303}',
        "=" => '\u{304}',
        "u" => '\u{306}',
        "." => '\u{307}',
        "\"" => '\u{308}',
        "r" => '\u{30a}',
        "H" => '\u{30b}',
        "v" => '\u{30c}',
        "d" => '\u{323}',
        "c" => '\u{327}',
        "k" => '\u{328}',
        "b" => '\u{331}',
        "t" => '\u{361}',
        _ => return None,
    })
}

/// The letter or sign that a text macro stands for: `\ss`, `\L`, `\textendash`.
pub(super) fn letter(name: &str) -> Option<&'static str> {
    LETTERS
        .binary_search_by(|entry| entry.0.cmp(name))
        .ok()
        .and_then(|place| LETTERS.get(place))
        .map(|entry| entry.1)
}

/// A letter with the mark on it, composed where Unicode has the whole.
pub(super) fn accented(mark: char, body: &str) -> String {
    let mut chars = body.chars();
    let mut out = String::with_capacity(body.len() + 2);
    if let Some(first) = chars.next() {
        let first = match (first, mark) {
            // The macros for i and j without dot exist to carry an accent.
            ('ı', '\u{300}'..='\u{315}') => 'i',
            ('ȷ', '\u{300}'..='\u{315}') => 'j',
            _ => first,
        };
        match compose(first, mark) {
            Some(whole) => out.push(whole),
            None if first.is_alphabetic() || first.is_numeric() => out.extend([first, mark]),
            None => out.push(first),
        }
    }
    out.push_str(chars.as_str());
    out
}

/// Greek typed as Unicode that an old submission form turned into accents: `\b{eta}` was β.
pub(super) fn mangled(name: &str, body: &str) -> Option<char> {
    if body.len() < 2 || !body.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let whole = format!("{name}{body}");
    match whole.as_str() {
        "copyright" => Some('©'),
        "upsion" => Some('υ'),
        "tau" => Some('τ'),
        _ => symbol(&whole).map(|found| found.text).filter(|found| found.is_alphabetic()),
    }
}

/// Sorted by name, bytewise.
#[rustfmt::skip]
static LETTERS: &[(&str, &str)] = &[
    ("AA", "Å"), ("AE", "Æ"), ("BibTeX", "BibTeX"), ("DH", "Ð"), ("DJ", "Đ"), ("L", "Ł"), ("LaTeX", "LaTeX"), ("NG", "Ŋ"),
    ("O", "Ø"), ("OE", "Œ"), ("P", "¶"), ("S", "§"), ("SS", "SS"), ("TH", "Þ"), ("TeX", "TeX"), ("aa", "å"), ("ae", "æ"),
    ("copyright", "©"), ("dag", "†"), ("ddag", "‡"), ("degree", "°"), ("dh", "ð"), ("dj", "đ"), ("dots", "…"),
    ("euro", "€"), ("flqq", "«"), ("frqq", "»"), ("glqq", "„"), ("grqq", "“"), ("guillemetleft", "«"),
    ("guillemetright", "»"), ("guillemotleft", "«"), ("guillemotright", "»"), ("guilsinglleft", "‹"),
    ("guilsinglright", "›"), ("i", "ı"), ("j", "ȷ"), ("l", "ł"), ("ldots", "…"), ("ng", "ŋ"), ("o", "ø"), ("oe", "œ"),
    ("pounds", "£"), ("quotedblbase", "„"), ("quotesinglbase", "‚"), ("slash", "/"), ("ss", "ß"),
    ("textasciicircum", "^"), ("textasciitilde", "~"), ("textasteriskcentered", "∗"), ("textbackslash", "\\"),
    ("textbar", "|"), ("textbraceleft", "{"), ("textbraceright", "}"), ("textbullet", "•"), ("textcent", "¢"),
    ("textcopyright", "©"), ("textdagger", "†"), ("textdaggerdbl", "‡"), ("textdegree", "°"), ("textdollar", "$"),
    ("textellipsis", "…"), ("textemdash", "—"), ("textendash", "–"), ("texteuro", "€"), ("textexclamdown", "¡"),
    ("textgreater", ">"), ("textless", "<"), ("textmu", "µ"), ("textnumero", "№"), ("textonehalf", "½"),
    ("textonequarter", "¼"), ("textparagraph", "¶"), ("textperiodcentered", "·"), ("textpm", "±"),
    ("textquestiondown", "¿"), ("textquotedbl", "\""), ("textquotedblleft", "“"), ("textquotedblright", "”"),
    ("textquoteleft", "‘"), ("textquoteright", "’"), ("textquotesingle", "'"), ("textregistered", "®"),
    ("textrightarrow", "→"), ("textsection", "§"), ("textsterling", "£"), ("textthreequarters", "¾"),
    ("texttimes", "×"), ("texttrademark", "™"), ("textunderscore", "_"), ("textyen", "¥"), ("th", "þ"),
];

#[cfg(test)]
mod tests {
    use super::{LETTERS, accented, mangled};

    #[test]
    fn names_are_sorted_for_the_search() {
        assert!(LETTERS.is_sorted_by(|one, next| one.0 < next.0));
    }

    #[test]
    fn marks_go_on_the_first_letter() {
        assert_eq!(accented('\u{301}', "Ecole"), "École");
        assert_eq!(accented('\u{308}', "ı"), "ï");
        assert_eq!(accented('\u{303}', ""), "");
    }

    #[test]
    fn greek_is_read_through_the_accent() {
        assert_eq!(mangled("k", "appa"), Some('κ'));
        assert_eq!(mangled("c", "c"), None);
    }
}
