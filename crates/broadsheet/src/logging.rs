//! The log on standard error: text at a terminal, JSON otherwise.

use anyhow::{Result, anyhow};
use std::any::Any;
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

/// From now on a panic is logged by its place, and by its message only if that is written in the program: one that was
/// put together while running may hold a piece of what a reader asked for, and the log shall not know that.
pub(crate) fn keep_readers_words_out() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, said = without_data(panic.payload()), "a panic");
    }));
}

fn without_data(payload: &dyn Any) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("(made while running, left out)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_with_data_is_left_out_and_a_literal_is_kept() {
        let query = "whooping cough";
        let panic = std::panic::catch_unwind(|| panic!("no such word: {query}")).unwrap_err();
        assert!(!without_data(&*panic).contains(query));
        let panic = std::panic::catch_unwind(|| panic!("the table is full")).unwrap_err();
        assert_eq!(without_data(&*panic), "the table is full");
    }
}
