//! The table of zones, and what looking trips up in it gives.
//!
//! Every schedule of `join` uses both, so that only the sharing of the work differs.

use std::iter::Sum;

/// Zones by number: open addressing, at most half full, a multiplied hash.
pub(super) struct Table {
    /// Number and payload; no zone has the number 0.
    slots: Vec<(u32, u32)>,
    shift: u32,
}

impl Table {
    /// Of `count` numbers, none of them 0, and their payloads.
    pub(super) fn new(count: usize, zones: impl Iterator<Item = (u32, u32)>) -> Self {
        let slots = (2 * count).next_power_of_two().max(2);
        let shift = u64::BITS - slots.trailing_zeros();
        let mut table = Self { slots: vec![(0, 0); slots], shift };
        for (number, payload) in zones {
            let mut at = table.home(number);
            while table.slots[at].0 != 0 {
                at = (at + 1) % slots;
            }
            table.slots[at] = (number, payload);
        }
        table
    }

    fn home(&self, number: u32) -> usize {
        (hash(number) >> self.shift) as usize
    }

    /// The payload of a number.
    #[inline]
    fn get(&self, number: u32) -> Option<u32> {
        let (mut at, mask) = (self.home(number), self.slots.len() - 1);
        loop {
            match self.slots[at & mask] {
                (0, _) => return None,
                (found, payload) if found == number => return Some(payload),
                _ => at += 1,
            }
        }
    }
}

/// A hash whose upper bits are good (Knuth's multiplicative one).
#[inline]
pub(super) fn hash(number: u32) -> u64 {
    u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The pairs found so far: how many, and a sum of a hash of each, whatever their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Matches {
    pub(super) count: u64,
    pub(super) digest: u64,
}

impl Matches {
    /// Adds a pair of a trip and a zone.
    #[inline]
    pub(super) fn add(&mut self, trip: u32, zone: u32) {
        let pair = u64::from(trip) << 32 | u64::from(zone);
        let mixed = (pair ^ pair >> 31).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.count += 1;
        self.digest = self.digest.wrapping_add(mixed ^ mixed >> 29);
    }

    /// Adds the pairs of these trips, each a zone's number and the trip's own.
    pub(super) fn look_up(&mut self, table: &Table, trips: impl Iterator<Item = (u32, u32)>) {
        for (number, trip) in trips {
            if let Some(zone) = table.get(number) {
                self.add(trip, zone);
            }
        }
    }
}

impl Sum for Matches {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| Self {
            count: sum.count + part.count,
            digest: sum.digest.wrapping_add(part.digest),
        })
    }
}
