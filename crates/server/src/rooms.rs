//! Which neighbour is asked for what: the one place where this room's pages meet the others'.

use crate::answer::{Missing, Refusal};
use crate::house::House;
use catalogue::{CategoryCount, DayCount, Entry, Found, PaperId, Stored};
use edition::{Features, Period, Ranked};
use paper::{Day, Identity, Paper};
use quick_cache::sync::Cache;
use std::sync::Arc;

impl From<catalogue::Error> for Refusal {
    fn from(error: catalogue::Error) -> Refusal {
        match error {
            catalogue::Error::Busy { .. } | catalogue::Error::Unreachable { .. } => {
                tracing::warn!(%error, "the catalogue does not answer");
                Refusal::Busy { retry_seconds: 5, what: "The catalogue does not answer just now." }
            }
            error => Refusal::Failed(error.to_string()),
        }
    }
}

impl From<search::Error> for Refusal {
    fn from(error: search::Error) -> Refusal {
        Refusal::Failed(error.to_string())
    }
}

/// An edition in its order: the entries, and their ranks as indices into them.
pub(crate) struct Order {
    /// The entries as the catalogue gave them.
    pub(crate) entries: Vec<Entry>,
    /// What ranking knew of each.
    pub(crate) features: Vec<Features>,
    /// The order.
    pub(crate) ranked: Vec<Ranked>,
    /// Of a day: its categories, those with most papers first.
    pub(crate) categories: Vec<CategoryCount>,
}

/// The days of a month that have papers, and the nearest such days around it.
pub(crate) struct MonthDays {
    pub(crate) days: Vec<DayCount>,
    pub(crate) previous: Option<Day>,
    pub(crate) next: Option<Day>,
}

/// What an order is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ordering {
    /// A period by score.
    Edition(Period),
    /// The days up to this one by score and age.
    Trending(Day),
}

/// How many days "trending" looks back, the newest included.
pub(crate) const TRENDING_DAYS: i32 = 7;
/// Orders in memory: the editions that people look at on one day, and some of the past. A month of all of arXiv is
/// about 25,000 entries of 200 bytes.
const ORDERS_MAX: usize = 24;

/// Months in memory: every page of a day shows its month, and counting it costs as much as reading the page's papers.
const MONTHS_MAX: usize = 64;

/// What many pages share, by what it is of and the sequence of the catalogue.
pub(crate) struct Shelf {
    orders: Cache<(Ordering, u64), Arc<Order>>,
    months: Cache<(Day, u64), Arc<MonthDays>>,
}

impl Shelf {
    pub(crate) fn new() -> Shelf {
        Shelf { orders: Cache::new(ORDERS_MAX), months: Cache::new(MONTHS_MAX) }
    }
}

impl House {
    /// The papers of a period or of the last days, in order.
    pub(crate) fn order(&self, of: Ordering) -> Result<Arc<Order>, Refusal> {
        let catalogue = &self.site.catalogue;
        let sequence = catalogue.sequence()?.0;
        if let Some(order) = self.shelf.orders.get(&(of, sequence)) {
            return Ok(order);
        }
        let (first, last) = match of {
            Ordering::Edition(period) => (period.first(), period.last()),
            Ordering::Trending(newest) => {
                (Day::from_number(newest.number() - TRENDING_DAYS + 1).unwrap_or(newest), newest)
            }
        };
        let entries = catalogue.edition(first, last)?;
        let features: Vec<Features> = entries.iter().map(|entry| features(entry, last)).collect();
        let ranked = match of {
            Ordering::Edition(_) => edition::rank(&features),
            Ordering::Trending(_) => edition::trending(&features),
        };
        let mut categories = match of {
            Ordering::Edition(Period::Day(day)) => catalogue.categories_on(day, day)?,
            _ => Vec::new(),
        };
        categories.sort_by(|a, b| b.papers.cmp(&a.papers).then_with(|| a.category.cmp(&b.category)));
        let order = Arc::new(Order { entries, features, ranked, categories });
        self.shelf.orders.insert((of, sequence), Arc::clone(&order));
        Ok(order)
    }

    /// The days of the month that begins and ends on these days.
    pub(crate) fn month(&self, first: Day, last: Day) -> Result<Arc<MonthDays>, Refusal> {
        let catalogue = &self.site.catalogue;
        let key = (first, catalogue.sequence()?.0);
        if let Some(month) = self.shelf.months.get(&key) {
            return Ok(month);
        }
        let month = Arc::new(MonthDays {
            days: catalogue.days(first, last)?,
            previous: catalogue.day_before(first)?,
            next: catalogue.day_after(last)?,
        });
        self.shelf.months.insert(key, Arc::clone(&month));
        Ok(month)
    }

    /// The papers of these ids, in the order of the ids; those that are gone meanwhile are left out.
    pub(crate) fn papers(&self, ids: &[PaperId]) -> Result<Vec<Stored>, Refusal> {
        Ok(self.site.catalogue.papers(ids)?.into_iter().flatten().collect())
    }

    /// The paper that lives at an address, however the address is spelt.
    pub(crate) fn paper_at(&self, address: &str) -> Result<Stored, Refusal> {
        let moved = |to: &str| Refusal::Moved { to: crate::address::paper(to), for_ever: true };
        match self.site.catalogue.find(address)? {
            Some(Found::Here(stored)) => return Ok(*stored),
            Some(Found::Moved(to)) => return Err(moved(&to)),
            None => {}
        }
        // `arXiv:2401.01234v2`, an address of its site and the like: one spelling is the address, others lead to it.
        let canonical = Identity::from_words(address).and_then(|identity| identity.address());
        if let Some(canonical) = canonical.filter(|canonical| canonical != address) {
            match self.site.catalogue.find(&canonical)? {
                Some(Found::Here(stored)) => return Err(moved(&stored.paper.address)),
                Some(Found::Moved(to)) => return Err(moved(&to)),
                None => {}
            }
        }
        let sentence = match Identity::from_words(address).and_then(|identity| identity.url()) {
            Some(_) => "This catalogue has no paper of that identity.".to_string(),
            None => "No paper lives at this address.".to_string(),
        };
        let Refusal::NotFound(missing) = Refusal::not_found(address) else {
            return Err(Refusal::not_found(address));
        };
        Err(Refusal::NotFound(Missing { sentence, ..missing }))
    }
}

/// A paper as BibTeX.
pub(crate) fn bibtex(paper: &Paper) -> String {
    formats::bibtex::entry(paper)
}

/// A paper as Markdown.
pub(crate) fn markdown(paper: &Paper) -> String {
    formats::markdown::paper(paper)
}

/// A paper as an item of Hugging Face's lists. `day` is the day of the list that it is shown in.
pub(crate) fn item(paper: &Paper, day: Option<Day>) -> serde_json::Value {
    formats::huggingface::item(paper, day)
}

/// What ranking needs to know of an entry, in a period that ends on `last`.
pub fn features(entry: &Entry, last: Day) -> Features {
    Features {
        address: entry.address.clone(),
        featured: entry.featured,
        votes: entry.votes,
        comments: entry.comments,
        has_code: entry.has_code,
        has_project: entry.has_project,
        accepted: entry.accepted,
        author_count: entry.author_count,
        age_days: u32::try_from(last.number() - entry.day.number()).unwrap_or(0),
    }
}
