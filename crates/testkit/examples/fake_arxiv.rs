//! Serves the fake arXiv for foreign clients: `cargo run -p broadsheet-testkit --example fake_arxiv`.
//!
//! Prints its address and what it holds as one line of JSON, and ends when its standard input ends.

#![allow(clippy::print_stdout, reason = "the line is what it is run for")]

use jiff::civil::date;
use std::io::Read;
use testkit::world::{FakeArxiv, Manners, Script, TokenForm, World, weekdays};

fn main() -> std::io::Result<()> {
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
