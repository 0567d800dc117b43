//! Why a paper is one paper, and how an editor changes that.

use crate::session::{Batch, Kind, Param, Session};
use crate::settle::{self, Holders, Member, RECORDS_OF_NODES};
use crate::write::{self, Counters};
use crate::{Catalogue, Decision, Error, Explanation, Incoming, PaperId, body, derive};
use paper::join::{Key, Node};
use std::collections::{BTreeMap, BTreeSet};

const ADDRESSES: Batch = Batch {
    columns: &[Kind::Text],
    sqlite: "SELECT papers.paper_id, address FROM nodes JOIN papers USING (paper_id) WHERE node = $1",
    postgres: "SELECT asked.at, papers.paper_id, papers.address \
               FROM UNNEST($1::text[]) WITH ORDINALITY AS asked (node, at) JOIN nodes ON nodes.node = asked.node \
               JOIN papers ON papers.paper_id = nodes.paper_id ORDER BY asked.at",
};
const TITLE_HOLDERS: Batch = Batch {
    columns: &[Kind::Bytes, Kind::Int],
    sqlite: "SELECT nodes.node FROM keys JOIN nodes USING (node_id) WHERE key = $1 ORDER BY nodes.node LIMIT $2",
    postgres: "SELECT asked.at, held.node FROM UNNEST($1::bytea[], $2::bigint[]) WITH ORDINALITY \
               AS asked (key, most, at) CROSS JOIN LATERAL (SELECT nodes.node FROM keys JOIN nodes USING (node_id) \
               WHERE keys.key = asked.key ORDER BY nodes.node LIMIT asked.most) AS held ORDER BY asked.at, held.node",
};

impl Catalogue {
    /// Why a paper is one paper: its records, the joins among them, and other papers that may be the same. `None` if there
    /// is no such paper.
    pub fn explain(&self, id: PaperId) -> Result<Option<Explanation>, Error> {
        let mut explanation = None;
        self.backend.read(true, &mut |session| {
            let sql = "SELECT node_id FROM nodes WHERE paper_id = $1 ORDER BY node";
            let nodes: BTreeSet<i64> =
                session.query(sql, &[Param::Int(id.0.into())])?.iter().map(|row| row.int(0)).collect();
            if id.0 > 0 && !nodes.is_empty() {
                explanation = Some(explain(session, id, nodes)?);
            }
            Ok(())
        })?;
        Ok(explanation)
    }

    /// Stores what an editor decided about two nodes, and why, and acts on it. The latest decision about a pair holds:
    /// deciding the opposite undoes a decision; deciding the same again changes nothing.
    pub fn decide(&self, decision: &Decision, note: &str) -> Result<(), Error> {
        let (one, other) = (decision.one.to_string(), decision.other.to_string());
        let (one, other) = if one <= other { (one, other) } else { (other, one) };
        let note = derive::text(note);
        self.backend.write(&mut |session| {
            let same = Param::Int(decision.same.into());
            let touched = session.execute(
                "INSERT INTO decisions (one, other, same, note) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (one, other) DO UPDATE SET same = excluded.same, note = excluded.note \
                 WHERE decisions.same <> excluded.same OR decisions.note <> excluded.note",
                &[Param::Text(&one), Param::Text(&other), same, Param::Text(&note)],
            )?;
            if touched == 0 { Ok(()) } else { settle_names(session, &[&one, &other]) }
        })
    }

    /// Takes a decision about two nodes back, whatever it was: the rules alone decide again.
    pub fn withdraw(&self, decision: &Decision) -> Result<(), Error> {
        let (one, other) = (decision.one.to_string(), decision.other.to_string());
        let (one, other) = if one <= other { (one, other) } else { (other, one) };
        self.backend.write(&mut |session| {
            let params = [Param::Text(&one), Param::Text(&other)];
            let touched = session.execute("DELETE FROM decisions WHERE one = $1 AND other = $2", &params)?;
            if touched == 0 { Ok(()) } else { settle_names(session, &[&one, &other]) }
        })
    }

