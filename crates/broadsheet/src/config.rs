//! Configuration: flags over environment over `broadsheet.toml` over defaults, and where each value came from.
//!
//! Every key is one row of [`OPTIONS`]; names in the file, the environment variable, the help and the check of its
//! value all come from there. An unknown key is an error that names the nearest known one.

use anyhow::{Context, Result, anyhow, bail};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// One configurable value.
struct Setting {
    /// Its name in the file, with its section: `site.title`.
    key: &'static str,
    /// What holds if nobody says anything.
    default: &'static str,
    /// One sentence for people.
    help: &'static str,
    /// Never printed; may be given as `…_FILE`.
    secret: bool,
    /// What is wrong with a value, if anything.
    check: fn(&str) -> Option<String>,
}

const OPTIONS: &[Setting] = &[
    Setting {
        key: "data",
        default: "./broadsheet-data",
        help: "Directory of the catalogue, the index and everything else that is kept.",
        secret: false,
        check: not_empty,
    },
    Setting {
        key: "database",
        default: "",
        help: "postgres://… to keep the catalogue in PostgreSQL 15 or newer; empty for the file catalogue.db.",
        secret: true,
        check: database,
    },
    Setting {
        key: "listen",
        default: "127.0.0.1:7878",
        help: "Address and port that `serve` listens on.",
        secret: false,
        check: address,
    },
    Setting {
        key: "site.title",
        default: "Broadsheet",
        help: "Name of the site, in the masthead and the feeds.",
        secret: false,
        check: not_empty,
    },
    Setting {
        key: "site.url",
        default: "",
        help: "Public address of the site, e.g. https://papers.example.org; feeds and canonical links use it.",
        secret: false,
        check: url,
    },
    Setting {
        key: "site.contact",
        default: "",
        help: "Whom readers can turn to; shown on the page about the site.",
        secret: false,
        check: anything,
    },
    Setting {
        key: "server.hosts",
        default: "",
        help: "Further names that the server answers to, e.g. \"papers.example.org mybox\"; \"*\" for every name. The name in site.url, localhost and addresses are known anyway.",
        secret: false,
        check: host_names,
    },
    Setting {
        key: "server.https_only",
        default: "false",
        help: "true if the site is reached by HTTPS only: browsers are told never to use anything else (for a year).",
        secret: false,
        check: yes_or_no,
    },
    Setting {
        key: "server.metrics_token",
        default: "",
        help: "Bearer token for /metrics; while empty, only loopback addresses may read it.",
        secret: true,
        check: anything,
    },
    Setting {
        key: "server.connections_max",
        default: "900",
        help: "Open connections at most; further clients are told to come back.",
        secret: false,
        check: positive,
    },
    Setting {
        key: "harvest.contact",
        default: "",
        help: "Where the people who run a source can reach you: a mail address or an https:// page. Nothing is harvested without it; site.contact is taken where it is empty.",
        secret: false,
        check: anything,
    },
    Setting {
        key: "harvest.categories",
        default: "",
        help: "arXiv categories or archives whose announcements `serve` takes every evening, e.g. \"cs.CL math stat.ML\".",
        secret: false,
        check: categories,
    },
    Setting {
        key: "harvest.sets",
        default: "",
        help: "arXiv sets whose records `serve` takes every night, e.g. \"cs math physics:hep-th\".",
        secret: false,
        check: anything,
    },
    Setting {
        key: "harvest.since",
        default: "",
        help: "From which day of change a set is taken that was never taken before; empty for its beginning in 2005.",
        secret: false,
        check: day_or_nothing,
    },
    Setting {
        key: "harvest.holidays",
        default: "",
        help: "Days on which arXiv skips its freeze, beyond those that the program knows, e.g. \"2027-01-01 2027-01-18\".",
        secret: false,
        check: days,
    },
    Setting {
        key: "harvest.allow",
        default: "",
        help: "Hosts, or hosts with a port, that may be fetched from although their addresses are not public.",
        secret: false,
        check: anything,
    },
    Setting {
        key: "harvest.huggingface",
        default: "false",
        help: "true to take Hugging Face's daily papers, and their votes over a week.",
        secret: false,
        check: yes_or_no,
    },
    Setting {
        key: "harvest.huggingface_site",
        default: "https://huggingface.co",
        help: "Address of Hugging Face's API.",
        secret: false,
        check: url,
    },
    Setting {
        key: "harvest.arxiv_oai",
        default: "https://oaipmh.arxiv.org/oai",
        help: "Address of arXiv's OAI-PMH server, or of a mirror.",
        secret: false,
        check: url,
    },
    Setting {
        key: "harvest.arxiv_site",
        default: "https://export.arxiv.org",
        help: "Address of the site with arXiv's listings, or of a mirror.",
        secret: false,
        check: url,
    },
    Setting {
        key: "log.level",
        default: "info",
        help: "error, warn, info, debug or trace, or a filter such as `info,search=debug`.",
        secret: false,
        check: not_empty,
    },
    Setting {
        key: "log.format",
        default: "auto",
        help: "human, json, or auto: human at a terminal and JSON otherwise.",
        secret: false,
        check: log_format,
    },
];

