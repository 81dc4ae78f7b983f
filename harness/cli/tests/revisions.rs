//! `dyno history`: a small repository that knows nothing of dyno, measured at each of its commits;
//! killed, continued, extended. The "program" is a script that sleeps, so no fine timing is looked at.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{Finished, Place, has_git, repository};
use record::store::{State, StoredRun};
use record::{CaseId, FailureKind, Status};

/// A suite outside of the repository, which knows nothing of it.
const SUITE: &str = r#"name = "foreign"
[sampling]
processes = 4
iterations = 1
warmup = 0
timeout = "20s"
[build]
command = "sh make.sh"
[[runner]]
name = "job"
command = "sh out/job.sh {size}"
cwd = "REPO"
[[case]]
runner = "job"
grid = { size = [1, 2] }
"#;

/// `commits` commits, each of which makes a script that sleeps; the one with that number cannot be
/// made.
fn place(commits: usize, broken: Option<usize>) -> Option<(Place, PathBuf)> {
    has_git()?;
    let place = Place::new();
    let repo = place.path().join("repo");
    let files = |number: usize| {
        let make = match broken == Some(number) {
            true => "echo 'no rule to make it' >&2\nexit 1\n",
            false => "mkdir -p out\ncp job.sh out/job.sh\n",
        };
        vec![
            ("make.sh".to_owned(), make.to_owned()),
            ("job.sh".to_owned(), format!("# {number}\nsleep 0.002\n")),
        ]
    };
    repository(&repo, commits, &files);
    place.write("suite.toml", &SUITE.replace("REPO", repo.to_str().unwrap()));
    Some((place, repo))
}

fn command(place: &Place, args: &[&str]) -> std::process::Command {
    let suite = ["history", "suite.toml", "--repo", "repo", "--progress", "never"];
    let mut command = place.command(&[&suite[..], args].concat());
    command.env("XDG_CACHE_HOME", place.path().join("cache"));
    command
}

fn history(place: &Place, args: &[&str]) -> Finished {
    Finished::of(&mut command(place, args))
}

/// The newest run.
fn last(place: &Place) -> StoredRun {
    let store = place.store();
    store.read(&store.resolve(None).unwrap()).unwrap()
}

fn counted(run: &StoredRun, case: &CaseId) -> usize {
    run.samples.iter().filter(|sample| sample.case == *case && sample.counts()).count()
}

#[test]
fn each_revision_is_a_step_and_one_that_does_not_build_says_so() {
    let Some((place, repo)) = place(4, Some(2)) else { return };
    place.write(
        "steps.toml",
        "[[step]]\nrev = \"HEAD~2\"\nid = \"one\"\ntitle = \"the first try\"\nnote = \"no gain\"\n\
         kept = false\n",
    );
    let args = ["--revs", "HEAD~3..HEAD", "--steps", "steps.toml", "--no-profile"];
    let finished = history(&place, &args).expect(0);
    let (table, said) = (finished.stdout(), finished.stderr());
    assert!(said.contains("step 02 does not build: exited with code 1"), "{said}");
    assert!(said.contains("+1 −1 in 1 file  the first try (reverted)\n"), "{said}");
    for line in ["00 1", "one 1", "one 2", "02 2", "03 2", "the first try (reverted)", "commit 3"] {
        assert!(table.contains(line), "no `{line}` in\n{table}");
    }
    assert!(table.contains("02 1: 1 sample failed: build: exited with code 1"), "{table}");

    let run = last(&place);
    assert_eq!((run.info.revisions.len(), run.info.cases.len()), (4, 8));
    let one = &run.info.revisions[1];
    assert_eq!((one.step.note.as_str(), one.step.reverted), ("no gain", true));
    assert_eq!((one.commit.len(), one.tree.len(), one.authored_s), (40, 40, 1_700_000_060));
    assert_eq!((one.diff.files, one.diff.added, one.diff.removed), (1, 1, 1));
    assert_eq!(one.message, "Why 1.");
    for case in &run.info.cases {
        let is_broken = case.revision == Some(run.info.revisions[2].commit[..10].to_owned());
        assert_eq!(counted(&run, &case.id), if is_broken { 0 } else { 4 }, "{}", case.id);
    }
    let failures = run.samples.iter().filter_map(|sample| match &sample.status {
        Status::Failed(failure) => Some((failure.kind, failure.output.as_str())),
        Status::Ok => None,
    });
    let expected = (FailureKind::Build, "no rule to make it");
    assert_eq!(failures.collect::<Vec<_>>(), [expected, expected]);

    // In turn: the first sample of every measured case comes before the second of any.
    let first: Vec<u32> = run.samples.iter().filter(|s| s.counts()).map(|s| s.process).collect();
    assert!(first.is_sorted(), "{first:?}");
    // The trees are gone, and git knows of none.
    let trees = repo.join(".git/worktrees");
    assert!(!trees.exists() || fs::read_dir(trees).unwrap().next().is_none());

    let report = place.dyno(&["report", "last", "-o", "report.html"]).expect(0);
    assert_eq!(report.stdout(), "report.html\n");
    let html = fs::read_to_string(place.path().join("report.html")).unwrap();
    for id in ["00", "one", "02", "03"] {
        assert!(html.contains(&format!("data-step=\"{id}\"")), "{id}");
    }
    assert!(html.contains("Last output</summary><pre tabindex=\"0\">no rule to make it"));
}

