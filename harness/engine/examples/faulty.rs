//! A worker with one fault per workload, and a launcher, for the tests of engine and dyno.
//!
//! `faulty` alone serves the faults that a workload can have; `faulty NAME` those that need their
//! own hand on the protocol, the scripted workload among them. `faulty __launcher` is a launcher,
//! `faulty __parent` a harness that waits to be killed.
#![expect(clippy::print_stdout, reason = "printing is one of its faults")]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::FromRawFd;
use std::process::{Command, ExitCode, abort, exit};
use std::thread::sleep;
use std::time::Duration;

use workload_api::protocol::{
    ALLOCATIONS_VAR, Done, Empty, Failed, FailureKind, Hello, REPLY_FD, REQUEST_FD, Reply, Request,
    VERSION,
};
use workload_api::{
    Allocation, Answer, Context, Kind, ParamSpec, ParamValue, Params, Prepared, Spec, Work,
    Workload, WorkloadError,
};

const FOREVER: Duration = Duration::from_secs(1_000_000);

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(engine::worker::LAUNCHER_COMMAND) => engine::worker::launcher_main(),
        Some("__parent") => parent(),
        Some("exits_early") => ExitCode::from(3),
        Some(name) => by_hand(name),
        None => workload_api::serve(&FAULTS.each_ref().map(|fault| fault as &dyn Workload)),
    }
}

/// A fault inside a workload, named like it.
struct Fault(&'static str, &'static str);

const FAULTS: [Fault; 14] = [
    Fault("works", "does nothing, and that well"),
    Fault("panics", "panics in run"),
    Fault("aborts", "dies of SIGABRT in run"),
    Fault("exits", "exits with code 3 in run"),
    Fault("hangs", "never replies to run"),
    Fault("ignores_sigterm", "never replies to run and ignores SIGTERM"),
    Fault("fails", "says that the work failed"),
    Fault("wrong_digest", "gives another digest than `works` of the same answer group"),
    Fault("zero_rows", "succeeds without having done anything"),
    Fault("chatty", "prints 10 MB in run"),
    Fault("babbles", "never replies to run and never stops printing"),
    Fault("forks_and_leaves", "exits in run, leaving a child that holds all its descriptors"),
    Fault("dies_in_prepare", "exits with code 4 in prepare"),
    Fault("refuses", "says that it cannot prepare"),
];

impl Workload for Fault {
    fn spec(&self) -> Spec {
        Spec { name: self.0.to_owned(), about: self.1.to_owned(), params: Vec::new() }
    }

    fn prepare(&self, _: &Params, _: &Context) -> Result<Box<dyn Prepared>, WorkloadError> {
        match self.0 {
            "dies_in_prepare" => exit(4),
            "refuses" => Err(WorkloadError::new("the moon is in the wrong house")),
            name => Ok(Box::new(Faulty(name))),
        }
    }
}

struct Faulty(&'static str);

impl Prepared for Faulty {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        match self.0 {
            "panics" => panic!("as planned"),
            "aborts" => {
                println!("last words");
                abort()
            }
            "exits" => exit(3),
            "hangs" => sleep(FOREVER),
            "ignores_sigterm" => {
                #[expect(unsafe_code, reason = "there is no safe way to ignore a signal")]
                // SAFETY: SIG_IGN is a valid handler.
                unsafe {
                    libc::signal(libc::SIGTERM, libc::SIG_IGN)
                };
                println!("not listening");
                sleep(FOREVER);
            }
            "fails" => return Err(WorkloadError::new("the disk is made of cheese")),
            "chatty" => {
                let line = format!("{}\n", "x".repeat(99));
                (0..100_000).for_each(|_| print!("{line}"));
                println!("the end");
            }
            "babbles" => loop {
                println!("and another thing");
            },
            "forks_and_leaves" => {
                leave_child();
                exit(0)
            }
            _ => {}
        }
        Ok(Work { rows: if self.0 == "zero_rows" { 0 } else { 1000 }, ..Work::default() })
    }

    fn check(&mut self) -> Result<Answer, WorkloadError> {
        let (rows, digest) = match self.0 {
            "zero_rows" => (0, "right"),
            "wrong_digest" => (1000, "wrong"),
            _ => (1000, "right"),
        };
        Ok(Answer { rows, digest: digest.to_owned(), group: Some("faulty".to_owned()) })
    }
}

#[expect(clippy::zombie_processes, reason = "leaving it alone is the fault")]
fn leave_child() {
    // It inherits the descriptors of the protocol, which are not closed by its exec.
    Command::new("sleep").arg("1000").spawn().expect("`sleep` is everywhere");
}

/// A harness that starts a worker, says both pids, and does nothing more.
fn parent() -> ExitCode {
    let exe = std::env::current_exe().expect("the fixture has a path");
    let mut launcher = engine::worker::Launcher::start(&exe).expect("the launcher starts");
    let line = "sleep 1000 & setsid sleep 1000 & exec sleep 1000";
    let line = engine::case::CommandLine::Shell(line.to_owned());
    let spawn = engine::worker::Spawn::command(&line, &std::env::temp_dir());
    let process = launcher.hold(&spawn).and_then(engine::worker::Held::release);
    let process = process.expect("a shell starts");
    println!("{}", process.pid());
    sleep(FOREVER);
    ExitCode::SUCCESS
}

/// The protocol by hand.
struct Lines {
    requests: BufReader<File>,
    replies: Option<File>,
}

impl Lines {
    fn request(&mut self) -> Option<Request> {
        let mut line = String::new();
        let read = self.requests.read_line(&mut line).expect("requests can be read");
        (read > 0).then(|| serde_json::from_str(&line).expect("the harness speaks the protocol"))
    }

