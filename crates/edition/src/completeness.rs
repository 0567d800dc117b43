//! What an instance knows about a day of a source, and how it says so.
//!
//! A day is complete when every identity that the source announced is in the catalogue; the other four states say why
//! that is not so, or not known. [`state`] decides; it reads no clock and asks no source: what was announced, stored and
//! answered comes in as values.

use crate::calendar::{Verdict, Why};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use paper::{Day, Identity};
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt::Write;

/// How long a source may fail before it counts as unreachable: the longest pause that a busy source is given is half an
/// hour, so by then it has failed at least twice.
pub const PATIENCE_MINUTES: i64 = 60;

/// What a source announced under one category, as far as it has answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The category or archive that was asked for.
    pub category: String,
    /// The day of the latest batch that the source showed when it was last asked; `None` if it was not asked yet.
    pub shows: Option<Day>,
    /// What it announced on the day in question. `None` if it has not shown that day; empty if it showed it and there
    /// was nothing.
    pub announced: Option<BTreeSet<Identity>>,
    /// How many it says it announced on that day, which may be more than are known by name.
    pub of: Option<u32>,
}

/// What is known about a day of a source.
#[derive(Clone)]
pub struct Known<'a> {
    /// The source's name for readers, e.g. `arXiv`.
    pub source: &'a str,
    /// The day.
    pub day: Day,
    /// What the source's calendar says of the day.
    pub calendar: Verdict,
    /// When the day's batch was or will be announced.
    pub announced_at: Timestamp,
    /// The moment for which the state is asked.
    pub now: Timestamp,
    /// What the source has answered, category by category.
    pub answered: &'a [Answered],
    /// Says of an identity whether the catalogue holds it.
    pub stored: &'a dyn Fn(&Identity) -> bool,
    /// Since when it fails; `None` if its last answer was good.
    pub failing_since: Option<Timestamp>,
    /// When it is asked again.
    pub again_at: Option<Timestamp>,
}

/// The state of a day for a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum State {
    /// All announced papers are here.
    Complete {
        /// Papers here.
        have: u32,
        /// Papers announced.
        of: u32,
    },
    /// The source announced nothing.
    Quiet {
        /// Why, if the calendar says.
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_words")]
        why: Option<Why>,
    },
    /// Some announced papers are still missing, or it is not yet known what was announced.
    Arriving {
        /// Papers here.
        have: u32,
        /// Papers announced, as far as is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        of: Option<u32>,
        /// Those that are known by name and not here.
        #[serde(serialize_with = "names")]
        missing: Vec<Identity>,
    },
    /// The source still shows an older batch.
    Stale {
        /// Under this category; there may be others.
        category: String,
        /// The day of the batch that it shows.
        shows: Day,
        /// When it is asked again.
        #[serde(skip_serializing_if = "Option::is_none")]
        again_at: Option<Timestamp>,
    },
    /// The source does not answer.
    Unreachable {
        /// Since when.
        since: Timestamp,
    },
}

fn in_words<S: Serializer>(why: &Option<Why>, serializer: S) -> Result<S::Ok, S::Error> {
    match why {
        Some(why) => serializer.collect_str(why),
        None => serializer.serialize_none(),
    }
}

fn names<S: Serializer>(missing: &[Identity], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(missing.iter().map(Identity::to_string))
}

