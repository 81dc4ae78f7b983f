//! Where in 32 bytes of JSON a string ends or needs a closer look; `cursor` asks.
//!
//! As many comparisons in a few instructions, which only the processor's own have: hence `unsafe`.

/// A bit for each byte that a string may not hold as it is: quotes, backslashes, control codes.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn special(bytes: &[u8; 32]) -> u32 {
    let (halves, _) = bytes.as_chunks();
    #[expect(unsafe_code, reason = "a function that needs SSE2")]
    // SAFETY: every x86-64 has SSE2.
    unsafe {
        sse2(halves[0]) | sse2(halves[1]) << 16
    }
}

/// The same of sixteen bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn sse2(bytes: [u8; 16]) -> u32 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8,
    };
    let both = u128::from_le_bytes(bytes);
    let bytes = _mm_set_epi64x((both >> 64) as i64, both as i64);
    let quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8));
    let backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8));
    let controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), controls)) as u32
}

/// A bit for each byte that a string may not hold as it is: quotes, backslashes, control codes.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn special(bytes: &[u8; 32]) -> u32 {
    bytes.iter().rev().fold(0, |bits, byte| bits << 1 | u32::from(is_special(*byte)))
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | ..0x20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place_is_seen_as_what_it_is() {
        for place in 0..32 {
            for byte in 0..=u8::MAX {
                let mut bytes = [b'x'; 32];
                bytes[place] = byte;
                assert_eq!(special(&bytes), u32::from(is_special(byte)) << place);
            }
        }
    }
}
