//! Profiles of the cases whose time changed, both sides in turn, for the functions that it lies in.
//! Taken after the last pair, so no time that was judged has a profiler in it.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use engine::case::{Case, Profiling};
use engine::counters::say_once;
use engine::measure::Bench;
use engine::pairs::Contest;
use engine::profiler::{ProfilePass, Profiled};
use record::gate::{Finding, Word};
use record::{Profile, Unavailable, metrics};
use reports::gate::moved::moved;

/// Longest time for all profiles of a gate; the largest changes come first.
const TIME_MAX: Duration = Duration::from_secs(30);

/// Profile of each side for a change of 5 %, where the suite states no time: a function of half the
/// time then moves by more than the error of sampling at 1 kHz.
const TIME_AT_5: Duration = Duration::from_secs(10);

/// How often both sides are profiled in turn.
const TURNS: u32 = 2;

/// Where profiles come from, and what they could not have.
pub(super) struct Profiles<'a, 'b> {
    pub(super) bench: &'a mut Bench<'b>,
    pub(super) contests: &'a [Contest],
    /// What the suite says.
    pub(super) profiling: Option<Profiling>,
    pub(super) stop: &'a AtomicBool,
    pub(super) unavailable: &'a mut Vec<Unavailable>,
}

impl Profiles<'_, '_> {
    /// Tells each changed case its functions. A case that cannot be profiled stays without them.
    ///
    /// # Errors
    /// When a directory cannot be made or the launcher is lost.
    pub(super) fn explain(mut self, findings: &mut [Finding]) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut changed: Vec<&mut Finding> =
            findings.iter_mut().filter(|finding| cpu_change(finding).is_some()).collect();
        let size = |finding: &Finding| finding.change.map_or(0.0, |change| change.estimate.abs());
        changed.sort_by(|one, other| size(other).total_cmp(&size(one)));
        let mut told: Vec<record::CaseId> = Vec::new();
        for finding in changed {
            let contest = self.contests.iter().find(|one| one.candidate.id == finding.case);
            let (Some(contest), Some(change)) = (contest, cpu_change(finding)) else { continue };
            // Two clocks of one case have one explanation.
            if told.contains(&finding.case) || began.elapsed() >= TIME_MAX {
                continue;
            }
            told.push(finding.case.clone());
            eprintln!("profiling {}", finding.case);
            let Some((before, after)) = self.both(contest, change)? else { break };
            finding.functions = moved(&before, &after, change);
        }
        Ok(())
    }

    /// Profiles of both sides; `None` where there are none to be had.
    fn both(
        &mut self,
        contest: &Contest,
        change: f64,
    ) -> anyhow::Result<Option<(Vec<Profile>, Vec<Profile>)>> {
        let profiling = self
            .profiling
            .clone()
            .unwrap_or_else(|| Profiling { time: time_for(change), ..Profiling::default() });
        let time = profiling.time / TURNS;
        let mut pass = ProfilePass::new((&profiling).into(), time, self.stop);
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            for (case, into) in [(&contest.baseline, &mut before), (&contest.candidate, &mut after)]
            {
                match self.one(&mut pass, case)? {
                    Some(profile) => into.push(profile),
                    None => return Ok(None),
                }
            }
        }
        Ok(Some((before, after)))
    }

    fn one(&mut self, pass: &mut ProfilePass<'_>, case: &Case) -> anyhow::Result<Option<Profile>> {
        Ok(match pass.case(self.bench, case)? {
            Profiled::Profile(profile) => Some(*profile),
            Profiled::Unavailable(lack) => {
                say_once(self.unavailable, [lack]);
                None
            }
            Profiled::Failed(_) | Profiled::Interrupted => None,
        })
    }
}

/// How long a side is profiled for a change of that size: samples in square to what must be told
/// from the error of sampling, and not less than any profile has.
fn time_for(change: f64) -> Duration {
    let least = Profiling::default().time;
    let times = (0.05 / change.abs()).powi(2);
    TIME_AT_5.mul_f64(times.min(1.0)).max(least)
}

/// By how much the CPU time of a case changed, where the finding is a change of time.
fn cpu_change(finding: &Finding) -> Option<f64> {
    let cpu = [metrics::CPU_TIME.name, metrics::WORKER_CPU_TIME.name];
    let wall = metrics::WALL_TIME.name;
    if !matches!(finding.word, Word::Regressed | Word::Improved) || finding.margins.is_none() {
        return None;
    }
    match finding.metric.as_str() {
        metric if cpu.contains(&metric) => finding.change.map(|change| change.estimate),
        metric if metric == wall => {
            let beside = finding.beside.iter().find(|part| cpu.contains(&part.name.as_str()));
            beside.map(|part| part.change).or(finding.change.map(|change| change.estimate))
        }
        _ => None,
    }
}