#[test]
fn a_second_call_measures_only_what_is_new_and_says_what_it_has_taken() {
    let Some((place, _)) = place(4, Some(1)) else { return };
    history(&place, &["--revs", "HEAD~3..HEAD~1", "--no-profile"]).expect(0);
    let first = last(&place);
    let again = history(&place, &["--revs", "HEAD~3..HEAD~1", "--no-profile"]).expect(0);
    assert!(again.stderr().contains("nothing is left to measure: run"), "{}", again.stderr());
    assert_eq!(last(&place).info.id, first.info.id);

    let more = history(&place, &["--revs", "HEAD~3..HEAD", "--no-profile"]).expect(0);
    let said = more.stderr();
    assert!(said.contains(&format!("(taken from run {})", first.info.id)), "{said}");
    assert!(!said.contains("does not build"), "a build that failed is not tried again: {said}");
    let warning = format!("warning: steps 00, 01 and 02 were measured in run {} (", first.info.id);
    assert!(more.stdout().contains(&warning), "{}", more.stdout());
    let second = last(&place);
    let taken: Vec<bool> =
        second.info.revisions.iter().map(|one| one.taken_from.is_some()).collect();
    assert_eq!(taken, [true, true, true, false]);
    let new = second.samples.iter().filter(|sample| !first.samples.contains(sample));
    assert_eq!(new.count(), 8, "two cases of one revision, four processes each");

    let compared = place.dyno(&["compare", "last", "--within"]).expect(0);
    assert!(compared.stdout().contains("block order"), "{}", compared.stdout());
    let fresh = history(&place, &["--revs", "HEAD~1..HEAD", "--no-profile", "--fresh"]).expect(0);
    assert!(!fresh.stderr().contains("taken from"), "{}", fresh.stderr());
    assert!(last(&place).info.revisions.iter().all(|one| one.taken_from.is_none()));
}

#[test]
fn a_history_that_is_killed_in_the_middle_is_continued() {
    let Some((place, _)) = place(3, None) else { return };
    let args = ["--revs", "HEAD~2..HEAD", "--no-profile", "--set", "sampling.processes=40"];
    let mut child =
        command(&place, &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let before = until_samples(&place, 20);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(place.store().runs().unwrap()[0].state, State::Unfinished, "{before}");
    let kept = place.run().samples;
    let refused = place.dyno(&["run", "--resume"]).expect(2);
    assert!(refused.stderr().contains("is a history"), "{}", refused.stderr());
    let resumed = history(&place, &args).expect(0);
    assert!(resumed.stderr().contains("samples are kept"), "{}", resumed.stderr());
    let run = place.run();
    assert!(run.complete && run.samples.len() == 6 * 40, "{}", run.samples.len());
    assert_eq!(run.samples[..kept.len()], kept[..]);
}

/// Waits until the only run has that many samples.
fn until_samples(place: &Place, many: usize) -> usize {
    let started = Instant::now();
    loop {
        let runs = place.store().runs().unwrap_or_default();
        let there = runs.first().and_then(|run| place.store().read(&run.id).ok());
        let there = there.map_or(0, |run| run.samples.len());
        if there >= many {
            return there;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{there} samples only");
        sleep(Duration::from_millis(2));
    }
}

#[test]
fn what_cannot_be_a_history_is_refused_in_words() {
    let Some((place, repo)) = place(3, None) else { return };
    let refused = |args: &[&str], words: &str| {
        let said = history(&place, args).expect(2).stderr();
        assert!(said.contains(words), "{said}");
    };
    refused(&["--revs", "HEAD"], "--revs cannot be `HEAD`: A..B");
    refused(&["--revs", "nowhere..HEAD"], "no revision `nowhere` in");
    refused(&["--revs", "HEAD..HEAD~1"], "do not lead to `HEAD`");
    place.write("revs", "HEAD~1 # the old one\n\nHEAD~1\n");
    refused(&["--revs-file", "revs"], "revs:3: revision `HEAD~1` stands twice");
    place.write("steps.toml", "[[step]]\nrev = \"nowhere\"\n");
    let args = ["--revs", "HEAD~1..HEAD", "--steps", "steps.toml"];
    refused(&args, "no revision `nowhere`");
    let text = SUITE.replace("REPO", place.path().to_str().unwrap());
    place.write("suite.toml", &text);
    let words = format!("outside of the repository `{}`", repo.display());
    refused(&["--revs", "HEAD~1..HEAD"], &words);
    let mut elsewhere = place.command(&["history", "suite.toml", "--revs", "A..B"]);
    elsewhere.env("GIT_CEILING_DIRECTORIES", place.path().parent().unwrap());
    let said = Finished::of(&mut elsewhere).expect(2).stderr();
    assert!(said.contains("`--repo DIR` names a git repository"), "{said}");
}
