//! All variants of `aggregation` against a model that is too simple to be wrong, on files that are
//! awkward on purpose.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use tempfile::{NamedTempFile, TempDir};

use super::stats::text;
use super::*;
use crate::workers::Workers;

mod fuzz;
mod parquet;

/// As many names as the challenge allows.
const STATIONS: usize = 10_000;

/// The result text, straight from the rules: one list of values per name.
fn model(lines: &[(String, i64)]) -> String {
    let mut values: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    lines.iter().for_each(|(name, tenths)| values.entry(name).or_default().push(*tenths));
    let stations = values.iter().map(|(name, values)| {
        let (sum, count) = (values.iter().sum::<i64>(), values.len() as i64);
        // The nearest tenth is the one with sum/count - 1/2 < tenth <= sum/count + 1/2.
        let mean = (-1000..=1000)
            .find(|tenth| {
                2 * sum - count < 2 * tenth * count && 2 * tenth * count <= 2 * sum + count
            })
            .unwrap();
        let (min, max) = (*values.iter().min().unwrap(), *values.iter().max().unwrap());
        format!("{name}={}/{}/{}", decimal(min), decimal(mean), decimal(max))
    });
    format!("{{{}}}", stations.collect::<Vec<_>>().join(", "))
}

fn decimal(tenths: i64) -> String {
    let digits = format!("{:02}", tenths.abs());
    let (whole, tenth) = digits.split_at(digits.len() - 1);
    format!("{}{whole}.{tenth}", if tenths < 0 { "-" } else { "" })
}

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// What all variants say about a file; they must agree.
fn aggregate(bytes: &[u8], splits: usize, workers: &Workers) -> Result<String, String> {
    let file = file(bytes);
    let naive = naive::aggregate(file.path()).map(|summary| text(&summary));
    let partitioned = partitioned::aggregate(file.path(), (splits, 1 + splits % 3), workers);
    let [naive, partitioned] = [naive, partitioned.map(|(summary, _)| text(&summary))]
        .map(|result| result.map_err(|error| error.to_string()));
    assert_eq!(naive, partitioned, "{splits} splits");
    let batched = batched::aggregate(file.path(), splits, workers);
    let batched = batched.map(|(summary, _)| text(&summary)).map_err(|error| error.to_string());
    assert_eq!(naive, batched, "lists of {splits} lines");
    let block = bytes.len().div_ceil(splits).max(1);
    for kernel in limit::Kernel::all() {
        let limit = limit::aggregate_with(kernel, file.path(), block, workers);
        let limit = limit.map(|(summary, _)| text(&summary)).map_err(|error| error.to_string());
        assert_eq!(naive, limit, "{kernel:?}, blocks of {block} bytes");
    }
    naive
}

fn lines_text(lines: &[(String, i64)], final_newline: bool) -> String {
    let lines: Vec<_> =
        lines.iter().map(|(name, tenths)| format!("{name};{}", decimal(*tenths))).collect();
    let newline = if final_newline && !lines.is_empty() { "\n" } else { "" };
    lines.join("\n") + newline
}

#[test]
fn names_that_differ_in_their_last_byte_or_in_nothing_but_nul_are_told_apart() {
    let workers = Workers::start(2).unwrap();
    for length in [1, 2, 7, 8, 9, 14, 15, 16, 17, 18, 31, 32, 33, 99, 100] {
        let names = ["a", "b", "\0", "\u{1}"].map(|last| "\0".repeat(length - 1) + last);
        let more = [length - 1, length + 1].map(|length| "\0".repeat(length));
        let lines: Vec<_> = names
            .into_iter()
            .chain(more)
            .filter(|name| (1..=100).contains(&name.len()))
            .enumerate()
            .flat_map(|(index, name)| [(name.clone(), index as i64), (name, -999)])
            .collect();
        let bytes = lines_text(&lines, true);
        for splits in [1, 3, 20] {
            assert_eq!(
                aggregate(bytes.as_bytes(), splits, &workers),
                Ok(model(&lines)),
                "{length}"
            );
        }
    }
}

