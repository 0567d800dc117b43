//! Which dollar signs delimit formulas, and which are money.
//!
//! Pairs are found before anything else is read, paragraph by paragraph. A pair is a formula unless its
//! inside reads as an amount (`$5,000 to $6,000`) or as prose between two unpaired signs; what is left
//! over is a formula without its other delimiter, or a currency sign.

use super::urls::Found;

/// A formula between dollar signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) inner_start: usize,
    pub(super) inner_end: usize,
    pub(super) end: usize,
    pub(super) display: bool,
}

/// What the dollar signs of a text are.
#[derive(Debug, Default)]
pub(super) struct Dollars {
    /// Formulas, in order, not overlapping.
    pub(super) spans: Vec<Span>,
    /// Formulas whose opening sign is missing, in order.
    pub(super) open_ended: Vec<Span>,
    /// Signs that delimit nothing and are not shown, in order.
    pub(super) dropped: Vec<usize>,
}

/// How far back the other end of a formula without opening sign may lie.
const LOOK_BACK_BYTES_MAX: usize = 100;

/// Pairs the dollar signs of a text; addresses and escaped signs are left alone.
pub(super) fn pair(text: &str, paragraphs: bool, urls: &[Found]) -> Dollars {
    let bytes = text.as_bytes();
    let mut found = Dollars::default();
    let mut signs: Vec<usize> = Vec::new();
    let mut paragraph = 0;
    let mut place = 0;
    let mut url = 0;
    while place < bytes.len() {
        while urls.get(url).is_some_and(|one| one.end <= place) {
            url += 1;
        }
        if let Some(one) = urls.get(url)
            && one.start <= place
        {
            place = one.end.max(place + 1);
            continue;
        }
        match bytes[place] {
            b'\\' => place += 1,
            b'$' => signs.push(place),
            b'\n' if paragraphs && is_paragraph_end(bytes, place) => {
                pair_paragraph(text, paragraph, place, &signs, &mut found);
                signs.clear();
                paragraph = place + 1;
            }
            _ => {}
        }
        place += 1;
    }
    pair_paragraph(text, paragraph, text.len(), &signs, &mut found);
    found
}

/// Whether a new paragraph starts behind this line feed: an empty line, or one indented by two spaces.
pub(super) fn is_paragraph_end(bytes: &[u8], line_feed: usize) -> bool {
    matches!(bytes.get(line_feed + 1..line_feed + 3), Some(b"  ")) || bytes.get(line_feed + 1) == Some(&b'\n')
}

fn pair_paragraph(text: &str, start: usize, end: usize, signs: &[usize], found: &mut Dollars) {
    let mut floor = start;
    let mut number = 0;
    while let Some(&sign) = signs.get(number) {
        if signs.get(number + 1) == Some(&(sign + 1)) {
            match (signs.get(number + 2), signs.get(number + 3)) {
                (Some(&close), Some(&last))
                    if last == close + 1 && !text[sign + 2..close].trim().is_empty() =>
                {
                    found.spans.push(Span {
                        start: sign,
                        inner_start: sign + 2,
                        inner_end: close,
                        end: last + 1,
                        display: true,
                    });
                    floor = last + 1;
                    number += 4;
                }
                (Some(_), _) => {
                    found.dropped.push(sign);
                    number += 1;
                }
                (None, _) => {
                    found.dropped.extend([sign, sign + 1]);
                    number += 2;
                }
            }
            continue;
        }
        let next = signs.get(number + 1).copied();
        let nested = next.map_or(0, |_| signs_in_text(text, &signs[number..]));
        if nested > 0
            && let Some(&close) = signs.get(number + 1 + nested)
        {
            found.spans.push(Span {
                start: sign,
                inner_start: sign + 1,
                inner_end: close,
                end: close + 1,
                display: false,
            });
            floor = close + 1;
            number += 2 + nested;
            continue;
        }
        if let Some(close) = next {
            let inner = &text[sign + 1..close];
            if inner.trim().is_empty() {
                found.dropped.extend([sign, close]);
                number += 2;
                continue;
            }
            if is_formula(text, sign, close) {
                found.spans.push(Span {
                    start: sign,
                    inner_start: sign + 1,
                    inner_end: close,
                    end: close + 1,
                    display: false,
                });
                floor = close + 1;
                number += 2;
                continue;
            }
        }
        floor = unpaired(text, floor, sign, next.unwrap_or(end), found);
        number += 1;
    }
}

