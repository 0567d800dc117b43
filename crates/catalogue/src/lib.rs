//! The truth, durable: papers, records, announcements, attention, problems, runs.
//!
//! This room promises: what was accepted survives a kill at any moment; everything twice is once; the same set of records
//! and decisions is the same catalogue, byte for byte in a dump, whatever the order, the batching and the database; every
//! change has a number, in the transaction of the change; a record is kept as received beside what was understood from it.
//!
//! It never speaks to a network (but to its own database), never ranks, and reads no clock: times are arguments.
//!
//! Calls block: a server makes all calls of a page in one closure on a blocking thread. Start with [`Catalogue::accept`]
//! (in) and [`Catalogue::papers`] (out). Within: `accept` prepares and writes a batch, `settle` decides which nodes are
//! one paper, `write` writes what changed; all of them stand on `session`, the narrow waist over the two databases.

mod accept;
mod backup;
mod body;
mod check;
mod delivery;
mod derive;
mod dump;
mod editions;
mod error;
mod jobs;
mod key;
mod location;
mod migrate;
mod postgres;
mod prepare;
mod read;
mod rebuild;
mod runs;
mod session;
mod settle;
mod sqlite;
pub mod types;
mod volumes;
mod why;
mod write;

pub use delivery::{Announced, Delivery, Listing, Named, Progress, Stated};
pub use derive::is_accepted;
pub use error::Error;
pub use jobs::{Job, Lease};
pub use location::{Access, Location};
pub use read::ROWS_MAX;
pub use types::*;

use session::{Backend, Param, Row, Session};
use std::sync::Arc;

/// An open catalogue. Cheap to clone; all clones share one writer and a few connections for reading.
#[derive(Clone)]
pub struct Catalogue {
    backend: Arc<dyn Backend>,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Catalogue").field(&self.backend.place()).finish()
    }
}

impl Catalogue {
    /// Opens a catalogue. With [`Access::ReadWrite`] a missing one is made (its directory for this user alone) and an
    /// older one is brought up to date.
    pub fn open(location: &Location, access: Access) -> Result<Catalogue, Error> {
        let backend: Arc<dyn Backend> = match location {
            Location::Sqlite(path) => Arc::new(sqlite::Sqlite::open(path, access)?),
            Location::Postgres(address) => {
                Arc::new(postgres::Postgres::open(address, location.to_string(), access)?)
            }
        };
        Ok(Catalogue { backend })
    }

    /// Takes in records and problems, in one transaction: when this returns `Ok`, all of it is durable; on an error none
    /// of it was taken, and sending it again is safe. Records that are too large to keep become problems.
    pub fn accept(&self, batch: &[Incoming], problems: &[Problem]) -> Result<Accepted, Error> {
        self.deliver(&Delivery { records: batch, problems, ..Delivery::default() })
    }

    /// Copies the whole catalogue to a new file while others read and write. Nothing is ever overwritten.
    pub fn backup(&self, to: &std::path::Path) -> Result<(), Error> {
        self.backend.backup(to)
    }

    /// Where the catalogue lies, for people.
    pub fn place(&self) -> &str {
        self.backend.place()
    }

    fn read(&self, mut work: impl FnMut(&mut dyn Session) -> Result<(), Error>) -> Result<(), Error> {
        self.backend.read(false, &mut work)
    }

    fn rows(&self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        self.read(|session| {
            rows = session.query(sql, params)?;
            Ok(())
        })?;
        Ok(rows)
    }

    fn one(&self, sql: &'static str, params: &[Param<'_>]) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, params)?.into_iter().next())
    }
}
