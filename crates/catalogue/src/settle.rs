//! How nodes become papers: the closure of nodes that can reach each other, its parts, their papers.
//!
//! Settling looks at everything that can bear on the seeds, and at nothing else, so the outcome is a function of the set of
//! records and decisions, whatever their order and batching.

use crate::derive::Written;
use crate::key::{self, StoredKey};
use crate::session::{Batch, Kind, Param, Session};
use crate::{Decision, Error, PaperId, body, derive, prepare};
use paper::join::{Key, NODES_OF_KEY_MAX, Node};
use paper::{Identity, Record, Scheme};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const HOLDERS: Batch = Batch {
    columns: &[Kind::Bytes, Kind::Int],
    sqlite: "SELECT node_id FROM keys WHERE key = $1 LIMIT $2",
    postgres: "SELECT asked.at, held.node_id \
               FROM UNNEST($1::bytea[], $2::bigint[]) WITH ORDINALITY AS asked (key, most, at) \
               CROSS JOIN LATERAL (SELECT node_id FROM keys WHERE keys.key = asked.key LIMIT asked.most) AS held \
               ORDER BY asked.at",
};
pub(crate) const NODES_BY_NAME: Batch = Batch {
    columns: &[Kind::Text],
    sqlite: "SELECT node_id, paper_id FROM nodes WHERE node = $1",
    postgres: "SELECT asked.at, nodes.node_id, nodes.paper_id \
               FROM UNNEST($1::text[]) WITH ORDINALITY AS asked (node, at) \
               JOIN nodes ON nodes.node = asked.node ORDER BY asked.at",
};
pub(crate) const NODES_BY_ID: Batch = Batch {
    columns: &[Kind::Int],
    sqlite: "SELECT node, paper_id FROM nodes WHERE node_id = $1",
    postgres: "SELECT asked.at, nodes.node, nodes.paper_id \
               FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (node_id, at) \
               JOIN nodes ON nodes.node_id = asked.node_id ORDER BY asked.at",
};
pub(crate) const NODES_OF_PAPERS: Batch = Batch {
    columns: &[Kind::Int],
    sqlite: "SELECT node_id FROM nodes WHERE paper_id = $1 ORDER BY node",
    postgres: "SELECT asked.at, nodes.node_id \
               FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (paper_id, at) \
               JOIN nodes ON nodes.paper_id = asked.paper_id ORDER BY asked.at, nodes.node",
};
pub(crate) const RECORDS_OF_NODES: Batch = Batch {
    columns: &[Kind::Int],
    sqlite: "SELECT body FROM records WHERE node_id = $1 ORDER BY hash",
    postgres: "SELECT asked.at, records.body \
               FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (node_id, at) \
               JOIN records ON records.node_id = asked.node_id ORDER BY asked.at, records.hash",
};

/// Who holds which key, nodes by number. A key with more holders than the limit is *dead*: it joins nothing, and only a
/// part of its holders is listed.
pub(crate) type Holders = HashMap<StoredKey, BTreeSet<i64>>;

pub(crate) fn is_dead(holders: &BTreeSet<i64>) -> bool {
    holders.len() > NODES_OF_KEY_MAX
}

/// Everything about a node that settling needs.
pub(crate) struct Member {
    pub(crate) identity: Identity,
    /// The paper that it belonged to; `None` for a node that is new.
    pub(crate) before: Option<PaperId>,
    pub(crate) records: Vec<Record>,
    /// The keys that can join.
    pub(crate) keys: Vec<(Key, StoredKey)>,
    /// The paper of its one record, if that was made already.
    pub(crate) alone: Option<Written>,
}

/// A paper that settling arrived at.
pub(crate) struct Settled {
    /// Its nodes, sorted by identity.
    pub(crate) nodes: Vec<i64>,
    /// The papers that its nodes belonged to.
    pub(crate) before: BTreeSet<PaperId>,
    pub(crate) written: Written,
    /// Every other address that leads to it, with its rank.
    pub(crate) aliases: BTreeMap<String, i64>,
}

/// The outcome.
pub(crate) struct Settlement {
    pub(crate) papers: Vec<Settled>,
    /// Every paper that any of the nodes belonged to.
    pub(crate) before: BTreeSet<PaperId>,
}

