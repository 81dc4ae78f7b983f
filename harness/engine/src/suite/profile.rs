//! `[profile]`, checked: how cases are profiled, and that a run does it at all.

use std::sync::Arc;
use std::time::Duration;

use super::message::cannot_be;
use super::source::{Located, Source};
use super::wire::WireProfile;
use super::{SuiteError, check};
use crate::case::Profiling;
use crate::profiler::Event;

/// Most samples per second and core. The kernel's own limit is lower on many machines
/// (`kernel.perf_event_max_sample_rate`) and is found when sampling begins.
pub const RATE_MAX: i64 = 50_000;

/// Longest time for which each case is profiled.
const TIME_MAX: Duration = Duration::from_secs(3600);

/// The table; without it, no profiling is asked for.
pub(super) fn check(
    source: &Arc<Source>,
    profile: Option<&WireProfile>,
) -> Result<Option<Profiling>, SuiteError> {
    let Some(profile) = profile else { return Ok(None) };
    let mut profiling = Profiling::default();
    if let Some(rate) = &profile.rate {
        profiling.rate_hz = check::count(source, "rate", rate, (1, RATE_MAX))?.unsigned_abs();
    }
    if let Some(time) = &profile.time {
        profiling.time = check::duration(source, "time", time, TIME_MAX)?;
    }
    if let Some(event) = &profile.event {
        profiling.event = self::event(source, event)?;
    }
    let flag = |found: &Option<Located<bool>>| found.as_ref().is_some_and(|found| found.value);
    profiling.inlines = flag(&profile.inlines);
    profiling.unfolded = flag(&profile.unfolded);
    Ok(Some(profiling))
}

/// A time for `time`, as an option states it.
///
/// # Errors
/// What is allowed, in words.
pub fn profile_time(text: &str) -> Result<Duration, String> {
    let fits = |time: &Duration| *time >= Duration::from_millis(1) && *time <= TIME_MAX;
    let allowed = || format!("allowed is {}", check::durations(TIME_MAX));
    super::quantity::duration(text).filter(fits).ok_or_else(allowed)
}

fn event(source: &Arc<Source>, found: &Located<String>) -> Result<Event, SuiteError> {
    Event::parse(&found.value).ok_or_else(|| {
        let known = Event::names().chain(["a raw event such as r01c2"]);
        cannot_be(source, &found.span, "event").names(&found.value, known)
    })
}
