//! The limit of `pipeline` through its public contract: the study's answers, files that readers
//! accept, statistics that hold, and refusals.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::record::RowAccessor;
use tempfile::TempDir;
use workload_api::{Answer, Context, ParamValue, Params, Workload, WorkloadError};
use workloads::Pipeline;

type Given<'a> = &'a [(&'a str, ParamValue)];

fn try_run(dir: &Path, given: Given<'_>) -> Result<Answer, WorkloadError> {
    let params: Params = given.iter().cloned().collect();
    let context = Context { seed: 3, data_dir: dir.to_owned() };
    let mut prepared = Pipeline.prepare(&params, &context)?;
    prepared.run()?;
    prepared.check()
}

fn run(variant: &str, given: Given<'_>) -> (TempDir, Answer) {
    let dir = TempDir::new().unwrap();
    let given = [given, &[("variant", variant.into())]].concat();
    let answer = try_run(dir.path(), &given).unwrap();
    (dir, answer)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn variant_limit_gives_the_answers_of_the_study_at_awkward_sizes() {
    for (rows, chunk_rows, batch_rows) in
        [(1, 256, 5120), (257, 256, 300), (5_121, 256, 5120), (12_345, 100, 1000), (30_000, 7, 7)]
    {
        for (step, phone_type) in [("10", "dictionary"), ("12", "dictionary"), ("06", "utf8")] {
            let given: Given<'_> = &[
                ("rows", rows.into()),
                ("step", step.into()),
                ("phone_type", phone_type.into()),
                ("chunk_rows", chunk_rows.into()),
                ("batch_rows", batch_rows.into()),
                ("row_group_rows", 8_000.into()),
                ("producers", 2.into()),
            ];
            let (study, limit) = (run("study", given).1, run("limit", given).1);
            assert_eq!(study, limit, "{rows} rows, step {step}");
        }
    }
}

#[test]
fn row_groups_end_in_time_and_their_statistics_hold() {
    let given: Given<'_> = &[
        ("rows", 40_000.into()),
        ("row_group_rows", 11_000.into()),
        ("producers", 1.into()),
        ("step", "10".into()),
    ];
    let (dir, _) = run("limit", given);
    let [path] = &files(dir.path())[..] else { panic!("one producer writes one file") };
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let mut rows = 0;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).unwrap();
        let metadata = group.metadata();
        assert!(metadata.num_rows() <= 11_000);
        rows += metadata.num_rows();
        let mut texts: [Vec<Option<String>>; 3] = Default::default();
        for row in group.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            texts[0].push(row.get_string(0).ok().cloned());
            let Ok(phones) = row.get_list(1) else {
                texts[1].push(None);
                texts[2].push(None);
                continue;
            };
            for phone in phones.elements() {
                let parquet::record::Field::Group(phone) = phone else { panic!("{phone:?}") };
                texts[1].push(phone.get_string(0).ok().cloned());
                texts[2].push(phone.get_string(1).ok().cloned());
            }
        }
        for (column, texts) in texts.iter().enumerate() {
            let column = metadata.column(column);
            let Some(Statistics::ByteArray(found)) = column.statistics() else { panic!() };
            let text = |value: Option<&parquet::data_type::ByteArray>| {
                value.map(|value| value.as_utf8().unwrap().to_owned())
            };
            assert_eq!(column.num_values() as usize, texts.len());
            let nulls = texts.iter().filter(|text| text.is_none()).count();
            assert_eq!(found.null_count_opt(), Some(nulls as u64));
            assert_eq!(text(found.min_opt()), texts.iter().flatten().min().cloned());
            assert_eq!(text(found.max_opt()), texts.iter().flatten().max().cloned());
            assert!(found.min_is_exact() && found.max_is_exact());
        }
    }
    assert_eq!((rows, reader.num_row_groups()), (40_000, 4));
}

#[test]
fn one_producer_writes_the_same_bytes_each_time_and_two_write_two_files() {
    let bytes = |producers: i64| {
        let given: Given<'_> = &[("rows", 20_000.into()), ("producers", producers.into())];
        let (dir, _) = run("limit", given);
        files(dir.path()).iter().map(|path| std::fs::read(path).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(bytes(1), bytes(1));
    assert_eq!(bytes(2).len(), 2);
}

/// What DuckDB finds in the files of both variants: every value and how often it is there.
const COMPARE: &str = r#"
import sys, duckdb
def contents(pattern):
    phones = f"select name, unnest(phones) as phone from read_parquet('{pattern}')"
    return [
        duckdb.sql(query).fetchall() for query in (
            f"select name, count(*) from read_parquet('{pattern}') group by all order by all",
            f"select len(phones), count(*) from read_parquet('{pattern}') group by all order by all",
            f"select phone.number from ({phones}) order by all",
            f"select phone.phone_type, count(*) from ({phones}) group by all order by all",
            f"select name, phone.phone_type, phone.number is null, count(*) from ({phones}) group by all order by all",
            f"select count(*) from read_parquet('{pattern}') where name < 'Bob' and name > 'Ann'",
        )
    ]
study, limit = (contents(path + "/*.parquet") for path in sys.argv[1:])
assert study == limit, "they differ"
print(len(study[0]), end = "")
"#;

#[test]
fn duckdb_reads_the_same_contacts_from_both_variants() {
    let import = Command::new("python3").args(["-c", "import duckdb"]).output();
    if !import.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "CI needs python3 with the module duckdb");
        println!("skipped: no python3 with the module duckdb");
        return;
    }
    let given: Given<'_> = &[("rows", 60_000.into()), ("row_group_rows", 16_384.into())];
    let [(study, _), (limit, _)] = ["study", "limit"].map(|variant| run(variant, given));
    let output = Command::new("python3")
        .args(["-c", COMPARE])
        .args([study.path(), limit.path()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names: usize = String::from_utf8(output.stdout).unwrap().parse().unwrap();
    assert!(names > 40_000, "{names}");
}

#[test]
fn what_variant_limit_does_not_do_is_refused_in_words() {
    let dir = TempDir::new().unwrap();
    let message = |name: &str, value: ParamValue| {
        let given = [("variant", "limit".into()), (name, value)];
        try_run(dir.path(), &given).unwrap_err().to_string()
    };
    assert_eq!(
        message("sampler", "proptest".into()),
        "variant = limit draws as sampler = lightweight does, found proptest"
    );
    assert_eq!(
        message("compression", "zstd".into()),
        "variant = limit writes with compression = uncompressed and dictionary = true"
    );
    assert_eq!(
        message("row_group_rows", 5_119.into()),
        "variant = limit needs row_group_rows of at least 5120, the rows of a batch"
    );
}

#[test]
fn a_directory_that_goes_away_fails_a_run_of_variant_limit() {
    let dir = TempDir::new().unwrap();
    let params: Params = [("variant", "limit")].into_iter().collect();
    let context = Context { seed: 1, data_dir: dir.path().join("deeper") };
    let mut prepared = Pipeline.prepare(&params, &context).unwrap();
    std::fs::remove_dir_all(&context.data_dir).unwrap();
    let message = prepared.run().unwrap_err().to_string();
    assert!(message.starts_with("creating ") && message.contains("deeper"), "{message}");
}
