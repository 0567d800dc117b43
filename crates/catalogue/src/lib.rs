//! The truth, durable: papers, records, announcements, attention, problems, runs.
pub mod types;
pub use types::*;
