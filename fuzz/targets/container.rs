//! Any bytes, opened as a plain, compressed or archived input whose format is found by its content.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read(None, bytes));
