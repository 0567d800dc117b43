//! `Retry-After`, and the dates that HTTP writes.

use jiff::Timestamp;
use std::time::Duration;

/// When a server wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After so much time.
    Wait(Duration),
    /// At this time of the server's clock.
    At(Timestamp),
}

impl RetryAfter {
    /// Reads the header's value; `None` where it is neither seconds nor a date.
    pub fn parse(value: &str) -> Option<RetryAfter> {
        let value = value.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than a number holds are a long time too.
            return Some(RetryAfter::Wait(Duration::from_secs(value.parse().unwrap_or(u64::MAX))));
        }
        http_date(value).map(RetryAfter::At)
    }

    /// How long that is from now. A date is measured on the server's own clock where it told it, so that a wrong clock
    /// here does no harm.
    pub fn wait(self, now: Timestamp, server_clock: Option<Timestamp>) -> Duration {
        match self {
            RetryAfter::Wait(wait) => wait,
            RetryAfter::At(time) => {
                Duration::try_from(time.duration_since(server_clock.unwrap_or(now))).unwrap_or(Duration::ZERO)
            }
        }
    }
}

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`; a wrong day of the week is forgiven.
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    static PARSER: jiff::fmt::rfc2822::DateTimeParser =
        jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    PARSER.parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let wait = |value: &str| RetryAfter::parse(value).map(|after| after.wait(now, None).as_secs());
        assert_eq!(wait(" 300 "), Some(300));
        assert_eq!(wait("Mon, 23 Nov 2026 10:02:00 GMT"), Some(120));
        assert_eq!(wait("Sun, 23 Nov 2026 10:02:00 GMT"), Some(120), "a wrong weekday");
        assert_eq!(wait("Mon, 23 Nov 2026 09:00:00 GMT"), Some(0), "the past");
        assert_eq!(wait("99999999999999999999999"), Some(u64::MAX));
        for nothing in ["", "-5", "soon", "1.5", "10 minutes"] {
            assert_eq!(wait(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_date_is_measured_on_the_servers_clock() {
        let now: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
        let served: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let after = RetryAfter::parse("Mon, 23 Nov 2026 10:02:00 GMT").unwrap();
        assert_eq!(after.wait(now, Some(served)).as_secs(), 120);
    }
}
