//! The page about all runs of a store, and histories of any length.

use record::RunId;
use record::store::{RunEntry, State, StoredRun};
use reports::{IndexRun, PageOptions, RunLine, RunSet, html, index};

use crate::fixture::{self, case, samples, spread};

/// Run number `run` of so many cases; from run 100 on the first case takes twice as long.
fn run(run: u32, cases: u32) -> StoredRun {
    let all = (0..cases).map(|number| {
        let case = case(&[("rows", (number + 1).into())], "");
        let slow = if run >= 100 && number == 0 { 2.0 } else { 1.0 };
        let times = spread(slow * f64::from(number + 5), 6, run);
        (case.clone(), samples(&case, &times))
    });
    let (infos, samples): (Vec<_>, Vec<_>) = all.unzip();
    let mut info = fixture::info(infos);
    info.id = RunId::new(format!("run-{run:03}"));
    info.started_ns += i64::from(run) * 1_000_000_000;
    fixture::stored(info, samples.into_iter().flatten().collect())
}

fn index_run(stored: StoredRun, report: Option<&str>) -> IndexRun {
    let (id, info) = (stored.info.id.clone(), Some(stored.info.clone()));
    let entry = RunEntry { id, state: State::Complete, info };
    IndexRun {
        line: RunLine::new(&entry, &std::collections::BTreeMap::new()),
        report: report.map(str::to_owned),
        set: Some(RunSet::new(vec![stored]).unwrap()),
    }
}

/// Twelve runs of three cases.
pub(crate) fn some() -> Vec<IndexRun> {
    (95..107).map(|number| index_run(run(number, 3), None)).collect()
}

/// Two hundred runs of fifty cases, each with its report.
pub(crate) fn many() -> Vec<IndexRun> {
    (0..200).map(|number| index_run(run(number, 50), Some("there/report.html"))).collect()
}

/// The same runs as the steps of a history.
pub(crate) fn many_steps() -> RunSet {
    let stored = (0..200).map(|number| {
        let mut stored = run(number, 50);
        stored.info.step = Some(record::Step {
            id: format!("{number:03}"),
            title: String::new(),
            note: String::new(),
            reverted: false,
        });
        stored
    });
    RunSet::new(stored.collect()).unwrap()
}

#[test]
fn two_hundred_runs_of_fifty_cases_have_an_index_with_levels_and_links() {
    let runs = many();
    let page = index(&runs).unwrap();
    assert!(page.contains("<h1>200 runs of 1 suite</h1>"));
    assert!(page.contains("200 runs, 50 cases, 60000 samples."));
    assert_eq!(page.matches("<svg class=\"spark\"").count(), 50);
    assert_eq!(page.matches("<a href=\"there/report.html\">run-").count(), 200);
    // The one case that changed says where, and only that one.
    assert_eq!(page.matches(" at run-100<").count(), 1, "{page}");
    let level = page.split("at run-100").next().unwrap().rsplit('>').next().unwrap();
    assert!(level.starts_with("4.9") || level.starts_with("5.0"), "{level}");
    assert!(page.len() < 1_572_864, "{} bytes", page.len());
    assert_eq!(index(&runs).unwrap(), page);
}

#[test]
fn a_run_that_cannot_be_read_is_a_row_of_the_index() {
    let mut runs = vec![index_run(run(0, 1), None)];
    let damaged = State::Damaged("run.json ends <early>".to_owned());
    let entry = RunEntry { id: RunId::new("broken"), state: damaged, info: None };
    let line = RunLine::new(&entry, &std::collections::BTreeMap::new());
    runs.push(IndexRun { line, report: None, set: None });
    let page = index(&runs).unwrap();
    assert!(page.contains("damaged: run.json ends &#60;early&#62;"), "{page}");
}

#[test]
fn a_history_of_two_hundred_runs_of_fifty_cases_is_a_small_page() {
    let page = html(&many_steps(), &PageOptions::default()).unwrap();
    assert!(page.len() < 1_572_864, "{} bytes", page.len());
    assert!(page.contains("of 10000 cases: those that changed or failed, and the newest."));
    // The one change among them is what a reader is told, and not fifty sentences.
    let largest = page.split("<p class=\"largest\">").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(largest.contains("<bdi>100 1</bdi></a>, "), "{largest}");
    let more = page.split("<p class=\"more\">").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(
        more.contains(" rows=4: No ") && more.ends_with(" 46 more cases in the table."),
        "{more}"
    );
}
