//! Announcements of arXiv by its listing pages: today's by `/list/…/new`, those of a missed day by `/catchup/…`.
//!
//! A listing says how many entries it has. All of them are delivered with the day that the page itself names, never the
//! day on which it was fetched; a page that does not hold what its headings say is taken for a failure, not for a
//! quiet day. What is remembered of a category ([`Memory`]) is what the state of a day is told from.

use super::Addresses;
use crate::ask::World;
use crate::fetch::Url;
use crate::run::{Failure, Run};
use catalogue::{Announced, Catalogue, Delivery, Incoming, Lease, Problem, Progress, Stated};
use formats::Item;
use formats::listing::{self, Listing, Verdict};
use jiff::Timestamp;
use paper::{Day, Source};
use serde::{Deserialize, Serialize};

/// Items that arXiv shows on one page at most.
const PAGE_ITEMS: u32 = 2_000;

/// A listing has at most so many pages: twenty times the largest day of all of arXiv.
const PAGES_MAX: u32 = 40;

/// How far back a missed day can be asked for.
pub const CATCH_UP_DAYS: i32 = 90;

/// What is remembered of a category.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The day of the latest listing that arXiv showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shows: Option<Day>,
    /// When it last answered as it should.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
    /// Since when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Timestamp>,
    /// The latest day up to which no announcement day was missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<Day>,
    /// How often in a row it showed nothing.
    #[serde(default)]
    pub nothing: u32,
}

impl Memory {
    /// The part of the source under which a category is remembered.
    pub fn part(category: &str) -> String {
        format!("listing/{category}")
    }

    /// What the catalogue remembers of a category.
    ///
    /// # Errors
    /// If the catalogue cannot be read, or what it holds was not written by this program.
    pub fn of(catalogue: &Catalogue, category: &str) -> Result<Memory, Failure> {
        let part = Memory::part(category);
        let Some(value) = catalogue.progress("arxiv", &part)? else { return Ok(Memory::default()) };
        serde_json::from_str(&value).map_err(|error| Failure::Memory { part, reason: error.to_string() })
    }

    fn progress(&self, category: &str) -> Progress {
        let value = serde_json::to_string(self).ok();
        Progress { source: "arxiv".to_string(), part: Memory::part(category), value }
    }
}

/// Which listing to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that is shown now.
    Latest,
    /// That of a day at most [`CATCH_UP_DAYS`] back.
    Of(Day),
}

/// What a listing turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It carries this day, and all its entries are taken in.
    Day(Day),
    /// It says that there is nothing. That may be so, or arXiv may not be done yet: nothing is taken for granted.
    Nothing,
}

/// Takes it for granted that a category has no entries on a day.
///
/// # Errors
/// If the catalogue fails.
pub fn take_for_empty(
    catalogue: &Catalogue,
    category: &str,
    day: Day,
    lease: Option<&Lease>,
) -> Result<(), Failure> {
    let category = paper::category::canonical(category).to_string();
    let stated = [Stated { source: Source::Arxiv, category, day, entries: 0 }];
    catalogue.deliver(&Delivery { stated: &stated, lease, ..Delivery::default() })?;
    Ok(())
}

/// Remembers that no announcement day up to this one was missed.
///
/// # Errors
/// If the catalogue fails.
pub fn reach(catalogue: &Catalogue, category: &str, day: Day, lease: Option<&Lease>) -> Result<(), Failure> {
    let mut memory = Memory::of(catalogue, category)?;
    memory.reached = memory.reached.max(Some(day));
    catalogue.deliver(&Delivery { progress: &[memory.progress(category)], lease, ..Delivery::default() })?;
    Ok(())
}

