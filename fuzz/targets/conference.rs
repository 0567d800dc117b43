//! Any bytes, read as `--format conference`.
#![no_main]

fuzz::target_of_format!(formats::Format::Conference);
