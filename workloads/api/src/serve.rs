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

use rustix::time::{ClockId, clock_gettime};

use crate::protocol::{
    Done, ENV_VAR, Empty, Failed, FailureKind, Hello, LINE_BYTES_MAX, Prepare, REPLY_FD,
    REQUEST_FD, Reply, Request, VERSION,
};
use crate::{Context, Prepared, Work, Workload, WorkloadError};

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
    match serve_on(workloads, BufReader::new(requests), replies) {
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
    mut requests: impl BufRead,
    mut replies: impl Write,
) -> io::Result<()> {
    let specs = workloads.iter().map(|workload| workload.spec()).collect();
    send(&mut replies, &Reply::Hello(Hello { protocol: VERSION, workloads: specs }))?;
    let mut session = Session { workloads, prepared: None, has_run: false };
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
        match measure(prepared.as_mut(), iterations) {
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
    let mut total = Work::default();
    let cpu_before = process_cpu_ns();
    let start = Instant::now();
    for _ in 0..iterations.max(1) {
        add(&mut total, prepared.run()?);
    }
    let wall_ns = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let cpu_ns = process_cpu_ns().saturating_sub(cpu_before);
    Ok(Done { wall_ns, cpu_ns: Some(cpu_ns), work: total })
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
