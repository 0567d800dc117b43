//! A text as plain Unicode, on one line.

use super::formula_plain::{self, subscript, superscript};
use super::tree::Node;

/// Writes the nodes behind what `out` holds.
pub(super) fn write_nodes(nodes: &[Node], out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => {
                let text = if out.ends_with(' ') { text.trim_start_matches(' ') } else { text };
                out.push_str(text);
            }
            Node::Styled(_, body) | Node::Link { body, .. } => write_nodes(body, out),
            Node::Formula(formula) => match &formula.atoms {
                Ok(atoms) => formula_plain::write(atoms, out),
                Err(_) => out.push_str(&formula.source),
            },
            Node::Raised(body) => write_script(body, true, out),
            Node::Lowered(body) => write_script(body, false, out),
            Node::Break => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
        }
    }
}

/// Raised and lowered text: script characters when all have one, else the letters as they are.
fn write_script(body: &[Node], raised: bool, out: &mut String) {
    let mut text = String::new();
    write_nodes(body, &mut text);
    let ordinal = matches!(text.as_str(), "st" | "nd" | "rd" | "th");
    if ordinal && out.ends_with(|before: char| before.is_numeric()) {
        out.push_str(&text);
        return;
    }
    let mapped: Option<String> = text.chars().map(if raised { superscript } else { subscript }).collect();
    match mapped {
        Some(mapped) => out.push_str(&mapped),
        None => {
            let spoken = text.chars().next().is_some_and(char::is_alphanumeric) && !text.contains(' ');
            if spoken && out.ends_with(char::is_alphanumeric) {
                out.push(if raised { '^' } else { '_' });
            }
            out.push_str(&text);
        }
    }
}
