//! The machine and the build at one moment, in words: everything that a reader needs to judge
//! whether two runs may be compared. Captured before and after a run.
//!
//! Nothing here fails: what cannot be read says `unknown: why`. `docs/environment.md` lists the
//! facts.

use std::path::Path;

use record::{Environment, Fact};
use twox_hash::XxHash3_64;

mod build;
mod cores;
mod cpu;
mod kernel;
mod noise;
mod storage;

pub use build::tool;
pub use cpu::online as cores_online;
pub use noise::{Noise, NoiseDelta, frequency_hz};
pub use storage::Mount;

/// A fact in words, or why there is none.
type Known = Result<String, String>;

/// Describes the machine, the file system of `data_dir`, and the source tree that is measured.
/// The cores are tried for 85 ms, and `rustc` and `git` are asked, with a limit of 5 s each.
pub fn capture(data_dir: &Path, measured_tree: &Path) -> Environment {
    let cpuinfo = read("/proc/cpuinfo").unwrap_or_default();
    let mut facts = Vec::new();
    facts.extend(cpu::facts(&cpuinfo));
    facts.push(fact("cores_really_there", cores::really_there()));
    facts.extend(kernel::facts());
    facts.extend(storage::facts(data_dir));
    facts.extend(noise::facts());
    facts.extend(build::facts(measured_tree));
    Environment { machine_key: machine_key(&cpuinfo), facts }
}

/// The file system that holds `path`, or would hold it; nothing where mounts cannot be read.
pub fn storage(path: &Path) -> Option<Mount> {
    storage::mount_of(path).ok()
}

/// Runs with equal keys may be compared: one hash of what makes a machine fast or slow and does
/// not change from run to run. Memory is rounded to GiB, because the kernel keeps a share of it
/// that differs between versions.
fn machine_key(cpuinfo: &str) -> String {
    let parts = [
        cpu::model(cpuinfo).unwrap_or_default(),
        cpu::online().to_string(),
        kernel::memory_gib().map_or_else(|_| String::new(), |gib| gib.to_string()),
        std::env::consts::ARCH.to_owned(),
        cpu::hypervisor(cpuinfo).to_string(),
    ];
    key_of(&parts)
}

fn key_of(parts: &[String]) -> String {
    format!("{:016x}", XxHash3_64::oneshot(parts.join("\n").as_bytes()))
}

fn fact(name: &str, known: Known) -> Fact {
    let value = known.unwrap_or_else(|why| format!("unknown: {why}"));
    Fact { name: name.to_owned(), value }
}

/// A file of one value, without the space around it.
fn read(path: impl AsRef<Path>) -> Known {
    let path = path.as_ref();
    if !cfg!(target_os = "linux") {
        return Err("not read on this system".to_owned());
    }
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(format!("not exposed here ({} is absent)", path.display()))
        }
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Bytes with a binary prefix, for people.
fn bytes(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, "B");
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if value < 1_024.0 {
            break;
        }
        value /= 1_024.0;
        unit = next;
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn capture_tells_every_fact_once_and_leaves_none_empty() {
        let temp = tempfile::tempdir().unwrap();
        let environment = capture(temp.path(), temp.path());
        let names: BTreeSet<_> = environment.facts.iter().map(|fact| &fact.name).collect();
        assert_eq!(names.len(), environment.facts.len());
        for fact in &environment.facts {
            assert!(!fact.value.is_empty() && fact.value != "unknown: ", "{fact:?}");
            assert!(!fact.value.contains('\n'), "{fact:?}");
        }
        assert_eq!(environment.machine_key.len(), 16);
        assert_eq!(environment.machine_key, capture(temp.path(), temp.path()).machine_key);
    }

    #[test]
    fn every_fact_is_described_in_docs_environment_md() {
        let temp = tempfile::tempdir().unwrap();
        let docs = include_str!("../../../docs/environment.md");
        for fact in capture(temp.path(), temp.path()).facts {
            assert!(docs.contains(&format!("| `{}` |", fact.name)), "{} is missing", fact.name);
        }
    }

    #[test]
    fn the_machine_key_depends_on_each_part() {
        let parts: Vec<String> = ["EPYC", "2", "16", "x86_64", "true"].map(str::to_owned).into();
        for at in 0..parts.len() {
            let mut other = parts.clone();
            other[at].push('x');
            assert_ne!(key_of(&parts), key_of(&other), "part {at}");
        }
        assert_eq!(key_of(&parts), key_of(&parts.clone()));
    }

    #[test]
    fn bytes_are_written_with_binary_prefixes() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1_023), "1023 B");
        assert_eq!(bytes(1_536), "1.5 KiB");
        assert_eq!(bytes(16 << 30), "16.0 GiB");
        assert_eq!(bytes(u64::MAX), "16384.0 PiB");
    }
}
