//! The charts of sweeps and of rounds: heat map, scaling, steadiness, on known numbers.

use record::{FailureKind, Import, Mark, Source, metrics};
use reports::RunSet;
use reports::charts::{CHARTS, Chart as _, Effort, Scaling, Settings, Size, Steady, Trend};

use crate::fixture::{self, case, failed, sample, samples, spread, step};

/// Writers by batch rows: fastest with 2 writers and 4096 rows, hardly slower with 8192.
pub(crate) fn grid() -> RunSet {
    let times = [
        ((1, 1024), 400.0),
        ((1, 4096), 300.0),
        ((1, 8192), 310.0),
        ((2, 1024), 250.0),
        ((2, 4096), 200.0),
        ((2, 8192), 200.4),
    ];
    let cases = times.into_iter().zip(0..).map(|(((writers, batch), median), salt)| {
        let case = case(&[("writers", writers.into()), ("batch_rows", batch.into())], "");
        (case.clone(), samples(&case, &spread(median, 8, salt)))
    });
    fixture::set(cases.collect())
}

/// A sweep over threads whose times follow Amdahl's law with a serial share of 10 %.
pub(crate) fn threads(counts: &[u32]) -> RunSet {
    let cases = counts.iter().zip(0..).map(|(&threads, salt)| {
        let case = case(&[("threads", threads.into())], "");
        let median = 1000.0 * (0.1 + 0.9 / f64::from(threads));
        (case.clone(), samples(&case, &spread(median, 10, salt)))
    });
    fixture::set(cases.collect())
}

/// Writers by batch rows, four of each: lines of speed-up that part.
pub(crate) fn lines() -> RunSet {
    let batches = [512, 1024, 4096, 16_384].into_iter().zip([0.1, 0.2, 0.4, 0.8]);
    let pairs = batches.flat_map(|(batch, serial)| [1, 2, 4, 8].map(|n| (n, batch, serial)));
    let cases = pairs.zip(0..).map(|((writers, batch, serial), salt)| {
        let case = case(&[("writers", writers.into()), ("batch_rows", batch.into())], "");
        let median = 900.0 * (serial + (1.0 - serial) / f64::from(writers));
        (case.clone(), samples(&case, &spread(median, 8, salt)))
    });
    fixture::set(cases.collect())
}

#[test]
fn a_grid_has_values_on_its_axis_and_says_once_what_they_are_of() {
    for chart in [&Trend as &dyn reports::charts::Chart, &Effort] {
        for size in [Size::Wide, Size::Narrow] {
            let picture = chart.draw(&grid(), size).unwrap();
            assert!(picture.contains(">1024 · 1<") && picture.contains(">batch_rows · writers<"));
            assert!(!picture.contains('…'), "{picture}");
            // The tips keep the names.
            assert!(picture.contains("<title>batch_rows=1024 writers=1: "), "{picture}");
        }
        let picture = chart.draw(&fixture::study_set(), Size::Wide).unwrap();
        assert!(!picture.contains(" · "), "a label of one parameter needs no heading: {picture}");
    }
}

#[test]
fn of_several_lines_a_table_says_where_more_stops_paying() {
    let table = Scaling.table(&lines()).unwrap();
    let cells = |row: &reports::charts::Row| -> Vec<String> {
        row.cells.iter().map(|cell| format!("{} {}", cell.text, cell.below)).collect()
    };
    assert_eq!(table.rows[0].name, "batch_rows=512");
    let first = cells(&table.rows[0]);
    // 1 / (0.1 + 0.9 / 8) = 4.7 times, which is 59 % of 8.
    assert!(first[0].starts_with("4.7") && first[0].ends_with("× 8"), "{first:?}");
    assert_eq!(first[1].trim(), "still winning at the most");
    assert!(first[2].starts_with("10 ("), "{first:?}");
    // 1 / (0.8 + 0.2 / 4) = 1.18 times, which is 29.4 % of 4.
    assert_eq!(cells(&table.rows[3])[1], "4 29.4");
    let caption = Scaling.caption(&lines());
    assert!(!caption.contains("serial share"), "the table has it: {caption}");
    assert_eq!(table.rows.len(), 4);
}

#[test]
fn the_pictures_of_sweeps_are_as_they_were_looked_at() {
    for (name, size) in [("wide", Size::Wide), ("narrow", Size::Narrow)] {
        let draw = |chart: &dyn reports::charts::Chart, set: &RunSet| {
            let picture = chart.draw(set, size).unwrap();
            insta::assert_snapshot!(format!("{}_{name}", chart.id()), picture);
        };
        draw(&Settings, &grid());
        draw(&Scaling, &threads(&[1, 2, 4, 8, 16]));
        draw(&Steady, &fixture::study_set());
    }
}

