//! Workers and commands through a real launcher: every fault of the fixture gives the failure that
//! says what happened, and nothing is left behind.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use engine::case::CommandLine;
use engine::counters::{Counters, Process, Target, TargetKind};
use engine::worker::command::{Accept, Finished, finish, run_to_end};
use engine::worker::{ExitStatus, Held, Launcher, Spawn, Worker};
use record::{Failure, FailureKind};
use workload_api::Params;
use workload_api::protocol::Prepare;

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(500);

/// The fixture, which cargo builds beside the tests.
fn fixture() -> PathBuf {
    let me = std::env::current_exe().unwrap();
    let folder = me.parent().and_then(Path::parent).unwrap();
    let path = folder.join("examples/faulty");
    assert!(
        path.exists(),
        "no {}; build it with `cargo build -p engine --examples`",
        path.display()
    );
    path
}

fn launcher() -> Launcher {
    Launcher::start(&fixture()).unwrap()
}

fn prepare(workload: &str, params: Params) -> Prepare {
    Prepare { workload: workload.to_owned(), params, seed: 1, data_dir: std::env::temp_dir() }
}

fn greet(launcher: &mut Launcher, arguments: &[&str]) -> Result<Worker, Failure> {
    let mut argv = vec![fixture().display().to_string()];
    argv.extend(arguments.iter().map(|word| (*word).to_owned()));
    let held = launcher.hold(&Spawn::worker(argv, &std::env::temp_dir()))?;
    Worker::greet(held.release()?, LONG)
}

/// Prepares and runs a workload of the fixture.
fn session(arguments: &[&str], workload: &str, timeout: Duration) -> Result<u64, Failure> {
    let mut launcher = launcher();
    let mut worker = greet(&mut launcher, arguments)?;
    worker.prepare(&prepare(workload, Params::default()), LONG)?;
    let done = worker.run(1, timeout)?;
    let answer = worker.check(LONG)?;
    let exit = worker.bye(LONG)?;
    assert_eq!(exit.status, ExitStatus::Code(0));
    assert_eq!(answer.rows, done.work.rows);
    Ok(done.work.rows)
}

fn shell(launcher: &mut Launcher, text: &str, timeout: Duration) -> Result<Finished, Failure> {
    let line = CommandLine::Shell(text.to_owned());
    let held = launcher.hold(&Spawn::command(&line, &std::env::temp_dir()))?;
    finish(held.release()?, timeout, Accept::Success)
}