#[test]
fn a_split_at_every_byte_loses_no_line() {
    let lines: Vec<_> = [("a", -999), ("Zürich", 999), ("a", 0), ("東京", -1), ("a", 1), ("b", 45)]
        .map(|(name, tenths)| (name.to_owned(), tenths))
        .into();
    let workers = Workers::start(2).unwrap();
    for final_newline in [true, false] {
        let bytes = lines_text(&lines, final_newline);
        for splits in 1..=2 * bytes.len() {
            assert_eq!(aggregate(bytes.as_bytes(), splits, &workers), Ok(model(&lines)));
        }
    }
}

#[test]
fn a_line_lies_across_every_boundary_of_vectors_and_blocks() {
    let workers = Workers::start(2).unwrap();
    // Each shift moves all lines behind the first one by a byte; together they are several times as
    // long as the blocks of the variant `limit`.
    for shift in 1..=100 {
        let names = (0..300).map(|number| match number {
            0 => "x".repeat(shift),
            _ if number % 3 == 0 => "ü".repeat(50),
            _ => format!("station {}", number % 7),
        });
        let lines: Vec<_> = names.zip(0..).map(|(name, number)| (name, number - 150)).collect();
        let bytes = lines_text(&lines, true);
        for splits in [1, 2, 3] {
            assert_eq!(aggregate(bytes.as_bytes(), splits, &workers), Ok(model(&lines)), "{shift}");
        }
    }
}

#[test]
fn names_of_one_hash_and_ten_thousand_names_are_all_told_apart() {
    let workers = Workers::start(2).unwrap();
    let alike: Vec<_> = (0..500).filter_map(fuzz::alike).collect();
    assert!(alike.len() > 100, "{}", alike.len());
    let many = (0..STATIONS).map(|number| format!("{number:0>width$}", width = 4 + number % 97));
    for names in [alike, many.collect::<Vec<_>>()] {
        let twice = [&names[..], &names[..]].concat();
        let lines: Vec<_> =
            twice.into_iter().zip(0..).map(|(name, row)| (name, row * 7 % 1999 - 999)).collect();
        let bytes = lines_text(&lines, true);
        for splits in [1, 7] {
            assert_eq!(aggregate(bytes.as_bytes(), splits, &workers), Ok(model(&lines)));
        }
    }
}

#[test]
fn an_empty_file_has_an_empty_result() {
    assert_eq!(aggregate(b"", 4, &Workers::start(2).unwrap()), Ok("{}".to_owned()));
}

#[test]
fn a_malformed_line_is_named_by_its_first_byte_whatever_the_variant() {
    let workers = Workers::start(2).unwrap();
    let long = format!("{};1.0", "x".repeat(101));
    let endless = "x".repeat(1000);
    let wrong: &[&[u8]] = &[
        b"",
        b";",
        b"x",
        b"x;",
        b";1.0",
        b"x;1",
        b"x;1.00",
        b"x;100.0",
        b"x;+1.0",
        b"x;1.0\r",
        b"x;1.0;",
        b"x;inf",
        b"x;1e1",
        b"x;\xff.0",
        b"\xff;1.0",
        b"\xff",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff;1.0",
        b";aaaaaaaaaaaaaaa;1.0",
        b"a;aaaaaaaaaaaaaaaaaaaaa;1.0",
        b"x;--1.0",
        b"x;1-1.0",
        b"x;-11-.0",
        long.as_bytes(),
        endless.as_bytes(),
    ];
    for wrong in wrong {
        for newline in ["\n", ""] {
            let bytes = [b"good;1.0\nbetter;-2.5\n", *wrong, newline.as_bytes()].concat();
            if bytes.ends_with(b"-2.5\n") && newline.is_empty() {
                continue;
            }
            for splits in [1, 2, 7, bytes.len()] {
                let error = aggregate(&bytes, splits, &workers).unwrap_err();
                assert!(error.starts_with("malformed line at byte 21: expected"), "{error}");
                assert!(error.len() < 800, "{error}");
            }
        }
    }
    let error = aggregate(b"a;1.0\nb;2.0\r\nc;1.0\r\n", 5, &workers).unwrap_err();
    assert!(error.contains("at byte 6") && error.ends_with("found \"b;2.0\\r\""), "{error}");
}

