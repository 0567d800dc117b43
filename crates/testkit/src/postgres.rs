//! A PostgreSQL database of its own for each test.
//!
//! The cluster is the one that `BROADSHEET_TEST_POSTGRES` names (the address of a database in which new ones may be
//! made), or else a throw-away one, started from Debian's binaries on a socket in a temporary directory. It is set up
//! to be unkind: its default order of text is a language's, not that of bytes.

use crate::shared::{missing, required};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a cluster may take to start; one takes a second or two.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A database that goes away with this value.
#[derive(Debug)]
pub struct Database {
    url: String,
    name: String,
    administration: String,
}

impl Database {
    /// Its address, for `--database`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs SQL in it and returns what `psql` prints: fields with `|` between them, one row a line.
    ///
    /// # Panics
    /// If the statement fails.
    pub fn sql(&self, statement: &str) -> String {
        psql(&self.url, statement)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A test that failed is told by its own panic; a database left over is only untidy.
        let _ = Command::new(tool("psql"))
            .args(["-Xqc", &format!("drop database if exists {} with (force)", self.name)])
            .arg(&self.administration)
            .stderr(Stdio::null())
            .status();
    }
}

/// Everything in a database as `pg_dump` writes it: the same state gives the same text.
///
/// # Panics
/// If it cannot be written down.
pub fn dump(url: &str) -> String {
    let output = Command::new(tool("pg_dump")).arg("--no-owner").arg(url).output();
    let output = output.unwrap_or_else(|error| panic!("pg_dump cannot be started: {error}"));
    assert!(output.status.success(), "pg_dump {url}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // Newer releases guard the script with a word of chance.
    let guard = |line: &&str| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ");
    text.lines().filter(guard).collect::<Vec<_>>().join("\n")
}

/// A new, empty database; `None`, after a line that says so, where PostgreSQL is not installed.
///
/// # Panics
/// If the cluster that `BROADSHEET_TEST_POSTGRES` names cannot be used, or PostgreSQL is missing and
/// `BROADSHEET_SHARED=required`.
pub fn database() -> Option<Database> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let administration = cluster()?;
    let name = format!("broadsheet_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    psql(administration, &format!("create database {name} template template0"));
    Some(Database {
        url: in_database(administration, &name),
        name,
        administration: administration.to_string(),
    })
}

/// The same cluster, another database.
fn in_database(url: &str, name: &str) -> String {
    let (before, query) = url.split_once('?').map_or((url, None), |(before, query)| (before, Some(query)));
    let authority = before.find("://").map_or(0, |at| at + 3);
    let end = before[authority..].find('/').map_or(before.len(), |at| authority + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &before[..end])
}

fn psql(url: &str, statement: &str) -> String {
    let output = Command::new(tool("psql"))
        .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement])
        .arg(url)
        .output();
    let output = output.unwrap_or_else(|error| panic!("psql cannot be started: {error}"));
    assert!(output.status.success(), "psql {url}: {statement}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Address of a database in which new ones may be made.
fn cluster() -> Option<&'static str> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    let url = URL.get_or_init(|| match std::env::var("BROADSHEET_TEST_POSTGRES") {
        Ok(url) => Some(url),
        Err(_) => start(),
    });
    if url.is_none() {
        let reason = "PostgreSQL 15 or newer is not installed";
        missing(reason, reason, required());
    }
    url.as_deref()
}

/// Debian keeps each release's programs in a directory of its own.
fn binaries() -> Option<PathBuf> {
    let releases = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let newest = releases
        .filter_map(|release| release.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|release| *release >= 15)
        .max()?;
    let directory = PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin"));
    directory.join("initdb").exists().then_some(directory)
}

fn tool(name: &str) -> PathBuf {
    binaries()
        .map(|directory| directory.join(name))
        .filter(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from(name))
}

/// PostgreSQL refuses to run as root: Debian's package brings a user for it.
fn as_its_user(program: &Path) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

/// Starts a cluster that ends with this process, however that ends: its guard waits for the end of its input.
fn start() -> Option<String> {
    let binaries = binaries()?;
    // Made by PostgreSQL's user, so that its guard may remove it.
    let made = as_its_user(Path::new("mktemp"))
        .args(["-dt", "broadsheet-postgres-XXXXXX"])
        .current_dir("/")
        .output();
    let made = made.unwrap_or_else(|error| panic!("mktemp cannot be started: {error}"));
    assert!(made.status.success(), "mktemp: {}", String::from_utf8_lossy(&made.stderr));
    let directory = PathBuf::from(String::from_utf8_lossy(&made.stdout).trim());
    let data = directory.join("data");
    let initdb = as_its_user(&binaries.join("initdb"))
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"])
        .args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--pgdata"])
        .arg(&data)
        .current_dir(&directory)
        .output();
    let initdb = initdb.unwrap_or_else(|error| panic!("initdb cannot be started: {error}"));
    assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));
    guard(&binaries, &directory, &data);
    let url = format!("postgres:///postgres?user=postgres&host={}", directory.display());
    let began = Instant::now();
    while !Command::new(tool("pg_isready")).arg("-qd").arg(&url).status().is_ok_and(|status| status.success())
    {
        assert!(began.elapsed() < START_LIMIT, "the cluster in {} does not answer", directory.display());
        std::thread::yield_now();
    }
    Some(url)
}

fn guard(binaries: &Path, directory: &Path, data: &Path) {
    static GUARD: OnceLock<Child> = OnceLock::new();
    const SCRIPT: &str =
        "\"$@\" & server=$!; read -r _; kill -INT $server; wait $server; rm -rf \"$DIRECTORY\"";
    // The script runs as PostgreSQL's user too, so that it may end what it started.
    let child = as_its_user(Path::new("sh"))
        .args(["-c", SCRIPT, "guard"])
        .arg(binaries.join("postgres"))
        .arg("-D")
        .arg(data)
        .arg("-k")
        .arg(directory)
        // Durability is PostgreSQL's own affair; these tests are about ours.
        .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"])
        .env("DIRECTORY", directory)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let child = child.unwrap_or_else(|error| panic!("PostgreSQL cannot be started: {error}"));
    // Held open by this static until the process ends.
    let _ = GUARD.set(child);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_in_an_address_is_replaced() {
        assert_eq!(in_database("postgres://u:p@h:1/one?x=/y", "two"), "postgres://u:p@h:1/two?x=/y");
        assert_eq!(in_database("postgres:///one", "two"), "postgres:///two");
    }

    #[test]
    fn each_database_begins_empty_and_is_its_own() {
        let (Some(one), Some(other)) = (database(), database()) else { return };
        one.sql("create table t(x text); insert into t values ('b'), ('A'), ('a')");
        assert_eq!(one.sql("select x from t order by x"), "a\nA\nb\n");
        assert_eq!(other.sql("select count(*) from pg_tables where schemaname = 'public'"), "0\n");
    }
}
