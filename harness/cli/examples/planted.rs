//! What `dyno gate` finds of changes that were planted on purpose, and whether it leaves identical
//! builds alone: builds this repository once per change, holds it against itself as often as asked,
//! prints a table in Markdown. `docs/gate.md` shows what came out.
//!
//! ```text
//! cargo run --release --package dyno --example planted                   # all goals, 20 gates each
//! cargo run --release --package dyno --example planted 5 identical       # 5 gates of one goal
//! cargo run --release --package dyno --example planted 0                 # only the table so far
//! ```
//!
//! Each gate is kept in `target/planted/gates.jsonl` as soon as it has ended, and one that is there
//! is not measured again; remove the directory to begin anew, and to build anew.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints")]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, ensure};
use record::gate::{Finding, Gate, Word};
use serde::{Deserialize, Serialize};

/// Gates of each goal where nothing else is asked for.
const GATES: usize = 20;

/// What must be seen in so many gates of twenty.
struct Goal {
    name: &'static str,
    /// The change, in words.
    planted: &'static str,
    /// The cargo feature that plants it; none for a build like the baseline's.
    feature: Option<&'static str>,
    /// Rules and cases of the suite, in TOML.
    suite: &'static str,
    /// Limit of the pairs of one case, in s.
    seconds: u32,
    /// The findings that count.
    seen: fn(&Finding) -> bool,
    /// In how many of twenty gates.
    asked: Asked,
}

#[derive(Clone, Copy)]
enum Asked {
    Never,
    AtLeast(usize),
}

/// One thread, 9 ms: CPU time is its clock.
const AGGREGATION: &str = r#"
[[case]]
workload = "aggregation"
params = { rows = 300_000, variant = "partitioned", workers = 1 }
"#;

/// Two threads, which a lock puts in a row.
const PARALLEL: &str = r#"
[[gate]]
metric = "wall_time"
[[gate]]
metric = "cpu_time"
[[case]]
workload = "aggregation"
params = { rows = 1_000_000, variant = "partitioned", workers = 2, splits = 16 }
"#;

/// Work of every kind.
const ALL: &str = r#"
[[case]]
workload = "pipeline"
params = { step = "12", rows = 30_000 }
[[case]]
workload = "writer"
params = { step = "12", rows = 50_000 }
[[case]]
workload = "aggregation"
params = { rows = 300_000, variant = "partitioned", workers = 1 }
[[case]]
workload = "decoder"
params = { segments = 2, rows_per_segment = 5_000, codec = "zstd", strategy = "sequential" }
"#;

const GOALS: [Goal; 5] = [
    Goal {
        name: "work-5",
        planted: "5 % more work",
        feature: Some("planted-work-5"),
        suite: AGGREGATION,
        seconds: 60,
        seen: is_red_by_time,
        asked: Asked::AtLeast(19),
    },
    Goal {
        name: "work-3",
        planted: "3 % more work",
        feature: Some("planted-work-3"),
        suite: AGGREGATION,
        seconds: 120,
        seen: is_red_by_time,
        asked: Asked::AtLeast(18),
    },
    Goal {
        name: "allocation",
        planted: "an allocation per row",
        feature: Some("planted-allocation"),
        suite: AGGREGATION,
        seconds: 60,
        seen: |finding| is_red(finding) && finding.metric == "allocations",
        asked: Asked::AtLeast(20),
    },
    Goal {
        name: "mutex",
        planted: "a lock that lets one of two workers go on",
        feature: Some("planted-mutex"),
        suite: PARALLEL,
        seconds: 60,
        seen: |finding| is_red(finding) && finding.metric == "wall_time",
        asked: Asked::AtLeast(20),
    },
    Goal {
        name: "identical",
        planted: "nothing: two builds of one commit, four cases",
        feature: None,
        suite: ALL,
        seconds: 60,
        seen: is_red,
        asked: Asked::Never,
    },
];

/// By the clock that the gate has chosen.
fn is_red_by_time(finding: &Finding) -> bool {
    is_red(finding) && ["cpu_time", "wall_time"].contains(&finding.metric.as_str())
}

fn is_red(finding: &Finding) -> bool {
    finding.word == Word::Regressed
}

/// What one gate came to.
#[derive(Serialize, Deserialize)]
struct Outcome {
    goal: String,
    seed: u64,
    started_ns: i64,
    /// Builds not counted.
    seconds: f64,
    /// Load of the machine before it, over one minute.
    load: f64,
    trusted: bool,
    /// Whether there was a finding that counts.
    seen: bool,
    /// Every finding that was not equivalent, in words.
    told: Vec<String>,
}

fn main() -> ExitCode {
    match measured() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measured() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1).peekable();
    let gates = arguments.peek().and_then(|first| first.parse().ok());
    if gates.is_some() {
        arguments.next();
    }
    let chosen: Vec<String> = arguments.collect();
    let known = |name: &String| GOALS.iter().any(|goal| goal.name == *name);
    let names = GOALS.map(|goal| goal.name).join(", ");
    ensure!(chosen.iter().all(known), "the goals are {names}");
    let place = Place::new()?;
    let goals =
        || GOALS.iter().filter(|goal| chosen.is_empty() || chosen.contains(&goal.name.to_owned()));
    // In turn, so that a machine that changes meanwhile does so for all of them.
    for seed in 1..=gates.unwrap_or(GATES) as u64 {
        for goal in goals() {
            let done =
                place.outcomes()?.iter().any(|one| one.goal == goal.name && one.seed == seed);
            if !done {
                place.gate(goal, seed)?;
            }
        }
    }
    print!("{}", table(&place.outcomes()?));
    Ok(())
}

