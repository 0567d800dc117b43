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
    figure("server memory after searches, resident", status_kilobytes(id, "VmRSS:").unwrap_or(0) / 1024, "MiB");
    figure("  of it anonymous", status_kilobytes(id, "RssAnon:").unwrap_or(0) / 1024, "MiB");

    let papers = addresses(&mut client)?;
    let paper = papers.first().cloned().context("the front page links no paper")?;
    figure("front page, cached", rate(&server, arguments.seconds, |_| "/".to_string())?, "/s");
    figure("paper page, cached", rate(&server, arguments.seconds, |_| paper.clone())?, "/s");
    // An unused parameter makes every address a new one: nothing comes from the page cache.
    figure("front page, uncached", rate(&server, arguments.seconds, |at| format!("/?page=1&uncached={at}"))?, "/s");
    figure("paper page, uncached", rate(&server, arguments.seconds, |at| format!("{}?uncached={at}", papers[at as usize % papers.len()]))?, "/s");
    Ok(())
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

/// Papers that the front page links to.
fn addresses(client: &mut Client) -> Result<Vec<String>> {
    client.get("/api/daily_papers?limit=100")?;
    // The body may be compressed; the plain form is asked for by a second look without that header being needed:
    // ids of this API stand in quotes after "id".
    let text = String::from_utf8_lossy(client.body()).into_owned();
    let ids: Vec<String> =
        text.split("\"id\":\"").skip(1).filter_map(|rest| rest.split('"').next()).map(|id| format!("/papers/{id}")).collect();
    if ids.is_empty() { bail!("no ids in /api/daily_papers") } else { Ok(ids) }
}

fn searches(server: &Server) -> Result<()> {
    let mut client = Client::connect(&server.address)?;
    let queries: Vec<&str> = QUERIES.lines().filter(|line| !line.is_empty()).collect();
    let mut times = Vec::new();
    // The first round warms the mapped index; the second, with other addresses, is measured.
    for round in 0..2 {
        for (at, query) in queries.iter().enumerate() {
            let path = format!("/search?q={}&uncached={round}.{at}", query.replace('%', "%25").replace(' ', "+").replace('"', "%22").replace('#', "%23"));
            let began = Instant::now();
            let (status, _) = client.get(&path)?;
            if status != 200 {
                bail!("{path} answers {status}");
            }
            if round == 1 {
                times.push(began.elapsed());
            }
        }
    }
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    figure("search page, uncached, p50", format!("{:.1}", at(0.5)), "ms");
    figure("search page, uncached, p99", format!("{:.1}", at(0.99)), "ms");
    figure("queries", times.len(), "");
    Ok(())
}

fn rate(server: &Server, seconds: u64, path: impl Fn(u64) -> String + Sync) -> Result<u64> {
    let count = AtomicU64::new(0);
    let end = Instant::now() + Duration::from_secs(seconds);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let mut client = Client::connect(&server.address)?;
                    while Instant::now() < end {
                        let at = count.fetch_add(1, Ordering::Relaxed);
                        let (status, _) = client.get(&path(at))?;
                        if status != 200 {
                            bail!("{} answers {status}", path(at));
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a worker failed")))
    })?;
    Ok(count.load(Ordering::Relaxed) / seconds.max(1))
}