fn lives(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or("").trim_start().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

/// Waits for something that happens soon, or never.
fn soon(what: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + LONG;
    while !what() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

#[test]
fn a_worker_that_works_works() {
    assert_eq!(session(&[], "works", LONG).unwrap(), 1000);
}

#[test]
fn a_worker_declares_its_workloads() {
    let mut launcher = launcher();
    let worker = greet(&mut launcher, &["scripted"]).unwrap();
    assert_eq!(worker.specs()[0].name, "scripted");
    assert!(worker.specs()[0].param("wall_ns").is_some());
}

#[test]
fn scripted_reports_what_its_parameters_say() {
    let mut launcher = launcher();
    let mut worker = greet(&mut launcher, &["scripted"]).unwrap();
    let mut params = Params::default();
    params.set("wall_ns", 100);
    params.set("spread_ns", 7);
    params.set("rows", 5);
    params.set("digest", "d");
    worker.prepare(&prepare("scripted", params), LONG).unwrap();
    let walls: Vec<_> = (0..4).map(|_| worker.run(2, LONG).unwrap().wall_ns).collect();
    assert_eq!(walls, [200, 214, 228, 200]);
    let answer = worker.check(LONG).unwrap();
    assert_eq!((answer.rows, answer.digest.as_str()), (5, "d"));
}

/// Checks the failure of one fault: its kind, and words of its message.
fn check(arguments: &[&str], workload: &str, kind: FailureKind, words: &str) -> Failure {
    let timeout = match workload {
        "hangs" | "ignores_sigterm" | "babbles" => SHORT,
        _ => LONG,
    };
    let failure = session(arguments, workload, timeout).unwrap_err();
    assert_eq!(failure.kind, kind, "{failure:?}");
    assert!(failure.message.contains(words), "{failure:?}");
    failure
}

#[test]
fn panics_are_run_failures_with_the_message_of_the_panic() {
    let failure = check(&[], "panics", FailureKind::Run, "panicked: as planned");
    assert!(failure.output.contains("as planned"), "{failure:?}");
}

#[test]
fn aborts_are_deaths_with_the_signal_and_the_last_words() {
    let words = "killed by signal 6 (SIGABRT)";
    let failure = check(&[], "aborts", FailureKind::Died, words);
    assert!(failure.message.ends_with("during `run`"), "{failure:?}");
    assert!(failure.output.contains("last words"), "{failure:?}");
}

#[test]
fn exits_are_deaths_with_the_code() {
    check(&[], "exits", FailureKind::Died, "exited with code 3 after ");
}

#[test]
fn hangs_are_timeouts() {
    check(&[], "hangs", FailureKind::Timeout, "no reply to `run` within 0.5 s");
}

#[test]
fn babbles_is_a_timeout_although_it_always_has_something_to_say() {
    let failure = check(&[], "babbles", FailureKind::Timeout, "no reply to `run`");
    assert!(failure.output.contains("and another thing"));
}

#[test]
fn a_command_that_never_stops_printing_is_ended_in_time() {
    let failure = shell(&mut launcher(), "exec yes", SHORT).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(failure.output.ends_with("y\n") && failure.output.len() <= 64 << 10);
    let finished = shell(&mut launcher(), "yes & exit 0", SHORT).unwrap();
    assert_eq!(finished.exit.killed, 1);
}

#[test]
fn ignores_sigterm_is_killed() {
    let failure = check(&[], "ignores_sigterm", FailureKind::Timeout, "no reply to `run`");
    assert!(failure.output.contains("not listening"), "{failure:?}");
}

#[test]
fn fails_is_a_run_failure_in_the_words_of_the_worker() {
    check(&[], "fails", FailureKind::Run, "the disk is made of cheese");
}

#[test]
fn refuses_is_a_prepare_failure_in_the_words_of_the_worker() {
    check(&[], "refuses", FailureKind::Prepare, "the moon is in the wrong house");
}

#[test]
fn dies_in_prepare_says_so() {
    let failure = check(&[], "dies_in_prepare", FailureKind::Died, "exited with code 4");
    assert!(failure.message.ends_with("during `prepare`"), "{failure:?}");
}

#[test]
fn a_workload_that_is_not_there_is_named() {
    check(&[], "join", FailureKind::Prepare, "no workload named `join` here");
}

#[test]
fn chatty_blocks_nothing_and_keeps_the_last_64_kib() {
    let mut launcher = launcher();
    let mut worker = greet(&mut launcher, &[]).unwrap();
    worker.prepare(&prepare("chatty", Params::default()), LONG).unwrap();
    worker.run(1, LONG).unwrap();
    let tail = worker.process().output_tail();
    assert!(tail.len() <= 64 << 10, "{}", tail.len());
    assert!(tail.len() > 60 << 10, "{}", tail.len());
    assert!(tail.ends_with("xxx\nthe end\n"), "{:?}", &tail[tail.len() - 50..]);
}

#[test]
fn forks_and_leaves_is_noticed_although_its_child_holds_the_pipe() {
    check(&[], "forks_and_leaves", FailureKind::Died, "exited with code 0");
}

#[test]
fn prints_garbage_is_quoted() {
    let words = "sent a line that is not a reply: `Traceback (most recent call last):`";
    check(&["prints_garbage"], "x", FailureKind::Protocol, words);
}

#[test]
fn old_protocol_is_refused_politely() {
    let words = "speaks protocol 7, this dyno speaks 1";
    check(&["old_protocol"], "x", FailureKind::Protocol, words);
}

#[test]
fn closes_pipe_is_a_death_without_a_word() {
    let words = "closed its reply pipe without a word";
    check(&["closes_pipe"], "x", FailureKind::Died, words);
}

#[test]
fn exits_early_asks_whether_it_is_a_worker() {
    let failure = check(&["exits_early"], "x", FailureKind::Died, "exited with code 3");
    assert!(failure.message.ends_with("before `hello`; is it a dyno worker?"), "{failure:?}");
}

#[test]
fn huge_line_is_not_taken() {
    check(&["huge_line"], "x", FailureKind::Protocol, "sent a line longer than 1 MiB");
}

#[test]
fn half_a_line_is_a_death() {
    check(&["half_a_line"], "x", FailureKind::Died, "exited with code 5");
}

#[test]
fn wrong_reply_is_named() {
    let words = "sent `ready` where `done` was expected";
    check(&["wrong_reply"], "x", FailureKind::Protocol, words);
}

#[test]
fn talks_unasked_is_refused() {
    let words = "sent a line that nobody asked for: `{\"ready\":{}}`";
    check(&["talks_unasked"], "x", FailureKind::Protocol, words);
}

#[test]
fn a_worker_that_ignores_bye_is_ended() {
    let mut launcher = launcher();
    let worker = greet(&mut launcher, &["ignores_bye"]).unwrap();
    let pid = worker.pid();
    let exit = worker.bye(SHORT).unwrap();
    assert_eq!(exit.status, ExitStatus::Signal(15));
    assert!(!lives(pid));
}

#[test]
fn a_large_prepare_arrives_whole() {
    let mut launcher = launcher();
    let mut worker = greet(&mut launcher, &["scripted"]).unwrap();
    let mut params = Params::default();
    params.set("digest", "d".repeat(500_000).as_str());
    worker.prepare(&prepare("scripted", params), LONG).unwrap();
    worker.run(1, LONG).unwrap();
    assert_eq!(worker.check(LONG).unwrap().digest.len(), 500_000);
}

#[test]
fn a_missing_program_is_a_start_failure() {
    let mut launcher = launcher();
    let start = |launcher: &mut Launcher, program: &str| {
        let spawn = Spawn::worker(vec![program.to_owned()], Path::new("/"));
        let failure = launcher.hold(&spawn).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Start);
        failure.message
    };
    assert_eq!(
        start(&mut launcher, "no-such-thing"),
        "cannot start `no-such-thing`: no such program in PATH"
    );
    assert_eq!(start(&mut launcher, "./nothing"), "cannot start `./nothing`: no such file");
    assert_eq!(start(&mut launcher, "/tmp"), "cannot start `/tmp`: it is a directory");
    let passwd = start(&mut launcher, "/etc/passwd");
    assert_eq!(passwd, "cannot start `/etc/passwd`: it is not executable");
}

#[test]
fn a_script_without_its_interpreter_is_a_start_failure() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&path, mode).unwrap();
    };
    write("lost", "#!/no/such/interpreter\n");
    write("bare", "no first line\n");
    let mut launcher = launcher();
    let mut start = |program: &str| {
        let line = CommandLine::Argv(vec![program.to_owned()]);
        let spawn = Spawn::command(&line, folder.path());
        let failure = run_to_end(&mut launcher, &spawn, LONG, "prepare").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Start);
        failure.message
    };
    let words = "prepare: cannot start `./lost`: no such file; or its interpreter is missing";
    assert_eq!(start("./lost"), words);
    assert!(start("./bare").contains("not a program; a script needs a first line"));
}

