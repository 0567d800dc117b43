//! The log on standard error: text at a terminal, JSON otherwise.

use anyhow::{Result, anyhow};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts the log in the configured form.
pub(crate) fn start(level: &str, format: &str) -> Result<()> {
    let filter =
        EnvFilter::try_new(level).map_err(|error| anyhow!("log.level = {level:?} is no filter: {error}"))?;
    let human = format == "human" || (format == "auto" && std::io::stderr().is_terminal());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match human {
        true => log.with_target(false).with_ansi(std::io::stderr().is_terminal()).compact().try_init(),
        false => log.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow!("the log cannot be started: {error}"))
}
