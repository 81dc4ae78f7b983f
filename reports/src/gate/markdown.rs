//! A gate as Markdown, for pull requests and job summaries: the headline first, then only what
//! changed, everything else folded. Never more than what GitHub takes.

use record::gate::{Finding, Gate};

use super::text::{self, HEAD, Only, SIDES};
use crate::format::counted;
use crate::markdown::Paper;
use crate::table::escaped;

/// Longest text, in bytes: a comment of a pull request takes 65,536.
pub const BYTES_MAX: usize = crate::markdown::BYTES_MAX;

/// The gate as Markdown, ending with a line feed; at most [`BYTES_MAX`] bytes.
pub fn markdown(gate: &Gate, only: Only) -> String {
    let mut paper = Paper::default();
    paper.line(&format!("## {}\n", escaped(&text::headline(gate))));
    paper.line(&format!("{}\n", escaped(&text::parties(gate))));
    let (changed, rest): (Vec<&Finding>, Vec<&Finding>) =
        gate.findings.iter().partition(|finding| finding.is_change());
    table(&mut paper, &changed);
    for detail in changed.iter().flat_map(|finding| text::details(finding)) {
        paper.line(&format!("- {}", escaped(&detail)));
    }
    if only == Only::Everything && !rest.is_empty() {
        paper.open(&format!("{} without a change", counted(rest.len(), "finding")));
        table(&mut paper, &rest);
        paper.close();
    }
    paper.open("control and notes");
    for note in text::notes(gate) {
        paper.line(&format!("- {}", escaped(&note)));
    }
    paper.close();
    paper.finish()
}

fn table(paper: &mut Paper, findings: &[&Finding]) {
    if findings.is_empty() {
        return;
    }
    let rule = SIDES.map(|right| if right { "---:" } else { "---" });
    paper.line(&format!("| {} |\n| {} |", HEAD.join(" | "), rule.join(" | ")));
    for finding in findings {
        let cells = text::row(finding).map(|cell| escaped(&cell));
        paper.line(&format!("| {} |", cells.join(" | ")));
    }
    paper.line("");
}
