//! Two runs held against each other: what the words rest on, and what forbids them.

use record::store::StoredRun;
use record::{Answer, CaseInfo, Fact, FailureKind, RunId};
use reports::compare::{Comparison, Order, Word, Yardstick, between, within};
use reports::{Format, RunSet};

use crate::fixture::{self, failed, samples, spread, step};

fn run(id: &str, cases: &[(CaseInfo, Vec<f64>)]) -> StoredRun {
    let mut info = fixture::info(cases.iter().map(|(case, _)| case.clone()).collect());
    info.id = RunId::new(id);
    let all = cases.iter().flat_map(|(case, times)| samples(case, times));
    fixture::stored(info, all.collect())
}

fn one(id: &str, median: f64) -> StoredRun {
    run(id, &[(step("00", ""), spread(median, 8, 1))])
}

fn compared(old: StoredRun, new: StoredRun) -> Comparison {
    let set = |run| RunSet::new(vec![run]).unwrap();
    between(&set(old), &set(new), &Yardstick::default()).unwrap()
}

/// The word and the reason of the only case.
fn told(old: StoredRun, new: StoredRun) -> (Word, String) {
    let found = compared(old, new);
    assert_eq!(found.cases.len(), 1, "{found:?}");
    (found.cases[0].word, found.cases[0].reason.clone())
}

#[test]
fn less_time_is_improved_and_more_is_regressed() {
    assert_eq!(told(one("a", 100.0), one("b", 80.0)), (Word::Improved, String::new()));
    assert_eq!(told(one("a", 80.0), one("b", 100.0)), (Word::Regressed, String::new()));
    assert_eq!(told(one("a", 100.0), one("b", 101.0)).0, Word::Undecided);
    let steady = |id: &str| run(id, &[(step("00", ""), vec![5.0; 6])]);
    assert_eq!(told(steady("a"), steady("b")), (Word::Equivalent, String::new()));
}

#[test]
fn a_case_that_failed_says_on_which_side_and_why() {
    let case = step("00", "");
    let mut broken = one("b", 1.0);
    broken.samples = vec![failed(&case, 0, FailureKind::Died, "signal 9")];
    let (word, reason) = told(one("a", 1.0), broken.clone());
    assert_eq!((word, reason.as_str()), (Word::Failed, "candidate failed: died: signal 9"));
    assert_eq!(told(broken, one("a", 1.0)).1, "baseline failed: died: signal 9");
}

#[test]
fn other_machines_seeds_rows_and_answers_do_not_compare() {
    type Change = fn(&mut StoredRun);
    let changes: [(&str, Change); 5] = [
        ("machine: m1 against m2", |run| run.info.before.machine_key = "m2".to_owned()),
        ("seed: 7 against 8", |run| run.info.sampling.seed = 8),
        ("rows: 1000000 against 500000", |run| {
            for value in run.samples.iter_mut().flat_map(|sample| &mut sample.values) {
                value.value /= if value.metric == "rows" { 2.0 } else { 1.0 };
            }
        }),
        ("answer: good against bad", |run| answer(run, "bad")),
        ("parameter rows: 1000000 against 5 and 1 parameter more", |run| {
            let case = fixture::case(&[("rows", 5.into()), ("step", "01".into())], "");
            *run = crate::compare::run("b", &[(case, spread(10.0, 8, 1))]);
        }),
    ];
    for (expect, change) in changes {
        let (mut old, mut new) = (one("a", 10.0), one("b", 10.0));
        answer(&mut old, "good");
        answer(&mut new, "good");
        change(&mut new);
        let found = told(old, new);
        assert_eq!(found, (Word::Incomparable, expect.to_owned()));
    }
}

fn answer(run: &mut StoredRun, digest: &str) {
    for sample in &mut run.samples {
        let digest = digest.to_owned();
        sample.answer = Some(Answer { rows: 10, digest, group: None });
    }
}

#[test]
fn a_debug_build_forbids_comparing_built_in_workloads_alone() {
    let build = |mut run: StoredRun, profile: &str| {
        let (name, value) = ("dyno_build".to_owned(), profile.to_owned());
        run.info.before.facts.push(Fact { name, value });
        run
    };
    let (old, new) = (build(one("a", 9.0), "debug"), build(one("b", 5.0), "release"));
    let reason = "dyno_build: debug against release".to_owned();
    assert_eq!(told(old.clone(), new.clone()), (Word::Incomparable, reason));
    let foreign = |mut run: StoredRun| {
        run.info.cases[0].runner = "mine".to_owned();
        run
    };
    assert_eq!(told(foreign(old), foreign(new)).0, Word::Improved);
}

