//! A client: asks the planner, then fetches tasks, one at a time, each over a connection of its own.
//!
//! Every way of waiting has an end. A task whose worker fails is fetched from the next one of its
//! list; what came before the failure is dropped, so a task's rows are there once or not at all.

use std::io;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::{FlightClient, FlightDescriptor, FlightEndpoint, Ticket};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};

use crate::planner::Query;
use crate::role;

/// The largest message that is taken; a plan of many tasks is one.
const MESSAGE_MAX: usize = 256 << 20;

/// A task as the planner gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assigned {
    ticket: Vec<u8>,
    /// Who may run it, in this order.
    locations: Vec<String>,
    rows: u64,
}

/// A task's rows.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) batches: Vec<RecordBatch>,
    /// Workers that failed before one did not.
    pub(crate) retries: u64,
}

pub(crate) struct Client {
    runtime: Runtime,
    timeout: Duration,
}

impl Client {
    /// A client for whom a plan, and one attempt at a task, may take so long.
    ///
    /// # Errors
    /// When the kernel gives no descriptors for it.
    pub(crate) fn new(timeout: Duration) -> io::Result<Self> {
        Ok(Self { runtime: role::runtime()?, timeout })
    }

    /// The tasks of a query.
    ///
    /// # Errors
    /// When the planner cannot be reached, refuses, or takes too long.
    pub(crate) fn plan(&self, planner: &str, query: &Query) -> Result<Vec<Assigned>, String> {
        // OK because a struct of numbers has a JSON.
        let command = serde_json::to_vec(query).unwrap_or_default();
        let plan = async {
            let mut planner = connect(planner, self.timeout).await?;
            let asked = planner.get_flight_info(FlightDescriptor::new_cmd(command));
            Ok(asked.await.map_err(|error| error.to_string())?.endpoint)
        };
        let endpoints = self.within(plan).map_err(|why| format!("planning: {why}"))?;
        endpoints.into_iter().map(Assigned::new).collect()
    }

    /// The rows of a task, from the first of its workers that gives all of them.
    ///
    /// # Errors
    /// When none does; with the last one's reason.
    pub(crate) fn fetch(&self, task: &Assigned) -> Result<Fetched, String> {
        let mut last = "the plan names no worker".to_owned();
        for (location, retries) in task.locations.iter().zip(0..) {
            match self.within(attempt(location, task, self.timeout)) {
                Ok(batches) => return Ok(Fetched { batches, retries }),
                Err(why) => last = format!("{location}: {why}"),
            }
        }
        let ticket = String::from_utf8_lossy(&task.ticket);
        let tried = task.locations.len();
        Err(format!("no worker ran the task {ticket}, {tried} tried; the last one, {last}"))
    }

    fn within<T>(&self, work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
        self.runtime.block_on(async {
            let late = |_| Err(format!("took longer than {:?}", self.timeout));
            tokio::time::timeout(self.timeout, work).await.unwrap_or_else(late)
        })
    }
}

impl Assigned {
    fn new(endpoint: FlightEndpoint) -> Result<Self, String> {
        let rows = std::str::from_utf8(&endpoint.app_metadata).ok();
        Ok(Self {
            rows: rows.and_then(|rows| rows.parse().ok()).ok_or("a task without its rows")?,
            ticket: endpoint.ticket.ok_or("a task without a ticket")?.ticket.into(),
            locations: endpoint.location.into_iter().map(|location| location.uri).collect(),
        })
    }
}

async fn connect(location: &str, timeout: Duration) -> Result<FlightClient, String> {
    let address = location.replacen("grpc+tcp://", "http://", 1);
    let endpoint = Endpoint::from_shared(address).map_err(|error| error.to_string())?;
    let connected: Result<Channel, _> = endpoint.connect_timeout(timeout).connect().await;
    let channel = connected.map_err(|error| format!("cannot connect: {}", causes(&error)))?;
    let inner = FlightServiceClient::new(channel).max_decoding_message_size(MESSAGE_MAX);
    Ok(FlightClient::new_from_inner(inner))
}

async fn attempt(
    location: &str,
    task: &Assigned,
    timeout: Duration,
) -> Result<Vec<RecordBatch>, String> {
    let mut worker = connect(location, timeout).await?;
    let ticket = Ticket::new(task.ticket.clone());
    let stream = worker.do_get(ticket).await.map_err(|error| error.to_string())?;
    let batches: Vec<RecordBatch> =
        stream.try_collect().await.map_err(|error| error.to_string())?;
    let rows: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    if rows != task.rows {
        return Err(format!("sent {rows} rows of {}", task.rows));
    }
    Ok(batches)
}

/// An error and what caused it; the outermost one of a connection says nothing.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
