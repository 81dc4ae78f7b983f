//! What `dyno gate` finds of changes that were planted on purpose, and whether it leaves identical
//! builds alone: builds the workloads once per change, holds them against themselves as often as
//! asked, prints a table in Markdown. `docs/gate.md` shows what came out.
//!
//! ```text
//! cargo run --release --package dyno --example planted                   # all goals, 20 gates each
//! cargo run --release --package dyno --example planted 5 identical       # 5 gates of one goal
//! cargo run --release --package dyno --example planted 0                 # only the table so far
//! ```
//!
//! Each gate is kept in the store `target/planted/store` as soon as it has ended, and one that is
//! there is not measured again; remove the directory to begin anew, and to build anew.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, ensure};
use record::gate::{Finding, Gate, Word};
use record::store::Store;

/// Gates of each goal where nothing else is asked for.
const GATES: usize = 20;

/// What must be seen in so many gates of twenty.
struct Goal {
    name: &'static str,
    /// The change, in words.
    planted: &'static str,
    /// `DYNO_PLANTED` of its build; none for one like the baseline's.
    variable: Option<&'static str>,
    /// Rules and cases of the suite, in TOML.
    suite: &'static str,
    /// Limit of the pairs of one case, in s.
    seconds: u32,
    /// The findings that count where they are red.
    counts: fn(&Finding) -> bool,
    /// In how many of twenty gates.
    asked: Asked,
}

impl Goal {
    /// Its gates have this name in the store.
    fn suite_name(&self) -> String {
        format!("planted-{}", self.name)
    }
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
        variable: Some("work-5"),
        suite: AGGREGATION,
        seconds: 60,
        counts: is_time,
        asked: Asked::AtLeast(19),
    },
    Goal {
        name: "work-3",
        planted: "3 % more work",
        variable: Some("work-3"),
        suite: AGGREGATION,
        seconds: 120,
        counts: is_time,
        asked: Asked::AtLeast(18),
    },
    Goal {
        name: "allocation",
        planted: "an allocation per row",
        variable: Some("allocation"),
        suite: AGGREGATION,
        seconds: 60,
        counts: |finding| finding.metric == "allocations",
        asked: Asked::AtLeast(20),
    },
    Goal {
        name: "mutex",
        planted: "a lock that lets one of two workers go on",
        variable: Some("mutex"),
        suite: PARALLEL,
        seconds: 60,
        counts: |finding| finding.metric == "wall_time",
        asked: Asked::AtLeast(20),
    },
    Goal {
        name: "identical",
        planted: "nothing: two builds of one commit, four cases",
        variable: None,
        suite: ALL,
        seconds: 20,
        counts: |_| true,
        asked: Asked::Never,
    },
];

/// The clock that the gate has chosen.
fn is_time(finding: &Finding) -> bool {
    ["cpu_time", "wall_time"].contains(&finding.metric.as_str())
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
            if place.gates(goal)?.iter().all(|gate| gate.seed != seed) {
                place.gate(goal, seed)?;
            }
        }
    }
    let kept = GOALS.iter().map(|goal| Ok((goal, place.gates(goal)?)));
    print!("{}", table(&kept.collect::<anyhow::Result<Vec<_>>>()?));
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

    /// The workloads with or without a planted change, as a program of their own; built once.
    fn worker(&self, variable: Option<&str>) -> anyhow::Result<PathBuf> {
        let what = ["--package", "dyno", "--package", "workloads", "--example", "worker"];
        self.built(variable, variable.unwrap_or("none"), &what, "examples/worker")
    }

    /// The dyno that measures, with nothing planted; built once.
    fn dyno(&self) -> anyhow::Result<PathBuf> {
        self.built(None, "dyno", &["--package", "dyno"], "dyno")
    }

    /// What cargo makes of `what`, kept as `name`.
    fn built(
        &self,
        variable: Option<&str>,
        name: &str,
        what: &[&str],
        made: &str,
    ) -> anyhow::Result<PathBuf> {
        let kept = self.dir.join(name);
        if kept.is_file() {
            return Ok(kept);
        }
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--release", "--locked"]).args(what).current_dir(&self.workspace);
        cargo.env_remove("DYNO_PLANTED").envs(variable.map(|name| ("DYNO_PLANTED", name)));
        ensure!(cargo.status()?.success(), "the build of {name} failed");
        fs::copy(self.workspace.join("target/release").join(made), &kept)
            .with_context(|| format!("cannot keep {}", kept.display()))?;
        Ok(kept)
    }

    fn gate(&self, goal: &Goal, seed: u64) -> anyhow::Result<()> {
        let dyno = self.dyno()?;
        let (base, candidate) = (self.worker(None)?, self.worker(goal.variable)?);
        let suite = self.dir.join(format!("{}.toml", goal.name));
        fs::write(&suite, format!("name = \"{}\"\n{}", goal.suite_name(), goal.suite))?;
        let mut gate = Command::new(dyno);
        gate.arg("gate").arg(&suite).arg("--base-exe").arg(&base);
        gate.arg("--candidate-exe").arg(&candidate);
        gate.args(["--format", "json", "--progress", "never", "--no-profile"]);
        gate.arg("--per-case").arg(format!("{}s", goal.seconds));
        gate.arg("--set").arg(format!("sampling.seed={seed}"));
        gate.env("DYNO_STORE", self.store()).current_dir(&self.workspace);
        let output = gate.stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let gate: Gate = serde_json::from_str(&text)
            .with_context(|| format!("a gate ended with {}", output.status))?;
        eprintln!(
            "{} {seed}: {:.1} s: {}",
            goal.name,
            seconds(&gate),
            reports::gate::text::headline(&gate)
        );
        Ok(())
    }

    fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    /// The gates of a goal so far.
    fn gates(&self, goal: &Goal) -> anyhow::Result<Vec<Gate>> {
        Ok(Store::open(self.store()).gates(&goal.suite_name(), usize::MAX)?)
    }
}

