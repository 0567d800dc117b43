//! What all requests share: the rooms, the pages in memory, the gates, the counts.

use crate::answer::{Answer, Page, Refusal};
use crate::ask::Ask;
use crate::assets::Assets;
use crate::cache::{Kept, Pages};
use crate::encoding::Coding;
use crate::front;
use crate::metrics::Metrics;
use crate::rooms;
use crate::view::CardCache;
use crate::{Settings, Site, Standing};
use paper::Day;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How long the sequences that were read last are believed. A commit by another process shows within this time.
const FRESH: Duration = Duration::from_millis(200);
/// Pages made at once: a few more than the cores of a small machine, so that reads overlap with rendering.
const PAGES_AT_ONCE: usize = 8;
/// Searches at once; each keeps a core busy.
const SEARCHES_AT_ONCE: usize = 4;
/// How long a page waits for its turn. By then its reader has gone, or a retry is as good.
const PAGE_WAIT: Duration = Duration::from_secs(8);
/// How long a search waits for its turn.
const SEARCH_WAIT: Duration = Duration::from_secs(2);
/// How long a page may take to make. The thread goes on (it cannot be stopped), but keeps its turn until it is done, so
/// that slow pages cannot pile up.
const MAKE_TIME_MAX: Duration = Duration::from_secs(15);
/// Said to a client that should come back.
const RETRY_SECONDS: u32 = 5;

/// Makes a page. Runs on a blocking thread, once for each state of the catalogue.
pub(crate) type Make = fn(&House, &Ask) -> Answer;

/// Whose turn a page has to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Pages read from the catalogue.
    Page,
    /// Pages that search: costlier, refused earlier.
    Search,
    /// Health: never waits.
    None,
}

/// An address pattern and what makes its pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    /// Its pattern, as metrics name it.
    pub(crate) name: &'static str,
    /// What makes its pages.
    pub(crate) make: Make,
    /// Whose turn it waits for.
    pub(crate) gate: Gate,
}

/// What all requests share.
pub(crate) struct House {
    pub(crate) site: Site,
    pub(crate) assets: Assets,
    pub(crate) metrics: Metrics,
    pub(crate) pages: Pages,
    pub(crate) shelf: rooms::Shelf,
    pub(crate) cards: CardCache,
    page_gate: Arc<Semaphore>,
    search_gate: Arc<Semaphore>,
    state: State,
}

/// The sequences as last read.
struct State {
    started: Instant,
    /// Milliseconds after `started` at which they were read, plus one; 0 before the first time.
    read_at: AtomicU64,
    reading: AtomicBool,
    catalogue: AtomicU64,
    /// The index's, in the upper bits; the lowest says that it is being built.
    index: AtomicU64,
    /// Of how days stand.
    standings: AtomicU64,
}

/// Says that nobody reads the sequences any more, however the reading ended.
struct Reading<'a>(&'a AtomicBool);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl House {
    pub(crate) fn new(site: Site) -> House {
        House {
            assets: Assets::new(),
            metrics: Metrics::new(),
            pages: Pages::new(),
            shelf: rooms::Shelf::new(),
            cards: CardCache::new(),
            page_gate: Arc::new(Semaphore::new(PAGES_AT_ONCE)),
            search_gate: Arc::new(Semaphore::new(SEARCHES_AT_ONCE)),
            state: State {
                started: Instant::now(),
                read_at: AtomicU64::new(0),
                reading: AtomicBool::new(false),
                catalogue: AtomicU64::new(0),
                index: AtomicU64::new(0),
                standings: AtomicU64::new(0),
            },
            site,
        }
    }

    /// What the owner chose.
    pub(crate) fn settings(&self) -> &Settings {
        &self.site.settings
    }

    /// How a day stands, where that is known.
    pub(crate) fn standing(&self, day: Day) -> Option<Standing> {
        self.site.standings.as_ref()?.of(day)
    }

    /// Begins a key with what every page is made of.
    pub(crate) fn state_key(&self) -> String {
        use std::fmt::Write as _;
        let mut key = String::with_capacity(96);
        let (catalogue, index) =
            (self.state.catalogue.load(Ordering::Acquire), self.state.index.load(Ordering::Acquire));
        let standings = self.state.standings.load(Ordering::Acquire);
        // Writing into a String cannot fail.
        let _ = write!(key, "{catalogue}.{index}.{standings} ");
        key
    }

