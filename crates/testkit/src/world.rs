//! A fake arXiv: one scripted world of papers, served over real HTTP on loopback.
//!
//! It promises that the same [`Script`] gives the same world for ever; that its doors (OAI-PMH, listings, feeds, the API)
//! tell of one world and never contradict each other, except where a [`Fault`] was ordered; that nothing happens in it
//! unless the test moves its clock; and that it answers as arXiv does, so that foreign clients see a correct server.
//! Replacements, cross-lists, withdrawals, edits and version histories are invented from the script's seed.
//!
//! The days come in as a list, made by other means than the calendar that is tested against it.
//!
//! Start with [`FakeArxiv::start`]; [`World::announced`] is the truth to compare with.

mod api;
mod categories;
mod fault;
mod feed;
mod list;
mod oai;
mod pool;
mod script;
mod serve;
mod state;
mod time;
mod xml;

pub use fault::{Door, Fault};
pub use pool::{Pool, Text};
pub use script::{Event, Paper, Script, What, weekdays};
pub use serve::{FakeArxiv, Manners, Seen, TokenForm};
pub use state::{Announced, Kind, Now, World};
pub use time::{evening, feeds_at, oai_at};
