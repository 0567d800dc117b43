//! The fake arXiv keeps its promises.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::Timestamp;
use jiff::civil::date;
use std::collections::BTreeSet;
use testkit::http::get;
use testkit::world::{
    Door, FakeArxiv, Fault, Kind, Manners, Script, TokenForm, What, World, evening, feeds_at, oai_at,
    weekdays,
};

fn script() -> Script {
    Script::new(
        7,
        weekdays(date(2026, 10, 26), date(2026, 12, 11), &[date(2026, 11, 26), date(2026, 11, 27)]),
        12,
    )
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn fake(now: Timestamp) -> FakeArxiv {
    let fake = FakeArxiv::start(World::new(script()), now);
    fake.set_manners(Manners { page_records: 10, page_identifiers: 25, ..Manners::default() });
    fake
}

fn text(fake: &FakeArxiv, target: &str) -> String {
    get(fake.address(), target).unwrap().text()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

fn encoded(token: &str) -> String {
    token.replace('%', "%25")
}

/// The identifiers of a whole list, page by page, as often as they came.
fn listed(fake: &FakeArxiv, arguments: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut target = format!("/oai?verb=ListRecords&{arguments}");
    loop {
        let page = text(fake, &target);
        found.extend(between(&page, "<identifier>oai:arXiv.org:", "<").into_iter().map(str::to_owned));
        match between(&page, "<resumptionToken expires=", "/resumptionToken>").first() {
            Some(element) => {
                let token = between(element, ">", "<")[0];
                target = format!("/oai?verb=ListRecords&resumptionToken={}", encoded(token));
            }
            None => return found,
        }
    }
}

#[test]
fn the_same_script_gives_the_same_world() {
    let (one, other) = (World::new(script()), World::new(script()));
    assert_eq!((one.papers(), one.events()), (other.papers(), other.events()));
    let mut another = script();
    another.seed += 1;
    assert_ne!(World::new(another).events(), one.events());
}

#[test]
fn every_kind_of_thing_happens() {
    let world = World::new(script());
    let happens =
        |wanted: fn(&What) -> bool| world.events().iter().filter(|event| wanted(&event.what)).count();
    assert!(happens(|what| matches!(what, What::New)) > 300);
    assert!(happens(|what| matches!(what, What::Replaced { .. })) > 50);
    assert!(happens(|what| matches!(what, What::Replaced { version: 6.., .. })) > 0);
    assert!(happens(|what| matches!(what, What::Withdrawn { .. })) > 0);
    assert!(happens(|what| matches!(what, What::Crossed(_))) > 0);
    assert!(happens(|what| matches!(what, What::Edited)) > 10);
}

#[test]
fn hours_move_with_the_eastern_summer() {
    assert_eq!(evening(date(2026, 10, 30)), at("2026-10-30T00:00:00Z"), "summer");
    assert_eq!(evening(date(2026, 11, 3)), at("2026-11-03T01:00:00Z"), "winter");
    assert_eq!(oai_at(date(2026, 11, 3)), at("2026-11-03T03:30:00Z"));
    assert_eq!(feeds_at(date(2026, 11, 3)), at("2026-11-03T05:00:00Z"));
    assert_eq!(
        evening(date(2026, 11, 2)),
        at("2026-11-02T01:00:00Z"),
        "Monday's listing appears on Sunday evening"
    );
}

#[test]
fn a_day_that_falls_out_makes_the_next_one_larger() {
    let world = World::new(script());
    let new =
        |day| world.events().iter().filter(|event| event.day == Some(day) && event.what == What::New).count();
    assert_eq!(new(date(2026, 11, 26)), 0);
    assert!(new(date(2026, 11, 30)) > 17, "three days' papers, about 36");
}

#[test]
fn a_list_of_all_pages_has_every_record_once() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    let told = listed(&fake, "metadataPrefix=arXivRaw");
    let now = fake.now();
    let known = fake.with_world(|world| {
        let papers = world.papers().iter().filter(|paper| world.paper_at(&paper.id, now).is_some());
        papers.map(|paper| paper.id.clone()).collect::<BTreeSet<_>>()
    });
    assert_eq!(told.len(), known.len());
    assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), known);
    assert!(known.len() > 150);
}

