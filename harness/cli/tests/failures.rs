//! Whatever a workload does wrong is a recorded failure of its case with reason and last output;
//! the run goes on, and the exit code says so.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Place, faulty, faulty_runner, skip};
use record::{Failure, FailureKind, Status};

/// A suite that runs one faulty workload between two that work.
fn suite(runner: &str, workload: &str) -> String {
    format!(
        "name = \"faults\"\n\
         [sampling]\nprocesses = 1\nwarmup = 0\niterations = 1\ntimeout = \"1s\"\norder = \"listed\"\n\
         [[case]]\nrunner = \"works\"\nworkload = \"works\"\nanswer = \"before\"\n\
         [[case]]\nrunner = \"faulty\"\nworkload = \"{workload}\"\nanswer = \"fault\"\n\
         [[case]]\nrunner = \"works2\"\nworkload = \"works\"\nanswer = \"after\"\n\
         {}\n{}\n{runner}",
        faulty_runner().replace("\"faulty\"", "\"works\""),
        faulty_runner().replace("\"faulty\"", "\"works2\""),
    )
}

/// Runs one fault and returns the failure that was recorded; the cases around it must have worked.
#[track_caller]
fn failure_of(argument: Option<&str>, workload: &str, code: i32) -> Failure {
    let program = faulty().to_str().unwrap();
    let runner = match argument {
        Some(argument) => {
            format!("[[runner]]\nname = \"faulty\"\nprogram = [{program:?}, {argument:?}]\n")
        }
        None => faulty_runner(),
    };
    let place = Place::with_suite(&suite(&runner, workload));
    let finished = place.dyno(&["run", "suite.toml"]).expect(code);
    let run = place.run();
    assert!(run.complete);
    assert_eq!(run.samples.len(), 3, "{:#?}", run.samples);
    assert_eq!(run.samples[0].status, Status::Ok);
    assert_eq!(run.samples[2].status, Status::Ok);
    let Status::Failed(failure) = &run.samples[1].status else {
        panic!("`{workload}` did not fail: {:#?}", run.samples[1]);
    };
    assert!(finished.stderr().contains(&failure.message), "{}", finished.stderr());
    assert!(finished.stdout().contains("failed"), "{}", finished.stdout());
    failure.clone()
}

#[track_caller]
fn check(workload: &str, kind: FailureKind, message: &str) {
    let code = if kind == FailureKind::WrongAnswer { 5 } else { 6 };
    let failure = failure_of(None, workload, code);
    assert_eq!(failure.kind, kind, "{failure:?}");
    assert!(failure.message.contains(message), "{failure:?}");
}

#[track_caller]
fn check_by_hand(workload: &str, kind: FailureKind, message: &str) {
    let failure = failure_of(Some(workload), workload, 6);
    assert_eq!(failure.kind, kind, "{failure:?}");
    assert!(failure.message.contains(message), "{failure:?}");
}

#[test]
fn a_panic_is_a_failure_with_its_message() {
    check("panics", FailureKind::Run, "as planned");
}

#[test]
fn an_abort_is_a_failure_with_signal_and_last_output() {
    let failure = failure_of(None, "aborts", 6);
    assert_eq!(failure.kind, FailureKind::Died);
    assert!(failure.message.contains("SIGABRT"), "{failure:?}");
    assert!(failure.output.contains("last words"), "{failure:?}");
}

#[test]
fn a_hanging_worker_times_out() {
    check("hangs", FailureKind::Timeout, "within 1 s");
}

#[test]
fn a_worker_that_ignores_sigterm_is_killed() {
    check("ignores_sigterm", FailureKind::Timeout, "within 1 s");
}

#[test]
fn an_exit_in_the_middle_is_a_failure_with_its_code() {
    check("exits", FailureKind::Died, "exited with code 3");
}

#[test]
fn an_error_of_the_work_is_a_failure_in_its_own_words() {
    check("fails", FailureKind::Run, "the disk is made of cheese");
}

