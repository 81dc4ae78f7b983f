//! The thirteen steps of the shredding study, each as what it changes against the one before.
//!
//! `options` asks for the bundle of a step and lays stated parameters over it; `declare` lists the
//! titles. A step is never looked at after that: the code knows only the single choices.

use super::words::{
    Batching, Buffer, IdSource, Materialise, NameCopy, NameOwner, PhoneTypeColumn, Sampler,
};

/// The choices that the steps bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) phone_type: PhoneTypeColumn,
    pub(crate) materialise: Materialise,
    pub(crate) number_buffer: Buffer,
    pub(crate) name_buffer: Buffer,
    pub(crate) contacts_buffer: Buffer,
    pub(crate) sampler: Sampler,
    pub(crate) writers: usize,
    pub(crate) batching: Batching,
    pub(crate) names: NameOwner,
    pub(crate) name_copy: NameCopy,
    pub(crate) ids: IdSource,
}

/// One step of the study.
pub(crate) struct Step {
    /// Its number, two digits.
    pub(crate) number: &'static str,
    /// Its title in the study.
    pub(crate) title: &'static str,
    change: fn(&mut Variant),
}

const BASELINE: Variant = Variant {
    phone_type: PhoneTypeColumn::Utf8,
    materialise: Materialise::Contacts,
    number_buffer: Buffer::Allocate,
    name_buffer: Buffer::Allocate,
    contacts_buffer: Buffer::Allocate,
    sampler: Sampler::Proptest,
    writers: 1,
    batching: Batching::PerChunk,
    names: NameOwner::Own,
    name_copy: NameCopy::Clone,
    ids: IdSource::Atomic,
};

/// All steps in order; each starts from the one above it.
pub(crate) const STEPS: &[Step] = &[
    step("00", "Baseline", |_| {}),
    step("01", "Use a dictionary data type", |v| v.phone_type = PhoneTypeColumn::Dictionary),
    step("02", "Eliminate intermediate vector allocation", |v| {
        v.materialise = Materialise::Direct;
    }),
    step("03", "Preallocate a string buffer", |v| v.number_buffer = Buffer::Reuse),
    step("04", "Preallocate a string buffer 2", |v| v.name_buffer = Buffer::Reuse),
    step("05", "Add a second Parquet writer", |v| v.writers = 2),
    step("06", "Make data generation lightweight", |v| v.sampler = Sampler::Lightweight),
    step("07", "Increase Parquet writer threads", |v| v.writers = 4),
    step("08", "Introduce thread-local state", |v| v.batching = Batching::ThreadLocal),
    step("09", "Global string interning", |v| v.names = NameOwner::Interned),
    step("10", "Revert interning, drop a clone", |v| {
        v.names = NameOwner::Own;
        v.name_copy = NameCopy::Borrow;
    }),
    step("11", "Partition the ids, no atomics", |v| v.ids = IdSource::Partitioned),
    step("12", "Reuse one more buffer", |v| v.contacts_buffer = Buffer::Reuse),
];

const fn step(number: &'static str, title: &'static str, change: fn(&mut Variant)) -> Step {
    Step { number, title, change }
}

/// The choices of a step; of the last one when none is named. `None` for a number that is no step.
pub(crate) fn bundle(number: Option<&str>) -> Option<Variant> {
    let last = match number {
        Some(number) => STEPS.iter().position(|step| step.number == number)?,
        None => STEPS.len() - 1,
    };
    let mut variant = BASELINE;
    for step in &STEPS[..=last] {
        (step.change)(&mut variant);
    }
    Some(variant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_00_to_12_in_order() {
        let numbers: Vec<_> = STEPS.iter().map(|step| step.number.to_owned()).collect();
        assert_eq!(numbers, (0..13).map(|n| format!("{n:02}")).collect::<Vec<_>>());
    }

    #[test]
    fn step_00_is_the_baseline_and_no_step_is_the_last() {
        assert_eq!(bundle(Some("00")), Some(BASELINE));
        assert_eq!(bundle(None), bundle(Some("12")));
        assert_eq!(bundle(Some("13")), None);
    }

    #[test]
    fn step_08_is_what_the_study_says() {
        let expected = Variant {
            phone_type: PhoneTypeColumn::Dictionary,
            materialise: Materialise::Direct,
            number_buffer: Buffer::Reuse,
            name_buffer: Buffer::Reuse,
            contacts_buffer: Buffer::Allocate,
            sampler: Sampler::Lightweight,
            writers: 4,
            batching: Batching::ThreadLocal,
            names: NameOwner::Own,
            name_copy: NameCopy::Clone,
            ids: IdSource::Atomic,
        };
        assert_eq!(bundle(Some("08")), Some(expected));
        let step_09 = Variant { names: NameOwner::Interned, ..expected };
        assert_eq!(bundle(Some("09")), Some(step_09));
        let step_10 = Variant { name_copy: NameCopy::Borrow, ..expected };
        assert_eq!(bundle(Some("10")), Some(step_10));
    }

    #[test]
    fn every_step_after_00_changes_something() {
        for pair in STEPS.windows(2) {
            let (before, after) = (bundle(Some(pair[0].number)), bundle(Some(pair[1].number)));
            assert_ne!(before, after, "step {}", pair[1].number);
        }
    }
}