#[test]
fn both_last_pages_are_played() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    let last = |form: TokenForm| {
        fake.set_manners(Manners { page_records: 10, token_form: form, caches: false, ..Manners::default() });
        let first =
            text(&fake, "/oai?verb=ListRecords&metadataPrefix=arXivRaw&from=2026-11-19&until=2026-11-19");
        let mut page = first;
        while let Some(element) = between(&page, "<resumptionToken expires=", "/resumptionToken>").first() {
            let token = encoded(between(element, ">", "<")[0]);
            page = text(&fake, &format!("/oai?verb=ListRecords&resumptionToken={token}"));
        }
        page.contains("<resumptionToken/>")
    };
    assert!(last(TokenForm::Empty));
    assert!(!last(TokenForm::None));
}

#[test]
fn a_list_of_days_has_what_changed_on_them() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    let told = listed(&fake, "metadataPrefix=arXivRaw&from=2026-11-17&until=2026-11-18");
    assert!(!told.is_empty());
    for id in told {
        let page = text(
            &fake,
            &format!("/oai?verb=GetRecord&metadataPrefix=arXivRaw&identifier=oai:arXiv.org:{id}"),
        );
        let day = between(&page, "<datestamp>", "<")[0].to_owned();
        assert!(["2026-11-17", "2026-11-18"].contains(&day.as_str()), "{id}: {day}");
    }
}

#[test]
fn sets_are_groups_archives_and_categories() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    let of = |set: &str| listed(&fake, &format!("metadataPrefix=arXivRaw&set={set}")).len();
    let (all, cs, cl) = (listed(&fake, "metadataPrefix=arXivRaw").len(), of("cs"), of("cs:cs:CL"));
    assert!(cl > 0 && cl < cs && cs < all, "{cl} {cs} {all}");
    assert_eq!(of("cs:cs"), cs);
}

#[test]
fn requests_against_the_rules_are_refused_as_the_standard_says() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    for (query, code) in [
        ("", "badVerb"),
        ("verb=Nothing", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&x=1", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=mods", "cannotDisseminateFormat"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&from=2026-11", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&from=2026-11-20T00:00:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&from=2004-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&until=2026-11-22", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&from=2026-11-19&until=2026-11-18", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&set=cs:cs:XX", "badArgument"),
        ("verb=ListRecords&metadataPrefix=arXivRaw&until=2006-01-01", "noRecordsMatch"),
        ("verb=ListRecords&resumptionToken=abc", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=abc&set=cs", "badArgument"),
        ("verb=GetRecord&metadataPrefix=arXivRaw&identifier=oai:arXiv.org:9999.99999", "idDoesNotExist"),
    ] {
        let answer = get(fake.address(), &format!("/oai?{query}")).unwrap();
        assert_eq!(answer.status, 200, "{query}");
        assert!(answer.text().contains(&format!("<error code='{code}'>")), "{query}: {}", answer.text());
    }
}

#[test]
fn tokens_end_at_midnight() {
    let fake = fake(at("2026-11-20T23:59:00Z"));
    let page = text(&fake, "/oai?verb=ListRecords&metadataPrefix=arXivRaw");
    assert!(page.contains("expires='2026-11-21T00:00:00Z'"));
    let token = encoded(between(between(&page, "<resumptionToken expires=", "/res")[0], ">", "<")[0]);
    let target = format!("/oai?verb=ListRecords&resumptionToken={token}");
    assert!(text(&fake, &target).contains("<record>"));
    fake.set_now(at("2026-11-21T23:59:30Z"));
    assert!(text(&fake, &target).contains("token expired"));
}

#[test]
fn an_answer_that_was_empty_too_early_stays_empty_until_midnight() {
    let fake = fake(at("2026-11-20T00:30:00Z"));
    let target = "/oai?verb=ListRecords&metadataPrefix=arXivRaw&from=2026-11-20";
    assert!(text(&fake, target).contains("noRecordsMatch"));
    fake.set_now(at("2026-11-20T12:00:00Z"));
    assert!(text(&fake, target).contains("noRecordsMatch"), "the cache still has it");
    let honest = text(&fake, "/oai?verb=ListRecords&metadataPrefix=arXivRaw&from=2026-11-19");
    assert!(honest.contains("<datestamp>2026-11-20</datestamp>") || honest.contains("<resumptionToken"));
}

