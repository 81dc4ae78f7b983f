//! `dyno show` in its four formats.

use std::collections::BTreeMap;

use record::FailureKind;
use reports::{Format, RunSet, ShowOptions, show};
use serde_json::Value as Json;

use crate::fixture;

fn shown(set: &RunSet, format: Format) -> String {
    show(set, &ShowOptions { format, ..ShowOptions::default() }).unwrap()
}

#[test]
fn print_for_eyes() {
    println!("{}", shown(&fixture::study_set(), Format::Table));
    println!("{}", shown(&fixture::grid_set(), Format::Table));
    for width in [109, 80, 40] {
        let options = ShowOptions { width: Some(width), colour: true, ..ShowOptions::default() };
        println!("{}", show(&fixture::study_set(), &options).unwrap());
    }
    println!("{}", shown(&fixture::grid_set(), Format::Markdown));
    println!("{}", shown(&fixture::grid_set(), Format::Csv));
    println!("{}", &shown(&fixture::grid_set(), Format::Json)[..3000]);
}
