//! `dyno data`: lists, builds, verifies and removes the input data of the workloads.
//!
//! What a dataset is and how it is made is the workloads' business; here are only names, progress
//! and words.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use engine::plan::Override;
use reports::format::{Kind, PROSE_DIGITS, Scale, counted};
use workload_api::Params;
use workloads::data::{DataDirectory, DatasetKind, Entry, KINDS};

use crate::args::{DataArgs, DataBuildArgs, DataCommand, DataRemoveArgs, DataVerifyArgs};
use crate::exit::{Exit, UsageError};
use crate::output::print;

/// Does what is asked for.
///
/// # Errors
/// When a name or a parameter is unknown, or the directory cannot be read or written.
pub(crate) fn run(args: &DataArgs) -> anyhow::Result<Exit> {
    match &args.command {
        DataCommand::List(dir) => list(&dir.directory()),
        DataCommand::Build(args) => build(args),
        DataCommand::Verify(args) => verify(args),
        DataCommand::Remove(args) => remove(args),
    }
}

fn list(directory: &DataDirectory) -> anyhow::Result<Exit> {
    let entries = entries(directory)?;
    if entries.is_empty() {
        return nothing(directory);
    }
    let mut text = String::new();
    for entry in &entries {
        let note = if entry.whole { "" } else { "  (not whole: being built, or left of a build)" };
        text.push_str(&format!("{:>9}  {}{note}\n", size(entry.bytes), entry.name));
    }
    let sum = entries.iter().map(|entry| entry.bytes).sum();
    let (count, path) = (counted(entries.len(), "dataset"), directory.path().display());
    text.push_str(&format!("{count}, {} in `{path}`\n", size(sum)));
    print(&text)?;
    Ok(Exit::Ok)
}

fn nothing(directory: &DataDirectory) -> anyhow::Result<Exit> {
    let kinds: Vec<_> = KINDS.iter().map(|kind| kind.spec().name).collect();
    print(&format!(
        "no data in `{}`; `dyno data build KIND` makes some: {}\n",
        directory.path().display(),
        kinds.join(", ")
    ))?;
    Ok(Exit::Ok)
}

fn build(args: &DataBuildArgs) -> anyhow::Result<Exit> {
    let kind = kind(&args.kind)?;
    let spec = kind.spec();
    let mut params = Params::default();
    for set in &args.set {
        let (name, value) = Override::parse(set)?.parameter(&spec)?;
        params.set(name, value);
    }
    let dataset = kind.dataset(&params, args.seed).map_err(|e| UsageError(e.to_string()))?;
    let directory = args.dir.directory();
    let known = entries(&directory)?;
    let name = dataset.name();
    if known.iter().any(|entry| entry.name == name && entry.whole) {
        print(&format!("{} is there already\n", directory.path().join(&name).display()))?;
        return Ok(Exit::Ok);
    }
    let progress = Progress::new(&name, dataset.bytes_about());
    let path = directory.ensure(dataset.as_ref(), threads(), &|bytes| progress.at(bytes))?;
    let made = Made {
        rows: dataset.rows(),
        bytes: progress.bytes(),
        written: progress.seconds(),
        whole: progress.start.elapsed().as_secs_f64(),
    };
    print(&format!("{}\n{}\n", path.display(), made.words()))?;
    Ok(Exit::Ok)
}

/// What a build has made, and in how many seconds.
struct Made {
    rows: u64,
    bytes: u64,
    /// To the last bytes written.
    written: f64,
    /// With the fingerprint and the disk.
    whole: f64,
}

/// A rate of fewer bytes would be that of starting threads and opening files.
const RATE_BYTES_MIN: u64 = 10_000_000;

impl Made {
    fn words(&self) -> String {
        let (mut rates, mut rate) = (String::new(), String::new());
        if self.bytes >= RATE_BYTES_MIN {
            let rows = scaled(Kind::RowsPerSecond, self.rows as f64 / self.written);
            rates = format!(" ({rows}, {})", gigabytes_per_second(self.bytes, self.written));
            rate = format!(" ({})", gigabytes_per_second(self.bytes, self.whole));
        }
        let (rows, bytes) = (scaled(Kind::Rows, self.rows as f64), size(self.bytes));
        let [written, whole] =
            [self.written, self.whole].map(|seconds| scaled(Kind::Time, seconds * 1e9));
        format!(
            "{rows} and {bytes} made in {written}{rates}; {whole}{rate} with its fingerprint and the disk"
        )
    }
}

fn scaled(kind: Kind, value: f64) -> String {
    kind.scale(value).with_unit(value, PROSE_DIGITS)
}

/// In the unit that disks and memory are sold by, which is also that of the limits in the docs.
fn gigabytes_per_second(bytes: u64, seconds: f64) -> String {
    Scale { factor: 1e9, unit: "GB/s" }.with_unit(bytes as f64 / seconds, PROSE_DIGITS)
}

