//! How fine the clocks are and what a look at them costs.

use std::time::Instant;

/// A clock as it was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// The smallest step between two looks that differ, in ns.
    pub step_ns: f64,
    /// What one look costs, in ns.
    pub read_ns: f64,
}

/// Looks at a clock; together they take a few milliseconds.
const LOOKS: usize = 20_000;

/// The clock that times are taken by.
pub fn wall_clock() -> Clock {
    let start = Instant::now();
    look(|| start.elapsed().as_nanos() as u64)
}

/// The clock by which a worker reads its own CPU time; `None` where there is none.
#[cfg(target_os = "linux")]
pub fn process_cpu_clock() -> Option<Clock> {
    use rustix::time::{ClockId, clock_gettime};
    Some(look(|| {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
    }))
}

/// The clock by which a worker reads its own CPU time; `None` where there is none.
#[cfg(not(target_os = "linux"))]
pub fn process_cpu_clock() -> Option<Clock> {
    None
}

fn look(now_ns: impl Fn() -> u64) -> Clock {
    let began = Instant::now();
    let looks: Vec<u64> = (0..LOOKS).map(|_| now_ns()).collect();
    let read_ns = began.elapsed().as_nanos() as f64 / LOOKS as f64;
    let steps =
        looks.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).filter(|&step| step > 0);
    Clock { step_ns: steps.min().unwrap_or(0) as f64, read_ns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarse_clock_shows_its_steps() {
        let count = std::cell::Cell::new(0_u64);
        let clock = look(|| {
            count.set(count.get() + 1);
            count.get() / 100 * 4_000_000
        });
        assert_eq!(clock.step_ns, 4_000_000.0);
        assert!(clock.read_ns > 0.0);
        assert_eq!(look(|| 7).step_ns, 0.0);
    }

    #[test]
    fn the_clocks_of_this_machine_move() {
        assert!(wall_clock().step_ns > 0.0);
        assert_eq!(process_cpu_clock().is_some(), cfg!(target_os = "linux"));
    }
}
