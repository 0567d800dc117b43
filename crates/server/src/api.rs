//! The API in the shape of Hugging Face's, so that its clients can read this site.

use crate::address;
use crate::answer::{Answer, Media, Page, Refusal};
use crate::ask::Ask;
use crate::caching::Policy;
use crate::house::House;
use crate::rooms::{self, Ordering};
use catalogue::{PaperId, Stored};
use edition::Period;
use http::{HeaderName, HeaderValue, header};
use paper::Day;
use std::str::FromStr;

/// Items on a page of the daily list: the other's default and limit.
const ITEMS_DEFAULT: usize = 50;
const ITEMS_MAX: usize = 100;
/// Hits of a search: the other's default and limit.
const HITS_DEFAULT: usize = 20;
const HITS_MAX: usize = 120;
/// Characters of a search: the other's limit.
const QUERY_CHARACTERS_MAX: usize = 250;

/// `/api/daily_papers?date=…|week=…|month=…&sort=…&p=…&limit=…&submitter=…`.
pub(crate) fn daily_papers(house: &House, ask: &Ask) -> Answer {
    let limit = number(ask, "limit", ITEMS_DEFAULT, 1, ITEMS_MAX)?;
    let page = number(ask, "p", 0, 0, 10_000)?;
    let trending = match ask.parameter("sort") {
        None | Some("publishedAt") => false,
        Some("trending") => true,
        Some(_) => return Err(Refusal::BadRequest("sort is publishedAt or trending".into())),
    };
    let period = period(ask)?;
    let catalogue = &house.site.catalogue;
    let newest = catalogue.day_at_or_before(None)?;
    let order = match (period, newest) {
        (Some(period), _) => Some(house.order(Ordering::Edition(period))?),
        (None, Some(newest)) if trending => Some(house.order(Ordering::Trending(newest))?),
        // Without a day: the newest papers first, day after day.
        (None, Some(newest)) => return latest(house, ask, newest, page, limit),
        (None, None) => None,
    };
    let ids: Vec<(PaperId, Day)> = order
        .iter()
        .flat_map(|order| {
            order
                .ranked
                .iter()
                .map(|ranked| (order.entries[ranked.index].id, order.entries[ranked.index].day))
        })
        .collect();
    let answer = respond(house, ask, &ids, page, limit)?;
    let Some(Period::Day(day)) = period else { return Ok(answer) };
    Ok(match house.standing(day).and_then(|standing| header_of(&standing)) {
        Some(value) => answer.with_header(STANDING, value),
        None => answer,
    })
}

/// How the day stands that a list is of: a word and a sentence, e.g. `complete; "Complete: 446 of 446 announced"`.
const STANDING: HeaderName = HeaderName::from_static("broadsheet-standing");

fn header_of(standing: &crate::Standing) -> Option<HeaderValue> {
    let sentence: String = standing
        .sentence
        .chars()
        .filter(|c| (c.is_ascii_graphic() || *c == ' ') && !matches!(c, '"' | '\\'))
        .collect();
    HeaderValue::from_str(&format!("{}; \"{sentence}\"", standing.state)).ok()
}

/// Days that are walked back at most for the undated list.
const DAYS_BACK_MAX: usize = 400;

fn latest(house: &House, ask: &Ask, newest: Day, page: usize, limit: usize) -> Answer {
    let wanted = if ask.parameter("submitter").is_some() { usize::MAX } else { (page + 1) * limit + 1 };
    let mut ids = Vec::new();
    let mut day = Some(newest);
    for _ in 0..DAYS_BACK_MAX {
        let Some(this) = day else { break };
        if ids.len() >= wanted {
            break;
        }
        let order = house.order(Ordering::Edition(Period::Day(this)))?;
        ids.extend(order.ranked.iter().map(|ranked| (order.entries[ranked.index].id, this)));
        day = house.site.catalogue.day_before(this)?;
    }
    // A paper of two days is listed under its newest.
    let mut seen = std::collections::HashSet::new();
    ids.retain(|(id, _)| seen.insert(*id));
    respond(house, ask, &ids, page, limit)
}

/// Papers whose submitter is looked at for one request.
const SUBMITTERS_SEEN_MAX: usize = 20_000;
/// Papers read at once while looking.
const SUBMITTERS_STEP: usize = 500;

