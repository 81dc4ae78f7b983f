//! A gate as Markdown, for pull requests and job summaries: the headline first, then only what
//! changed, everything else folded. Never more than what GitHub takes.

use record::gate::{Finding, Gate};

use super::text::{self, HEAD, Only, SIDES};
use crate::format::counted;
use crate::table::escaped;

/// Longest text, in bytes: a comment of a pull request takes 65,536.
pub const BYTES_MAX: usize = 64 << 10;

/// Kept free for the lines that say what was left out, and for closing what is folded.
const SPARE: usize = 400;

/// The gate as Markdown, ending with a line feed; at most [`BYTES_MAX`] bytes.
pub fn markdown(gate: &Gate, only: Only) -> String {
    let mut page = Page { text: String::new(), left_out: 0 };
    page.line(&format!("## {}\n", escaped(&text::headline(gate))));
    page.line(&format!("{}\n", escaped(&text::parties(gate))));
    let (changed, rest): (Vec<&Finding>, Vec<&Finding>) =
        gate.findings.iter().partition(|finding| finding.is_change());
    page.table(&changed);
    for detail in changed.iter().flat_map(|finding| text::details(finding)) {
        page.line(&format!("- {}", escaped(&detail)));
    }
    if only == Only::Everything && !rest.is_empty() {
        page.open(&format!("{} without a change", counted(rest.len(), "finding")));
        page.table(&rest);
        page.close();
    }
    page.open("control and notes");
    for note in text::notes(gate) {
        page.line(&format!("- {}", escaped(&note)));
    }
    page.close();
    page.finish()
}

struct Page {
    text: String,
    left_out: usize,
}

impl Page {
    /// Adds a line where there is room for it.
    fn line(&mut self, line: &str) -> bool {
        let fits = self.text.len() + line.len() < BYTES_MAX - SPARE;
        if fits {
            self.text += line;
            self.text.push('\n');
        } else {
            self.left_out += 1;
        }
        fits
    }

    fn table(&mut self, findings: &[&Finding]) {
        if findings.is_empty() {
            return;
        }
        let rule = SIDES.map(|right| if right { "---:" } else { "---" });
        self.line(&format!("| {} |\n| {} |", HEAD.join(" | "), rule.join(" | ")));
        for finding in findings {
            let cells = text::row(finding).map(|cell| escaped(&cell));
            self.line(&format!("| {} |", cells.join(" | ")));
        }
        self.line("");
    }

    fn open(&mut self, summary: &str) {
        self.line(&format!("<details><summary>{}</summary>\n", escaped(summary)));
    }

    /// Written in any case: what was opened is closed.
    fn close(&mut self) {
        self.text += "\n</details>\n\n";
    }

    fn finish(mut self) -> String {
        if self.left_out > 0 {
            let lines = counted(self.left_out, "line");
            self.text += &format!("{lines} left out: a comment has at most 64 KiB\n");
        }
        format!("{}\n", self.text.trim_end())
    }
}
