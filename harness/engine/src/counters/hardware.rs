//! The events of the CPU's performance monitoring unit, as the suite chooses them. Opened through
//! `perf.rs`; many virtual machines have none of them.

use std::sync::{Arc, Mutex, PoisonError};

use record::{Source, Unavailable};

use super::choice::Choice;
use super::event::Event;
use super::packing::{Packed, pack};
use super::refusal::Facility;
use super::{CounterSource, Opened, Target, perf, say_once, unavailable};

/// The hardware events of perf_event.
pub struct Hardware;

impl CounterSource for Hardware {
    fn name(&self) -> &'static str {
        "hardware"
    }

    fn open(&self, target: &Target<'_>) -> Opened {
        let packed = packed(target.choice);
        let share = target.choice.share;
        let mut opened =
            perf::open(target, Facility::Hardware, packed.of_round(target.turn, share));
        for (event, errno) in &packed.refused {
            let refused = perf::refused(Facility::Hardware, event, *errno);
            say_once(&mut opened.unavailable, [refused]);
        }
        opened.unavailable.extend(out_of_turn(&packed, target, Source::Hardware));
        opened
    }
}

/// An event that a suite may choose, and whether this machine counts it.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The name that suites use, which is that of its metric.
    pub name: &'static str,
    /// What it is to perf, and to the driver of this CPU.
    pub event: String,
    /// What it counts.
    pub about: &'static str,
    /// The group that it would be counted in if all were chosen, from 1; or why it is not there.
    pub state: Result<usize, Unavailable>,
}

/// Every hardware event that has a name, tried.
pub fn offered() -> Vec<Offered> {
    let choice = Choice::all();
    let packed = packed(&choice);
    let state = |event: &Event| {
        let group = packed.groups.iter().position(|group| group.events.contains(event));
        let errno = packed.refused.iter().find(|(refused, _)| refused == event);
        group.map(|at| at + 1).ok_or_else(|| {
            perf::refused(Facility::Hardware, event, errno.and_then(|(_, errno)| *errno))
        })
    };
    let events = choice.bundles().into_iter().flat_map(|(_, events)| events);
    let offered = events.map(|event| Offered {
        name: event.metric.name,
        event: perf::resolved(&event).to_owned(),
        about: event.metric.about,
        state: state(&event),
    });
    offered.collect()
}

/// The events that no round is left for.
pub(super) fn out_of_turn(
    packed: &Packed,
    target: &Target<'_>,
    source: Source,
) -> Option<Unavailable> {
    let left = packed.without_turn(target.turn, target.choice.share);
    let metrics: Vec<_> = left.map(|event| event.metric.name).collect();
    let rounds = target.turn.rounds;
    let reason = format!(
        "{} groups of events take turns on the performance monitoring unit, one a round, and the \
         run has {rounds}",
        packed.groups.len()
    );
    (!metrics.is_empty()).then(|| Unavailable {
        remedy: format!(
            "take {} processes (-r), choose fewer `events` under [counters], or let them share the \
             unit: `share = true`",
            packed.groups.len()
        ),
        ..unavailable(&metrics, source, &reason)
    })
}

/// The groups of a choice, tried once: a run opens its counters on thousands of processes, and the
/// PMU does not change meanwhile.
pub(super) fn packed(choice: &Choice) -> Arc<Packed> {
    static LAST: Mutex<Option<(Choice, Arc<Packed>)>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, packed)) = last.as_ref()
        && known.events == choice.events
    {
        return Arc::clone(packed);
    }
    let packed = Arc::new(pack(choice.bundles(), &mut perf::fit));
    *last = Some((choice.clone(), Arc::clone(&packed)));
    packed
}
