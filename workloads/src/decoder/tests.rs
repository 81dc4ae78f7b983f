//! The workload through its contract: every strategy, codec, shape and output gives the same answer,
//! and one bad segment is the error of that segment alone. Strategies that need processes of their own
//! program are tested in `workloads/tests/decoder_processes.rs`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use workload_api::ParamValue;

use super::*;

/// What the tests of the strategies decode into.
pub(super) fn target() -> Target {
    Target::columns(schema::Shape::Nested)
}

/// The same as rows.
pub(super) fn rows_target() -> Target {
    Target { output: Output::Rows, ..target() }
}

/// Segments for it.
pub(super) fn segments(count: u64) -> Vec<Segment> {
    let shape = target().shape;
    let result = QueryResult { seed: 1, shape, segments: count, rows_per_segment: 20 };
    result.segments(segment::Codec::Zstd, &Workers::start(1).unwrap()).unwrap()
}

fn prepare(seed: u64, given: &[(&str, ParamValue)]) -> Result<Box<dyn Prepared>, WorkloadError> {
    let params: Params = given.iter().cloned().collect();
    Decoder.prepare(&params, &Context { seed, data_dir: PathBuf::new() })
}

fn run(seed: u64, given: &[(&str, ParamValue)]) -> (Work, Answer) {
    let mut prepared = prepare(seed, given).unwrap();
    (prepared.run().unwrap(), prepared.check().unwrap())
}

/// Strategies and workers.
const STRATEGIES: [(&str, i64); 7] = [
    ("sequential", 1),
    ("threads", 1),
    ("threads", 3),
    ("pipelined", 1),
    ("pipelined", 3),
    ("limit", 1),
    ("limit", 3),
];

#[test]
fn codecs_strategies_outputs_and_workers_share_a_group_and_its_answer() {
    for shape in ["lineitem", "nested"] {
        let (mut answers, mut bytes) = (BTreeSet::new(), BTreeSet::new());
        for codec in ["none", "zstd", "lz4"] {
            for (strategy, workers) in STRATEGIES {
                for (output, keep) in [("columns", "all"), ("rows", "all"), ("columns", "none")] {
                    let (work, answer) = run(
                        1,
                        &[
                            ("segments", 5.into()),
                            ("rows_per_segment", 40.into()),
                            ("shape", shape.into()),
                            ("codec", codec.into()),
                            ("strategy", strategy.into()),
                            ("workers", workers.into()),
                            ("output", output.into()),
                            ("keep", keep.into()),
                        ],
                    );
                    assert_eq!((work.rows, answer.rows), (200, 200));
                    assert_eq!(work.metrics[0].name, "json_bytes");
                    assert!(work.metrics[0].value >= work.bytes_in as f64);
                    bytes.insert(work.bytes_in);
                    answers.insert((answer.group, answer.digest));
                }
            }
        }
        assert_eq!((answers.len(), bytes.len()), (1, 3), "{answers:#?}");
    }
}

#[test]
fn seed_shape_and_sizes_are_part_of_the_group_and_change_the_answer() {
    let sizes = [
        (1, "lineitem", 2, 50),
        (2, "lineitem", 2, 50),
        (1, "lineitem", 1, 100),
        (1, "lineitem", 3, 50),
        (1, "nested", 2, 50),
    ];
    let answers = sizes.map(|(seed, shape, segments, rows)| {
        let given = [
            ("shape", shape.into()),
            ("segments", segments.into()),
            ("rows_per_segment", rows.into()),
        ];
        run(seed, &given).1
    });
    let groups: BTreeSet<_> = answers.iter().map(|answer| &answer.group).collect();
    let digests: BTreeSet<_> = answers.iter().map(|answer| &answer.digest).collect();
    assert_eq!((groups.len(), digests.len()), (5, 5));
}

