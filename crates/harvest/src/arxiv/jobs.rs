//! What is done for arXiv by itself, and when: announcements in the evening and until they are whole, records at night.

use super::listing::{self, Taken, Which};
use super::{Addresses, oai};
use crate::ask::World;
use crate::run::{Failure, Run};
use crate::work::{Done, Task};
use catalogue::{Catalogue, Lease};
use edition::calendar::Calendar;
use jiff::{SignedDuration, Timestamp};
use paper::{Day, Source};

/// The job that takes announcements.
pub const ANNOUNCEMENTS: &str = "arxiv announcements";
/// The job that takes records.
pub const RECORDS: &str = "arxiv records";

/// Listings appear some minutes after the hour.
const AFTER_ANNOUNCEMENT: SignedDuration = SignedDuration::from_mins(10);
/// How soon an old, broken or missing listing is asked for again.
const AGAIN_SOON: SignedDuration = SignedDuration::from_mins(20);
/// How often in a row a listing must show nothing on an announcement day before that is believed.
const NOTHING_BELIEVED: u32 = 3;
/// How soon after a day without an answer: nothing gets better by asking more often.
const AGAIN_LATER: SignedDuration = SignedDuration::from_hours(2);
/// Failures in a row after which it is asked less often.
const FAILURES_SOON: u32 = 6;
/// Records of an evening are in the OAI-PMH server by half past ten in New York; its cache keeps what was asked too
/// early until midnight UTC.
const RECORDS_AFTER: SignedDuration = SignedDuration::from_hours(5);

/// Announcements of categories or archives, and those of days that were missed.
pub struct Announcements {
    /// Where arXiv is.
    pub addresses: Addresses,
    /// What to ask for, e.g. `cs.CL` or `stat`.
    pub categories: Vec<String>,
    /// When arXiv announces.
    pub calendar: Calendar,
}

impl Task for Announcements {
    fn name(&self) -> &str {
        ANNOUNCEMENTS
    }

    fn run(&self, world: &World<'_>, catalogue: &Catalogue, lease: &Lease) -> Result<Done, Failure> {
        let mut run = Run::default();
        let mut words = Vec::new();
        for category in &self.categories {
            match self.category(world, catalogue, category, lease, &mut run) {
                Ok(None) => {}
                Ok(Some(late)) => words.push(late),
                Err(failure) if failure.ends_run() => return Err(failure),
                // One category's page may be broken while the others are fine.
                Err(failure) => words.push(format!("{category}: {failure}")),
            }
        }
        let now = world.clock.now();
        let next = self.calendar.upcoming(now).map(|upcoming| upcoming.at + AFTER_ANNOUNCEMENT);
        Ok(match words.is_empty() {
            true => Done {
                due: next.unwrap_or(now + AGAIN_LATER),
                run,
                words: "complete".to_string(),
                succeeded: true,
            },
            false => Done { due: now + AGAIN_SOON, run, words: words.join("; "), succeeded: false },
        })
    }

    fn again(&self, now: Timestamp, failures: u32) -> Timestamp {
        now + if failures < FAILURES_SOON { AGAIN_SOON } else { AGAIN_LATER }
    }
}

