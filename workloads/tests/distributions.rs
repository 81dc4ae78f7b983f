//! The data that the pipeline writes, read back and counted: the study's skew, within tolerance.
//!
//! Seeds are fixed, so a failure means changed data. The tolerance is five standard errors of a
//! share, which a right generator leaves once in a million draws of a seed.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use tempfile::TempDir;
use workload_api::{Context, ParamValue, Params, Workload};
use workloads::Pipeline;

const ROWS: i64 = 100_000;

fn write(dir: &Path, given: &[(&str, ParamValue)]) {
    let params: Params = given.iter().cloned().collect();
    let context = Context { seed: 42, data_dir: dir.to_owned() };
    Pipeline.prepare(&params, &context).unwrap().run().unwrap();
}

fn read(dir: &Path) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let file = File::open(entry.unwrap().path()).unwrap();
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).unwrap();
        batches.extend(builder.build().unwrap().map(Result::unwrap));
    }
    batches
}

/// How often everything occurs.
#[derive(Default)]
struct Counts {
    names: BTreeMap<bool, u64>,
    phones: BTreeMap<usize, u64>,
    templates: BTreeMap<(bool, bool), u64>,
    types: BTreeMap<String, u64>,
    numbers: Vec<String>,
    texts: Vec<String>,
}

impl Counts {
    fn of(batches: &[RecordBatch]) -> Self {
        let mut counts = Self::default();
        for batch in batches {
            counts.add(batch);
        }
        counts
    }

    fn add(&mut self, batch: &RecordBatch) {
        let names: &StringArray = batch.column(0).as_string();
        let lists = batch.column(1).as_list::<i32>();
        for row in 0..batch.num_rows() {
            *self.names.entry(names.is_valid(row)).or_default() += 1;
            if names.is_valid(row) {
                self.texts.push(names.value(row).to_owned());
            }
            if lists.is_null(row) {
                *self.phones.entry(0).or_default() += 1;
                continue;
            }
            let list = lists.value(row);
            assert!(!list.is_empty(), "no phones means a null list");
            *self.phones.entry(list.len()).or_default() += 1;
            let phones = list.as_struct();
            self.add_phones(phones.column(0).as_string(), phones.column(1).as_string());
        }
    }

    fn add_phones(&mut self, numbers: &StringArray, types: &StringArray) {
        for phone in 0..numbers.len() {
            let template = (numbers.is_valid(phone), types.is_valid(phone));
            *self.templates.entry(template).or_default() += 1;
            if template.0 {
                self.numbers.push(numbers.value(phone).to_owned());
            }
            if template.1 {
                *self.types.entry(types.value(phone).to_owned()).or_default() += 1;
            }
        }
    }
}

fn assert_shares<K: Ord + Clone + std::fmt::Debug>(
    found: &BTreeMap<K, u64>,
    expected: &[(K, f64)],
) {
    let keys: BTreeSet<_> = expected.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), keys);
    let total: u64 = found.values().sum();
    for (key, share) in expected {
        let found = found[key] as f64 / total as f64;
        let tolerance = 5.0 * (share * (1.0 - share) / total as f64).sqrt();
        assert!((found - share).abs() < tolerance, "{key:?}: {found} of {total}, not {share}");
    }
}

fn assert_skew(counts: &Counts) {
    assert_shares(&counts.names, &[(true, 0.8), (false, 0.2)]);
    let third = 0.05 / 3.0;
    assert_shares(
        &counts.phones,
        &[(0, 0.40), (1, 0.45), (2, 0.10), (3, third), (4, third), (5, third)],
    );
    assert_shares(
        &counts.templates,
        &[
            ((true, true), 0.90),
            ((true, false), 0.05),
            ((false, true), 0.04),
            ((false, false), 0.01),
        ],
    );
    let types = [("Mobile", 0.55), ("Work", 0.35), ("Home", 0.10)];
    assert_shares(&counts.types, &types.map(|(text, share)| (text.to_owned(), share)));
}

#[test]
fn both_samplers_follow_the_studys_skew() {
    for step in ["00", "08", "12"] {
        let dir = TempDir::new().unwrap();
        write(dir.path(), &[("rows", ROWS.into()), ("step", step.into())]);
        assert_skew(&Counts::of(&read(dir.path())));
    }
}

#[test]
fn names_are_two_words_and_mostly_distinct_at_this_size() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), &[("rows", ROWS.into())]);
    let texts = Counts::of(&read(dir.path())).texts;
    assert!(texts.iter().all(|text| text.split(' ').count() >= 2), "first and last name");
    let distinct: BTreeSet<_> = texts.iter().collect();
    // 80,000 draws with replacement from n pairs leave about n (1 - exp(-80,000 / n)) distinct.
    let draws = texts.len() as f64;
    let pairs = 1_425_318.0;
    let expected = pairs * (1.0 - (-draws / pairs).exp());
    assert!((distinct.len() as f64 / expected - 1.0).abs() < 0.01, "{}", distinct.len());
}

#[test]
fn numbers_are_unique_and_have_the_form_of_their_source() {
    for (ids, prefix, digits) in [("atomic", "+91-99-", 8), ("partitioned", "+91-", 10)] {
        let dir = TempDir::new().unwrap();
        write(dir.path(), &[("rows", 20_000.into()), ("ids", ids.into())]);
        let numbers = Counts::of(&read(dir.path())).numbers;
        for number in &numbers {
            let id = number.strip_prefix(prefix).unwrap();
            assert!(id.len() == digits && id.bytes().all(|byte| byte.is_ascii_digit()), "{number}");
        }
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len(), "{ids}");
    }
}

#[test]
fn atomic_ids_are_the_numbers_from_zero_without_a_hole() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), &[("rows", 20_000.into()), ("step", "10".into())]);
    let mut numbers = Counts::of(&read(dir.path())).numbers;
    numbers.sort();
    let expected: Vec<_> = (0..numbers.len()).map(|id| format!("+91-99-{id:08}")).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn duckdb_reads_each_writers_file_and_counts_the_same() {
    let imported = Command::new("python3").args(["-c", "import duckdb"]).output();
    if !imported.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "CI has to have the duckdb wheel");
        println!("skipped: python3 cannot import duckdb");
        return;
    }
    let dir = TempDir::new().unwrap();
    write(dir.path(), &[("rows", 20_001.into()), ("step", "08".into())]);
    let counts = Counts::of(&read(dir.path()));
    let query = "import duckdb, sys\n\
        rows = f\"read_parquet('{sys.argv[1]}/*.parquet', filename = true)\"\n\
        contacts = duckdb.sql('select count(distinct filename), count(*), count(name), '\n\
            f'sum(len(phones)), count(phones) from {rows}').fetchall()[0]\n\
        works = duckdb.sql('select count(*) from (select unnest(phones) as phone '\n\
            f\"from {rows}) where phone.phone_type = 'Work'\").fetchall()[0]\n\
        print(contacts + works)";
    let output = Command::new("python3").args(["-c", query]).arg(dir.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let phones: u64 = counts.templates.values().sum();
    let expected = format!(
        "(4, 20001, {}, {phones}, {}, {})",
        counts.names[&true],
        20_001 - counts.phones[&0],
        counts.types["Work"]
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected);
}
