//! What Hugging Face does to TeX, as a function; and its repair, where only one reading is possible.
//!
//! The copy there is made by a fixed function ([`hugging_face_damage`]): macros lose their names up to
//! the first closing brace, formulas lose dollar signs and backslashes. It cannot be undone in general, so
//! the text of the paper's own source is always preferred; [`damage_equals`] tells whether a damaged copy
//! is a copy of it, or of another version.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::formula;
use super::symbols::{Role, SYMBOLS, symbol};

/// The damage: `\name{x}` becomes `x` (to the first closing brace), then `$…$` loses its dollar signs and
/// all backslashes.
///
/// ```
/// use paper::text::hugging_face_damage;
/// assert_eq!(hugging_face_damage(r"cost $O(n\log n)$ in \emph{time}"), "cost O(nlog n) in time");
/// assert_eq!(hugging_face_damage(r"$\mathbf{\texttt{D}}$ual"), "texttt{D}ual");
/// ```
#[must_use]
pub fn hugging_face_damage(raw: &str) -> String {
    strip_formulas(&strip_macros(raw))
}

fn strip_macros(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    // Once no brace closes any more, none will later.
    let mut closes = true;
    while let Some(place) = rest.find('\\') {
        let after = &rest[place + 1..];
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let inner = after[letters..].strip_prefix('{').filter(|_| letters > 0 && closes);
        let close = inner.and_then(|inner| inner.find('}'));
        closes &= inner.is_none() || close.is_some();
        match (inner, close) {
            (Some(inner), Some(close)) => {
                out.push_str(&rest[..place]);
                out.push_str(&inner[..close]);
                rest = &inner[close + 1..];
            }
            _ => {
                out.push_str(&rest[..=place]);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn strip_formulas(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('$') {
        let Some(length) = rest[open + 1..].find('$') else { break };
        out.push_str(&rest[..open]);
        out.extend(rest[open + 1..open + 1 + length].chars().filter(|found| *found != '\\'));
        rest = &rest[open + length + 2..];
    }
    out.push_str(rest);
    out
}

/// Whether a text of Hugging Face is the damaged copy of this source text; white space does not count.
#[must_use]
pub fn damage_equals(arxiv_raw: &str, hugging_face: &str) -> bool {
    let damaged = hugging_face_damage(arxiv_raw);
    damaged.split_whitespace().eq(hugging_face.split_whitespace())
}

/// The damaged text as TeX again, where the damage is plain to see; `None` when there is none.
pub(super) fn repaired(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 16);
    let mut damaged = false;
    let mut rest = text;
    let mut state = State::default();
    while !rest.is_empty() {
        let start = rest.find(|found: char| !found.is_whitespace()).unwrap_or(rest.len());
        let (space, after) = rest.split_at(start);
        // `\propto d`: behind a glued operator the source had no space to keep.
        if !(state.joins && after.starts_with(|found: char| found.is_ascii_alphanumeric())) {
            out.push_str(space);
        }
        state.joins = false;
        let length = chunk(after);
        let (word, after) = after.split_at(length);
        if matches!(word, "widetilde" | "widehat") && !after.is_empty() {
            // `\widetilde \Theta`: the accent belongs to the next word.
            state.accent = Some(word);
            state.joins = true;
            rest = after;
            continue;
        }
        match repair(word, after, &mut state) {
            Some(tex) => {
                damaged = true;
                out.push_str(&tex);
                state.mathematical = true;
            }
            None => {
                if let Some(accent) = state.accent.take() {
                    out.push_str(accent);
                    out.push(' ');
                }
                out.push_str(word);
                state.mathematical = word.len() == 1 || word.contains('^');
            }
        }
        rest = after;
    }
    damaged.then_some(out)
}

#[derive(Default)]
struct State<'a> {
    /// An accent that waits for its letter.
    accent: Option<&'a str>,
    /// The word before was, or may have been, part of a formula.
    mathematical: bool,
    /// The word before was `∈`.
    element: bool,
    /// The word before ended in an operator glued to it.
    joins: bool,
}

/// Words that a formula with spaces may be spread over.
const CHUNK_WORDS_MAX: usize = 8;

/// The length of the next word; it goes on over spaces while a script's brace or a damaged macro's is open.
fn chunk(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = word_end(bytes, 0);
    let word = &text[..end];
    let link = word.starts_with("http") && word.contains('{');
    let fonts =
        ["mathcal{", "mathbb{", "mathbf{", "mathrm{", "text{", "textbf{", "textit{", "texttt{", "textsc{"];
    let opens =
        link || word.contains("^{") || word.contains("_{") || fonts.iter().any(|font| word.contains(font));
    let bracket = word.contains("O(") && word.len() < 40;
    for _ in 0..CHUNK_WORDS_MAX {
        let inside = &text[..end];
        let count = |sign: char| inside.matches(sign).count();
        let open = opens && count('{') > count('}') || bracket && count('(') > count(')');
        if !open || end >= bytes.len() {
            break;
        }
        let next = end + bytes[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        end = word_end(bytes, next);
    }
    let balanced =
        |open: char, close: char| text[..end].matches(open).count() <= text[..end].matches(close).count();
    // What never closes is not a formula over several words, unless the text ends first.
    if (opens && !balanced('{', '}') || bracket && !balanced('(', ')')) && end < bytes.len() {
        return word.len();
    }
    end
}

fn word_end(bytes: &[u8], from: usize) -> usize {
    from + bytes[from..].iter().take_while(|byte| !byte.is_ascii_whitespace()).count()
}

/// A word as TeX, if it shows damage.
fn repair(word: &str, after: &str, state: &mut State<'_>) -> Option<String> {
    let element = std::mem::take(&mut state.element);
    if word.contains(['\\', '$']) {
        return None;
    }
    if let Some(link) = repair_link(word) {
        return Some(link);
    }
    if word.contains("://") || word.contains("www.") {
        return None;
    }
    if word == "in" && state.mathematical {
        let next = after.trim_start();
        if next.starts_with("R^") || next.starts_with("mathbb") || next.starts_with("{0,") {
            state.element = true;
            return Some("$\\in$".to_owned());
        }
    }
    if let Some(text) = repair_dash(word) {
        return Some(text);
    }
    if let Some(fraction) = repair_fraction(word) {
        return Some(fraction);
    }
    // Ordinary words make up nearly all text: a short one without signs shows nothing.
    if word.len() < 6
        && word.bytes().all(|byte| byte.is_ascii_lowercase())
        && !STRONG.contains(&word)
        && state.accent.is_none()
    {
        return None;
    }
    let trailing = word.len() - word.trim_end_matches(['.', ',', ';', ':', '?', '!']).len();
    let (word, tail) = word.split_at(word.len() - trailing);
    if tail.starts_with('.') && word.trim_start_matches('(') == "approx" {
        return None;
    }
    let evidence = Evidence::of(word);
    if evidence.fonts_only {
        return Some(with_backslashes(word) + tail);
    }
    let reals = element && word.starts_with("R^{");
    if !(evidence.formula || reals || state.accent.is_some()) {
        return None;
    }
    // A compound: only the part that is damaged becomes a formula.
    if let Some((one, other)) = word.split_once('-')
        && !one.contains(['(', '{', '^', '_'])
    {
        let (first, second) = (Evidence::of(one), Evidence::of(other));
        if first.formula != second.formula {
            let math = |part: &str, damaged: bool| {
                if damaged { format!("${}$", tex(part)) } else { part.to_owned() }
            };
            return Some(format!("{}-{}{tail}", math(one, first.formula), math(other, second.formula)));
        }
    }
    let mut body = tex(word);
    if element && body.starts_with("R^") {
        body.replace_range(..1, "\\mathbb{R}");
    }
    let last = word.rsplit(|found: char| !found.is_ascii_alphabetic()).next().unwrap_or_default();
    let operator = split_names(last).and_then(|names| names.last().copied().and_then(symbol));
    let glued = last.len() < word.len() || split_names(last).is_some_and(|names| names.len() > 1);
    state.joins = tail.is_empty()
        && operator.is_some_and(|found| {
            found.role == Role::Prefix || found.role == Role::Operator && glued && found.name != "times"
        });
    if let Some(accent) = state.accent.take() {
        body = format!("\\{accent} {body}");
    }
    Some(format!("${body}${tail}"))
}

/// `url{text}` was `\href{url}{text}`.
fn repair_link(word: &str) -> Option<String> {
    let (url, text) = word.split_once('{')?;
    let (text, tail) = text.rsplit_once('}')?;
    if !url.starts_with("http") || url.contains(char::is_whitespace) || text.is_empty() {
        return None;
    }
    Some(format!("\\href{{{url}}}{{{text}}}{tail}"))
}

/// `x2014` was `\unicode{x2014}`.
fn repair_dash(word: &str) -> Option<String> {
    const DASHES: &[(&str, char)] =
        &[("x2013", '–'), ("x2014", '—'), ("x2019", '’'), ("x201C", '“'), ("x201D", '”'), ("x2212", '−')];
    let (code, found) = DASHES.iter().find(|(code, _)| word.contains(code))?;
    let place = word.find(code)?;
    let (before, after) = (&word[..place], &word[place + code.len()..]);
    let apart = !before.ends_with(|found: char| found.is_ascii_digit())
        && !after.starts_with(|found: char| found.is_ascii_digit());
    apart.then(|| format!("{before}{found}{after}"))
}

/// `text{a b}{3}` was `\frac{\text{a b}}{3}`.
fn repair_fraction(word: &str) -> Option<String> {
    let rest = word.strip_prefix("text{")?;
    let (over, rest) = rest.split_once("}{")?;
    let (under, tail) = rest.split_once('}')?;
    if over.contains('{') || under.contains('{') {
        return None;
    }
    let under =
        if under.chars().all(|found| found.is_ascii_alphanumeric()) { under.to_owned() } else { tex(under) };
    Some(format!("$\\frac{{\\text{{{over}}}}}{{{under}}}${tail}"))
}

/// Names that no English text holds.
const STRONG: &[&str] = &[
    "leq",
    "geq",
    "neq",
    "infty",
    "nabla",
    "propto",
    "approx",
    "leftrightarrow",
    "rightarrow",
    "Rightarrow",
    "leftarrow",
    "varepsilon",
    "cdot",
    "cdots",
    "ldots",
    "subseteq",
    "widetilde",
    "widehat",
    "ell",
    "mathbb",
    "mathcal",
    "lesssim",
    "gtrsim",
    "leqslant",
    "geqslant",
];

/// Names that occur glued to each other in damaged formulas, and make no English word together.
const GLUED: &[&str] = &[
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "varepsilon",
    "lambda",
    "theta",
    "sigma",
    "omega",
    "kappa",
    "zeta",
    "tau",
    "Delta",
    "Gamma",
    "Lambda",
    "Omega",
    "Phi",
    "Psi",
    "Sigma",
    "Theta",
    "phi",
    "psi",
    "rho",
    "chi",
    "eta",
    "times",
    "sim",
    "cdot",
    "approx",
    "leq",
    "geq",
    "neq",
    "propto",
    "rightarrow",
    "leftrightarrow",
    "leftarrow",
    "infty",
    "nabla",
    "circ",
    "ell",
    "log",
    "exp",
    "sqrt",
    "partial",
    "left",
    "right",
    "mathcal",
    "mathbf",
    "mathbb",
    "mathrm",
    "text",
];

/// Names that are words or parts of identifiers too: no sign of damage before an underscore.
const WORDLIKE: &[&str] = &[
    "top", "max", "min", "log", "text", "sum", "dot", "int", "star", "mid", "bar", "hat", "in", "to", "not",
    "sim", "cap", "cup", "exp", "sup", "inf", "lim", "vec", "prime", "square", "models", "div", "prod",
    "times", "alpha", "beta", "gamma", "delta", "lambda", "theta", "sigma", "pi", "mu", "tilde", "arg",
    "argmax", "argmin", "det", "dim", "deg", "gcd", "softmax", "rank", "sign", "diag", "id", "tr", "KL",
    "Var", "dist", "depth", "poly",
];

const FONTS: &[&str] = &[
    "mathcal",
    "mathbb",
    "mathbf",
    "mathrm",
    "mathsf",
    "mathit",
    "mathfrak",
    "mathscr",
    "boldsymbol",
    "bm",
    "text",
    "sqrt",
    "frac",
    "operatorname",
    "widetilde",
    "widehat",
    "tilde",
    "hat",
    "bar",
    "overline",
    "textbf",
    "textit",
    "texttt",
    "textsc",
    "textrm",
    "textsf",
    "emph",
];

/// What a word shows of the damage.
struct Evidence {
    formula: bool,
    /// Only text fonts lost their backslash: no formula.
    fonts_only: bool,
}

impl Evidence {
    fn of(word: &str) -> Evidence {
        let mut formula = false;
        let mut fonts = false;
        let bytes = word.as_bytes();
        let mut place = 0;
        while place < bytes.len() {
            let letters = bytes[place..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            if letters == 0 {
                place += 1;
                continue;
            }
            let name = &word[place..place + letters];
            let end = place + letters;
            let before = place.checked_sub(1).and_then(|at| bytes.get(at)).copied();
            let after = bytes.get(end).copied();
            let names = split_names(name);
            let is_name = names.as_ref().is_some_and(|names| !names.is_empty());
            if after == Some(b'{')
                && names.as_ref().and_then(|names| names.last()).is_some_and(|last| FONTS.contains(last))
            {
                if name.starts_with("text") && name != "text" || name == "emph" {
                    fonts = true;
                } else {
                    formula = true;
                }
            }
            let digit = |found: Option<u8>| found.is_some_and(|found| found.is_ascii_digit());
            let multiplied = name.starts_with("times") && digit(before);
            let multiplies = name == "times" && digit(after) && digit(before);
            let about = name == "sim" && digit(after) && before.is_none_or(|before| before == b'(') && {
                let digits =
                    bytes[end..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
                // `sim543K`, but not `sim2real`.
                let unit = &bytes[end + digits..];
                let letters = unit.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                letters == 0 || letters == 1 && unit[0].is_ascii_uppercase()
            };
            formula |= (multiplied || multiplies) && is_name || about;
            formula |= STRONG.contains(&name) && !(name == "approx" && matches!(after, Some(b'-')));
            if let Some(names) = &names {
                let glued = names.len() >= 2
                    && names.iter().all(|name| GLUED.contains(name))
                    && names.iter().any(|name| !WORDLIKE.contains(name) || *name == "times");
                formula |= glued;
                let function =
                    names.last().is_some_and(|last| matches!(*last, "log" | "ln" | "sqrt" | "exp"));
                formula |= function && names.len() == 2 && names[0].len() == 1 && word.contains('(');
                let wordlike = names.iter().all(|name| WORDLIKE.contains(name));
                let script_after = matches!(after, Some(b'^' | b'_'));
                let index = end + 1;
                let simple = script_after
                    && bytes.get(index).is_some_and(|next| {
                        *next == b'{'
                            || next.is_ascii_digit()
                            || (next.is_ascii_alphabetic()
                                && !bytes
                                    .get(index + 1)
                                    .is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_'))
                            || {
                                let letters = bytes[index..]
                                    .iter()
                                    .take_while(|byte| byte.is_ascii_alphabetic())
                                    .count();
                                split_names(&word[index..index + letters])
                                    .is_some_and(|names| names.iter().any(|name| name.len() > 2))
                            }
                    });
                let capital = bytes.get(index).is_some_and(u8::is_ascii_uppercase);
                let greek = ["alpha", "beta", "gamma", "delta", "lambda", "theta", "sigma", "pi", "mu"];
                let shown = names.iter().any(|name| greek.contains(name)) && bytes.get(index) != Some(&b'{')
                    || !wordlike
                    || capital;
                let braced = after == Some(b'_') && bytes.get(index) == Some(&b'{') || after == Some(b'^');
                formula |= script_after
                    && simple
                    && !names.is_empty()
                    && names.iter().any(|name| name.len() > 1)
                    && (shown || braced);
                // `^top`, `_infty`
                let script_before = matches!(before, Some(b'^' | b'_'));
                let raised = before == Some(b'^') && names.iter().any(|name| name.len() > 1);
                formula |= script_before && (raised || !wordlike && names.iter().any(|name| name.len() > 2));
                let fence = matches!(after, Some(b'(' | b')' | b'[' | b']' | b'|'));
                formula |= fence
                    && names.last().is_some_and(|last| matches!(*last, "left" | "right"))
                    && names.len() <= 3
                    && (names.len() > 1 || after != Some(b')'));
            }
            // A name between spaces inside a script's braces.
            let spaced = before.is_some_and(|before| before == b' ') && after == Some(b' ');
            formula |= spaced && word.contains(['^', '_']) && word.contains('{') && symbol(name).is_some();
            place = end;
        }
        let script = word.find("^text").or_else(|| word.find("_text"));
        formula |= script.is_some() && fonts;
        Evidence { formula, fonts_only: fonts && !formula }
    }
}

/// A run of letters as macro names and single letters, if it is nothing else: `timessim`, `dlog`, `Oleft`.
fn split_names(run: &str) -> Option<Vec<&str>> {
    if run.is_empty() || run.len() > 40 || !run.is_ascii() {
        return None;
    }
    if is_name(run) {
        return Some(vec![run]);
    }
    let mut names = Vec::new();
    let mut singles = 0;
    let mut place = 0;
    while place < run.len() {
        let longest =
            (place + 3..=run.len().min(place + NAME_BYTES_MAX)).rev().find(|end| is_name(&run[place..*end]));
        match longest {
            Some(end) => {
                names.push(&run[place..end]);
                place = end;
            }
            None => {
                names.push(&run[place..=place]);
                singles += 1;
                place += 1;
                if singles > 2 {
                    return None;
                }
            }
        }
    }
    let long = names.len() - singles;
    (long > 0 && singles <= 2 || run.len() == 1).then_some(names)
}

/// The longest name that can be part of a run.
const NAME_BYTES_MAX: usize = 16;

/// Every name that a run may be made of.
static NAMES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let fences = ["left", "right", "big", "Big", "bigl", "bigr"];
    let symbols = SYMBOLS.iter().filter(|symbol| symbol.converted).map(|symbol| symbol.name);
    symbols
        .chain(formula::function_names())
        .chain(FONTS.iter().copied())
        .chain(fences)
        .filter(|name| (2..=NAME_BYTES_MAX).contains(&name.len()))
        .collect()
});

fn is_name(name: &str) -> bool {
    NAMES.contains(name)
}

/// Text fonts with their backslashes again.
fn with_backslashes(word: &str) -> String {
    let mut out = word.to_owned();
    for font in ["textbf", "textit", "texttt", "textsc", "textrm", "textsf", "emph"] {
        out = out.replace(&format!("{font}{{"), &format!("\\{font}{{"));
    }
    out
}

/// The TeX of a damaged formula.
fn tex(word: &str) -> String {
    let mut out = String::with_capacity(word.len() * 2);
    let bytes = word.as_bytes();
    // For each open brace, whether it groups; the others are braces that the formula shows.
    let mut groups: Vec<bool> = Vec::new();
    let mut place = 0;
    let mut takes_group = false;
    while let Some(&byte) = bytes.get(place) {
        if byte.is_ascii_alphabetic() {
            let letters = bytes[place..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let run = &word[place..place + letters];
            let script = out.ends_with(['^', '_']);
            place += letters;
            if script && run.starts_with("text") && bytes.get(place) == Some(&b'{') {
                // `R^textbf{2AI}`: the group took in what followed it; the script is its first part.
                let inner = &word[place + 1..];
                let close = inner.find('}').unwrap_or(inner.len());
                let digits = inner.bytes().take_while(u8::is_ascii_digit).count().max(1).min(close);
                out.push_str(&format!("{{{}}}", &inner[..digits]));
                out.push_str(&format!("\\text{{{}}}", &inner[digits..close]));
                place += 1 + (close + 1).min(inner.len());
                continue;
            }
            takes_group = false;
            match split_names(run) {
                Some(names) => {
                    for (number, name) in names.iter().enumerate() {
                        if name.len() == 1 {
                            push_letters(name, &mut out);
                        } else if !matches!(*name, "left" | "right" | "big" | "Big" | "bigl" | "bigr") {
                            out.push('\\');
                            out.push_str(name);
                            takes_group = number + 1 == names.len() && FONTS.contains(name);
                        }
                    }
                }
                None => push_letters(run, &mut out),
            }
            continue;
        }
        match byte {
            b'{' => {
                let group = takes_group
                    || out.trim_end().ends_with(['^', '_'])
                    || (out.ends_with('}') && groups.is_empty());
                groups.push(group);
                out.push_str(if group { "{" } else { "\\{" });
            }
            b'}' => match groups.pop() {
                Some(true) => {
                    let kept = out.trim_end().len();
                    out.truncate(kept);
                    out.push('}');
                }
                _ => out.push_str("\\}"),
            },
            b'%' | b'#' | b'&' => {
                out.push('\\');
                out.push(byte as char);
            }
            _ => {
                let found = word[place..].chars().next().unwrap_or(' ');
                out.push(found);
                takes_group = false;
                place += found.len_utf8();
                continue;
            }
        }
        takes_group = false;
        place += 1;
    }
    out.extend(groups.into_iter().rev().filter(|group| *group).map(|_| '}'));
    out
}

/// Letters behind a macro name need a space between.
fn push_letters(letters: &str, out: &mut String) {
    let name = out.trim_end_matches(|found: char| found.is_ascii_alphabetic());
    if name.len() < out.len() && name.ends_with('\\') {
        out.push(' ');
    }
    out.push_str(letters);
}

#[cfg(test)]
mod tests {
    use super::{damage_equals, hugging_face_damage, repaired, split_names};

    #[test]
    fn the_damage_is_that_of_real_pairs() {
        for (source, damaged) in [
            (r"\texttt{R$^\textbf{2}$AI}", "R^textbf{2AI}"),
            (r"$\frac{\text{response length}}{3}$", "text{response length}{3}"),
            (r"$15\times\sim50\times$", "15timessim50times"),
            (r"\href{https://a.b/c}{C}", "https://a.b/c{C}"),
            (r"81\% of Erd\H{o}s--R\'enyi", r"81\% of Erdos--R\'enyi"),
            (r"$\mathbb{Z}_{P}$", "Z_{P}"),
        ] {
            assert_eq!(hugging_face_damage(source), damaged);
        }
        assert!(damage_equals("a $x$\n b", "a x b"));
        assert!(!damage_equals("a $x$ c", "a x b"));
    }

    #[test]
    fn english_and_identifiers_are_left_alone() {
        for text in [
            "T times J neurons, 40 times faster",
            "sim2real transfer",
            "top_k and max_len of text_encoder",
            "minmax in R",
            "pass^k",
            "the lambda calculus",
            "left-right (left) right)",
            "alphabeta pruning (approx. 5)",
            "a small subset of submodels",
            "supergroup subvert succinct Harrell Specker",
            "https://a.b/eta_1",
        ] {
            assert_eq!(repaired(text), None, "{text}");
        }
    }

    #[test]
    fn runs_of_letters_split_into_names() {
        assert_eq!(split_names("timessim"), Some(vec!["times", "sim"]));
        assert_eq!(split_names("dlog"), Some(vec!["d", "log"]));
        assert_eq!(split_names("transformer"), None);
    }
}
