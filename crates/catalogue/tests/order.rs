//! The same set of records and decisions is the same catalogue, whatever the order, the batching and the database; and it
//! is the one that joining and merging the whole set at once gives.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use catalogue::{Catalogue, Decision, Incoming};
use common::*;
use paper::join::{NODES_OF_KEY_MAX, Node};
use paper::{AnnouncementKind, Identity, Record};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Few titles, authors, years and identities, so that everything meets everything.
fn records() -> impl Strategy<Value = Record> {
    let nodes = prop_oneof![
        (1..5u32).prop_map(|n| format!("arxiv:2401.{n:05}")),
        (1..4u32).prop_map(|n| format!("acl:2024.acl-long.{n}")),
        (1..4u32).prop_map(|n| format!("openreview:forum{n}")),
        (1..5u32).prop_map(|n| format!("conference:cvpr2024:{n}")),
        (1..3u32).prop_map(|n| format!("doi:10.1000/{n}")),
    ];
    let stated = proptest::option::weighted(
        0.4,
        prop_oneof![
            (1..5u32).prop_map(|n| format!("arxiv:2401.{n:05}")),
            (1..4u32).prop_map(|n| format!("doi:10.1000/{n}")),
            (1..4u32).prop_map(|n| format!("acl:2024.acl-long.{n}")),
        ],
    );
    let rest = (0..4usize, 0..3usize, 2022..2026i16, 0..4u32, 0..4usize, proptest::option::of(0..50u32));
    (nodes, stated, rest).prop_map(|(node, stated, (title, author, year, number, on, votes))| {
        let mut record = common::record(&node);
        let titles =
            ["A First Theory of Everything", "A Second Theory of Everything", "Short", &record.title.clone()];
        record.title = titles[title].to_string();
        record.authors[0].name = ["Ada Lovelace", "Lovelace, Ada", "Karl Weierstraß"][author].to_string();
        record.published = paper::PartialDate::year_only(year);
        record.stamp.version = number;
        if let Some(stated) = stated {
            record = stating(record, &stated);
        }
        if on > 0 {
            let kind =
                [AnnouncementKind::New, AnnouncementKind::Featured, AnnouncementKind::CrossList][on - 1];
            record = announced(record, ["2024-01-02", "2024-01-03"][on % 2], "cs.CL", kind);
        }
        votes.map_or(record.clone(), |votes| voted(record, votes))
    })
}

/// Many nodes that share a title and author, around the limit of a key; some reach others by an identity.
fn crowd() -> impl Strategy<Value = Vec<Record>> {
    let size = prop_oneof![0..6usize, NODES_OF_KEY_MAX - 3..NODES_OF_KEY_MAX + 5];
    let crowd =
        size.prop_flat_map(|size| proptest::collection::vec(proptest::option::weighted(0.3, 1..5u32), size));
    crowd.prop_map(|crowd| {
        let record = |(number, stated): (usize, Option<u32>)| {
            let node = match number % 4 {
                0 => format!("conference:crowd:{number}"),
                1 => format!("openreview:crowd{number}"),
                2 => format!("bibtex:crowd{number}"),
                _ => format!("acl:2024.crowd-1.{number}"),
            };
            let record = titled(paper::Source::Conference, &node, "The Preface to the Proceedings");
            match stated {
                Some(n) => stating(stating(record, &format!("arxiv:2401.{n:05}")), "doi:10.1000/crowd"),
                None => record,
            }
        };
        crowd.into_iter().enumerate().map(record).collect()
    })
}

fn decisions() -> impl Strategy<Value = Vec<Decision>> {
    let names = [
        "arxiv:2401.00001",
        "arxiv:2401.00002",
        "acl:2024.acl-long.1",
        "openreview:forum1",
        "conference:cvpr2024:1",
    ];
    let pair = (0..names.len(), 0..names.len(), any::<bool>());
    proptest::collection::vec(pair, 0..3).prop_map(move |pairs| {
        // One decision a pair: of several the latest would hold, and that is an order.
        let pairs: BTreeMap<(usize, usize), bool> = pairs
            .into_iter()
            .filter(|(one, other, _)| one != other)
            .map(|(one, other, same)| ((one.min(other), one.max(other)), same))
            .collect();
        let decision = |((one, other), same): ((usize, usize), bool)| Decision {
            one: identity(names[one]),
            other: identity(names[other]),
            same,
        };
        pairs.into_iter().map(decision).collect()
    })
}

#[derive(Clone, Debug)]
enum Step {
    Accept(Vec<Record>),
    Decide(Decision),
}

fn play(catalogue: &Catalogue, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Accept(records) => {
                let batch: Vec<Incoming> = records.iter().map(incoming).collect();
                catalogue.accept(&batch, &[]).unwrap();
            }
            Step::Decide(decision) => catalogue.decide(decision, "because").unwrap(),
        }
    }
}

/// Shuffles and cuts: the same seed gives the same steps.
fn shuffled(records: &[Record], decisions: &[Decision], seed: u64) -> Vec<Step> {
    let mut dice = testkit::generate::Dice::new(seed);
    let mut records = records.to_vec();
    for at in (1..records.len()).rev() {
        records.swap(at, dice.below(at + 1));
    }
    let mut steps = Vec::new();
    let mut left = records.as_slice();
    while !left.is_empty() {
        let (batch, rest) = left.split_at(1 + dice.below(left.len().min(9)));
        steps.push(Step::Accept(batch.to_vec()));
        left = rest;
    }
    for decision in decisions {
        steps.insert(dice.below(steps.len() + 1), Step::Decide(decision.clone()));
    }
    steps
}

