//! Draws contacts into flat arrays: the same ones that `sample_light` draws from the same seed.
//!
//! `limit` fills a [`Drawn`] per batch and `pages` encodes it. A row with at most one phone, which
//! is 85 of 100, is drawn without a branch: all words it might need are looked at, and what it does
//! not have is overwritten by the next row. The few draws whose first word would be biased are left
//! to `sample_light` itself.

use std::convert::Infallible;

use rand::{RngExt, TryRng};

use super::halves::{Halves, Name};
use super::random::{WINDOW, Words};
use crate::contacts::numbers::PHONES_MAX;
use crate::contacts::partial::PartialPhone;
use crate::contacts::sample_light;

/// Definition level of a phone without the value of the column; a value has one more, and a row
/// without phones has 0.
const PHONE: u8 = 3;

/// The drawn rows of a batch, column by column. Only what stands before its end counts.
pub(super) struct Drawn {
    firsts: u32,
    lasts: u32,
    names: Vec<Name>,
    has_name: Vec<u8>,
    repetition: Vec<u8>,
    number_levels: Vec<u8>,
    type_levels: Vec<u8>,
    types: Vec<u8>,
    ends: Ends,
    /// Of the exact way, kept.
    phones: Vec<PartialPhone>,
}

/// How much of each array counts.
#[derive(Clone, Copy, Default)]
struct Ends {
    rows: usize,
    names: usize,
    levels: usize,
    types: usize,
    numbers: usize,
}

impl Drawn {
    /// Room for `rows` rows.
    pub(super) fn new(rows: usize, halves: &Halves) -> Self {
        // A row writes one level, and one type, behind what it has.
        let phones = rows * PHONES_MAX as usize + 1;
        Self {
            firsts: halves.first.len() as u32,
            lasts: halves.last.len() as u32,
            names: vec![Name::default(); rows + 1],
            has_name: vec![0; rows],
            repetition: vec![0; phones],
            number_levels: vec![0; phones],
            type_levels: vec![0; phones],
            types: vec![0; phones],
            ends: Ends::default(),
            phones: Vec::with_capacity(PHONES_MAX as usize),
        }
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.ends = Ends::default();
    }

    /// Rows drawn.
    pub(super) fn rows(&self) -> usize {
        self.ends.rows
    }

    /// Phones that have a number.
    pub(super) fn numbers(&self) -> u64 {
        self.ends.numbers as u64
    }

    /// The names of the rows that have one.
    pub(super) fn names(&self) -> &[Name] {
        &self.names[..self.ends.names]
    }

    /// Definition levels of the names, one per row: 0 or 1.
    pub(super) fn name_levels(&self) -> &[u8] {
        &self.has_name[..self.ends.rows]
    }

    /// Repetition levels of numbers and types: 0 where a row begins, else 1.
    pub(super) fn repetition(&self) -> &[u8] {
        &self.repetition[..self.ends.levels]
    }

    /// Definition levels of the numbers: 0, 3 or 4.
    pub(super) fn number_levels(&self) -> &[u8] {
        &self.number_levels[..self.ends.levels]
    }

    /// Definition levels of the types: 0, 3 or 4.
    pub(super) fn type_levels(&self) -> &[u8] {
        &self.type_levels[..self.ends.levels]
    }

    /// The types of the phones that have one, as places in the list of types.
    pub(super) fn types(&self) -> &[u8] {
        &self.types[..self.ends.types]
    }

    /// Draws the rows of a chunk from the words of its seed.
    pub(super) fn chunk(&mut self, words: &mut Words, seed: u64, rows: usize) {
        words.start(seed, rows);
        for row in 0..rows {
            let used = self.row(words.window(rows - row));
            words.used(used);
        }
    }

