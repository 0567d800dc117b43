//! What the readers of `formats` make of every door of the fake arXiv is what the script says happened.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use formats::listing::{self, Verdict};
use formats::{arxiv_api, arxiv_feed};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use paper::AnnouncementKind;
use testkit::http::get;
use testkit::world::{self, Announced, Door, FakeArxiv, Fault, Kind, Script, evening, feeds_at, weekdays};

/// Categories and archives; `math.NA` is another name of `cs.NA`.
const ASKED: [&str; 6] = ["cs.CL", "cs", "stat.ML", "math", "math.NA", "eess"];

fn fake() -> FakeArxiv {
    let days = weekdays(date(2026, 10, 26), date(2026, 11, 25), &[date(2026, 11, 11)]);
    FakeArxiv::start(world::World::new(Script::new(11, days, 25)), evening(date(2026, 10, 26)))
}

/// Says what time it is, and gives what the door shows.
fn page(fake: &FakeArxiv, now: Timestamp, target: &str) -> Vec<u8> {
    fake.set_now(now);
    get(fake.address(), target).unwrap().body
}

fn kind(kind: Kind) -> AnnouncementKind {
    match kind {
        Kind::New => AnnouncementKind::New,
        Kind::Cross => AnnouncementKind::CrossList,
        Kind::Replace => AnnouncementKind::Replacement,
    }
}

/// Ids and kinds, in an order of their own.
fn sorted(mut found: Vec<(String, AnnouncementKind)>) -> Vec<(String, AnnouncementKind)> {
    found.sort();
    found
}

fn scripted(announced: &[Announced]) -> Vec<(String, AnnouncementKind)> {
    sorted(
        announced.iter().map(|announced| (format!("arxiv:{}", announced.id), kind(announced.kind))).collect(),
    )
}

fn days(fake: &FakeArxiv) -> Vec<Date> {
    fake.with_world(|world| world.days().to_vec())
}

fn listed(listing: &listing::Listing) -> Vec<(String, AnnouncementKind)> {
    sorted(listing.items().map(|item| (item.identity.to_string(), item.kind)).collect())
}

fn checked(listing: &listing::Listing, expected: &[Announced], what: &str) {
    let verdict = listing.verdict();
    match expected.len() {
        0 => assert_eq!(verdict, Verdict::Quiet, "{what}"),
        count => assert_eq!(verdict, Verdict::Whole { entries: count as u32 }, "{what}"),
    }
    assert_eq!(listed(listing), scripted(expected), "{what}");
}

#[test]
fn new_listings_tell_every_day_as_scripted() {
    let fake = fake();
    for day in days(&fake) {
        for asked in ASKED {
            let expected = fake.with_world(|world| world.announced(asked, day));
            let bytes = page(&fake, evening(day), &format!("/list/{asked}/new"));
            let listing = listing::read(&bytes, "page", asked).unwrap();
            assert_eq!(listing.day.map(|day| day.date()), Some(day), "{asked}");
            checked(&listing, &expected, &format!("{asked} on {day}"));
        }
    }
}

#[test]
fn catch_up_pages_tell_every_day_as_scripted() {
    let fake = fake();
    let now = evening(date(2026, 11, 26));
    for day in days(&fake) {
        for asked in ASKED {
            let expected = fake.with_world(|world| world.announced(asked, day));
            let bytes = page(&fake, now, &format!("/catchup/{asked}/{day}?abs=True&page=1"));
            checked(&listing::read(&bytes, "page", asked).unwrap(), &expected, &format!("{asked} on {day}"));
        }
    }
}

#[test]
fn recent_pages_tell_five_days() {
    let fake = fake();
    let bytes = page(&fake, evening(date(2026, 11, 20)), "/list/cs/recent?show=2000");
    let listing = listing::read(&bytes, "page", "cs").unwrap();
    assert_eq!(listing.sections.len(), 5);
    for section in &listing.sections {
        let mut expected = fake.with_world(|world| world.announced("cs", section.day.date()));
        expected.retain(|announced| announced.kind != Kind::Replace);
        assert_eq!(
            (section.items.len(), section.of as usize),
            (expected.len(), expected.len()),
            "{}",
            section.day
        );
    }
}

