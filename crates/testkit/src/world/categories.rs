//! arXiv's categories and sets, read from the same table as the program's, by other code.

use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Debug)]
pub(super) struct Category {
    pub(super) name: &'static str,
    pub(super) archive: &'static str,
    /// The id that stands for it.
    pub(super) canonical: &'static str,
    /// The set's name in OAI-PMH; empty where there is none.
    pub(super) set: &'static str,
    pub(super) active: bool,
    pub(super) is_category: bool,
}

pub(super) fn table() -> &'static BTreeMap<&'static str, Category> {
    static TABLE: OnceLock<BTreeMap<&'static str, Category>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = BTreeMap::new();
        for line in include_str!("../../../paper/data/arxiv-categories.tsv").lines() {
            let columns: Vec<&'static str> = line.split('\t').collect();
            let [id, level, name, _, archive, kind, alias_of, _, _, _, set] = columns[..] else { continue };
            if level == "level" || kind == "test" {
                continue;
            }
            let is_category = level == "category";
            let canonical = if alias_of.is_empty() { id } else { alias_of };
            let active = matches!(kind, "active" | "alias");
            let category = Category { name, archive, canonical, set, active, is_category };
            // An archive that is a category too stands last in its role as a category, which is the one that counts.
            match table.get(id) {
                Some(Category { is_category: true, .. }) => {}
                _ => {
                    table.insert(id, category);
                }
            }
        }
        table
    })
}

/// All sets with their names: groups, archives and categories.
pub(super) fn all_sets() -> Vec<(&'static str, &'static str)> {
    let mut sets: Vec<(&str, &str)> = Vec::new();
    for line in include_str!("../../../paper/data/arxiv-categories.tsv").lines() {
        let columns: Vec<&'static str> = line.split('\t').collect();
        let [_, level, name, _, _, kind, _, _, _, _, set] = columns[..] else { continue };
        let told = level != "level" && matches!(kind, "active" | "alias") && !set.is_empty();
        if told && !sets.iter().any(|(known, _)| *known == set) {
            sets.push((set, name));
        }
    }
    sets
}

pub(super) fn name(id: &str) -> &str {
    table().get(id).map_or(id, |category| category.name)
}

fn canonical(id: &str) -> &str {
    table().get(id).map_or(id, |category| category.canonical)
}

/// Whether a category lies in what was asked for: itself, by either of its names, or its archive.
pub(super) fn lies_in(category: &str, asked: &str) -> bool {
    canonical(category) == canonical(asked)
        || table().get(category).is_some_and(|category| category.archive == asked)
        || table().get(canonical(category)).is_some_and(|category| category.archive == asked)
}

/// Whether there is such a category or archive. Ids are case-sensitive here.
pub(super) fn is_known(asked: &str) -> bool {
    table().get(asked).is_some_and(|category| category.active)
}

/// The sets of a record: of its categories, and of their other names where `aliases`.
pub(super) fn sets(categories: &[&str], aliases: bool) -> Vec<&'static str> {
    let mut sets = Vec::new();
    for id in categories {
        let twins = table().iter().filter(|(other, category)| {
            category.is_category
                && (*other == id || aliases && canonical(other) == canonical(id) && category.active)
        });
        for (_, category) in twins {
            if !category.set.is_empty() && !sets.contains(&category.set) {
                sets.push(category.set);
            }
        }
    }
    sets
}

/// Whether a set exists: a group, an archive or a category that is in use, or an old short name.
pub(super) fn is_set(set: &str) -> bool {
    table().values().any(|category| {
        category.active
            && (category.set == set
                || category.set.strip_prefix(set).is_some_and(|rest| rest.starts_with(':')))
    })
}

/// Whether a record of these categories lies in a set.
pub(super) fn in_set(categories: &[&str], set: &str) -> bool {
    sets(categories, true)
        .iter()
        .any(|own| *own == set || own.strip_prefix(set).is_some_and(|rest| rest.starts_with(':')))
}