#[test]
fn a_file_that_is_not_there_is_an_error_of_all_variants() {
    let path = Path::new("/nowhere/measurements.txt");
    let workers = Workers::start(1).unwrap();
    let naive = naive::aggregate(path).unwrap_err().to_string();
    let partitioned = partitioned::aggregate(path, (3, 1), &workers).unwrap_err().to_string();
    assert!(naive.starts_with("reading /nowhere/measurements.txt: "), "{naive}");
    let limit = limit::aggregate(path, 64, &workers).unwrap_err().to_string();
    let batched = batched::aggregate(path, 64, &workers).unwrap_err().to_string();
    assert_eq!([&partitioned, &limit, &batched], [&naive; 3]);
}

fn run(dir: &TempDir, seed: u64, given: &[(&str, workload_api::ParamValue)]) -> (Work, Answer) {
    let params: Params = given.iter().cloned().collect();
    let mut prepared = prepare(&params, seed, &DataDirectory::at(dir.path())).unwrap();
    (prepared.run().unwrap(), prepared.check().unwrap())
}

#[test]
fn variants_workers_and_splits_share_a_group_and_its_answer() {
    let dir = TempDir::new().unwrap();
    for (rows, stations) in [(1, 413), (70_000, 413), (150_000, 10_000)] {
        let data = [("rows", rows.into()), ("stations", stations.into())];
        let mut given = data.to_vec();
        given.push(("variant", "naive".into()));
        let (work, answer) = run(&dir, 1, &given);
        assert_eq!((work.rows, answer.rows), (rows as u64, stations.min(rows) as u64));
        let partitioned = [(1, None), (2, None), (3, Some(1)), (2, Some(1000))];
        let partitioned = partitioned.map(|(workers, splits)| {
            (
                workers,
                splits.map_or(("variant", "partitioned".into()), |n: i64| ("splits", n.into())),
            )
        });
        let limit = [
            (1, ("variant", "limit".into())),
            (3, ("variant", "limit".into())),
            (2, ("variant", "batched".into())),
        ];
        for (workers, more) in partitioned.into_iter().chain(limit) {
            let mut given = data.to_vec();
            given.push(("workers", workers.into()));
            given.push(more);
            let (other, same) = run(&dir, 1, &given);
            assert_eq!((other.rows, other.bytes_in), (work.rows, work.bytes_in));
            assert_eq!(other.metrics[0].name, "combine_time");
            assert_eq!(same, answer, "{given:?}");
        }
    }
    let (_, first) = run(&dir, 1, &[("rows", 1000.into())]);
    let (_, second) = run(&dir, 2, &[("rows", 1000.into())]);
    assert!(first.group != second.group && first.digest != second.digest);
}

#[test]
fn lines_that_are_missing_fail_the_run() {
    let dir = TempDir::new().unwrap();
    let params: Params = [("rows", 1000)].into_iter().collect();
    let mut prepared = prepare(&params, 1, &DataDirectory::at(dir.path())).unwrap();
    let bytes = fs::read(&prepared.input.path).unwrap();
    let end = bytes[..500].iter().rposition(|&byte| byte == b'\n').unwrap();
    fs::write(&prepared.input.path, &bytes[..=end]).unwrap();
    let error = prepared.run().unwrap_err().to_string();
    assert!(error.starts_with("1000 rows asked for, "), "{error}");
}

#[test]
fn a_check_before_any_run_and_unknown_parameters_are_refused() {
    let dir = TempDir::new().unwrap();
    let params: Params = [("rows", 10)].into_iter().collect();
    let error = prepare(&params, 1, &DataDirectory::at(dir.path())).unwrap().check().unwrap_err();
    assert_eq!(error.to_string(), "no run has left a result");
    let refused = |name, value: workload_api::ParamValue| {
        let params: Params = [(name, value)].into_iter().collect();
        prepare(&params, 1, &DataDirectory::at(dir.path())).err().unwrap().to_string()
    };
    assert!(refused("row", 1.into()).starts_with("unknown parameter `row` of aggregation"));
    assert!(refused("rows", 0.into()).contains("from 1 to 1000000000"));
    assert!(refused("variant", "fast".into()).contains("\"partitioned\""));
}

#[test]
fn splits_follow_the_workers_and_the_size() {
    assert_eq!(splits_for(13_800_000, 2), 32);
    assert_eq!(splits_for(13_800_000_000, 2), 3291);
}
