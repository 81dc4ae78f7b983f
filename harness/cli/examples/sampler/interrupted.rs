//! How long a sample stops a program: one that does nothing but look at the time sees each
//! interruption, whatever else runs on the machine. It is this program again, sampled by nobody, by
//! `perf record` and by dyno in turns.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use engine::counters::{Counters, Target, TargetKind};
use engine::profiler::{Profiler, Settings};
use stats::median;

use super::cost::WITHOUT_STACK;
use super::there_is_perf;

/// The word on the command line that makes this program the one that is sampled.
pub(super) const LOOK: &str = "look";

/// How long it looks, and how often each kind has its turn.
const TIME: Duration = Duration::from_secs(2);
const TURNS: usize = 7;

/// Shorter ones are cache misses, longer ones are other programs that have the core.
const INTERRUPTIONS: std::ops::Range<u128> = 5_000..100_000;

/// Bytes of stack above the call that looks.
const DEPTH: usize = 10 << 10;

enum Way {
    Nobody,
    Perf(&'static [&'static str]),
    /// Bytes of ring and copied stack; without them the usual ones.
    Dyno(Option<(usize, u32)>),
}

const WAYS: [(&str, Way); 8] = [
    ("nobody", Way::Nobody),
    ("nobody, another process", Way::Nobody),
    ("`perf record`, without call chains", Way::Perf(&[])),
    ("`perf record -g`, frame pointers", Way::Perf(&["-g"])),
    ("`perf record --call-graph dwarf,16384`", Way::Perf(&["--call-graph", "dwarf,16384"])),
    ("dyno", Way::Dyno(None)),
    ("dyno, 16 KiB of the stack", Way::Dyno(Some((512 << 10, 16 << 10)))),
    ("dyno, nothing of the stack", Way::Dyno(Some(WITHOUT_STACK))),
];

/// What the program saw.
#[derive(Default)]
struct Seen {
    /// Share of its time, in percent.
    share: Vec<f64>,
    /// Interruptions a second.
    rate: Vec<f64>,
    /// The median of their lengths, in us.
    length: Vec<f64>,
}

/// Prints, for each way, what the program saw of it.
pub(super) fn interrupted() -> anyhow::Result<()> {
    let ways: Vec<_> = WAYS
        .into_iter()
        .filter(|(_, way)| !matches!(way, Way::Perf(_)) || there_is_perf())
        .collect();
    let mut all: Vec<Seen> = ways.iter().map(|_| Seen::default()).collect();
    for turn in 0..TURNS {
        for at in 0..ways.len() {
            // Each turn begins with another one.
            let at = (at + turn) % ways.len();
            sampled(&ways[at].1, &mut all[at])?;
        }
    }
    let of = |list: &[f64]| median(list).context("no run");
    let nobody = of(&all[0].share)?;
    println!("a program that looks at the time all the time: interruptions of 5 to 100 us,");
    println!("medians of {TURNS} runs of {} s of each kind in turns", TIME.as_secs());
    println!(
        "  | sampled at 999 Hz by | share of its time | more than by nobody | a second | length |"
    );
    println!("  |---|---:|---:|---:|---:|");
    for ((name, _), seen) in ways.iter().zip(&all) {
        let (share, rate, length) = (of(&seen.share)?, of(&seen.rate)?, of(&seen.length)?);
        let more = share - nobody;
        println!("  | {name} | {share:.2} % | {more:+.2} % | {rate:.0} | {length:.1} us |");
    }
    println!();
    Ok(())
}

fn sampled(way: &Way, seen: &mut Seen) -> anyhow::Result<()> {
    let me = std::env::current_exe()?;
    let place = tempfile::tempdir()?;
    let text = match way {
        Way::Nobody => said(Command::new(me).arg(LOOK))?,
        Way::Perf(options) => {
            let mut perf = Command::new("perf");
            perf.args(["record", "-q", "-F", "999", "-e", "cpu-clock"]).args(*options);
            said(perf.args(["-o", "perf.data", "--"]).arg(me).arg(LOOK).current_dir(&place))?
        }
        Way::Dyno(sizes) => by_dyno(&me, *sizes)?,
    };
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let mut next = || numbers.next().context("too few numbers")?.context("no number");
    let (total, sum, count, length) = (next()?, next()?, next()?, next()?);
    seen.share.push(100.0 * sum / total);
    seen.rate.push(count / (total / 1e9));
    seen.length.push(length / 1e3);
    Ok(())
}

/// A shell that becomes the program when the profiler is attached.
fn by_dyno(me: &Path, sizes: Option<(usize, u32)>) -> anyhow::Result<String> {
    let mut held = Command::new("sh");
    held.args(["-c", "read go && exec \"$0\" \"$@\""]).arg(me).arg(LOOK);
    let mut child = held.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let profiler = Profiler::new(Settings { sizes, ..Settings::default() });
    profiler.arm(true);
    let target = Target::new(child.id(), TargetKind::Command);
    let (mut counters, lacks) = Counters::open(&target, &[&profiler]);
    ensure!(lacks.is_empty(), "{lacks:?}");
    counters.start();
    child.stdin.take().context("no pipe")?.write_all(b"go\n")?;
    let output = child.wait_with_output()?;
    counters.stop();
    ensure!(output.status.success(), "{}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

fn said(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// Looks, and prints its time, that of all interruptions, their number and median length, in ns.
pub(super) fn look() -> anyhow::Result<()> {
    let top = black_box(0_u8);
    let (total, mut lengths) = below(&top);
    let sum: u128 = lengths.iter().sum();
    lengths.sort_unstable();
    let middle = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
    println!("{total} {sum} {} {middle}", lengths.len());
    Ok(())
}

/// Calls itself until it is deep enough below a variable of its first caller.
#[inline(never)]
fn below(top: &u8) -> (u128, Vec<u128>) {
    let room = black_box([0_u8; 256]);
    let depth = (top as *const u8 as usize).abs_diff(room.as_ptr() as usize);
    let seen = if depth < DEPTH { below(top) } else { gaps() };
    black_box(room);
    seen
}

fn gaps() -> (u128, Vec<u128>) {
    let mut lengths = Vec::with_capacity(100_000);
    let began = Instant::now();
    let mut last = began;
    while last - began < TIME {
        let now = Instant::now();
        let gap = (now - last).as_nanos();
        if INTERRUPTIONS.contains(&gap) {
            lengths.push(gap);
        }
        last = now;
    }
    ((last - began).as_nanos(), lengths)
}
