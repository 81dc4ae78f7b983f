use proptest::prelude::*;

use super::*;
use crate::seeded::Seeded;

fn gate() -> PairGate {
    gate_of(1)
}

fn gate_of(members: usize) -> PairGate {
    PairGate::new(
        Thresholds::of_changes(0.01, 0.03).unwrap(),
        Levels::of_family(members, 0.01).unwrap(),
    )
}

/// Feeds pairs until the gate is decided.
fn decide(gate: &mut PairGate, pairs: impl IntoIterator<Item = f64>) -> Decision {
    for pair in pairs {
        if gate.observe(pair) != Decision::Open {
            break;
        }
    }
    gate.decision()
}

/// Normal noise of 1 % around a change.
fn noisy(seeded: &mut Seeded, change: f64, n: usize) -> Vec<f64> {
    (0..n).map(|_| change.ln_1p() + 0.01 * seeded.normal()).collect()
}

#[test]
fn clear_changes_are_told_apart() {
    let mut seeded = Seeded::new(1);
    for (change, expect) in [
        (0.0, Decision::Equivalent),
        (0.005, Decision::Equivalent),
        (0.05, Decision::Regressed),
        (0.3, Decision::Regressed),
        (-0.05, Decision::Improved),
    ] {
        assert_eq!(decide(&mut gate(), noisy(&mut seeded, change, 200)), expect, "{change}");
    }
}

#[test]
fn without_pairs_and_with_few_of_them_nothing_is_decided_or_excluded() {
    let mut gate = gate();
    assert_eq!(gate.decision(), Decision::Open);
    assert_eq!(gate.estimate(), None);
    assert_eq!((gate.excluded_from(), gate.excluded_to()), (None, None));
    assert_eq!(decide(&mut gate, [0.5; 6]), Decision::Open);
    let estimate = gate.estimate().unwrap();
    assert_eq!((estimate.centre, estimate.interval), (0.5, None));
}

#[test]
fn thresholds_and_levels_that_mean_nothing_are_refused() {
    assert_eq!(Thresholds::new(0.03, 0.01), None);
    assert_eq!(Thresholds::new(0.03, 0.03), None);
    assert_eq!(Thresholds::new(-0.01, 0.03), None);
    assert_eq!(Thresholds::new(0.0, f64::INFINITY), None);
    assert_eq!(Thresholds::new(f64::NAN, 0.1), None);
    assert_eq!(Levels::of_family(0, 0.01), None);
    assert_eq!(Levels::of_family(1, 0.0), None);
    assert_eq!(Levels::of_family(1, 1.0), None);
    assert_eq!(Levels::of_family(50, 0.01).unwrap().red(), 5000.0);
}

#[test]
fn a_number_that_is_none_is_no_pair() {
    let mut gate = gate();
    gate.observe(f64::NAN);
    gate.observe(f64::INFINITY);
    assert_eq!(gate.pairs(), 0);
}

#[test]
fn a_decision_stays_and_the_estimate_goes_on() {
    let mut seeded = Seeded::new(2);
    let mut gate = gate();
    assert_eq!(decide(&mut gate, noisy(&mut seeded, 0.05, 200)), Decision::Regressed);
    let pairs = gate.pairs();
    for pair in noisy(&mut seeded, 0.0, 300) {
        gate.observe(pair);
    }
    assert_eq!((gate.decision(), gate.pairs()), (Decision::Regressed, pairs + 300));
    assert!(gate.estimate().unwrap().centre < 0.02);
}

#[test]
fn larger_families_need_more_evidence_for_red_and_the_same_for_pass() {
    let pairs_until = |members: usize, change: f64| {
        let mut gate = gate_of(members);
        decide(&mut gate, noisy(&mut Seeded::new(3), change, 500));
        gate.pairs()
    };
    assert!(pairs_until(1, 0.05) < pairs_until(100, 0.05));
    assert_eq!(pairs_until(1, 0.0), pairs_until(100, 0.0));
}

