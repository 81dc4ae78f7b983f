//! Whether the cores are really there: two threads that spin, against one. On a shared or throttled
//! machine two cores may do the work of one and a half, and no file says so.

use std::thread;
use std::time::{Duration, Instant};

use super::Known;

/// Long enough for several scheduler slices, so that two threads on one core share it.
const SPIN: Duration = Duration::from_millis(10);

/// Until both threads of a trial have surely been started.
const START: Duration = Duration::from_micros(500);

/// Other work disturbs single trials; of several the best counts. All take about 85 ms.
const TRIALS: usize = 4;

/// For instance `1.94x with 2 threads`: the work of two threads against the work of one.
pub(super) fn really_there() -> Known {
    let usable = thread::available_parallelism().map_or(1, usize::from);
    if usable < 2 {
        return Err("there is one core".to_owned());
    }
    let trials: Vec<Trial> = (0..TRIALS).map(|_| Trial { alone: work(1), both: work(2) }).collect();
    let ratio = best(&trials).ok_or("the one thread was not run at all")?;
    Ok(format!("{ratio:.2}x with 2 threads"))
}

/// Turns of each thread: of one that spins alone, then of two that spin at once.
struct Trial {
    alone: Vec<u64>,
    both: Vec<u64>,
}

/// The most that two threads did together, against the most that any thread ever did. A disturbed
/// trial lowers neither, and the ratio cannot exceed the number of threads.
fn best(trials: &[Trial]) -> Option<f64> {
    let one = trials.iter().flat_map(|trial| trial.alone.iter().chain(&trial.both)).max()?;
    let two = trials.iter().map(|trial| trial.both.iter().sum::<u64>()).max()?;
    (*one > 0).then(|| two as f64 / *one as f64)
}

/// Turns of a loop that each of so many threads does in the same stretch of time.
fn work(threads: usize) -> Vec<u64> {
    // One stretch for all: threads that take turns on one core must not count as two.
    let begin = Instant::now() + START;
    thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(move || spin(begin))).collect();
        // A thread that spins cannot panic; one that did would have done no work.
        all.into_iter().map(|one| one.join().unwrap_or(0)).collect()
    })
}

/// Turns between `begin` and [`SPIN`] later; a thread that comes late does fewer.
fn spin(begin: Instant) -> u64 {
    let end = begin + SPIN;
    let (mut turns, mut state) = (0_u64, 1_u64);
    loop {
        let now = Instant::now();
        if now >= end {
            return turns;
        }
        for _ in 0..1_000 {
            // A dependent chain stays in the registers of its core: neither memory nor caches
            // are shared.
            state =
                std::hint::black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        turns += u64::from(now >= begin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(alone: u64, both: [u64; 2]) -> Trial {
        Trial { alone: vec![alone], both: both.to_vec() }
    }

    #[test]
    fn a_disturbed_trial_changes_nothing_and_the_ratio_never_exceeds_the_threads() {
        assert_eq!(best(&[trial(100, [98, 97]), trial(20, [30, 90])]), Some(1.95));
        // The single thread was disturbed every time: once this was told as 3.97x.
        assert_eq!(best(&[trial(50, [99, 99])]), Some(2.0));
        // One core seen twice.
        assert_eq!(best(&[trial(100, [50, 50]), trial(100, [100, 0])]), Some(1.0));
        assert_eq!(best(&[trial(0, [0, 0])]), None);
    }

    #[test]
    fn threads_do_work_and_the_ratio_is_said_in_words() {
        assert_eq!(work(2).len(), 2);
        match really_there() {
            Ok(text) => {
                let ratio: f64 = text.strip_suffix("x with 2 threads").unwrap().parse().unwrap();
                assert!((0.0..=2.0).contains(&ratio), "{text}");
            }
            Err(why) => assert!(!why.is_empty()),
        }
    }
}
