//! All schedules of `taxi` against a model that is too simple to be wrong, on files that are awkward on
//! purpose; and the workload through its public contract.

use std::collections::BTreeMap;

use tempfile::TempDir;

use super::groups::NO_COUNT;
use super::parts::Parts;
use super::*;
use crate::instructions::Level;

mod fuzz;

/// A row as values, and texts for the columns between.
#[derive(Clone, Debug)]
struct Row {
    passengers: Option<u8>,
    cents: i64,
    quoted: bool,
    others: Vec<String>,
}

/// A file as the columns before, between and behind the two, and its rows.
#[derive(Clone, Debug)]
struct Table {
    columns: [usize; 3],
    fare_first: bool,
    rows: Vec<Row>,
    end_of_line: &'static str,
    last_end: bool,
}

impl Table {
    fn text(&self) -> String {
        let [before, between, behind] = self.columns;
        let line = |two: [String; 2], mut others: Vec<String>| {
            others.resize(before + between + behind, String::new());
            let [first, second] = two;
            others.insert(before + between, second);
            others.insert(before, first);
            others.join(",")
        };
        let two = |passengers: String, fare: String| {
            if self.fare_first { [fare, passengers] } else { [passengers, fare] }
        };
        let header = two("passenger_count".to_owned(), "\"fare_amount\"".to_owned());
        let mut lines = vec![line(header, vec!["x".to_owned()])];
        lines.extend(self.rows.iter().map(|row| {
            let quote = |text: String| if row.quoted { format!("\"{text}\"") } else { text };
            let passengers = row.passengers.map_or(String::new(), |count| count.to_string());
            line(two(quote(passengers), quote(dollars(row.cents))), row.others.clone())
        }));
        let mut text = lines.join(self.end_of_line);
        if self.last_end {
            text.push_str(self.end_of_line);
        }
        text
    }

    /// The result, straight from the rows.
    fn model(&self) -> String {
        let mut fares: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
        for row in &self.rows {
            let place = row.passengers.map_or(NO_COUNT, usize::from);
            fares.entry(place).or_default().push(row.cents);
        }
        let lines = fares.iter().map(|(place, fares)| {
            let key = if *place == NO_COUNT { "null".to_owned() } else { place.to_string() };
            let (sum, count) = (fares.iter().sum::<i64>(), fares.len() as i64);
            let (min, max) = (fares.iter().min().unwrap(), fares.iter().max().unwrap());
            // The nearest hundredth of a cent, a half upwards.
            let average = (200 * sum + count).div_euclid(2 * count);
            format!("{key} min={min} max={max} sum={sum} count={count} avg={average}\n")
        });
        lines.collect()
    }
}

/// Cents as dollars, with a form that depends on the value.
fn dollars(cents: i64) -> String {
    let (sign, size) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    match size % 100 {
        0 if size % 3 > 0 => format!("{sign}{}", size / 100),
        tenths if tenths % 10 == 0 && size % 7 > 0 => {
            format!("{sign}{}.{}", size / 100, tenths / 10)
        }
        _ => format!("{sign}{}.{:02}", size / 100, size % 100),
    }
}

/// What every schedule over CSV says; they must agree.
fn run(texts: &[&[u8]], part: u64, block: usize, workers: &Workers) -> Result<String, String> {
    let dir = TempDir::new().unwrap();
    let files = texts.iter().enumerate().map(|(index, text)| {
        let path = dir.path().join(format!("{index}.csv"));
        fs::write(&path, text).unwrap();
        path
    });
    let (format, files) = (TaxiFormat::Csv, files.collect());
    let query = Query { format, files, first_month: 1, filter: None };
    let result = |parts: Result<Parts, WorkloadError>| {
        parts.map(|parts| parts.groups.text()).map_err(|error| error.to_string())
    };
    let single = result(whole_files::single(&query));
    assert_eq!(single, result(whole_files::thread_per_file(&query)));
    assert_eq!(single, result(whole_files::files(&query, workers)));
    let ranges = ranges::ranges(&query, part, workers).map(|(parts, _)| parts);
    assert_eq!(single, result(ranges), "ranges of {part}");
    for level in Level::all() {
        let limit = limit::limit_with(level, &query, Sizes { part, block }, workers);
        assert_eq!(single, result(limit), "{level:?}, parts of {part}, blocks of {block}");
    }
    single
}

