//! An optimisation history over labelled runs: its lines, its picture, its words.

use record::store::StoredRun;
use record::{CaseInfo, RunId, Step};
use reports::RunSet;
use reports::charts::{Chart as _, Size, Trend};
use reports::history::{StepPoint, lines};

use crate::fixture::{self, case, failed, samples, spread, step};
use crate::page::page;

/// A run that stands for a step; each case took about that many ms.
fn run(id: &str, title: &str, cases: &[(&CaseInfo, f64)]) -> StoredRun {
    let mut info = fixture::info(cases.iter().map(|(case, _)| (*case).clone()).collect());
    info.id = RunId::new(format!("run-{id}"));
    let (id, title, note) = (id.to_owned(), title.to_owned(), String::new());
    info.step = Some(Step { id, title, note, reverted: false });
    let all = cases.iter().flat_map(|(case, wall)| samples(case, &spread(*wall, 8, 1)));
    fixture::stored(info, all.collect())
}

fn reverted(mut run: StoredRun, note: &str) -> StoredRun {
    let step = run.info.step.as_mut().unwrap();
    (step.reverted, step.note) = (true, note.to_owned());
    run
}

/// Five steps of one case; the third was taken back.
pub(crate) fn five() -> RunSet {
    let scan = case(&[("rows", 1000.into())], "");
    let runs = vec![
        run("00", "Baseline", &[(&scan, 260.0)]),
        run("01", "Reuse the buffer", &[(&scan, 240.0)]),
        reverted(run("02", "String interning", &[(&scan, 310.0)]), "Hashing costs <more>."),
        run("03", "Two writers", &[(&scan, 120.0)]),
        run("04", "No intermediate Vec", &[(&scan, 65.0)]),
    ];
    RunSet::new(runs).unwrap()
}

/// Three steps of two cases each.
pub(crate) fn two_cases() -> RunSet {
    let small = case(&[("rows", 10.into())], "");
    let large = case(&[("rows", 1000.into())], "");
    let run = |id: &str, a: f64, b: f64| run(id, "", &[(&small, a), (&large, b)]);
    RunSet::new(vec![
        run("00", 1.0, 100.0),
        reverted(run("01", 2.0, 150.0), ""),
        run("02", 0.5, 100.0),
    ])
    .unwrap()
}

fn headline(set: &RunSet) -> String {
    let html = page(set);
    html.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap().to_owned()
}

#[test]
fn labelled_runs_are_one_line_of_steps() {
    let set = five();
    let found = lines(&set);
    assert_eq!(found.len(), 1);
    let expect = StepPoint {
        id: "02".to_owned(),
        title: "String interning".to_owned(),
        note: "Hashing costs <more>.".to_owned(),
        reverted: true,
        case: 2,
        run: 2,
    };
    assert_eq!(found[0].steps[2], expect);
    let kept: Vec<&str> = found[0].kept().map(|step| step.id.as_str()).collect();
    assert_eq!(kept, ["00", "01", "03", "04"]);
}

#[test]
fn parameter_values_and_labelled_runs_stand_on_one_axis() {
    let next = run("13", "One more", &[(&case(&[("rows", 1_000_000.into())], ""), 100.0)]);
    let set = RunSet::new(vec![fixture::study(), next]).unwrap();
    let found = lines(&set);
    assert_eq!(found.len(), 1);
    let ids: Vec<&str> = found[0].steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!((ids.len(), ids[0], ids[12], ids[13]), (14, "00", "12", "13"));
    assert_eq!(set.cases[12].label, "12");
    assert_eq!(headline(&set), "9.3× faster over 14 steps: 931 ms to 100 ms");
}

#[test]
fn runs_without_steps_are_no_history() {
    let mut runs = vec![fixture::study(), fixture::study()];
    runs[1].info.id = RunId::new("again");
    assert!(lines(&RunSet::new(runs).unwrap()).is_empty());
    assert!(lines(&fixture::grid_set()).is_empty());
}

