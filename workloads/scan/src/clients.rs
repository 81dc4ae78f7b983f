//! The clients of one query: so many at once take tasks from one queue until it is empty.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use arrow_array::RecordBatch;

use crate::client::{Assigned, Client, Fetched};
use crate::process::ClientProcess;

/// How clients are made.
pub(crate) struct Clients {
    pub(crate) count: usize,
    pub(crate) mode: Mode,
    /// `scan`, for clients that are processes.
    pub(crate) program: PathBuf,
    /// For a plan, and for one attempt at a task.
    pub(crate) timeout: Duration,
}

/// What a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Threads,
    Processes,
}

/// What a query's clients brought.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    /// In no order.
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) retries: u64,
    /// CPU time of clients that were processes.
    pub(crate) cpu_time: Duration,
}

impl Scanned {
    fn add(&mut self, other: Self) {
        self.batches.extend(other.batches);
        self.retries += other.retries;
        self.cpu_time += other.cpu_time;
    }
}

/// Whoever is told of every task that is done, and can call a scan off.
pub(crate) trait Watch: Sync {
    fn task_done(&self) {}

    fn called_off(&self) -> bool {
        false
    }
}

/// Fetches all tasks. A scan that was called off brings what it has.
///
/// # Errors
/// That of the first client that failed; the others take no more tasks then.
pub(crate) fn fetch_all(
    clients: &Clients,
    tasks: &[Assigned],
    watch: &dyn Watch,
) -> Result<Scanned, String> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let all = Mutex::new(Ok(Scanned::default()));
    let client = || {
        let take = || {
            let stop = failed.load(Ordering::Relaxed) || watch.called_off();
            if stop { None } else { tasks.get(next.fetch_add(1, Ordering::Relaxed)) }
        };
        let one = fetch_some(clients, take, watch);
        failed.fetch_or(one.is_err(), Ordering::Relaxed);
        // OK because nothing panics while it holds the lock.
        let mut all = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match (&mut *all, one) {
            (Ok(all), Ok(one)) => all.add(one),
            (all @ Ok(_), Err(why)) => *all = Err(why),
            (Err(_), _) => {}
        }
    };
    thread::scope(|scope| {
        (0..clients.count.min(tasks.len())).for_each(|_| {
            scope.spawn(client);
        });
    });
    all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// One client's share of the queue.
fn fetch_some<'a>(
    clients: &Clients,
    take: impl Fn() -> Option<&'a Assigned>,
    watch: &dyn Watch,
) -> Result<Scanned, String> {
    let mut client = Either::start(clients)?;
    let mut scanned = Scanned::default();
    while let Some(task) = take() {
        let fetched = client.fetch(task)?;
        scanned.batches.extend(fetched.batches);
        scanned.retries += fetched.retries;
        watch.task_done();
    }
    scanned.cpu_time = client.cpu_time();
    Ok(scanned)
}

enum Either {
    Thread(Client),
    Process(ClientProcess),
}

impl Either {
    fn start(clients: &Clients) -> Result<Self, String> {
        match clients.mode {
            Mode::Threads => Client::new(clients.timeout)
                .map(Self::Thread)
                .map_err(|error| format!("starting a client: {error}")),
            Mode::Processes => {
                ClientProcess::start(&clients.program, clients.timeout).map(Self::Process)
            }
        }
    }

    fn fetch(&mut self, task: &Assigned) -> Result<Fetched, String> {
        match self {
            Self::Thread(client) => client.fetch(task),
            Self::Process(client) => client.fetch(task),
        }
    }

    fn cpu_time(&self) -> Duration {
        match self {
            Self::Thread(_) => Duration::ZERO,
            Self::Process(client) => client.cpu_time(),
        }
    }
}
