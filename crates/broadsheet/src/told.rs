//! What pages are told about the harvest.

use crate::config::Config;
use crate::harvesting;
use anyhow::Result;
use catalogue::{Catalogue, Job};
use edition::calendar::{Calendar, Verdict};
use harvest::arxiv::jobs::ANNOUNCEMENTS;
use harvest::gate::{Gate, Rules};
use harvest::{CatalogueGates, arxiv};
use jiff::Timestamp;
use paper::Day;
use server::{JobFigures, SourceStanding, Standing, Standings};
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long a stamp is believed: pages may be so much older than what the harvest knows.
const STAMP_AGE_MAX: Duration = Duration::from_secs(2);

/// What the catalogue remembers of the harvest, as pages want it.
pub(crate) struct Told {
    catalogue: Catalogue,
    calendar: Calendar,
    categories: Vec<String>,
    stamp: Mutex<Option<(Instant, u64)>>,
}

impl Told {
    /// `None` where no announcements are taken.
    pub(crate) fn new(config: &Config, catalogue: &Catalogue) -> Result<Option<Told>> {
        let categories = config.harvest_categories();
        if categories.is_empty() && config.harvest_sets().is_empty() && config.harvest_huggingface().is_none()
        {
            return Ok(None);
        }
        let (catalogue, calendar) = (catalogue.clone(), harvesting::calendar(config)?);
        Ok(Some(Told { catalogue, calendar, categories, stamp: Mutex::new(None) }))
    }

    fn standing(&self, day: Day) -> Option<Standing> {
        let now = Timestamp::now();
        let again = self.jobs().into_iter().find(|job| job.name == ANNOUNCEMENTS);
        let again = again.filter(|job| job.due > now.as_second());
        let again = again.and_then(|job| Timestamp::from_second(job.due).ok());
        match arxiv::standing(&self.catalogue, &self.calendar, &self.categories, day, now, again) {
            Ok(told) => Some(Standing { state: told.state.word(), sentence: told.sentence }),
            Err(error) => {
                tracing::error!(error = %error, %day, "how a day stands cannot be told");
                None
            }
        }
    }

    /// The jobs; none, with a line in the log, if they cannot be read.
    fn jobs(&self) -> Vec<Job> {
        self.catalogue.jobs().unwrap_or_else(|error| {
            tracing::error!(error = %error, "the jobs of the harvest cannot be read");
            Vec::new()
        })
    }

    /// Whether anything was ever asked about a day, or need not be: a quiet day of the calendar.
    fn is_known(&self, day: Day) -> bool {
        if self.categories.is_empty() {
            return false;
        }
        let first = self
            .categories
            .iter()
            .filter_map(|category| arxiv::listing::Memory::of(&self.catalogue, category).ok()?.reached)
            .min();
        let asked =
            self.catalogue.listings_of(paper::Source::Arxiv, day, day).is_ok_and(|found| !found.is_empty());
        let now = self.calendar.in_force(Timestamp::now());
        // A quiet day is told of from the first day on that was asked for.
        let quiet = self.calendar.verdict(day) != Verdict::Announces;
        asked || now == Some(day) || (quiet && first.is_some_and(|first| day >= first))
    }

    fn read_stamp(&self) -> u64 {
        let mut hash = std::hash::DefaultHasher::new();
        let progress = self.catalogue.progress_of("arxiv").unwrap_or_default();
        progress.iter().for_each(|progress| progress.value.hash(&mut hash));
        for job in self.jobs() {
            (job.due, job.fence, job.outcome, job.holder).hash(&mut hash);
        }
        // Sentences name times: "since 02:10", "not announced yet".
        (Timestamp::now().as_second() / 60).hash(&mut hash);
        hash.finish()
    }
}

impl Standings for Told {
    fn latest(&self) -> Option<(Day, Standing)> {
        if self.categories.is_empty() {
            return None;
        }
        let day = self.calendar.in_force(Timestamp::now())?;
        Some((day, self.standing(day)?))
    }

    fn of(&self, day: Day) -> Option<Standing> {
        self.is_known(day).then(|| self.standing(day)).flatten()
    }

    fn sources(&self) -> Vec<SourceStanding> {
        let now = Timestamp::now();
        let time = |second: i64| {
            let time = Timestamp::from_second(second).unwrap_or(now).to_zoned(jiff::tz::TimeZone::UTC);
            time.strftime("%-d %B %Y, %H:%M UTC").to_string()
        };
        let jobs = self.jobs();
        let mut told: Vec<SourceStanding> = jobs
            .into_iter()
            .map(|job| {
                let last = match job.succeeded {
                    Some(at) => format!("last success {}", time(at)),
                    None => "no success yet".to_string(),
                };
                let next = match job.is_running(now.as_second()) {
                    true => "running now".to_string(),
                    false => format!("next run {}", time(job.due)),
                };
                let trouble = match job.failures {
                    0 => String::new(),
                    _ => format!("; {}", job.outcome),
                };
                let figures = JobFigures { succeeded: job.succeeded, due: job.due, failures: job.failures };
                let sentence = format!("{last}, {next}{trouble}.");
                SourceStanding { what: job.name, sentence, job: Some(figures) }
            })
            .collect();
        let gates = CatalogueGates::new(self.catalogue.clone());
        let clock = harvest::clock::SystemClock::default();
        if let Ok((_, Some(wait))) = Gate::new("arxiv", "pages", Rules::ARXIV, &gates, &clock).look()
            && wait.left(now) > Duration::from_secs(60)
        {
            let sentence =
                format!("not asked before {}, because {}.", time(wait.until.as_second()), wait.cause);
            told.push(SourceStanding { what: "arXiv".to_string(), sentence, job: None });
        }
        if let Some(day) = self.calendar.in_force(now)
            && !self.calendar.knows(day)
        {
            let year = self.calendar.runs_out();
            let sentence = format!("arXiv's holidays are known to the end of {year} only.");
            told.push(SourceStanding { what: "Calendar".to_string(), sentence, job: None });
        }
        told
    }

    fn stamp(&self) -> u64 {
        let mut kept = self.stamp.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, stamp)) = kept.filter(|(read, _)| read.elapsed() < STAMP_AGE_MAX) {
            return stamp;
        }
        let stamp = self.read_stamp();
        *kept = Some((Instant::now(), stamp));
        stamp
    }
}