fn respond(house: &House, ask: &Ask, ids: &[(PaperId, Day)], page: usize, limit: usize) -> Answer {
    let offset = page.saturating_mul(limit);
    let (stored, more) = match ask.parameter("submitter") {
        None => {
            let chosen: Vec<_> = ids.iter().skip(offset).take(limit).map(|(id, _)| *id).collect();
            (house.papers(&chosen)?, ids.len() > offset.saturating_add(limit))
        }
        Some(name) => by_submitter(house, ids, name, offset, limit)?,
    };
    let days: std::collections::HashMap<PaperId, Day> = ids.iter().copied().collect();
    let items: Vec<_> =
        stored.iter().map(|stored| rooms::item(&stored.paper, days.get(&stored.id).copied())).collect();
    let json = Page::new(Media::Json, Policy::Public, serde_json::Value::from(items).to_string());
    if !more {
        return Ok(json);
    }
    let next = (page + 1).to_string();
    let mut parameters = vec![("p", next.as_str())];
    for name in ["limit", "sort", "date", "week", "month", "submitter"] {
        parameters.extend(ask.parameter(name).map(|value| (name, value)));
    }
    let link = format!(
        "<{}{}>; rel=\"next\"",
        ask.origin,
        address::with_parameters("/api/daily_papers", &parameters)
    );
    match HeaderValue::try_from(link) {
        Ok(link) => Ok(json.with_header(header::LINK, link)),
        Err(_) => Ok(json),
    }
}

fn by_submitter(
    house: &House,
    ids: &[(PaperId, Day)],
    name: &str,
    offset: usize,
    limit: usize,
) -> Result<(Vec<Stored>, bool), Refusal> {
    let mut theirs = Vec::new();
    let ids: Vec<PaperId> = ids.iter().take(SUBMITTERS_SEEN_MAX).map(|(id, _)| *id).collect();
    for step in ids.chunks(SUBMITTERS_STEP) {
        let papers = house.papers(step)?;
        theirs.extend(papers.into_iter().filter(|stored| stored.paper.submitter.as_deref() == Some(name)));
        if theirs.len() > offset.saturating_add(limit) {
            break;
        }
    }
    let more = theirs.len() > offset.saturating_add(limit);
    Ok((theirs.into_iter().skip(offset).take(limit).collect(), more))
}

/// `/api/papers/search?q=…&limit=…`.
pub(crate) fn search(house: &House, ask: &Ask) -> Answer {
    let limit = number(ask, "limit", HITS_DEFAULT, 1, HITS_MAX)?;
    let text = ask.parameter("q").unwrap_or("");
    if text.chars().nth(QUERY_CHARACTERS_MAX).is_some() {
        return Err(Refusal::BadRequest(format!("q has at most {QUERY_CHARACTERS_MAX} characters")));
    }
    let items = if text.is_empty() {
        Vec::new()
    } else {
        let results = house.site.search.search(&search::Request::new(text, limit))?;
        let ids: Vec<_> = results.hits.iter().map(|hit| hit.id).collect();
        house.papers(&ids)?.iter().map(|stored| rooms::item(&stored.paper, None)).collect()
    };
    Ok(Page::new(Media::Json, Policy::Public, serde_json::Value::from(items).to_string()))
}

/// `/api/papers/<id>`.
pub(crate) fn paper(house: &House, ask: &Ask) -> Answer {
    let stored = match house.paper_at(ask.after("/api/papers/")) {
        Err(Refusal::Moved { to, for_ever }) => {
            return Err(Refusal::Moved { to: format!("/api{to}"), for_ever });
        }
        other => other?,
    };
    let value = formats::huggingface::paper(&stored.paper);
    Ok(Page::new(Media::Json, Policy::Public, value.to_string()))
}

/// `/api/agent-harnesses`: clients ask this at every start and wait for the answer.
pub(crate) fn harnesses(_: &House, _: &Ask) -> Answer {
    Err(Refusal::NotFound(crate::answer::Missing {
        sentence: "no registry here".into(),
        ..Default::default()
    }))
}

fn number(ask: &Ask, name: &str, default: usize, min: usize, max: usize) -> Result<usize, Refusal> {
    let Some(text) = ask.parameter(name) else { return Ok(default) };
    match text.parse() {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(Refusal::BadRequest(format!("{name} is a number from {min} to {max}"))),
    }
}

/// The period that is asked for; `date` before `week` before `month`.
fn period(ask: &Ask) -> Result<Option<Period>, Refusal> {
    type Fits = fn(&Period) -> bool;
    let names: [(&str, Fits, &str); 3] = [
        ("date", |period| matches!(period, Period::Day(_)), "YYYY-MM-DD"),
        ("week", |period| matches!(period, Period::Week(_)), "YYYY-Www"),
        ("month", |period| matches!(period, Period::Month(_)), "YYYY-MM"),
    ];
    for (name, fits, form) in names {
        if let Some(text) = ask.parameter(name) {
            let read = Period::from_str(text).ok().filter(fits);
            return read.map(Some).ok_or_else(|| Refusal::BadRequest(format!("{name} is written {form}")));
        }
    }
    Ok(None)
}
