//! One module a command, or a few small ones of a kind.

pub(crate) mod care;
pub(crate) mod evaluate;
pub(crate) mod harvest;
pub(crate) mod import;
pub(crate) mod read;
pub(crate) mod serve;
