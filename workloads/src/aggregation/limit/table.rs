//! One worker's stations, as the variant `limit` keeps them.
//!
//! Names of up to 16 bytes have a slot that is found with one multiplication and compared with two
//! words; the kernel does that itself for a name that lies where its hash says. Everything rarer
//! is done here: new names, names beside their place, longer ones.

use super::super::line::NAME_BYTES_MAX;
use super::super::stats::Stats;

/// Longest name that has a slot, in bytes.
pub(super) const BYTES_SHORT: usize = 16;

/// Added to a slot for each value, beside the value: the count lives above the sum.
pub(super) const ONE: i64 = 1 << 40;

/// Values until slots are emptied into their sums: far fewer than counts and sums have room for.
const FLUSH_LINES: usize = 1 << 22;

/// Lines after which names that came meanwhile are given better places.
const TUNE_LINES: usize = 4096;

/// How often places are chosen anew, beside growth. A file with a new name now and then would
/// otherwise pay for each.
const TUNES_MAX: u32 = 64;

/// Slots at first, as a power of two, and slots per name at least.
const FIRST_BITS: u32 = 13;
const SLOTS_PER_NAME: usize = 16;

/// Slots looked at for a name. What finds none is kept with the long names, so that names whose
/// hashes collide on purpose cost what long names cost.
const PROBES_MAX: usize = 32;

/// A short name as the kernel sees it.
pub(super) type Key = [u64; 2];

/// What the kernel sees of all longer names. Sixteen NUL characters look the same, and so have no
/// slot either.
pub(super) const KEY_LONG: Key = [0; 2];

/// What is known of a short name.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
pub(super) struct Slot {
    pub(super) key: Key,
    total: i64,
    min: i16,
    max: i16,
    /// One more than the name's number; zero in an empty slot.
    name: u32,
}

impl Slot {
    /// Adds [`ONE`] plus a value.
    #[inline(always)]
    pub(super) fn add(&mut self, total: i64) {
        // The value is in the lowest bits.
        let value = total as i16;
        self.total += total;
        // Branches, because they are hardly ever taken.
        if value < self.min {
            self.min = value;
        }
        if value > self.max {
            self.max = value;
        }
    }

    /// The empty slot for a place. Its key belongs elsewhere, so no name that is looked up here
    /// can be equal to it.
    fn empty(place: usize, hash: Hash) -> Self {
        let mut key = [u64::MAX; 2];
        while hash.of(key) == place {
            key[0] -= 1;
        }
        Self { key, total: 0, min: i16::MAX, max: i16::MIN, name: 0 }
    }
}

/// Where a key belongs.
#[derive(Clone, Copy)]
pub(super) struct Hash {
    multiplier: u64,
    shift: u32,
}

impl Hash {
    /// The key's place: below the number of slots.
    #[inline(always)]
    pub(super) fn of(self, key: Key) -> usize {
        let mixed = (key[0] ^ key[1].rotate_left(29)).wrapping_mul(self.multiplier);
        (mixed >> self.shift) as usize
    }

    /// The same number of places, otherwise chosen.
    fn next(self) -> Self {
        let multiplier = self.multiplier.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        Self { multiplier: multiplier | 1, ..self }
    }
}

/// One worker's stations.
pub(super) struct Table {
    slots: Vec<Slot>,
    hash: Hash,
    /// Names of slots, and what was emptied out of the slots so far.
    names: Vec<(Box<[u8]>, Stats)>,
    long: LongNames,
    /// Lines since slots were emptied, and since places were looked at.
    unflushed: usize,
    untuned: usize,
    /// Whether names came since.
    fresh: bool,
    tunes: u32,
}

impl Table {
    pub(super) fn new() -> Self {
        let hash = Hash { multiplier: 0x9e37_79b9_7f4a_7c15, shift: u64::BITS - FIRST_BITS };
        Self {
            slots: empty_slots(hash),
            hash,
            names: Vec::new(),
            long: LongNames::default(),
            unflushed: 0,
            untuned: 0,
            fresh: false,
            tunes: 0,
        }
    }

    /// All slots, and where a key belongs among them.
    pub(super) fn slots_mut(&mut self) -> (&mut [Slot], Hash) {
        (&mut self.slots, self.hash)
    }

    /// Adds a value of a name whose key is not in the slot of its hash. Says whether it is a name.
    pub(super) fn add_short(&mut self, key: Key, name: &[u8], value: i16) -> bool {
        if key == KEY_LONG {
            return self.long.add(name, value);
        }
        let (first, mask) = (self.hash.of(key), self.slots.len() - 1);
        for probe in 0..PROBES_MAX {
            let slot = &mut self.slots[(first + probe) & mask];
            if slot.name == 0 {
                return is_name(name) && self.insert((first + probe) & mask, (key, name), value);
            }
            if slot.key == key {
                slot.add(ONE + i64::from(value));
                return true;
            }
        }
        self.long.add(name, value)
    }

