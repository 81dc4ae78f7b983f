//! The ceiling on known costs, and that the cases of single stages are nobody's step.

use record::{CaseInfo, Sample, Source, metrics};
use reports::charts::{Ceiling, Chart as _, Size, Table};
use reports::{Format, RunSet, ShowOptions, show};

use crate::fixture::{self, sample, samples, step};
use crate::page::page;

/// A stage that takes that many ms of one core for a million rows.
fn stage(name: &str, batch: u64, cpu_ms: f64) -> (CaseInfo, Vec<Sample>) {
    let mut case = fixture::case(&[("batch_rows", batch.into())], "");
    case.id = record::CaseId::new(format!("{name}/{batch}"));
    case.workload = name.to_lowercase();
    case.stage = Some(name.to_owned());
    let one = |process| {
        let mut sample = sample(&case, process, cpu_ms);
        sample.values.retain(|value| value.metric != metrics::CPU_TIME.name);
        sample.values.push(metrics::CPU_TIME.value(cpu_ms * 1e6, Source::Software));
        sample
    };
    let all = (0..6).map(one).collect();
    (case, all)
}

/// Two steps on two cores, and what their stages cost alone: 40 and 60 ns a row.
pub(crate) fn set() -> RunSet {
    let steps = [("00", 200.0), ("01", 100.0)].map(|(id, time)| {
        let case = step(id, "");
        (case.clone(), samples(&case, &[time; 6]))
    });
    let stages =
        [stage("Generate", 1024, 50.0), stage("Generate", 4096, 40.0), stage("Write", 1024, 60.0)];
    fixture::set(steps.into_iter().chain(stages).collect())
}

fn text(table: &Table) -> String {
    let line = |row: &reports::charts::Row| {
        let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        format!("{}: {}\n", row.name, cells.join(" | "))
    };
    let lines: String = table.rows.iter().map(line).collect();
    format!("{lines}{}", table.more)
}

#[test]
fn limits_are_cores_by_cost_and_the_gap_is_explained_by_two_factors() {
    // 10 M rows/s of 2 / 100 ns = 20 M: 1.5 of 2 cores busy, and 100 of 150 ns needed.
    let table = Ceiling.table(&set()).unwrap();
    insta::assert_snapshot!(format!("{}\n\n{}", Ceiling.caption(&set()), text(&table)));
    for (name, size) in [("wide", Size::Wide), ("narrow", Size::Narrow)] {
        insta::assert_snapshot!(format!("ceiling_{name}"), Ceiling.draw(&set(), size).unwrap());
    }
}

#[test]
fn stages_are_no_steps_and_are_told_where_they_belong() {
    let set = set();
    assert_eq!(set.cases.len(), 2);
    assert!(set.is_ordered(), "the steps are steps still");
    let html = page(&set);
    assert!(html.contains("<h1>2.0× faster over 2 steps"), "the headline speaks of steps alone");
    assert!(html.contains("id=\"ceiling\""));
    assert_eq!(html.matches("<tr id=\"case-").count(), 2);
    let table = show(&set, &ShowOptions::default()).unwrap();
    assert!(
        table.contains("stage Generate batch_rows=4096: 40.0 ns/row alone, 6 samples"),
        "{table}"
    );
    let options = ShowOptions { format: Format::Json, ..ShowOptions::default() };
    let json: serde_json::Value = serde_json::from_str(&show(&set, &options).unwrap()).unwrap();
    let stages: Vec<&str> = json["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|case| case["stage"].as_str())
        .collect();
    assert_eq!(stages, ["Generate", "Generate", "Write"]);
}

#[test]
fn without_stages_there_is_no_ceiling() {
    assert!(Ceiling.draw(&fixture::study_set(), Size::Wide).is_none());
    assert!(Ceiling.table(&fixture::study_set()).is_none());
}

#[test]
fn a_stage_that_failed_is_told_and_no_limit() {
    let (case, _) = stage("Write", 1, 1.0);
    let crash = fixture::failed(&case, 0, record::FailureKind::Died, "killed by signal 9");
    let one = step("00", "");
    let set = fixture::set(vec![(one.clone(), samples(&one, &[5.0])), (case, vec![crash])]);
    assert!(Ceiling.draw(&set, Size::Wide).is_none());
    assert!(page(&set).contains("Write: 1 sample failed: died: killed by signal 9"));
}
