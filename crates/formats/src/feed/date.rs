//! Dates as feeds write them.

use crate::arxiv::mail_day;
use jiff::Timestamp;
use paper::Day;

/// A moment: RFC 3339, RFC 822 with a weekday that may be wrong, a named zone or none, or a day alone. What has no zone
/// that is known is taken for UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    static MAIL: jiff::fmt::rfc2822::DateTimeParser =
        jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    if let Ok(time) = MAIL.parse_timestamp(text) {
        return Some(time);
    }
    let (day, time) = match Day::parse_prefix(text) {
        Some(day) => (day, text.get(11..).unwrap_or_default()),
        None => (
            mail_day(text)?,
            text.split_ascii_whitespace().find(|word| word.contains(':')).unwrap_or_default(),
        ),
    };
    let mut numbers = time.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse::<i8>().ok());
    let mut number = || numbers.next().flatten().unwrap_or(0);
    let (hour, minute, second) = (number(), number(), number());
    let time = jiff::civil::Time::new(hour, minute, second, 0).unwrap_or(jiff::civil::Time::midnight());
    Some(day.date().to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_common_spelling() {
        for (text, expected) in [
            ("2026-09-24T08:58:05Z", "2026-09-24T08:58:05Z"),
            ("2026-09-24T08:58:05.5+02:00", "2026-09-24T06:58:05.5Z"),
            ("Thu, 24 Sep 2026 00:00:00 -0400", "2026-09-24T04:00:00Z"),
            ("Mon, 24 Sep 2026 00:00:00 EDT", "2026-09-24T04:00:00Z"),
            ("Thu, 24 Sep 2026 08:58:05", "2026-09-24T08:58:05Z"),
            ("24 Sep 2026 08:58 XYZ", "2026-09-24T08:58:00Z"),
            ("2026-09-24 08:58:05", "2026-09-24T08:58:05Z"),
            ("2026-09-24", "2026-09-24T00:00:00Z"),
        ] {
            assert_eq!(parse(text).map(|time| time.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "99999999"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
