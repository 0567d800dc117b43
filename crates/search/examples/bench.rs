//! Builds an index of a catalogue and times searches over it: `bench CATALOGUE.db DIRECTORY [QUERIES]`. Queries are
//! words of titles out of the catalogue, from 2 to 8 of them, every fourth with a filter.

// A table for the terminal.
#![allow(clippy::print_stdout)]

use catalogue::{Access, Catalogue, Location, PaperId};
use search::{Engine, Index, Request, Searcher};
use std::error::Error;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [place, directory, rest @ ..] = &arguments[..] else {
        return Err("expected CATALOGUE.db DIRECTORY [QUERIES]".into());
    };
    let count: usize = rest.first().map_or(Ok(2_000), |text| text.parse())?;
    let catalogue = Catalogue::open(&Location::parse(place), Access::ReadOnly)?;
    let directory = Path::new(directory);
    if let Some(mut indexer) = Index::indexer(directory)? {
        let began = Instant::now();
        let mut papers = 0;
        indexer.catch_up(&catalogue, &AtomicBool::new(false), &mut |progress| papers = progress.papers)?;
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "{papers} papers in {seconds:.1} s: {:.0} a second; peak {} MiB",
            papers as f64 / seconds,
            peak_mib()
        );
    }
    let began = Instant::now();
    let index = Index::open(directory)?;
    let status = index.status();
    println!("opened in {:.0} ms: {status:?}", began.elapsed().as_secs_f64() * 1e3);

    let step = (status.papers / count as u64).max(1);
    let ids: Vec<PaperId> = (0..count as u64).map(|at| PaperId((1 + at * step) as u32)).collect();
    let mut queries = Vec::new();
    for (at, stored) in catalogue.papers(&ids)?.into_iter().flatten().enumerate() {
        let title = stored.paper.plain_title();
        let words: Vec<&str> = title.split_whitespace().skip(at % 3).take(2 + at % 7).collect();
        let filter = [" cat:cs.LG", " year:2025-2026", " has:code", ""][at / 4 % 4];
        queries.push(format!(
            "{}{}",
            words.join(" ").replace('"', ""),
            if at % 4 == 0 { filter } else { "" }
        ));
    }
    for facets in [false, true] {
        for engine in Engine::ALL {
            let mut times = Vec::new();
            for text in &queries {
                let request = Request { text: text.clone(), engine, offset: 0, limit: 20, facets };
                let began = Instant::now();
                index.search(&request)?;
                times.push(began.elapsed().as_secs_f64() * 1e3);
            }
            times.sort_by(f64::total_cmp);
            let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
            let (name, counted) = (engine.name(), if facets { "with facets" } else { "" });
            println!(
                "{name:<8} p50 {:.2} p90 {:.2} p99 {:.2} max {:.2} ms {counted}",
                at(0.5),
                at(0.9),
                at(0.99),
                at(1.0)
            );
        }
    }
    println!("peak {} MiB", peak_mib());
    Ok(())
}

/// The largest resident size so far, on Linux; 0 elsewhere.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
