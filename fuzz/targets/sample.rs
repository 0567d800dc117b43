//! Any bytes, read as `--format sample`.
#![no_main]

fuzz::target_of_format!(formats::Format::Sample);
