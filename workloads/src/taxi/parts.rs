//! What a schedule ends with: the results of its parts combined, and the chapter's table of how long
//! the parts took.
//!
//! Schedules with a few parts combine them all at the end, as the chapter does; those with many
//! combine as they go, so that their memory does not grow with the files.

use std::time::{Duration, Instant};

use workload_api::Metric;

use super::groups::Groups;

/// The result of one part, and how long it took.
pub(super) struct Part {
    pub(super) groups: Groups,
    pub(super) time: Duration,
}

/// Parts that were combined.
pub(super) struct Parts {
    pub(super) groups: Groups,
    /// How long combining took.
    combine_time: Duration,
    /// How long each part took.
    times: Vec<Duration>,
}

impl Parts {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { groups: Groups::new(), combine_time: Duration::ZERO, times: Vec::new() }
    }

    /// These, in their order.
    pub(super) fn of(parts: &[Part]) -> Self {
        let mut all = Self::new();
        let start = Instant::now();
        parts.iter().for_each(|part| all.groups.combine(&part.groups));
        all.combine_time = start.elapsed();
        all.times = parts.iter().map(|part| part.time).collect();
        all
    }

    /// One more.
    pub(super) fn add(&mut self, part: &Part) {
        let start = Instant::now();
        self.groups.combine(&part.groups);
        self.combine_time += start.elapsed();
        self.times.push(part.time);
    }

    /// Those of all workers.
    pub(super) fn together(workers: Vec<Self>) -> Self {
        let mut all = Self::new();
        for one in workers {
            let start = Instant::now();
            all.groups.combine(&one.groups);
            all.combine_time += one.combine_time + start.elapsed();
            all.times.extend(one.times);
        }
        all
    }

    /// The chapter's table in three numbers, and what combining took.
    pub(super) fn metrics(&self) -> Vec<Metric> {
        let combine = Metric::time("combine_time", self.combine_time);
        let (slowest, fastest) = (self.times.iter().max(), self.times.iter().min());
        let (Some(slowest), Some(fastest)) = (slowest, fastest) else { return vec![combine] };
        vec![
            combine,
            Metric::time("slowest_part", *slowest),
            Metric::time("fastest_part", *fastest),
            Metric::time("sum_of_parts", self.times.iter().sum()),
        ]
    }

    /// The table itself, where each part is a month's file and the first one is that of `month`.
    pub(super) fn months(&self, month: u64) -> impl Iterator<Item = Metric> {
        let months = std::iter::zip(month.., &self.times);
        months.map(|(month, time)| Metric::time(&format!("month_{month:02}"), *time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part with these fares in cents, all of two passengers.
    fn part(cents: &[i64], millis: u64) -> Part {
        let mut groups = Groups::new();
        cents.iter().for_each(|cents| groups.add(2, *cents));
        Part { groups, time: Duration::from_millis(millis) }
    }

    #[test]
    fn counts_are_added_and_not_counted_however_parts_are_combined() {
        let parts = || [part(&[100, 300], 7), part(&[], 2), part(&[-50], 30)];
        let at_the_end = Parts::of(&parts());
        let [mut one, mut other] = [Parts::new(), Parts::new()];
        let [first, second, third] = parts();
        one.add(&third);
        one.add(&first);
        other.add(&second);
        for all in [at_the_end, Parts::together(vec![one, other])] {
            assert_eq!(all.groups.text(), "2 min=-50 max=300 sum=350 count=3 avg=11667\n");
            let metrics = all.metrics();
            let value = |name: &str| metrics.iter().find(|one| one.name == name).unwrap().value;
            assert_eq!((value("slowest_part"), value("fastest_part")), (30e6, 2e6));
            assert_eq!(value("sum_of_parts"), 39e6);
        }
    }

    #[test]
    fn months_are_named_from_the_first_one_of_the_query() {
        let parts = Parts::of(&[part(&[1], 5), part(&[2], 6)]);
        let months: Vec<_> = parts.months(9).map(|one| (one.name, one.value)).collect();
        assert_eq!(months, [("month_09".to_owned(), 5e6), ("month_10".to_owned(), 6e6)]);
    }
}