    /// The records of a paper as they were received, by node, each with what was understood of it.
    pub fn raw_records(&self, id: PaperId) -> Result<Vec<Incoming>, Error> {
        let mut records = Vec::new();
        self.backend.read(false, &mut |session| {
            let sql = "SELECT records.body FROM nodes JOIN records USING (node_id) \
                       WHERE nodes.paper_id = $1 ORDER BY nodes.node, records.source, records.hash";
            for row in session.query(sql, &[Param::Int(id.0.into())])? {
                let body = body::RecordBody::read(row.bytes(0));
                let body = body.map_err(|reason| Error::paper_body(id, reason))?;
                let record = body.record().map_err(|reason| Error::paper_body(id, reason))?;
                records.push(Incoming { record, raw: body.raw().to_vec() });
            }
            Ok(())
        })?;
        Ok(records)
    }
}

fn settle_names(session: &mut dyn Session, names: &[&str]) -> Result<(), Error> {
    let params: Vec<Param<'_>> = names.iter().map(|name| Param::Text(name)).collect();
    let seeds = session.ask(&settle::NODES_BY_NAME, &params)?.iter().map(|(_, row)| row.int(0)).collect();
    let mut counters = Counters::read(session)?;
    let settlement = settle::settle(session, seeds, BTreeMap::new(), Holders::new())?;
    write::write(session, settlement, &mut counters)?;
    counters.write(session)
}

fn explain(session: &mut dyn Session, id: PaperId, nodes: BTreeSet<i64>) -> Result<Explanation, Error> {
    let decisions = settle::decisions(session)?;
    let (members, holders) =
        settle::reach(session, nodes.clone(), BTreeMap::new(), Holders::new(), &decisions)?;
    let ours: BTreeSet<&paper::Identity> =
        members.iter().filter(|(node, _)| nodes.contains(node)).map(|(_, member)| &member.identity).collect();
    let all: Vec<Node> = members.values().map(|member| settle::joining_node(member, &holders)).collect();
    let partition = paper::join::partition(&all, &decisions);
    let joins = partition
        .joins
        .into_iter()
        .filter(|join| ours.contains(&join.one) && ours.contains(&join.other))
        .collect();
    let mut others: BTreeSet<String> = partition
        .perhaps
        .iter()
        .filter(|group| group.iter().any(|identity| ours.contains(identity)))
        .flatten()
        .map(ToString::to_string)
        .collect();
    others.extend(title_holders(session, members.iter().filter(|(node, _)| nodes.contains(node)))?);
    let params: Vec<Param<'_>> = others.iter().map(|name| Param::Text(name)).collect();
    let perhaps: BTreeSet<String> = session
        .ask(&ADDRESSES, &params)?
        .iter()
        .filter(|(_, row)| derive::paper_id(row.int(0)) != id)
        .map(|(_, row)| row.text(1).to_string())
        .collect();
    let params: Vec<Param<'_>> = nodes.iter().map(|node| Param::Int(*node)).collect();
    let mut records = Vec::new();
    for (_, row) in session.ask(&RECORDS_OF_NODES, &params)? {
        records.push(body::record(row.bytes(0), &format!("paper {}", id.0))?);
    }
    records.sort_by_cached_key(|record| {
        (
            record.source,
            record.node().clone(),
            record.stamp.clone(),
            serde_json::to_string(record).unwrap_or_default(),
        )
    });
    Ok(Explanation { records, joins, perhaps: perhaps.into_iter().collect() })
}

/// The nodes that have a title in common with these; a title that very many papers have suggests nothing.
fn title_holders<'a>(
    session: &mut dyn Session,
    members: impl Iterator<Item = (&'a i64, &'a Member)>,
) -> Result<Vec<String>, Error> {
    let titles: BTreeSet<Vec<u8>> = members
        .flat_map(|(_, member)| &member.records)
        .flat_map(paper::join::keys)
        .filter(|key| matches!(key, Key::Title(_)))
        .map(|key| crate::key::stored(&key))
        .collect();
    let most = paper::join::NODES_OF_KEY_MAX;
    let params: Vec<Param<'_>> =
        titles.iter().flat_map(|title| [Param::Bytes(title), Param::Int(most as i64 + 1)]).collect();
    let mut by_title: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (at, row) in session.ask(&TITLE_HOLDERS, &params)? {
        by_title.entry(at).or_default().push(row.text(0).to_string());
    }
    Ok(by_title.into_values().filter(|nodes| nodes.len() <= most).flatten().collect())
}
