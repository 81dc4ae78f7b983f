//! The thread that empties the rings while the program runs.
//!
//! Started and ended by the profiler. It sleeps between its rounds for as long as a ring takes to
//! become a quarter full, because each waking is noise for the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::Settings;
use super::processes::Processes;
use super::record::Record;
use super::ring::Rings;
use super::stacks::Stacks;
use super::vdso;

/// A record lies in its ring this long after its time stamp at the latest: the kernel writes it
/// in the interrupt in which it took the time.
const SETTLE_NS: u64 = 1_000_000;

/// The longest sleep between two rounds.
const SLEEP_MAX: Duration = Duration::from_millis(100);

/// When the measured work began and ended, in turn, in ns of CLOCK_MONOTONIC.
#[derive(Debug, Default)]
pub(super) struct Regions(Mutex<Vec<u64>>);

impl Regions {
    /// The work begins or ends now.
    pub(super) fn mark(&self) {
        let now = now_ns();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(now);
    }

    fn contains(&self, time: u64) -> bool {
        let marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        is_inside(&marks, time)
    }
}

fn is_inside(marks: &[u64], time: u64) -> bool {
    marks.partition_point(|mark| *mark <= time) % 2 == 1
}

/// What was sampled, on its way from one process of a case to the next.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) processes: Processes,
    pub(super) stacks: Stacks,
}

impl Taken {
    fn take(&mut self, time: u64, record: Record<'_>, regions: &Regions) {
        match record {
            Record::Sample(sample) if regions.contains(time) => {
                self.stacks.add(&sample, &self.processes);
            }
            Record::Sample(_) => self.stacks.outside += 1,
            other => self.processes.learn(vdso::told_apart(other)),
        }
    }
}

/// A drain at work; one that is dropped ends too.
#[derive(Debug)]
pub(super) struct Drain {
    stop: Arc<AtomicBool>,
    /// Until it was asked for what it has taken.
    thread: Option<JoinHandle<Taken>>,
}

impl Drain {
    /// Opens rings on a process that is held before its exec and starts to empty them into
    /// `taken`; says whether the kernel is sampled too.
    ///
    /// # Errors
    /// As [`Rings::open`], and when there can be no thread.
    pub(super) fn start(
        pid: u32,
        settings: &Settings,
        regions: Arc<Regions>,
        taken: Taken,
    ) -> std::io::Result<(Self, bool)> {
        let rings = Rings::open(pid, settings)?;
        let kernel = rings.kernel;
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let sleep = rings.quarter_full(settings.rate_hz).min(SLEEP_MAX);
        let work = move || drain(rings, sleep, &regions, taken, &asked);
        let thread = thread::Builder::new().name("profiler".to_owned()).spawn(work)?;
        Ok((Self { stop, thread: Some(thread) }, kernel))
    }

    /// Takes what is left in the rings and closes them.
    pub(super) fn end(mut self) -> Taken {
        self.stop();
        // A drain that panicked has said so on standard error, and has nothing to show.
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        self.stop();
    }
}

fn drain(
    mut rings: Rings,
    sleep: Duration,
    regions: &Regions,
    mut taken: Taken,
    stop: &AtomicBool,
) -> Taken {
    loop {
        let last = stop.load(Ordering::Acquire);
        // Whatever is older than this has been written, so no record can come before it any more.
        let settled = if last { u64::MAX } else { now_ns().saturating_sub(SETTLE_NS) };
        rings.drain(settled, |time, record| taken.take(time, record, regions));
        if last {
            taken.stacks.lost += rings.lost();
            return taken;
        }
        thread::park_timeout(sleep);
    }
}

fn now_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    // OK because this clock is never negative.
    let part = |number: i64| u64::try_from(number).unwrap_or(0);
    part(time.tv_sec) * 1_000_000_000 + part(time.tv_nsec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_belongs_to_the_work_between_a_begin_and_an_end() {
        let marks = [10, 20, 30];
        let inside: Vec<_> = (0..40).filter(|time| is_inside(&marks, *time)).collect();
        let expect: Vec<_> = (10..20).chain(30..40).collect();
        assert_eq!(inside, expect);
        assert!(!is_inside(&[], 5));
    }
}
