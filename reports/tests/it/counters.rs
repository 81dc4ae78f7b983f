//! The table of counts, on known numbers.

use record::{CaseInfo, Counting, Sample, Source, metrics};
use reports::RunSet;
use reports::charts::{Chart as _, Counters, Size, Table};

use crate::fixture::{self, sample, simulated, step};
use crate::page::page;

/// Eight samples of a million rows, with that many instructions, cache misses and page faults.
fn counted(case: &CaseInfo, (instructions, misses, faults): (f64, f64, f64)) -> Vec<Sample> {
    let counting = |running_ns| Counting {
        enabled_ns: 100,
        running_ns,
        kernel: true,
        event: "hardware/1".to_owned(),
        group: "cpu".to_owned(),
    };
    let one = |process: u32| {
        let mut sample = sample(case, process, 100.0);
        let off = 1.0 + f64::from(process) / 1000.0;
        sample.values.extend([
            metrics::INSTRUCTIONS.counted(instructions * off, Source::Hardware, counting(100)),
            metrics::CYCLES.counted(instructions * 2.0, Source::Hardware, counting(100)),
            metrics::CACHE_MISSES.counted(misses * off, Source::Hardware, counting(83)),
            metrics::PAGE_FAULTS.value(faults, Source::Software),
        ]);
        sample
    };
    (0..8).map(one).collect()
}

/// Three steps: fewer instructions, then the same again with more cache misses.
pub(crate) fn some() -> RunSet {
    let numbers = [(900e6, 5e6, 2e3), (300e6, 5e6, 2e3), (300.1e6, 50e6, 3e3)];
    let cases = ["00", "01", "02"].map(|id| step(id, "A change"));
    let of = |(case, numbers): (&CaseInfo, (f64, f64, f64))| {
        let mut samples = counted(case, numbers);
        samples.extend(simulated(case, &[numbers.0 / 1e5, numbers.0 / 1e5]));
        (case.clone(), samples)
    };
    fixture::set(cases.iter().zip(numbers).map(of).collect())
}

fn text(table: &Table) -> String {
    let heads: Vec<String> =
        table.heads.iter().map(|head| format!("{} [{}]", head.text, head.below)).collect();
    let mut text = format!("{}\n", heads.join(" | "));
    for row in &table.rows {
        let cells = row.cells.iter().map(|cell| {
            let marks = [cell.faint, cell.below_faint].map(|grey| if grey { "~" } else { "" });
            format!("{}{} ({}{})", marks[0], cell.text, marks[1], cell.below)
        });
        text += &format!("{}: {}\n", row.name, cells.collect::<Vec<_>>().join(" | "));
    }
    text + &table.more
}

#[test]
fn counts_stand_per_row_with_their_source_and_the_change_against_the_step_before() {
    let table = Counters.table(&some()).unwrap();
    insta::assert_snapshot!(format!("{}\n\n{}", Counters.caption(&some()), text(&table)));
}

#[test]
fn what_was_scaled_is_grey_and_what_is_missing_is_a_dash() {
    let mut cases: Vec<(CaseInfo, Vec<Sample>)> = Vec::new();
    for id in ["00", "01"] {
        let case = step(id, "");
        let mut samples = counted(&case, (1e9, 1e6, 1e3));
        if id == "01" {
            samples
                .iter_mut()
                .for_each(|sample| sample.values.retain(|one| one.metric != "cycles"));
        }
        cases.push((case, samples));
    }
    let table = Counters.table(&fixture::set(cases)).unwrap();
    let column =
        |head: &str| table.heads.iter().position(|one| one.text.starts_with(head)).unwrap();
    let cell = |row: usize, head: &str| &table.rows[row].cells[column(head) - 1];
    assert!(cell(0, "cache misses").faint && !cell(0, "instructions, ").faint);
    assert_eq!(cell(1, "cycles").text, "–");
    assert_eq!(cell(0, "instructions per cycle").text, "0.502");
}

#[test]
fn a_change_that_the_samples_show_has_a_bar_and_another_one_has_none() {
    let table = Counters.table(&some()).unwrap();
    let column = table.heads.iter().position(|one| one.text.starts_with("instructions, ")).unwrap();
    let changes = table.rows.iter().map(|row| row.cells[column - 1].change);
    let [first, second, third] = changes.collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((first, third), (None, None), "the first has none before it, the last did not move");
    assert!((second.unwrap() + 2.0 / 3.0).abs() < 1e-3, "{second:?}");
    let html = page(&some());
    assert!(html.contains("<svg class=\"bar\"") && html.contains("width=\"18.7\" height=\"7\""));
}

#[test]
fn what_nobody_counted_is_told_with_what_helps() {
    let table = Counters.table(&fixture::study_set()).unwrap();
    assert!(
        table.more.starts_with("Not counted: cycles, instructions, cache_misses: this machine")
    );
    assert!(table.more.contains("What would help: run on bare metal"), "{}", table.more);
    assert!(Counters.draw(&fixture::study_set(), Size::Wide).is_none());
    assert!(page(&fixture::study_set()).contains("id=\"counters\""));
}

#[test]
fn of_a_long_table_the_ends_and_the_largest_changes_stand_open() {
    let one = |number: u32| {
        let case = step(&format!("{number:02}"), "");
        let instructions = if (20..40).contains(&number) { 300e6 } else { 900e6 };
        (case.clone(), counted(&case, (instructions, 5e6, 2e3)))
    };
    let set = fixture::set((0..60).map(one).collect());
    let table = Counters.table(&set).unwrap();
    let names: Vec<&str> = table.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["00", "01", "02", "20", "40", "57", "58", "59"]);
    let fold = table.fold.unwrap();
    let expect = "52 more rows with smaller changes, or none shown";
    assert_eq!((fold.rows.len(), fold.words.as_str()), (52, expect));
    assert_eq!((fold.rows[0].name.as_str(), fold.rows[51].name.as_str()), ("03", "56"));
    assert!(Counters.caption(&set).ends_with("those that changed most stand open."));
    let opened = format!("<details class=\"fold\"><summary>{expect}</summary>");
    assert_eq!(page(&set).matches(&opened).count(), 1);
    assert_eq!(Counters.table(&some()).unwrap().fold, None, "a short one is whole");
}
