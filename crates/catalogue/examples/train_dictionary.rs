//! Trains the dictionary for stored bodies: `cargo run --release --example train_dictionary -- OUT FILE…`, where each file
//! is arXiv metadata (CC0), one JSON object a line, `.zst`. A dictionary that was shipped is never replaced: a better one
//! gets the next number and its own format byte.

#![allow(clippy::print_stdout, reason = "a command")]

mod arxiv;

/// Bytes of the dictionary: each connection and thread holds one, and twice the size gains 1 %.
const DICTIONARY_BYTES: usize = 64 * 1024;
/// One record of this many is a sample.
const EVERY: usize = 20;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().expect("OUT FILE…");
    let mut samples: Vec<Vec<u8>> = Vec::new();
    let mut held_out: Vec<Vec<u8>> = Vec::new();
    for path in arguments {
        for (at, incoming) in arxiv::records(&path).enumerate() {
            let parsed = serde_json::to_vec(&incoming.record).expect("a record is JSON");
            let paper = paper::merge::merge(std::slice::from_ref(&incoming.record)).expect("one record");
            let paper = serde_json::to_vec(&paper).expect("a paper is JSON");
            let record = [&(parsed.len() as u32).to_le_bytes(), parsed.as_slice(), &incoming.raw].concat();
            match at % EVERY {
                0 => samples.push(record),
                1 => samples.push(paper),
                2 => held_out.extend([record, paper]),
                _ => {}
            }
        }
    }
    let dictionary = zstd::dict::from_samples(&samples, DICTIONARY_BYTES).expect("enough samples");
    let mut with = zstd::bulk::Compressor::with_dictionary(3, &dictionary).expect("a compressor");
    let mut without = zstd::bulk::Compressor::new(3).expect("a compressor");
    let size = |compressor: &mut zstd::bulk::Compressor<'_>| -> usize {
        held_out.iter().map(|body| compressor.compress(body).expect("compressed").len()).sum()
    };
    let plain: usize = held_out.iter().map(Vec::len).sum();
    println!(
        "{} samples, {} bytes of dictionary; held out: {plain} bytes, {} without, {} with the dictionary",
        samples.len(),
        dictionary.len(),
        size(&mut without),
        size(&mut with)
    );
    std::fs::write(&out, dictionary).unwrap_or_else(|error| panic!("{out}: {error}"));
}
