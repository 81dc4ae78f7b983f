//! The three workloads through their public contract: row counts, answers, groups, files.
//!
//! Nothing here measures time. Sizes are small and awkward on purpose.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use workload_api::{Answer, Context, ParamValue, Params, Work, Workload};
use workloads::{Generator, Pipeline, Writer};

/// The workloads of the shredding study, which share their data.
const SHREDDING: [&dyn Workload; 3] = [&Generator, &Writer, &Pipeline];

const STEPS: [&str; 13] =
    ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"];

type Given<'a> = &'a [(&'a str, ParamValue)];

fn run_in(dir: &Path, workload: &dyn Workload, seed: u64, given: Given<'_>) -> (Work, Answer) {
    let params: Params = given.iter().cloned().collect();
    let context = Context { seed, data_dir: dir.to_owned() };
    let mut prepared = workload.prepare(&params, &context).unwrap();
    let work = prepared.run().unwrap();
    (work, prepared.check().unwrap())
}

fn run(workload: &dyn Workload, given: Given<'_>) -> (Work, Answer) {
    let dir = TempDir::new().unwrap();
    run_in(dir.path(), workload, 1, given)
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    };
    fs::read_dir(dir).unwrap().map(entry).collect()
}

#[test]
fn awkward_row_counts_come_out_whole() {
    for rows in [1, 255, 256, 257, 5119, 5121, 12_345] {
        for step in ["00", "07", "08", "12"] {
            for workload in SHREDDING {
                let given: Given<'_> = &[("rows", rows.into()), ("step", step.into())];
                let (work, answer) = run(workload, given);
                let name = workload.spec().name;
                assert_eq!(work.rows, rows as u64, "{name} step {step}");
                assert_eq!(answer.rows, rows as u64, "{name} step {step}");
            }
        }
    }
}

#[test]
fn each_writer_writes_one_file_and_bytes_out_is_their_size() {
    for writers in [1, 2, 5] {
        let dir = TempDir::new().unwrap();
        let given: Given<'_> =
            &[("rows", 10_000.into()), ("step", "07".into()), ("writers", writers.into())];
        let (work, _) = run_in(dir.path(), &Pipeline, 1, given);
        let files = files(dir.path());
        assert_eq!(files.len(), writers as usize);
        let bytes: usize = files.values().map(Vec::len).sum();
        assert_eq!(work.bytes_out, bytes as u64);
        let batches = work.metrics.iter().find(|metric| metric.name == "batches").unwrap();
        assert!((batches.value - 40.0).abs() < 0.5, "10000 rows in chunks of 256");
    }
}

#[test]
fn all_steps_of_an_answer_group_agree_and_the_groups_differ() {
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut steps: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for step in STEPS {
        let (_, answer) = run(&Pipeline, &[("rows", 10_001.into()), ("step", step.into())]);
        let group = answer.group.unwrap();
        groups.entry(group.clone()).or_default().insert(answer.digest);
        steps.entry(group).or_default().push(step);
    }
    let expected: Vec<&[&str]> = vec![&STEPS[6..=10], &STEPS[11..], &STEPS[..=5]];
    assert_eq!(steps.into_values().collect::<Vec<_>>(), expected);
    assert!(groups.values().all(|digests| digests.len() == 1), "{groups:#?}");
    let digests: BTreeSet<_> = groups.values().flatten().collect();
    assert_eq!(digests.len(), 3);
}

#[test]
fn each_option_alone_keeps_the_answer_of_its_group() {
    let base: Given<'_> = &[("rows", 6_000.into()), ("step", "00".into())];
    let switches: [(&str, ParamValue); 14] = [
        ("phone_type", "dictionary".into()),
        ("materialise", "direct".into()),
        ("number_buffer", "reuse".into()),
        ("name_buffer", "reuse".into()),
        ("contacts_buffer", "reuse".into()),
        ("sampler", "lightweight".into()),
        ("batching", "thread_local".into()),
        ("names", "interned".into()),
        ("name_copy", "borrow".into()),
        ("ids", "partitioned".into()),
        ("compression", "zstd".into()),
        ("dictionary", false.into()),
        ("row_group_rows", 1000.into()),
        ("fsync", "file".into()),
    ];
    for base_step in ["00", "08"] {
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for switch in &switches {
            let mut given = base.to_vec();
            given[1].1 = base_step.into();
            given.push(switch.clone());
            let (_, answer) = run(&Pipeline, &given);
            groups.entry(answer.group.unwrap()).or_default().insert(answer.digest);
        }
        assert!(groups.values().all(|digests| digests.len() == 1), "{groups:#?}");
        assert!(groups.len() >= 2);
    }
}

/// Every way of staging a row from either sampler gives the same rows.
#[test]
fn all_combinations_of_generation_options_agree() {
    let pick = |bit: usize, words: [&'static str; 2], code: usize| words[(code >> bit) & 1].into();
    for sampler in ["proptest", "lightweight"] {
        let mut digests = BTreeSet::new();
        for code in 0..256 {
            let given: Given<'_> = &[
                ("rows", 300.into()),
                ("chunk_rows", 128.into()),
                ("sampler", sampler.into()),
                ("ids", "atomic".into()),
                ("phone_type", pick(0, ["utf8", "dictionary"], code)),
                ("materialise", pick(1, ["contacts", "direct"], code)),
                ("number_buffer", pick(2, ["allocate", "reuse"], code)),
                ("name_buffer", pick(3, ["allocate", "reuse"], code)),
                ("contacts_buffer", pick(4, ["allocate", "reuse"], code)),
                ("batching", pick(5, ["per_chunk", "thread_local"], code)),
                ("names", pick(6, ["own", "interned"], code)),
                ("name_copy", pick(7, ["clone", "borrow"], code)),
            ];
            digests.insert(run(&Generator, given).1.digest);
        }
        assert_eq!(digests.len(), 1, "{sampler}");
    }
}

#[test]
fn threads_and_batch_sizes_do_not_change_the_answer_within_a_group() {
    for step in ["05", "10", "12"] {
        let mut answers: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (producers, writers, batch_rows) in [(1, 1, 256), (2, 3, 5000), (4, 2, 5120)] {
            let given: Given<'_> = &[
                ("rows", 30_000.into()),
                ("step", step.into()),
                ("producers", producers.into()),
                ("writers", writers.into()),
                ("batch_rows", batch_rows.into()),
                ("channel_depth", 1.into()),
            ];
            let (_, answer) = run(&Pipeline, given);
            answers.entry(answer.group).or_default().insert(answer.digest);
        }
        assert!(answers.values().all(|digests| digests.len() == 1), "step {step}");
        // Blocks of ids follow the batches: 5000 is rounded up to 5120 rows, 256 is another group.
        assert_eq!(answers.len(), if step == "12" { 2 } else { 1 });
    }
}

