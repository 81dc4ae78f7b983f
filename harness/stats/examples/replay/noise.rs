//! Reads recorded noise: the fixtures of this crate, and the recordings that they were made from
//! where those lie beside the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What one pair said about two identical programs, and what it cost.
#[derive(Clone, Copy)]
pub(crate) struct Unit {
    pub(crate) log_ratio: f64,
    pub(crate) seconds: f64,
}

/// The pairs of one program, recording and metric, in the order in which they were recorded.
#[derive(Clone)]
pub(crate) struct Group {
    /// `contended` or `quieter`.
    pub(crate) regime: String,
    pub(crate) program: String,
    pub(crate) recording: String,
    /// `cpu` or `wall`.
    pub(crate) metric: String,
    pub(crate) units: Vec<Unit>,
}

/// Process pairs that take turns as a gate's do: the three C programs.
pub(crate) fn kernels() -> Vec<Group> {
    units(include_str!("../../fixtures/noise/units_in_turn.csv"))
}

/// The same with a coin in each couple, 12 couples after 3.
pub(crate) fn by_coin() -> Vec<Group> {
    units(include_str!("../../fixtures/noise/units_k12.csv"))
}

fn units(text: &'static str) -> Vec<Group> {
    let mut groups = BTreeMap::<[&str; 5], Vec<Unit>>::new();
    for cells in rows(text) {
        let key = [cells[0], cells[1], cells[2], cells[3], cells[4]];
        let unit = Unit { log_ratio: number(cells[6]), seconds: number(cells[7]) };
        groups.entry(key).or_default().push(unit);
    }
    let groups = groups.into_iter();
    groups
        .map(|([regime, source, pin, program, metric], units)| Group {
            regime: regime.to_owned(),
            program: program.to_owned(),
            recording: format!("{source} {pin}"),
            metric: metric.to_owned(),
            units,
        })
        .collect()
}

/// A pair of the pipeline: what it cost in seconds, and its couples.
struct PipelinePair {
    seconds: f64,
    couples: Vec<Couple>,
}

/// The log ratios of wall and of CPU time, and the wall time of both sides in seconds.
struct Couple {
    log_ratios: [f64; 2],
    seconds: f64,
}

/// The columns of [`Couple::log_ratios`].
const METRICS: [(&str, usize); 2] = [("cpu", 1), ("wall", 0)];
const REGIMES: [&str; 2] = ["contended", "quieter"];

/// The recorded pairs of one regime, in their order.
fn pipeline_pairs(regime: &str) -> Vec<PipelinePair> {
    let mut pairs = BTreeMap::<u32, PipelinePair>::new();
    for cells in rows(include_str!("../../fixtures/noise/pipeline.csv")) {
        if cells[0] != regime {
            continue;
        }
        let seconds = number(cells[2]) / 1e3;
        let pair = pairs.entry(number(cells[1]) as u32);
        let pair = pair.or_insert(PipelinePair { seconds, couples: Vec::new() });
        let [wall_a, wall_b, cpu_a, cpu_b] = [4, 5, 6, 7].map(|column| number(cells[column]));
        pair.couples.push(Couple {
            log_ratios: [(wall_b / wall_a).ln(), (cpu_b / cpu_a).ln()],
            seconds: (wall_a + wall_b) / 1e6,
        });
    }
    pairs.into_values().collect()
}

/// Process pairs in ping-pong: the multi-threaded pipeline of this repository.
pub(crate) fn pipeline() -> Vec<Group> {
    let mut groups = Vec::new();
    for regime in REGIMES {
        for (metric, column) in METRICS {
            let units = pipeline_pairs(regime).into_iter().filter_map(|pair| {
                let ratios: Vec<f64> =
                    pair.couples.iter().map(|couple| couple.log_ratios[column]).collect();
                Some(Unit { log_ratio: stats::median(&ratios)?, seconds: pair.seconds })
            });
            groups.push(Group {
                regime: regime.to_owned(),
                program: "pipeline".to_owned(),
                recording: "pipeline.csv".to_owned(),
                metric: metric.to_owned(),
                units: units.collect(),
            });
        }
    }
    groups
}

