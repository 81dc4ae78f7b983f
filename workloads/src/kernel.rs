//! The workload `kernel`: three small loops that are bound by one thing each, for judging a machine
//! rather than a program. `dyno doctor` holds each against itself.
//!
//! They do the same work for the same seed on every machine, on one thread, and write nothing.

use workload_api::{Answer, Context, Params, Prepared, Spec, Work, Workload, WorkloadError};

use crate::params::{Declared, Word, integer, word_or};

/// Loops that are bound by one thing each.
pub struct Kernel;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loop {
    Branchy,
    Memory,
    Allocating,
}

impl Word for Loop {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("branchy", "decisions on random data", Self::Branchy),
        ("memory", "dependent reads all over 16 MiB", Self::Memory),
        ("allocating", "blocks of random sizes, made and dropped", Self::Allocating),
    ];
}

impl Loop {
    /// Rows that take a few milliseconds on a CPU of the 2020s.
    fn usual_rows(self) -> u64 {
        match self {
            Self::Branchy => 400_000,
            Self::Memory => 60_000,
            Self::Allocating => 80_000,
        }
    }
}

/// A line of the cache, of 64 bytes, of which the memory loop reads the number of the next one: with
/// one number in each, 16 MiB have few enough of them to be put in order in a moment.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(u32);

const LINES: usize = (16 << 20) / size_of::<Line>();

impl Workload for Kernel {
    fn spec(&self) -> Spec {
        Spec {
            name: "kernel".to_owned(),
            about: "Small loops that are bound by one thing each, to judge a machine by."
                .to_owned(),
            params: vec![
                word_or("kind", "What the loop is bound by.", Loop::Branchy),
                integer(
                    "rows",
                    "Turns of the loop. Not stated: what takes a few milliseconds.",
                    (1, 1_000_000_000),
                    None,
                ),
            ],
        }
    }

    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        let spec = self.spec();
        let declared = Declared::new(params, &spec)?;
        let kind: Loop = declared.word("kind")?;
        let rows = declared.integer("rows")?.unwrap_or_else(|| kind.usual_rows());
        let lines = if kind == Loop::Memory { cycle(context.seed) } else { Vec::new() };
        Ok(Box::new(PreparedKernel { kind, rows, seed: context.seed, lines, sum: 0 }))
    }
}

struct PreparedKernel {
    kind: Loop,
    rows: u64,
    seed: u64,
    lines: Vec<Line>,
    sum: u64,
}

impl Prepared for PreparedKernel {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        self.sum = match self.kind {
            Loop::Branchy => branchy(self.rows, self.seed),
            Loop::Memory => memory(self.rows, &self.lines),
            Loop::Allocating => allocating(self.rows, self.seed),
        };
        Ok(Work { rows: self.rows, ..Work::default() })
    }

    fn check(&mut self) -> Result<Answer, WorkloadError> {
        let group = format!("kernel/{}/{}/{}", self.kind.word(), self.rows, self.seed);
        let digest = format!("{:016x}", self.sum);
        Ok(Answer { rows: self.rows, digest, group: Some(group) })
    }
}

/// Marsaglia's xorshift with a multiplied result: a few cycles a number, and no pattern that a
/// branch predictor could learn.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        // The state must not be 0.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// Two calls behind each decision keep the compiler from making arithmetic of it.
fn branchy(rows: u64, seed: u64) -> u64 {
    let mut random = Random::new(seed);
    let mut sum = 0_u64;
    for _ in 0..rows {
        let number = random.next();
        if number & 1 == 0 {
            sum = even(sum, number);
        } else if number & 2 == 0 {
            sum = odd(sum, number);
        }
    }
    sum
}

#[inline(never)]
fn even(sum: u64, number: u64) -> u64 {
    std::hint::black_box(sum.wrapping_add(number))
}

#[inline(never)]
fn odd(sum: u64, number: u64) -> u64 {
    std::hint::black_box(sum.rotate_left(7) ^ number)
}

/// Each read says where the next one is, so that no two of them overlap.
fn memory(rows: u64, lines: &[Line]) -> u64 {
    let (mut at, mut sum) = (0_u32, 0_u64);
    for _ in 0..rows {
        at = lines[at as usize].0;
        sum = sum.wrapping_add(u64::from(at));
    }
    sum
}

fn allocating(rows: u64, seed: u64) -> u64 {
    const KEPT: usize = 64;
    let mut random = Random::new(seed);
    let mut kept: Vec<Vec<u8>> = (0..KEPT).map(|_| Vec::new()).collect();
    let mut sum = 0_u64;
    for row in 0..rows {
        let number = random.next();
        let mut block = Vec::with_capacity(16 + (number % 2_000) as usize);
        block.push(number as u8);
        sum = sum.wrapping_add(block.capacity() as u64 ^ row);
        // Dropping another block than the last keeps the allocator from handing out one for ever.
        kept[(number >> 32) as usize % KEPT] = std::hint::black_box(block);
    }
    sum
}

/// One cycle through all lines, in random order (Sattolo, 1986).
fn cycle(seed: u64) -> Vec<Line> {
    let mut random = Random::new(seed);
    let mut lines: Vec<Line> = (0..LINES as u32).map(Line).collect();
    for last in (1..lines.len()).rev() {
        lines.swap(last, (random.next() % last as u64) as usize);
    }
    lines
}

#[cfg(test)]
mod tests {
    use workload_api::ParamValue;

    use super::*;

    fn answer(kind: &str, rows: i64, seed: u64) -> (Work, Answer) {
        let params: Params =
            [("kind", ParamValue::from(kind)), ("rows", rows.into())].into_iter().collect();
        let context = Context { seed, data_dir: std::env::temp_dir() };
        let mut prepared = Kernel.prepare(&params, &context).unwrap();
        let first = prepared.run().unwrap();
        let answer = prepared.check().unwrap();
        prepared.run().unwrap();
        assert_eq!(prepared.check().unwrap(), answer, "each run does the same");
        (first, answer)
    }

    #[test]
    fn the_same_seed_gives_the_same_answer_and_another_one_another() {
        for (kind, ..) in Loop::WORDS {
            let (work, first) = answer(kind, 5_000, 1);
            assert_eq!((work.rows, first.rows), (5_000, 5_000));
            assert_eq!(answer(kind, 5_000, 1).1, first, "{kind}");
            assert_ne!(answer(kind, 5_000, 2).1.digest, first.digest, "{kind}");
            assert_ne!(answer(kind, 5_001, 1).1.digest, first.digest, "{kind}");
        }
    }

    #[test]
    fn the_memory_loop_comes_past_every_line_of_16_mib_once() {
        let lines = cycle(3);
        assert_eq!(size_of_val(lines.as_slice()), 16 << 20);
        let (mut at, mut seen) = (0, vec![false; lines.len()]);
        for _ in 0..lines.len() {
            assert!(!std::mem::replace(&mut seen[at], true));
            at = lines[at].0 as usize;
        }
        assert_eq!(at, 0);
    }

    #[test]
    fn decisions_fall_both_ways() {
        let mut random = Random::new(7);
        let even = (0..10_000).filter(|_| random.next() & 1 == 0).count();
        assert!((4_500..5_500).contains(&even), "{even}");
    }
}
