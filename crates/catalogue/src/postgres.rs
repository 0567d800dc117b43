//! The catalogue in PostgreSQL 15 or later: many servers share it, writers take turns under an advisory lock.
//!
//! Writers hold one lock for the length of their transaction, because followers rely on the sequence: a number becomes
//! visible only after all smaller ones. Statements go out in batches, so a transaction is a few round trips.

use crate::session::{Backend, Batch, Kind, Param, Row, Session, Value, Work};
use crate::{Access, Error, migrate};
use postgres::error::SqlState;
use postgres::types::{IsNull, ToSql, Type, private::BytesMut};
use postgres::{Client, Config, NoTls, Statement};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The oldest server that the contract suite runs on.
const VERSION_MIN: i32 = 150_000;
/// Connections of one process, readers and the writer together.
const CONNECTIONS_MAX: usize = 8;
/// How long connecting may take.
const CONNECT_SECONDS: u64 = 10;
/// How long a writer waits for another.
const BUSY_SECONDS: u64 = 60;
/// How long one statement of a reader may run; a page's take milliseconds, a dump's or check's some seconds.
const READ_SECONDS: u64 = 120;
/// How long one statement of a writer may run: a rebuild empties whole tables.
const WRITE_SECONDS: u64 = 3600;
/// A connection that was idle for longer is tried before it is used: the server may have been restarted.
const IDLE_MAX: Duration = Duration::from_secs(1);
/// The most bytes and rows of one round trip's parameters, far below the protocol's limit of 1 GiB.
const TRIP_BYTES_MAX: usize = 16 * 1024 * 1024;
const TRIP_ROWS_MAX: usize = 10_000;
/// The advisory lock of writers: "BrSh". Advisory locks belong to one database of a cluster.
const LOCK: i64 = 0x4272_5368;

/// A catalogue in PostgreSQL.
pub(crate) struct Postgres {
    place: String,
    config: Config,
    access: Access,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    free: Vec<Connection>,
    open: usize,
}

struct Connection {
    client: Client,
    statements: HashMap<&'static str, Statement>,
    used: Instant,
}

impl Postgres {
    pub(crate) fn open(address: &str, place: String, access: Access) -> Result<Postgres, Error> {
        let unreachable =
            |error: postgres::Error| Error::Unreachable { place: place.clone(), reason: sentence(&error) };
        let mut config: Config = address.parse().map_err(unreachable)?;
        config.connect_timeout(Duration::from_secs(CONNECT_SECONDS)).application_name("broadsheet");
        let postgres = Postgres { place, config, access, pool: Mutex::default(), returned: Condvar::new() };
        postgres.check_server()?;
        if access == Access::ReadWrite {
            postgres.migrate()?;
        }
        postgres.check_schema()?;
        Ok(postgres)
    }

    fn check_server(&self) -> Result<(), Error> {
        let (mut version, mut encoding) = (0, String::new());
        self.read(false, &mut |session| {
            let sql =
                "SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding')";
            if let Some(row) = session.query(sql, &[])?.first() {
                (version, encoding) = (row.int(0), row.text(1).to_string());
            }
            Ok(())
        })?;
        if version < VERSION_MIN.into() {
            return Err(Error::OldPostgres { place: self.place.clone(), found: version / 10_000 });
        }
        if encoding != "UTF8" {
            let reason = format!("its encoding is {encoding}, not UTF8");
            return Err(Error::NotACatalogue { place: self.place.clone(), reason });
        }
        Ok(())
    }

    /// Brings the schema up to date, each step in a transaction of its own.
    fn migrate(&self) -> Result<(), Error> {
        let mut done = false;
        while !done {
            self.transaction(&mut |session| {
                session.execute(migrate::TABLE, &[])?;
                let applied = applied(session)?;
                let missing = migrate::missing(migrate::POSTGRES, &applied, &self.place)?;
                let Some(next) = missing.first() else {
                    done = true;
                    return Ok(());
                };
                session
                    .connection
                    .client
                    .batch_execute(next.text)
                    .map_err(|error| explain(error, &self.place))?;
                let hash = migrate::hash(next);
                session.execute(migrate::APPLY, &[Param::Int(next.number), Param::Text(&hash)]).map(|_| ())
            })?;
        }
        Ok(())
    }