#[test]
fn the_picture_of_five_steps_is_as_it_was_looked_at() {
    for (name, size) in [("wide", Size::Wide), ("narrow", Size::Narrow)] {
        insta::assert_snapshot!(format!("history_{name}"), Trend.draw(&five(), size).unwrap());
    }
}

#[test]
fn the_line_goes_past_a_reverted_step_but_not_over_a_failed_one() {
    let svg = Trend.draw(&five(), Size::Wide).unwrap();
    let line = svg.lines().find(|line| line.contains("class=\"s-data\"")).unwrap();
    let points = line.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(points.split(' ').count(), 4, "{line}");
    assert!(svg.contains(">310 reverted<"), "{svg}");
    assert!(svg.contains("data-step=\"02\""));
    let scan = step("x", "");
    let mut broken = run("02", "", &[(&scan, 1.0)]);
    broken.samples = vec![failed(&scan, 0, record::FailureKind::Died, "signal 9")];
    let good = |id: &str| run(id, "", &[(&scan, 1.0)]);
    let runs = vec![good("00"), good("01"), broken, good("03"), good("04")];
    let svg = Trend.draw(&RunSet::new(runs).unwrap(), Size::Wide).unwrap();
    assert_eq!(svg.matches("class=\"s-data\"").count(), 2, "one line on each side of the gap");
}

#[test]
fn the_headline_is_that_of_the_steps_that_were_kept() {
    assert_eq!(headline(&five()), "4.0× faster over 5 steps (1 reverted): 260 ms to 65.0 ms");
    let mut runs =
        vec![run("00", "", &[(&step("x", ""), 10.0)]), run("01", "", &[(&step("x", ""), 5.0)])];
    runs[1] = reverted(runs[1].clone(), "");
    let alone = headline(&RunSet::new(runs).unwrap());
    assert!(alone.starts_with("Fastest: 01"), "{alone}");
}

#[test]
fn a_note_stands_in_the_table_and_with_its_run() {
    let html = page(&five());
    let note = "Hashing costs &#60;more&#62;.";
    let opened = format!("</summary><div class=\"more\"><div>\n<p><bdi>{note}</bdi></p>");
    assert_eq!(html.matches(&opened).count(), 1);
    assert!(html.contains(&format!("<p>Step 02 (reverted): String interning. {note}</p>")));
    assert_eq!(html.matches("<span class=\"reverted\">reverted</span>").count(), 1);
    assert_eq!(html.matches("block order: ").count(), 1);
}

#[test]
fn several_cases_are_a_panel_each_and_one_can_be_chosen() {
    let mut set = two_cases();
    let names: Vec<String> = lines(&set).into_iter().map(|line| line.name).collect();
    assert_eq!(names, ["rows=10", "rows=1000"]);
    assert!(headline(&set).starts_with("rows=10: 2.0× faster over 3 steps (1 reverted): "));
    insta::assert_snapshot!("history_panels", Trend.draw(&set, Size::Wide).unwrap());
    let refused = set.keep_case("11").unwrap_err().to_string();
    assert_eq!(refused, "no case `11`; there are: 10, 1000");
    for name in ["10", "rows=10"] {
        let mut small = set.clone();
        small.keep_case(name).unwrap();
        assert_eq!(small.cases[0].info.id.as_str(), "pipeline/rows=10");
    }
    set.keep_case("pipeline/rows=1000").unwrap();
    assert_eq!(lines(&set).len(), 1);
    assert_eq!(set.cases.len(), 3);
    assert_eq!(set.cases[0].label, "00");
}

#[test]
fn a_step_that_did_something_else_is_told_in_the_history() {
    let scan = case(&[("writers", 1.into())], "");
    let other = case(&[("writers", 2.into())], "");
    let mut seeded = run("02", "", &[(&scan, 8.0)]);
    seeded.info.sampling.seed = 8;
    let runs = vec![run("00", "", &[(&scan, 10.0)]), run("01", "", &[(&other, 9.0)]), seeded];
    let html = page(&RunSet::new(runs).unwrap());
    assert!(html.contains(">step 02 does not compare with 00: seed: 7 against 8<"), "{html}");
    assert!(!html.contains("step 01 does not compare"), "a parameter may be what a step is about");
}
