//! The inner loops of the limit over CSV: commas and newlines as bits, then records by their bits.
//!
//! `limit` calls [`run`] with a block of text. The same source is compiled for AVX-512, AVX2 and what
//! every machine has; which one runs is decided when the program does. What the second step does not
//! expect, such as quotes around a number, goes through `records`; that costs time and nothing else.

#![expect(
    unsafe_code,
    reason = "vector loads from arrays, and calls of functions for processors that were detected"
)]

use std::ops::Range;

use super::super::groups::{Groups, NO_COUNT};
use super::super::records::Layout;
use crate::instructions::{Level, Set};

/// Bytes that must lie before and after the text: the loops read beyond both ends.
pub(super) const PAD: usize = 64;

/// Bytes of a word of bits.
const WORD: usize = 64;

/// What the first step hands to the second.
#[derive(Default)]
pub(super) struct Scratch {
    /// A bit for each comma outside quotes, and two words of zeros.
    commas: Vec<u64>,
    /// Commas before each word.
    ranks: Vec<u32>,
    /// Where the newlines outside quotes are.
    newlines: Vec<u32>,
}

/// How far a text was read.
pub(super) struct Read {
    /// Behind the last record that is whole.
    pub(super) end: usize,
    /// Whether the text ends within quotes.
    pub(super) open: bool,
}

/// Adds all whole records of `text[range]`, which begins with one. The place of the first malformed
/// record is the error.
pub(super) fn run(
    level: Level,
    (text, range): (&[u8], Range<usize>),
    layout: &Layout,
    scratch: &mut Scratch,
    groups: &mut Groups,
) -> Result<Read, usize> {
    assert!(PAD <= range.start && range.start <= range.end && range.end + PAD <= text.len());
    let words = range.len().div_ceil(WORD);
    scratch.commas.resize(words + 2, 0);
    scratch.commas[words..].fill(0);
    scratch.ranks.resize(words + 1, 0);
    // A word may be nothing but newlines, and two places are always written.
    scratch.newlines.resize(range.len() + 2, 0);
    let job = Job { text, range, layout };
    match level.set() {
        // SAFETY: a `Level` is one that this machine has.
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 => unsafe { avx512(&job, scratch, groups) },
        // SAFETY: as before.
        #[cfg(target_arch = "x86_64")]
        Set::Avx2 => unsafe { avx2(&job, scratch, groups) },
        Set::Everywhere => job.run(everywhere_bits, scratch, groups),
    }
}

/// Bits of commas, newlines and quotes in 64 bytes.
type Bits = (u64, u64, u64);

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,bmi1,bmi2,popcnt,lzcnt")]
fn avx512(job: &Job<'_>, scratch: &mut Scratch, groups: &mut Groups) -> Result<Read, usize> {
    use std::arch::x86_64::{_mm512_cmpeq_epi8_mask, _mm512_loadu_si512, _mm512_set1_epi8};
    job.run(
        |bytes| {
            // SAFETY: 64 bytes are read from an array of 64.
            let bytes = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
            let is = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8));
            (is(b','), is(b'\n'), is(b'"'))
        },
        scratch,
        groups,
    )
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
fn avx2(job: &Job<'_>, scratch: &mut Scratch, groups: &mut Groups) -> Result<Read, usize> {
    use std::arch::x86_64::{
        _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8,
    };
    job.run(
        |bytes| {
            // SAFETY: twice 32 bytes are read from an array of 64.
            let halves = unsafe {
                let start = bytes.as_ptr();
                [_mm256_loadu_si256(start.cast()), _mm256_loadu_si256(start.add(32).cast())]
            };
            let is = |byte: u8| {
                let [low, high] = halves.map(|half| {
                    let equal = _mm256_cmpeq_epi8(half, _mm256_set1_epi8(byte as i8));
                    u64::from(_mm256_movemask_epi8(equal) as u32)
                });
                low | high << 32
            };
            (is(b','), is(b'\n'), is(b'"'))
        },
        scratch,
        groups,
    )
}

fn everywhere_bits(bytes: &[u8; WORD]) -> Bits {
    let is = |byte: u8| {
        bytes.as_chunks::<8>().0.iter().rev().fold(0, |bits, eight| {
            let zero = u64::from_le_bytes(*eight) ^ (ONES * u64::from(byte));
            bits << 8 | (zero_bytes(zero) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
        })
    };
    (is(b','), is(b'\n'), is(b'"'))
}

const ONES: u64 = 0x0101_0101_0101_0101;

/// The highest bit of each byte that is zero (Mycroft's test in its exact form).
#[inline(always)]
fn zero_bytes(eight: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    !(((eight & LOW) + LOW) | eight | LOW)
}

/// A text, and what its records look like.
struct Job<'a> {
    text: &'a [u8],
    range: Range<usize>,
    layout: &'a Layout,
}

