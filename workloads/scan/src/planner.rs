//! The planner: splits a query into tasks, and says which workers may run each.
//!
//! A query travels as the command of a flight descriptor, a task as the ticket of an endpoint, both
//! as JSON. The planner reads no data.

use arrow_flight::{FlightDescriptor, FlightEndpoint, FlightInfo, Ticket};
use serde::{Deserialize, Serialize};
use tonic::Status;

use crate::data;

/// What is asked: a scan of the whole table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    pub(crate) seed: u64,
    pub(crate) rows: u64,
    /// Rows of the table's natural parts.
    pub(crate) split_rows: u64,
    /// The most tasks; without it, one for each part.
    pub(crate) max_task_count: Option<u64>,
}

/// One task: consecutive rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) seed: u64,
    pub(crate) first: u64,
    pub(crate) rows: u64,
}

/// More would be a plan nobody can hold.
const TASKS_MAX: u64 = 100_000;

impl Query {
    /// How many tasks it becomes.
    pub(crate) fn task_count(&self) -> u64 {
        let parts = self.rows.div_ceil(self.split_rows.max(1));
        parts.min(self.max_task_count.unwrap_or(u64::MAX).max(1))
    }

    /// Tasks of sizes that differ by one row at most.
    fn tasks(&self) -> impl Iterator<Item = Task> + use<> {
        let Self { seed, rows, .. } = *self;
        let count = self.task_count();
        // OK because u128 holds the product of any two of them.
        let begin =
            move |task: u64| (u128::from(rows) * u128::from(task) / u128::from(count)) as u64;
        (0..count).map(move |task| Task {
            seed,
            first: begin(task),
            rows: begin(task + 1) - begin(task),
        })
    }
}

pub(crate) struct Planner {
    /// Locations of the workers, such as `grpc+tcp://127.0.0.1:4000`.
    pub(crate) workers: Vec<String>,
}

impl Planner {
    /// The plan of the query in a descriptor. Each task may be run by every worker; the first one of
    /// its list is another one for each task in turn, so that the work is spread evenly.
    pub(crate) fn plan(&self, descriptor: FlightDescriptor) -> Result<FlightInfo, Status> {
        let query: Query = serde_json::from_slice(&descriptor.cmd)
            .map_err(|error| Status::invalid_argument(format!("not a query: {error}")))?;
        if query.task_count() > TASKS_MAX {
            let message = format!("{} tasks, at most {TASKS_MAX} are planned", query.task_count());
            return Err(Status::invalid_argument(message));
        }
        let endpoints = query.tasks().enumerate().map(|(number, task)| self.endpoint(number, task));
        FlightInfo::new()
            .try_with_schema(&data::schema())
            .map(|info| {
                info.with_descriptor(descriptor)
                    .with_endpoints(endpoints.collect())
                    .with_total_records(query.rows as i64)
                    .with_total_bytes((query.rows * data::ROW_BYTES) as i64)
            })
            .map_err(|error| Status::internal(error.to_string()))
    }

    fn endpoint(&self, number: usize, task: Task) -> FlightEndpoint {
        // OK because a struct of three numbers has a JSON.
        let ticket = serde_json::to_vec(&task).unwrap_or_default();
        let mut workers = self.workers.clone();
        let first = number % workers.len().max(1);
        workers.rotate_left(first);
        let endpoint = FlightEndpoint::new()
            .with_ticket(Ticket::new(ticket))
            .with_app_metadata(task.rows.to_string());
        workers.into_iter().fold(endpoint, FlightEndpoint::with_location)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn query(rows: u64, split_rows: u64, max_task_count: Option<u64>) -> Query {
        Query { seed: 1, rows, split_rows, max_task_count }
    }

    proptest! {
        #[test]
        fn tasks_hold_every_row_once_and_differ_by_one_row_at_most(
            rows in 1..10_000u64, split_rows in 1..10_000u64, limit in prop::option::of(1..100u64),
        ) {
            let query = query(rows, split_rows, limit);
            let tasks: Vec<Task> = query.tasks().collect();
            prop_assert_eq!(tasks.len() as u64, query.task_count());
            let mut next = 0;
            for task in &tasks {
                prop_assert_eq!(task.first, next);
                prop_assert!((rows / tasks.len() as u64..=rows.div_ceil(tasks.len() as u64)).contains(&task.rows));
                next += task.rows;
            }
            prop_assert_eq!(next, rows);
            prop_assert!(limit.is_none_or(|limit| tasks.len() as u64 <= limit));
        }
    }

    #[test]
    fn tasks_begin_at_every_worker_in_turn_and_may_run_at_all() {
        let planner = Planner { workers: ["a", "b", "c"].map(str::to_owned).to_vec() };
        let command = serde_json::to_vec(&query(40, 10, None)).unwrap();
        let info = planner.plan(FlightDescriptor::new_cmd(command)).unwrap();
        let places: Vec<String> = info
            .endpoint
            .iter()
            .map(|endpoint| endpoint.location.iter().map(|at| at.uri.as_str()).collect())
            .collect();
        assert_eq!(places, ["abc", "bca", "cab", "abc"]);
        assert_eq!(info.total_records, 40);
        assert_eq!(info.try_decode_schema().unwrap(), *data::schema());
    }

    #[test]
    fn what_is_no_query_is_refused_in_words() {
        let planner = Planner { workers: Vec::new() };
        let refused = |command: &str| {
            planner.plan(FlightDescriptor::new_cmd(command.to_owned())).unwrap_err().to_string()
        };
        assert!(refused("SELECT * FROM FOO").contains("not a query"));
        let many = serde_json::to_string(&query(1_000_000, 1, None)).unwrap();
        assert!(refused(&many).contains("1000000 tasks, at most 100000"));
    }
}
