//! A year of arXiv in minutes: announcements, holidays, replacements, cross-lists, withdrawals, outages, faults, two
//! changes of the clock, and a process that dies at random. At the end every paper stands under its day, and nothing
//! that was asked in between was told wrongly.
//!
//! `BROADSHEET_TEST_DAYS=365` plays that many days (60 without it); `BROADSHEET_TEST_SEED` another year.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use catalogue::Location;
use common::{Dying, Instance, random};
use edition::calendar::Calendar;
use edition::completeness::State;
use harvest::arxiv;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use paper::{Day, Source};
use std::collections::BTreeSet;
use std::time::Duration;
use testkit::world::{self, FakeArxiv, Script, World};

/// Two categories and a whole archive.
const CATEGORIES: [&str; 3] = ["cs.CL", "math.NT", "stat"];
/// Papers that the world announces a day, over all categories.
const PAPERS_A_DAY: usize = 40;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

#[test]
fn every_paper_of_a_simulated_year_stands_under_its_day() {
    let days = number("BROADSHEET_TEST_DAYS", 60);
    let seed = number("BROADSHEET_TEST_SEED", 20_251_001);
    println!("{days} days, seed {seed}");
    // From October on, so that the short run has Thanksgiving and the end of daylight saving time.
    let first: Date = "2025-10-01".parse().unwrap();
    let last = first.saturating_add((days as i64).days());
    let calendar = Calendar::arxiv();
    let announces = |date: &Date| calendar.announces(Day::from_date(*date).unwrap());
    let all: Vec<Date> = std::iter::successors(Some(first), |date| Some(date.saturating_add(1.day())))
        .take_while(|date| *date <= last)
        .collect();
    let script = Script::new(seed, all.iter().copied().filter(announces).collect(), PAPERS_A_DAY);
    let fake = FakeArxiv::start(World::new(script), world::evening(first) + SignedDuration::from_hours(1));
    let mut dice = random(seed);

    // Outages of random length, and categories that stay behind.
    for date in &all {
        if dice(9) == 0 {
            let from = world::evening(*date) + SignedDuration::from_mins(dice(1200) as i64);
            fake.go_down(from, from + SignedDuration::from_mins(dice(4000) as i64));
        }
        if dice(7) == 0 {
            let category = CATEGORIES[dice(3) as usize];
            let until = world::evening(*date) + SignedDuration::from_mins(dice(300) as i64);
            fake.stay_behind(category, until);
        }
    }
    fake.fail_randomly(seed, 12);

    let directory = tempfile::tempdir().unwrap();
    let location = Location::Sqlite(directory.path().join("catalogue.db"));
    let clock = Dying::new(&fake);
    let categories: Vec<String> = CATEGORIES.map(str::to_string).to_vec();
    let (mut deaths, mut asked, mut restarts) = (0, 0, 0);
    let end = world::evening(last) + SignedDuration::from_hours(72);
    while fake.now() < end {
        restarts += 1;
        let instance = Instance::start(&fake, &location, &clock, &categories, restarts);
        // It lives for some days, then dies within a request, or is closed for a while.
        let far = fake.now() + SignedDuration::from_mins(dice(3000) as i64);
        let busy = calendar.upcoming(far).map_or(far, |next| next.at + SignedDuration::from_mins(10));
        let dies_at = if dice(3) == 0 { far } else { busy + SignedDuration::from_secs(dice(7) as i64) };
        clock.die_at(dies_at.min(end));
        let died = instance.live(|now| {
            asked += 1;
            check_what_is_told(&instance, &fake, &calendar, &categories, now);
        });
        deaths += u32::from(died);
        if dice(4) == 0 {
            fake.advance(Duration::from_secs(dice(8 * 24 * 3600)));
        }
    }
    // The last evening may have fallen into an outage: what is still missing is brought in calm weather.
    fake.fail_randomly(0, 0);
    fake.set_now(end.max(fake.now()) + SignedDuration::from_hours(96));
    let instance = Instance::start(&fake, &location, &clock, &categories, restarts + 1);
    clock.die_at(fake.now() + SignedDuration::from_hours(30));
    instance.live(|_| {});

    let mut papers = 0;
    let mut expected_days = 0;
    for date in all.iter().filter(|date| announces(date)) {
        let day = Day::from_date(*date).unwrap();
        for category in CATEGORIES {
            let truth: BTreeSet<String> = fake
                .with_world(|world| world.announced(category, *date))
                .into_iter()
                .map(|one| one.id)
                .collect();
            let named = instance.catalogue.named_on(Source::Arxiv, category, day).unwrap();
            let here: BTreeSet<String> = named
                .iter()
                .filter(|named| named.stored)
                .map(|named| named.node.value().to_string())
                .collect();
            assert_eq!(here, truth, "{category} on {day}");
            papers += truth.len();
            expected_days += 1;
        }
    }
    let quiet: Vec<_> = all.iter().filter(|date| !announces(date)).collect();
    for date in &quiet {
        let day = Day::from_date(**date).unwrap();
        assert!(instance.catalogue.edition(day, day).unwrap().is_empty(), "{day} is a quiet day");
    }
    assert_eq!(fake.most_at_once(), 1, "one connection at a time");
    println!(
        "{papers} announcements on {expected_days} listings, {} quiet days, {deaths} deaths in {restarts} lives, \
         {} requests, {asked} times asked for the state",
        quiet.len(),
        fake.seen().len(),
    );
}

/// What is called complete is complete, and a quiet day is one.
fn check_what_is_told(
    instance: &Instance<'_>,
    fake: &FakeArxiv,
    calendar: &Calendar,
    categories: &[String],
    now: Timestamp,
) {
    let today = now.to_zoned(jiff::tz::TimeZone::get("America/New_York").unwrap()).date();
    for back in 0..3 {
        let day = Day::from_date(today.saturating_sub(i64::from(back).days())).unwrap();
        let standing = arxiv::standing(&instance.catalogue, calendar, categories, day, now, None).unwrap();
        let truth: BTreeSet<String> = categories
            .iter()
            .flat_map(|category| fake.with_world(|world| world.announced(category, day.date())))
            .map(|announced| announced.id)
            .collect();
        match standing.state {
            State::Complete { have, of } => {
                assert_eq!((have as usize, of as usize), (truth.len(), truth.len()), "{day} at {now}");
            }
            State::Quiet { .. } => assert!(truth.is_empty(), "{day} at {now} is no quiet day"),
            _ => {}
        }
    }
}
