//! The words of a chunk's random number generator, ahead of their use.
//!
//! `draw` looks at a window of them, decides a row without branches and says how many words the row
//! used. The words are those that the same generator would have given one by one.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Words that a window shows; no row uses more.
pub(super) const WINDOW: usize = 32;

/// Words that a row uses on average, for filling about as many as a chunk needs.
const PER_ROW: usize = 6;

/// The generator makes this many words at a time.
const BLOCK: usize = 64;

/// Words ahead at most.
const CAPACITY: usize = 4096;

/// A generator and the words that it has given but nobody has used.
pub(super) struct Words {
    rng: StdRng,
    words: Vec<u32>,
    at: usize,
}

impl Words {
    /// The words of `seed`, of which about as many as `rows` need are made at once.
    pub(super) fn new() -> Self {
        Self { rng: StdRng::seed_from_u64(0), words: Vec::with_capacity(CAPACITY + WINDOW), at: 0 }
    }

    /// Begins with the words of `seed`, for a chunk of `rows`.
    pub(super) fn start(&mut self, seed: u64, rows: usize) {
        self.rng = StdRng::seed_from_u64(seed);
        self.words.clear();
        self.at = 0;
        self.fill(rows);
    }

    /// The next words, for a row when `rows` rows remain.
    pub(super) fn window(&mut self, rows: usize) -> &[u32; WINDOW] {
        if self.words.len() - self.at < WINDOW {
            self.words.drain(..self.at);
            self.at = 0;
            self.fill(rows);
        }
        // OK because `fill` has made a block or more, and a block is larger than a window.
        self.words[self.at..].first_chunk().expect("a window of words is there")
    }

    /// Says that the first `count` words of the window are used.
    pub(super) fn used(&mut self, count: usize) {
        self.at += count;
    }

    fn fill(&mut self, rows: usize) {
        let more = (rows * PER_ROW).next_multiple_of(BLOCK).clamp(BLOCK, CAPACITY);
        let known = self.words.len();
        self.words.resize(known + more, 0);
        self.rng.fill(&mut self.words[known..]);
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn words_are_those_of_the_generator_whatever_is_used_at_a_time() {
        for rows in [1, 256, 10_000] {
            let (mut words, mut rng) = (Words::new(), StdRng::seed_from_u64(5));
            words.start(5, rows);
            for row in 0..rows {
                let used = 1 + row * 7 % WINDOW;
                let expected: Vec<_> = (0..used).map(|_| rng.next_u32()).collect();
                assert_eq!(words.window(rows - row)[..used], expected);
                words.used(used);
            }
        }
    }
}
