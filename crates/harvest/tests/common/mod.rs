//! An instance that harvests a fake arXiv, on a clock that the fake shares and that can kill it.
#![allow(dead_code, reason = "each test program uses a part")]

use catalogue::{Access, Catalogue, Location};
use edition::calendar::Calendar;
use harvest::CatalogueGates;
use harvest::arxiv::Addresses;
use harvest::arxiv::jobs::{Announcements, Records};
use harvest::ask::World;
use harvest::clock::{Clock, Slept};
use harvest::fetch::{Door, Settings};
use harvest::work::{self, Task};
use jiff::Timestamp;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Duration;
use testkit::world::FakeArxiv;

/// Even numbers below a bound, from a seed (xorshift).
pub(crate) fn random(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % below.max(1)
    }
}

/// The fake's clock; at a set time whoever sleeps on it dies, as a killed process does: without any last word.
pub(crate) struct Dying<'a> {
    fake: &'a FakeArxiv,
    dies_at: Mutex<Timestamp>,
}

/// What a death is, between the panic and its catcher.
struct Death;

impl<'a> Dying<'a> {
    pub(crate) fn new(fake: &'a FakeArxiv) -> Dying<'a> {
        Dying { fake, dies_at: Mutex::new(Timestamp::MAX) }
    }

    pub(crate) fn die_at(&self, time: Timestamp) {
        *self.dies_at.lock().unwrap() = time;
    }
}

impl Clock for Dying<'_> {
    fn now(&self) -> Timestamp {
        self.fake.now()
    }

    fn sleep(&self, time: Duration) -> Slept {
        self.fake.advance(time);
        let dies_at = *self.dies_at.lock().unwrap();
        if self.fake.now() >= dies_at {
            std::panic::resume_unwind(Box::new(Death));
        }
        Slept::Whole
    }
}

/// One life of a process.
pub(crate) struct Instance<'a> {
    pub(crate) catalogue: Catalogue,
    clock: &'a Dying<'a>,
    gates: CatalogueGates,
    door: Door,
    who: String,
    tasks: Vec<Box<dyn Task>>,
}

pub(crate) fn door(fake: &FakeArxiv) -> Door {
    let allowed = vec![fake.address().to_string().parse().unwrap()];
    Door::new(Settings { contact: "owner@example.org".parse().unwrap(), allowed })
}

pub(crate) fn addresses(fake: &FakeArxiv) -> Addresses {
    Addresses { oai: fake.url("/oai"), site: fake.url(""), answer: Duration::from_millis(500) }
}

impl<'a> Instance<'a> {
    pub(crate) fn start(
        fake: &FakeArxiv,
        location: &Location,
        clock: &'a Dying<'a>,
        categories: &[String],
        number: u32,
    ) -> Instance<'a> {
        let catalogue = Catalogue::open(location, Access::ReadWrite).unwrap();
        let announcements = Announcements {
            addresses: addresses(fake),
            categories: categories.to_vec(),
            calendar: Calendar::arxiv(),
        };
        let records = Records {
            addresses: addresses(fake),
            sets: vec!["cs:cs:CL".into(), "stat".into()],
            calendar: Calendar::arxiv(),
            since: None,
        };
        Instance {
            gates: CatalogueGates::new(catalogue.clone()),
            catalogue,
            clock,
            door: door(fake),
            who: format!("process {number}"),
            tasks: vec![Box::new(announcements), Box::new(records)],
        }
    }

    /// Works until it dies. True if that was within a task.
    pub(crate) fn live(&self, mut look: impl FnMut(Timestamp)) -> bool {
        let world = World { door: &self.door, gates: &self.gates, clock: self.clock, who: &self.who };
        work::schedule(&world, &self.catalogue, &self.tasks).unwrap();
        loop {
            let worked =
                catch_unwind(AssertUnwindSafe(|| work::work(&world, &self.catalogue, &self.tasks).unwrap()));
            match worked {
                Err(panic) if panic.is::<Death>() => return true,
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(Some(_)) => look(self.clock.now()),
                Ok(None) => {
                    // Until something is due, or a lease of a dead one ends.
                    let jobs = self.catalogue.jobs().unwrap();
                    let next = jobs.iter().map(|job| job.due.max(job.lease_ends.unwrap_or(job.due))).min();
                    let now = self.clock.now().as_second();
                    let wait = next.map_or(600, |next| (next - now).clamp(1, 3600));
                    let slept =
                        catch_unwind(AssertUnwindSafe(|| self.clock.sleep(Duration::from_secs(wait as u64))));
                    if slept.is_err() {
                        return false;
                    }
                    look(self.clock.now());
                }
            }
        }
    }
}
