//! What a catalogue promises, tried on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[macro_use]
mod common;

use catalogue::*;
use common::*;
use paper::{AnnouncementKind, Link, LinkKind, PartialDate, Record, Source};
use std::collections::BTreeSet;

contract!(
    everything_twice_is_once,
    what_was_accepted_is_read_back_as_received,
    a_record_counts_once_within_a_batch,
    newer_versions_win_in_any_order,
    sources_that_share_a_doi_are_one_paper,
    two_papers_may_share_a_doi_and_neither_takes_the_others_address,
    a_superseded_address_redirects,
    a_paper_is_found_by_every_spelling,
    old_style_ids_work,
    slugs_lead_to_papers_without_a_public_identity,
    a_stated_arxiv_id_gives_an_address_only_while_it_is_uncontested,
    a_key_with_too_many_holders_joins_nothing,
    an_editor_joins_and_separates,
    a_decision_may_come_before_its_papers,
    a_withdrawn_decision_leaves_no_trace,
    a_join_is_explained,
    papers_of_one_title_are_perhaps_the_same,
    changes_are_complete_and_ascending,
    a_record_that_adds_nothing_changes_nothing,
    an_edition_holds_what_was_announced_or_featured,
    an_entry_says_what_ranking_needs,
    days_without_papers_are_passed_over,
    listings_keep_kinds_apart,
    categories_are_counted_once_a_paper,
    volumes_do_not_depend_on_order,
    papers_of_a_volume_come_in_parts,
    problems_are_kept_once,
    runs_are_remembered,
    sources_know_their_latest_day,
    a_nul_in_a_text_is_survived,
    a_record_without_identity_is_a_problem,
    a_huge_record_is_a_problem,
    another_connection_sees_commits,
    a_catalogue_opened_for_reading_is_not_written,
    a_newer_schema_is_refused,
    migrating_twice_is_once,
    a_fresh_catalogue_is_sound_and_empty,
    rebuilding_with_the_same_parsers_changes_nothing,
    rebuilding_reads_raw_bytes_again,
    rebuilding_forgets_no_address,
    a_failed_batch_leaves_nothing_behind,
    clones_write_at_once_and_lose_nothing,
    a_server_calls_from_its_blocking_threads,
);

fn everything_twice_is_once(home: &Home) {
    let catalogue = home.open();
    let records = [
        announced(record("arxiv:2401.00001"), "2024-01-02", "cs.CL", AnnouncementKind::New),
        stating(record("acl:2024.acl-long.1"), "arxiv:2401.00001"),
    ];
    accept(&catalogue, &records);
    let (before, sequence) = (dump(&catalogue), catalogue.sequence().unwrap());
    let again = accept(&catalogue, &records);
    assert_eq!(again, Accepted { unchanged: 2, ..Accepted::default() });
    assert_same_dump(&before, &dump(&catalogue));
    assert_eq!(catalogue.sequence().unwrap(), sequence);
}

fn what_was_accepted_is_read_back_as_received(home: &Home) {
    let catalogue = home.open();
    let wild = Incoming { record: record("arxiv:2401.00001"), raw: vec![0, 255, b'{', 0, 200] };
    catalogue.accept(std::slice::from_ref(&wild), &[]).unwrap();
    let id = catalogue.find_identity(&identity("arxiv:2401.00001")).unwrap().unwrap();
    let records = catalogue.raw_records(id).unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!((&records[0].record, &records[0].raw), (&wild.record, &wild.raw));
}

fn a_record_counts_once_within_a_batch(home: &Home) {
    let catalogue = home.open();
    let one = record("arxiv:2401.00001");
    let accepted = accept(&catalogue, &[one.clone(), one.clone(), version(one, 2)]);
    assert_eq!(accepted, Accepted { new: 1, changed: 1, unchanged: 1, problems: 0 });
}

fn newer_versions_win_in_any_order(home: &Home) {
    let old = version(titled(Source::Arxiv, "arxiv:2401.00001", "The first title of this paper"), 1);
    let new = version(titled(Source::Arxiv, "arxiv:2401.00001", "The second title of this paper"), 2);
    for order in [[&old, &new], [&new, &old]] {
        let home = home.another();
        let catalogue = home.open();
        for record in order {
            accept(&catalogue, std::slice::from_ref(record));
        }
        let Some(Found::Here(stored)) = catalogue.find("2401.00001").unwrap() else { panic!("not found") };
        assert_eq!(stored.paper.title, "The second title of this paper");
    }
}

