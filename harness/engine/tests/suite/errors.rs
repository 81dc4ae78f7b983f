//! The messages of typical mistakes, whole, as a person sees them. Each points at its token, says
//! what is allowed, and suggests the nearest name when there is one.

use crate::{one_case, plan_with};

fn refused(text: &str) -> String {
    shown(text, &[], None)
}

fn shown(text: &str, sets: &[&str], filter: Option<&str>) -> String {
    match plan_with(text, sets, filter) {
        Ok(plan) => panic!("accepted with {} cases", plan.cases.len()),
        Err(error) => error.to_string(),
    }
}

fn option_refused(sets: &[&str], filter: Option<&str>) -> String {
    shown(&one_case("params = { step = \"00\" }"), sets, filter)
}

#[test]
fn an_unknown_parameter_in_a_grid_suggests_the_nearest() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { writer = [1, 2] }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: unknown parameter `writer`
     --> /suites/x.toml:6:10
      |
    6 | grid = { writer = [1, 2] }
      |          ^^^^^^
      = allowed: step, rows, writers, buffer, delay, share, dictionary, codec
      = did you mean `writers`?
    ");
}

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
      = allowed: processes, iterations, warmup, budget, timeout, order, seed, pin
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
      = allowed: name, about, sampling, output, runner, case
      = did you mean `case`?
    ");
}

#[test]
fn an_unknown_workload_suggests_the_nearest() {
    let suite = r#"
name = "x"
[[case]]
workload = "pipelin"
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: unknown workload `pipelin`
     --> /suites/x.toml:4:12
      |
    4 | workload = "pipelin"
      |            ^^^^^^^^^
      = allowed: pipeline, scan
      = did you mean `pipeline`?
    "#);
}

#[test]
fn an_unknown_runner_lists_the_runners() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
command = "sort {file}"

[[case]]
runner = "sort"
params = { file = "a" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: unknown runner `sort`
     --> /suites/x.toml:9:10
      |
    9 | runner = "sort"
      |          ^^^^^^
      = allowed: sorted, builtin
    "#);
}

#[test]
fn a_number_that_is_text_says_what_is_allowed() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { rows = "many" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `rows` cannot be "many"
     --> /suites/x.toml:6:19
      |
    6 | params = { rows = "many" }
      |                   ^^^^^^
      = allowed: an integer from 1 to 1000000000
    "#);
}

#[test]
fn a_value_out_of_range_says_the_range() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { writers = 65 }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `writers` cannot be 65
     --> /suites/x.toml:6:22
      |
    6 | params = { writers = 65 }
      |                      ^^
      = allowed: an integer from 1 to 64
    ");
}

#[test]
fn a_word_that_is_no_choice_suggests_the_nearest() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { codec = "zsdt" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `codec` cannot be "zsdt"
     --> /suites/x.toml:6:20
      |
    6 | params = { codec = "zsdt" }
      |                    ^^^^^^
      = allowed: one of "none", "zstd"
      = did you mean `zstd`?
    "#);
}

#[test]
fn a_number_that_should_be_a_word_suggests_the_word() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { step = ["00", 5] }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `step` cannot be 5
     --> /suites/x.toml:6:24
      |
    6 | grid = { step = ["00", 5] }
      |                        ^
      = allowed: one of "00", "05", "12"
      = did you mean `05`?
    "#);
}

#[test]
fn a_size_without_a_known_unit_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { buffer = "64Kib" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `buffer` cannot be "64Kib"
     --> /suites/x.toml:6:21
      |
    6 | params = { buffer = "64Kib" }
      |                     ^^^^^^^
      = allowed: a size from 1024 to 1073741824 bytes, for instance "64KiB"
    "#);
}

#[test]
fn a_duration_without_a_unit_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { delay = 250 }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `delay` cannot be 250
     --> /suites/x.toml:6:20
      |
    6 | params = { delay = 250 }
      |                    ^^^
      = allowed: a duration from 0 to 60000000000 ns, for instance "250ms"
    "#);
}

#[test]
fn a_flag_that_is_a_word_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { dictionary = "yes" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `dictionary` cannot be "yes"
     --> /suites/x.toml:6:25
      |
    6 | params = { dictionary = "yes" }
      |                         ^^^^^
      = allowed: true or false
    "#);
}

#[test]
fn not_a_number_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { share = nan }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `share` cannot be nan
     --> /suites/x.toml:6:20
      |
    6 | params = { share = nan }
      |                    ^^^
      = allowed: a finite number
    ");
}