#[test]
fn generator_writer_and_pipeline_agree() {
    for step in ["00", "08", "12"] {
        let given: Given<'_> = &[("rows", 3_000.into()), ("step", step.into())];
        let answers: BTreeSet<_> = SHREDDING
            .iter()
            .map(|workload| run(*workload, given).1)
            .map(|answer| (answer.group, answer.digest))
            .collect();
        assert_eq!(answers.len(), 1, "step {step}");
    }
}

#[test]
fn seed_rows_and_chunk_rows_are_part_of_the_group_and_change_the_data() {
    let dir = TempDir::new().unwrap();
    let mut seen = BTreeSet::new();
    for (seed, rows, chunk_rows) in [(1, 2_000, 256), (2, 2_000, 256), (1, 2_000, 128)] {
        let given: Given<'_> = &[("rows", rows.into()), ("chunk_rows", chunk_rows.into())];
        let (_, answer) = run_in(dir.path(), &Generator, seed, given);
        seen.insert((answer.group, answer.digest));
    }
    let groups: BTreeSet<_> = seen.iter().map(|(group, _)| group).collect();
    let digests: BTreeSet<_> = seen.iter().map(|(_, digest)| digest).collect();
    assert_eq!((groups.len(), digests.len()), (3, 3));
}

#[test]
fn one_producer_and_one_writer_write_the_same_bytes_each_time() {
    for step in ["00", "08", "12"] {
        let given: Given<'_> = &[
            ("rows", 5_000.into()),
            ("step", step.into()),
            ("producers", 1.into()),
            ("writers", 1.into()),
        ];
        let [first, second] = [(); 2].map(|()| {
            let dir = TempDir::new().unwrap();
            run_in(dir.path(), &Pipeline, 9, given);
            files(dir.path())
        });
        assert_eq!(first, second, "step {step}");
    }
}