/// Asks who holds these keys and adds the answers to `holders`.
pub(crate) fn ask_holders(
    session: &mut dyn Session,
    keys: &[(Key, StoredKey)],
    holders: &mut Holders,
) -> Result<(), Error> {
    let mut asked: Vec<&(Key, StoredKey)> = Vec::new();
    for pair in keys {
        if key::joins(&pair.0) && !holders.contains_key(&pair.1) {
            holders.insert(pair.1.clone(), BTreeSet::new());
            asked.push(pair);
        }
    }
    let most = Param::Int(NODES_OF_KEY_MAX as i64 + 1);
    let params: Vec<Param<'_>> = asked.iter().flat_map(|(_, stored)| [Param::Bytes(stored), most]).collect();
    for (at, row) in session.ask(&HOLDERS, &params)? {
        holders.entry(asked[at].1.clone()).or_default().insert(row.int(0));
    }
    let named: Vec<(&StoredKey, String)> = asked
        .iter()
        .filter_map(|(key, stored)| match key {
            Key::Identity(identity) => Some((stored, identity.to_string())),
            _ => None,
        })
        .collect();
    let params: Vec<Param<'_>> = named.iter().map(|(_, name)| Param::Text(name)).collect();
    for (at, row) in session.ask(&NODES_BY_NAME, &params)? {
        holders.entry(named[at].0.clone()).or_default().insert(row.int(0));
    }
    Ok(())
}

/// Editors' decisions. There are few: they are read whole.
pub(crate) fn decisions(session: &mut dyn Session) -> Result<Vec<Decision>, Error> {
    let rows = session.query("SELECT one, other, same FROM decisions ORDER BY one, other", &[])?;
    let decision = |row: &crate::session::Row| {
        Some(Decision {
            one: Identity::from_canonical(row.text(0))?,
            other: Identity::from_canonical(row.text(1))?,
            same: row.int(2) != 0,
        })
    };
    Ok(rows.iter().filter_map(decision).collect())
}

/// Settles the seeds and everything that bears on them. `members` and `holders` may hold what is known already.
pub(crate) fn settle(
    session: &mut dyn Session,
    seeds: BTreeSet<i64>,
    members: BTreeMap<i64, Member>,
    holders: Holders,
) -> Result<Settlement, Error> {
    let decisions = decisions(session)?;
    let (mut members, holders) = reach(session, seeds, members, holders, &decisions)?;
    let groups = groups(&members, &holders, &decisions);
    let components: Vec<Vec<i64>> =
        groups.into_iter().flat_map(|group| components(&group, &members, &holders, &decisions)).collect();
    let before = members.values().filter_map(|member| member.before).collect();
    let mut parts: Vec<(Vec<i64>, Vec<Member>)> = Vec::with_capacity(components.len());
    for nodes in components {
        let part = nodes.iter().filter_map(|node| members.remove(node)).collect();
        parts.push((nodes, part));
    }
    let papers = prepare::each(parts, |(nodes, part)| merge(nodes, part, &holders));
    Ok(Settlement { papers: papers.into_iter().flatten().collect(), before })
}

/// The closure: everything that can be reached from the seeds, and who holds the keys of it.
pub(crate) fn reach(
    session: &mut dyn Session,
    seeds: BTreeSet<i64>,
    mut members: BTreeMap<i64, Member>,
    mut holders: Holders,
    decisions: &[Decision],
) -> Result<(BTreeMap<i64, Member>, Holders), Error> {
    let mut reached: BTreeSet<i64> = BTreeSet::new();
    let mut papers_seen: BTreeSet<PaperId> = BTreeSet::new();
    let mut frontier = seeds;
    while !frontier.is_empty() {
        load(session, &frontier, &mut members)?;
        reached.extend(&frontier);
        frontier = neighbours(session, &frontier, &members, &mut holders, decisions, &mut papers_seen)?;
        frontier.retain(|node| !reached.contains(node));
    }
    members.retain(|node, _| reached.contains(node));
    Ok((members, holders))
}

