//! A gate as a page for a browser: base against candidate, what changed, and what explains it.
//!
//! The command line writes it with `dyno gate --report`. It has the style, the script and the
//! policy of the report of runs, and asks for nothing either.

use anyhow::{Context as _, Result};
use askama::Template;
use record::gate::{Finding, Gate, Rule};

use super::text;
use crate::charts::{Size, Span, forest};
use crate::format::{counted, printable, shorten};
use crate::page::{Assets, Frame};

#[derive(Template)]
#[template(path = "gate.html")]
struct Page {
    frame: Frame,
    parties: String,
    notes: Vec<String>,
    pictures: Vec<String>,
    rows: Vec<Row>,
    cut: String,
    rules: Vec<String>,
    facts: Vec<(String, String)>,
    command: String,
    suite_path: String,
    suite: String,
    dyno: String,
}

struct Row {
    id: String,
    case: String,
    metric: String,
    baseline: String,
    candidate: String,
    change: String,
    /// The change as a number, for sorting; may be empty.
    sort: String,
    sequence: String,
    word: &'static str,
    verdict: String,
    more: Vec<String>,
    /// Whether paper does without what it opens.
    fold: bool,
}

/// The most findings in the table and in the picture.
const ROWS_MAX: usize = 1000;
const SPANS_MAX: usize = 60;

/// The page of a gate. The same gate gives the same bytes.
///
/// # Errors
///
/// If the template cannot be filled, which does not happen.
pub fn page(gate: &Gate) -> Result<String> {
    // What fails comes first, then what changed; the order of the suite within.
    let mut findings: Vec<&Finding> = gate.findings.iter().collect();
    findings.sort_by_key(|finding| (!finding.fails(), !finding.is_change()));
    let spans: Vec<Span> =
        findings.iter().enumerate().filter_map(|(row, finding)| span(row, finding)).collect();
    let spans = &spans[..spans.len().min(SPANS_MAX)];
    let pictures = [Size::Wide, Size::Narrow].into_iter();
    let left = findings.len().saturating_sub(ROWS_MAX);
    let lines = |text: &str| text.lines().map(printable).collect::<Vec<_>>().join("\n");
    let facts = gate.before.facts.iter();
    let page = Page {
        frame: Frame::new(&text::headline(gate), Assets::Inline),
        parties: text::parties(gate),
        notes: text::notes(gate),
        pictures: pictures.filter_map(|size| forest(spans, size)).collect(),
        rows: findings.iter().take(ROWS_MAX).enumerate().map(row).collect(),
        cut: if left > 0 {
            format!("{} more are not shown.", counted(left, "finding"))
        } else {
            String::new()
        },
        rules: gate.rules.iter().map(rule).collect(),
        facts: facts
            .map(|fact| (printable(&fact.name.replace('_', " ")), printable(&fact.value)))
            .collect(),
        command: printable(&crate::page::method::shell_line(&gate.command)),
        suite_path: printable(&gate.suite.path),
        suite: lines(&gate.suite.text),
        dyno: printable(&gate.dyno),
    };
    page.render().context("fill the gate's template")
}

fn row_id(row: usize) -> String {
    (row + 1).to_string()
}

fn span(row: usize, finding: &Finding) -> Option<Span> {
    let change = finding.change?;
    let name = format!("{} {}", finding.case, finding.metric);
    let title = format!("{name}: {}", text::told(finding));
    let percent = |share: f64| 100.0 * share;
    Some(Span {
        name: shorten(&name, 80),
        title: printable(&title),
        estimate: percent(change.estimate),
        low: change.low.map(percent),
        high: change.high.map(percent),
        bad: finding.fails(),
        row: row_id(row),
    })
}

fn row((index, finding): (usize, &&Finding)) -> Row {
    let [case, metric, baseline, candidate, change, sequence, verdict] = text::row(finding);
    let mut more = text::details(finding);
    more.push(format!("rule: {}", finding.rule.as_str().replace('_', " ")));
    if finding.pairs > 0 {
        more.push(format!("rests on {}", counted(finding.pairs as usize, "process pair")));
    }
    if let Some(margins) = finding.margins {
        more.push(format!(
            "tolerated: {}; must be caught: {}",
            text::percent(margins.tolerated),
            text::percent(margins.must_catch)
        ));
    }
    Row {
        id: row_id(index),
        case: shorten(&case, 120),
        metric: printable(&metric),
        baseline,
        candidate,
        change,
        sort: finding.change.map(|change| change.estimate.to_string()).unwrap_or_default(),
        sequence,
        word: finding.word.as_str(),
        verdict: printable(&verdict),
        more,
        fold: !finding.fails() && !finding.is_change(),
    }
}

fn rule(rule: &Rule) -> String {
    let kind = rule.kind.as_str().replace('_', " ");
    let metric =
        if rule.metric.is_empty() { String::new() } else { format!(" of {}", rule.metric) };
    printable(&format!("{kind}{metric}, {}", counted(rule.cases.len(), "case")))
}
