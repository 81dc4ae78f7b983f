//! Users who query at once: the measured region.
//!
//! Each asks its queries one after the other. A rival may scan the same table over and over
//! meanwhile; what it gets is looked at and dropped, and it is called off when the others are done.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;

use crate::client::Client;
use crate::clients::{self, Clients, Scanned, Watch};
use crate::cluster::Cluster;
use crate::data::Digest;
use crate::settings::{Fault, Settings};

/// What is needed for a run.
pub(crate) struct Setup<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) program: &'a std::path::Path,
    pub(crate) cluster: &'a Mutex<Cluster>,
}

/// What all users got.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The rows of each query.
    pub(crate) results: Vec<Vec<RecordBatch>>,
    /// How long each took.
    pub(crate) times: Vec<Duration>,
    pub(crate) retries: u64,
    /// CPU time of clients that were processes.
    pub(crate) client_processes: Duration,
    /// The digest of each scan that the rival finished.
    pub(crate) rival: Vec<Digest>,
}

/// Runs all queries.
///
/// # Errors
/// Those of the first query that failed.
pub(crate) fn run(setup: &Setup<'_>) -> Result<Outcome, String> {
    let location = lock(setup.cluster).planner().to_owned();
    let tasks = setup.settings.query.task_count() * setup.settings.all_queries() as u64;
    let harm = Harm { setup, done: AtomicU64::new(0), at: tasks.div_ceil(3) };
    let call_off = CallOff(AtomicBool::new(false));
    thread::scope(|scope| {
        let rival = (setup.settings.rival_clients > 0)
            .then(|| scope.spawn(|| scan_over_and_over(setup, &location, &call_off)));
        let users: Vec<_> = (0..setup.settings.users)
            .map(|_| scope.spawn(|| one_user(setup, &location, &harm)))
            .collect();
        let users: Vec<_> = users.into_iter().map(join).collect();
        call_off.0.store(true, Ordering::Relaxed);
        let rival = rival.map(join).transpose();
        let mut outcome = Outcome::default();
        for user in users {
            for (time, scanned) in user? {
                outcome.times.push(time);
                outcome.results.push(scanned.batches);
                outcome.retries += scanned.retries;
                outcome.client_processes += scanned.cpu_time;
            }
        }
        outcome.rival = rival.map_err(|why| format!("the rival: {why}"))?.unwrap_or_default();
        Ok(outcome)
    })
}

fn one_user(
    setup: &Setup<'_>,
    planner: &str,
    harm: &Harm<'_>,
) -> Result<Vec<(Duration, Scanned)>, String> {
    let one = |_| {
        let start = Instant::now();
        let scanned = one_query(setup, planner, setup.settings.clients, harm)?;
        Ok((start.elapsed(), scanned))
    };
    (0..setup.settings.queries).map(one).collect()
}

fn one_query(
    setup: &Setup<'_>,
    planner: &str,
    count: usize,
    watch: &dyn Watch,
) -> Result<Scanned, String> {
    let Settings { query, mode, timeout, .. } = *setup.settings;
    let client = Client::new(timeout).map_err(|error| format!("starting a client: {error}"))?;
    let tasks = client.plan(planner, &query)?;
    let clients = Clients { count, mode, program: setup.program.to_owned(), timeout };
    clients::fetch_all(&clients, &tasks, watch)
}

fn scan_over_and_over(
    setup: &Setup<'_>,
    planner: &str,
    call_off: &CallOff,
) -> Result<Vec<Digest>, String> {
    let mut digests = Vec::new();
    while !call_off.called_off() {
        let scanned = one_query(setup, planner, setup.settings.rival_clients, call_off)?;
        if !call_off.called_off() {
            digests.push(digest(&scanned.batches)?);
        }
    }
    Ok(digests)
}

/// Of one query's rows.
///
/// # Errors
/// When the columns are others than were asked for.
pub(crate) fn digest(batches: &[RecordBatch]) -> Result<Digest, String> {
    let mut digest = Digest::default();
    batches.iter().try_for_each(|batch| digest.add(batch))?;
    Ok(digest)
}

/// Kills workers when so many tasks are done.
struct Harm<'a> {
    setup: &'a Setup<'a>,
    done: AtomicU64,
    at: u64,
}

impl Watch for Harm<'_> {
    fn task_done(&self) {
        if self.done.fetch_add(1, Ordering::Relaxed) + 1 != self.at {
            return;
        }
        let count = match self.setup.settings.fault {
            Fault::None => return,
            Fault::KillWorker => 1,
            Fault::KillAllWorkers => self.setup.settings.workers,
        };
        lock(self.setup.cluster).kill_workers(count);
    }
}

/// Ends the rival's scan.
struct CallOff(AtomicBool);

impl Watch for CallOff {
    fn called_off(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A broken cluster is found out by its answers, so a lock that a panic left is none.
fn lock(cluster: &Mutex<Cluster>) -> std::sync::MutexGuard<'_, Cluster> {
    cluster.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A panic goes on in the thread that waits.
fn join<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
