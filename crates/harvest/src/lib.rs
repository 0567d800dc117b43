//! Where papers come from: the one door outwards, the polite gate, and the sources.
//!
//! This room promises that nothing leaves the machine except through [`fetch`], which reaches public addresses only and
//! says why when it refuses; and that no source is asked more often than it allows, across processes and restarts
//! ([`gate`]). Time comes in as a value ([`clock`]), so a year can be played in seconds.
//!
//! It renders nothing and decides nothing about papers: what the bytes mean is told by `formats`, what is kept is told by
//! the catalogue.
//!
//! Start with [`fetch::Door`] (how a page is fetched) and [`gate::Gate`] (when it may be).

pub mod arxiv;
pub mod ask;
pub mod clock;
pub mod fetch;
pub mod gate;
mod gates;
pub mod huggingface;
mod run;
pub mod work;

pub use gates::CatalogueGates;
pub use run::{Failure, Run};