    fn check_schema(&self) -> Result<(), Error> {
        let mut missing = 0;
        self.read(false, &mut |session| {
            if session.query("SELECT 1 WHERE to_regclass('migrations') IS NOT NULL", &[])?.is_empty() {
                return Err(Error::Missing { place: self.place.clone() });
            }
            missing = migrate::missing(migrate::POSTGRES, &applied(session)?, &self.place)?.len();
            Ok(())
        })?;
        if missing > 0 {
            let found = migrate::KNOWN - missing as i64;
            return Err(Error::Older { place: self.place.clone(), found, known: migrate::KNOWN });
        }
        Ok(())
    }

    /// Takes a connection out of the pool, or makes one.
    fn take(&self) -> Result<Connection, Error> {
        loop {
            let mut pool = lock(&self.pool);
            if let Some(mut connection) = pool.free.pop() {
                drop(pool);
                let idle = connection.used.elapsed() > IDLE_MAX;
                if !connection.client.is_closed()
                    && (!idle || connection.client.is_valid(Duration::from_secs(CONNECT_SECONDS)).is_ok())
                {
                    return Ok(connection);
                }
                self.give_up();
                continue;
            }
            if pool.open < CONNECTIONS_MAX {
                pool.open += 1;
                drop(pool);
                return self.connect().inspect_err(|_| self.give_up());
            }
            drop(self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn give_back(&self, mut connection: Connection) {
        connection.used = Instant::now();
        lock(&self.pool).free.push(connection);
        self.returned.notify_one();
    }

    /// Notes that a connection is no more.
    fn give_up(&self) {
        lock(&self.pool).open -= 1;
        self.returned.notify_one();
    }

    fn connect(&self) -> Result<Connection, Error> {
        let unreachable = |error: postgres::Error| Error::Unreachable {
            place: self.place.clone(),
            reason: sentence(&error),
        };
        let mut client = self.config.connect(NoTls).map_err(unreachable)?;
        // Every access goes over an index; without statistics, on tables that were just filled, the planner would scan.
        let settings = format!(
            "SET synchronous_commit = on; SET enable_hashjoin = off; SET enable_mergejoin = off; \
             SET enable_seqscan = off; SET jit = off; SET lock_timeout = '{BUSY_SECONDS}s'; \
             SET statement_timeout = '{READ_SECONDS}s'; SET idle_in_transaction_session_timeout = '{BUSY_SECONDS}s'"
        );
        client.batch_execute(&settings).map_err(|error| explain(error, &self.place))?;
        Ok(Connection { client, statements: HashMap::new(), used: Instant::now() })
    }

    /// Runs `work` between two statements. A connection that may be within a transaction never returns to the pool.
    fn between(
        &self,
        begin: &str,
        end: &str,
        work: &mut dyn FnMut(&mut PostgresSession<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut guard = Guard { pool: self, connection: Some(self.take()?) };
        // The guard holds its connection until the end of this function.
        let Some(connection) = guard.connection.as_mut() else { return Ok(()) };
        let done = (|| {
            if !begin.is_empty() {
                connection.client.batch_execute(begin).map_err(|error| explain(error, &self.place))?;
            }
            work(&mut PostgresSession { connection, place: &self.place })?;
            if !end.is_empty() {
                connection.client.batch_execute(end).map_err(|error| explain(error, &self.place))?;
            }
            Ok(())
        })();
        let clean = match &done {
            Ok(()) => true,
            Err(_) if connection.client.is_closed() => false,
            Err(_) if begin.is_empty() => true,
            Err(_) => connection.client.batch_execute("ROLLBACK").is_ok(),
        };
        if clean && let Some(connection) = guard.connection.take() {
            self.give_back(connection);
        }
        done
    }

    fn transaction(
        &self,
        work: &mut dyn FnMut(&mut PostgresSession<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let begin = format!(
            "BEGIN; SET LOCAL statement_timeout = '{WRITE_SECONDS}s'; SELECT pg_advisory_xact_lock({LOCK})"
        );
        self.between(&begin, "COMMIT", work)
    }
}

impl Drop for Postgres {
    /// A client owns a small runtime, which may not be dropped on a thread that runs another one.
    fn drop(&mut self) {
        let free = std::mem::take(&mut lock(&self.pool).free);
        if !free.is_empty() {
            let _ = std::thread::spawn(move || drop(free)).join();
        }
    }
}

/// Notes the loss of a connection when `work` failed or panicked.
struct Guard<'a> {
    pool: &'a Postgres,
    connection: Option<Connection>,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if self.connection.take().is_some() {
            self.pool.give_up();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn applied(session: &mut dyn Session) -> Result<Vec<(i64, String)>, Error> {
    let rows = session.query(migrate::APPLIED, &[])?;
    Ok(rows.iter().map(|row| (row.int(0), row.text(1).to_string())).collect())
}

impl Backend for Postgres {
    fn read(&self, snapshot: bool, work: Work<'_>) -> Result<(), Error> {
        let (begin, end) = match snapshot {
            true => ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "COMMIT"),
            false => ("", ""),
        };
        self.between(begin, end, &mut |session| work(session))
    }

    fn write(&self, work: Work<'_>) -> Result<(), Error> {
        if self.access == Access::ReadOnly {
            return Err(Error::ReadOnly { place: self.place.clone() });
        }
        self.transaction(&mut |session| work(session))
    }

    fn backup(&self, _to: &Path) -> Result<(), Error> {
        Err(Error::BackupElsewhere { place: self.place.clone() })
    }

    fn place(&self) -> &str {
        &self.place
    }
}

struct PostgresSession<'a> {
    connection: &'a mut Connection,
    place: &'a str,
}

impl PostgresSession<'_> {
    fn prepare(&mut self, sql: &'static str) -> Result<Statement, Error> {
        if let Some(statement) = self.connection.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.connection.client.prepare(sql).map_err(|error| explain(error, self.place))?;
        self.connection.statements.insert(sql, statement.clone());
        Ok(statement)
    }
}

impl Session for PostgresSession<'_> {
    fn query(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        let statement = self.prepare(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> =
            params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
        let rows =
            self.connection.client.query(&statement, &params).map_err(|error| explain(error, self.place))?;
        rows.iter().map(|row| read_row(row, 0).map_err(|error| explain(error, self.place))).collect()
    }

    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        let statement = self.prepare(sql)?;
        let params: Vec<&(dyn ToSql + Sync)> =
            params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
        self.connection.client.execute(&statement, &params).map_err(|error| explain(error, self.place))
    }

    fn ask(&mut self, batch: &'static Batch, params: &[Param<'_>]) -> Result<Vec<(usize, Row)>, Error> {
        let mut found = Vec::new();
        for (first, trip) in trips(batch.columns.len(), params) {
            let statement = self.prepare(batch.postgres)?;
            let columns = arrays(batch.columns, trip);
            let columns: Vec<&(dyn ToSql + Sync)> = columns.iter().map(Column::as_sql).collect();
            let rows = self
                .connection
                .client
                .query(&statement, &columns)
                .map_err(|error| explain(error, self.place))?;
            for row in &rows {
                let explain = |error| explain(error, self.place);
                let at: i64 = row.try_get(0).map_err(explain)?;
                found.push((first + at as usize - 1, read_row(row, 1).map_err(explain)?));
            }
        }
        Ok(found)
    }

    fn run(&mut self, batch: &'static Batch, params: &[Param<'_>]) -> Result<u64, Error> {
        let mut touched = 0;
        for (_, trip) in trips(batch.columns.len(), params) {
            let statement = self.prepare(batch.postgres)?;
            let columns = arrays(batch.columns, trip);
            let columns: Vec<&(dyn ToSql + Sync)> = columns.iter().map(Column::as_sql).collect();
            touched += self
                .connection
                .client
                .execute(&statement, &columns)
                .map_err(|error| explain(error, self.place))?;
        }
        Ok(touched)
    }