/// How the pipeline's noise splits into couples and pairs.
pub(crate) struct Split {
    pub(crate) regime: &'static str,
    pub(crate) metric: &'static str,
    pub(crate) variances: stats::Variances,
    /// Seconds of a pair without its counted couples, and of one couple.
    pub(crate) costs: [f64; 2],
}

/// The splits of both regimes and metrics.
pub(crate) fn splits() -> Vec<Split> {
    let mut splits = Vec::new();
    for regime in REGIMES {
        let pairs = pipeline_pairs(regime);
        for (metric, column) in METRICS {
            let observations: Vec<stats::Observation> = pairs
                .iter()
                .zip(0..)
                .flat_map(|(pair, process)| {
                    let values = pair.couples.iter().map(|couple| couple.log_ratios[column]);
                    values.map(move |value| stats::Observation { process, value })
                })
                .collect();
            let inside =
                |pair: &PipelinePair| pair.couples.iter().map(|one| one.seconds).sum::<f64>();
            let couples: f64 = pairs.iter().map(inside).sum();
            let all: f64 = pairs.iter().map(|pair| pair.seconds).sum();
            let costs = [(all - couples) / pairs.len() as f64, couples / observations.len() as f64];
            let Some(variances) = stats::Variances::new(&observations) else { continue };
            splits.push(Split { regime, metric, variances, costs });
        }
    }
    splits
}

/// Consecutive processes of one program: what they measured, and their wall time.
pub(crate) struct Stream {
    pub(crate) regime: &'static str,
    pub(crate) program: String,
    pub(crate) metric: &'static str,
    /// One value of each process, or all of its iterations; in ns.
    pub(crate) processes: Vec<Vec<f64>>,
    pub(crate) seconds: Vec<f64>,
}

/// What the recordings beside the repository hold.
pub(crate) struct Recordings {
    /// Whole processes, one after the other.
    pub(crate) processes: Vec<Stream>,
    /// Processes of 100 iterations each, one after the other.
    pub(crate) iterations: Vec<Stream>,
    /// Process pairs in ping-pong; the couples of a pair in two halves, A's before B's.
    pub(crate) couples: Vec<Stream>,
}

/// Where the recordings lie, if they do.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/noise")
}

/// The recordings, or the folder in which they were looked for in vain.
pub(crate) fn recordings() -> Result<Recordings, PathBuf> {
    let folder = folder();
    let read = |name: &str| fs::read_to_string(folder.join(name)).map_err(|_| folder.clone());
    let (mut processes, mut iterations, mut couples) = (Vec::new(), Vec::new(), Vec::new());
    for (name, regime) in
        [("stream1.csv", "contended"), ("stream2.csv", "contended"), ("stream3.csv", "quieter")]
    {
        whole_processes(&read(name)?, regime, &mut processes);
    }
    for (name, regime) in [("in1.csv", "contended"), ("in2.csv", "quieter")] {
        inside_processes(&read(name)?, regime, &mut iterations);
    }
    for (name, regime) in
        [("pp1.csv", "contended"), ("pp2.csv", "contended"), ("pp3.csv", "quieter")]
    {
        ping_pong(&read(name)?, regime, &mut couples);
    }
    Ok(Recordings { processes, iterations, couples })
}

impl Recordings {
    /// Whole commands as couples: each two consecutive processes.
    pub(crate) fn commands(&self) -> Vec<Group> {
        let group = |stream: &Stream| Group {
            regime: stream.regime.to_owned(),
            program: stream.program.clone(),
            recording: "whole processes".to_owned(),
            metric: stream.metric.to_owned(),
            units: (0..stream.processes.len() / 2)
                .map(|couple| {
                    let [one, other] = [2 * couple, 2 * couple + 1];
                    Unit {
                        log_ratio: (stream.processes[other][0] / stream.processes[one][0]).ln(),
                        seconds: stream.seconds[one] + stream.seconds[other],
                    }
                })
                .collect(),
        };
        self.processes.iter().map(group).collect()
    }
}

