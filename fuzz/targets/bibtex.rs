//! Any bytes, read as `--format bibtex`.
#![no_main]

fuzz::target_of_format!(formats::Format::Bibtex);
