//! The catalogue in one SQLite file: one writer at a time, many readers, every commit synced.

use crate::session::{Backend, Batch, Param, Row, Session, Value, Work};
use crate::{Access, Error, migrate};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, TransactionBehavior, ffi};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Versions before this can lose committed data when two connections write or checkpoint at one instant (the "WAL-reset
/// bug", fixed in 3.51.3).
const LIBRARY_MIN: i32 = 3_051_003;
/// How long a writer waits for another process. An import's transaction takes well below a second; a rebuild may take
/// longer.
const BUSY_SECONDS: u64 = 60;
/// Connections for reading. SQLite reads cost microseconds, so a few serve many threads.
const READERS_MAX: usize = 4;
/// Large enough that rows of 1 to 2 KB waste little of a page.
const PAGE_BYTES: u32 = 8192;
/// Page cache of the writer and of each reader.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
const READER_CACHE_KIB: i64 = 16 * 1024;
/// Statements kept prepared on each connection.
const STATEMENTS_MAX: usize = 128;
/// Pages of the log after which a commit also moves them into the file: 32 MiB, so that an import does not write the same
/// inner pages again and again.
const LOG_PAGES: u32 = 4096;
/// A log that grew beyond this, by a rebuild or under a long read, is cut back to it.
const LOG_BYTES_MAX: i64 = 64 * 1024 * 1024;
/// What must be in force on the writer's connection: a pragma, what it says then, and how people call that. Without
/// them a commit can be lost with the power.
const IN_FORCE: [(&str, &str, &str); 3] =
    [("journal_mode", "wal", "WAL"), ("synchronous", "2", "FULL (2)"), ("foreign_keys", "1", "ON (1)")];
/// Marks the file as a catalogue: "BrSh".
const APPLICATION_ID: i64 = 0x4272_5368;

/// A catalogue in a SQLite file.
pub(crate) struct Sqlite {
    path: PathBuf,
    place: String,
    /// Dropped before the writer, which then is the last to close the file and leaves no log beside it.
    readers: Readers,
    writer: Option<Mutex<Writer>>,
}

struct Writer {
    connection: Connection,
    /// Set when the disk failed to make something durable: nothing more is written then.
    failed: Option<String>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, access: Access) -> Result<Sqlite, Error> {
        let place = path.display().to_string();
        check_library(rusqlite::version_number(), rusqlite::version())?;
        let writer = match access {
            Access::ReadWrite => {
                make_directory(path)?;
                Some(Mutex::new(Writer { connection: open_writer(path, &place)?, failed: None }))
            }
            Access::ReadOnly if !path.is_file() => return Err(Error::Missing { place }),
            Access::ReadOnly => None,
        };
        let readers =
            Readers { path: path.to_path_buf(), free: Mutex::new((Vec::new(), 0)), returned: Condvar::new() };
        let sqlite = Sqlite { path: path.to_path_buf(), place, readers, writer };
        sqlite.check_schema()?;
        Ok(sqlite)
    }

    fn check_schema(&self) -> Result<(), Error> {
        let mut missing = 0;
        self.read(true, &mut |session| {
            let found = session.query("SELECT name FROM sqlite_master WHERE name = 'migrations'", &[])?;
            if found.is_empty() {
                let reason = "it has no table of migrations".to_string();
                return Err(Error::NotACatalogue { place: self.place.clone(), reason });
            }
            missing = migrate::missing(migrate::SQLITE, &applied(session)?, &self.place)?.len();
            Ok(())
        })?;
        if missing > 0 {
            let found = migrate::KNOWN - missing as i64;
            return Err(Error::Older { place: self.place.clone(), found, known: migrate::KNOWN });
        }
        Ok(())
    }
}

fn applied(session: &mut dyn Session) -> Result<Vec<(i64, String)>, Error> {
    let rows = session.query(migrate::APPLIED, &[])?;
    Ok(rows.iter().map(|row| (row.int(0), row.text(1).to_string())).collect())
}