#[test]
fn a_duplicate_key_is_refused_where_it_stands_again() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { rows = 1, rows = 2 }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: duplicate key `rows`
     --> /suites/x.toml:6:22
      |
    6 | params = { rows = 1, rows = 2 }
      |                      ^^^^
      = each key may stand once in its table
    ");
}

#[test]
fn a_duplicate_case_names_the_first() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { rows = 1 }

[[case]]
workload = "pipeline"
params = { rows = "1" }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: duplicate case `pipeline/rows=1`
     --> /suites/x.toml:8:1
      |
    8 | [[case]]
      | ^^^^^^^^
      = the first one stands in line 4
    ");
}

#[test]
fn a_duplicate_value_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = [1000, 1_000] }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `rows` has 1000 twice
     --> /suites/x.toml:6:24
      |
    6 | grid = { rows = [1000, 1_000] }
      |                        ^^^^^
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
fn an_empty_list_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { writers = [] }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `writers` cannot be []
     --> /suites/x.toml:6:20
      |
    6 | grid = { writers = [] }
      |                    ^^
      = allowed: a list of at least one value
    ");
}

#[test]
fn lists_of_a_zip_have_one_length() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
zip = { writers = [1, 2], rows = [10, 20, 30] }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: the lists of a `zip` have one length
     --> /suites/x.toml:6:34
      |
    6 | zip = { writers = [1, 2], rows = [10, 20, 30] }
      |                                  ^^^^^^^^^^^^
      = allowed: 2 values, as many as `writers` has
    ");
}

#[test]
fn a_range_without_a_stride_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = { from = 1, to = 9 } }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: a range needs a stride
     --> /suites/x.toml:6:17
      |
    6 | grid = { rows = { from = 1, to = 9 } }
      |                 ^^^^^^^^^^^^^^^^^^^^
      = allowed: `times = 2` (multiply) or `step = 1` (add)
    ");
}

#[test]
fn a_range_that_ends_before_it_begins_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = { from = 9, to = 1, step = 1 } }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: the range ends before it begins
     --> /suites/x.toml:6:34
      |
    6 | grid = { rows = { from = 9, to = 1, step = 1 } }
      |                                  ^
      = allowed: at least 9
    ");
}

#[test]
fn a_range_that_does_not_grow_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = { from = 1, to = 9, times = 1 } }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `times` cannot be 1
     --> /suites/x.toml:6:45
      |
    6 | grid = { rows = { from = 1, to = 9, times = 1 } }
      |                                             ^
      = allowed: a whole number of at least 2
    ");
}

#[test]
fn a_range_of_words_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { step = { from = "00", to = "12", step = 1 } }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `step` has no ranges
     --> /suites/x.toml:6:17
      |
    6 | grid = { step = { from = "00", to = "12", step = 1 } }
      |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = allowed: a list of its values
    "#);
}

#[test]
fn a_range_with_too_many_values_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = { from = 1, to = 1_000_000, step = 1 } }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `rows` has too many values
     --> /suites/x.toml:6:17
      |
    6 | grid = { rows = { from = 1, to = 1_000_000, step = 1 } }
      |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = allowed: at most 1000
    ");
}

#[test]
fn too_many_cases_are_refused_before_they_are_made() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = { from = 1, to = 500, step = 1 }, writers = { from = 1, to = 64, step = 1 } }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: too many cases: 32000
     --> /suites/x.toml:6:17
      |
    6 | grid = { rows = { from = 1, to = 500, step = 1 }, writers = { from = 1, to = 64, step = 1 } }
      |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = allowed: at most 10000 in a suite
    ");
}

#[test]
fn a_parameter_stands_in_one_table() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { rows = 1 }
grid = { rows = [2, 3] }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `rows` stands in `params` and in `grid`
     --> /suites/x.toml:7:10
      |
    7 | grid = { rows = [2, 3] }
      |          ^^^^
      = a parameter is fixed in `params`, or varies in one table
    ");
}

#[test]
fn an_exclude_that_matches_nothing_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { writers = [1, 2] }
exclude = [{ writers = 3 }]
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: no case is excluded by this entry
     --> /suites/x.toml:7:24
      |
    7 | exclude = [{ writers = 3 }]
      |                        ^
      = allowed: values that some case has
    ");
}