#[test]
fn partitioned_ids_pair_rows_and_numbers_alike_whatever_the_threads() {
    let bytes = |producers: i64| {
        let dir = TempDir::new().unwrap();
        let given: Given<'_> = &[
            ("rows", 20_000.into()),
            ("step", "12".into()),
            ("producers", producers.into()),
            // Every batch has a file of its own, so their order cannot differ.
            ("writers", 4.into()),
        ];
        run_in(dir.path(), &Pipeline, 1, given);
        files(dir.path())
    };
    assert_eq!(bytes(1), bytes(4));
}

#[test]
fn a_second_run_replaces_the_files_of_the_first() {
    let dir = TempDir::new().unwrap();
    let params: Params = [("rows", 1_000), ("producers", 1)].into_iter().collect();
    let context = Context { seed: 1, data_dir: dir.path().to_owned() };
    let mut prepared = Pipeline.prepare(&params, &context).unwrap();
    prepared.run().unwrap();
    let first = files(dir.path());
    prepared.run().unwrap();
    assert_eq!(first, files(dir.path()));
}

#[test]
fn the_data_has_its_committed_fingerprints() {
    let mut found = String::new();
    for step in ["00", "06", "12"] {
        let (_, answer) = run(&Generator, &[("rows", 10_000.into()), ("step", step.into())]);
        let group = answer.group.unwrap();
        found.push_str(&format!("{group}\n    {}\n", answer.digest));
    }
    let committed = include_str!("fingerprints.txt");
    assert!(found == committed, "generated data changed; fingerprints.txt would be:\n{found}");
}

#[test]
fn a_missing_file_is_an_error_of_check() {
    let dir = TempDir::new().unwrap();
    let params: Params = [("rows", 1_000)].into_iter().collect();
    let context = Context { seed: 1, data_dir: dir.path().to_owned() };
    let mut prepared = Pipeline.prepare(&params, &context).unwrap();
    prepared.run().unwrap();
    fs::remove_file(dir.path().join("contacts-02.parquet")).unwrap();
    let message = prepared.check().unwrap_err().to_string();
    assert!(message.starts_with("reading back ") && message.contains("contacts-02"), "{message}");
}

#[test]
fn a_directory_that_goes_away_fails_the_run_and_says_which_file() {
    let dir = TempDir::new().unwrap();
    let params: Params = [("rows", 100_000)].into_iter().collect();
    let context = Context { seed: 1, data_dir: dir.path().join("deeper") };
    for workload in [&Writer as &dyn Workload, &Pipeline] {
        let mut prepared = workload.prepare(&params, &context).unwrap();
        fs::remove_dir_all(&context.data_dir).unwrap();
        let message = prepared.run().unwrap_err().to_string();
        assert!(message.starts_with("creating ") && message.contains("deeper"), "{message}");
    }
}

#[test]
fn a_file_in_the_place_of_another_changes_the_answer() {
    let dir = TempDir::new().unwrap();
    let params: Params = [("rows", 20_000)].into_iter().collect();
    let context = Context { seed: 1, data_dir: dir.path().to_owned() };
    let mut prepared = Pipeline.prepare(&params, &context).unwrap();
    prepared.run().unwrap();
    let before = prepared.check().unwrap();
    fs::copy(dir.path().join("contacts-00.parquet"), dir.path().join("contacts-01.parquet"))
        .unwrap();
    let after = prepared.check().unwrap();
    assert_eq!(before.group, after.group);
    assert_eq!(before.rows, after.rows, "both files hold one batch of 5120 rows");
    let column = |answer: &Answer| answer.digest.split(' ').map(str::to_owned).collect::<Vec<_>>();
    for (before, after) in std::iter::zip(column(&before), column(&after)) {
        assert_ne!(before, after);
    }
}
