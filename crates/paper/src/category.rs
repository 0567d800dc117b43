//! arXiv's categories: names, archives, aliases. The table is data (`data/arxiv-categories.tsv`).

use std::collections::HashMap;
use std::sync::OnceLock;

/// One category or archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    /// E.g. `cs.CL`.
    pub id: &'static str,
    /// E.g. `Computation and Language`.
    pub name: &'static str,
    /// The archive, e.g. `cs`.
    pub archive: &'static str,
    /// The category that stands for this one, itself where it has no other name.
    pub canonical: &'static str,
    /// True for what can be given to a paper today.
    pub active: bool,
}

/// Archives that old-style ids may begin with.
pub const OLD_ARCHIVES: [&str; 34] = [
    "acc-phys", "adap-org", "alg-geom", "ao-sci", "astro-ph", "atom-ph", "bayes-an", "chao-dyn", "chem-ph",
    "cmp-lg", "comp-gas", "cond-mat", "cs", "dg-ga", "funct-an", "gr-qc", "hep-ex", "hep-lat", "hep-ph",
    "hep-th", "math", "math-ph", "mtrl-th", "nlin", "nucl-ex", "nucl-th", "patt-sol", "physics", "plasm-ph",
    "q-alg", "q-bio", "quant-ph", "solv-int", "supr-con",
];

/// All categories and archives, by id.
fn table() -> &'static HashMap<&'static str, Category> {
    static TABLE: OnceLock<HashMap<&'static str, Category>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = HashMap::new();
        for line in include_str!("../data/arxiv-categories.tsv").lines() {
            let columns: Vec<&'static str> = line.split('\t').collect();
            let [id, level, name, _group, archive, kind, alias_of, ..] = columns[..] else { continue };
            if line.starts_with('#') || level == "level" || level == "group" || kind == "test" {
                continue;
            }
            let canonical = if alias_of.is_empty() { id } else { alias_of };
            let category = Category { id, name, archive, canonical, active: kind == "active" };
            // A category that is an archive too (hep-th) stands in both roles; one entry is enough.
            table.entry(id).or_insert(category);
        }
        table
    })
}

/// The category of that id, aliases and archives included.
pub fn find(id: &str) -> Option<Category> {
    table().get(id).copied()
}

/// The id under which a category's papers are counted: `cs.NA` and `math.NA` are one. Unknown ids stay as they are.
pub fn canonical(id: &str) -> &str {
    match table().get(id) {
        Some(category) => category.canonical,
        None => id,
    }
}

/// The archive of a category: `cs` for `cs.CL`, `hep-th` for itself.
pub fn archive(id: &str) -> &str {
    match table().get(id) {
        Some(category) if !category.archive.is_empty() => category.archive,
        _ => id.split('.').next().unwrap_or(id),
    }
}

/// True if the text has the form of a category id, known or not: short, ASCII letters, `-` and at most one dot.
pub fn is_plausible(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 32
        && id.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-' || b == b'.')
        && id.matches('.').count() <= 1
        && id.starts_with(|c: char| c.is_ascii_alphabetic())
        && id.ends_with(|c: char| c.is_ascii_alphabetic())
}

/// All active categories in the order of their ids.
pub fn active() -> Vec<Category> {
    let mut all: Vec<Category> = table().values().filter(|category| category.active).copied().collect();
    all.sort_by_key(|category| category.id);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_stand_for_their_canonical_category() {
        assert_eq!(canonical("cs.NA"), "math.NA");
        assert_eq!(canonical("math.MP"), "math-ph");
        assert_eq!(canonical("cmp-lg"), "cs.CL");
        assert_eq!(canonical("cs.CL"), "cs.CL");
        assert_eq!(canonical("x.YZ"), "x.YZ");
    }

    #[test]
    fn every_category_has_a_name_and_an_archive() {
        let all = active();
        assert!(all.len() > 140, "{}", all.len());
        assert!(all.iter().all(|category| !category.name.is_empty()));
        assert_eq!(archive("cs.CL"), "cs");
        assert_eq!(archive("hep-th"), "hep-th");
        assert_eq!(archive("unknown.XX"), "unknown");
    }
}
