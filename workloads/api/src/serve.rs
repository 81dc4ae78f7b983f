//! The worker's side of the protocol: a loop over request lines.
//!
//! Called from `main` of a worker program. It never prints; what a workload prints goes to the
//! worker's own stdout and stderr, which the harness captures apart from these lines.

use std::any::Any;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::FromRawFd;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::time::Instant;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::time::{ClockId, clock_gettime};

use crate::protocol::{
    ALLOCATIONS_VAR, Done, ENV_VAR, Empty, Failed, FailureKind, Hello, LINE_BYTES_MAX, Prepare,
    REPLY_FD, REQUEST_FD, Reply, Request, VERSION,
};
use crate::{Context, Prepared, Work, Workload, WorkloadError, allocation, valgrind};

/// Serves workloads until the harness says `bye` or goes away. The whole `main` of a worker:
///
/// ```no_run
/// use workload_api::{Answer, Context, Params, Prepared, Spec, Work, Workload, WorkloadError};
///
/// struct Count;
///
/// impl Workload for Count {
///     fn spec(&self) -> Spec {
///         Spec { name: "count".into(), about: "counts to a million".into(), params: vec![] }
///     }
///
///     fn prepare(&self, _: &Params, _: &Context) -> Result<Box<dyn Prepared>, WorkloadError> {
///         Ok(Box::new(Counted(0)))
///     }
/// }
///
/// struct Counted(u64);
///
/// impl Prepared for Counted {
///     fn run(&mut self) -> Result<Work, WorkloadError> {
///         self.0 = (0..1_000_000).map(std::hint::black_box).count() as u64;
///         Ok(Work { rows: self.0, ..Work::default() })
///     }
///
///     fn check(&mut self) -> Result<Answer, WorkloadError> {
///         Ok(Answer { rows: self.0, digest: self.0.to_string(), group: Some("count".into()) })
///     }
/// }
///
/// fn main() -> std::process::ExitCode {
///     workload_api::serve(&[&Count])
/// }
/// ```
///
/// Exits with 2 and a sentence on stderr when it was not started by a harness.
#[expect(clippy::print_stderr, reason = "this is the end of a worker's main")]
pub fn serve(workloads: &[&dyn Workload]) -> ExitCode {
    if std::env::var_os(ENV_VAR).is_none() {
        let names: Vec<_> = workloads.iter().map(|workload| workload.spec().name).collect();
        eprintln!("this is a dyno worker serving: {}", names.join(", "));
        eprintln!("hint: name it in a suite's [[runner]] and start `dyno run SUITE`");
        return ExitCode::from(2);
    }
    #[expect(unsafe_code, reason = "the harness passes exactly these two open descriptors")]
    // SAFETY: ENV_VAR is set only by the harness's launcher, which opened both descriptors for
    // this process alone; nothing else in this process owns them.
    let (requests, replies) =
        unsafe { (File::from_raw_fd(REQUEST_FD), File::from_raw_fd(REPLY_FD)) };
    for descriptor in [&requests, &replies] {
        // What a workload starts is no part of the conversation. A process of its own that outlived
        // the worker would else keep the harness waiting for the end of the replies.
        if let Err(error) = fcntl_setfd(descriptor, FdFlags::CLOEXEC) {
            eprintln!("worker: lost the harness: {error}");
            return ExitCode::FAILURE;
        }
    }
    let count = std::env::var_os(ALLOCATIONS_VAR).is_some();
    match serve_counting(workloads, BufReader::new(requests), replies, count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker: lost the harness: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves workloads over any pair of streams; [`serve`] without the descriptors.
///
/// # Errors
/// When a stream cannot be read or written. End of the requests is not an error.
pub fn serve_on(
    workloads: &[&dyn Workload],
    requests: impl BufRead,
    replies: impl Write,
) -> io::Result<()> {
    serve_counting(workloads, requests, replies, false)
}

/// [`serve_on`], and with `count` every reply to `run` says what the work allocated, where the
/// program's global allocator is a [`crate::CountingAllocator`].
///
/// # Errors
/// As [`serve_on`].
pub fn serve_counting(
    workloads: &[&dyn Workload],
    mut requests: impl BufRead,
    mut replies: impl Write,
    count: bool,
) -> io::Result<()> {
    let count = count && allocation::count();
    let specs = workloads.iter().map(|workload| workload.spec()).collect();
    let hello = Hello { protocol: VERSION, workloads: specs, simulated: valgrind::running() };
    send(&mut replies, &Reply::Hello(hello))?;
    let mut session = Session { workloads, prepared: None, has_run: false, count };
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = requests.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        let reply = match serde_json::from_slice::<Request>(&line) {
            Ok(Request::Bye(_)) => return Ok(()),
            Ok(request) => session.answer(request),
            Err(error) => {
                failed(FailureKind::Protocol, format!("not a request that I know: {error}"))
            }
        };
        send(&mut replies, &reply)?;
    }
}

struct Session<'a> {
    workloads: &'a [&'a dyn Workload],
    prepared: Option<Box<dyn Prepared>>,
    has_run: bool,
    /// Whether allocations are counted.
    count: bool,
}

