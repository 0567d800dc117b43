//! Static embeddings: a text becomes the unit sum over its tokens of `count^0.75 * vector`.
//!
//! A token is a WordPiece, or a whole word of science that WordPiece alone would cut into meaningless pieces. A vector's
//! direction is the token's meaning, its length the token's weight. There is no network behind it: encoding is a table
//! look-up and a sum, so a query costs microseconds and the model fits into the program.
//!
//! How the table is made, what it measures and what was tried and lost stands in `tools/embedding/README.md`.
//!
//! # The file
//!
//! All numbers are little-endian. "Padding" is zero bytes up to a multiple of 64 from the start of the file.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `BSEMBED1` |
//! | 4 | version, 1 |
//! | 4 | number of tokens, T |
//! | 4 | numbers in a vector, D, a multiple of 64 |
//! | 4 | bytes of all spellings together, S |
//! | 4 | weight of the title, `f32`: a title word counts this often |
//! | T | length of each spelling in bytes |
//! | S | spellings, UTF-8, end to end; `##` before a piece that continues a word |
//! | | padding |
//! | 4 T | scales, `f32` |
//! | | padding |
//! | T D | codes, signed bytes; vector of token t = scale t * codes t |
//! | 4 | CRC-32 of everything before |

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::checksum::crc32;
use crate::simd;
use crate::wordpiece::{Buffers, Vocabulary};

const MAGIC: &[u8; 8] = b"BSEMBED1";
const VERSION: u32 = 1;

/// More tokens than this is not a model of ours but a damaged length.
const TOKENS_MAX: u32 = 1 << 20;

/// Longer vectors than this are not a model of ours but a damaged length.
const DIMS_MAX: u32 = 4096;

/// The token whose vector is never used: an unknown word says nothing.
const UNKNOWN: &[u8] = b"[UNK]";

static SHIPPED: &[u8] = include_bytes!("../model/embedding-1.bin");

/// Why bytes are not a model.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone)]
#[non_exhaustive]
pub enum ModelError {
    /// The first bytes are those of something else.
    #[error("this is not an embedding model: it does not begin with BSEMBED1")]
    NotAModel,
    /// A newer or older program wrote it.
    #[error("the embedding model has version {found}, this program reads version {VERSION}")]
    Version {
        /// The version in the file.
        found: u32,
    },
    /// The file ends early or has something after its end.
    #[error("the embedding model should be {expected} bytes long, but {found} bytes were given")]
    Length {
        /// What the header announces.
        expected: u64,
        /// What was given.
        found: u64,
    },
    /// The bytes changed since the file was written.
    #[error("the embedding model is damaged: its checksum is {found:08x}, but {expected:08x} was written")]
    Checksum {
        /// The checksum in the file.
        expected: u32,
        /// The checksum of the bytes.
        found: u32,
    },
    /// The checksum is right but a value makes no sense: the program that wrote it is wrong.
    #[error("the embedding model cannot be used: {what}")]
    Content {
        /// What makes no sense.
        what: &'static str,
    },
}

/// A table of token vectors and the tokeniser that belongs to it.
#[derive(Debug)]
pub struct Model {
    bytes: Cow<'static, [u8]>,
    codes_at: usize,
    dims: usize,
    title_weight: f32,
    scales: Vec<f32>,
    vocabulary: Vocabulary,
    unknown: Option<u32>,
}

/// Working memory of [`Model::encode`]: one a thread, used for text after text.
#[derive(Debug, Default)]
pub struct Scratch {
    buffers: Buffers,
    counts: Vec<f32>,
    touched: Vec<u32>,
    sum: Vec<f32>,
}

