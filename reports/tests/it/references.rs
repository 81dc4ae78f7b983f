//! What the trend and the box plots say beside the times: published values, change points, cut axes,
//! windows, and what else settings cost.

use std::collections::BTreeMap;

use record::{Reference, Source, metrics};
use reports::RunSet;
use reports::charts::{BoxPlot, Chart as _, Pareto, Size, Trend};

use crate::fixture::{self, sample, samples, spread, step};
use crate::page::page;

/// The study with a reverted step, and with times that somebody published for ten times the rows.
fn referenced() -> RunSet {
    let mut run = fixture::study();
    let values = [("00", 3_693_000_000), ("09", 966_000_000), ("10", 540_000_000)];
    run.info.suite.references.push(Reference {
        source: "a post on 8 cores".to_owned(),
        by: "step".to_owned(),
        rows: Some(10_000_000),
        values: values.map(|(step, ns)| (step.to_owned(), ns)).into_iter().collect(),
    });
    run.info.cases[9].reverted = true;
    RunSet::new(vec![run]).unwrap()
}

#[test]
fn published_times_are_hollow_marks_by_the_row_and_missing_ones_are_gaps() {
    let svg = Trend.draw(&referenced(), Size::Wide).unwrap();
    assert_eq!(svg.matches(" ms published: a post on 8 cores</title>").count(), 3);
    assert!(svg.contains("<title>00: 369 ms published: a post on 8 cores</title>"));
    assert!(
        Trend
            .caption(&referenced())
            .contains("Hollow: published, for as many rows (a post on 8 cores).")
    );
    for (name, size) in [("wide", Size::Wide), ("narrow", Size::Narrow)] {
        insta::assert_snapshot!(
            format!("referenced_{name}"),
            Trend.draw(&referenced(), size).unwrap()
        );
    }
}

#[test]
fn a_reference_without_rows_is_taken_as_it_stands() {
    let mut run = fixture::study();
    run.info.suite.references.push(Reference {
        source: "here".to_owned(),
        by: "step".to_owned(),
        rows: None,
        values: BTreeMap::from([("01".to_owned(), 500_000_000)]),
    });
    let svg = Trend.draw(&RunSet::new(vec![run]).unwrap(), Size::Wide).unwrap();
    assert!(svg.contains("<title>01: 500 ms published: here</title>"));
}

#[test]
fn a_case_that_the_suite_calls_reverted_is_crossed_and_counted_out() {
    let svg = Trend.draw(&referenced(), Size::Wide).unwrap();
    assert!(svg.contains("data-step=\"09\"") && svg.contains(">415 reverted<"));
    assert!(page(&referenced()).contains("faster over 13 steps (1 reverted)"));
}

#[test]
fn another_level_is_marked_where_it_begins() {
    let svg = Trend.draw(&referenced(), Size::Wide).unwrap();
    assert!(svg.contains("<title>change point before 06: level "), "{svg}");
    let equal = (0..13).map(|i| {
        let case = step(&format!("{i:02}"), "");
        (case.clone(), samples(&case, &spread(100.0, 6, i)))
    });
    let svg = Trend.draw(&fixture::set(equal.collect()), Size::Wide).unwrap();
    assert!(!svg.contains("change point"));
}

#[test]
fn a_cut_axis_is_offered_where_it_shows_more_and_its_line_is_torn() {
    let near = [("00", 100.0), ("01", 104.0), ("02", 102.0)].map(|(id, time)| {
        let case = step(id, "");
        (case.clone(), samples(&case, &spread(time, 6, 1)))
    });
    let near = fixture::set(near.into());
    for chart in [&Trend as &dyn reports::charts::Chart, &BoxPlot] {
        assert!(chart.zoomed(&near, Size::Narrow).is_some(), "{}", chart.id());
    }
    let svg = Trend.zoomed(&near, Size::Wide).unwrap();
    assert!(svg.contains("stroke-dasharray=\"6 3\""));
    assert!(!Trend.draw(&near, Size::Wide).unwrap().contains("stroke-dasharray=\"6 3\""));
    assert!(page(&near).contains("<div class=\"zoomed\" hidden>"));
    // The study reaches so far down that there is nothing to cut.
    assert!(Trend.zoomed(&fixture::study_set(), Size::Wide).is_none());
}

#[test]
fn a_history_that_became_much_faster_is_told_in_windows_with_axes_of_their_own() {
    let svg = BoxPlot.draw(&fixture::study_set(), Size::Wide).unwrap();
    for window in [">00 to 04<", ">04 to 08<", ">08 to 12<"] {
        assert!(svg.contains(window), "{window}");
    }
    // Each end stands in two windows.
    assert_eq!(svg.matches("<title>04: ").count(), 2);
    assert_eq!(svg.matches("<title>05: ").count(), 1);
    assert!(BoxPlot.caption(&fixture::study_set()).ends_with("begins where the one before ends."));
}

/// Settings by time, memory in MiB and bytes written.
pub(crate) fn settings() -> RunSet {
    let all = [
        ((1, 1), (400.0, 50.0, 30e6)),
        ((1, 2), (300.0, 60.0, 30e6)),
        ((2, 1), (310.0, 70.0, 30e6)),
        ((2, 2), (200.0, 90.0, 33e6)),
    ];
    let cases = all.map(|((writers, batch), (time, memory, bytes))| {
        let case = fixture::case(&[("writers", writers.into()), ("batch_rows", batch.into())], "");
        let one = |process| {
            let mut sample = sample(&case, process, time);
            let ours = [metrics::PEAK_RSS.name, metrics::BYTES_OUT.name];
            sample.values.retain(|value| !ours.contains(&value.metric.as_str()));
            sample.values.extend([
                metrics::PEAK_RSS.value(memory * 1_048_576.0, Source::Process),
                metrics::BYTES_OUT.value(bytes, Source::Workload),
            ]);
            sample
        };
        let samples = (0..6).map(one).collect();
        (case, samples)
    });
    fixture::set(cases.into())
}

#[test]
fn the_front_is_what_no_other_case_beats_in_everything() {
    let table = Pareto.table(&settings()).unwrap();
    let names: Vec<&str> = table.rows.iter().map(|row| row.name.as_str()).collect();
    // The third is slower and larger than the second.
    assert_eq!(
        names,
        ["batch_rows=2 writers=2", "batch_rows=2 writers=1", "batch_rows=1 writers=1"]
    );
    assert_eq!(table.heads.len(), 4);
    for (name, size) in [("wide", Size::Wide), ("narrow", Size::Narrow)] {
        insta::assert_snapshot!(format!("pareto_{name}"), Pareto.draw(&settings(), size).unwrap());
    }
    assert!(Pareto.draw(&fixture::study_set(), Size::Wide).is_none(), "a step is no choice");
}
