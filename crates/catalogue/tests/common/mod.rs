//! What the catalogue's tests share: homes for catalogues on both databases, made records, a model.
#![allow(dead_code, reason = "each test program uses a part")]

use catalogue::{Access, Catalogue, Decision, Incoming, Location};
use paper::{
    Announcement, AnnouncementKind, Attention, Author, Day, Identity, PartialDate, Record, Source, Stamp,
};

/// Runs each of these functions on both databases.
#[allow(unused_macros, reason = "each test program uses a part")]
macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&super::Home::sqlite()); })*
        }
        mod postgres {
            $(#[test] fn $name() {
                if let Some(home) = super::Home::postgres() {
                    super::$name(&home);
                }
            })*
        }
    };
}

/// A place for one catalogue that goes away with this value.
pub(crate) struct Home {
    pub(crate) location: Location,
    directory: Option<tempfile::TempDir>,
    database: Option<testkit::postgres::Database>,
}

impl Home {
    pub(crate) fn sqlite() -> Home {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(directory.path().join("data").join("catalogue.db"));
        Home { location, directory: Some(directory), database: None }
    }

    /// `None`, after a line that says so, where there is no PostgreSQL.
    pub(crate) fn postgres() -> Option<Home> {
        let database = testkit::postgres::database()?;
        Some(Home { location: Location::parse(database.url()), directory: None, database: Some(database) })
    }

    /// Another home on the same kind of database.
    pub(crate) fn another(&self) -> Home {
        if self.database.is_some() { Home::postgres().unwrap() } else { Home::sqlite() }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.directory.is_some()
    }

    pub(crate) fn open(&self) -> Catalogue {
        Catalogue::open(&self.location, Access::ReadWrite).unwrap()
    }

    /// Runs SQL behind the catalogue's back.
    pub(crate) fn sql(&self, statement: &str) {
        match (&self.database, &self.location) {
            (Some(database), _) => drop(database.sql(statement)),
            (None, Location::Sqlite(path)) => {
                rusqlite::Connection::open(path).unwrap().execute_batch(statement).unwrap();
            }
            _ => unreachable!("a home has a directory or a database"),
        }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        match &self.location {
            Location::Sqlite(path) => path.clone(),
            Location::Postgres(_) => panic!("this home has no path"),
        }
    }
}

pub(crate) fn identity(text: &str) -> Identity {
    Identity::from_canonical(text).unwrap_or_else(|| panic!("{text} is no identity"))
}

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(crate) const TITLE: &str = "A Unified Theory of Paper Identities";

/// A record of a source that fits the node, with a title and an author.
pub(crate) fn record(node: &str) -> Record {
    let source = match node.split(':').next() {
        Some("arxiv") => Source::Arxiv,
        Some("acl") => Source::Acl,
        Some("openreview") => Source::Openreview,
        Some("bibtex") => Source::Bibtex,
        Some("sample") => Source::Sample,
        _ => Source::Conference,
    };
    titled(source, node, &format!("A Title That Only {node} Has"))
}

pub(crate) fn titled(source: Source, node: &str, title: &str) -> Record {
    let mut record = Record::new(source, identity(node), title);
    record.authors = vec![Author::named("Ada Lovelace")];
    record.published = PartialDate::year_only(2024);
    record
}

pub(crate) fn announced(
    mut record: Record,
    day_text: &str,
    category: &str,
    kind: AnnouncementKind,
) -> Record {
    record.announcements.push(Announcement { day: day(day_text), category: category.into(), kind });
    record
}

pub(crate) fn stating(mut record: Record, other: &str) -> Record {
    record.identities.push(identity(other));
    record
}

pub(crate) fn version(mut record: Record, version: u32) -> Record {
    record.stamp = Stamp { version, time: String::new() };
    record
}

pub(crate) fn voted(mut record: Record, votes: u32) -> Record {
    record.attention = Some(Attention { votes: Some(votes), comments: None });
    record
}

pub(crate) fn incoming(record: &Record) -> Incoming {
    Incoming { record: record.clone(), raw: serde_json::to_vec(record).unwrap() }
}

pub(crate) fn accept(catalogue: &Catalogue, records: &[Record]) -> catalogue::Accepted {
    let batch: Vec<Incoming> = records.iter().map(incoming).collect();
    catalogue.accept(&batch, &[]).unwrap()
}

pub(crate) fn dump(catalogue: &Catalogue) -> String {
    let mut bytes = Vec::new();
    catalogue.dump(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn apart(one: &str, other: &str) -> Decision {
    Decision { one: identity(one), other: identity(other), same: false }
}

pub(crate) fn same(one: &str, other: &str) -> Decision {
    Decision { one: identity(one), other: identity(other), same: true }
}

/// The address of the paper that an identity belongs to.
pub(crate) fn address_of(catalogue: &Catalogue, text: &str) -> Option<String> {
    let id = catalogue.find_identity(&identity(text)).unwrap()?;
    catalogue.papers(&[id]).unwrap().remove(0).map(|stored| stored.paper.address)
}

/// Fails with the first difference of two dumps.
pub(crate) fn assert_same_dump(one: &str, other: &str) {
    if one != other {
        let lines = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        panic!("the dumps differ ({} and {} bytes), first at\n{lines:#?}", one.len(), other.len());
    }
}