fn sources_that_share_a_doi_are_one_paper(home: &Home) {
    let catalogue = home.open();
    accept(&catalogue, &[stating(record("arxiv:2401.00001"), "doi:10.1000/shared")]);
    accept(&catalogue, &[stating(record("openreview:abcdefgh"), "doi:10.1000/shared")]);
    assert_eq!(catalogue.counts().unwrap().papers, 1);
    assert_eq!(address_of(&catalogue, "openreview:abcdefgh").as_deref(), Some("2401.00001"));
}

fn two_papers_may_share_a_doi_and_neither_takes_the_others_address(home: &Home) {
    let catalogue = home.open();
    accept(
        &catalogue,
        &[
            stating(record("arxiv:2401.00002"), "doi:10.1000/shared"),
            stating(record("arxiv:2401.00001"), "doi:10.1000/shared"),
        ],
    );
    assert_eq!(catalogue.counts().unwrap().papers, 2);
    assert_eq!(catalogue.find("doi:10.1000/shared").unwrap(), Some(Found::Moved("2401.00001".into())));
}

fn a_superseded_address_redirects(home: &Home) {
    let catalogue = home.open();
    accept(&catalogue, &[titled(Source::Acl, "acl:2024.acl-long.1", TITLE)]);
    assert!(matches!(catalogue.find("acl:2024.acl-long.1").unwrap(), Some(Found::Here(_))));
    accept(&catalogue, &[titled(Source::Arxiv, "arxiv:2401.00001", TITLE)]);
    assert_eq!(catalogue.find("acl:2024.acl-long.1").unwrap(), Some(Found::Moved("2401.00001".into())));
}

fn a_paper_is_found_by_every_spelling(home: &Home) {
    let catalogue = home.open();
    accept(&catalogue, &[stating(record("arxiv:2401.00001"), "doi:10.1000/Shared")]);
    for spelling in [
        "arXiv:2401.00001v3",
        "https://arxiv.org/abs/2401.00001",
        "10.48550/arXiv.2401.00001",
        "https://doi.org/10.1000/SHARED",
        "doi:10.1000/shared",
    ] {
        assert_eq!(catalogue.find(spelling).unwrap(), Some(Found::Moved("2401.00001".into())), "{spelling}");
    }
    for nothing in
        ["2401.00002", "", "attention", "../../etc/passwd", "a\0b", "%", "'; DROP TABLE papers; --"]
    {
        assert_eq!(catalogue.find(nothing).unwrap(), None, "{nothing}");
    }
}

fn old_style_ids_work(home: &Home) {
    let catalogue = home.open();
    accept(&catalogue, &[record("arxiv:hep-th/9901001"), record("arxiv:math.GT/0309136")]);
    assert!(matches!(catalogue.find("hep-th/9901001").unwrap(), Some(Found::Here(_))));
    assert_eq!(catalogue.find("math.GT/0309136").unwrap(), Some(Found::Moved("math/0309136".into())));
}

fn slugs_lead_to_papers_without_a_public_identity(home: &Home) {
    let catalogue = home.open();
    let paper = titled(Source::Conference, "conference:cvpr2016:1", "Deep Residual Learning");
    accept(&catalogue, std::slice::from_ref(&paper));
    let slug = paper::merge::record_slug(&paper);
    assert!(matches!(catalogue.find(&slug).unwrap(), Some(Found::Here(_))));
    assert_eq!(catalogue.find("conference:cvpr2016:1").unwrap(), Some(Found::Moved(slug.clone())));
    accept(&catalogue, &[stating(paper, "arxiv:1512.03385")]);
    assert_eq!(catalogue.find(&slug).unwrap(), Some(Found::Moved("1512.03385".into())));
}

fn a_stated_arxiv_id_gives_an_address_only_while_it_is_uncontested(home: &Home) {
    let catalogue = home.open();
    accept(&catalogue, &[stating(record("acl:2024.acl-long.1"), "arxiv:2401.00001")]);
    assert!(matches!(catalogue.find("2401.00001").unwrap(), Some(Found::Here(_))));
    // Two Anthology papers state one arXiv id: a mistake of the source, and neither may live there.
    accept(&catalogue, &[stating(record("acl:2024.acl-long.2"), "arxiv:2401.00001")]);
    assert_eq!(address_of(&catalogue, "acl:2024.acl-long.1").as_deref(), Some("acl:2024.acl-long.1"));
    assert_eq!(address_of(&catalogue, "acl:2024.acl-long.2").as_deref(), Some("acl:2024.acl-long.2"));
    assert_eq!(catalogue.find("2401.00001").unwrap(), Some(Found::Moved("acl:2024.acl-long.1".into())));
}

