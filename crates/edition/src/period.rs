//! Days, ISO weeks and months as periods of editions.

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate, Weekday};
use paper::Day;
use std::fmt;
use std::str::FromStr;

/// The time that an edition covers. Written `2026-08-20`, `2026-W34` or `2026-08`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// One day.
    Day(Day),
    /// An ISO 8601 week, by its Monday.
    Week(Day),
    /// A month, by its first day.
    Month(Day),
}

impl Period {
    /// The ISO week that holds a day.
    pub fn week_of(day: Day) -> Option<Period> {
        let back = i64::from(day.date().weekday().to_monday_zero_offset());
        Day::from_date(day.date().checked_sub(back.days()).ok()?).map(Period::Week)
    }

    /// The month that holds a day.
    pub fn month_of(day: Day) -> Option<Period> {
        Day::from_date(day.date().first_of_month()).map(Period::Month)
    }

    /// Its first day.
    pub fn first(self) -> Day {
        match self {
            Period::Day(day) | Period::Week(day) | Period::Month(day) => day,
        }
    }

    /// Its last day.
    pub fn last(self) -> Day {
        let first = self.first().date();
        let last = match self {
            Period::Day(_) => first,
            Period::Week(_) => first.checked_add(6.days()).unwrap_or(first),
            Period::Month(_) => first.last_of_month(),
        };
        Day::from_date(last).unwrap_or(self.first())
    }

    /// The period of the same length after it.
    pub fn next(self) -> Option<Period> {
        let after = self.last().next()?;
        self.like(after)
    }

    /// The period of the same length before it.
    pub fn previous(self) -> Option<Period> {
        let before = self.first().previous()?;
        self.like(before)
    }

    fn like(self, day: Day) -> Option<Period> {
        match self {
            Period::Day(_) => Some(Period::Day(day)),
            Period::Week(_) => Period::week_of(day),
            Period::Month(_) => Period::month_of(day),
        }
    }

    /// The path of its page.
    pub fn path(self) -> String {
        match self {
            Period::Day(_) => format!("/{self}"),
            Period::Week(_) => format!("/week/{self}"),
            Period::Month(_) => format!("/month/{self}"),
        }
    }

    /// How a reader would say it: `Thursday, 20 August 2026`, `Week 34 of 2026`, `August 2026`.
    pub fn title(self) -> String {
        let date = self.first().date();
        match self {
            Period::Day(_) => {
                format!(
                    "{}, {} {} {}",
                    weekday(date.weekday()),
                    date.day(),
                    month_name(date.month()),
                    date.year()
                )
            }
            Period::Week(_) => {
                let week = date.iso_week_date();
                format!("Week {} of {}", week.week(), week.year())
            }
            Period::Month(_) => format!("{} {}", month_name(date.month()), date.year()),
        }
    }
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// The English name of a month, 1 to 12.
pub fn month_name(number: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    NAMES.get(usize::try_from(number - 1).unwrap_or(0)).copied().unwrap_or("")
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Day(day) => day.fmt(f),
            Period::Week(day) => {
                let week = day.date().iso_week_date();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
            Period::Month(day) => write!(f, "{:04}-{:02}", day.year(), day.date().month()),
        }
    }
}

/// A text that names no period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAPeriod(pub String);

impl fmt::Display for NotAPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is neither a day (2026-08-20) nor a week (2026-W34) nor a month (2026-08)", self.0)
    }
}

impl std::error::Error for NotAPeriod {}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Period, NotAPeriod> {
        let refuse = || NotAPeriod(text.chars().take(40).collect());
        if let Ok(day) = text.parse::<Day>() {
            return Ok(Period::Day(day));
        }
        let (year, rest) = text.split_once('-').ok_or_else(refuse)?;
        let digits = |text: &str, length: usize| {
            (text.len() == length && text.bytes().all(|b| b.is_ascii_digit()))
                .then(|| text.parse::<i16>().ok())
                .flatten()
        };
        let year = digits(year, 4).ok_or_else(refuse)?;
        if let Some(week) = rest.strip_prefix('W') {
            let week = digits(week, 2).ok_or_else(refuse)?;
            let monday = ISOWeekDate::new(year, i8::try_from(week).map_err(|_| refuse())?, Weekday::Monday)
                .map_err(|_| refuse())?;
            return Day::from_date(Date::from_iso_week_date(monday)).map(Period::Week).ok_or_else(refuse);
        }
        let month = digits(rest, 2).ok_or_else(refuse)?;
        Day::new(year, i8::try_from(month).map_err(|_| refuse())?, 1).map(Period::Month).ok_or_else(refuse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn periods_are_written_as_they_are_read() {
        for text in ["2026-08-20", "2026-W34", "2026-08", "2020-W53", "2021-W01"] {
            assert_eq!(period(text).to_string(), text);
        }
    }

    #[test]
    fn what_names_no_period_is_refused() {
        for text in [
            "2026-W54", "2026-W00", "2025-W53", "2026-13", "2026", "", "2026-8", "9999-01", "2026-w01",
            "today",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_week_belongs_to_the_year_of_its_thursday() {
        assert_eq!(Period::week_of(Day::new(2021, 1, 3).unwrap()).unwrap().to_string(), "2020-W53");
        assert_eq!(period("2020-W53").next().unwrap().to_string(), "2021-W01");
    }

    #[test]
    fn neighbours_touch() {
        for text in ["2026-08-20", "2026-W34", "2026-08", "2024-02"] {
            let period = period(text);
            assert_eq!(period.next().unwrap().previous(), Some(period));
            assert_eq!(period.last().next(), Some(period.next().unwrap().first()));
        }
    }

    #[test]
    fn titles_read_well() {
        assert_eq!(period("2026-08-20").title(), "Thursday, 20 August 2026");
        assert_eq!(period("2026-W34").title(), "Week 34 of 2026");
        assert_eq!(period("2026-08").title(), "August 2026");
    }
}
