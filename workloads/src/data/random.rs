//! The random numbers of generated data: few instructions each, the same on every machine.
//!
//! Datasets that need speed draw from it; a change of it changes their files.

/// SplitMix64 (Steele, Lea and Flood, 2014): a few instructions a number, and good enough to fill
/// a file.
pub(crate) struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, as good as equally likely.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        // OK because the product of two numbers below 2^32 has its upper half below the second.
        (((self.next() >> 32) * u64::from(bound)) >> 32) as u32
    }
}