#[test]
fn zero_rows_are_a_wrong_answer() {
    check("zero_rows", FailureKind::WrongAnswer, "zero rows");
}

#[test]
fn a_refused_prepare_is_a_failure_in_its_own_words() {
    check("refuses", FailureKind::Prepare, "the moon is in the wrong house");
}

#[test]
fn garbage_instead_of_a_reply_is_shown() {
    check_by_hand("prints_garbage", FailureKind::Protocol, "Traceback");
}

#[test]
fn a_closed_pipe_is_told() {
    check_by_hand("closes_pipe", FailureKind::Died, "closed its reply pipe");
}

#[test]
fn cases_of_one_answer_group_that_disagree_exit_with_5() {
    let text = format!(
        "name = \"digests\"\n[sampling]\nprocesses = 1\nwarmup = 0\niterations = 1\norder = \"listed\"\n\
         [[case]]\nrunner = \"faulty\"\nworkload = \"works\"\n\
         [[case]]\nrunner = \"faulty\"\nworkload = \"wrong_digest\"\n{}",
        faulty_runner()
    );
    let place = Place::with_suite(&text);
    let finished = place.dyno(&["run", "suite.toml"]).expect(5);
    assert!(finished.stderr().contains("answers differ"), "{}", finished.stderr());
    let Status::Failed(failure) = &place.run().samples[1].status else { panic!("not failed") };
    assert_eq!(failure.kind, FailureKind::WrongAnswer);
}

#[test]
fn a_pinned_digest_is_held() {
    let text = |digest: &str| {
        format!(
            "name = \"pinned\"\n[sampling]\nprocesses = 1\nwarmup = 0\niterations = 1\n\
             [[case]]\nrunner = \"faulty\"\nworkload = \"works\"\n\
             expect = {{ rows = 1000, digest = \"{digest}\" }}\n{}",
            faulty_runner()
        )
    };
    Place::with_suite(&text("right")).dyno(&["run", "suite.toml"]).expect(0);
    Place::with_suite(&text("left")).dyno(&["run", "suite.toml"]).expect(5);
}

#[test]
fn a_worker_of_another_version_is_refused_before_anything_runs() {
    let program = faulty().to_str().unwrap();
    let text = format!(
        "name = \"old\"\n[[case]]\nrunner = \"old\"\nworkload = \"x\"\n\
         [[runner]]\nname = \"old\"\nprogram = [{program:?}, \"old_protocol\"]\n"
    );
    let place = Place::with_suite(&text);
    let refused = place.dyno(&["run", "suite.toml"]).expect(2);
    assert!(refused.stderr().contains("protocol 7"), "{}", refused.stderr());
    assert!(place.store().runs().unwrap().is_empty());
}

#[test]
fn a_missing_program_is_said_before_anything_runs() {
    let text = "name = \"missing\"\n[[case]]\nrunner = \"gone\"\nworkload = \"x\"\n\
                [[runner]]\nname = \"gone\"\nprogram = [\"./no-such-program\"]\n";
    let place = Place::with_suite(text);
    let refused = place.dyno(&["run", "suite.toml"]).expect(2);
    assert!(refused.stderr().contains("no-such-program"), "{}", refused.stderr());
}

fn command_suite(command: &str, more: &str) -> String {
    format!(
        "name = \"commands\"\n[sampling]\nprocesses = 1\nwarmup = 0\niterations = 2\ntimeout = \"2s\"\n\
         [[case]]\nrunner = \"it\"\n\
         [[runner]]\nname = \"it\"\ncommand = '''{command}'''\nshell = true\n{more}\n"
    )
}

#[test]
fn a_command_that_fails_is_recorded_with_code_and_output() {
    let place = Place::with_suite(&command_suite("echo so long; exit 9", ""));
    place.dyno(&["run", "suite.toml"]).expect(6);
    let run = place.run();
    let Status::Failed(failure) = &run.samples[0].status else { panic!("not failed") };
    assert!(failure.message.contains("code 9"), "{failure:?}");
    assert!(failure.output.contains("so long"), "{failure:?}");
    assert_eq!(run.samples.len(), 1, "a failed case is not tried again");
}