impl Job<'_> {
    #[inline(always)]
    fn run(
        &self,
        bits: impl Fn(&[u8; WORD]) -> Bits,
        scratch: &mut Scratch,
        groups: &mut Groups,
    ) -> Result<Read, usize> {
        let (records, open) = self.find(bits, scratch);
        let end = self.add(records, scratch, groups)?;
        Ok(Read { end, open })
    }

    /// Finds commas and newlines outside quotes; says how many newlines, and whether a quote is left
    /// open.
    #[inline(always)]
    fn find(&self, bits: impl Fn(&[u8; WORD]) -> Bits, scratch: &mut Scratch) -> (usize, bool) {
        let (mut rank, mut count, mut inside) = (0, 0, 0_u64);
        let places = &mut scratch.newlines;
        let words = scratch.commas.iter_mut().zip(scratch.ranks.iter_mut());
        for ((word, before), at) in words.zip(self.range.clone().step_by(WORD)) {
            // OK because of the padding behind the text.
            let bytes = self.text[at..].first_chunk().expect("64 bytes");
            let here = within(self.range.end - at);
            let (mut commas, mut newlines, quotes) = bits(bytes);
            (commas, newlines) = (commas & here, newlines & here);
            if (quotes & here) | inside != 0 {
                let quoted = prefix_xor(quotes & here) ^ inside;
                // All ones if the last byte is inside.
                inside = (quoted as i64 >> 63) as u64;
                (commas, newlines) = (commas & !quoted, newlines & !quoted);
            }
            *before = rank;
            *word = commas;
            rank += commas.count_ones();
            let here = newlines.count_ones() as usize;
            let base = (at - self.range.start) as u32;
            let mut left = newlines;
            // Hardly a word has more than two; so that many are written without asking.
            for place in &mut places[count..count + 2] {
                *place = base + left.trailing_zeros();
                left &= left.wrapping_sub(1);
            }
            for place in places[count..count + here].iter_mut().skip(2) {
                *place = base + left.trailing_zeros();
                left &= left.wrapping_sub(1);
            }
            count += here;
        }
        (count, inside != 0)
    }

    /// Adds the records that end with the first `count` newlines, and says where the last one ends.
    #[inline(always)]
    fn add(&self, count: usize, scratch: &Scratch, groups: &mut Groups) -> Result<usize, usize> {
        let text = &self.text[self.range.start..];
        let row = Row::of(self.layout);
        let (mut start, mut rank) = (0, 0);
        for end in &scratch.newlines[..count] {
            let end = *end as usize;
            let ends_with = scratch.rank(end);
            let parsed = match row {
                Some(row) if (ends_with - rank) as usize + 1 == self.layout.fields => {
                    // The text has its padding before it.
                    row.parse(scratch, &self.text[self.range.start - 8..], start)
                }
                _ => None,
            };
            let (place, cents) = match parsed {
                Some(row) => row,
                None => {
                    carefully(self.layout, &text[start..end]).ok_or(self.range.start + start)?
                }
            };
            groups.add(place, cents);
            (start, rank) = (end + 1, ends_with);
        }
        Ok(self.range.start + start)
    }
}

#[cold]
#[inline(never)]
fn carefully(layout: &Layout, record: &[u8]) -> Option<(usize, i64)> {
    layout.parse(record)
}

impl Scratch {
    /// Commas before a place.
    #[inline(always)]
    fn rank(&self, place: usize) -> u32 {
        let before = (1_u64 << (place % WORD)) - 1;
        self.ranks[place / WORD] + (self.commas[place / WORD] & before).count_ones()
    }

    /// The bits of the 64 places from `place` on.
    #[inline(always)]
    fn window(&self, place: usize) -> u64 {
        let (word, bit) = (place / WORD, place % WORD);
        // A shift by 64 in two steps where `bit` is 0.
        self.commas[word] >> bit | self.commas[word + 1] << (WORD - 1 - bit) << 1
    }
}

/// Where the fast step looks for its two fields: behind so many commas from the beginning of the
/// record, and from the end of the first field.
#[derive(Clone, Copy)]
struct Row {
    before_passengers: usize,
    before_fare: usize,
}

impl Row {
    /// `None` for a layout in which the fields are first, last, next to each other or in the other
    /// order.
    fn of(layout: &Layout) -> Option<Self> {
        let before_passengers = layout.passengers.checked_sub(1)?;
        let before_fare = layout.fare.checked_sub(layout.passengers + 2)?;
        (layout.fare + 1 < layout.fields).then_some(Self { before_passengers, before_fare })
    }

