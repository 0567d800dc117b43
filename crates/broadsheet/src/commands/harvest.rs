//! `broadsheet harvest`: taking papers from sources by hand, and how harvests stand.

use crate::cli::Harvest;
use crate::config::Config;
use crate::follow::Follower;
use crate::harvesting::{self, Outside};
use crate::output;
use crate::place::Place;
use crate::progress::Progress;
use anyhow::{Context, Result, bail};
use catalogue::{Catalogue, Lease};
use harvest::Run;
use harvest::arxiv::jobs::RECORDS;
use harvest::arxiv::{listing, oai};
use harvest::clock::Stop;
use harvest::gate::{Gate, Rules};
use harvest::work::{LEASE_SECONDS, Task};
use paper::Day;
use serde::Serialize;
use std::process::ExitCode;

pub(crate) fn run(config: &Config, command: &Harvest) -> Result<ExitCode> {
    match command {
        Harvest::Status(json) => status(config, json.json),
        Harvest::Arxiv { announced: true, categories, .. } => announced(config, categories),
        Harvest::Arxiv { sets, from, .. } => records(config, sets, from.as_deref()),
    }
}

/// Does something with the catalogue while the index follows, under the lease of the schedule's own job: nothing is
/// harvested twice at once.
fn with_lease(
    config: &Config,
    job: &str,
    harvest: impl FnOnce(&Catalogue, &Outside, &Lease) -> Result<(Run, String, bool)>,
) -> Result<ExitCode> {
    let place = Place::of(config)?;
    let catalogue = place.catalogue()?;
    let outside = Outside::new(config, &catalogue, Stop::default())?;
    let follower = Follower::start(catalogue.clone(), place.index())?;
    let done = under_lease(&catalogue, job, &outside, harvest);
    follower.finish();
    let (run, words, succeeded) = done?;
    let accepted = run.accepted;
    output::line(format!(
        "{job}: {} new, {} changed, {} unchanged, {} problems in {} pages; {words}.",
        accepted.new, accepted.changed, accepted.unchanged, accepted.problems, run.pages
    ))?;
    Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn under_lease(
    catalogue: &Catalogue,
    name: &str,
    outside: &Outside,
    harvest: impl FnOnce(&Catalogue, &Outside, &Lease) -> Result<(Run, String, bool)>,
) -> Result<(Run, String, bool)> {
    let now = || jiff::Timestamp::now().as_second();
    let before = catalogue.job(name)?;
    catalogue.schedule(name, now())?;
    let Some(job) = catalogue.claim_job(name, now(), outside.world().who, LEASE_SECONDS)? else {
        let holder = catalogue.job(name)?.and_then(|job| job.holder).unwrap_or_default();
        bail!(
            "{name} are being harvested by another process just now ({holder}): `broadsheet harvest status` shows how far it is"
        );
    };
    let id = catalogue.begin_run("harvest", name, now())?;
    let done = harvest(catalogue, outside, &job.lease());
    let (run, words, succeeded) = match &done {
        Ok((run, words, succeeded)) => (*run, words.clone(), *succeeded),
        Err(error) => (Run::default(), format!("{error:#}"), false),
    };
    catalogue.end_run(id, now(), &run.accepted, &words)?;
    // What the schedule does by itself stays due as it was; a job of this command alone is gone afterwards.
    match before {
        Some(before) => catalogue.finish(&job.lease(), now(), before.due, succeeded, &words)?,
        None => catalogue.unschedule(name)?,
    }
    done
}

fn records(config: &Config, sets: &[String], from: Option<&str>) -> Result<ExitCode> {
    let sets = if sets.is_empty() { config.harvest_sets() } else { sets.to_vec() };
    if sets.is_empty() {
        bail!("which sets? Name them with --sets, e.g. --sets cs,stat, or in harvest.sets");
    }
    let from: Option<Day> = from
        .map(|day| day.parse().with_context(|| format!("--from {day}: write a day such as 2026-11-01")))
        .transpose()?;
    let addresses = harvesting::arxiv(config);
    with_lease(config, RECORDS, |catalogue, outside, lease| {
        let mut total = Run::default();
        for set in &sets {
            let memory = oai::Memory::of(catalogue, set)?;
            let first = memory.reached.is_none() && memory.under_way.is_none();
            let from = from.or_else(|| config.harvest_since().filter(|_| first));
            let mut progress = Progress::new(format!("arxiv {set}"), 0, false);
            let order = oai::Order { set, from, lease: Some(lease) };
            let run = oai::harvest(&outside.world(), catalogue, &addresses, &order, &mut |run: &Run| {
                let accepted = run.accepted;
                progress.at(run.pages, accepted.new + accepted.changed + accepted.unchanged);
            });
            progress.finish();
            total.join(&run?);
        }
        Ok((total, "complete".to_string(), true))
    })
}

fn announced(config: &Config, categories: &[String]) -> Result<ExitCode> {
    let categories = if categories.is_empty() { config.harvest_categories() } else { categories.to_vec() };
    if categories.is_empty() {
        bail!(
            "which categories? Name them with --categories, e.g. --categories cs.CL,math, or in harvest.categories"
        );
    }
    let task = harvesting::announcements(config, categories)?;
    with_lease(config, task.name(), |catalogue, outside, lease| {
        let done = task.run(&outside.world(), catalogue, lease)?;
        Ok((done.run, done.words, done.succeeded))
    })
}

/// How harvests stand.
#[derive(Serialize)]
struct Status {
    gates: Vec<GateStatus>,
    jobs: Vec<JobStatus>,
    categories: Vec<CategoryStatus>,
    sets: Vec<SetStatus>,
    holidays_known_to: i16,
}

#[derive(Serialize)]
struct GateStatus {
    source: &'static str,
    shut_until: Option<String>,
    cause: Option<String>,
}

#[derive(Serialize)]
struct JobStatus {
    name: String,
    running: bool,
    last_success: Option<String>,
    next_run: String,
    failures: u32,
    outcome: String,
}

#[derive(Serialize)]
struct CategoryStatus {
    category: String,
    today: String,
    state: &'static str,
    shows: Option<Day>,
    complete_to: Option<Day>,
    answered: Option<String>,
    failing_since: Option<String>,
}

#[derive(Serialize)]
struct SetStatus {
    set: String,
    reached: Option<Day>,
    under_way: Option<u64>,
}

fn status(config: &Config, as_json: bool) -> Result<ExitCode> {
    let catalogue = Place::of(config)?.existing()?;
    let status = read_status(config, &catalogue)?;
    if as_json {
        output::json(&status)?;
        return Ok(ExitCode::SUCCESS);
    }
    for gate in &status.gates {
        output::line(match (&gate.shut_until, &gate.cause) {
            (Some(until), Some(cause)) => {
                format!("{}: not asked before {until}, because {cause}", gate.source)
            }
            _ => format!("{}: may be asked", gate.source),
        })?;
    }
    if status.jobs.is_empty() {
        output::line("Nothing is harvested by itself: set harvest.categories and harvest.sets.")?;
    }
    for job in &status.jobs {
        let last = job.last_success.as_deref().unwrap_or("never");
        let next = if job.running { "runs now".to_string() } else { format!("next run {}", job.next_run) };
        let failures = match job.failures {
            0 => String::new(),
            failures => format!(", failed {failures} times in a row"),
        };
        output::line(format!("{}: last success {last}, {next}{failures}; {}", job.name, job.outcome))?;
    }
    for category in &status.categories {
        let complete =
            category.complete_to.map_or("nothing yet".to_string(), |day| format!("complete to {day}"));
        output::line(format!("  {}: {complete}. {}", category.category, category.today))?;
    }
    for set in &status.sets {
        let reached =
            set.reached.map_or("not taken yet".to_string(), |day| format!("changes up to {day} are here"));
        let under_way =
            set.under_way.map_or(String::new(), |records| format!("; under way, {records} records so far"));
        output::line(format!("  set {}: {reached}{under_way}", set.set))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read_status(config: &Config, catalogue: &Catalogue) -> Result<Status> {
    let now = jiff::Timestamp::now();
    let words =
        |second: i64| jiff::Timestamp::from_second(second).map(|time| time.to_string()).unwrap_or_default();
    let gates = harvest::CatalogueGates::new(catalogue.clone());
    let clock = harvest::clock::SystemClock::new(Stop::default());
    let (_, wait) = Gate::new("arxiv", "status", Rules::ARXIV, &gates, &clock).look()?;
    let jobs: Vec<JobStatus> = catalogue
        .jobs()?
        .into_iter()
        .map(|job| JobStatus {
            running: job.is_running(now.as_second()),
            last_success: job.succeeded.map(words),
            next_run: words(job.due),
            failures: job.failures,
            outcome: if job.outcome.is_empty() { "has not run yet".to_string() } else { job.outcome },
            name: job.name,
        })
        .collect();
    let calendar = harvesting::calendar(config)?;
    let (mut categories, mut sets) = (Vec::new(), Vec::new());
    for progress in catalogue.progress_of("arxiv")? {
        if let Some(category) = progress.part.strip_prefix("listing/") {
            let memory = listing::Memory::of(catalogue, category)?;
            let day = calendar.in_force(now).context("the calendar has no announcement day")?;
            let asked = [category.to_string()];
            let again = None;
            let standing = harvest::arxiv::standing(catalogue, &calendar, &asked, day, now, again)?;
            categories.push(CategoryStatus {
                category: category.to_string(),
                today: format!("{day}: {}", standing.sentence),
                state: standing.state.word(),
                shows: memory.shows,
                complete_to: memory.reached,
                answered: memory.answered.map(|time| time.to_string()),
                failing_since: memory.failing.map(|time| time.to_string()),
            });
        } else if let Some(set) = progress.part.strip_prefix("oai/") {
            let memory = oai::Memory::of(catalogue, set)?;
            let under_way = memory.under_way.map(|under_way| under_way.records);
            sets.push(SetStatus { set: set.to_string(), reached: memory.reached, under_way });
        }
    }
    let gate = GateStatus {
        source: "arXiv",
        shut_until: wait.map(|wait| wait.until.to_string()),
        cause: wait.map(|wait| wait.cause.to_string()),
    };
    Ok(Status { gates: vec![gate], jobs, categories, sets, holidays_known_to: calendar.runs_out() })
}