#[test]
fn a_missing_command_is_a_failure_of_its_case() {
    let text = "name = \"missing\"\n[[case]]\nrunner = \"gone\"\n\
                [[runner]]\nname = \"gone\"\ncommand = \"no-such-program-anywhere\"\n";
    let place = Place::with_suite(text);
    let finished = place.dyno(&["run", "suite.toml"]).expect(6);
    assert!(finished.stderr().contains("no-such-program-anywhere"), "{}", finished.stderr());
}

#[test]
fn numbers_are_picked_out_of_a_commands_output() {
    let metrics = r#"metrics = [
        { name = "rows", regex = 'wrote (\d+) rows' },
        { name = "score", json = "a.b", better = "higher" },
    ]"#;
    let command = r#"echo "wrote 123 rows" >&2; echo '{{"a":{{"b":4.5}}}}'"#;
    let place = Place::with_suite(&command_suite(command, metrics));
    place.dyno(&["run", "suite.toml"]).expect(0);
    let run = place.run();
    assert_eq!(run.samples.len(), 2);
    for sample in &run.samples {
        assert_eq!(sample.value("rows"), Some(123.0));
        assert_eq!(sample.value("score"), Some(4.5));
    }
}

#[test]
fn a_command_that_writes_zero_rows_has_a_wrong_answer() {
    let metrics = r#"metrics = [{ name = "rows", regex = 'wrote (\d+) rows' }]"#;
    let place = Place::with_suite(&command_suite("echo wrote 0 rows", metrics));
    place.dyno(&["run", "suite.toml"]).expect(5);
}

#[test]
fn the_check_of_a_command_must_give_the_same_answer_every_time() {
    let steady = r#"check = "cat answer.txt""#;
    let place = Place::with_suite(&command_suite("true", steady));
    place.write("answer.txt", "a\nb\n");
    place.dyno(&["run", "suite.toml"]).expect(0);
    let answer = place.run().samples[0].answer.clone().unwrap();
    assert_eq!(answer.rows, 2);
    let drifting = command_suite("echo x >> answer.txt", steady);
    let place = Place::with_suite(&drifting);
    place.dyno(&["run", "suite.toml"]).expect(5);
}

#[test]
fn processes_that_outlive_their_command_are_waited_for_and_told() {
    let place = Place::with_suite(&command_suite("sleep 0.3 & exit 0", ""));
    let finished = place.dyno(&["run", "suite.toml"]).expect(0);
    let sample = &place.run().samples[0];
    assert!(
        sample.marks.iter().any(|mark| matches!(mark, record::Mark::Outlived { processes: 1 })),
        "{sample:?}"
    );
    assert!(sample.value("wall_time").unwrap() >= 0.3e9, "{sample:?}");
    assert!(finished.stdout().contains("left processes behind"), "{}", finished.stdout());
}

#[test]
fn prepare_and_conclude_surround_every_sample() {
    let more = "prepare = \"sh -c 'echo p >> log'\"\nconclude = \"sh -c 'echo c >> log'\"\n";
    let place = Place::with_suite(&command_suite("echo m >> log", more));
    place.dyno(&["run", "suite.toml"]).expect(0);
    let log = std::fs::read_to_string(place.path().join("log")).unwrap();
    assert_eq!(log, "p\nm\nc\np\nm\nc\n");
}

#[test]
fn parameters_reach_environment_and_working_directory() {
    let text = "name = \"places\"\n[sampling]\nprocesses = 1\niterations = 1\nwarmup = 0\n\
                [[case]]\nrunner = \"it\"\ngrid = { place = [\"here\", \"there\"] }\n\
                [[runner]]\nname = \"it\"\nshell = true\ncwd = \"{place}\"\n\
                env = { PLACE = \"{place}\" }\ncommand = 'echo \"$PLACE\" \"$DYNO_SEED\" > said'\n";
    let place = Place::with_suite(text);
    for name in ["here", "there"] {
        std::fs::create_dir(place.path().join(name)).unwrap();
    }
    place.dyno(&["run", "suite.toml", "--set", "sampling.seed=7"]).expect(0);
    for name in ["here", "there"] {
        let said = std::fs::read_to_string(place.path().join(name).join("said")).unwrap();
        assert_eq!(said, format!("{name} 7\n"));
    }
}

