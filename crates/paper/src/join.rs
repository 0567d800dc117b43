//! Which records speak of one paper.
//!
//! Every record has a *node*: the identity under which its source knows the paper. Records of one node always belong
//! together. Nodes are joined by *keys*, in two tiers, conservatively and independently of the order of arrival:
//!
//! 1. **explicit**: a node whose records state an identity (an arXiv id, a DOI, …) is joined with the nodes that state
//!    it too;
//! 2. **title**: nodes with the same folded title and first author's family name, published at most a year apart.
//!
//! A group that a tier would make is made as a whole or not at all: it is refused if it would put two different works
//! of one scheme together (two arXiv ids, two Anthology ids, …) or if an editor has set two of its nodes apart.
//! Refused groups are shown as "perhaps the same". An editor's *join* always holds.

use crate::{Identity, Record};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A folded title shorter than this says too little to join by ("Introduction", "Preface").
pub const TITLE_CHARS_MIN: usize = 16;
/// A key that more nodes share than this joins none of them: it is a mistake of a source, or a very common title.
pub const NODES_OF_KEY_MAX: usize = 24;

/// What a node contributes to joining: the union over its records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The identity of the node.
    pub identity: Identity,
    /// Everything that its records can be found by.
    pub keys: BTreeSet<Key>,
    /// The years in which its records say it appeared.
    pub years: Option<(i16, i16)>,
}

/// Something that two nodes can share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Key {
    /// A stated identity.
    Identity(Identity),
    /// Folded title and family name of the first author, hashed.
    Work(String),
    /// Folded title alone, hashed: never joins, only suggests.
    Title(String),
}

impl Key {
    /// The form in which it is stored.
    pub fn to_text(&self) -> String {
        match self {
            Key::Identity(identity) => identity.to_string(),
            Key::Work(hash) => format!("work={hash}"),
            Key::Title(hash) => format!("title={hash}"),
        }
    }

    /// The inverse of [`Key::to_text`].
    pub fn from_text(text: &str) -> Option<Key> {
        match text.split_once('=') {
            Some(("work", hash)) => Some(Key::Work(hash.to_string())),
            Some(("title", hash)) => Some(Key::Title(hash.to_string())),
            _ => Identity::from_canonical(text).map(Key::Identity),
        }
    }
}

/// The keys of one record.
pub fn keys(record: &Record) -> BTreeSet<Key> {
    let mut keys: BTreeSet<Key> = record.identities.iter().cloned().map(Key::Identity).collect();
    let title: String = crate::reading::fold(&crate::reading::title(&record.title, record.markup).plain())
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    if title.chars().count() < TITLE_CHARS_MIN {
        return keys;
    }
    let hash = |text: &str| blake3::hash(text.as_bytes()).to_hex()[..24].to_string();
    keys.insert(Key::Title(hash(&title)));
    if let Some(family) = record.authors.first().map(family).filter(|family| !family.is_empty()) {
        keys.insert(Key::Work(hash(&format!("{title}/{family}"))));
    }
    keys
}

fn family(author: &crate::Author) -> String {
    let family = match &author.family {
        Some(family) => family.as_str(),
        None => author.name.split_once(',').map_or(author.name.as_str(), |(family, _)| family),
    };
    // The last word alone: sources disagree whether `van der` belongs to the family name.
    crate::reading::fold(family.split_whitespace().next_back().unwrap_or(""))
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// The year in which one record says that it appeared.
pub fn year(record: &Record) -> Option<i16> {
    record.published.map(|date| date.year())
}

/// What an editor decided about two nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Decision {
    /// One node.
    pub one: Identity,
    /// The other.
    pub other: Identity,
    /// True if they are one paper, false if they are not.
    pub same: bool,
}

/// Why two nodes are one paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Reason {
    /// Both state this identity.
    Identity {
        /// The shared identity.
        identity: Identity,
    },
    /// Same folded title and first author, years at most one apart.
    Work,
    /// An editor said so.
    Editor,
}

/// One reason of a join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// One node.
    pub one: Identity,
    /// The other.
    pub other: Identity,
    /// Why.
    pub reason: Reason,
}

/// How nodes fall into papers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// Groups of nodes, each one paper; groups and members sorted.
    pub papers: Vec<Vec<Identity>>,
    /// Why those that are together are together.
    pub joins: Vec<Join>,
    /// Groups that share a key but were not joined.
    pub perhaps: Vec<Vec<Identity>>,
}

