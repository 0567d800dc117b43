//! What harvests and schedules rely on, tried on SQLite and on PostgreSQL: deliveries, jobs, gates.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[macro_use]
mod common;

use catalogue::*;
use common::*;
use paper::{AnnouncementKind, Source};
use std::sync::Barrier;

contract!(
    progress_is_written_with_its_page,
    a_page_of_nothing_new_still_brings_progress,
    progress_can_be_forgotten,
    a_listing_is_complete_when_all_it_names_is_listed_here,
    a_listing_of_an_archive_counts_its_categories,
    a_paper_that_is_known_by_another_name_is_not_missing,
    announcements_twice_are_once_in_any_order,
    a_job_is_made_once,
    only_what_is_due_is_claimed_and_the_oldest_first,
    a_job_has_one_holder,
    one_of_many_who_claim_at_once_gets_the_job,
    an_expired_lease_passes_on_and_the_old_holder_is_refused,
    a_finished_job_says_how_it_went,
    a_job_that_is_given_back_neither_succeeded_nor_failed,
    a_gate_is_set_by_who_saw_its_value,
    an_older_catalogue_is_brought_up_to_date,
);

fn progress(value: Option<&str>) -> Progress {
    Progress { source: "arxiv".to_string(), part: "oai/cs".to_string(), value: value.map(str::to_string) }
}

fn named(node: &str, kind: AnnouncementKind) -> Announced {
    Announced {
        source: Source::Arxiv,
        category: "cs.CL".into(),
        day: day("2024-01-02"),
        node: identity(node),
        kind,
    }
}

fn stated(entries: u32) -> Stated {
    Stated { source: Source::Arxiv, category: "cs.CL".into(), day: day("2024-01-02"), entries }
}

fn listing(catalogue: &Catalogue) -> Listing {
    let day = day("2024-01-02");
    catalogue.listings_of(Source::Arxiv, day, day).unwrap().remove(0)
}

fn progress_is_written_with_its_page(home: &Home) {
    let catalogue = home.open();
    catalogue.schedule("harvest", 0).unwrap();
    let lease = catalogue.claim(1, "one", 60).unwrap().unwrap().lease();
    let records = [incoming(&record("arxiv:2401.00001"))];
    let page = Delivery {
        records: &records,
        progress: &[progress(Some("token 1"))],
        lease: Some(&lease),
        ..Delivery::default()
    };
    assert_eq!(catalogue.deliver(&page).unwrap().new, 1);
    assert_eq!(catalogue.progress("arxiv", "oai/cs").unwrap().as_deref(), Some("token 1"));

    // Somebody else takes the job: a page that comes too late leaves neither records nor progress.
    catalogue.claim(61, "two", 60).unwrap().unwrap();
    let records = [incoming(&record("arxiv:2401.00002"))];
    let late = Delivery { records: &records, progress: &[progress(Some("token 2"))], ..page };
    let error = catalogue.deliver(&late).unwrap_err();
    assert!(matches!(error, Error::LeaseLost { .. }), "{error}");
    assert_eq!(catalogue.counts().unwrap().papers, 1);
    assert_eq!(catalogue.progress("arxiv", "oai/cs").unwrap().as_deref(), Some("token 1"));
}

fn a_page_of_nothing_new_still_brings_progress(home: &Home) {
    let catalogue = home.open();
    let records = [incoming(&record("arxiv:2401.00001"))];
    for value in ["1", "2"] {
        let page = Delivery { records: &records, progress: &[progress(Some(value))], ..Delivery::default() };
        catalogue.deliver(&page).unwrap();
        assert_eq!(catalogue.progress("arxiv", "oai/cs").unwrap().as_deref(), Some(value));
    }
    assert_eq!(catalogue.progress_of("arxiv").unwrap(), [progress(Some("2"))]);
}

fn progress_can_be_forgotten(home: &Home) {
    let catalogue = home.open();
    for value in [Some("1"), None] {
        let page = Delivery { progress: &[progress(value)], ..Delivery::default() };
        catalogue.deliver(&page).unwrap();
    }
    assert_eq!(catalogue.progress("arxiv", "oai/cs").unwrap(), None);
}

