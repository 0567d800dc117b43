//! Addresses of pages: parsed once, at the door.

use std::fmt;
use ureq::http::Uri;

/// Longer than any address that a source uses; arXiv's longest tokens make some hundred bytes.
pub const URL_BYTES_MAX: usize = 4096;

/// How a page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Without encryption.
    Http,
    /// Over TLS.
    Https,
}

impl Protocol {
    /// The port where none is written.
    pub fn port(self) -> u16 {
        match self {
            Protocol::Http => 80,
            Protocol::Https => 443,
        }
    }
}

/// The address of a page: `http` or `https`, a host, no name or password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    uri: Uri,
    protocol: Protocol,
    host: String,
    port: u16,
}

/// A text that is no address of a page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an address that can be fetched: {reason}")]
pub struct NotAUrl {
    /// Its beginning, without what follows `?`.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Url {
    /// Reads an address. What follows `#` is dropped.
    ///
    /// # Errors
    /// If it is not `http://` or `https://`, has no host or a name or password, or is too long.
    pub fn parse(text: &str) -> Result<Url, NotAUrl> {
        let refuse = |reason| {
            // A password may stand before `@`, a key after `?`.
            let shown = text.split(['?', '#']).next().unwrap_or_default();
            let shown = shown.rsplit('@').next().unwrap_or_default();
            Err(NotAUrl { text: shown.chars().take(200).collect(), reason })
        };
        if text.len() > URL_BYTES_MAX {
            return refuse("it is longer than 4,096 bytes");
        }
        if !text.is_ascii() {
            return refuse("it has characters that must be written as %XX, or as xn-- in a host name");
        }
        let Ok(uri) = text.parse::<Uri>() else { return refuse("it is not written as addresses are") };
        let protocol = match uri.scheme_str() {
            Some("http") => Protocol::Http,
            Some("https") => Protocol::Https,
            Some(_) => return refuse("only http and https are fetched"),
            None => return refuse("it must begin with https:// or http://"),
        };
        let Some(authority) = uri.authority() else { return refuse("it has no host") };
        if authority.as_str().contains('@') {
            return refuse("a name or password in an address is never sent: give keys in the configuration");
        }
        // A dot at the end makes a name absolute and would slip past comparisons.
        let host = authority.host().to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host).to_owned();
        if host.is_empty() || host.starts_with('.') {
            return refuse("it has no host");
        }
        let port = match authority.port_u16() {
            Some(0) => return refuse("there is no port 0"),
            Some(port) => port,
            None if authority.as_str().ends_with(']') || !authority.as_str().contains(':') => protocol.port(),
            None => return refuse("its port is no number below 65,536"),
        };
        Ok(Url { protocol, host, port, uri })
    }

    /// How it is asked for.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The host in lower case, IPv6 addresses in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, written or not.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// For the client.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether both lead to the same protocol, host and port.
    pub fn is_same_origin(&self, other: &Url) -> bool {
        self.protocol == other.protocol && self.host == other.host && self.port == other.port
    }

    /// The whole address, with what follows `?`. For requests and stores; logs and errors show [`fmt::Display`].
    pub fn whole(&self) -> String {
        self.uri.to_string()
    }

    /// The address with these arguments after `?`, each encoded once, in place of those it had.
    ///
    /// # Errors
    /// If it becomes too long.
    pub fn with_arguments(&self, arguments: &[(&str, &str)]) -> Result<Url, NotAUrl> {
        let whole = self.whole();
        let mut text = whole.split('?').next().unwrap_or_default().to_owned();
        for (index, (name, value)) in arguments.iter().enumerate() {
            text.push(if index == 0 { '?' } else { '&' });
            encode(name, &mut text);
            text.push('=');
            encode(value, &mut text);
        }
        Url::parse(&text)
    }

    /// Where a reference (RFC 3986 §5) in a page of this address leads.
    ///
    /// # Errors
    /// If it leads to no address that can be fetched.
    pub fn join(&self, reference: &str) -> Result<Url, NotAUrl> {
        let mut clean = String::new();
        for character in reference.trim().chars() {
            match character {
                ' '..='~' if !matches!(character, ' ' | '"' | '<' | '>' | '`' | '{' | '}') => {
                    clean.push(character)
                }
                _ => encode(character.encode_utf8(&mut [0; 4]), &mut clean),
            }
        }
        let scheme_end = clean.find([':', '/', '?', '#']);
        if scheme_end.is_some_and(|at| at > 0 && clean[at..].starts_with(':')) {
            return Url::parse(&clean);
        }
        let whole = self.whole();
        let (scheme, _) = whole.split_once("://").unwrap_or(("https", ""));
        if clean.starts_with("//") {
            return Url::parse(&format!("{scheme}:{clean}"));
        }
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        let reference = clean.split('#').next().unwrap_or_default();
        let (path, query) = match reference.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (reference, None),
        };
        let (path, query) = if path.is_empty() {
            (self.uri.path().to_owned(), query.or(self.uri.query()))
        } else if path.starts_with('/') {
            (without_dots(path), query)
        } else {
            let base = self.uri.path();
            let directory = &base[..base.rfind('/').map_or(0, |at| at + 1)];
            (without_dots(&format!("{directory}{path}")), query)
        };
        let mut text = format!("{scheme}://{authority}{path}");
        if let Some(query) = query {
            text.push('?');
            text.push_str(query);
        }
        Url::parse(&text)
    }
}

