//! A formula in the reduced TeX that the MathML converter takes.
//!
//! Only macros that the converter knows are written, braces and fences are always balanced, and every
//! special character is escaped: what the author's source held beyond that never reaches the converter.

use super::formula::{Atom, Atoms, Delimiter, Font, Fraction, Script};
use super::formula_plain::plain;
use super::plain::write_nodes;
use super::symbols::Symbol;
use super::tree::{Node, Style};

/// The formula as reduced TeX.
pub(super) fn tex(atoms: &[Atom]) -> String {
    let mut out = String::new();
    write(atoms, &mut out);
    out
}

fn write(atoms: &[Atom], out: &mut String) {
    atoms.iter().for_each(|atom| write_atom(atom, out));
}

fn group(atoms: &[Atom], out: &mut String) {
    out.push('{');
    write(atoms, out);
    out.push('}');
}

fn write_atom(atom: &Atom, out: &mut String) {
    match atom {
        Atom::Char(found) => write_char(*found, out),
        Atom::Symbol(found) => write_symbol(found, out),
        Atom::Space { explicit: true } => out.push_str("\\ "),
        Atom::Space { explicit: false } => out.push(' '),
        Atom::Group(body) => group(body, out),
        Atom::Script(script) => write_script(script, out),
        Atom::Fraction { kind, over, under } => {
            match kind {
                Fraction::Line => out.push_str("\\frac"),
                Fraction::Binomial => out.push_str("\\binom"),
                Fraction::NoLine => {
                    out.push('{');
                    group(over, out);
                    out.push_str("\\atop ");
                    group(under, out);
                    out.push('}');
                    return;
                }
            }
            group(over, out);
            group(under, out);
        }
        Atom::Root { degree, body } => {
            out.push_str("\\sqrt");
            if !degree.is_empty() {
                out.push('[');
                group(degree, out);
                out.push(']');
            }
            group(body, out);
        }
        Atom::Accent { name, body, .. } => write_accent(name, body, out),
        Atom::Font { font, body } => write_font(*font, body, out),
        Atom::Text(nodes) => write_text(nodes, out),
        Atom::Function { name, limits } => {
            out.push_str(if *limits { "\\operatorname*{" } else { "\\operatorname{" });
            for found in name.chars() {
                match found {
                    ' ' => out.push_str("\\,"),
                    '-' | '*' => out.push(found),
                    _ if found.is_alphanumeric() => out.push(found),
                    _ => {}
                }
            }
            out.push('}');
        }
        Atom::Fence { open, body, close } => match (open, close) {
            (None, None) => group(body, out),
            (open, close) => {
                let (open, close) = (fence(open.as_ref()), fence(close.as_ref()));
                if let (Some(open), Some(close)) = (open, close) {
                    out.push_str("\\left");
                    out.push_str(&open);
                    write(body, out);
                    out.push_str("\\right");
                    out.push_str(&close);
                } else {
                    write_plain_fence(atom, out);
                }
            }
        },
        Atom::Sized(delimiter) => match fence(Some(delimiter)) {
            Some(text) => {
                out.push_str("\\big");
                out.push_str(&text);
            }
            None => write_delimiter(delimiter, out),
        },
        Atom::Stack { above, mark, body } => {
            out.push_str(if *above { "\\overset" } else { "\\underset" });
            group(mark, out);
            group(body, out);
        }
        Atom::Table { environment, rows } => write_table(environment, rows, out),
        Atom::Unknown { name, arguments } => {
            if arguments.is_empty() {
                out.push_str("\\text{");
                escape_text(name, out);
                out.push('}');
            } else {
                for (place, argument) in arguments.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    group(argument, out);
                }
            }
        }
    }
}