/// Where everything lies.
struct Place {
    workspace: PathBuf,
    dir: PathBuf,
}

impl Place {
    fn new() -> anyhow::Result<Self> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let dir = workspace.join("target/planted");
        fs::create_dir_all(&dir)?;
        Ok(Self { workspace, dir })
    }

    /// A build with or without a planted change; made once.
    fn build(&self, feature: Option<&str>) -> anyhow::Result<PathBuf> {
        let kept = self.dir.join(feature.unwrap_or("none"));
        if kept.is_file() {
            return Ok(kept);
        }
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--release", "--locked", "--package", "dyno"]);
        cargo.args(feature.map(|feature| format!("--features={feature}")));
        let status = cargo.current_dir(&self.workspace).status()?;
        ensure!(status.success(), "the build of {} failed", feature.unwrap_or("the baseline"));
        fs::copy(self.workspace.join("target/release/dyno"), &kept)
            .with_context(|| format!("cannot keep {}", kept.display()))?;
        Ok(kept)
    }

    /// The dyno that measures: the baseline's build, or another one that lies beside it as `dyno`.
    fn dyno(&self, base: &Path) -> anyhow::Result<PathBuf> {
        let dyno = self.dir.join("dyno");
        if !dyno.is_file() {
            fs::copy(base, &dyno)?;
        }
        Ok(dyno)
    }

    fn gate(&self, goal: &Goal, seed: u64) -> anyhow::Result<()> {
        let (base, candidate) = (self.build(None)?, self.build(goal.feature)?);
        let dyno = self.dyno(&base)?;
        let suite = self.dir.join(format!("{}.toml", goal.name));
        fs::write(&suite, format!("name = \"planted-{}\"\n{}", goal.name, goal.suite))?;
        let load = load();
        let mut gate = Command::new(dyno);
        gate.arg("gate").arg(&suite).arg("--base-exe").arg(&base);
        gate.arg("--candidate-exe").arg(&candidate);
        gate.args(["--format", "json", "--progress", "never"]);
        gate.arg("--per-case").arg(format!("{}s", goal.seconds));
        gate.arg("--set").arg(format!("sampling.seed={seed}"));
        gate.env("DYNO_STORE", self.dir.join("store")).current_dir(&self.workspace);
        let output = gate.stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let gate: Gate = serde_json::from_str(&text)
            .with_context(|| format!("a gate ended with {}", output.status))?;
        let outcome = Outcome {
            goal: goal.name.to_owned(),
            seed,
            started_ns: gate.started_ns,
            seconds: (gate.finished_ns - gate.started_ns) as f64 / 1e9,
            load,
            trusted: gate.is_trusted(),
            seen: gate.findings.iter().any(goal.seen),
            told: gate
                .findings
                .iter()
                .filter(|finding| finding.word != Word::Equivalent)
                .map(|one| {
                    format!("{} {}: {}", one.case, one.metric, reports::gate::text::told(one))
                })
                .collect(),
        };
        eprintln!(
            "{} {seed}: seen {}, {:.1} s: {:?}",
            goal.name, outcome.seen, outcome.seconds, outcome.told
        );
        let mut file = OpenOptions::new().create(true).append(true).open(self.outcomes_path())?;
        writeln!(file, "{}", serde_json::to_string(&outcome)?)?;
        Ok(())
    }

    fn outcomes_path(&self) -> PathBuf {
        self.dir.join("gates.jsonl")
    }

    fn outcomes(&self) -> anyhow::Result<Vec<Outcome>> {
        let text = fs::read_to_string(self.outcomes_path()).unwrap_or_default();
        let outcomes = text.lines().map(serde_json::from_str).collect::<Result<_, _>>();
        outcomes.with_context(|| format!("in {}", self.outcomes_path().display()))
    }
}

/// Load over one minute; 0 where the machine does not say.
fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|one| one.parse().ok()).unwrap_or(0.0)
}

fn table(outcomes: &[Outcome]) -> String {
    let mut text = String::from(
        "| planted | asked for | gates | seen | not trusted | seconds a gate: median, longest | load |\n\
         |---|---|---:|---:|---:|---:|---:|\n",
    );
    for goal in &GOALS {
        let of: Vec<&Outcome> = outcomes.iter().filter(|one| one.goal == goal.name).collect();
        if of.is_empty() {
            continue;
        }
        let asked = match goal.asked {
            Asked::Never => "never red".to_owned(),
            Asked::AtLeast(n) => format!("red in {n} of {GATES}, {} s a case", goal.seconds),
        };
        let seconds: Vec<f64> = of.iter().map(|one| one.seconds).collect();
        let loads: Vec<f64> = of.iter().map(|one| one.load).collect();
        let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
        text += &format!(
            "| {} | {asked} | {} | {} | {} | {:.1}, {:.1} | {:.1} to {:.1} |\n",
            goal.planted,
            of.len(),
            of.iter().filter(|one| one.seen).count(),
            of.iter().filter(|one| !one.trusted).count(),
            stats::median(&seconds).unwrap_or(0.0),
            most(&seconds),
            loads.iter().copied().fold(f64::INFINITY, f64::min),
            most(&loads),
        );
    }
    let began = outcomes.iter().map(|one| one.started_ns).min();
    let ended = outcomes.iter().map(|one| one.started_ns + (one.seconds * 1e9) as i64).max();
    if let (Some(began), Some(ended)) = (began, ended) {
        text += &format!(
            "\nMeasured from {} to {}.\n",
            reports::format::moment(began),
            reports::format::moment(ended)
        );
    }
    text
}