fn anything(_: &str) -> Option<String> {
    None
}

fn not_empty(value: &str) -> Option<String> {
    value.trim().is_empty().then(|| "must not be empty".to_string())
}

fn database(value: &str) -> Option<String> {
    let good = value.is_empty() || value.starts_with("postgres://") || value.starts_with("postgresql://");
    (!good).then(|| "must be empty or begin with postgres://".to_string())
}

fn address(value: &str) -> Option<String> {
    value
        .parse::<std::net::SocketAddr>()
        .err()
        .map(|_| "must be an address and a port, e.g. 127.0.0.1:7878".to_string())
}

fn url(value: &str) -> Option<String> {
    let good = value.is_empty() || value.starts_with("https://") || value.starts_with("http://");
    (!good).then(|| "must be empty or begin with https:// or http://".to_string())
}

/// The names in a list with spaces or commas between them.
fn names(value: &str) -> impl Iterator<Item = &str> {
    value.split([' ', ',', '\t']).filter(|name| !name.is_empty())
}

fn host_names(value: &str) -> Option<String> {
    let good = |name: &str| {
        name == "*"
            || name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
    };
    let wrong = names(value).find(|name| !good(name))?;
    Some(format!("must be names with spaces between them, or *: {wrong:?} is none"))
}

fn categories(value: &str) -> Option<String> {
    let wrong = names(value).find(|name| !paper::category::is_plausible(name))?;
    Some(format!("must be arXiv categories or archives with spaces between them: {wrong:?} is none"))
}

fn day_or_nothing(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| days(value)).flatten()
}

fn days(value: &str) -> Option<String> {
    let wrong = names(value).find(|name| name.parse::<paper::Day>().is_err())?;
    Some(format!("must be days such as 2027-01-01: {wrong:?} is none"))
}

fn positive(value: &str) -> Option<String> {
    value
        .parse::<u32>()
        .map_or(true, |number| number == 0)
        .then(|| "must be a whole number above 0".to_string())
}

fn yes_or_no(value: &str) -> Option<String> {
    (!["true", "false"].contains(&value)).then(|| "must be true or false".to_string())
}

