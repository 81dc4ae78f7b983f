//! The taxi data: the same from every number of threads, and what it must hold.

use twox_hash::XxHash3_64;

use super::*;
use crate::data::DataDirectory;

fn recipe(rows: u64, quoted: u64, format: Format) -> Recipe {
    Recipe { rows, seed: 1, quoted, format }
}

fn months(recipe: &Recipe, threads: usize) -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let path = DataDirectory::at(dir.path()).ensure(recipe, threads, &|_| ()).unwrap();
    (1..=MONTHS).map(|month| fs::read(path.join(recipe.file(month))).unwrap()).collect()
}

#[test]
fn the_bytes_depend_on_the_recipe_and_not_on_threads() {
    for format in [Format::Csv, Format::Parquet] {
        let recipe = recipe(5_000, 3, format);
        assert!(months(&recipe, 1) == months(&recipe, 3));
        assert!(months(&recipe, 2) != months(&Recipe { seed: 2, ..recipe }, 2));
    }
}

#[test]
fn sizes_are_about_what_is_said_before() {
    for (quoted, format) in [(0, Format::Csv), (500, Format::Csv), (0, Format::Parquet)] {
        let recipe = recipe(120_000, quoted, format);
        let bytes: usize = months(&recipe, 2).iter().map(Vec::len).sum();
        let about = recipe.bytes_about();
        assert!(about.abs_diff(bytes as u64) < about / 4, "{quoted} {format:?} {about} {bytes}");
    }
}

#[test]
fn every_row_has_the_real_header_s_eighteen_fields_and_months_have_their_days() {
    let recipe = recipe(12_005, 0, Format::Csv);
    let months = months(&recipe, 2);
    let mut rows = 0;
    for (text, month) in months.iter().zip(1..) {
        let text = String::from_utf8(text.clone()).unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next().unwrap().split(',').count(), 18);
        for line in lines {
            let fields: Vec<_> = line.split(',').collect();
            assert_eq!(fields.len(), 18, "{line}");
            assert!(fields[1].starts_with(&format!("2019-{month:02}-")), "{line}");
            assert_eq!(fields[1].len(), 19);
            let cents = |field: &str| (100.0 * field.parse::<f64>().unwrap()).round() as i64;
            let parts: i64 = fields[10..16].iter().map(|field| cents(field)).sum();
            let congestion = if fields[17].is_empty() { 0 } else { cents(fields[17]) };
            assert_eq!(parts + congestion, cents(fields[16]), "{line}");
            assert_eq!(fields[17].is_empty(), month == 1);
            rows += 1;
        }
    }
    assert_eq!(rows, recipe.rows);
    assert_eq!((1..=MONTHS).map(|month| recipe.rows_of(month)).sum::<u64>(), recipe.rows);
}

/// Committed fingerprints. They change with the generator; then VERSION must change too.
#[test]
fn the_text_has_its_committed_fingerprints() {
    let print = |rows, quoted| {
        let bytes = months(&recipe(rows, quoted, Format::Csv), 2).concat();
        format!("{} {:016x}", bytes.len(), XxHash3_64::oneshot(&bytes))
    };
    assert_eq!(
        [print(12, 0), print(10_000, 0), print(10_000, 20)],
        ["4230 4b2b40ea013d2ef9", "933602 73bfc66c063de410", "938859 1729e7a4c9de603b"]
    );
}
