//! Reading leaves nothing behind: no cookie, no stored address, no word of a reader in logs, metrics or files.
//!
//! Every kind of page is asked for with marked words in every place where a reader can leave some, at the most talkative
//! level of the log; then everything that is written anywhere is searched for the mark.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use testkit::http::{Answer, Connection};
use testkit::server::{Instance, Server, run, until};
use testkit::{generate, postgres};

const PROGRAM: &str = env!("CARGO_BIN_EXE_broadsheet");

/// In every word that a reader leaves; found nowhere else.
const MARK: &str = "canary7391";
/// Where the reader's connections come from: an address of loopback, so that the socket itself can be told.
const READER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 73, 91));
/// Addresses of people, as a proxy would hand them on, and the reader's own.
const ADDRESSES: [&str; 3] = ["203.0.113.77", "2001:db8:7391::7", "127.0.73.91"];
/// Everything about a reader that comes in headers.
const HEADERS: &str = "User-Agent: Mozilla/5.0 (ucanary7391x)\r\nX-Forwarded-For: 203.0.113.77, 2001:db8:7391::7\r\n\
Forwarded: for=203.0.113.77;by=\"[2001:db8:7391::7]\"\r\nX-Real-IP: 203.0.113.77\r\nReferer: https://fcanary7391x.example/x\r\n\
Cookie: session=ccanary7391x; theme=dark\r\nAuthorization: Bearer tcanary7391x\r\nIf-None-Match: \"ecanary7391x\"\r\n\
From: reader@acanary7391x.example\r\nX-Request-Id: icanary7391x\r\nAccept-Language: de, lcanary7391x;q=0.1\r\n";
/// What an answer may repeat to its reader is what was asked for, never these.
const PRIVATE: [&str; 9] = [
    "ucanary7391x",
    "fcanary7391x",
    "ccanary7391x",
    "tcanary7391x",
    "acanary7391x",
    "icanary7391x",
    "lcanary7391x",
    "mcanary7391x",
    "203.0.113.77",
];
/// Pages that a crawl visits at most; the made catalogue has more, all of the same kinds.
const PAGES_MAX: usize = 160;

testkit::on_each_database!(super::PROGRAM, reading_sets_no_cookie_and_leaves_no_trace);

/// Asks as a reader who can be recognised.
fn ask(server: &Server, method: &str, target: &str, host: &str) -> Answer {
    let mut connection = Connection::open_from(READER, server.address()).unwrap();
    let head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{HEADERS}\r\n");
    connection.send(head.as_bytes()).unwrap();
    let answer = if method == "HEAD" { connection.answer_without_body() } else { connection.answer() };
    let answer = answer.unwrap_or_else(|error| panic!("{method} {target}: {error}"));
    assert_eq!(answer.header("set-cookie"), None, "{method} {target}");
    let shown = format!("{:?} {}", answer.headers, answer.text());
    for word in PRIVATE {
        assert!(!shown.contains(word), "the answer to {method} {target} repeats {word}");
    }
    answer
}

/// The addresses of this site that a page leads to.
fn links(page: &str) -> Vec<String> {
    let hrefs = page.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let ours = hrefs.filter(|href| href.starts_with('/') && !href.starts_with("//"));
    ours.map(|href| href.split('#').next().unwrap_or_default().replace("&amp;", "&").replace("&#38;", "&"))
        .collect()
}

/// An address's kind: pages of one kind beyond a few show nothing new.
fn kind(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let mut parts = path.split('/').skip(1);
    let first = parts.next().unwrap_or_default();
    let first = if first.starts_with(|c: char| c.is_ascii_digit()) { "day" } else { first };
    format!("{first}/{}{}", parts.count(), if target.contains('?') { "?" } else { "" })
}