#[test]
fn a_missing_working_directory_is_a_start_failure() {
    let spawn = Spawn::worker(vec!["true".to_owned()], Path::new("/no/such/place"));
    let failure = launcher().hold(&spawn).unwrap_err();
    assert_eq!(failure.message, "cannot start `true`: no working directory `/no/such/place`");
}

#[test]
fn a_pin_to_a_cpu_that_is_not_there_is_a_start_failure() {
    let spawn = Spawn::worker(vec!["true".to_owned()], Path::new("/")).with_pin(Some(vec![1000]));
    let mut launcher = launcher();
    let result = launcher.hold(&spawn).and_then(Held::release);
    let failure = result.and_then(|process| Worker::greet(process, LONG)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Start);
    assert!(failure.message.contains("cannot pin it to the CPUs asked for"), "{failure:?}");
}

#[test]
fn a_pin_holds_for_the_child() {
    let line = CommandLine::Shell("grep Cpus_allowed_list /proc/self/status".to_owned());
    let spawn = Spawn::command(&line, Path::new("/")).with_pin(Some(vec![0]));
    let finished = run_to_end(&mut launcher(), &spawn, LONG, "check").unwrap();
    assert_eq!(finished.output.stdout.text(), "Cpus_allowed_list:\t0\n");
}

