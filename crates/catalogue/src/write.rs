//! Writes a settlement: papers, addresses, editions, listings, changes. What did not change is not written.

use crate::derive::{self, Written};
use crate::session::{Batch, Kind, Param, Session};
use crate::settle::{RANK_FORMER, Settlement};
use crate::{Error, PaperId, body};
use paper::Paper;
use std::collections::{BTreeMap, BTreeSet};

use Kind::{Bytes, Int, Text};

const PAPERS_BEFORE: Batch = Batch {
    columns: &[Int],
    sqlite: "SELECT digest, sequence, body FROM papers WHERE paper_id = $1",
    postgres: "SELECT asked.at, digest, sequence, body \
               FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (paper_id, at) \
               JOIN papers ON papers.paper_id = asked.paper_id ORDER BY asked.at",
};
const ALIASES_BEFORE: Batch = Batch {
    columns: &[Int],
    sqlite: "SELECT address, rank FROM addresses WHERE paper_id = $1",
    postgres: "SELECT asked.at, address, rank \
               FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (paper_id, at) \
               JOIN addresses ON addresses.paper_id = asked.paper_id ORDER BY asked.at",
};
const PUT_PAPERS: Batch = Batch {
    columns: &[Int, Text, Bytes, Int, Text, Int, Int, Int, Int, Int, Text, Bytes],
    sqlite: "INSERT INTO papers (paper_id, address, digest, sequence, primary_category, categories, votes, comments, \
             authors, flags, volume, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (paper_id) DO UPDATE SET address = excluded.address, digest = excluded.digest, \
             sequence = excluded.sequence, primary_category = excluded.primary_category, \
             categories = excluded.categories, votes = excluded.votes, comments = excluded.comments, \
             authors = excluded.authors, flags = excluded.flags, volume = excluded.volume, body = excluded.body",
    postgres: "INSERT INTO papers (paper_id, address, digest, sequence, primary_category, categories, votes, comments, \
               authors, flags, volume, body) SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::bytea[], $4::bigint[], \
               $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bytea[]) \
               ON CONFLICT (paper_id) DO UPDATE SET address = excluded.address, digest = excluded.digest, \
               sequence = excluded.sequence, primary_category = excluded.primary_category, \
               categories = excluded.categories, votes = excluded.votes, comments = excluded.comments, \
               authors = excluded.authors, flags = excluded.flags, volume = excluded.volume, body = excluded.body",
};
const DROP_PAPERS: Batch = Batch {
    columns: &[Int],
    sqlite: "DELETE FROM papers WHERE paper_id = $1",
    postgres: "DELETE FROM papers WHERE paper_id = ANY ($1::bigint[])",
};
const SET_NODES: Batch = Batch {
    columns: &[Int, Int],
    sqlite: "UPDATE nodes SET paper_id = $2 WHERE node_id = $1 AND paper_id <> $2",
    postgres: "UPDATE nodes SET paper_id = given.paper_id \
               FROM UNNEST($1::bigint[], $2::bigint[]) AS given (node_id, paper_id) \
               WHERE nodes.node_id = given.node_id AND nodes.paper_id <> given.paper_id",
};
const PUT_ALIASES: Batch = Batch {
    columns: &[Text, Int, Int],
    sqlite: "INSERT INTO addresses (address, paper_id, rank) VALUES ($1, $2, $3) \
             ON CONFLICT (address, paper_id) DO UPDATE SET rank = excluded.rank",
    postgres: "INSERT INTO addresses (address, paper_id, rank) \
               SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::bigint[]) \
               ON CONFLICT (address, paper_id) DO UPDATE SET rank = excluded.rank",
};
const DROP_ALIASES: Batch = Batch {
    columns: &[Text, Int],
    sqlite: "DELETE FROM addresses WHERE address = $1 AND paper_id = $2",
    postgres: "DELETE FROM addresses USING UNNEST($1::text[], $2::bigint[]) AS given (address, paper_id) \
               WHERE addresses.address = given.address AND addresses.paper_id = given.paper_id",
};
const PUT_EDITIONS: Batch = Batch {
    columns: &[Int, Int, Int],
    sqlite: "INSERT INTO editions (day, paper_id, kinds) VALUES ($1, $2, $3)",
    postgres: "INSERT INTO editions (day, paper_id, kinds) \
               SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[])",
};
const DROP_EDITIONS: Batch = Batch {
    columns: &[Int, Int],
    sqlite: "DELETE FROM editions WHERE day = $1 AND paper_id = $2",
    postgres: "DELETE FROM editions USING UNNEST($1::bigint[], $2::bigint[]) AS given (day, paper_id) \
               WHERE editions.day = given.day AND editions.paper_id = given.paper_id",
};
const PUT_LISTINGS: Batch = Batch {
    columns: &[Text, Int, Int, Int],
    sqlite: "INSERT INTO listings (category, day, kind, paper_id) VALUES ($1, $2, $3, $4)",
    postgres: "INSERT INTO listings (category, day, kind, paper_id) \
               SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])",
};
const DROP_LISTINGS: Batch = Batch {
    columns: &[Text, Int, Int, Int],
    sqlite: "DELETE FROM listings WHERE category = $1 AND day = $2 AND kind = $3 AND paper_id = $4",
    postgres: "DELETE FROM listings USING UNNEST($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) \
               AS given (category, day, kind, paper_id) WHERE listings.category = given.category \
               AND listings.day = given.day AND listings.kind = given.kind AND listings.paper_id = given.paper_id",
};
const PUT_CHANGES: Batch = Batch {
    columns: &[Int, Int],
    sqlite: "INSERT INTO changes (sequence, paper_id) VALUES ($1, $2)",
    postgres: "INSERT INTO changes (sequence, paper_id) SELECT * FROM UNNEST($1::bigint[], $2::bigint[])",
};
const DROP_CHANGES: Batch = Batch {
    columns: &[Int],
    sqlite: "DELETE FROM changes WHERE sequence = $1",
    postgres: "DELETE FROM changes WHERE sequence = ANY ($1::bigint[])",
};
const SET_META: Batch = Batch {
    columns: &[Text, Int],
    sqlite: "UPDATE meta SET value = $2 WHERE name = $1",
    postgres: "UPDATE meta SET value = given.value FROM UNNEST($1::text[], $2::bigint[]) AS given (name, value) \
               WHERE meta.name = given.name",
};

