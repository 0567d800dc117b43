//! Keys as they are stored: identities as text, hashes as bytes.

use paper::Identity;
use paper::join::Key;

/// The first byte of a stored hash of title and author. No identity begins with it.
const WORK: u8 = 1;
/// The first byte of a stored hash of a title.
const TITLE: u8 = 2;

/// A key as stored.
pub(crate) type StoredKey = Vec<u8>;

pub(crate) fn stored(key: &Key) -> StoredKey {
    match key {
        Key::Identity(identity) => identity.to_string().into_bytes(),
        Key::Work(hash) => tagged(WORK, hash),
        Key::Title(hash) => tagged(TITLE, hash),
    }
}

pub(crate) fn stored_identity(identity: &Identity) -> StoredKey {
    identity.to_string().into_bytes()
}

/// Hex digits become bytes; any other hash is kept as it is, behind a tag of its own.
fn tagged(tag: u8, hash: &str) -> StoredKey {
    let mut stored = vec![tag];
    let digits: Option<Vec<u8>> = hash.bytes().map(digit).collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => {
            stored.extend(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]));
        }
        _ => {
            stored[0] = tag + 2;
            stored.extend_from_slice(hash.as_bytes());
        }
    }
    stored
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// True for keys that can join nodes; titles alone only suggest.
pub(crate) fn joins(key: &Key) -> bool {
    !matches!(key, Key::Title(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn different_keys_are_stored_differently() {
        let identity = Identity::from_canonical("arxiv:2401.01234").unwrap();
        let keys = [
            Key::Identity(identity),
            Key::Work("00ff".into()),
            Key::Title("00ff".into()),
            Key::Work("00f".into()),
            Key::Title("00f".into()),
        ];
        assert_eq!(keys.iter().map(stored).collect::<BTreeSet<_>>().len(), keys.len());
    }
}
