//! Accepting a batch: what is there already is skipped, the rest is written and settled in one transaction.

use crate::key::{self, StoredKey};
use crate::prepare::{self, Fresh, Known};
use crate::session::{Backend, Batch, Kind, Param, Session};
use crate::settle::{self, Holders, Member, NODES_BY_NAME};
use crate::write::{self, Counters};
use crate::{Accepted, Delivery, Error, Problem, body, derive};
use paper::Source;
use paper::join::Key;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use Kind::{Bytes, Int, Text};

const KNOWN_RECORDS: Batch = Batch {
    columns: &[Text, Bytes],
    sqlite: "SELECT 1 FROM nodes JOIN records USING (node_id) WHERE node = $1 AND hash = $2",
    postgres: "SELECT asked.at FROM UNNEST($1::text[], $2::bytea[]) WITH ORDINALITY AS asked (node, hash, at) \
               JOIN nodes ON nodes.node = asked.node \
               JOIN records ON records.node_id = nodes.node_id AND records.hash = asked.hash ORDER BY asked.at",
};
const PUT_NODES: Batch = Batch {
    columns: &[Int, Text],
    sqlite: "INSERT INTO nodes (node_id, node, paper_id) VALUES ($1, $2, 0)",
    postgres: "INSERT INTO nodes (node_id, node, paper_id) \
               SELECT node_id, node, 0 FROM UNNEST($1::bigint[], $2::text[]) AS given (node_id, node)",
};
pub(crate) const PUT_RECORDS: Batch = Batch {
    columns: &[Int, Int, Text, Bytes, Bytes],
    sqlite: "INSERT INTO records (record_id, node_id, source, hash, body) VALUES ($1, $2, $3, $4, $5)",
    postgres: "INSERT INTO records (record_id, node_id, source, hash, body) \
               SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[])",
};
pub(crate) const PUT_KEYS: Batch = Batch {
    columns: &[Bytes, Int],
    sqlite: "INSERT INTO keys (key, node_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    postgres: "INSERT INTO keys (key, node_id) SELECT * FROM UNNEST($1::bytea[], $2::bigint[]) ON CONFLICT DO NOTHING",
};
const PUT_PROBLEMS: Batch = Batch {
    columns: &[Bytes, Text, Bytes],
    sqlite: "INSERT INTO problems (hash, place, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    postgres: "INSERT INTO problems (hash, place, body) SELECT * FROM UNNEST($1::bytea[], $2::text[], $3::bytea[]) \
               ON CONFLICT DO NOTHING",
};
const KNOWN_PROBLEMS: Batch = Batch {
    columns: &[Bytes],
    sqlite: "SELECT 1 FROM problems WHERE hash = $1",
    postgres: "SELECT asked.at FROM UNNEST($1::bytea[]) WITH ORDINALITY AS asked (hash, at) \
               JOIN problems ON problems.hash = asked.hash ORDER BY asked.at",
};
pub(crate) const ADD_SOURCES: Batch = Batch {
    columns: &[Text, Int, Int],
    sqlite: "INSERT INTO sources (source, records, latest_day) VALUES ($1, $2, $3) \
             ON CONFLICT (source) DO UPDATE SET records = records + excluded.records, latest_day = CASE \
             WHEN latest_day IS NULL OR excluded.latest_day > latest_day THEN excluded.latest_day ELSE latest_day END",
    postgres: "INSERT INTO sources (source, records, latest_day) \
               SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::bigint[]) \
               ON CONFLICT (source) DO UPDATE SET records = sources.records + excluded.records, \
               latest_day = GREATEST(sources.latest_day, excluded.latest_day)",
};