impl Session<'_> {
    /// The reply to one request. A panic becomes a reply too, and ends what was prepared: its
    /// state can no longer be trusted.
    fn answer(&mut self, request: Request) -> Reply {
        match panic::catch_unwind(AssertUnwindSafe(|| self.dispatch(request))) {
            Ok(reply) => reply,
            Err(payload) => {
                self.prepared = None;
                failed(FailureKind::Panic, panic_message(payload.as_ref()))
            }
        }
    }

    fn dispatch(&mut self, request: Request) -> Reply {
        match request {
            Request::Prepare(prepare) => self.prepare(prepare),
            Request::Run(run) => self.run(run.iterations),
            Request::Check(_) => self.check(),
            // OK because `serve_on` returns before it would ask for this.
            Request::Bye(_) => Reply::Ready(Empty {}),
        }
    }

    fn prepare(&mut self, request: Prepare) -> Reply {
        self.prepared = None;
        self.has_run = false;
        let found = self.workloads.iter().find(|w| w.spec().name == request.workload);
        let Some(workload) = found else {
            let message = format!("no workload named `{}` here", request.workload);
            return failed(FailureKind::Prepare, message);
        };
        let context = Context { seed: request.seed, data_dir: request.data_dir };
        match workload.prepare(&request.params, &context) {
            Ok(prepared) => {
                self.prepared = Some(prepared);
                Reply::Ready(Empty {})
            }
            Err(error) => failed(FailureKind::Prepare, error.to_string()),
        }
    }

    fn run(&mut self, iterations: u32) -> Reply {
        let Some(prepared) = self.prepared.as_mut() else {
            return failed(FailureKind::Protocol, "`run` before a successful `prepare`");
        };
        let done = match (valgrind::running(), self.count) {
            (true, _) => simulate(prepared.as_mut(), iterations),
            (false, true) => count(prepared.as_mut(), iterations),
            (false, false) => measure(prepared.as_mut(), iterations),
        };
        match done {
            Ok(done) => {
                self.has_run = true;
                Reply::Done(done)
            }
            Err(error) => failed(FailureKind::Run, error.to_string()),
        }
    }

    fn check(&mut self) -> Reply {
        let Some(prepared) = self.prepared.as_mut().filter(|_| self.has_run) else {
            return failed(FailureKind::Protocol, "`check` before a successful `run`");
        };
        match prepared.check() {
            Ok(answer) => Reply::Answer(answer),
            Err(error) => failed(FailureKind::Check, error.to_string()),
        }
    }
}

