//! What the command line accepts. Help, man pages and completions are all made from this.

use crate::config::Flags;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The day's research papers, collected whole, ordered well, readable at once, searchable for ever.
///
/// Start with `broadsheet serve`: it opens the catalogue in ./broadsheet-data, fills an empty one with a small sample
/// and serves it on http://127.0.0.1:7878. Then add real papers: `broadsheet import FILE`.
#[derive(Debug, Parser)]
#[command(name = "broadsheet", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit status: 0 done; 1 something failed or damage was found; 2 wrong usage.\n\
    Every key of broadsheet.toml is also an environment variable: `broadsheet config` lists them all.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Args, Debug)]
pub(crate) struct Common {
    /// Directory of the catalogue, the index and everything else that is kept [default: ./broadsheet-data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keep the catalogue in PostgreSQL: postgres://user@host/name [default: the file catalogue.db in the data directory]
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Read this configuration instead of ./broadsheet.toml or the one in the data directory
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Form of the log on standard error
    #[arg(long, global = true, value_name = "FORM", value_parser = ["auto", "human", "json"])]
    log_format: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the pages, feeds and API
    Serve(Serve),
    /// Read papers from files into the catalogue
    ///
    /// Formats are found by content; .gz, .zst and .tar are opened. Importing the same file twice changes nothing, and
    /// an import that was interrupted is simply started again. A bad record costs that record alone: it is kept as a
    /// problem with its place (`broadsheet doctor --problems`).
    #[command(after_help = "Examples:\n  broadsheet import arxiv-metadata-oai-snapshot.json\n  \
        broadsheet import daily.jsonl.zst refs.bib\n  broadsheet import anthology/data/xml --format acl")]
    Import(Import),
    /// Take papers from their sources, or show how that stands
    ///
    /// `serve` does this by itself for what `harvest.categories` and `harvest.sets` name. A harvest that was cut anywhere
    /// goes on where the catalogue is.
    #[command(subcommand)]
    Harvest(Harvest),
    /// Search the catalogue
    ///
    /// Words, "phrases", author:, title:, cat: (cs.CL or all of cs), year: (2024, 2020-2023), source:, has:code,
    /// -not, prefix*. An id or the address of a paper finds that paper.
    Search(Search),
    /// Show one paper, explain or change what it is made of
    Paper(Paper),
    /// Show the edition of a day, week or month
    Edition(Edition),
    /// Measure search and the text parser
    #[command(subcommand)]
    Eval(Eval),
    /// Check the catalogue, the index, the model and the disk, and list problems
    Doctor(Doctor),
    /// Show what is configured and where each value came from
    Config(Json),
    /// Write one consistent copy of the catalogue to a new file, while serving
    Backup {
        /// The file to make; an existing one is refused
        file: PathBuf,
    },
    /// Make the data directory's catalogue from a backup; an existing one is refused
    Restore {
        /// A file made by `broadsheet backup`
        file: PathBuf,
    },
    /// Read every record again with this version's parsers, and make the index anew
    Rebuild {
        /// Only the index, not the catalogue
        #[arg(long)]
        index_only: bool,
    },
    /// Write the catalogue in its canonical text form: equal catalogues give equal bytes
    Export {
        /// The file to make; standard output if left out
        file: Option<PathBuf>,
    },
    /// List the runs of imports and jobs
    Runs(Json),
    /// Print the completions of a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the man pages into a directory
    Man {
        /// An existing directory
        directory: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Address and port [default: 127.0.0.1:7878]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Leave an empty catalogue empty instead of filling it with the sample
    #[arg(long)]
    pub(crate) no_sample: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// Files or directories; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// What the files hold; found by content if left out
    #[arg(long, default_value = "auto", value_name = "FORMAT")]
    pub(crate) format: String,
    /// Do not index; whoever serves the same directory, or the next command, does it
    #[arg(long)]
    pub(crate) no_index: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Harvest {
    /// Take records of arXiv by OAI-PMH, or its announcements
    #[command(after_help = "Examples:\n  broadsheet harvest arxiv --sets cs,stat --from 2026-11-01\n  \
        broadsheet harvest arxiv --announced --categories cs.CL,math")]
    Arxiv {
        /// Sets by arXiv's names, e.g. cs,math,physics:hep-th; those of harvest.sets if left out
        #[arg(long, value_delimiter = ',', value_name = "SETS")]
        sets: Vec<String>,
        /// From this day of change on, instead of from where the last harvest ended
        #[arg(long, value_name = "DAY", conflicts_with = "announced")]
        from: Option<String>,
        /// Take announcements instead of records: the latest ones, and those of days that were missed
        #[arg(long, conflicts_with = "sets")]
        announced: bool,
        /// Categories or archives; those of harvest.categories if left out
        #[arg(long, value_delimiter = ',', value_name = "CATEGORIES", requires = "announced")]
        categories: Vec<String>,
    },
    /// Show every source: last success, next run, how far it has come, what holds it up
    Status(Json),
}

#[derive(Args, Debug)]
pub(crate) struct Search {
    /// What to look for
    #[arg(required = true, value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// How many papers to show
    #[arg(long, default_value_t = 10)]
    pub(crate) limit: usize,
    /// How to search
    #[arg(long, value_enum, default_value_t = Engine::Both)]
    pub(crate) engine: Engine,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// The words of the query, ranked by BM25
    Words,
    /// What the query means, by vectors
    Meaning,
    /// Both, fused
    Both,
}

impl From<Engine> for search::Engine {
    fn from(engine: Engine) -> search::Engine {
        match engine {
            Engine::Words => search::Engine::Words,
            Engine::Meaning => search::Engine::Meaning,
            Engine::Both => search::Engine::Both,
        }
    }
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Paper {
    #[command(subcommand)]
    pub(crate) action: Option<PaperAction>,
    /// An id in any spelling (2401.01234, hep-th/9901001, doi:…, acl:…) or a paper's address
    #[arg(required = true)]
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
    /// Print BibTeX
    #[arg(long, conflicts_with = "json")]
    pub(crate) bibtex: bool,
    /// Explain which records it is made of, and why they are one paper
    #[arg(long)]
    pub(crate) why: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PaperAction {
    /// Decide that two ids are not the same paper
    Split {
        /// One id
        one: String,
        /// The other id
        other: String,
        /// Why, for the record
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Decide that two ids are the same paper
    Join {
        /// One id
        one: String,
        /// The other id
        other: String,
        /// Why, for the record
        #[arg(long, default_value = "")]
        note: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Edition {
    /// A day (2026-08-20), week (2026-W34) or month (2026-08); the latest day that has papers if left out
    #[arg(value_name = "DATE")]
    pub(crate) period: Option<String>,
    /// How many papers to show
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Eval {
    /// Measure search on a collection in BEIR layout (corpus.jsonl, queries.jsonl, qrels/*.tsv, each also .zst)
    Retrieval {
        /// The collection's directory
        #[arg(long, value_name = "DIR")]
        beir: PathBuf,
        /// Which judgements, by file name without .tsv; required where there are several
        #[arg(long, value_name = "NAME")]
        split: Option<String>,
        /// How to search
        #[arg(long, value_enum, default_value_t = Engine::Both)]
        engine: Engine,
        #[command(flatten)]
        json: Json,
    },
    /// Compare two ways to search on collections in BEIR layout: nDCG@10 of both, and the 95 % interval of the
    /// difference (paired bootstrap over queries, the same every time)
    Compare {
        /// A collection's directory; may be given several times, and then their mean is compared too
        #[arg(long, value_name = "DIR", required = true)]
        beir: Vec<PathBuf>,
        /// Which judgements, by file name without .tsv, in all of them; required where there are several
        #[arg(long, value_name = "NAME")]
        split: Option<String>,
        /// The way to search that is judged
        #[arg(long, value_enum, default_value_t = Engine::Both)]
        engine: Engine,
        /// The way to search that it is judged against
        #[arg(long, value_enum, default_value_t = Engine::Words)]
        against: Engine,
        #[command(flatten)]
        json: Json,
    },
    /// Measure search on the sample's listings: their names as queries
    Listings {
        #[command(flatten)]
        json: Json,
    },
    /// Run the text parser over every title and abstract of files and report what failed
    Text {
        /// Files of any format that `import` reads
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        json: Json,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// List the problems too, with their raw text
    #[arg(long)]
    pub(crate) problems: bool,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Json {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Cli {
    /// The flags that bear on the configuration.
    pub(crate) fn flags(&self) -> Flags {
        let listen = match &self.command {
            Command::Serve(serve) => serve.listen.clone(),
            _ => None,
        };
        Flags {
            config: self.common.config.clone(),
            data: self.common.data.clone(),
            database: self.common.database.clone(),
            listen,
            log_format: self.common.log_format.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_paper_is_asked_for_by_id_or_acted_upon() {
        let parse = |words: &[&str]| Cli::try_parse_from([&["broadsheet", "paper"], words].concat());
        assert!(parse(&["2401.01234", "--why"]).is_ok());
        assert!(parse(&["split", "2401.01234", "acl:2024.acl-long.1"]).is_ok());
        assert!(parse(&[]).is_err());
    }
}
