//! The inner loops of the variant `limit`: newlines, values, and the look-up of short names.
//!
//! [`Kernel::run`] is safe and is called by `limit` alone; the loops behind it read without bounds
//! checks, which is why this is one of the files with `unsafe`. The same source is compiled for
//! AVX-512, AVX2 and what every machine has; which one runs is decided when the program does.

#![expect(
    unsafe_code,
    reason = "reads of 8 and 16 bytes at places that were proved to be in the text, millions of \
              times a second, and instructions that only some processors have"
)]

use super::table::{BYTES_SHORT, KEY_LONG, Key, ONE, Slot, Table};
use crate::instructions::{Level, Set};

/// Bytes that must lie before and after the lines in a text: the loops read beyond both ends.
pub(super) const PAD: usize = 64;

/// Bytes of text taken through all steps at once; what the steps hand on stays in the L1 cache.
const BLOCK: usize = 4096;

/// What the steps hand on, per line of a block.
pub(super) struct Scratch {
    /// Where the newlines are. The first is the one before the first line.
    newlines: Box<[u32]>,
    /// First the last eight bytes of a line, then [`ONE`] plus its value.
    totals: Box<[i64]>,
    /// Bytes of a line's name and its semicolon, or [`MASK_LONG`] if there are more than 17.
    lengths: Box<[u32]>,
    /// Lines that the look-up has left.
    rest: Box<[u32]>,
}

impl Scratch {
    /// Room for a block of nothing but newlines, and for whole vectors of them.
    pub(super) fn new() -> Self {
        let lines = BLOCK + 65;
        Self {
            newlines: vec![0; lines].into(),
            totals: vec![0; lines].into(),
            lengths: vec![0; lines].into(),
            rest: vec![0; lines].into(),
        }
    }
}

/// The loops, for a set of instructions that this machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::aggregation) struct Kernel(Level);

impl Kernel {
    /// Those that this machine can run, the best one first.
    pub(in crate::aggregation) fn all() -> Vec<Self> {
        Level::all().into_iter().map(Self).collect()
    }

    /// Adds the lines that are `text[from..to]` to `table`, until a block has a malformed one.
    /// Says whether none was met.
    ///
    /// The lines end with a newline and have [`PAD`] bytes before and after them.
    pub(super) fn run(
        self,
        text: &[u8],
        (from, to): (usize, usize),
        scratch: &mut Scratch,
        table: &mut Table,
    ) -> bool {
        assert!(PAD <= from && from <= to && to + PAD <= text.len() && to < u32::MAX as usize);
        assert!(from == to || text[to - 1] == b'\n');
        let mut lines = Lines { text, scratch };
        let mut start = from;
        for block in (from..to).step_by(BLOCK) {
            let end = (block + BLOCK).min(to);
            // SAFETY: the features were detected by `Level::all`, which alone makes a `Level`. The
            // range lies within the lines, and `start` is where a line begins.
            let (count, good, rest) = unsafe {
                match self.0.set() {
                    #[cfg(target_arch = "x86_64")]
                    Set::Avx512 => avx512::block(&mut lines, (start, block, end), table),
                    #[cfg(target_arch = "x86_64")]
                    Set::Avx2 => avx2::block(&mut lines, (start, block, end), table),
                    Set::Everywhere => everywhere::block(&mut lines, (start, block, end), table),
                }
            };
            if !good || !lines.rest(rest, table) {
                return false;
            }
            start = lines.scratch.newlines[count] as usize + 1;
            table.settle(count);
        }
        true
    }
}

/// A text and where its lines are.
struct Lines<'t> {
    text: &'t [u8],
    scratch: &'t mut Scratch,
}

