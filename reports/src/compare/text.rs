//! A comparison as a table for a terminal, as Markdown, JSON or CSV.

use anyhow::Result;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::{CaseComparison, Comparison, Difference, Side, Word, Yardstick};
use crate::document::quoted;
use crate::format::{
    Kind, Scale, TABLE_DIGITS, counted, factor, moment, printable, shorten, significant,
};
use crate::table::{Format, escaped};

/// Which columns hold numbers, which stand to the right.
const SIDES: [bool; 6] = [false, true, true, true, false, false];

impl Comparison {
    /// The comparison as text, ending with a line feed.
    ///
    /// # Errors
    ///
    /// If it cannot be written as JSON, which does not happen with finite numbers.
    pub fn text(&self, format: Format) -> Result<String> {
        Ok(match format {
            Format::Table => self.table(),
            Format::Markdown => self.markdown(),
            Format::Json => serde_json::to_string_pretty(&self.document())? + "\n",
            Format::Csv => self.csv(),
        })
    }

    fn table(&self) -> String {
        let mut text = self.sides().join("\n");
        text += "\n\n";
        text += &self.aligned();
        text += &format!("\n{}\n", self.notes().join("\n"));
        text
    }

    fn markdown(&self) -> String {
        let list = |lines: Vec<String>| -> String {
            lines.iter().map(|line| format!("- {}\n", escaped(line))).collect()
        };
        let line = |cells: [String; 6]| format!("| {} |\n", cells.join(" | "));
        let rows = self.rows().into_iter().map(|row| line(row.map(|cell| escaped(&cell))));
        let rule = SIDES.map(|right| if right { "---:" } else { "---" }.to_owned());
        let table: String = [line(self.head()), line(rule)].into_iter().chain(rows).collect();
        format!("{}\n{table}\n{}", list(self.sides()), list(self.notes()))
    }

    /// The runs, one line each.
    fn sides(&self) -> Vec<String> {
        if let Some(reference) = &self.reference {
            let reference = printable(reference);
            return vec![
                format!("run       {}", side(&self.candidate)),
                format!("baseline  case {reference}"),
            ];
        }
        vec![
            format!("baseline   {}", side(&self.baseline)),
            format!("candidate  {}", side(&self.candidate)),
        ]
    }

    fn aligned(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        let side = |right| if right { CellAlignment::Right } else { CellAlignment::Left };
        let cells = |row: [String; 6]| {
            let cells = row.into_iter().zip(SIDES);
            cells.map(|(cell, right)| Cell::new(shorten(&cell, 60)).set_alignment(side(right)))
        };
        table.set_header(cells(self.head()));
        for row in self.rows() {
            table.add_row(cells(row));
        }
        table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    fn head(&self) -> [String; 6] {
        let unit = self.scale().unit;
        let unit = if unit.is_empty() { String::new() } else { format!(", {unit}") };
        let (baseline, candidate) = (format!("baseline{unit}"), format!("candidate{unit}"));
        let [case, ratio] = ["case", "ratio"].map(str::to_owned);
        [case, baseline, candidate, ratio, "95 % interval".to_owned(), "verdict".to_owned()]
    }

    fn rows(&self) -> Vec<[String; 6]> {
        let scale = self.scale();
        let median = |value: Option<f64>| value.map(|value| scale.number(value, TABLE_DIGITS));
        let row = |case: &CaseComparison| {
            [
                printable(&case.label),
                median(case.baseline_median).unwrap_or_default(),
                median(case.candidate_median).unwrap_or_default(),
                case.ratio.map(|ratio| format!("{:.3}", ratio.ratio)).unwrap_or_default(),
                interval(case),
                printable(&self.verdict(case)),
            ]
        };
        self.cases.iter().map(row).collect()
    }

    fn verdict(&self, case: &CaseComparison) -> String {
        let word = case.word.as_str();
        let (less, more) =
            if self.kind == Kind::Time { ("faster", "slower") } else { ("less", "more") };
        match (case.word, &case.ratio) {
            (Word::Improved | Word::Regressed, Some(ratio)) if ratio.ratio < 1.0 => {
                format!("{word}: {} {less}", factor(1.0 / ratio.ratio))
            }
            (Word::Improved | Word::Regressed, Some(ratio)) => {
                format!("{word}: {} {more}", factor(ratio.ratio))
            }
            _ if case.reason.is_empty() => word.to_owned(),
            _ => format!("{word}: {}", case.reason),
        }
    }

    fn scale(&self) -> Scale {
        let first =
            self.cases.iter().find_map(|case| case.baseline_median.or(case.candidate_median));
        self.kind.scale(first.unwrap_or(1e6))
    }

    /// The lines below the table.
    fn notes(&self) -> Vec<String> {
        let counts: Vec<String> =
            self.counts().iter().map(|(word, n)| format!("{n} {}", word.as_str())).collect();
        let cases = counted(self.cases.len(), "case");
        let mut lines = vec![format!("{cases}: {}", counts.join(", "))];
        if self.yardstick != Yardstick::default() {
            let Yardstick { metric, tolerance } = &self.yardstick;
            let percent = significant(tolerance * 100.0, 2);
            lines.push(format!("compared by {metric}; within {percent} % of 1 is equivalent"));
        }
        lines.push(self.order.note().to_owned());
        lines.extend(self.notes.iter().cloned());
        lines.extend(self.differences.iter().map(|one| {
            let word = if one.forbids { "incomparable" } else { "different" };
            format!("{word}: {}: {} against {}", one.what, one.baseline, one.candidate)
        }));
        lines.iter().map(|line| printable(line)).collect()
    }
}

fn side(side: &Side) -> String {
    let step = side.step.as_ref().map(|step| format!("step {step}"));
    let names: Vec<String> = step.into_iter().chain(side.label.clone()).collect();
    let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    let read = if side.dated { "" } else { "read " };
    printable(&format!("{}{names}, {read}{}", side.run, moment(side.started_ns)))
}

fn interval(case: &CaseComparison) -> String {
    let Some(ratio) = &case.ratio else { return String::new() };
    if !ratio.interval.is_confident() {
        return String::new();
    }
    format!("{:.3} to {:.3}", ratio.interval.low, ratio.interval.high)
}

/// The JSON document.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    baseline: SideDocument<'a>,
    candidate: SideDocument<'a>,
    order: &'static str,
    note: &'static str,
    reference: Option<&'a str>,
    tolerance: f64,
    differences: &'a [Difference],
    cases: Vec<CaseDocument<'a>>,
}

