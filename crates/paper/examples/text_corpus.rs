//! Reads JSON lines with "title" and "abstract" from standard input, renders them, and prints what could not
//! be rendered and how fast it went.
//!
//! `zstd -dc arxiv.jsonl.zst | cargo run --release -p broadsheet-paper --example text_corpus`

use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use paper::text::report::CorpusReport;
use paper::text::{Kind, parse};

fn main() -> std::io::Result<()> {
    let mut report = CorpusReport::default();
    let mut reading = Duration::ZERO;
    let mut html = 0_usize;
    let mut html_time = Duration::ZERO;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let Ok(record) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
        let record = record.pointer("/item/paper").unwrap_or(&record);
        for (key, kind) in [("title", Kind::Title), ("abstract", Kind::Abstract), ("comments", Kind::Comment)]
        {
            let Some(raw) = record.get(key).and_then(serde_json::Value::as_str) else { continue };
            let start = Instant::now();
            let text = parse(raw, kind);
            let plain = text.plain();
            reading += start.elapsed();
            std::hint::black_box(plain);
            let start = Instant::now();
            html += text.html_blocks().len();
            html_time += start.elapsed();
            report.add(raw, &text);
        }
    }
    let mut out = std::io::stdout().lock();
    write!(out, "{report}")?;
    let rate = |time: Duration| report.bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9);
    writeln!(out, "reading to plain text  {:.1} MB/s", rate(reading))?;
    writeln!(out, "writing {html} bytes of HTML  {:.1} MB/s", rate(html_time))
}
