//! The parameters of the workload, and how they fit together.

use std::num::NonZero;
use std::path::Path;
use std::thread;
use std::time::Duration;

use workload_api::{Kind, ParamSpec, ParamValue, Params, Spec, WorkloadError};

use crate::clients::Mode;
use crate::planner::Query;
use crate::worker::WorkerSettings;

/// Everything that a suite can say, checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) query: Query,
    pub(crate) clients: usize,
    pub(crate) mode: Mode,
    pub(crate) workers: usize,
    pub(crate) slots: usize,
    pub(crate) latency: Duration,
    pub(crate) bytes_per_second: u64,
    pub(crate) batch_rows: u64,
    pub(crate) users: usize,
    pub(crate) queries: usize,
    pub(crate) rival_clients: usize,
    pub(crate) fault: Fault,
    pub(crate) timeout: Duration,
}

/// What goes wrong when a third of the tasks is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    KillWorker,
    KillAllWorkers,
}

/// More clients at once would be a test of the machine's limits on threads.
const CLIENTS_MAX: usize = 2048;

const MODES: [(&str, &str, Mode); 2] = [
    ("threads", "clients are threads", Mode::Threads),
    ("processes", "clients are processes", Mode::Processes),
];

const FAULTS: [(&str, &str, Fault); 3] = [
    ("none", "nothing goes wrong", Fault::None),
    ("kill_worker", "one worker is killed when a third of the tasks is done", Fault::KillWorker),
    ("kill_all_workers", "all workers are killed then", Fault::KillAllWorkers),
];

impl Settings {
    /// # Errors
    /// When a parameter is unknown, out of its range, or does not fit the others.
    pub(crate) fn new(params: &Params, seed: u64) -> Result<Self, WorkloadError> {
        let given = Given::new(params)?;
        let query = Query {
            seed,
            rows: given.required("rows")?,
            split_rows: given.required("split_rows")?,
            max_task_count: given.number("max_task_count")?,
        };
        let settings = Self {
            query,
            clients: given.number("clients")?.map_or_else(twice_the_cores, |n| n as usize),
            mode: given.word("mode", &MODES)?,
            workers: given.required("workers")? as usize,
            slots: given.required("slots")? as usize,
            latency: Duration::from_nanos(given.required("latency")?),
            bytes_per_second: given.required("bandwidth")?,
            batch_rows: given.required("batch_rows")?,
            users: given.required("users")? as usize,
            queries: given.required("queries_per_user")? as usize,
            rival_clients: given.required("rival_clients")? as usize,
            fault: given.word("fault", &FAULTS)?,
            timeout: Duration::from_nanos(given.required("task_timeout")?),
        };
        let clients = settings.users * settings.clients + settings.rival_clients;
        if clients > CLIENTS_MAX {
            let message = format!("{clients} clients of all users at once, at most {CLIENTS_MAX}");
            return Err(WorkloadError::new(message));
        }
        Ok(settings)
    }

    /// What each worker is told, whose link is that file.
    pub(crate) fn worker(&self, link: &Path) -> WorkerSettings {
        WorkerSettings {
            slots: self.slots,
            latency: self.latency,
            link: link.to_owned(),
            bytes_per_second: self.bytes_per_second,
            batch_rows: self.batch_rows,
        }
    }

    /// Queries of all users but the rival.
    pub(crate) fn all_queries(&self) -> usize {
        self.users * self.queries
    }
}

fn twice_the_cores() -> usize {
    2 * thread::available_parallelism().map_or(1, NonZero::get)
}

/// What the workload says of itself.
pub(crate) fn spec() -> Spec {
    let mut params = query_params();
    params.extend(cluster_params());
    params.extend(user_params());
    Spec {
        name: "scan".to_owned(),
        about: "Scans a table through a planner and its workers over Arrow Flight.".to_owned(),
        params,
    }
}

fn query_params() -> Vec<ParamSpec> {
    vec![
        integer("rows", "Rows of the table, 100 bytes each.", (1, 1_000_000_000), Some(320_000)),
        integer(
            "split_rows",
            "Rows of the table's parts; without max_task_count each is a task.",
            (1, 1_000_000_000),
            Some(2_500),
        ),
        integer("max_task_count", "The most tasks. Not stated: no limit.", (1, 100_000), None),
        integer(
            "clients",
            "Clients of a query that fetch tasks at once. Not stated: twice the cores.",
            (1, 1024),
            None,
        ),
        words("mode", "What a client is.", &MODES),
        param(
            "task_timeout",
            "The longest that a plan, or one attempt at a task, may take.",
            Kind::Duration { min: 1_000_000, max: 3_600_000_000_000 },
            Some(10_000_000_000.into()),
        ),
    ]
}

