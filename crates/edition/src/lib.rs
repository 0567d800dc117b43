//! Which days there are, and in which order an edition shows its papers.
//!
//! This room promises that the order of an edition is a pure, published function of what was known about its papers
//! ([`score::score`]), that every score is a sum of named parts a reader can be shown, and that equal scores are
//! ordered by the papers' addresses, so that every server shows the same page.
//!
//! It never reads a clock or a store: days and features come in as values.

pub mod calendar;
pub mod completeness;
mod period;
pub mod score;

pub use period::{NotAPeriod, Period, month_name};
pub use score::{Features, Part, Ranked, Score, rank, trending};

/// Papers on one page of an edition, a listing or a search.
pub const PAPERS_OF_PAGE: usize = 50;
