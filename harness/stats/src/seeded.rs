//! Seeded random numbers, so that this crate needs no other one and what is drawn is the same every
//! time: the bootstrap of [`crate::scaling`], the tests, the replays of recorded noise.

/// SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014).
pub(crate) struct Seeded(u64);

/// A distribution: its name, and one number drawn from it.
#[cfg(test)]
pub(crate) type Distribution = (&'static str, fn(&mut Seeded) -> f64);

/// One value of a distribution.
#[cfg(test)]
pub(crate) type Draw = fn(&mut Seeded) -> f64;

/// Distributions with one mode, from symmetric to heavily skewed, as run times are.
#[cfg(test)]
pub(crate) const UNIMODAL: [Distribution; 5] = [
    ("normal, 3 %", |seeded| 1.0 + 0.03 * seeded.normal()),
    ("normal, 20 %", |seeded| (1.0 + 0.2 * seeded.normal()).max(0.01)),
    ("uniform", |seeded| 1.0 + 0.3 * seeded.uniform()),
    ("log-normal", |seeded| (0.5 * seeded.normal()).exp()),
    ("exponential", |seeded| 1.0 - 0.2 * (1.0 - seeded.uniform()).ln()),
];

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 to below 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number from 0 to below `end`, which is at least 1.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.uniform() * end as f64) as usize
    }

    /// Standard normal, by Box and Muller's transform.
    #[cfg(test)]
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// The share of `rounds` in which `found` says yes to `n` values of a distribution.
    #[cfg(test)]
    pub(crate) fn rate(
        &mut self,
        rounds: u32,
        n: usize,
        draw: Draw,
        found: impl Fn(&[f64]) -> bool,
    ) -> f64 {
        let hits = (0..rounds).filter(|_| {
            let values: Vec<f64> = (0..n).map(|_| draw(self)).collect();
            found(&values)
        });
        hits.count() as f64 / f64::from(rounds)
    }
}
