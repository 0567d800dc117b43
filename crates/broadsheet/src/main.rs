//! The `broadsheet` command: reads what was asked, calls the room that does it, says how it went.

mod cli;
mod commands;
mod config;
mod follow;
mod harvesting;
mod logging;
mod output;
mod place;
mod progress;
mod sample;
mod told;

use clap::Parser;
use cli::{Cli, Command};
use commands::{care, evaluate, harvest, import, read, serve};
use std::process::ExitCode;

/// A sixth of a page's time went into the C library's allocator; see `docs/decisions/0001-rooms-and-dependencies.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(code) => code,
        Err(error) => {
            // The chain is one sentence: what failed, then why.
            eprintln!("broadsheet: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let config = config::Config::load(&cli.flags(), std::env::vars())?;
    logging::start(config.log_level(), config.log_format())?;
    match &cli.command {
        Command::Serve(arguments) => serve::run(&config, arguments),
        Command::Import(arguments) => import::run(&config, arguments),
        Command::Harvest(arguments) => harvest::run(&config, arguments),
        Command::Search(arguments) => read::search(&config, arguments),
        Command::Paper(arguments) => read::paper(&config, arguments),
        Command::Edition(arguments) => read::edition(&config, arguments),
        Command::Eval(eval) => evaluate::run(eval),
        Command::Doctor(arguments) => care::doctor(&config, arguments),
        Command::Config(json) => care::config(&config, json.json),
        Command::Backup { file } => care::backup(&config, file),
        Command::Restore { file } => care::restore(&config, file),
        Command::Rebuild { index_only } => care::rebuild(&config, *index_only),
        Command::Export { file } => care::export(&config, file.as_deref()),
        Command::Runs(json) => care::runs(&config, json.json),
        Command::Completions { shell } => care::completions(*shell),
        Command::Man { directory } => care::man(directory),
    }
}
