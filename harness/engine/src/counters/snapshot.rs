//! What one read of a probe says, and the subtraction of two reads. Pure: the facade above and
//! every source use it, nothing here touches a file or a counter.

use std::borrow::Cow;

use record::metrics::Metric;
use record::{Counting, Source, Unavailable, Value};

/// All readings of one probe at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// One reading per metric.
    pub readings: Vec<Reading>,
}

/// One number as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What it counts.
    pub metric: Metric,
    /// Where it was read.
    pub source: Source,
    /// The number, in the metric's base unit.
    pub value: u64,
    /// How it is turned into the value of a sample.
    pub kind: Kind,
}

/// How a reading becomes the value of a sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// It only grows: the value is what it grew by.
    Total,
    /// It stands for itself: the value is what the read after the work says.
    Level,
    /// A perf counter: it only grows, and may have been off the PMU for a part of the time.
    Counted(Clock),
}

/// How long a perf counter has been enabled and really counting, and what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Time enabled since it was opened, in ns, summed over threads.
    pub enabled_ns: u64,
    /// Time on the PMU since it was opened, in ns, summed over threads.
    pub running_ns: u64,
    /// Whether the kernel is counted too.
    pub kernel: bool,
    /// The event as resolved, for instance `hardware/0`.
    pub event: Cow<'static, str>,
    /// The group that it is counted with.
    pub group: Cow<'static, str>,
}

/// What happened between two snapshots.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// What was counted.
    pub values: Vec<Value>,
    /// What was read before the work and gives no value.
    pub lost: Vec<Lost>,
}

/// A metric that gives no value for a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// Its name.
    pub metric: &'static str,
    /// Where it was read.
    pub source: Source,
    /// Why there is no value.
    pub why: &'static str,
}

impl Lost {
    /// The same, in the words of the store.
    pub fn into_unavailable(self) -> Unavailable {
        super::unavailable(&[self.metric], self.source, self.why)
    }
}

const VANISHED: &str = "read before the work, but not after it";
const BACKWARDS: &str =
    "the total went backwards: a process left the tree without being waited for";
const NOT_ENABLED: &str = "the counter was not enabled during the sample";
const NOT_RUNNING: &str =
    "the counter was never on the PMU during the sample: too many events share it";

impl Snapshot {
    /// What was counted since `before`. Totals are subtracted, levels taken as they are, and a
    /// perf counter that was on the PMU for a part of the time is scaled up to the whole.
    pub fn since(&self, before: &Self) -> Difference {
        let mut difference = Difference::default();
        for (at, after) in self.readings.iter().enumerate() {
            match value_of(after, before.like(after, at)) {
                Ok(Some(value)) => difference.values.push(value),
                Ok(None) => {}
                Err(why) => difference.lost.push(lost(after, why)),
            }
        }
        for (at, old) in before.readings.iter().enumerate() {
            if self.like(old, at).is_none() {
                difference.lost.push(lost(old, VANISHED));
            }
        }
        difference
    }

    /// The reading of the same counter; most often it stands at the same place.
    fn like(&self, other: &Reading, at: usize) -> Option<&Reading> {
        let same = |one: &&Reading| {
            one.metric.name == other.metric.name
                && one.source == other.source
                && group(one) == group(other)
        };
        self.readings.get(at).filter(same).or_else(|| self.readings.iter().find(same))
    }
}

fn group(reading: &Reading) -> Option<&str> {
    match &reading.kind {
        Kind::Counted(clock) => Some(&clock.group),
        Kind::Total | Kind::Level => None,
    }
}

fn lost(reading: &Reading, why: &'static str) -> Lost {
    Lost { metric: reading.metric.name, source: reading.source, why }
}

/// The value of a sample; nothing where there is no read before it to subtract.
fn value_of(after: &Reading, before: Option<&Reading>) -> Result<Option<Value>, &'static str> {
    if after.kind == Kind::Level {
        return Ok(Some(after.metric.value(after.value as f64, after.source)));
    }
    let Some(before) = before else { return Ok(None) };
    let count = after.value.checked_sub(before.value).ok_or(BACKWARDS)?;
    let (Kind::Counted(now), Kind::Counted(then)) = (&after.kind, &before.kind) else {
        return Ok(Some(after.metric.value(count as f64, after.source)));
    };
    let enabled_ns = now.enabled_ns.saturating_sub(then.enabled_ns);
    let running_ns = now.running_ns.saturating_sub(then.running_ns);
    if enabled_ns == 0 {
        return Err(NOT_ENABLED);
    }
    if running_ns == 0 {
        return Err(NOT_RUNNING);
    }
    let counting = Counting {
        enabled_ns,
        running_ns,
        kernel: now.kernel,
        event: now.event.to_string(),
        group: now.group.to_string(),
    };
    let value = scaled(count, enabled_ns, running_ns);
    Ok(Some(after.metric.counted(value, after.source, counting)))
}