#[test]
fn facts_that_differ_are_listed_and_moving_ones_are_not() {
    let mut new = one("b", 10.0);
    let facts = &mut new.info.before.facts;
    facts[3].value = "Linux 6.19".to_owned();
    facts.push(Fact { name: "load_average".to_owned(), value: "9".to_owned() });
    new.info.suite.hash = "other".to_owned();
    let found = compared(one("a", 10.0), new);
    let what: Vec<(&str, bool)> =
        found.differences.iter().map(|one| (one.what.as_str(), one.forbids)).collect();
    assert_eq!(what, [("suite", false), ("kernel", false)]);
}

#[test]
fn cases_of_one_side_only_are_rows_that_say_so() {
    let case = |id: &str| (step(id, ""), spread(10.0, 8, 1));
    let found = compared(run("a", &[case("00"), case("01")]), run("b", &[case("01"), case("02")]));
    let rows: Vec<(&str, &str)> =
        found.cases.iter().map(|one| (one.label.as_str(), one.reason.as_str())).collect();
    let only = |side: &str| format!("only the {side} has this case");
    assert_eq!(rows[1..], [("02", only("candidate").as_str()), ("00", only("baseline").as_str()),]);
    assert_eq!(found.cases[0].label, "01");
    assert_eq!(found.counts().iter().map(|(_, n)| n).sum::<usize>(), 3);
}

#[test]
fn a_run_is_not_compared_with_itself_and_one_case_has_no_other() {
    let set = |run| RunSet::new(vec![run]).unwrap();
    let (a, b) = (set(one("a", 1.0)), set(one("a", 2.0)));
    assert!(
        between(&a, &b, &Yardstick::default())
            .unwrap_err()
            .to_string()
            .contains("both sides are run a")
    );
    assert!(
        within(&a, None, &Yardstick::default()).unwrap_err().to_string().contains("one case only")
    );
    let study = fixture::study_set();
    assert!(within(&study, Some("99"), &Yardstick::default()).is_err());
    let found = within(&study, Some("05"), &Yardstick::default()).unwrap();
    assert_eq!((found.cases.len(), found.order), (12, Order::Interleaved));
}

#[test]
fn the_texts_of_a_comparison_are_as_they_were_read_and_found_good() {
    let mut old = fixture::study();
    let mut new = fixture::study();
    (old.info.id, new.info.id) = (RunId::new("r1"), RunId::new("r2"));
    old.info.label = Some("main".to_owned());
    new.info.suite.hash = "other".to_owned();
    for sample in &mut new.samples {
        let number: u32 = sample.case.as_str()[sample.case.as_str().len() - 2..].parse().unwrap();
        let factor = if number.is_multiple_of(5) { 0.8 } else { 1.0 + f64::from(number) / 100.0 };
        sample.values[0].value *= factor;
    }
    let found = compared(old, new);
    insta::assert_snapshot!("compare_table", found.text(Format::Table).unwrap());
    insta::assert_snapshot!("compare_markdown", found.text(Format::Markdown).unwrap());
    let json: serde_json::Value = serde_json::from_str(&found.text(Format::Json).unwrap()).unwrap();
    let csv = found.text(Format::Csv).unwrap();
    assert_eq!(csv.lines().count(), 14);
    for (line, case) in csv.lines().skip(1).zip(json["cases"].as_array().unwrap()) {
        let ratio = case["ratio"].as_f64().unwrap();
        assert!(line.contains(&format!(",{ratio},")), "{line}");
        assert!(line.contains(case["verdict"].as_str().unwrap()), "{line}");
    }
}

#[test]
fn any_metric_can_be_compared_and_an_unknown_one_is_answered_with_the_list() {
    let set = |run| RunSet::new(vec![run]).unwrap();
    let (old, new) = (set(one("a", 100.0)), set(one("b", 50.0)));
    let by = |metric: &str| Yardstick { metric: metric.to_owned(), tolerance: 0.05 };
    let found = between(&old, &new, &by("rows_per_second")).unwrap();
    let text = found.text(Format::Table).unwrap();
    assert_eq!(found.cases[0].word, Word::Improved, "{text}");
    assert!(text.contains("M rows/s") && text.contains("× more"), "{text}");
    assert!(
        text.contains("compared by rows_per_second; within 5.0 % of 1 is equivalent"),
        "{text}"
    );
    let error = between(&old, &new, &by("wall_tme")).unwrap_err().to_string();
    assert!(
        error.contains("`wall_tme`; did you mean `wall_time`?; there are: wall_time"),
        "{error}"
    );
}
