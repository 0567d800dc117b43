//! arXiv's calendar against the columns of its data, the published schedule, and the clock.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use edition::calendar::{Calendar, NoFreeze, Verdict, Why};
use jiff::Timestamp;
use paper::Day;
use proptest::prelude::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn rows() -> Vec<[String; 5]> {
    let data = include_str!("../data/arxiv-holidays.tsv");
    let rows = data.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|line| {
        let columns: Vec<String> = line.split('\t').take(5).map(str::to_owned).collect();
        columns.try_into().unwrap()
    })
    .collect()
}

fn holiday(name: &str) -> Verdict {
    Verdict::Quiet(Why::Holiday(name.to_owned()))
}

#[test]
fn every_row_of_the_data_makes_its_listing_fall_out() {
    let calendar = Calendar::arxiv();
    assert_eq!(rows().len(), 144);
    for [freeze, _, name, evening, listing] in rows() {
        let quiet = day(&listing);
        assert!(
            matches!(calendar.verdict(quiet), Verdict::Quiet(Why::Holiday(_))),
            "{freeze} {name}: {listing}"
        );
        assert_eq!(day(&evening).next(), Some(quiet), "{freeze}");
        let new_york = jiff::tz::TimeZone::get("America/New_York").unwrap();
        let would_be = calendar.announced_at(quiet).to_zoned(new_york);
        assert_eq!((would_be.date(), would_be.hour()), (day(&evening).date(), 20), "{freeze}");
    }
}

#[test]
fn no_other_weekday_falls_out() {
    let calendar = Calendar::arxiv();
    let quiet: std::collections::BTreeSet<Day> = rows().iter().map(|row| day(&row[4])).collect();
    let mut one = day("2003-12-01");
    while one < day("2027-01-10") {
        let weekend = matches!(one.date().weekday().to_monday_zero_offset(), 5 | 6);
        assert_eq!(calendar.announces(one), !weekend && !quiet.contains(&one), "{one}");
        one = one.next().unwrap();
    }
}

#[test]
fn days_say_why_they_are_quiet() {
    let calendar = Calendar::arxiv();
    assert_eq!(calendar.verdict(day("2026-11-25")), Verdict::Announces);
    assert_eq!(calendar.verdict(day("2026-11-26")), Verdict::Announces);
    assert_eq!(calendar.verdict(day("2026-11-27")), holiday("Thanksgiving"));
    assert_eq!(calendar.verdict(day("2026-11-28")), Verdict::Quiet(Why::Weekend));
    // A Friday's holiday takes Monday's listing.
    assert_eq!(calendar.verdict(day("2026-06-19")), Verdict::Announces);
    assert_eq!(calendar.verdict(day("2026-06-22")), holiday("Juneteenth"));
    // Two rows for the same evening are one holiday.
    assert_eq!(calendar.verdict(day("2025-07-07")), holiday("USA Independence Day"));
}

#[test]
fn a_listing_appears_at_eight_in_the_evening_of_new_york() {
    let calendar = Calendar::arxiv();
    for (listing, expected) in [
        // Summer and winter.
        ("2026-09-24", "2026-09-24T00:00:00Z"),
        ("2026-11-24", "2026-11-24T01:00:00Z"),
        // The Sunday on which clocks go back, and the one on which they go forward.
        ("2026-11-02", "2026-11-02T01:00:00Z"),
        ("2026-03-09", "2026-03-09T00:00:00Z"),
        // The Mondays before.
        ("2026-10-26", "2026-10-26T00:00:00Z"),
        ("2026-03-02", "2026-03-02T01:00:00Z"),
        // Around the leap day of 2024.
        ("2024-02-29", "2024-02-29T01:00:00Z"),
        ("2024-03-01", "2024-03-01T01:00:00Z"),
    ] {
        assert_eq!(calendar.announced_at(day(listing)), at(expected), "{listing}");
    }
}