    fn integrity(&mut self) -> Result<Vec<String>, Error> {
        // PostgreSQL checks its own pages as they are read (where it was set up with checksums).
        Ok(Vec::new())
    }
}

/// Splits rows of parameters into round trips; each comes with the place of its first row.
fn trips<'a, 'b>(width: usize, params: &'a [Param<'b>]) -> Vec<(usize, &'a [Param<'b>])> {
    let mut trips = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, row) in params.chunks(width).enumerate() {
        let more: usize = row.iter().map(size).sum();
        if at > start && (bytes + more > TRIP_BYTES_MAX || at - start == TRIP_ROWS_MAX) {
            trips.push((start, &params[start * width..at * width]));
            (start, bytes) = (at, 0);
        }
        bytes += more;
    }
    if params.len() > start * width {
        trips.push((start, &params[start * width..]));
    }
    trips
}

fn size(param: &Param<'_>) -> usize {
    match param {
        Param::Null | Param::Int(_) => 8,
        Param::Text(text) => text.len(),
        Param::Bytes(bytes) => bytes.len(),
    }
}

/// One column of a batch.
enum Column<'a> {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<&'a str>>),
    Bytes(Vec<Option<&'a [u8]>>),
}

impl Column<'_> {
    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Column::Ints(values) => values,
            Column::Texts(values) => values,
            Column::Bytes(values) => values,
        }
    }
}

