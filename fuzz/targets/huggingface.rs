//! Any bytes, read as `--format huggingface`.
#![no_main]

fuzz::target_of_format!(formats::Format::HuggingFaceJson);
