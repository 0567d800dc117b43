//! Cutting papers out of a collection without holding more than one of them.

use super::Head;
use crate::container::Input;
use crate::item::Context;
use crate::limit;
use crate::split::Step;
use crate::xml as tree;
use std::io::{self, BufRead};
use std::sync::Arc;

/// Where the cutter is in the file.
pub(crate) struct Cutter {
    line: u64,
    collection: String,
    /// The attributes of the open `<volume>`.
    volume: Vec<(String, String)>,
    head: Option<Arc<Head>>,
    /// A tag that was read but belongs to the next step.
    waiting: Option<Tag>,
    /// True between `<collection>` and its end.
    open: bool,
    over: bool,
}

/// A piece of markup.
struct Tag {
    kind: Kind,
    /// Its bytes, cut at the limit.
    bytes: Vec<u8>,
    /// The line on which it begins.
    line: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Open,
    Empty,
    Close,
    DocType,
    /// Comments, CDATA, processing instructions.
    Other,
}

impl Tag {
    fn name(&self) -> &[u8] {
        let start = if self.kind == Kind::Close { 2 } else { 1 };
        let rest = self.bytes.get(start..).unwrap_or_default();
        let end = rest.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'));
        &rest[..end.unwrap_or(rest.len())]
    }

    fn is(&self, kind: Kind, name: &str) -> bool {
        self.kind == kind && self.name() == name.as_bytes()
    }
}

/// An element that was cut out.
enum Cut {
    Whole(Vec<u8>),
    /// Longer than the limit.
    TooLarge(Vec<u8>),
    /// The next element of the same name began, or the file ended, before this one was closed.
    Unclosed(Vec<u8>),
}

impl Cutter {
    pub(crate) fn new() -> Cutter {
        Cutter {
            line: 1,
            collection: String::new(),
            volume: Vec::new(),
            head: None,
            waiting: None,
            open: false,
            over: false,
        }
    }

    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    pub(crate) fn next(&mut self, input: &mut Input) -> io::Result<Step> {
        if self.over {
            return Ok(Step::End);
        }
        loop {
            let tag = match self.waiting.take() {
                Some(tag) => Some(tag),
                None => self.tag(input, None)?,
            };
            let Some(tag) = tag else {
                self.over = true;
                if self.open {
                    return Ok(self.problem(self.line, "the file ends before </collection>", Vec::new()));
                }
                return Ok(Step::End);
            };
            if tag.kind == Kind::DocType {
                self.over = true;
                let reason = "the file declares a document type, which is not accepted; remove <!DOCTYPE …>";
                return Ok(self.problem(tag.line, reason, tag.bytes));
            }
            if tag.is(Kind::Close, "collection") {
                self.open = false;
            }
            if tag.kind != Kind::Open {
                continue;
            }
            let line = tag.line;
            match tag.name() {
                b"collection" => {
                    self.open = true;
                    self.collection = attribute(&tag.bytes, "id");
                }
                b"volume" => {
                    self.head = None;
                    match tree::attributes(&tag.bytes) {
                        Ok(attributes) => self.volume = attributes,
                        Err(error) => {
                            self.volume = Vec::new();
                            return Ok(self.problem(line, &error.to_string(), tag.bytes));
                        }
                    }
                }
                b"meta" => match self.element(input, tag)? {
                    Cut::Whole(bytes) => match tree::parse(&bytes) {
                        Ok(meta) => {
                            let head = Arc::new(Head::new(&self.collection, &self.volume, &meta));
                            self.head = Some(Arc::clone(&head));
                            return Ok(Step::Volume(head.volume()));
                        }
                        Err(error) => return Ok(self.problem(line, &error.to_string(), bytes)),
                    },
                    cut => return Ok(self.refuse(line, cut)),
                },
                b"paper" => match self.element(input, tag)? {
                    Cut::Whole(bytes) => {
                        let context = Context::Volume(self.head());
                        return Ok(Step::Unit { bytes, line, context });
                    }
                    cut => return Ok(self.refuse(line, cut)),
                },
                // Front matter is no paper; an event repeats what its volumes say.
                b"frontmatter" | b"event" => {
                    self.element(input, tag)?;
                }
                _ => {}
            }
        }
    }

    /// The volume's head; one of its attributes alone where its `<meta>` is missing or broken.
    fn head(&mut self) -> Arc<Head> {
        let (collection, volume) = (&self.collection, &self.volume);
        let head = self
            .head
            .get_or_insert_with(|| Arc::new(Head::new(collection, volume, &tree::Element::default())));
        Arc::clone(head)
    }

    fn problem(&self, line: u64, reason: &str, raw: Vec<u8>) -> Step {
        Step::Problem { line, reason: reason.to_owned(), raw }
    }

