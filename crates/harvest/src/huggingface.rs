//! Hugging Face's daily papers: the list of each day, and its votes and comments over the following week.
//!
//! A day's list is asked for often while it is young and less and less afterwards ([`INTERVALS`]): most votes fall within
//! two days. What is remembered of a day is when it was last taken; a day that was missed is taken as long as its list is
//! within [`DAYS_BACK`].
//!
//! Facts: the client `huggingface_hub` and its documentation; 500 requests in five minutes are allowed without a key.

use crate::ask::{self, Politeness, World};
use crate::fetch::Url;
use crate::gate::Rules;
use crate::run::{Failure, Run};
use crate::work::{self, Done, Task};
use catalogue::{Catalogue, Delivery, Incoming, Lease, Problem, Progress};
use formats::{Format, Item};
use jiff::{SignedDuration, Timestamp};
use paper::Day;
use serde_json::value::RawValue;
use std::io::Cursor;
use std::time::Duration;

/// Papers of a page; the API gives no more.
const PAGE_ITEMS: usize = 100;
/// Pages of one day: its longest list had three.
const PAGES_MAX: usize = 20;
/// How far back a list is followed.
pub const DAYS_BACK: i32 = 7;
/// How long a list is left alone, by its age in days.
pub const INTERVALS: [SignedDuration; 4] = [
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(4),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(24),
];

const SOURCE: &str = "huggingface";

/// The lists of the last days.
pub struct DailyPapers {
    /// Where the API is, without a slash at its end.
    pub address: String,
}

impl Default for DailyPapers {
    fn default() -> DailyPapers {
        DailyPapers { address: "https://huggingface.co".to_string() }
    }
}

impl DailyPapers {
    fn politeness() -> Politeness {
        Politeness { gate: "huggingface", rules: Rules::USUAL, whole: Duration::from_secs(60) }
    }

    /// Takes the list of one day.
    fn day(
        &self,
        world: &World<'_>,
        catalogue: &Catalogue,
        day: Day,
        lease: &Lease,
        run: &mut Run,
    ) -> Result<(), Failure> {
        for number in 0..PAGES_MAX {
            work::renew(world, catalogue, Some(lease))?;
            let address =
                format!("{}/api/daily_papers?date={day}&limit={PAGE_ITEMS}&p={number}", self.address);
            let url =
                Url::parse(&address).map_err(|error| Failure::Asking(ask::Error::Fetch(error.into())))?;
            let page = match world.ask(&DailyPapers::politeness(), url, "application/json") {
                // A day that is not open yet.
                Err(ask::Error::Status { status: 400 | 404, .. }) => break,
                other => other?,
            };
            let (records, problems, items) = read(&page.bytes, &address, day)?;
            let accepted = catalogue.deliver(&Delivery {
                records: &records,
                problems: &problems,
                lease: Some(lease),
                ..Delivery::default()
            })?;
            run.add(accepted);
            if items < PAGE_ITEMS {
                break;
            }
        }
        let taken = Progress {
            source: SOURCE.to_string(),
            part: part(day),
            value: Some(world.clock.now().to_string()),
        };
        catalogue.deliver(&Delivery { progress: &[taken], lease: Some(lease), ..Delivery::default() })?;
        Ok(())
    }

    /// When the list of a day is due: at once if it was never taken.
    fn due(catalogue: &Catalogue, day: Day, age: i32) -> Result<Option<Timestamp>, Failure> {
        let taken = catalogue.progress(SOURCE, &part(day))?;
        let taken: Option<Timestamp> = taken.and_then(|taken| taken.parse().ok());
        let interval = usize::try_from(age).ok().and_then(|age| INTERVALS.get(age)).or(INTERVALS.last());
        Ok(taken.zip(interval).map(|(taken, interval)| taken + *interval))
    }
}

fn part(day: Day) -> String {
    format!("daily/{day}")
}

/// The lists that are followed now, with their ages in days.
fn followed(now: Timestamp) -> Vec<(Day, i32)> {
    let today = Day::from_date(now.to_zoned(jiff::tz::TimeZone::UTC).date());
    let days = today.into_iter().flat_map(|today| {
        (0..=DAYS_BACK).filter_map(move |age| Some((Day::from_number(today.number() - age)?, age)))
    });
    days.collect()
}