#[test]
fn processes_left_behind_beyond_the_timeout_fail_their_sample() {
    let text = command_suite("setsid sleep 47 & exit 0", "").replace("\"2s\"", "\"300ms\"");
    let place = Place::with_suite(&text);
    place.dyno(&["run", "suite.toml"]).expect(6);
    let sample = &place.run().samples[0];
    assert!(!sample.counts());
    let Status::Failed(failure) = &sample.status else { panic!("not failed: {sample:?}") };
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(failure.message.contains("left behind"), "{failure:?}");
    assert!(sample.marks.iter().any(|mark| matches!(mark, record::Mark::Killed { processes: 1 })));
}

#[test]
fn conclude_runs_after_a_command_that_fails_too() {
    let more = "prepare = \"sh -c 'echo p >> log'\"\nconclude = \"sh -c 'echo c >> log'\"\n";
    let place = Place::with_suite(&command_suite("exit 1", more));
    place.dyno(&["run", "suite.toml"]).expect(6);
    assert_eq!(std::fs::read_to_string(place.path().join("log")).unwrap(), "p\nc\n");
}

#[test]
fn what_a_command_said_is_kept_with_its_wrong_answer() {
    let metrics = r#"metrics = [{ name = "rows", regex = 'wrote (\d+) rows' }]"#;
    let place = Place::with_suite(&command_suite("echo alas; echo wrote 0 rows", metrics));
    place.dyno(&["run", "suite.toml"]).expect(5);
    let Status::Failed(failure) = &place.run().samples[0].status else { panic!("not failed") };
    assert!(failure.output.contains("alas"), "{failure:?}");
}

#[test]
fn both_sides_of_a_disagreement_are_told() {
    let text = format!(
        "name = \"digests\"\n[sampling]\nprocesses = 1\niterations = 1\nwarmup = 0\n\
         order = \"listed\"\n\
         [[case]]\nrunner = \"faulty\"\nworkload = \"works\"\n\
         [[case]]\nrunner = \"faulty\"\nworkload = \"wrong_digest\"\n{}",
        faulty_runner()
    );
    let place = Place::with_suite(&text);
    let shown = place.dyno(&["run", "suite.toml"]).expect(5).stdout();
    assert!(shown.contains("either may be wrong"), "{shown}");
}

#[test]
fn what_prepare_makes_is_cold_where_the_suite_asks_for_it() {
    if std::process::Command::new("fincore").arg("--version").output().is_err() {
        return skip("no fincore");
    }
    let temporary = engine::environment::storage(&std::env::temp_dir());
    if temporary.is_some_and(|mount| mount.in_memory()) {
        println!("skipped: temporary files live in memory here, and cannot be evicted");
        return;
    }
    let resident = |evict: bool| {
        let more = "prepare = \"sh -c 'head -c 4000000 /dev/zero > {data_dir}/in; sync'\"\n\
                    metrics = [{ name = \"pages\", regex = '(\\d+)' }]\n";
        let text = command_suite("fincore --noheadings --output PAGES {data_dir}/in", more)
            + &format!("[output]\nevict = {evict}\ndirectory = \"work\"\n");
        let place = Place::with_suite(&text);
        std::fs::create_dir_all(place.path().join("work")).unwrap();
        place.dyno(&["run", "suite.toml"]).expect(0);
        place.run().samples[0].value("pages").unwrap()
    };
    let warm = resident(false);
    if warm == 0.0 {
        return skip("this file system keeps nothing in the page cache");
    }
    assert!(resident(true) < warm / 10.0, "{warm} pages stay resident");
}