/// The state of a day: a pure function of what is known.
pub fn state(known: &Known<'_>) -> State {
    let announced: BTreeSet<&Identity> =
        known.answered.iter().filter_map(|answered| answered.announced.as_ref()).flatten().collect();
    // Names that the source counts but that were not understood.
    let nameless: u32 = known.answered.iter().map(nameless).sum();
    let of = count(announced.len()).saturating_add(nameless);
    let heard = !known.answered.is_empty() && known.answered.iter().all(|one| one.announced.is_some());

    // The source's own word is worth more than the calendar's.
    if of == 0 {
        if let Verdict::Quiet(why) = &known.calendar {
            return State::Quiet { why: Some(why.clone()) };
        }
        if heard {
            return State::Quiet { why: None };
        }
    }
    let missing: Vec<Identity> =
        announced.iter().filter(|one| !(known.stored)(one)).map(|one| (*one).clone()).collect();
    let have = count(announced.len() - missing.len());
    if heard && have == of {
        return State::Complete { have, of };
    }
    if let Some(since) = unreachable(known) {
        return State::Unreachable { since };
    }
    if let Some((category, shows)) = stale(known) {
        return State::Stale { category, shows, again_at: known.again_at };
    }
    State::Arriving { have, of: heard.then_some(of), missing }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn nameless(answered: &Answered) -> u32 {
    let names = answered.announced.as_ref().map(|names| count(names.len()));
    names.and_then(|names| Some(answered.of?.saturating_sub(names))).unwrap_or(0)
}

/// A source that fails for a moment is not unreachable.
fn unreachable(known: &Known<'_>) -> Option<Timestamp> {
    let since = known.failing_since?;
    let minutes = known.now.duration_since(since).as_mins();
    (minutes >= PATIENCE_MINUTES).then_some(since)
}

/// The first category that shows an older day though this one should have appeared.
fn stale(known: &Known<'_>) -> Option<(String, Day)> {
    if known.now < known.announced_at {
        return None;
    }
    let old = known.answered.iter().filter(|one| one.announced.is_none());
    old.filter_map(|one| Some((one.category.clone(), one.shows.filter(|shows| *shows < known.day)?))).min()
}

impl State {
    /// The glossary's word.
    pub fn word(&self) -> &'static str {
        match self {
            State::Complete { .. } => "complete",
            State::Quiet { .. } => "quiet",
            State::Arriving { .. } => "arriving",
            State::Stale { .. } => "stale",
            State::Unreachable { .. } => "unreachable",
        }
    }

    /// True for a state that will not change by itself.
    pub fn is_settled(&self) -> bool {
        matches!(self, State::Complete { .. } | State::Quiet { .. })
    }

    /// The state as readers are told, with times in their zone.
    pub fn sentence(&self, known: &Known<'_>, zone: &TimeZone) -> String {
        let source = known.source;
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = match self {
            State::Complete { have, of } => write!(out, "Complete: {have} of {of} announced"),
            State::Quiet { why: Some(why) } => {
                write!(out, "Quiet day: {source} announced nothing ({why})")
            }
            State::Quiet { why: None } => write!(out, "Quiet day: {source} announced nothing"),
            State::Arriving { have, of: Some(of), .. } => {
                write!(out, "Still arriving: {have} of {of} announced")
            }
            State::Arriving { of: None, .. } if known.now < known.announced_at => {
                write!(
                    out,
                    "Not announced yet: {source} announces at {}",
                    time(known.announced_at, known.now, zone)
                )
            }
            State::Arriving { have: 0, of: None, .. } => write!(out, "Still arriving"),
            State::Arriving { have, of: None, .. } => write!(out, "Still arriving: {have} so far"),
            State::Stale { category, shows, again_at } => {
                let batch = match known.day.previous() == Some(*shows) {
                    true => "yesterday's batch".to_owned(),
                    false => format!("the batch of {shows}"),
                };
                let feed =
                    if category.is_empty() { "feed".to_owned() } else { format!("feed for {category}") };
                let _ = write!(out, "Stale: {source}'s {feed} still shows {batch}");
                match again_at {
                    Some(at) => write!(out, "; trying again at {}", time(*at, known.now, zone)),
                    None => Ok(()),
                }
            }
            State::Unreachable { since } => {
                write!(out, "Source unreachable since {}", time(*since, known.now, zone))
            }
        };
        out
    }
}

/// `02:10 UTC`, with the day if it is another one than now.
fn time(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let form = if at.date() == now.date() { "%H:%M %Z" } else { "%Y-%m-%d %H:%M %Z" };
    at.strftime(form).to_string()
}