/// Visits pages of every kind and what is refused; every address carries a marked parameter.
fn crawl(server: &Server) {
    let host = server.address().to_string();
    let begin = [
        "/",
        "/feeds",
        "/about",
        "/trending",
        "/list",
        "/papers",
        "/search?q=qcanary7391x",
        "/search?q=gradient+qcanary7391x&engine=words",
        "/search?q=author%3Aqcanary7391x&engine=meaning",
        "/search?q=%22qcanary7391x+((",
        "/search?q=canary7391%00x%ff",
        "/search.atom?q=qcanary7391x",
        "/feed.atom",
        "/opensearch.xml",
        "/robots.txt",
        "/topic/rcanary7391x",
        "/author/rcanary7391x",
        "/author/rcanary7391x%00%ff",
        "/papers/rcanary7391x",
        "/papers/2507.rcanary7391x",
        "/papers/doi:10.1/rcanary7391x%00",
        "/volume/2024.made-long",
        "/volume/rcanary7391x",
        "/list/rcanary7391x",
        "/list/rcanary7391x/2026-01-01",
        "/rcanary7391x",
        "/assets/rcanary7391x.css",
        "/week/rcanary7391x",
        "/month/rcanary7391x",
        "/api/daily_papers",
        "/api/daily_papers?date=qcanary7391x",
        "/api/papers/search?q=qcanary7391x",
        "/api/papers/rcanary7391x",
        "/api/agent-harnesses",
        "/healthz",
        "/readyz",
        "/metrics",
    ];
    let mut waiting: VecDeque<String> = begin.iter().map(ToString::to_string).collect();
    let mut known: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut visited = 0;
    while let Some(target) = waiting.pop_front() {
        visited += 1;
        let marked = format!("{target}{}zz=pcanary7391x", if target.contains('?') { '&' } else { '?' });
        let answer = ask(server, "GET", &marked, &host);
        for link in links(&answer.text()).into_iter().filter(|link| !link.contains(MARK)) {
            let seen = kinds.entry(kind(&link)).or_default();
            if *seen < 4 && known.len() < PAGES_MAX && known.insert(link.clone()) {
                *seen += 1;
                waiting.push_back(link);
            }
        }
    }
    assert!(visited > begin.len() + 30, "only {visited} pages were found");
    for (method, target) in [
        ("HEAD", "/search?q=qcanary7391x".to_string()),
        ("POST", "/search?q=qcanary7391x".to_string()),
        ("DELETE", "/papers/rcanary7391x".to_string()),
        ("QCANARY7391X", "/".to_string()),
        ("GET", format!("/search?q=qcanary7391x{}", "x".repeat(9_000))),
    ] {
        ask(server, method, &target, &host);
    }
    assert_eq!(ask(server, "GET", "/?q=qcanary7391x", "hcanary7391x.example").status, 421);
    // What is not even HTTP, and what ends in the middle.
    for bytes in [
        "GET /qcanary7391x HTTP/9.9\r\nHost: x\r\n\r\n".to_string(),
        format!("GET / HTTP/1.1\r\nHost: x\r\nucanary7391x\x01: y\r\n{HEADERS}\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\nX-Much: {}\r\n{HEADERS}\r\n", "ucanary7391x".repeat(4_000)),
        format!("GET /qcanary7391x HTTP/1.1\r\n{HEADERS}"),
    ] {
        let mut connection = Connection::open_from(READER, server.address()).unwrap();
        // The server may hang up before it has everything.
        let _ = connection.send(bytes.as_bytes());
    }
}

/// Every file below a directory, with its bytes.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

/// Everything that is kept. SQLite's shared memory only says who reads what just now, a log without bytes says nothing,
/// and the lock names a process.
fn kept(instance: &Instance) -> (BTreeMap<PathBuf, Vec<u8>>, Option<String>) {
    let mut files = files(&instance.data());
    let empty_log = |path: &Path, bytes: &[u8]| path.ends_with("catalogue.db-wal") && bytes.is_empty();
    files.retain(|path, bytes| {
        !path.ends_with("catalogue.db-shm") && !path.ends_with("LOCK") && !empty_log(path, bytes)
    });
    (files, instance.database().map(postgres::dump))
}

/// Reading changed not one byte: stronger than looking for words, because bytes may be compressed.
#[track_caller]
fn assert_same(before: &(BTreeMap<PathBuf, Vec<u8>>, Option<String>), instance: &Instance, when: &str) {
    let now = kept(instance);
    let paths: BTreeSet<&PathBuf> = before.0.keys().chain(now.0.keys()).collect();
    let changed: Vec<_> = paths.into_iter().filter(|path| before.0.get(*path) != now.0.get(*path)).collect();
    assert!(changed.is_empty(), "{when} these changed: {changed:?}");
    assert!(before.1 == now.1, "{when} the database changed");
}

#[track_caller]
fn assert_unmarked(place: &str, bytes: &[u8]) {
    let lower = bytes.to_ascii_lowercase();
    for word in ADDRESSES.iter().chain([&MARK]) {
        let at = lower.windows(word.len()).position(|window| window == word.as_bytes());
        if let Some(at) = at {
            let around = String::from_utf8_lossy(&bytes[at.saturating_sub(200)..(at + 100).min(bytes.len())]);
            panic!("{place} holds {word}: …{around}…");
        }
    }
}