impl Announcements {
    /// Brings a category up to date. Says what is late, if anything is.
    fn category(
        &self,
        world: &World<'_>,
        catalogue: &Catalogue,
        category: &str,
        lease: &Lease,
        run: &mut Run,
    ) -> Result<Option<String>, Failure> {
        let Some(expected) = self.calendar.in_force(world.clock.now()) else { return Ok(None) };
        let mut reached = listing::Memory::of(catalogue, category)?.reached;
        if reached.is_none()
            && let Some(before) = self.calendar.previous(expected)
        {
            // A category begins with the first listing that it is asked for, whether or not that is answered.
            listing::reach(catalogue, category, before, Some(lease))?;
            reached = Some(before);
        }
        if reached.is_some_and(|reached| reached >= expected) {
            return Ok(None);
        }
        // A missed day that cannot be had does not keep today's away; but it stays missed.
        let mut late = None;
        for day in self.missed(reached, expected) {
            match self.missed_day(world, catalogue, category, day, lease, run) {
                Ok(()) if late.is_none() => listing::reach(catalogue, category, day, Some(lease))?,
                Ok(()) => {}
                Err(failure) if failure.ends_run() => return Err(failure),
                Err(failure) => {
                    late.get_or_insert_with(|| format!("{category} of {day}: {failure}"));
                }
            }
        }
        let latest = Which::Latest;
        let shown = listing::harvest(world, catalogue, &self.addresses, category, latest, Some(lease), run)?;
        let today = match shown {
            Taken::Day(day) if day < expected => Some(format!("{category} still shows the listing of {day}")),
            Taken::Day(_) if self.is_complete(catalogue, category, expected)? => None,
            Taken::Day(_) => Some(format!("{category} has not all papers of {expected} yet")),
            Taken::Nothing if listing::Memory::of(catalogue, category)?.nothing >= NOTHING_BELIEVED => {
                listing::take_for_empty(catalogue, category, expected, Some(lease))?;
                None
            }
            Taken::Nothing => Some(format!("{category} shows nothing for {expected}")),
        };
        let late = late.or(today);
        if late.is_none() {
            listing::reach(catalogue, category, expected, Some(lease))?;
        }
        Ok(late)
    }

    fn missed_day(
        &self,
        world: &World<'_>,
        catalogue: &Catalogue,
        category: &str,
        day: Day,
        lease: &Lease,
        run: &mut Run,
    ) -> Result<(), Failure> {
        let which = Which::Of(day);
        let mut take =
            || listing::harvest(world, catalogue, &self.addresses, category, which, Some(lease), run);
        // A day that is over changes no more: nothing twice is nothing.
        if take()? == Taken::Nothing && take()? == Taken::Nothing {
            listing::take_for_empty(catalogue, category, day, Some(lease))?;
        }
        Ok(())
    }

    /// The announcement days after `reached` and before `expected`, as far back as arXiv shows them.
    fn missed(&self, reached: Option<Day>, expected: Day) -> Vec<Day> {
        let Some(reached) = reached else { return Vec::new() };
        let earliest = expected.number() - listing::CATCH_UP_DAYS;
        let days = std::iter::successors(self.calendar.next(reached), |day| self.calendar.next(*day));
        days.take_while(|day| *day < expected).filter(|day| day.number() >= earliest).collect()
    }

    fn is_complete(&self, catalogue: &Catalogue, category: &str, day: Day) -> Result<bool, Failure> {
        let category = paper::category::canonical(category);
        let listings = catalogue.listings_of(Source::Arxiv, day, day)?;
        Ok(listings.iter().any(|listing| listing.category == category && listing.is_complete()))
    }
}

/// Records of sets, every night.
pub struct Records {
    /// Where arXiv is.
    pub addresses: Addresses,
    /// arXiv's names of the sets.
    pub sets: Vec<String>,
    /// When arXiv announces.
    pub calendar: Calendar,
    /// From which day of change a set is taken that was never taken before.
    pub since: Option<Day>,
}

impl Task for Records {
    fn name(&self) -> &str {
        RECORDS
    }

    fn run(&self, world: &World<'_>, catalogue: &Catalogue, lease: &Lease) -> Result<Done, Failure> {
        let mut run = Run::default();
        for set in &self.sets {
            let memory = oai::Memory::of(catalogue, set)?;
            let first = memory.reached.is_none() && memory.under_way.is_none();
            let from = self.since.filter(|_| first);
            let order = oai::Order { set, from, lease: Some(lease) };
            let part = oai::harvest(world, catalogue, &self.addresses, &order, &mut |_| {})?;
            run.join(&part);
        }
        let now = world.clock.now();
        let next =
            self.calendar.upcoming(now).map_or(now + AGAIN_LATER, |upcoming| upcoming.at + RECORDS_AFTER);
        Ok(Done { due: next, run, words: "complete".to_string(), succeeded: true })
    }

    fn again(&self, now: Timestamp, failures: u32) -> Timestamp {
        now + if failures < FAILURES_SOON { AGAIN_SOON } else { AGAIN_LATER }
    }
}