fn a_key_with_too_many_holders_joins_nothing(home: &Home) {
    let catalogue = home.open();
    let preface = |number: usize| {
        let node = if number == 0 { "arxiv:2401.00001".into() } else { format!("conference:c{number}") };
        let mut record = titled(Source::Conference, &node, TITLE);
        record.identities.push(identity("doi:10.1000/proceedings"));
        record
    };
    // Conference nodes are of one scheme, so only one of them can join the arXiv paper.
    accept(&catalogue, &[preface(0), preface(1)]);
    assert_eq!(catalogue.counts().unwrap().papers, 1);
    let more: Vec<Record> = (2..=paper::join::NODES_OF_KEY_MAX).map(preface).collect();
    accept(&catalogue, &more);
    assert_eq!(catalogue.counts().unwrap().papers, paper::join::NODES_OF_KEY_MAX as u64 + 1);
    assert_ne!(address_of(&catalogue, "conference:c1").as_deref(), Some("2401.00001"));
}

fn an_editor_joins_and_separates(home: &Home) {
    let catalogue = home.open();
    let (one, other) = ("acl:2024.acl-long.1", "arxiv:2401.00001");
    accept(&catalogue, &[titled(Source::Acl, one, TITLE), titled(Source::Arxiv, other, TITLE)]);
    assert_eq!(catalogue.counts().unwrap().papers, 1);
    let whole = dump(&catalogue);
    catalogue.decide(&apart(one, other), "another edition").unwrap();
    assert_eq!(catalogue.counts().unwrap().papers, 2);
    assert!(matches!(catalogue.find(one).unwrap(), Some(Found::Here(_))));
    let sequence = catalogue.sequence().unwrap();
    catalogue.decide(&apart(other, one), "another edition").unwrap();
    assert_eq!(catalogue.sequence().unwrap(), sequence, "deciding the same again changes nothing");
    catalogue.decide(&same(other, one), "after all").unwrap();
    let joined = dump(&catalogue);
    let papers = |dump: &str| {
        dump.lines().filter(|line| line.starts_with("paper")).map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(papers(&whole), papers(&joined));
}

fn a_decision_may_come_before_its_papers(home: &Home) {
    let catalogue = home.open();
    catalogue.decide(&same("acl:2024.acl-long.1", "arxiv:2401.00001"), "").unwrap();
    accept(&catalogue, &[record("acl:2024.acl-long.1")]);
    accept(&catalogue, &[record("arxiv:2401.00001")]);
    assert_eq!(catalogue.counts().unwrap().papers, 1);
}

fn a_withdrawn_decision_leaves_no_trace(home: &Home) {
    let catalogue = home.open();
    accept(&catalogue, &[record("acl:2024.acl-long.1"), record("arxiv:2401.00001")]);
    let before = dump(&catalogue);
    let decision = same("acl:2024.acl-long.1", "arxiv:2401.00001");
    catalogue.decide(&decision, "a mistake").unwrap();
    catalogue.withdraw(&decision).unwrap();
    assert_same_dump(&before, &dump(&catalogue));
}

fn a_join_is_explained(home: &Home) {
    let catalogue = home.open();
    accept(
        &catalogue,
        &[stating(record("acl:2024.acl-long.1"), "arxiv:2401.00001"), record("arxiv:2401.00001")],
    );
    let id = catalogue.find_identity(&identity("arxiv:2401.00001")).unwrap().unwrap();
    let explanation = catalogue.explain(id).unwrap().unwrap();
    assert_eq!(explanation.records.len(), 2);
    let reason = paper::join::Reason::Identity { identity: identity("arxiv:2401.00001") };
    assert_eq!(explanation.joins.iter().map(|join| &join.reason).collect::<Vec<_>>(), [&reason]);
    assert_eq!(catalogue.explain(PaperId(77)).unwrap(), None);
}

fn papers_of_one_title_are_perhaps_the_same(home: &Home) {
    let catalogue = home.open();
    let mut other = titled(Source::Acl, "acl:2024.acl-long.1", TITLE);
    other.authors[0].name = "Somebody Else".into();
    accept(&catalogue, &[other, titled(Source::Arxiv, "arxiv:2401.00001", TITLE)]);
    let id = catalogue.find_identity(&identity("arxiv:2401.00001")).unwrap().unwrap();
    assert_eq!(catalogue.explain(id).unwrap().unwrap().perhaps, ["acl:2024.acl-long.1"]);
}

fn changes_are_complete_and_ascending(home: &Home) {
    let catalogue = home.open();
    let mut known: std::collections::BTreeMap<PaperId, Option<Stored>> = Default::default();
    let mut at = Sequence(0);
    let steps: [&[Record]; 3] = [
        &[titled(Source::Acl, "acl:2024.acl-long.1", TITLE), record("arxiv:2401.00003")],
        &[
            titled(Source::Openreview, "openreview:abcdefgh", "Quite another title of a paper"),
            record("arxiv:2401.00004"),
        ],
        &[stating(
            stating(titled(Source::Arxiv, "arxiv:2401.00001", TITLE), "openreview:abcdefgh"),
            "doi:10.1000/1",
        )],
    ];
    for step in steps {
        accept(&catalogue, step);
        // A follower that reads one change at a time arrives where the catalogue is.
        loop {
            let changes = catalogue.changes(at, 1).unwrap();
            let Some(change) = changes.first() else { break };
            assert!(change.sequence > at);
            at = change.sequence;
            known.insert(change.id, catalogue.papers(&[change.id]).unwrap().remove(0));
        }
        assert_eq!(at, catalogue.sequence().unwrap());
        let there: BTreeSet<String> =
            known.values().flatten().map(|stored| stored.paper.address.clone()).collect();
        assert_eq!(there.len() as u64, catalogue.counts().unwrap().papers);
        assert!(known.values().flatten().all(|stored| stored.sequence <= at));
    }
    assert!(known.values().any(Option::is_none), "the paper that was merged away is told");
}

fn a_record_that_adds_nothing_changes_nothing(home: &Home) {
    let catalogue = home.open();
    let one = record("arxiv:2401.00001");
    accept(&catalogue, &[version(one.clone(), 2)]);
    let sequence = catalogue.sequence().unwrap();
    let accepted = accept(&catalogue, &[version(one, 1)]);
    assert_eq!(accepted.changed, 1);
    assert_eq!(catalogue.sequence().unwrap(), sequence);
}

fn an_edition_holds_what_was_announced_or_featured(home: &Home) {
    let catalogue = home.open();
    use AnnouncementKind::{CrossList, Featured, New, Replacement};
    let one = announced(record("arxiv:2401.00001"), "2024-01-02", "cs.CL", New);
    accept(
        &catalogue,
        &[
            announced(announced(one, "2024-01-03", "cs.CL", Replacement), "2024-01-04", "", Featured),
            announced(record("arxiv:2401.00002"), "2024-01-03", "cs.CL", New),
            announced(record("arxiv:2401.00003"), "2024-01-03", "cs.CL", CrossList),
            record("arxiv:2401.00004"),
        ],
    );
    let edition = |first: &str, last: &str| {
        let entries = catalogue.edition(day(first), day(last)).unwrap();
        entries
            .into_iter()
            .map(|entry| (entry.address, entry.day.to_string(), entry.announced, entry.featured))
            .collect::<Vec<_>>()
    };
    let line = |address: &str, day: &str, announced, featured| {
        (address.to_string(), day.to_string(), announced, featured)
    };
    assert_eq!(edition("2024-01-03", "2024-01-03"), [line("2401.00002", "2024-01-03", true, false)]);
    assert_eq!(edition("2024-01-04", "2024-01-04"), [line("2401.00001", "2024-01-04", false, true)]);
    assert_eq!(
        edition("2024-01-01", "2024-01-31"),
        [line("2401.00001", "2024-01-02", true, true), line("2401.00002", "2024-01-03", true, false)]
    );
}

fn an_entry_says_what_ranking_needs(home: &Home) {
    let catalogue = home.open();
    let mut one =
        voted(announced(record("arxiv:2401.00001"), "2024-01-02", "cs.CL", AnnouncementKind::New), 12);
    one.categories = vec!["cs.CL".into(), "cs.LG".into()];
    one.comment = Some("Accepted at ICML".into());
    one.links = vec![
        Link::new(LinkKind::Code, "https://github.com/a/b").unwrap(),
        Link::new(LinkKind::Demo, "https://demo.example.org/").unwrap(),
    ];
    accept(&catalogue, &[one]);
    let entries = catalogue.edition(day("2024-01-02"), day("2024-01-02")).unwrap();
    assert_eq!(
        entries,
        [Entry {
            id: PaperId(1),
            address: "2401.00001".into(),
            announced: true,
            featured: false,
            day: day("2024-01-02"),
            votes: 12,
            comments: 0,
            has_code: true,
            has_project: true,
            accepted: true,
            author_count: 1,
            categories: 2,
            primary_category: "cs.CL".into(),
        }]
    );
}

fn days_without_papers_are_passed_over(home: &Home) {
    let catalogue = home.open();
    for (node, on) in [
        ("arxiv:2401.00001", "2024-01-02"),
        ("arxiv:2401.00002", "2024-01-05"),
        ("arxiv:2401.00003", "2024-01-05"),
    ] {
        accept(&catalogue, &[announced(record(node), on, "cs.CL", AnnouncementKind::New)]);
    }
    let (first, last) = (day("2024-01-02"), day("2024-01-05"));
    assert_eq!(catalogue.day_at_or_before(None).unwrap(), Some(last));
    assert_eq!(catalogue.day_at_or_before(Some(day("2024-01-04"))).unwrap(), Some(first));
    assert_eq!(catalogue.day_before(last).unwrap(), Some(first));
    assert_eq!(catalogue.day_before(first).unwrap(), None);
    assert_eq!(catalogue.day_after(first).unwrap(), Some(last));
    assert_eq!(catalogue.day_after(last).unwrap(), None);
    let days = catalogue.days(day("2024-01-01"), day("2024-01-31")).unwrap();
    assert_eq!(days, [DayCount { day: first, papers: 1 }, DayCount { day: last, papers: 2 }]);
}

fn listings_keep_kinds_apart(home: &Home) {
    let catalogue = home.open();
    use AnnouncementKind::{CrossList, New, Replacement};
    accept(
        &catalogue,
        &[
            announced(record("arxiv:2401.00003"), "2024-01-02", "cs.CL", Replacement),
            announced(record("arxiv:2401.00001"), "2024-01-02", "cs.CL", CrossList),
            announced(record("arxiv:2401.00002"), "2024-01-02", "cs.CL", New),
            announced(record("arxiv:2401.00004"), "2024-01-02", "cs.LG", New),
            announced(record("arxiv:2401.00005"), "2024-01-05", "cs.CL", New),
        ],
    );
    let listing = catalogue.listing("cs.CL", day("2024-01-02")).unwrap();
    assert_eq!(listing.iter().map(|listed| listed.kind).collect::<Vec<_>>(), [New, CrossList, Replacement]);
    assert_eq!(catalogue.listing_day_at_or_before("cs.CL", None).unwrap(), Some(day("2024-01-05")));
    assert_eq!(
        catalogue.listing_day_at_or_before("cs.CL", Some(day("2024-01-04"))).unwrap(),
        Some(day("2024-01-02"))
    );
    assert_eq!(catalogue.listing_day_before("cs.CL", day("2024-01-05")).unwrap(), Some(day("2024-01-02")));
    assert_eq!(catalogue.listing_day_after("cs.CL", day("2024-01-02")).unwrap(), Some(day("2024-01-05")));
    assert_eq!(catalogue.listing_day_after("cs.LG", day("2024-01-02")).unwrap(), None);
    assert_eq!(catalogue.listing("math.AG", day("2024-01-02")).unwrap(), []);
}

fn categories_are_counted_once_a_paper(home: &Home) {
    let catalogue = home.open();
    use AnnouncementKind::{CrossList, New, Replacement};
    let one = announced(record("arxiv:2401.00001"), "2024-01-02", "cs.CL", New);
    let one = announced(announced(one, "2024-01-03", "cs.CL", CrossList), "2024-01-02", "cs.LG", CrossList);
    accept(&catalogue, &[announced(one, "2024-01-02", "math.AG", Replacement)]);
    let counts = catalogue.categories_on(day("2024-01-01"), day("2024-01-31")).unwrap();
    let counts: Vec<(&str, u32)> =
        counts.iter().map(|count| (count.category.as_str(), count.papers)).collect();
    assert_eq!(counts, [("cs.CL", 1), ("cs.LG", 1)]);
}

fn volume(title: &str, on: Option<&str>) -> Volume {
    Volume {
        id: "2024.acl-long".into(),
        title: title.into(),
        source: Source::Acl,
        day: on.map(day),
        published: PartialDate::year_only(2024),
    }
}

fn volumes_do_not_depend_on_order(home: &Home) {
    let (old, new) = (volume("Old", Some("2024-08-01")), volume("New", Some("2024-08-11")));
    for order in [[&old, &new], [&new, &old]] {
        let home = home.another();
        let catalogue = home.open();
        for volume in order {
            catalogue.write_volumes(std::slice::from_ref(volume)).unwrap();
        }
        let volumes = catalogue.volumes(day("2024-08-01"), day("2024-08-31")).unwrap();
        assert_eq!(volumes, [(new.clone(), 0)]);
        assert_eq!(catalogue.volume("2024.acl-long").unwrap(), Some(new.clone()));
    }
}

fn papers_of_a_volume_come_in_parts(home: &Home) {
    let catalogue = home.open();
    let papers: Vec<Record> = (1..=12)
        .map(|number| {
            let mut paper = record(&format!("acl:2024.acl-long.{number}"));
            paper.volume = Some("2024.acl-long".into());
            paper
        })
        .collect();
    accept(&catalogue, &papers);
    catalogue.write_volumes(&[volume("Long papers", Some("2024-08-11"))]).unwrap();
    let (count, part) = catalogue.papers_of_volume("2024.acl-long", 1, 2).unwrap();
    let addresses: Vec<String> =
        catalogue.papers(&part).unwrap().into_iter().flatten().map(|stored| stored.paper.address).collect();
    assert_eq!((count, addresses), (12, vec!["acl:2024.acl-long.2".into(), "acl:2024.acl-long.3".into()]));
    assert_eq!(catalogue.volumes(day("2024-08-01"), day("2024-08-31")).unwrap()[0].1, 12);
}

fn problem(place: &str) -> Problem {
    Problem { place: place.into(), reason: "it is no JSON: quote the key".into(), raw: vec![b'{', 0, 255] }
}

fn problems_are_kept_once(home: &Home) {
    let catalogue = home.open();
    let first = catalogue.accept(&[], &[problem("b:2"), problem("a:1"), problem("a:1")]).unwrap();
    let second = catalogue.accept(&[], &[problem("a:1")]).unwrap();
    assert_eq!((first.problems, second.problems), (2, 0));
    assert_eq!(catalogue.problems(0, 10).unwrap(), (2, vec![problem("a:1"), problem("b:2")]));
    assert_eq!(catalogue.problems(1, 1).unwrap(), (2, vec![problem("b:2")]));
}

fn runs_are_remembered(home: &Home) {
    let catalogue = home.open();
    let first = catalogue.begin_run("import", "papers.jsonl", 1_700_000_000).unwrap();
    let second = catalogue.begin_run("import", "more.jsonl", 1_700_000_100).unwrap();
    let accepted = Accepted { new: 3, ..Accepted::default() };
    catalogue.end_run(first, 1_700_000_050, &accepted, "done").unwrap();
    let runs = catalogue.runs(10).unwrap();
    assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [second, first]);
    assert_eq!((runs[0].ended, runs[0].outcome.as_str()), (None, ""));
    assert_eq!((runs[1].ended, runs[1].accepted), (Some(1_700_000_050), accepted));
}

