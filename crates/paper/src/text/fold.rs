//! The search key of a text: letters as people type them when they do not have the others.

use unicode_normalization::UnicodeNormalization;

/// A key under which spellings of the same word meet: compatibility forms unified, accents and case
/// dropped, special letters spelled out.
///
/// `Poincaré` and `Poincare`, `Łojasiewicz` and `lojasiewicz`, `Schr"odinger` (an accent that lost its
/// backslash) and `Schrödinger` have the same key. Takes plain text: [`super::Text::plain`].
///
/// ```
/// assert_eq!(paper::text::fold("Gauß–Łukasiewicz ﬁnds H\u{f8}lder²"), "gauss-lukasiewicz finds holder2");
/// ```
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        let mut key = text.to_ascii_lowercase();
        if key.contains('"') {
            drop_lost_accents(&mut key);
        }
        return key;
    }
    let mut key = String::with_capacity(text.len());
    for found in text.nfkd() {
        if is_mark(found) || is_ignorable(found) {
            continue;
        }
        if found.is_ascii() {
            key.push(found.to_ascii_lowercase());
            continue;
        }
        if let Some(letters) = special(found) {
            key.push_str(letters);
            continue;
        }
        key.extend(found.to_lowercase().filter(|lower| !is_mark(*lower)));
    }
    if key.contains('"') {
        drop_lost_accents(&mut key);
    }
    // Decomposition also takes Hangul and kana apart; put them together again.
    if key.is_ascii() { key } else { key.nfc().collect() }
}

/// Marks of the Latin, Greek and Cyrillic scripts and of mathematics; those of other scripts are letters.
pub(super) fn is_mark(found: char) -> bool {
    matches!(found,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20f0}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}')
}

fn is_ignorable(found: char) -> bool {
    matches!(found, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// `Schr"odinger`: a quote between two letters is an accent that lost its backslash.
fn drop_lost_accents(key: &mut String) {
    let mut out = String::with_capacity(key.len());
    let mut chars = key.chars().peekable();
    let mut previous = ' ';
    while let Some(found) = chars.next() {
        let vowel = chars.peek().is_some_and(|next| "aeiouy".contains(*next));
        if !(found == '"' && vowel && previous.is_alphabetic()) {
            out.push(found);
        }
        previous = found;
    }
    *key = out;
}

fn special(found: char) -> Option<&'static str> {
    Some(match found {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'þ' | 'Þ' => "th",
        'ħ' | 'Ħ' => "h",
        'ŋ' | 'Ŋ' => "n",
        'ı' | 'ɩ' => "i",
        'ȷ' => "j",
        'ĸ' => "k",
        'ŧ' | 'Ŧ' => "t",
        'ƶ' | 'Ƶ' => "z",
        'ə' | 'Ə' => "e",
        'ɛ' | 'Ɛ' => "e",
        'ɔ' | 'Ɔ' => "o",
        'ς' => "σ",
        '‘' | '’' | '‚' | '′' | 'ʹ' | 'ʻ' | 'ʼ' | '‛' => "'",
        '“' | '”' | '„' | '″' | '«' | '»' => "\"",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => "-",
        '⁄' | '∕' => "/",
        '∗' => "*",
        '∼' => "~",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn spellings_of_a_name_meet() {
        for (one, other) in [
            ("Poincaré", "Poincare"),
            ("Schr\"odinger", "Schrödinger"),
            ("İstanbul", "istanbul"),
            ("Ångström", "angstrom"),
            ("ℝⁿ", "Rn"),
            ("ϵ", "ε"),
            ("Đặng", "dang"),
            ("Hawkes’s", "hawkes's"),
        ] {
            assert_eq!(fold(one), fold(other), "{one}");
        }
    }

    #[test]
    fn other_scripts_keep_their_letters() {
        assert_eq!(fold("が"), "が");
        assert_eq!(fold("한글"), "한글");
        assert_ne!(fold("кит"), fold("кін"));
    }
}