fn log_format(value: &str) -> Option<String> {
    (!["auto", "human", "json"].contains(&value)).then(|| "must be auto, human or json".to_string())
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File(PathBuf),
    Environment(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => write!(f, "default"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Environment(name) => write!(f, "environment {name}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// What is in force.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    values: BTreeMap<&'static str, (String, Origin)>,
}

/// Values given as flags.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`.
    pub(crate) config: Option<PathBuf>,
    /// `--data`.
    pub(crate) data: Option<PathBuf>,
    /// `--database`.
    pub(crate) database: Option<String>,
    /// `--listen`.
    pub(crate) listen: Option<String>,
    /// `--log-format`.
    pub(crate) log_format: Option<String>,
}

impl Config {
    /// Reads defaults, the file, the environment and the flags, in rising order of force.
    pub(crate) fn load(
        flags: &Flags,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config> {
        let mut values: BTreeMap<&'static str, (String, Origin)> = OPTIONS
            .iter()
            .map(|option| (option.key, (option.default.to_string(), Origin::Default)))
            .collect();
        let environment = read_environment(environment)?;
        let given = |key| environment.get(key).map(|(value, _)| value.as_str());
        let config = flags.config.clone().or_else(|| given("config").map(PathBuf::from));
        let data = flags.data.clone().or_else(|| given("data").map(PathBuf::from));
        if let Some((path, text)) = find_file(config, data)? {
            for (key, value) in read_file(&path, &text)? {
                values.insert(key, (value, Origin::File(path.clone())));
            }
        }
        for (key, (value, name)) in environment {
            if key != "config" {
                values.insert(key, (value, Origin::Environment(name)));
            }
        }
        let by_flag = [
            ("data", flags.data.as_ref().map(|path| path.display().to_string()), "--data"),
            ("database", flags.database.clone(), "--database"),
            ("listen", flags.listen.clone(), "--listen"),
            ("log.format", flags.log_format.clone(), "--log-format"),
        ];
        for (key, value, flag) in by_flag {
            if let Some(value) = value {
                values.insert(key, (value, Origin::Flag(flag)));
            }
        }
        for option in OPTIONS {
            let (value, origin) = &values[option.key];
            if let Some(wrong) = (option.check)(value) {
                let shown = if option.secret { "…" } else { value };
                bail!("{} = {shown:?} (from {origin}) {wrong}", option.key);
            }
        }
        Ok(Config { values })
    }

    fn get(&self, key: &'static str) -> &str {
        // Every key in `OPTIONS` has a value from the start.
        self.values.get(key).map_or("", |(value, _)| value)
    }

    /// Directory of everything that is kept.
    pub(crate) fn data(&self) -> PathBuf {
        PathBuf::from(self.get("data"))
    }

    /// Where the catalogue is.
    pub(crate) fn database(&self) -> Option<&str> {
        Some(self.get("database")).filter(|value| !value.is_empty())
    }

    /// Where `serve` listens.
    pub(crate) fn listen(&self) -> Result<std::net::SocketAddr> {
        self.get("listen").parse().context("listen is no address")
    }

    /// The site's name.
    pub(crate) fn title(&self) -> &str {
        self.get("site.title")
    }

    /// The site's public address without a slash at the end.
    pub(crate) fn url(&self) -> Option<&str> {
        Some(self.get("site.url").trim_end_matches('/')).filter(|value| !value.is_empty())
    }

    /// The names that the server answers to beyond those of its own address: the one in `site.url` and the listed ones.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        let public = self.url().and_then(|url| url.split_once("://")).map(|(_, rest)| rest);
        let public = public.and_then(|rest| rest.split(['/', '?', '#']).next());
        public.into_iter().chain(names(self.get("server.hosts")))
    }

    /// Whom readers can turn to.
    pub(crate) fn contact(&self) -> Option<&str> {
        Some(self.get("site.contact")).filter(|value| !value.is_empty())
    }

    /// Whether browsers are told to use HTTPS only.
    pub(crate) fn https_only(&self) -> bool {
        self.get("server.https_only") == "true"
    }

    /// The token that opens /metrics.
    pub(crate) fn metrics_token(&self) -> Option<&str> {
        Some(self.get("server.metrics_token")).filter(|value| !value.is_empty())
    }

    /// Open connections at most.
    pub(crate) fn connections_max(&self) -> usize {
        self.get("server.connections_max").parse().unwrap_or(900)
    }

    /// Whom the people who run a source can turn to.
    pub(crate) fn harvest_contact(&self) -> Option<&str> {
        [self.get("harvest.contact"), self.get("site.contact")].into_iter().find(|value| !value.is_empty())
    }

    /// Categories and archives whose announcements are taken.
    pub(crate) fn harvest_categories(&self) -> Vec<String> {
        names(self.get("harvest.categories")).map(str::to_string).collect()
    }

    /// Sets whose records are taken.
    pub(crate) fn harvest_sets(&self) -> Vec<String> {
        names(self.get("harvest.sets")).map(str::to_string).collect()
    }

    /// From which day of change a new set is taken.
    pub(crate) fn harvest_since(&self) -> Option<paper::Day> {
        self.get("harvest.since").parse().ok()
    }

    /// Days without a freeze that the program does not know.
    pub(crate) fn harvest_holidays(&self) -> impl Iterator<Item = paper::Day> {
        names(self.get("harvest.holidays")).filter_map(|day| day.parse().ok())
    }

    /// Hosts that may be asked although they are not public.
    pub(crate) fn harvest_allow(&self) -> impl Iterator<Item = &str> {
        names(self.get("harvest.allow"))
    }

    /// Where Hugging Face's API is, if its daily papers are taken.
    pub(crate) fn harvest_huggingface(&self) -> Option<&str> {
        let site = self.get("harvest.huggingface_site").trim_end_matches('/');
        (self.get("harvest.huggingface") == "true").then_some(site)
    }

    /// Where arXiv's OAI-PMH server is, and its listings.
    pub(crate) fn harvest_arxiv(&self) -> (&str, &str) {
        (self.get("harvest.arxiv_oai"), self.get("harvest.arxiv_site").trim_end_matches('/'))
    }

    /// Filter of the log.
    pub(crate) fn log_level(&self) -> &str {
        self.get("log.level")
    }

    /// `auto`, `human` or `json`.
    pub(crate) fn log_format(&self) -> &str {
        self.get("log.format")
    }

    /// What is in force and where it came from, one line a key; secrets are not shown.
    pub(crate) fn table(&self) -> Vec<(&'static str, String, String, &'static str)> {
        let row = |option: &Setting| {
            let (value, origin) = &self.values[option.key];
            let shown = match option.secret && !value.is_empty() {
                true => "(set, not shown)".to_string(),
                false => value.clone(),
            };
            (option.key, shown, origin.to_string(), option.help)
        };
        OPTIONS.iter().map(row).collect()
    }
}

fn environment_name(key: &str) -> String {
    format!("BROADSHEET_{}", key.replace('.', "_").to_ascii_uppercase())
}

type FromEnvironment = BTreeMap<&'static str, (String, String)>;

fn read_environment(environment: impl IntoIterator<Item = (String, String)>) -> Result<FromEnvironment> {
    let mut values = BTreeMap::new();
    for (name, value) in environment {
        let Some(_) = name.strip_prefix("BROADSHEET_") else { continue };
        // These steer tests and builds, not the program.
        if name.starts_with("BROADSHEET_TEST") || name.starts_with("BROADSHEET_SHARED") {
            continue;
        }
        if name == "BROADSHEET_CONFIG" {
            values.insert("config", (value, name));
            continue;
        }
        let by_name = |wanted: &str| OPTIONS.iter().find(|option| environment_name(option.key) == wanted);
        if let Some(option) = by_name(&name) {
            values.insert(option.key, (value, name));
        } else if let Some(option) =
            name.strip_suffix("_FILE").and_then(by_name).filter(|option| option.secret)
        {
            let text = std::fs::read_to_string(&value)
                .with_context(|| format!("reading {value} (named by {name})"))?;
            values.insert(option.key, (text.trim().to_string(), name));
        } else {
            let known = OPTIONS.iter().map(|option| environment_name(option.key)).collect::<Vec<_>>();
            return Err(unknown("environment variable", &name, known.iter().map(String::as_str)));
        }
    }
    Ok(values)
}

/// The file that was asked for must exist; otherwise `broadsheet.toml` here or in the data directory is taken.
fn find_file(config: Option<PathBuf>, data: Option<PathBuf>) -> Result<Option<(PathBuf, String)>> {
    if let Some(path) = config {
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("reading the configuration {}", path.display()))?;
        return Ok(Some((path, text)));
    }
    let data = data.unwrap_or_else(|| PathBuf::from("./broadsheet-data"));
    for path in [PathBuf::from("broadsheet.toml"), data.join("broadsheet.toml")] {
        match std::fs::read_to_string(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("reading the configuration {}", path.display()));
            }
        }
    }
    Ok(None)
}

