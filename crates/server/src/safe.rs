//! HTML that is known to be safe, as a type.

use askama::filters::HtmlSafe;
use std::fmt;

/// Markup that templates print as it is.
///
/// Only two things make one: the readings of the `paper` room, which escape what they read ([`Safe::reading`]), and
/// [`Safe::marked`], which escapes here. Nothing else may print foreign text without escaping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Safe(String);

impl Safe {
    /// The HTML of a title, abstract or comment.
    pub(crate) fn reading(html: String) -> Safe {
        Safe(html)
    }

    /// Text with hits marked: the pieces are escaped here.
    pub(crate) fn marked<'a>(pieces: impl IntoIterator<Item = (&'a str, bool)>) -> Safe {
        let mut html = String::new();
        for (text, hit) in pieces {
            if hit {
                html.push_str("<mark>");
            }
            escape_into(&mut html, text);
            if hit {
                html.push_str("</mark>");
            }
        }
        Safe(html)
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Safe {}

/// Appends a text as character data, fit for elements and for attributes in double quotes.
pub(crate) fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}
