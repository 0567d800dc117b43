//! Cutting JSON: one object a line, or objects in an array or one after another over several lines.

use super::Step;
use crate::container::Input;
use crate::item::Context;
use crate::limit;
use std::io::{self, BufRead};

pub(super) struct Cutter {
    line: u64,
    form: Form,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Lines,
    /// Objects by their braces; true once the array's end was seen.
    Objects {
        over: bool,
    },
}

impl Cutter {
    /// A line per record, unless the file begins with an array or with an object that is spread over lines.
    pub(super) fn new(head: &[u8]) -> Cutter {
        let head = head.trim_ascii_start();
        let first_line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let spread = first_line.trim_ascii_end() == b"{";
        let form = if head.starts_with(b"[") || spread { Form::Objects { over: false } } else { Form::Lines };
        Cutter { line: 1, form }
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn next(&mut self, input: &mut Input) -> io::Result<Step> {
        match self.form {
            Form::Lines => self.next_line(input),
            Form::Objects { .. } => self.next_object(input),
        }
    }

    fn next_line(&mut self, input: &mut Input) -> io::Result<Step> {
        loop {
            let line = self.line;
            let mut bytes = Vec::new();
            let mut size = 0;
            let ended = loop {
                let available = input.fill_buf()?;
                if available.is_empty() {
                    break true;
                }
                let end = available.iter().position(|byte| *byte == b'\n');
                let part = &available[..end.unwrap_or(available.len())];
                size += part.len();
                if size <= limit::RECORD_BYTES_MAX {
                    bytes.extend_from_slice(part);
                } else {
                    bytes.truncate(limit::PROBLEM_BYTES_MAX);
                    bytes.shrink_to_fit();
                }
                let taken = part.len() + usize::from(end.is_some());
                input.consume(taken);
                if end.is_some() {
                    self.line += 1;
                    break false;
                }
            };
            if size > limit::RECORD_BYTES_MAX {
                return Ok(too_large(line, size, bytes));
            }
            let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(bytes.len());
            let end = bytes.len() - bytes.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
            if start < end {
                bytes.truncate(end);
                if start > 0 {
                    bytes.drain(..start);
                }
                return Ok(Step::Unit { bytes, line, context: Context::Alone });
            }
            if ended {
                return Ok(Step::End);
            }
        }
    }

    fn next_object(&mut self, input: &mut Input) -> io::Result<Step> {
        // Between objects: white space, commas, the brackets of the array.
        loop {
            let available = input.fill_buf()?;
            let Some(byte) = available.first().copied() else { return Ok(Step::End) };
            match byte {
                b'{' if self.form == (Form::Objects { over: false }) => break,
                b'\n' => self.line += 1,
                b']' => self.form = Form::Objects { over: true },
                b'[' | b',' => {}
                _ if byte.is_ascii_whitespace() => {}
                _ => {
                    let raw = available[..available.len().min(limit::PROBLEM_BYTES_MAX)].to_vec();
                    let reason = "expected a JSON object here; the rest of the file is not read".to_owned();
                    drain(input)?;
                    return Ok(Step::Problem { line: self.line, reason, raw });
                }
            }
            input.consume(1);
        }
        let line = self.line;
        let (mut bytes, mut size) = (Vec::new(), 0usize);
        let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
        loop {
            let available = input.fill_buf()?;
            if available.is_empty() {
                let reason = "the file ends within a record".to_owned();
                return Ok(Step::Problem { line, reason, raw: bytes });
            }
            let mut end = None;
            for (at, byte) in available.iter().enumerate() {
                if in_text {
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => in_text = false,
                        b'\n' => self.line += 1,
                        _ => {}
                    }
                    continue;
                }
                match byte {
                    b'"' => in_text = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            end = Some(at + 1);
                            break;
                        }
                    }
                    b'\n' => self.line += 1,
                    _ => {}
                }
            }
            let taken = end.unwrap_or(available.len());
            size += taken;
            if size <= limit::RECORD_BYTES_MAX {
                bytes.extend_from_slice(&available[..taken]);
            } else {
                bytes.truncate(limit::PROBLEM_BYTES_MAX);
                bytes.shrink_to_fit();
            }
            input.consume(taken);
            if end.is_some() {
                if size > limit::RECORD_BYTES_MAX {
                    return Ok(too_large(line, size, bytes));
                }
                return Ok(Step::Unit { bytes, line, context: Context::Alone });
            }
        }
    }
}

fn too_large(line: u64, size: usize, raw: Vec<u8>) -> Step {
    let limit = limit::RECORD_BYTES_MAX;
    let reason =
        format!("the record has {size} bytes, more than the {limit} that are accepted; it is skipped");
    Step::Problem { line, reason, raw }
}

fn drain(input: &mut Input) -> io::Result<()> {
    loop {
        let size = input.fill_buf()?.len();
        if size == 0 {
            return Ok(());
        }
        input.consume(size);
    }
}