/// A count scaled to the whole time that it was enabled; untouched where it ran all the time.
fn scaled(count: u64, enabled_ns: u64, running_ns: u64) -> f64 {
    if running_ns < enabled_ns {
        count as f64 * (enabled_ns as f64 / running_ns as f64)
    } else {
        count as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use record::metrics;

    use super::*;

    fn counted(value: u64, enabled_ns: u64, running_ns: u64) -> Snapshot {
        let clock = Clock {
            enabled_ns,
            running_ns,
            kernel: true,
            event: "hardware/1".into(),
            group: "core".into(),
        };
        one(Reading {
            metric: metrics::INSTRUCTIONS,
            source: Source::Hardware,
            value,
            kind: Kind::Counted(clock),
        })
    }

    fn plain(value: u64, kind: Kind) -> Snapshot {
        one(Reading { metric: metrics::PEAK_RSS, source: Source::Process, value, kind })
    }

    fn one(reading: Reading) -> Snapshot {
        Snapshot { readings: vec![reading] }
    }

    #[test]
    fn a_total_is_subtracted_and_a_level_is_not() {
        let total = plain(7, Kind::Total).since(&plain(5, Kind::Total));
        assert_eq!(total.values, [metrics::PEAK_RSS.value(2.0, Source::Process)]);
        let level = plain(7, Kind::Level).since(&plain(5, Kind::Level));
        assert_eq!(level.values, [metrics::PEAK_RSS.value(7.0, Source::Process)]);
        assert!(level.lost.is_empty() && total.lost.is_empty());
    }

    #[test]
    fn a_counter_that_ran_half_of_the_time_is_doubled_and_says_so() {
        let difference = counted(1_500, 300, 150).since(&counted(1_000, 100, 50));
        assert_eq!(difference.values[0].value, 1_000.0);
        let counting = difference.values[0].counting.as_ref().unwrap();
        assert_eq!((counting.enabled_ns, counting.running_ns), (200, 100));
    }

    #[test]
    fn a_counter_that_was_never_enabled_or_never_ran_gives_no_value_and_no_zero() {
        for (after, why) in
            [(counted(5, 100, 100), NOT_ENABLED), (counted(5, 200, 100), NOT_RUNNING)]
        {
            let difference = after.since(&counted(5, 100, 100));
            assert!(difference.values.is_empty());
            assert_eq!(difference.lost[0].why, why);
        }
    }

    #[test]
    fn a_total_that_goes_backwards_or_vanishes_is_lost_and_said() {
        let backwards = plain(4, Kind::Total).since(&plain(5, Kind::Total));
        assert!(backwards.values.is_empty());
        assert_eq!(backwards.lost[0].why, BACKWARDS);
        let vanished = Snapshot::default().since(&plain(5, Kind::Total));
        assert!(vanished.values.is_empty());
        assert_eq!(vanished.lost[0].why, VANISHED);
    }

    #[test]
    fn a_reading_is_found_again_at_another_place() {
        let mut before = counted(1, 10, 10);
        before.readings.extend(plain(5, Kind::Total).readings);
        let after = plain(9, Kind::Total);
        let difference = after.since(&before);
        assert_eq!(difference.values, [metrics::PEAK_RSS.value(4.0, Source::Process)]);
        assert_eq!(difference.lost[0].metric, "instructions");
    }

    proptest! {
        #[test]
        fn a_value_is_finite_and_at_least_the_raw_count(
            count in 0_u64..1 << 52, running in 0_u64..1 << 40, off in 0_u64..1 << 40,
        ) {
            let difference = counted(count, running + off, running).since(&counted(0, 0, 0));
            for value in &difference.values {
                prop_assert!(value.value.is_finite() && value.value >= count as f64);
            }
            prop_assert_eq!(difference.values.len() + difference.lost.len(), 1);
        }
    }
}