    fn refuse(&self, line: u64, cut: Cut) -> Step {
        match cut {
            Cut::TooLarge(raw) => {
                let limit = limit::RECORD_BYTES_MAX;
                self.problem(line, &format!("the element has more than {limit} bytes; it is skipped"), raw)
            }
            Cut::Whole(raw) | Cut::Unclosed(raw) => self.problem(line, "the element is not closed", raw),
        }
    }

    /// Reads on to the end of the element that a tag has opened.
    fn element(&mut self, input: &mut Input, open: Tag) -> io::Result<Cut> {
        let name = open.name().to_vec();
        let mut bytes = open.bytes;
        let mut too_large = false;
        loop {
            let Some(tag) = self.tag(input, Some(&mut bytes))? else { return Ok(Cut::Unclosed(bytes)) };
            let is_same = tag.name() == name;
            // A paper within a paper, or the volume's end, means that this one was never closed.
            let lost = match tag.kind {
                Kind::Open => is_same,
                Kind::Close => !is_same && matches!(tag.name(), b"volume" | b"collection"),
                Kind::DocType => true,
                Kind::Empty | Kind::Other => false,
            };
            if lost {
                self.waiting = Some(tag);
                return Ok(Cut::Unclosed(bytes));
            }
            bytes.extend_from_slice(&tag.bytes);
            if bytes.len() > limit::RECORD_BYTES_MAX {
                bytes.truncate(limit::PROBLEM_BYTES_MAX);
                bytes.shrink_to_fit();
                too_large = true;
            }
            if tag.kind == Kind::Close && is_same {
                return Ok(if too_large { Cut::TooLarge(bytes) } else { Cut::Whole(bytes) });
            }
        }
    }

    /// The next piece of markup. The text before it is added to `text`, as far as the limit allows.
    fn tag(&mut self, input: &mut Input, mut text: Option<&mut Vec<u8>>) -> io::Result<Option<Tag>> {
        // Text up to the next `<`.
        loop {
            let available = input.fill_buf()?;
            if available.is_empty() {
                return Ok(None);
            }
            let end = available.iter().position(|byte| *byte == b'<');
            let part = &available[..end.unwrap_or(available.len())];
            self.line += part.iter().filter(|byte| **byte == b'\n').count() as u64;
            if let Some(text) = text.as_mut().filter(|text| text.len() <= limit::RECORD_BYTES_MAX) {
                text.extend_from_slice(part);
            }
            let size = part.len();
            input.consume(size);
            if end.is_some() {
                break;
            }
        }
        let line = self.line;
        let mut bytes = Vec::with_capacity(32);
        let mut last = [0u8; 3];
        let mut quote = None;
        let mut size = 0usize;
        loop {
            let available = input.fill_buf()?;
            let Some(byte) = available.first().copied() else { return Ok(None) };
            let is_comment = bytes.starts_with(b"<!--");
            let is_data = bytes.starts_with(b"<![CDATA[");
            let is_instruction = bytes.starts_with(b"<?");
            let is_element = size > 1 && !bytes.starts_with(b"<!") && !is_instruction;
            if is_element && byte == b'<' && size > 0 {
                // A stray `<`: what came before is text (and will be refused as such), a new tag begins here.
                if let Some(text) = text.as_mut() {
                    text.extend_from_slice(&bytes);
                }
                bytes.clear();
                size = 0;
                quote = None;
            }
            input.consume(1);
            self.line += u64::from(byte == b'\n');
            size += 1;
            if bytes.len() < limit::XML_TAG_BYTES_MAX {
                bytes.push(byte);
            }
            last = [last[1], last[2], byte];
            if is_element && (byte == b'"' || byte == b'\'') {
                quote = match quote {
                    None => Some(byte),
                    Some(open) if open == byte => None,
                    open => open,
                };
            }
            let ended = byte == b'>'
                && if is_comment {
                    size >= 7 && last == *b"-->"
                } else if is_data {
                    last == *b"]]>"
                } else if is_instruction {
                    last[1] == b'?'
                } else {
                    quote.is_none()
                };
            if !ended {
                continue;
            }
            let kind = if is_comment || is_data || is_instruction {
                Kind::Other
            } else if bytes.starts_with(b"<!") {
                Kind::DocType
            } else if bytes.starts_with(b"</") {
                Kind::Close
            } else if last[1] == b'/' {
                Kind::Empty
            } else {
                Kind::Open
            };
            return Ok(Some(Tag { kind, bytes, line }));
        }
    }
}

fn attribute(tag: &[u8], name: &str) -> String {
    let attributes = tree::attributes(tag).unwrap_or_default();
    attributes.into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
}
