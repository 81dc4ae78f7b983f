//! Replays recorded noise on this crate's gate and on the rules of other tools, and prints what
//! came out as Markdown: `docs/replay.md` is its output. Seeded, so it prints the same every time
//! but for the time of a scan. Takes a few minutes; with `--quick` seconds.
//!
//! ```text
//! cargo run --release --package stats --example replay > docs/replay.md
//! ```
//!
//! With `--units` it prints `fixtures/noise/units_in_turn.csv`, from the recordings.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints")]

mod bisect;
mod gate;
mod goals;
mod ideal;
mod layouts;
mod margins;
mod markdown;
mod noise;
mod peers;
mod rates;
mod rules;
#[path = "../../src/seeded.rs"]
mod seeded;
mod table;
mod turns;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use goals::{Effort, Figure, of_metric};
use noise::Group;

fn main() -> ExitCode {
    match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => print(Effort { suites: 10_000, replays: 2000, histories: 20_000 }),
        [word] if word == "--quick" => print(Effort { suites: 200, replays: 100, histories: 2000 }),
        [word] if word == "--units" => match turns::fixture(&noise::folder()) {
            Some(units) => print!("{units}"),
            None => {
                eprintln!("error: no recordings in {}", noise::folder().display());
                return ExitCode::FAILURE;
            }
        },
        other => {
            eprintln!("error: found {}, allowed is --quick, --units or nothing", other.join(" "));
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn print(effort: Effort) {
    let (kernels, pipeline) = (noise::kernels(), noise::pipeline());
    let by_coin = noise::by_coin();
    let recordings = noise::recordings();
    println!("# Replayed verdicts\n");
    println!("Written by `cargo run --release --package stats --example replay`.");
    println!("What the rules are and where the noise is from: [verdicts.md](verdicts.md).\n");
    let (suites, identical) = goals::suites(&all(&kernels, &pipeline), effort);
    let rows = table::rows([&kernels, &by_coin, &pipeline], recordings.as_ref().ok(), effort);
    markdown::table(&rows, recordings.as_ref().err().map(PathBuf::as_path));
    markdown::goals();
    markdown::figure(&suites);
    markdown::figure(&goals::calibrated(&all(&kernels, &pipeline), effort));
    goals::power(&of_metric(&kernels, "cpu"), effort).iter().for_each(markdown::figure);
    table::beside_peers(&rows, &identical).iter().for_each(markdown::figure);
    let wall = of_metric(&kernels, "wall");
    goals::undecided(&of_metric(&kernels, "cpu"), &wall, effort).iter().for_each(markdown::figure);
    let linked = layouts::rows(effort);
    layouts::figures(&linked).iter().for_each(markdown::figure);
    markdown::figure(&goals::flips(&all(&kernels, &pipeline), effort));
    markdown::figure(&goals::histories(effort));
    markdown::figure(&scan_time());
    markdown::figure(&bisect::figure(&of_metric(&kernels, "cpu"), effort));
    markdown::ideal(&ideal::rows(&of_metric(&kernels, "cpu"), effort));
    markdown::turns(&turns::compared(&noise::folder(), &by_coin, effort));
    let commands = recordings.as_ref().map(noise::Recordings::commands).unwrap_or_default();
    markdown::margins(&margins::rows(&kernels, &pipeline, &commands, effort));
    markdown::splits(&noise::splits());
    markdown::layouts(&linked);
}

fn all<'a>(kernels: &'a [Group], pipeline: &'a [Group]) -> Vec<&'a Group> {
    kernels.iter().chain(pipeline).collect()
}

/// The time of a scan, which no test judges.
fn scan_time() -> Figure {
    const ROUNDS: u32 = 2000;
    let mut seeded = seeded::Seeded::new(9);
    let series: Vec<f64> = (0..100).map(|_| goals::noise(&mut seeded)).collect();
    let began = Instant::now();
    let steps: usize = (0..ROUNDS).map(|_| std::hint::black_box(stats::steps(&series)).len()).sum();
    let took = began.elapsed().as_secs_f64() * 1e3 / f64::from(ROUNDS);
    std::hint::black_box(steps);
    Figure {
        name: "G9",
        goal: "a scan of 100 points takes at most 0.1 ms",
        found: format!("{took:.3} ms"),
        holds: took <= 0.1,
    }
}
