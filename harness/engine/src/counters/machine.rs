//! Sentinels of noise: what the machine as a whole did while a sample was taken. They explain
//! samples, and a suite's `reject` rule may take samples out by them; nothing is judged by them.
//!
//! The totals are those of `environment::noise`; whatever else runs is in them, dyno too.

use std::sync::OnceLock;

use record::metrics::{CPU_PRESSURE, FREQUENCY, IO_PRESSURE, MEMORY_PRESSURE, Metric, STEAL};
use record::{Source, Unavailable};

use super::snapshot::{Kind, Reading, Snapshot};
use super::{CounterSource, Opened, Probe, Target, unavailable};
use crate::environment::{Noise, cores_online, frequency_hz};

/// Pressure, steal and frequency of the machine.
pub struct Machine;

impl CounterSource for Machine {
    fn name(&self) -> &'static str {
        "machine"
    }

    fn open(&self, _target: &Target<'_>) -> Opened {
        Opened { probes: vec![Box::new(MachineProbe)], unavailable: lacks(&readings()) }
    }
}

struct MachineProbe;

impl Probe for MachineProbe {
    fn read(&mut self) -> Result<Snapshot, Unavailable> {
        Ok(Snapshot { readings: readings() })
    }
}

/// What this machine tells.
fn readings() -> Vec<Reading> {
    static CORES: OnceLock<u64> = OnceLock::new();
    let cores = *CORES.get_or_init(|| cores_online().max(1) as u64);
    let noise = Noise::now();
    let all = [
        (CPU_PRESSURE, noise.cpu_pressure_ns, Kind::Total),
        (MEMORY_PRESSURE, noise.memory_pressure_ns, Kind::Total),
        (IO_PRESSURE, noise.io_pressure_ns, Kind::Total),
        // Rounded by less than a core's share of one ns.
        (STEAL, noise.steal_ns.map(|ns| ns / cores), Kind::Total),
        (FREQUENCY, frequency_hz(), Kind::Level),
    ];
    let reading = |(metric, value, kind): (Metric, Option<u64>, Kind)| {
        Some(Reading { metric, source: Source::Machine, value: value?, kind })
    };
    all.into_iter().filter_map(reading).collect()
}

/// What is missing among the readings, and why.
fn lacks(readings: &[Reading]) -> Vec<Unavailable> {
    let missing = |metrics: &[Metric]| -> Vec<&'static str> {
        let told = |name| readings.iter().any(|reading| reading.metric.name == name);
        metrics.iter().map(|metric| metric.name).filter(|name| !told(*name)).collect()
    };
    let said = [
        (
            missing(&[CPU_PRESSURE, MEMORY_PRESSURE, IO_PRESSURE]),
            "this kernel keeps no pressure figures (/proc/pressure)",
            "a kernel with CONFIG_PSI, started with psi=1",
        ),
        (missing(&[STEAL]), "this kernel does not tell stolen time (/proc/stat)", ""),
        (
            missing(&[FREQUENCY]),
            "no cpufreq here: a virtual machine's host decides on the clock, or the driver is absent",
            "",
        ),
    ];
    let told = said.into_iter().filter(|(metrics, ..)| !metrics.is_empty());
    told.map(|(metrics, reason, remedy)| Unavailable {
        remedy: remedy.to_owned(),
        ..unavailable(&metrics, Source::Machine, reason)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Counters, TargetKind};
    use super::*;

    #[test]
    fn every_sentinel_is_read_or_told() {
        let target = Target::new(std::process::id(), TargetKind::Worker);
        let (mut counters, unavailable) = Counters::open(&target, &[&Machine]);
        counters.begin();
        counters.start();
        let values = counters.stop();
        for metric in [CPU_PRESSURE, MEMORY_PRESSURE, IO_PRESSURE, STEAL, FREQUENCY] {
            let read = values.iter().filter(|value| value.metric == metric.name).count();
            let told =
                unavailable.iter().filter(|one| one.metrics.iter().any(|m| m == metric.name));
            assert_eq!(read + told.count(), 1, "{}", metric.name);
        }
        assert!(values.iter().all(|value| value.source == Source::Machine));
    }

    #[test]
    fn what_is_missing_is_told_with_its_reason() {
        let all = lacks(&[]);
        let names: Vec<_> = all.iter().map(|one| one.metrics.join(" ")).collect();
        assert_eq!(names, ["cpu_pressure memory_pressure io_pressure", "steal", "frequency"]);
        assert!(all[0].remedy.contains("psi=1") && all.iter().all(|one| !one.reason.is_empty()));
    }
}
