//! The bodies of data pages: levels and values of one column of a drawn batch.
//!
//! `file` writes them. The layout is that of data pages of the first version in the Parquet
//! specification: repetition levels, definition levels, then values, plain or as dictionary keys.

use super::draw::Drawn;
use super::halves::{HALF_BYTES, Half, Halves, Name};
use super::levels::{push_levels, push_packed};

/// Bits of a repetition level or of the name's definition level.
const ONE_BIT: u32 = 1;
/// Bits of the definition level of a phone's number or type, which is 0 to 4.
const PHONE_LEVEL_BITS: u32 = 3;
/// Bits of a key of the dictionary of three types.
const TYPE_BITS: u32 = 2;

/// Bytes before a plain text: its length.
const LENGTH_BYTES: usize = 4;

/// The page of names.
pub(super) fn names(drawn: &Drawn, halves: &Halves) -> Vec<u8> {
    const NAME_BYTES_MAX: usize = LENGTH_BYTES + 2 * HALF_BYTES;
    let names = drawn.names();
    let levels = drawn.rows() / 8 + 16;
    let mut out = Vec::with_capacity(levels + names.len() * NAME_BYTES_MAX);
    push_levels::<ONE_BIT>(&mut out, drawn.name_levels());
    let mut at = out.len();
    out.resize(at + names.len() * NAME_BYTES_MAX, 0);
    for name in names {
        // OK because so many bytes were made for each name.
        let place = out[at..].first_chunk_mut().expect("room for a name");
        at += put_name(place, &halves.first[name.first()], &halves.last[name.last()]);
    }
    out.truncate(at);
    out
}

/// Writes a name behind its length and says how many bytes that are. Whole halves are copied; what
/// is too much of them is written over by what comes next.
#[inline(always)]
fn put_name(place: &mut [u8; LENGTH_BYTES + 2 * HALF_BYTES], first: &Half, last: &Half) -> usize {
    let (first_bytes, last_bytes) = (usize::from(first.bytes), usize::from(last.bytes));
    let length = (first_bytes + last_bytes) as u32;
    place[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
    place[LENGTH_BYTES..LENGTH_BYTES + HALF_BYTES].copy_from_slice(&first.text);
    let behind = LENGTH_BYTES + first_bytes;
    place[behind..behind + HALF_BYTES].copy_from_slice(&last.text);
    behind + last_bytes
}

/// The smallest and the largest name.
pub(super) fn smallest_and_largest(drawn: &Drawn, halves: &Halves) -> Option<(Name, Name)> {
    let mut names = drawn.names().iter().map(|name| (halves.rank(*name), *name));
    let first = names.next()?;
    let (low, high) = names.fold((first, first), |(low, high), name| {
        (if name.0 < low.0 { name } else { low }, if name.0 > high.0 { name } else { high })
    });
    Some((low.1, high.1))
}

/// The page of phone types; its dictionary is written before.
pub(super) fn types(drawn: &Drawn) -> Vec<u8> {
    let mut out = Vec::with_capacity(drawn.repetition().len() + 32);
    push_levels::<ONE_BIT>(&mut out, drawn.repetition());
    push_levels::<PHONE_LEVEL_BITS>(&mut out, drawn.type_levels());
    out.push(TYPE_BITS as u8);
    push_packed::<TYPE_BITS>(&mut out, drawn.types());
    out
}

/// The page of phone numbers, which have ids from `ids` on.
pub(super) fn numbers(drawn: &Drawn, ids: Ids) -> Vec<u8> {
    let levels = drawn.repetition().len();
    let mut out = Vec::with_capacity(levels + 32 + drawn.numbers() as usize * NUMBER_BYTES_MAX);
    push_levels::<ONE_BIT>(&mut out, drawn.repetition());
    push_levels::<PHONE_LEVEL_BITS>(&mut out, drawn.number_levels());
    push_numbers(&mut out, ids, drawn.numbers());
    out
}

/// Bytes of a number with its length at most, and how many are copied.
const NUMBER_BYTES_MAX: usize = 24;

/// Ids from `first` on, and the form of the numbers that are made of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) first: u64,
    prefix: &'static str,
    digits: usize,
}

