//! What the replay prints.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::path::Path;

use crate::goals::{Figure, percent};
use crate::noise::Split;
use crate::table::Row;
use crate::{gate::Tally, ideal, layouts, margins, turns};

/// Prints the rows, contended / quieter in each cell.
pub(crate) fn table(rows: &[Row], missing: Option<&Path>) {
    println!("## Rules\n");
    println!("Each cell: contended / quieter. Red on identical programs is the error rate.\n");
    println!(
        "| rule | metric | red, identical | red at +3 % | red at +5 % | s a case | s at +3 % |"
    );
    println!("|---|---|---|---|---|---|---|");
    for row in rows {
        let [contended, quieter] = row.cells;
        let shares = [0, 1, 2].map(|change| {
            format!("{} / {}", percent(contended.red[change]), percent(quieter.red[change]))
        });
        let seconds =
            [0, 1].map(|at| format!("{:.1} / {:.1}", contended.seconds[at], quieter.seconds[at]));
        let name = if row.ours { format!("**{}**", row.name) } else { row.name.clone() };
        println!("| {name} | {} | {} | {} |", row.metric, shares.join(" | "), seconds.join(" | "));
    }
    if let Some(folder) = missing {
        let folder = folder.display();
        println!(
            "\nskipped: the rules of other tools and whole commands: no recordings in {folder}"
        );
    }
    println!();
}

/// The beginning of the table of goals.
pub(crate) fn goals() {
    println!("## Goals\n");
    println!(
        "G2, G3, what is caught in G5, G6 and bisect fall short where the promised rate would bring so \
         few, or so many, in less than one of a thousand tries (exact binomial, one-sided); the others \
         where the figure itself misses its goal.\n"
    );
    println!("| | goal | found | |");
    println!("|---|---|---|---|");
}

/// One goal.
pub(crate) fn figure(figure: &Figure) {
    let holds = if figure.holds { "holds" } else { "**falls short**" };
    println!("| {} | {} | {} | {holds} |", figure.name, figure.goal, figure.found);
}

/// How far the gate is from the best.
pub(crate) fn ideal(rows: &[ideal::Row]) {
    println!("\n## How far from the best\n");
    println!(
        "CPU time of the C programs, seconds a case at +3 %. *In hindsight*: the one stake and scale \
         that win most on this very noise, from the first pair on."
    );
    println!(
        "*At least*: every pair won, and the wealth doubled by it, which is the most that a fair bet \
         on a side can win.\n"
    );
    println!("| regime | found | in hindsight | at least |");
    println!("|---|---|---|---|");
    for ideal::Row { regime, found, hindsight, least } in rows {
        println!("| {regime} | {found:.1} | {hindsight:.1} | {least:.1} |");
    }
}

/// Ways to take turns.
pub(crate) fn turns(rows: &[turns::Row]) {
    println!("\n## Taking turns\n");
    println!(
        "The C programs; couples that count, after those that warm up. Each cell: contended / quieter."
    );
    println!(
        "The last column has each half of the recordings by itself, so that what suits one of them by \
         chance shows.\n"
    );
    if rows.is_empty() {
        println!("skipped: no recordings of couples");
        return;
    }
    println!(
        "| couples | metric | red at +3 % | s a case | s at +3 % | s at +3 %, contended, halves |"
    );
    println!("|---|---|---|---|---|---|");
    for turns::Row { name, metric, tallies, halves } in rows {
        let both = |change: usize, of: &dyn Fn(&Tally) -> String| {
            format!("{} / {}", of(&tallies[0][change]), of(&tallies[1][change]))
        };
        let seconds = |tally: &Tally| format!("{:.1}", tally.seconds_a_case());
        println!(
            "| {name} | {metric} | {} | {} | {} | {:.1}, {:.1} |",
            both(1, &|tally| percent(tally.share(tally.regressed))),
            both(0, &seconds),
            both(1, &seconds),
            halves[0],
            halves[1]
        );
    }
}

/// The gate with its own margins.
pub(crate) fn margins(rows: &[margins::Row]) {
    println!("\n## The margins of `dyno gate`\n");
    println!(
        "What it takes where a suite states none, at 60 s a case. Each cell: contended / quieter.\n"
    );
    println!(
        "| noise | metric | tolerated, caught | red, identical | undecided, identical | caught | \
         undecided | s a case | s when caught |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for row in rows {
        let both = |change: usize, of: &dyn Fn(&Tally) -> String| {
            let [contended, quieter] = &row.tallies;
            format!("{} / {}", of(&contended[change]), of(&quieter[change]))
        };
        let red = |tally: &Tally| percent(tally.share(tally.regressed));
        let open = |tally: &Tally| percent(tally.share(tally.open));
        let seconds = |tally: &Tally| format!("{:.1}", tally.seconds_a_case());
        let [tolerated, must_catch] = row.margins.map(|margin| 100.0 * margin);
        println!(
            "| {} | {} | {tolerated:.0} %, {must_catch:.0} % | {} | {} | {} | {} | {} | {} |",
            row.name,
            row.metric,
            both(0, &red),
            both(0, &open),
            both(1, &red),
            both(1, &open),
            both(0, &seconds),
            both(1, &seconds),
        );
    }
}

/// How the noise of the pipeline splits, and the number of couples that follows.
pub(crate) fn splits(splits: &[Split]) {
    /// More couples than this are never taken.
    const COUPLES_MAX: usize = 16;
    println!("\n## Couples in a pair\n");
    println!(
        "The pipeline: standard deviation of ln(B / A) from couple to couple, of pairs beyond that,"
    );
    println!(
        "and the number of couples that is worth most in a given time, {COUPLES_MAX} at most.\n"
    );
    println!("| regime | metric | couples | pairs | s a pair | s a couple | best number |");
    println!("|---|---|---|---|---|---|---|");
    for split in splits {
        let [pair, couple] = split.costs;
        let best = split.variances.best_iterations(pair, couple, COUPLES_MAX);
        println!(
            "| {} | {} | {} | {} | {pair:.2} | {couple:.3} | {best} |",
            split.regime,
            split.metric,
            percent(split.variances.within.sqrt()),
            percent(split.variances.between.sqrt()),
        );
    }
}

/// The layout check.
pub(crate) fn layouts(rows: &[layouts::Row]) {
    println!("\n## Other layouts\n");
    println!(
        "Simulated: layouts of both sides cost by chance as the first column says, pairs of processes \
         differ by 1 % beside that."
    );
    println!(
        "Each cell: found in other layouts too, gone there, and how many layouts of each side that \
         took, {} at most. The last column is what pairs of four layouts a side would call a change \
         of nothing, if each were judged by itself.\n",
        stats::sequential::layouts::MOST
    );
    let changes = layouts::CHANGES.map(|change| format!("{:+.0} % of work", 100.0 * change));
    println!("| layouts differ by | {} | pair by pair, no change |", changes.join(" | "));
    println!("|---|{}---|", "---|".repeat(changes.len()));
    for layouts::Row { name, said, by_pairs } in rows {
        let cells = said.map(|said| {
            format!("{}, {}, {:.0}", percent(said.there()), percent(said.gone()), said.layouts())
        });
        println!("| {name} | {} | {} |", cells.join(" | "), percent(*by_pairs));
    }
}
