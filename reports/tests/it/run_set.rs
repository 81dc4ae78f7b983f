//! What a run set takes from the store, and what it leaves out.

use record::store::StoredRun;
use record::{
    Better, CaseId, CaseInfo, FailureKind, Mark, Pass, RunId, Sample, Source, Step, Unit, Value,
    metrics,
};
use reports::RunSet;
use reports::run_set::State;

use crate::fixture::{self, failed, sample, samples, step, warmup, with_value};

#[test]
fn warm_ups_and_rejected_samples_are_counted_but_do_not_count() {
    let case = step("00", "");
    let mut all = samples(&case, &[10.0, 20.0, 30.0]);
    all.push(warmup(&case, 1000.0));
    let rejected = Mark::Rejected { why: "load above 8".to_owned() };
    all.push(Sample { marks: vec![rejected], ..sample(&case, 4, 1000.0) });
    let set = fixture::set(vec![(case, all)]);
    let found = &set.cases[0];
    assert_eq!((found.counted, found.warmups, found.rejected), (3, 1, 1));
    assert_eq!(found.wall_time().unwrap().summary.max, 30e6);
    assert_eq!(found.state, State::Measured);
}

#[test]
fn values_are_per_execution_but_peaks_and_ratios_are_not_divided() {
    let case = step("00", "");
    let own = |metric: &str, unit| Value {
        metric: metric.to_owned(),
        value: 8.0,
        unit,
        better: Better::Neither,
        source: Source::Workload,
        counting: None,
    };
    let mut one = with_value(sample(&case, 0, 40.0), own("share", Unit::Ratio));
    one = with_value(one, own("batches", Unit::Count));
    one.executions = 4;
    let peak = one.value(metrics::PEAK_RSS.name).unwrap();
    let set = fixture::set(vec![(case, vec![one])]);
    let median = |metric: &str| set.cases[0].metric(metric).unwrap().summary.median;
    assert_eq!(median("wall_time"), 10e6);
    assert_eq!(median("rows"), 250_000.0);
    assert_eq!(median("rows_per_second"), 25e6);
    assert_eq!(median("peak_rss"), peak);
    assert_eq!((median("share"), median("batches")), (8.0, 2.0));
}

#[test]
fn sources_are_series_of_their_own() {
    let case = step("00", "");
    let other = metrics::CPU_TIME.value(1.0, Source::Process);
    let set = fixture::set(vec![(case.clone(), vec![with_value(sample(&case, 0, 10.0), other)])]);
    let sources: Vec<_> = set.cases[0]
        .series
        .iter()
        .filter(|series| series.metric == "cpu_time")
        .map(|series| (series.source, series.summary.median))
        .collect();
    assert_eq!(sources, [(Some(Source::Software), 15e6), (Some(Source::Process), 1.0)]);
}

#[test]
fn a_wrong_answer_takes_every_number_of_its_case() {
    let set = fixture::grid_set();
    let states: Vec<State> = set.cases.iter().map(|case| case.state).collect();
    assert_eq!(states, [State::Measured, State::Failed, State::Failed, State::Partly]);
    assert!(set.cases[1].series.is_empty());
    assert_eq!(set.cases[1].counted, 2);
    assert_eq!(
        set.cases[1].trouble().unwrap(),
        "failed: wrong answer: 1 000 rows fewer than `batch=1024 writers=1`"
    );
    assert_eq!(set.cases[3].counted, 2);
    assert_eq!(set.cases[3].failures[0].samples, 1);
}

#[test]
fn equal_failures_are_counted_together_and_a_wrong_answer_comes_first() {
    let case = step("00", "");
    let timeout = |process| failed(&case, process, FailureKind::Timeout, "no answer");
    let wrong = failed(&case, 2, FailureKind::WrongAnswer, "digest differs");
    let set = fixture::set(vec![(case.clone(), vec![timeout(0), timeout(1), wrong])]);
    let found: Vec<_> =
        set.cases[0].failures.iter().map(|one| (one.failure.kind, one.samples)).collect();
    assert_eq!(found, [(FailureKind::WrongAnswer, 1), (FailureKind::Timeout, 2)]);
}

#[test]
fn a_case_without_samples_is_missing_and_stays_in_its_place() {
    let (first, second) = (step("00", ""), step("01", ""));
    let set = fixture::set(vec![(first, Vec::new()), (second.clone(), samples(&second, &[1.0]))]);
    assert_eq!(set.cases[0].state, State::Missing);
    assert_eq!(set.reference(None).unwrap(), Some(1));
    assert!(set.reference(Some("00")).unwrap_err().to_string().contains("no numbers"));
    let unknown = set.reference(Some("07")).unwrap_err().to_string();
    assert_eq!(unknown, "no case `07`; there are: 00, 01");
}

#[test]
fn no_run_and_samples_of_unknown_cases_are_refused() {
    assert!(RunSet::new(Vec::new()).is_err());
    let stray = sample(&step("99", ""), 0, 1.0);
    let info = fixture::info(vec![step("00", "")]);
    let error = RunSet::new(vec![fixture::stored(info, vec![stray])]).unwrap_err().to_string();
    assert!(error.contains("step=99"), "{error}");
}