/// The catalogue's counters, read and written once a transaction.
pub(crate) struct Counters(BTreeMap<String, i64>);

impl Counters {
    pub(crate) fn read(session: &mut dyn Session) -> Result<Counters, Error> {
        let rows = session.query("SELECT name, value FROM meta", &[])?;
        Ok(Counters(rows.iter().map(|row| (row.text(0).to_string(), row.int(1))).collect()))
    }

    pub(crate) fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    pub(crate) fn add(&mut self, name: &str, more: i64) -> i64 {
        let value = self.0.entry(name.to_string()).or_default();
        *value += more;
        *value
    }

    pub(crate) fn write(&self, session: &mut dyn Session) -> Result<(), Error> {
        let params: Vec<Param<'_>> =
            self.0.iter().flat_map(|(name, value)| [Param::Text(name), Param::Int(*value)]).collect();
        session.run(&SET_META, &params).map(|_| ())
    }
}

/// What a paper was before.
struct Before {
    digest: Vec<u8>,
    sequence: i64,
    body: Vec<u8>,
}

/// Rows to put and rows to drop, collected over all papers so that each table is touched once.
#[derive(Default)]
struct Rows {
    papers: Vec<(PaperId, i64, Written)>,
    gone: Vec<PaperId>,
    nodes: Vec<(i64, PaperId)>,
    aliases: Vec<(String, PaperId, i64)>,
    aliases_gone: Vec<(String, PaperId)>,
    editions: Vec<(i64, PaperId, i64)>,
    editions_gone: Vec<(i64, PaperId)>,
    listings: Vec<(String, i64, i64, PaperId)>,
    listings_gone: Vec<(String, i64, i64, PaperId)>,
    changes: Vec<(i64, PaperId)>,
    changes_gone: Vec<i64>,
}

/// Writes the settlement. Returns the nodes of every paper that is new.
pub(crate) fn write(
    session: &mut dyn Session,
    settlement: Settlement,
    counters: &mut Counters,
) -> Result<Vec<Vec<i64>>, Error> {
    write_for(session, settlement, counters, Why::Accept)
}

/// Writes the settlement of a rebuild: everything that follows from a paper is written again into tables that were
/// emptied, and no address is forgotten.
pub(crate) fn rewrite(
    session: &mut dyn Session,
    settlement: Settlement,
    counters: &mut Counters,
) -> Result<(), Error> {
    write_for(session, settlement, counters, Why::Rebuild).map(|_| ())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Accept,
    Rebuild,
}