#[test]
fn the_ends_of_the_interval_are_where_the_evidence_meets_its_level() {
    let mut seeded = Seeded::new(4);
    let mut gate = gate();
    for pair in noisy(&mut seeded, 0.02, 60) {
        gate.observe(pair);
    }
    let wealth = |claim: f64, side: f64| -> f64 {
        let factors = gate.pairs.iter().zip(&gate.bets);
        factors.map(|(x, bet)| bet.log_factor(side * (x - claim))).sum()
    };
    let interval = gate.estimate().unwrap().interval.unwrap();
    assert!((wealth(interval.low, 1.0) - 40f64.ln()).abs() < 1e-6);
    assert!((wealth(interval.high, -1.0) - 40f64.ln()).abs() < 1e-6);
    let excluded = gate.excluded_from().unwrap();
    assert!((wealth(excluded, -1.0) - 20f64.ln()).abs() < 1e-6);
    // Less certainty, a smaller change.
    assert!(excluded < interval.high && gate.excluded_to().unwrap() > interval.low);
}

/// Noise that no textbook test likes, symmetric about 0 as the coin makes it.
fn nasty(seeded: &mut Seeded) -> f64 {
    let sign = if seeded.uniform() < 0.5 { -1.0 } else { 1.0 };
    sign * match seeded.uniform() {
        // A spike, a second mode, and a skewed rest.
        u if u < 0.05 => 1.0,
        u if u < 0.35 => 0.04 + 0.002 * seeded.normal(),
        _ => -0.004 * (1.0 - seeded.uniform()).ln(),
    }
}

#[test]
fn peeking_after_each_of_300_pairs_goes_red_no_more_often_than_promised() {
    let mut seeded = Seeded::new(5);
    // At the largest change that is tolerated; red at 20 to make errors frequent enough to count.
    let levels = Levels::of_family(1, 0.05).unwrap();
    let thresholds = Thresholds::of_changes(0.01, 0.03).unwrap();
    let (rounds, mut red, mut missed) = (1000, 0, 0);
    for _ in 0..rounds {
        let mut ever_red = PairGate::new(thresholds, levels);
        let mut ever_passed = PairGate::new(thresholds, levels);
        for _ in 0..300 {
            let noise = nasty(&mut seeded);
            ever_red.observe(thresholds.tolerated() + noise);
            ever_passed.observe(thresholds.must_catch() + noise);
        }
        red += u32::from(ever_red.decision() == Decision::Regressed);
        missed += u32::from(ever_passed.passes());
    }
    let share = |count: u32| f64::from(count) / f64::from(rounds);
    println!("red at tolerated: {:.3}, passed at must_catch: {:.3}", share(red), share(missed));
    // 5 %, and three standard errors of 1000 rounds.
    assert!(share(red) < 0.07 && share(missed) < 0.07);
}

#[test]
fn the_confidence_sequence_covers_the_truth_at_all_times_together() {
    let mut seeded = Seeded::new(6);
    let (rounds, mut left) = (400, 0);
    for _ in 0..rounds {
        let mut gate = gate();
        let mut always = true;
        for _ in 0..80 {
            gate.observe(0.02 + nasty(&mut seeded));
            let interval = gate.estimate().and_then(|estimate| estimate.interval);
            always &= interval.is_none_or(|range| range.low <= 0.02 && 0.02 <= range.high);
        }
        left += u32::from(!always);
    }
    let share = f64::from(left) / f64::from(rounds);
    println!("the truth was ever outside: {share:.3}");
    assert!(share < 0.08, "{share}");
}