#[test]
fn the_old_address_leads_to_the_new_one() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    let answer = get(fake.address(), "/oai2?verb=Identify").unwrap();
    assert_eq!((answer.status, answer.header("location")), (301, Some("/oai?verb=Identify")));
}

#[test]
fn a_listing_counts_what_it_shows() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    let page = text(&fake, "/list/cs/new");
    assert!(page.contains("<h3>Showing new listings for Friday, 20 November 2026</h3>"), "{page}");
    let announced = fake.with_world(|world| world.announced("cs", date(2026, 11, 20)));
    let new = announced.iter().filter(|announced| announced.kind == Kind::New).count();
    assert!(page.contains(&format!("New submissions (showing {new} of {new} entries)")), "{page}");
    let shown: Vec<&str> = between(&page, "title=\"Abstract\" id=\"", "\"");
    assert_eq!(shown, announced.iter().map(|announced| announced.id.as_str()).collect::<Vec<_>>());
}

#[test]
fn a_listing_in_pages_shows_everything_once() {
    let world = World::new(Script { papers_a_day: 60, ..script() });
    let fake = FakeArxiv::start(world, at("2026-11-30T12:00:00Z"));
    let all = fake.with_world(|world| world.announced("cs", date(2026, 11, 30)).len());
    assert!(all > 75, "{all}");
    let mut shown = Vec::new();
    for skip in (0..all).step_by(25) {
        let page = text(&fake, &format!("/list/cs/new?skip={skip}&show=25"));
        shown.extend(between(&page, "title=\"Abstract\" id=\"", "\"").into_iter().map(str::to_owned));
    }
    assert_eq!(shown.len(), all);
    assert_eq!(get(fake.address(), "/list/cs/new?show=33").unwrap().status, 400);
    assert_eq!(get(fake.address(), "/list/cs.cl/new").unwrap().status, 404, "ids are case-sensitive");
}

#[test]
fn a_listing_stays_over_the_weekend_and_a_feed_does_not() {
    let fake = fake(at("2026-11-21T12:00:00Z"));
    assert!(text(&fake, "/list/cs/new").contains("Friday, 20 November 2026"));
    assert!(!text(&fake, "/rss/cs").contains("<item>"));
    fake.set_now(at("2026-11-20T12:00:00Z"));
    assert!(text(&fake, "/rss/cs").contains("<item>"));
}

#[test]
fn a_listing_appears_in_the_evening() {
    let fake = fake(at("2026-11-20T00:59:59Z"));
    assert!(text(&fake, "/list/cs/new").contains("Thursday, 19 November 2026"));
    fake.set_now(at("2026-11-20T01:00:00Z"));
    assert!(text(&fake, "/list/cs/new").contains("Friday, 20 November 2026"));
}

#[test]
fn a_past_day_can_be_caught_up_with() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    let page = text(&fake, "/catchup/cs/2026-11-12?abs=True&page=1");
    let announced = fake.with_world(|world| world.announced("cs", date(2026, 11, 12)));
    assert_eq!(between(&page, "title=\"Abstract\" id=\"", "\"").len(), announced.len());
    assert!(text(&fake, "/catchup/cs/2026-11-14").contains("No updates for this time period."), "a Saturday");
    assert_eq!(get(fake.address(), "/catchup/cs/2026-08-01").unwrap().status, 400, "more than 90 days ago");
}

#[test]
fn feeds_tell_what_listings_tell() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    let rss = text(&fake, "/rss/cs");
    let atom = text(&fake, "/atom/cs");
    let announced = fake.with_world(|world| world.announced("cs", date(2026, 11, 20)));
    let expected: BTreeSet<String> =
        announced.iter().map(|announced| format!("{}v{}", announced.id, announced.version)).collect();
    let of = |text: &str, end: &str| -> BTreeSet<String> {
        between(text, "oai:arXiv.org:", end).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(of(&rss, "</guid>"), expected);
    assert_eq!(of(&atom, "</id>"), expected);
    assert!(rss.contains("<pubDate>Fri, 20 Nov 2026 00:00:00 -0500</pubDate>"));
    let unknown = get(fake.address(), "/rss/cs.XX").unwrap();
    assert!(unknown.status == 400 && unknown.text().contains("Feed error"));
}

