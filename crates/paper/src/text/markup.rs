//! Remnants of HTML and JATS (`<i>`, `<jats:p>`, `<tex-math>`) and of Markdown.
//!
//! A tag counts as one only when it is known and, for those with content, closed; `<think>` and `n<m` are
//! text.

use super::formula::{Atom, Script};
use super::parse::{Builder, Parser};
use super::tree::{Node, Style};
use super::urls;

/// What a known tag does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Style(Style),
    Raised,
    Lowered,
    Math,
    /// Shows its content as it is.
    Transparent,
    Paragraph,
    Line,
    /// A heading that repeats what everybody knows.
    Title,
}

fn known(name: &str) -> Option<Tag> {
    let (prefix, bare) = name.rsplit_once(':').unwrap_or(("", name));
    if !matches!(prefix, "" | "jats" | "mml" | "m" | "ns3" | "ns4" | "xhtml") {
        return None;
    }
    Some(match bare {
        "i" | "it" | "em" | "italic" | "emphasis" | "cite" => Tag::Style(Style::Emphasis),
        "b" | "bold" | "strong" => Tag::Style(Style::Strong),
        "tt" | "code" | "monospace" | "kbd" => Tag::Style(Style::Mono),
        "sc" | "scp" | "smallcaps" => Tag::Style(Style::SmallCaps),
        "u" | "underline" => Tag::Style(Style::Underline),
        "sup" => Tag::Raised,
        "sub" | "inf" => Tag::Lowered,
        "tex-math" => Tag::Math,
        "fixed-case" | "span" | "font" | "inline-formula" | "disp-formula" | "alternatives" | "sec"
        | "list" | "list-item" | "ext-link" | "xref" | "styled-content" | "abstract" | "author" | "roman"
        | "div" | "li" | "ul" | "ol" => Tag::Transparent,
        "math" | "mrow" | "mi" | "mo" | "mn" | "msub" | "msup" | "mtext" | "mstyle" | "mover" | "munder"
        | "mfrac" | "msqrt" | "msubsup" | "semantics"
            if prefix == "mml" || prefix == "m" || bare == "math" =>
        {
            Tag::Transparent
        }
        "p" => Tag::Paragraph,
        "br" | "break" => Tag::Line,
        "title" => Tag::Title,
        _ => return None,
    })
}

/// Longest tag that is looked at; attributes of real ones stay below 100 bytes.
const TAG_BYTES_MAX: usize = 300;

struct Read<'a> {
    name: &'a str,
    closing: bool,
    empty: bool,
    end: usize,
}

/// Reads the tag at the start of `text`.
fn read(text: &str) -> Option<Read<'_>> {
    let bytes = text.as_bytes();
    let closing = bytes.get(1) == Some(&b'/');
    let start = 1 + usize::from(closing);
    let length = bytes
        .get(start..)?
        .iter()
        .take(24)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-'))
        .count();
    let name = &text[start..start + length];
    if !name.starts_with(|found: char| found.is_ascii_alphabetic()) {
        return None;
    }
    let window = &bytes[start + length..bytes.len().min(TAG_BYTES_MAX)];
    let close = window.iter().position(|byte| *byte == b'>')?;
    let attributes = &window[..close];
    if attributes.contains(&b'<') {
        return None;
    }
    let empty = attributes.ends_with(b"/");
    let bare = attributes.trim_ascii();
    let bare = bare.strip_suffix(b"/").unwrap_or(bare);
    let spaced = attributes.first().is_none_or(|byte| byte.is_ascii_whitespace() || *byte == b'/');
    let valued = bare.contains(&b'=');
    (spaced && (bare.is_empty() || valued && !closing)).then_some(Read {
        name,
        closing,
        empty,
        end: start + length + close + 1,
    })
}

