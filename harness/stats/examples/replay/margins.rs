//! The gate with the margins that `dyno gate` takes where a suite states none (`docs/gate.md`).

use stats::sequential::Noise;

use crate::gate::{Design, Tally, tallies};
use crate::goals::{Effort, FAMILY};
use crate::noise::Group;

/// One kind of noise with its margins, in both regimes.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) metric: &'static str,
    /// Tolerated and to be caught.
    pub(crate) margins: [f64; 2],
    /// Contended and quieter; identical programs, and with the change that must be caught.
    pub(crate) tallies: [[Tally; 2]; 2],
}

/// What a crowded machine needs: the margins of `configs/gate.toml`'s kind.
const WIDE: [f64; 2] = [0.03, 0.10];

/// Metric and margins: of workers, and of whole commands; the usual ones and wider ones.
const WORKERS: [(&str, [f64; 2]); 4] = [
    ("cpu", Noise::CpuTime.usual_margins()),
    ("cpu", Noise::WallTime.usual_margins()),
    ("wall", Noise::WallTime.usual_margins()),
    ("wall", WIDE),
];
const COMMANDS: [(&str, [f64; 2]); 4] = [
    ("cpu", Noise::ProcessCpuTime.usual_margins()),
    ("cpu", WIDE),
    ("wall", Noise::ProcessWallTime.usual_margins()),
    ("wall", Noise::Other.usual_margins()),
];

/// All rows; those of commands where there are recordings of them.
pub(crate) fn rows(
    kernels: &[Group],
    pipeline: &[Group],
    commands: &[Group],
    effort: Effort,
) -> Vec<Row> {
    let sets = [
        ("three C programs", kernels, WORKERS),
        ("the pipeline", pipeline, WORKERS),
        ("whole commands", commands, COMMANDS),
    ];
    let rows = sets.into_iter().filter(|(_, groups, _)| !groups.is_empty()).flat_map(
        |(name, groups, margins)| {
            margins.map(|(metric, margins)| row(name, groups, metric, margins, effort))
        },
    );
    rows.collect()
}

fn row(
    name: &'static str,
    groups: &[Group],
    metric: &'static str,
    margins: [f64; 2],
    effort: Effort,
) -> Row {
    let design = Design::of_family(FAMILY).with_margins(margins);
    let tallies = ["contended", "quieter"].map(|regime| {
        let own = |group: &&Group| group.regime == regime && group.metric == metric;
        let own: Vec<&Group> = groups.iter().filter(own).collect();
        [0.0, margins[1]].map(|change| Tally::sum(&tallies(&own, change, design, effort.replays)))
    });
    Row { name, metric, margins, tallies }
}