/// Accepts a batch. What this returns `Ok` for is durable.
pub(crate) fn accept(backend: &dyn Backend, delivery: &Delivery<'_>) -> Result<Accepted, Error> {
    let (known, refused) = prepare::known(delivery.records);
    let mut accepted = Accepted::default();
    let problems: Vec<(Problem, [u8; 16])> = delivery
        .problems
        .iter()
        .chain(&refused)
        .map(|problem| Problem { raw: prepare::cut(&problem.raw), ..problem.clone() })
        .map(|problem| {
            let hash = prepare::problem_hash(&problem);
            (problem, hash)
        })
        .collect();

    // Whatever is there stays there, so a look without the lock is enough to skip it.
    let (mut there, mut problems_there) = (HashSet::new(), 0);
    backend.read(false, &mut |session| {
        there = known_records(session, &known)?;
        problems_there = known_problems(session, &problems)?;
        Ok(())
    })?;
    let mut seen: HashSet<(String, [u8; 16])> = HashSet::new();
    let mut likely = Vec::new();
    for (at, known) in known.into_iter().enumerate() {
        if there.contains(&at) || !seen.insert((known.node.clone(), known.hash)) {
            accepted.unchanged += 1;
        } else {
            likely.push(known);
        }
    }
    if likely.is_empty() && problems_there == problems.len() && !delivery.has_more() {
        return Ok(accepted);
    }
    let mut fresh = Some(prepare::fresh(likely));
    let before = accepted;
    backend.write(&mut |session| {
        accepted = before;
        delivery.check(session)?;
        let mut counters = Counters::read(session)?;
        accept_fresh(session, fresh.take().unwrap_or_default(), &mut counters, &mut accepted)?;
        accepted.problems = put_problems(session, &problems, &mut counters)?;
        delivery.write(session)?;
        counters.write(session)
    })?;
    Ok(accepted)
}

