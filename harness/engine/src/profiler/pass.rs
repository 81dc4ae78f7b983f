//! The profile pass: each case under the profiler, until it has worked for long enough.
//!
//! The command line calls it for a plan, case by case. It goes the way of every other sample
//! ([`Bench`]): same processes, same directories, same checked answers. Its times are not samples
//! and are not kept.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use record::{Pass, Profile, Sample, Status, Unavailable, metrics};

use super::{Profiler, Settings, Symbols, Work};
use crate::answers::Ledger;
use crate::case::Case;
use crate::measure::{Bench, Next, Todo};

/// Executions of one case at most, however short each is.
const EXECUTIONS_MAX: u32 = 10_000;

/// Profiles case after case.
pub struct ProfilePass<'a> {
    settings: Settings,
    /// How long the work of a case is sampled at least.
    time: Duration,
    stop: &'a AtomicBool,
    symbols: Symbols,
    ledger: Ledger,
}

/// What became of one case.
pub enum Profiled {
    /// Its profile.
    Profile(Box<Profile>),
    /// The work failed, or its answer was wrong: a sample of the profile pass that says why.
    Failed(Box<Sample>),
    /// The machine does not let it be sampled.
    Unavailable(Unavailable),
    /// A person asked to stop.
    Interrupted,
}

impl<'a> ProfilePass<'a> {
    /// A pass that takes each case for `time`, or until `stop` is set.
    pub fn new(settings: Settings, time: Duration, stop: &'a AtomicBool) -> Self {
        let symbols = Symbols::new(settings.inlines);
        Self { settings, time, stop, symbols, ledger: Ledger::default() }
    }

    /// Profiles one case. The bench's own counters are not read.
    ///
    /// # Errors
    /// When the directory of the process cannot be made, or the launcher is lost.
    pub fn case(&mut self, bench: &mut Bench<'_>, case: &Case) -> anyhow::Result<Profiled> {
        let profiler = Profiler::new(self.settings.clone());
        let warmup = bench.sampling.warmup;
        let end = warmup + EXECUTIONS_MAX;
        let todo = Todo { pass: Pass::Profile, process: 0, first: 0, warmup, end };
        profiler.arm(warmup == 0);
        let mut seen = Seen::default();
        let mut bench = Bench {
            launcher: &mut *bench.launcher,
            exe: bench.exe.clone(),
            sampling: bench.sampling,
            sources: vec![&profiler],
            work_dir: bench.work_dir.clone(),
        };
        bench.replicate(case, &todo, &mut |mut taken| {
            if profiler.refusal().is_some() {
                return Ok(Next::Stop);
            }
            seen.iterations += 1;
            self.judge(case, &mut taken.sample);
            if taken.sample.status != Status::Ok {
                seen.failed = Some(Box::new(taken.sample));
                return Ok(Next::Stop);
            }
            if seen.iterations > warmup {
                seen.add(&taken.sample);
            }
            profiler.arm(seen.iterations >= warmup);
            let stop = self.is_enough(&seen) || self.stop.load(Ordering::Relaxed);
            Ok(if stop { Next::Stop } else { Next::On })
        })?;
        drop(bench);
        if let Some(refusal) = profiler.refusal() {
            return Ok(Profiled::Unavailable(refusal));
        }
        if let Some(failed) = seen.failed {
            return Ok(Profiled::Failed(failed));
        }
        if !self.is_enough(&seen) && self.stop.load(Ordering::Relaxed) {
            return Ok(Profiled::Interrupted);
        }
        let profile = profiler.finish(case.id.clone(), seen.work(), &self.symbols);
        Ok(Profiled::Profile(Box::new(profile)))
    }

    fn is_enough(&self, seen: &Seen) -> bool {
        u128::from(seen.wall_ns) >= self.time.as_nanos()
    }

    /// As in a run: an answer that is wrong fails its case.
    fn judge(&mut self, case: &Case, sample: &mut Sample) {
        if sample.status != Status::Ok {
            return;
        }
        if let Some(answer) = &mut sample.answer {
            answer.group = case.group(answer.group.take());
        }
        let rows = sample.value(metrics::ROWS.name).map(|rows| rows as u64);
        if let Err(failure) = self.ledger.judge(case, rows, sample.answer.as_ref()) {
            sample.status = Status::Failed(failure);
        }
    }
}

/// What the executions of one case came to.
#[derive(Default)]
struct Seen {
    /// Warm-up included.
    iterations: u32,
    executions: u32,
    wall_ns: u64,
    rows: u64,
    without_rows: bool,
    failed: Option<Box<Sample>>,
}

impl Seen {
    fn add(&mut self, sample: &Sample) {
        self.executions += sample.executions;
        self.wall_ns += sample.value(metrics::WALL_TIME.name).unwrap_or(0.0) as u64;
        match sample.value(metrics::ROWS.name) {
            Some(rows) => self.rows += rows as u64,
            None => self.without_rows = true,
        }
    }

    fn work(&self) -> Work {
        let rows = (!self.without_rows && self.rows > 0).then_some(self.rows);
        Work { executions: self.executions, rows, wall_ns: self.wall_ns }
    }
}
