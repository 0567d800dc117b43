//! Commands that show: `search`, `paper`, `edition`.

use crate::cli;
use crate::config::Config;
use crate::output;
use crate::place::Place;
use anyhow::{Context, Result, anyhow, bail};
use catalogue::{Catalogue, Found, PaperId, Stored};
use edition::Period;
use paper::Identity;
use paper::join::{Decision, Reason};
use search::{Index, Request, Searcher};
use serde_json::json;
use std::process::ExitCode;

pub(crate) fn search(config: &Config, arguments: &cli::Search) -> Result<ExitCode> {
    let place = Place::of(config)?;
    let catalogue = place.existing()?;
    let index = open_index(&place, &catalogue)?;
    let answer = index.search(&Request {
        text: arguments.query.join(" "),
        engine: arguments.engine.into(),
        offset: 0,
        limit: arguments.limit,
        facets: false,
    })?;
    let ids: Vec<PaperId> = answer.hits.iter().map(|hit| hit.id).collect();
    let papers = catalogue.papers(&ids)?;
    let found: Vec<(&search::Hit, &Stored)> = answer
        .hits
        .iter()
        .zip(&papers)
        .filter_map(|(hit, stored)| stored.as_ref().map(|stored| (hit, stored)))
        .collect();
    if arguments.json.json {
        let hits: Vec<_> = found
            .iter()
            .map(|(hit, stored)| json!({"address": stored.paper.address, "score": hit.score, "words": hit.words, "meaning": hit.meaning, "title": stored.paper.plain_title(), "paper": stored.paper}))
            .collect();
        output::json(
            &json!({"matches": answer.matches, "matches_all": answer.matches_all, "nearest": answer.nearest, "notes": answer.notes, "hits": hits}),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    for note in &answer.notes {
        output::line(format!("Note: {note}"))?;
    }
    if let Some(progress) = &answer.building {
        output::line(format!(
            "The index is still being built ({} papers so far): more may match.",
            progress.papers
        ))?;
    }
    output::line(format!(
        "{} papers match by words, {} of them with every word.\n",
        answer.matches, answer.matches_all
    ))?;
    for (at, (_, stored)) in found.iter().enumerate() {
        line_of(at + 1, stored)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The index, brought up to date first if nobody else does it.
pub(crate) fn open_index(place: &Place, catalogue: &Catalogue) -> Result<Index> {
    if let Some(mut indexer) = Index::indexer(&place.index())? {
        indexer.catch_up(catalogue, &std::sync::atomic::AtomicBool::new(false), &mut |_| {})?;
    }
    Ok(Index::open(&place.index())?)
}

fn line_of(rank: usize, stored: &Stored) -> Result<()> {
    let paper = &stored.paper;
    let authors = match (paper.authors.first(), paper.authors.len()) {
        (None, _) if paper.author_count > 0 => format!("{} authors", paper.author_count),
        (None, _) => String::new(),
        (Some(first), 1) => first.name.clone(),
        (Some(first), count) => format!("{} +{}", first.name, count - 1),
    };
    let date = paper.published.map(|date| date.to_string()).unwrap_or_default();
    let facts: Vec<&str> = [authors.as_str(), &date, paper.primary_category().unwrap_or(""), &paper.address]
        .into_iter()
        .filter(|fact| !fact.is_empty())
        .collect();
    output::line(format!("{rank:>3}. {}\n     {}", paper.plain_title(), facts.join(" · ")))
}

fn stored(catalogue: &Catalogue, id: &str) -> Result<Stored> {
    match catalogue.find(id)? {
        Some(Found::Here(stored)) => Ok(*stored),
        Some(Found::Moved(address)) => match catalogue.find(&address)? {
            Some(Found::Here(stored)) => Ok(*stored),
            _ => Err(anyhow!(
                "{id} moved to {address}, which leads nowhere: `broadsheet doctor` checks the catalogue"
            )),
        },
        None => Err(anyhow!(
            "the catalogue has no paper {id}: `broadsheet search {id}` looks for it in titles and abstracts"
        )),
    }
}

pub(crate) fn paper(config: &Config, arguments: &cli::Paper) -> Result<ExitCode> {
    let place = Place::of(config)?;
    match &arguments.action {
        Some(cli::PaperAction::Split { one, other, note }) => return decide(&place, one, other, false, note),
        Some(cli::PaperAction::Join { one, other, note }) => return decide(&place, one, other, true, note),
        None => {}
    }
    let catalogue = place.existing()?;
    let id = arguments.id.as_deref().unwrap_or_default();
    let stored = stored(&catalogue, id)?;
    let paper = &stored.paper;
    if arguments.why {
        return why(&catalogue, &stored, arguments.json.json);
    }
    if arguments.json.json {
        output::json(paper)?;
    } else if arguments.bibtex {
        output::line(formats::bibtex::entry(paper))?;
    } else {
        output::line(formats::markdown::paper(paper))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn why(catalogue: &Catalogue, stored: &Stored, as_json: bool) -> Result<ExitCode> {
    let explanation = catalogue.explain(stored.id)?.context("the paper went away meanwhile")?;
    if as_json {
        output::json(
            &json!({"address": stored.paper.address, "records": explanation.records, "joins": explanation.joins, "perhaps": explanation.perhaps}),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format!("{} is made of:", stored.paper.address))?;
    for record in &explanation.records {
        let version =
            if record.stamp.version > 0 { format!(" v{}", record.stamp.version) } else { String::new() };
        output::line(format!(
            "  {} by {}{version} {}: {}",
            record.node(),
            record.source.title(),
            record.stamp.time,
            record.title
        ))?;
    }
    for join in &explanation.joins {
        let reason = match &join.reason {
            Reason::Identity { identity } => format!("both state {identity}"),
            Reason::Work => "same title and first author, at most a year apart".to_string(),
            Reason::Editor => "an editor said so".to_string(),
        };
        output::line(format!("  {} = {}: {reason}", join.one, join.other))?;
    }
    for address in &explanation.perhaps {
        output::line(format!("  perhaps the same: {address} (`broadsheet paper join` makes them one)"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn decide(place: &Place, one: &str, other: &str, same: bool, note: &str) -> Result<ExitCode> {
    let catalogue = place.catalogue()?;
    let identity = |text: &str| -> Result<Identity> {
        let identity = Identity::from_words(text).or_else(|| Identity::from_canonical(text));
        let identity = match identity {
            Some(identity) => Some(identity),
            None => catalogue.find(text)?.and_then(|found| match found {
                Found::Here(stored) => stored.paper.identities.first().cloned(),
                Found::Moved(_) => None,
            }),
        };
        identity.with_context(|| format!("{text} is no id that the catalogue knows"))
    };
    let (one, other) = (identity(one)?, identity(other)?);
    if one == other {
        bail!("{one} and {other} are one id");
    }
    catalogue.decide(&Decision { one: one.clone(), other: other.clone(), same }, note)?;
    output::line(format!(
        "{one} and {other} are {}.",
        if same { "one paper now" } else { "two papers now" }
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn edition(config: &Config, arguments: &cli::Edition) -> Result<ExitCode> {
    let catalogue = Place::of(config)?.existing()?;
    let period = match &arguments.period {
        Some(text) => text.parse::<Period>()?,
        None => Period::Day(
            catalogue
                .day_at_or_before(None)?
                .context("no day has papers yet: `broadsheet import FILE` brings some")?,
        ),
    };
    let entries = catalogue.edition(period.first(), period.last())?;
    let features: Vec<edition::Features> =
        entries.iter().map(|entry| server::features(entry, period.last())).collect();
    let ranked = edition::rank(&features);
    let ids: Vec<PaperId> =
        ranked.iter().take(arguments.limit).map(|ranked| entries[ranked.index].id).collect();
    let papers = catalogue.papers(&ids)?;
    if arguments.json.json {
        let rows: Vec<_> = ranked
            .iter()
            .zip(&papers)
            .filter_map(|(ranked, stored)| Some(json!({"score": ranked.score, "reason": ranked.score.reason(&features[ranked.index]), "title": stored.as_ref()?.paper.plain_title(), "paper": stored.as_ref()?.paper})))
            .collect();
        output::json(&json!({"period": period.to_string(), "papers": entries.len(), "entries": rows}))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format!("{}: {} papers\n", period.title(), entries.len()))?;
    for (at, (ranked, stored)) in ranked.iter().zip(&papers).enumerate() {
        if let Some(stored) = stored {
            line_of(at + 1, stored)?;
            output::line(format!("     {}", ranked.score.reason(&features[ranked.index])))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