/// How long it took, builds not counted.
fn seconds(gate: &Gate) -> f64 {
    (gate.finished_ns - gate.started_ns) as f64 / 1e9
}

/// Load of the machine over the minute before it, where the machine says so.
fn load(gate: &Gate) -> Option<f64> {
    gate.before.fact("load_average")?.split_whitespace().next()?.parse().ok()
}

fn table(kept: &[(&Goal, Vec<Gate>)]) -> String {
    let mut text = String::from(
        "| planted | asked for | gates | red | not trusted | change, median | seconds a gate: median, longest | load: median, highest |\n\
         |---|---|---:|---:|---:|---:|---:|---:|\n",
    );
    let measured = kept.iter().filter(|(_, gates)| !gates.is_empty());
    text.extend(measured.map(|(goal, gates)| row(goal, gates)));
    let all = || kept.iter().flat_map(|(_, gates)| gates);
    let began = all().map(|gate| gate.started_ns).min();
    let ended = all().map(|gate| gate.finished_ns).max();
    if let (Some(began), Some(ended), Some(gate)) = (began, ended, all().next()) {
        let fact = |name: &str| gate.before.fact(name).unwrap_or("unknown").to_owned();
        text += &format!(
            "\nMeasured from {} to {} ({}, cores: {}).\n",
            reports::format::moment(began),
            reports::format::moment(ended),
            fact("cpu_model"),
            fact("cores"),
        );
    }
    text
}

fn row(goal: &Goal, gates: &[Gate]) -> String {
    let asked = match goal.asked {
        Asked::Never => format!("never red, {} s a case", goal.seconds),
        Asked::AtLeast(n) => format!("red in {n} of {GATES}, {} s a case", goal.seconds),
    };
    let is_red = |gate: &&Gate| {
        gate.findings.iter().any(|one| (goal.counts)(one) && one.word == Word::Regressed)
    };
    let change = |gate: &Gate| {
        let mut counting = gate.findings.iter().filter(|one| (goal.counts)(one));
        counting.find_map(|one| one.change).map(|change| 100.0 * change.estimate)
    };
    let median = |values: &[f64]| stats::median(values).unwrap_or(f64::NAN);
    let both = |values: &[f64]| {
        format!("{:.1}, {:.1}", median(values), values.iter().copied().fold(0.0, f64::max))
    };
    format!(
        "| {} | {asked} | {} | {} | {} | {:+.1} % | {} | {} |\n",
        goal.planted,
        gates.len(),
        gates.iter().filter(is_red).count(),
        gates.iter().filter(|gate| !gate.is_trusted()).count(),
        median(&gates.iter().filter_map(change).collect::<Vec<_>>()),
        both(&gates.iter().map(seconds).collect::<Vec<_>>()),
        both(&gates.iter().filter_map(load).collect::<Vec<_>>()),
    )
}
