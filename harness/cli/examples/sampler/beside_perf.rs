//! Both look at the same execution: dyno profiles a command that is `perf record` of a pipeline. How
//! many samples each found, and the heaviest functions of both.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use record::Profile;
use record::store::Store;
use reports::profile::{View, functions, stacks};

use super::{dyno, there_is_perf};

/// Functions that are held side by side.
const TOP: usize = 10;

fn run(place: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(dyno()?)
        .args(arguments)
        .current_dir(place)
        .env("DYNO_STORE", place.join("store"))
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Prints both.
pub(super) fn beside_perf() -> anyhow::Result<()> {
    if !there_is_perf() {
        println!("no perf here: nothing to compare with\n");
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    let inner = "name = \"inner\"\n[sampling]\nprocesses = 1\niterations = 8\nwarmup = 0\n\
                 [[case]]\nworkload = \"pipeline\"\nparams = { rows = 200_000 }\n\
                 grid = { step = [\"00\", \"06\"] }\n";
    std::fs::write(place.path().join("inner.toml"), inner)?;
    let outer = format!(
        "name = \"outer\"\n[sampling]\nprocesses = 1\niterations = 1\nwarmup = 0\ntimeout = \"5m\"\n\
         [profile]\ntime = \"1ms\"\n[[case]]\nrunner = \"perf\"\n[[runner]]\nname = \"perf\"\n\
         command = [\"perf\", \"record\", \"-q\", \"-F\", \"999\", \"-g\", \"-e\", \"cpu-clock\", \
         \"-o\", \"perf.data\", \"--\", {:?}, \"run\", \"inner.toml\", \"--no-report\", \"--store\", \
         \"inner\"]\n",
        dyno()?
    );
    std::fs::write(place.path().join("outer.toml"), outer)?;
    run(place.path(), &["profile", "outer.toml"])?;
    let store = Store::open(place.path().join("store"));
    let last = store.runs()?.pop().context("no run")?;
    let profile = store.profiles(&last.id)?.pop().context("no profile")?;
    let ours = own_samples(&profile);
    let theirs = perf_samples(place.path())?;
    let sum = |of: &BTreeMap<String, u64>| of.values().sum::<u64>();
    let (ours_all, theirs_all) = (sum(&ours), sum(&theirs));
    println!("samples of the same execution, perf's own left out");
    println!("  perf {theirs_all}, dyno {ours_all}: {:+.2} %", change(ours_all, theirs_all));
    println!(
        "  dyno: lost {}, broken stacks {:.2} %, unknown frames {:.1} %",
        profile.info.lost,
        100.0 * profile.info.broken_share(),
        100.0 * profile.info.unknown_share()
    );
    println!("  {:>7} {:>7}  function", "perf", "dyno");
    let mut ranked: Vec<_> = theirs.iter().collect();
    ranked.sort_by_key(|(_, samples)| std::cmp::Reverse(**samples));
    let percent = |part: u64, whole: u64| 100.0 * part as f64 / whole as f64;
    for (name, samples) in ranked.iter().take(TOP) {
        let own = ours.get(*name).copied().unwrap_or(0);
        let (perf, dyno) = (percent(**samples, theirs_all), percent(own, ours_all));
        println!("  {perf:>6.2}% {dyno:>6.2}%  {name}");
    }
    let mut own: Vec<_> = ours.iter().collect();
    own.sort_by_key(|(_, samples)| std::cmp::Reverse(**samples));
    let top = |list: &[(&String, &u64)]| -> Vec<String> {
        list.iter().take(TOP).map(|(name, _)| (*name).clone()).collect()
    };
    let (perf_top, dyno_top) = (top(&ranked), top(&own));
    let both = perf_top.iter().filter(|name| dyno_top.contains(name)).count();
    println!("  {both} of perf's {TOP} heaviest functions are among dyno's {TOP}\n");
    Ok(())
}

fn change(ours: u64, theirs: u64) -> f64 {
    100.0 * (ours as f64 / theirs as f64 - 1.0)
}

/// Samples by innermost function, those of perf itself left out.
fn own_samples(profile: &Profile) -> BTreeMap<String, u64> {
    let mut stacks = stacks(profile, View::Unfolded);
    stacks.retain(|stack| !stack.frames.starts_with("perf"));
    let named = functions(&stacks).into_iter().filter(|function| function.own_samples > 0);
    let mut all = BTreeMap::new();
    for function in named {
        *all.entry(bare(&function.name)).or_default() += function.own_samples;
    }
    all
}

/// The same by perf.
fn perf_samples(place: &Path) -> anyhow::Result<BTreeMap<String, u64>> {
    let output = Command::new("perf")
        .args(["script", "-i", "perf.data", "--no-inline", "-F", "comm,ip,sym,dso"])
        .current_dir(place)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut all = BTreeMap::new();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for sample in text.split("\n\n") {
        let mut lines = sample.trim_matches('\n').lines();
        let Some(comm) = lines.next() else { continue };
        if comm.trim().starts_with("perf") {
            continue;
        }
        // `  55d0c0ffee some::name (/path/of/file)`, innermost first.
        let Some((_, rest)) = lines.next().and_then(|line| line.trim().split_once(' ')) else {
            continue;
        };
        let (name, file) = rest.rsplit_once(" (").unwrap_or((rest, ""));
        let file = file.trim_end_matches(')').rsplit('/').next().unwrap_or_default();
        let name = match name {
            "[unknown]" => format!("[{file}]"),
            name => bare(name),
        };
        *all.entry(name).or_default() += 1;
    }
    Ok(all)
}

/// A name without what only one of the two writes: the kernel's suffix, Rust's hash, the other name
/// of the same place.
fn bare(name: &str) -> String {
    let name = name.strip_suffix("_[k]").unwrap_or(name);
    let hash = name.rsplit_once("::h").filter(|(_, hash)| {
        hash.len() == 16 && hash.bytes().all(|digit| digit.is_ascii_hexdigit())
    });
    let name = hash.map_or(name, |(name, _)| name);
    // glibc has one function for both, under two names.
    name.replace(';', ":").replace("__memcpy_", "__memmove_")
}