fn check_library(number: i32, name: &str) -> Result<(), Error> {
    if number < LIBRARY_MIN {
        return Err(Error::OldSqlite { found: name.to_string() });
    }
    Ok(())
}

/// What SQLite says is in force, in the order of [`IN_FORCE`]: it takes a setting that it does not know for a comment.
fn settings(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let ask = |name| {
        connection.pragma_query_value(None, name, |row| {
            Ok(match row.get_ref(0)? {
                ValueRef::Integer(number) => number.to_string(),
                other => other.as_str()?.to_string(),
            })
        })
    };
    IN_FORCE.iter().map(|(name, ..)| ask(name)).collect()
}

fn check_settings(found: &[String], place: &str) -> Result<(), Error> {
    for ((name, wanted, words), found) in IN_FORCE.iter().zip(found) {
        if found != wanted {
            let place = place.to_string();
            return Err(Error::UnsafeSetting { place, name, found: found.clone(), needed: words });
        }
    }
    Ok(())
}

/// Makes the directory of the file, for this user alone.
fn make_directory(path: &Path) -> Result<(), Error> {
    let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) else {
        return Ok(());
    };
    if directory.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|source| match source.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            Error::Unwritable { place: path.display().to_string() }
        }
        std::io::ErrorKind::StorageFull => Error::Full { place: path.display().to_string() },
        _ => Error::File { path: directory.display().to_string(), source },
    })
}

fn open_writer(path: &Path, place: &str) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let explain = |error| explain(error, place);
    let mut connection = Connection::open_with_flags(path, flags).map_err(explain)?;
    connection.busy_timeout(Duration::from_secs(BUSY_SECONDS)).map_err(explain)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (tables, id) =
        (number("schema_version").map_err(explain)?, number("application_id").map_err(explain)?);
    if tables > 0 && id != APPLICATION_ID {
        let reason = "another program made this database".to_string();
        return Err(Error::NotACatalogue { place: place.to_string(), reason });
    }
    if tables == 0 {
        connection.pragma_update(None, "page_size", PAGE_BYTES).map_err(explain)?;
    }
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(explain)?;
    if mode != "wal" {
        let reason = format!("its journal mode is {mode} and cannot be changed to WAL");
        return Err(Error::NotACatalogue { place: place.to_string(), reason });
    }
    connection.pragma_update(None, "synchronous", "FULL").map_err(explain)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(explain)?;
    check_settings(&settings(&connection).map_err(explain)?, place)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB).map_err(explain)?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(explain)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES).map_err(explain)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX).map_err(explain)?;
    migrate_up(&mut connection, place)?;
    Ok(connection)
}

/// Brings the schema up to date, each step in a transaction of its own.
fn migrate_up(connection: &mut Connection, place: &str) -> Result<(), Error> {
    loop {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| explain(error, place))?;
        let mut session = SqliteSession { connection: &transaction, place };
        session.execute(migrate::TABLE, &[])?;
        let applied = applied(&mut session)?;
        let missing = migrate::missing(migrate::SQLITE, &applied, place)?;
        let Some(next) = missing.first() else {
            // The table may have been made just now; a commit of nothing writes nothing.
            return transaction.commit().map_err(|error| explain(error, place));
        };
        transaction.execute_batch(next.text).map_err(|error| explain(error, place))?;
        transaction
            .pragma_update(None, "application_id", APPLICATION_ID)
            .map_err(|error| explain(error, place))?;
        let hash = migrate::hash(next);
        session.execute(migrate::APPLY, &[Param::Int(next.number), Param::Text(&hash)])?;
        transaction.commit().map_err(|error| explain(error, place))?;
    }
}

impl Backend for Sqlite {
    fn read(&self, _snapshot: bool, work: Work<'_>) -> Result<(), Error> {
        let mut reader = self.readers.take(&self.place)?;
        let transaction = reader.get().transaction().map_err(|error| explain(error, &self.place))?;
        work(&mut SqliteSession { connection: &transaction, place: &self.place })
        // A read transaction that is dropped ends: nothing is to be committed.
    }

