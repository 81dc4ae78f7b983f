//! The messages of typical mistakes outside `[[case]]`, whole, as a person sees them: keys, sampling,
//! runners, TOML itself.

use crate::refused;

#[test]
fn an_unknown_key_of_a_table_suggests_the_nearest() {
    let suite = r#"
name = "x"
[sampling]
procesess = 3
[[case]]
workload = "scan"
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: unknown key `procesess`
     --> /suites/x.toml:4:1
      |
    4 | procesess = 3
      | ^^^^^^^^^
      = allowed: processes, iterations, warmup, budget, timeout, order, seed, pin, reject
      = did you mean `processes`?
    ");
}

#[test]
fn an_unknown_table_suggests_the_nearest() {
    let suite = r#"
name = "x"
[[cases]]
workload = "scan"
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: unknown key `cases`
     --> /suites/x.toml:3:3
      |
    3 | [[cases]]
      |   ^^^^^
      = allowed: name, about, sampling, output, counters, profile, runner, build, gate, reference, case
      = did you mean `case`?
    ");
}

#[test]
fn a_duplicate_runner_names_the_first() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
command = "sort {file}"

[[case]]
runner = "sorted"
params = { file = "a" }
[[runner]]
name = "sorted"
command = "sort"
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: duplicate runner `sorted`
      --> /suites/x.toml:12:8
       |
    12 | name = "sorted"
       |        ^^^^^^^^
       = the first one stands in line 5
    "#);
}

#[test]
fn a_suite_without_cases_is_refused() {
    let suite = r#"
name = "x"
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: missing key `case`
     --> /suites/x.toml:1:1
      |
    1 | 
      | ^
      = this table needs it
    ");
}

#[test]
fn a_name_with_odd_signs_is_refused() {
    let suite = r#"
name = "my suite"
[[case]]
workload = "scan"
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `name` cannot be "my suite"
     --> /suites/x.toml:2:8
      |
    2 | name = "my suite"
      |        ^^^^^^^^^^
      = allowed: 1 to 100 letters, digits, `-`, `_` and `.`, beginning with a letter or digit
    "#);
}

#[test]
fn a_count_of_the_sampling_has_a_range() {
    let suite = r#"
name = "x"
[sampling]
processes = 0
[[case]]
workload = "scan"
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `processes` cannot be 0
     --> /suites/x.toml:4:13
      |
    4 | processes = 0
      |             ^
      = allowed: a whole number from 1 to 10000
    ");
}

#[test]
fn a_duration_of_the_sampling_needs_a_unit() {
    let suite = r#"
name = "x"
[sampling]
timeout = "60"
[[case]]
workload = "scan"
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `timeout` cannot be "60"
     --> /suites/x.toml:4:11
      |
    4 | timeout = "60"
      |           ^^^^
      = allowed: a duration such as "250ms" or "1m 30s", from 1 ms to 24 h
    "#);
}

#[test]
fn an_order_is_one_of_two_words() {
    let suite = r#"
name = "x"
[sampling]
order = "shufled"
[[case]]
workload = "scan"
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `order` cannot be "shufled"
     --> /suites/x.toml:4:9
      |
    4 | order = "shufled"
      |         ^^^^^^^^^
      = allowed: shuffled, listed
      = did you mean `shuffled`?
    "#);
}

#[test]
fn a_table_that_should_be_a_list_says_how_to_write_it() {
    let suite = r#"
name = "x"
[case]
workload = "scan"
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `case` cannot be [case]
     --> /suites/x.toml:3:1
      |
    3 | [case]
      | ^^^^^^
      = allowed: a list; its tables are written `[[name]]`
    ");
}

#[test]
fn a_given_name_is_no_parameter() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
command = "sort {file} {seed}"

[[case]]
runner = "sorted"
params = { file = "a", seed = 3 }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: no parameter can be called `seed`
      --> /suites/x.toml:10:24
       |
    10 | params = { file = "a", seed = 3 }
       |                        ^^^^
       = allowed: letters, digits, `_` and `-`, but not workload, runner, case, data_dir, seed
    "#);
}

#[test]
fn text_without_quotes_is_not_toml() {
    let suite = r#"
name = x
[[case]]
workload = "scan"
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: not TOML: string values must be quoted, expected literal string
     --> /suites/x.toml:2:8
      |
    2 | name = x
      |        ^
    ");
}

#[test]
fn a_placeholder_without_a_parameter_is_refused() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
command = "sort {fiel}"