fn sources_know_their_latest_day(home: &Home) {
    let catalogue = home.open();
    accept(
        &catalogue,
        &[announced(record("arxiv:2401.00002"), "2024-01-05", "cs.CL", AnnouncementKind::New)],
    );
    accept(
        &catalogue,
        &[announced(record("arxiv:2401.00001"), "2024-01-02", "cs.CL", AnnouncementKind::New)],
    );
    accept(&catalogue, &[record("acl:2024.acl-long.1")]);
    let sources = catalogue.sources().unwrap();
    assert_eq!(
        sources,
        [
            SourceState { source: Source::Arxiv, records: 2, latest_day: Some(day("2024-01-05")) },
            SourceState { source: Source::Acl, records: 1, latest_day: None },
        ]
    );
}

fn a_nul_in_a_text_is_survived(home: &Home) {
    let catalogue = home.open();
    let mut wild = announced(record("arxiv:2401.00001"), "2024-01-02", "cs\0CL", AnnouncementKind::New);
    wild.title = "A title\0with NUL".into();
    wild.categories = vec!["cs\0CL".into()];
    wild.volume = Some("a\0b".into());
    accept(&catalogue, &[wild.clone()]);
    let Some(Found::Here(stored)) = catalogue.find("2401.00001").unwrap() else { panic!("not found") };
    assert_eq!(stored.paper.title, wild.title);
    assert_eq!(catalogue.listing("cs\0CL", day("2024-01-02")).unwrap().len(), 1);
    assert_eq!(catalogue.papers_of_volume("a\0b", 0, 10).unwrap().0, 1);
    catalogue.accept(&[], &[problem("a\0:1")]).unwrap();
    catalogue.begin_run("im\0port", "\0", 0).unwrap();
}