fn kind(name: &str) -> anyhow::Result<&'static dyn DatasetKind> {
    KINDS.iter().copied().find(|kind| kind.spec().name == name).ok_or_else(|| {
        let kinds: Vec<_> = KINDS.iter().map(|kind| kind.spec().name).collect();
        let message = format!("no kind of data named `{name}`; there are: {}", kinds.join(", "));
        UsageError(message).into()
    })
}

fn verify(args: &DataVerifyArgs) -> anyhow::Result<Exit> {
    let directory = args.dir.directory();
    let names = match args.names.is_empty() {
        true => entries(&directory)?.into_iter().map(|entry| entry.name).collect(),
        false => known(&directory, &args.names)?,
    };
    if names.is_empty() {
        return nothing(&directory);
    }
    let mut exit = Exit::Ok;
    for name in names {
        let verdict = match directory.verify(&name, threads())? {
            Some(true) => "as it was made",
            Some(false) => "changed since it was made; remove it",
            None => "not whole: being built, or left of a build",
        };
        if verdict != "as it was made" {
            exit = Exit::WrongAnswer;
        }
        print(&format!("{name}: {verdict}\n"))?;
    }
    Ok(exit)
}

fn remove(args: &DataRemoveArgs) -> anyhow::Result<Exit> {
    let directory = args.dir.directory();
    let all = entries(&directory)?;
    let names = match args.all {
        true => all.iter().map(|entry| entry.name.clone()).collect(),
        false => known(&directory, &args.names)?,
    };
    if names.is_empty() {
        return nothing(&directory);
    }
    for entry in all.iter().filter(|entry| names.contains(&entry.name)) {
        directory.remove(&entry.name).with_context(|| format!("cannot remove {}", entry.name))?;
        print(&format!("removed  {}  {}\n", entry.name, size(entry.bytes)))?;
    }
    Ok(Exit::Ok)
}

/// The names, if all of them are there.
fn known(directory: &DataDirectory, names: &[String]) -> anyhow::Result<Vec<String>> {
    let entries = entries(directory)?;
    match names.iter().find(|name| entries.iter().all(|entry| entry.name != **name)) {
        None => Ok(names.to_vec()),
        Some(name) => {
            let path = directory.path().display();
            let message = format!("no dataset `{name}` in `{path}`; `dyno data list` names them");
            Err(UsageError(message).into())
        }
    }
}

fn entries(directory: &DataDirectory) -> anyhow::Result<Vec<Entry>> {
    directory.entries().with_context(|| format!("cannot read `{}`", directory.path().display()))
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn size(bytes: u64) -> String {
    scaled(Kind::Bytes, bytes as f64)
}

/// Lines on standard error while data is made, one every two seconds.
struct Progress<'a> {
    name: &'a str,
    about: u64,
    start: Instant,
    bytes: AtomicU64,
    /// When the last bytes were written, in ns since the start.
    last: AtomicU64,
    said: Mutex<Instant>,
}

impl<'a> Progress<'a> {
    fn new(name: &'a str, about: u64) -> Self {
        let start = Instant::now();
        Self {
            name,
            about,
            start,
            bytes: AtomicU64::new(0),
            last: AtomicU64::new(0),
            said: Mutex::new(start),
        }
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// From the start to the last bytes written.
    fn seconds(&self) -> f64 {
        Duration::from_nanos(self.last.load(Ordering::Relaxed)).as_secs_f64()
    }

    fn at(&self, bytes: u64) {
        // OK because nobody waits for 500 years.
        self.last.fetch_max(self.start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        let bytes = self.bytes.fetch_max(bytes, Ordering::Relaxed).max(bytes);
        // Whoever finds the lock taken leaves the word to its holder.
        let Ok(mut said) = self.said.try_lock() else { return };
        if said.elapsed() < Duration::from_secs(2) {
            return;
        }
        *said = Instant::now();
        let rate = bytes as f64 / self.start.elapsed().as_secs_f64();
        eprintln!(
            "{}: {} of about {}, {}/s",
            self.name,
            size(bytes),
            size(self.about),
            size(rate as u64)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_stands_beside_times_that_are_long_enough_for_one() {
        let made = |bytes| Made { rows: 1_000_000, bytes, written: 0.02, whole: 0.04 }.words();
        assert_eq!(
            made(20_000_000),
            "1.00 M rows and 19.1 MiB made in 20.0 ms (50.0 M rows/s, 1.00 GB/s); 40.0 ms (0.500 GB/s) \
             with its fingerprint and the disk"
        );
        assert_eq!(
            made(9_000_000),
            "1.00 M rows and 8.58 MiB made in 20.0 ms; 40.0 ms with its fingerprint and the disk"
        );
    }
}
