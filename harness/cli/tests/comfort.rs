//! Colour, progress, completions, explanations, and the page that is made from the command line.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Place, skip};

const SUITE: &str = r#"
name = "comfort"
[sampling]
processes = 2
iterations = 1
warmup = 0
[[runner]]
name = "echo"
command = "echo {word}"
[[case]]
runner = "echo"
grid = { word = ["a", "b"] }
"#;

#[test]
fn docs_cli_md_is_the_command_line_of_this_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let page = Place::new().dyno(&["__reference"]).expect(0).stdout();
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == page,
        "docs/cli.md has drifted; write it again:\n  cargo dyno __reference > docs/cli.md"
    );
    for hidden in ["__complete", "__reference", "__launcher"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
}

#[test]
fn colour_follows_the_option_then_the_environment_then_the_terminal() {
    let place = Place::with_suite(SUITE);
    place.dyno(&["run", "suite.toml"]).expect(0);
    let coloured = |args: &[&str], env: &[(&str, &str)]| {
        let mut command = place.command(&[&["show"], args].concat());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(env.iter().copied());
        let text = command.output().unwrap().stdout;
        assert!(!text.is_empty());
        text.contains(&0x1b)
    };
    assert!(!coloured(&[], &[]), "standard output is a pipe");
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "0")]));
    // The help and the errors of the command line are heard too.
    assert!(coloured(&["--help", "--color", "always"], &[]));
    assert!(!coloured(&["--help", "--color=never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn progress_can_be_lines_or_silence_and_the_result_is_the_same() {
    let place = Place::with_suite(SUITE);
    let lines = place.dyno(&["run", "suite.toml", "--progress", "lines"]).expect(0);
    assert!(lines.stderr().contains("[4/4"), "{}", lines.stderr());
    let silent = place.dyno(&["run", "suite.toml", "--progress", "never"]).expect(0);
    assert!(!silent.stderr().contains("[4/4"), "{}", silent.stderr());
    assert!(silent.stderr().contains("store:"), "{}", silent.stderr());
    assert!(silent.stdout().contains("word"), "{}", silent.stdout());
}

#[test]
fn metrics_are_explained_and_typing_errors_answered() {
    let place = Place::new();
    let text = place.dyno(&["explain", "peak_rss"]).expect(0).stdout();
    for part in
        ["Peak resident memory", "unit:      bytes", "better:    lower", "source:    process"]
    {
        assert!(text.contains(part), "{text}");
    }
    let all = place.dyno(&["explain"]).expect(0).stdout();
    assert!(all.contains("\nwall_time ") && all.contains("\nrows_per_second "), "{all}");
    let done = place.dyno(&["explain", "peak_rs"]).expect(2);
    assert!(done.stderr().contains("did you mean `peak_rss`?"), "{}", done.stderr());
}

#[test]
fn completions_ask_for_runs_and_case_ids() {
    let place = Place::with_suite(SUITE);
    let cases = place.dyno(&["__complete", "cases", "suite.toml"]).expect(0).stdout();
    assert_eq!(cases, "echo/word=a\necho/word=b\n");
    place.dyno(&["run", "suite.toml", "--label", "tuned"]).expect(0);
    let id = place.run().info.id;
    let runs = place.dyno(&["__complete", "runs"]).expect(0).stdout();
    assert_eq!(runs, format!("{id}\ntuned\nlast\n"));
    for of in [&[][..], &["tuned"]] {
        let args = [&["__complete", "cases"], of].concat();
        assert_eq!(place.dyno(&args).expect(0).stdout(), cases);
    }
    let filters = place.dyno(&["__complete", "filters", "suite.toml"]).expect(0).stdout();
    let first = filters.lines().next().unwrap();
    assert_eq!(first, "case=\"echo/word=a\"");
    let listed = place.dyno(&["list", "suite.toml", "-f", first]).expect(0).stdout();
    assert!(listed.contains("echo/word=a\n") && !listed.contains("echo/word=b"), "{listed}");
}

/// What bash would offer for a line with the cursor at its end.
fn offered(place: &Place, line: &str) -> Vec<String> {
    let binary = Path::new(env!("CARGO_BIN_EXE_dyno")).parent().unwrap();
    let script = r#"
        source <(dyno completions bash)
        COMP_LINE="$1"; COMP_POINT=${#COMP_LINE}
        # Words as readline breaks them: at blanks, and at `=` and `:`, which are words themselves.
        mapfile -t COMP_WORDS < <(grep -oE '[=:]+|[^=:[:blank:]]+' <<< "$COMP_LINE")
        [[ $COMP_LINE == *[[:blank:]] ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        current="${COMP_WORDS[COMP_CWORD]}"
        [[ $current == [=:] ]] && current=""
        _dyno_asking dyno "$current" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-c", script, "bash", line])
        .current_dir(place.path())
        .env("PATH", format!("{}:{}", binary.display(), std::env::var("PATH").unwrap()))
        .env("DYNO_STORE", place.path().join("store"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{line}: {errors}");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_runs_and_cases() {
    if Command::new("bash").arg("--version").output().is_err() {
        return skip("no bash");
    }
    let place = Place::with_suite(SUITE);
    place.dyno(&["run", "suite.toml", "--label", "tuned"]).expect(0);
    let id = place.run().info.id.to_string();
    assert_eq!(offered(&place, "dyno sho"), ["show"]);
    assert!(offered(&place, "dyno ").contains(&"prune".to_owned()));
    assert!(!offered(&place, "dyno ").iter().any(|word| word.starts_with("__")));
    assert_eq!(offered(&place, "dyno show "), [&id, "tuned", "last"]);
    assert_eq!(offered(&place, "dyno show t"), ["tuned"]);
    assert_eq!(offered(&place, "dyno --color never show t"), ["tuned"]);
    assert!(offered(&place, "dyno show --ag").contains(&"--against".to_owned()));
    assert_eq!(offered(&place, "dyno run --resume t"), ["tuned"]);
    assert_eq!(offered(&place, "dyno explain peak_rss_"), ["peak_rss_sum"]);
    // Bash replaces what stands after the last `=` and leaves the rest.
    let against = offered(&place, "dyno show tuned --against ");
    assert_eq!(against, ["echo/word=a", "echo/word=b"]);
    assert_eq!(offered(&place, "dyno show tuned --against echo/wo"), against);
    assert_eq!(offered(&place, "dyno show tuned --against echo/word="), ["a", "b"]);
    let filters = offered(&place, "dyno run suite.toml --filter ");
    assert_eq!(filters, [r#"case=\"echo/word=a\""#, r#"case=\"echo/word=b\""#]);
}

#[test]
fn the_scripts_of_every_shell_are_understood_by_it() {
    let place = Place::new();
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let text = place.dyno(&["completions", shell]).expect(0).stdout();
        for asked in ["runs", "cases", "filters", "metrics"] {
            assert!(text.contains(asked), "{shell} asks for no {asked}");
        }
        place.write("script", &text);
        let Ok(output) =
            Command::new(shell).args([check, "script"]).current_dir(place.path()).output()
        else {
            // Its words are checked above all the same.
            skip(&format!("no {shell} to read its script"));
            continue;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_run_is_found_by_the_path_of_its_directory() {
    let place = Place::with_suite(SUITE);
    place.dyno(&["run", "suite.toml"]).expect(0);
    let id = place.run().info.id;
    let directory = place.store().directory(&id).unwrap();
    let named = place.dyno(&["show", "--format", "json", id.as_str()]).expect(0).stdout();
    for path in [directory.display().to_string(), format!("{}/", directory.display())] {
        assert_eq!(place.dyno(&["show", "--format", "json", &path]).expect(0).stdout(), named);
    }
    let other = tempfile::tempdir().unwrap();
    let inside = other.path().join("run");
    fs::create_dir(&inside).unwrap();
    let said = place.dyno(&["show", inside.to_str().unwrap()]).expect(2).stderr();
    assert!(said.contains("does not lie in the store"), "{said}");
}

#[test]
fn a_report_goes_into_a_directory_that_does_not_exist_yet() {
    let place = Place::with_suite(SUITE);
    place.dyno(&["run", "suite.toml"]).expect(0);
    place.dyno(&["report", "-o", "new/pages/r.html"]).expect(0);
    assert!(place.path().join("new/pages/r.html").is_file());
}

#[test]
fn a_store_that_is_a_file_is_named_by_its_option() {
    let place = Place::with_suite(SUITE);
    let said = place.dyno(&["runs", "--store", "suite.toml"]).expect(2).stderr();
    assert!(said.contains("`--store` (or DYNO_STORE) cannot be `suite.toml`"), "{said}");
}

#[test]
fn one_sample_and_one_process_are_told_in_the_singular() {
    let suite = SUITE.replace("processes = 2", "processes = 1").replace(", \"b\"", "");
    let place = Place::with_suite(&suite);
    let listed = place.dyno(&["list", "suite.toml"]).expect(0).stdout();
    assert!(listed.contains("1 case, 1 sample\n"), "{listed}");
    assert!(listed.contains("a command case: 1 process after 0 warm-up\n"), "{listed}");
}
