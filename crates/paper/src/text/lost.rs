//! The check that reading a text loses nothing: every letter and digit of the source, outside the names of
//! macros, tags and entities and outside keys and lengths, is in the plain text.
//!
//! This is written without the parser, on purpose: it is a second, much simpler opinion. It compares how
//! often each letter occurs, after both sides were folded to base letters.

use std::collections::BTreeMap;

use super::{Text, clean, entities, fold};

/// What a text lost: the letters and digits of the source that its plain text lacks, at most twenty.
///
/// Upper texts of `\stackrel` and `\overset` do not count: plain text leaves them out by rule.
#[must_use]
pub fn lost_text(raw: &str, text: &Text) -> Option<String> {
    if text.damaged() {
        return None;
    }
    let decoded = entities::decode(raw);
    let source = clean::clean(&decoded);
    let plain = text.plain();
    if source == plain {
        return None;
    }
    let mut balance: BTreeMap<char, i64> = BTreeMap::new();
    for found in letters(&fold(&visible(&source))) {
        *balance.entry(found).or_default() += 1;
    }
    for found in letters(&fold(&plain)) {
        *balance.entry(found).or_default() -= 1;
    }
    let lost: String =
        balance.into_iter().filter(|(_, count)| *count > 0).map(|(found, _)| found).take(20).collect();
    (!lost.is_empty()).then_some(lost)
}

/// Letters and digits; marks that composed a letter on one side only do not count.
fn letters(folded: &str) -> impl Iterator<Item = char> {
    folded.chars().filter(|found| found.is_alphanumeric())
}

/// Macros with arguments that are never text, and how many.
fn hidden_arguments(name: &str) -> usize {
    match name {
        "href" | "hyperlink" | "label" | "vspace" | "hspace" | "color" | "textcolor" | "colorbox"
        | "begin" | "end" | "phantom" | "hphantom" | "vphantom" | "stackrel" | "overset" | "accentset"
        | "unicode" | "char" | "symbol" | "ding" | "raisebox" | "scalebox" | "rotatebox"
        | "includegraphics" | "fontsize" | "nocite" | "hypersetup" | "foreignlanguage" | "mspace"
        | "pagestyle" | "bibliography" | "bibliographystyle" | "si" | "unit" | "pacs" | "index"
        | "usepackage" | "documentclass" | "thispagestyle" | "footnotemark" | "resizebox" | "buildrel" => 1,
        "SI" | "qty" => 2,
        "setlength" | "addtolength" | "setcounter" | "definecolor" => 2,
        _ if name.contains("cite") || name.contains("Cite") => 1,
        "ref" | "eqref" | "cref" | "Cref" | "autoref" | "pageref" | "vref" | "nameref" | "subref"
        | "bibitem" => 1,
        _ => 0,
    }
}

/// The source without the names of macros and tags, and without arguments that are not text.
fn visible(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(place) = rest.find(['\\', '<', '[']) {
        out.push_str(&rest[..place]);
        let after = &rest[place + 1..];
        rest = match rest.as_bytes()[place] {
            b'<' => after
                .strip_prefix("jats:title>Abstract</jats:title>")
                .unwrap_or_else(|| behind_tag(after, &mut out)),
            b'[' => behind_option(after, &mut out),
            _ => behind_macro(after, &mut out),
        };
    }
    out.push_str(rest);
    out
}

fn behind_tag<'a>(after: &'a str, out: &mut String) -> &'a str {
    let length = after.bytes().take(300).position(|byte| byte == b'>');
    match length {
        Some(length) if after.starts_with(|found: char| found == '/' || found.is_ascii_alphabetic()) => {
            let inside = &after[..length];
            let bare = inside
                .trim_matches('/')
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-'));
            // A tag that is shown counts too many letters nowhere: those of hidden tags are skipped.
            if bare || inside.contains('=') { &after[length + 1..] } else { after }
        }
        _ => {
            out.push(' ');
            after
        }
    }
}

/// `[2pt]`, `[t]`, `[text](https://…)`.
fn behind_option<'a>(after: &'a str, out: &mut String) -> &'a str {
    if let Some(middle) = after.find("](http").filter(|place| *place < 200) {
        out.push_str(&after[..middle]);
        return after[middle..].find(')').map_or("", |close| &after[middle + close + 1..]);
    }
    after
}

fn behind_macro<'a>(after: &'a str, out: &mut String) -> &'a str {
    let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters == 0 {
        let width = after.chars().next().map_or(0, char::len_utf8);
        out.push_str(&after[..width]);
        let after = &after[width..];
        // `\\[2pt]`
        if out.ends_with('\\')
            && let Some(option) = after.strip_prefix('[')
            && option.starts_with(|found: char| found.is_ascii_digit() || matches!(found, '-' | '.'))
        {
            return option.find(']').filter(|close| *close < 16).map_or(after, |close| &option[close + 1..]);
        }
        return after;
    }
    let (name, mut rest) = after.split_at(letters);
    if matches!(name, "kern" | "mkern" | "hskip" | "mskip" | "vskip") {
        let number =
            rest.trim_start_matches(|found: char| found.is_ascii_digit() || matches!(found, '.' | '-' | ' '));
        return ["pt", "em", "ex", "mu", "cm", "mm", "in"]
            .iter()
            .find_map(|unit| number.strip_prefix(unit))
            .unwrap_or(rest);
    }
    // Greek mangled to an accent is one letter: `\b{eta}` is β.
    if super::accents::mark(name).is_some()
        && let Some((body, after)) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'))
        && super::accents::mangled(name, body).is_some()
    {
        return after;
    }
    // ∛ and ∜ hold their degree.
    if name == "sqrt" {
        return ["[3]", "[4]", "[2]"].iter().find_map(|degree| rest.strip_prefix(degree)).unwrap_or(rest);
    }
    if name.starts_with("footnote") {
        // Its number.
        return rest
            .strip_prefix('[')
            .and_then(|option| option.split_once(']'))
            .map_or(rest, |found| found.1);
    }
    let arguments = hidden_arguments(name);
    let columns = name == "begin"
        && ["{array", "{tabular", "{align", "{subarray"].iter().any(|name| rest.starts_with(name));
    let environment = name == "begin";
    for _ in 0..arguments + usize::from(columns) {
        rest = rest.strip_prefix('*').unwrap_or(rest).trim_start();
        while let Some(option) = rest.strip_prefix('[') {
            match option.find(']').filter(|close| *close < 300) {
                Some(close) => rest = option[close + 1..].trim_start(),
                None => break,
            }
        }
        if let Some(inner) = rest.strip_prefix('{') {
            let length = super::formula::balanced(inner);
            rest = inner.get(length + 1..).unwrap_or_default();
        } else if matches!(name, "stackrel" | "overset" | "buildrel") {
            // The argument is the next macro or character, or all up to `\over`.
            rest = match (name, rest.find("\\over")) {
                ("buildrel", Some(over)) => &rest[over..],
                _ => {
                    let letters = rest
                        .strip_prefix('\\')
                        .map(|name| 1 + name.bytes().take_while(u8::is_ascii_alphabetic).count());
                    &rest[letters.unwrap_or(rest.chars().next().map_or(0, char::len_utf8)).min(rest.len())..]
                }
            };
        }
    }
    if environment && let Some(option) = rest.strip_prefix('[') {
        rest = option.find(']').filter(|close| *close < 300).map_or(rest, |close| &option[close + 1..]);
    }
    rest
}