fn arrays<'a>(kinds: &[Kind], params: &[Param<'a>]) -> Vec<Column<'a>> {
    let column = |(at, kind): (usize, &Kind)| {
        let values = params.iter().skip(at).step_by(kinds.len());
        match kind {
            Kind::Int => Column::Ints(
                values
                    .map(|param| if let Param::Int(number) = param { Some(*number) } else { None })
                    .collect(),
            ),
            Kind::Text => Column::Texts(
                values.map(|param| if let Param::Text(text) = param { Some(*text) } else { None }).collect(),
            ),
            Kind::Bytes => Column::Bytes(
                values
                    .map(|param| if let Param::Bytes(bytes) = param { Some(*bytes) } else { None })
                    .collect(),
            ),
        }
    };
    kinds.iter().enumerate().map(column).collect()
}

fn read_row(row: &postgres::Row, first: usize) -> Result<Row, postgres::Error> {
    let value = |column: usize| {
        Ok(match *row.columns()[column].type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(column)?.map(Value::Int),
            Type::INT4 => row.try_get::<_, Option<i32>>(column)?.map(|number| Value::Int(number.into())),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(column)?.map(Value::Bytes),
            _ => row.try_get::<_, Option<String>>(column)?.map(Value::Text),
        }
        .unwrap_or(Value::Null))
    };
    (first..row.len()).map(value).collect::<Result<_, _>>().map(Row)
}

impl ToSql for Param<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Param::Null => Ok(IsNull::Yes),
            Param::Int(number) if *kind == Type::INT4 => i32::try_from(*number)?.to_sql(kind, out),
            Param::Int(number) => number.to_sql(kind, out),
            Param::Text(text) => text.to_sql(kind, out),
            Param::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    postgres::types::to_sql_checked!();
}

/// What PostgreSQL said, with its detail: the error's own text is only its kind.
fn sentence(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => match said.detail() {
            Some(detail) => format!("{}: {detail}", said.message()),
            None => said.message().to_string(),
        },
        None => match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}

/// Says what PostgreSQL's error means.
fn explain(error: postgres::Error, place: &str) -> Error {
    let (place, reason) = (place.to_string(), sentence(&error));
    let Some(code) = error.code() else {
        return Error::Unreachable { place, reason };
    };
    match code {
        &SqlState::DISK_FULL => Error::Full { place },
        &SqlState::LOCK_NOT_AVAILABLE => Error::Busy { place, seconds: BUSY_SECONDS },
        &SqlState::READ_ONLY_SQL_TRANSACTION => Error::Unwritable { place },
        &SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED => Error::Damaged { place, reason },
        &SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN | &SqlState::CANNOT_CONNECT_NOW => {
            Error::Unreachable { place, reason }
        }
        _ => Error::Postgres { place, reason, source: error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_are_bounded_and_lose_no_row() {
        let large = vec![0; TRIP_BYTES_MAX / 2];
        let params: Vec<Param<'_>> = (0..5).flat_map(|at| [Param::Int(at), Param::Bytes(&large)]).collect();
        let trips = trips(2, &params);
        assert_eq!(trips.iter().map(|(first, _)| *first).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(trips.iter().map(|(_, trip)| trip.len()).sum::<usize>(), params.len());
        assert!(super::trips(2, &[]).is_empty());
    }
}
