//! The inner loops, each written once and compiled for several instruction sets.
//!
//! The set is chosen when the program starts, never at compile time: one binary runs everywhere and is fast where it
//! can be. The plain loops are the meaning; a test holds every other version to them bit by bit (integers) or to
//! rounding (sums of floats).

// The only `unsafe` here is calling a function compiled for a processor feature after asking whether the processor has
// that feature; Rust cannot see that the question was asked.
#![allow(unsafe_code)]

/// Declares a function as its plain loop, and the same loop compiled with wider instructions.
macro_rules! kernel {
    ($(#[$doc:meta])* $name:ident ( $($arg:ident : $type:ty),* ) $(-> $out:ty)?, $plain:ident) => {
        $(#[$doc])*
        #[inline]
        pub(crate) fn $name($($arg: $type),*) $(-> $out)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma,bmi2,popcnt")]
                fn avx2($($arg: $type),*) $(-> $out)? { $plain($($arg),*) }
                #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx2,fma,bmi2,popcnt")]
                fn avx512($($arg: $type),*) $(-> $out)? { $plain($($arg),*) }
                match level() {
                    // SAFETY: `level` asked the processor for exactly these features.
                    Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    Level::Avx2 => return unsafe { avx2($($arg),*) },
                    Level::Baseline => {}
                }
            }
            $plain($($arg),*)
        }
    };
}

/// What the processor can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(crate) enum Level {
    Baseline,
    Avx2,
    Avx512,
}

/// Asked once; the standard library keeps the processor's answer, this keeps ours.
#[cfg(target_arch = "x86_64")]
pub(crate) fn level() -> Level {
    static LEVEL: std::sync::OnceLock<Level> = std::sync::OnceLock::new();
    *LEVEL.get_or_init(|| {
        let two = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt");
        let five = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vpopcntdq");
        match (two, five) {
            (true, true) => Level::Avx512,
            (true, false) => Level::Avx2,
            _ => Level::Baseline,
        }
    })
}

/// What the processor can do: nothing that this module knows of.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn level() -> Level {
    Level::Baseline
}

#[inline(always)]
pub(crate) fn dot_plain(a: &[u8], b: &[u8]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a as i8) * i32::from(b as i8)).sum()
}

#[inline(always)]
pub(crate) fn dots_plain(query: &[u8], rows: &[u8], out: &mut [i32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = dot_plain(query, row);
    }
}

/// Distances are cut off here: 255 stays free to mean "not allowed".
pub(crate) const DISTANCE_MAX: u32 = 254;

#[inline(always)]
pub(crate) fn hamming_plain(a: &[u8], b: &[u8]) -> u32 {
    let (a, _) = a.as_chunks::<8>();
    let (b, _) = b.as_chunks::<8>();
    a.iter().zip(b).map(|(&a, &b)| (u64::from_le_bytes(a) ^ u64::from_le_bytes(b)).count_ones()).sum()
}

#[inline(always)]
pub(crate) fn hammings_plain(query: &[u8], rows: &[u8], out: &mut [u8]) {
    // 256 bits is what ships; a known length lets the compiler unroll and keep the query in registers.
    if let Ok(query) = <&[u8; 32]>::try_from(query) {
        let (rows, _) = rows.as_chunks::<32>();
        for (row, out) in rows.iter().zip(out) {
            *out = hamming_plain(query, row).min(DISTANCE_MAX) as u8;
        }
    } else {
        for (row, out) in rows.chunks_exact(query.len()).zip(out) {
            *out = hamming_plain(query, row).min(DISTANCE_MAX) as u8;
        }
    }
}

#[inline(always)]
pub(crate) fn add_scaled_plain(sum: &mut [f32], codes: &[u8], weight: f32) {
    for (sum, &code) in sum.iter_mut().zip(codes) {
        *sum += weight * f32::from(code as i8);
    }
}

#[inline(always)]
pub(crate) fn add_scaled_f64_plain(sum: &mut [f64], x: &[f32], weight: f64) {
    for (sum, &x) in sum.iter_mut().zip(x) {
        *sum += weight * f64::from(x);
    }
}

#[inline(always)]
fn finite(x: f32) -> f32 {
    if x.is_finite() { x } else { 0.0 }
}

