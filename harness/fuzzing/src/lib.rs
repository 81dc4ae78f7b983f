//! Property tests that go on for as long as they are told, and inputs that were valid once.
//!
//! The tests of every parser call it, from modules named `fuzz`, so that `just fuzz` finds them all:
//! a test is the same whether it runs for a few hundred inputs among the others or for a minute. No
//! program links it.

#![expect(clippy::print_stderr, reason = "how much a fuzz tried is for whoever asked for it")]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};

/// The variable that says for how many seconds each fuzz goes on.
pub const SECONDS_VAR: &str = "DYNO_FUZZ_SECONDS";

/// Holds `test` against `cases` inputs; with [`SECONDS_VAR`], against as many as that time has room
/// for, and says how many those were.
///
/// # Panics
/// With the smallest input that was found to fail.
pub fn on_any<S: Strategy>(
    name: &str,
    cases: u32,
    inputs: &S,
    test: impl Fn(S::Value) -> TestCaseResult,
) {
    let seconds = std::env::var(SECONDS_VAR).ok().map(|text| match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => panic!("{SECONDS_VAR}: expected whole seconds, found {text:?}"),
    });
    let (start, mut tested) = (Instant::now(), 0_u64);
    loop {
        let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
        // Each runner draws from a seed of its own.
        if let Err(error) = TestRunner::new(config).run(inputs, &test) {
            panic!("{name}: {error}");
        }
        tested += u64::from(cases);
        match seconds {
            Some(seconds) if start.elapsed() < seconds => {}
            Some(_) => break eprintln!("{name}: {tested} inputs in {:.0?}", start.elapsed()),
            None => break,
        }
    }
}

/// Something that happens to a file.
#[derive(Clone, Debug)]
enum Damage {
    /// One byte is another.
    Byte(Index, u8),
    /// A word of the language stands somewhere.
    Word(Index, Index),
    /// Some bytes are missing.
    Cut(Index, usize),
    /// It ends early.
    End(Index),
    /// A stretch of it, or of another file, stands somewhere once more.
    Copy { of: Index, from: Index, bytes: usize, to: Index },
}

/// One of the files `whole`, none of which may be empty, as it is or after up to six kinds of damage.
/// `words` are what the language has that bytes alone would hardly ever make: numbers beyond every
/// range, half a quote.
pub fn damaged(
    whole: Vec<Vec<u8>>,
    words: &'static [&'static str],
) -> impl Strategy<Value = Vec<u8>> {
    let place = any::<Index>;
    let damage =
        prop_oneof![
            (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
            (place(), place()).prop_map(|(at, word)| Damage::Word(at, word)),
            (place(), 1..40_usize).prop_map(|(at, bytes)| Damage::Cut(at, bytes)),
            place().prop_map(Damage::End),
            (place(), place(), 1..200_usize, place())
                .prop_map(|(of, from, bytes, to)| Damage::Copy { of, from, bytes, to }),
        ];
    (place(), prop::collection::vec(damage, 0..7)).prop_map(move |(which, damages)| {
        let mut bytes = which.get(&whole).clone();
        damages.iter().for_each(|damage| damage.to(&mut bytes, &whole, words));
        bytes
    })
}

impl Damage {
    fn to(&self, bytes: &mut Vec<u8>, whole: &[Vec<u8>], words: &[&str]) {
        let size = bytes.len();
        // Behind the last byte is a place too.
        let place = |index: &Index| index.index(size + 1);
        match self {
            Self::Byte(at, byte) => {
                if let Some(old) = bytes.get_mut(place(at)) {
                    *old = *byte;
                }
            }
            Self::Word(at, word) => {
                let at = place(at);
                bytes.splice(at..at, word.get(words).bytes());
            }
            Self::Cut(at, count) => {
                let at = place(at);
                bytes.drain(at..(at + count).min(size));
            }
            Self::End(at) => bytes.truncate(place(at)),
            Self::Copy { of, from, bytes: count, to } => {
                let of = of.get(whole);
                let (from, to) = (from.index(of.len()), place(to));
                let stretch = &of[from..(from + count).min(of.len())];
                bytes.splice(to..to, stretch.iter().copied());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn files_come_whole_and_damaged_and_with_words() {
        let whole = vec![b"one;1.0\n".to_vec(), b"two".to_vec()];
        let [as_it_was, with_word, other] = [(); 3].map(|()| Cell::new(0));
        let more = |cell: &Cell<u32>| cell.set(cell.get() + 1);
        on_any("damaged", 2_000, &damaged(whole.clone(), &["NaN"]), |bytes| {
            more(match () {
                () if whole.contains(&bytes) => &as_it_was,
                () if bytes.windows(3).any(|part| part == b"NaN") => &with_word,
                () => &other,
            });
            Ok(())
        });
        assert!(as_it_was.get() > 50 && with_word.get() > 50 && other.get() > 50);
    }

    #[test]
    #[should_panic(expected = "minimal failing input: 10")]
    fn a_failure_is_said_with_the_smallest_input() {
        on_any("small", 1_000, &(0..1_000_u32), |number| {
            prop_assert!(number < 10, "10 or more");
            Ok(())
        });
    }
}
