//! How long large pages take until they are ready in a browser: a benchmark, which prints and never
//! decides. Among the tests each page is opened once, so that it does not rot; `just ready` opens them
//! often. `acceptance` holds the same pages to their size.

use std::path::Path;
use std::process::Command;

use reports::{PageOptions, html};
use serde_json::json;

use crate::browser::chromium;
use crate::{acceptance, fixture, index};

/// How often each page is opened, after once to warm up.
const TIMES: &str = "DYNO_READY_TIMES";

#[test]
fn pages_say_when_they_are_ready() {
    let (Some(chromium), Some(modules)) = (chromium(), acceptance::modules()) else { return };
    let times: usize = std::env::var(TIMES).map_or(1, |times| times.parse().unwrap());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ready");
    std::fs::create_dir_all(&folder).unwrap();
    let sets = [
        ("study", fixture::study_set()),
        ("a hundred thousand samples", acceptance::large()),
        ("200 runs of 50 cases", index::many_steps()),
    ];
    let page = |(name, set): (&str, reports::RunSet)| {
        let file = folder.join(format!("{}.html", name.replace(' ', "-")));
        std::fs::write(&file, html(&set, &PageOptions::default()).unwrap()).unwrap();
        let samples: usize = set.cases.iter().map(|case| case.counted).sum();
        json!({ "name": name, "file": file, "samples": samples })
    };
    let pages = sets.map(page);
    let config = folder.join("config.json");
    let text = json!({ "chromium": chromium, "modules": modules, "pages": pages, "times": times });
    std::fs::write(&config, text.to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/ready.mjs");
    let output = Command::new("node").arg(script).arg(&config).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    println!("{told}");
    assert_eq!(told.matches(" ms (").count(), 2 * pages.len(), "two times of each page: {told}");
}