#[test]
fn ablating_to_the_base_value_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { step = "00" }
ablate = { step = ["00", "05"] }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `step` is "00" already
     --> /suites/x.toml:7:20
      |
    7 | ablate = { step = ["00", "05"] }
      |                    ^^^^
      = allowed: values other than the one in `params`
    "#);
}

#[test]
fn a_case_without_a_workload_lists_the_workloads() {
    let suite = r#"
name = "x"
[[case]]
params = { rows = 1 }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: a case needs a workload or a runner
     --> /suites/x.toml:3:1
      |
    3 | [[case]]
      | ^^^^^^^^
      = allowed: pipeline, scan
    ");
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
      = allowed: a whole number from 1 to 1000
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
      = allowed: file
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
      = allowed: file
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
fn set_of_an_unknown_parameter_suggests_the_nearest() {
    let shown = option_refused(&["row=5"], None);
    insta::assert_snapshot!(shown, @"
    error: no case has a parameter `row`
     --> --set:1:1
      |
    1 | row=5
      | ^^^
      = allowed: step, rows, writers, buffer, delay, share, dictionary, codec
      = did you mean `rows`?
    ");
}

#[test]
fn set_of_a_wrong_value_points_into_the_option() {
    let shown = option_refused(&["rows=1.5"], None);
    insta::assert_snapshot!(shown, @"
    error: `rows` cannot be 1.5
     --> --set:1:6
      |
    1 | rows=1.5
      |      ^^^
      = allowed: an integer from 1 to 1000000000
    ");
}

#[test]
fn set_without_a_value_is_refused() {
    let shown = option_refused(&["rows"], None);
    insta::assert_snapshot!(shown, @"
    error: `rows` sets nothing
     --> --set:1:1
      |
    1 | rows
      | ^^^^
      = allowed: a name and a value, such as `rows=100000` or `sampling.processes=3`
    ");
}

#[test]
fn set_of_an_unknown_sampling_key_suggests_the_nearest() {
    let shown = option_refused(&["sampling.proceses=3"], None);
    insta::assert_snapshot!(shown, @"
    error: unknown key `proceses`
     --> --set:1:10
      |
    1 | sampling.proceses=3
      |          ^^^^^^^^
      = allowed: processes, iterations, warmup, budget, timeout, order, seed, pin
      = did you mean `processes`?
    ");
}

#[test]
fn set_of_a_wrong_sampling_value_points_into_the_option() {
    let shown = option_refused(&["sampling.timeout=soon"], None);
    insta::assert_snapshot!(shown, @r#"
    error: `timeout` cannot be "soon"
     --> --set:1:18
      |
    1 | sampling.timeout=soon
      |                  ^^^^
      = allowed: a duration such as "250ms" or "1m 30s", from 1 ms to 24 h
    "#);
}

#[test]
fn set_of_a_sampling_key_alone_names_its_table() {
    let shown = option_refused(&["processes=3"], None);
    insta::assert_snapshot!(shown, @"
    error: no case has a parameter `processes`
     --> --set:1:1
      |
    1 | processes=3
      | ^^^^^^^^^
      = allowed: step, rows, writers, buffer, delay, share, dictionary, codec
      = the key of the table is `sampling.processes`
    ");
}

#[test]
fn a_filter_with_an_unknown_name_suggests_the_nearest() {
    let shown = option_refused(&[], Some("step >= 05 and writer = 2"));
    insta::assert_snapshot!(shown, @"
    error: unknown parameter `writer`
     --> --filter:1:16
      |
    1 | step >= 05 and writer = 2
      |                ^^^^^^
      = allowed: step, rows, writers, buffer, delay, share, dictionary, codec, workload, runner, case
      = did you mean `writers`?
    ");
}

#[test]
fn a_filter_that_ends_too_early_is_refused() {
    let shown = option_refused(&[], Some("step >= 05 and"));
    insta::assert_snapshot!(shown, @"
    error: the filter ends too early
     --> --filter:1:15
      |
    1 | step >= 05 and
      |               ^
      = allowed: a comparison such as `step >= 05`
    ");
}

#[test]
fn a_filter_with_a_sign_too_many_is_refused() {
    let shown = option_refused(&[], Some("step => 05"));
    insta::assert_snapshot!(shown, @"
    error: unexpected `>`
     --> --filter:1:7
      |
    1 | step => 05
      |       ^
      = allowed: a value; in quotes if it has blanks or signs
    ");
}
