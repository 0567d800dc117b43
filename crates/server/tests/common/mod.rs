//! Sites to ask, without sockets, and a reader of their pages.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use axum::body::Body;
use catalogue::{Access, Catalogue, Incoming, Location};
use http::{HeaderMap, Method, Request, StatusCode};
use paper::{
    Announcement, AnnouncementKind, Attention, Author, Day, Identity, Link, LinkKind, Record, Source, Summary,
};
use search::{Answer, Hit, Searcher, Status};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;
use tower::ServiceExt;

/// A site on a catalogue of its own.
pub struct TestSite {
    pub front: server::Front,
    pub catalogue: Catalogue,
    _directory: TempDir,
}

/// An answer, read whole.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("pages are UTF-8")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are text"))
    }
}

fn open(directory: &Path) -> Catalogue {
    Catalogue::open(&Location::Sqlite(directory.join("catalogue.db")), Access::ReadWrite).unwrap()
}

pub fn today() -> Day {
    "2026-08-21".parse().unwrap()
}

impl TestSite {
    /// A site of these records, indexed.
    pub fn of(records: Vec<Record>) -> TestSite {
        TestSite::with(
            records,
            server::Settings { metrics_token: Some("secret".into()), ..Default::default() },
        )
    }

    pub fn with(records: Vec<Record>, settings: server::Settings) -> TestSite {
        let directory = tempfile::tempdir().unwrap();
        let catalogue = open(directory.path());
        accept(&catalogue, records);
        let index = directory.path().join("index");
        let mut indexer = search::Index::indexer(&index).unwrap().unwrap();
        indexer.catch_up(&catalogue, &AtomicBool::new(false), &mut |_| {}).unwrap();
        let searcher = Arc::new(search::Index::open(&index).unwrap());
        TestSite::around(directory, catalogue, searcher, settings)
    }

    /// A site with a searcher of the test's own.
    pub fn searched_by(searcher: Arc<dyn Searcher>) -> TestSite {
        let directory = tempfile::tempdir().unwrap();
        let catalogue = open(directory.path());
        accept(&catalogue, records());
        TestSite::around(directory, catalogue, searcher, server::Settings::default())
    }

    fn around(
        directory: TempDir,
        catalogue: Catalogue,
        search: Arc<dyn Searcher>,
        settings: server::Settings,
    ) -> TestSite {
        let site = server::Site { catalogue: catalogue.clone(), search, settings, standings: None, today };
        TestSite { front: server::Front::new(site), catalogue, _directory: directory }
    }

    /// The same catalogue behind a new front: nothing in memory.
    pub fn again(self) -> TestSite {
        let site = server::Site {
            catalogue: self.catalogue.clone(),
            search: Arc::new(Panics),
            settings: server::Settings::default(),
            standings: None,
            today,
        };
        TestSite { front: server::Front::new(site), ..self }
    }

    pub async fn ask(&self, method: Method, target: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::builder().method(method).uri(target).header("host", "papers.example.org");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.front.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, target: &str) -> Reply {
        self.ask(Method::GET, target, &[]).await
    }
}

pub fn accept(catalogue: &Catalogue, records: Vec<Record>) {
    let batch: Vec<Incoming> =
        records.into_iter().map(|record| Incoming { raw: raw(&record), record }).collect();
    catalogue.accept(&batch, &[]).unwrap();
}

fn raw(record: &Record) -> Vec<u8> {
    serde_json::to_vec(record).unwrap()
}

/// The sample that ships with the program.
pub fn sample() -> Vec<Record> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample/papers.jsonl");
    let bytes = std::fs::read(path).unwrap();
    let items = formats::read(Box::new(std::io::Cursor::new(bytes)), "sample", Some(formats::Format::Sample))
        .unwrap();
    let records = items.filter_map(|item| match item.unwrap() {
        formats::Item::Record { record, .. } => Some(*record),
        _ => None,
    });
    records.collect()
}

/// A few papers that have everything that a page can show.
pub fn records() -> Vec<Record> {
    let arxiv = |id: &str| Identity::arxiv(id).unwrap().0;
    let announced = |day: &str, category: &str, kind| Announcement {
        day: day.parse().unwrap(),
        category: category.into(),
        kind,
    };
    let mut full = Record::new(
        Source::Arxiv,
        arxiv("2608.01234"),
        "Attention to $\\alpha$-Stable Noise in H\\\"older Spaces",
    );
    full.abstract_text = Some(format!(
        "We study gradients for which $\\sum_i x_i^2 < \\infty$ holds & more. {} The end.",
        "Each of many sentences says that attention needs little memory. ".repeat(12)
    ));
    full.authors =
        ["Ada Lovelace", "Émilie du Châtelet", "Sofja Kowalewskaja", "محمد الخوارزمي", "Grace Hopper"]
            .map(Author::named)
            .to_vec();
    full.categories = vec!["cs.LG".into(), "math.PR".into()];
    full.comment = Some("Accepted at NeurIPS 2026, 12 pages".into());
    full.license = Some("http://creativecommons.org/licenses/by/4.0/".into());
    full.published = Some("2026-08-19".parse().unwrap());
    full.versions = vec![paper::Version { number: 1, day: Day::new(2026, 8, 19) }];
    full.links = vec![Link::new(LinkKind::Code, "https://github.com/a/b").unwrap()];
    full.announcements = vec![
        announced("2026-08-20", "cs.LG", AnnouncementKind::New),
        announced("2026-08-20", "math.PR", AnnouncementKind::CrossList),
    ];
    let mut featured =
        Record::new(Source::Huggingface, arxiv("2608.01234"), "Attention to alpha-Stable Noise");
    featured.announcements = vec![announced("2026-08-20", "", AnnouncementKind::Featured)];
    featured.attention = Some(Attention { votes: Some(42), comments: Some(3) });
    featured.summaries =
        vec![Summary { text: "Noise is fine.".into(), by: "Hugging Face".into(), machine: true }];
    featured.submitter = Some("ada".into());

    let mut hostile =
        Record::new(Source::Arxiv, arxiv("2608.00002"), "<script>alert(1)</script> \"quoted\" & 'more'");
    hostile.abstract_text =
        Some("An <img src=x onerror=alert(1)> abstract with \u{202e}reversed text.".into());
    hostile.authors = vec![Author::named("<b>Bobby</b> \" onmouseover=\"x")];
    hostile.categories = vec!["cs.CR".into()];
    hostile.published = Some("2026-08".parse().unwrap());
    hostile.announcements = vec![announced("2026-08-20", "cs.CR", AnnouncementKind::New)];

    let mut old = Record::new(Source::Arxiv, arxiv("hep-th/9901001"), "Old Strings");
    old.abstract_text = Some("Strings before they were new.".into());
    old.authors = vec![Author::named("A. N. Other")];
    old.categories = vec!["hep-th".into()];
    old.published = Some("1999-01-03".parse().unwrap());
    old.announcements = vec![announced("2026-08-18", "hep-th", AnnouncementKind::Replacement)];
    old.announcements.push(announced("2026-08-18", "hep-th", AnnouncementKind::New));
    let records = vec![full, featured, hostile, old];
    records
}

/// A searcher that panics: the worst neighbour.
pub struct Panics;

impl Searcher for Panics {
    fn search(&self, _: &search::Request) -> Result<Answer, search::Error> {
        panic!("the test's searcher panics")
    }

    fn nearest(&self, _: catalogue::PaperId, _: usize) -> Result<Vec<Hit>, search::Error> {
        Ok(Vec::new())
    }

    fn status(&self) -> Status {
        Status::default()
    }
}
