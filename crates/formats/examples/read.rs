//! Reads files and prints what is in them and how fast: `cargo run --release --example read -- FILE…`.
#![allow(clippy::print_stdout)]

use formats::Item;
use std::fs::File;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let (mut records, mut problems, mut volumes, mut bytes) = (0u64, 0u64, 0u64, 0usize);
        let mut authors = 0usize;
        let start = Instant::now();
        for item in formats::read(Box::new(File::open(&path)?), &path, None)? {
            match item? {
                Item::Record { raw, record, .. } => {
                    records += 1;
                    bytes += raw.len();
                    authors += record.authors.len();
                }
                Item::Problem { place, reason, .. } => {
                    problems += 1;
                    if problems <= 20 {
                        println!("{place}: {reason}");
                    }
                }
                Item::Volume(_) => volumes += 1,
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{path}: {records} records, {authors} authors, {volumes} volumes, {problems} problems, {} MB, \
             {seconds:.2} s, {:.0} records/s",
            bytes / 1_000_000,
            records as f64 / seconds
        );
    }
    Ok(())
}