    /// The two values of the record at `start`, if both are of the usual form and both fields end
    /// within 64 bytes. The text has eight bytes before its beginning.
    #[inline(always)]
    fn parse(self, scratch: &Scratch, text: &[u8], start: usize) -> Option<(usize, i64)> {
        let (passengers, bytes) = field(scratch, start, self.before_passengers)?;
        let digit = text[8 + passengers].wrapping_sub(b'0');
        let place = if bytes == 0 { NO_COUNT } else { usize::from(digit) };
        if bytes > 1 || (bytes == 1 && digit > 9) {
            return None;
        }
        let (fare, bytes) = field(scratch, passengers + bytes + 1, self.before_fare)?;
        let last = text[fare + bytes..].first_chunk()?;
        Some((place, cents(u64::from_le_bytes(*last), bytes)?))
    }
}

/// Beginning and bytes of the field between two commas, before which there are `skip` from `start` on.
#[inline(always)]
fn field(scratch: &Scratch, start: usize, skip: usize) -> Option<(usize, usize)> {
    let mut bits = scratch.window(start);
    for _ in 0..skip {
        bits &= bits.wrapping_sub(1);
    }
    let first = bits.trailing_zeros() as usize;
    bits &= bits.wrapping_sub(1);
    if bits == 0 {
        return None;
    }
    Some((start + first + 1, bits.trailing_zeros() as usize - first - 1))
}

/// The cents that the last `bytes` of eight bytes say in dollars; `None` if that is not the usual form.
#[inline(always)]
fn cents(eight: u64, bytes: usize) -> Option<i64> {
    const ZEROS: u64 = ONES * b'0' as u64;
    if bytes == 0 || bytes > 8 {
        return None;
    }
    let shift = 64 - 8 * bytes as u32;
    let minus = (eight >> shift) as u8 == b'-';
    let sign = u32::from(minus);
    let kept = u64::MAX.checked_shl(shift + 8 * sign)?;
    let text = (eight & kept) | (ZEROS & !kept);
    let points = zero_bytes(text ^ (ONES * u64::from(b'.')));
    let (digits, factor, whole) = if points == 0 {
        (text, 100, bytes as u32 - sign)
    } else {
        let point = points.trailing_zeros() / 8;
        let behind = 7 - point;
        if behind == 0 || behind > 2 {
            return None;
        }
        // What is before the point moves up to what is behind it.
        let below = (1_u64 << (8 * point)) - 1;
        let upper = u64::MAX << (8 * point + 8);
        let joined = (text & upper) | (text & below) << 8 | u64::from(b'0');
        (joined, if behind == 1 { 10 } else { 1 }, (bytes as u32).checked_sub(sign + 1 + behind)?)
    };
    let values = digits.wrapping_sub(ZEROS);
    let wrong = (digits.wrapping_add(ONES * 0x46) | values) & (ONES * 0x80);
    if wrong != 0 || whole == 0 {
        return None;
    }
    let size = factor * eight_digits(values) as i64;
    Some(if minus { -size } else { size })
}

/// The number of eight digits, the first one lowest (Lemire's form of the well-known trick).
#[inline(always)]
fn eight_digits(values: u64) -> u64 {
    const PAIR: u64 = 0x0000_00ff_0000_00ff;
    let pairs = values.wrapping_mul(10) + (values >> 8);
    let high = (pairs & PAIR).wrapping_mul(100 + (1_000_000 << 32));
    let low = (pairs >> 16 & PAIR).wrapping_mul(1 + (10_000 << 32));
    high.wrapping_add(low) >> 32
}

/// Each bit is whether an odd number of bits is set up to it.
#[inline(always)]
fn prefix_xor(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].into_iter().fold(bits, |bits, shift| bits ^ bits << shift)
}

/// The first `bytes` bits of 64.
#[inline(always)]
fn within(bytes: usize) -> u64 {
    if bytes < WORD { (1 << bytes) - 1 } else { u64::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_of_money_are_understood_and_others_are_left_to_care() {
        let parse = |text: &str| {
            let mut eight = *b"9.-,\n998";
            let bytes = text.len().min(8);
            eight[8 - bytes..].copy_from_slice(&text.as_bytes()[text.len() - bytes..]);
            cents(u64::from_le_bytes(eight), text.len())
        };
        for (text, expected) in [
            ("7", 700),
            ("0", 0),
            ("0.5", 50),
            ("-52", -5200),
            ("9.95", 995),
            ("-0.01", -1),
            ("90000", 9_000_000),
            ("67112.14", 6_711_214),
            ("12345678", 1_234_567_800),
            ("-1234.56", -123_456),
            ("00.50", 50),
            ("-0", 0),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "-.",
            ".5",
            "5.",
            "-.5",
            "1.234",
            "1..2",
            "1.2.",
            "+1",
            "1e3",
            " 1",
            "1 ",
            "--1",
            "1-",
            "123456789",
            "\"1\"",
            "1.\"2",
            "a",
            "1/2",
            "1:2",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn prefix_xor_is_inside_quotes() {
        assert_eq!(prefix_xor(0b1001_0100), u64::MAX << 7 | 0b0000_1100);
    }
}
