//! WordPiece, as BERT does it: basic tokenisation, then the greedy longest match.
//!
//! The rules are those of the reference tokeniser with lower case and accent stripping on; `tests/golden.rs` holds
//! strings that it cut, and this module must cut them alike. Only the speed is our own: words are cut from the text
//! without an intermediate copy where they are ASCII, and a piece is found by one hash of its prefix.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// A longer word is unknown as a whole, as in the reference.
const WORD_CHARS_MAX: usize = 100;

/// Above this a scratch buffer is given back after use, so one huge text does not stay in memory.
const BUFFER_BYTES_KEPT: usize = 1 << 16;

/// The most bytes that a word of so many characters has.
const WORD_BYTES_MAX: usize = WORD_CHARS_MAX * 4;

/// Marks an empty slot of the hash table.
const EMPTY: u32 = u32::MAX;

/// The pieces and where to find them.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    /// Spellings end to end, the `##` of a continuation left out.
    spellings: Vec<u8>,
    /// Where spelling `i` begins in `spellings`; one more than there are pieces.
    starts: Vec<u32>,
    /// Whether the piece continues a word.
    continues: Vec<bool>,
    /// Open addressing, linear probing: the upper half of the hash and the id, or `EMPTY`. A power of two long.
    slots: Vec<(u32, u32)>,
    /// The longest spelling in bytes: no longer prefix needs a look.
    longest: usize,
}

/// Buffers that one text after another may use.
#[derive(Debug)]
pub(crate) struct Buffers {
    folded: String,
    pieces: Vec<u32>,
    /// Hashes of the prefixes of what is left of a word.
    hashes: [u64; WORD_BYTES_MAX],
}

impl Default for Buffers {
    fn default() -> Self {
        Buffers { folded: String::new(), pieces: Vec::new(), hashes: [0; WORD_BYTES_MAX] }
    }
}

