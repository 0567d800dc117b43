//! Any bytes, read as `--format arxiv`.
#![no_main]

fuzz::target_of_format!(formats::Format::ArxivJson);
