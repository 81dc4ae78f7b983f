//! What a report must stand in a real browser: light and dark, from a phone to a wide screen,
//! without JavaScript, on paper and behind servers that refuse styles.
//!
//! `reports/tests/browser/visit.mjs` drives Debian's chromium through playwright-core and holds
//! pages against axe-core; `.ci/run` installs both. Without them the test says so and passes,
//! unless `CI` is set. Screenshots stay in `target/tmp/screenshots`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use record::FailureKind;
use reports::{Assets, Format, PageOptions, RunSet, ShowOptions, html, show};
use serde_json::{Value as Json, json};

use crate::browser::chromium;
use crate::fixture::{self, failed, samples, spread, step};
use crate::history;
use crate::page::hostile_set;
use crate::{ceiling, counters, references, sweeps};

/// The folder that holds playwright-core and axe-core.
pub(crate) fn modules() -> Option<PathBuf> {
    let told = std::env::var_os("DYNO_NODE_MODULES").map(PathBuf::from);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ci-node/node_modules");
    let found =
        told.into_iter().chain([own]).find(|folder| folder.join("playwright-core").is_dir());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "no playwright-core, and CI is set");
        println!("skipped: no playwright-core in target/ci-node (see .ci/run)");
    }
    found
}

/// Steps that took so many ms each.
fn steps(times: &[(&str, Vec<f64>)]) -> RunSet {
    let cases =
        times.iter().map(|(id, times)| (step(id, "A change"), samples(&step(id, ""), times)));
    fixture::set(cases.collect())
}

fn many(count: u32) -> RunSet {
    let times = |i: u32| spread(500.0 / f64::from(i / 8 + 1), 8, i);
    let ids: Vec<String> = (0..count).map(|i| format!("{i:03}")).collect();
    let cases: Vec<(&str, Vec<f64>)> =
        ids.iter().zip(0..).map(|(id, i)| (id.as_str(), times(i))).collect();
    steps(&cases)
}

/// A hundred thousand samples: ten cases, ten processes of each, a thousand samples in each.
pub(crate) fn large() -> RunSet {
    let case_of = |number: u32| {
        let case = step(&format!("{number:02}"), "");
        let times = spread(f64::from(number + 10), 10_000, number);
        let mut all = samples(&case, &times);
        for (at, sample) in all.iter_mut().enumerate() {
            (sample.process, sample.iteration) = (at as u32 / 1000, at as u32 % 1000);
        }
        (case, all)
    };
    fixture::set((0..10).map(case_of).collect())
}

fn all_failed() -> RunSet {
    let failure = |id: &str| {
        let case = step(id, "");
        let crash = failed(&case, 0, FailureKind::Died, "killed by signal 11 (SIGSEGV)");
        (case, vec![crash])
    };
    fixture::set(vec![failure("00"), failure("01")])
}

/// Two profiled steps of which the second was never caught running.
fn empty_profile() -> RunSet {
    let cases = ["00", "01"].map(|id| (step(id, ""), samples(&step(id, ""), &spread(9.0, 6, 1))));
    let stacks: [&[(&str, u64)]; 2] = [&[("main;work", 90)], &[]];
    let profiles = cases.iter().zip(stacks);
    let profiles = profiles.map(|((case, _), stacks)| fixture::profile(case, stacks)).collect();
    let mut set = fixture::set(cases.to_vec());
    let run = set.runs[0].id.clone();
    set.add_profiles(&run, profiles);
    set
}

/// A sweep whose parameters have long names and values, and one case of another size.
fn long_names() -> RunSet {
    let case = |codec: &str, rows: i32| {
        let codec = format!("{codec}_with_a_name_that_goes_on_and_on_and_on");
        let params = [("compression_codec_of_the_writer", codec.into()), ("rows", rows.into())];
        fixture::case(&params, "")
    };
    let all = ["lz4", "zstd", "snappy", "none"].into_iter().zip(1..).flat_map(|(codec, salt)| {
        [1000, 1_000_000].map(|rows| {
            let case = case(codec, rows);
            let times = spread(f64::from(rows) / 1e4 * f64::from(salt), 6, salt);
            (case.clone(), samples(&case, &times))
        })
    });
    fixture::set(all.collect())
}

