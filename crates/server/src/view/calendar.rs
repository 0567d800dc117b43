//! Days in words, and a month as a table.

use crate::view::Date;
use catalogue::DayCount;
use edition::{Period, month_name};
use paper::{Day, PartialDate};

/// A link to a neighbouring period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) title: String,
    pub(crate) path: String,
    /// True if the page shows it.
    pub(crate) here: bool,
}

impl Turn {
    /// A link to a period.
    pub(crate) fn to(period: Period) -> Turn {
        let title = match period {
            Period::Day(day) => short_day(day),
            other => other.title(),
        };
        Turn { title, path: period.path(), here: false }
    }
}

/// A day of a month's table; number 0 stands for a day of another month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) number: i8,
    pub(crate) papers: u32,
    pub(crate) path: Option<String>,
    pub(crate) here: bool,
}

/// A month as a table of weeks.
#[derive(Clone, Debug)]
pub(crate) struct Month {
    pub(crate) title: String,
    pub(crate) path: String,
    pub(crate) weeks: Vec<Vec<Cell>>,
    pub(crate) previous: Option<Turn>,
    pub(crate) next: Option<Turn>,
}

impl Month {
    /// The month of a day. `counts` are the days of the month that have papers; `shown` are the days that the page is
    /// about; `previous` and `next` are days of the nearest months that have papers.
    pub(crate) fn of(
        day: Day,
        counts: &[DayCount],
        shown: (Day, Day),
        previous: Option<Day>,
        next: Option<Day>,
    ) -> Option<Month> {
        let month = Period::month_of(day)?;
        let turn = |day: Option<Day>| day.and_then(Period::month_of).map(Turn::to);
        let before = i32::from(month.first().date().weekday().to_monday_zero_offset());
        let mut cells = vec![Cell::default(); usize::try_from(before).unwrap_or(0)];
        for number in month.first().number()..=month.last().number() {
            let Some(day) = Day::from_number(number) else { continue };
            let papers = counts.iter().find(|count| count.day == day).map_or(0, |count| count.papers);
            cells.push(Cell {
                number: day.date().day(),
                papers,
                path: (papers > 0).then(|| Period::Day(day).path()),
                here: shown.0 <= day && day <= shown.1,
            });
        }
        cells.resize(cells.len().next_multiple_of(7), Cell::default());
        Some(Month {
            title: month.title(),
            path: month.path(),
            weeks: cells.chunks(7).map(<[Cell]>::to_vec).collect(),
            previous: turn(previous),
            next: turn(next),
        })
    }
}

/// `20 August 2026`.
pub(crate) fn day_words(day: Day) -> String {
    format!("{} {} {}", day.date().day(), month_name(day.date().month()), day.year())
}

/// `Thu 20 August`, for links between days.
fn short_day(day: Day) -> String {
    let title = Period::Day(day).title();
    format!("{} {} {}", title.get(..3).unwrap_or(""), day.date().day(), month_name(day.date().month()))
}

/// A date as far as it is known, in words and as ISO.
pub(crate) fn date_of(date: PartialDate) -> Date {
    let words = match (date.day(), date.month()) {
        (Some(day), _) => day_words(day),
        (None, Some(month)) => format!("{} {}", month_name(month), date.year()),
        (None, None) => date.year().to_string(),
    };
    Date { iso: date.to_string(), words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_a_table_of_whole_weeks() {
        let day: Day = "2026-08-20".parse().unwrap();
        let counts = [DayCount { day, papers: 512 }];
        let month = Month::of(day, &counts, (day, day), None, None).unwrap();
        assert_eq!(month.title, "August 2026");
        assert!(month.weeks.iter().all(|week| week.len() == 7));
        // 1 August 2026 is a Saturday.
        assert_eq!((month.weeks[0][4].number, month.weeks[0][5].number), (0, 1));
        let cell = &month.weeks[3][3];
        assert_eq!((cell.number, cell.papers, cell.here), (20, 512, true));
        assert_eq!(cell.path.as_deref(), Some("/2026-08-20"));
    }

    #[test]
    fn dates_always_show_their_year() {
        for (text, words) in
            [("2025-10-17", "17 October 2025"), ("2025-10", "October 2025"), ("2025", "2025")]
        {
            assert_eq!(date_of(text.parse().unwrap()).words, words);
        }
    }
}