fn a_record_without_identity_is_a_problem(home: &Home) {
    let catalogue = home.open();
    let mut nobody = record("arxiv:2401.00001");
    nobody.identities.clear();
    let accepted =
        catalogue.accept(&[incoming(&nobody), incoming(&record("arxiv:2401.00002"))], &[]).unwrap();
    assert_eq!(accepted, Accepted { new: 1, problems: 1, ..Accepted::default() });
}

fn a_huge_record_is_a_problem(home: &Home) {
    let catalogue = home.open();
    let huge = Incoming { record: record("arxiv:2401.00001"), raw: vec![b'x'; 9 * 1024 * 1024] };
    let accepted = catalogue.accept(&[huge, incoming(&record("arxiv:2401.00002"))], &[]).unwrap();
    assert_eq!(accepted, Accepted { new: 1, problems: 1, ..Accepted::default() });
    assert_eq!(catalogue.problems(0, 1).unwrap().1[0].raw.len(), RAW_BYTES_MAX);
}

fn another_connection_sees_commits(home: &Home) {
    let (one, other) = (home.open(), home.open());
    accept(&one, &[record("arxiv:2401.00001")]);
    assert!(matches!(other.find("2401.00001").unwrap(), Some(Found::Here(_))));
    accept(&other, &[record("arxiv:2401.00002")]);
    assert_eq!(one.sequence().unwrap(), Sequence(2));
}

