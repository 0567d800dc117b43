//! How fast texts are encoded and rows scanned, and how much the two-stage scan misses.
//!
//! ```text
//! cargo run --release -p broadsheet-learn --example scan_bench -- papers.tsv queries.txt
//! ```
//!
//! `papers.tsv`: a title, a tab, an abstract a line. `queries.txt`: a query a line. Prints Markdown tables.
#![allow(clippy::print_stdout)]

use std::collections::HashSet;
use std::time::{Duration, Instant};

use learn::embedding::{Model, Scratch};
use learn::moments::Moments;
use learn::quantize::{Int8Vector, sign_code};
use learn::scan::{Bitset, Query, Rows, ScanScratch};

/// Processor time of this thread where Linux tells it (to a few milliseconds): other load then does not count.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// Rows of the timed scans; the papers are repeated to fill them.
const TIMED_ROWS: usize = 330_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(papers), Some(queries)) = (arguments.next(), arguments.next()) else {
        return Err("two files are wanted: papers.tsv and queries.txt".into());
    };
    let (papers, queries) = (std::fs::read_to_string(papers)?, std::fs::read_to_string(queries)?);
    let papers: Vec<(&str, &str)> = papers.lines().filter_map(|line| line.split_once('\t')).collect();

    let start = Instant::now();
    let model = Model::shipped();
    println!("model read in {:?}, {} tokens\n", start.elapsed(), model.tokens());

    let mut scratch = Scratch::default();
    let mut floats: Vec<Vec<f32>> = Vec::with_capacity(papers.len());
    let (start, before) = (Instant::now(), processor_time());
    for (title, text) in &papers {
        floats.extend(model.encode_paper(title, text, &mut scratch).map(<[f32]>::to_vec));
    }
    let rate = |time: Duration| papers.len() as f64 / time.as_secs_f64();
    println!("{} papers encoded, {:.0} a second by the clock", papers.len(), rate(start.elapsed()));
    if let (Some(before), Some(after)) = (before, processor_time()) {
        println!("{:.0} a second of processor time", rate(after - before));
    }
    println!();

    let mut moments = Moments::new(model.dims());
    let sample = floats.iter().step_by(10);
    let start = Instant::now();
    sample.clone().for_each(|vector| moments.add(vector));
    println!("{:?} a vector added to the moments", start.elapsed() / sample.len() as u32);

    let queries: Vec<Vec<f32>> =
        queries.lines().filter_map(|query| model.encode(query, &mut scratch).map(<[f32]>::to_vec)).collect();
    let start = Instant::now();
    let total: f64 = queries.iter().filter_map(|q| moments.similarity(q)).map(|s| s.deviation).sum();
    let each = start.elapsed() / queries.len() as u32;
    println!("{each:?} a query's mean and deviation (mean deviation {:.4})\n", total / queries.len() as f64);

    recall(&floats, &queries, model.dims());
    speed(&floats, &queries, model.dims());
    Ok(())
}

struct Store {
    codes: Vec<u8>,
    vectors: Vec<u8>,
    scales: Vec<u8>,
}

impl Store {
    fn new<'a>(vectors: impl Iterator<Item = &'a Vec<f32>>) -> Self {
        let mut made = Store { codes: vec![], vectors: vec![], scales: vec![] };
        for vector in vectors {
            let stored = Int8Vector::new(vector);
            made.codes.extend(sign_code(vector));
            made.vectors.extend(stored.bytes());
            made.scales.extend(stored.scale().to_le_bytes());
        }
        made
    }
}

/// The share of the ten truly nearest (by floats) that a scan finds.
fn recall(floats: &[Vec<f32>], queries: &[Vec<f32>], dims: usize) {
    let store = Store::new(floats.iter());
    let Ok(rows) = Rows::new(dims, &store.codes, &store.vectors, &store.scales) else { return };
    let truth: Vec<HashSet<u32>> = queries.iter().map(|query| nearest_floats(floats, query)).collect();
    let share = |find: &mut dyn FnMut(&Query) -> Vec<learn::scan::Hit>| {
        let found: usize = queries
            .iter()
            .zip(&truth)
            .map(|(q, truth)| find(&Query::new(q)).iter().filter(|hit| truth.contains(&hit.row)).count())
            .sum();
        found as f64 / truth.iter().map(HashSet::len).sum::<usize>() as f64
    };
    let mut scratch = ScanScratch::default();
    println!("| recall@10, {} rows, {} queries | |\n|---|---|", rows.len(), queries.len());
    println!("| exact int8 | {:.4} |", share(&mut |q| rows.exact(q, None, 10)));
    for candidates in [100, 200, 500, 1000, 2000, 3000, 5000, 10_000] {
        println!(
            "| {candidates} candidates | {:.4} |",
            share(&mut |q| rows.two_stage(q, None, 10, candidates, &mut scratch))
        );
    }
    println!();
}

fn nearest_floats(floats: &[Vec<f32>], query: &[f32]) -> HashSet<u32> {
    let score = |v: &Vec<f32>| v.iter().zip(query).map(|(a, b)| a * b).sum::<f32>();
    let mut scored: Vec<(f32, u32)> = floats.iter().map(score).zip(0..).collect();
    scored.select_nth_unstable_by(10, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored[..10].iter().map(|&(_, row)| row).collect()
}

fn speed(floats: &[Vec<f32>], queries: &[Vec<f32>], dims: usize) {
    let store = Store::new(floats.iter().cycle().take(TIMED_ROWS));
    let Ok(rows) = Rows::new(dims, &store.codes, &store.vectors, &store.scales) else { return };
    let queries: Vec<Query> = queries.iter().take(100).map(|q| Query::new(q)).collect();
    let mut scratch = ScanScratch::default();
    let third: Bitset =
        (0..TIMED_ROWS as u32).filter(|row| row.wrapping_mul(2_654_435_761) % 3 == 0).collect();
    let tail: Bitset = (TIMED_ROWS as u32 - 5000..TIMED_ROWS as u32).collect();
    println!(
        "| {TIMED_ROWS} rows, k = 50, one thread | best | median | processor, mean |\n|---|---|---|---|"
    );
    let line = |name: &str, find: &mut dyn FnMut(&Query) -> usize| {
        let before = processor_time();
        let mut times: Vec<Duration> = queries
            .iter()
            .map(|query| {
                let start = Instant::now();
                std::hint::black_box(find(query));
                start.elapsed()
            })
            .collect();
        let spent =
            before.zip(processor_time()).map(|(before, after)| (after - before) / queries.len() as u32);
        times.sort();
        let (best, median, spent) = (times[0], times[times.len() / 2], spent.unwrap_or_default());
        println!("| {name} | {best:?} | {median:?} | {spent:?} |");
    };
    line("exact", &mut |q| rows.exact(q, None, 50).len());
    for candidates in [500, 1000, 2000, 5000] {
        line(&format!("two stages, {candidates} candidates"), &mut |q| {
            rows.two_stage(q, None, 50, candidates, &mut scratch).len()
        });
    }
    line("two stages, 1000 candidates, a third allowed", &mut |q| {
        rows.two_stage(q, Some(&third), 50, 1000, &mut scratch).len()
    });
    line("exact, a third allowed", &mut |q| rows.exact(q, Some(&third), 50).len());
    line("nearest, 5000 rows allowed", &mut |q| rows.nearest(q, Some(&tail), 50, 1000, &mut scratch).len());
}
