//! When arXiv announces, as a value: which days have a listing, when it appears, and why the others have none.
//!
//! arXiv collects papers until 14:00 in New York and announces them at 20:00, Sunday to Thursday; the listing carries
//! the date of the weekday after that evening. On a holiday the 14:00 freeze is skipped: that batch goes with the next
//! one, and the evening falls out. The holidays are data (`data/arxiv-holidays.tsv`, with its sources and licence);
//! arXiv publishes each year's late and sometimes adds a day, so an operator can add days too, and
//! [`Calendar::runs_out`] says how far the data reach.
//!
//! Facts: <https://info.arxiv.org/help/availability.html>.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use paper::Day;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// The hour of the announcement, in New York.
pub const HOUR: i8 = 20;

/// The zone in which arXiv counts days and hours.
pub const ZONE: &str = "America/New_York";

/// How many days without a listing may follow each other before a search for the next one gives up. The longest real
/// row, a weekend between holidays, has five.
const QUIET_DAYS_MAX: usize = 60;

/// Whether a day has a listing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It has.
    Announces,
    /// It has none.
    Quiet(Why),
}

/// Why a day has no listing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// Saturday or Sunday.
    Weekend,
    /// The evening before fell out; the name of the holiday.
    Holiday(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Weekend => f.write_str("weekend"),
            Why::Holiday(name) => write!(f, "holiday: {name}"),
        }
    }
}

/// A listing and the moment in which it appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Upcoming {
    /// The day that it carries.
    pub day: Day,
    /// When it is announced.
    pub at: Timestamp,
}

/// A day that an operator gave and that cannot be a holiday.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is a Saturday, on which arXiv never collects papers; give the Friday or the Sunday")]
pub struct NoFreeze(pub Day);

/// arXiv's calendar.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    /// Evenings that fall out, and why.
    evenings: BTreeMap<Date, String>,
    /// The first and last year of which holidays are known.
    years: (i16, i16),
}

impl Calendar {
    /// With the holidays that arXiv has published.
    ///
    /// # Panics
    /// If the data built into the program are broken, which a test excludes.
    pub fn arxiv() -> Calendar {
        let zone = TimeZone::get(ZONE).expect("the zone is built into the program");
        let mut calendar = Calendar { zone, evenings: BTreeMap::new(), years: (i16::MAX, i16::MIN) };
        for line in include_str!("../data/arxiv-holidays.tsv").lines() {
            if line.starts_with('#') || line.starts_with("freeze_skip_date") {
                continue;
            }
            let mut columns = line.split('\t');
            let day = columns.next().and_then(|day| day.parse().ok()).expect("a day in the first column");
            let name = columns.nth(1).expect("a name in the third column");
            calendar.add(day, name).expect("a day with a freeze");
        }
        calendar
    }

    /// Adds a day on which arXiv skips its freeze, as its page of holidays lists them.
    ///
    /// # Errors
    /// [`NoFreeze`] for a Saturday.
    pub fn add(&mut self, day: Day, name: &str) -> Result<(), NoFreeze> {
        let date = day.date();
        let evening = match date.weekday() {
            Weekday::Saturday => return Err(NoFreeze(day)),
            // What is collected on Friday is announced on Sunday.
            Weekday::Friday => date.saturating_add(2.days()),
            _ => date,
        };
        let mut letters = name.trim().chars();
        let name: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        self.evenings.entry(evening).or_insert(name);
        self.years = (self.years.0.min(day.year()), self.years.1.max(day.year()));
        Ok(())
    }

    /// The last year of which holidays are known: from the year after, holidays are taken for announcement days.
    pub fn runs_out(&self) -> i16 {
        self.years.1
    }

    /// True if holidays of that day's year are known.
    pub fn knows(&self, day: Day) -> bool {
        (self.years.0..=self.years.1).contains(&day.year())
    }

    /// Whether a listing carries this day.
    pub fn verdict(&self, day: Day) -> Verdict {
        let date = day.date();
        if matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            return Verdict::Quiet(Why::Weekend);
        }
        match self.evenings.get(&evening(date)) {
            Some(name) => Verdict::Quiet(Why::Holiday(name.clone())),
            None => Verdict::Announces,
        }
    }

    /// True if a listing carries this day.
    pub fn announces(&self, day: Day) -> bool {
        self.verdict(day) == Verdict::Announces
    }

    /// When the listing of this day appears, or would appear: 20:00 in New York on the evening before.
    pub fn announced_at(&self, day: Day) -> Timestamp {
        let evening = evening(day.date()).at(HOUR, 0, 0, 0);
        // Clocks change at 02:00: this hour always exists once.
        self.zone.to_ambiguous_zoned(evening).compatible().map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }

    /// The latest listing that has appeared.
    pub fn in_force(&self, now: Timestamp) -> Option<Day> {
        self.latest(Day::from_date(self.latest_date(now))?)
    }

    /// The listing that appears next.
    pub fn upcoming(&self, now: Timestamp) -> Option<Upcoming> {
        let day = self.next(Day::from_date(self.latest_date(now))?)?;
        Some(Upcoming { day, at: self.announced_at(day) })
    }

    /// The date that a listing would carry if it had just appeared.
    fn latest_date(&self, now: Timestamp) -> Date {
        let local = now.to_zoned(self.zone.clone());
        if local.hour() >= HOUR { local.date().saturating_add(1.day()) } else { local.date() }
    }

    /// The first announcement day after this one; `None` if the calendar has no end of quiet days.
    pub fn next(&self, day: Day) -> Option<Day> {
        let days = std::iter::successors(day.next(), |day| day.next());
        days.take(QUIET_DAYS_MAX).find(|day| self.announces(*day))
    }

    /// The last announcement day before this one.
    pub fn previous(&self, day: Day) -> Option<Day> {
        self.latest(day.previous()?)
    }

    fn latest(&self, day: Day) -> Option<Day> {
        let days = std::iter::successors(Some(day), |day| day.previous());
        days.take(QUIET_DAYS_MAX).find(|day| self.announces(*day))
    }

    /// The announcement days whose listings appeared after `since` and not after `until`, in order: what has to be
    /// caught up.
    pub fn between(&self, since: Timestamp, until: Timestamp) -> impl Iterator<Item = Day> + '_ {
        let first = Day::from_date(self.latest_date(since)).and_then(|day| self.next(day));
        std::iter::successors(first, |day| self.next(*day))
            .take_while(move |day| self.announced_at(*day) <= until)
    }
}

/// The evening on which a listing of this date is announced.
fn evening(date: Date) -> Date {
    date.saturating_sub(1.day())
}