fn a_listing_is_complete_when_all_it_names_is_listed_here(home: &Home) {
    let catalogue = home.open();
    let names = [
        named("arxiv:2401.00001", AnnouncementKind::New),
        named("arxiv:2401.00002", AnnouncementKind::CrossList),
    ];
    let page = Delivery { announced: &names, stated: &[stated(2)], ..Delivery::default() };
    catalogue.deliver(&page).unwrap();
    let stored = || -> Vec<bool> {
        let named = catalogue.named_on(Source::Arxiv, "cs.CL", day("2024-01-02")).unwrap();
        named.iter().map(|named| named.stored).collect()
    };
    assert_eq!((listing(&catalogue).named, listing(&catalogue).stored), (2, 0));
    assert!(!listing(&catalogue).is_complete());

    // The paper alone is not enough: it must stand in the listing of its day.
    accept(&catalogue, &[record("arxiv:2401.00001")]);
    assert_eq!(stored(), [false, false]);

    let listed = |node, kind| announced(record(node), "2024-01-02", "cs.CL", kind);
    accept(&catalogue, &[listed("arxiv:2401.00001", AnnouncementKind::New)]);
    assert_eq!(stored(), [true, false]);
    accept(&catalogue, &[listed("arxiv:2401.00002", AnnouncementKind::CrossList)]);
    assert!(listing(&catalogue).is_complete());
}

fn a_listing_of_an_archive_counts_its_categories(home: &Home) {
    let catalogue = home.open();
    let day = day("2024-01-02");
    let of_archive = |archive: &str, node| Announced {
        category: archive.to_string(),
        ..named(node, AnnouncementKind::New)
    };
    let names = [of_archive("cs", "arxiv:2401.00001"), of_archive("c", "arxiv:2401.00001")];
    let entries = |archive: &str| Stated { category: archive.to_string(), ..stated(1) };
    let page = Delivery { announced: &names, stated: &[entries("cs"), entries("c")], ..Delivery::default() };
    catalogue.deliver(&page).unwrap();
    let listed = announced(record("arxiv:2401.00001"), "2024-01-02", "cs.CL", AnnouncementKind::New);
    accept(&catalogue, &[listed]);
    let listings = catalogue.listings_of(Source::Arxiv, day, day).unwrap();
    let stored: Vec<(&str, u32)> =
        listings.iter().map(|listing| (listing.category.as_str(), listing.stored)).collect();
    assert_eq!(stored, [("c", 0), ("cs", 1)]);
    assert!(catalogue.named_on(Source::Arxiv, "cs", day).unwrap()[0].stored);
}

fn a_paper_that_is_known_by_another_name_is_not_missing(home: &Home) {
    let catalogue = home.open();
    let listed = announced(record("arxiv:2401.00001"), "2024-01-02", "cs.CL", AnnouncementKind::New);
    accept(&catalogue, &[stating(record("acl:2024.acl-long.1"), "arxiv:2401.00001"), listed]);
    let names = [named("arxiv:2401.00001", AnnouncementKind::New)];
    catalogue.deliver(&Delivery { announced: &names, stated: &[stated(1)], ..Delivery::default() }).unwrap();
    assert!(listing(&catalogue).is_complete());
}

fn announcements_twice_are_once_in_any_order(home: &Home) {
    let names = [
        named("arxiv:2401.00001", AnnouncementKind::New),
        named("arxiv:2401.00001", AnnouncementKind::Replacement),
        named("arxiv:2401.00002", AnnouncementKind::CrossList),
    ];
    let catalogue = home.open();
    catalogue
        .deliver(&Delivery { announced: &names, stated: &[stated(3), stated(2)], ..Delivery::default() })
        .unwrap();
    let other = home.another();
    let another = other.open();
    for name in names.iter().rev() {
        let page =
            Delivery { announced: std::slice::from_ref(name), stated: &[stated(2)], ..Delivery::default() };
        another.deliver(&page).unwrap();
        another.deliver(&page).unwrap();
    }
    assert_same_dump(&dump(&catalogue), &dump(&another));
    assert_eq!(listing(&another).named, 2);
}

fn a_job_is_made_once(home: &Home) {
    let catalogue = home.open();
    catalogue.schedule("a", 5).unwrap();
    catalogue.schedule("a", 9).unwrap();
    assert_eq!(catalogue.job("a").unwrap().unwrap().due, 5);
    assert!(catalogue.reschedule("a", 9).unwrap());
    assert_eq!(catalogue.jobs().unwrap()[0].due, 9);
    catalogue.unschedule("a").unwrap();
    assert!(!catalogue.reschedule("a", 9).unwrap());
    assert!(catalogue.jobs().unwrap().is_empty());
}

fn only_what_is_due_is_claimed_and_the_oldest_first(home: &Home) {
    let catalogue = home.open();
    for (name, due) in [("late", 7), ("early", 3), ("future", 100)] {
        catalogue.schedule(name, due).unwrap();
    }
    let claim = || catalogue.claim(10, "me", 60).unwrap().map(|job| job.name);
    assert_eq!(claim().as_deref(), Some("early"));
    assert_eq!(claim().as_deref(), Some("late"));
    assert_eq!(claim(), None);
    assert_eq!(catalogue.claim_job("future", 10, "me", 60).unwrap().map(|job| job.fence), Some(1));
    assert_eq!(catalogue.claim_job("unknown", 10, "me", 60).unwrap(), None);
}