/// Splits nodes into papers. `nodes` must be closed: every node that shares a key with one of them is among them.
///
/// The result depends on the sets alone, not on their order.
pub fn partition(nodes: &[Node], decisions: &[Decision]) -> Partition {
    let mut nodes: Vec<&Node> = nodes.iter().collect();
    nodes.sort_by(|a, b| a.identity.cmp(&b.identity));
    nodes.dedup_by(|a, b| a.identity == b.identity);
    let place: BTreeMap<&Identity, usize> =
        nodes.iter().enumerate().map(|(at, node)| (&node.identity, at)).collect();
    let mut groups = Groups::new(nodes.len());
    let mut result = Partition::default();
    let mut apart: Vec<(usize, usize)> = Vec::new();
    for decision in decisions {
        let (Some(&one), Some(&other)) = (place.get(&decision.one), place.get(&decision.other)) else {
            continue;
        };
        if decision.same {
            groups.join(one, other);
            result.joins.push(Join {
                one: decision.one.clone(),
                other: decision.other.clone(),
                reason: Reason::Editor,
            });
        } else {
            apart.push((one, other));
        }
    }

    let explicit = |key: &Key| matches!(key, Key::Identity(_));
    let by_work = |key: &Key| matches!(key, Key::Work(_));
    let by_title = |key: &Key| matches!(key, Key::Title(_));
    for tier in [explicit as fn(&Key) -> bool, by_work as fn(&Key) -> bool] {
        let holders = holders(&nodes, tier);
        let mut wider = groups.clone();
        for members in holders.values() {
            members.windows(2).for_each(|pair| wider.join(pair[0], pair[1]));
        }
        for group in wider.lists() {
            if group.iter().all(|&member| groups.root(member) == groups.root(group[0])) {
                continue;
            }
            let years_matter = holders.keys().any(|key| matches!(key, Key::Work(_)));
            if may_be_one(&nodes, &groups, &group, &apart, years_matter) {
                for (key, members) in &holders {
                    for pair in members.windows(2).filter(|pair| group.contains(&pair[0])) {
                        groups.join(pair[0], pair[1]);
                        let reason = match key {
                            Key::Identity(identity) => Reason::Identity { identity: identity.clone() },
                            _ => Reason::Work,
                        };
                        result.joins.push(Join {
                            one: nodes[pair[0]].identity.clone(),
                            other: nodes[pair[1]].identity.clone(),
                            reason,
                        });
                    }
                }
            }
        }
    }

    let mut perhaps: BTreeSet<Vec<Identity>> = BTreeSet::new();
    for tier in [explicit as fn(&Key) -> bool, by_work as fn(&Key) -> bool, by_title as fn(&Key) -> bool] {
        for members in holders(&nodes, tier).values() {
            if members.iter().any(|&member| groups.root(member) != groups.root(members[0])) {
                perhaps.insert(members.iter().map(|&member| nodes[member].identity.clone()).collect());
            }
        }
    }
    result.perhaps = perhaps.into_iter().collect();
    result.papers = groups
        .lists()
        .into_iter()
        .map(|group| group.into_iter().map(|at| nodes[at].identity.clone()).collect())
        .collect();
    result
}

/// Which nodes hold each key of a tier; keys of one node alone, or of too many, are left out.
fn holders<'a>(nodes: &[&'a Node], tier: fn(&Key) -> bool) -> BTreeMap<&'a Key, Vec<usize>> {
    let mut holders: BTreeMap<&Key, Vec<usize>> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        for key in node.keys.iter().filter(|key| tier(key)) {
            holders.entry(key).or_default().push(at);
        }
    }
    holders.retain(|_, members| (2..=NODES_OF_KEY_MAX).contains(&members.len()));
    holders
}

/// Whether a group may become one paper: no two works of one scheme that were not one already, no pair set apart, and,
/// where the title alone speaks for it, years at most one apart.
fn may_be_one(
    nodes: &[&Node],
    before: &Groups,
    group: &[usize],
    apart: &[(usize, usize)],
    years_matter: bool,
) -> bool {
    if apart.iter().any(|(one, other)| group.contains(one) && group.contains(other)) {
        return false;
    }
    for (at, &one) in group.iter().enumerate() {
        for &other in &group[at + 1..] {
            let same_scheme = nodes[one].identity.scheme() == nodes[other].identity.scheme();
            if same_scheme && before.root(one) != before.root(other) {
                return false;
            }
        }
    }
    if years_matter {
        let years = group.iter().filter_map(|&at| nodes[at].years);
        let (first, last) =
            years.fold((i16::MAX, i16::MIN), |(first, last), years| (first.min(years.0), last.max(years.1)));
        return first == i16::MAX || last - first <= 1;
    }
    true
}

/// Disjoint sets whose root is the smallest member.
#[derive(Clone)]
struct Groups {
    parent: Vec<usize>,
}

impl Groups {
    fn new(size: usize) -> Groups {
        Groups { parent: (0..size).collect() }
    }