/// Without what follows `?`, where keys may stand.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.protocol {
            Protocol::Http => "http",
            Protocol::Https => "https",
        };
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        write!(f, "{scheme}://{authority}{}", self.uri.path())
    }
}

fn encode(text: &str, into: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(byte.into());
        } else {
            into.push('%');
            into.push(DIGITS[usize::from(byte >> 4)].into());
            into.push(DIGITS[usize::from(byte & 15)].into());
        }
    }
}

/// RFC 3986 §5.2.4.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(part),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_into_its_parts() {
        let url = Url::parse("HTTPS://Export.arXiv.org./oai2?verb=Identify#top").unwrap();
        assert_eq!((url.protocol(), url.host(), url.port()), (Protocol::Https, "export.arxiv.org", 443));
        assert_eq!(Url::parse("http://[::1]:8080/").unwrap().port(), 8080);
        assert_eq!(Url::parse("http://[::1]").unwrap().host(), "[::1]");
    }

    #[test]
    fn what_cannot_be_fetched_is_refused_with_a_reason() {
        for (text, reason) in [
            ("file:///etc/passwd", "written"),
            ("ftp://example.org/", "only http"),
            ("example.org", "must begin"),
            ("/path", "must begin"),
            ("https://a:secret@example.org/", "never sent"),
            ("http://example.org:0/", "port"),
            ("http://example.org:70000/", "port"),
            ("http://example.org\\@127.0.0.1/", "written"),
            ("https://bücher.example/", "xn--"),
            ("http:///x", "written"),
            ("", "written"),
        ] {
            let refusal = Url::parse(text).unwrap_err().to_string();
            assert!(refusal.contains(reason), "{text}: {refusal}");
            assert!(!refusal.contains("secret"), "{refusal}");
        }
        assert!(Url::parse(&format!("https://example.org/{}", "a".repeat(5000))).is_err());
    }

    #[test]
    fn references_are_joined_as_the_standard_says() {
        let base = Url::parse("http://a/b/c/d;p?q").unwrap();
        for (reference, joined) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g;x?y#s", "http://a/b/c/g;x?y"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("https://h/x y", "https://h/x%20y"),
            ("/ü", "http://a/%C3%BC"),
        ] {
            assert_eq!(base.join(reference).unwrap().whole(), joined, "{reference}");
        }
        assert!(base.join("javascript:alert(1)").is_err());
        assert!(base.join("file:///etc/passwd").is_err());
    }

    #[test]
    fn arguments_are_encoded_once() {
        let url = Url::parse("https://oaipmh.arxiv.org/oai?old=1").unwrap();
        let url = url.with_arguments(&[("verb", "ListRecords"), ("resumptionToken", "a=b&c%3D d")]).unwrap();
        assert_eq!(
            url.whole(),
            "https://oaipmh.arxiv.org/oai?verb=ListRecords&resumptionToken=a%3Db%26c%253D%20d"
        );
        assert_eq!(url.to_string(), "https://oaipmh.arxiv.org/oai");
    }
}