#[test]
fn a_command_is_timed_and_its_streams_are_kept_apart() {
    let mut launcher = launcher();
    let finished = shell(&mut launcher, "echo out; echo err >&2; sleep 0.05", LONG).unwrap();
    assert_eq!(finished.output.stdout.text(), "out\n");
    assert_eq!(finished.output.stderr.text(), "err\n");
    assert!(finished.exit.wall_ns() >= 50_000_000, "{:?}", finished.exit);
    assert_eq!(finished.exit.ended_ns, finished.exit.main_ended_ns);
    assert_eq!((finished.exit.outlived, finished.exit.killed), (0, 0));
    assert!(finished.exit.usage.minor_faults > 0);
}

#[test]
fn a_command_that_fails_says_its_code_and_its_last_output() {
    let failure = shell(&mut launcher(), "echo no space; exit 3", LONG).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Run);
    assert!(failure.message.starts_with("exited with code 3 after "), "{failure:?}");
    assert_eq!(failure.output, "no space\n");
    let failure = shell(&mut launcher(), "kill -SEGV $$", LONG).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Died);
    assert!(failure.message.starts_with("killed by signal 11 (SIGSEGV)"), "{failure:?}");
    assert!(!failure.message.contains(';'), "{failure:?}");
    let failure = shell(&mut launcher(), "kill -ILL $$", LONG).unwrap_err();
    assert!(failure.message.starts_with("killed by signal 4 (SIGILL)"), "{failure:?}");
    assert!(failure.message.contains("; it met an instruction that"), "{failure:?}");
}

#[test]
fn a_command_that_hangs_is_ended_with_its_children() {
    let mut launcher = launcher();
    let failure = shell(&mut launcher, "sleep 1001 & echo $!; wait", SHORT).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert_eq!(failure.message, "did not end within 0.5 s");
    let child: i32 = failure.output.trim().parse().unwrap();
    assert!(!lives(child));
}

#[test]
fn processes_that_outlive_a_command_are_waited_for() {
    // They live until the shell has been reaped, and then a little, so no clock decides.
    let stay = "while kill -0 $0 2>/dev/null; do sleep 0.01; done; sleep 0.05";
    let text = format!("sh -c '{stay}' $$ & setsid sh -c '{stay}' $$ & exit 0");
    let exit = shell(&mut launcher(), &text, LONG).unwrap().exit;
    assert_eq!((exit.outlived, exit.killed), (2, 0), "{exit:?}");
    assert!(exit.ended_ns - exit.main_ended_ns >= 50_000_000, "{exit:?}");
    assert!(exit.wall_ns() > exit.ended_ns - exit.main_ended_ns, "{exit:?}");
}

#[test]
fn processes_that_outlive_a_command_beyond_the_timeout_are_killed_and_counted() {
    let mut launcher = launcher();
    let text = "sleep 1002 & setsid sleep 1002 & exit 0";
    let finished = shell(&mut launcher, text, 4 * SHORT).unwrap();
    assert_eq!((finished.exit.outlived, finished.exit.killed), (0, 2), "{:?}", finished.exit);
}

#[test]
fn the_use_of_orphans_is_counted() {
    let mut launcher = launcher();
    let burn = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
    let finished = shell(&mut launcher, &format!("( {burn} ) & exit 0"), LONG).unwrap();
    let usage = finished.exit.usage;
    assert!(usage.user_ns + usage.system_ns > 20_000_000, "{usage:?}");
}

#[test]
fn a_held_process_that_is_dropped_never_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut launcher = launcher();
    let line = CommandLine::Shell("touch ran".to_owned());
    let held = launcher.hold(&Spawn::command(&line, folder.path())).unwrap();
    let pid = held.pid();
    assert!(lives(pid));
    drop(held);
    assert!(soon(|| !lives(pid)));
    assert!(!folder.path().join("ran").exists());
}

