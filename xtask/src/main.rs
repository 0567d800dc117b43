//! Project tasks. `cargo run --release -p xtask -- bench import --from DIR` imports a directory of papers with the release
//! binary; `… -- bench serve --data DIR` measures start, pages and searches of what is there. Both print one figure a
//! line, so that two runs can be compared; neither judges.

mod client;
mod import;
mod serve;

use anyhow::{Result, bail};
use std::path::PathBuf;

const USAGE: &str = "usage:
  xtask bench import --from DIR --data NEW_DIR [--database URL] [--binary FILE]
  xtask bench serve --data DIR [--binary FILE] [--seconds N]";

/// What was asked for on the command line.
pub(crate) struct Arguments {
    binary: PathBuf,
    from: Option<PathBuf>,
    data: PathBuf,
    database: Option<String>,
    seconds: u64,
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let (Some(task), Some(what)) = (words.next(), words.next()) else { bail!(USAGE) };
    let mut arguments = Arguments {
        binary: PathBuf::from("target/release/broadsheet"),
        from: None,
        data: PathBuf::from("bench-data"),
        database: None,
        seconds: 10,
    };
    while let Some(flag) = words.next() {
        let Some(value) = words.next() else { bail!("{flag} needs a value\n{USAGE}") };
        match flag.as_str() {
            "--binary" => arguments.binary = value.into(),
            "--from" => arguments.from = Some(value.into()),
            "--data" => arguments.data = value.into(),
            "--database" => arguments.database = Some(value),
            "--seconds" => arguments.seconds = value.parse()?,
            _ => bail!("unknown flag {flag}\n{USAGE}"),
        }
    }
    match (task.as_str(), what.as_str()) {
        ("bench", "import") => import::run(&arguments),
        ("bench", "serve") => serve::run(&arguments),
        _ => bail!(USAGE),
    }
}

/// Prints one figure.
pub(crate) fn figure(name: &str, value: impl std::fmt::Display, unit: &str) {
    use std::io::Write;
    // A closed pipe ends the bench at the next figure at the latest; there is nothing to save.
    let _ = writeln!(std::io::stdout(), "{name:<44} {value:>12} {unit}");
}