impl Vocabulary {
    /// Builds the table from spellings in the order of their ids.
    pub(crate) fn new<'a>(spellings: impl ExactSizeIterator<Item = &'a [u8]>) -> Self {
        let count = spellings.len();
        let mut made = Vocabulary {
            spellings: Vec::with_capacity(count * 8),
            starts: Vec::with_capacity(count + 1),
            continues: Vec::with_capacity(count),
            slots: vec![(0, EMPTY); (count * 2).next_power_of_two()],
            longest: 0,
        };
        made.starts.push(0);
        for (id, spelling) in spellings.enumerate() {
            let (continues, letters) = match spelling.strip_prefix(b"##") {
                // `##` itself is a piece of some vocabularies; it stands for two signs, not for an empty end.
                Some(letters) if !letters.is_empty() => (true, letters),
                _ => (false, spelling),
            };
            made.spellings.extend_from_slice(letters);
            made.starts.push(made.spellings.len() as u32);
            made.continues.push(continues);
            made.longest = made.longest.max(letters.len());
            made.insert(id as u32, letters, continues);
        }
        made
    }

    fn insert(&mut self, id: u32, letters: &[u8], continues: bool) {
        let hash = hash(letters, continues);
        // The first of two equal spellings wins.
        if self.find(hash, letters, continues).is_some() {
            return;
        }
        let mask = self.slots.len() - 1;
        let mut slot = place(hash) & mask;
        while self.slots[slot].1 != EMPTY {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = (tag(hash), id);
    }

    fn letters(&self, id: u32) -> &[u8] {
        &self.spellings[self.starts[id as usize] as usize..self.starts[id as usize + 1] as usize]
    }

    fn find(&self, hash: u64, letters: &[u8], continues: bool) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut slot = place(hash) & mask;
        loop {
            let (found, id) = self.slots[slot];
            if id == EMPTY {
                return None;
            }
            if found == tag(hash) && self.continues[id as usize] == continues && self.letters(id) == letters {
                return Some(id);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// How many pieces there are.
    pub(crate) fn len(&self) -> usize {
        self.continues.len()
    }

    /// A piece as people write it, `##` included.
    pub(crate) fn spelling(&self, id: u32) -> String {
        let letters = String::from_utf8_lossy(self.letters(id));
        if self.continues[id as usize] { format!("##{letters}") } else { letters.into_owned() }
    }

    /// Calls `each` for every piece of the text, in order; `None` for a word that cannot be cut.
    pub(crate) fn cut(&self, text: &str, buffers: &mut Buffers, mut each: impl FnMut(Option<u32>)) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if matches!(bytes[at], b' ' | b'\t' | b'\n' | b'\r') {
                at += 1;
                continue;
            }
            let start = at;
            let mut plain = true;
            while at < bytes.len() && !matches!(bytes[at], b' ' | b'\t' | b'\n' | b'\r') {
                plain &= bytes[at].is_ascii_graphic();
                at += 1;
            }
            if plain {
                self.cut_plain(&bytes[start..at], buffers, &mut each);
            } else {
                self.cut_folded(&text[start..at], buffers, &mut each);
            }
        }
        if buffers.folded.capacity() > BUFFER_BYTES_KEPT {
            buffers.folded = String::new();
        }
    }

    /// A stretch of printable ASCII without white space.
    fn cut_plain(&self, bytes: &[u8], buffers: &mut Buffers, each: &mut impl FnMut(Option<u32>)) {
        let mut word = [0u8; WORD_CHARS_MAX];
        let mut length = 0;
        for &byte in bytes {
            if byte.is_ascii_punctuation() {
                self.cut_ascii(&word, length, buffers, each);
                length = 0;
                self.cut_word(&[byte], buffers, each);
            } else {
                if length < WORD_CHARS_MAX {
                    word[length] = byte.to_ascii_lowercase();
                }
                length += 1;
            }
        }
        self.cut_ascii(&word, length, buffers, each);
    }

    fn cut_ascii(
        &self,
        word: &[u8; WORD_CHARS_MAX],
        length: usize,
        buffers: &mut Buffers,
        each: &mut impl FnMut(Option<u32>),
    ) {
        match length {
            0 => {}
            1..=WORD_CHARS_MAX => self.cut_word(&word[..length], buffers, each),
            _ => each(None),
        }
    }

    /// Anything else: cleaned, CJK set apart, decomposed, marks dropped, lower-cased; in the reference's order.
    fn cut_folded(&self, text: &str, buffers: &mut Buffers, each: &mut impl FnMut(Option<u32>)) {
        let mut folded = std::mem::take(&mut buffers.folded);
        folded.clear();
        folded.extend(
            text.chars()
                .filter(|&c| !is_removed(c))
                .flat_map(|c| {
                    let apart = is_cjk(c).then_some(' ');
                    apart.into_iter().chain([c]).chain(apart)
                })
                .nfd()
                .filter(|&c| c.is_ascii() || c.general_category() != GeneralCategory::NonspacingMark)
                .flat_map(char::to_lowercase),
        );
        for stretch in folded.split(char::is_whitespace) {
            let mut start = 0;
            for (at, c) in stretch.char_indices() {
                if is_punctuation(c) {
                    self.cut_bounded(&stretch[start..at], buffers, each);
                    self.cut_word(&stretch.as_bytes()[at..at + c.len_utf8()], buffers, each);
                    start = at + c.len_utf8();
                }
            }
            self.cut_bounded(&stretch[start..], buffers, each);
        }
        buffers.folded = folded;
    }

    fn cut_bounded(&self, word: &str, buffers: &mut Buffers, each: &mut impl FnMut(Option<u32>)) {
        if word.is_empty() {
        } else if word.len() > WORD_CHARS_MAX && word.chars().nth(WORD_CHARS_MAX).is_some() {
            each(None);
        } else {
            self.cut_word(word.as_bytes(), buffers, each);
        }
    }

    /// Greedy longest match; a word of which any part is unknown is unknown as a whole.
    fn cut_word(&self, word: &[u8], buffers: &mut Buffers, each: &mut impl FnMut(Option<u32>)) {
        // Nearly every word is a piece as it stands.
        if let Some(id) = self.find(hash(word, false), word, false) {
            return each(Some(id));
        }
        let Buffers { pieces, hashes, .. } = buffers;
        pieces.clear();
        let mut start = 0;
        while start < word.len() {
            let continues = start > 0;
            let end = word.len().min(start + self.longest);
            let mut hash = seed(continues);
            for (kept, &byte) in hashes.iter_mut().zip(&word[start..end]) {
                hash = step(hash, byte);
                *kept = hash;
            }
            // A cut inside a character finds nothing, since every spelling is whole characters.
            let found = (start + 1..=end).rev().find_map(|stop| {
                self.find(hashes[stop - start - 1], &word[start..stop], continues).map(|id| (stop, id))
            });
            match found {
                Some((stop, id)) => {
                    pieces.push(id);
                    start = stop;
                }
                None => return each(None),
            }
        }
        pieces.iter().for_each(|&id| each(Some(id)));
    }
}

/// FNV-1a, one byte at a time, so that all prefixes of a word cost one pass.
fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

fn seed(continues: bool) -> u64 {
    if continues { 0x9ae1_6a3b_2f90_404f } else { 0xcbf2_9ce4_8422_2325 }
}

fn hash(letters: &[u8], continues: bool) -> u64 {
    letters.iter().fold(seed(continues), |hash, &byte| step(hash, byte))
}

/// Where in the table a hash belongs, before it is cut to the table's length.
fn place(hash: u64) -> usize {
    (hash ^ (hash >> 29)) as usize
}

/// The half of the hash that [`place`] hardly uses.
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

fn is_removed(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\0' | '\u{fffd}' => true,
        ' '..='~' => false,
        _ => matches!(
            c.general_category(),
            GeneralCategory::Control | GeneralCategory::Format | GeneralCategory::PrivateUse
        ),
    }
}

fn is_punctuation(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_punctuation()
    } else {
        c.general_category_group() == GeneralCategoryGroup::Punctuation
    }
}

/// The blocks which BERT sets apart character by character: Han, but neither kana nor hangul.
fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}' | '\u{2a700}'..='\u{2b73f}'
        | '\u{2b740}'..='\u{2b81f}' | '\u{2b920}'..='\u{2ceaf}' | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}