#[test]
fn a_listing_is_in_force_until_the_next_appears() {
    let calendar = Calendar::arxiv();
    let check = |now: &str, in_force: &str, next: &str| {
        assert_eq!(calendar.in_force(at(now)), Some(day(in_force)), "{now}");
        let upcoming = calendar.upcoming(at(now)).unwrap();
        assert_eq!(upcoming.day, day(next), "{now}");
        assert!(upcoming.at > at(now));
    };
    // A Wednesday evening in summer, a second before and at the announcement.
    check("2026-09-23T23:59:59Z", "2026-09-23", "2026-09-24");
    check("2026-09-24T00:00:00Z", "2026-09-24", "2026-09-25");
    // Friday's listing stands over the weekend.
    check("2026-09-26T12:00:00Z", "2026-09-25", "2026-09-28");
    check("2026-09-27T23:59:59Z", "2026-09-25", "2026-09-28");
    check("2026-09-28T00:00:00Z", "2026-09-28", "2026-09-29");
    // Thanksgiving: Thursday's listing stands until Sunday evening, in winter time.
    check("2026-11-27T12:00:00Z", "2026-11-26", "2026-11-30");
    check("2026-11-30T00:59:59Z", "2026-11-26", "2026-11-30");
    check("2026-11-30T01:00:00Z", "2026-11-30", "2026-12-01");
}

#[test]
fn a_missed_week_is_listed_day_by_day() {
    let calendar = Calendar::arxiv();
    let days: Vec<String> = calendar
        .between(at("2026-11-20T12:00:00Z"), at("2026-12-01T02:00:00Z"))
        .map(|day| day.to_string())
        .collect();
    assert_eq!(days, ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-30", "2026-12-01"]);
    assert_eq!(calendar.between(at("2026-11-24T02:00:00Z"), at("2026-11-24T03:00:00Z")).count(), 0);
    assert_eq!(calendar.between(at("2026-11-24T02:00:00Z"), at("2026-11-20T03:00:00Z")).count(), 0);
}

#[test]
fn a_year_has_as_many_listings_as_weekdays_less_holidays() {
    let calendar = Calendar::arxiv();
    for (year, days) in [(2024, 366), (2025, 365), (2026, 365)] {
        let from = calendar.announced_at(day(&format!("{}-12-31", year - 1)));
        let until = calendar.announced_at(day(&format!("{year}-12-31")));
        let mut weekdays = 0;
        let mut one = day(&format!("{year}-01-01"));
        while one.year() == year {
            weekdays += usize::from(one.date().weekday().to_monday_zero_offset() < 5);
            one = one.next().unwrap();
        }
        let listings =
            rows().into_iter().map(|row| row[4].clone()).filter(|day| day.starts_with(&year.to_string()));
        let quiet: std::collections::BTreeSet<String> = listings.collect();
        assert_eq!(calendar.between(from, until).count(), weekdays - quiet.len(), "{year}");
        assert_eq!(day(&format!("{year}-01-01")).date().days_in_year(), days);
    }
}

#[test]
fn next_years_holidays_can_be_added_and_their_lack_is_known() {
    let mut calendar = Calendar::arxiv();
    assert_eq!(calendar.runs_out(), 2026);
    assert!(calendar.knows(day("2026-12-31")) && !calendar.knows(day("2027-01-01")));
    // The last row of the data reaches into the year after.
    assert!(!calendar.announces(day("2027-01-01")));
    assert!(calendar.announces(day("2027-07-05")));
    calendar.add(day("2027-07-02"), "independence day").unwrap();
    assert_eq!(calendar.verdict(day("2027-07-05")), holiday("Independence day"));
    assert_eq!(calendar.runs_out(), 2027);
    assert_eq!(calendar.add(day("2027-07-03"), "x"), Err(NoFreeze(day("2027-07-03"))));
}

proptest! {
    #[test]
    fn now_lies_between_the_listing_in_force_and_the_next(second in 1_072_915_200i64..1_830_000_000) {
        let calendar = Calendar::arxiv();
        let now = Timestamp::from_second(second).unwrap();
        let day = calendar.in_force(now).unwrap();
        let next = calendar.upcoming(now).unwrap();
        prop_assert!(calendar.announced_at(day) <= now && now < next.at);
        prop_assert_eq!(calendar.next(day), Some(next.day));
        prop_assert_eq!(calendar.previous(next.day), Some(day));
        prop_assert_eq!(calendar.between(now, next.at).collect::<Vec<_>>(), vec![next.day]);
    }
}