fn a_job_has_one_holder(home: &Home) {
    let catalogue = home.open();
    catalogue.schedule("a", 0).unwrap();
    let job = catalogue.claim(10, "one", 60).unwrap().unwrap();
    assert!(job.is_running(69) && !job.is_running(70));
    assert_eq!(home.open().claim(69, "two", 60).unwrap(), None);
    assert_eq!(home.open().claim_job("a", 69, "two", 60).unwrap(), None);
    catalogue.renew(&job.lease(), 60, 60).unwrap();
    assert_eq!(home.open().claim(119, "two", 60).unwrap(), None);
}

fn one_of_many_who_claim_at_once_gets_the_job(home: &Home) {
    home.open().schedule("a", 0).unwrap();
    let (start, catalogues) = (Barrier::new(4), [home.open(), home.open(), home.open(), home.open()]);
    let taken: usize = std::thread::scope(|scope| {
        let start = &start;
        let claims = catalogues.iter().map(|catalogue| {
            scope.spawn(move || {
                start.wait();
                catalogue.claim(10, "one of four", 60).unwrap().iter().count()
            })
        });
        let claims: Vec<_> = claims.collect();
        claims.into_iter().map(|claim| claim.join().unwrap()).sum()
    });
    assert_eq!(taken, 1);
}

fn an_expired_lease_passes_on_and_the_old_holder_is_refused(home: &Home) {
    let catalogue = home.open();
    catalogue.schedule("a", 0).unwrap();
    let old = catalogue.claim(10, "stopped", 60).unwrap().unwrap();
    let new = catalogue.claim(70, "alive", 60).unwrap().unwrap();
    assert_eq!((new.fence, new.holder.as_deref()), (2, Some("alive")));
    for refused in
        [catalogue.renew(&old.lease(), 71, 60), catalogue.finish(&old.lease(), 71, 1000, true, "done")]
    {
        assert!(matches!(refused, Err(Error::LeaseLost { .. })), "{refused:?}");
    }
    catalogue.finish(&new.lease(), 72, 1000, true, "done").unwrap();
    assert!(matches!(catalogue.renew(&new.lease(), 73, 60), Err(Error::LeaseLost { .. })));
}

fn a_finished_job_says_how_it_went(home: &Home) {
    let catalogue = home.open();
    catalogue.schedule("a", 0).unwrap();
    for (at, succeeded, failures, last) in
        [(10, false, 1, None), (20, false, 2, None), (30, true, 0, Some(30))]
    {
        let job = catalogue.claim(at, "me", 60).unwrap().unwrap();
        catalogue.finish(&job.lease(), at, at + 1, succeeded, "in words").unwrap();
        let job = catalogue.job("a").unwrap().unwrap();
        assert_eq!((job.due, job.failures, job.succeeded, job.holder), (at + 1, failures, last, None));
        assert_eq!(job.outcome, "in words");
    }
}

fn a_job_that_is_given_back_neither_succeeded_nor_failed(home: &Home) {
    let catalogue = home.open();
    catalogue.schedule("a", 0).unwrap();
    let job = catalogue.claim(10, "me", 60).unwrap().unwrap();
    catalogue.release(&job.lease(), 11).unwrap();
    assert!(matches!(catalogue.release(&job.lease(), 12), Err(Error::LeaseLost { .. })));
    let job = catalogue.job("a").unwrap().unwrap();
    assert_eq!((job.due, job.failures, job.succeeded, job.holder), (11, 0, None, None));
}

fn a_gate_is_set_by_who_saw_its_value(home: &Home) {
    let (one, two) = (home.open(), home.open());
    assert_eq!(one.gate("arxiv").unwrap(), (0, String::new()));
    assert!(one.set_gate("arxiv", 0, "first").unwrap());
    assert!(!two.set_gate("arxiv", 0, "too late").unwrap());
    let (seen, value) = two.gate("arxiv").unwrap();
    assert_eq!((seen, value.as_str()), (1, "first"));
    assert!(two.set_gate("arxiv", seen, "second").unwrap());
    assert_eq!(one.gate("arxiv").unwrap(), (2, "second".to_string()));
}

/// A catalogue that stopped before the second migration; its papers stay.
fn an_older_catalogue_is_brought_up_to_date(home: &Home) {
    accept(&home.open(), &[record("arxiv:2401.00001")]);
    let before = dump(&home.open());
    for table in ["progress", "announced", "stated", "jobs", "gates"] {
        home.sql(&format!("DROP TABLE {table}"));
    }
    home.sql("DELETE FROM migrations WHERE number = 2");
    let error = Catalogue::open(&home.location, Access::ReadOnly).unwrap_err();
    assert!(matches!(error, Error::Older { found: 1, known: 2, .. }), "{error}");
    let catalogue = home.open();
    catalogue.schedule("a", 0).unwrap();
    assert_same_dump(&before, &dump(&catalogue));
}
