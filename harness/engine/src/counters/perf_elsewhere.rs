//! perf_event on systems that are not Linux: there is none, and this says so. Stands in for
//! `perf.rs`.

use super::event::EventGroup;
use super::refusal::Facility;
use super::{Opened, Target};

pub(super) fn open(_target: &Target, facility: Facility, groups: &[EventGroup]) -> Opened {
    let metrics: Vec<_> =
        groups.iter().flat_map(|group| group.events).map(|event| event.metric.name).collect();
    let reason = "perf_event is an interface of Linux; not counted on this system";
    let unavailable = vec![super::unavailable(&metrics, facility.source(), reason)];
    Opened { probes: Vec::new(), unavailable }
}
