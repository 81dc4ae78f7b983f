//! The events of the CPU's performance monitoring unit, as the suite chooses them. Opened through
//! `perf.rs`; many virtual machines have none of them.

use std::sync::{Arc, Mutex, PoisonError};

use record::{Source, Unavailable};

use super::choice::Choice;
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