[[case]]
runner = "sorted"
params = { file = "a" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `{fiel}` is no parameter of every case of runner `sorted`
     --> /suites/x.toml:6:17
      |
    6 | command = "sort {fiel}"
      |                 ^^^^^^
      = allowed: file, data_dir, seed
      = did you mean `file`?
      = a brace that means itself is written `{{` or `}}`
    "#);
}

#[test]
fn a_parameter_that_no_command_uses_is_refused() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
command = "sort {file}"

[[case]]
runner = "sorted"
params = { file = "a", fil = 3 }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: parameter `fil` is used nowhere in runner `sorted`
      --> /suites/x.toml:10:24
       |
    10 | params = { file = "a", fil = 3 }
       |                        ^^^
       = allowed: file
       = did you mean `file`?
    "#);
}

#[test]
fn a_single_brace_says_how_to_write_it() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
command = "awk {print $1} {file}"

[[case]]
runner = "sorted"
params = { file = "a" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `{` begins a parameter such as `{rows}`; a brace that means itself is written `{{`
     --> /suites/x.toml:6:11
      |
    6 | command = "awk {print $1} {file}"
      |           ^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_placeholder_that_no_case_has_suggests_the_nearest() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
command = "sort {file} {flie}"

[[case]]
runner = "sorted"
params = { file = "a" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `{flie}` is no parameter of every case of runner `sorted`
     --> /suites/x.toml:6:24
      |
    6 | command = "sort {file} {flie}"
      |                        ^^^^^^
      = allowed: file, data_dir, seed
      = did you mean `file`?
      = a brace that means itself is written `{{` or `}}`
    "#);
}

#[test]
fn an_open_quote_in_a_command_is_refused() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
command = "sort 'a {file}"

[[case]]
runner = "sorted"
params = { file = "a" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `command`: the quote ' is never closed
     --> /suites/x.toml:6:11
      |
    6 | command = "sort 'a {file}"
      |           ^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_runner_needs_a_program_or_a_command() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
env = { A = "1" }

[[case]]
runner = "sorted"
params = { file = "a" }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: a runner needs a program
     --> /suites/x.toml:4:1
      |
    4 | [[runner]]
      | ^^^^^^^^^^
      = allowed: `program` (speaks the protocol) or `command` (any command line)
    ");
}

#[test]
fn a_regex_needs_a_group() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
command = "sort {file}"
metrics = [{ name = "rows", regex = "wrote \\d+ rows" }]

[[case]]
runner = "sorted"
params = { file = "a" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `regex` cannot be "wrote \\d+ rows"
     --> /suites/x.toml:7:37
      |
    7 | metrics = [{ name = "rows", regex = "wrote \\d+ rows" }]
      |                                     ^^^^^^^^^^^^^^^^^
      = allowed: an expression with a group around the number, such as "(\\d+) rows"
    "#);
}

#[test]
fn a_unit_is_one_of_a_few() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
command = "sort {file}"
metrics = [{ name = "t", json = "t", unit = "msec" }]

[[case]]
runner = "sorted"
params = { file = "a" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `unit` cannot be "msec"
     --> /suites/x.toml:7:45
      |
    7 | metrics = [{ name = "t", json = "t", unit = "msec" }]
      |                                             ^^^^^^
      = allowed: ns, us, ms, s, bytes, kB, MB, KiB, MiB, GiB, count, rows, ratio, per_second
    "#);
}

#[test]
fn a_program_that_cannot_be_asked_is_refused() {
    let suite = r#"
name = "x"

[[runner]]
name = "broken"
program = ["./broken"]

[[case]]
runner = "broken"
workload = "sort"
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: runner `broken` does not say what it serves
     --> /suites/x.toml:6:11
      |
    6 | program = ["./broken"]
      |           ^^^^^^^^^^^^
      = no such file or directory
    "#);
}

#[test]
fn a_metric_of_a_command_cannot_be_called_like_one_of_dynos_own() {
    let suite = |name: &str| {
        format!(
            "name = \"x\"\n[[runner]]\nname = \"s\"\ncommand = \"sort\"\n\
             metrics = [{{ name = \"{name}\", json = \"t\" }}]\n[[case]]\nrunner = \"s\"\n"
        )
    };
    insta::assert_snapshot!(refused(&suite("wall_time")), @r#"
    error: `wall_time` is a metric that dyno measures itself
     --> /suites/x.toml:5:21
      |
    5 | metrics = [{ name = "wall_time", json = "t" }]
      |                     ^^^^^^^^^^^
      = allowed: any name that dyno does not use
      = of dyno's own names, a command may tell rows, bytes_in, bytes_out
    "#);
    for name in ["rows", "bytes_in", "bytes_out", "wall_time_of_sort"] {
        assert!(crate::plan_with(&suite(name), &[], None).is_ok(), "{name}");
    }
}

#[test]
fn a_text_that_is_never_closed_is_not_toml() {
    let suite = "name = \"x\n[[case]]\nworkload = \"scan\"\n";
    insta::assert_snapshot!(refused(suite), @r#"
    error: not TOML: this text is never closed
     --> /suites/x.toml:1:10
      |
    1 | name = "x
      |          ^
      = `"` is missing at its end
    "#);
}

#[test]
fn an_integer_of_more_than_64_bits_names_the_range() {
    let suite = crate::one_case("params = { rows = 99999999999999999999 }");
    insta::assert_snapshot!(refused(&suite), @"
    error: `rows` cannot be 99999999999999999999
     --> /suites/x.toml:5:19
      |
    5 | params = { rows = 99999999999999999999 }
      |                   ^^^^^^^^^^^^^^^^^^^^
      = allowed: an integer of 64 bits, from -9223372036854775808 to 9223372036854775807
    ");
    let suite = format!("[sampling]\nseed = 99999999999999999999\n{}", crate::one_case(""));
    let suite =
        suite.replace("[sampling]", "name = \"y\"\n[sampling]").replace("name = \"x\"\n", "");
    insta::assert_snapshot!(refused(&suite), @"
    error: `seed` cannot be 99999999999999999999
     --> /suites/x.toml:3:8
      |
    3 | seed = 99999999999999999999
      |        ^^^^^^^^^^^^^^^^^^^^
      = allowed: an integer of 64 bits, from -9223372036854775808 to 9223372036854775807
    ");
}

#[test]
fn a_timeout_without_quotes_says_what_a_duration_looks_like() {
    let suite = "name = \"x\"\n[sampling]\ntimeout = 3\n[[case]]\nworkload = \"scan\"\n";
    insta::assert_snapshot!(refused(suite), @r#"
    error: `timeout` cannot be 3
     --> /suites/x.toml:3:11
      |
    3 | timeout = 3
      |           ^
      = allowed: a duration such as "250ms" or "1m 30s", from 1 ms to 24 h
    "#);
}

#[test]
fn a_number_that_is_no_step_gets_no_other_number_suggested() {
    insta::assert_snapshot!(refused(&crate::one_case("params = { step = \"13\" }")), @r#"
    error: `step` cannot be "13"
     --> /suites/x.toml:5:19
      |
    5 | params = { step = "13" }
      |                   ^^^^
      = allowed: one of "00", "05", "12"
    "#);
}

#[test]
fn a_parameter_of_a_command_that_uses_none_says_so() {
    let suite = "name = \"x\"\n[[runner]]\nname = \"s\"\ncommand = \"sort\"\n\
                 [[case]]\nrunner = \"s\"\nparams = { f = 1 }\n";
    insta::assert_snapshot!(refused(suite), @"
    error: parameter `f` is used nowhere in runner `s`
     --> /suites/x.toml:7:12
      |
    7 | params = { f = 1 }
      |            ^
      = it uses no parameter at all; write `{f}` where the value belongs
    ");
}

#[test]
fn control_characters_of_a_suite_do_not_reach_the_terminal() {
    let shown = refused("name = \"x\"\n\"a\\u001b[2J\" = 1\n[[case]]\nworkload = \"scan\"\n");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    assert!(shown.starts_with("error: unknown key `a\\u{1b}[2J`\n"), "{shown}");
}

#[test]
fn a_pass_refuses_what_no_workload_has_and_caches_that_cannot_be() {
    let shown = |counters: &str| {
        refused(&format!("name = \"x\"\n[counters]\n{counters}\n[[case]]\nworkload = \"scan\"\n"))
    };
    for (counters, words) in [
        ("simulate = { row = 5 }", "no case has a parameter `row`"),
        ("simulate = { row = 5 }", "did you mean `rows`?"),
        ("allocations = { rows = 0 }", "`rows` cannot be 0"),
        ("simulate = 3", "allowed: true, false, or a table of parameters"),
        ("repeats = 0", "allowed: a whole number from 1 to 1000"),
        ("caches = { d1 = { size = \"48KiB\", ways = 8 } }", "are no power of two of sets"),
        ("caches = { d1 = { size = \"0B\", ways = 8 } }", "a size of at most 4 GiB"),
        ("simulated = true", "did you mean `simulate`?"),
    ] {
        let text = shown(counters);
        assert!(text.contains(words), "{counters}: {text}");
        assert!(text.contains("x.toml:3:"), "{text}");
    }
}