/// Reads the nodes that are not known yet, with their records.
fn load(
    session: &mut dyn Session,
    wanted: &BTreeSet<i64>,
    members: &mut BTreeMap<i64, Member>,
) -> Result<(), Error> {
    let nodes: Vec<i64> = wanted.iter().copied().filter(|node| !members.contains_key(node)).collect();
    let params: Vec<Param<'_>> = nodes.iter().map(|node| Param::Int(*node)).collect();
    for (at, row) in session.ask(&NODES_BY_ID, &params)? {
        let Some(identity) = Identity::from_canonical(row.text(0)) else {
            return Err(Error::body(format!("node {}", nodes[at]), "its name is no identity"));
        };
        let before = (row.int(1) != 0).then(|| derive::paper_id(row.int(1)));
        let member = Member { identity, before, records: Vec::new(), keys: Vec::new(), alone: None };
        members.insert(nodes[at], member);
    }
    let bodies = session.ask(&RECORDS_OF_NODES, &params)?;
    let read = prepare::each(bodies, |(at, row)| {
        body::record(row.bytes(0), &nodes[at].to_string()).map(|record| (at, prepare::keys(&record), record))
    });
    for result in read {
        let (at, keys, record) = result?;
        if let Some(member) = members.get_mut(&nodes[at]) {
            member.records.push(record);
            member.keys.extend(keys.into_iter().filter(|(key, _)| key::joins(key)));
        }
    }
    for node in &nodes {
        if let Some(member) = members.get_mut(node) {
            member.keys.sort();
            member.keys.dedup();
        }
    }
    Ok(())
}

/// The nodes that bear on these: holders of their living keys, partners in decisions, members of the same paper.
fn neighbours(
    session: &mut dyn Session,
    nodes: &BTreeSet<i64>,
    members: &BTreeMap<i64, Member>,
    holders: &mut Holders,
    decisions: &[Decision],
    papers_seen: &mut BTreeSet<PaperId>,
) -> Result<BTreeSet<i64>, Error> {
    let mut found = BTreeSet::new();
    let here: Vec<&Member> = nodes.iter().filter_map(|node| members.get(node)).collect();
    let keys: Vec<(Key, StoredKey)> = here
        .iter()
        .flat_map(|member| &member.keys)
        .filter(|pair| !holders.contains_key(&pair.1))
        .cloned()
        .collect();
    ask_holders(session, &keys, holders)?;
    for pair in here.iter().flat_map(|member| &member.keys) {
        if let Some(held) = holders.get(&pair.1).filter(|held| !is_dead(held)) {
            found.extend(held);
        }
    }
    if !decisions.is_empty() {
        let names: BTreeSet<&Identity> = here.iter().map(|member| &member.identity).collect();
        let partners: BTreeSet<String> = decisions
            .iter()
            .flat_map(|decision| [(&decision.one, &decision.other), (&decision.other, &decision.one)])
            .filter(|(one, _)| names.contains(one))
            .map(|(_, other)| other.to_string())
            .collect();
        let params: Vec<Param<'_>> = partners.iter().map(|name| Param::Text(name)).collect();
        found.extend(session.ask(&NODES_BY_NAME, &params)?.iter().map(|(_, row)| row.int(0)));
    }
    let papers: Vec<PaperId> =
        here.iter().filter_map(|member| member.before).filter(|paper| papers_seen.insert(*paper)).collect();
    let params: Vec<Param<'_>> = papers.iter().map(|paper| Param::Int(paper.0.into())).collect();
    found.extend(session.ask(&NODES_OF_PAPERS, &params)?.iter().map(|(_, row)| row.int(0)));
    Ok(found)
}

/// The nodes that can reach each other over living keys and decisions.
fn groups(members: &BTreeMap<i64, Member>, holders: &Holders, decisions: &[Decision]) -> Vec<Vec<i64>> {
    let mut parent: HashMap<i64, i64> = members.keys().map(|node| (*node, *node)).collect();
    fn root(parent: &HashMap<i64, i64>, mut node: i64) -> i64 {
        while let Some(next) = parent.get(&node).filter(|next| **next != node) {
            node = *next;
        }
        node
    }
    let mut join = |one: i64, other: i64| {
        let (one, other) = (root(&parent, one), root(&parent, other));
        parent.insert(one.max(other), one.min(other));
    };
    for (node, member) in members {
        for (_, stored) in &member.keys {
            if let Some(held) = holders.get(stored).filter(|held| !is_dead(held)) {
                held.iter().filter(|other| members.contains_key(other)).for_each(|other| join(*node, *other));
            }
        }
    }
    if !decisions.is_empty() {
        let names: HashMap<&Identity, i64> =
            members.iter().map(|(node, member)| (&member.identity, *node)).collect();
        for decision in decisions {
            if let (Some(one), Some(other)) = (names.get(&decision.one), names.get(&decision.other)) {
                join(*one, *other);
            }
        }
    }
    let mut groups: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for node in members.keys() {
        groups.entry(root(&parent, *node)).or_default().push(*node);
    }
    groups.into_values().collect()
}

