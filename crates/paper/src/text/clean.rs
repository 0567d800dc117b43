//! Repairs below the level of TeX and HTML: line ends, invisible and control characters, text that
//! was decoded with the wrong character set, ligatures, composition.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::entities::windows_1252;

/// The text with its characters repaired, in Unicode's composed form (NFC).
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let suspicious = text.bytes().any(|byte| byte >= 0x7f || (byte < b' ' && byte != b'\n'));
    if !suspicious {
        return Cow::Borrowed(text);
    }
    let text = repair_charset(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(place) = rest.find(|found: char| !found.is_ascii() || found.is_ascii_control()) {
        out.push_str(&rest[..place]);
        rest = &rest[place..];
        let Some(found) = rest.chars().next() else { break };
        let mut taken = found.len_utf8();
        match found {
            '\n' => out.push('\n'),
            '\r' => {
                if !rest[1..].starts_with('\n') {
                    out.push('\n');
                }
            }
            '\t' | '\u{b}' | '\u{c}' => out.push(' '),
            '\u{7f}' => {
                taken += deleted(&out, &rest[1..]).map_or(0, |(letter, skipped)| {
                    out.push(letter);
                    skipped
                })
            }
            '\u{2028}' => out.push('\n'),
            '\u{2029}' => out.push_str("\n\n"),
            '\u{fb00}'..='\u{fb06}' => out.push_str(ligature(found)),
            '\u{e000}'..='\u{f8ff}' => out.extend(private_use(found)),
            _ if is_invisible(found) => {}
            // Arabic and Indic scripts need the zero-width non-joiner, Latin text never does.
            '\u{200c}' if out.chars().next_back().is_none_or(|before| before < '\u{590}') => {}
            '\u{2000}'..='\u{200a}' | '\u{205f}' if found != '\u{2009}' => out.push(' '),
            _ => out.push(found),
        }
        rest = &rest[taken..];
    }
    out.push_str(rest);
    if is_nfc_quick(out.chars()) == IsNormalized::Yes {
        Cow::Owned(out)
    } else {
        Cow::Owned(out.nfc().collect())
    }
}

/// Control codes, soft hyphens, zero-width characters and direction overrides.
///
/// The zero-width joiner stays: emoji and several scripts need it. Byte order marks, interlinear
/// annotation and the tag characters have no business in a title.
fn is_invisible(found: char) -> bool {
    matches!(found,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{200b}' | '\u{200e}'
        | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

fn ligature(found: char) -> &'static str {
    match found {
        '\u{fb00}' => "ff",
        '\u{fb01}' => "fi",
        '\u{fb02}' => "fl",
        '\u{fb03}' => "ffi",
        '\u{fb04}' => "ffl",
        _ => "st",
    }
}

/// Words in which an old submission form put U+007F in place of a diaeresis, with the letter meant.
const DELETED_DIAERESIS: &[(&str, &str, char)] = &[
    ("schr", "odinger", 'ö'),
    ("h", "older", 'ö'),
    ("k", "ahler", 'ä'),
    ("m", "obius", 'ö'),
    ("gr", "obner", 'ö'),
    ("g", "odel", 'ö'),
    ("j", "ulich", 'ü'),
    ("z", "urich", 'ü'),
    ("m", "unchen", 'ü'),
    ("m", "uller", 'ü'),
    ("k", "onig", 'ö'),
    ("poincar", "e", 'é'),
];

/// U+007F between letters of a known word: the letter meant, and how many bytes after it are replaced.
fn deleted(before: &str, after: &str) -> Option<(char, usize)> {
    DELETED_DIAERESIS.iter().find_map(|(start, rest, letter)| {
        let starts = before.get(before.len().checked_sub(start.len())?..)?.eq_ignore_ascii_case(start);
        let goes_on = after.get(..rest.len())?.eq_ignore_ascii_case(rest);
        let whole = !before[..before.len() - start.len()].ends_with(|found: char| found.is_alphabetic());
        (starts && goes_on && whole).then_some((*letter, 1))
    })
}

/// The Symbol font, addressed through the private use area (U+F000 + code); other codes have no meaning.
pub(super) fn private_use(found: char) -> Option<char> {
    const GREEK_SMALL: &str = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ";
    const GREEK_CAPITAL: &str = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ";
    let code = u32::from(found).checked_sub(0xf000)?;
    let nth = |letters: &str, first: u8| letters.chars().nth(usize::try_from(code - u32::from(first)).ok()?);
    match code {
        0x41..=0x5a => nth(GREEK_CAPITAL, b'A'),
        0x61..=0x7a => nth(GREEK_SMALL, b'a'),
        0x22 => Some('∀'),
        0x24 => Some('∃'),
        0x27 => Some('∍'),
        0x2a => Some('∗'),
        0x2d => Some('−'),
        0x40 => Some('≅'),
        0x5e => Some('⊥'),
        0x7e => Some('∼'),
        0x20..=0x7d => char::from_u32(code),
        0xa3 => Some('≤'),
        0xa5 => Some('∞'),
        0xab => Some('↔'),
        0xac => Some('←'),
        0xad => Some('↑'),
        0xae => Some('→'),
        0xaf => Some('↓'),
        0xb0 => Some('°'),
        0xb1 => Some('±'),
        0xb3 => Some('≥'),
        0xb4 => Some('×'),
        0xb5 => Some('∝'),
        0xb6 => Some('∂'),
        0xb7 => Some('•'),
        0xb9 => Some('≠'),
        0xba => Some('≡'),
        0xbb => Some('≈'),
        0xce => Some('∈'),
        0xd1 => Some('∇'),
        0xd6 => Some('√'),
        0xf2 => Some('∫'),
        _ => None,
    }
}

/// UTF-8 that was read as Latin-1 or Windows-1252 (`MagalhÃ£es`) is decoded again.
///
/// A run of characters above ASCII is repaired only when all of it decodes, and to fewer characters:
/// `Ã` alone, or `naïve`, is left as it is.
fn repair_charset(text: &str) -> Cow<'_, str> {
    let lead = |found: char| matches!(found, 'Â'..='ô');
    let follower = |found: char| byte_of(found).is_some_and(|byte| (0x80..0xc0).contains(&byte));
    let mut previous = ' ';
    let damaged = text.chars().any(|found| {
        let pair = lead(previous) && follower(found);
        previous = found;
        pair
    });
    if !damaged {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|found: char| !found.is_ascii()) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let run = rest.find(|found: char| found.is_ascii()).unwrap_or(rest.len());
        let (foreign, after) = rest.split_at(run);
        let bytes: Option<Vec<u8>> = foreign.chars().map(byte_of).collect();
        match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(decoded) => out.push_str(&decoded),
            None => out.push_str(foreign),
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The byte that a one-byte character set has for this character.
fn byte_of(found: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(found)) {
        return Some(byte);
    }
    (0x80..0xa0_u8).find(|byte| windows_1252(u32::from(*byte)) == Some(found))
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn only_whole_runs_are_decoded_again() {
        assert_eq!(clean("naïve Ã la carte"), "naïve Ã la carte");
        assert_eq!(clean("Itâ€™s"), "It’s");
    }

    #[test]
    fn line_ends_become_line_feeds() {
        assert_eq!(clean("a\r\nb\rc"), "a\nb\nc");
    }
}
