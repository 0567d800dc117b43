//! Any text as a query.
//!
//! The query language is taken by its source files: its crate would bring the whole index, which takes minutes to
//! build with instrumentation and adds nothing here.
#![no_main]
#![allow(dead_code, unused_imports, reason = "only reading and describing are fuzzed")]

#[path = "../../crates/search/src/query/mod.rs"]
mod query;

/// What the query language uses of the rest of its crate.
mod document {
    pub(crate) fn topic_slug(topic: &str) -> String {
        paper::identity::slug(topic, 80)
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let read = query::Query::read(&text);
    let _ = (read.describe(), read.filters(), read.subject(), read.notes(), read.identity());
    // Written out and read again, a query means the same.
    let written = read.to_string();
    let again = query::Query::read(&written);
    assert_eq!(again.clauses(), read.clauses(), "{text:?} was written as {written:?}");
    for place in 0..read.clauses().len() {
        let _ = read.without(place);
    }
    let _ = query::Query::words(&text);
});