#[test]
fn two_workers_live_side_by_side() {
    let mut launcher = launcher();
    let mut first = greet(&mut launcher, &["scripted"]).unwrap();
    let mut second = greet(&mut launcher, &["scripted"]).unwrap();
    for worker in [&mut first, &mut second] {
        worker.prepare(&prepare("scripted", Params::default()), LONG).unwrap();
    }
    for _ in 0..3 {
        assert_eq!(first.run(1, LONG).unwrap().wall_ns, 1_000_000);
        assert_eq!(second.run(1, LONG).unwrap().wall_ns, 1_000_000);
    }
    let (first_pid, second_pid) = (first.pid(), second.pid());
    assert_eq!(second.bye(LONG).unwrap().status, ExitStatus::Code(0));
    assert!(lives(first_pid) && !lives(second_pid));
    assert_eq!(first.bye(LONG).unwrap().status, ExitStatus::Code(0));
}

#[test]
fn the_environment_is_inherited_and_added_to() {
    let line = CommandLine::Shell("echo $MINE $PATH ${DYNO_PROTOCOL-none}".to_owned());
    let spawn = Spawn::command(&line, Path::new("/")).with_env([("MINE", "a"), ("MINE", "b")]);
    let finished = run_to_end(&mut launcher(), &spawn, LONG, "check").unwrap();
    let path = std::env::var("PATH").unwrap();
    assert_eq!(finished.output.stdout.text(), format!("b {path} none\n"));
}

#[test]
fn a_child_has_no_descriptors_but_its_own_and_default_signals() {
    let mut launcher = launcher();
    let line = CommandLine::Argv(["ls", "/proc/self/fd"].map(str::to_owned).to_vec());
    let spawn = Spawn::command(&line, Path::new("/"));
    let finished = run_to_end(&mut launcher, &spawn, LONG, "check").unwrap();
    // The fourth is the folder that `ls` reads.
    assert_eq!(finished.output.stdout.text(), "0\n1\n2\n3\n");
    let finished = shell(&mut launcher, "grep -E 'Sig(Blk|Ign)' /proc/self/status", LONG).unwrap();
    // Signals 32 and 33 belong to the C library, which lets nobody change them.
    const OF_LIBC: u64 = 0b11 << 31;
    for line in finished.output.stdout.text().lines() {
        let mask = line.split_whitespace().last().unwrap();
        assert_eq!(u64::from_str_radix(mask, 16).unwrap() & !OF_LIBC, 0, "{line}");
    }
}

#[test]
fn the_peak_memory_of_a_small_command_and_worker_is_theirs_although_the_harness_holds_a_gib() {
    let mut launcher = launcher();
    let mut ballast = vec![1u8; 1 << 30];
    ballast[77] = 2;
    let line = CommandLine::Argv(vec!["true".to_owned()]);
    let spawn = Spawn::command(&line, Path::new("/"));
    let finished = run_to_end(&mut launcher, &spawn, LONG, "check").unwrap();
    let peak = finished.exit.usage.peak_rss_bytes;
    assert!(peak > 0 && peak < 4 << 20, "{peak} bytes");

    let argv = vec![fixture().display().to_string()];
    let held = launcher.hold(&Spawn::worker(argv, &std::env::temp_dir())).unwrap();
    let target = Target::new(held.pid().unsigned_abs(), TargetKind::Worker);
    let (mut counters, _) = Counters::open(&target, &[&Process]);
    let mut worker = Worker::greet(held.release().unwrap(), LONG).unwrap();
    worker.prepare(&prepare("works", Params::default()), LONG).unwrap();
    counters.begin();
    counters.start();
    worker.run(1, LONG).unwrap();
    let values = counters.stop();
    worker.bye(LONG).unwrap();
    assert_eq!(ballast.iter().rev().take(8).map(|byte| u32::from(*byte)).sum::<u32>(), 8);
    let lack = counters.take_unavailable();
    let Some(peak) = values.iter().find(|value| value.metric == "peak_rss") else {
        println!("skipped: {lack:?}");
        return;
    };
    assert!(peak.value > 1e5 && peak.value < 16e6, "{peak:?}");
}