#[test]
fn the_heat_map_frames_the_best_cell_and_those_not_shown_to_differ() {
    let picture = Settings.draw(&grid(), Size::Wide).unwrap();
    assert_eq!(picture.matches("stroke-width=\"3\"").count(), 1);
    assert!(picture.contains("Best: writers=2, batch_rows=4096: 5.00 M rows/s"), "{picture}");
    let caption = Settings.caption(&grid());
    assert!(caption.contains("Throughput in M rows/s."), "{caption}");
    assert!(caption.contains("Thin frame: 1 cell not shown to differ"), "{caption}");
    assert_eq!(picture.matches("f-heat5").count(), 2, "the best and its equal are darkest");
    assert_eq!(picture.matches("f-heat0").count(), 1, "the slowest is lightest");
}

/// Writers by batch rows by codec: zstd takes twice as long, and more rows in a batch help.
pub(crate) fn three() -> RunSet {
    let codecs = [("none", 1.0), ("zstd", 2.0)];
    let pairs =
        [1, 2].into_iter().flat_map(|writers| [1024, 4096, 8192].map(|rows| (writers, rows)));
    let all = pairs.flat_map(|pair| codecs.map(|codec| (pair, codec)));
    let cases = all.zip(0..).map(|(((writers, rows), (codec, factor)), salt)| {
        let params =
            [("writers", writers.into()), ("batch_rows", rows.into()), ("codec", codec.into())];
        let case = case(&params, "");
        let median = factor * 400.0 / f64::from(writers) - f64::from(rows) / 100.0;
        (case.clone(), samples(&case, &spread(median, 8, salt)))
    });
    fixture::set(cases.collect())
}

#[test]
fn each_two_of_three_parameters_have_a_map_and_a_cell_is_the_best_over_the_third() {
    let picture = Settings.draw(&three(), Size::Wide).unwrap();
    // Three by two cells twice, and two by two.
    assert_eq!(picture.matches("<g class=\"pt\"").count(), 16);
    assert_eq!(picture.matches("stroke-width=\"3\"").count(), 3, "the best, once in each");
    for name in ["batch_rows", "writers", "codec"] {
        assert_eq!(picture.matches(&format!(">{name}<")).count(), 2, "{name}");
    }
    // 1000 rows in 200 - 81.92 ms: by two writers, or without a codec.
    let best = picture.matches(">8.47<").count();
    assert_eq!(best, 3, "{picture}");
    let caption = Settings.caption(&three());
    assert!(caption.contains("Each two parameters have a map"), "{caption}");
    assert!(!Settings.caption(&grid()).contains("Each two parameters"));
}

/// Two steps, and the sweep of [`grid`] beside them.
fn beside() -> RunSet {
    let steps = [("00", 900.0), ("01", 300.0)].map(|(id, time)| {
        let case = step(id, "");
        (case.clone(), samples(&case, &spread(time, 8, 1)))
    });
    let swept = [(1, 1024, 400.0), (1, 4096, 300.0), (2, 1024, 250.0), (2, 4096, 200.0)];
    let swept = swept.map(|(writers, batch, time)| {
        let params =
            [("writers", writers.into()), ("batch_rows", batch.into()), ("step", "01".into())];
        let case = record::CaseInfo { sweep: true, ..case(&params, "") };
        (case.clone(), samples(&case, &spread(time, 8, 2)))
    });
    fixture::set(steps.into_iter().chain(swept).collect())
}

#[test]
fn a_sweep_beside_the_steps_is_a_heat_map_and_nothing_else() {
    let set = beside();
    assert_eq!(set.cases.len(), 2);
    assert!(set.is_ordered(), "the steps are steps still");
    let caption = Settings.caption(&set);
    assert!(
        caption.starts_with("A sweep beside the other cases: pipeline at step=01. "),
        "{caption}"
    );
    let picture = Settings.draw(&set, Size::Wide).unwrap();
    assert!(picture.contains("Best: writers=2, batch_rows=4096: 5.00 M rows/s"), "{picture}");
    let table = Settings.table(&set).unwrap();
    let rows: Vec<(&str, &str)> =
        table.rows.iter().map(|row| (row.name.as_str(), row.cells[0].text.as_str())).collect();
    assert_eq!(rows[0].0, "batch_rows=4096 writers=2");
    assert_eq!(rows[3].0, "batch_rows=1024 writers=1");
    assert_eq!(table.rows[0].cells[3].text, "reference");
    assert!(table.rows[3].cells[3].text.contains("slower"), "{table:?}");
    let html = crate::page::page(&set);
    assert!(html.contains("<h1>3.0× faster over 2 steps"), "the headline speaks of steps alone");
    assert_eq!(html.matches("<tr id=\"case-").count(), 2);
    assert!(html.contains("id=\"settings\"") && html.contains("id=\"pareto\""));
    assert!(Settings.table(&grid()).is_none(), "its cases stand in the table of all cases");
}