/// Takes in one listing of a category, all its pages.
///
/// # Errors
/// If the source or the catalogue fails. That it fails is remembered, with the time.
pub fn harvest(
    world: &World<'_>,
    catalogue: &Catalogue,
    addresses: &Addresses,
    category: &str,
    which: Which,
    lease: Option<&Lease>,
    run: &mut Run,
) -> Result<Taken, Failure> {
    let mut memory = Memory::of(catalogue, category)?;
    let taken = pages(world, catalogue, addresses, category, which, lease, run);
    let now = world.clock.now();
    match &taken {
        Ok(taken) => {
            memory.answered = Some(now);
            memory.failing = None;
            match *taken {
                Taken::Nothing => memory.nothing += 1,
                Taken::Day(day) => {
                    memory.nothing = 0;
                    if which == Which::Latest {
                        memory.shows = Some(day);
                    }
                }
            }
        }
        Err(failure) if failure.is_stop() => return taken,
        Err(_) => memory.failing = memory.failing.or(Some(now)),
    }
    catalogue.deliver(&Delivery { progress: &[memory.progress(category)], lease, ..Delivery::default() })?;
    taken
}

fn pages(
    world: &World<'_>,
    catalogue: &Catalogue,
    addresses: &Addresses,
    category: &str,
    which: Which,
    lease: Option<&Lease>,
    run: &mut Run,
) -> Result<Taken, Failure> {
    let (mut seen, mut number) = (0, 0);
    loop {
        let address = address(addresses, category, which, number);
        crate::work::renew(world, catalogue, lease)?;
        let url =
            Url::parse(&address).map_err(|error| Failure::Asking(crate::ask::Error::Fetch(error.into())))?;
        let page = world.ask(&addresses.politeness(), url, "text/html")?;
        let failed = |reason: String| Failure::Answer { place: address.clone(), reason };
        let listing =
            listing::read(&page.bytes, &address, category).map_err(|error| failed(error.to_string()))?;
        let (shown, of) = match listing.verdict() {
            Verdict::Broken { reason } => return Err(failed(reason)),
            Verdict::Quiet => return Ok(Taken::Nothing),
            Verdict::Whole { entries } => (entries, entries),
            Verdict::Part { shown, of } => (shown, of),
        };
        let named = listing.day.or_else(|| listing.sections.first().map(|section| section.day));
        let Some(day) = named else { return Err(failed("it does not say which day it is of".to_string())) };
        if let Which::Of(asked) = which
            && day != asked
        {
            return Err(failed(format!("it carries {day}, not the {asked} that was asked for")));
        }
        let accepted = deliver(catalogue, category, &listing, day, of, lease)?;
        run.add(accepted);
        seen += shown;
        number += 1;
        if seen >= of {
            return Ok(Taken::Day(day));
        }
        if shown == 0 || number >= PAGES_MAX {
            return Err(failed(format!("it shows {seen} of {of} entries and no more")));
        }
    }
}

fn address(addresses: &Addresses, category: &str, which: Which, number: u32) -> String {
    let site = &addresses.site;
    match which {
        Which::Latest => {
            format!("{site}/list/{category}/new?skip={}&show={PAGE_ITEMS}", number * PAGE_ITEMS)
        }
        Which::Of(day) => format!("{site}/catchup/{category}/{day}?abs=True&page={}", number + 1),
    }
}

fn deliver(
    catalogue: &Catalogue,
    category: &str,
    listing: &Listing,
    day: Day,
    of: u32,
    lease: Option<&Lease>,
) -> Result<catalogue::Accepted, Failure> {
    let category = paper::category::canonical(category);
    let records: Vec<Incoming> = listing
        .items()
        .map(|listed| Incoming { record: (*listed.record).clone(), raw: listed.raw.clone() })
        .collect();
    let announced: Vec<Announced> = listing
        .sections
        .iter()
        .flat_map(|section| section.items.iter().map(move |listed| (section.day, listed)))
        .map(|(day, listed)| Announced {
            source: Source::Arxiv,
            category: category.to_string(),
            day,
            node: listed.identity.clone(),
            kind: listed.kind,
        })
        .collect();
    let problems: Vec<Problem> = listing
        .sections
        .iter()
        .flat_map(|section| &section.problems)
        .filter_map(|item| match item {
            Item::Problem { place, reason, raw } => {
                Some(Problem { place: place.to_string(), reason: reason.clone(), raw: raw.clone() })
            }
            _ => None,
        })
        .collect();
    let stated = [Stated { source: Source::Arxiv, category: category.to_string(), day, entries: of }];
    Ok(catalogue.deliver(&Delivery {
        records: &records,
        problems: &problems,
        announced: &announced,
        stated: &stated,
        lease,
        ..Delivery::default()
    })?)
}
