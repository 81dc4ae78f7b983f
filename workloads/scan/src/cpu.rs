//! CPU time of processes that are still running.

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time of a process's threads so far, to the nanosecond, from the scheduler's statistics
/// (proc(5), `schedstat`). Threads that have ended are missing; servers here have one and keep it.
/// `None` where the kernel does not keep them or the process is gone.
pub(crate) fn of_process(id: u32) -> Option<Duration> {
    let threads = fs::read_dir(format!("/proc/{id}/task")).ok()?;
    threads.map(|thread| of_thread(&thread.ok()?.path().join("schedstat"))).sum()
}

fn of_thread(schedstat: &std::path::Path) -> Option<Duration> {
    let text = fs::read_to_string(schedstat).ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// CPU time of this process so far, all its threads, also those that have ended.
pub(crate) fn own() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    // OK because CPU time is never negative.
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_by_both() {
        let id = std::process::id();
        let (before, own_before) = (of_process(id).unwrap(), own());
        let mut sum = 0u64;
        while own() - own_before < Duration::from_millis(20) {
            sum = (0..10_000).map(std::hint::black_box).fold(sum, u64::wrapping_add);
        }
        // Other tests' threads may end meanwhile, so only this thread's own share is certain.
        assert!(of_process(id).unwrap() > before || std::hint::black_box(sum) == 0);
        assert_eq!(of_process(u32::MAX), None);
    }
}