/// The measured region. Nothing stands between the two clocks and the work.
fn measure(prepared: &mut dyn Prepared, iterations: u32) -> Result<Done, WorkloadError> {
    let cpu_before = process_cpu_ns();
    let start = Instant::now();
    let work = execute(prepared, iterations)?;
    let wall_ns = nanoseconds(start);
    let cpu_ns = process_cpu_ns().saturating_sub(cpu_before);
    Ok(Done { wall_ns, cpu_ns: Some(cpu_ns), allocation: None, work })
}

/// The measured region on a simulated CPU. The wall time is that of the simulation, and the CPU
/// clock is left alone: it is read from a page that valgrind hides.
fn simulate(prepared: &mut dyn Prepared, iterations: u32) -> Result<Done, WorkloadError> {
    let start = Instant::now();
    let work = valgrind::counted(|| execute(prepared, iterations))?;
    Ok(Done { wall_ns: nanoseconds(start), cpu_ns: None, allocation: None, work })
}

/// The measured region with its allocations counted.
fn count(prepared: &mut dyn Prepared, iterations: u32) -> Result<Done, WorkloadError> {
    let since = allocation::Since::now();
    let start = Instant::now();
    let work = execute(prepared, iterations)?;
    let wall_ns = nanoseconds(start);
    Ok(Done { wall_ns, cpu_ns: None, allocation: Some(since.counted()), work })
}

#[inline(always)]
fn execute(prepared: &mut dyn Prepared, iterations: u32) -> Result<Work, WorkloadError> {
    let mut total = Work::default();
    for _ in 0..iterations.max(1) {
        add(&mut total, prepared.run()?);
    }
    Ok(total)
}

fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn add(total: &mut Work, work: Work) {
    total.rows += work.rows;
    total.bytes_in += work.bytes_in;
    total.bytes_out += work.bytes_out;
    for metric in work.metrics {
        match total.metrics.iter_mut().find(|known| known.name == metric.name) {
            Some(known) => known.value += metric.value,
            None => total.metrics.push(metric),
        }
    }
}

fn process_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000
        + u64::try_from(time.tv_nsec).unwrap_or(0)
}

fn send(replies: &mut impl Write, reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    replies.write_all(&line)?;
    replies.flush()
}

