//! What the counters cost: the time of one `start` and one `stop`, for each source alone and all
//! together, on a process with few and with many threads. Prints a table.
//!
//! Run it with `cargo run --release -p engine --example counter_cost`.

use std::io::Write;
use std::thread;
use std::time::Instant;

use engine::counters::{
    CounterSource, Counters, Hardware, Process, SOURCES, Software, Target, TargetKind,
};
use engine::environment::Noise;

const REPEATS: usize = 2_000;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    for threads in [1_usize, 16] {
        for _ in 1..threads {
            thread::spawn(thread::park);
        }
        let cases: [(&str, &[&dyn CounterSource]); 4] = [
            ("hardware", &[&Hardware]),
            ("software", &[&Software]),
            ("process", &[&Process]),
            ("all", SOURCES),
        ];
        writeln!(out, "{threads} threads       begin us   start us    stop us")?;
        for (name, sources) in cases {
            let [begin, start, stop] = medians(sources);
            writeln!(out, "  {name:<12} {begin:>10.2} {start:>10.2} {stop:>10.2}")?;
        }
    }
    let mut times: Vec<f64> = (0..REPEATS)
        .map(|_| {
            let begin = Instant::now();
            std::hint::black_box(Noise::now());
            begin.elapsed().as_nanos() as f64
        })
        .collect();
    writeln!(out, "noise          {:>10.2}", median(&mut times))
}

/// Medians in us over many samples of this very process.
fn medians(sources: &[&dyn CounterSource]) -> [f64; 3] {
    let target = Target::new(std::process::id(), TargetKind::Worker);
    let (mut counters, _) = Counters::open(&target, sources);
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..REPEATS {
        let moments: [Instant; 4] = [
            Instant::now(),
            {
                counters.begin();
                Instant::now()
            },
            {
                counters.start();
                Instant::now()
            },
            {
                std::hint::black_box(counters.stop());
                Instant::now()
            },
        ];
        for (times, pair) in times.iter_mut().zip(moments.windows(2)) {
            times.push((pair[1] - pair[0]).as_nanos() as f64);
        }
    }
    times.map(|mut times| median(&mut times))
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2] / 1_000.0
}
