//! Harvesting with the real program from a fake arXiv: by hand, by itself while serving, and what readers are told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use edition::calendar::Calendar;
use jiff::{SignedDuration, Timestamp, ToSpan};
use paper::Day;
use serde_json::json;
use testkit::server::{Instance, until};
use testkit::world::{Door, FakeArxiv, Fault, Script, World, weekdays};

const PROGRAM: &str = env!("CARGO_BIN_EXE_broadsheet");

/// An arXiv whose latest announcement day is the one that is in force now.
fn fake() -> (FakeArxiv, Day) {
    let now = Timestamp::now();
    let latest = Calendar::arxiv().in_force(now).unwrap();
    let days = weekdays(latest.date().saturating_sub(14.days()), latest.date(), &[]);
    (FakeArxiv::start(World::new(Script::new(3, days, 20)), now), latest)
}

fn configuration(fake: &FakeArxiv) -> String {
    format!(
        "[harvest]\ncontact = \"owner@example.org\"\ncategories = \"cs.CL stat\"\nallow = \"{}\"\narxiv_oai = \"{}\"\n\
         arxiv_site = \"{}\"\n",
        fake.address(),
        fake.url("/oai"),
        fake.url("")
    )
}

#[test]
fn records_are_harvested_by_hand_and_a_second_harvest_changes_nothing() {
    let (fake, latest) = fake();
    let instance = Instance::new(PROGRAM);
    let config = instance.write("harvest.toml", configuration(&fake));
    let from = latest.date().saturating_sub(20.days()).to_string();
    let harvest = |arguments: &[&str]| {
        let mut all = vec!["harvest", "arxiv", "--config", config.to_str().unwrap()];
        all.extend(arguments);
        instance.run(&all).success()
    };
    let first = harvest(&["--sets", "stat", "--from", &from]);
    assert!(
        first.contains(" new, 0 changed, 0 unchanged, 0 problems") && !first.contains(": 0 new"),
        "{first}"
    );
    let again = harvest(&["--sets", "stat", "--from", &from]);
    assert!(again.contains(": 0 new, 0 changed"), "{again}");
    let status = instance.run(["harvest", "status", "--config", config.to_str().unwrap()]).success();
    assert!(status.contains("set stat: changes up to "), "{status}");
    let runs = instance.run(["runs"]).success();
    assert_eq!(runs.matches("harvest  arxiv records").count(), 2, "{runs}");
}

#[test]
fn announcements_are_harvested_by_hand_and_told_as_complete() {
    let (fake, latest) = fake();
    let instance = Instance::new(PROGRAM);
    let config = instance.write("harvest.toml", configuration(&fake));
    let config = config.to_str().unwrap();
    let told = instance.run(["harvest", "arxiv", "--announced", "--config", config]).success();
    assert!(told.contains("; complete."), "{told}");
    let announced = fake.with_world(|world| world.announced("stat", latest.date())).len();
    let status = instance.run(["harvest", "status", "--config", config]).success();
    let line =
        format!("stat: complete to {latest}. {latest}: Complete: {announced} of {announced} announced");
    assert!(status.contains(&line), "{status}");
    let edition = instance.run(["edition".to_string(), latest.to_string()]).success();
    assert!(!edition.is_empty());
}

/// The metadata of a moment in the form of the snapshot that Kaggle offers (made: no real one is at hand).
fn snapshot(fake: &FakeArxiv, at: Timestamp) -> String {
    let line = |paper: testkit::world::Now<'_>| {
        let versions: Vec<_> = (1..)
            .zip(&paper.versions)
            .map(|(number, sent)| {
                let sent = sent.to_zoned(jiff::tz::TimeZone::UTC);
                json!({"version": format!("v{number}"), "created": sent.strftime("%a, %-d %b %Y %H:%M:%S GMT").to_string()})
            })
            .collect();
        // The fake's own rule.
        let submitter = paper.authors().split(", ").next();
        let modified = paper.modified.to_zoned(jiff::tz::TimeZone::UTC).date();
        json!({
            "id": paper.paper.id, "submitter": submitter, "authors": paper.authors(), "title": paper.title(),
            "comments": paper.comments(), "journal-ref": paper.journal_ref(), "doi": null, "report-no": null,
            "categories": paper.categories.join(" "), "license": paper.license(),
            "abstract": format!("  {}\n", paper.abstract_text()), "versions": versions,
            "update_date": modified.to_string(), "authors_parsed": [],
        })
        .to_string()
    };
    fake.with_world(|world| {
        let ids: Vec<String> = world.papers().iter().map(|paper| paper.id.clone()).collect();
        ids.iter().filter_map(|id| world.paper_at(id, at)).map(|paper| line(paper) + "\n").collect()
    })
}