impl Ids {
    /// Ids of the counter that all batches share.
    pub(super) fn shared(first: u64) -> Self {
        Self { first, prefix: "+91-99-", digits: 8 }
    }

    /// Ids of a batch's own block.
    pub(super) fn of_batch(first: u64) -> Self {
        Self { first, prefix: "+91-", digits: 10 }
    }

    /// The number of an id.
    pub(super) fn text(self, id: u64) -> String {
        format!("{}{id:0digits$}", self.prefix, digits = self.digits)
    }

    /// Bounds of the numbers of the ids from `low` to `high`, in the order of texts, and whether
    /// they are exact. An id with more digits than most sorts before those with fewer.
    pub(super) fn bounds(self, low: u64, high: u64) -> (String, String, bool) {
        let (smallest, largest) = (self.text(low), self.text(high));
        if smallest.len() == largest.len() {
            return (smallest, largest, true);
        }
        let ten = "1".to_owned() + &"0".repeat(self.digits);
        let nines = "9".repeat(largest.len() - self.prefix.len() - 1);
        (
            smallest.min(format!("{}{ten}", self.prefix)),
            largest.max(format!("{}{nines}", self.prefix)),
            false,
        )
    }
}

/// Appends `count` numbers. All digits but the last two are formatted once per hundred ids.
fn push_numbers(out: &mut Vec<u8>, ids: Ids, count: u64) {
    let mut at = out.len();
    out.resize(at + count as usize * NUMBER_BYTES_MAX, 0);
    let (mut id, end) = (ids.first, ids.first + count);
    while id < end {
        let begin = id % 100;
        let stop = (id - begin + 100).min(end) - (id - begin);
        let text = ids.text(id);
        let mut record = [0; NUMBER_BYTES_MAX];
        record[..LENGTH_BYTES].copy_from_slice(&(text.len() as u32).to_le_bytes());
        let bytes = LENGTH_BYTES + text.len();
        record[LENGTH_BYTES..bytes].copy_from_slice(text.as_bytes());
        for pair in &PAIRS[begin as usize..stop as usize] {
            let place = &mut out[at..at + NUMBER_BYTES_MAX];
            place.copy_from_slice(&record);
            place[bytes - 2..bytes].copy_from_slice(pair);
            at += bytes;
        }
        id += stop - begin;
    }
    out.truncate(at);
}

/// The two digits of 0 to 99.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
        number += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ids: Ids, count: u64) {
        let mut out = b"before".to_vec();
        push_numbers(&mut out, ids, count);
        let mut expected = b"before".to_vec();
        for id in ids.first..ids.first + count {
            let text = ids.text(id);
            expected.extend((text.len() as u32).to_le_bytes());
            expected.extend(text.bytes());
        }
        assert_eq!(out, expected, "{ids:?}");
    }

    #[test]
    fn numbers_count_on_past_every_digit() {
        for first in [0, 1, 99, 101, 9_950, 99_999_800, 999_999_990] {
            for count in [0, 1, 2, 99, 100, 101, 1_234] {
                check(Ids::shared(first), count);
                check(Ids::of_batch(first), count);
            }
        }
        check(Ids::of_batch(4_999_999_990), 20);
    }

    #[test]
    fn bounds_hold_where_ids_get_another_digit() {
        for (low, high) in [(0, 5), (12, 99_999_999), (99_999_990, 100_000_007)] {
            let ids = Ids::shared(low);
            let (smallest, largest, exact) = ids.bounds(low, high);
            assert_eq!(exact, high < 100_000_000);
            let sample = (low..=high).step_by(((high - low) / 1_000).max(1) as usize);
            for text in sample.chain([high]).map(|id| ids.text(id)) {
                assert!(smallest <= text && text <= largest, "{text}");
            }
        }
    }
}