fn failed(kind: FailureKind, message: impl Into<String>) -> Reply {
    Reply::Failed(Failed { kind, message: message.into() })
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("no message"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Kind, ParamSpec, Params, Spec};

    /// Rows as its parameter says; panics at 13 and fails at 7.
    struct Rows;

    impl Workload for Rows {
        fn spec(&self) -> Spec {
            let rows = ParamSpec {
                name: "rows".to_owned(),
                about: "rows to count".to_owned(),
                kind: Kind::Integer { min: 0, max: 100 },
                default: None,
            };
            Spec { name: "rows".to_owned(), about: "counts".to_owned(), params: vec![rows] }
        }

        fn prepare(
            &self,
            params: &Params,
            _: &Context,
        ) -> Result<Box<dyn Prepared>, WorkloadError> {
            let rows = params.integer("rows")?.ok_or(WorkloadError::new("`rows` is missing"))?;
            Ok(Box::new(Counted(rows.unsigned_abs())))
        }
    }

    struct Counted(u64);

    impl Prepared for Counted {
        fn run(&mut self) -> Result<Work, WorkloadError> {
            match self.0 {
                13 => panic!("unlucky"),
                7 => Err(WorkloadError::new("seven is refused")),
                rows => Ok(Work { rows, ..Work::default() }),
            }
        }

        fn check(&mut self) -> Result<Answer, WorkloadError> {
            Ok(Answer { rows: self.0, digest: format!("d{}", self.0), group: None })
        }
    }

    /// The replies to these request lines, after the `hello`.
    fn talk(lines: &[&str]) -> Vec<Reply> {
        let mut replies = Vec::new();
        let requests = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        serve_on(&[&Rows], requests.as_bytes(), &mut replies).unwrap();
        let text = String::from_utf8(replies).unwrap();
        let mut replies: Vec<Reply> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let Reply::Hello(hello) = replies.remove(0) else { panic!("no hello: {text}") };
        assert_eq!((hello.protocol, hello.workloads), (VERSION, vec![Rows.spec()]));
        replies
    }

    fn prepare(rows: i64) -> String {
        format!(
            r#"{{"prepare":{{"workload":"rows","params":{{"rows":{rows}}},"seed":1,"data_dir":"/x"}}}}"#
        )
    }

    fn failure(reply: &Reply) -> (FailureKind, &str) {
        let Reply::Failed(failed) = reply else { panic!("not a failure: {reply:?}") };
        (failed.kind, &failed.message)
    }

    const RUN: &str = r#"{"run":{"iterations":3}}"#;
    const CHECK: &str = r#"{"check":{}}"#;

    #[test]
    fn a_session_prepares_runs_and_checks() {
        let replies = talk(&[&prepare(5), RUN, CHECK, r#"{"bye":{}}"#, RUN]);
        assert_eq!(replies.len(), 3, "nothing is answered after bye: {replies:?}");
        assert_eq!(replies[0], Reply::Ready(Empty {}));
        let Reply::Done(done) = &replies[1] else { panic!("{replies:?}") };
        assert_eq!(done.work.rows, 15, "sums over the iterations of a request");
        assert!(done.cpu_ns.is_some());
        let Reply::Answer(answer) = &replies[2] else { panic!("{replies:?}") };
        assert_eq!((answer.rows, answer.digest.as_str()), (5, "d5"));
    }

    #[test]
    fn requests_out_of_order_are_refused_in_words() {
        let replies = talk(&[RUN, CHECK, &prepare(5), CHECK]);
        for (index, words) in [(0, "`run` before"), (1, "`check` before"), (3, "`check` before")] {
            let (kind, message) = failure(&replies[index]);
            assert_eq!(kind, FailureKind::Protocol);
            assert!(message.contains(words), "{message}");
        }
    }

    #[test]
    fn errors_and_panics_are_replies_and_a_panic_ends_what_was_prepared() {
        let replies = talk(&[&prepare(7), RUN, &prepare(13), RUN, RUN, &prepare(5), RUN]);
        assert_eq!(failure(&replies[1]), (FailureKind::Run, "seven is refused"));
        assert_eq!(failure(&replies[3]), (FailureKind::Panic, "panicked: unlucky"));
        assert_eq!(failure(&replies[4]).0, FailureKind::Protocol);
        assert!(matches!(replies[6], Reply::Done(_)), "it can be prepared again: {replies:?}");
    }

    #[test]
    fn what_is_no_request_is_answered_and_the_session_goes_on() {
        let other = r#"{"prepare":{"workload":"x","params":{},"seed":1,"data_dir":"/x"}}"#;
        let replies = talk(&["hello?", r#"{"run":{"iterations":1,"more":2}}"#, other, &prepare(1)]);
        assert_eq!(failure(&replies[0]).0, FailureKind::Protocol);
        assert_eq!(failure(&replies[1]).0, FailureKind::Protocol);
        assert_eq!(failure(&replies[2]), (FailureKind::Prepare, "no workload named `x` here"));
        assert_eq!(replies[3], Reply::Ready(Empty {}));
    }

    #[test]
    fn metrics_of_the_same_name_are_summed_over_the_iterations() {
        let metric = |value| crate::Metric {
            name: "batches".to_owned(),
            value,
            unit: crate::Unit::Count,
            better: crate::Better::Neither,
        };
        let work = |rows, value| Work { rows, metrics: vec![metric(value)], ..Work::default() };
        let mut total = Work::default();
        add(&mut total, work(2, 3.0));
        add(&mut total, work(5, 4.0));
        assert_eq!(total, work(7, 7.0));
    }
}
