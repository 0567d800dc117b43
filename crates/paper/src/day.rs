//! Days, weeks and months, and dates of which only a part is known.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A calendar day without a zone: the day under which a source presented something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(jiff::civil::Date);

/// The first and last year that a day may have; what lies outside is refused as a mistake of the source.
pub const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;

impl Day {
    /// The day of that date, if it exists and lies within [`YEARS`].
    pub fn new(year: i16, month: i8, day: i8) -> Option<Day> {
        if !YEARS.contains(&year) {
            return None;
        }
        jiff::civil::Date::new(year, month, day).ok().map(Day)
    }

    /// The civil date.
    pub fn date(self) -> jiff::civil::Date {
        self.0
    }

    /// The day of a civil date, if it lies within [`YEARS`].
    pub fn from_date(date: jiff::civil::Date) -> Option<Day> {
        YEARS.contains(&date.year()).then_some(Day(date))
    }

    /// Reads `YYYY-MM-DD`, followed by nothing or by `T…` or a space (a time, which is dropped: no zone is applied).
    pub fn parse_prefix(text: &str) -> Option<Day> {
        let (head, rest) = text.split_at_checked(10)?;
        if !rest.is_empty() && !rest.starts_with(['T', ' ']) {
            return None;
        }
        head.parse().ok()
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The following day.
    pub fn next(self) -> Option<Day> {
        self.0.tomorrow().ok().and_then(Day::from_date)
    }

    /// The day before.
    pub fn previous(self) -> Option<Day> {
        self.0.yesterday().ok().and_then(Day::from_date)
    }

    /// Days from the epoch 1970-01-01, for columns that hold numbers.
    pub fn number(self) -> i32 {
        let epoch = jiff::civil::date(1970, 1, 1);
        self.0.since(epoch).map(|span| span.get_days()).unwrap_or_default()
    }

    /// The inverse of [`Day::number`].
    pub fn from_number(number: i32) -> Option<Day> {
        let epoch = jiff::civil::date(1970, 1, 1);
        let span = jiff::Span::new().try_days(number).ok()?;
        epoch.checked_add(span).ok().and_then(Day::from_date)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

/// A text that is not a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a day (expected YYYY-MM-DD, years 1900 to 2200)")]
pub struct NotADay(pub String);

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Day, NotADay> {
        let refuse = || NotADay(text.chars().take(40).collect());
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(refuse());
        }
        let number = |range: std::ops::Range<usize>| {
            bytes[range]
                .iter()
                .try_fold(0i16, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i16::from(byte - b'0')))
        };
        let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
            return Err(refuse());
        };
        Day::new(year, month as i8, day as i8).ok_or_else(refuse)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A date of which the day, or the day and the month, may be unknown. Written `2024`, `2024-08` or `2024-08-12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
}

impl PartialDate {
    /// A date of which the year is known, if it lies within [`YEARS`].
    pub fn year_only(year: i16) -> Option<PartialDate> {
        YEARS.contains(&year).then_some(PartialDate { year, month: None, day: None })
    }

    /// A date of which year and month are known.
    pub fn year_month(year: i16, month: i8) -> Option<PartialDate> {
        (YEARS.contains(&year) && (1..=12).contains(&month)).then_some(PartialDate {
            year,
            month: Some(month),
            day: None,
        })
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month, where known.
    pub fn month(self) -> Option<i8> {
        self.month
    }

    /// The whole day, where known.
    pub fn day(self) -> Option<Day> {
        Day::new(self.year, self.month?, self.day?)
    }

    /// A day to sort by: unknown parts count as the first.
    pub fn first_day(self) -> Option<Day> {
        Day::new(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1))
    }
}

impl From<Day> for PartialDate {
    fn from(day: Day) -> PartialDate {
        PartialDate { year: day.0.year(), month: Some(day.0.month()), day: Some(day.0.day()) }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
            if let Some(day) = self.day {
                write!(f, "-{day:02}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for PartialDate {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<PartialDate, NotADay> {
        let refuse = || NotADay(text.chars().take(40).collect());
        let date = match text.len() {
            4 => text.parse().ok().and_then(PartialDate::year_only),
            7 if text.as_bytes()[4] == b'-' => match (text.get(..4), text.get(5..)) {
                (Some(year), Some(month)) => match (year.parse(), month.parse()) {
                    (Ok(year), Ok(month)) => PartialDate::year_month(year, month),
                    _ => None,
                },
                _ => None,
            },
            _ => text.parse::<Day>().ok().map(PartialDate::from),
        };
        date.ok_or_else(refuse)
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PartialDate, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_they_are_read() {
        for text in ["2026-08-20", "1991-08-14", "2024-02-29"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn days_that_cannot_be_are_refused() {
        for text in [
            "0000-01-01",
            "9999-12-31",
            "2025-02-29",
            "2025-13-01",
            "2025-1-1",
            "",
            "2025-01-01x",
            "２０２５-01-01",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_after_a_day_is_dropped_without_a_zone() {
        assert_eq!(Day::parse_prefix("2025-10-29T23:59:59.000Z"), Day::new(2025, 10, 29));
        assert_eq!(Day::parse_prefix("2025-10-291"), None);
    }

    #[test]
    fn day_numbers_count_from_1970() {
        let day = Day::new(2026, 11, 22).unwrap();
        assert_eq!(Day::from_number(day.number()), Some(day));
        assert_eq!(Day::new(1970, 1, 2).unwrap().number(), 1);
    }

    #[test]
    fn partial_dates_keep_what_is_known() {
        for text in ["2024", "2024-08", "2024-08-12"] {
            assert_eq!(text.parse::<PartialDate>().unwrap().to_string(), text);
        }
        assert!("2024-13".parse::<PartialDate>().is_err());
    }
}