#[test]
fn run_and_check_may_be_repeated_in_any_order() {
    for keep in ["all", "none"] {
        let given =
            [("segments", 2.into()), ("rows_per_segment", 20.into()), ("keep", keep.into())];
        let mut prepared = prepare(1, &given).unwrap();
        assert_eq!(prepared.check().unwrap_err().to_string(), "no run has left a result");
        prepared.run().unwrap();
        prepared.run().unwrap();
        let answer = prepared.check().unwrap();
        assert_eq!(prepared.check().unwrap(), answer);
        prepared.run().unwrap();
        assert_eq!(prepared.check().unwrap(), answer);
    }
}

#[test]
fn bad_segments_are_named_whatever_the_strategy_and_the_others_are_delivered() {
    let mut segments = segments(9);
    segments[3].metadata.rows_count = 21;
    segments[4].bytes.pop();
    segments[8].bytes.clear();
    let workers = Workers::start(3).unwrap();
    for target in [target(), rows_target()] {
        for ready in [
            Ready::Sequential,
            Ready::Threads,
            Ready::Pipelined,
            Ready::Limit(limit::Spare::default()),
        ] {
            let consumer = Consumer::new(Keep::All);
            let job = Job { segments: &segments, target, consumer: &consumer };
            let outcomes = ready.decode(&job, &workers).unwrap();
            let bad = |number: usize| outcomes[number].as_ref().unwrap_err().as_str();
            assert_eq!(bad(3), "21 rows declared, 20 found");
            assert!(bad(4).contains("bytes declared"), "{}", bad(4));
            assert!(bad(8).contains("bytes declared, 0 found"), "{}", bad(8));
            assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(20)).count(), 6);
            let mut held: Vec<_> = consumer.held().iter().map(|(number, _)| *number).collect();
            held.sort_unstable();
            assert_eq!(held, [0, 1, 2, 5, 6, 7]);
            let none = Planted { fault: Fault::Nothing, segment: 0 };
            let error = none.judge(&outcomes).unwrap_err().to_string();
            assert_eq!(error, "segment 3: 21 rows declared, 20 found (and 2 more segments)");
        }
    }
}

#[test]
fn a_case_that_expects_a_bad_segment_delivers_all_but_that_one() {
    let mut answers = BTreeSet::new();
    for (fault, codecs) in [
        ("truncated", &["none", "zstd", "lz4"][..]),
        ("checksum", &["zstd"]),
        ("bomb", &["zstd", "lz4"]),
    ] {
        for codec in codecs {
            for (strategy, keep) in [
                ("sequential", "all"),
                ("threads", "none"),
                ("pipelined", "all"),
                ("limit", "none"),
            ] {
                let given = [
                    ("segments", 3.into()),
                    ("rows_per_segment", 30.into()),
                    ("faults", fault.into()),
                    ("codec", (*codec).into()),
                    ("strategy", strategy.into()),
                    ("keep", keep.into()),
                ];
                let (work, answer) = run(1, &given);
                assert_eq!((work.rows, answer.rows), (60, 60));
                answers.insert((answer.group.unwrap(), answer.digest));
            }
        }
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert!(answers.pop_first().unwrap().0.ends_with("rows_per_segment=30 without=1"));
}

#[test]
fn unknown_parameters_and_words_are_refused() {
    let refused = |given: &[(&str, ParamValue)]| prepare(1, given).err().unwrap().to_string();
    assert!(refused(&[("rows", 1.into())]).starts_with("unknown parameter `rows` of decoder"));
    assert!(refused(&[("codec", "gzip".into())]).contains("\"lz4\""));
    assert!(refused(&[("segments", 0.into())]).contains("from 1 to 10000"));
    assert!(refused(&[("strategy", "process".into())]).contains("\"threads\""));
    let fault = [("faults", "bomb".into()), ("codec", "none".into())];
    assert_eq!(refused(&fault), "faults = bomb needs codec zstd or lz4, found none");
    assert_eq!(refused(&[("faults", "killed".into())]), "faults = killed needs strategy processes");
}