    fn write(&self, work: Work<'_>) -> Result<(), Error> {
        let Some(writer) = &self.writer else { return Err(Error::ReadOnly { place: self.place.clone() }) };
        let mut writer = lock(writer);
        if let Some(reason) = &writer.failed {
            return Err(Error::Sync { place: self.place.clone(), reason: reason.clone() });
        }
        let done = (|| {
            let transaction = writer
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(|error| explain(error, &self.place))?;
            work(&mut SqliteSession { connection: &transaction, place: &self.place })?;
            transaction.commit().map_err(|error| explain(error, &self.place))
        })();
        if let Err(Error::Sync { reason, .. }) = &done {
            writer.failed = Some(reason.clone());
        }
        done
    }

    fn backup(&self, to: &Path) -> Result<(), Error> {
        crate::backup::copy(&self.path, to, &self.place)
    }

    fn place(&self) -> &str {
        &self.place
    }
}

/// A poisoned lock means that a thread panicked within a transaction, which was rolled back: the connection is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connections for reading, made when first needed.
struct Readers {
    path: PathBuf,
    /// Those not in use, and how many there are in all.
    free: Mutex<(Vec<Connection>, usize)>,
    returned: Condvar,
}

struct Reader<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Readers {
    fn take(&self, place: &str) -> Result<Reader<'_>, Error> {
        let mut free = lock(&self.free);
        loop {
            if let Some(connection) = free.0.pop() {
                return Ok(Reader { readers: self, connection: Some(connection) });
            }
            if free.1 < READERS_MAX {
                free.1 += 1;
                drop(free);
                let opened = open_reader(&self.path).map_err(|error| explain(error, place));
                if opened.is_err() {
                    lock(&self.free).1 -= 1;
                    self.returned.notify_one();
                }
                return opened.map(|connection| Reader { readers: self, connection: Some(connection) });
            }
            free = self.returned.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Reader<'_> {
    fn get(&mut self) -> &mut Connection {
        // The connection leaves only in `drop`.
        #[allow(clippy::unwrap_used, reason = "taken only by drop, after which there is no Reader")]
        self.connection.as_mut().unwrap()
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            lock(&self.readers.free).0.push(connection);
            self.readers.returned.notify_one();
        }
    }
}

fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(BUSY_SECONDS))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

struct SqliteSession<'a> {
    connection: &'a Connection,
    place: &'a str,
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Param::Null => ValueRef::Null,
            Param::Int(number) => ValueRef::Integer(*number),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn read_row(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Row> {
    let value = |column| {
        Ok(match row.get_ref(column)? {
            ValueRef::Null | ValueRef::Real(_) => Value::Null,
            ValueRef::Integer(number) => Value::Int(number),
            ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        })
    };
    (0..columns).map(value).collect::<rusqlite::Result<_>>().map(Row)
}

fn bind(statement: &mut rusqlite::CachedStatement<'_>, params: &[Param<'_>]) -> rusqlite::Result<()> {
    for (at, param) in params.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, param)?;
    }
    Ok(())
}

impl SqliteSession<'_> {
    /// SQLite takes `$2` for a name and numbers names by their first use; `?2` is a number.
    fn prepare(&self, sql: &'static str) -> rusqlite::Result<rusqlite::CachedStatement<'_>> {
        self.connection.prepare_cached(&sql.replace('$', "?"))
    }

    fn ask_each(
        &self,
        sql: &'static str,
        width: usize,
        params: &[Param<'_>],
        found: &mut Vec<(usize, Row)>,
    ) -> rusqlite::Result<()> {
        let mut statement = self.prepare(sql)?;
        let columns = statement.column_count();
        for (at, row) in params.chunks(width).enumerate() {
            bind(&mut statement, row)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                found.push((at, read_row(row, columns)?));
            }
        }
        Ok(())
    }

    fn run_each(&self, sql: &'static str, width: usize, params: &[Param<'_>]) -> rusqlite::Result<u64> {
        let mut statement = self.prepare(sql)?;
        let mut touched = 0;
        for row in params.chunks(width.max(1)) {
            bind(&mut statement, row)?;
            touched += statement.raw_execute()? as u64;
        }
        Ok(touched)
    }
}

