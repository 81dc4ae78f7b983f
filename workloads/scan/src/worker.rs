//! A worker of the cluster: runs one task for each stream that is asked for, as many at once as it
//! has slots.
//!
//! A task waits for a slot, then for its latency (opening a file in an object store, say), then for
//! its window on the client's link; it holds the slot until its last batch is gone.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_flight::error::FlightError;
use futures_util::{Stream, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use crate::data;
use crate::link::{Link, Window};
use crate::planner::Task;

/// What a worker process is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkerSettings {
    /// Tasks that run at once; others wait in the order in which they came.
    pub(crate) slots: usize,
    /// What every task waits before its first row.
    pub(crate) latency: Duration,
    /// The file that is the client's link.
    pub(crate) link: PathBuf,
    /// The rate of that link.
    pub(crate) bytes_per_second: u64,
    /// The most rows of a record batch.
    pub(crate) batch_rows: u64,
}

#[derive(Clone)]
pub(crate) struct Worker {
    slots: Arc<Semaphore>,
    link: Arc<Link>,
    latency: Duration,
    batch_rows: u64,
}

impl Worker {
    /// # Errors
    /// When the link's file cannot be opened.
    pub(crate) fn new(settings: &WorkerSettings) -> io::Result<Self> {
        Ok(Self {
            slots: Arc::new(Semaphore::new(settings.slots)),
            link: Arc::new(Link::open(&settings.link, settings.bytes_per_second)?),
            latency: settings.latency,
            batch_rows: settings.batch_rows,
        })
    }

    /// The batches of the task in a ticket, each at the moment at which the link has let it through.
    pub(crate) fn execute(
        &self,
        ticket: &[u8],
    ) -> Result<impl Stream<Item = Result<RecordBatch, FlightError>> + use<>, Status> {
        let task: Task = serde_json::from_slice(ticket)
            .map_err(|error| Status::invalid_argument(format!("not a task: {error}")))?;
        let waiting = Running { worker: self.clone(), task, sent: 0, started: None };
        Ok(stream::try_unfold(waiting, Running::next))
    }
}

/// A task on its way.
struct Running {
    worker: Worker,
    task: Task,
    /// Rows.
    sent: u64,
    started: Option<(OwnedSemaphorePermit, Window)>,
}

impl Running {
    async fn next(mut self) -> Result<Option<(RecordBatch, Self)>, FlightError> {
        if self.sent == self.task.rows {
            return Ok(None);
        }
        let started = match self.started.take() {
            Some(started) => started,
            None => self.start().await?,
        };
        let rows = self.worker.batch_rows.min(self.task.rows - self.sent);
        let batch = data::batch(self.task.seed, self.task.first + self.sent, rows)?;
        self.sent += rows;
        let share = self.sent as f64 / self.task.rows as f64;
        tokio::time::sleep(started.1.until(share)).await;
        self.started = Some(started);
        Ok(Some((batch, self)))
    }

    async fn start(&self) -> Result<(OwnedSemaphorePermit, Window), FlightError> {
        let slot = self.worker.slots.clone().acquire_owned().await.map_err(lost)?;
        tokio::time::sleep(self.worker.latency).await;
        let window = self.worker.link.reserve(self.task.rows * data::ROW_BYTES).map_err(lost)?;
        Ok((slot, window))
    }
}

fn lost(error: impl std::error::Error + Send + Sync + 'static) -> FlightError {
    FlightError::from_external_error(Box::new(error))
}