#[inline(always)]
pub(crate) fn largest_plain(vector: &[f32]) -> f32 {
    // Sixteen maxima side by side: one alone would be a chain that no wide instruction can take.
    let mut most = [0.0f32; 16];
    for part in vector.chunks(16) {
        for (most, &x) in most.iter_mut().zip(part) {
            *most = most.max(finite(x).abs());
        }
    }
    most.into_iter().fold(0.0, f32::max)
}

#[inline(always)]
pub(crate) fn round_plain(vector: &[f32], scale: f32, codes: &mut [u8]) {
    for (code, &x) in codes.iter_mut().zip(vector) {
        let x = finite(x) / scale;
        // Towards zero after half a step outwards: a rounding function would be a call for each number.
        *code = (x + 0.5f32.copysign(x)) as i32 as u8;
    }
}

kernel! {
    /// The largest absolute value of the finite numbers.
    largest(vector: &[f32]) -> f32, largest_plain
}
kernel! {
    /// `codes = vector / scale`, rounded, as signed bytes; the scale must keep them within 127.
    round(vector: &[f32], scale: f32, codes: &mut [u8]), round_plain
}
kernel! {
    /// Inner product of two rows of signed bytes.
    dot(a: &[u8], b: &[u8]) -> i32, dot_plain
}
kernel! {
    /// Inner products of one row with many that lie end to end.
    dots(query: &[u8], rows: &[u8], out: &mut [i32]), dots_plain
}
kernel! {
    /// Number of bits in which two codes differ; lengths are multiples of 8 bytes.
    hamming(a: &[u8], b: &[u8]) -> u32, hamming_plain
}
kernel! {
    /// The same for one code with many that lie end to end, cut off at [`DISTANCE_MAX`].
    hammings(query: &[u8], rows: &[u8], out: &mut [u8]), hammings_plain
}
kernel! {
    /// `sum += weight * codes`, the codes being signed bytes.
    add_scaled(sum: &mut [f32], codes: &[u8], weight: f32), add_scaled_plain
}
kernel! {
    /// `sum += weight * x` in double precision.
    add_scaled_f64(sum: &mut [f64], x: &[f32], weight: f64), add_scaled_f64_plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(length: usize) -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>(), length)
    }

    proptest! {
        #[test]
        fn wide_loops_equal_the_plain_ones((a, rows) in (1usize..9).prop_flat_map(|w| (bytes(w * 8), bytes(w * 8 * 13)))) {
            let n = a.len();
            prop_assert_eq!(dot(&a, &rows[..n]), dot_plain(&a, &rows[..n]));
            prop_assert_eq!(hamming(&a, &rows[..n]), hamming_plain(&a, &rows[..n]));
            let (mut one, mut two) = ([0; 13], [0; 13]);
            dots(&a, &rows, &mut one);
            dots_plain(&a, &rows, &mut two);
            prop_assert_eq!(one, two);
            let (mut one, mut two) = ([0; 13], [0; 13]);
            hammings(&a, &rows, &mut one);
            hammings_plain(&a, &rows, &mut two);
            prop_assert_eq!(one, two);
        }

        #[test]
        fn wide_sums_equal_the_plain_ones_to_the_last_bit(codes in bytes(77), weight in -2.0f32..2.0) {
            let start: Vec<f32> = codes.iter().map(|&c| f32::from(c).sin()).collect();
            let (mut one, mut two) = (start.clone(), start.clone());
            add_scaled(&mut one, &codes, weight);
            add_scaled_plain(&mut two, &codes, weight);
            prop_assert_eq!(one, two);
            prop_assert_eq!(largest(&start), largest_plain(&start));
            let (mut one, mut two) = ([0; 77], [0; 77]);
            round(&start, 1.0 / 127.0, &mut one);
            round_plain(&start, 1.0 / 127.0, &mut two);
            prop_assert_eq!(one, two);
            let (mut one, mut two) = (vec![0.25; 77], vec![0.25; 77]);
            add_scaled_f64(&mut one, &start, weight.into());
            add_scaled_f64_plain(&mut two, &start, weight.into());
            prop_assert_eq!(one, two);
        }
    }

    #[test]
    fn extreme_bytes_do_not_overflow() {
        let low = [128u8; 4096];
        assert_eq!(dot(&low, &low), 4096 * 128 * 128);
    }
}