    /// Draws a row and says how many words it used.
    fn row(&mut self, words: &[u32; WINDOW]) -> usize {
        let mut ends = self.ends;
        let mut draws = Draws { words, at: 2, biased: false };
        let has_name =
            usize::from((u64::from(words[1]) << 32 | u64::from(words[0])) < EIGHTY_OF_100);
        let first = draws.peek(2, self.firsts);
        let last = draws.peek(3, self.lasts);
        self.names[ends.names] = Name::new(first, last);
        self.has_name[ends.rows] = has_name as u8;
        ends.names += has_name;
        ends.rows += 1;
        draws.at += 2 * has_name;
        let share = draws.next(100);
        if share < 85 {
            let phone = draws.phone();
            let has_phone = usize::from(share >= 40);
            self.put(&mut ends, phone, has_phone, 0);
            draws.at += has_phone * phone.words();
        } else {
            let count = if share < 95 { 2 } else { 3 + draws.next(3) };
            for index in 0..count {
                let phone = draws.phone();
                self.put(&mut ends, phone, 1, u8::from(index > 0));
                draws.at += phone.words();
            }
        }
        if draws.biased {
            return self.row_exactly(words);
        }
        self.ends = ends;
        draws.at
    }

    /// Appends a phone, or the level of a row without phones.
    #[inline(always)]
    fn put(&mut self, ends: &mut Ends, phone: Phone, has_phone: usize, repetition: u8) {
        self.repetition[ends.levels] = repetition;
        self.number_levels[ends.levels] = has_phone as u8 * (PHONE + phone.has_number as u8);
        self.type_levels[ends.levels] = has_phone as u8 * (PHONE + phone.has_type as u8);
        self.types[ends.types] = phone.phone_type;
        ends.levels += 1;
        ends.numbers += has_phone & phone.has_number;
        ends.types += has_phone & phone.has_type;
    }

    /// Draws a row by the functions of `sample_light`.
    #[cold]
    #[inline(never)]
    fn row_exactly(&mut self, words: &[u32; WINDOW]) -> usize {
        let mut ends = self.ends;
        let mut replay = Replay { words, at: 0 };
        let has_name = sample_light::has_name(&mut replay);
        if has_name {
            let first = replay.random_range(0..self.firsts as usize) as u32;
            let last = replay.random_range(0..self.lasts as usize) as u32;
            self.names[ends.names] = Name::new(first, last);
        }
        self.has_name[ends.rows] = u8::from(has_name);
        ends.names += usize::from(has_name);
        ends.rows += 1;
        let mut phones = std::mem::take(&mut self.phones);
        sample_light::phones_into(&mut replay, &mut phones);
        if phones.is_empty() {
            self.put(&mut ends, Phone::default(), 0, 0);
        }
        for (index, phone) in phones.iter().enumerate() {
            let phone = Phone {
                has_number: usize::from(phone.has_number),
                has_type: usize::from(phone.phone_type.is_some()),
                phone_type: phone.phone_type.map_or(0, |phone_type| phone_type as u8),
            };
            self.put(&mut ends, phone, 1, u8::from(index > 0));
        }
        self.phones = phones;
        self.ends = ends;
        replay.at
    }
}

/// 0.8 of 2^64, as the Bernoulli distribution of the `rand` crate rounds it.
const EIGHTY_OF_100: u64 = (0.8 * (2.0 * (1_u64 << 63) as f64)) as u64;

/// What a phone has: 0 or 1 each, and its type if it has one.
#[derive(Clone, Copy, Default)]
struct Phone {
    has_number: usize,
    has_type: usize,
    phone_type: u8,
}

impl Phone {
    /// Words that drawing it used.
    fn words(self) -> usize {
        1 + self.has_type
    }
}

/// Draws from a window by the method of the `rand` crate (Canon's): the high word of the product
/// with the range, as long as the low one shows no bias.
struct Draws<'a> {
    words: &'a [u32; WINDOW],
    at: usize,
    /// Whether any number looked at would need another word.
    biased: bool,
}

