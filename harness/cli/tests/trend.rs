//! `dyno trend`: a change of level over a history and over the runs of a suite, and its paired
//! confirmation. The "program" tells its own time, so no clock is looked at.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::process::Command;

use common::{Finished, Place, faulty, has_git, repository};

const SUITE: &str = r#"name = "told"
[sampling]
processes = 6
iterations = 1
warmup = 0
[build]
command = "sh build.sh"
executable = "out/worker"
[[gate]]
metric = "wall_time"
tolerated = "1%"
must_catch = "3%"
[[runner]]
name = "mine"
program = ["out/worker"]
[[case]]
runner = "mine"
workload = "scripted"
"#;

/// Five commits of a program that says that it takes three times as long from the third on.
fn place() -> Option<Place> {
    has_git()?;
    let place = Place::new();
    let exe = faulty().to_str().unwrap().to_owned();
    let files = |number: usize| {
        let wall = if number < 3 { 1_000_000 + number } else { 3_000_000 + number };
        let build = format!(
            "mkdir -p out\nprintf '#!/bin/sh\nSCRIPTED_WALL_NS={wall} exec {exe} scripted\n' > \
             out/worker\nchmod +x out/worker\n"
        );
        vec![
            ("build.sh".to_owned(), build),
            ("suite.toml".to_owned(), SUITE.to_owned()),
            (".gitignore".to_owned(), "out\nstore\ncache\n".to_owned()),
        ]
    };
    repository(place.path(), 5, &files);
    // A plan asks the program what it serves.
    let built = Command::new("sh").arg("build.sh").current_dir(place.path()).status().unwrap();
    assert!(built.success());
    Some(place)
}

fn dyno(place: &Place, args: &[&str]) -> Finished {
    let mut command = place.command(args);
    command.env("XDG_CACHE_HOME", place.path().join("cache"));
    command.env_remove("GITHUB_STEP_SUMMARY").env_remove("GITHUB_ACTIONS");
    Finished::of(&mut command)
}

#[test]
fn a_change_in_a_history_is_named_with_its_revision_and_confirmed_in_pairs() {
    let Some(place) = place() else { return };
    let args = ["history", "suite.toml", "--revs", "HEAD~4..HEAD", "--no-profile", "--no-report"];
    dyno(&place, &args).expect(0);
    let text = dyno(&place, &["trend"]).expect(0).stdout();
    assert!(text.starts_with("1 change of wall_time found over 5 places (30 values)\n"), "{text}");
    let row = text.lines().find(|line| line.trim_start().starts_with("02")).unwrap();
    let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(&cells[..3], ["02", "03", "commit 3"], "{text}");
    assert_eq!(cells[5], "3.00× slower", "{text}");
    assert!(text.contains("chance: a case without any change"), "{text}");

    let confirmed = dyno(&place, &["trend", "told", "--confirm"]).expect(3).stdout();
    assert!(confirmed.contains("gate failed: 1 regressed"), "{confirmed}");
    assert!(confirmed.contains("+200 %"), "{confirmed}");
    let by_file = dyno(&place, &["trend", "suite.toml", "--case", "mine:scripted"]).expect(0);
    assert_eq!(by_file.stdout(), text);
}

#[test]
fn a_change_over_the_runs_of_a_suite_is_found_and_block_order_is_said() {
    let place = Place::with_suite(&format!(
        "name = \"runs\"\n[sampling]\nprocesses = 1\niterations = 1\nwarmup = 0\n[[case]]\n\
         runner = \"mine\"\nworkload = \"scripted\"\n[[runner]]\nname = \"mine\"\nprogram = [{:?}, \
         \"scripted\"]\n",
        faulty().to_str().unwrap()
    ));
    let few = dyno(&place, &["trend"]).expect(2).stderr();
    assert!(few.contains("no complete run in"), "{few}");
    for number in 0..12 {
        let wall = if number < 6 { 2_000_000 + number } else { 1_000_000 + number };
        let mut run = place.command(&["run", "suite.toml", "--no-report"]);
        run.env("SCRIPTED_WALL_NS", wall.to_string());
        Finished::of(&mut run).expect(0);
    }
    let text = dyno(&place, &["trend", "suite.toml"]).expect(0).stdout();
    let head = "mine:scripted: 1 change of wall_time found over 12 places (12 values)\n";
    assert!(text.starts_with(head), "{text}");
    assert!(text.contains("2.00× faster") && text.contains("block order"), "{text}");
    let three = dyno(&place, &["trend", "last~2", "last~1", "last"]).expect(0).stdout();
    assert!(three.contains("too few values to tell: 3 of at least 8"), "{three}");
    let refused = dyno(&place, &["trend", "suite.toml", "--metric", "wall_tim"]).expect(2);
    assert!(refused.stderr().contains("no case has a metric `wall_tim`"), "{}", refused.stderr());
}
