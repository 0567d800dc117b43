//! Rendered pages in memory, by what they were made of: address, sequence of the catalogue, sequence of the index.

use crate::answer::Page;
use quick_cache::sync::{Cache, PlaceholderGuard};
use quick_cache::{DefaultHashBuilder, Weighter};
use std::sync::Arc;

/// The most bytes of pages, compressed forms included. About 350 full pages of 50 papers, or 10,000 small ones.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How many pages to expect: only sizes the tables.
const PAGES_EXPECTED: usize = 4096;

/// A page, and the route that made it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The page.
    pub(crate) page: Arc<Page>,
    /// The name of its route, for the metrics.
    pub(crate) route: &'static str,
}

/// Weighs pages by their bytes.
#[derive(Clone, Debug)]
pub(crate) struct ByBytes;

impl Weighter<String, Kept> for ByBytes {
    fn weight(&self, key: &String, kept: &Kept) -> u64 {
        kept.page.weight() + key.len() as u64
    }
}

type Lifecycle = quick_cache::sync::DefaultLifecycle<String, Kept>;

/// The right to make a page that others wait for.
pub(crate) type Making<'a> = PlaceholderGuard<'a, String, Kept, ByBytes, DefaultHashBuilder, Lifecycle>;

/// Pages by key. A page is never stale: what it was made of is in its key, and old keys are not asked for again.
pub(crate) struct Pages(Cache<String, Kept, ByBytes>);

impl Pages {
    pub(crate) fn new() -> Pages {
        Pages(Cache::with_weighter(PAGES_EXPECTED, BYTES_MAX, ByBytes))
    }

    /// The page of that key, if it is there.
    pub(crate) fn get(&self, key: &str) -> Option<Kept> {
        self.0.get(key)
    }

    /// The page of that key, or the right to make it: of many who ask at once, one makes it and the others wait.
    pub(crate) async fn get_or_make<'a>(&'a self, key: &str) -> Result<Kept, Making<'a>> {
        self.0.get_value_or_guard_async(key).await
    }

    /// The number of pages and their bytes.
    pub(crate) fn size(&self) -> (usize, u64) {
        (self.0.len(), self.0.weight())
    }
}

/// The parameters that change a page. Others (`utm_source` and its kin) are not part of a key.
const PARAMETERS: [&str; 17] = [
    "page",
    "q",
    "engine",
    "cat",
    "year",
    "source",
    "code",
    "date",
    "week",
    "month",
    "sort",
    "p",
    "limit",
    "submitter",
    "day",
    "cursor",
    "kind",
];

/// The address as a key: parameters that matter, sorted by name (the first of a name wins everywhere).
pub(crate) fn address_key(out: &mut String, path: &str, query: Option<&str>) {
    out.push_str(path);
    let Some(query) = query.filter(|query| !query.is_empty()) else { return };
    let mut pairs: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            !value.is_empty() && (PARAMETERS.contains(&name) || name.contains(['%', '+']))
        })
        .collect();
    // A stable sort keeps the order of repeated names, of which the first counts.
    pairs.sort_by_key(|pair| pair.split_once('=').map_or(*pair, |(name, _)| name));
    for pair in pairs {
        out.push('&');
        out.push_str(pair);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &str, query: &str) -> String {
        let mut out = String::new();
        address_key(&mut out, path, Some(query));
        out
    }

    #[test]
    fn parameters_that_change_nothing_are_not_in_a_key() {
        assert_eq!(key("/search", "q=a&utm_source=x&page=2&engine="), "/search&page=2&q=a");
        assert_eq!(key("/search", "page=2&q=a"), key("/search", "q=a&page=2"));
        assert_eq!(key("/", ""), "/");
    }

    #[test]
    fn repeated_parameters_keep_their_order() {
        assert_ne!(key("/search", "q=a&q=b"), key("/search", "q=b&q=a"));
    }
}
