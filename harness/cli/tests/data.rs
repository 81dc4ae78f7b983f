//! `dyno data` with the real binary: made once, listed, verified, removed; a run uses the same
//! directory.

mod common;

use std::fs;

use common::Place;

const NAME: &str = "measurements-v2-rows1000-seed7-stations413.txt";

#[test]
fn data_is_built_once_listed_verified_and_removed() {
    let place = Place::new();
    let dyno = |words: &str| {
        let args: Vec<_> = ["data"].into_iter().chain(words.split(' ')).collect();
        place.dyno(&[&args[..], &["--data-dir", "inputs"]].concat())
    };
    let nothing = dyno("list");
    assert!(nothing.stdout().starts_with("no data in `inputs`; `dyno data build KIND`"));
    let built = dyno("build measurements --set rows=1k --seed 7");
    let built = built.stdout();
    assert!(
        built.starts_with(&format!("inputs/{NAME}\n1.00 k rows and 13.6 KiB made in ")),
        "{built}"
    );
    assert!(
        !built.contains("/s") && built.ends_with(" with its fingerprint and the disk\n"),
        "{built}"
    );
    assert!(
        dyno("build measurements --set rows=1_000 --seed 7").stdout().contains("there already")
    );
    let list = dyno("list").stdout();
    assert!(list.contains(NAME) && list.contains("1 dataset, 1"), "{list}");
    assert_eq!(dyno("verify").stdout(), format!("{NAME}: as it was made\n"));

    let path = place.path().join("inputs").join(NAME);
    let changed = fs::read_to_string(&path).unwrap().replace('1', "2");
    fs::write(&path, changed).unwrap();
    let verified = dyno(&format!("verify {NAME}"));
    assert_eq!(verified.code(), 5);
    assert!(verified.stdout().contains("changed since it was made"));
    assert!(dyno("remove --all").stdout().starts_with(&format!("removed  {NAME}  ")));
    assert_eq!(fs::read_dir(place.path().join("inputs")).unwrap().count(), 0);
}

#[test]
fn what_is_not_understood_is_refused_with_what_there_is() {
    let place = Place::new();
    let check = |words: &[&str], expect: &str| {
        let done = place.dyno(&[&["data"], words, &["--data-dir", "inputs"]].concat());
        assert_eq!(done.code(), 2, "{words:?}");
        assert!(done.stderr().contains(expect), "{words:?}: {}", done.stderr());
    };
    check(&["build", "measurement"], "there are: measurements");
    check(&["build", "measurements", "--set", "row=5"], "did you mean `rows`");
    check(&["build", "measurements", "--set", "rows=0"], "from 1 to 1000000000");
    check(&["verify", "x"], "no dataset `x` in `inputs`");
    check(&["remove", "x"], "no dataset `x` in `inputs`");
}

#[test]
fn a_run_keeps_its_input_in_the_data_directory_that_it_is_told() {
    let place = Place::with_suite(
        "name = \"m\"\n[[case]]\nworkload = \"aggregation\"\nparams = { rows = 1000 }\n",
    );
    let run = place.dyno(&["run", "suite.toml", "--once", "--data-dir", "inputs"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert_eq!(fs::read_dir(place.path().join("inputs")).unwrap().count(), 2);
}
