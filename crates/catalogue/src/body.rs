//! How records and papers lie on disk: a format byte and, mostly, one zstd frame.
//!
//! A record's body holds the understood form first and the raw bytes after it. The one repeats the other, so a frame
//! over both is hardly larger than over one. Formats are never dropped: what was written once can be read for ever.

use crate::Error;
use paper::{Paper, Record};
use std::cell::RefCell;
use std::sync::OnceLock;

/// The bytes as they are.
const STORED: u8 = 0;
/// One zstd frame.
const ZSTD: u8 = 1;
/// One zstd frame made with the first dictionary; read, no longer written.
const ZSTD_DICTIONARY_1: u8 = 2;
/// One zstd frame made with the second dictionary.
const ZSTD_DICTIONARY_2: u8 = 3;

/// The most bytes of one body before compression: far above any real record (the largest known is below 1 MB), and small
/// enough that a damaged or hostile frame cannot take the memory.
pub(crate) const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Level 3 costs a quarter of level 9's time for 4 % more bytes on arXiv records.
const LEVEL: i32 = 3;

/// Bodies smaller than this are stored as they are.
const COMPRESS_BYTES_MIN: usize = 64;

static DICTIONARY_1: &[u8] = include_bytes!("../dictionary/1.zdict");
static DICTIONARY_2: &[u8] = include_bytes!("../dictionary/2.zdict");

fn encoder() -> &'static zstd::dict::EncoderDictionary<'static> {
    static DICTIONARY: OnceLock<zstd::dict::EncoderDictionary<'static>> = OnceLock::new();
    DICTIONARY.get_or_init(|| zstd::dict::EncoderDictionary::copy(DICTIONARY_2, LEVEL))
}

fn decoder() -> &'static zstd::dict::DecoderDictionary<'static> {
    static DICTIONARY: OnceLock<zstd::dict::DecoderDictionary<'static>> = OnceLock::new();
    DICTIONARY.get_or_init(|| zstd::dict::DecoderDictionary::copy(DICTIONARY_2))
}

thread_local! {
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Packs bytes in the newest format.
pub(crate) fn pack(plain: &[u8]) -> Vec<u8> {
    let packed = COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = zstd::bulk::Compressor::with_prepared_dictionary(encoder()).ok();
        }
        slot.as_mut().and_then(|compressor| compressor.compress(plain).ok())
    });
    match packed {
        Some(packed) if plain.len() >= COMPRESS_BYTES_MIN && packed.len() < plain.len() => {
            with_format(ZSTD_DICTIONARY_2, &packed)
        }
        _ => with_format(STORED, plain),
    }
}

fn with_format(format: u8, bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(bytes.len() + 1);
    body.push(format);
    body.extend_from_slice(bytes);
    body
}

/// Unpacks what any version packed; the reason if it cannot.
pub(crate) fn unpack(body: &[u8]) -> Result<Vec<u8>, String> {
    let (format, bytes) = body.split_first().ok_or("it is empty")?;
    match *format {
        STORED => Ok(bytes.to_vec()),
        ZSTD => zstd::bulk::decompress(bytes, plain_bytes(bytes)?).map_err(|error| error.to_string()),
        ZSTD_DICTIONARY_1 => {
            let capacity = plain_bytes(bytes)?;
            zstd::bulk::Decompressor::with_dictionary(DICTIONARY_1)
                .and_then(|mut decompressor| decompressor.decompress(bytes, capacity))
                .map_err(|error| error.to_string())
        }
        ZSTD_DICTIONARY_2 => {
            let capacity = plain_bytes(bytes)?;
            DECOMPRESSOR.with_borrow_mut(|slot| {
                if slot.is_none() {
                    let made = zstd::bulk::Decompressor::with_prepared_dictionary(decoder());
                    *slot = Some(made.map_err(|error| error.to_string())?);
                }
                let decompressor = slot.as_mut().ok_or("no decompressor")?;
                decompressor.decompress(bytes, capacity).map_err(|error| error.to_string())
            })
        }
        other => Err(format!("its format {other} is unknown to this program")),
    }
}

