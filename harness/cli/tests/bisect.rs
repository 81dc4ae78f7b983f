//! `dyno bisect`: a planted regression in a small repository that knows nothing of dyno. What is
//! planted is a five times longer sleep, which no machine makes invisible.

mod common;

use common::{Finished, Place, has_git, repository};

const SUITE: &str = r#"name = "foreign"
[build]
command = "sh make.sh"
[[gate]]
metric = "wall_time"
tolerated = "20%"
must_catch = "60%"
[[runner]]
name = "job"
command = "sh out/job.sh"
cwd = "repo"
[[case]]
runner = "job"
"#;

/// Ten commits; from that one on the job sleeps five times as long, and the `broken` ones cannot be
/// made.
fn place(guilty: usize, broken: &[usize]) -> Option<Place> {
    has_git()?;
    let place = Place::with_suite(SUITE);
    let files = |number: usize| {
        let make = match broken.contains(&number) {
            true => "echo 'no rule to make it' >&2\nexit 1\n",
            false => "mkdir -p out\ncp job.sh out/job.sh\n",
        };
        let time = if number < guilty { "0.02" } else { "0.1" };
        let job = format!("# {number}\nsleep {time}\n");
        vec![("make.sh".to_owned(), make.to_owned()), ("job.sh".to_owned(), job)]
    };
    repository(&place.path().join("repo"), 10, &files);
    Some(place)
}

fn bisect(place: &Place, args: &[&str]) -> Finished {
    let fixed = ["--suite", "suite.toml", "--repo", "repo", "--progress", "never"];
    let mut command = place.command(&[&["bisect"], args, &fixed].concat());
    command.env("XDG_CACHE_HOME", place.path().join("cache"));
    Finished::of(&mut command)
}

#[test]
fn the_guilty_commit_of_ten_is_found_with_at_most_five_comparisons_and_a_stated_error_rate() {
    let Some(place) = place(6, &[]) else { return };
    let text = bisect(&place, &["HEAD~9", "HEAD", "job"]).expect(0).stdout();
    let first = text.lines().next().unwrap();
    assert!(first.contains("commit 6) is the first bad revision: +"), "{text}");
    assert!(first.ends_with("% against HEAD~9"), "{text}");
    let said = |number: usize| {
        let row = text.lines().find(|line| line.contains(&format!(", commit {number} ")));
        row.map(|row| row.rsplit(' ').next().unwrap_or_default().to_owned())
    };
    assert_eq!(said(5).as_deref(), Some("good"), "the one before it: {text}");
    assert_eq!((said(6).as_deref(), said(9).as_deref()), (Some("bad"), Some("bad")), "{text}");
    // The ends, and nine suspects in halves: an equal part for each of five, or what is left.
    assert!(text.contains("error rate: at most 1 % over 4 comparisons (0.2 % + 0.2 %"), "{text}");
}

#[test]
fn a_revision_that_does_not_build_is_skipped_and_stays_under_suspicion() {
    let Some(place) = place(5, &[4]) else { return };
    let finished = bisect(&place, &["HEAD~9", "HEAD", "job"]).expect(7);
    let text = finished.stdout();
    assert!(text.starts_with("job: one of these 2 revisions is the first bad one:\n"), "{text}");
    assert!(text.contains("commit 4)\n") && text.contains("commit 5)\n"), "{text}");
    assert!(text.contains("commit 4): does not build: exited with code 1"), "{text}");
    assert!(text.contains("no rule to make it"), "{text}");
}

#[test]
fn a_bad_revision_that_is_not_worse_ends_the_search_at_once() {
    let Some(place) = place(6, &[]) else { return };
    let text = bisect(&place, &["HEAD~9", "HEAD~5", "job"]).expect(7).stdout();
    assert!(text.starts_with("job: nothing to find: the bad revision is not worse\n"), "{text}");
    assert!(text.contains("over 1 comparison"), "{text}");
}

#[test]
fn what_cannot_be_searched_is_refused_in_words() {
    let Some(place) = place(6, &[]) else { return };
    let refused = |args: &[&str], words: &str| {
        let said = bisect(&place, args).expect(2).stderr();
        assert!(said.contains(words), "{said}");
    };
    refused(&["HEAD", "HEAD", "job"], "`HEAD` and `HEAD` are the same revision");
    refused(&["HEAD", "HEAD~3", "job"], "the first parents of `HEAD~3` do not lead to `HEAD`");
    refused(&["HEAD~3", "HEAD", "jobs"], "no case `jobs`; there are: job");
    refused(&["HEAD~3", "HEAD", "job", "--alpha", "1"], "a probability between 0 and 1");
}