fn write_for(
    session: &mut dyn Session,
    settlement: Settlement,
    counters: &mut Counters,
    why: Why,
) -> Result<Vec<Vec<i64>>, Error> {
    let known: Vec<PaperId> = settlement.before.iter().copied().collect();
    let before = read_before(session, &known)?;
    let aliases_before = read_aliases(session, &known)?;
    let mut rows = Rows::default();
    let mut new = Vec::new();
    let mut taken: BTreeSet<PaperId> = BTreeSet::new();
    let mut aliases_after: BTreeMap<(String, PaperId), i64> = BTreeMap::new();
    let mut heir: BTreeMap<PaperId, PaperId> = BTreeMap::new();

    // Numbers mean nothing outside this catalogue, so which part of a split paper keeps the number is of no account.
    for settled in settlement.papers {
        let kept = settled.before.iter().copied().find(|paper| !taken.contains(paper));
        let id = kept.unwrap_or_else(|| derive::paper_id(counters.add("last_paper", 1)));
        taken.insert(id);
        settled.before.iter().for_each(|paper| {
            heir.entry(*paper).or_insert(id);
        });
        if settled.before.is_empty() {
            new.push(settled.nodes.clone());
        }
        rows.nodes.extend(settled.nodes.iter().map(|node| (*node, id)));
        aliases_after.extend(settled.aliases.into_iter().map(|(address, rank)| ((address, id), rank)));
        let old = before.get(&id);
        let is_same = old.is_some_and(|old| old.digest == settled.written.digest);
        if is_same && why == Why::Accept {
            continue;
        }
        let sequence = match old {
            Some(old) if is_same => old.sequence,
            _ => rows.change(id, old, counters),
        };
        if old.is_none() {
            counters.add("papers", 1);
        }
        let old = old.map(|old| body::paper(&old.body)).transpose();
        let old = old.map_err(|reason| Error::paper_body(id, reason))?;
        match why {
            Why::Accept => rows.derived(id, old.as_ref(), Some(&settled.written.paper)),
            Why::Rebuild => rows.derived(id, None, Some(&settled.written.paper)),
        }
        if let Some(old) =
            old.filter(|old| why == Why::Rebuild && old.address != settled.written.paper.address)
        {
            aliases_after.entry((derive::text(&old.address), id)).or_insert(RANK_FORMER);
        }
        rows.papers.push((id, sequence, settled.written));
    }

    for (id, old) in before.iter().filter(|(id, _)| !taken.contains(id)) {
        counters.add("papers", -1);
        rows.change(*id, Some(old), counters);
        let paper = body::paper(&old.body).map_err(|reason| Error::paper_body(*id, reason))?;
        if why == Why::Accept {
            rows.derived(*id, Some(&paper), None);
        } else if let Some(heir) = heir.get(id) {
            aliases_after.entry((derive::text(&paper.address), *heir)).or_insert(RANK_FORMER);
        }
        rows.gone.push(*id);
    }
    for ((address, id), rank) in &aliases_before {
        if *rank == RANK_FORMER || why == Why::Rebuild {
            let id = if taken.contains(id) { *id } else { heir.get(id).copied().unwrap_or(*id) };
            aliases_after.entry((address.clone(), id)).or_insert(RANK_FORMER);
        }
    }
    for key in aliases_before.keys().filter(|key| !aliases_after.contains_key(key)) {
        rows.aliases_gone.push(key.clone());
    }
    for (key, rank) in aliases_after {
        if aliases_before.get(&key) != Some(&rank) {
            rows.aliases.push((key.0, key.1, rank));
        }
    }
    rows.write(session)?;
    Ok(new)
}

fn read_before(session: &mut dyn Session, papers: &[PaperId]) -> Result<BTreeMap<PaperId, Before>, Error> {
    let found = session.ask(&PAPERS_BEFORE, &ids(papers))?;
    let before = |(at, mut row): (usize, crate::session::Row)| {
        (papers[at], Before { digest: row.take_bytes(0), sequence: row.int(1), body: row.take_bytes(2) })
    };
    Ok(found.into_iter().map(before).collect())
}

fn read_aliases(
    session: &mut dyn Session,
    papers: &[PaperId],
) -> Result<BTreeMap<(String, PaperId), i64>, Error> {
    let found = session.ask(&ALIASES_BEFORE, &ids(papers))?;
    Ok(found.into_iter().map(|(at, mut row)| ((row.take_text(0), papers[at]), row.int(1))).collect())
}

fn ids(papers: &[PaperId]) -> Vec<Param<'static>> {
    papers.iter().map(|paper| number(*paper)).collect()
}

fn number(paper: PaperId) -> Param<'static> {
    Param::Int(paper.0.into())
}

impl Rows {
    /// Gives the paper a new place in the sequence and takes back its old one.
    fn change(&mut self, id: PaperId, old: Option<&Before>, counters: &mut Counters) -> i64 {
        let sequence = counters.add("sequence", 1);
        self.changes_gone.extend(old.map(|old| old.sequence));
        self.changes.push((sequence, id));
        sequence
    }