impl Session for SqliteSession<'_> {
    fn query(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        let run = || {
            let mut statement = self.prepare(sql)?;
            let columns = statement.column_count();
            bind(&mut statement, params)?;
            let mut rows = statement.raw_query();
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read_row(row, columns)?);
            }
            Ok(found)
        };
        run().map_err(|error| explain(error, self.place))
    }

    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        let run = || {
            let mut statement = self.prepare(sql)?;
            bind(&mut statement, params)?;
            Ok(statement.raw_execute()? as u64)
        };
        run().map_err(|error| explain(error, self.place))
    }

    fn ask(&mut self, batch: &'static Batch, params: &[Param<'_>]) -> Result<Vec<(usize, Row)>, Error> {
        let mut found = Vec::new();
        self.ask_each(batch.sqlite, batch.columns.len(), params, &mut found)
            .map_err(|error| explain(error, self.place))?;
        Ok(found)
    }

    fn run(&mut self, batch: &'static Batch, params: &[Param<'_>]) -> Result<u64, Error> {
        self.run_each(batch.sqlite, batch.columns.len(), params).map_err(|error| explain(error, self.place))
    }

    fn integrity(&mut self) -> Result<Vec<String>, Error> {
        let mut wrong = Vec::new();
        for row in self.query("PRAGMA integrity_check", &[])? {
            if row.text(0) != "ok" {
                wrong.push(format!("the file: {}", row.text(0)));
            }
        }
        for row in self.query("PRAGMA foreign_key_check", &[])? {
            wrong.push(format!("a row of {} points to nothing in {}", row.text(0), row.text(2)));
        }
        Ok(wrong)
    }
}

/// Says what SQLite's error means.
pub(crate) fn explain(error: rusqlite::Error, place: &str) -> Error {
    let place = place.to_string();
    let rusqlite::Error::SqliteFailure(failure, message) = &error else {
        return Error::Sqlite { place, source: error };
    };
    let reason = message.clone().unwrap_or_else(|| failure.to_string());
    match (failure.extended_code & 0xff, failure.extended_code) {
        (ffi::SQLITE_FULL, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => Error::Full { place },
        (ffi::SQLITE_READONLY, _) | (ffi::SQLITE_CANTOPEN, _) | (ffi::SQLITE_PERM, _) => {
            Error::Unwritable { place }
        }
        (ffi::SQLITE_BUSY, _) | (ffi::SQLITE_LOCKED, _) => Error::Busy { place, seconds: BUSY_SECONDS },
        (ffi::SQLITE_NOTADB, _) => Error::NotACatalogue { place, reason },
        (ffi::SQLITE_CORRUPT, _) => Error::Damaged { place, reason },
        (ffi::SQLITE_IOERR, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC) => {
            Error::Sync { place, reason }
        }
        _ => Error::Sqlite { place, source: error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_can_lose_data_is_refused() {
        let error = check_library(3_051_002, "3.51.2").unwrap_err();
        assert_eq!(
            error.to_string(),
            "SQLite 3.51.2 can lose committed data in WAL mode: Broadsheet needs 3.51.3 or later"
        );
        assert!(check_library(rusqlite::version_number(), rusqlite::version()).is_ok());
    }

    #[test]
    fn a_connection_that_can_lose_commits_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let connection = open_writer(&directory.path().join("catalogue.db"), "here").unwrap();
        assert!(check_settings(&settings(&connection).unwrap(), "here").is_ok());
        for (change, name) in [
            ("PRAGMA synchronous = NORMAL", "synchronous"),
            ("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF", "foreign_keys"),
            ("PRAGMA journal_mode = DELETE", "journal_mode"),
        ] {
            connection.execute_batch(change).unwrap();
            let error = check_settings(&settings(&connection).unwrap(), "here").unwrap_err();
            assert!(
                error.to_string().contains(name) && error.to_string().contains("here"),
                "{change}: {error}"
            );
        }
    }
}