#[test]
fn runs_of_an_optimisation_history_are_named_by_their_steps() {
    let run = |id: &str, wall: f64| -> StoredRun {
        let case = step("00", "");
        let mut info = fixture::info(vec![case.clone()]);
        info.step = Some(Step {
            id: id.to_owned(),
            title: String::new(),
            note: String::new(),
            reverted: false,
        });
        fixture::stored(info, samples(&case, &[wall]))
    };
    let set = RunSet::new(vec![run("A", 2.0), run("B", 1.0)]).unwrap();
    let labels: Vec<&str> = set.cases.iter().map(|case| case.label.as_str()).collect();
    assert_eq!(labels, ["A", "B"]);
    assert!(set.is_ordered());
    assert_eq!(set.against(1, 0).unwrap().ratio, 0.5);
}

#[test]
fn an_unfinished_run_is_told() {
    let case = step("00", "");
    let mut run = fixture::stored(fixture::info(vec![case.clone()]), samples(&case, &[1.0]));
    run.complete = false;
    let set = RunSet::new(vec![run]).unwrap();
    assert!(set.notes[0].contains("has not ended"), "{:?}", set.notes);
}

#[test]
fn steps_and_growing_numbers_are_an_order_and_a_grid_is_not() {
    assert!(fixture::study_set().is_ordered());
    assert!(!fixture::grid_set().is_ordered());
    let growing = |n: i32| {
        let case = fixture::case(&[("threads", n.into())], "");
        (case.clone(), samples(&case, &[1.0]))
    };
    assert!(fixture::set(vec![growing(1), growing(2), growing(4)]).is_ordered());
    assert!(!fixture::set(vec![growing(1), growing(4), growing(2)]).is_ordered());
}

#[test]
fn runs_that_share_a_label_are_named_by_their_ids() {
    let run = |id: &str, label: &str| {
        let case = step("00", "");
        let mut info = fixture::info(vec![case.clone()]);
        (info.id, info.label) = (RunId::new(id), Some(label.to_owned()));
        fixture::stored(info, samples(&case, &[1.0]))
    };
    let runs = vec![run("r1", "same"), run("r2", "same"), run("r3", "other")];
    let set = RunSet::new(runs).unwrap();
    let labels: Vec<&str> = set.cases.iter().map(|case| case.label.as_str()).collect();
    assert_eq!(labels, ["r1", "r2", "other"]);
}

#[test]
fn a_parameter_heads_the_labels_only_where_every_case_of_one_kind_has_it() {
    let head = |cases: Vec<CaseInfo>| {
        let cases = cases.into_iter().map(|info| {
            let samples = fixture::samples(&info, &[10.0, 11.0]);
            (info, samples)
        });
        fixture::set(cases.collect()).label_name().to_owned()
    };
    let rows = |n: i64| fixture::case(&[("rows", n.into())], "");
    assert_eq!(head(vec![rows(1), rows(2)]), "rows");
    assert_eq!(head(vec![rows(1), fixture::case(&[], "")]), "case");
    let id = CaseId::new("scan/rows=2");
    let other = CaseInfo { workload: "scan".to_owned(), id: id.clone(), ..rows(2) };
    assert_eq!(head(vec![rows(1), other]), "case");
    let other = CaseInfo { runner: "mine".to_owned(), id, ..rows(2) };
    assert_eq!(head(vec![rows(1), other]), "case");
}

#[test]
fn samples_of_other_passes_are_series_of_their_own_and_never_among_the_times() {
    let case = fixture::step("00", "");
    let mut all = fixture::samples(&case, &[100.0, 101.0, 102.0]);
    // What a simulator takes is no time of the work, even where somebody stored it.
    all.extend(fixture::simulated(&case, &[5000.0, 5000.0]));
    let set = fixture::set(vec![(case, all)]);
    let one = &set.cases[0];
    assert_eq!((one.counted, one.state), (3, State::Measured));
    assert_eq!(one.wall_time().unwrap().summary.max, 102e6);
    assert!(one.metric("instructions").is_none(), "simulated counts are no counts of the CPU");
    let simulated = one.pass(Pass::Simulated).unwrap();
    assert_eq!(simulated.counted, 2);
    assert_eq!(simulated.metric("instructions").unwrap().source, Some(Source::Simulated));
    assert_eq!(simulated.metric("instructions_per_row").unwrap().summary.median, 500.0);
}

#[test]
fn a_failure_in_another_pass_leaves_the_times_alone() {
    let case = fixture::step("00", "");
    let mut all = fixture::samples(&case, &[100.0, 101.0]);
    let failed = fixture::failed(&case, 0, FailureKind::Died, "killed by signal 4 (SIGILL)");
    all.push(Sample { pass: Pass::Simulated, ..failed });
    let set = fixture::set(vec![(case, all)]);
    assert_eq!(set.cases[0].state, State::Measured);
    assert!(set.cases[0].failures.is_empty());
    assert_eq!(set.cases[0].pass(Pass::Simulated).unwrap().failures.len(), 1);
    let text = reports::show(&set, &reports::ShowOptions::default()).unwrap();
    let line =
        "failed: pipeline, simulated pass: 1 sample failed: died: killed by signal 4 (SIGILL)";
    assert!(text.contains(line), "{text}");
}
