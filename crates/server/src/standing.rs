//! How days stand: what was announced against what is here. Whoever harvests knows; this room shows it.

use paper::Day;

/// How a day stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The glossary's word: `complete`, `arriving`, `quiet`, `stale` or `unreachable`.
    pub state: &'static str,
    /// The sentence that readers are told.
    pub sentence: String,
}

/// How a source is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceStanding {
    /// What is done, e.g. `arXiv announcements`.
    pub what: String,
    /// When it last succeeded, when it comes next, and what holds it up, in words.
    pub sentence: String,
    /// The same for programs, if it is a job.
    pub job: Option<JobFigures>,
}

/// A job in figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobFigures {
    /// When it last succeeded, in seconds since 1970, UTC.
    pub succeeded: Option<i64>,
    /// When it is due, likewise.
    pub due: i64,
    /// How often in a row it failed.
    pub failures: u32,
}

/// What is known about the completeness of days. All calls come from blocking threads.
pub trait Standings: Send + Sync {
    /// The day that the sources' calendars show now, and how it stands.
    fn latest(&self) -> Option<(Day, Standing)>;

    /// How a day stands; `None` for one about which nothing was ever asked.
    fn of(&self, day: Day) -> Option<Standing>;

    /// How each source is doing.
    fn sources(&self) -> Vec<SourceStanding>;

    /// A number that changes whenever one of the answers may have. Asked several times a second.
    fn stamp(&self) -> u64;
}
