//! What goes in comes out, from the journal and from Parquet alike.

use std::fs;
use std::time::Instant;

use proptest::prelude::*;

use super::fixture::{complete, ended, failed, info, names, sample, store};
use crate::store::{RunWriter, State, StoreError};
use crate::{
    Answer, Better, CaseId, Counting, Failure, FailureKind, Mark, Pass, RunId, RunInfo, Sample,
    Source, Status, Unit, Value,
};

#[test]
fn a_finished_run_holds_run_json_and_three_tables_and_nothing_else() {
    let (_guard, store) = store();
    complete(&store, &info("r"), &[sample(0), failed(1)]);
    let directory = store.directory(&RunId::new("r")).unwrap();
    let expected = ["cases.parquet", "run.json", "samples.parquet", "values.parquet"];
    assert_eq!(names(&directory), expected);
    let run = store.read(&RunId::new("r")).unwrap();
    assert!(run.complete);
    assert_eq!(run.info, ended(&info("r")));
    assert_eq!(run.samples, [sample(0), failed(1)]);
}

#[test]
fn a_run_is_read_while_it_is_written() {
    let (_guard, store) = store();
    let mut writer = RunWriter::create(&store, &info("r")).unwrap();
    assert_eq!(store.read(&RunId::new("r")).unwrap().samples, []);
    writer.append(&sample(0)).unwrap();
    let run = store.read(&RunId::new("r")).unwrap();
    assert_eq!((run.samples, run.complete), (vec![sample(0)], false));
    assert_eq!(store.runs().unwrap()[0].state, State::Unfinished);
}

#[test]
fn a_reader_beside_the_writer_always_sees_the_samples_so_far_and_never_an_error() {
    let (_guard, store) = store();
    let id = RunId::new("r");
    let all: Vec<Sample> = (0..200).map(sample).collect();
    let mut writer = RunWriter::create(&store, &info("r")).unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut before = 0;
            loop {
                let run = store.read(&id).unwrap();
                assert!(run.samples.len() >= before && run.samples == all[..run.samples.len()]);
                assert!(matches!(store.runs().unwrap()[0].state, State::Complete) || !run.complete);
                before = run.samples.len();
                if run.complete {
                    break before;
                }
            }
        });
        for sample in &all {
            writer.append(sample).unwrap();
        }
        writer.finish(&ended(&info("r"))).unwrap();
        assert_eq!(reader.join().unwrap(), all.len());
    });
}

#[test]
fn an_updated_run_json_is_read_back() {
    let (_guard, store) = store();
    let writer = RunWriter::create(&store, &info("r")).unwrap();
    let changed = RunInfo { label: Some("main".into()), ..info("r") };
    writer.update(&changed).unwrap();
    assert_eq!(store.read(&RunId::new("r")).unwrap().info, changed);
}

#[test]
fn the_same_samples_give_the_same_bytes() {
    let (_guard_a, a) = store();
    let (_guard_b, b) = store();
    let samples: Vec<Sample> = (0..50).map(sample).collect();
    complete(&a, &info("r"), &samples);
    complete(&b, &info("r"), &samples);
    for name in ["cases.parquet", "run.json", "samples.parquet", "values.parquet"] {
        let of = |root: &std::path::Path| fs::read(root.join("r").join(name)).unwrap();
        assert_eq!(of(a.root()), of(b.root()), "{name}");
    }
}

#[test]
fn an_empty_run_can_be_finished_and_read() {
    let (_guard, store) = store();
    complete(&store, &RunInfo { cases: vec![], ..info("r") }, &[]);
    assert_eq!(store.read(&RunId::new("r")).unwrap().samples, []);
}

#[test]
fn a_value_that_is_not_finite_is_refused_and_leaves_no_trace() {
    let (_guard, store) = store();
    let mut writer = RunWriter::create(&store, &info("r")).unwrap();
    for value in [f64::NAN, f64::INFINITY] {
        let mut bad = sample(0);
        bad.values[1].value = value;
        let error = writer.append(&bad).unwrap_err();
        assert!(matches!(error, StoreError::NotFinite { .. }), "{error}");
    }
    assert_eq!(store.read(&RunId::new("r")).unwrap().samples, []);
}