    fn root(&self, mut at: usize) -> usize {
        while self.parent[at] != at {
            at = self.parent[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parent[one.max(other)] = one.min(other);
    }

    fn lists(&self) -> Vec<Vec<usize>> {
        let mut lists: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in 0..self.parent.len() {
            lists.entry(self.root(at)).or_default().push(at);
        }
        lists.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Author, Source};

    fn record(source: Source, node: &str, title: &str, author: &str, year: i16) -> Record {
        let mut record = Record::new(source, Identity::from_canonical(node).unwrap(), title);
        record.authors = vec![Author::named(author)];
        record.published = crate::PartialDate::year_only(year);
        record
    }

    fn node(record: &Record) -> Node {
        Node {
            identity: record.node().clone(),
            keys: keys(record),
            years: year(record).map(|year| (year, year)),
        }
    }

    fn papers(records: &[Record], decisions: &[Decision]) -> Vec<Vec<String>> {
        let nodes: Vec<Node> = records.iter().map(node).collect();
        let partition = partition(&nodes, decisions);
        partition.papers.iter().map(|paper| paper.iter().map(Identity::to_string).collect()).collect()
    }

    const TITLE: &str = "A Unified Theory of Paper Identities";

    #[test]
    fn a_stated_identity_joins() {
        let mut conference =
            record(Source::Conference, "openreview:05T81ScPFb", "Another title altogether", "X Y", 2019);
        conference.identities.push(Identity::from_canonical("arxiv:2401.01234").unwrap());
        let arxiv = record(Source::Arxiv, "arxiv:2401.01234", TITLE, "A. Author", 2024);
        assert_eq!(papers(&[conference, arxiv], &[]), [["arxiv:2401.01234", "openreview:05T81ScPFb"]]);
    }

    #[test]
    fn title_first_author_and_year_join() {
        let arxiv = record(
            Source::Arxiv,
            "arxiv:2401.01234",
            "A unified theory of {P}aper identities",
            "Alice M. Author",
            2023,
        );
        let acl = record(Source::Acl, "acl:2024.acl-long.1", TITLE, "Author, Alice", 2024);
        assert_eq!(papers(&[acl.clone(), arxiv.clone()], &[]).len(), 1);
        let later = record(Source::Acl, "acl:2026.acl-long.1", TITLE, "Alice Author", 2026);
        assert_eq!(papers(&[later, arxiv.clone()], &[]).len(), 2, "two years apart is doubt");
        let other = record(Source::Acl, "acl:2024.acl-long.1", TITLE, "Bob Other", 2024);
        assert_eq!(papers(&[other, arxiv], &[]).len(), 2, "another first author is doubt");
    }

    #[test]
    fn two_arxiv_papers_are_never_joined_by_what_they_share() {
        let mut one = record(Source::Arxiv, "arxiv:2401.00001", TITLE, "A. Author", 2024);
        let mut two = record(Source::Arxiv, "arxiv:2401.00002", TITLE, "A. Author", 2024);
        for record in [&mut one, &mut two] {
            record.identities.push(Identity::doi("10.1000/shared").unwrap());
        }
        let nodes = [node(&one), node(&two)];
        let partition = partition(&nodes, &[]);
        assert_eq!(partition.papers.len(), 2);
        assert_eq!(partition.perhaps.len(), 1);
    }

    #[test]
    fn an_editor_joins_and_sets_apart() {
        let one = record(Source::Arxiv, "arxiv:2401.00001", TITLE, "A. Author", 2024);
        let two = record(Source::Acl, "acl:2024.acl-long.1", TITLE, "A. Author", 2024);
        let decision = |same| Decision { one: one.node().clone(), other: two.node().clone(), same };
        assert_eq!(papers(&[one.clone(), two.clone()], &[decision(false)]).len(), 2);
        let far = record(Source::Acl, "acl:2024.acl-long.1", "Quite another title, and long", "B", 2020);
        assert_eq!(papers(&[one.clone(), far], &[decision(true)]).len(), 1);
    }

    #[test]
    fn short_titles_do_not_join() {
        let one = record(Source::Arxiv, "arxiv:2401.00001", "Introduction", "A. Author", 2024);
        let two = record(Source::Acl, "acl:2024.acl-long.1", "Introduction", "A. Author", 2024);
        assert_eq!(papers(&[one, two], &[]).len(), 2);
    }

    #[test]
    fn keys_are_read_back_from_their_stored_form() {
        for key in keys(&record(Source::Arxiv, "arxiv:hep-th/9901001", TITLE, "A. Author", 1999)) {
            assert_eq!(Key::from_text(&key.to_text()), Some(key));
        }
    }
}