impl Model {
    /// The model inside the program. Read once, on first use.
    ///
    /// # Panics
    ///
    /// If the file was damaged before it was compiled in; a test reads it.
    pub fn shipped() -> &'static Model {
        static MODEL: OnceLock<Model> = OnceLock::new();
        MODEL.get_or_init(|| match Model::from_bytes(SHIPPED) {
            Ok(model) => model,
            Err(error) => panic!("the model inside the program cannot be read: {error}"),
        })
    }

    /// Reads a model file. The codes, nearly all of it, are used where they lie.
    pub fn from_bytes(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Model, ModelError> {
        let bytes = bytes.into();
        let header = Header::read(&bytes)?;
        let Header { tokens, dims, .. } = header;
        let lengths = &bytes[Header::BYTES..Header::BYTES + tokens];
        let mut rest = &bytes[Header::BYTES + tokens..header.spelled_end()];
        let mut spellings = Vec::with_capacity(tokens);
        for &length in lengths {
            let (spelling, after) = rest
                .split_at_checked(length.into())
                .ok_or(content("the spellings are longer than announced"))?;
            std::str::from_utf8(spelling).map_err(|_| content("a spelling is not UTF-8"))?;
            spellings.push(spelling);
            rest = after;
        }
        if !rest.is_empty() {
            return Err(content("the spellings are shorter than announced"));
        }
        let scales_at = header.scales_at();
        let scales = floats(&bytes[scales_at..scales_at + 4 * tokens]);
        if !scales.iter().chain([&header.title_weight]).all(|x| x.is_finite()) {
            return Err(content("a scale or the title weight is not a finite number"));
        }
        if header.title_weight <= 0.0 {
            return Err(content("the title weight is not positive"));
        }
        let unknown = spellings.iter().position(|&s| s == UNKNOWN).map(|id| id as u32);
        let vocabulary = Vocabulary::new(spellings.into_iter());
        let (codes_at, title_weight) = (header.codes_at(), header.title_weight);
        Ok(Model { bytes, codes_at, dims, title_weight, scales, vocabulary, unknown })
    }

    /// How many numbers a vector has.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// How many tokens the table knows.
    pub fn tokens(&self) -> usize {
        self.vocabulary.len()
    }

    /// How often a word of the title counts, a word of the abstract counting once.
    pub fn title_weight(&self) -> f32 {
        self.title_weight
    }

    /// The unit vector of a text, or `None` when no token of it is known: such a text is like nothing, not like everything.
    ///
    /// The vector lies in `scratch` until the next call. Equal texts give equal vectors to the last bit, on every
    /// processor.
    pub fn encode<'s>(&self, text: &str, scratch: &'s mut Scratch) -> Option<&'s [f32]> {
        self.start(scratch);
        self.count(text, 1.0, scratch);
        self.finish(scratch)
    }

    /// The unit vector of a paper: its title's words count [`title_weight`](Self::title_weight) times.
    pub fn encode_paper<'s>(
        &self,
        title: &str,
        r#abstract: &str,
        scratch: &'s mut Scratch,
    ) -> Option<&'s [f32]> {
        self.start(scratch);
        self.count(title, self.title_weight, scratch);
        self.count(r#abstract, 1.0, scratch);
        self.finish(scratch)
    }

    /// The pieces into which the text is cut, in order, as people write them; `[UNK]` for a word that cannot be cut.
    pub fn pieces(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        self.vocabulary.cut(text, &mut Buffers::default(), |id| {
            found.push(id.map_or_else(|| "[UNK]".to_owned(), |id| self.vocabulary.spelling(id)));
        });
        found
    }

    fn start(&self, scratch: &mut Scratch) {
        // A scratch that served another model is of the wrong size; one whose last text panicked does not exist.
        if scratch.counts.len() != self.tokens() || scratch.sum.len() != self.dims {
            scratch.counts = vec![0.0; self.tokens()];
            scratch.sum = vec![0.0; self.dims];
            scratch.touched.clear();
        }
    }

    fn count(&self, text: &str, weight: f32, scratch: &mut Scratch) {
        let Scratch { buffers, counts, touched, .. } = scratch;
        self.vocabulary.cut(text, buffers, |id| {
            if let Some(id) = id.filter(|_| id != self.unknown) {
                if counts[id as usize] == 0.0 {
                    touched.push(id);
                }
                counts[id as usize] += weight;
            }
        });
    }

    fn finish<'s>(&self, scratch: &'s mut Scratch) -> Option<&'s [f32]> {
        let Scratch { counts, touched, sum, .. } = scratch;
        sum.fill(0.0);
        let codes = &self.bytes[self.codes_at..];
        for id in touched.drain(..) {
            let id = id as usize;
            // The power 3/4: a word said twice counts less than two words, but more than one.
            let root = counts[id].sqrt();
            let weight = root * root.sqrt() * self.scales[id];
            counts[id] = 0.0;
            simd::add_scaled(sum, &codes[id * self.dims..(id + 1) * self.dims], weight);
        }
        let length = sum.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
        if length == 0.0 || !length.is_finite() {
            return None;
        }
        sum.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
        Some(sum)
    }
}

/// The fixed part of the file.
struct Header {
    tokens: usize,
    dims: usize,
    spelled: usize,
    title_weight: f32,
}

impl Header {
    const BYTES: usize = 28;

    fn read(bytes: &[u8]) -> Result<Header, ModelError> {
        if !bytes.starts_with(MAGIC) {
            return Err(ModelError::NotAModel);
        }
        let found = bytes.len() as u64;
        let too_short = ModelError::Length { expected: Self::BYTES as u64 + 4, found };
        let number = |at: usize| -> Result<u32, ModelError> {
            let four = bytes.get(at..at + 4).and_then(|b| b.first_chunk::<4>()).ok_or(too_short.clone())?;
            Ok(u32::from_le_bytes(*four))
        };
        let version = number(8)?;
        if version != VERSION {
            return Err(ModelError::Version { found: version });
        }
        let (tokens, dims, spelled) = (number(12)?, number(16)?, number(20)?);
        let title_weight = f32::from_bits(number(24)?);
        if tokens == 0 || tokens > TOKENS_MAX || spelled > tokens * 255 {
            return Err(content("the number of tokens or the length of their spellings makes no sense"));
        }
        if dims == 0 || dims > DIMS_MAX || dims % 64 != 0 {
            return Err(content("the number of dimensions is not a multiple of 64 up to 4096"));
        }
        let header =
            Header { tokens: tokens as usize, dims: dims as usize, spelled: spelled as usize, title_weight };
        let body = header.codes_at() + header.tokens * header.dims;
        let expected = body as u64 + 4;
        if expected != found {
            return Err(ModelError::Length { expected, found });
        }
        let (written, computed) = (number(body)?, crc32(&bytes[..body]));
        if written != computed {
            return Err(ModelError::Checksum { expected: written, found: computed });
        }
        Ok(header)
    }

    fn spelled_end(&self) -> usize {
        Self::BYTES + self.tokens + self.spelled
    }

    fn scales_at(&self) -> usize {
        self.spelled_end().next_multiple_of(64)
    }

    fn codes_at(&self) -> usize {
        (self.scales_at() + 4 * self.tokens).next_multiple_of(64)
    }
}

fn content(what: &'static str) -> ModelError {
    ModelError::Content { what }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (fours, _) = bytes.as_chunks::<4>();
    fours.iter().map(|&four| f32::from_le_bytes(four)).collect()
}
