//! Start, pages and searches of a server over an existing data directory.

use crate::client::Client;
use crate::import::status_kilobytes;
use crate::{Arguments, figure};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Connections that load the server at once.
const CONNECTIONS: usize = 16;
/// Queries of the latency figure: words of titles of every field, one to eight long, phrases and filters among them.
const QUERIES: &str = include_str!("../queries.txt");

struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let began = Instant::now();
    let server = start(arguments)?;
    let mut client = Client::connect(&server.address)?;
    let (status, bytes) = client.get("/")?;
    figure("start to first page", began.elapsed().as_millis(), "ms");
    if status != 200 {
        bail!("the front page answers {status}");
    }
    figure("front page, brotli", bytes, "bytes");
    searches(&server)?;
    let id = server.child.id();
    figure(
        "server memory after searches, resident",
        status_kilobytes(id, "VmRSS:").unwrap_or(0) / 1024,
        "MiB",
    );
    figure("  of it anonymous", status_kilobytes(id, "RssAnon:").unwrap_or(0) / 1024, "MiB");

    let seconds = arguments.seconds;
    figure("front page, cached", rate(&server, seconds, |_| Some("/".into()))?, "/s");
    let papers = addresses(&server)?;
    figure("paper page, cached", rate(&server, seconds, |_| papers.first().cloned())?, "/s");
    // Every address is asked for once: nothing comes from the page cache.
    let editions: Vec<String> =
        days().flat_map(|day| (1..=4).map(move |page| format!("/{day}?page={page}"))).collect();
    figure("edition page, uncached", rate(&server, seconds, |at| editions.get(at as usize).cloned())?, "/s");
    figure("paper page, uncached", rate(&server, seconds, |at| papers.get(1 + at as usize).cloned())?, "/s");
    Ok(())
}

/// Days on which the catalogue may have editions of some hundred papers.
fn days() -> impl Iterator<Item = String> {
    let months = (6..=12).map(|month| (2025, month)).chain((1..=6).map(|month| (2026, month)));
    months.flat_map(|(year, month)| (1..=28).map(move |day| format!("{year}-{month:02}-{day:02}")))
}

fn start(arguments: &Arguments) -> Result<Server> {
    let mut command = Command::new(&arguments.binary);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&arguments.data).stdout(Stdio::piped());
    if let Some(database) = &arguments.database {
        command.args(["--database", database]);
    }
    let mut child = command.spawn().with_context(|| format!("starting {}", arguments.binary.display()))?;
    let output = child.stdout.take().context("no standard output")?;
    for line in BufReader::new(output).lines() {
        if let Some((_, rest)) = line?.split_once("http://") {
            let address = rest.split_whitespace().next().context("no address")?.to_string();
            return Ok(Server { child, address });
        }
    }
    bail!("the server ended before it named its address")
}

/// Addresses of some thousand papers, from the lists of days.
fn addresses(server: &Server) -> Result<Vec<String>> {
    let mut client = Client::connect(&server.address)?;
    let mut papers = Vec::new();
    for day in days().step_by(3) {
        for page in 0..5 {
            client.get_plain(&format!("/api/daily_papers?date={day}&limit=100&p={page}"))?;
            // Ids of this API stand in quotes after "id"; a JSON parser would be one more dependency for this one line.
            let text = String::from_utf8_lossy(client.body()).into_owned();
            let ids = text
                .split("\"paper\":{")
                .skip(1)
                .filter_map(|item| item.split("\"id\":\"").nth(1)?.split('"').next());
            papers.extend(ids.map(|id| format!("/papers/{id}")));
        }
    }
    papers.sort();
    papers.dedup();
    if papers.is_empty() { bail!("no ids in /api/daily_papers") } else { Ok(papers) }
}

fn searches(server: &Server) -> Result<()> {
    let mut client = Client::connect(&server.address)?;
    let queries: Vec<&str> = QUERIES.lines().filter(|line| !line.is_empty()).collect();
    let mut times = Vec::new();
    // The first half warms the mapped index; the second half, whose pages nobody has seen, is measured.
    for (at, query) in queries.iter().enumerate() {
        let query = query.replace('%', "%25").replace(' ', "+").replace('"', "%22").replace('#', "%23");
        let began = Instant::now();
        let (status, _) = client.get(&format!("/search?q={query}"))?;
        if status != 200 {
            bail!("the search for {query} answers {status}");
        }
        if at >= queries.len() / 2 {
            times.push(began.elapsed());
        }
    }
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    figure("search page, uncached, p50", format!("{:.1}", at(0.5)), "ms");
    figure("search page, uncached, p99", format!("{:.1}", at(0.99)), "ms");
    figure("queries", times.len(), "");
    Ok(())
}

/// Answers a second with status 200. `path` gives the address of each request, `None` when there are no more.
fn rate(server: &Server, seconds: u64, path: impl Fn(u64) -> Option<String> + Sync) -> Result<u64> {
    let (asked, answered) = (AtomicU64::new(0), AtomicU64::new(0));
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    std::thread::scope(|scope| {
        let work = || -> Result<()> {
            let mut client = Client::connect(&server.address)?;
            while Instant::now() < end {
                let Some(path) = path(asked.fetch_add(1, Ordering::Relaxed)) else { break };
                // A day without an edition answers 404 and does not count.
                if client.get(&path)?.0 == 200 {
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok(())
        };
        let workers: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a worker failed")))
    })?;
    Ok((answered.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()) as u64)
}
