//! Vectors as bytes: eight bits a number for scores, one bit a number for a first look.

use crate::simd;

/// A vector with one byte a number and one scale: number `i` is `scale * code[i]`.
///
/// The error of an inner product with floats is at most `scale / 2 * (sum of the other's absolute numbers)`; the tests
/// hold it to that.
#[derive(Debug, Clone, PartialEq)]
pub struct Int8Vector {
    scale: f32,
    codes: Vec<u8>,
}

impl Int8Vector {
    /// Rounds to the nearest code, halves away from zero. Numbers that are not finite count as zero.
    pub fn new(vector: &[f32]) -> Self {
        let largest = simd::largest(vector);
        let scale = largest / 127.0;
        // Below the normal numbers 127 / largest is infinite: so small a vector is zero.
        if !scale.is_normal() {
            return Int8Vector { scale: 0.0, codes: vec![0; vector.len()] };
        }
        let mut codes = vec![0; vector.len()];
        simd::round(vector, scale, &mut codes);
        Int8Vector { scale, codes }
    }

    /// What one step of a code is worth.
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// The codes: signed bytes, as they are stored.
    pub fn bytes(&self) -> &[u8] {
        &self.codes
    }

    /// The numbers, as far as they were kept.
    pub fn to_floats(&self) -> Vec<f32> {
        self.codes.iter().map(|&code| self.scale * f32::from(code as i8)).collect()
    }

    /// Inner product; of unit vectors, the cosine.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    pub fn dot(&self, other: &Int8Vector) -> f32 {
        dot(&self.codes, &other.codes) as f32 * (self.scale * other.scale)
    }
}

/// Inner product of signed bytes.
///
/// # Panics
///
/// If the lengths differ.
pub fn dot(a: &[u8], b: &[u8]) -> i32 {
    assert_eq!(a.len(), b.len(), "vectors of different length");
    simd::dot(a, b)
}

/// One bit a number: whether it is above zero. Bit `i % 8` of byte `i / 8`.
///
/// The model's vectors are turned so that their signs keep as much as signs can (a rotation changes no similarity and
/// lies in the table itself); what that gains stands in `tools/embedding/README.md`.
///
/// # Panics
///
/// If the length is not a multiple of 64.
pub fn sign_code(vector: &[f32]) -> Vec<u8> {
    assert_eq!(vector.len() % 64, 0, "a code is made of whole 64-bit words");
    let (eights, _) = vector.as_chunks::<8>();
    eights
        .iter()
        .map(|eight| eight.iter().enumerate().fold(0, |byte, (bit, &x)| byte | (u8::from(x > 0.0) << bit)))
        .collect()
}

/// In how many bits two codes differ.
///
/// # Panics
///
/// If the lengths differ, or are not a multiple of 8 bytes.
pub fn hamming(a: &[u8], b: &[u8]) -> u32 {
    assert_eq!(a.len(), b.len(), "codes of different length");
    assert_eq!(a.len() % 8, 0, "a code is made of whole 64-bit words");
    simd::hamming(a, b)
}