#[derive(Serialize)]
struct SideDocument<'a> {
    run: &'a str,
    suite: &'a str,
    label: Option<&'a str>,
    step: Option<&'a str>,
    started_ns: i64,
}

#[derive(Serialize)]
struct CaseDocument<'a> {
    label: &'a str,
    baseline_case: Option<&'a str>,
    candidate_case: Option<&'a str>,
    verdict: &'static str,
    reason: &'a str,
    metric: &'a str,
    unit: &'static str,
    baseline_median: Option<f64>,
    candidate_median: Option<f64>,
    ratio: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    coverage: Option<f64>,
    baseline_replicates: Option<usize>,
    candidate_replicates: Option<usize>,
}

const CSV_HEAD: &str = "label,baseline_case,candidate_case,verdict,reason,metric,unit,\
     baseline_median,candidate_median,ratio,low,high,coverage,baseline_replicates,\
     candidate_replicates";

impl Comparison {
    fn document(&self) -> Document<'_> {
        Document {
            schema: 1,
            baseline: side_document(&self.baseline),
            candidate: side_document(&self.candidate),
            order: self.order.as_str(),
            note: self.order.note(),
            reference: self.reference.as_deref(),
            tolerance: self.yardstick.tolerance,
            differences: &self.differences,
            cases: self.cases.iter().map(|case| self.case_document(case)).collect(),
        }
    }

    fn case_document<'a>(&'a self, case: &'a CaseComparison) -> CaseDocument<'a> {
        let ratio = case.ratio.as_ref();
        CaseDocument {
            label: &case.label,
            baseline_case: case.baseline.as_deref(),
            candidate_case: case.candidate.as_deref(),
            verdict: case.word.as_str(),
            reason: &case.reason,
            metric: &self.yardstick.metric,
            unit: self.kind.base_unit(),
            baseline_median: case.baseline_median,
            candidate_median: case.candidate_median,
            ratio: ratio.map(|ratio| ratio.ratio),
            low: ratio.map(|ratio| ratio.interval.low),
            high: ratio.map(|ratio| ratio.interval.high),
            coverage: ratio.map(|ratio| ratio.interval.coverage),
            baseline_replicates: ratio.map(|ratio| ratio.replicates.1),
            candidate_replicates: ratio.map(|ratio| ratio.replicates.0),
        }
    }

    fn csv(&self) -> String {
        let mut text = format!("{CSV_HEAD}\r\n");
        for case in self.cases.iter().map(|case| self.case_document(case)) {
            let words = [
                case.label,
                case.baseline_case.unwrap_or_default(),
                case.candidate_case.unwrap_or_default(),
                case.verdict,
                case.reason,
                case.metric,
                case.unit,
            ];
            let number = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
            let medians = [case.baseline_median, case.candidate_median, case.ratio];
            let ends = [case.low, case.high, case.coverage];
            let count = |value: Option<usize>| value.map(|n| n.to_string()).unwrap_or_default();
            let cells: Vec<String> = words
                .map(|word| quoted(&printable(word)))
                .into_iter()
                .chain(medians.map(number))
                .chain(ends.map(number))
                .chain([case.baseline_replicates, case.candidate_replicates].map(count))
                .collect();
            text += &format!("{}\r\n", cells.join(","));
        }
        text
    }
}

fn side_document(side: &Side) -> SideDocument<'_> {
    SideDocument {
        run: &side.run,
        suite: &side.suite,
        label: side.label.as_deref(),
        step: side.step.as_deref(),
        started_ns: side.started_ns,
    }
}