fn write_char(found: char, out: &mut String) {
    match found {
        '%' | '#' | '&' | '_' | '$' | '{' | '}' => {
            out.push('\\');
            out.push(found);
        }
        '\\' => out.push_str("\\backslash "),
        '^' => out.push_str("\\text{\\textasciicircum}"),
        '~' => out.push_str("\\sim "),
        // A bracket could be read as an option, a quote as a prime.
        '[' | ']' => {
            out.push('{');
            out.push(found);
            out.push('}');
        }
        '\'' => out.push_str("{\\prime}"),
        '"' | '`' => {
            out.push_str("\\text{");
            escape_text(found.encode_utf8(&mut [0; 4]), out);
            out.push('}');
        }
        // Combining marks and the like have no place of their own in a formula.
        _ if super::fold::is_mark(found) => {
            out.push_str("\\text{");
            out.push(found);
            out.push('}');
        }
        _ => out.push(found),
    }
}

fn write_symbol(found: &Symbol, out: &mut String) {
    if found.converted {
        out.push('\\');
        out.push_str(found.name);
        out.push(' ');
    } else {
        write_char(found.text, out);
    }
}

fn write_script(script: &Script, out: &mut String) {
    match script.base.as_slice() {
        [] => out.push_str("{}"),
        // These carry their limits only when they stand bare.
        [Atom::Symbol(_) | Atom::Function { .. }] => write(&script.base, out),
        [Atom::Accent { name: "overbrace" | "underbrace", .. }] => write(&script.base, out),
        // A base that opens or closes keeps its role outside a group.
        [Atom::Char(found)] if !matches!(found, '[' | ']') => write_char(*found, out),
        base => group(base, out),
    }
    out.extend(std::iter::repeat_n('\'', script.primes.min(8)));
    if let Some(sub) = &script.sub {
        out.push('_');
        group(sub, out);
    }
    if let Some(sup) = &script.sup {
        if script.primes > 0 {
            // The converter wants one superscript: primes and power would be two.
            let primes = out.trim_end_matches('\'').len();
            if script.sub.is_none() {
                out.truncate(primes);
                out.push_str("^{");
                out.push_str(&"\\prime ".repeat(script.primes.min(8)));
                write(sup, out);
                out.push('}');
                return;
            }
            out.push_str("{}");
        }
        out.push('^');
        group(sup, out);
    }
}

fn write_accent(name: &str, body: &[Atom], out: &mut String) {
    match name {
        "not" => match body {
            [Atom::Symbol(found)] if found.converted => {
                out.push_str("\\not");
                write_symbol(found, out);
            }
            [Atom::Char(found)] if "=<>∈".contains(*found) => {
                out.push_str("\\not");
                out.push(*found);
            }
            _ => group(body, out),
        },
        // `\widetilde` is unknown to the converter; `\tilde` stretches when it has to.
        "widetilde" => {
            out.push_str("\\tilde");
            group(body, out);
        }
        _ => {
            out.push('\\');
            out.push_str(name);
            group(body, out);
        }
    }
}

fn write_font(font: Font, body: &[Atom], out: &mut String) {
    out.push_str(match font {
        Font::DoubleStruck => "\\mathbb",
        Font::Script => "\\mathcal",
        Font::Fraktur => "\\mathfrak",
        Font::Bold => "\\mathbf",
        Font::BoldItalic => "\\boldsymbol",
        Font::Italic => "\\mathit",
        Font::Upright => "\\mathrm",
        Font::SansSerif => "\\mathsf",
        Font::Monospace => "\\mathtt",
    });
    group(body, out);
}

fn write_text(nodes: &[Node], out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => {
                out.push_str("\\text{");
                escape_text(text, out);
                out.push('}');
            }
            Node::Styled(style, body) => {
                let mut text = String::new();
                write_nodes(body, &mut text);
                out.push_str(match style {
                    Style::Emphasis => "\\textit{",
                    Style::Strong => "\\textbf{",
                    Style::Mono => "\\texttt{",
                    _ => "\\text{",
                });
                escape_text(&text, out);
                out.push('}');
            }
            Node::Formula(formula) => match &formula.atoms {
                Ok(atoms) => group(atoms, out),
                Err(_) => {
                    out.push_str("\\text{");
                    escape_text(&formula.source, out);
                    out.push('}');
                }
            },
            Node::Link { body, .. } => write_text(body, out),
            Node::Raised(body) => {
                out.push_str("{}^{");
                write_text(body, out);
                out.push('}');
            }
            Node::Lowered(body) => {
                out.push_str("{}_{");
                write_text(body, out);
                out.push('}');
            }
            Node::Break => out.push_str("\\ "),
        }
    }
}