    /// Adds a value of a name that is too long for a slot. Says whether it is a name.
    pub(super) fn add_long(&mut self, name: &[u8], value: i16) -> bool {
        self.long.add(name, value)
    }

    /// Called between blocks, with the lines of one.
    pub(super) fn settle(&mut self, lines: usize) {
        self.unflushed += lines;
        if self.unflushed >= FLUSH_LINES {
            self.flush();
        }
        self.untuned += lines;
        if self.untuned >= TUNE_LINES {
            self.untuned = 0;
            if self.fresh && self.tunes < TUNES_MAX {
                self.tunes += 1;
                self.tune();
            }
            self.fresh = false;
        }
    }

    /// Every name, and what is known of it. A name may come twice.
    pub(super) fn finish(mut self) -> impl Iterator<Item = (Box<[u8]>, Stats)> {
        self.flush();
        self.names.into_iter().chain(self.long.names)
    }

    fn insert(&mut self, place: usize, (key, name): (Key, &[u8]), value: i16) -> bool {
        self.names.push((name.into(), Stats::EMPTY));
        let slot = &mut self.slots[place];
        *slot = Slot { key, name: self.names.len() as u32, ..*slot };
        slot.add(ONE + i64::from(value));
        self.fresh = true;
        if SLOTS_PER_NAME * self.names.len() > self.slots.len() {
            self.rebuild(Hash { shift: self.hash.shift - 1, ..self.hash });
        }
        true
    }

    fn flush(&mut self) {
        self.unflushed = 0;
        for slot in self.slots.iter_mut().filter(|slot| slot.name != 0) {
            // The sum is within half of `ONE` on either side, so the count is the nearest one.
            let count = (slot.total + ONE / 2) >> ONE.trailing_zeros();
            let sum = slot.total - (count << ONE.trailing_zeros());
            let part = Stats::of(slot.min, slot.max, sum, count as u64);
            self.names[slot.name as usize - 1].1.merge(&part);
            slot.total = 0;
        }
    }

    /// Tries other hashes and takes the one with which the fewest names share a place: such a name
    /// costs ten times what another one does.
    fn tune(&mut self) {
        let keys: Vec<_> = self.occupied().map(|slot| slot.key).collect();
        let tries = (32_768 / keys.len().max(1)).clamp(2, 64);
        let mut seen = vec![0; self.slots.len()];
        let (mut best, mut hash) = ((usize::MAX, self.hash), self.hash);
        for round in 1..=tries {
            let is_taken =
                |key: &&Key| std::mem::replace(&mut seen[hash.of(**key)], round) == round;
            let clashes = keys.iter().filter(is_taken).count();
            if clashes < best.0 {
                best = (clashes, hash);
            }
            if clashes == 0 {
                break;
            }
            hash = hash.next();
        }
        if best.1.multiplier != self.hash.multiplier {
            self.rebuild(best.1);
        }
    }

    fn rebuild(&mut self, hash: Hash) {
        let occupied: Vec<_> = self.occupied().copied().collect();
        (self.hash, self.slots) = (hash, empty_slots(hash));
        let mask = self.slots.len() - 1;
        for slot in occupied {
            let mut place = hash.of(slot.key);
            while self.slots[place].name != 0 {
                place = (place + 1) & mask;
            }
            self.slots[place] = slot;
        }
    }

    fn occupied(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.name != 0)
    }
}

fn empty_slots(hash: Hash) -> Vec<Slot> {
    (0..1_usize << (u64::BITS - hash.shift)).map(|place| Slot::empty(place, hash)).collect()
}

/// Whether these bytes may be a name. Whoever adds a name for the first time asks.
fn is_name(name: &[u8]) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && !name.contains(&b';')
        && std::str::from_utf8(name).is_ok()
}

/// Names with a number each, found by a hash over all their bytes.
#[derive(Default)]
struct LongNames {
    names: Vec<(Box<[u8]>, Stats)>,
    /// One more than a name's number and the upper half of its hash; zero where there is none.
    places: Vec<(u32, u32)>,
}

impl LongNames {
    /// Adds a value of a name. Says whether it is a name.
    fn add(&mut self, name: &[u8], value: i16) -> bool {
        if 2 * self.names.len() >= self.places.len() {
            self.grow();
        }
        let hash = hash_bytes(name);
        let (mask, upper) = (self.places.len() - 1, (hash >> 32) as u32);
        let mut at = hash as usize & mask;
        loop {
            match self.places[at] {
                (0, _) => break,
                (number, of) if of == upper => {
                    let (known, stats) = &mut self.names[number as usize - 1];
                    if **known == *name {
                        stats.add(value);
                        return true;
                    }
                }
                _ => {}
            }
            at = (at + 1) & mask;
        }
        if !is_name(name) {
            return false;
        }
        let mut stats = Stats::EMPTY;
        stats.add(value);
        self.names.push((name.into(), stats));
        self.places[at] = (self.names.len() as u32, upper);
        true
    }