/// The patterns of all addresses, as the server's own table has them.
fn routes() -> Vec<&'static str> {
    let table = include_str!("../../server/src/routes.rs");
    let rows = table.lines().filter(|line| line.contains("Gate::") && line.trim_start().starts_with("(\"/"));
    let routes: Vec<&str> = rows.filter_map(|line| line.split('"').nth(1)).collect();
    assert!(routes.len() > 20, "{routes:?}");
    routes
}

fn reading_sets_no_cookie_and_leaves_no_trace(instance: &Instance) {
    // A catalogue with papers of every source, whose index is complete.
    let server = instance.serve();
    for (name, text) in generate::files(&generate::works(3, 45)) {
        let file = instance.write(&format!("in/{name}"), text);
        instance.run(["import".as_ref(), "--no-index".as_ref(), file.as_os_str()]).success();
    }
    until("a complete index", || {
        let report = instance.run(["doctor", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&report.out).unwrap_or_default();
        report["index_behind"] == 0 && server.get("/readyz").text().contains("index: ready")
    });
    assert!(server.stop().success());
    let before = kept(instance);

    let log = instance.directory().join("talkative.log");
    let mut command = instance.command(["serve", "--listen", "127.0.0.1:0"]);
    command.env("BROADSHEET_LOG_LEVEL", "trace").env("BROADSHEET_SERVER_METRICS_TOKEN", "mcanary7391x");
    let server = Server::start(command, &log);
    crawl(&server);
    let metrics = server.get("/metrics").text();
    for route in routes() {
        assert!(
            metrics.contains(&format!("route=\"{route}\"")),
            "no page of {route} was asked for: this test must learn of it"
        );
    }
    until("the end of the reader's connections", || {
        server.get("/metrics").text().contains("broadsheet_connections 1\n")
    });
    assert_unmarked("/metrics", server.get("/metrics").text().as_bytes());
    assert_same(&before, instance, "while serving");
    let (said, printed) = (server.log(), server.printed());
    assert!(server.stop().success());
    for (place, text) in [("the log", &said), ("standard output", &printed)] {
        assert_unmarked(place, text.as_bytes());
    }
    assert!(said.contains("DEBUG") || said.contains("TRACE"), "the log was not talkative: {said}");
    for (path, bytes) in files(&instance.data()) {
        assert_unmarked(&path.display().to_string(), &bytes);
    }
    assert_same(&before, instance, "after the stop");
}

#[test]
fn a_search_on_the_command_line_is_not_logged() {
    let instance = Instance::new(PROGRAM);
    let file = instance.write("papers.jsonl", generate::arxiv(&generate::works(1, 20)));
    instance.run(["import".as_ref(), file.as_os_str()]).success();
    let before = kept(&instance);
    for arguments in [
        ["search", "qcanary7391x models", "--engine=both"],
        ["search", "\"(( qcanary7391x", "--engine=words"],
        ["search", "author:qcanary7391x", "--json"],
    ] {
        let mut command = instance.command(arguments);
        command.env("BROADSHEET_LOG_LEVEL", "trace");
        let ran = run(command);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_unmarked("the log", ran.err.as_bytes());
    }
    assert_same(&before, &instance, "by searching");
}

#[test]
fn no_message_holds_the_password_of_a_database_or_a_token() {
    let instance = Instance::new(PROGRAM);
    let urls = [
        "postgres://reader:wcanary7391x@127.0.0.1:1/none",
        "postgres://reader:wcanary7391x@[::broken/none",
        "postgresql://reader:wcanary7391x@127.0.0.1:notaport/none?sslmode=require",
        "mysql://reader:wcanary7391x@127.0.0.1/none",
        "postgres:///none?host=/nowhere&user=reader&password=wcanary7391x",
    ];
    for url in urls {
        for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["doctor"], &["config"], &["export"]] {
            let mut command = instance.command(arguments);
            command.args(["--database", url]);
            command
                .env("BROADSHEET_LOG_LEVEL", "trace")
                .env("BROADSHEET_SERVER_METRICS_TOKEN", "mcanary7391x");
            let ran = run(command);
            assert_unmarked(
                &format!("what {arguments:?} says"),
                format!("{}{}", ran.out, ran.err).as_bytes(),
            );
        }
    }
}