proptest! {
    #[test]
    fn the_mirror_image_of_the_pairs_has_the_mirror_image_of_the_decision(
        pairs in prop::collection::vec(-0.1..0.1f64, 0..60),
    ) {
        let (mut there, mut back) = (gate(), gate());
        for pair in &pairs {
            there.observe(*pair);
            back.observe(-pair);
        }
        let mirrored = match there.decision() {
            Decision::Regressed => Decision::Improved,
            Decision::Improved => Decision::Regressed,
            same => same,
        };
        prop_assert_eq!(back.decision(), mirrored);
        let (evidence, turned) = (there.evidence(), back.evidence());
        prop_assert!((evidence.regressed - turned.improved).abs() < 1e-9);
        prop_assert!((evidence.not_regressed - turned.not_improved).abs() < 1e-9);
        let turned = |limit: Option<f64>| limit.map(|h| -h);
        match (there.excluded_from(), turned(back.excluded_to())) {
            (Some(one), Some(other)) => prop_assert!((one - other).abs() < 1e-9),
            (one, other) => prop_assert_eq!(one, other),
        }
    }

    #[test]
    fn a_change_of_scale_of_pairs_and_thresholds_changes_nothing(
        pairs in prop::collection::vec(-0.1..0.1f64, 0..60), power in 0i32..6,
    ) {
        // Only up to the constant that keeps the spread above 0, so to a part in a million.
        let factor = 2f64.powi(power);
        let levels = Levels::of_family(1, 0.01).unwrap();
        let mut plain = PairGate::new(Thresholds::new(0.01, 0.03).unwrap(), levels);
        let thresholds = Thresholds::new(0.01 * factor, 0.03 * factor).unwrap();
        let mut scaled = PairGate::new(thresholds, levels);
        for pair in &pairs {
            plain.observe(*pair);
            scaled.observe(pair * factor);
        }
        let (plain, scaled) = (plain.evidence(), scaled.evidence());
        prop_assert!((plain.regressed - scaled.regressed).abs() < 1e-3);
        prop_assert!((plain.not_regressed - scaled.not_regressed).abs() < 1e-3);
    }

    #[test]
    fn more_slowness_is_never_less_evidence_for_a_regression(
        pairs in prop::collection::vec(-0.1..0.1f64, 5..60), more in 0.0..0.1f64,
    ) {
        // A shift of all pairs leaves the bets as they are.
        let (mut plain, mut slower) = (gate(), gate());
        for pair in &pairs {
            plain.observe(*pair);
            slower.observe(pair + more);
        }
        let (plain, slower) = (plain.evidence(), slower.evidence());
        prop_assert!(slower.regressed >= plain.regressed - 1e-6);
        prop_assert!(slower.not_regressed <= plain.not_regressed + 1e-6);
    }
}

#[test]
fn the_detectable_change_is_caught_in_nine_of_ten() {
    let mut seeded = Seeded::new(9);
    let noise = |seeded: &mut Seeded| 0.05 * seeded.normal();
    for budget in [60, 200] {
        let mut pilot = gate();
        for _ in 0..budget {
            let pair = noise(&mut seeded);
            pilot.observe(pair);
        }
        let change = pilot.detectable(budget).unwrap();
        let rounds = 300;
        let caught = (0..rounds).filter(|_| {
            let pairs: Vec<f64> = (0..budget).map(|_| change + noise(&mut seeded)).collect();
            decide(&mut gate(), pairs) == Decision::Regressed
        });
        let share = caught.count() as f64 / f64::from(rounds);
        println!("{budget} pairs: {change:.4} caught in {share:.3}");
        assert!(share > 0.85, "{budget} pairs: {change} caught in {share}");
    }
}

#[test]
fn more_pairs_detect_less_and_too_few_nothing() {
    let mut seeded = Seeded::new(10);
    let mut gate = gate();
    assert_eq!(gate.detectable(100), None);
    for pair in noisy(&mut seeded, 0.0, 40) {
        gate.observe(pair);
    }
    assert_eq!(gate.detectable(7), None);
    let (few, many) = (gate.detectable(30).unwrap(), gate.detectable(300).unwrap());
    assert!(many < few && many > 0.01f64.ln_1p(), "{few} and {many}");
}
