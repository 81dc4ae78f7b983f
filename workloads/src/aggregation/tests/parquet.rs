//! The variants over Parquet against the model of the text, on files that are awkward on purpose.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use proptest::prelude::*;

use super::*;
use crate::data::measurements_parquet;

/// What all variants say about a file; they must agree.
fn read(path: &Path, workers: &Workers) -> Result<String, String> {
    let said = |result: Result<Summary, WorkloadError>| {
        result.map(|summary| text(&summary)).map_err(|error| error.to_string())
    };
    let naive = said(row_groups::naive(path));
    let first = |(summary, _)| summary;
    assert_eq!(naive, said(row_groups::partitioned(path, workers).map(first)));
    assert_eq!(naive, said(row_groups::limit(path, workers).map(first)));
    naive
}

/// Writes the lines, some to a row group.
fn write(
    path: &Path,
    lines: &[(String, i64)],
    (rows, statistics): (usize, bool),
    workers: &Workers,
) {
    let parts: Vec<_> = lines.chunks(rows).collect();
    let fill = |index: usize, group: &mut measurements_parquet::RowGroup| {
        let pushed = |(name, tenths): &(String, i64)| group.push(name, *tenths as i16);
        parts[index].iter().try_for_each(pushed).map_err(|e| WorkloadError::new(e.to_string()))
    };
    measurements_parquet::write(path, (parts.len(), statistics), workers, fill, &|_| ()).unwrap();
}

mod fuzz {
    use super::super::fuzz::lines;
    use super::*;

    #[test]
    fn any_rows_in_any_row_groups_are_what_the_model_says() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("m.parquet");
        let workers = Workers::start(3).unwrap();
        let inputs = (lines(), 1..30_usize, any::<bool>());
        fuzzing::on_any("measurements of Parquet", 60, &inputs, |(lines, rows, statistics)| {
            write(&path, &lines, (rows, statistics), &workers);
            prop_assert_eq!(read(&path, &workers), Ok(model(&lines)));
            Ok(())
        });
    }
}

#[test]
fn more_names_than_a_dictionary_holds_and_more_rows_than_a_batch_are_all_there() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("m.parquet");
    let workers = Workers::start(2).unwrap();
    // 10,000 names of 100 bytes and more are beyond the parquet crate's dictionaries of 1 MiB.
    let lines: Vec<_> =
        (0..30_000_i64).map(|row| (format!("{:x>100}", row % 11_000), row % 1_999 - 999)).collect();
    write(&path, &lines, (25_000, false), &workers);
    assert_eq!(read(&path, &workers), Ok(model(&lines)));
}

#[test]
fn what_is_no_measurement_is_refused_by_its_row_group() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("m.parquet");
    let workers = Workers::start(2).unwrap();
    let long = "x".repeat(101);
    let wrong = [("", 1.0), (&*long, 1.0), ("a;b", 1.0), ("a\nb", 1.0)].into_iter().chain(
        [100.0, -100.0, 1.05, f64::NAN, f64::INFINITY, 1e300, 214_748_364.8, 0.1 + 0.2]
            .map(|v| ("a", v)),
    );
    for (name, value) in wrong {
        let names = StringArray::from(vec!["good", name]);
        let columns: [ArrayRef; 2] =
            [Arc::new(names), Arc::new(Float64Array::from(vec![-99.9, value]))];
        let batch = RecordBatch::try_new(measurements_parquet::schema(), columns.to_vec()).unwrap();
        let file = fs::File::create(&path).unwrap();
        let mut writer =
            ::parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch.slice(0, 1)).unwrap();
        writer.flush().unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let error = read(&path, &workers).unwrap_err();
        assert!(error.contains("m.parquet: row group 1: expected names of 1 to 100"), "{error}");
    }
    fs::write(&path, "PAR1").unwrap();
    let error = read(&path, &workers).unwrap_err();
    assert!(error.starts_with("reading /") && error.contains("m.parquet: "), "{error}");
}

#[test]
fn every_format_variant_and_conversion_has_the_answer_of_the_text() {
    let dir = TempDir::new().unwrap();
    for (rows, stations) in [(1, 413), (1_100_000, 413), (150_000, 10_000)] {
        let data = [("rows", rows.into()), ("stations", stations.into()), ("workers", 2.into())];
        let with = |more: &[(&'static str, &str)]| {
            let more = more.iter().map(|(name, word)| (*name, (*word).into()));
            data.iter().cloned().chain(more).collect::<Vec<_>>()
        };
        let (_, answer) = run(&dir, 1, &with(&[("variant", "limit")]));
        for format in ["parquet", "parquet_statistics"] {
            for variant in ["naive", "partitioned", "limit"] {
                let given = with(&[("format", format), ("variant", variant)]);
                let (work, same) = run(&dir, 1, &given);
                assert_eq!(same, answer, "{given:?}");
                assert_eq!(work.rows, rows as u64);
            }
        }
        for statistics in ["none", "pages"] {
            let params: Params = with(&[("statistics", statistics)]).into_iter().collect();
            let place = TempDir::new().unwrap();
            let context = Context { seed: 1, data_dir: place.path().to_owned() };
            let directory = DataDirectory::at(dir.path());
            let mut prepared = conversion::prepare(&params, &context, &directory).unwrap();
            let work = prepared.run().unwrap();
            assert_eq!((work.rows, prepared.check().unwrap()), (rows as u64, answer.clone()));
            assert!(work.bytes_out > 0 && work.bytes_in > 0);
        }
    }
    let params: Params = [("format", "parquet"), ("variant", "batched")].into_iter().collect();
    let error = prepare(&params, 1, &DataDirectory::at(dir.path())).err().unwrap().to_string();
    assert!(error.starts_with("variant = batched hands on lines, which format = text has"));
}
