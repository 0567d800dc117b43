//! What a paper is, as values.
//!
//! This room promises that everything another room needs to know about a paper can be said without a database,
//! a clock or a network: identities ([`identity`]), days ([`day`]), what one source said ([`Record`]), how records
//! find each other ([`join`]) and become one paper ([`merge`]), and its text ([`text`]).
//!
//! It never does I/O, reads no clock and draws no random numbers; the same input gives the same output for ever.
//!
//! Start with [`Record`] (what came in) and [`Paper`] (what came out); [`merge::merge`] is the way between them.

pub mod category;
pub mod day;
pub mod identity;
pub mod join;
pub mod link;
pub mod merge;
pub mod reading;
mod record;
pub mod text;
mod work;

pub use day::{Day, PartialDate};
pub use identity::{Identity, Scheme};
pub use link::{Link, LinkKind};
pub use record::{
    Announcement, AnnouncementKind, Attention, Author, Markup, Record, Source, Stamp, Standing, Summary,
    Version,
};
pub use work::{Paper, Tagged, VoteCount};