/// Every page: its name and its set.
fn sets() -> Vec<(&'static str, RunSet)> {
    let equal = || vec![5.0; 6];
    vec![
        ("study", fixture::study_set()),
        ("history", history::five()),
        ("grid", fixture::grid_set()),
        ("hostile", hostile_set()),
        ("panels", history::two_cases()),
        ("one", steps(&[("00", vec![5.0, 5.1, 5.2, 5.3])])),
        ("single-sample", steps(&[("00", vec![5.0]), ("01", vec![4.0])])),
        ("equal", steps(&[("00", equal()), ("01", equal()), ("02", equal())])),
        ("failed", all_failed()),
        ("many", many(200)),
        ("large", large()),
        ("runs", crate::index::many_steps()),
        ("profiled", fixture::profiled()),
        ("dust", crate::profiles::dust()),
        ("empty-profile", empty_profile()),
        ("some-counters", counters::some()),
        ("sweep", sweeps::lines()),
        ("sweep-of-three", sweeps::three()),
        ("front", references::settings()),
        ("threads", sweeps::threads(&[1, 2, 4, 8, 16])),
        ("ceiling", ceiling::set()),
        ("long-names", long_names()),
    ]
}

/// Every number that the page may show of a case, by metric and field.
fn numbers(set: &RunSet) -> BTreeMap<String, Json> {
    let options = ShowOptions { format: Format::Json, ..ShowOptions::default() };
    let document: Json = serde_json::from_str(&show(set, &options).unwrap()).unwrap();
    let cases = document["cases"].as_array().unwrap();
    let of = |(index, case): (usize, &Json)| {
        let metrics = case["metrics"].as_array().unwrap();
        let mut all: BTreeMap<String, Json> = BTreeMap::new();
        for metric in metrics.iter().rev() {
            all.insert(metric["metric"].as_str().unwrap().to_owned(), metric.clone());
        }
        for other in 0..cases.len() {
            if let Some(found) = set.against(index, other) {
                all.insert(format!("against {}", other + 1), json!({ "ratio": found.ratio }));
            }
        }
        (format!("case-{}", index + 1), json!(all))
    };
    cases.iter().enumerate().map(of).collect()
}

/// Pages that are no report of a set, and one whose style lies beside it.
fn others() -> Vec<(&'static str, String, bool)> {
    let mut gate = crate::gate::wide(6);
    for finding in &mut gate.findings[3..] {
        finding.word = record::gate::Word::Improved;
    }
    let split = PageOptions { assets: Assets::Split, ..PageOptions::default() };
    vec![
        ("gate", reports::gate::page::page(&gate).unwrap(), false),
        ("index", reports::index(&crate::index::some()).unwrap(), false),
        ("runs-index", reports::index(&crate::index::many()).unwrap(), false),
        ("split", html(&fixture::study_set(), &split).unwrap(), true),
    ]
}

fn headline(html: &str) -> String {
    html.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap().to_owned()
}

#[test]
fn reports_stand_every_check_in_a_browser_in_all_sizes_and_both_themes() {
    let (Some(chromium), Some(modules)) = (chromium(), modules()) else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let shots = folder.join("screenshots");
    let _ = std::fs::remove_dir_all(&shots);
    std::fs::create_dir_all(&shots).unwrap();
    let mut pages = Vec::new();
    for (name, set) in sets() {
        let html = html(&set, &PageOptions::default()).unwrap();
        assert!(html.len() <= 1_572_864, "{name} has {} bytes", html.len());
        let file = shots.join(format!("{name}.html"));
        std::fs::write(&file, &html).unwrap();
        let measured = set.cases.iter().filter(|case| case.wall_time().is_some()).count();
        // The browser turns what is escaped back; only plain headlines are held against it.
        let headline = headline(&html);
        let expect = (!headline.contains('&') && set.cases.len() <= 40).then(
            || json!({ "headline": headline, "cases": numbers(&set), "least": 8 * measured }),
        );
        pages.push(json!({
            "name": name, "file": file, "expect": expect,
            "drawn": html.contains("<svg class=\"chart wide"),
        }));
    }
    for (name, html, split) in others() {
        let file = shots.join(format!("{name}.html"));
        std::fs::write(&file, html).unwrap();
        pages.push(json!({ "name": name, "file": file, "drawn": true, "split": split }));
    }
    for (name, text) in Assets::FILES {
        std::fs::write(shots.join(name), text).unwrap();
    }
    let config = folder.join("acceptance.json");
    let text = json!({
        "chromium": chromium, "modules": modules, "shots": shots, "pages": pages, "at_once": 3,
    });
    std::fs::write(&config, text.to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/visit.mjs");
    let output = Command::new("node").arg(script).arg(&config).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    println!("{told}");
    let found = String::from_utf8_lossy(&output.stdout);
    assert!(found.is_empty(), "{found}");
}