fn read_file(path: &Path, text: &str) -> Result<Vec<(&'static str, String)>> {
    let table: toml::Table = text.parse().map_err(|error| anyhow!("{}: {error}", path.display()))?;
    let mut flat: Vec<(String, toml::Value)> = Vec::new();
    for (key, value) in table {
        match value {
            toml::Value::Table(section) => {
                flat.extend(section.into_iter().map(|(inner, value)| (format!("{key}.{inner}"), value)));
            }
            value => flat.push((key, value)),
        }
    }
    let mut values = Vec::new();
    for (key, value) in flat {
        let Some(option) = OPTIONS.iter().find(|option| option.key == key) else {
            return Err(unknown("key", &key, OPTIONS.iter().map(|option| option.key))
                .context(path.display().to_string()));
        };
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(flag) => flag.to_string(),
            other => bail!("{}: {key} must be a text or a number, not {}", path.display(), other.type_str()),
        };
        values.push((option.key, value));
    }
    Ok(values)
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> anyhow::Error {
    let nearest = known.map(|known| (distance(name, known), known)).min();
    match nearest {
        Some((steps, near)) if steps <= name.len() / 2 => {
            anyhow!("unknown {what} {name}: did you mean {near}?")
        }
        _ => anyhow!("unknown {what} {name}: `broadsheet config` lists the known ones"),
    }
}

