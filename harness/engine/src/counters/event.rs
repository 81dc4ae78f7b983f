//! How an event of perf_event is named, in the lists of `hardware.rs` and `software.rs` and in what
//! a suite chooses; `perf.rs` opens them. Plain data; needs no Linux.

use std::borrow::Cow;

use record::metrics::Metric;

/// Events that are counted over the same instants.
#[derive(Clone, Debug)]
pub(super) struct EventGroup {
    /// Name, as it stands in the store.
    pub(super) name: Cow<'static, str>,
    /// Its events; the first one leads.
    pub(super) events: Cow<'static, [Event]>,
}

/// One event, as `perf_event_open(2)` wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// What it counts.
    pub(super) metric: Metric,
    /// `perf_event_attr.type`.
    pub(super) kind: u32,
    /// `perf_event_attr.config`.
    pub(super) config: u64,
    /// The same two in words.
    pub(super) name: &'static str,
    /// What it has to do with the kernel.
    pub(super) kernel: Kernel,
}

impl Event {
    /// What perf calls it: its name without the type before it.
    pub(super) fn perf_name(&self) -> &'static str {
        self.name.rsplit_once('/').map_or(self.name, |(_, name)| name)
    }
}

/// What an event has to do with the kernel, which may not be permitted to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    /// It happens in user space and in the kernel; without the kernel, a part is counted.
    Both,
    /// It happens in the kernel alone: without it, it would read 0 for ever.
    Only,
    /// It is a clock, which runs in the kernel too whether or not the kernel is excluded.
    Always,
}
