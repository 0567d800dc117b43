//! Standard output for people and programs. A reader that stops reading (`| head`) is no error.

use anyhow::Result;
use serde::Serialize;
use std::io::{self, Write};

/// Writes text and a line end.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<()> {
    quiet(writeln!(io::stdout().lock(), "{text}"))
}

/// Writes a value as JSON, indented.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    line(serde_json::to_string_pretty(value)?)
}

fn quiet(result: io::Result<()>) -> Result<()> {
    match result {
        // Nobody reads any more: what was asked for was delivered as far as it was wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => Ok(other?),
    }
}