#[test]
fn errors_name_file_byte_and_what_was_expected() {
    let workers = Workers::start(2).unwrap();
    let error = |text: &str| run(&[text.as_bytes()], 7, 16, &workers).unwrap_err();
    let message = error("passenger_count,fare_amount\n1,2\n1,2,3\n");
    assert!(
        message.starts_with("reading /") && message.contains("0.csv: malformed record at byte 32")
    );
    assert!(message.ends_with(
        "expected 2 fields, `passenger_count` empty or 0 to 255, `fare_amount` dollars with at most \
         two decimals, found \"1,2,3\""
    ), "{message}");
    assert!(error("").contains("no column `passenger_count` in the header \"\""));
    assert!(error("passenger_count,fare_amount\n\n").contains("found \"\""));
    assert!(error("passenger_count,fare_amount\n\"1,2\n").contains("found \"\\\"1,2\\n\""));
    assert_eq!(run(&[b"passenger_count,fare_amount"], 7, 7, &workers), Ok(String::new()));
}

fn prepared(dir: &TempDir, given: &[(&str, &str)], numbers: &[(&str, i64)]) -> PreparedTaxi {
    let mut params = Params::default();
    given.iter().for_each(|(name, value)| params.set(*name, *value));
    numbers.iter().for_each(|(name, value)| params.set(*name, *value));
    prepare(&params, 1, &DataDirectory::at(dir.path())).unwrap()
}

#[test]
fn all_schedules_and_formats_agree_and_give_the_chapter_s_largest_fares() {
    let dir = TempDir::new().unwrap();
    for quoted in [0, 100] {
        let mut answers = Vec::new();
        for (format, schedule) in [
            ("csv", "single"),
            ("csv", "thread_per_file"),
            ("csv", "files"),
            ("csv", "ranges"),
            ("csv", "limit"),
            ("parquet", "single"),
            ("parquet", "thread_per_file"),
            ("parquet", "files"),
            ("parquet", "row_groups"),
            ("parquet", "limit"),
        ] {
            let given = [("format", format), ("schedule", schedule)];
            let numbers = [("rows", 24_000), ("quoted", quoted), ("workers", 2), ("range", 70_001)];
            let mut prepared = prepared(&dir, &given, &numbers);
            let work = prepared.run().unwrap();
            assert_eq!(work.rows, 24_000);
            let metrics = |prefix: &str| -> Vec<f64> {
                let named = work.metrics.iter().filter(|one| one.name.starts_with(prefix));
                named.map(|one| one.value).collect()
            };
            let (months, whole) = (metrics("month_"), ["single", "thread_per_file", "files"]);
            assert_eq!(months.len(), if whole.contains(&schedule) { 12 } else { 0 });
            assert!(months.is_empty() || metrics("sum_of_parts") == [months.iter().sum::<f64>()]);
            answers.push(prepared.check().unwrap());
            let groups = prepared.result.unwrap();
            let largest: Vec<_> = (0..10).chain([NO_COUNT]).map(|at| groups.largest(at)).collect();
            assert_eq!(
                largest,
                [
                    9_000_000, 67_112_314, 119_635, 35_000, 50_000, 76_000, 26_250, 8_052, 8_900,
                    9_750, 5_700,
                ]
            );
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:#?}");
        assert_eq!(answers[0].rows, 11);
    }
}

#[test]
fn months_are_pruned_by_their_directories_or_by_what_trips_say() {
    let dir = TempDir::new().unwrap();
    let mut answers = Vec::new();
    let mut bytes = Vec::new();
    for (schedule, pruning) in
        [("files", "directories"), ("files", "none"), ("ranges", "none"), ("limit", "directories")]
    {
        let numbers = [("rows", 12_000), ("first_month", 4), ("last_month", 6), ("quoted", 50)];
        let mut prepared =
            prepared(&dir, &[("schedule", schedule), ("pruning", pruning)], &numbers);
        let work = prepared.run().unwrap();
        assert_eq!(work.rows, 3_000);
        bytes.push(work.bytes_in);
        answers.push(prepared.check().unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert!(bytes[1] > 3 * bytes[0] && bytes[0] == bytes[3], "{bytes:?}");
}

#[test]
fn what_does_not_fit_together_is_refused_in_words() {
    let dir = TempDir::new().unwrap();
    let message = |given: &[(&str, &str)]| {
        let params: Params = given.iter().copied().collect();
        prepare(&params, 1, &DataDirectory::at(dir.path())).err().unwrap().to_string()
    };
    assert!(
        message(&[("schedule", "ranges"), ("format", "parquet")]).contains("row_groups is its")
    );
    assert!(message(&[("schedule", "row_groups")]).contains("needs format = parquet"));
    assert!(
        message(&[("schedule", "limit"), ("pruning", "none")]).contains("found schedule = limit")
    );
    let params: Params = [("first_month", 3_i64), ("last_month", 2)].into_iter().collect();
    let error = prepare(&params, 1, &DataDirectory::at(dir.path())).err().unwrap().to_string();
    assert_eq!(error, "first_month = 3 is behind last_month = 2");
}
