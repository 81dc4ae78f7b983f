//! Which events are counted together, and which group of them has its turn in a round.
//!
//! A group is counted together or not at all, and groups that do not fit the PMU at once would have
//! to share it in time: what is read then is an estimate. So groups are made as large as the PMU
//! allows, and take turns over rounds. Pure: whether events fit is asked of the caller.

use super::event::{Event, EventGroup};

/// What became of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// They can be counted together.
    Fits,
    /// The PMU has too few counters for them.
    TooMany,
    /// One of them cannot be counted, with the error number.
    Refused(Option<i32>),
}

/// Groups that each fit the PMU, and what cannot be counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    pub(super) groups: Vec<EventGroup>,
    pub(super) refused: Vec<(Event, Option<i32>)>,
}

/// When a process is counted: its round, and how many there will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The round, from 0.
    pub round: u32,
    /// Rounds of the run.
    pub rounds: u32,
}

/// Packs bundles into groups, each bundle into the first group that has room for it. A bundle that
/// fits nowhere whole is taken apart; its ratios cannot be formed then.
pub(super) fn pack(
    bundles: Vec<(&'static str, Vec<Event>)>,
    fits: &mut dyn FnMut(&[Event]) -> Fit,
) -> Packed {
    let mut packed = Packed::default();
    for (name, events) in bundles {
        let mut whole = Vec::new();
        for event in events {
            match fits(&[event]) {
                Fit::Fits => whole.push(event),
                // Not even alone.
                Fit::TooMany => packed.refused.push((event, Some(super::refusal::EBUSY))),
                Fit::Refused(errno) => packed.refused.push((event, errno)),
            }
        }
        let parts = match whole.len() {
            0 => Vec::new(),
            1 => vec![whole],
            _ if fits(&whole) == Fit::Fits => vec![whole],
            _ => whole.into_iter().map(|event| vec![event]).collect(),
        };
        for part in parts {
            place(&mut packed.groups, name, &part, fits);
        }
    }
    packed
}

fn place(
    groups: &mut Vec<EventGroup>,
    name: &'static str,
    part: &[Event],
    fits: &mut dyn FnMut(&[Event]) -> Fit,
) {
    for group in groups.iter_mut() {
        let both = [&group.events, part].concat();
        if fits(&both) == Fit::Fits {
            group.events = both.into();
            group.name = format!("{}+{name}", group.name).into();
            return;
        }
    }
    let taken =
        groups.iter().filter(|group| group.name.split('+').any(|word| word == name)).count();
    // The parts of a bundle that was taken apart are groups of their own.
    let name = if taken == 0 { name.to_owned() } else { format!("{name}/{}", taken + 1) };
    groups.push(EventGroup { name: name.into(), events: part.to_vec().into() });
}

impl Packed {
    /// The groups of a round: all where they share the PMU, else the one whose turn it is.
    pub(super) fn of_round(&self, turn: Turn, share: bool) -> &[EventGroup] {
        if share || self.groups.len() < 2 {
            return &self.groups;
        }
        let at = turn.round as usize % self.groups.len();
        &self.groups[at..=at]
    }

    /// Events whose turn does not come in a run of so many rounds.
    pub(super) fn without_turn(&self, turn: Turn, share: bool) -> impl Iterator<Item = &Event> {
        let reached = if share { self.groups.len() } else { turn.rounds.max(1) as usize };
        self.groups.iter().skip(reached).flat_map(|group| group.events.iter())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::choice::{Choice, event_names};
    use super::*;

    /// A PMU with so many counters, without the events named.
    fn pmu(counters: usize, absent: Vec<&'static str>) -> impl FnMut(&[Event]) -> Fit {
        move |events| {
            if events.iter().any(|event| absent.contains(&event.metric.name)) {
                Fit::Refused(Some(2))
            } else if events.len() > counters {
                Fit::TooMany
            } else {
                Fit::Fits
            }
        }
    }

    fn names(group: &EventGroup) -> Vec<&'static str> {
        group.events.iter().map(|event| event.metric.name).collect()
    }

    #[test]
    fn six_counters_take_the_usual_events_at_once_and_four_in_two_turns() {
        let six = pack(Choice::usual().bundles(), &mut pmu(6, Vec::new()));
        assert_eq!(six.groups.len(), 1);
        assert_eq!(six.groups[0].name, "core+branch+cache");
        let four = pack(Choice::usual().bundles(), &mut pmu(4, Vec::new()));
        let groups: Vec<_> = four.groups.iter().map(names).collect();
        let core = ["cycles", "instructions", "branches", "branch_misses"];
        assert_eq!(groups, [&core[..], &["cache_references", "cache_misses"]]);
        let turn = |round| Turn { round, rounds: 5 };
        let of = |round| four.of_round(turn(round), false)[0].name.to_string();
        assert_eq!([of(0), of(1), of(2)], ["core+branch", "cache", "core+branch"]);
        assert_eq!(four.of_round(turn(1), true).len(), 2);
    }

    #[test]
    fn a_bundle_that_is_larger_than_the_pmu_is_taken_apart() {
        let one = pack(Choice::usual().bundles(), &mut pmu(1, vec!["cache_misses"]));
        assert_eq!(one.groups.len(), 5);
        let group_names: Vec<_> = one.groups.iter().map(|group| group.name.as_ref()).collect();
        assert_eq!(group_names, ["core", "core/2", "branch", "branch/2", "cache"]);
        assert_eq!(one.refused.len(), 1);
        let short = Turn { round: 0, rounds: 3 };
        let left: Vec<_> = one.without_turn(short, false).map(|event| event.metric.name).collect();
        assert_eq!(left, ["branch_misses", "cache_references"]);
        assert_eq!(one.without_turn(short, true).count(), 0);
    }

    proptest! {
        #[test]
        fn each_event_has_one_place_and_each_group_fits(
            counters in 1_usize..9,
            chosen in prop::sample::subsequence(event_names().collect::<Vec<_>>(), 1..14),
            absent in prop::sample::subsequence(event_names().collect::<Vec<_>>(), 0..5),
        ) {
            let choice = Choice::of(chosen.iter().copied()).unwrap();
            let packed = pack(choice.bundles(), &mut pmu(counters, absent.clone()));
            let mut places = BTreeMap::<&str, usize>::new();
            for group in &packed.groups {
                prop_assert!(group.events.len() <= counters);
                names(group).into_iter().for_each(|name| *places.entry(name).or_default() += 1);
            }
            for name in chosen {
                let expect = usize::from(!absent.contains(&name));
                prop_assert_eq!(places.get(name).copied().unwrap_or(0), expect);
                let refused = packed.refused.iter().any(|(event, _)| event.metric.name == name);
                prop_assert_eq!(refused, expect == 0);
            }
            for (_, bundle) in choice.bundles() {
                let bundle: Vec<_> = bundle.into_iter()
                    .filter(|event| !absent.contains(&event.metric.name)).collect();
                if bundle.is_empty() {
                    continue;
                }
                let together = packed.groups.iter()
                    .any(|group| bundle.iter().all(|event| group.events.contains(event)));
                prop_assert!(together || bundle.len() > counters);
            }
            let groups = packed.groups.len() as u32;
            for share in [false, true] {
                let turns = (0..groups).map(|round| Turn { round, rounds: groups });
                let all: Vec<_> = turns.clone()
                    .flat_map(|turn| packed.of_round(turn, share)).map(|g| &g.name).collect();
                prop_assert!(packed.groups.iter().all(|group| all.contains(&&group.name)));
                for turn in turns {
                    prop_assert_eq!(packed.without_turn(turn, share).count(), 0);
                }
            }
        }
    }
}
