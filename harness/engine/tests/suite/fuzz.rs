//! Suites that were damaged at random: planned, or refused at a place that is in them.

use std::fs;
use std::path::Path;

use engine::plan::{Filter, Override, Plan, PlanOptions};
use engine::suite::{Suite, SuiteError};
use proptest::prelude::*;

use super::Served;

/// What suites have that damage alone would hardly ever make.
const WORDS: &[&str] = &[
    "[[case]]",
    "[sampling]",
    "grid = ",
    "zip = ",
    "{ ",
    " }",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "'",
    "\n",
    "\r",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "0",
    "-1",
    "1e400",
    "nan",
    "99999999999999999999",
    "0x_1",
    "1979-05-27",
    "\"1h\"",
    "\"1 EiB\"",
    "${rows}",
    "{rows}",
    "10%",
    "%%",
];

fn suites() -> Vec<Vec<u8>> {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    let paths = fs::read_dir(configs).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Planned, or refused with a message that a terminal can show and a place that is in the text.
fn is_sound(text: &str, planned: Result<Plan, SuiteError>) -> Result<(), TestCaseError> {
    let Err(error) = planned else { return Ok(()) };
    let shown = error.to_string();
    prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
    if let Some((line, column)) = error.position() {
        // Behind the last line's end is a place too.
        let found = text.split('\n').nth(line - 1);
        prop_assert!(found.is_some_and(|found| column <= found.chars().count() + 1), "{shown}");
    }
    Ok(())
}

#[test]
fn damaged_suites() {
    fuzzing::on_any("suite", 300, &fuzzing::damaged(suites(), WORDS), |bytes| {
        let text = String::from_utf8_lossy(&bytes);
        let planned = Suite::parse(&text, Path::new("/suites/x.toml"))
            .and_then(|suite| Plan::build(&suite, &Served, &PlanOptions::default()));
        is_sound(&text, planned)
    });
}

#[test]
fn damaged_options() {
    let options =
        ["step >= 05 && rows = 1M", "!(id ~ '^a.*b$') || cpu in [0, 1]", "sampling.order=fixed"]
            .map(|text| text.as_bytes().to_vec());
    let words =
        &["(", "!", "&&", "||", "~", "in", "'", "[", "=", "sampling.", "99999999999999999999"];
    fuzzing::on_any("options", 300, &fuzzing::damaged(options.to_vec(), words), |bytes| {
        let text = String::from_utf8_lossy(&bytes);
        let said = [Filter::parse(&text).map(drop), Override::parse(&text).map(drop)];
        for error in said.into_iter().filter_map(Result::err) {
            is_sound(&text, Err(error))?;
        }
        Ok(())
    });
}