/// Levenshtein's distance: single letters inserted, dropped or changed.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, known) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != *known);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: Option<&str>, environment: &[(&str, &str)], flags: Flags) -> Result<Config> {
        let directory = tempfile::tempdir().unwrap();
        let mut flags = flags;
        if let Some(text) = file {
            let path = directory.path().join("some.toml");
            std::fs::write(&path, text).unwrap();
            flags.config = Some(path);
        }
        if flags.data.is_none() && !environment.iter().any(|(name, _)| *name == "BROADSHEET_DATA") {
            flags.data = Some(directory.path().to_path_buf());
        }
        Config::load(&flags, environment.iter().map(|(name, value)| (name.to_string(), value.to_string())))
    }

    fn origin(config: &Config, key: &str) -> String {
        config.table().into_iter().find(|row| row.0 == key).unwrap().2
    }

    #[test]
    fn a_flag_beats_the_environment_and_the_environment_the_file() {
        let file = "listen = \"127.0.0.1:1\"\n[site]\ntitle = \"From file\"\n";
        let config = load(Some(file), &[], Flags::default()).unwrap();
        assert_eq!((config.listen().unwrap().port(), config.title()), (1, "From file"));
        let environment =
            [("BROADSHEET_LISTEN", "127.0.0.1:2"), ("BROADSHEET_SITE_TITLE", "From environment")];
        let config = load(Some(file), &environment, Flags::default()).unwrap();
        assert_eq!((config.listen().unwrap().port(), config.title()), (2, "From environment"));
        let flags = Flags { listen: Some("127.0.0.1:3".into()), ..Flags::default() };
        let config = load(Some(file), &environment, flags).unwrap();
        assert_eq!(config.listen().unwrap().port(), 3);
        assert_eq!(origin(&config, "listen"), "flag --listen");
        assert_eq!(origin(&config, "site.title"), "environment BROADSHEET_SITE_TITLE");
        assert_eq!(origin(&config, "log.level"), "default");
    }

    #[test]
    fn an_unknown_key_names_the_nearest_one() {
        let error = load(Some("[site]\ntitel = \"x\"\n"), &[], Flags::default()).unwrap_err();
        assert!(format!("{error:#}").contains("did you mean site.title?"), "{error:#}");
        let error = load(None, &[("BROADSHEET_LISTENS", "x")], Flags::default()).unwrap_err();
        assert!(format!("{error:#}").contains("did you mean BROADSHEET_LISTEN?"), "{error:#}");
    }

    #[test]
    fn the_public_address_and_the_listed_names_are_answered_to() {
        let file = "[site]\nurl = \"https://papers.example.org/\"\n[server]\nhosts = \"mybox, other.example:8080\"\n";
        let config = load(Some(file), &[], Flags::default()).unwrap();
        let hosts: Vec<&str> = config.hosts().collect();
        assert_eq!(hosts, ["papers.example.org", "mybox", "other.example:8080"]);
        let error =
            load(None, &[("BROADSHEET_SERVER_HOSTS", "https://x.example/")], Flags::default()).unwrap_err();
        assert!(error.to_string().contains("must be names"), "{error}");
    }

    #[test]
    fn a_wrong_value_says_where_it_came_from() {
        let error = load(None, &[("BROADSHEET_LISTEN", "everywhere")], Flags::default()).unwrap_err();
        assert!(error.to_string().contains("environment BROADSHEET_LISTEN"), "{error}");
    }

    #[test]
    fn secrets_can_come_from_files_and_are_never_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "postgres://name:word@localhost/x\n").unwrap();
        let path = file.path().display().to_string();
        let config = load(None, &[("BROADSHEET_DATABASE_FILE", &path)], Flags::default()).unwrap();
        assert_eq!(config.database(), Some("postgres://name:word@localhost/x"));
        assert!(config.table().iter().all(|row| !row.1.contains("word")));
    }

    #[test]
    fn a_file_that_is_no_toml_is_refused_with_its_place() {
        let error = load(Some("listen = \n"), &[], Flags::default()).unwrap_err();
        assert!(format!("{error:#}").contains("some.toml"), "{error:#}");
    }
}