#[test]
fn feeds_tell_every_day_as_scripted() {
    let fake = fake();
    for day in days(&fake) {
        for asked in ASKED {
            let mut expected = fake.with_world(|world| world.announced(asked, day));
            // A feed has one item a paper.
            expected.sort_by(|one, other| one.id.cmp(&other.id).then(one.kind.cmp(&other.kind)));
            expected.dedup_by(|one, other| one.id == other.id);
            for form in ["rss", "atom"] {
                let bytes = page(&fake, feeds_at(day), &format!("/{form}/{asked}"));
                let feed = arxiv_feed::read(&bytes, "feed", asked).unwrap();
                assert!(
                    feed.complete && feed.problems.is_empty(),
                    "{form} {asked} {day}: {:?}",
                    feed.problems
                );
                let found =
                    feed.announced.iter().map(|found| (found.identity.to_string(), found.kind)).collect();
                assert_eq!(sorted(found), scripted(&expected), "{form} {asked} on {day}");
                let versions = feed.announced.iter().all(|found| {
                    let id = found.identity.to_string();
                    let of = |announced: &&Announced| id.ends_with(&announced.id);
                    expected.iter().find(of).is_some_and(|announced| announced.version == found.version)
                });
                assert!(versions, "{form} {asked} on {day}");
            }
        }
    }
}

#[test]
fn the_api_tells_papers_as_scripted() {
    let fake = fake();
    fake.set_now(evening(date(2026, 11, 20)));
    let ids: Vec<String> =
        fake.with_world(|world| world.papers()[..50].iter().map(|paper| paper.id.clone()).collect());
    let bytes = page(&fake, fake.now(), &format!("/api/query?max_results=100&id_list={}", ids.join(",")));
    let answer = arxiv_api::read(&bytes, "api").unwrap();
    assert_eq!(answer.total, Some(50));
    let found: Vec<String> = answer.papers.iter().map(|found| found.record.node().to_string()).collect();
    assert_eq!(found, ids.iter().map(|id| format!("arxiv:{id}")).collect::<Vec<_>>());
}

#[test]
fn no_fault_of_a_listing_looks_like_a_quiet_day() {
    let fake = fake();
    let day = date(2026, 11, 20);
    let whole = page(&fake, evening(day), "/list/cs/new").len();
    for cut in (0..whole).step_by(whole / 60) {
        fake.fail_next(Door::List, Fault::Truncated(cut));
        let bytes = page(&fake, evening(day), "/list/cs/new");
        if let Ok(listing) = listing::read(&bytes, "page", "cs") {
            assert!(
                matches!(listing.verdict(), Verdict::Broken { .. }),
                "cut at {cut}: {:?}",
                listing.verdict()
            );
        }
    }
    for fault in [Fault::Odd, Fault::WebPage] {
        fake.fail_next(Door::List, fault.clone());
        let bytes = page(&fake, evening(day), "/list/cs/new");
        let verdict = listing::read(&bytes, "page", "cs").map(|listing| listing.verdict());
        assert!(matches!(verdict, Err(_) | Ok(Verdict::Broken { .. })), "{fault:?}: {verdict:?}");
    }
    fake.fail_next(Door::List, Fault::Stale);
    let listing = listing::read(&page(&fake, evening(day), "/list/cs/new"), "page", "cs").unwrap();
    assert_eq!(listing.day.map(|day| day.date()), Some(date(2026, 11, 19)), "a stale page names its own day");
}

#[test]
fn a_stale_feed_names_its_own_day() {
    let fake = fake();
    fake.fail_next(Door::Feed, Fault::Stale);
    let bytes = page(&fake, feeds_at(date(2026, 11, 20)), "/rss/cs");
    let feed = arxiv_feed::read(&bytes, "feed", "cs").unwrap();
    assert_eq!(feed.day.map(|day| day.date()), Some(date(2026, 11, 19)));
}