fn a_catalogue_opened_for_reading_is_not_written(home: &Home) {
    assert!(matches!(Catalogue::open(&home.location, Access::ReadOnly), Err(Error::Missing { .. })));
    let writer = home.open();
    let reader = Catalogue::open(&home.location, Access::ReadOnly).unwrap();
    let refused = reader.accept(&[incoming(&record("arxiv:2401.00001"))], &[]);
    assert!(matches!(refused, Err(Error::ReadOnly { .. })));
    accept(&writer, &[record("arxiv:2401.00001")]);
    assert_eq!(reader.counts().unwrap().papers, 1);
}

fn a_newer_schema_is_refused(home: &Home) {
    drop(home.open());
    home.sql("INSERT INTO migrations (number, hash) VALUES (7, 'unknown')");
    for access in [Access::ReadWrite, Access::ReadOnly] {
        let error = Catalogue::open(&home.location, access).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the catalogue at {} was written by a newer Broadsheet (schema 7, this one knows 2): \
                 upgrade the program",
                home.location
            )
        );
    }
}

fn migrating_twice_is_once(home: &Home) {
    accept(&home.open(), &[record("arxiv:2401.00001")]);
    let catalogue = home.open();
    assert_eq!(catalogue.counts().unwrap().papers, 1);
    assert_eq!(catalogue.check().unwrap(), Vec::<String>::new());
}

