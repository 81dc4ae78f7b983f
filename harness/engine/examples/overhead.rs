//! What the harness itself costs: a request and its reply, and a command from fork to the last
//! word of the launcher, beside the same through `std::process`. Build with `--release`.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use engine::case::CommandLine;
use engine::worker::command::finish;
use engine::worker::{Held, LAUNCHER_COMMAND, Launcher, Spawn, WORKER_COMMAND, Worker};
use record::Failure;
use workload_api::protocol::Prepare;
use workload_api::{Answer, Context, Params, Prepared, Spec, Work, Workload, WorkloadError, serve};

const TIMEOUT: Duration = Duration::from_secs(10);
const ROUND_TRIPS: usize = 5000;
const COMMANDS: usize = 1000;

struct Nothing;

impl Workload for Nothing {
    fn spec(&self) -> Spec {
        Spec { name: "nothing".to_owned(), about: String::new(), params: Vec::new() }
    }

    fn prepare(&self, _: &Params, _: &Context) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(Self))
    }
}

impl Prepared for Nothing {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        Ok(Work { rows: 1, ..Work::default() })
    }

    fn check(&mut self) -> Result<Answer, WorkloadError> {
        Ok(Answer { rows: 1, digest: String::new(), group: None })
    }
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(LAUNCHER_COMMAND) => return engine::worker::launcher_main(),
        Some(WORKER_COMMAND) => return serve(&[&Nothing]),
        _ => {}
    }
    let exe = std::env::current_exe().expect("the example has a path");
    let mut launcher = Launcher::start(&exe).expect("the launcher starts");
    match round_trips(&mut launcher, &exe.display().to_string())
        .and_then(|()| commands(&mut launcher))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            println!("{}: {}", failure.kind.as_str(), failure.message);
            ExitCode::FAILURE
        }
    }
}

fn round_trips(launcher: &mut Launcher, exe: &str) -> Result<(), Failure> {
    let folder = std::env::temp_dir();
    let argv = vec![exe.to_owned(), WORKER_COMMAND.to_owned()];
    let process = launcher.hold(&Spawn::worker(argv, &folder))?.release()?;
    let mut worker = Worker::greet(process, TIMEOUT)?;
    let params = Params::default();
    let workload = "nothing".to_owned();
    worker.prepare(&Prepare { workload, params, seed: 1, data_dir: folder }, TIMEOUT)?;
    let mut times = Vec::new();
    for _ in 0..ROUND_TRIPS {
        let start = Instant::now();
        let done = worker.run(1, TIMEOUT)?;
        times.push(nanos(start).saturating_sub(done.wall_ns));
    }
    say("a `run` and its reply, without the work", times);
    worker.bye(TIMEOUT)?;
    Ok(())
}

fn commands(launcher: &mut Launcher) -> Result<(), Failure> {
    let line = CommandLine::Argv(vec!["/bin/true".to_owned()]);
    let spawn = Spawn::command(&line, &std::env::temp_dir());
    let (mut through_launcher, mut walls, mut through_std) = (Vec::new(), Vec::new(), Vec::new());
    // In turn, so that a busy moment of the machine meets both.
    for _ in 0..COMMANDS {
        let start = Instant::now();
        let finished = launcher.hold(&spawn).and_then(Held::release);
        let finished = finished.and_then(|process| finish(process, TIMEOUT))?;
        through_launcher.push(nanos(start));
        walls.push(finished.exit.wall_ns());
        let start = Instant::now();
        let output = Command::new("/bin/true").stdin(Stdio::null()).output();
        through_std.push(nanos(start));
        assert!(output.is_ok_and(|output| output.status.success()), "`true` must succeed");
    }
    say("`true` through the launcher", through_launcher);
    say("`true` through std::process, output captured", through_std);
    say("`true` as measured, from exec to exit", walls);
    Ok(())
}

fn nanos(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn say(what: &str, mut times: Vec<u64>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100] as f64 / 1000.0;
    println!("{what:<46} median {:>8.1} us, 95 % below {:>8.1} us", at(50), at(95));
}
