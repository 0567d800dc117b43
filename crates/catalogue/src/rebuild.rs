//! Reading everything again from the bytes as received, with the parsers of today.

use crate::accept::{ADD_SOURCES, PUT_KEYS};
use crate::body::{self, RecordBody};
use crate::session::{Batch, Kind, Param, Session};
use crate::settle::{self, Holders};
use crate::write::{self, Counters};
use crate::{Catalogue, Error, derive, prepare};
use paper::{Record, Source};
use std::collections::{BTreeMap, BTreeSet, HashSet};

use Kind::{Bytes, Int, Text};

/// Records read at once, and nodes settled at once.
const PAGE_ROWS: i64 = 1000;

const SET_RECORDS: Batch = Batch {
    columns: &[Int, Int, Text, Bytes, Bytes],
    sqlite: "UPDATE records SET node_id = $2, source = $3, hash = $4, body = $5 WHERE record_id = $1",
    postgres: "UPDATE records SET node_id = given.node_id, source = given.source, hash = given.hash, body = given.body \
               FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[]) \
               AS given (record_id, node_id, source, hash, body) WHERE records.record_id = given.record_id",
};

impl Catalogue {
    /// Reads every record again from its raw bytes and makes every paper again, in one transaction: until it is done,
    /// readers see the old state, and a kill leaves it. `reparse` gives what a record says today, or `None` to leave it as
    /// it is; `progress` is told records done and records in all. Addresses that no longer follow from the records still
    /// lead to their papers. Returns how many papers changed.
    pub fn rebuild(
        &self,
        reparse: &mut dyn FnMut(Source, &[u8]) -> Option<Record>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<u64, Error> {
        let mut changed = 0;
        self.backend.write(&mut |session| {
            let mut counters = Counters::read(session)?;
            let before = counters.get("sequence");
            for sql in
                ["DELETE FROM keys", "DELETE FROM editions", "DELETE FROM listings", "DELETE FROM sources"]
            {
                session.execute(sql, &[])?;
            }
            reread(session, &mut counters, reparse, progress)?;
            settle_all(session, &mut counters)?;
            session.execute("DELETE FROM nodes WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.node_id = nodes.node_id)", &[])?;
            let rows = session.query("SELECT COUNT(*) FROM records", &[])?;
            let records = rows.first().map(|row| row.int(0)).unwrap_or_default();
            counters.add("records", records - counters.get("records"));
            changed = (counters.get("sequence") - before) as u64;
            counters.write(session)
        })?;
        Ok(changed)
    }
}

/// A record that reads differently today.
struct Reread {
    record_id: i64,
    node_id: i64,
    source: Source,
    hash: [u8; 16],
    body: Vec<u8>,
}

fn reread(
    session: &mut dyn Session,
    counters: &mut Counters,
    reparse: &mut dyn FnMut(Source, &[u8]) -> Option<Record>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), Error> {
    let (total, last) = (counters.get("records") as u64, counters.get("last_record"));
    let (mut after, mut done) = (0, 0);
    loop {
        let sql = "SELECT record_id, node_id, node, source, body FROM records JOIN nodes USING (node_id) \
                   WHERE record_id > $1 AND record_id <= $2 ORDER BY record_id LIMIT $3";
        let rows = session.query(sql, &[Param::Int(after), Param::Int(last), Param::Int(PAGE_ROWS)])?;
        let Some(end) = rows.last() else { return Ok(()) };
        after = end.int(0);
        done += rows.len() as u64;
        let mut kept: Vec<(i64, Record)> = Vec::new();
        for row in &rows {
            let damaged = |reason| Error::body(format!("a record of {}", row.text(2)), reason);
            let body = RecordBody::read(row.bytes(4)).map_err(damaged)?;
            let old = body.record().map_err(damaged)?;
            let new = reparse(old.source, body.raw()).filter(|record| !record.identities.is_empty());
            let record = new.unwrap_or(old);
            let parsed = serde_json::to_vec(&record).unwrap_or_default();
            let mut node_id = row.int(1);
            if parsed != body.parsed() {
                let name = record.node().to_string();
                if name != row.text(2) {
                    node_id = node(session, counters, &name)?;
                }
                let hash = prepare::hash(&parsed, body.raw());
                let there = session.query(
                    "SELECT 1 FROM records WHERE node_id = $1 AND hash = $2",
                    &[Param::Int(node_id), Param::Bytes(&hash)],
                )?;
                if !there.is_empty() {
                    // What differed only by its understanding is one record now.
                    session.execute("DELETE FROM records WHERE record_id = $1", &[Param::Int(row.int(0))])?;
                    continue;
                }
                let body = body::pack_record(&parsed, body.raw());
                let reread = Reread { record_id: row.int(0), node_id, source: record.source, hash, body };
                put(session, &reread)?;
            }
            kept.push((node_id, record));
        }
        put_derived(session, &kept)?;
        progress(done, total);
    }
}

/// Written at once, so that a later record that now reads the same is seen to be the same.
fn put(session: &mut dyn Session, reread: &Reread) -> Result<(), Error> {
    let params = [
        Param::Int(reread.record_id),
        Param::Int(reread.node_id),
        Param::Text(reread.source.name()),
        Param::Bytes(&reread.hash),
        Param::Bytes(&reread.body),
    ];
    session.run(&SET_RECORDS, &params).map(|_| ())
}

/// The number of a node; made if it is new.
fn node(session: &mut dyn Session, counters: &mut Counters, name: &str) -> Result<i64, Error> {
    let found = session.query("SELECT node_id FROM nodes WHERE node = $1", &[Param::Text(name)])?;
    if let Some(row) = found.first() {
        return Ok(row.int(0));
    }
    let node = counters.add("last_node", 1);
    let sql = "INSERT INTO nodes (node_id, node, paper_id) VALUES ($1, $2, 0)";
    session.execute(sql, &[Param::Int(node), Param::Text(name)])?;
    Ok(node)
}

/// Keys and counts of sources, which were emptied before.
fn put_derived(session: &mut dyn Session, records: &[(i64, Record)]) -> Result<(), Error> {
    let keys = prepare::each(records.iter().collect(), |(node, record)| {
        let name = record.node().to_string();
        let keys = prepare::keys(record).into_iter().map(|(_, stored)| stored);
        keys.filter(|stored| stored.as_slice() != name.as_bytes())
            .map(|stored| (stored, *node))
            .collect::<Vec<_>>()
    });
    let params: Vec<Param<'_>> =
        keys.iter().flatten().flat_map(|(stored, node)| [Param::Bytes(stored), Param::Int(*node)]).collect();
    session.run(&PUT_KEYS, &params)?;
    let mut sources: BTreeMap<Source, (i64, Option<i64>)> = BTreeMap::new();
    for (_, record) in records {
        let source = sources.entry(record.source).or_default();
        source.0 += 1;
        source.1 = source.1.max(derive::latest_day(record));
    }
    let params: Vec<Param<'_>> = sources
        .iter()
        .flat_map(|(source, (records, day))| {
            [Param::Text(source.name()), Param::Int(*records), Param::int_or_null(*day)]
        })
        .collect();
    session.run(&ADD_SOURCES, &params).map(|_| ())
}

fn settle_all(session: &mut dyn Session, counters: &mut Counters) -> Result<(), Error> {
    let mut settled: HashSet<i64> = HashSet::new();
    let mut after = 0;
    loop {
        let sql = "SELECT node_id FROM nodes WHERE node_id > $1 ORDER BY node_id LIMIT $2";
        let rows = session.query(sql, &[Param::Int(after), Param::Int(PAGE_ROWS)])?;
        let Some(end) = rows.last() else { return Ok(()) };
        after = end.int(0);
        let seeds: BTreeSet<i64> =
            rows.iter().map(|row| row.int(0)).filter(|node| !settled.contains(node)).collect();
        let settlement = settle::settle(session, seeds, BTreeMap::new(), Holders::new())?;
        settled.extend(settlement.papers.iter().flat_map(|paper| &paper.nodes));
        write::rewrite(session, settlement, counters)?;
    }
}
