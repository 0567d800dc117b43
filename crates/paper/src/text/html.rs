//! A text as HTML: everything escaped, formulas as MathML, links to web addresses only.

use super::formula::Cause;
use super::formula_plain;
use super::mathml::mathml;
use super::tree::{Formula, Node, Style};
use super::urls::is_web;

/// How formulas and links appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Formulas as MathML, links as links.
    Full,
    /// Formulas as plain Unicode, no links: for lists, where the whole entry is one.
    List,
}

/// Writes text with the five characters escaped that mean something in HTML.
pub(super) fn escape_into(text: &str, out: &mut String) {
    let mut from = 0;
    for (place, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'&' => "&amp;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        out.push_str(&text[from..place]);
        out.push_str(escaped);
        from = place + 1;
    }
    out.push_str(&text[from..]);
}

/// Writes the nodes; a paragraph break becomes a space.
pub(super) fn write(nodes: &[Node], form: Form, out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => {
                let text = if out.ends_with(' ') { text.trim_start_matches(' ') } else { text };
                escape_into(text, out);
            }
            Node::Styled(style, body) => {
                let (open, close) = match style {
                    Style::Emphasis => ("<em>", "</em>"),
                    Style::Strong => ("<strong>", "</strong>"),
                    Style::Mono => ("<code>", "</code>"),
                    Style::SmallCaps => ("<span class=\"small-caps\">", "</span>"),
                    Style::Underline => ("<u>", "</u>"),
                };
                out.push_str(open);
                write(body, form, out);
                out.push_str(close);
            }
            Node::Link { url, body } => {
                let linked = form == Form::Full && is_web(url);
                if linked {
                    out.push_str("<a href=\"");
                    escape_into(url, out);
                    out.push_str("\" rel=\"nofollow noopener\">");
                }
                write_unlinked(body, form, out);
                if linked {
                    out.push_str("</a>");
                }
            }
            Node::Formula(formula) => write_formula(formula, form, out),
            Node::Raised(body) => wrap(body, "sup", form, out),
            Node::Lowered(body) => wrap(body, "sub", form, out),
            Node::Break => {
                if !out.ends_with([' ', '\n']) {
                    out.push(' ');
                }
            }
        }
    }
}

/// The body of a link, in which links do not nest.
fn write_unlinked(body: &[Node], form: Form, out: &mut String) {
    for node in body {
        match node {
            Node::Link { body, .. } => write_unlinked(body, form, out),
            _ => write(std::slice::from_ref(node), form, out),
        }
    }
}

fn wrap(body: &[Node], tag: &str, form: Form, out: &mut String) {
    out.push('<');
    out.push_str(tag);
    out.push('>');
    write(body, form, out);
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

fn write_formula(formula: &Formula, form: Form, out: &mut String) {
    if form == Form::List {
        let mut text = String::new();
        match &formula.atoms {
            Ok(atoms) => {
                // What stands before decides about spaces and ordinals; tags are not text.
                let before = out.chars().next_back().filter(|before| *before != '>');
                text.extend(before);
                formula_plain::write(atoms, &mut text);
                let skip = before.map_or(0, char::len_utf8);
                escape_into(&text[skip..], out);
            }
            Err(_) => escape_into(&formula.source, out),
        }
        return;
    }
    match convert(formula) {
        Ok(mathml) => out.push_str(&mathml),
        Err(_) => {
            out.push_str("<code>");
            escape_into(&formula.source, out);
            out.push_str("</code>");
        }
    }
}

/// The formula as MathML, or why not.
pub(super) fn convert(formula: &Formula) -> Result<String, Cause> {
    match &formula.atoms {
        Ok(atoms) => mathml(atoms, &formula.source, formula.display),
        Err(cause) => Err(*cause),
    }
}
