//! `dyno show` and `dyno runs`, in their formats.

use record::store::{RunEntry, State};
use std::collections::BTreeMap;

use record::{FailureKind, RunId};
use reports::{Format, RunLine, RunSet, ShowOptions, runs_table, show};
use serde_json::Value as Json;

use crate::fixture::{self, failed, samples, step};

fn shown(set: &RunSet, format: Format) -> String {
    show(set, &ShowOptions { format, ..ShowOptions::default() }).unwrap()
}

fn json(set: &RunSet) -> Json {
    serde_json::from_str(&shown(set, Format::Json)).unwrap()
}

#[test]
fn the_table_of_a_study_is_as_it_was_read_and_found_good() {
    insta::assert_snapshot!(shown(&fixture::study_set(), Format::Table));
}

#[test]
fn failed_cases_are_rows_that_say_so() {
    insta::assert_snapshot!(shown(&fixture::grid_set(), Format::Table));
    insta::assert_snapshot!("grid_markdown", shown(&fixture::grid_set(), Format::Markdown));
    insta::assert_snapshot!("grid_csv", shown(&fixture::grid_set(), Format::Csv));
}

#[test]
fn the_json_document_keeps_its_layout() {
    let case = step("00", "Baseline");
    let set = fixture::set(vec![(case.clone(), samples(&case, &[10.0, 12.0, 11.0]))]);
    insta::assert_snapshot!(shown(&set, Format::Json));
}

#[test]
fn a_narrow_terminal_loses_columns_but_never_the_answer() {
    for width in [20, 40, 60, 80, 100, 109] {
        let options = ShowOptions { width: Some(width), ..ShowOptions::default() };
        for set in [fixture::study_set(), fixture::grid_set()] {
            let text = show(&set, &options).unwrap();
            let head = text.lines().next().unwrap();
            assert!(head.contains("median, ms") && head.contains("against"), "{width}: {head}");
        }
        let text = show(&fixture::study_set(), &options).unwrap();
        let widest = text.lines().take(14).map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width.max(62), "{widest} in {width}");
    }
}

#[test]
fn long_names_that_differ_late_are_told_apart() {
    let case = |way: &str| {
        let long = "an_engine_with_a_name_that_fills_the_column";
        fixture::case(&[("engine", long.into()), ("way", way.into())], "")
    };
    // The same engine in both, which is left out, and once another, which brings it back.
    let others = ["sequential", "parallel"].map(case);
    let short = fixture::case(&[("engine", "e".into()), ("way", "threads".into())], "");
    let cases = others.into_iter().chain([short]);
    let set = fixture::set(cases.map(|case| (case.clone(), samples(&case, &[10.0]))).collect());
    let text = shown(&set, Format::Table);
    assert!(text.contains("way=sequ…") && text.contains("way=para…"), "{text}");
}

#[test]
fn a_wide_terminal_and_a_pipe_show_every_column() {
    let set = fixture::study_set();
    let wide = ShowOptions { width: Some(200), ..ShowOptions::default() };
    assert_eq!(show(&set, &wide).unwrap(), shown(&set, Format::Table));
}

#[test]
fn few_samples_keep_their_range_where_the_interval_must_go() {
    let set = fixture::grid_set();
    let options = ShowOptions { width: Some(110), ..ShowOptions::default() };
    let text = show(&set, &options).unwrap();
    assert!(text.contains("min to max") && text.contains("259.0 to 264.0"), "{text}");
    let head = text.lines().next().unwrap();
    assert!(!head.contains("95 % interval"), "{text}");
}

#[test]
fn colour_is_only_where_it_is_asked_for() {
    let plain = shown(&fixture::grid_set(), Format::Table);
    assert!(!plain.contains('\u{1b}'));
    let options = ShowOptions { colour: true, ..ShowOptions::default() };
    let coloured = show(&fixture::grid_set(), &options).unwrap();
    let painted: Vec<bool> =
        coloured.lines().take(5).map(|line| line.starts_with("\u{1b}[31m")).collect();
    assert_eq!(painted, [false, false, true, true, false]);
    assert_eq!(
        coloured.replace("\u{1b}[1m", "").replace("\u{1b}[31m", "").replace("\u{1b}[0m", ""),
        plain
    );
}

#[test]
fn another_case_can_be_the_reference() {
    let set = fixture::study_set();
    let with = |name: &str| ShowOptions {
        reference: Some(name.to_owned()),
        format: Format::Json,
        ..ShowOptions::default()
    };
    let document: Json = serde_json::from_str(&show(&set, &with("08")).unwrap()).unwrap();
    assert_eq!(document["reference"], "08");
    assert_eq!(document["cases"][8]["against"], Json::Null);
    assert!(document["cases"][9]["against"]["ratio"].as_f64().unwrap() > 2.0);
    let error = show(&set, &with("13")).unwrap_err().to_string();
    assert!(error.starts_with("no case `13`; there are: 00, 01"), "{error}");
}