    /// The rows of editions and listings that come and go with a paper's new state.
    fn derived(&mut self, id: PaperId, old: Option<&Paper>, new: Option<&Paper>) {
        let editions = |paper: Option<&Paper>| paper.map(derive::editions).unwrap_or_default();
        let (before, after) = (editions(old), editions(new));
        for (day, kinds) in before.iter().filter(|(day, kinds)| after.get(day) != Some(kinds)) {
            let _ = kinds;
            self.editions_gone.push((day.number().into(), id));
        }
        for (day, kinds) in after.iter().filter(|(day, kinds)| before.get(day) != Some(kinds)) {
            self.editions.push((day.number().into(), id, *kinds));
        }
        let listings = |paper: Option<&Paper>| paper.map(derive::listings).unwrap_or_default();
        let (before, after) = (listings(old), listings(new));
        for ((category, day), kind) in before.iter().filter(|(line, kind)| after.get(line) != Some(kind)) {
            self.listings_gone.push((category.clone(), day.number().into(), *kind, id));
        }
        for ((category, day), kind) in after.iter().filter(|(line, kind)| before.get(line) != Some(kind)) {
            self.listings.push((category.clone(), day.number().into(), *kind, id));
        }
    }

    fn write(&self, session: &mut dyn Session) -> Result<(), Error> {
        session.run(&DROP_PAPERS, &ids(&self.gone))?;
        let texts: Vec<(String, String, Option<String>)> = self
            .papers
            .iter()
            .map(|(_, _, Written { paper, .. })| {
                let category = derive::text(paper.primary_category().unwrap_or_default());
                (derive::text(&paper.address), category, paper.volume.as_deref().map(derive::text))
            })
            .collect();
        let params: Vec<Param<'_>> = self
            .papers
            .iter()
            .zip(&texts)
            .flat_map(|((id, sequence, written), (address, category, volume))| {
                let paper = &written.paper;
                [
                    number(*id),
                    Param::Text(address),
                    Param::Bytes(&written.digest),
                    Param::Int(*sequence),
                    Param::Text(category),
                    Param::Int(paper.categories.len() as i64),
                    Param::Int(paper.votes().into()),
                    Param::Int(paper.comments().into()),
                    Param::Int(paper.author_count.into()),
                    Param::Int(derive::flags(paper)),
                    Param::text_or_null(volume.as_deref()),
                    Param::Bytes(&written.body),
                ]
            })
            .collect();
        session.run(&PUT_PAPERS, &params)?;
        let params: Vec<Param<'_>> =
            self.nodes.iter().flat_map(|(node, id)| [Param::Int(*node), number(*id)]).collect();
        session.run(&SET_NODES, &params)?;
        let params: Vec<Param<'_>> =
            self.aliases_gone.iter().flat_map(|(address, id)| [Param::Text(address), number(*id)]).collect();
        session.run(&DROP_ALIASES, &params)?;
        let params: Vec<Param<'_>> = self
            .aliases
            .iter()
            .flat_map(|(address, id, rank)| [Param::Text(address), number(*id), Param::Int(*rank)])
            .collect();
        session.run(&PUT_ALIASES, &params)?;
        let params: Vec<Param<'_>> =
            self.editions_gone.iter().flat_map(|(day, id)| [Param::Int(*day), number(*id)]).collect();
        session.run(&DROP_EDITIONS, &params)?;
        let params: Vec<Param<'_>> = self
            .editions
            .iter()
            .flat_map(|(day, id, kinds)| [Param::Int(*day), number(*id), Param::Int(*kinds)])
            .collect();
        session.run(&PUT_EDITIONS, &params)?;
        for (batch, lines) in [(&DROP_LISTINGS, &self.listings_gone), (&PUT_LISTINGS, &self.listings)] {
            let params: Vec<Param<'_>> = lines
                .iter()
                .flat_map(|(category, day, kind, id)| {
                    [Param::Text(category), Param::Int(*day), Param::Int(*kind), number(*id)]
                })
                .collect();
            session.run(batch, &params)?;
        }
        let params: Vec<Param<'_>> = self.changes_gone.iter().map(|sequence| Param::Int(*sequence)).collect();
        session.run(&DROP_CHANGES, &params)?;
        let params: Vec<Param<'_>> =
            self.changes.iter().flat_map(|(sequence, id)| [Param::Int(*sequence), number(*id)]).collect();
        session.run(&PUT_CHANGES, &params).map(|_| ())
    }
}
