//! Vectors and models: static embeddings, quantisation, exact and approximate scans.
//!
//! **What it promises.** Everything here is a function of its arguments. The same text gives the same vector, the same
//! rows and query give the same hits in the same order, to the last bit, on every processor and in every thread. A
//! damaged model is an error that says what is damaged, never a wrong answer.
//!
//! **What it never does.** It reads no file, opens no connection, asks no clock. It takes randomness only as a seed. It
//! does not know what a paper or a reader is: texts, numbers and row numbers come in, vectors and row numbers go out. It
//! owns no index: the rows that a scan passes over are slices borrowed from whoever keeps them, so they may lie in a
//! mapped file.
//!
//! **Where to start.** [`embedding::Model::shipped`] is the model inside the program; [`embedding::Model::encode`] makes
//! a query's vector and [`embedding::Model::encode_paper`] a paper's. [`quantize`] makes of a vector the bytes that are
//! stored: [`quantize::Int8Vector`], one byte a number, and [`quantize::sign_code`], one bit a number.
//! [`scan::Rows`] borrows many of these and finds the nearest, exactly or in two stages. [`moments::Moments`] knows the
//! mean and the spread of the similarity of *all* papers to a query without looking at any, which puts the scores of
//! vectors and of words on one scale.
//!
//! ```
//! use learn::embedding::{Model, Scratch};
//! use learn::quantize::{Int8Vector, sign_code};
//! use learn::scan::{Query, Rows, ScanScratch};
//!
//! let model = Model::shipped();
//! let mut scratch = Scratch::default();
//! let (mut codes, mut vectors, mut scales) = (Vec::new(), Vec::new(), Vec::new());
//! for (title, text) in [("Deep residual learning", "Deeper neural networks are harder to train."),
//!                       ("Proton decay", "Limits on the lifetime of the proton are given.")] {
//!     let vector = model.encode_paper(title, text, &mut scratch).expect("a known word");
//!     let stored = Int8Vector::new(vector);
//!     codes.extend(sign_code(vector));
//!     vectors.extend(stored.bytes());
//!     scales.extend(stored.scale().to_le_bytes());
//! }
//! let rows = Rows::new(model.dims(), &codes, &vectors, &scales).expect("lengths agree");
//! let query = model.encode("training convolutional networks", &mut scratch).expect("a known word");
//! let query = Query::new(query);
//! let hits = rows.nearest(&query, None, 1, 100, &mut ScanScratch::default());
//! assert_eq!(hits[0].row, 0);
//! ```
//!
//! **A second, costlier vector per paper** needs nothing new here: the number of dimensions is a property of the values,
//! not of the types, and [`scan::Rows::scores`] scores the few candidates that a first scan chose.

pub mod embedding;
pub mod moments;
pub mod quantize;
pub mod scan;

mod checksum;
mod simd;
mod wordpiece;
