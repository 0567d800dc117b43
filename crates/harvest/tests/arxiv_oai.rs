//! The harvest of records by OAI-PMH against the fake arXiv: whatever goes wrong on the way, the end state is that of an
//! undisturbed harvest, and politeness holds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scene;

use catalogue::Catalogue;
use harvest::arxiv::oai::{Memory, Order, harvest};
use harvest::{Failure, Run};
use jiff::SignedDuration;
use scene::*;
use testkit::world::{Door, Fault, Manners, TokenForm};

const SET: &str = "cs";

fn try_once(scene: &Scene, catalogue: &Catalogue) -> Result<Run, Failure> {
    let order = Order { set: SET, from: None, lease: None };
    harvest(&scene.world(), catalogue, &scene.addresses(), &order, &mut |_| {})
}

/// Harvests until it succeeds, as a schedule would: ten minutes after a failure it is tried again.
fn harvest_to_the_end(scene: &Scene, catalogue: &Catalogue) {
    for _ in 0..60 {
        if try_once(scene, catalogue).is_ok() {
            return;
        }
        scene.clock.advance(600);
    }
    panic!("no success in ten hours");
}

fn scene() -> Scene {
    let scene = Scene::new(21, 8);
    scene.fake.set_manners(Manners { page_records: 10, ..Manners::default() });
    scene
}

/// What an undisturbed harvest leaves.
fn undisturbed(now: &str) -> String {
    let scene = scene();
    scene.at(now);
    let home = Home::new();
    let run = try_once(&scene, &home.catalogue).unwrap();
    assert!(run.pages > 5, "{run:?}");
    home.dump()
}

const NOW: &str = "2026-11-20T12:00:00Z";

#[test]
fn every_paper_of_the_set_is_here_with_all_its_versions() {
    let scene = scene();
    scene.at(NOW);
    let home = Home::new();
    try_once(&scene, &home.catalogue).unwrap();
    let expected = scene.papers_in("cs");
    assert!(expected.len() > 60, "{}", expected.len());
    assert_same(&home.versions(), &expected, "all papers");
}

#[test]
fn both_last_pages_end_a_harvest() {
    let mut dumps = Vec::new();
    for token_form in [TokenForm::Empty, TokenForm::None] {
        let scene = scene();
        scene.at(NOW);
        scene.fake.set_manners(Manners { page_records: 10, token_form, ..Manners::default() });
        let home = Home::new();
        try_once(&scene, &home.catalogue).unwrap();
        dumps.push(home.dump());
    }
    assert_eq!(dumps[0], dumps[1]);
}

#[test]
fn any_fault_at_any_page_changes_nothing_in_the_end() {
    let whole = undisturbed(NOW);
    for fault in Fault::all(Door::Oai) {
        // This one changes the world itself; it has a test of its own.
        if fault == Fault::Moved {
            continue;
        }
        for page in [0, 4] {
            let scene = scene();
            scene.at(NOW);
            scene.fake.fail_after(Door::Oai, page, fault.clone());
            let home = Home::new();
            harvest_to_the_end(&scene, &home.catalogue);
            assert!(home.dump() == whole, "{fault:?} at page {page}");
            assert_eq!(scene.fake.most_at_once(), 1);
        }
    }
}

#[test]
fn many_faults_in_a_row_change_nothing_in_the_end() {
    let whole = undisturbed(NOW);
    for seed in 0..10 {
        let scene = scene();
        scene.at(NOW);
        scene.fake.fail_randomly(seed, 3);
        let home = Home::new();
        for _ in 0..200 {
            if try_once(&scene, &home.catalogue).is_ok() {
                break;
            }
            scene.clock.advance(600);
        }
        scene.fake.fail_randomly(0, 0);
        // Records that moved are touched, so what is compared is what an undisturbed harvest of the same world finds.
        harvest_to_the_end(&scene, &home.catalogue);
        let (again, quiet) = (Home::new(), Manners { page_records: 10, caches: false, ..Manners::default() });
        scene.fake.set_manners(quiet);
        harvest_to_the_end(&scene, &again.catalogue);
        assert!(home.papers() == again.papers(), "seed {seed}");
        assert_eq!(home.papers().len(), whole.lines().filter(|line| line.starts_with("paper\t")).count());
    }
}

#[test]
fn a_record_that_moves_hides_no_other() {
    for page in 0..6 {
        let scene = scene();
        scene.at(NOW);
        scene.fake.fail_after(Door::Oai, page, Fault::Moved);
        let home = Home::new();
        harvest_to_the_end(&scene, &home.catalogue);
        assert_same(&home.versions(), &scene.papers_in("cs"), &format!("moved at page {page}"));
    }
}

#[test]
fn a_harvest_that_is_cut_goes_on_where_it_was() {
    let whole = undisturbed(NOW);
    for page in [0, 1, 5] {
        let scene = scene();
        scene.at(NOW);
        scene.fake.fail_after(Door::Oai, page, Fault::TooMany);
        let home = Home::new();
        assert!(try_once(&scene, &home.catalogue).is_err(), "page {page}");
        let before = scene.fake.seen().len();
        scene.clock.advance(600);
        let home = home.reopened();
        try_once(&scene, &home.catalogue).unwrap();
        let first = scene.fake.seen()[before].target.clone();
        assert_eq!(first.contains("resumptionToken="), page > 0, "{first}");
        assert!(home.dump() == whole, "page {page}");
    }
}