fn escape_text(text: &str, out: &mut String) {
    for found in text.chars() {
        match found {
            '\\' => out.push_str("\\textbackslash{}"),
            '{' | '}' | '$' | '%' | '&' | '#' | '_' => {
                out.push('\\');
                out.push(found);
            }
            '^' => out.push_str("\\textasciicircum{}"),
            '~' => out.push('∼'),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '\'' => out.push('’'),
            '`' => out.push('‘'),
            '"' => out.push('”'),
            _ => out.push(found),
        }
    }
}

/// A delimiter as the converter takes it after `\left` and `\big`.
fn fence(delimiter: Option<&Delimiter>) -> Option<String> {
    const FENCES: &[&str] = &[
        "langle",
        "rangle",
        "lfloor",
        "rfloor",
        "lceil",
        "rceil",
        "vert",
        "Vert",
        "lvert",
        "rvert",
        "lVert",
        "rVert",
        "lbrace",
        "rbrace",
        "uparrow",
        "downarrow",
        "Uparrow",
        "Downarrow",
        "updownarrow",
        "backslash",
    ];
    Some(match delimiter {
        None => ".".to_owned(),
        Some(Delimiter::Char(found)) => match found {
            '(' | ')' | '[' | ']' | '|' | '/' => found.to_string(),
            '{' | '}' => format!("\\{found}"),
            '⟨' => "\\langle ".to_owned(),
            '⟩' => "\\rangle ".to_owned(),
            '‖' => "\\Vert ".to_owned(),
            '⌊' => "\\lfloor ".to_owned(),
            '⌋' => "\\rfloor ".to_owned(),
            '⌈' => "\\lceil ".to_owned(),
            '⌉' => "\\rceil ".to_owned(),
            _ => return None,
        },
        Some(Delimiter::Symbol(found)) if FENCES.contains(&found.name) => format!("\\{} ", found.name),
        Some(Delimiter::Symbol(found)) => return fence(Some(&Delimiter::Char(found.text))),
    })
}

fn write_delimiter(delimiter: &Delimiter, out: &mut String) {
    match delimiter {
        Delimiter::Char(found) => write_char(*found, out),
        Delimiter::Symbol(found) => write_symbol(found, out),
    }
}

fn write_plain_fence(atom: &Atom, out: &mut String) {
    let Atom::Fence { open, body, close } = atom else { return };
    if let Some(open) = open {
        write_delimiter(open, out);
    }
    write(body, out);
    if let Some(close) = close {
        write_delimiter(close, out);
    }
}

fn write_table(environment: &str, rows: &[Vec<Atoms>], out: &mut String) {
    let name = match environment {
        "substack" => "matrix",
        _ => environment,
    };
    out.push_str("\\begin{");
    out.push_str(name);
    out.push('}');
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            out.push_str("\\\\ ");
        }
        for (column, cell) in row.iter().enumerate() {
            if column > 0 && !(environment == "gathered" || environment == "substack") {
                out.push('&');
            }
            group(cell, out);
        }
    }
    out.push_str("\\end{");
    out.push_str(name);
    out.push('}');
}

/// The formula as the alternative text of its MathML, for readers that show no mathematics.
pub(super) fn alternative(source: &str, atoms: &[Atom]) -> String {
    let source = source.trim();
    if source.is_empty() { plain(atoms) } else { source.split_whitespace().collect::<Vec<_>>().join(" ") }
}