#[test]
fn a_thousand_commands_leave_no_descriptor_and_no_zombie() {
    let mut launcher = launcher();
    let line = CommandLine::Argv(vec!["true".to_owned()]);
    let spawn = Spawn::command(&line, Path::new("/"));
    let first = run_to_end(&mut launcher, &spawn, LONG, "check").unwrap();
    for _ in 0..1000 {
        run_to_end(&mut launcher, &spawn, LONG, "check").unwrap();
    }
    let last = run_to_end(&mut launcher, &spawn, LONG, "check").unwrap();
    // The launcher shows by what a child of it sees: it has grown neither in memory ...
    let grown = last.exit.usage.peak_rss_bytes.abs_diff(first.exit.usage.peak_rss_bytes);
    assert!(grown < 1 << 20, "{grown} bytes");
    // ... nor in children or descriptors.
    let text = "cat /proc/$PPID/task/$PPID/children; ls /proc/$PPID/fd | wc -l";
    let seen = shell(&mut launcher, text, LONG).unwrap().output.stdout.text();
    let (children, fds) = seen.split_once('\n').unwrap_or((&seen, ""));
    let (children, fds) = if fds.is_empty() { ("", children) } else { (children, fds) };
    assert!(children.split_whitespace().count() <= 1, "{seen}");
    let fds = fds.trim().rsplit(' ').next().unwrap().parse::<u32>().unwrap();
    assert!(fds < 12, "{seen}");
}

#[test]
fn a_harness_that_is_killed_leaves_no_process_behind() {
    let mut parent =
        Command::new(fixture()).arg("__parent").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let main: i32 = line.trim().parse().unwrap();
    let family = |launcher: i32| descendants(launcher);
    let launcher = descendants(i32::try_from(parent.id()).unwrap())[0];
    // The shell, and the two that it left.
    assert!(soon(|| family(launcher).len() == 3), "{:?}", family(launcher));
    let everybody = [vec![launcher], family(launcher)].concat();
    assert!(everybody.contains(&main) && everybody.iter().all(|pid| lives(*pid)));
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(soon(|| everybody.iter().all(|pid| !lives(*pid))), "{everybody:?}");
}

/// Children, their children, and so on.
fn descendants(pid: i32) -> Vec<i32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children: Vec<i32> = text.split_whitespace().filter_map(|w| w.parse().ok()).collect();
    let deeper: Vec<i32> = children.iter().flat_map(|child| descendants(*child)).collect();
    [children, deeper].concat()
}

#[test]
fn the_launcher_says_what_it_is_when_a_person_starts_it() {
    let output = Command::new(fixture()).arg("__launcher").stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("dyno starts its launcher itself"), "{stderr}");
}

#[test]
fn the_python_example_passes_a_whole_session() {
    if Command::new("python3").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "python3 is missing");
        println!("skipped: python3 is missing");
        return;
    }
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/python-worker/worker.py");
    let answers = [1, 1, 2].map(|seed| {
        let mut launcher = launcher();
        let argv = vec!["python3".to_owned(), script.display().to_string()];
        let held = launcher.hold(&Spawn::worker(argv, &std::env::temp_dir())).unwrap();
        let mut worker = Worker::greet(held.release().unwrap(), LONG).unwrap();
        assert_eq!(worker.specs()[0].name, "word-count");
        let failure = worker.run(1, LONG).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Run, "a run before prepare: {failure:?}");
        let mut params = Params::default();
        params.set("rows", 1000);
        worker.prepare(&Prepare { seed, ..prepare("word-count", params) }, LONG).unwrap();
        let done = worker.run(3, LONG).unwrap();
        assert!(done.wall_ns > 0 && done.cpu_ns.is_some());
        assert_eq!(done.work.rows, 3000);
        let answer = worker.check(LONG).unwrap();
        assert_eq!(worker.bye(LONG).unwrap().status, ExitStatus::Code(0));
        answer
    });
    assert_eq!((answers[0].rows, &answers[0]), (1000, &answers[1]));
    assert_ne!(answers[0].digest, answers[2].digest);
}
