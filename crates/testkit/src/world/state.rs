//! The world as it is at a moment: the truth that every door tells, and that a test compares with.

use super::categories::{in_set, lies_in};
use super::pool::Text;
use super::script::{Event, Paper, Script, What, play};
use super::time::{evening, oai_at};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The world.
#[derive(Debug)]
pub struct World {
    pub(super) script: Script,
    pub(super) papers: Vec<Paper>,
    pub(super) events: Vec<Event>,
    by_id: HashMap<String, usize>,
    by_day: BTreeMap<Date, Vec<usize>>,
    /// The order of OAI-PMH after so many events, of everything and of sets that were asked for.
    orders: Option<(usize, HashMap<Option<String>, Order>)>,
}

/// Papers by their last modification, then by id.
pub(super) type Order = Arc<Vec<(Timestamp, usize)>>;

/// How a paper was announced, seen from what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// New, and primary here.
    New,
    /// New here, primary elsewhere.
    Cross,
    /// A later version.
    Replace,
}

/// One announcement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Announced {
    /// How.
    pub kind: Kind,
    /// The arXiv id.
    pub id: String,
    /// The version that is announced.
    pub version: u32,
}

/// A paper as it is at a moment.
#[derive(Clone, Debug)]
pub struct Now<'a> {
    /// The paper.
    pub paper: &'a Paper,
    /// When each version was sent in, the first one first.
    pub versions: Vec<Timestamp>,
    /// Its categories, the primary one first.
    pub categories: Vec<&'a str>,
    /// The last version says that it is withdrawn.
    pub withdrawn: bool,
    /// How often its metadata were edited.
    pub edits: u32,
    /// When its record last changed.
    pub modified: Timestamp,
    pub(super) text: &'a Text,
}

impl Now<'_> {
    /// The title.
    pub fn title(&self) -> String {
        let title = &self.text.title;
        match self.paper.lap {
            0 => title.clone(),
            lap => format!("{title}, Volume {}", lap + 1),
        }
    }

    /// The abstract: later versions say which they are.
    pub fn abstract_text(&self) -> String {
        match self.versions.len() {
            1 => self.text.abstract_text.clone(),
            version => format!("{}\nRevised for version {version}.", self.text.abstract_text),
        }
    }

    /// The authors as one string.
    pub fn authors(&self) -> &str {
        &self.text.authors
    }

    /// The comment.
    pub fn comments(&self) -> Option<String> {
        match self.withdrawn {
            true => {
                Some("This paper has been withdrawn by the author due to an error in Section 3".to_owned())
            }
            false => self.text.comments.clone(),
        }
    }

    /// The journal reference.
    pub fn journal_ref(&self) -> Option<String> {
        (self.edits > 0).then(|| format!("J. Made Res. {} ({}) 1-20", self.edits, self.paper.day.year()))
    }

    /// The licence.
    pub fn license(&self) -> &'static str {
        match self.paper.id.bytes().last() {
            Some(b'0'..=b'4') => "http://creativecommons.org/licenses/by/4.0/",
            _ => "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
        }
    }
}

impl World {
    /// Plays a script.
    pub fn new(script: Script) -> World {
        let (papers, events) = play(&script);
        let by_id = papers.iter().enumerate().map(|(number, paper)| (paper.id.clone(), number)).collect();
        let mut by_day: BTreeMap<Date, Vec<usize>> =
            script.days.iter().map(|day| (*day, Vec::new())).collect();
        for (number, event) in events.iter().enumerate() {
            if let Some(day) = event.day {
                by_day.entry(day).or_default().push(number);
            }
        }
        World { script, papers, events, by_id, by_day, orders: None }
    }

    /// The days under which arXiv announces.
    pub fn days(&self) -> &[Date] {
        &self.script.days
    }

    /// All papers of the script, those of the future too.
    pub fn papers(&self) -> &[Paper] {
        &self.papers
    }