    /// True if the sequences were read a moment ago.
    pub(crate) fn is_fresh(&self) -> bool {
        let read_at = self.state.read_at.load(Ordering::Acquire);
        let now = self.state.started.elapsed().as_millis() as u64;
        read_at != 0 && now < read_at - 1 + FRESH.as_millis() as u64
    }

    /// Reads the sequences again, unless somebody else is doing so.
    pub(crate) async fn refresh(self: &Arc<House>) {
        let first = self.state.read_at.load(Ordering::Acquire) == 0;
        if self.state.reading.swap(true, Ordering::AcqRel) && !first {
            return;
        }
        let house = Arc::clone(self);
        // The flag is taken back on the blocking thread: the request that waits here may be dropped at any moment.
        let read = tokio::task::spawn_blocking(move || {
            let reading = Reading(&house.state.reading);
            house.read_state();
            drop(reading);
        });
        if let Err(error) = read.await {
            tracing::error!(%error, "the sequences could not be read");
        }
    }

    fn read_state(&self) {
        let at = self.state.started.elapsed().as_millis() as u64;
        let status = self.site.search.status();
        let index = status.sequence.0 << 1 | u64::from(status.building.is_some());
        self.state.index.store(index, Ordering::Release);
        if let Some(standings) = &self.site.standings {
            self.state.standings.store(standings.stamp(), Ordering::Release);
        }
        match self.site.catalogue.sequence() {
            Ok(sequence) => self.state.catalogue.store(sequence.0, Ordering::Release),
            // A catalogue that cannot be read keeps its last pages: better an old page than none.
            Err(error) => tracing::warn!(%error, "the catalogue's sequence cannot be read"),
        }
        self.state.read_at.store(at + 1, Ordering::Release);
    }

    /// The page for a request: from memory, or made now.
    pub(crate) async fn page(
        self: &Arc<House>,
        route: Route,
        ask: Ask,
        key: &str,
        coding: Coding,
    ) -> Result<Arc<Page>, Refusal> {
        if route.gate == Gate::None {
            return self.make(route, ask, coding).await;
        }
        match self.pages.get_or_make(key).await {
            Ok(kept) => Ok(kept.page),
            Err(making) => {
                let page = self.make(route, ask, coding).await?;
                if page.can_be_kept() {
                    // Refused only when the entry was removed meanwhile; the page is good all the same.
                    let _ = making.insert(Kept { page: Arc::clone(&page), route: route.name });
                }
                Ok(page)
            }
        }
    }

    async fn make(self: &Arc<House>, route: Route, ask: Ask, coding: Coding) -> Result<Arc<Page>, Refusal> {
        let turn = match route.gate {
            Gate::Page => Some((&self.page_gate, PAGE_WAIT, "Too many pages are being made at once.")),
            Gate::Search => Some((&self.search_gate, SEARCH_WAIT, "Too many searches are running at once.")),
            Gate::None => None,
        };
        let busy = |what| Refusal::Busy { retry_seconds: RETRY_SECONDS, what };
        let permit = match turn {
            Some((gate, wait, what)) => {
                let permit = tokio::time::timeout(wait, Arc::clone(gate).acquire_owned()).await;
                Some(permit.map_err(|_| busy(what))?.map_err(|_| busy(what))?)
            }
            None => None,
        };
        let house = Arc::clone(self);
        let began = Instant::now();
        let made = tokio::task::spawn_blocking(move || {
            let _turn = permit;
            let page = (route.make)(&house, &ask)?;
            page.bytes(coding);
            Ok(Arc::new(page))
        });
        let made = tokio::time::timeout(MAKE_TIME_MAX, made).await;
        self.metrics.made(route.name, began.elapsed());
        match made {
            Ok(Ok(made)) => made,
            Ok(Err(error)) => {
                // Nobody cancels the work: an end without a panic is the runtime's own.
                let said =
                    error.try_into_panic().map_or("the runtime is stopping", |panic| front::said(&*panic));
                Err(Refusal::Failed(format!("making {} panicked: {said}", route.name)))
            }
            Err(_) => Err(busy("This page took too long to make.")),
        }
    }
}
