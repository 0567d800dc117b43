//! Kits that tests share.
//!
//! This room promises that a test can ask for papers, a database, a running server, a client or a death at the worst
//! moment in a line, that the same seed gives the same papers for ever, and that whatever a kit starts ends with the
//! test that started it. Nothing here ships in the binary, and nothing reaches beyond loopback.
//!
//! - [`generate`]: made papers, written down in every format that is imported;
//! - [`postgres`]: a database of its own for each test, in a throw-away cluster;
//! - [`server`]: the real binary in a directory of its own, served on a free port;
//! - [`http`]: a client that sends exactly the bytes it was told to;
//! - [`killsweep`]: death of a process at each of its syncs, and what a power cut would leave;
//! - [`world`]: a fake arXiv, served from one scripted world of papers;
//! - [`shared`]: the data beside the checkout that some tests read.

pub mod generate;
pub mod http;
pub mod killsweep;
pub mod postgres;
pub mod server;
pub mod shared;
pub mod world;