impl Lines<'_> {
    /// The lines that the look-up has left: new names, long names, names that share a slot.
    fn rest(&self, rest: usize, table: &mut Table) -> bool {
        self.scratch.rest[..rest].iter().all(|&line| {
            let line = line as usize;
            let start = self.scratch.newlines[line] as usize + 1;
            let end = self.scratch.newlines[line + 1] as usize;
            let value = self.scratch.totals[line] as i16;
            // The value is in order; so the semicolon before it is one of three bytes.
            let before = (4..=6).find(|back| self.text[end - back] == b';').unwrap_or(6);
            let name = &self.text[start..(end - before).max(start)];
            if name.len() > BYTES_SHORT {
                return table.add_long(name, value);
            }
            let bytes = self.text[start..].first_chunk().copied();
            let length = self.scratch.lengths[line] as usize;
            // OK because of the padding behind the last line.
            table.add_short(key(bytes.expect("16 bytes"), length), name, value)
        })
    }
}

/// Masks for the first bytes of a name, by the number of bytes to keep. Names of up to 15 bytes
/// keep their semicolon, so that no two names have the same key, whatever bytes they end with.
#[repr(align(64))]
struct Masks([Key; MASK_LONG + 1]);

/// The mask of all longer names: it keeps nothing.
const MASK_LONG: usize = BYTES_SHORT + 2;

static MASKS: Masks = {
    let mut masks = [KEY_LONG; MASK_LONG + 1];
    let mut bytes = 1;
    while bytes < MASK_LONG {
        let mask = if bytes >= BYTES_SHORT { u128::MAX } else { (1 << (8 * bytes)) - 1 };
        masks[bytes] = [mask as u64, (mask >> 64) as u64];
        bytes += 1;
    }
    Masks(masks)
};

/// The key of a short name: its first bytes and its semicolon.
fn key(bytes: [u8; 16], length: usize) -> Key {
    let (bytes, mask) = (u128::from_le_bytes(bytes), MASKS.0[length]);
    [bytes as u64 & mask[0], (bytes >> 64) as u64 & mask[1]]
}

/// What the last eight bytes of a line say, the last one highest: [`ONE`] plus the value in
/// tenths, the bytes of the value and its semicolon, and zero if it is a value.
#[inline(always)]
fn parse(word: u64) -> (u64, u64, u64) {
    let byte = |at: u32| (word >> (8 * at)) & 0xff;
    let (semicolon, minus) = (u64::from(b';'), u64::from(b'-'));
    // The last three are a digit, a point and a digit. The zero's bits are taken away; what is left
    // of a digit is below ten, so that adding six does not reach the upper half.
    let three = (word >> 40) ^ 0x30_2e_30;
    let wrong = (three | three.wrapping_add(0x06_00_06)) & 0xf0_ff_f0;
    let is_tens = byte(4).wrapping_sub(u64::from(b'0')) < 10;
    let is_minus = byte(4) == minus;
    let bare = byte(4) == semicolon;
    let one_before = (is_tens | is_minus) & (byte(3) == semicolon);
    let two_before = is_tens & (byte(3) == minus) & (byte(2) == semicolon);
    let tens = if is_tens { 100 * (byte(4) & 15) } else { 0 };
    let size = tens + 10 * (byte(5) & 15) + (byte(7) & 15);
    let is_negative = (one_before & is_minus) | two_before;
    let value = if is_negative { size.wrapping_neg() } else { size };
    let bytes = if bare {
        4
    } else if one_before {
        5
    } else {
        6
    };
    let wrong = wrong | if bare | one_before | two_before { 0 } else { 1 };
    (value.wrapping_add(ONE as u64), bytes, wrong)
}