#[test]
fn the_report_is_named_in_the_last_line() {
    let options =
        ShowOptions { report: Some("out/report.html".to_owned()), ..ShowOptions::default() };
    let text = show(&fixture::study_set(), &options).unwrap();
    assert_eq!(text.lines().last(), Some("report: out/report.html"));
}

#[test]
fn csv_has_as_many_fields_in_every_row() {
    let case = step("00", "a, \"quoted\" title");
    let wrong = step("01", "");
    let message = "two\nlines, and a comma";
    let set = fixture::set(vec![
        (case.clone(), samples(&case, &[1.0])),
        (wrong.clone(), vec![failed(&wrong, 0, FailureKind::Run, message)]),
    ]);
    let text = shown(&set, Format::Csv);
    let rows = parse_csv(&text);
    assert!(rows.iter().all(|row| row.len() == 22), "{text}");
    assert_eq!(rows[1][3], "a, \"quoted\" title");
    assert_eq!(rows.last().unwrap()[5], format!("failed: run: {message}"));
    let numbers = rows.len() - 2;
    assert_eq!(numbers, json(&set)["cases"][0]["metrics"].as_array().unwrap().len());
}

/// A reader of RFC 4180 that knows nothing of the writer.
fn parse_csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let row = rows.last_mut().unwrap();
        match (c, quoted) {
            ('"', true) if rest.peek() == Some(&'"') => row.last_mut().unwrap().extend(rest.next()),
            ('"', _) => quoted = !quoted,
            (',', false) => row.push(String::new()),
            ('\r', false) => {}
            ('\n', false) => rows.push(vec![String::new()]),
            (c, _) => row.last_mut().unwrap().push(c),
        }
    }
    rows.pop();
    rows
}

#[test]
fn names_from_outside_cannot_command_a_terminal_or_break_markdown() {
    let case = step("\u{1b}[2J|<b>*x*", &"long ".repeat(100));
    let set = fixture::set(vec![(case.clone(), samples(&case, &[1.0]))]);
    let table = shown(&set, Format::Table);
    assert!(!table.contains('\u{1b}') && table.lines().all(|line| line.chars().count() < 250));
    let markdown = shown(&set, Format::Markdown);
    assert!(!markdown.contains("<b>") && !markdown.contains("*x*"), "{markdown}");
}

#[test]
fn one_run_without_any_number_still_has_a_table() {
    let case = step("00", "");
    let crash = failed(&case, 0, FailureKind::Start, "no such program");
    let set = fixture::set(vec![(case, vec![crash])]);
    let text = shown(&set, Format::Table);
    assert!(text.contains("failed: start: no such program"), "{text}");
    assert_eq!(json(&set)["reference"], Json::Null);
}

#[test]
fn runs_are_listed_with_what_is_known_of_them() {
    let entry = |id: &str, state, info| RunEntry { id: RunId::new(id), state, info };
    let study = fixture::study().info;
    let lines: Vec<RunLine> = [
        entry("20260921-141320-shredding", State::Complete, Some(study)),
        entry("20260922-000000-broken", State::Damaged("no run.json".to_owned()), None),
    ]
    .iter()
    .map(|entry| RunLine::new(entry, &BTreeMap::new()))
    .collect();
    insta::assert_snapshot!(runs_table(&lines, Format::Table).unwrap());
    let csv = parse_csv(&runs_table(&lines, Format::Csv).unwrap());
    assert_eq!(csv.len(), 3);
    assert!(csv.iter().all(|row| row.len() == 10));
    let json: Json = serde_json::from_str(&runs_table(&lines, Format::Json).unwrap()).unwrap();
    assert_eq!(json[0]["samples"], 130);
    assert_eq!(json[1]["started_ns"], Json::Null);
}

#[test]
fn passes_stand_below_the_times_in_tables_of_their_own() {
    let [one, two] = [fixture::step("00", "Baseline"), fixture::step("09", "Interning")];
    let with = |case: &record::CaseInfo, counts: &[f64]| {
        let mut all = fixture::samples(case, &[100.0, 101.0]);
        all.extend(fixture::simulated(case, counts));
        (case.clone(), all)
    };
    let set = fixture::set(vec![with(&one, &[5000.0, 5000.0]), with(&two, &[71_234.0, 71_235.0])]);
    insta::assert_snapshot!("passes_table", shown(&set, Format::Table));
    insta::assert_snapshot!("passes_markdown", shown(&set, Format::Markdown));
    let csv = parse_csv(&shown(&set, Format::Csv));
    let pass = csv[0].iter().position(|head| head == "pass").unwrap();
    let source = csv[0].iter().position(|head| head == "source").unwrap();
    let simulated: Vec<_> = csv.iter().filter(|row| row[source] == "simulated").collect();
    assert!(!simulated.is_empty() && simulated.iter().all(|row| row[pass] == "simulated"));
    let page = reports::html(&set, &reports::PageOptions::default()).unwrap();
    assert!(page.contains("The simulated pass") && page.contains("instructions/row"), "{page}");
}
