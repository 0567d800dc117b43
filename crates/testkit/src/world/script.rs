//! What happens in the world, and when.

use super::pool::Pool;
use super::time::{evening, minus_hours, oai_at};
use crate::generate::Dice;
use jiff::civil::{Date, Weekday};
use jiff::{Span, Timestamp};
use std::collections::BTreeMap;

/// What a world is made from.
#[derive(Clone, Debug)]
pub struct Script {
    /// Chooses everything that is invented.
    pub seed: u64,
    /// The days under which arXiv announces, in order.
    pub days: Vec<Date>,
    /// New papers a day, about; twice as many after a day that fell out.
    pub papers_a_day: usize,
    /// The texts.
    pub pool: Pool,
}

impl Script {
    /// A world of made texts that announces on these days.
    pub fn new(seed: u64, days: Vec<Date>, papers_a_day: usize) -> Script {
        Script { seed, days, papers_a_day, pool: Pool::made(seed, 500) }
    }
}

/// The days from Monday to Friday from `first` to `last` without those that fall out.
pub fn weekdays(first: Date, last: Date, fallen_out: &[Date]) -> Vec<Date> {
    let mut days = Vec::new();
    let mut day = first;
    while day <= last {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        if !weekend && !fallen_out.contains(&day) {
            days.push(day);
        }
        day = day.tomorrow().expect("no script ends at the last day of all");
    }
    days
}

/// Something that happens to a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When OAI-PMH tells of it: the record's modification.
    pub at: Timestamp,
    /// The number of the paper.
    pub paper: usize,
    /// The day under which it is announced; `None` for what arXiv does silently.
    pub day: Option<Date>,
    /// What happens.
    pub what: What,
}

/// What happens to a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It appears.
    New,
    /// It gets a new version. From version 6 on that is not announced.
    Replaced {
        /// The version's number.
        version: u32,
        /// When it was sent in.
        sent: Timestamp,
    },
    /// Its last version says that it is withdrawn.
    Withdrawn {
        /// The version's number.
        version: u32,
        /// When it was sent in.
        sent: Timestamp,
    },
    /// It gets a further category.
    Crossed(String),
    /// Its metadata get a journal reference, or are merely touched.
    Edited,
}

/// A paper as the script knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its arXiv id.
    pub id: String,
    /// Its text in the pool.
    pub text: usize,
    /// How often the pool was used up before.
    pub lap: usize,
    /// When version 1 was sent in.
    pub sent: Timestamp,
    /// The day under which it appears.
    pub day: Date,
    /// Its events, by number, in order.
    pub events: Vec<usize>,
}

/// From version 6 on a replacement is not announced.
pub(super) const ANNOUNCED_VERSIONS_MAX: u32 = 5;

/// The categories that papers are cross-listed into later.
const CROSSED_INTO: [&str; 8] =
    ["cs.AI", "cs.LG", "stat.ML", "cs.CL", "math.OC", "eess.IV", "q-bio.QM", "cs.NA"];

/// Plays the script.
pub(super) fn play(script: &Script) -> (Vec<Paper>, Vec<Event>) {
    let mut dice = Dice::new(script.seed);
    let mut papers: Vec<Paper> = Vec::new();
    let mut events: Vec<Event> = Vec::new();
    let mut minted: BTreeMap<String, usize> = BTreeMap::new();
    for (number, &day) in script.days.iter().enumerate() {
        let skipped = match number.checked_sub(1).map(|before| script.days[before]) {
            Some(before) => weekdays(before, day, &[before, day]).len(),
            None => 0,
        };
        let usual = script.papers_a_day;
        let count = (usual / 2 + dice.below(usual + 1)) * (1 + skipped);
        for _ in 0..count {
            let paper = papers.len();
            // An id is minted in the evening of the announcement.
            let month = day.yesterday().expect("no script begins at the first day of all");
            let month = format!("{:02}{:02}", month.year() % 100, month.month());
            let place = minted.entry(month.clone()).or_insert(0);
            *place += 1;
            // Most come in before the last freeze; moderation holds some for days.
            let held = if dice.below(20) == 0 { 24 * (1 + dice.below(9)) } else { 0 };
            let sent = minus_hours(evening(day), (6 + dice.below(24) + held) as i64);
            papers.push(Paper {
                id: format!("{month}.{place:05}"),
                text: paper % script.pool.0.len(),
                lap: paper / script.pool.0.len(),
                sent,
                day,
                events: Vec::new(),
            });
            events.push(Event { at: oai_at(day), paper, day: Some(day), what: What::New });
            later(script, &mut dice, number, paper, &mut events);
        }
        bulk_change(&mut dice, day, &papers, &mut events);
    }
    events.sort_by_key(|event| (event.at, event.paper));
    for (number, event) in events.iter().enumerate() {
        papers[event.paper].events.push(number);
    }
    (papers, events)
}

/// What happens to a paper after its first day.
fn later(script: &Script, dice: &mut Dice, number: usize, paper: usize, events: &mut Vec<Event>) {
    let days = &script.days;
    let mut at = number;
    // One in three is replaced, a few of them many times.
    let versions = match dice.below(30) {
        0 => 7,
        1..=3 => 3,
        4..=10 => 2,
        _ => 1,
    };
    for version in 2..=versions {
        at += 1 + dice.below(if versions > 3 { 5 } else { 20 });
        let Some(&day) = days.get(at) else { return };
        let announced = (version <= ANNOUNCED_VERSIONS_MAX).then_some(day);
        let sent = minus_hours(evening(day), 6 + dice.below(24) as i64);
        let what = match version == versions && dice.below(12) == 0 {
            true => What::Withdrawn { version, sent },
            false => What::Replaced { version, sent },
        };
        events.push(Event { at: oai_at(day), paper, day: announced, what });
    }
    if dice.below(15) == 0
        && let Some(&day) = days.get(number + 1 + dice.below(10))
    {
        let own = &script.pool.0[paper % script.pool.0.len()].categories;
        let category = dice.one_of(&CROSSED_INTO);
        if !own.iter().any(|known| super::categories::lies_in(known, category)) {
            let what = What::Crossed(category.to_owned());
            events.push(Event { at: oai_at(day), paper, day: Some(day), what });
        }
    }
    if dice.below(12) == 0
        && let Some(&day) = days.get(number + 1 + dice.below(60))
    {
        let at = oai_at(day) + Span::new().minutes(dice.below(20 * 60) as i64);
        events.push(Event { at, paper, day: None, what: What::Edited });
    }
}

/// Now and then many old records are touched at once.
fn bulk_change(dice: &mut Dice, day: Date, papers: &[Paper], events: &mut Vec<Event>) {
    if dice.below(40) != 0 {
        return;
    }
    let at = oai_at(day) + Span::new().hours(9);
    for (number, paper) in papers.iter().enumerate() {
        if dice.below(4) == 0 && paper.day < day {
            events.push(Event { at, paper: number, day: None, what: What::Edited });
        }
    }
}