const NS: f64 = 1e9;

fn whole_processes(text: &str, regime: &'static str, into: &mut Vec<Stream>) {
    for (program, rows) in by_program(text, 4) {
        let walls: Vec<f64> = rows.iter().map(|cells| number(cells[9])).collect();
        let seconds: Vec<f64> = walls.iter().map(|wall| wall / NS).collect();
        let cpu = rows.iter().map(|cells| (number(cells[10]) + number(cells[11])) * 1e3);
        let cpu: Vec<f64> = cpu.collect();
        for (metric, values) in [("wall", walls), ("cpu", cpu)] {
            let processes = values.into_iter().map(|value| vec![value]).collect();
            let (program, seconds) = (program.clone(), seconds.clone());
            into.push(Stream { regime, program, metric, processes, seconds });
        }
    }
}

fn inside_processes(text: &str, regime: &'static str, into: &mut Vec<Stream>) {
    for (program, rows) in by_program(text, 1) {
        let columns = |from: usize| -> Vec<Vec<f64>> {
            let cells = rows.iter().map(|cells| &cells[from..from + 100]);
            cells.map(|cells| cells.iter().map(|cell| number(cell)).collect()).collect()
        };
        let walls = columns(4);
        let seconds: Vec<f64> = walls.iter().map(|own| own.iter().sum::<f64>() / NS).collect();
        for (metric, processes) in [("wall", walls), ("cpu", columns(104))] {
            let (program, seconds) = (program.clone(), seconds.clone());
            into.push(Stream { regime, program, metric, processes, seconds });
        }
    }
}

/// Work that was added to side B is taken out of its times again. The first three couples of a
/// pair warm up.
fn ping_pong(text: &str, regime: &'static str, into: &mut Vec<Stream>) {
    const WARMUP: f64 = 3.0;
    for (program, rows) in by_program(text, 2) {
        // Numbers of pairs come again in other parts of a recording; numbers of couples only rise.
        let same = |a: &Vec<&str>, b: &Vec<&str>| number(a[5]) < number(b[5]);
        let pairs: Vec<&[Vec<&str>]> = rows.chunk_by(same).collect();
        let began = |cells: &[&str]| number(cells[7]);
        let seconds = |pair: &[Vec<&str>]| (began(&pair[pair.len() - 1]) - began(&pair[0])) / NS;
        for (metric, a, b) in [("wall", 8, 10), ("cpu", 9, 11)] {
            let halves = |pair: &&[Vec<&str>]| {
                let counted = || pair.iter().filter(|cells| number(cells[5]) >= WARMUP);
                let one = counted().map(|cells| number(cells[a]));
                let other =
                    counted().map(|cells| number(cells[b]) / (1.0 + number(cells[4]) / 1e3));
                one.chain(other).collect()
            };
            into.push(Stream {
                regime,
                program: program.clone(),
                metric,
                processes: pairs.iter().map(halves).collect(),
                seconds: pairs.iter().map(|pair| seconds(pair)).collect(),
            });
        }
    }
}

/// The rows of each program, in their order.
fn by_program(text: &str, column: usize) -> BTreeMap<String, Vec<Vec<&str>>> {
    let mut programs = BTreeMap::<String, Vec<Vec<&str>>>::new();
    for cells in rows(text) {
        programs.entry(cells[column].to_owned()).or_default().push(cells);
    }
    programs
}

pub(crate) fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

pub(crate) fn number(cell: &str) -> f64 {
    // A recording that is broken is not replayed by halves.
    cell.parse().expect("recordings hold numbers in these columns")
}