/// Formulas inside the text of a formula that are looked into.
const NESTED_SIGNS_MAX: usize = 8;

/// How many of the signs behind the first stand in text inside its formula: `$x_{\text{if $y$}}$` has two.
fn signs_in_text(text: &str, signs: &[usize]) -> usize {
    let Some((open, rest)) = signs.split_first() else { return 0 };
    let mut from = open + 1;
    let mut depth = 0_isize;
    for (number, sign) in rest.iter().take(NESTED_SIGNS_MAX + 1).enumerate() {
        let part = &text[from..*sign];
        if number == 0 && !["\\text", "\\mbox", "\\hbox"].iter().any(|name| part.contains(name)) {
            return 0;
        }
        let escaped = part.matches("\\{").count().cast_signed() - part.matches("\\}").count().cast_signed();
        depth += part.matches('{').count().cast_signed() - part.matches('}').count().cast_signed() - escaped;
        if depth <= 0 {
            return if number % 2 == 0 { number } else { 0 };
        }
        from = sign + 1;
    }
    0
}

/// A sign without partner: the closing one of `^3He$`, the opening one of `$\mathbb R^n`, or money.
fn unpaired(text: &str, floor: usize, sign: usize, limit: usize, found: &mut Dollars) -> usize {
    let before = &text[floor..sign];
    let word = before.rsplit(char::is_whitespace).next().map_or(0, str::len);
    let word_start = sign - word;
    let word_text = &text[word_start..sign];
    let after = &text[sign + 1..limit];
    if word > 0 && word <= LOOK_BACK_BYTES_MAX && word_text.contains(['^', '_']) && !word_text.contains("://")
    {
        found.open_ended.push(Span {
            start: word_start,
            inner_start: word_start,
            inner_end: sign,
            end: sign + 1,
            display: false,
        });
        return sign + 1;
    }
    if !after.starts_with(char::is_whitespace) {
        let length = formula_prefix(after);
        if length > 0 {
            let end = sign + 1 + length;
            found.spans.push(Span {
                start: sign,
                inner_start: sign + 1,
                inner_end: end,
                end,
                display: false,
            });
            return end;
        }
    }
    let closes = before.ends_with(|found: char| found.is_alphanumeric() || matches!(found, '}' | ')' | '%'))
        && !after.starts_with(|found: char| found.is_alphanumeric());
    if closes && text.contains('\\') {
        found.dropped.push(sign);
    }
    sign + 1
}

/// How far the text reads as a formula: words with TeX signs, single letters, numbers, operators.
fn formula_prefix(text: &str) -> usize {
    let mut length = 0;
    let mut signs = false;
    let mut place = 0;
    for word in text.split_inclusive(char::is_whitespace).take(40) {
        let bare = word.trim();
        let sign = bare.contains(['\\', '^', '_']);
        let letters = bare.bytes().filter(u8::is_ascii_alphabetic).count();
        if !sign && (letters > 1 || !bare.is_ascii()) {
            break;
        }
        signs |= sign;
        place += word.len();
        if sign || !bare.is_empty() {
            length = place - (word.len() - word.trim_end().len());
        }
    }
    if signs { length } else { 0 }
}