    fn grow(&mut self) {
        let places = (2 * self.places.len()).max(64);
        self.places = vec![(0, 0); places];
        for (index, (name, _)) in self.names.iter().enumerate() {
            let hash = hash_bytes(name);
            let mut at = hash as usize & (places - 1);
            while self.places[at].0 != 0 {
                at = (at + 1) & (places - 1);
            }
            self.places[at] = (index as u32 + 1, (hash >> 32) as u32);
        }
    }
}

/// A hash over all bytes: products of 64 by 64 bits, folded.
fn hash_bytes(bytes: &[u8]) -> u64 {
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    let words = bytes.chunks(8).map(|chunk| match chunk.first_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    });
    let mixed = words.fold(bytes.len() as u64, |hash, word| {
        fold(hash ^ 0x9e37_79b9_7f4a_7c15, word ^ 0xe703_7ed1_a0b4_28db)
    });
    fold(mixed ^ 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn key_of(name: &[u8]) -> Key {
        let mut bytes = [0; 16];
        let text = [name, b";"].concat();
        let kept = text.len().min(16);
        bytes[..kept].copy_from_slice(&text[..kept]);
        let bytes = u128::from_le_bytes(bytes);
        [bytes as u64, (bytes >> 64) as u64]
    }

    fn counts(table: Table) -> BTreeMap<Vec<u8>, u64> {
        let mut counts = BTreeMap::new();
        for (name, stats) in table.finish() {
            *counts.entry(name.into_vec()).or_default() += stats.count();
        }
        counts
    }

    #[test]
    fn names_with_one_hash_are_all_kept_whatever_the_multiplier() {
        // The second word is chosen so that both words mixed are always the same.
        let names: Vec<_> = (0..500_u64)
            .map(|number| {
                let first = u64::from_le_bytes(*b"abcdefgh") + number;
                let second = (first ^ 0x6c6b_6a69_6867_6665).rotate_right(29);
                (first, second)
            })
            .map(|(first, second)| [first.to_le_bytes(), second.to_le_bytes()].concat())
            .collect();
        let hash = Table::new().hash;
        let place = |name: &Vec<u8>| hash.of(key_of(name));
        let same = names.iter().filter(|name| place(name) == place(&names[0])).count();
        assert_eq!(same, names.len());
        let legal: Vec<_> = names.iter().filter(|name| is_name(name)).collect();
        assert!(legal.len() > 2 * PROBES_MAX, "{}", legal.len());
        let mut table = Table::new();
        for _ in 0..3 {
            assert!(legal.iter().all(|name| table.add_short(key_of(name), name, 1)));
            table.settle(TUNE_LINES);
        }
        let counts = counts(table);
        assert_eq!(counts.len(), legal.len());
        assert!(counts.values().all(|count| *count == 3));
    }

    #[test]
    fn sums_survive_emptying_growing_and_tuning() {
        let names: Vec<_> = (0..3_000).map(|number| format!("name {number}")).collect();
        let mut table = Table::new();
        for round in 0..4_i16 {
            for (number, name) in names.iter().enumerate() {
                let value = if number.is_multiple_of(2) { -999 + round } else { 999 - round };
                assert!(table.add_short(key_of(name.as_bytes()), name.as_bytes(), value));
            }
            table.settle(if round == 1 { FLUSH_LINES } else { TUNE_LINES });
        }
        assert!(table.slots.len() >= SLOTS_PER_NAME * names.len());
        for (name, stats) in table.finish() {
            let number: usize = std::str::from_utf8(&name[5..]).unwrap().parse().unwrap();
            let (min, max, sum) =
                if number.is_multiple_of(2) { (-999, -996, -3990) } else { (996, 999, 3990) };
            assert_eq!(stats, Stats::of(min, max, sum, 4));
        }
    }

    #[test]
    fn what_is_no_name_is_refused_and_not_kept() {
        let mut table = Table::new();
        let long = [b'x'; 101];
        for wrong in [&b""[..], b"a;b", b"\xff", &[0xff; 16], b";", &long, &[0xff; 30]] {
            assert!(!table.add_short(key_of(wrong), wrong, 1), "{wrong:?}");
            assert!(!table.add_long(wrong, 1), "{wrong:?}");
        }
        assert!(
            table.add_short(key_of(b"a\0"), b"a\0", 1) && table.add_short(key_of(b"a"), b"a", 1)
        );
        assert!(table.add_long(&long[1..], 1));
        assert_eq!(counts(table).len(), 3);
    }

    #[test]
    fn an_empty_slot_never_looks_like_a_name_that_belongs_there() {
        let hash = Table::new().hash;
        for (place, slot) in empty_slots(hash).iter().enumerate() {
            assert_ne!(hash.of(slot.key), place);
        }
    }
}
