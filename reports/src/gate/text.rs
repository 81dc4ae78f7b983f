//! A gate as text for a terminal: the headline, a row per case and metric, what explains a change.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use record::gate::{Control, Finding, Gate, Moved, Part, Rule, Word};
use record::{Pass, PassInfo};

use super::pairs::sign;
use crate::format::{Kind, PROSE_DIGITS, TABLE_DIGITS, counted, moment, printable, shorten};
use crate::labels;

/// Which columns hold numbers, which stand to the right.
pub(super) const SIDES: [bool; 7] = [false, false, true, true, true, false, false];

pub(super) const HEAD: [&str; 7] =
    ["case", "metric", "baseline", "candidate", "change", "95 % sequence", "verdict"];

/// Characters of a cell; what is longer stands below the table too.
const CELL_CHARS: usize = 72;

/// Characters of a function's name.
const FUNCTION_CHARS: usize = 60;

/// Which findings are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Only {
    /// All.
    #[default]
    Everything,
    /// Those that say that something is not as it was.
    Changed,
}

impl Only {
    /// Whether a finding is shown.
    pub fn shows(self, finding: &Finding) -> bool {
        self == Self::Everything || finding.is_change()
    }
}

/// The whole gate for a terminal, ending with a line feed.
pub fn table(gate: &Gate, only: Only) -> String {
    let mut text = format!("{}\n{}\n", headline(gate), parties(gate));
    let shown: Vec<&Finding> = gate.findings.iter().filter(|one| only.shows(one)).collect();
    if !shown.is_empty() {
        text += &format!("\n{}", aligned(&shown));
    }
    let hidden = gate.findings.len() - shown.len();
    if hidden > 0 {
        text += &format!("\n{} not shown: nothing changed\n", counted(hidden, "finding"));
    }
    let details: Vec<String> = shown.iter().flat_map(|finding| details(finding)).collect();
    for lines in [details, notes(gate)].iter().filter(|lines| !lines.is_empty()) {
        text += &format!("\n{}\n", lines.join("\n"));
    }
    text
}

/// What the gate came to, in one line.
pub fn headline(gate: &Gate) -> String {
    if let Some(why) = mistrust(gate) {
        return format!("environment not trusted: {why}");
    }
    let fails = gate.findings.iter().filter(|finding| finding.fails()).count();
    let result = if fails == 0 { "passed" } else { "failed" };
    format!("gate {result}: {}", counts(gate))
}

/// Why no verdict of this gate can be believed; `None` where they can.
pub fn mistrust(gate: &Gate) -> Option<String> {
    let control = gate.control.as_ref()?;
    if control.fired() {
        let by = control.change.map_or_else(String::new, |change| percent(change.estimate));
        return Some(format!("identical programs were called different ({by})"));
    }
    let raised = percent(control.canary_raised);
    control.missed().then(|| format!("a canary of {raised} was called unchanged"))
}

/// How many findings came to each word.
pub(super) fn counts(gate: &Gate) -> String {
    let mut parts: Vec<String> = Vec::new();
    for &word in Word::ALL {
        let of_word = |finding: &&Finding| finding.word == word;
        let accepted = |finding: &&Finding| finding.accepted.is_some();
        let all = gate.findings.iter().filter(of_word).count();
        let let_pass = gate.findings.iter().filter(of_word).filter(accepted).count();
        match (all, let_pass) {
            (0, _) => {}
            (all, 0) => parts.push(format!("{all} {}", words(word))),
            (all, let_pass) => {
                parts.push(format!("{all} {} ({let_pass} accepted)", words(word)));
            }
        }
    }
    if parts.is_empty() { "nothing was found".to_owned() } else { parts.join(", ") }
}