fn is_formula(text: &str, open: usize, close: usize) -> bool {
    let inner = &text[open + 1..close];
    let before = text[..open].chars().next_back();
    let after = text[close + 1..].chars().next();
    let tex = inner.contains(['\\', '^', '_', '{']);
    let loose_start = inner.starts_with(char::is_whitespace);
    let loose_end = inner.ends_with(char::is_whitespace);
    let words = Words::count(inner);
    let inverted = loose_start
        && loose_end
        && before.is_some_and(|found| found.is_alphanumeric() || matches!(found, '}' | ')'))
        && after.is_some_and(|found| !found.is_whitespace());
    if inverted && words.long > 0 {
        return false;
    }
    let amount = inner.trim_start().starts_with(|found: char| found.is_ascii_digit());
    if tex {
        return !(words.long >= 5 && (amount || loose_start));
    }
    let digit_after = after.is_some_and(|found| found.is_ascii_digit());
    if amount {
        let unfinished = inner.ends_with(['-', '–', '—', '/', ',', '(', '~', '≈', ' ', ';', '+']);
        if digit_after && (unfinished || words.all > 0) {
            return false;
        }
        return if inner.trim().contains(char::is_whitespace) {
            words.all == 0
        } else {
            !unfinished || loose_end
        };
    }
    if (loose_start || loose_end || inner.starts_with([')', ',', '.', ';', ':'])) && words.long > 0 {
        return false;
    }
    words.long < 4
}

/// Words outside braces that are neither macros nor function names.
struct Words {
    /// Two letters or more.
    all: usize,
    /// Three letters or more.
    long: usize,
}

impl Words {
    fn count(inner: &str) -> Words {
        let mut words = Words { all: 0, long: 0 };
        let mut depth = 0_usize;
        let bytes = inner.as_bytes();
        let mut place = 0;
        while let Some(&byte) = bytes.get(place) {
            match byte {
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                b'\\' => {
                    place += 1;
                    while bytes.get(place).is_some_and(u8::is_ascii_alphabetic) {
                        place += 1;
                    }
                    continue;
                }
                _ if byte.is_ascii_alphabetic() => {
                    let letters = bytes[place..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                    let word = &inner[place..place + letters];
                    let lower = word.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
                    if depth == 0
                        && letters >= 2
                        && lower
                        && super::formula::function(word).is_none()
                        && word != "mod"
                    {
                        words.all += 1;
                        words.long += usize::from(letters >= 3);
                    }
                    place += letters;
                    continue;
                }
                _ => {}
            }
            place += 1;
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::pair;

    fn formulas(text: &str) -> Vec<&str> {
        {
            let found = pair(text, true, &[]);
            found
                .open_ended
                .iter()
                .chain(&found.spans)
                .map(|span| &text[span.inner_start..span.inner_end])
                .collect()
        }
    }

    #[test]
    fn money_is_no_formula() {
        assert!(formulas("from $5,000 to $6,000").is_empty());
        assert!(formulas("$5/$10 per hour, $1M-$2M").is_empty());
        assert!(formulas("a $50K Budget").is_empty());
        assert_eq!(formulas("costs $5 for $n$ users"), ["n"]);
    }

    #[test]
    fn numbers_alone_are_formulas() {
        assert_eq!(
            formulas("$3$ layers, $0.5$, $2x$, $0 < x < 1$, $50\\%$"),
            ["3", "0.5", "2x", "0 < x < 1", "50\\%"]
        );
    }

    #[test]
    fn one_sign_too_many_does_not_turn_the_text_inside_out() {
        assert_eq!(formulas("The ^3He_2$ trimer of $x$"), ["^3He_2", "x"]);
        assert_eq!(formulas("in $\\mathbb R^n"), ["\\mathbb R^n"]);
        assert_eq!(formulas("$f$$:$$X$$\\to$$Y$"), ["f", ":", "X", "\\to", "Y"]);
    }

    #[test]
    fn text_inside_a_formula_may_hold_formulas() {
        assert_eq!(formulas("$x_{\\text{if $y$ or $z$}}$ and $w$"), ["x_{\\text{if $y$ or $z$}}", "w"]);
        assert_eq!(formulas("\\textbf{a $x$} and $y$"), ["x", "y"]);
    }

    #[test]
    fn formulas_end_with_their_paragraph() {
        assert_eq!(formulas("costs $x\n  and $y$"), ["y"]);
    }
}
