//! What a suite asks of the machine and does not get: directories and CPUs. Each is refused while
//! planning, at its token.

use std::fs;

use engine::plan::{Override, Plan, PlanOptions};
use engine::suite::Suite;

use crate::{Fixture, usable_cpu};

/// The report on a suite in a directory with a file `file` and a directory `there`, its path
/// replaced; or nothing where there is a plan.
fn report(tables: &str, sets: &[&str]) -> Option<String> {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("there")).unwrap();
    fs::write(place.path().join("file"), "").unwrap();
    let text = format!("name = \"x\"\n{tables}");
    let suite = Suite::parse(&text, &place.path().join("x.toml")).unwrap();
    let overrides = sets.iter().map(|set| Override::parse(set).unwrap()).collect();
    let plan = Plan::build(&suite, &Fixture, &PlanOptions { overrides, filter: None });
    let error = plan.err()?.to_string();
    Some(error.replace(place.path().to_str().unwrap(), "/suites"))
}

fn with_cwd(cwd: &str) -> Option<String> {
    let runner = format!("[[runner]]\nname = \"s\"\ncommand = \"cat {{f}}\"\ncwd = \"{cwd}\"\n");
    report(&format!("{runner}[[case]]\nrunner = \"s\"\nparams = {{ f = \"a\" }}\n"), &[])
}

const SCAN: &str = "[[case]]\nworkload = \"scan\"\n";

#[test]
fn a_working_directory_that_does_not_exist_is_refused() {
    insta::assert_snapshot!(with_cwd("theer").unwrap(), @r#"
    error: `cwd` cannot be "theer"
     --> /suites/x.toml:5:7
      |
    5 | cwd = "theer"
      |       ^^^^^^^
      = `/suites/theer` does not exist
      = allowed: a directory that exists, relative to the suite
    "#);
    assert!(with_cwd("file").unwrap().contains("= `/suites/file` is no directory"));
}

#[test]
fn a_working_directory_that_exists_or_depends_on_the_case_is_accepted() {
    assert_eq!(with_cwd("there"), None);
    assert_eq!(with_cwd("absent/{f}"), None);
}

#[test]
fn an_output_directory_that_is_a_file_is_refused() {
    let suite = format!("[output]\ndirectory = \"file/inside\"\n{SCAN}");
    insta::assert_snapshot!(report(&suite, &[]).unwrap(), @r#"
    error: `directory` cannot be "file/inside"
     --> /suites/x.toml:3:13
      |
    3 | directory = "file/inside"
      |             ^^^^^^^^^^^^^
      = `/suites/file` is no directory
      = allowed: a directory; it is created if it does not exist
    "#);
    assert_eq!(report(&suite, &["output.directory=there"]), None);
    assert_eq!(report(&suite, &["output.directory=absent/inside"]), None);
}

#[test]
fn an_output_directory_of_an_option_is_refused_in_the_option() {
    insta::assert_snapshot!(report(SCAN, &["output.directory=file"]).unwrap(), @"
    error: `directory` cannot be file
     --> --set:1:18
      |
    1 | output.directory=file
      |                  ^^^^
      = `/suites/file` is no directory
      = allowed: a directory; it is created if it does not exist
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_cpu_that_cannot_be_used_is_refused_with_those_that_can() {
    let suite = format!("[sampling]\npin = \"4095\"\n{SCAN}");
    let shown = report(&suite, &[]).unwrap();
    assert!(
        shown.starts_with("error: `pin` cannot be \"4095\"\n --> /suites/x.toml:3:7\n"),
        "{shown}"
    );
    assert!(
        shown.contains("CPU 4095 does not exist here, or this process may not use it"),
        "{shown}"
    );
    let cpu = usable_cpu();
    assert!(shown.contains(&format!("= allowed: the CPUs {cpu}")), "{shown}");
    assert_eq!(report(&suite, &[&format!("sampling.pin={cpu}")]), None);
}

#[cfg(target_os = "linux")]
#[test]
fn a_cpu_of_an_option_that_cannot_be_used_is_refused_in_the_option() {
    let shown = report(SCAN, &["sampling.pin=4095"]).unwrap();
    assert!(shown.contains("\n --> --set:1:14\n"), "{shown}");
}
