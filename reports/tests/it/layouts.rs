//! The layout check on made-up pairs: which changes it looks at, and what it says of them.

use record::gate::{Finding, Rule, RuleKind, TIME, Unit, Word};
use reports::gate::layout::{Check, suspects};
use reports::gate::text::told;

use crate::gate::{paired, rule, unit, wide};

/// A change of CPU time of 6 %, shown to be 5.6 % at least.
fn time() -> Finding {
    wide(1).findings.remove(0)
}

fn exact(metric: &str, word: Word) -> Finding {
    Finding { rule: RuleKind::Exact, metric: metric.to_owned(), word, ..time() }
}

/// More time, and the same work.
fn found() -> Vec<Finding> {
    vec![time(), exact("instructions", Word::Equivalent), exact("allocations", Word::Equivalent)]
}

fn rules() -> Vec<Rule> {
    vec![Rule { cases: vec![time().case], ..rule(RuleKind::Relative, TIME) }]
}

/// A pair of a layout in which the candidate takes so many times as long.
fn pair(layout: u64, factor: f64) -> Unit {
    let metrics = vec![paired("cpu_time", 1e6, 1e6 * factor)];
    Unit { case: time().case, layout: Some(layout), ..unit(record::gate::Role::Case, 0, metrics) }
}

/// What the check says after two pairs of each layout, and after how many layouts it had enough.
fn judged(factors: impl IntoIterator<Item = f64>) -> (Finding, usize) {
    let mut findings = found();
    let mut check = Check::new(&findings, &rules());
    for (layout, factor) in (1..).zip(factors) {
        check.observe(&pair(layout, factor));
        if check.observe(&pair(layout, factor)) {
            break;
        }
    }
    check.judge(&mut findings);
    (findings.remove(0), check.layouts())
}

#[test]
fn more_time_without_more_work_may_be_the_layout() {
    let all = |instructions, allocations| {
        vec![time(), exact("instructions", instructions), exact("allocations", allocations)]
    };
    assert!(suspects(&[time()]).is_empty(), "nobody can tell");
    assert!(suspects(&all(Word::Regressed, Word::Equivalent)).is_empty());
    assert!(suspects(&all(Word::Equivalent, Word::Regressed)).is_empty());
    assert_eq!(suspects(&found()), [time().case]);
    assert!(Check::new(&all(Word::Regressed, Word::Equivalent), &rules()).open().is_empty());
    assert_eq!(Check::new(&found(), &rules()).open(), [time().case]);
}

#[test]
fn a_change_that_all_layouts_have_stays_and_one_that_none_has_is_the_layouts() {
    let (there, layouts) = judged([1.06; 24]);
    assert_eq!((there.word, there.fails(), layouts), (Word::Regressed, true, 12));
    assert_eq!(told(&there), "+5.9 % regressed: in 12 other layouts of each side too (+6.0 %)");
    let (gone, layouts) = judged([1.0; 24]);
    assert_eq!((gone.word, gone.fails(), layouts), (Word::LayoutOnly, false, 8));
    assert_eq!(told(&gone), "+5.9 % layout only: gone in 8 other layouts of each side (0.0 %)");
}

#[test]
fn a_few_layouts_tell_nothing_however_clear_they_look() {
    for factor in [1.0, 1.5] {
        let (finding, layouts) = judged([factor; 4]);
        assert_eq!((finding.word, finding.fails(), layouts), (Word::Regressed, true, 4));
        let said = told(&finding);
        assert!(said.contains("regressed: 4 other layouts of each side do not tell"), "{said}");
    }
    let (untouched, layouts) = judged([]);
    assert_eq!((untouched, layouts), (time(), 0));
}

#[test]
fn layouts_that_exclude_what_was_seen_and_no_less_leave_it_undecided() {
    // Half of them a little slower, half a little faster, by more than must be caught.
    let spread = (0..24).map(|layout| if layout % 2 == 0 { 1.1 } else { 0.9 });
    let mut findings = found();
    // What was seen is far more than any layout has.
    for finding in &mut findings {
        finding.change = finding.change.map(|change| record::gate::Change {
            estimate: 0.7,
            low: Some(0.6),
            ..change
        });
    }
    let mut check = Check::new(&findings, &rules());
    for (layout, factor) in (1..).zip(spread) {
        (0..2).for_each(|_| {
            check.observe(&pair(layout, factor));
        });
    }
    check.judge(&mut findings);
    let said = told(&findings[0]);
    assert_eq!((findings[0].word, findings[0].fails()), (Word::Undecided, false), "{said}");
    assert!(said.contains("undecided: worse in this layout, and by less than +"), "{said}");
    assert!(!findings[0].is_cleared(), "nothing is excluded that must be caught");
}

#[test]
fn pairs_of_the_programs_as_they_were_built_say_nothing_of_other_layouts() {
    let mut check = Check::new(&found(), &rules());
    for _ in 0..50 {
        check.observe(&Unit { layout: None, ..pair(1, 1.0) });
    }
    assert_eq!(check.layouts(), 0);
}