fn cluster_params() -> Vec<ParamSpec> {
    vec![
        integer("workers", "Workers of the cluster, a process each.", (1, 64), Some(4)),
        integer("slots", "Tasks that a worker runs at once.", (1, 1024), Some(16)),
        param(
            "latency",
            "What a worker waits before the first row of a task.",
            Kind::Duration { min: 0, max: 60_000_000_000 },
            Some(46_000_000.into()),
        ),
        param(
            "bandwidth",
            "Bytes per second of the link of the client's machine, which all tasks share.",
            Kind::Bytes { min: 1_000, max: 1_000_000_000_000 },
            Some(125_000_000.into()),
        ),
        integer("batch_rows", "The most rows of a record batch.", (1, 1_000_000), Some(2_500)),
        words("fault", "What goes wrong meanwhile.", &FAULTS),
    ]
}

fn user_params() -> Vec<ParamSpec> {
    vec![
        integer("users", "Users who query at once, each with so many clients.", (1, 256), Some(1)),
        integer(
            "queries_per_user",
            "Queries of each user, one after the other.",
            (1, 10_000),
            Some(1),
        ),
        integer(
            "rival_clients",
            "Clients of one more user, who scans over and over until the others are done.",
            (0, 1024),
            Some(0),
        ),
    ]
}

fn integer(name: &str, about: &str, (min, max): (i64, i64), default: Option<i64>) -> ParamSpec {
    param(name, about, Kind::Integer { min, max }, default.map(ParamValue::Integer))
}

/// Words, of which the first one is the default.
fn words<V>(name: &str, about: &str, words: &[(&str, &str, V)]) -> ParamSpec {
    let titles: Vec<(&str, &str)> = words.iter().map(|(word, about, _)| (*word, *about)).collect();
    let default = titles.first().map(|(word, _)| (*word).into());
    param(name, about, Kind::titled(&titles), default)
}

fn param(name: &str, about: &str, kind: Kind, default: Option<ParamValue>) -> ParamSpec {
    ParamSpec { name: name.to_owned(), about: about.to_owned(), kind, default }
}

/// What the suite says, with the declared defaults behind it.
struct Given(Params);

impl Given {
    fn new(params: &Params) -> Result<Self, WorkloadError> {
        let spec = spec();
        let mut given = Params::default();
        for declared in &spec.params {
            if let Some(default) = &declared.default {
                given.set(&declared.name, default.clone());
            }
        }
        for (name, value) in params.iter() {
            let declared = spec.param(name).ok_or_else(|| {
                let names: Vec<&str> = spec.params.iter().map(|param| &*param.name).collect();
                let allowed = names.join(", ");
                WorkloadError::new(format!("unknown parameter `{name}`; allowed: {allowed}"))
            })?;
            declared.kind.accepts(value).map_err(|expected| {
                WorkloadError::new(format!("parameter `{name}`: {expected}, found {value}"))
            })?;
            given.set(name, value.clone());
        }
        Ok(Self(given))
    }

    fn number(&self, name: &str) -> Result<Option<u64>, WorkloadError> {
        // OK because no declared range holds a negative number.
        Ok(self.0.integer(name)?.map(|number| number as u64))
    }

    fn required(&self, name: &str) -> Result<u64, WorkloadError> {
        self.number(name)?
            .ok_or_else(|| WorkloadError::new(format!("parameter `{name}` has no default")))
    }

    fn word<V: Copy>(&self, name: &str, words: &[(&str, &str, V)]) -> Result<V, WorkloadError> {
        let text = self.0.text(name)?;
        let found = words.iter().find(|(word, ..)| Some(*word) == text);
        found
            .map(|(.., value)| *value)
            .ok_or_else(|| WorkloadError::new(format!("parameter `{name}`: no such word")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(given: &[(&str, ParamValue)]) -> Result<Settings, String> {
        let params = given.iter().cloned().collect();
        Settings::new(&params, 1).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_word_there_are_twice_as_many_clients_as_cores() {
        let settings = settings(&[]).unwrap();
        assert_eq!(settings.clients, twice_the_cores());
        assert_eq!((settings.mode, settings.fault), (Mode::Threads, Fault::None));
        assert_eq!(settings.query.task_count(), 128);
    }

    #[test]
    fn what_is_not_declared_or_out_of_range_is_refused_in_words() {
        let refused = |name, value: ParamValue| settings(&[(name, value)]).unwrap_err();
        assert!(
            refused("nodes", 3.into()).starts_with("unknown parameter `nodes`; allowed: rows,")
        );
        assert!(refused("clients", 0.into()).contains("an integer from 1 to 1024, found 0"));
        assert!(refused("workers", 0.into()).contains("from 1 to 64"));
        assert!(refused("rows", 0.into()).contains("from 1 to"));
        assert!(refused("bandwidth", 0.into()).contains("from 1000 to"));
        assert!(refused("mode", "fibres".into()).contains("\"processes\""));
        let many = settings(&[("users", 256.into()), ("clients", 9.into())]).unwrap_err();
        assert_eq!(many, "2304 clients of all users at once, at most 2048");
    }
}