/// The places, within the batch, of records that are there.
fn known_records(session: &mut dyn Session, known: &[Known<'_>]) -> Result<HashSet<usize>, Error> {
    let params: Vec<Param<'_>> =
        known.iter().flat_map(|known| [Param::Text(&known.node), Param::Bytes(&known.hash)]).collect();
    Ok(session.ask(&KNOWN_RECORDS, &params)?.into_iter().map(|(at, _)| at).collect())
}

fn known_problems(session: &mut dyn Session, problems: &[(Problem, [u8; 16])]) -> Result<usize, Error> {
    let params: Vec<Param<'_>> = problems.iter().map(|(_, hash)| Param::Bytes(hash)).collect();
    Ok(session.ask(&KNOWN_PROBLEMS, &params)?.len())
}

fn put_problems(
    session: &mut dyn Session,
    problems: &[(Problem, [u8; 16])],
    counters: &mut Counters,
) -> Result<u64, Error> {
    let texts: Vec<(String, Vec<u8>)> = problems
        .iter()
        .map(|(problem, _)| {
            (derive::text(&problem.place), body::pack(&serde_json::to_vec(problem).unwrap_or_default()))
        })
        .collect();
    let params: Vec<Param<'_>> = problems
        .iter()
        .zip(&texts)
        .flat_map(|((_, hash), (place, body))| [Param::Bytes(hash), Param::Text(place), Param::Bytes(body)])
        .collect();
    let new = session.run(&PUT_PROBLEMS, &params)?;
    counters.add("problems", new as i64);
    Ok(new)
}

/// Writes records that were not there a moment ago.
fn accept_fresh(
    session: &mut dyn Session,
    fresh: Vec<Fresh<'_>>,
    counters: &mut Counters,
    accepted: &mut Accepted,
) -> Result<(), Error> {
    // Somebody else may have written some of them meanwhile.
    let params: Vec<Param<'_>> = fresh
        .iter()
        .flat_map(|fresh| [Param::Text(&fresh.known.node), Param::Bytes(&fresh.known.hash)])
        .collect();
    let there: HashSet<usize> = session.ask(&KNOWN_RECORDS, &params)?.into_iter().map(|(at, _)| at).collect();
    accepted.unchanged += there.len() as u64;
    let mut fresh: Vec<Fresh<'_>> =
        fresh.into_iter().enumerate().filter(|(at, _)| !there.contains(at)).map(|(_, fresh)| fresh).collect();
    if fresh.is_empty() {
        return Ok(());
    }

    let (nodes, is_new) = number_nodes(session, &fresh, counters)?;
    let mut holders = Holders::new();
    let mut seeds: BTreeSet<i64> = nodes.values().copied().collect();
    seeds.extend(add_keys(session, &fresh, &nodes, &is_new, &mut holders)?);
    put_records(session, &fresh, &nodes, counters)?;
    add_sources(session, &fresh)?;

    let mut records_of: BTreeMap<i64, u64> = BTreeMap::new();
    for fresh in &fresh {
        *records_of.entry(nodes[&fresh.known.node]).or_default() += 1;
    }
    let mut members: BTreeMap<i64, Member> = BTreeMap::new();
    for fresh in fresh.drain(..) {
        let node = nodes[&fresh.known.node];
        if !is_new.contains(&node) {
            continue;
        }
        let member = members.entry(node).or_insert_with(|| Member {
            identity: fresh.record().node().clone(),
            before: None,
            records: Vec::new(),
            keys: Vec::new(),
            alone: None,
        });
        member.records.push(fresh.known.incoming.record.clone());
        member.keys.extend(fresh.keys.into_iter().filter(|(key, _)| key::joins(key)));
        member.alone = fresh.alone.filter(|_| member.records.len() == 1);
    }
    let settlement = settle::settle(session, seeds, members, holders)?;
    let new = write::write(session, settlement, counters)?;

    // Of the records of a new paper the first makes it and the others add to it.
    let all: u64 = records_of.values().sum();
    let made =
        new.iter().filter(|nodes| nodes.iter().any(|node| records_of.contains_key(node))).count() as u64;
    accepted.new += made;
    accepted.changed += all - made;
    counters.add("records", all as i64);
    Ok(())
}

/// Finds or makes the numbers of the records' nodes. Returns all, and which of them are new.
fn number_nodes(
    session: &mut dyn Session,
    fresh: &[Fresh<'_>],
    counters: &mut Counters,
) -> Result<(HashMap<String, i64>, HashSet<i64>), Error> {
    let mut names: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    for fresh in fresh {
        if seen.insert(fresh.known.node.as_str()) {
            names.push(&fresh.known.node);
        }
    }
    let params: Vec<Param<'_>> = names.iter().map(|name| Param::Text(name)).collect();
    let found = session.ask(&NODES_BY_NAME, &params)?;
    let mut nodes: HashMap<String, i64> =
        found.iter().map(|(at, row)| (names[*at].to_string(), row.int(0))).collect();
    let mut is_new = HashSet::new();
    let mut params: Vec<Param<'_>> = Vec::new();
    for name in names {
        if !nodes.contains_key(name) {
            let node = counters.add("last_node", 1);
            nodes.insert(name.to_string(), node);
            is_new.insert(node);
            params.extend([Param::Int(node), Param::Text(name)]);
        }
    }
    session.run(&PUT_NODES, &params)?;
    Ok((nodes, is_new))
}

/// Writes the keys of the records. Returns the nodes that lose a key because it has too many holders now.
fn add_keys(
    session: &mut dyn Session,
    fresh: &[Fresh<'_>],
    nodes: &HashMap<String, i64>,
    is_new: &HashSet<i64>,
    holders: &mut Holders,
) -> Result<BTreeSet<i64>, Error> {
    let pairs: Vec<(Key, StoredKey)> = fresh.iter().flat_map(|fresh| fresh.keys.iter().cloned()).collect();
    settle::ask_holders(session, &pairs, holders)?;
    // The nodes of this batch are there already by name; they count as new holders all the same.
    let held_before = |held: &BTreeSet<i64>| held.iter().filter(|node| !is_new.contains(node)).count();
    let living: HashMap<StoredKey, Vec<i64>> = holders
        .iter()
        .filter(|(_, held)| held_before(held) <= paper::join::NODES_OF_KEY_MAX)
        .map(|(stored, held)| (stored.clone(), held.iter().copied().collect()))
        .collect();
    let mut params: Vec<Param<'_>> = Vec::new();
    for fresh in fresh {
        let node = nodes[&fresh.known.node];
        for (key, stored) in &fresh.keys {
            if key::joins(key) {
                holders.entry(stored.clone()).or_default().insert(node);
            }
            if stored.as_slice() != fresh.known.node.as_bytes() {
                params.extend([Param::Bytes(stored), Param::Int(node)]);
            }
        }
    }
    session.run(&PUT_KEYS, &params)?;
    let died = living.into_iter().filter(|(stored, _)| settle::is_dead(&holders[stored]));
    Ok(died.flat_map(|(_, held)| held).collect())
}

fn put_records(
    session: &mut dyn Session,
    fresh: &[Fresh<'_>],
    nodes: &HashMap<String, i64>,
    counters: &mut Counters,
) -> Result<(), Error> {
    let params: Vec<Param<'_>> = fresh
        .iter()
        .flat_map(|fresh| {
            [
                Param::Int(counters.add("last_record", 1)),
                Param::Int(nodes[&fresh.known.node]),
                Param::Text(fresh.record().source.name()),
                Param::Bytes(&fresh.known.hash),
                Param::Bytes(&fresh.body),
            ]
        })
        .collect();
    session.run(&PUT_RECORDS, &params).map(|_| ())
}

fn add_sources(session: &mut dyn Session, fresh: &[Fresh<'_>]) -> Result<(), Error> {
    let mut sources: BTreeMap<Source, (i64, Option<i64>)> = BTreeMap::new();
    for record in fresh.iter().map(Fresh::record) {
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
