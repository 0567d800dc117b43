//! Serves the fake arXiv for foreign clients: `cargo run -p broadsheet-testkit --example fake_arxiv`.
//!
//! Prints its address and what it holds as one line of JSON, and ends when its standard input ends. `--papers N` serves so
//! many made papers of computer science on pages of arXiv's size, and prints the address alone.

#![allow(clippy::print_stdout, reason = "the line is what it is run for")]

use jiff::civil::date;
use std::io::Read;
use testkit::world::{FakeArxiv, Manners, Script, TokenForm, World, weekdays};

/// Days of a large world.
const DAYS: usize = 230;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--papers") {
        let count = arguments.get(at + 1).and_then(|count| count.parse::<usize>().ok());
        return large(count.ok_or_else(|| std::io::Error::other("--papers needs a number"))?);
    }
    let world = World::new(Script::new(7, weekdays(date(2026, 10, 26), date(2026, 11, 20), &[]), 40));
    let now = date(2026, 11, 20)
        .at(12, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_err(std::io::Error::other)?;
    let now = now.timestamp();
    let told = |world: &World| {
        let papers: Vec<_> =
            world.papers().iter().filter_map(|paper| world.paper_at(&paper.id, now)).collect();
        let list = papers.iter().map(|paper| {
            serde_json::json!({
                "id": paper.paper.id,
                "title": paper.title(),
                "versions": paper.versions.len(),
                "categories": paper.categories,
                "withdrawn": paper.withdrawn,
                "modified": paper.modified.to_string(),
            })
        });
        serde_json::Value::from_iter(list)
    };
    let papers = told(&world);
    let fake = FakeArxiv::start(world, now);
    let token_form = match std::env::args().any(|argument| argument == "--no-last-token") {
        true => TokenForm::None,
        false => TokenForm::Empty,
    };
    fake.set_manners(Manners { page_records: 100, page_identifiers: 150, token_form, ..Manners::default() });
    println!("{}", serde_json::json!({ "url": fake.url(""), "papers": papers }));
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn large(papers: usize) -> std::io::Result<()> {
    let mut days = weekdays(date(2026, 1, 2), date(2026, 12, 31), &[]);
    days.truncate(DAYS);
    let last = days[days.len() - 1];
    let mut script = Script::new(7, days, papers / DAYS);
    script.pool.0.iter_mut().for_each(|text| text.categories = vec!["cs.LG".to_owned()]);
    let now = last.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).map_err(std::io::Error::other)?;
    let fake = FakeArxiv::start(World::new(script), now.timestamp());
    fake.set_manners(Manners { caches: false, ..Manners::default() });
    println!("{}", fake.url(""));
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
