//! Whether the cores are really there: two threads that spin, against one. On a shared or throttled
//! machine two cores may do the work of one and a half, and no file says so.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use super::Known;

/// Long enough for several scheduler slices, short enough not to be noticed.
const SPIN: Duration = Duration::from_millis(25);

/// For instance `1.94x with 2 threads`: the work of two threads against the work of one.
pub(super) fn really_there() -> Known {
    let usable = thread::available_parallelism().map_or(1, usize::from);
    if usable < 2 {
        return Err("there is one core".to_owned());
    }
    let one = work(1);
    let two = work(2);
    if one == 0 {
        return Err("the one thread was not run at all".to_owned());
    }
    Ok(format!("{:.2}x with 2 threads", two as f64 / one as f64))
}

/// Turns of a loop that so many threads do together in the same time.
fn work(threads: usize) -> u64 {
    let start = Barrier::new(threads);
    thread::scope(|scope| {
        let all: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    spin(SPIN)
                })
            })
            .collect();
        // A thread that spins cannot panic; one that did would have done no work.
        all.into_iter().map(|one| one.join().unwrap_or(0)).sum()
    })
}

fn spin(time: Duration) -> u64 {
    let begin = Instant::now();
    let (mut turns, mut state) = (0_u64, 1_u64);
    while begin.elapsed() < time {
        for _ in 0..1_000 {
            // A dependent chain stays in the registers of its core: neither memory nor caches
            // are shared.
            state =
                std::hint::black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        turns += 1;
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_do_work_and_the_ratio_is_said_in_words() {
        assert!(work(1) > 0);
        match really_there() {
            Ok(text) => assert!(text.ends_with("x with 2 threads"), "{text}"),
            Err(why) => assert!(!why.is_empty()),
        }
    }
}
