//! How fast records of OAI-PMH reach the catalogue, and how much memory that takes, without any waiting:
//!
//! ```sh
//! cargo run --release -p broadsheet-testkit --example fake_arxiv -- --papers 1000000   # prints its address
//! cargo run --release -p broadsheet-harvest --example throughput -- http://127.0.0.1:PORT DIRECTORY
//! ```

#![allow(clippy::print_stdout, reason = "figures are what it is run for")]

use catalogue::{Access, Catalogue, Location};
use harvest::CatalogueGates;
use harvest::arxiv::Addresses;
use harvest::arxiv::oai::{Order, harvest};
use harvest::ask::World;
use harvest::clock::ManualClock;
use harvest::fetch::{Door, Settings};
use std::error::Error;
use std::time::Instant;

/// Pages between two lines.
const PAGES_A_LINE: u64 = 40;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, directory] = arguments.as_slice() else {
        return Err("give an address and a directory".into());
    };
    let catalogue =
        Catalogue::open(&Location::parse(&format!("{directory}/catalogue.db")), Access::ReadWrite)?;
    let host = address.trim_start_matches("http://");
    let door = Door::new(Settings { contact: "owner@example.org".parse()?, allowed: vec![host.parse()?] });
    let gates = CatalogueGates::new(catalogue.clone());
    let clock = ManualClock::new(jiff::Timestamp::now());
    let asking = World { door: &door, gates: &gates, clock: &clock, who: "throughput" };
    let addresses = Addresses { oai: format!("{address}/oai"), ..Addresses::default() };
    let started = Instant::now();
    let order = Order { set: "cs", from: None, lease: None };
    let mut shown = 0;
    let run = harvest(&asking, &catalogue, &addresses, &order, &mut |run| {
        if run.pages >= shown + PAGES_A_LINE {
            shown = run.pages;
            let seconds = started.elapsed().as_secs_f64();
            let records = run.accepted.new + run.accepted.changed + run.accepted.unchanged;
            println!("{records} records, {:.0} a second, {}", records as f64 / seconds, memory());
        }
    })?;
    let (seconds, records) = (started.elapsed().as_secs_f64(), run.accepted.new);
    println!(
        "{records} new records in {seconds:.1} s, {:.0} a second, {}",
        records as f64 / seconds,
        memory()
    );
    Ok(())
}

/// Resident memory now and at most, as the system tells it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
    };
    format!("{} MiB now, {} MiB at most", of("VmRSS:"), of("VmHWM:"))
}
