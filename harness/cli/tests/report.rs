//! `dyno report` as its user meets it: what it writes, what it opens, what it refuses.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use common::{Place, faulty};

/// Three steps that take exactly as long as they say, six processes of each.
fn measured() -> Place {
    let program = faulty().to_str().unwrap();
    let place = Place::with_suite(&format!(
        "name = \"three\"\n[sampling]\nprocesses = 6\niterations = 1\nwarmup = 0\n\
         [[case]]\nrunner = \"script\"\nworkload = \"scripted\"\n\
         zip = {{ step = [\"00\", \"01\", \"02\"], \
         wall_ns = [40_000_000, 20_000_000, 10_000_000] }}\n\
         [[runner]]\nname = \"script\"\nprogram = [{program:?}, \"scripted\"]\n"
    ));
    place.dyno(&["run", "suite.toml", "--no-report"]).expect(0);
    place
}

fn page(place: &Place, args: &[&str]) -> String {
    place.dyno(&[&["report", "-o", "page.html"], args].concat()).expect(0);
    fs::read_to_string(place.path().join("page.html")).unwrap()
}

fn headline(html: &str) -> &str {
    html.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap()
}

#[test]
fn only_shows_the_sections_that_are_named_and_says_which_there_are() {
    let place = measured();
    let html = page(&place, &["--only", "trend,cases"]);
    let sections: Vec<&str> =
        html.split("<section id=\"").skip(1).map(|text| text.split('"').next().unwrap()).collect();
    assert_eq!(sections, ["trend", "cases"]);
    let html = page(&place, &["--only", "cases", "--only", "scaling"]);
    assert!(html.contains("There is nothing to show for: scaling."), "{html}");
    let refused = place.dyno(&["report", "--only", "trent"]).expect(2).stderr();
    assert!(refused.contains("invalid value 'trent'"), "{refused}");
    assert!(refused.contains("a similar value exists: 'trend'"), "{refused}");
    assert!(refused.contains("possible values: trend, effort, noise, cases"), "{refused}");
}

const TWO: &str = "2.0× faster from step=01 wall_ns=20000000 to step=02 wall_ns=10000000: \
                   20.0 ms to 10.0 ms";
const FOUR: &str = "4.0× slower from step=02 wall_ns=10000000 to step=00 wall_ns=40000000: \
                    10.0 ms to 40.0 ms";

#[test]
fn compare_puts_two_steps_against_each_other() {
    let place = measured();
    let html = page(&place, &["--compare", "01..02"]);
    assert_eq!(headline(&html), TWO);
    assert_eq!(html.matches("<tr id=\"case-").count(), 2);
    let html = page(&place, &["--compare", "02..00"]);
    assert_eq!(headline(&html), FOUR);
    for (pair, message) in [
        ("00..07", "no case or step `07`; there are: step=00 wall_ns=40000000, "),
        ("00..step=00", "`00` and `step=00` are the same: two are put against each other"),
        ("00", "two cases or steps as A..B are expected, for instance 04..08"),
        ("00..", "two cases or steps as A..B are expected, for instance 04..08"),
    ] {
        let refused = place.dyno(&["report", "--compare", pair]).expect(2).stderr();
        assert!(refused.contains(message), "{refused}");
    }
}

#[test]
fn assets_split_leaves_style_and_script_beside_the_page() {
    let place = measured();
    let html = page(&place, &["--assets", "split"]);
    assert!(html.contains("<link rel=\"stylesheet\" href=\"report.css\">"), "{html}");
    assert!(html.contains("<script src=\"report.js\"></script>"), "{html}");
    assert!(!html.contains("<style>") && !html.contains("<script>"), "{html}");
    for name in ["report.css", "report.js"] {
        assert!(fs::metadata(place.path().join(name)).unwrap().len() > 1000, "{name}");
    }
}