impl Draws<'_> {
    /// The number below `range` that the word at `at` gives.
    #[inline(always)]
    fn peek(&mut self, at: usize, range: u32) -> u32 {
        // A row never comes this far; the remainder tells the compiler so.
        let product = u64::from(self.words[at % WINDOW]) * u64::from(range);
        self.biased |= product as u32 > range.wrapping_neg();
        (product >> 32) as u32
    }

    /// The next number below `range`.
    #[inline(always)]
    fn next(&mut self, range: u32) -> u32 {
        self.at += 1;
        self.peek(self.at - 1, range)
    }

    /// The phone that the next two words give; they are not used yet.
    #[inline(always)]
    fn phone(&mut self) -> Phone {
        let (template, share) = (self.peek(self.at, 100), self.peek(self.at + 1, 100));
        Phone {
            has_number: usize::from(template < 95),
            has_type: usize::from(template < 90 || (95..99).contains(&template)),
            phone_type: u8::from(share >= 55) + u8::from(share >= 90),
        }
    }
}

/// Words once more, as a random number generator.
struct Replay<'a> {
    words: &'a [u32; WINDOW],
    at: usize,
}

impl TryRng for Replay<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.at += 1;
        Ok(self.words[self.at - 1])
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = self.try_next_u32()?;
        Ok(u64::from(self.try_next_u32()?) << 32 | u64::from(low))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&self.try_next_u32()?.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same rows by `sample_light` alone.
    fn exactly(windows: &[[u32; WINDOW]], halves: &Halves) -> (Drawn, Vec<usize>) {
        let mut drawn = Drawn::new(windows.len(), halves);
        let used = windows.iter().map(|words| drawn.row_exactly(words)).collect();
        (drawn, used)
    }

    fn same(one: &Drawn, other: &Drawn) {
        assert_eq!(one.rows(), other.rows());
        assert_eq!(one.numbers(), other.numbers());
        assert_eq!(one.names(), other.names());
        assert_eq!(one.name_levels(), other.name_levels());
        assert_eq!(one.repetition(), other.repetition());
        assert_eq!(one.number_levels(), other.number_levels());
        assert_eq!(one.type_levels(), other.type_levels());
        assert_eq!(one.types(), other.types());
    }

    /// Any word, and those whose product with a range ends just where bias begins.
    fn word() -> impl Strategy<Value = u32> {
        let edge = (prop::sample::select(vec![3_u32, 100, 474, 3007]), any::<u32>(), 0..3_u32);
        let edge = edge.prop_map(|(range, share, more)| {
            // The largest words that give `result`: their low product is nearly 2^32.
            let result = (u64::from(share) * u64::from(range)) >> 32;
            (((result + 1) << 32) / u64::from(range)).saturating_sub(u64::from(more)) as u32
        });
        prop_oneof![3 => any::<u32>(), 1 => edge, 1 => Just(u32::MAX), 1 => Just(0)]
    }

    proptest! {
        #[test]
        fn rows_without_branches_are_those_of_the_light_sampler(
            windows in prop::collection::vec(prop::array::uniform32(word()), 1..40),
        ) {
            let halves = Halves::new().unwrap();
            let (expected, expected_used) = exactly(&windows, &halves);
            let mut drawn = Drawn::new(windows.len(), &halves);
            let used: Vec<_> = windows.iter().map(|words| drawn.row(words)).collect();
            same(&drawn, &expected);
            prop_assert_eq!(used, expected_used);
        }
    }

    #[test]
    fn names_are_drawn_as_the_fake_crate_does() {
        use rand::SeedableRng;
        use rand::rngs::StdRng;

        let halves = Halves::new().unwrap();
        let (mut words, mut drawn) = (Words::new(), Drawn::new(2_000, &halves));
        drawn.chunk(&mut words, 11, 2_000);
        let mut rng = StdRng::seed_from_u64(11);
        let mut names = drawn.names().iter();
        for row in 0..2_000 {
            let has_name = sample_light::has_name(&mut rng);
            assert_eq!(drawn.name_levels()[row], u8::from(has_name));
            if has_name {
                let text = halves.text(*names.next().unwrap());
                assert_eq!(String::from_utf8(text).unwrap(), sample_light::name(&mut rng));
            }
            sample_light::phones(&mut rng);
        }
        assert!(names.next().is_none());
    }
}