    /// Everything that happens, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// A paper as OAI-PMH tells it at that time; `None` if there is none yet.
    pub fn paper_at(&self, id: &str, now: Timestamp) -> Option<Now<'_>> {
        self.now(*self.by_id.get(id)?, now)
    }

    /// What is announced under a day, seen from a category or archive, in the order of listings.
    pub fn announced(&self, asked: &str, day: Date) -> Vec<Announced> {
        let mut announced: Vec<Announced> = self
            .by_day
            .get(&day)
            .into_iter()
            .flatten()
            .filter_map(|&event| self.announced_as(&self.events[event], asked))
            .collect();
        announced.sort();
        announced.dedup_by(|one, other| (one.kind, &one.id) == (other.kind, &other.id));
        announced
    }

    fn announced_as(&self, event: &Event, asked: &str) -> Option<Announced> {
        let before = self.now_by(event.paper, |other| other.at < event.at);
        let after = self.now(event.paper, event.at)?;
        let here = |categories: &[&str]| categories.iter().any(|category| lies_in(category, asked));
        let kind = match &event.what {
            What::New if lies_in(after.categories[0], asked) => Kind::New,
            What::New if here(&after.categories) => Kind::Cross,
            What::Replaced { .. } | What::Withdrawn { .. } if here(&after.categories) => Kind::Replace,
            What::Crossed(category) if lies_in(category, asked) => {
                let was_here = before.is_some_and(|before| here(&before.categories));
                if was_here {
                    return None;
                }
                Kind::Cross
            }
            _ => return None,
        };
        Some(Announced { kind, id: after.paper.id.clone(), version: after.versions.len() as u32 })
    }

    /// The day whose listing is shown at that time.
    pub fn listed_day(&self, now: Timestamp) -> Option<Date> {
        self.script.days.iter().rev().find(|day| evening(**day) <= now).copied()
    }

    /// A paper as a listing of that day tells it.
    pub(super) fn listed(&self, id: &str, day: Date) -> Option<Now<'_>> {
        self.now(*self.by_id.get(id)?, oai_at(day))
    }

    pub(super) fn now(&self, paper: usize, now: Timestamp) -> Option<Now<'_>> {
        self.now_by(paper, |event| event.at <= now)
    }

    fn now_by(&self, number: usize, has_happened: impl Fn(&Event) -> bool) -> Option<Now<'_>> {
        let paper = &self.papers[number];
        let text = &self.script.pool.0[paper.text];
        let mut state: Option<Now<'_>> = None;
        for event in paper.events.iter().map(|&event| &self.events[event]).filter(|event| has_happened(event))
        {
            if event.what == What::New {
                state = Some(Now {
                    paper,
                    versions: vec![paper.sent],
                    categories: text.categories.iter().map(String::as_str).collect(),
                    withdrawn: false,
                    edits: 0,
                    modified: event.at,
                    text,
                });
                continue;
            }
            let state = state.as_mut()?;
            state.modified = event.at;
            match &event.what {
                What::New => {}
                What::Replaced { sent, .. } => {
                    state.versions.push(*sent);
                    state.withdrawn = false;
                }
                What::Withdrawn { sent, .. } => {
                    state.versions.push(*sent);
                    state.withdrawn = true;
                }
                What::Crossed(category) => state.categories.push(category),
                What::Edited => state.edits += 1,
            }
        }
        state
    }

    /// All papers, or those of a set, in the order of OAI-PMH: by modification, then by id.
    pub(super) fn order(&mut self, now: Timestamp, set: Option<&str>) -> Order {
        let happened = self.events.partition_point(|event| event.at <= now);
        if self.orders.as_ref().is_none_or(|(at, _)| *at != happened) {
            self.orders = Some((happened, HashMap::new()));
        }
        let key = set.map(str::to_owned);
        if let Some(order) = self.orders.as_ref().and_then(|(_, orders)| orders.get(&key)) {
            return Arc::clone(order);
        }
        let mut last: HashMap<usize, Timestamp> = HashMap::new();
        for event in &self.events[..happened] {
            last.insert(event.paper, event.at);
        }
        let in_set = |paper: usize| match set {
            Some(set) => self.now(paper, now).is_some_and(|paper| in_set(&paper.categories, set)),
            None => true,
        };
        let mut order: Vec<(Timestamp, usize)> =
            last.into_iter().filter(|(paper, _)| in_set(*paper)).map(|(paper, at)| (at, paper)).collect();
        order.sort_by(|one, other| (one.0, &self.papers[one.1].id).cmp(&(other.0, &self.papers[other.1].id)));
        let order = Arc::new(order);
        if let Some((_, orders)) = &mut self.orders {
            orders.insert(key, Arc::clone(&order));
        }
        order
    }

    /// Touches a record's metadata now, so that it moves to the end of the order.
    pub fn touch(&mut self, id: &str, now: Timestamp) {
        let Some(&paper) = self.by_id.get(id) else { return };
        let at = self.events.partition_point(|event| event.at <= now);
        self.events.insert(at, Event { at: now, paper, day: None, what: What::Edited });
        for paper in &mut self.papers {
            paper.events.iter_mut().filter(|event| **event >= at).for_each(|event| *event += 1);
        }
        self.by_day.values_mut().flatten().filter(|event| **event >= at).for_each(|event| *event += 1);
        let own = &mut self.papers[paper].events;
        let place = own.partition_point(|event| *event < at);
        own.insert(place, at);
        self.orders = None;
    }
}
