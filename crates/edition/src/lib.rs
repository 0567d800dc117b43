//! Days, weeks, months, and the order of an edition.