fn a_fresh_catalogue_is_sound_and_empty(home: &Home) {
    let catalogue = home.open();
    assert!(catalogue.is_empty().unwrap());
    assert_eq!(catalogue.check().unwrap(), Vec::<String>::new());
    assert_eq!(catalogue.sequence().unwrap(), Sequence(0));
    assert_eq!(catalogue.day_at_or_before(None).unwrap(), None);
    assert_eq!(catalogue.counts().unwrap(), Counts::default());
}

fn some_records() -> Vec<Record> {
    vec![
        announced(record("arxiv:2401.00001"), "2024-01-02", "cs.CL", AnnouncementKind::New),
        stating(record("acl:2024.acl-long.1"), "arxiv:2401.00001"),
        record("conference:c1"),
        stating(record("acl:2024.acl-long.2"), "doi:10.1000/1"),
        stating(record("arxiv:2401.00005"), "doi:10.1000/1"),
    ]
}

fn rebuilding_with_the_same_parsers_changes_nothing(home: &Home) {
    let catalogue = home.open();
    accept(&catalogue, &some_records());
    let (before, sequence) = (dump(&catalogue), catalogue.sequence().unwrap());
    let mut last = (0, 0);
    let changed = catalogue
        .rebuild(&mut |_, raw| serde_json::from_slice(raw).ok(), &mut |done, total| last = (done, total))
        .unwrap();
    assert_eq!((changed, last), (0, (5, 5)));
    assert_same_dump(&before, &dump(&catalogue));
    assert_eq!(catalogue.sequence().unwrap(), sequence);
    assert_eq!(catalogue.check().unwrap(), Vec::<String>::new());
}

