//! Tags of a document of XML or HTML, one after the other, whatever the bytes are.
//!
//! A document is cut into its records before anything is understood, so that a broken record costs one record and a
//! broken end costs what stood behind it. Nothing is decoded here; names are compared as bytes.

/// What a tag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `<name …>`
    Open,
    /// `<name …/>`
    Empty,
    /// `</name>`
    Close,
    /// `<!DOCTYPE …>`
    DocType,
    /// Comments, CDATA, processing instructions, and what begins like a tag but is none.
    Other,
}

/// A piece of markup: `bytes[start..end]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag<'a> {
    pub(crate) kind: Kind,
    /// The name as written, with its prefix.
    pub(crate) name: &'a [u8],
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Tag<'_> {
    /// The name without its prefix.
    pub(crate) fn local(&self) -> &[u8] {
        match self.name.iter().rposition(|byte| *byte == b':') {
            Some(at) => &self.name[at + 1..],
            None => self.name,
        }
    }

    /// True for the start of an element of that name, prefix or not.
    pub(crate) fn opens(&self, name: &str) -> bool {
        self.kind == Kind::Open && self.local() == name.as_bytes()
    }

    /// True for the end of an element of that name, prefix or not.
    pub(crate) fn closes(&self, name: &str) -> bool {
        self.kind == Kind::Close && self.local() == name.as_bytes()
    }
}

/// What is no element, how it begins and how it ends.
const SECTIONS: [(Kind, &[u8], &[u8]); 4] = [
    (Kind::Other, b"<!--", b"-->"),
    (Kind::Other, b"<![CDATA[", b"]]>"),
    (Kind::Other, b"<?", b"?>"),
    (Kind::DocType, b"<!DOCTYPE", b">"),
];

/// Goes through the tags of a document.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Scanner<'a> {
        Scanner { bytes, at: 0 }
    }

    /// Begins at this byte.
    pub(crate) fn from(bytes: &'a [u8], at: usize) -> Scanner<'a> {
        Scanner { bytes, at }
    }

    /// Goes back, or on, to this byte.
    pub(crate) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    /// From the start tag just read to the end of its element. `None` if the document ends before; the scanner then
    /// stands behind the start tag again.
    pub(crate) fn element(&mut self, open: Tag<'a>) -> Option<&'a [u8]> {
        let mut depth = 1usize;
        while let Some(tag) = self.next() {
            if tag.name != open.name {
                continue;
            }
            match tag.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(&self.bytes[open.start..tag.end]);
            }
        }
        self.at = open.end;
        None
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Tag<'a>;

    /// The next tag that ends within the document.
    fn next(&mut self) -> Option<Tag<'a>> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            let start = self.at + rest.iter().position(|byte| *byte == b'<')?;
            let rest = &self.bytes[start..];
            let other = |end: usize| Tag { kind: Kind::Other, name: &[], start, end };
            if matches!(rest.get(1), Some(b'!' | b'?'))
                && let Some((kind, begin, close)) = SECTIONS.into_iter().find(|(_, begin, _)| {
                    rest.get(..begin.len()).is_some_and(|head| head.eq_ignore_ascii_case(begin))
                })
            {
                self.at = start + begin.len() + find(&rest[begin.len()..], close)? + close.len();
                return Some(Tag { kind, ..other(self.at) });
            }
            let closing = rest.get(1) == Some(&b'/');
            let from = if closing { 2 } else { 1 };
            let name_length = rest[from..]
                .iter()
                .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'.'))
                .count();
            let name = &rest[from..from + name_length];
            if !name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
                // A bare `<` in a text.
                self.at = start + 1;
                continue;
            }
            let mut quote = None;
            for (offset, &byte) in rest.iter().enumerate().skip(from + name_length) {
                match (byte, quote) {
                    (b'<', _) => {
                        // No `<` may stand inside a tag: this one was never ended.
                        self.at = start + offset;
                        return Some(other(self.at));
                    }
                    (b'"' | b'\'', None) => quote = Some(byte),
                    (byte, Some(open)) if byte == open => quote = None,
                    (b'>', None) => {
                        let kind = match (closing, rest[offset - 1] == b'/') {
                            (true, _) => Kind::Close,
                            (false, true) => Kind::Empty,
                            (false, false) => Kind::Open,
                        };
                        self.at = start + offset + 1;
                        return Some(Tag { kind, name, start, end: self.at });
                    }
                    _ => {}
                }
            }
            return None;
        }
    }
}

