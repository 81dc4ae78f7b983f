//! perf_event on systems that are not Linux: there is none, and this says so. Stands in for
//! `perf.rs`.

use record::Unavailable;

use super::event::{Event, EventGroup};
use super::packing::Fit;
use super::refusal::Facility;
use super::{Opened, Target};

const REASON: &str = "perf_event is an interface of Linux; not counted on this system";

pub(super) fn fit(_events: &[Event]) -> Fit {
    Fit::Refused(None)
}

pub(super) fn refused(facility: Facility, event: &Event, _errno: Option<i32>) -> Unavailable {
    super::unavailable(&[event.metric.name], facility.source(), REASON)
}

/// The id of this process: nothing is attached to it.
pub fn this_thread() -> u32 {
    std::process::id()
}

/// Whether the profiler's event can be sampled here.
///
/// # Errors
/// Always: it is an interface of Linux.
pub fn try_sampling() -> Result<bool, Unavailable> {
    Err(super::unavailable(&["profile"], record::Source::Software, REASON))
}

pub(super) fn resolved(event: &Event) -> &'static str {
    event.name
}

pub(super) fn open(_target: &Target<'_>, facility: Facility, groups: &[EventGroup]) -> Opened {
    let metrics: Vec<_> = groups
        .iter()
        .flat_map(|group| group.events.iter())
        .map(|event| event.metric.name)
        .collect();
    let unavailable = vec![super::unavailable(&metrics, facility.source(), REASON)];
    Opened { probes: Vec::new(), unavailable }
}