#[test]
fn a_sweep_is_printed_apart_and_marked_in_the_document() {
    use reports::{Format, ShowOptions, show};
    let text = show(&beside(), &ShowOptions::default()).unwrap();
    let (steps, sweep) = text.split_once("\nsweep of pipeline at step=01\n").unwrap();
    assert!(!steps.contains("writers") && sweep.contains("batch_rows=1024 writers=1"), "{text}");
    assert!(sweep.contains("against batch_rows=4096 writers=2"), "{text}");
    let options = ShowOptions { format: Format::Json, ..ShowOptions::default() };
    let json: serde_json::Value =
        serde_json::from_str(&show(&beside(), &options).unwrap()).unwrap();
    let swept = json["cases"].as_array().unwrap().iter().filter(|case| case["sweep"] == true);
    assert_eq!(swept.count(), 4);
}

#[test]
fn a_cell_without_numbers_is_a_cross_and_a_hole_in_the_grid_is_no_map() {
    let broken = fixture::grid_set();
    let picture = Settings.draw(&broken, Size::Wide).unwrap();
    assert!(picture.contains("s-bad"), "the failed cells are crossed");
    let three = [(1, 1), (1, 2), (2, 1)].map(|(a, b)| {
        let case = case(&[("a", a.into()), ("b", b.into())], "");
        (case.clone(), samples(&case, &[1.0, 2.0]))
    });
    assert_eq!(Settings.draw(&fixture::set(three.into()), Size::Wide), None);
}

#[test]
fn a_third_parameter_without_all_its_pairs_is_folded_into_the_best_of_it() {
    let pairs = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)].map(|(a, b)| (a, b, true));
    let cases = pairs.into_iter().chain([(1, 1, false)]).map(|(a, b, c)| {
        let case = case(&[("a", a.into()), ("b", b.into()), ("c", c.into())], "");
        let slower = if c { 1.0 } else { 2.0 };
        (case.clone(), samples(&case, &spread(10.0 * f64::from(a * b) * slower, 8, 1)))
    });
    let set = fixture::set(cases.collect());
    let caption = Settings.caption(&set);
    assert!(caption.contains("Each cell: the best over c."), "{caption}");
    let picture = Settings.draw(&set, Size::Wide).unwrap();
    assert!(picture.contains("Best: b=1, a=1: 100 M rows/s"), "{picture}");
}

#[test]
fn scaling_finds_the_serial_share_that_the_times_were_made_with() {
    let caption = Scaling.caption(&threads(&[1, 2, 4, 8, 16]));
    assert!(caption.contains("serial share by Amdahl's law 10 %"), "{caption}");
    assert!(caption.contains("Still winning at the most"), "{caption}");
    let flat = threads(&[1, 2, 512, 1024, 2048]);
    let caption = Scaling.caption(&flat);
    assert!(caption.contains("Nothing to win beyond threads=512"), "{caption}");
}

#[test]
fn where_more_workers_are_slower_there_is_no_serial_share() {
    let cases = [(1, 100.0), (2, 101.0), (4, 130.0), (8, 170.0)].map(|(threads, time)| {
        let case = case(&[("threads", threads.into())], "");
        (case.clone(), samples(&case, &spread(time, 8, 1)))
    });
    let caption = Scaling.caption(&fixture::set(cases.into()));
    assert!(!caption.contains("serial share"), "{caption}");
    assert!(caption.contains("Nothing to win beyond threads=1"), "{caption}");
}

#[test]
fn a_sweep_of_a_setting_that_is_no_worker_is_not_scaling() {
    let cases = [1024, 2048, 4096].map(|rows| {
        let case = case(&[("batch_rows", rows.into())], "");
        (case.clone(), samples(&case, &spread(10.0, 8, 1)))
    });
    assert_eq!(Scaling.draw(&fixture::set(cases.into()), Size::Wide), None);
    assert_eq!(Scaling.draw(&threads(&[1, 2]), Size::Wide), None, "two points are no curve");
}