/// What a document begins with.
pub(crate) enum Root<'a> {
    /// The start of its root element; the scanner stands behind it.
    Element(Tag<'a>),
    /// A page for people.
    WebPage,
    /// A document type, of something else than a web page.
    DocumentType,
    /// No element.
    Nothing,
}

/// Goes to the root element of a document.
pub(crate) fn root<'a>(scanner: &mut Scanner<'a>) -> Root<'a> {
    let mut document_type = false;
    for tag in scanner.by_ref() {
        match tag.kind {
            Kind::DocType => document_type = true,
            Kind::Other => {}
            _ if tag.local().eq_ignore_ascii_case(b"html") => return Root::WebPage,
            _ if document_type => return Root::DocumentType,
            _ if tag.kind == Kind::Open => return Root::Element(tag),
            _ => return Root::Nothing,
        }
    }
    if document_type { Root::DocumentType } else { Root::Nothing }
}

/// Where a sequence of bytes begins.
pub(crate) fn find(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    let first = *sought.first()?;
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == first)?;
        if bytes[at..].starts_with(sought) {
            return Some(at);
        }
        at += 1;
    }
}

/// Counts lines as one goes on through a document.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Lines<'a> {
        Lines { bytes, at: 0, line: 1 }
    }

    /// The line of this byte; asked in ascending order.
    pub(crate) fn line(&mut self, at: usize) -> u64 {
        let passed = self.bytes.get(self.at..at).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = at.max(self.at);
        self.line
    }
}

/// The bytes without control characters, which XML 1.0 forbids; `None` if there are none.
pub(crate) fn without_control(bytes: &[u8]) -> Option<Vec<u8>> {
    let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    bytes.iter().any(control).then(|| bytes.iter().copied().filter(|byte| !control(byte)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Kind, &str)]) {
        let tags: Vec<(Kind, &str)> = Scanner::new(text.as_bytes())
            .map(|tag| (tag.kind, std::str::from_utf8(tag.name).unwrap()))
            .collect();
        assert_eq!(tags, expected, "{text}");
    }

    #[test]
    fn tags_are_found_and_text_is_passed_over() {
        use Kind::*;
        check("a<b c='>'>d</b ><e/>", &[(Open, "b"), (Close, "b"), (Empty, "e")]);
        check("1 < 2 <3 <x:y>", &[(Open, "x:y")]);
        check("<!-- <a> --><![CDATA[<a>]]><?p <a>?>", &[(Other, ""), (Other, ""), (Other, "")]);
        check("<!DOCTYPE html><p>", &[(DocType, ""), (Open, "p")]);
    }

    #[test]
    fn a_tag_that_is_not_ended_does_not_hide_the_next() {
        check("<a b=\"c <d>", &[(Kind::Other, ""), (Kind::Open, "d")]);
        check("<a", &[]);
        check("<!-- ", &[]);
    }

    #[test]
    fn an_element_reaches_to_its_own_end() {
        let bytes = b"<a><a>x</a></a><b>";
        let mut scanner = Scanner::new(bytes);
        let open = scanner.next().unwrap();
        assert_eq!(scanner.element(open).unwrap(), b"<a><a>x</a></a>");
        let open = scanner.next().unwrap();
        assert_eq!(scanner.element(open), None);
    }
}
