//! The workload: starts the cluster, runs the users, and looks at what they got.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use arrow_array::RecordBatch;
use workload_api::{
    Answer, Better, Context, Metric, Params, Prepared, Spec, Unit, Work, Workload, WorkloadError,
};

use crate::cluster::Cluster;
use crate::data::{Digest, ROW_BYTES};
use crate::settings::{self, Settings};
use crate::users::{self, Outcome, Setup};
use crate::worker::WorkerSettings;
use crate::{cpu, model};

/// Scans a table through a planner and its workers.
#[derive(Debug, Default)]
pub struct Scan {
    program: Option<PathBuf>,
}

impl Scan {
    /// The workload with another program than the running one for its servers and clients; for
    /// tests, whose own program is not `scan`.
    pub fn with_program(program: impl Into<PathBuf>) -> Self {
        Self { program: Some(program.into()) }
    }
}

impl Workload for Scan {
    fn spec(&self) -> Spec {
        settings::spec()
    }

    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        let settings = Settings::new(params, context.seed)?;
        let program = match &self.program {
            Some(program) => program.clone(),
            None => std::env::current_exe()
                .map_err(|error| WorkloadError::context("finding this program", error))?,
        };
        // Not in the directory for what is written: that one is emptied between samples.
        let link = tempfile::NamedTempFile::new()
            .map_err(|error| WorkloadError::context("making the link's file", error))?;
        let worker = settings.worker(link.path());
        let cluster = start(&program, &settings, &worker)?;
        let outcome = Outcome::default();
        Ok(Box::new(PreparedScan { settings, program, _link: link, worker, cluster, outcome }))
    }
}

fn start(
    program: &std::path::Path,
    settings: &Settings,
    worker: &WorkerSettings,
) -> Result<Mutex<Cluster>, WorkloadError> {
    Cluster::start(program, settings.workers, worker).map(Mutex::new).map_err(WorkloadError::new)
}

struct PreparedScan {
    settings: Settings,
    program: PathBuf,
    /// Removed with it.
    _link: tempfile::NamedTempFile,
    worker: WorkerSettings,
    cluster: Mutex<Cluster>,
    /// What the last run left.
    outcome: Outcome,
}

impl Prepared for PreparedScan {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        self.outcome = Outcome::default();
        self.restart_what_was_killed()?;
        let (servers, own) = (self.server_time(), cpu::own());
        let Self { settings, program, cluster, .. } = self;
        let outcome =
            users::run(&Setup { settings, program, cluster }).map_err(WorkloadError::new)?;
        let clients = cpu::own().saturating_sub(own) + outcome.client_processes;
        let mut metrics = metrics(&self.settings, &outcome);
        metrics.push(Metric::time("client_cpu", clients));
        let spent = servers.zip(self.server_time());
        metrics.extend(
            spent.map(|(before, after)| Metric::time("server_cpu", after.saturating_sub(before))),
        );
        let rows = rows(outcome.results.iter().flatten());
        self.outcome = outcome;
        Ok(Work { rows, bytes_in: rows * ROW_BYTES, metrics, ..Work::default() })
    }

    /// Every query's rows, the rival's too, must be those of every other; their memory is given back.
    fn check(&mut self) -> Result<Answer, WorkloadError> {
        let outcome = std::mem::take(&mut self.outcome);
        let queries = outcome.results.iter().map(|batches| users::digest(batches));
        let digests: Vec<Digest> = queries.collect::<Result<_, _>>().map_err(WorkloadError::new)?;
        let first =
            *digests.first().ok_or_else(|| WorkloadError::new("no run has left a result"))?;
        let asked = self.settings.query.rows;
        if first.rows != asked {
            let found = first.rows;
            return Err(WorkloadError::new(format!("{asked} rows asked for, {found} received")));
        }
        if let Some(other) = digests.iter().chain(&outcome.rival).find(|other| **other != first) {
            let message = format!("two queries got different rows: {first} and {other}");
            return Err(WorkloadError::new(message));
        }
        self.restart_what_was_killed()?;
        let group = format!("scan seed={} rows={asked}", self.settings.query.seed);
        Ok(Answer { rows: first.rows, digest: first.to_string(), group: Some(group) })
    }
}

impl PreparedScan {
    /// A cluster that lost a worker is replaced, planner and all. [`Prepared::check`] does it, so
    /// that it belongs to no measurement; where nobody checked, the next run has to.
    fn restart_what_was_killed(&mut self) -> Result<(), WorkloadError> {
        let whole = self.cluster.get_mut().unwrap_or_else(PoisonError::into_inner).is_whole();
        if !whole {
            self.cluster = start(&self.program, &self.settings, &self.worker)?;
        }
        Ok(())
    }

    fn server_time(&mut self) -> Option<Duration> {
        self.cluster.get_mut().unwrap_or_else(PoisonError::into_inner).cpu_time()
    }
}

fn rows<'a>(batches: impl Iterator<Item = &'a RecordBatch>) -> u64 {
    batches.map(|batch| batch.num_rows() as u64).sum()
}

/// What the users saw, and for one user alone what the model says.
fn metrics(settings: &Settings, outcome: &Outcome) -> Vec<Metric> {
    let count = |name: &str, value: f64, better| Metric {
        name: name.to_owned(),
        value,
        unit: Unit::Count,
        better,
    };
    let mut times = outcome.times.clone();
    times.sort();
    let mut metrics = vec![
        Metric::time("query_p50", percentile(&times, 50)),
        Metric::time("query_p95", percentile(&times, 95)),
        Metric::time("query_p99", percentile(&times, 99)),
        count("retries", outcome.retries as f64, Better::Lower),
    ];
    if settings.rival_clients > 0 {
        metrics.push(count("rival_queries", outcome.rival.len() as f64, Better::Higher));
    } else if settings.all_queries() == 1 {
        metrics.push(Metric {
            better: Better::Neither,
            ..Metric::time("modelled_time", model::time(settings))
        });
        metrics.push(count("modelled_knee", model::knee(settings), Better::Neither));
    }
    metrics
}

/// The smallest time that so many per cent of the sorted times do not exceed (nearest rank).
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        let of = |percent| percentile(&times, percent).as_millis();
        assert_eq!((of(50), of(95), of(99)), (100, 190, 198));
        assert_eq!(percentile(&times[..1], 99), times[0]);
    }
}