    fn say(&mut self, text: &str) {
        if let Some(replies) = &mut self.replies {
            replies.write_all(text.as_bytes()).expect("replies can be written");
        }
    }

    fn reply(&mut self, reply: &Reply) {
        self.say(&format!("{}\n", serde_json::to_string(reply).expect("replies are JSON")));
    }
}

fn by_hand(name: &str) -> ExitCode {
    #[expect(unsafe_code, reason = "the harness passes exactly these two open descriptors")]
    // SAFETY: nothing else in this process owns them.
    let (requests, replies) =
        unsafe { (File::from_raw_fd(REQUEST_FD), File::from_raw_fd(REPLY_FD)) };
    let mut lines = Lines { requests: BufReader::new(requests), replies: Some(replies) };
    if name == "old_protocol" {
        lines.say("{\"hello\":{\"protocol\":7,\"workloads\":[{\"nom\":\"x\"}],\"more\":1}}\n");
    } else {
        let spec = if name == "scripted" { scripted_spec() } else { bare_spec(name) };
        lines.reply(&Reply::Hello(Hello {
            protocol: VERSION,
            workloads: vec![spec],
            simulated: false,
        }));
    }
    let mut params = Params::default();
    let mut runs = 0;
    while let Some(request) = lines.request() {
        match (request, name) {
            (Request::Bye(_), "ignores_bye") => sleep(FOREVER),
            (Request::Bye(_), _) => return ExitCode::SUCCESS,
            (Request::Prepare(_), "talks_unasked") => {
                lines.say("{\"ready\":{}}\n{\"ready\":{}}\n");
            }
            (Request::Prepare(prepare), _) => {
                params = prepare.params;
                lines.reply(&Reply::Ready(Empty {}));
            }
            (Request::Run(run), "scripted") => {
                lines.reply(&scripted_done(&params, runs, run.iterations));
                runs += 1;
            }
            (Request::Check(_), "scripted") => lines.reply(&scripted_answer(&params)),
            (_, "prints_garbage") => lines.say("Traceback (most recent call last):\n"),
            (_, "closes_pipe") => lines.replies = None,
            (_, "huge_line") => lines.say(&"x".repeat(3 << 20)),
            (_, "wrong_reply") => lines.reply(&Reply::Ready(Empty {})),
            (_, "half_a_line") => {
                lines.say("{\"done\":{\"wall_ns\":1,");
                return ExitCode::from(5);
            }
            (_, other) => lines.reply(&Reply::Failed(Failed {
                kind: FailureKind::Protocol,
                message: format!("no fault named `{other}`"),
            })),
        }
    }
    ExitCode::SUCCESS
}

fn bare_spec(name: &str) -> Spec {
    Spec { name: name.to_owned(), about: String::new(), params: Vec::new() }
}

/// Says of itself exactly what its parameters say, without a look at a clock.
fn scripted_spec() -> Spec {
    let param = |name: &str, about: &str, kind, default| ParamSpec {
        name: name.to_owned(),
        about: about.to_owned(),
        kind,
        default: Some(default),
    };
    let number = || Kind::Integer { min: 0, max: i64::MAX };
    Spec {
        name: "scripted".to_owned(),
        about: "reports what its parameters say".to_owned(),
        params: vec![
            param("wall_ns", "wall time of one execution", number(), 1_000_000.into()),
            param("spread_ns", "added 0, 1 or 2 times, in turn", number(), 0.into()),
            param("cpu_ns", "CPU time of one execution", number(), 1_000_000.into()),
            param("rows", "rows of one execution", number(), 1000.into()),
            param("digest", "digest of the answer", Kind::Text, "right".into()),
            param("group", "answer group", Kind::Text, "scripted".into()),
            param("step", "means nothing", Kind::Text, "".into()),
        ],
    }
}

fn scripted_done(params: &Params, runs: u64, iterations: u32) -> Reply {
    assert!(changed("SCRIPTED_PANIC").is_none(), "as planned");
    let number = |name| match params.get(name).or(default_of(name).as_ref()) {
        Some(ParamValue::Integer(value)) => u64::try_from(*value).unwrap_or(0),
        _ => 0,
    };
    if let Some(turns) = changed("SCRIPTED_SPIN").and_then(|text| text.parse().ok()) {
        spun(turns);
    }
    let times = u64::from(iterations);
    let wall_ns = changed("SCRIPTED_WALL_NS").and_then(|text| text.parse().ok());
    let counts = changed(ALLOCATIONS_VAR).and(changed("SCRIPTED_ALLOCATIONS"));
    let allocated = |allocations| Allocation { allocations, ..Allocation::default() };
    Reply::Done(Done {
        allocation: counts.and_then(|text| text.parse().ok()).map(allocated),
        wall_ns: (wall_ns.unwrap_or_else(|| number("wall_ns")) + number("spread_ns") * (runs % 3))
            * times,
        cpu_ns: Some(number("cpu_ns") * times),
        work: Work { rows: number("rows") * times, ..Work::default() },
    })
}

fn scripted_answer(params: &Params) -> Reply {
    let value = |name| params.get(name).cloned().or(default_of(name));
    let text = |name| value(name).map_or_else(String::new, |value| value.to_string());
    let rows = text("rows").parse().unwrap_or(0);
    let digest = changed("SCRIPTED_DIGEST").unwrap_or_else(|| text("digest"));
    Reply::Answer(Answer { rows, digest, group: Some(text("group")) })
}

/// Work that a profiler sees and no clock is told of.
#[inline(never)]
fn spun(turns: u64) {
    let mut turn = 0;
    while turn < std::hint::black_box(turns) {
        turn += 1;
    }
}

/// As if the program had been changed and the case had not.
fn changed(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn default_of(name: &str) -> Option<ParamValue> {
    scripted_spec().param(name).and_then(|param| param.default.clone())
}
