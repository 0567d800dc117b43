//! What a request asks, read once at the door.

use std::borrow::Cow;
use std::net::SocketAddr;

/// The longest request target in bytes: room for a search of ten thousand letters, and within the room for a head.
pub(crate) const TARGET_BYTES_MAX: usize = 24 * 1024;
/// The most parameters that are read.
const PARAMETERS_MAX: usize = 64;

/// A request for a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    /// The path, decoded.
    pub(crate) path: String,
    /// The parameters in order, decoded.
    pub(crate) parameters: Vec<(String, String)>,
    /// Scheme and host of absolute addresses, e.g. `https://papers.example.org`.
    pub(crate) origin: String,
    /// Who asks.
    pub(crate) peer: Option<SocketAddr>,
    /// True if a proxy passed the request on.
    pub(crate) forwarded: bool,
    /// The bearer token, if one was sent. Never logged.
    pub(crate) token: Option<String>,
}

impl Ask {
    /// Reads path and query of a request target.
    pub(crate) fn read(path: &str, query: Option<&str>) -> Ask {
        let parameters = query.unwrap_or("").split('&').filter(|pair| !pair.is_empty()).take(PARAMETERS_MAX);
        let parameters = parameters.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name, true).into_owned(), decode(value, true).into_owned())
        });
        Ask { path: decode(path, false).into_owned(), parameters: parameters.collect(), ..Ask::default() }
    }

    /// The first parameter of that name; an empty one counts as absent, as forms send them.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// What follows a prefix of the path.
    pub(crate) fn after(&self, prefix: &str) -> &str {
        self.path.strip_prefix(prefix).unwrap_or("")
    }

    /// The number of the page, from 1. Anything that is not a number above zero is page 1's address misspelt.
    pub(crate) fn page(&self) -> Option<usize> {
        match self.parameter("page") {
            None => Some(1),
            Some(text) => text.parse().ok().filter(|page| (1..=PAGE_MAX).contains(page)),
        }
    }
}

/// The highest page number: beyond it nothing is, and offsets stay small.
const PAGE_MAX: usize = 100_000;

/// Decodes percent escapes (and `+`, in a query). Bytes that are not UTF-8 become U+FFFD; control characters go.
pub(crate) fn decode(text: &str, query: bool) -> Cow<'_, str> {
    let plain = |b: u8| b != b'%' && !(query && b == b'+') && !b.is_ascii_control();
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let digit = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                // Two hexadecimal digits make at most 255.
                out.push((high * 16 + low) as u8);
                at += 3;
                continue;
            }
            (b'+', ..) if query => out.push(b' '),
            (b, ..) => out.push(b),
        }
        at += 1;
    }
    let text = String::from_utf8_lossy(&out);
    Cow::Owned(
        text.chars()
            .map(|c| if query && matches!(c, '\t' | '\n' | '\r') { ' ' } else { c })
            .filter(|c| !c.is_control())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_control_characters_dropped() {
        assert_eq!(decode("/papers/hep-th%2F9901001", false), "/papers/hep-th/9901001");
        assert_eq!(decode("a+b%20c%0Ad%00", true), "a b c d");
        assert_eq!(decode("a+b", false), "a+b");
        assert_eq!(decode("%ff%zz%", false), "\u{fffd}%zz%");
    }

    #[test]
    fn empty_parameters_count_as_absent() {
        let ask = Ask::read("/search", Some("q=+&page=2&page=3&&x"));
        assert_eq!((ask.parameter("q"), ask.page(), ask.parameter("x")), (None, Some(2), None));
        assert_eq!(Ask::read("/", Some("page=0")).page(), None);
        assert_eq!(Ask::read("/", Some("page=99999999999999999999")).page(), None);
    }
}
