//! What a gate tells GitHub beside its result: the summary of the job, and annotations. Told only
//! where the environment says that somebody listens.

use std::fs::OpenOptions;
use std::io::Write;

use record::gate::Gate;
use reports::gate::markdown::markdown;
use reports::gate::text::{self, Only};

/// Annotations of one job that GitHub shows.
const ANNOTATIONS: usize = 10;

/// Tells what there is to tell. A summary that cannot be written is said and is no failure of the
/// gate.
pub(super) fn tell(gate: &Gate) {
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let written =
            file.and_then(|mut file| file.write_all(markdown(gate, Only::Everything).as_bytes()));
        if let Err(error) = written {
            eprintln!("warning: the job summary cannot be written: {error}");
        }
    }
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        annotations(gate).iter().for_each(|line| eprintln!("{line}"));
    }
}

fn annotations(gate: &Gate) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(why) = text::mistrust(gate) {
        lines.push(format!("::error title=dyno gate::{}", escaped(&why)));
    }
    for finding in gate.findings.iter().filter(|finding| finding.fails()) {
        let told = format!("{} {}: {}", finding.case, finding.metric, text::told(finding));
        lines.push(format!("::error title=dyno gate::{}", escaped(&told)));
    }
    lines.truncate(ANNOTATIONS);
    lines
}

/// As the runner's command syntax wants it.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
