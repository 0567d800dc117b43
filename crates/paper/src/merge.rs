//! Records into papers: a pure function of the *set* of records, whatever their order.
//!
//! Text comes from one record: the most trusted source's newest. Facts (announcements, attention, links, versions,
//! identities) are united over all records. Where two records are equal in rank, the smaller serialised form decides,
//! so that the result never depends on arrival.

use crate::{
    Identity, Link, LinkKind, Paper, PartialDate, Record, Scheme, Source, Stamp, Standing, Tagged, VoteCount,
    identity, reading,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The most links that a paper keeps.
pub const LINKS_MAX: usize = 24;

/// Makes one paper of the records that speak of it. `None` if there are none.
pub fn merge(records: &[Record]) -> Option<Paper> {
    let mut ranked: Vec<&Record> = records.iter().collect();
    if ranked.len() > 1 {
        ranked.sort_by_cached_key(|record| {
            (record.source, Reverse(record.stamp.clone()), serde_json::to_string(record).unwrap_or_default())
        });
        ranked.dedup();
    }
    let best = *ranked.first()?;
    let mut identities: BTreeSet<Identity> = BTreeSet::new();
    ranked.iter().for_each(|record| identities.extend(record.identities.iter().cloned()));

    let first = |pick: fn(&Record) -> Option<&String>| ranked.iter().find_map(|record| pick(record).cloned());
    let with_abstract = ranked.iter().find(|record| record.abstract_text.is_some());
    let with_authors = ranked.iter().find(|record| !record.authors.is_empty());
    let author_count = with_authors
        .map(|record| record.authors.len() as u32)
        .into_iter()
        .chain(ranked.iter().filter_map(|record| record.author_count))
        .max()
        .unwrap_or(0);

    Some(Paper {
        address: address(&ranked),
        identities: identities.into_iter().collect(),
        sources: ranked.iter().map(|record| record.source).collect::<BTreeSet<_>>().into_iter().collect(),
        title: best.title.clone(),
        title_markup: best.markup,
        abstract_text: with_abstract.and_then(|record| record.abstract_text.clone()),
        abstract_markup: with_abstract.map(|record| record.markup).unwrap_or_default(),
        authors: with_authors.map(|record| record.authors.clone()).unwrap_or_default(),
        author_count,
        categories: categories(&ranked),
        comment: first(|record| record.comment.as_ref()),
        journal_ref: first(|record| record.journal_ref.as_ref()),
        license: first(|record| record.license.as_ref()),
        published: published(&ranked),
        versions: versions(&ranked),
        venue: first(|record| record.venue.as_ref()),
        volume: first(|record| record.volume.as_ref()),
        links: links(&ranked),
        keywords: keywords(&ranked, false),
        machine_keywords: keywords(&ranked, true),
        summaries: summaries(&ranked),
        announcements: announcements(&ranked),
        attention: attention(&ranked),
        submitter: first(|record| record.submitter.as_ref()),
        organisation: first(|record| record.organisation.as_ref()),
        topics: ranked
            .iter()
            .flat_map(|r| r.topics.iter().cloned())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        awards: ranked
            .iter()
            .flat_map(|r| r.awards.iter().cloned())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        standing: standing(&ranked),
    })
}

/// Whether it still stands: what each source says in its newest record counts, so that a version after a withdrawal
/// takes the withdrawal back.
fn standing(ranked: &[&Record]) -> Standing {
    let mut newest: BTreeMap<(Source, &Identity), (&Stamp, Standing)> = BTreeMap::new();
    for record in ranked {
        let said = (&record.stamp, record.standing);
        let kept = newest.entry((record.source, record.node())).or_insert(said);
        *kept = (*kept).max(said);
    }
    newest.into_values().map(|(_, standing)| standing).max().unwrap_or(Standing::Stands)
}

/// Where the paper lives.
fn address(ranked: &[&Record]) -> String {
    let nodes: BTreeSet<&Identity> = ranked.iter().map(|record| record.node()).collect();
    // Only nodes give addresses: a DOI that a record merely states may be another edition of the work.
    let stated = ranked
        .iter()
        .flat_map(|record| &record.identities)
        .filter(|identity| identity.scheme() == Scheme::Arxiv);
    let best = stated.min().or(nodes.into_iter().next());
    best.and_then(Identity::address).unwrap_or_else(|| {
        let record = ranked.iter().min_by_key(|record| record.node()).unwrap_or(&ranked[0]);
        record_slug(record)
    })
}

/// The slug of a paper that has no public identity: words of its title and a few digits of its node's hash, so that
/// two papers of one title do not collide.
pub fn record_slug(record: &Record) -> String {
    let title = reading::title(&record.title, record.markup).plain();
    let digits = &blake3::hash(record.node().to_string().as_bytes()).to_hex()[..6];
    match identity::slug(&title, 60) {
        words if words.is_empty() => format!("paper-{digits}"),
        words => format!("{words}-{digits}"),
    }
}

/// Every address under which a record alone would live: superseded ones redirect to the paper's.
pub fn addresses(record: &Record) -> Vec<String> {
    let mut addresses: Vec<String> = record.identities.iter().filter_map(Identity::address).collect();
    if record.node().address().is_none() {
        addresses.push(record_slug(record));
    }
    addresses
}

fn categories(ranked: &[&Record]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = ranked
        .iter()
        .flat_map(|record| &record.categories)
        .map(|id| crate::category::canonical(id).to_string());
    all.filter(|id| seen.insert(id.clone())).collect()
}

/// The earliest date that any record gives; of two dates within one year the more precise one.
fn published(ranked: &[&Record]) -> Option<PartialDate> {
    // A source that knows the paper's own first version is believed before a proceedings' year.
    let own = ranked.iter().filter(|record| matches!(record.source, Source::Correction | Source::Arxiv));
    let dates = |date: &PartialDate| (date.year(), date.day().is_none(), date.month().is_none(), *date);
    own.filter_map(|record| record.published)
        .min_by_key(dates)
        .or_else(|| ranked.iter().filter_map(|record| record.published).min_by_key(dates))
}

fn versions(ranked: &[&Record]) -> Vec<crate::Version> {
    let mut versions: BTreeMap<u32, Option<crate::Day>> = BTreeMap::new();
    for version in ranked.iter().flat_map(|record| &record.versions) {
        let day = versions.entry(version.number).or_default();
        *day = match (*day, version.day) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    versions.into_iter().map(|(number, day)| crate::Version { number, day }).collect()
}

/// Stated links first, then those found in abstract and comment; each address once.
fn links(ranked: &[&Record]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut add = |link: Link, links: &mut Vec<Link>| {
        let key = link
            .url
            .trim_end_matches('/')
            .trim_end_matches(".git")
            .replacen("http://", "https://", 1)
            .to_ascii_lowercase();
        if links.len() < LINKS_MAX && seen.insert(key) {
            links.push(link);
        }
    };
    for record in ranked {
        record.links.iter().cloned().for_each(|link| add(link, &mut links));
    }
    for record in ranked {
        for raw in [record.abstract_text.as_deref(), record.comment.as_deref()].into_iter().flatten() {
            for found in reading::find_links(raw, record.markup) {
                if let Some(link) = Link::found(&found.url, &found.before) {
                    add(link, &mut links);
                }
            }
        }
    }
    links.sort_by_key(|link| link.kind.min(LinkKind::Other));
    links
}

fn keywords(ranked: &[&Record], by_machine: bool) -> Vec<String> {
    let record =
        ranked.iter().find(|record| !record.keywords.is_empty() && record.keywords_by_machine == by_machine);
    record.map(|record| record.keywords.clone()).unwrap_or_default()
}

fn summaries(ranked: &[&Record]) -> Vec<Tagged<crate::Summary>> {
    let mut summaries: Vec<Tagged<crate::Summary>> = Vec::new();
    for record in ranked {
        for summary in &record.summaries {
            let known = |known: &Tagged<crate::Summary>| {
                known.value.by == summary.by && known.source == record.source
            };
            if !summaries.iter().any(known) {
                summaries.push(Tagged { value: summary.clone(), source: record.source });
            }
        }
    }
    summaries
}

fn announcements(ranked: &[&Record]) -> Vec<Tagged<crate::Announcement>> {
    let all = ranked.iter().flat_map(|record| {
        record.announcements.iter().map(|announcement| {
            let mut announcement = announcement.clone();
            announcement.category = crate::category::canonical(&announcement.category).to_string();
            (announcement, record.source)
        })
    });
    let sorted: BTreeSet<_> = all.collect();
    sorted.into_iter().map(|(value, source)| Tagged { value, source }).collect()
}

/// Counts only grow at every source seen, so the largest is the latest.
fn attention(ranked: &[&Record]) -> Vec<VoteCount> {
    let mut counts: BTreeMap<Source, VoteCount> = BTreeMap::new();
    for record in ranked {
        if let Some(attention) = record.attention {
            let count = counts.entry(record.source).or_insert(VoteCount {
                source: record.source,
                votes: 0,
                comments: 0,
            });
            count.votes = count.votes.max(attention.votes.unwrap_or(0));
            count.comments = count.comments.max(attention.comments.unwrap_or(0));
        }
    }
    counts.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_after_a_withdrawal_takes_it_back_in_any_order() {
        let node = Identity::from_canonical("arxiv:2401.00001").unwrap();
        let version = |version, standing| {
            let mut record = Record::new(Source::Arxiv, node.clone(), "Title");
            record.stamp = Stamp { version, time: String::new() };
            record.standing = standing;
            record
        };
        let (stands, withdrawn) = (Standing::Stands, Standing::Withdrawn);
        let told = [version(1, stands), version(2, withdrawn)];
        assert_eq!(merge(&told).unwrap().standing, withdrawn);
        let taken_back = [version(3, stands), version(1, stands), version(2, withdrawn)];
        assert_eq!(merge(&taken_back).unwrap().standing, stands);
        // What a publisher says is not taken back by another source.
        let mut retracted = Record::new(Source::Acl, node.clone(), "Title");
        retracted.standing = Standing::Retracted;
        let said = [version(3, stands), retracted];
        assert_eq!(merge(&said).unwrap().standing, Standing::Retracted);
    }
}
