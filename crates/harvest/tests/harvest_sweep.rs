//! Death at every sync of a harvest of forty pages, as a process and as a machine: nothing lost, nothing twice, and the
//! next process goes on with the page that the catalogue had reached.
//!
//! The default visits a sample of the syncs; `BROADSHEET_TEST_SWEEP=full` visits all of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use catalogue::{Access, Catalogue, Location};
use harvest::CatalogueGates;
use harvest::arxiv::Addresses;
use harvest::arxiv::oai::{Order, harvest};
use harvest::ask::World;
use harvest::clock::ManualClock;
use harvest::fetch::{Door, Settings};
use jiff::Timestamp;
use jiff::civil::date;
use std::path::Path;
use std::process::Command;
use testkit::killsweep::{self, Disk, Fault, Side};
use testkit::world::{self, FakeArxiv, Manners, Script, weekdays};

/// Syncs that the sampled sweep visits, each on both sides.
const POINTS_MAX: u64 = 5;
/// Messages that the sampled sweep of PostgreSQL visits; each needs databases of its own.
const DATABASE_POINTS_MAX: u64 = 3;
const NOW: &str = "2026-11-20T12:00:00Z";
const CHILD: &str = "HARVEST_SWEEP";

/// The process that is killed: harvests once, on a clock that passes by waiting.
#[test]
fn one_harvest_of_a_process_of_its_own() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let (address, place) = told.split_once(' ').unwrap();
    let catalogue = Catalogue::open(&Location::parse(place), Access::ReadWrite).unwrap();
    let allowed = vec![address.parse().unwrap()];
    let door = Door::new(Settings { contact: "owner@example.org".parse().unwrap(), allowed });
    let gates = CatalogueGates::new(catalogue.clone());
    let clock = ManualClock::new(NOW.parse().unwrap());
    let who = format!("process {}", std::process::id());
    let asking = World { door: &door, gates: &gates, clock: &clock, who: &who };
    let addresses = Addresses { oai: format!("http://{address}/oai"), ..Addresses::default() };
    let order = Order { set: "cs", from: None, lease: None };
    // The lease of a process that died keeps the gate shut for longer than one run waits.
    let mut result = harvest(&asking, &catalogue, &addresses, &order, &mut |_| {});
    for _ in 0..10 {
        if result.is_err() {
            result = harvest(&asking, &catalogue, &addresses, &order, &mut |_| {});
        }
    }
    result.unwrap();
}

fn child(fake: &FakeArxiv, place: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "one_harvest_of_a_process_of_its_own", "--nocapture"]);
    command.env(CHILD, format!("{} {place}", fake.address()));
    command
}

fn fake() -> FakeArxiv {
    let days = weekdays(date(2026, 10, 26), date(2026, 11, 20), &[]);
    let now: Timestamp = NOW.parse().unwrap();
    let fake = FakeArxiv::start(world::World::new(Script::new(5, days, 11)), now);
    fake.set_manners(Manners { page_records: 6, ..Manners::default() });
    fake
}

fn dump(place: &str) -> String {
    let catalogue = Catalogue::open(&Location::parse(place), Access::ReadWrite).unwrap();
    let mut bytes = Vec::new();
    catalogue.dump(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn file_on(root: &Path) -> String {
    // In the watched directory itself: making the data directory durable is the program's work, and tested there.
    root.join("catalogue.db").display().to_string()
}

/// The dump of an undisturbed harvest, and how many pages it asked for.
fn undisturbed() -> (String, usize) {
    let (fake, disk) = (fake(), Disk::new());
    let place = file_on(&disk.root());
    assert!(child(&fake, &place).output().unwrap().status.success());
    (dump(&place), fake.seen().len())
}

/// A second process ends what the first began, and asks for no more pages than are missing.
fn check(whole: &(String, usize), fake: &FakeArxiv, asked: usize, place: &str, story: &str) {
    let before = fake.seen().len();
    let ended = child(fake, place).output().unwrap();
    assert!(ended.status.success(), "{story}: {}", String::from_utf8_lossy(&ended.stdout));
    assert!(dump(place) == whole.0, "{story}: the catalogue differs from that of an undisturbed harvest");
    let again = fake.seen().len() - before;
    // One that died after its last page has ended its list: the next begins another.
    assert!(
        asked + again <= whole.1 + 2 || asked == whole.1,
        "{story}: {asked} and {again} pages for {}",
        whole.1
    );
}

#[test]
fn a_harvest_killed_at_any_sync_ends_as_an_undisturbed_one() {
    let whole = undisturbed();
    assert!(whole.1 >= 40, "{} pages", whole.1);
    let counted = Disk::new();
    let calls = killsweep::run(child(&fake(), &file_on(&counted.root())), &counted.root(), &Fault::default());
    assert!(calls.status.success(), "{}", calls.err);
    let mut deaths = 0;
    for call in killsweep::points(calls.calls.len() as u64, POINTS_MAX) {
        for side in [Side::Before, Side::After] {
            let (disk, fake) = (Disk::new(), fake());
            let fault = disk.fault(Some((call, side)));
            let ended = killsweep::run(child(&fake, &file_on(&disk.root())), &disk.root(), &fault);
            deaths += u32::from(ended.killed());
            let asked = fake.seen().len();
            for (how, root) in disk.left() {
                let story = format!("{how}, {side:?} call {call} of {}", calls.calls.len());
                check(&whole, &fake, asked, &file_on(&root), &story);
            }
        }
    }
    assert!(deaths > 0, "no run was killed");
    eprintln!("{deaths} deaths at {} calls, each looked at in three ways", calls.calls.len());
}

#[test]
fn a_harvest_into_postgres_killed_at_any_message_ends_as_an_undisturbed_one() {
    let whole = undisturbed();
    let Some(database) = testkit::postgres::database() else { return };
    let watched = Disk::new();
    let fault = Fault { sockets: true, ..Fault::default() };
    let calls = killsweep::run(child(&fake(), database.url()), &watched.root(), &fault);
    assert!(calls.status.success(), "{}", calls.err);
    assert!(dump(database.url()) == whole.0, "PostgreSQL and SQLite differ");
    let mut deaths = 0;
    for call in killsweep::points(calls.calls.len() as u64, DATABASE_POINTS_MAX) {
        for side in [Side::Before, Side::After] {
            let Some(database) = testkit::postgres::database() else { return };
            let (fake, disk) = (fake(), Disk::new());
            let fault = Fault { kill_at: Some((call, side)), sockets: true, ..Fault::default() };
            let ended = killsweep::run(child(&fake, database.url()), &disk.root(), &fault);
            deaths += u32::from(ended.killed());
            let asked = fake.seen().len();
            check(
                &whole,
                &fake,
                asked,
                database.url(),
                &format!("{side:?} message {call} of {}", calls.calls.len()),
            );
        }
    }
    assert!(deaths > 0, "no run was killed");
    eprintln!("{deaths} deaths at {} messages", calls.calls.len());
}
