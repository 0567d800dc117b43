//! Bytes to records and papers to bytes, streaming.
