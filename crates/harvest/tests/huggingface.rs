//! Hugging Face's daily papers from a server on loopback, followed over a week of a clock that the test moves.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use catalogue::{Access, Catalogue, Location};
use harvest::ask::World;
use harvest::clock::{Clock, ManualClock};
use harvest::fetch::{Door, Settings};
use harvest::gate::MemoryStore;
use harvest::huggingface::DailyPapers;
use harvest::work::{self, Task};
use jiff::{SignedDuration, Timestamp};
use paper::Day;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// Lists by day, and how often each was asked for.
#[derive(Default)]
struct Lists {
    papers: BTreeMap<String, Vec<(String, u32)>>,
    asked: BTreeMap<String, u32>,
    down: bool,
}

fn serve(lists: Arc<Mutex<Lists>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let Some(Ok(first)) = lines.next() else { continue };
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let (status, body) = answer(&mut lists.lock().unwrap(), &first);
            let _ = write!(
                stream,
                "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

fn answer(lists: &mut Lists, request: &str) -> (u16, String) {
    if lists.down {
        return (503, "{}".to_string());
    }
    let date = request.split("date=").nth(1).unwrap().split('&').next().unwrap().to_string();
    let page: usize = request.split("p=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    if page == 0 {
        *lists.asked.entry(date.clone()).or_default() += 1;
    }
    let Some(papers) = lists.papers.get(&date) else { return (400, r#"{"error":"not open"}"#.to_string()) };
    let items: Vec<String> = papers
        .iter()
        .skip(page * 100)
        .take(100)
        .map(|(id, votes)| {
            format!(
                r#"{{"paper":{{"id":"{id}","title":"Title of {id}","summary":"Text.","upvotes":{votes},"authors":[]}},"numComments":1}}"#
            )
        })
        .collect();
    (200, format!("[{}]", items.join(",")))
}

struct Scene {
    catalogue: Catalogue,
    clock: ManualClock,
    gates: MemoryStore,
    door: Door,
    tasks: Vec<Box<dyn Task>>,
    lists: Arc<Mutex<Lists>>,
    _directory: tempfile::TempDir,
}

impl Scene {
    fn new() -> Scene {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(directory.path().join("catalogue.db"));
        let lists = Arc::new(Mutex::new(Lists::default()));
        let address = serve(lists.clone());
        let allowed = vec![address.parse().unwrap()];
        let tasks: Vec<Box<dyn Task>> = vec![Box::new(DailyPapers { address: format!("http://{address}") })];
        Scene {
            catalogue: Catalogue::open(&location, Access::ReadWrite).unwrap(),
            clock: ManualClock::new("2026-06-12T06:00:00Z".parse().unwrap()),
            gates: MemoryStore::default(),
            door: Door::new(Settings { contact: "owner@example.org".parse().unwrap(), allowed }),
            tasks,
            lists,
            _directory: directory,
        }
    }

    fn list(&self, day: &str, papers: &[(&str, u32)]) {
        let papers = papers.iter().map(|(id, votes)| (id.to_string(), *votes)).collect();
        self.lists.lock().unwrap().papers.insert(day.to_string(), papers);
    }

    /// Does what is due until that time.
    fn until(&self, end: &str) {
        let world = World { door: &self.door, gates: &self.gates, clock: &self.clock, who: "test" };
        let end: Timestamp = end.parse().unwrap();
        work::schedule(&world, &self.catalogue, &self.tasks).unwrap();
        while self.clock.now() < end {
            if work::work(&world, &self.catalogue, &self.tasks).unwrap().is_none() {
                self.clock.set(self.clock.now() + SignedDuration::from_mins(10));
            }
        }
    }

    fn votes(&self, address: &str) -> u32 {
        let Some(catalogue::Found::Here(stored)) = self.catalogue.find(address).unwrap() else {
            panic!("{address} is not here")
        };
        stored.paper.votes()
    }
}

#[test]
fn votes_are_followed_for_a_week_and_less_and_less_often() {
    let scene = Scene::new();
    scene.list("2026-06-12", &[("2606.00001", 3), ("2606.00002", 1)]);
    scene.until("2026-06-12T20:00:00Z");
    let day: Day = "2026-06-12".parse().unwrap();
    assert_eq!(scene.catalogue.edition(day, day).unwrap().len(), 2);
    assert_eq!(scene.votes("2606.00001"), 3);
    scene.list("2026-06-12", &[("2606.00001", 40), ("2606.00002", 1)]);
    scene.until("2026-06-18T20:00:00Z");
    assert_eq!(scene.votes("2606.00001"), 40);
    let asked = scene.lists.lock().unwrap().asked["2026-06-12"];
    assert!((20..45).contains(&asked), "asked {asked} times");

    // After the week it is let be, and forgotten.
    scene.until("2026-06-22T20:00:00Z");
    let after = scene.lists.lock().unwrap().asked["2026-06-12"];
    scene.list("2026-06-12", &[("2606.00001", 99)]);
    scene.until("2026-06-25T20:00:00Z");
    assert_eq!(scene.lists.lock().unwrap().asked["2026-06-12"], after);
    assert_eq!(scene.votes("2606.00001"), 40);
    let remembered = scene.catalogue.progress_of("huggingface").unwrap();
    assert!(remembered.iter().all(|progress| progress.part != "daily/2026-06-12"), "{remembered:?}");
}

#[test]
fn a_long_list_is_taken_whole_and_under_its_own_day_after_an_outage() {
    let scene = Scene::new();
    let ids: Vec<String> = (0..230).map(|number| format!("2606.{number:05}")).collect();
    let papers: Vec<(&str, u32)> = ids.iter().map(|id| (id.as_str(), 1)).collect();
    scene.list("2026-06-12", &papers[1..]);
    scene.lists.lock().unwrap().down = true;
    scene.until("2026-06-15T06:00:00Z");
    let job = scene.catalogue.job("huggingface daily papers").unwrap().unwrap();
    assert!(job.failures > 2 && job.outcome.contains("503"), "{job:?}");
    scene.lists.lock().unwrap().down = false;
    scene.until("2026-06-15T20:00:00Z");
    let day: Day = "2026-06-12".parse().unwrap();
    assert_eq!(scene.catalogue.edition(day, day).unwrap().len(), 229);
}
