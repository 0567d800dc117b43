//! A fake arXiv whose clock is the harvest's clock, and a catalogue.

use catalogue::{Access, Catalogue, Location};
use harvest::arxiv::Addresses;
use harvest::ask::World;
use harvest::clock::{Clock, Slept};
use harvest::fetch::{Door, Settings};
use harvest::gate::MemoryStore;
use jiff::Timestamp;
use jiff::civil::date;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use testkit::world::{self, FakeArxiv, Script, weekdays};

/// The fake's clock: a harvest that sleeps lets the world's time pass.
pub(crate) struct WorldClock(Arc<FakeArxiv>);

impl WorldClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.advance(Duration::from_secs(seconds));
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sleep(&self, time: Duration) -> Slept {
        self.0.advance(time);
        Slept::Whole
    }
}

/// A fake arXiv and what it takes to ask it.
pub(crate) struct Scene {
    pub(crate) fake: Arc<FakeArxiv>,
    pub(crate) clock: WorldClock,
    pub(crate) gates: MemoryStore,
    door: Door,
}

impl Scene {
    /// A world from the end of October to December 2026, with a holiday and the end of summer time in it.
    pub(crate) fn new(seed: u64, papers_a_day: usize) -> Scene {
        let fallen_out = [date(2026, 11, 26), date(2026, 11, 27)];
        let days = weekdays(date(2026, 10, 26), date(2026, 12, 11), &fallen_out);
        let script = Script::new(seed, days, papers_a_day);
        let start = script.days[0].to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        let fake = Arc::new(FakeArxiv::start(world::World::new(script), start));
        let allowed = vec![fake.address().to_string().parse().unwrap()];
        let door = Door::new(Settings { contact: "owner@example.org".parse().unwrap(), allowed });
        Scene { clock: WorldClock(Arc::clone(&fake)), fake, gates: MemoryStore::default(), door }
    }

    /// Shows that time.
    pub(crate) fn at(&self, time: &str) {
        self.fake.set_now(time.parse().unwrap());
    }

    pub(crate) fn world(&self) -> World<'_> {
        World { door: &self.door, gates: &self.gates, clock: &self.clock, who: "one" }
    }

    pub(crate) fn addresses(&self) -> Addresses {
        Addresses { oai: self.fake.url("/oai"), site: self.fake.url(""), ..Addresses::default() }
    }

    /// The papers of an archive as they are now, and how many versions each has.
    pub(crate) fn papers_in(&self, archive: &str) -> BTreeMap<String, usize> {
        let now = self.fake.now();
        self.fake.with_world(|world| {
            let papers = world.papers().iter().filter_map(|paper| world.paper_at(&paper.id, now));
            // By its sets, aliases included: cs.NA is math.NA, cs.SY is eess.SY, cs.IT is math.IT.
            let aliases = ["math.NA", "eess.SY", "math.IT"];
            let here = |category: &&str| {
                category.split('.').next() == Some(archive) || archive == "cs" && aliases.contains(category)
            };
            papers
                .filter(|paper| paper.categories.iter().any(&here))
                .map(|paper| (paper.paper.id.clone(), paper.versions.len()))
                .collect()
        })
    }
}

/// A catalogue in a directory that goes away with it.
pub(crate) struct Home {
    pub(crate) catalogue: Catalogue,
    location: Location,
    directory: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Home {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(directory.path().join("data").join("catalogue.db"));
        let catalogue = Catalogue::open(&location, Access::ReadWrite).unwrap();
        Home { catalogue, location, directory }
    }

    /// As another process would find it.
    pub(crate) fn reopened(self) -> Home {
        let Home { catalogue, location, directory } = self;
        drop(catalogue);
        let catalogue = Catalogue::open(&location, Access::ReadWrite).unwrap();
        Home { catalogue, location, directory }
    }

    pub(crate) fn dump(&self) -> String {
        let mut bytes = Vec::new();
        self.catalogue.dump(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// The papers as merged, without the records behind them.
    pub(crate) fn papers(&self) -> Vec<String> {
        self.dump().lines().filter(|line| line.starts_with("paper\t")).map(str::to_owned).collect()
    }

    /// The papers that arXiv told of, and how many versions each is known to have.
    pub(crate) fn versions(&self) -> BTreeMap<String, usize> {
        let mut versions: BTreeMap<String, usize> = BTreeMap::new();
        for line in self.dump().lines().filter(|line| line.starts_with("record\tarxiv:")) {
            let fields: Vec<&str> = line.split('\t').collect();
            let record: serde_json::Value = serde_json::from_str(fields.last().unwrap()).unwrap();
            let count = record["versions"].as_array().map_or(0, Vec::len);
            let known = versions.entry(fields[1].trim_start_matches("arxiv:").to_owned()).or_default();
            *known = count.max(*known);
        }
        versions
    }
}

/// That both hold the same papers with the same numbers of versions; what differs is told.
pub(crate) fn assert_same(found: &BTreeMap<String, usize>, expected: &BTreeMap<String, usize>, what: &str) {
    let lacking: Vec<_> = expected.iter().filter(|(id, count)| found.get(*id) != Some(count)).collect();
    let beyond: Vec<_> = found.iter().filter(|(id, _)| !expected.contains_key(*id)).collect();
    assert!(lacking.is_empty() && beyond.is_empty(), "{what}: lacks {lacking:?}, has {beyond:?} beyond");
}