#[test]
fn a_snapshot_and_the_harvest_after_it_are_what_a_harvest_of_everything_is() {
    let (fake, latest) = fake();
    let cut = latest.date().saturating_sub(6.days());
    let at = cut.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    // What OAI-PMH tells of one set by now.
    let now = fake.now();
    let ids: Vec<String> = fake.with_world(|world| {
        let told = world.papers().iter().filter_map(|paper| world.paper_at(&paper.id, now));
        let of_set =
            told.filter(|paper| paper.categories.iter().any(|category| category.starts_with("stat.")));
        of_set.map(|paper| paper.paper.id.clone()).collect()
    });
    assert!(ids.len() > 20, "{}", ids.len());
    let papers = |instance: &Instance| -> Vec<serde_json::Value> {
        let paper = |id: &String| instance.run(["paper", id, "--json"]).success();
        ids.iter().map(|id| serde_json::from_str(&paper(id)).unwrap()).collect()
    };
    let harvest = |instance: &Instance, from: String| {
        let config = instance.write("harvest.toml", configuration(&fake));
        let config = config.to_str().unwrap();
        instance.run(["harvest", "arxiv", "--config", config, "--sets", "stat", "--from", &from]).success();
    };
    let whole = Instance::new(PROGRAM);
    harvest(&whole, "2005-09-16".to_string());

    let cold = Instance::new(PROGRAM);
    let file = cold.write("arxiv-metadata-oai-snapshot.json", snapshot(&fake, at));
    cold.run([std::ffi::OsStr::new("import"), file.as_os_str()]).success();
    harvest(&cold, cut.saturating_sub(7.days()).to_string());
    for (cold, whole) in papers(&cold).iter().zip(papers(&whole)) {
        assert_eq!(*cold, whole);
    }
}

#[test]
fn nothing_is_harvested_without_a_contact() {
    let instance = Instance::new(PROGRAM);
    let told = instance.run(["harvest", "arxiv", "--sets", "cs"]).failure(1);
    assert!(told.contains("set harvest.contact"), "{told}");
}

#[test]
fn a_server_harvests_by_itself_and_says_what_is_late_and_when_it_is_complete() {
    let (fake, latest) = fake();
    fake.stay_behind("stat", fake.now() + SignedDuration::from_hours(1));
    let instance = Instance::new(PROGRAM);
    let config = instance.write("harvest.toml", configuration(&fake));
    let server = instance.serve_with(["--no-sample", "--config", config.to_str().unwrap()]);
    let page = || server.get(&format!("/{latest}")).text();
    until("the stale listing is noticed", || page().contains(" feed for stat still shows"));
    let about = server.get("/about").text();
    assert!(about.contains("arxiv announcements: no success yet, next run"), "{about}");
    let metrics = server.get("/metrics").text();
    assert!(
        metrics.contains("broadsheet_harvest_failures_in_a_row{job=\"arxiv announcements\"} 1"),
        "{metrics}"
    );

    // An hour later arXiv has caught up; the job is brought forward instead of waiting for it.
    fake.advance(std::time::Duration::from_secs(7200));
    drop(server);
    instance.run(["harvest", "arxiv", "--announced", "--config", config.to_str().unwrap()]).success();
    let server = instance.serve_with(["--config", config.to_str().unwrap()]);
    let page = server.get(&format!("/{latest}")).text();
    assert!(page.contains("data-state=\"complete\">Complete: "), "{page}");
    assert!(server.get("/").text().contains("Complete: "));
    let feed = server.get("/feed.atom").text();
    assert!(feed.contains(". Complete: "), "{feed}");
    let list = server.get(&format!("/api/daily_papers?date={latest}"));
    let standing = list.header("broadsheet-standing").unwrap_or_default();
    assert!(standing.starts_with("complete; \"Complete: "), "{standing}");
}

#[test]
fn a_source_that_is_down_is_told_of_and_nothing_is_lost() {
    let (fake, _) = fake();
    fake.fail_next(Door::List, Fault::TooMany);
    let instance = Instance::new(PROGRAM);
    let config = instance.write("harvest.toml", configuration(&fake));
    let config = config.to_str().unwrap();
    let told = instance.run(["harvest", "arxiv", "--announced", "--config", config]).failure(1);
    assert!(told.contains("status 429: too many requests"), "{told}");
    // The gate is shut for ten minutes, for every process.
    let again = instance.run(["harvest", "arxiv", "--announced", "--config", config]).failure(1);
    assert!(again.contains("may not be asked before"), "{again}");
    let status = instance.run(["harvest", "status", "--config", config]).success();
    assert!(status.contains("arXiv: not asked before") && status.contains("too many requests"), "{status}");
    assert_eq!(fake.seen().len(), 1);
    let doctor = instance.command(["doctor", "--config", config]).output().unwrap();
    let said = String::from_utf8(doctor.stdout).unwrap();
    assert_eq!(doctor.status.code(), Some(1), "{said}");
    assert!(said.contains("SILENT     arXiv's announcements of stat: "), "{said}");
}
