//! The referee on made-up pairs: what it says when the machine is not to be trusted, which clock it
//! looks at, and how its table reads.

use record::gate::{Control, Paired, Role, Rule, RuleKind, Side, TIME, Unit, Word};
use record::{Better, CaseId, Source, Unit as ValueUnit};
use reports::gate::{Facts, Referee};

fn rule(kind: RuleKind, metric: &str) -> Rule {
    Rule {
        kind,
        metric: metric.to_owned(),
        tolerated: None,
        must_catch: None,
        alpha: 0.01,
        ignore_below: 0.0,
        optional: false,
        bound: None,
        cases: vec![CaseId::new("c")],
    }
}

fn paired(metric: &str, baseline: f64, candidate: f64) -> Paired {
    Paired {
        metric: metric.to_owned(),
        unit: ValueUnit::Nanoseconds,
        better: Better::Lower,
        source: Source::Workload,
        baseline: vec![baseline; 3],
        candidate: vec![candidate; 3],
    }
}

fn unit(role: Role, pair: u32, metrics: Vec<Paired>) -> Unit {
    Unit {
        case: CaseId::new("c"),
        role,
        pair,
        started_ns: 0,
        seconds: 0.1,
        executions: 1,
        first: vec![Side::Baseline; 3],
        metrics,
        failure: None,
    }
}

/// Pairs until the case is decided, 100 at most; a little noise that favours nobody.
fn play(referee: &mut Referee, role: Role, factor: f64, more: &[(&str, f64, f64)]) -> u32 {
    for pair in 0..100 {
        let noise = 1.0 + 0.002 * (f64::from(pair % 5) - 2.0);
        let mut metrics = vec![paired("cpu_time", 1e6, 1e6 * factor * noise)];
        metrics.extend(more.iter().map(|(name, old, new)| paired(name, *old, *new)));
        if referee.observe(&unit(role, pair, metrics)) {
            return pair + 1;
        }
    }
    100
}

fn referee(rules: &[Rule]) -> Referee {
    Referee::new(rules, vec![Facts::new(CaseId::new("c"), false)])
}

#[test]
fn a_control_that_fires_leaves_nothing_regressed() {
    let mut referee = referee(&[rule(RuleKind::Relative, "cpu_time")]);
    assert!(play(&mut referee, Role::Case, 1.06, &[]) < 30);
    let believed = referee.conclude().0;
    assert_eq!(believed[0].word, Word::Regressed);
    play(&mut referee, Role::Control, 1.04, &[]);
    let (findings, control) = referee.conclude();
    assert!(control.as_ref().is_some_and(Control::fired));
    assert_eq!(findings[0].word, Word::Undecided);
    assert_eq!(findings[0].reason, "environment not trusted, else regressed");
    assert!(!findings[0].fails());
}

#[test]
fn a_canary_that_is_missed_is_not_trusted_either() {
    let mut referee = referee(&[rule(RuleKind::Relative, "cpu_time")]);
    // Identical programs seem 5 % faster by some unfairness: so does the canary seem unchanged.
    play(&mut referee, Role::Control, 1.0 / 1.05, &[]);
    let control = referee.conclude().1.unwrap();
    assert!(control.missed() && control.fired(), "{control:?}");
}

#[test]
fn time_is_wall_time_where_cores_are_kept_busy_or_the_case_waits() {
    for (wall, waits, expect) in [
        (1e6, 0.0, "cpu_time"),
        (0.5e6, 0.0, "wall_time"),
        (2e6, 0.0, "cpu_time"),
        (2e6, 50.0, "wall_time"),
    ] {
        let mut referee = referee(&[rule(RuleKind::Relative, TIME)]);
        let more = [("wall_time", wall, wall), ("voluntary_switches", waits, waits)];
        play(&mut referee, Role::Case, 1.0, &more);
        let finding = referee.conclude().0.remove(0);
        assert_eq!((finding.metric.as_str(), finding.word), (expect, Word::Equivalent), "{wall}");
    }
}

#[test]
fn a_lost_overlap_is_explained_by_cores_that_are_not_kept_busy() {
    let mut referee = referee(&[rule(RuleKind::Relative, TIME)]);
    play(&mut referee, Role::Case, 1.0, &[("wall_time", 0.5e6, 0.75e6)]);
    let finding = referee.conclude().0.remove(0);
    assert_eq!((finding.metric.as_str(), finding.word), ("wall_time", Word::Regressed));
    let sum: f64 = finding.shares.iter().map(|part| part.change.ln_1p()).sum();
    assert!((sum.exp() - 1.5).abs() < 1e-6, "{:?}", finding.shares);
}

#[test]
fn an_exact_change_must_exceed_five_times_what_identical_runs_differ_by() {
    let exact = |values: [f64; 3], new: f64| {
        let mut referee = referee(&[rule(RuleKind::Exact, "allocations")]);
        for (pair, old) in (0..3).zip(values) {
            let metrics = vec![paired("allocations", old, new)];
            referee.observe(&unit(Role::Case, pair, metrics));
        }
        referee.conclude().0.remove(0)
    };
    assert_eq!(exact([1000.0; 3], 1000.5).word, Word::Equivalent);
    assert_eq!(exact([1000.0; 3], 1002.0).word, Word::Regressed);
    assert_eq!(exact([1000.0; 3], 990.0).word, Word::Improved);
    let loose = exact([995.0, 1000.0, 1005.0], 1040.0);
    assert_eq!(loose.word, Word::Equivalent);
    assert!(loose.reason.contains("identical runs differ by 1.00 %"), "{}", loose.reason);
}

#[test]
fn a_difference_below_the_floor_is_none() {
    let floor = Rule { ignore_below: 2e5, ..rule(RuleKind::Relative, "cpu_time") };
    let mut referee = referee(&[floor]);
    play(&mut referee, Role::Case, 1.1, &[]);
    assert_eq!(referee.conclude().0[0].word, Word::Equivalent);
}

#[test]
fn small_changes_that_add_up_are_told_and_fail_nothing() {
    let trend = Rule { bound: Some(5.0), ..rule(RuleKind::Trend, "cpu_time") };
    let mut facts = Facts::new(CaseId::new("c"), false);
    facts.history.insert("cpu_time".to_owned(), vec![0.5, 0.008, 0.009, 0.007, 0.008]);
    let mut referee = Referee::new(&[trend], vec![facts]);
    referee.observe(&unit(Role::Case, 0, vec![paired("cpu_time", 1e6, 1.008e6)]));
    let finding = referee.conclude().0.remove(0);
    assert!((finding.change.unwrap().estimate - 0.0407).abs() < 1e-3, "{finding:?}");
    assert!(!finding.fails());
    assert_eq!(finding.reason, "small changes over 5 gates add up");
}
