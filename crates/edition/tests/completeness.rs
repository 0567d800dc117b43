//! What an instance says about a day.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use edition::calendar::{Verdict, Why};
use edition::completeness::{Answered, Known, State, state};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use paper::{Day, Identity};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id(number: u32) -> Identity {
    Identity::arxiv(&format!("2609.{number:05}")).unwrap().0
}

/// A Thursday's listing, two hours after it appeared.
struct Case {
    calendar: Verdict,
    answered: Vec<Answered>,
    /// Papers with a number below this are stored.
    stored: u32,
    failing_since: Option<&'static str>,
    now: &'static str,
}

impl Default for Case {
    fn default() -> Case {
        Case {
            calendar: Verdict::Announces,
            answered: vec![category("cs.AI", 1..301, 300), category("cs.CL", 200..447, 247)],
            stored: 1000,
            failing_since: None,
            now: "2026-09-24T02:00:00Z",
        }
    }
}

fn category(name: &str, numbers: std::ops::Range<u32>, of: u32) -> Answered {
    let shows = Some(day("2026-09-24"));
    Answered { category: name.to_owned(), shows, announced: Some(numbers.map(id).collect()), of: Some(of) }
}

fn showing(name: &str, shows: Option<&str>) -> Answered {
    Answered { category: name.to_owned(), shows: shows.map(day), announced: None, of: None }
}

fn check(case: Case, word: &str, sentence: &str) {
    let limit = id(case.stored);
    let stored = |identity: &Identity| *identity < limit;
    let known = Known {
        source: "arXiv",
        day: day("2026-09-24"),
        calendar: case.calendar,
        announced_at: at("2026-09-24T00:00:00Z"),
        now: at(case.now),
        answered: &case.answered,
        stored: &stored,
        failing_since: case.failing_since.map(at),
        again_at: Some(at("2026-09-24T02:10:00Z")),
    };
    let state = state(&known);
    assert_eq!((state.word(), state.sentence(&known, &TimeZone::UTC).as_str()), (word, sentence));
}

#[test]
fn a_day_whose_every_paper_is_here_is_complete() {
    check(Case::default(), "complete", "Complete: 446 of 446 announced");
}

#[test]
fn a_complete_day_stays_complete_when_the_source_fails() {
    let case = Case { failing_since: Some("2026-09-23T00:00:00Z"), ..Case::default() };
    check(case, "complete", "Complete: 446 of 446 announced");
}

#[test]
fn a_day_with_missing_papers_is_arriving() {
    check(Case { stored: 401, ..Case::default() }, "arriving", "Still arriving: 400 of 446 announced");
}

#[test]
fn papers_that_are_counted_but_not_named_are_missing() {
    let answered = vec![category("cs.AI", 1..301, 302)];
    check(Case { answered, ..Case::default() }, "arriving", "Still arriving: 300 of 302 announced");
}

#[test]
fn a_day_is_not_complete_before_every_category_has_answered() {
    let answered = vec![category("cs.AI", 1..301, 300), showing("cs.CL", None)];
    check(Case { answered, ..Case::default() }, "arriving", "Still arriving: 300 so far");
    check(Case { answered: vec![], ..Case::default() }, "arriving", "Still arriving");
}

#[test]
fn a_day_that_the_calendar_leaves_out_is_quiet() {
    let quiet = |why: Why| Case { calendar: Verdict::Quiet(why), answered: vec![], ..Case::default() };
    check(quiet(Why::Weekend), "quiet", "Quiet day: arXiv announced nothing (weekend)");
    let holiday = quiet(Why::Holiday("Thanksgiving".to_owned()));
    check(holiday, "quiet", "Quiet day: arXiv announced nothing (holiday: Thanksgiving)");
}

#[test]
fn a_day_on_which_the_source_says_that_there_is_nothing_is_quiet() {
    let answered = vec![category("cs.AI", 0..0, 0), category("cs.CL", 0..0, 0)];
    check(Case { answered, ..Case::default() }, "quiet", "Quiet day: arXiv announced nothing");
}

#[test]
fn the_source_is_believed_before_the_calendar() {
    let calendar = Verdict::Quiet(Why::Holiday("Strike".to_owned()));
    let case = Case { calendar, stored: 401, ..Case::default() };
    check(case, "arriving", "Still arriving: 400 of 446 announced");
}

#[test]
fn an_older_batch_is_stale_and_not_quiet() {
    let case = |shows| Case {
        answered: vec![showing("cs.AI", Some(shows)), category("cs.CL", 200..447, 247)],
        ..Case::default()
    };
    let sentence = "Stale: arXiv's feed for cs.AI still shows yesterday's batch; trying again at 02:10 UTC";
    check(case("2026-09-23"), "stale", sentence);
    let sentence =
        "Stale: arXiv's feed for cs.AI still shows the batch of 2026-09-18; trying again at 02:10 UTC";
    check(case("2026-09-18"), "stale", sentence);
}

#[test]
fn an_older_batch_before_the_announcement_is_as_it_should_be() {
    let answered = vec![showing("cs.AI", Some("2026-09-23"))];
    let case = Case { answered, now: "2026-09-23T23:00:00Z", ..Case::default() };
    check(case, "arriving", "Not announced yet: arXiv announces at 2026-09-24 00:00 UTC");
}

#[test]
fn a_source_that_has_failed_for_an_hour_is_unreachable() {
    let case = |since| Case { answered: vec![], failing_since: Some(since), ..Case::default() };
    check(case("2026-09-24T01:00:00Z"), "unreachable", "Source unreachable since 01:00 UTC");
    check(case("2026-09-23T22:00:00Z"), "unreachable", "Source unreachable since 2026-09-23 22:00 UTC");
    check(case("2026-09-24T01:30:00Z"), "arriving", "Still arriving");
}

#[test]
fn states_are_written_with_their_word_and_their_facts() {
    let arriving = State::Arriving { have: 1, of: Some(2), missing: vec![id(1)] };
    let why = Some(Why::Holiday("Labor Day".to_owned()));
    for (state, expected) in [
        (State::Complete { have: 2, of: 2 }, r#"{"state":"complete","have":2,"of":2}"#),
        (arriving, r#"{"state":"arriving","have":1,"of":2,"missing":["arxiv:2609.00001"]}"#),
        (State::Quiet { why }, r#"{"state":"quiet","why":"holiday: Labor Day"}"#),
        (State::Quiet { why: None }, r#"{"state":"quiet"}"#),
    ] {
        assert_eq!(serde_json::to_string(&state).unwrap(), expected);
    }
}
