//! Writing addresses of this site: every state has one.

use std::fmt::Write as _;

/// Appends a text with everything escaped that is not an unreserved character, `/`, `:` or another sign that a path may
/// hold and that reads better as it is.
fn escape_path(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'/'
            | b':'
            | b'('
            | b')'
            | b','
            | b';'
            | b'@'
            | b'!' => out.push(char::from(byte)),
            // Writing into a String cannot fail.
            byte => drop(write!(out, "%{byte:02X}")),
        }
    }
}

/// The value of a parameter, escaped; spaces become `+`.
pub(crate) fn escape_value(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => {
                out.push(char::from(byte))
            }
            b' ' => out.push('+'),
            byte => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// A path of a fixed beginning and a foreign end.
pub(crate) fn path(prefix: &str, rest: &str) -> String {
    let mut out = String::with_capacity(prefix.len() + rest.len() + 8);
    out.push_str(prefix);
    escape_path(&mut out, rest);
    out
}

/// The path of a paper's page.
pub(crate) fn paper(address: &str) -> String {
    path("/papers/", address)
}

/// The path of an author's page.
pub(crate) fn author(name: &str) -> String {
    path("/author/", &name.replace('/', " "))
}

/// The path of a topic's page.
pub(crate) fn topic(words: &str) -> String {
    path("/topic/", &words.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-"))
}

/// A path with parameters, in the order given; empty values are left out.
pub(crate) fn with_parameters(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut out = path.to_string();
    let mut separator = '?';
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(separator);
        out.push_str(name);
        out.push('=');
        out.push_str(&escape_value(value));
        separator = '&';
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_leave_its_place_in_an_address() {
        assert_eq!(paper("hep-th/9901001"), "/papers/hep-th/9901001");
        assert_eq!(paper("doi:10.1/a?b#c\"<"), "/papers/doi:10.1/a%3Fb%23c%22%3C");
        assert_eq!(
            with_parameters("/search", &[("q", "a&b=c +é"), ("page", "")]),
            "/search?q=a%26b%3Dc+%2B%C3%A9"
        );
        assert_eq!(topic("Loss  Functions"), "/topic/loss-functions");
    }
}
