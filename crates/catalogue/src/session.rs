//! What a database must do for the catalogue: the narrow waist over SQLite and PostgreSQL.
//!
//! Everything above this module is written once, so the two databases cannot disagree. A statement that runs for many
//! rows at once exists in two texts ([`Batch`]): SQLite runs it in a loop, PostgreSQL once over arrays.

use crate::Error;

/// A value on its way into a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Param<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> Param<'a> {
    pub(crate) fn int_or_null(value: Option<i64>) -> Param<'a> {
        value.map_or(Param::Null, Param::Int)
    }

    pub(crate) fn text_or_null(value: Option<&'a str>) -> Param<'a> {
        value.map_or(Param::Null, Param::Text)
    }
}

/// A value on its way out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row of an answer. The statement fixes the kinds of its columns; a wrong kind is a mistake in this crate, so the
/// accessors answer with an empty value rather than fail, and the contract tests notice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    pub(crate) fn int(&self, column: usize) -> i64 {
        self.int_or_null(column).unwrap_or_default()
    }

    pub(crate) fn int_or_null(&self, column: usize) -> Option<i64> {
        match self.0.get(column) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn text(&self, column: usize) -> &str {
        match self.0.get(column) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    pub(crate) fn bytes(&self, column: usize) -> &[u8] {
        match self.0.get(column) {
            Some(Value::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    pub(crate) fn take_bytes(&mut self, column: usize) -> Vec<u8> {
        match self.0.get_mut(column) {
            Some(Value::Bytes(bytes)) => std::mem::take(bytes),
            _ => Vec::new(),
        }
    }

    pub(crate) fn take_text(&mut self, column: usize) -> String {
        match self.0.get_mut(column) {
            Some(Value::Text(text)) => std::mem::take(text),
            _ => String::new(),
        }
    }
}

/// The kind of a column of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
    Bytes,
}

/// A statement that runs for many rows of parameters.
///
/// The SQLite text takes one row (`$1`, `$2`, …). The PostgreSQL text takes one array a column;
/// if it answers, its first column is the place of the asked row, counted from 1, and it is sorted by that.
pub(crate) struct Batch {
    pub(crate) columns: &'static [Kind],
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// One connection within one transaction (or one series of reads).
pub(crate) trait Session {
    /// Runs a statement that reads the same in both databases and returns its rows.
    fn query(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, Error>;

    /// Runs a statement that reads the same in both databases; returns the number of rows that it touched.
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error>;

    /// Asks for many rows: `params` holds the rows one after the other. Each answer comes with the place of the asked row,
    /// from 0, ascending.
    fn ask(&mut self, batch: &'static Batch, params: &[Param<'_>]) -> Result<Vec<(usize, Row)>, Error>;

    /// Does something for many rows; returns the number of rows that it touched.
    fn run(&mut self, batch: &'static Batch, params: &[Param<'_>]) -> Result<u64, Error>;

    /// Checks the database's own structures; returns what is wrong with them.
    fn integrity(&mut self) -> Result<Vec<String>, Error>;
}

/// What is done within a session.
pub(crate) type Work<'a> = &'a mut dyn FnMut(&mut dyn Session) -> Result<(), Error>;

/// A database that holds a catalogue.
pub(crate) trait Backend: Send + Sync {
    /// Runs reads on one connection. All see one state if `snapshot`, or at least what was committed before.
    fn read(&self, snapshot: bool, work: Work<'_>) -> Result<(), Error>;

    /// Runs one write transaction; committed and durable when this returns `Ok`. Writers of all processes take turns.
    fn write(&self, work: Work<'_>) -> Result<(), Error>;

    /// Copies the whole catalogue to a new file while others write.
    fn backup(&self, to: &std::path::Path) -> Result<(), Error>;

    /// Where it lies, for people.
    fn place(&self) -> &str;
}