/// A member as the joining rules see it: only living keys.
pub(crate) fn joining_node(member: &Member, holders: &Holders) -> Node {
    let years = member.records.iter().filter_map(paper::join::year);
    let alive = |stored: &StoredKey| holders.get(stored).is_none_or(|held| !is_dead(held));
    Node {
        identity: member.identity.clone(),
        keys: member.keys.iter().filter(|(_, stored)| alive(stored)).map(|(key, _)| key.clone()).collect(),
        years: years.fold(None, |range: Option<(i16, i16)>, year| {
            Some(range.map_or((year, year), |(first, last)| (first.min(year), last.max(year))))
        }),
    }
}

/// Splits a group into papers: the nodes of each, sorted by identity.
fn components(
    group: &[i64],
    members: &BTreeMap<i64, Member>,
    holders: &Holders,
    decisions: &[Decision],
) -> Vec<Vec<i64>> {
    if let [node] = group {
        return vec![vec![*node]];
    }
    let nodes: Vec<Node> = group.iter().map(|node| joining_node(&members[node], holders)).collect();
    let numbers: HashMap<&Identity, i64> =
        group.iter().map(|node| (&members[node].identity, *node)).collect();
    let bearing: Vec<Decision> = decisions
        .iter()
        .filter(|decision| numbers.contains_key(&decision.one) && numbers.contains_key(&decision.other))
        .cloned()
        .collect();
    let partition = paper::join::partition(&nodes, &bearing);
    partition
        .papers
        .iter()
        .map(|names| names.iter().filter_map(|name| numbers.get(name).copied()).collect())
        .collect()
}

/// Makes the paper of a component.
fn merge(nodes: Vec<i64>, mut part: Vec<Member>, holders: &Holders) -> Option<Settled> {
    let before = part.iter().filter_map(|member| member.before).collect();
    let names: BTreeSet<Identity> = part.iter().map(|member| member.identity.clone()).collect();
    let ready = match part.as_mut_slice() {
        [member] if member.records.len() == 1 => member.alone.take(),
        _ => None,
    };
    let mut records: Vec<Record> = part.into_iter().flat_map(|member| member.records).collect();
    let mut written = match ready {
        Some(written) => written,
        None => Written::new(paper::merge::merge(&records)?),
    };
    let contested = contested(&written.paper.identities, &nodes, &names, holders);
    if contested.iter().any(|identity| identity.address().as_deref() == Some(&written.paper.address)) {
        let stripped: Vec<Record> = records
            .iter()
            .cloned()
            .map(|mut record| {
                record.identities.retain(|identity| !contested.contains(identity));
                record
            })
            .collect();
        let mut paper = written.paper;
        paper.address = paper::merge::merge(&stripped)?.address;
        written = Written::new(paper);
    }
    records.sort_by(|one, other| one.node().cmp(other.node()));
    let aliases = aliases(&records, &names, &written.paper.address);
    Some(Settled { nodes, before, written, aliases })
}

/// The arXiv ids that these records merely state and that others hold as well: no paper may live there because of them,
/// or two papers would live at one address.
fn contested(
    identities: &[Identity],
    nodes: &[i64],
    names: &BTreeSet<Identity>,
    holders: &Holders,
) -> Vec<Identity> {
    let is_ours = |identity: &Identity| match holders.get(&key::stored_identity(identity)) {
        Some(held) => !is_dead(held) && held.iter().all(|node| nodes.contains(node)),
        None => true,
    };
    let stated =
        identities.iter().filter(|identity| identity.scheme() == Scheme::Arxiv && !names.contains(identity));
    stated.filter(|identity| !is_ours(identity)).cloned().collect()
}

/// An address that a node of the paper gives.
const RANK_OWN: i64 = 1;
/// An address of an identity that a record merely states.
const RANK_STATED: i64 = 2;
/// An address that the paper had under older rules; only `rebuild` makes these.
pub(crate) const RANK_FORMER: i64 = 3;

/// Every address but its own under which the paper is found.
fn aliases(records: &[Record], names: &BTreeSet<Identity>, own: &str) -> BTreeMap<String, i64> {
    let of_nodes: BTreeSet<String> = names.iter().filter_map(Identity::address).collect();
    let mut aliases = BTreeMap::new();
    for record in records {
        let stated: BTreeSet<String> = record.identities.iter().filter_map(Identity::address).collect();
        for address in paper::merge::addresses(record) {
            let is_own = of_nodes.contains(&address) || !stated.contains(&address);
            let rank = if is_own { RANK_OWN } else { RANK_STATED };
            if address != own {
                let entry = aliases.entry(derive::text(&address)).or_insert(rank);
                *entry = rank.min(*entry);
            }
        }
    }
    aliases
}