#[test]
fn a_stale_feed_shows_yesterday_with_todays_time() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    fake.stay_behind("cs.LG", at("2026-11-20T20:00:00Z"));
    let stale = text(&fake, "/rss/cs.LG");
    assert!(stale.contains("<lastBuildDate>Fri, 20 Nov 2026 05:00:00 +0000</lastBuildDate>"), "{stale}");
    assert!(stale.contains("<pubDate>Thu, 19 Nov 2026 00:00:00 -0500</pubDate>"));
    fake.set_now(at("2026-11-20T21:00:00Z"));
    assert!(text(&fake, "/rss/cs.LG").contains("<pubDate>Fri, 20 Nov 2026 00:00:00 -0500</pubDate>"));
}

#[test]
fn the_api_tells_of_ids() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    let ids: Vec<String> =
        fake.with_world(|world| world.papers()[..3].iter().map(|paper| paper.id.clone()).collect());
    let answer = text(&fake, &format!("/api/query?id_list={},{}v1,9912.99999", ids[0], ids[1]));
    assert_eq!(between(&answer, "<entry>", "</entry>").len(), 2, "{answer}");
    let wrong = get(fake.address(), "/api/query?id_list=abc").unwrap();
    assert!(wrong.status == 400 && wrong.text().contains("incorrect id format for abc"));
}

#[test]
fn faults_come_when_ordered() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    let target = "/oai?verb=ListRecords&metadataPrefix=arXivRaw";
    fake.fail_next(Door::Oai, Fault::Unavailable(Some("120".to_owned())));
    fake.fail_after(Door::Oai, 1, Fault::TooMany);
    fake.fail_next(Door::Oai, Fault::WebPage);
    fake.fail_next(Door::Oai, Fault::Truncated(900));
    fake.fail_next(Door::Oai, Fault::Cut(300));
    let first = get(fake.address(), target).unwrap();
    assert_eq!((first.status, first.header("retry-after")), (503, Some("120")));
    assert_eq!(get(fake.address(), target).unwrap().status, 200);
    assert_eq!(get(fake.address(), target).unwrap().status, 429);
    assert_eq!(get(fake.address(), target).unwrap().header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(get(fake.address(), target).unwrap().body.len(), 900);
    assert!(get(fake.address(), target).is_err());
    assert_eq!(get(fake.address(), "/rss/cs").unwrap().status, 200, "the other doors go on");
    let seen = fake.seen();
    assert_eq!(seen.iter().filter(|seen| seen.fault.is_some()).count(), 5);
}

#[test]
fn a_record_that_moves_leaves_a_gap_where_it_was() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    let arguments = "metadataPrefix=arXivRaw&from=2026-11-19&until=2026-11-19";
    let whole: BTreeSet<String> = listed(&fake, arguments).into_iter().collect();
    assert!(whole.len() > 11, "{}", whole.len());
    fake.set_manners(Manners { page_records: 10, caches: false, ..Manners::default() });
    fake.fail_next(Door::Oai, Fault::Moved);
    let told: BTreeSet<String> = listed(&fake, arguments).into_iter().collect();
    assert_eq!(whole.difference(&told).count(), 1, "one record was never told");
}

#[test]
fn an_outage_shuts_every_door() {
    let fake = fake(at("2026-11-20T12:00:00Z"));
    fake.go_down(at("2026-11-20T12:00:00Z"), at("2026-11-20T18:00:00Z"));
    for target in ["/oai?verb=Identify", "/list/cs/new", "/rss/cs", "/api/query?id_list=2611.00001"] {
        assert_eq!(get(fake.address(), target).unwrap().status, 503, "{target}");
    }
    fake.set_now(at("2026-11-20T18:00:00Z"));
    assert_eq!(get(fake.address(), "/list/cs/new").unwrap().status, 200);
}