#[test]
fn open_starts_the_browser_that_is_named_with_the_page() {
    let place = measured();
    let browser = place.path().join("browser");
    place.write("browser", "#!/bin/sh\nprintf '%s' \"$*\" > opened.new && mv opened.new opened\n");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = place.command(&["report", "-o", "page.html", "--open"]);
    let told = format!("no-such-browser:{} --new-window", browser.display());
    common::Finished::of(command.env("BROWSER", told)).expect(0);
    let opened = place.path().join("opened");
    let wait = std::time::Duration::from_millis(20);
    (0..500).take_while(|_| !opened.exists()).for_each(|_| std::thread::sleep(wait));
    let expect = format!("--new-window {}", place.path().join("page.html").display());
    assert_eq!(fs::read_to_string(opened).unwrap(), expect);
    let mut command = place.command(&["report", "-o", "page.html", "--open"]);
    command.env("PATH", "/nowhere").env_remove("BROWSER");
    let refused = common::Finished::of(&mut command).expect(1).stderr();
    assert!(refused.contains("no browser could be started: BROWSER names none"), "{refused}");
}

#[test]
fn markdown_has_the_headline_first_and_goes_to_standard_output_or_a_file() {
    let place = measured();
    let text = place.dyno(&["report", "--format", "markdown"]).expect(0).stdout();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).take(3).collect();
    assert!(lines[0].starts_with("## Fastest: step=02 wall\\_ns=10000000, 2.0× faster"), "{text}");
    assert_eq!(lines[1], "**2 faster, against step=00 wall\\_ns=40000000**");
    assert!(text.contains("| step=02 wall\\_ns=10000000 | 10.00 | 4.00× faster ("), "{text}");
    assert!(text.contains("<details><summary>How it was measured</summary>"), "{text}");
    let told = place.dyno(&["report", "--format", "markdown", "-o", "out/report.md"]).expect(0);
    assert_eq!(told.stdout(), "out/report.md\n");
    assert_eq!(fs::read_to_string(place.path().join("out/report.md")).unwrap(), text);
    let narrowed = ["report", "--format", "markdown", "--compare", "00..01"];
    let narrowed = place.dyno(&narrowed).expect(0).stdout();
    assert!(narrowed.starts_with("## 2.0× faster from step=00"), "{narrowed}");
    for option in [["--open", "--color=auto"], ["--only", "trend"], ["--assets", "split"]] {
        let refused = place.dyno(&[&["report", "--format", "markdown"], &option[..]].concat());
        let message = format!("`{}` is for the page: Markdown has one form only", option[0]);
        assert!(refused.expect(2).stderr().contains(&message));
    }
}

#[test]
fn markdown_of_a_history_draws_it_in_text() {
    let program = faulty().to_str().unwrap();
    let place = Place::with_suite(&format!(
        "name = \"one\"\n[sampling]\nprocesses = 6\niterations = 1\nwarmup = 0\n\
         [[case]]\nrunner = \"script\"\nworkload = \"scripted\"\n\
         [[runner]]\nname = \"script\"\nprogram = [{program:?}, \"scripted\"]\n"
    ));
    for (step, wall_ns) in [("00", "40000000"), ("01", "30000000"), ("02", "5000000")] {
        let mut command = place.command(&["run", "suite.toml", "--step", step, "--no-report"]);
        common::Finished::of(command.env("SCRIPTED_WALL_NS", wall_ns)).expect(0);
    }
    let text = place.dyno(&["report", "--history", "--format", "markdown"]).expect(0).stdout();
    assert!(text.starts_with("## 8.0× faster over 3 steps: 40.0 ms to 5.00 ms\n"), "{text}");
    assert!(text.contains("`█▆▁` 00 to 02: 40.0 ms to 5.00 ms, bars from zero\n"), "{text}");
    let counts =
        "**Largest change: 02, 6.00× faster**\n\n**2 faster, each against the step before it**";
    assert!(text.contains(counts), "{text}");
    assert!(text.contains("| 01 | 30.00 | −25.0 % (−25.0 to −25.0 %) |"), "{text}");
}
