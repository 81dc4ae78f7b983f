//! A gate as JUnit XML, which every CI server reads: a finding is a test case, undecided and
//! incomparable are skipped.

use std::fmt::Write as _;

use record::gate::{Finding, Gate, Word};

use super::text;
use crate::format::printable;

/// The gate as JUnit XML, ending with a line feed.
pub fn junit(gate: &Gate) -> String {
    let count = |test: fn(&Finding) -> bool| gate.findings.iter().filter(|one| test(one)).count();
    let seconds = (gate.finished_ns - gate.started_ns).max(0) as f64 / 1e9;
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    // OK because writing to a String cannot fail.
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" \
         time=\"{seconds:.3}\">",
        escaped(&gate.suite.name),
        gate.findings.len(),
        count(is_failure),
        count(is_error),
        count(is_skipped),
    );
    for finding in &gate.findings {
        let metric =
            if finding.metric.is_empty() { finding.rule.as_str() } else { &finding.metric };
        let _ = writeln!(
            xml,
            "    <testcase classname=\"{}\" name=\"{} {}\">",
            escaped(&gate.suite.name),
            escaped(finding.case.as_str()),
            escaped(metric),
        );
        xml += &inside(finding);
        xml += "    </testcase>\n";
    }
    let _ =
        writeln!(xml, "    <system-out>{}</system-out>", escaped(&text::notes(gate).join("\n")));
    xml += "  </testsuite>\n</testsuites>\n";
    xml
}

fn is_failure(finding: &Finding) -> bool {
    finding.fails() && finding.word != Word::Failed
}

fn is_error(finding: &Finding) -> bool {
    finding.fails() && finding.word == Word::Failed
}

fn is_skipped(finding: &Finding) -> bool {
    matches!(finding.word, Word::Undecided | Word::Incomparable)
}

fn inside(finding: &Finding) -> String {
    let cells = text::row(finding);
    let [_, _, baseline, candidate, change, sequence, verdict] = &cells;
    let told = escaped(&text::verdict(finding));
    if is_skipped(finding) {
        return format!("      <skipped message=\"{told}\"/>\n");
    }
    let numbers = format!("{baseline} to {candidate}, {change} ({sequence}), {verdict}");
    let numbers = escaped(&numbers);
    match (is_failure(finding), is_error(finding)) {
        (true, _) => format!("      <failure message=\"{told}\">{numbers}</failure>\n"),
        (_, true) => format!("      <error message=\"{told}\"/>\n"),
        _ => format!("      <system-out>{numbers}</system-out>\n"),
    }
}

/// Fit for an attribute and for text; XML 1.0 knows no control characters at all.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for line in text.split('\n') {
        if !out.is_empty() {
            out.push('\n');
        }
        for c in printable(line).chars() {
            match c {
                '<' => out += "&lt;",
                '>' => out += "&gt;",
                '&' => out += "&amp;",
                '"' => out += "&quot;",
                c => out.push(c),
            }
        }
    }
    out
}