/// What was held against what.
pub(super) fn parties(gate: &Gate) -> String {
    let name = |party: &record::gate::Party| {
        let commit = party.commit.as_ref().map(|id| id.chars().take(10).collect::<String>());
        match commit {
            Some(commit) if commit != party.name => format!("{} ({commit})", party.name),
            _ => party.name.clone(),
        }
    };
    printable(&format!(
        "{}: {} against {}, {}, {}",
        gate.suite.name,
        name(&gate.candidate),
        name(&gate.baseline),
        moment(gate.started_ns),
        duration(gate),
    ))
}

fn duration(gate: &Gate) -> String {
    let ns = (gate.finished_ns - gate.started_ns).max(0) as f64;
    Kind::Time.scale(ns).with_unit(ns, PROSE_DIGITS)
}

fn aligned(findings: &[&Finding]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let side = |right| if right { CellAlignment::Right } else { CellAlignment::Left };
    let cells = |row: [String; 7]| {
        let cells = row.into_iter().zip(SIDES);
        cells.map(|(cell, right)| Cell::new(shorten(&cell, CELL_CHARS)).set_alignment(side(right)))
    };
    table.set_header(cells(HEAD.map(str::to_owned)));
    for finding in findings {
        table.add_row(cells(row(finding)));
    }
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// One finding in cells.
pub(super) fn row(finding: &Finding) -> [String; 7] {
    let scale = Kind::from(finding.unit).scale(finding.baseline.unwrap_or(0.0));
    let value =
        |value: Option<f64>| value.map_or_else(String::new, |v| scale.with_unit(v, TABLE_DIGITS));
    let change = finding.change.map_or_else(String::new, |change| percent(change.estimate));
    let sequence = finding.change.and_then(|change| Some((change.low?, change.high?)));
    let sequence = sequence
        .map_or_else(String::new, |(low, high)| format!("{} to {}", percent(low), percent(high)));
    [
        finding.case.to_string(),
        metric(finding),
        value(finding.baseline),
        value(finding.candidate),
        change,
        sequence,
        verdict(finding),
    ]
}

/// The metric, and that it was simulated where a machine could have counted it too.
fn metric(finding: &Finding) -> String {
    match finding.pass {
        Pass::Simulated => format!("{} (simulated)", finding.metric),
        _ => finding.metric.clone(),
    }
}

/// A word as people write it.
fn words(word: Word) -> String {
    word.as_str().replace('_', " ")
}

/// The word and what belongs to it.
pub(super) fn verdict(finding: &Finding) -> String {
    let word = words(finding.word);
    if finding.accepted.is_some() {
        return format!("{word}, accepted");
    }
    match finding.word {
        Word::Undecided => match finding.excluded {
            Some(excluded) if finding.is_cleared() => {
                format!(
                    "{word}, but no regression: {} or more is excluded",
                    worse(finding, excluded)
                )
            }
            Some(excluded) => {
                format!("{word}: only {} or more is excluded", worse(finding, excluded))
            }
            None if finding.reason.is_empty() => word,
            None => format!("{word}: {}", finding.reason),
        },
        _ if finding.reason.is_empty() => word,
        _ => format!("{word}: {}", finding.reason),
    }
}

/// The verdict with its change, in one line for a message.
pub fn told(finding: &Finding) -> String {
    let change = finding.change.map(|change| format!("{} ", percent(change.estimate)));
    printable(&format!("{}{}", change.unwrap_or_default(), verdict(finding)))
}

/// A worsening in the direction of its metric: -3 % where more is better.
fn worse(finding: &Finding, share: f64) -> String {
    percent((sign(finding.better) * share.ln_1p()).exp_m1())
}

/// What stands beside a change and what it is made of.
pub(super) fn details(finding: &Finding) -> Vec<String> {
    let changed = matches!(finding.word, Word::Regressed | Word::Improved);
    let name = format!("{} {}", finding.case, finding.metric);
    let mut lines = Vec::new();
    let verdict = verdict(finding);
    if verdict.chars().count() > CELL_CHARS {
        lines.push(format!("{}: {verdict}", name.trim_end()));
    }
    if let (Some(share), Word::Undecided, false) =
        (finding.detectable, finding.word, finding.is_cleared())
    {
        lines.push(format!(
            "{name}: in this noise, {} pairs see {} in nine of ten gates",
            finding.pairs,
            worse(finding, share)
        ));
    }
    if let Some(why) = &finding.accepted {
        lines.push(format!("{name}: accepted: {why}"));
    }
    if changed && !finding.beside.is_empty() {
        lines.push(format!("{name}: beside it {}", listed(&finding.beside)));
    }
    if !finding.shares.is_empty() {
        lines.push(format!("{name}: made of {}", listed(&finding.shares)));
    }
    if !finding.functions.is_empty() {
        let functions: Vec<String> = finding.functions.iter().map(function).collect();
        let of = "in parts of the baseline's CPU time";
        lines.push(format!("{name}: moved, {of}: {}", functions.join(", ")));
    }
    lines.iter().map(|line| printable(line)).collect()
}

/// A function that moved: `parse 40.1 % to 44.9 %`.
fn function(moved: &Moved) -> String {
    let share = |share: f64| format!("{:.1} %", 100.0 * share);
    let name = shorten(&moved.name, FUNCTION_CHARS);
    format!("{name} {} to {}", share(moved.before), share(moved.after))
}

fn listed(parts: &[Part]) -> String {
    let parts: Vec<String> =
        parts.iter().map(|part| format!("{} {}", part.name, percent(part.change))).collect();
    parts.join(", ")
}

/// The lines below the table.
pub(super) fn notes(gate: &Gate) -> Vec<String> {
    let mut lines = vec![match &gate.control {
        Some(control) => control_line(control),
        None if gate.rules.iter().any(Rule::is_noisy) => {
            "control: none, so nothing vouches for this machine".to_owned()
        }
        None => "control: none: every rule is exact, so noise decides nothing".to_owned(),
    }];
    lines.extend(gate.passes.iter().map(pass_line));
    for one in &gate.unavailable {
        lines.push(format!("not available: {}", crate::notes::unavailable_line(one)));
    }
    lines.extend(gate.warnings.iter().map(|warning| format!("warning: {warning}")));
    lines.iter().map(|line| printable(line)).collect()
}

/// How a pass was taken.
fn pass_line(pass: &PassInfo) -> String {
    let own = pass.params.iter().map(|(name, value)| format!("{name}={}", labels::text(value)));
    let own: Vec<String> = own.collect();
    let size = if own.is_empty() { String::new() } else { format!(" at {}", own.join(", ")) };
    let processes = if pass.processes == 1 { "process" } else { "processes" };
    format!("{} pass: {} {processes} a side{size}; {}", pass.pass, pass.processes, pass.tool)
}

fn control_line(control: &Control) -> String {
    let change = control.change.map_or_else(|| "no number".to_owned(), |c| percent(c.estimate));
    let word = match control.word {
        Word::Equivalent => "as they should be",
        Word::Undecided => "undecided: this machine is noisy now",
        _ => "called different",
    };
    let canary = match control.canary {
        Word::Regressed => "caught",
        Word::Equivalent | Word::Improved => "missed",
        _ => "neither caught nor missed: this machine is noisy now, or the time was short",
    };
    format!(
        "control: identical programs differ by {change} ({} of {}, {}): {word}; canary of {}: \
         {canary}",
        control.metric,
        control.case,
        counted(control.pairs as usize, "pair"),
        percent(control.canary_raised),
    )
}

/// A share as people read it: `+3.1 %`.
pub(super) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    let size = percent.abs();
    let digits = match size {
        size if size < 9.95 => format!("{size:.1}"),
        size => format!("{size:.0}"),
    };
    let sign = if percent < 0.0 && digits != "0.0" { "−" } else { "+" };
    if digits == "0.0" { "0.0 %".to_owned() } else { format!("{sign}{digits} %") }
}
