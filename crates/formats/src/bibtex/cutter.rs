//! Cutting entries out of a BibTeX file by their brackets.

use super::values::Strings;
use crate::container::Input;
use crate::item::Context;
use crate::limit;
use crate::split::Step;
use std::io::{self, BufRead};
use std::sync::Arc;

/// Where the cutter is in the file.
pub(crate) struct Cutter {
    line: u64,
    strings: Arc<Strings>,
    found: bool,
    over: bool,
}

/// How the search for the end of an entry went.
enum End {
    Closed,
    TooLarge(usize),
    Unclosed,
}

impl Cutter {
    pub(crate) fn new() -> Cutter {
        Cutter { line: 1, strings: Arc::new(Strings::default()), found: false, over: false }
    }

    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    pub(crate) fn next(&mut self, input: &mut Input) -> io::Result<Step> {
        loop {
            if !self.find(input)? {
                if !self.found && !self.over {
                    self.over = true;
                    let reason = "the file holds no BibTeX entry".to_owned();
                    return Ok(Step::Problem { line: self.line, reason, raw: Vec::new() });
                }
                return Ok(Step::End);
            }
            self.found = true;
            let line = self.line;
            let (bytes, end) = self.entry(input)?;
            let kind: Vec<u8> = bytes[1..]
                .iter()
                .take_while(|byte| byte.is_ascii_alphabetic())
                .map(u8::to_ascii_lowercase)
                .collect();
            match end {
                End::Closed => {}
                // A comment may be anything.
                _ if kind == b"comment" => continue,
                End::TooLarge(size) => {
                    let limit = limit::RECORD_BYTES_MAX;
                    let reason =
                        format!("the entry has {size} bytes, more than the {limit} accepted; it is skipped");
                    return Ok(Step::Problem { line, reason, raw: bytes });
                }
                End::Unclosed => {
                    let reason = "the entry is not closed".to_owned();
                    return Ok(Step::Problem { line, reason, raw: bytes });
                }
            }
            match kind.as_slice() {
                b"comment" | b"preamble" | b"xdata" | b"set" | b"control" => {}
                b"string" => {
                    if let Err(error) = Arc::make_mut(&mut self.strings).define(&bytes) {
                        return Ok(Step::Problem { line, reason: error.to_string(), raw: bytes });
                    }
                }
                _ => {
                    let context = Context::Strings(Arc::clone(&self.strings));
                    return Ok(Step::Unit { bytes, line, context });
                }
            }
        }
    }

    /// Passes over text up to an `@` that begins an entry. False at the end.
    fn find(&mut self, input: &mut Input) -> io::Result<bool> {
        loop {
            let available = input.fill_buf()?;
            if available.is_empty() {
                return Ok(false);
            }
            let end = available.iter().position(|byte| *byte == b'@');
            let part = &available[..end.unwrap_or(available.len())];
            self.line += part.iter().filter(|byte| **byte == b'\n').count() as u64;
            let size = part.len();
            input.consume(size);
            if end.is_some() {
                if begins_entry(input.peek(HEAD_BYTES), false) {
                    return Ok(true);
                }
                input.consume(1);
            }
        }
    }

    /// Takes an entry from its `@` to its closing bracket.
    fn entry(&mut self, input: &mut Input) -> io::Result<(Vec<u8>, End)> {
        let mut bytes = Vec::new();
        let mut size = 0usize;
        // The opening bracket's kind, once it was seen; braces within; a quoted value on the level of fields.
        let (mut round, mut depth, mut quoted, mut escaped) = (None, 0usize, false, false);
        let mut line_begins = false;
        loop {
            let head = input.peek(1);
            let Some(byte) = head.first().copied() else {
                // A failure of the input, if that is what ended it, is told here.
                input.fill_buf()?;
                return Ok((bytes, End::Unclosed));
            };
            // An entry that begins on a new line within this one: this one was never closed.
            if line_begins && byte == b'@' && begins_entry(input.peek(HEAD_BYTES), true) {
                bytes.truncate(limit::PROBLEM_BYTES_MAX);
                return Ok((bytes, End::Unclosed));
            }
            input.consume(1);
            size += 1;
            if size <= limit::RECORD_BYTES_MAX {
                bytes.push(byte);
            } else {
                bytes.truncate(limit::PROBLEM_BYTES_MAX);
                bytes.shrink_to_fit();
            }
            line_begins = byte == b'\n';
            self.line += u64::from(line_begins);
            let was_escaped = escaped;
            escaped = byte == b'\\' && !was_escaped;
            let Some(round) = round else {
                match byte {
                    b'{' => round = Some(false),
                    b'(' => round = Some(true),
                    _ => {}
                }
                continue;
            };
            let closed = match byte {
                _ if was_escaped => false,
                b'{' => {
                    depth += 1;
                    false
                }
                b'}' if depth > 0 => {
                    depth -= 1;
                    false
                }
                b'}' => !round,
                b')' => round && depth == 0 && !quoted,
                b'"' if depth == 0 => {
                    quoted = !quoted;
                    false
                }
                _ => false,
            };
            if closed {
                let end = if size > limit::RECORD_BYTES_MAX { End::TooLarge(size) } else { End::Closed };
                return Ok((bytes, end));
            }
        }
    }
}

/// How far an entry's beginning is looked at.
const HEAD_BYTES: usize = 256;

/// `@word{` or `@word(`; with `strict` a key and a comma, or a definition, must follow.
fn begins_entry(head: &[u8], strict: bool) -> bool {
    let Some(rest) = head.strip_prefix(b"@") else { return false };
    let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = &rest[..letters];
    let rest = rest[letters..].trim_ascii_start();
    let Some((b'{' | b'(', rest)) = rest.split_first().map(|(byte, rest)| (*byte, rest)) else {
        return false;
    };
    if letters < 2 {
        return false;
    }
    if !strict || word.eq_ignore_ascii_case(b"comment") {
        return !strict;
    }
    let rest = rest.trim_ascii_start();
    let key =
        rest.iter().take_while(|byte| !byte.is_ascii_whitespace() && !b",={}()\"".contains(byte)).count();
    matches!(rest[key..].trim_ascii_start().first(), Some(b',' | b'='))
}
