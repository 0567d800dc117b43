//! Looking for damage.

use crate::body::{self, RecordBody};
use crate::session::{Param, Session};
use crate::{Catalogue, Error, derive, prepare};

/// Rows read at once.
const PAGE_ROWS: i64 = 1000;
/// The most damage that is listed; beyond it the rest is counted.
const WRONG_MAX: usize = 100;

/// What must find no rows: the sentence, and the statement that counts the exceptions.
const RULES: [(&str, &str); 8] = [
    (
        "records belong to no node",
        "SELECT COUNT(*) FROM records WHERE NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.node_id = records.node_id)",
    ),
    (
        "nodes belong to no paper",
        "SELECT COUNT(*) FROM nodes WHERE NOT EXISTS (SELECT 1 FROM papers WHERE papers.paper_id = nodes.paper_id)",
    ),
    (
        "papers have no records",
        "SELECT COUNT(*) FROM papers WHERE NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.paper_id = papers.paper_id)",
    ),
    (
        "addresses lead nowhere",
        "SELECT COUNT(*) FROM addresses WHERE NOT EXISTS (SELECT 1 FROM papers WHERE papers.paper_id = addresses.paper_id)",
    ),
    (
        "lines of editions name no paper",
        "SELECT COUNT(*) FROM editions WHERE NOT EXISTS (SELECT 1 FROM papers WHERE papers.paper_id = editions.paper_id)",
    ),
    (
        "lines of listings name no paper",
        "SELECT COUNT(*) FROM listings WHERE NOT EXISTS (SELECT 1 FROM papers WHERE papers.paper_id = listings.paper_id)",
    ),
    (
        "papers are missing in the sequence of changes",
        "SELECT COUNT(*) FROM papers LEFT JOIN changes ON changes.sequence = papers.sequence \
         WHERE changes.paper_id IS NULL OR changes.paper_id <> papers.paper_id",
    ),
    (
        "changes lie beyond the end of the sequence",
        "SELECT COUNT(*) FROM changes WHERE sequence > (SELECT value FROM meta WHERE name = 'sequence')",
    ),
];

/// Counters that must equal a count of rows.
const COUNTERS: [(&str, &str, &str); 3] = [
    ("papers", "SELECT value FROM meta WHERE name = 'papers'", "SELECT COUNT(*) FROM papers"),
    ("records", "SELECT value FROM meta WHERE name = 'records'", "SELECT COUNT(*) FROM records"),
    ("problems", "SELECT value FROM meta WHERE name = 'problems'", "SELECT COUNT(*) FROM problems"),
];

impl Catalogue {
    /// Looks through the whole catalogue for damage: the database's own structures, what points to what, and whether every
    /// record and paper reads back as it was written. Empty means sound. This takes seconds per 100,000 papers.
    pub fn check(&self) -> Result<Vec<String>, Error> {
        let mut wrong = Vec::new();
        self.backend.read(true, &mut |session| {
            wrong.extend(session.integrity()?);
            for (sentence, sql) in RULES {
                let exceptions = count(session, sql)?;
                if exceptions > 0 {
                    wrong.push(format!("{exceptions} {sentence}"));
                }
            }
            for (name, counter, rows) in COUNTERS {
                let (counted, there) = (count(session, counter)?, count(session, rows)?);
                if counted != there {
                    wrong.push(format!("the catalogue counts {counted} {name}, but has {there}"));
                }
            }
            check_papers(session, &mut wrong)?;
            check_records(session, &mut wrong)
        })?;
        if wrong.len() > WRONG_MAX {
            let more = wrong.len() - WRONG_MAX;
            wrong.truncate(WRONG_MAX);
            wrong.push(format!("and {more} more"));
        }
        Ok(wrong)
    }
}

fn count(session: &mut dyn Session, sql: &'static str) -> Result<i64, Error> {
    Ok(session.query(sql, &[])?.first().map(|row| row.int(0)).unwrap_or_default())
}

fn check_papers(session: &mut dyn Session, wrong: &mut Vec<String>) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let sql = "SELECT paper_id, address, digest, body FROM papers WHERE paper_id > $1 ORDER BY paper_id LIMIT $2";
        let rows = session.query(sql, &[Param::Int(after), Param::Int(PAGE_ROWS)])?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.int(0);
        let found = prepare::each(rows, |row| {
            let reason = match body::unpack(row.bytes(3)) {
                Ok(plain) if derive::digest(&plain) == row.bytes(2) => return None,
                Ok(_) => "it is not what was written".to_string(),
                Err(reason) => reason,
            };
            Some(format!("paper {} cannot be read: {reason}", row.text(1)))
        });
        wrong.extend(found.into_iter().flatten());
    }
}

fn check_records(session: &mut dyn Session, wrong: &mut Vec<String>) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let sql = "SELECT record_id, node, hash, body FROM records JOIN nodes USING (node_id) \
                   WHERE record_id > $1 ORDER BY record_id LIMIT $2";
        let rows = session.query(sql, &[Param::Int(after), Param::Int(PAGE_ROWS)])?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.int(0);
        let found = prepare::each(rows, |row| {
            let reason = match RecordBody::read(row.bytes(3)) {
                Ok(body) if prepare::hash(body.parsed(), body.raw()) == row.bytes(2) => return None,
                Ok(_) => "it is not what was written".to_string(),
                Err(reason) => reason,
            };
            Some(format!("a record of {} cannot be read: {reason}", row.text(1)))
        });
        wrong.extend(found.into_iter().flatten());
    }
}