#[test]
fn a_token_that_ended_overnight_costs_only_its_last_day() {
    let scene = scene();
    scene.at("2026-11-20T23:59:00Z");
    scene.fake.fail_after(Door::Oai, 4, Fault::TooMany);
    let home = Home::new();
    assert!(try_once(&scene, &home.catalogue).is_err());
    scene.at("2026-11-21T03:00:00Z");
    let before = scene.fake.seen().len();
    try_once(&scene, &home.catalogue).unwrap();
    let seen = scene.fake.seen();
    let from = seen[before + 1].target.split("from=").nth(1).unwrap().to_owned();
    assert!(from.as_str() > "2026-10-28", "{from}");
    assert_same(&home.versions(), &scene.papers_in("cs"), "all papers");
}

#[test]
fn the_next_harvest_begins_seven_days_before_the_servers_day_of_the_last() {
    let scene = scene();
    scene.at("2026-11-12T12:00:00Z");
    let home = Home::new();
    try_once(&scene, &home.catalogue).unwrap();
    assert_eq!(Memory::of(&home.catalogue, SET).unwrap().reached.unwrap().to_string(), "2026-11-12");
    scene.at(NOW);
    let before = scene.fake.seen().len();
    let run = try_once(&scene, &home.catalogue).unwrap();
    assert!(
        scene.fake.seen()[before].target.contains("from=2026-11-05"),
        "{}",
        scene.fake.seen()[before].target
    );
    assert!(run.accepted.unchanged > 0 && run.accepted.new > 0, "{run:?}");
    assert_same(&home.versions(), &scene.papers_in("cs"), "all papers");
}

#[test]
fn a_servers_clock_that_is_behind_loses_nothing() {
    let scene = scene();
    scene.at("2026-11-12T12:00:00Z");
    scene.fake.fail_next(Door::Oai, Fault::ClockBehind);
    let home = Home::new();
    try_once(&scene, &home.catalogue).unwrap();
    scene.at(NOW);
    try_once(&scene, &home.catalogue).unwrap();
    assert_same(&home.versions(), &scene.papers_in("cs"), "all papers");
}

#[test]
fn a_deleted_record_is_noted_and_its_paper_stays() {
    let scene = scene();
    scene.at(NOW);
    let home = Home::new();
    try_once(&scene, &home.catalogue).unwrap();
    let before = home.papers();
    scene.at("2026-11-20T14:00:00Z");
    scene.fake.fail_next(Door::Oai, Fault::Deleted);
    let run = try_once(&scene, &home.catalogue).unwrap();
    assert_eq!(run.accepted.problems, 1);
    assert!(home.papers() == before);
}

#[test]
fn a_day_without_changes_is_no_failure() {
    let scene = Scene::new(21, 0);
    scene.at(NOW);
    let home = Home::new();
    let run = try_once(&scene, &home.catalogue).unwrap();
    assert_eq!((run.accepted.new, run.accepted.problems), (0, 0));
}

#[test]
fn h2_requests_keep_their_distance_whatever_the_source_answers() {
    for seed in 0..10 {
        let scene = scene();
        scene.at(NOW);
        scene.fake.fail_randomly(seed, 3);
        let home = Home::new();
        for _ in 0..10 {
            let _ = try_once(&scene, &home.catalogue);
            scene.clock.advance(30);
        }
        let seen = scene.fake.seen();
        for pair in seen.windows(2) {
            let distance = pair[1].at.duration_since(pair[0].at);
            let least = match (pair[0].status, &pair[0].fault) {
                (429, _) => 600,
                (503, Some(Fault::Unavailable(Some(_)))) => 30,
                (503 | 500, _) => 60,
                _ => 3,
            };
            assert!(
                distance >= SignedDuration::from_secs(least),
                "seed {seed}: {distance} after {:?}",
                pair[0]
            );
        }
        assert_eq!(scene.fake.most_at_once(), 1);
        assert!(seen.iter().all(|seen| seen.agent.contains("(+owner@example.org)")));
    }
}

#[test]
fn a_machine_without_a_network_does_not_shut_the_gate() {
    let scene = scene();
    scene.at(NOW);
    let home = Home::new();
    let nowhere =
        harvest::arxiv::Addresses { oai: "http://arxiv.invalid/oai".to_owned(), ..scene.addresses() };
    let order = Order { set: SET, from: None, lease: None };
    for _ in 0..5 {
        let failure = harvest(&scene.world(), &home.catalogue, &nowhere, &order, &mut |_| {}).unwrap_err();
        assert!(failure.to_string().contains("has no address"), "{failure}");
    }
    let before = scene.fake.now();
    try_once(&scene, &home.catalogue).unwrap();
    assert_eq!(scene.fake.seen()[0].at, before, "the first request waited for nothing");
}