/// The size that the frame states, if it is within the limit. Frames made here always state it.
fn plain_bytes(frame: &[u8]) -> Result<usize, String> {
    match zstd::zstd_safe::get_frame_content_size(frame) {
        Ok(Some(bytes)) if bytes <= BODY_BYTES_MAX as u64 => Ok(bytes as usize),
        Ok(Some(bytes)) => Err(format!("it claims to hold {bytes} bytes")),
        Ok(None) | Err(_) => Err("its frame does not state a size".to_string()),
    }
}

/// A record's body.
pub(crate) fn pack_record(parsed: &[u8], raw: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(4 + parsed.len() + raw.len());
    plain.extend_from_slice(&(parsed.len() as u32).to_le_bytes());
    plain.extend_from_slice(parsed);
    plain.extend_from_slice(raw);
    pack(&plain)
}

/// What a record's body holds: the understood form as JSON, and the raw bytes.
pub(crate) struct RecordBody {
    plain: Vec<u8>,
    parsed_end: usize,
}

impl RecordBody {
    pub(crate) fn read(body: &[u8]) -> Result<RecordBody, String> {
        let plain = unpack(body)?;
        let head: [u8; 4] = plain.get(..4).and_then(|head| head.try_into().ok()).ok_or("it is too short")?;
        let parsed_end = 4 + u32::from_le_bytes(head) as usize;
        if parsed_end > plain.len() {
            return Err("its parts do not fit".to_string());
        }
        Ok(RecordBody { plain, parsed_end })
    }

    pub(crate) fn parsed(&self) -> &[u8] {
        &self.plain[4..self.parsed_end]
    }

    pub(crate) fn raw(&self) -> &[u8] {
        &self.plain[self.parsed_end..]
    }

    pub(crate) fn record(&self) -> Result<Record, String> {
        let record: Record = serde_json::from_slice(self.parsed()).map_err(|error| error.to_string())?;
        if record.identities.is_empty() {
            return Err("its record has no identity".to_string());
        }
        Ok(record)
    }
}

/// Reads a stored record.
pub(crate) fn record(body: &[u8], node: &str) -> Result<Record, Error> {
    RecordBody::read(body)
        .and_then(|body| body.record())
        .map_err(|reason| Error::body(format!("a record of {node}"), reason))
}

/// Reads a stored paper.
pub(crate) fn paper(body: &[u8]) -> Result<Paper, String> {
    serde_json::from_slice(&unpack(body)?).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_read() {
        let plain =
            b"a text that repeats, a text that repeats, a text that repeats, a text that repeats".to_vec();
        let frame = zstd::bulk::compress(&plain, 1).unwrap();
        let mut first = zstd::bulk::Compressor::with_dictionary(LEVEL, DICTIONARY_1).unwrap();
        let of_first = with_format(ZSTD_DICTIONARY_1, &first.compress(&plain).unwrap());
        for body in [with_format(STORED, &plain), with_format(ZSTD, &frame), of_first, pack(&plain)] {
            assert_eq!(unpack(&body), Ok(plain.clone()));
        }
    }

    #[test]
    fn the_dictionary_is_used() {
        assert_eq!(pack(&[b'x'; 100])[0], ZSTD_DICTIONARY_2);
    }

    #[test]
    fn a_frame_that_claims_too_much_is_refused() {
        let frame = zstd::bulk::compress(&vec![0; BODY_BYTES_MAX + 1], 1).unwrap();
        assert!(unpack(&with_format(ZSTD, &frame)).unwrap_err().contains("claims"));
    }

    #[test]
    fn damage_is_an_error() {
        let mut body = pack(&[b'x'; 1000]);
        body.truncate(body.len() / 2);
        assert!(unpack(&body).is_err());
        assert!(unpack(&[]).is_err());
        assert!(unpack(&[9, 1, 2]).is_err());
        assert!(RecordBody::read(&[STORED, 255, 255, 255, 255, 1]).is_err());
    }
}