#[test]
fn imported_cases_did_not_take_turns_so_nothing_is_said_of_the_machine() {
    let mut set = fixture::study_set();
    assert!(Steady.draw(&set, Size::Wide).is_some());
    set.runs[0].imported = Some(Import { read_ns: 0, dated: false, files: Vec::new() });
    assert_eq!(Steady.draw(&set, Size::Wide), None);
    // The samples of one case have the order of its file.
    set.cases.truncate(1);
    assert!(Steady.draw(&set, Size::Wide).is_some());
}

#[test]
fn a_round_in_which_all_cases_are_slower_moves_the_line() {
    let cases = ["00", "01", "02"].map(|id| {
        let case = step(id, "");
        (case.clone(), samples(&case, &[100.0, 100.0, 100.0, 130.0, 100.0]))
    });
    let picture = Steady.draw(&fixture::set(cases.into()), Size::Wide).unwrap();
    assert!(picture.contains("Middle of a round: 0 % to +30 % of the median"), "{picture}");
}

#[test]
fn rejected_and_far_away_samples_are_told() {
    let case = step("00", "");
    let mut all = samples(&case, &[100.0, 100.0, 100.0, 900.0]);
    let mut rejected = sample(&case, 4, 100.0);
    rejected.marks.push(Mark::Rejected { why: "steal > 1 %".to_owned() });
    all.push(rejected);
    let set = fixture::set(vec![(case, all)]);
    let caption = Steady.caption(&set);
    assert!(caption.contains("1 sample beyond 50 % at the edge."), "{caption}");
    assert!(caption.contains("1 sample rejected by the suite's rule"), "{caption}");
    let table = Steady.table(&set).unwrap();
    let cells: Vec<&str> = table.rows[0].cells.iter().map(|cell| cell.text.as_str()).collect();
    assert_eq!(cells, ["5", "100 ms", "steal > 1 %"]);
    assert!(Steady.draw(&set, Size::Wide).unwrap().contains("s-bad"));
}

#[test]
fn effort_names_the_pass_that_counted_and_what_was_not_measured() {
    let cases = ["00", "01"].map(|id| {
        let case = step(id, "");
        let mut all = samples(&case, &[100.0, 110.0]);
        all.extend(fixture::simulated(&case, &[500.0]));
        (case.clone(), all)
    });
    let set = fixture::set(cases.into());
    let picture = Effort.draw(&set, Size::Wide).unwrap();
    assert!(picture.contains(">Instructions per row (simulated)<"), "{picture}");
    assert!(picture.contains("00: 50.0 instructions per row (simulated)"), "{picture}");
    assert!(picture.contains("00: 1.50 cores busy"), "{picture}");
    let caption = Effort.caption(&set);
    assert!(caption.contains("Not measured in this run: instructions per cycle"), "{caption}");
}

#[test]
fn the_machines_reason_is_told_of_its_counters_and_of_nothing_else() {
    let caption = Effort.caption(&fixture::study_set());
    let told = "branch misses per row (this machine has no hardware counters (a virtual machine \
                without a vPMU)), allocations per row.";
    assert!(caption.contains(told), "{caption}");
}

#[test]
fn hardware_counts_go_before_simulated_ones_and_are_never_mixed() {
    let counted = |case: &record::CaseInfo, process, value| {
        let value = metrics::INSTRUCTIONS.value(value, Source::Hardware);
        fixture::with_value(sample(case, process, 100.0), value)
    };
    let cases = ["00", "01"].map(|id| {
        let case = step(id, "");
        let mut all = vec![counted(&case, 0, 7e6), counted(&case, 1, 7e6)];
        all.extend(fixture::simulated(&case, &[500.0]));
        (case.clone(), all)
    });
    let picture = Effort.draw(&fixture::set(cases.into()), Size::Wide).unwrap();
    assert!(picture.contains("00: 7.00 instructions per row<"), "{picture}");
    assert!(!picture.contains(">Instructions per row (simulated)<"), "{picture}");
}

#[test]
fn every_chart_survives_a_case_that_failed() {
    let case = step("00", "");
    let crash = failed(&case, 0, FailureKind::Start, "no such program");
    let set = fixture::set(vec![(case, vec![crash])]);
    for chart in CHARTS {
        assert_eq!(chart.draw(&set, Size::Narrow), None, "{}", chart.id());
    }
}
