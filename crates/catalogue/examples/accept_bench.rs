//! How fast records are accepted, and how large they become:
//! `cargo run --release --example accept_bench -- LOCATION FILE [RECORDS]`, where LOCATION is the path of a new file or an
//! empty PostgreSQL database, and FILE is arXiv metadata, one JSON object a line, `.zst`.

#![allow(clippy::print_stdout, reason = "a command")]

mod arxiv;

use catalogue::{Access, Catalogue, Location, PaperId, Sequence};
use std::time::Instant;

/// Records of one transaction.
const BATCH: usize = 2000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let location = Location::parse(&arguments.next().expect("LOCATION FILE [RECORDS]"));
    let path = arguments.next().expect("LOCATION FILE [RECORDS]");
    let records = arguments.next().map_or(usize::MAX, |number| number.parse().expect("a number"));
    let all: Vec<_> = arxiv::records(&path).take(records).collect();
    let raw: usize = all.iter().map(|incoming| incoming.raw.len()).sum();
    println!("{} records, {} bytes each as received", all.len(), raw / all.len());

    let catalogue = Catalogue::open(&location, Access::ReadWrite).expect("a catalogue");
    for pass in ["fresh", "unchanged"] {
        let (began, cpu) = (Instant::now(), cpu_seconds());
        for batch in all.chunks(BATCH) {
            catalogue.accept(batch, &[]).expect("accepted");
        }
        let seconds = began.elapsed().as_secs_f64();
        let cpu = cpu_seconds() - cpu;
        println!(
            "{pass}: {:.0} records/s, {:.0} a second of this process's CPU",
            all.len() as f64 / seconds,
            all.len() as f64 / cpu
        );
    }
    let papers = catalogue.counts().expect("counts").papers;

    let began = Instant::now();
    let (mut at, mut read) = (Sequence(0), 0);
    loop {
        let changes = catalogue.changes(at, BATCH).expect("changes");
        let Some(last) = changes.last() else { break };
        at = last.sequence;
        let ids: Vec<PaperId> = changes.iter().map(|change| change.id).collect();
        read += catalogue.papers(&ids).expect("papers").iter().flatten().count();
    }
    println!("followed: {:.0} papers/s", read as f64 / began.elapsed().as_secs_f64());

    let began = Instant::now();
    if let Some(day) = catalogue.day_at_or_before(None).expect("a day") {
        let month = paper::Day::from_number(day.number() - 30).expect("a day");
        let entries = catalogue.edition(month, day).expect("an edition");
        let ids: Vec<PaperId> = entries.iter().take(50).map(|entry| entry.id).collect();
        let edition = began.elapsed();
        let began = Instant::now();
        catalogue.papers(&ids).expect("papers");
        println!(
            "an edition of a month: {} entries in {edition:?}, 50 papers in {:?}",
            entries.len(),
            began.elapsed()
        );
    }
    drop(catalogue);
    if let Location::Sqlite(path) = &location {
        let bytes = std::fs::metadata(path).expect("a file").len();
        println!("{papers} papers, {} bytes each", bytes / papers.max(1));
    }
}

/// The CPU that this process has used so far, all threads; firmer than the clock on a machine that others use too.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    // Linux counts in hundredths on every architecture that matters here.
    ticks.sum::<f64>() / 100.0
}