/// The records of a page, what of it was not understood, and how many items it has.
#[allow(clippy::type_complexity, reason = "the parts of one page")]
fn read(bytes: &[u8], place: &str, day: Day) -> Result<(Vec<Incoming>, Vec<Problem>, usize), Failure> {
    let failed = |reason: String| Failure::Answer { place: place.to_string(), reason };
    let items: Vec<&RawValue> = serde_json::from_slice(bytes)
        .map_err(|error| failed(format!("it is no list of papers ({error})")))?;
    // Each item is kept with the day that was asked for: by itself it may not say.
    let lines: String = items
        .iter()
        .map(|item| format!("{{\"date\":\"{day}\",\"item\":{}}}\n", one_line(item.get())))
        .collect();
    let (mut records, mut problems) = (Vec::new(), Vec::new());
    if !items.is_empty() {
        let lines = Box::new(Cursor::new(lines.into_bytes()));
        let reader = formats::read(lines, place, Some(Format::HuggingFaceJson))
            .map_err(|error| failed(error.to_string()))?;
        for item in reader {
            match item.map_err(|error| failed(error.to_string()))? {
                Item::Record { record, raw, .. } => records.push(Incoming { record: *record, raw }),
                Item::Problem { place, reason, raw } => {
                    problems.push(Problem { place: place.to_string(), reason, raw });
                }
                Item::Volume(_) => {}
            }
        }
    }
    Ok((records, problems, items.len()))
}

/// JSON has line breaks between its parts only, where they mean nothing.
fn one_line(json: &str) -> String {
    json.replace(['\n', '\r'], " ")
}

impl Task for DailyPapers {
    fn name(&self) -> &str {
        "huggingface daily papers"
    }

    fn run(&self, world: &World<'_>, catalogue: &Catalogue, lease: &Lease) -> Result<Done, Failure> {
        let mut run = Run::default();
        for (day, age) in followed(world.clock.now()) {
            if DailyPapers::due(catalogue, day, age)?.is_none_or(|due| due <= world.clock.now()) {
                self.day(world, catalogue, day, lease, &mut run)?;
            }
        }
        // What is too old to be followed is forgotten.
        let now = world.clock.now();
        let followed = followed(now);
        let kept: Vec<String> = followed.iter().map(|(day, _)| part(*day)).collect();
        let old: Vec<Progress> = catalogue
            .progress_of(SOURCE)?
            .into_iter()
            .filter(|progress| progress.part.starts_with("daily/") && !kept.contains(&progress.part))
            .map(|progress| Progress { value: None, ..progress })
            .collect();
        catalogue.deliver(&Delivery { progress: &old, lease: Some(lease), ..Delivery::default() })?;
        let mut next = now + INTERVALS[0];
        for (day, age) in followed {
            next = DailyPapers::due(catalogue, day, age)?.map_or(next, |due| next.min(due));
        }
        Ok(Done { due: next, run, words: "complete".to_string(), succeeded: true })
    }

    fn again(&self, now: Timestamp, failures: u32) -> Timestamp {
        now + SignedDuration::from_mins(20 * i64::from(failures.clamp(1, 12)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_kept_with_the_day_that_was_asked_for() {
        let page = br#"[{"paper":{"id":"2401.00001","title":"A
            title","summary":"Text","upvotes":3,"authors":[]},"numComments":2},{"nothing":1}]"#;
        let page = String::from_utf8(page.to_vec()).unwrap().replace("A\n            title", "A title");
        let (records, problems, items) =
            read(page.as_bytes(), "test", "2024-01-02".parse().unwrap()).unwrap();
        assert_eq!((records.len(), problems.len(), items), (1, 1, 2));
        assert_eq!(records[0].record.announcements[0].day, "2024-01-02".parse().unwrap());
        assert_eq!(records[0].record.attention.unwrap().votes, Some(3));
    }

    #[test]
    fn a_page_that_is_no_list_is_a_failure() {
        for page in ["", "<html>", "{}", "{\"error\":\"x\"}"] {
            assert!(read(page.as_bytes(), "test", "2024-01-02".parse().unwrap()).is_err(), "{page}");
        }
        assert_eq!(read(b"[]", "test", "2024-01-02".parse().unwrap()).unwrap().2, 0);
    }

    #[test]
    fn old_lists_are_asked_for_less_often() {
        assert!(INTERVALS.is_sorted());
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let followed = followed(now);
        assert_eq!(followed.first(), Some(&("2026-11-20".parse().unwrap(), 0)));
        assert_eq!(followed.last(), Some(&("2026-11-13".parse().unwrap(), 7)));
    }
}
