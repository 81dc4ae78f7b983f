//! What else the machine was doing: load, pressure (PSI) and stolen time. As facts of a run, and as
//! totals that a sample can subtract. The parsers are pure.

use std::fs::File;
use std::path::PathBuf;
use std::sync::OnceLock;

use record::Fact;

use super::{Known, cpu, fact, read};

/// One tick of `/proc/stat` in ns: 100 a second, whatever the kernel's own HZ is.
const TICK_NS: u64 = 10_000_000;

/// Totals since the machine started; `None` where the kernel does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noise {
    /// Time in which at least one task waited for a CPU, in ns.
    pub cpu_pressure_ns: Option<u64>,
    /// Time in which at least one task waited for memory, in ns.
    pub memory_pressure_ns: Option<u64>,
    /// Time in which at least one task waited for I/O, in ns.
    pub io_pressure_ns: Option<u64>,
    /// Time that the hypervisor gave to others, in ns, over all cores; in ticks of 10 ms.
    pub steal_ns: Option<u64>,
}

/// The files behind [`Noise`], kept open: every sample reads them twice, and opening costs more
/// than reading.
struct Files {
    cpu: Option<File>,
    memory: Option<File>,
    io: Option<File>,
    stat: Option<File>,
    /// Current frequency of each core.
    frequencies: Vec<File>,
}

/// More cores than these are not asked for their frequency.
const FREQUENCY_CORES_MAX: usize = 64;

fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let open = |path: &str| File::open(path).ok();
        let frequency = |core: usize| {
            let path = format!("/sys/devices/system/cpu/cpu{core}/cpufreq/scaling_cur_freq");
            File::open(PathBuf::from(path)).ok()
        };
        Files {
            cpu: open("/proc/pressure/cpu"),
            memory: open("/proc/pressure/memory"),
            io: open("/proc/pressure/io"),
            stat: open("/proc/stat"),
            frequencies: (0..cpu::online().min(FREQUENCY_CORES_MAX))
                .filter_map(frequency)
                .collect(),
        }
    })
}

/// The beginning of a file that the kernel writes anew at each read from its start.
#[cfg(unix)]
fn reread(file: &File) -> Option<String> {
    let mut buffer = [0; 512];
    let length = std::os::unix::fs::FileExt::read_at(file, &mut buffer, 0).ok()?;
    Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

#[cfg(not(unix))]
fn reread(_file: &File) -> Option<String> {
    None
}

/// The clock frequency of the fastest core now, in Hz; `None` without cpufreq.
pub fn frequency_hz() -> Option<u64> {
    let khz =
        files().frequencies.iter().filter_map(|file| reread(file)?.trim().parse::<u64>().ok());
    khz.max()?.checked_mul(1_000)
}

/// What [`Noise`] grew by.
pub type NoiseDelta = Noise;

impl Noise {
    /// Reads the totals of four small files.
    pub fn now() -> Self {
        let total = |file: &Option<File>| Some(parse_pressure(&reread(file.as_ref()?)?)?.total_ns);
        let files = files();
        Self {
            cpu_pressure_ns: total(&files.cpu),
            memory_pressure_ns: total(&files.memory),
            io_pressure_ns: total(&files.io),
            steal_ns: files.stat.as_ref().and_then(|file| steal_ns(&reread(file)?)),
        }
    }

    /// What it grew by since `before`; `None` where either is.
    pub fn since(&self, before: &Self) -> NoiseDelta {
        let grown = |now: Option<u64>, then: Option<u64>| Some(now?.saturating_sub(then?));
        Self {
            cpu_pressure_ns: grown(self.cpu_pressure_ns, before.cpu_pressure_ns),
            memory_pressure_ns: grown(self.memory_pressure_ns, before.memory_pressure_ns),
            io_pressure_ns: grown(self.io_pressure_ns, before.io_pressure_ns),
            steal_ns: grown(self.steal_ns, before.steal_ns),
        }
    }
}

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact("load_average", read("/proc/loadavg").and_then(|text| load(&text))),
        fact("cpu_pressure", pressure("cpu")),
        fact("memory_pressure", pressure("memory")),
        fact("io_pressure", pressure("io")),
        fact("steal", steal()),
    ]
}

fn load(text: &str) -> Known {
    let words: Vec<_> = text.split_whitespace().take(3).collect();
    if words.len() == 3 { Ok(words.join(" ")) } else { Err(format!("unexpected text `{text}`")) }
}

fn pressure(name: &str) -> Known {
    let text = read(format!("/proc/pressure/{name}"))?;
    let some = parse_pressure(&text).ok_or("unexpected text in /proc/pressure")?;
    Ok(format!("{:.2} % of the last 10 s, {} ms in all", some.avg10, some.total_ns / 1_000_000))
}

fn steal() -> Known {
    let ns = steal_ns(&read("/proc/stat")?).ok_or("no steal in /proc/stat")?;
    Ok(format!("{} ms in all", ns / 1_000_000))
}

/// The line `some` of a pressure file: at least one task waited.
struct Pressure {
    avg10: f64,
    total_ns: u64,
}

fn parse_pressure(text: &str) -> Option<Pressure> {
    let line = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let value = |key: &str| line.split(' ').find_map(|word| word.strip_prefix(key));
    Some(Pressure {
        avg10: value("avg10=")?.parse().ok()?,
        total_ns: value("total=")?.parse::<u64>().ok()?.checked_mul(1_000)?,
    })
}

/// Field 8 of the first line of `/proc/stat`.
fn steal_ns(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
    line.split_whitespace().nth(7)?.parse::<u64>().ok()?.checked_mul(TICK_NS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PRESSURE: &str = "some avg10=0.38 avg60=3.50 avg300=3.77 total=59441670\n\
                            full avg10=0.00 avg60=0.00 avg300=0.00 total=0";
    const STAT: &str = "cpu  55833 0 12321 339323 1224 0 195 46 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10";

    #[test]
    fn pressure_and_steal_are_read_in_ns() {
        let some = parse_pressure(PRESSURE).unwrap();
        assert_eq!((some.avg10, some.total_ns), (0.38, 59_441_670_000));
        assert_eq!(steal_ns(STAT), Some(460_000_000));
        assert_eq!(load("0.10 0.20 0.30 1/99 4242").unwrap(), "0.10 0.20 0.30");
        assert!(load("0.10").is_err());
    }

    #[test]
    fn noise_is_subtracted_and_what_is_not_told_stays_unknown() {
        let before = Noise { cpu_pressure_ns: Some(5), steal_ns: Some(1), ..Noise::default() };
        let after = Noise { cpu_pressure_ns: Some(9), io_pressure_ns: Some(3), ..before };
        let delta = after.since(&before);
        assert_eq!(delta.cpu_pressure_ns, Some(4));
        assert_eq!(delta.steal_ns, Some(0));
        assert_eq!((delta.io_pressure_ns, delta.memory_pressure_ns), (None, None));
    }

    #[test]
    fn the_totals_of_this_machine_never_fall() {
        let before = Noise::now();
        let after = Noise::now();
        assert!(after.cpu_pressure_ns >= before.cpu_pressure_ns);
        assert!(after.steal_ns >= before.steal_ns);
        assert_eq!(after.steal_ns.is_some(), cfg!(target_os = "linux"));
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in "[ -~\n]{0,120}", number in any::<u64>()) {
            let _ = (parse_pressure(&text), steal_ns(&text), load(&text));
            let _ = parse_pressure(&format!("some avg10=1 total={number}"));
        }
    }
}
