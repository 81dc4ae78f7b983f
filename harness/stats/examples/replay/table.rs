//! The table: this design and the rules of other tools on the same noise.

use crate::gate::{Design, Tally, tallies};
use crate::goals::{Effort, FAMILY, Figure, percent};
use crate::noise::{Group, Recordings};
use crate::peers::{BENCHSTAT, CHANGES, HYPERFINE, PEERS};

/// One rule on one metric, in both regimes.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) metric: &'static str,
    pub(crate) ours: bool,
    /// Contended and quieter.
    pub(crate) cells: [Cells; 2],
}

/// Shares of red verdicts at each of [`CHANGES`], and seconds a case without and with +3 %.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cells {
    pub(crate) red: [f64; 3],
    pub(crate) seconds: [f64; 2],
}

/// The name of the gate on the three C programs.
const OURS: &str = "this design";

const REGIMES: [&str; 2] = ["contended", "quieter"];
const METRICS: [&str; 2] = ["cpu", "wall"];

/// All rows; those that need the recordings only where they are.
pub(crate) fn rows(
    [kernels, by_coin, pipeline]: [&[Group]; 3],
    recordings: Option<&Recordings>,
    effort: Effort,
) -> Vec<Row> {
    let commands = recordings.map(Recordings::commands).unwrap_or_default();
    let mut rows = Vec::new();
    for metric in METRICS {
        for (name, groups) in [
            (OURS, kernels),
            ("this design, a coin in each couple", by_coin),
            ("this design, the pipeline", pipeline),
            ("this design, whole commands", &commands),
        ] {
            if !groups.is_empty() {
                rows.push(ours(name, metric, groups, effort));
            }
        }
    }
    let Some(recordings) = recordings else { return rows };
    for metric in METRICS {
        rows.extend(PEERS.iter().map(|peer| {
            let cells = REGIMES.map(|regime| {
                let rates = peer.rates(recordings, regime, metric, effort.replays);
                Cells { red: rates.red, seconds: [rates.seconds; 2] }
            });
            Row { name: peer.name.to_owned(), metric, ours: false, cells }
        }));
    }
    rows
}

fn ours(name: &str, metric: &'static str, groups: &[Group], effort: Effort) -> Row {
    let cells = REGIMES.map(|regime| {
        let own = |group: &&Group| group.regime == regime && group.metric == metric;
        let own: Vec<&Group> = groups.iter().filter(own).collect();
        let design = Design::of_family(FAMILY);
        let at = CHANGES.map(|change| Tally::sum(&tallies(&own, change, design, effort.replays)));
        Cells {
            red: at.map(|tally| tally.share(tally.regressed)),
            seconds: [at[0].seconds_a_case(), at[1].seconds_a_case()],
        }
    });
    Row { name: name.to_owned(), metric, ours: true, cells }
}

/// Goal G4: false reds and time beside the other rules. Empty without them.
pub(crate) fn beside_peers(rows: &[Row], identical: &Tally) -> Vec<Figure> {
    let peers = || rows.iter().filter(|row| !row.ours);
    let rate = |row: &Row| row.cells.iter().map(|cells| cells.red[0]).sum::<f64>() / 2.0;
    let Some(best) = peers().min_by(|a, b| rate(a).total_cmp(&rate(b))) else { return Vec::new() };
    // The largest rate that would show so few reds in so many gates with 5 %: without any red, 3
    // in their number (Hanley and Lippman-Hand, JAMA 249, 1983).
    let red = f64::from(identical.regressed);
    let bound = (red + 1.645 * red.sqrt() + 3.0) / f64::from(identical.replays);
    let times = rate(best) / bound;
    let reds = Figure {
        name: "G4",
        goal: "at least 100 times fewer false reds than every rule of the table",
        found: format!(
            "{} red of {} gates, so at most {:.5} %; {times:.0} times fewer than the best other rule, \
             {} ({}: {})",
            identical.regressed,
            identical.replays,
            100.0 * bound,
            best.name,
            best.metric,
            percent(rate(best))
        ),
        holds: times >= 100.0,
    };
    std::iter::once(reds).chain(costs(rows)).collect()
}

/// What a case costs, beside the two rules that take whole processes for it.
fn costs(rows: &[Row]) -> Vec<Figure> {
    let of = |name: &str| rows.iter().find(|row| row.name == name);
    let (Some(ours), Some(hyperfine), Some(benchstat)) = (of(OURS), of(HYPERFINE), of(BENCHSTAT))
    else {
        return Vec::new();
    };
    let mut figures = Vec::new();
    for (regime, name) in REGIMES.into_iter().enumerate() {
        let seconds = |row: &Row, at: usize| row.cells[regime].seconds[at];
        for (at, change, goal) in [
            (
                0,
                "identical",
                "identical programs: at most twice the time of the hyperfine and benchstat rules",
            ),
            (1, "+3 %", "+3 %: the same"),
        ] {
            let [own, theirs, other] = [ours, hyperfine, benchstat].map(|row| seconds(row, at));
            figures.push(Figure {
                name: "G4",
                goal,
                found: format!(
                    "{name}, {change}: {own:.1} s; twice theirs is {:.1} s and {:.1} s",
                    2.0 * theirs,
                    2.0 * other
                ),
                holds: own <= 2.0 * theirs.min(other),
            });
        }
    }
    figures
}
