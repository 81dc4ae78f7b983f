//! The profiler beside `perf record`, and what it costs. Prints; judges nothing. Needs Debian's
//! `linux-perf` for a part of it, and an idle machine; `docs/profiles.md` says what came out:
//!
//! ```text
//! cargo build --release && cargo run --release --package dyno --example sampler
//! cargo run --release --package dyno --example sampler cost     # the second part alone
//! ```
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod beside_perf;
mod cost;
mod interrupted;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, ensure};

fn main() -> ExitCode {
    let part = std::env::args().nth(1).unwrap_or_default();
    let measured = match part.as_str() {
        interrupted::LOOK => interrupted::look(),
        "cost" => costs(),
        _ => beside_perf::beside_perf().and_then(|()| costs()),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Seven runs of two seconds for each way to sample, then a minute and a half for each work.
fn costs() -> anyhow::Result<()> {
    interrupted::interrupted()?;
    cost::cost()
}

/// dyno, which cargo puts beside the directory of the examples.
fn dyno() -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe()?;
    let exe = me.parent().and_then(Path::parent).context("no target directory")?.join("dyno");
    ensure!(exe.exists(), "no {}; build it first", exe.display());
    Ok(exe)
}

fn there_is_perf() -> bool {
    let mut perf = Command::new("perf");
    perf.arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}
