//! The gate against the reference implementation in Python, pair by pair, to 1e-9: on what the
//! reference said when `reference/trace.csv` was written, and on what it says here and now.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::path::{Path, PathBuf};
use std::process::Command;

use stats::sequential::{Decision, Levels, PairGate, Thresholds};

/// One row of `trace.csv`.
struct Row<'a> {
    series: &'a str,
    thresholds: [f64; 2],
    log_ratio: f64,
    evidence: [f64; 4],
    decided: &'a str,
    decided_mirrored: &'a str,
}

impl<'a> Row<'a> {
    fn parse(line: &'a str) -> Self {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |column: usize| cells[column].parse::<f64>().unwrap();
        Self {
            series: cells[0],
            thresholds: [number(1), number(2)],
            log_ratio: number(3),
            evidence: [number(4), number(5), number(7), number(8)],
            decided: cells[6],
            decided_mirrored: cells[9],
        }
    }

    fn gate(&self) -> PairGate {
        let [tolerated, must_catch] = self.thresholds;
        // One number of a family of one, alpha 1 %: red at 100.
        PairGate::new(
            Thresholds::new(tolerated, must_catch).unwrap(),
            Levels::of_family(1, 0.01).unwrap(),
        )
    }
}

/// The decision that two gates in one direction each add up to; the reference knows no other.
fn expected(row: &Row, before: Decision) -> Decision {
    match (before, row.decided, row.decided_mirrored) {
        (Decision::Open, "reg", _) => Decision::Regressed,
        (Decision::Open, _, "reg") => Decision::Improved,
        (Decision::Open, "pass", "pass") => Decision::Equivalent,
        (before, ..) => before,
    }
}

/// Compares all rows; returns how many there were.
fn compare(trace: &str) -> usize {
    let mut current: Option<(String, PairGate)> = None;
    let mut decided = Decision::Open;
    let mut rows = 0;
    for row in trace.lines().skip(1).map(Row::parse) {
        if current.as_ref().is_none_or(|(series, _)| series != row.series) {
            current = Some((row.series.to_owned(), row.gate()));
            decided = Decision::Open;
        }
        let (series, gate) = current.as_mut().unwrap();
        gate.observe(row.log_ratio);
        let evidence = gate.evidence();
        let found =
            [evidence.regressed, evidence.not_regressed, evidence.improved, evidence.not_improved];
        for (found, expect) in found.into_iter().zip(row.evidence) {
            let error = (found - expect).abs();
            assert!(error < 1e-9, "{series}, pair {}: {found}, not {expect}", gate.pairs());
        }
        decided = expected(&row, decided);
        assert_eq!(gate.decision(), decided, "{series}, pair {}", gate.pairs());
        rows += 1;
    }
    rows
}

fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference")
}

#[test]
fn the_gate_agrees_with_the_committed_numbers_of_the_reference() {
    let rows = compare(include_str!("reference/trace.csv"));
    assert!(rows > 500, "only {rows} rows");
}

#[test]
fn the_gate_agrees_with_the_reference_run_now() {
    let numpy = Command::new("python3").args(["-c", "import numpy"]).output();
    if !numpy.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "python3 has no numpy, which CI installs");
        println!("skipped: python3 has no numpy");
        return;
    }
    let output = Command::new("python3")
        .args(["-B", "trace.py"])
        .current_dir(reference())
        .output()
        .expect("python3 ran a moment ago");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = compare(&String::from_utf8(output.stdout).unwrap());
    assert!(rows > 500, "only {rows} rows");
}
