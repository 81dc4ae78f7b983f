//! What latency, slots and the link alone make of a scan: a model without any cost of a processor.
//!
//! The workload states it beside what it measured, and tests hold the two against each other. It is
//! computed from the settings alone.

use std::time::Duration;

use crate::data::ROW_BYTES;
use crate::link::transfer;
use crate::settings::Settings;

/// The number of clients from which more of them bring nothing.
///
/// A client alone keeps the link busy for the share `transfer / (latency + transfer)` of its time,
/// so `1 + latency / transfer` clients keep it busy all the time (the asymptotic bounds of operational
/// analysis; Denning and Buzen, The Operational Analysis of Queueing Network Models, ACM Computing
/// Surveys 10(3), 1978). No more can work than there are slots, or tasks.
pub(crate) fn knee(settings: &Settings) -> f64 {
    let tasks = settings.query.task_count() as f64;
    let slots = (settings.workers * settings.slots) as f64;
    let transfer = task_transfer(settings).as_secs_f64();
    (1.0 + settings.latency.as_secs_f64() / transfer).min(slots).min(tasks)
}

/// How long the scan of one user takes: clients take tasks in turn, a task waits for a slot of its
/// worker, then for its latency, then for the link, in the order in which they come.
pub(crate) fn time(settings: &Settings) -> Duration {
    let transfer = task_transfer(settings);
    let mut clients = vec![Duration::ZERO; settings.clients];
    let mut slots = vec![vec![Duration::ZERO; settings.slots]; settings.workers];
    let mut link = Duration::ZERO;
    for task in 0..settings.query.task_count() as usize {
        let client = earliest(&mut clients);
        let slot = earliest(&mut slots[task % settings.workers]);
        link = link.max((*client).max(*slot) + settings.latency) + transfer;
        (*client, *slot) = (link, link);
    }
    link
}

fn task_transfer(settings: &Settings) -> Duration {
    let all = transfer(settings.query.rows * ROW_BYTES, settings.bytes_per_second);
    all.div_f64(settings.query.task_count() as f64)
}

fn earliest(times: &mut [Duration]) -> &mut Duration {
    // OK because there is at least one client and one slot.
    let first = (0..times.len()).min_by_key(|&index| times[index]).unwrap_or(0);
    &mut times[first]
}

#[cfg(test)]
mod tests {
    use stats::{Better, Interval, Knee, Setting};
    use workload_api::ParamValue;

    use super::*;

    const MS: i64 = 1_000_000;

    fn settings(given: &[(&str, i64)]) -> Settings {
        let given = given.iter().map(|&(name, value)| (name, ParamValue::from(value)));
        Settings::new(&given.collect(), 1).unwrap()
    }

    /// The knee that dyno's reports find in a sweep of 1, 2, 4 ... 64 clients with these times.
    fn found(given: &[(&str, i64)]) -> Knee {
        let sweep: Vec<Setting> = (0..7)
            .map(|power| {
                let clients = 1 << power;
                let given: Vec<_> = given.iter().copied().chain([("clients", clients)]).collect();
                let median = time(&settings(&given)).as_secs_f64();
                let interval = Interval { low: median, high: median, coverage: 0.95 };
                Setting { setting: clients as f64, median, interval }
            })
            .collect();
        stats::knee(&sweep, Better::Less).unwrap()
    }

    #[test]
    fn the_article_s_example_is_three_rounds_of_twenty() {
        let sixty = [
            ("rows", 60),
            ("split_rows", 1),
            ("workers", 20),
            ("slots", 1),
            ("latency", 1_000 * MS),
            ("bandwidth", 1_000_000_000_000),
        ];
        let with = |clients| {
            let given: Vec<_> = sixty.iter().copied().chain([("clients", clients)]).collect();
            time(&settings(&given)).as_secs_f64().round()
        };
        assert_eq!((with(1), with(20), with(60)), (60.0, 3.0, 3.0));
        assert_eq!(knee(&settings(&sixty)), 20.0);
    }

    #[test]
    fn a_sweep_finds_the_knee_that_latency_and_bandwidth_give() {
        // The settings of configs/scan.toml, which are the defaults.
        assert!((knee(&settings(&[])) - 24.0).abs() < 0.01);
        assert_eq!(found(&[]), Knee::At(5));
        for (latency, transfers, knee_at) in [(2, 1, 2), (12, 2, 3), (30, 5, 3), (100, 2, 6)] {
            // 2500 rows of 100 bytes in so many milliseconds.
            let given = [("latency", latency * MS), ("bandwidth", 250_000_000 / transfers)];
            let expected = 1.0 + latency as f64 / transfers as f64;
            assert!((knee(&settings(&given)) - expected).abs() < 0.01);
            let at = if knee_at == 6 { Knee::NotInRange } else { Knee::At(knee_at) };
            assert_eq!(found(&given), at, "{latency} ms, {transfers} ms");
        }
    }

    #[test]
    fn with_few_slots_the_knee_is_the_number_of_slots() {
        let given = [("workers", 2), ("slots", 4)];
        assert_eq!(knee(&settings(&given)), 8.0);
        assert_eq!(found(&given), Knee::At(3));
    }

    #[test]
    fn with_few_tasks_the_knee_is_the_number_of_tasks() {
        let given = [("max_task_count", 4), ("bandwidth", 1_000_000_000_000)];
        assert_eq!(knee(&settings(&given)), 4.0);
        assert_eq!(found(&given), Knee::At(2));
    }
}
