//! arXiv's hours. All are US Eastern, so they move by an hour against UTC twice a year.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

pub(super) fn eastern() -> TimeZone {
    TimeZone::get("America/New_York").expect("the time zones are compiled in")
}

fn eastern_at(day: Date, hour: i8, minute: i8) -> Timestamp {
    day.at(hour, minute, 0, 0)
        .to_zoned(eastern())
        .expect("no such hour falls into a change of time")
        .timestamp()
}

fn day_before(day: Date) -> Date {
    day.yesterday().expect("no script begins at the first day of all")
}

/// When the listing of a day appears: at 20:00 on the evening before.
pub fn evening(day: Date) -> Timestamp {
    eastern_at(day_before(day), 20, 0)
}

/// When OAI-PMH tells of what was announced under a day: at 22:30 on the evening before.
pub fn oai_at(day: Date) -> Timestamp {
    eastern_at(day_before(day), 22, 30)
}

/// When the feeds show a day: from its midnight on.
pub fn feeds_at(day: Date) -> Timestamp {
    eastern_at(day, 0, 0)
}

/// The day that the clock on arXiv's wall shows.
pub(super) fn eastern_day(now: Timestamp) -> Date {
    now.to_zoned(eastern()).date()
}

/// The day in UTC, as OAI-PMH counts.
pub(super) fn utc_day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// The next midnight in UTC, when caches and tokens end.
pub(super) fn utc_midnight(now: Timestamp) -> Timestamp {
    let tomorrow = utc_day(now).tomorrow().expect("no script ends at the last day of all");
    tomorrow.to_zoned(TimeZone::UTC).expect("UTC has every midnight").timestamp()
}

/// `Mon, 2 Apr 2007 19:18:42 GMT`, as `arXivRaw` and HTTP headers have it.
pub(super) fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// `2026-09-24T08:58:05Z`.
pub(super) fn iso(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(super) fn minus_hours(time: Timestamp, hours: i64) -> Timestamp {
    time.checked_sub(Span::new().hours(hours)).unwrap_or(Timestamp::MIN)
}