/// The steps of a block, once per set of instructions. `$find` is the only one that needs
/// intrinsics; the rest is left to the compiler.
macro_rules! steps {
    ($level:ident, $find:path $(, $features:literal)?) => {
        mod $level {
            use super::*;

            /// Lines in the block, whether all values are in order, and how many lines are left.
            ///
            /// # Safety
            /// The machine has the features. `from..to` lies within the lines, with the padding
            /// around them, and the line of its first byte begins at `start`.
            $(#[target_feature(enable = $features)])?
            pub(super) unsafe fn block(
                lines: &mut Lines<'_>,
                (start, from, to): (usize, usize, usize),
                table: &mut Table,
            ) -> (usize, bool, usize) {
                let Lines { text, scratch } = lines;
                scratch.newlines[0] = (start - 1) as u32;
                // SAFETY: the range is in the text and no longer than a block.
                let count = unsafe { $find(text, (from, to), &mut scratch.newlines[1..]) };
                // SAFETY: so many newlines were found, each at or behind `from`.
                let good = unsafe { values(text, scratch, count) };
                // SAFETY: as before; the lengths are those of masks.
                let rest = unsafe { look_up(text, scratch, count, table) };
                (count, good, rest)
            }

            /// Parses the values, in two loops that the compiler turns into vectors.
            #[inline(never)]
            $(#[target_feature(enable = $features)])?
            unsafe fn values(text: &[u8], scratch: &mut Scratch, count: usize) -> bool {
                let (totals, lengths) =
                    (&mut scratch.totals[..count], &mut scratch.lengths[..count]);
                let (starts, ends) =
                    (&scratch.newlines[..count], &scratch.newlines[1..=count]);
                for (total, end) in totals.iter_mut().zip(ends) {
                    // SAFETY: every newline has eight bytes before it, padding if need be.
                    *total = unsafe {
                        text.as_ptr().add(*end as usize - 8).cast::<i64>().read_unaligned()
                    }
                    .to_le();
                }
                let mut wrong = 0;
                for (((total, length), start), end) in
                    totals.iter_mut().zip(lengths).zip(starts).zip(ends)
                {
                    let (value, bytes, why) = parse(*total as u64);
                    *total = value as i64;
                    wrong |= why;
                    let length_now = end.wrapping_sub(*start).wrapping_sub(bytes as u32);
                    *length = length_now.min(MASK_LONG as u32);
                }
                wrong == 0
            }

            /// Adds the values of all lines whose name lies in its slot; the others are left.
            #[inline(never)]
            $(#[target_feature(enable = $features)])?
            unsafe fn look_up(
                text: &[u8],
                scratch: &mut Scratch,
                count: usize,
                table: &mut Table,
            ) -> usize {
                let (slots, hash) = table.slots_mut();
                let (slots, text) = (slots.as_mut_ptr(), text.as_ptr());
                let (starts, totals, lengths) = (
                    &scratch.newlines[..count],
                    &scratch.totals[..count],
                    &scratch.lengths[..count],
                );
                let (rest, mut left) = (scratch.rest.as_mut_ptr(), 0);
                for line in 0..count {
                    // SAFETY: all three have `count` elements; a line has sixteen bytes behind its
                    // beginning, padding if need be; `values` has bounded the lengths; a hash is
                    // below the number of slots; no more lines are left than there are.
                    unsafe {
                        let name = text.add(*starts.get_unchecked(line) as usize + 1);
                        let mask = MASKS.0.get_unchecked(*lengths.get_unchecked(line) as usize);
                        let word = |at| name.cast::<u64>().add(at).read_unaligned().to_le();
                        let key = [word(0) & mask[0], word(1) & mask[1]];
                        let slot: &mut Slot = &mut *slots.add(hash.of(key));
                        if (slot.key[0] ^ key[0]) | (slot.key[1] ^ key[1]) != 0 {
                            *rest.add(left) = line as u32;
                            left += 1;
                            continue;
                        }
                        slot.add(*totals.get_unchecked(line));
                    }
                }
                left
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
steps!(
    avx512,
    find_avx512,
    "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,bmi1,bmi2,popcnt,lzcnt"
);
#[cfg(target_arch = "x86_64")]
steps!(avx2, find_avx2, "avx2,bmi1,bmi2,popcnt,lzcnt");
steps!(everywhere, find_everywhere);

/// Writes the places of the newlines in `text[from..to]` and says how many there are.
///
/// # Safety
/// The machine has AVX-512. The range is at most a block and has padding behind it; `places` has
/// room for a block and 64 more.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,bmi2,popcnt")]
unsafe fn find_avx512(text: &[u8], (from, to): (usize, usize), places: &mut [u32]) -> usize {
    use std::arch::x86_64::{
        __m128i, _mm_loadu_si128, _mm512_add_epi32, _mm512_cmpeq_epi8_mask, _mm512_cvtepu8_epi32,
        _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_set1_epi8, _mm512_set1_epi32,
        _mm512_storeu_si512,
    };
    let numbers: [u8; 64] = std::array::from_fn(|number| number as u8);
    let mut count = 0;
    for at in (from..to).step_by(64) {
        // SAFETY: the padding makes 64 bytes readable at `at`, and the places written are at most
        // those of the block and one vector more.
        unsafe {
            let newline = _mm512_set1_epi8(b'\n' as i8);
            let bytes = _mm512_loadu_si512(text.as_ptr().add(at).cast());
            let found = within(_mm512_cmpeq_epi8_mask(bytes, newline), to - at);
            let ids =
                _mm512_maskz_compress_epi8(found, _mm512_loadu_si512(numbers.as_ptr().cast()));
            let mut offsets = [0_u8; 64];
            _mm512_storeu_si512(offsets.as_mut_ptr().cast(), ids);
            let base = _mm512_set1_epi32(at as i32);
            let here = found.count_ones() as usize;
            // Nearly always one round: lines have seldom fewer than four bytes.
            for first in (0..here.max(1)).step_by(16) {
                let sixteen = _mm_loadu_si128(offsets.as_ptr().add(first).cast::<__m128i>());
                let sixteen = _mm512_add_epi32(base, _mm512_cvtepu8_epi32(sixteen));
                _mm512_storeu_si512(places.as_mut_ptr().add(count + first).cast(), sixteen);
            }
            count += here;
        }
    }
    count
}

/// As [`find_avx512`], with two vectors of 32 bytes.
///
/// # Safety
/// The machine has AVX2; else as there.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
unsafe fn find_avx2(text: &[u8], (from, to): (usize, usize), places: &mut [u32]) -> usize {
    use std::arch::x86_64::{
        _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8,
    };
    let mut count = 0;
    for at in (from..to).step_by(64) {
        // SAFETY: the padding makes 64 bytes readable at `at`.
        unsafe {
            let newline = _mm256_set1_epi8(b'\n' as i8);
            let half = |offset| {
                let bytes = _mm256_loadu_si256(text.as_ptr().add(at + offset).cast());
                u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, newline)) as u32)
            };
            let found = within(half(0) | half(32) << 32, to - at);
            count += spread(found, at, places.as_mut_ptr().add(count));
        }
    }
    count
}

/// As [`find_avx512`], with what the compiler makes of comparing 64 bytes.
///
/// # Safety
/// As there.
unsafe fn find_everywhere(text: &[u8], (from, to): (usize, usize), places: &mut [u32]) -> usize {
    let mut count = 0;
    for at in (from..to).step_by(64) {
        let found = text[at..at + 64].chunks_exact(8).rev().fold(0, |found, eight| {
            // OK because the chunks are exact.
            let eight = u64::from_le_bytes(eight.try_into().expect("eight bytes"));
            found << 8 | newlines_of(eight)
        });
        // SAFETY: the places written are at most those of the block and eight more.
        count += unsafe { spread(within(found, to - at), at, places.as_mut_ptr().add(count)) };
    }
    count
}

/// One bit for each of eight bytes that is a newline (Mycroft's test for a zero byte in its exact
/// form, and a multiplication that gathers the bits).
fn newlines_of(eight: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let zero = eight ^ (0x0101_0101_0101_0101 * u64::from(b'\n'));
    let marks = !(((zero & LOW) + LOW) | zero | LOW);
    (marks >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The first `bits` of 64 bits.
fn within(found: u64, bits: usize) -> u64 {
    if bits < 64 { found & ((1 << bits) - 1) } else { found }
}

/// Writes `at` plus the place of each bit. Eight are always written, so that the usual number of
/// lines in 64 bytes needs no branch that depends on it.
///
/// # Safety
/// There is room for as many places as bits, and for eight.
#[inline(always)]
unsafe fn spread(mut found: u64, at: usize, places: *mut u32) -> usize {
    let count = found.count_ones() as usize;
    let mut one = |index: usize| {
        // SAFETY: the caller made room.
        unsafe { *places.add(index) = at as u32 + found.trailing_zeros() };
        found &= found.wrapping_sub(1);
    };
    (0..8).for_each(&mut one);
    (8..count).for_each(&mut one);
    count
}
