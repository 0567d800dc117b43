//! The texts of the world's papers.

use crate::generate;
use std::io::{BufRead, BufReader};

/// What a paper says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// TeX.
    pub title: String,
    /// TeX, with the line breaks that it came with.
    pub abstract_text: String,
    /// As one string, separated by commas.
    pub authors: String,
    /// The primary one first.
    pub categories: Vec<String>,
    /// The authors' comment field.
    pub comments: Option<String>,
}

/// Texts to draw from. A world with more papers than texts tells its papers apart by their titles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool(pub Vec<Text>);

impl Pool {
    /// Made texts.
    pub fn made(seed: u64, count: usize) -> Pool {
        let works = generate::works(seed, count.max(1));
        let text = |work: generate::Work| Text {
            authors: work
                .authors
                .iter()
                .map(|(given, family)| format!("{given} {family}"))
                .collect::<Vec<_>>()
                .join(", "),
            categories: work.categories.iter().map(|category| (*category).to_owned()).collect(),
            title: work.title,
            abstract_text: work.abstract_text,
            comments: work.comment,
        };
        Pool(works.into_iter().map(text).collect())
    }

    /// The first texts of the papers that were announced lately, of the data beside the checkout; `None`, after a line
    /// that says so, where there are none.
    ///
    /// # Panics
    /// If the data cannot be read.
    pub fn recent(count: usize) -> Option<Pool> {
        let path = crate::shared::path("data/arxiv-recent.jsonl.zst")?;
        let file = std::fs::File::open(path).expect("the shared data can be opened");
        let mut unpacked = zstd::stream::read::Decoder::new(file).expect("the shared data are zstd");
        unpacked.window_log_max(31).expect("a window of that size is known");
        let texts = BufReader::new(unpacked).lines().take(count).map(|line| {
            let line: serde_json::Value = serde_json::from_str(&line.expect("the shared data are text"))
                .expect("the shared data are JSON");
            let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            Text {
                title: text("title"),
                abstract_text: text("abstract"),
                authors: text("authors"),
                categories: text("categories").split(' ').map(str::to_owned).collect(),
                comments: line["comments"].as_str().map(str::to_owned),
            }
        });
        Some(Pool(texts.collect()))
    }
}
