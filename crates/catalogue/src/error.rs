//! What can go wrong with a catalogue, in sentences that say what to do.

use crate::PaperId;

/// What went wrong. The place is the file or the address without its password.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The catalogue's schema is from a later program.
    #[error(
        "the catalogue at {place} was written by a newer Broadsheet (schema {found}, this one knows {known}): \
         upgrade the program"
    )]
    Newer {
        /// Where.
        place: String,
        /// The catalogue's schema.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// The catalogue's schema is older and may not be changed now.
    #[error(
        "the catalogue at {place} has schema {found}, this program needs {known}: start `broadsheet serve` or an import once to bring it up to date"
    )]
    Older {
        /// Where.
        place: String,
        /// The catalogue's schema.
        found: i64,
        /// The schema that this program needs.
        known: i64,
    },
    /// A migration's text is not the one that was applied.
    #[error(
        "migration {number} of the catalogue at {place} was applied with another text: this program and the one that made the catalogue are not of one line"
    )]
    OtherMigration {
        /// Where.
        place: String,
        /// Which migration.
        number: i64,
    },
    /// The SQLite library has a known bug that loses committed data.
    #[error("SQLite {found} can lose committed data in WAL mode: Broadsheet needs 3.51.3 or later")]
    OldSqlite {
        /// The library's version.
        found: String,
    },
    /// SQLite did not take a setting without which committed data can be lost.
    #[error(
        "the catalogue at {place} cannot be kept safely: SQLite has {name} = {found} in force, and {needed} is needed: check the file system under it, and that the program is as it was released"
    )]
    UnsafeSetting {
        /// Where.
        place: String,
        /// The setting.
        name: &'static str,
        /// What is in force.
        found: String,
        /// What must be.
        needed: &'static str,
    },
    /// The server is too old.
    #[error("the PostgreSQL at {place} is version {found}: Broadsheet needs 15 or later")]
    OldPostgres {
        /// Where.
        place: String,
        /// The server's major version.
        found: i64,
    },
    /// A job was taken by somebody else after its lease ended; what came in its name was refused.
    #[error("the lease of the job {job} has passed to another process: nothing was taken, it goes on there")]
    LeaseLost {
        /// The job.
        job: String,
    },
    /// There is nothing at that place.
    #[error("there is no catalogue at {place}: import something first, or check the path")]
    Missing {
        /// Where.
        place: String,
    },
    /// The file is something else.
    #[error("{place} is not a catalogue ({reason})")]
    NotACatalogue {
        /// Where.
        place: String,
        /// How it was noticed.
        reason: String,
    },
    /// The catalogue is damaged.
    #[error("the catalogue at {place} is damaged ({reason}): stop, keep a copy of it, and restore a backup")]
    Damaged {
        /// Where.
        place: String,
        /// How it was noticed.
        reason: String,
    },
    /// The disk or quota is full.
    #[error(
        "no space left for the catalogue at {place}: free space and start again; nothing accepted was lost"
    )]
    Full {
        /// Where.
        place: String,
    },
    /// The place cannot be written.
    #[error("the catalogue at {place} cannot be written: make its directory writable for this user")]
    Unwritable {
        /// Where.
        place: String,
    },
    /// Somebody else holds the catalogue for too long.
    #[error(
        "the catalogue at {place} is held by another process for over {seconds} s: try again when it has finished"
    )]
    Busy {
        /// Where.
        place: String,
        /// How long this one waited.
        seconds: u64,
    },
    /// The disk refused to make something durable. After this nothing more is written by this process.
    #[error(
        "the disk under {place} failed to make data durable ({reason}): check the disk and start again; what was acknowledged before is safe"
    )]
    Sync {
        /// Where.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// A write to a catalogue that was opened for reading.
    #[error("the catalogue at {place} was opened for reading only")]
    ReadOnly {
        /// Where.
        place: String,
    },
    /// The file to be made is there already.
    #[error("{path} exists already: choose another name, nothing is overwritten")]
    Exists {
        /// Which.
        path: String,
    },
    /// PostgreSQL makes its own backups.
    #[error("the catalogue lies in PostgreSQL ({place}): back it up with `pg_dump --format=custom`")]
    BackupElsewhere {
        /// Where.
        place: String,
    },
    /// The server of the database does not answer or ended the connection.
    #[error("the database at {place} cannot be reached ({reason}): check the address and that it runs")]
    Unreachable {
        /// Where.
        place: String,
        /// What was said.
        reason: String,
    },
    /// A stored body cannot be read.
    #[error("the body of {what} cannot be read ({reason}): run `broadsheet doctor`")]
    Body {
        /// Of what.
        what: String,
        /// How it was noticed.
        reason: String,
    },
    /// A value is too large to be stored.
    #[error("{what} is larger than {bytes_max} bytes")]
    TooLarge {
        /// What.
        what: String,
        /// The limit.
        bytes_max: usize,
    },
    /// A file beside the catalogue.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anything else that SQLite says.
    #[error("the catalogue at {place}: {source}")]
    Sqlite {
        /// Where.
        place: String,
        /// What it said.
        source: rusqlite::Error,
    },
    /// Anything else that PostgreSQL says.
    #[error("the catalogue at {place}: {reason}")]
    Postgres {
        /// Where.
        place: String,
        /// What it said, with its detail.
        reason: String,
        /// What it said.
        source: postgres::Error,
    },
}

impl Error {
    /// True if what this process knows of the disk can no longer be trusted: end it and start again.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Error::Sync { .. })
    }

    /// True if the disk or quota is full: reading goes on, writing goes on as soon as there is space.
    pub fn is_full(&self) -> bool {
        matches!(self, Error::Full { .. })
    }

    pub(crate) fn body(what: impl Into<String>, reason: impl ToString) -> Error {
        Error::Body { what: what.into(), reason: reason.to_string() }
    }

    pub(crate) fn paper_body(id: PaperId, reason: impl ToString) -> Error {
        Error::body(format!("paper {}", id.0), reason)
    }
}
