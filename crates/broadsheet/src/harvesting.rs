//! The harvest as it is configured: what it needs of the world, its tasks, and the thread that works through them while
//! serving.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use catalogue::Catalogue;
use edition::calendar::Calendar;
use harvest::CatalogueGates;
use harvest::arxiv::jobs::{Announcements, Records};
use harvest::arxiv::{Addresses, listing, oai};
use harvest::ask::World;
use harvest::clock::{Clock, Slept, Stop, SystemClock};
use harvest::fetch::{Contact, Door, Settings};
use harvest::huggingface::DailyPapers;
use harvest::work::{self, Task};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often it is looked whether a job is due.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);
/// How long to wait after the catalogue failed.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// What a harvest needs beyond the catalogue.
pub(crate) struct Outside {
    door: Door,
    gates: CatalogueGates,
    clock: SystemClock,
    who: String,
}

impl Outside {
    /// The world as the configuration allows it.
    pub(crate) fn new(config: &Config, catalogue: &Catalogue, stop: Stop) -> Result<Outside> {
        let Some(contact) = config.harvest_contact() else {
            bail!(
                "sources want to know whom to turn to: set harvest.contact to a mail address or an https:// page \
                 (BROADSHEET_HARVEST_CONTACT, or contact under [harvest] in broadsheet.toml)"
            );
        };
        let contact: Contact = contact.parse().context("harvest.contact")?;
        let allowed =
            config.harvest_allow().map(str::parse).collect::<Result<_, _>>().context("harvest.allow")?;
        let clock = SystemClock::new(stop);
        // A process number alone may come again soon after a restart.
        let who = format!("{} since {}", std::process::id(), clock.now());
        let door = Door::new(Settings { contact, allowed });
        Ok(Outside { door, gates: CatalogueGates::new(catalogue.clone()), clock, who })
    }

    /// As harvests take it.
    pub(crate) fn world(&self) -> World<'_> {
        World { door: &self.door, gates: &self.gates, clock: &self.clock, who: &self.who }
    }
}

/// arXiv's calendar with the configured days.
pub(crate) fn calendar(config: &Config) -> Result<Calendar> {
    let mut calendar = Calendar::arxiv();
    for day in config.harvest_holidays() {
        calendar.add(day, "as configured").context("harvest.holidays")?;
    }
    Ok(calendar)
}

/// Where arXiv is.
pub(crate) fn arxiv(config: &Config) -> Addresses {
    let (oai, site) = config.harvest_arxiv();
    Addresses { oai: oai.to_string(), site: site.to_string(), ..Addresses::default() }
}

/// Announcements of these categories.
pub(crate) fn announcements(config: &Config, categories: Vec<String>) -> Result<Announcements> {
    Ok(Announcements { addresses: arxiv(config), categories, calendar: calendar(config)? })
}

/// What has been silent for longer than its calendar allows, a sentence each.
pub(crate) fn silent(config: &Config, catalogue: &Catalogue) -> Result<Vec<String>> {
    let calendar = calendar(config)?;
    let now = jiff::Timestamp::now();
    // Today's listing may be late; the one before must be here.
    let expected = calendar.in_force(now).and_then(|day| calendar.previous(day));
    let mut silent = Vec::new();
    for category in config.harvest_categories() {
        let reached = listing::Memory::of(catalogue, &category)?.reached;
        if let Some(expected) = expected.filter(|expected| reached < Some(*expected)) {
            let since =
                reached.map_or("was never taken".to_string(), |day| format!("is complete to {day} only"));
            silent
                .push(format!("arXiv's announcements of {category}: {since}, and {expected} was announced"));
        }
    }
    for set in config.harvest_sets() {
        let memory = oai::Memory::of(catalogue, &set)?;
        if let Some(expected) = expected.filter(|expected| memory.reached < Some(*expected)) {
            let since = match (memory.reached, &memory.under_way) {
                (_, Some(under_way)) => format!("under way, {} records so far", under_way.records),
                (Some(day), None) => format!("taken up to {day} only"),
                (None, None) => "never taken".to_string(),
            };
            silent.push(format!("arXiv's records of {set}: {since}, and {expected} was announced"));
        }
    }
    if expected.is_some_and(|day| !calendar.knows(day)) {
        let year = calendar.runs_out();
        silent.push(format!(
            "arXiv's holidays are known to the end of {year} only: add newer ones to harvest.holidays"
        ));
    }
    Ok(silent)
}

/// What is done by itself.
fn tasks(config: &Config) -> Result<Vec<Box<dyn Task>>> {
    let mut tasks: Vec<Box<dyn Task>> = Vec::new();
    let categories = config.harvest_categories();
    if !categories.is_empty() {
        tasks.push(Box::new(announcements(config, categories)?));
    }
    let sets = config.harvest_sets();
    if !sets.is_empty() {
        let (addresses, calendar) = (arxiv(config), calendar(config)?);
        tasks.push(Box::new(Records { addresses, sets, calendar, since: config.harvest_since() }));
    }
    if let Some(address) = config.harvest_huggingface() {
        tasks.push(Box::new(DailyPapers { address: address.to_string() }));
    }
    Ok(tasks)
}

/// The thread that works.
pub(crate) struct Harvester {
    stop: Stop,
    thread: JoinHandle<()>,
}

impl Harvester {
    /// Starts to work, if there is anything to do.
    pub(crate) fn start(config: &Config, catalogue: &Catalogue) -> Result<Option<Harvester>> {
        let tasks = tasks(config)?;
        if tasks.is_empty() {
            return Ok(None);
        }
        let stop = Stop::default();
        let outside = Outside::new(config, catalogue, stop.clone())?;
        let catalogue = catalogue.clone();
        let thread = std::thread::Builder::new()
            .name("harvest".into())
            .spawn(move || work_on(&outside, &catalogue, &tasks))?;
        Ok(Some(Harvester { stop, thread }))
    }

    /// Stops after the request that is under way; what was delivered stays.
    pub(crate) fn stop(self) {
        self.stop.stop();
        if self.thread.join().is_err() {
            tracing::error!("the harvest thread ended by a fault in the program");
        }
    }
}

fn work_on(outside: &Outside, catalogue: &Catalogue, tasks: &[Box<dyn Task>]) {
    let world = outside.world();
    let mut scheduled = false;
    loop {
        let worked = match scheduled {
            false => work::schedule(&world, catalogue, tasks).map(|()| None),
            true => work::work(&world, catalogue, tasks),
        };
        let nap = match worked {
            Ok(None) if !scheduled => Duration::ZERO,
            Ok(None) => LOOK_INTERVAL,
            // Another may be due.
            Ok(Some(_)) => Duration::ZERO,
            Err(error) => {
                tracing::error!(error = %error, "the catalogue cannot be used for the harvest; it is tried again");
                RETRY_INTERVAL
            }
        };
        scheduled |= nap != RETRY_INTERVAL;
        if outside.clock.sleep(nap) == Slept::Stopped {
            return;
        }
    }
}