#[test]
fn an_output_of_64_kib_of_every_byte_below_128_survives() {
    let output: String = (0..64 * 1024_u32).map(|n| char::from((n % 128) as u8)).collect();
    let failure = Failure { kind: FailureKind::Died, message: "died".into(), output };
    both_ways(&[Sample { status: Status::Failed(failure), ..sample(0) }]);
}

#[test]
fn ten_thousand_samples_are_written_finished_and_read() {
    let count = 10_000;
    let (_guard, store) = store();
    let mut writer = RunWriter::create(&store, &info("r")).unwrap();
    let begin = Instant::now();
    for number in 0..count {
        writer.append(&sample(number)).unwrap();
    }
    println!("appended {count} samples of 5 values in {:?}", begin.elapsed());
    let begin = Instant::now();
    let unfinished = store.read(&RunId::new("r")).unwrap().samples;
    println!("read from the journal in {:?}", begin.elapsed());
    let begin = Instant::now();
    writer.finish(&ended(&info("r"))).unwrap();
    println!("finished in {:?}", begin.elapsed());
    let begin = Instant::now();
    let finished = store.read(&RunId::new("r")).unwrap().samples;
    println!("read from Parquet in {:?}", begin.elapsed());
    assert_eq!(finished.len(), count as usize);
    assert!(finished == unfinished);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_samples_are_equal_from_the_journal_and_from_parquet(
        samples in prop::collection::vec(any_sample(), 0..8),
    ) {
        both_ways(&samples);
    }
}

/// Writes samples, reads them from the journal, finishes, and reads them from Parquet.
fn both_ways(samples: &[Sample]) {
    let (_guard, store) = store();
    let mut writer = RunWriter::create(&store, &info("r")).unwrap();
    for sample in samples {
        writer.append(sample).unwrap();
    }
    assert_eq!(store.read(&RunId::new("r")).unwrap().samples, samples);
    writer.finish(&ended(&info("r"))).unwrap();
    let run = store.read(&RunId::new("r")).unwrap();
    assert!(run.complete);
    assert_eq!(run.samples, samples);
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just(String::new()),
        Just("\"}\n{\"xxh3\":\"\0\r\u{2028}\u{1F600}\\,'".to_owned()),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    let number = POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO;
    let counting = (any::<u64>(), any::<u64>(), any::<bool>(), any_text(), any_text()).prop_map(
        |(enabled_ns, running_ns, kernel, event, group)| Counting {
            enabled_ns,
            running_ns,
            kernel,
            event,
            group,
        },
    );
    let words = (
        prop::sample::select(Unit::ALL),
        prop::sample::select(Better::ALL),
        prop::sample::select(Source::ALL),
    );
    (any_text(), number, words, prop::option::of(counting)).prop_map(
        |(metric, value, (unit, better, source), counting)| Value {
            metric,
            value,
            unit,
            better,
            source,
            counting,
        },
    )
}

fn any_status() -> impl Strategy<Value = Status> {
    let failure = (prop::sample::select(FailureKind::ALL), any_text(), any_text())
        .prop_map(|(kind, message, output)| Status::Failed(Failure { kind, message, output }));
    prop_oneof![Just(Status::Ok), failure]
}

fn any_mark() -> impl Strategy<Value = Mark> {
    prop_oneof![
        Just(Mark::Warmup),
        any_text().prop_map(|why| Mark::Rejected { why }),
        any::<u32>().prop_map(|processes| Mark::Outlived { processes }),
        any::<u32>().prop_map(|processes| Mark::Killed { processes }),
    ]
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let answer = (any::<u64>(), any_text(), prop::option::of(any_text()))
        .prop_map(|(rows, digest, group)| Answer { rows, digest, group });
    let numbers = (any::<u32>(), any::<u32>(), any::<i64>(), any::<u32>());
    let lists = (prop::collection::vec(any_value(), 0..5), prop::collection::vec(any_mark(), 0..3));
    let from = (any_text(), prop::sample::select(Pass::ALL));
    (from, numbers, any_status(), lists, prop::option::of(answer)).prop_map(
        |(
            (case, pass),
            (process, iteration, started_ns, executions),
            status,
            (values, marks),
            answer,
        )| {
            Sample {
                case: CaseId::new(case),
                pass,
                process,
                iteration,
                started_ns,
                executions,
                status,
                values,
                answer,
                marks,
            }
        },
    )
}