/// Every paper that the whole set makes, as JSON by its nodes, joined and merged at once. A stated arXiv id gives an address
/// only if every node that holds it belongs to the paper.
fn model(records: &[Record], decisions: &[Decision]) -> BTreeMap<Vec<String>, String> {
    let mut nodes: BTreeMap<Identity, Node> = BTreeMap::new();
    let mut by_node: BTreeMap<Identity, Vec<Record>> = BTreeMap::new();
    for record in records {
        let identity = record.node().clone();
        let node = nodes.entry(identity.clone()).or_insert_with(|| Node {
            identity: identity.clone(),
            keys: BTreeSet::new(),
            years: None,
        });
        node.keys.extend(paper::join::keys(record));
        if let Some(year) = paper::join::year(record) {
            node.years =
                Some(node.years.map_or((year, year), |years| (years.0.min(year), years.1.max(year))));
        }
        let of_node = by_node.entry(identity).or_default();
        if !of_node.contains(record) {
            of_node.push(record.clone());
        }
    }
    let all: Vec<Node> = nodes.values().cloned().collect();
    let partition = paper::join::partition(&all, decisions);
    let holders = |identity: &Identity| {
        let key = paper::join::Key::Identity(identity.clone());
        all.iter().filter(|node| node.keys.contains(&key)).map(|node| &node.identity).collect::<Vec<_>>()
    };
    let mut papers = BTreeMap::new();
    for group in partition.papers {
        let records: Vec<Record> = group.iter().flat_map(|node| by_node[node].clone()).collect();
        let mut paper = paper::merge::merge(&records).unwrap();
        let contested = |identity: &Identity| {
            let held = holders(identity);
            identity.scheme() == paper::Scheme::Arxiv
                && !group.contains(identity)
                && (held.len() > NODES_OF_KEY_MAX || held.iter().any(|node| !group.contains(node)))
        };
        let mut stripped = records.clone();
        for record in &mut stripped {
            record.identities.retain(|identity| !contested(identity));
        }
        paper.address = paper::merge::merge(&stripped).unwrap().address;
        let names = group.iter().map(ToString::to_string).collect();
        papers.insert(names, serde_json::to_string(&paper).unwrap());
    }
    papers
}

/// The same, read out of a catalogue.
fn papers_of(catalogue: &Catalogue, records: &[Record]) -> BTreeMap<Vec<String>, String> {
    let mut groups: BTreeMap<catalogue::PaperId, BTreeSet<Identity>> = BTreeMap::new();
    for record in records {
        let id = catalogue.find_identity(record.node()).unwrap().expect("every node has a paper");
        groups.entry(id).or_default().insert(record.node().clone());
    }
    groups
        .into_iter()
        .map(|(id, nodes)| {
            let stored = catalogue.papers(&[id]).unwrap().remove(0).expect("every node's paper is there");
            let names = nodes.iter().map(ToString::to_string).collect();
            (names, serde_json::to_string(&stored.paper).unwrap())
        })
        .collect()
}

fn check_order(homes: [Home; 2], records: &[Record], decisions: &[Decision], seeds: [u64; 2]) {
    let [one, other] = homes.map(|home| (home.open(), home));
    play(&one.0, &shuffled(records, decisions, seeds[0]));
    play(&other.0, &shuffled(records, decisions, seeds[1]));
    let model = model(records, decisions);
    let papers = papers_of(&one.0, records);
    assert_eq!(papers.keys().collect::<Vec<_>>(), model.keys().collect::<Vec<_>>(), "who belongs together");
    assert_eq!(papers, model);
    assert_same_dump(&dump(&one.0), &dump(&other.0));
    assert_eq!(other.0.check().unwrap(), Vec::<String>::new());
    // Once more, all of it, in another order: nothing changes.
    let (before, sequence) = (dump(&other.0), other.0.sequence().unwrap());
    play(&other.0, &shuffled(records, decisions, seeds[0] ^ seeds[1]));
    assert_same_dump(&before, &dump(&other.0));
    assert_eq!(other.0.sequence().unwrap(), sequence);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_gives_the_catalogue_that_the_whole_set_makes(
        few in proptest::collection::vec(records(), 1..24),
        decisions in decisions(),
        seeds in any::<[u64; 2]>(),
    ) {
        check_order([Home::sqlite(), Home::sqlite()], &few, &decisions, seeds);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn keys_beyond_the_limit_do_not_depend_on_order(
        few in proptest::collection::vec(records(), 0..8),
        crowd in crowd(),
        decisions in decisions(),
        seeds in any::<[u64; 2]>(),
    ) {
        let all: Vec<Record> = few.into_iter().chain(crowd).collect();
        check_order([Home::sqlite(), Home::sqlite()], &all, &decisions, seeds);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_databases_give_the_same_dump(
        few in proptest::collection::vec(records(), 1..16),
        crowd in crowd(),
        decisions in decisions(),
        seeds in any::<[u64; 2]>(),
    ) {
        let Some(postgres) = Home::postgres() else { return Ok(()) };
        let all: Vec<Record> = few.into_iter().chain(crowd).collect();
        check_order([postgres, Home::sqlite()], &all, &decisions, seeds);
    }
}