impl Parser<'_> {
    /// `<`: a known tag, or the sign.
    pub(super) fn tag(&mut self, place: usize, end: usize, depth: usize, out: &mut Builder) -> usize {
        let text = self.text;
        let literal = |out: &mut Builder| {
            out.text.push('<');
            place + 1
        };
        let Some(found) = read(&text[place..end]) else { return literal(out) };
        let lower = found.name.to_ascii_lowercase();
        let Some(tag) = known(&lower) else { return literal(out) };
        let start = place + found.end;
        if found.closing {
            return match tag {
                Tag::Paragraph => {
                    self.paragraph(out);
                    start
                }
                // Style tags are consumed with their opening one; a stray closing tag says nothing.
                _ => start,
            };
        }
        match tag {
            Tag::Line => {
                out.space();
                return start;
            }
            Tag::Paragraph => {
                self.paragraph(out);
                return start;
            }
            Tag::Transparent => return start,
            _ if found.empty => return start,
            _ => {}
        }
        let closing = format!("</{}>", found.name);
        let Some(close) = self.find(&closing, start, end) else { return literal(out) };
        let after = close + closing.len();
        match tag {
            Tag::Math => {
                let inner = text[start..close].trim();
                let inner = inner.trim_matches('$').to_owned();
                self.formula(&inner, false, depth, out);
                return after;
            }
            Tag::Title => {
                if text[start..close].trim().eq_ignore_ascii_case("abstract") {
                    return after;
                }
                let nodes = self.group((start, close), depth);
                out.extend(nodes);
                self.paragraph(out);
                return after;
            }
            _ => {}
        }
        let nodes = self.group((start, close), depth);
        if !nodes.is_empty() {
            out.node(match tag {
                Tag::Raised => Node::Raised(nodes),
                Tag::Lowered => Node::Lowered(nodes),
                Tag::Style(style) => Node::Styled(style, nodes),
                _ => Node::Styled(Style::Emphasis, nodes),
            });
        }
        after
    }

    fn paragraph(&mut self, out: &mut Builder) {
        if self.options.paragraphs {
            let blank = out.text.trim().is_empty();
            let ended = blank && matches!(out.nodes.last(), Some(Node::Break) | None);
            if !ended {
                out.trim_end();
                out.node(Node::Break);
            }
        } else if !out.at_space() {
            out.text.push(' ');
        }
    }

    /// `*emphasis*`, `**strong**` and `[text](https://…)`.
    pub(super) fn markdown(&mut self, place: usize, end: usize, depth: usize, out: &mut Builder) -> usize {
        let text = self.text;
        let bytes = text.as_bytes();
        if bytes[place] == b'[' {
            if let Some(next) = self.markdown_link(place, end, depth, out) {
                return next;
            }
            out.text.push('[');
            return place + 1;
        }
        let width = bytes[place..end].iter().take_while(|byte| **byte == b'*').count();
        let start = place + width;
        let fresh = out
            .text
            .chars()
            .next_back()
            .is_none_or(|before| before.is_whitespace() || matches!(before, '(' | '“' | '"'));
        let opens = width <= 2
            && fresh
            && bytes.get(start).filter(|_| start < end).is_some_and(u8::is_ascii_alphabetic);
        if opens {
            let marks = &text[place..start];
            if let Some(close) = self.find(marks, start, end.min(start + 200)) {
                let after = close + width;
                let ends = !bytes[close - 1].is_ascii_whitespace()
                    && !text[start..close].contains("\n\n")
                    && bytes.get(after).is_none_or(|next| !next.is_ascii_alphanumeric() && *next != b'*');
                if ends {
                    let nodes = self.group((start, close), depth);
                    let style = if width == 1 { Style::Emphasis } else { Style::Strong };
                    out.node(Node::Styled(style, nodes));
                    return after;
                }
            }
        }
        out.text.push_str(&text[place..start]);
        start
    }

    fn markdown_link(&mut self, place: usize, end: usize, depth: usize, out: &mut Builder) -> Option<usize> {
        let middle = self.find("](http", place, end.min(place + 200))?;
        let inner = &self.text[place + 1..middle];
        if inner.contains(['[', ']', '\n']) || inner.is_empty() {
            return None;
        }
        let start = middle + 2;
        let close = self.find(")", start, end.min(start + 500))?;
        let url = &self.text[start..close];
        if !urls::is_web(url) {
            return None;
        }
        let body = self.group((place + 1, middle), depth);
        out.node(Node::Link { url: url.to_owned(), body });
        Some(close + 1)
    }
}

/// A formula that is text in truth: `$\texttt{SAGE}$`, `$^{st}$`, `H$_2$O`, `$\'e$`.
pub(super) fn as_text(atoms: &[Atom]) -> Option<Vec<Node>> {
    match atoms {
        [Atom::Text(nodes)] => Some(nodes.clone()),
        [Atom::Char(found)] if !found.is_alphanumeric() && !"+-=<>*/|".contains(*found) => {
            Some(vec![Node::Text(found.to_string())])
        }
        [Atom::Script(script)] => {
            let Script { base, primes: 0, sub, sup, .. } = script.as_ref() else { return None };
            if !base.is_empty() {
                return None;
            }
            match (sub, sup) {
                (Some(body), None) => letters(body).map(|text| vec![Node::Lowered(vec![Node::Text(text)])]),
                (None, Some(body)) => {
                    if let [Atom::Symbol(found)] = body.as_slice()
                        && found.name == "circ"
                    {
                        return Some(vec![Node::Text("°".to_owned())]);
                    }
                    letters(body).map(|text| vec![Node::Raised(vec![Node::Text(text)])])
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The text of a run of letters, digits and signs that reads the same outside mathematics.
fn letters(body: &[Atom]) -> Option<String> {
    let mut text = String::new();
    for atom in body {
        match atom {
            Atom::Char(found) if found.is_alphanumeric() || matches!(found, '+' | '-' | '.' | ',' | '*') => {
                text.push(*found)
            }
            Atom::Group(inner)
            | Atom::Font { body: inner, font: super::formula::Font::Upright | super::formula::Font::Bold } => {
                text.push_str(&letters(inner)?);
            }
            Atom::Text(nodes) => match nodes.as_slice() {
                [Node::Text(inner)] => text.push_str(inner),
                [Node::Styled(_, inner)] => match inner.as_slice() {
                    [Node::Text(inner)] => text.push_str(inner),
                    _ => return None,
                },
                _ => return None,
            },
            Atom::Space { .. } => {}
            _ => return None,
        }
    }
    (!text.is_empty()).then_some(text)
}