fn rebuilding_reads_raw_bytes_again(home: &Home) {
    let improve = |mut record: Record| {
        record.title = record.title.to_uppercase();
        record.identities.retain(|identity| identity.scheme() != paper::Scheme::Doi);
        if record.node().to_string() == "conference:c1" {
            record.identities[0] = identity("conference:c2");
        }
        record
    };
    let catalogue = home.open();
    accept(&catalogue, &some_records());
    catalogue.rebuild(&mut |_, raw| serde_json::from_slice(raw).ok().map(improve), &mut |_, _| {}).unwrap();
    assert_eq!(catalogue.check().unwrap(), Vec::<String>::new());
    let fresh_home = home.another();
    let fresh = fresh_home.open();
    let batch: Vec<Incoming> = some_records()
        .into_iter()
        .map(|record| Incoming { raw: serde_json::to_vec(&record).unwrap(), record: improve(record) })
        .collect();
    fresh.accept(&batch, &[]).unwrap();
    let without_former = |dump: String| {
        dump.lines()
            .filter(|line| !(line.starts_with("address") && line.ends_with("\t3")))
            .map(String::from)
            .collect::<Vec<_>>()
    };
    assert_eq!(without_former(dump(&catalogue)), without_former(dump(&fresh)));
}

fn rebuilding_forgets_no_address(home: &Home) {
    let catalogue = home.open();
    let paper = record("conference:c1");
    let slug = paper::merge::record_slug(&paper);
    accept(&catalogue, &[paper]);
    let rename = |mut record: Record| {
        record.title = "Something that was parsed better".into();
        record
    };
    catalogue.rebuild(&mut |_, raw| serde_json::from_slice(raw).ok().map(rename), &mut |_, _| {}).unwrap();
    assert!(matches!(catalogue.find(&slug).unwrap(), Some(Found::Moved(_))));
    // Later batches and rebuilds keep it.
    accept(&catalogue, &[stating(record("conference:c1"), "arxiv:2401.00001")]);
    catalogue.rebuild(&mut |_, _| None, &mut |_, _| {}).unwrap();
    assert_eq!(catalogue.find(&slug).unwrap(), Some(Found::Moved("2401.00001".into())));
}

fn a_failed_batch_leaves_nothing_behind(home: &Home) {
    let catalogue = home.open();
    accept(&catalogue, &[record("arxiv:2401.00001")]);
    let before = dump(&catalogue);
    // A table that refuses stands for every failure in the middle of a transaction.
    home.sql("ALTER TABLE changes RENAME TO changes_gone");
    let batch = [incoming(&record("arxiv:2401.00002"))];
    assert!(catalogue.accept(&batch, &[problem("a:1")]).is_err());
    home.sql("ALTER TABLE changes_gone RENAME TO changes");
    assert_same_dump(&before, &dump(&catalogue));
    assert_eq!(catalogue.accept(&batch, &[]).unwrap().new, 1);
}

fn clones_write_at_once_and_lose_nothing(home: &Home) {
    let first = home.open();
    let second = home.open();
    std::thread::scope(|scope| {
        for (writer, catalogue) in [first.clone(), first.clone(), second].into_iter().enumerate() {
            scope.spawn(move || {
                for number in 1..=10 {
                    let node = format!("arxiv:240{}.{number:05}", writer + 1);
                    // All write one shared record as well.
                    accept(&catalogue, &[record(&node), record("arxiv:2412.00001")]);
                }
            });
        }
    });
    assert_eq!(first.counts().unwrap(), Counts { papers: 31, records: 31, problems: 0 });
    assert_eq!(first.check().unwrap(), Vec::<String>::new());
}

fn a_server_calls_from_its_blocking_threads(home: &Home) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    runtime.block_on(async {
        let location = home.location.clone();
        let opened =
            tokio::task::spawn_blocking(move || Catalogue::open(&location, Access::ReadWrite).unwrap());
        let catalogue = opened.await.unwrap();
        let clone = catalogue.clone();
        let accepted = tokio::task::spawn_blocking(move || accept(&clone, &[record("arxiv:2401.00001")]));
        assert_eq!(accepted.await.unwrap().new, 1);
        // The last clone may go away on a thread of the runtime itself.
        drop(catalogue);
    });
}
