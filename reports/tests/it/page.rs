//! The report page: its numbers, its safety, its words.

use std::collections::BTreeMap;

use record::{CaseId, FailureKind, RunId, Source, Unavailable, metrics};
use reports::format::printable;
use reports::{Format, PageOptions, RunSet, ShowOptions, html, show};
use serde_json::Value as Json;

use crate::fixture::{self, failed, samples, step};

pub(crate) fn page(set: &RunSet) -> String {
    html(set, &PageOptions::default()).unwrap()
}

/// A set whose every name and text tries to break out.
pub(crate) fn hostile_set() -> RunSet {
    let names = [
        "</script><b onload=alert(1)>".to_owned(),
        "\"'><img src=x onerror=alert(1)>".to_owned(),
        "x".repeat(500),
        "\u{202e}\u{5d0}\u{5d1}\u{5d2} right to left".to_owned(),
        "🏎️ emoji 漢字".to_owned(),
        "]]><!-- \u{0}\u{1b}[31m -->".to_owned(),
    ];
    let mut cases = Vec::new();
    for name in &names {
        let mut case = fixture::case(&[("step", name.as_str().into())], name);
        case.id = CaseId::new(name.clone());
        let mut all = samples(&case, &[10.0, 11.0]);
        all.push(failed(&case, 2, FailureKind::Run, name));
        cases.push((case, all));
    }
    let mut run = fixture::study().info;
    run.cases = cases.iter().map(|(case, _)| case.clone()).collect();
    run.suite.about = names[0].clone();
    run.suite.text = names.join("\n");
    run.suite.path = names[1].clone();
    run.command = names.to_vec();
    run.warnings = names.to_vec();
    run.before.facts[0].value = names[0].clone();
    run.unavailable = vec![Unavailable {
        metrics: vec![names[0].clone()],
        source: Source::Hardware,
        errno: None,
        reason: names[1].clone(),
        remedy: names[0].clone(),
    }];
    let samples = cases.into_iter().flat_map(|(_, samples)| samples).collect();
    RunSet::new(vec![fixture::stored(run, samples)]).unwrap()
}

/// What a browser makes of an attribute.
fn unescaped(text: &str) -> String {
    let mut text = text.to_owned();
    for (code, c) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        text = text.replace(code, c);
    }
    for (code, c) in
        [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
    {
        text = text.replace(code, c);
    }
    text
}

fn attribute(tag: &str, name: &str) -> String {
    let from = tag.split(&format!("{name}=\"")).nth(1).unwrap();
    unescaped(from.split('"').next().unwrap())
}

/// The ratio of a case to that of a number, counted from 1.
fn against(set: &RunSet, id: &str, other: &str) -> Json {
    let case = set.cases.iter().position(|case| printable(case.info.id.as_str()) == id).unwrap();
    let found = set.against(case, other.parse::<usize>().unwrap() - 1).unwrap();
    serde_json::json!({ "ratio": found.ratio })
}

#[test]
fn every_number_of_the_table_is_the_one_that_json_shows() {
    for set in [fixture::study_set(), fixture::grid_set(), hostile_set()] {
        let options = ShowOptions { format: Format::Json, ..ShowOptions::default() };
        let document: Json = serde_json::from_str(&show(&set, &options).unwrap()).unwrap();
        let cases: BTreeMap<String, &Json> = document["cases"]
            .as_array()
            .unwrap()
            .iter()
            .map(|case| (printable(case["case"].as_str().unwrap()), case))
            .collect();
        let html = page(&set);
        let rows = html.split("<tr ").skip(1).map(|row| row.split("</tr>").next().unwrap());
        let tags: Vec<(&str, &str)> = rows
            .flat_map(|row| row.split("<span data-metric=").skip(1).map(move |tag| (row, tag)))
            .collect();
        for (row, tag) in &tags {
            let tag = format!("data-metric={}", tag.split('>').next().unwrap());
            let id = attribute(row, "data-case");
            let case = cases[&id];
            let (metric, field) = (attribute(&tag, "data-metric"), attribute(&tag, "data-field"));
            let place = if metric == "against" {
                against(&set, &id, &attribute(&tag, "data-other"))
            } else {
                let mut metrics = case["metrics"].as_array().unwrap().iter();
                metrics.find(|one| one["metric"] == metric.as_str()).unwrap().clone()
            };
            let shown: f64 = attribute(&tag, "data-value").parse().unwrap();
            assert_eq!(Some(shown), place[&field].as_f64(), "{metric} {field}");
        }
        // Median, range (2), n, rows/s, bytes/s, cores, memory: 8 at least in every measured row.
        let measured = set.cases.iter().filter(|case| case.wall_time().is_some()).count();
        assert!(tags.len() >= 8 * measured, "{} numbers of {measured} cases", tags.len());
    }
}

/// Cases of so many rows, each with its codec and its time in ms.
fn sized(cases: &[(&str, u32, f64)]) -> RunSet {
    let one = |&(codec, rows, time): &(&str, u32, f64)| {
        let case = fixture::case(&[("codec", codec.into()), ("rows", rows.into())], "");
        let mut samples = samples(&case, &fixture::spread(time, 6, 1));
        for value in samples.iter_mut().flat_map(|sample| &mut sample.values) {
            if value.metric == metrics::ROWS.name {
                value.value = f64::from(rows);
            }
        }
        (case, samples)
    };
    fixture::set(cases.iter().map(one).collect())
}

#[test]
fn the_headline_never_compares_times_of_other_numbers_of_rows() {
    let first = |set: &RunSet| {
        let html = page(set);
        let from = html.split("<h1>").nth(1).unwrap();
        (unescaped(from.split("</h1>").next().unwrap()), html.clone())
    };
    let both = [("lz4", 1000, 1.0), ("zstd", 1000, 2.0)];
    let more = [("lz4", 1_000_000, 900.0), ("zstd", 1_000_000, 300.0)];
    let (headline, html) = first(&sized(&[both, more].concat()));
    let expect = "Fastest of 1.00 M rows: codec=zstd rows=1000000, 3.0× faster than \
                  codec=lz4 rows=1000000";
    assert_eq!(headline, expect);
    assert!(html.contains("2 cases of other numbers of rows do not compare with these."));
    // One codec alone is a growing number of rows, and no step.
    let (headline, html) = first(&sized(&[("lz4", 1000, 1.0), ("lz4", 1_000_000, 900.0)]));
    assert_eq!(headline, "rows=1000 (1.00 ms) to rows=1000000 (900 ms) over 2 cases");
    assert!(html.contains("They did other numbers of rows: the times do not compare."));
    assert!(!html.contains("slower</text>"), "more rows are no regression");
    let (headline, _) = first(&sized(&[("lz4", 1000, 1.0), ("zstd", 1_000_000, 900.0)]));
    assert!(headline.starts_with("codec=lz4 rows=1000 ("), "{headline}");
}

#[test]
fn the_headline_is_computed() {
    let headline = |set: &RunSet| {
        let html = page(set);
        let from = html.split("<h1>").nth(1).unwrap();
        unescaped(from.split("</h1>").next().unwrap())
    };
    assert_eq!(headline(&fixture::study_set()), "6.7× faster over 13 steps: 931 ms to 140 ms");
    assert_eq!(headline(&fixture::grid_set()), "Lowest median: batch=8192 writers=2 (202 ms)");
    let steps = |times: [f64; 3]| {
        let cases = ["00", "01", "02"].iter().zip(times).map(|(id, time)| {
            let times = [time, time * 1.01, time * 1.02, time * 1.03];
            (step(id, ""), samples(&step(id, ""), &times))
        });
        fixture::set(cases.collect())
    };
    assert!(page(&steps([30.0, 10.0, 15.0])).contains("Fastest: 01 (10.2 ms)."));
    assert!(!page(&steps([30.0, 10.0, 10.05])).contains("Fastest"));
    assert_eq!(
        headline(&steps([10.0, 10.0, 20.0])),
        "2.0× slower over 3 steps: 10.2 ms to 20.3 ms"
    );
    let equal = fixture::set(
        ["00", "01"].map(|id| (step(id, ""), samples(&step(id, ""), &[5.0; 3]))).to_vec(),
    );
    assert_eq!(headline(&equal), "No change over 2 steps: 5.00 ms");
    let times = |pairs: &[(&str, &[f64])]| {
        fixture::set(
            pairs
                .iter()
                .map(|(name, times)| {
                    let case = fixture::case(&[("codec", (*name).into())], "");
                    (case.clone(), samples(&case, times))
                })
                .collect(),
        )
    };
    let slow = [30.0, 31.0, 32.0, 33.0];
    let fast = [10.0, 10.1, 10.2, 10.3];
    let found = headline(&times(&[("zstd", &slow), ("lz4", &fast)]));
    assert_eq!(found, "Fastest: lz4, 3.1× faster than zstd");
    assert_eq!(
        headline(&times(&[("zstd", &slow), ("lz4", &slow)])),
        "Lowest median: zstd (31.5 ms)"
    );
    assert_eq!(headline(&times(&[("zstd", &[5.0])])), "pipeline: 5.00 ms");
    let case = step("00", "");
    let crash = failed(&case, 0, FailureKind::Start, "no such program");
    assert_eq!(headline(&fixture::set(vec![(case, vec![crash])])), "No case has a time");
}

#[test]
fn failures_are_told_above_the_charts_and_in_full_below() {
    let html = page(&fixture::grid_set());
    assert!(html.contains("2 of 4 cases failed, 1 lost some samples."));
    assert!(html.contains("failed: died: killed by signal 11 (SIGSEGV)"));
    assert!(html.contains("<pre tabindex=\"0\">the last words</pre>"));
    assert!(!page(&fixture::study_set()).contains("id=\"failures\""));
}

#[test]
fn the_same_set_gives_the_same_bytes() {
    assert_eq!(page(&fixture::study_set()), page(&fixture::study_set()));
    assert_eq!(page(&hostile_set()), page(&hostile_set()));
}

/// The page without the texts that people wrote into it: its tags alone.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()).collect()
}

#[test]
fn names_from_outside_never_become_markup() {
    let pages = [page(&hostile_set()), page(&fixture::profiled())].concat();
    let ours = [
        "!doctype", "html", "head", "meta", "title", "style", "body", "header", "div", "h1",
        "button", "p", "a", "ul", "li", "nav", "main", "section", "h2", "h3", "svg", "g", "rect",
        "polyline", "polygon", "circle", "text", "table", "thead", "tbody", "tr", "th", "td",
        "small", "bdi", "span", "details", "summary", "pre", "code", "br", "script", "path",
        "label", "input", "output", "tspan", "select", "option", "dl", "dt", "dd", "kbd",
    ];
    // The script compares numbers with "<"; what follows is no tag.
    let parts = pages.split("<script>").map(|part| match part.rsplit_once("}\n}</script>") {
        Some((_, markup)) => markup,
        None => part,
    });
    for tag in parts.flat_map(tags) {
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        assert!(ours.contains(&name), "<{tag}>");
    }
    let html = page(&hostile_set());
    assert_eq!(html.matches("<script>").count(), 1);
    // The second holds numbers, and nothing in it runs.
    assert_eq!(html.matches("</script>").count(), 2);
    assert_eq!(html.matches("<script type=\"application/json\" id=\"pairs\">").count(), 1);
    assert!(!html.contains('\u{202e}') && !html.contains('\u{1b}') && !html.contains('\u{0}'));
}

#[test]
fn the_page_asks_for_nothing_and_obeys_a_strict_policy() {
    let html = page(&fixture::study_set());
    assert!(html.contains("content=\"default-src 'none'; style-src 'sha256-"));
    for tag in tags(&html) {
        let inside = format!(" {tag}");
        for forbidden in [" style=", " src=", " onclick=", " onload=", " srcset=", " xlink:href="] {
            assert!(!inside.contains(forbidden), "<{tag}>");
        }
        if let Some(link) = inside.split(" href=\"").nth(1) {
            // Files inside the page are in their links.
            assert!(link.starts_with('#') || link.starts_with("data:text/"), "<{tag}>");
        }
    }
    for forbidden in ["url(", "@import", "http:", "https:", "eval(", "localStorage"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn every_link_of_the_page_has_its_target() {
    let html = page(&fixture::grid_set());
    for link in html.split("href=\"#").skip(1) {
        let id = link.split('"').next().unwrap();
        assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "#{id}");
    }
}

#[test]
fn what_could_not_be_counted_is_told_with_its_remedy() {
    let html = page(&fixture::study_set());
    assert!(html.contains("Not counted here: cycles, instructions, cache_misses."));
    assert!(html.contains("What would help: run on bare metal, or give the guest a vPMU"));
    assert!(html.contains("two spinning threads took 1.72 times as long as one"));
}

#[test]
fn a_fact_that_changed_during_the_run_is_shown_twice() {
    let mut run = fixture::study();
    let mut after = run.info.before.clone();
    after.facts[4].value = "powersave".to_owned();
    run.info.after = Some(after);
    let html = page(&RunSet::new(vec![run]).unwrap());
    assert!(html.contains(
        "<th scope=\"row\">governor</th><td>unknown: no cpufreq here</td><td>powersave</td>"
    ));
    assert!(html.contains("<th scope=\"row\">kernel</th><td>Linux 6.18</td><td></td>"));
}

#[test]
fn large_sets_stay_small_pages() {
    let cases = (0..200).map(|i| {
        let case = fixture::case(&[("n", i.into())], "");
        (case.clone(), samples(&case, &fixture::spread(f64::from(i + 1), 100, 1)))
    });
    let html = page(&fixture::set(cases.collect()));
    // 1.5 MiB.
    assert!(html.len() < 1_572_864, "{} bytes", html.len());
}

#[test]
fn the_whole_script_of_a_page_has_ten_kilobytes_at_most() {
    let html = page(&fixture::study_set());
    let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    assert!(script.len() <= 10_240, "{} bytes", script.len());
    assert!(script.contains("hashchange") && !script.contains("// "));
}

/// What a link of that name holds.
fn held(html: &str, name: &str) -> String {
    let link = html.split(&format!("download=\"{name}\" href=\"")).nth(1).unwrap();
    let text = link.split('"').next().unwrap().split_once(',').unwrap().1.as_bytes();
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'%' {
            let code = std::str::from_utf8(&text[at + 1..at + 3]).unwrap();
            bytes.push(u8::from_str_radix(code, 16).unwrap());
            at += 3;
        } else {
            bytes.push(text[at]);
            at += 1;
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_sample_and_the_markdown_can_be_taken_out_of_the_page() {
    let set = fixture::study_set();
    let html = page(&set);
    let samples = held(&html, "samples.csv");
    assert!(samples.starts_with("case,metric,unit,process,value\n00,wall_time,ns,0,"), "{samples}");
    let times = set.cases.iter().flat_map(|case| &case.wall_time().unwrap().points);
    let own = samples.lines().filter(|line| line.contains(",wall_time,"));
    for (point, line) in times.zip(own) {
        let value: f64 = line.rsplit(',').next().unwrap().parse().unwrap();
        assert_eq!(value, point.value);
    }
    let cases = held(&html, "cases.csv");
    let options = ShowOptions { format: Format::Csv, ..ShowOptions::default() };
    assert_eq!(cases, show(&set, &options).unwrap().replace("\r\n", "\n"));
    assert_eq!(held(&html, "report.md"), reports::markdown(&set, &PageOptions::default()).unwrap());
    let hostile = held(&page(&hostile_set()), "samples.csv");
    assert!(hostile.contains("</script><b onload=alert(1)>,wall_time"), "{hostile}");
}

#[test]
fn the_gravest_warning_stands_open_and_the_others_fold() {
    let run = |id: &str| {
        let mut run = fixture::study();
        run.info.id = RunId::new(id);
        run.info.before.machine_key = id.to_owned();
        run.info.warnings.push(format!("only of {id}"));
        run
    };
    let html = page(&RunSet::new(vec![run("r1"), run("r2")]).unwrap());
    let warnings: Vec<&str> = html
        .split("<li class=\"warning\">")
        .skip(1)
        .map(|text| text.split("</li>").next().unwrap())
        .collect();
    assert_eq!(warnings[0], "the runs are from different machines: their times do not compare");
    assert!(warnings.contains(&"run r2: only of r2"), "{warnings:?}");
    let fold = format!("<details><summary>{} more warnings</summary>", warnings.len() - 1);
    assert_eq!(html.split("<li class=\"warning\">").nth(1).unwrap().matches(&fold).count(), 1);
    // One alone has nothing to fold.
    let alone = page(&fixture::study_set());
    assert!(alone.contains("<li class=\"warning\">two spinning threads"));
    assert!(!alone.contains("more warning"));
}

#[test]
fn the_step_that_mattered_is_named_and_leads_to_its_row() {
    let html = page(&fixture::study_set());
    let found = html.split("<p class=\"largest\">").nth(1).unwrap().split("</p>").next().unwrap();
    let expect = "Largest change: <a href=\"#case-7\"><bdi>06 ";
    assert!(found.starts_with(expect) && found.ends_with("× faster."), "{found}");
    assert!(!page(&fixture::grid_set()).contains("class=\"largest\""));
}

#[test]
fn several_runs_stand_on_one_page_each_with_its_method() {
    let run = |id: &str, machine: &str, warning: &str| {
        let mut run = fixture::study();
        run.info.id = RunId::new(id);
        run.info.before.machine_key = machine.to_owned();
        run.info.warnings = vec!["of both".to_owned(), warning.to_owned()];
        run
    };
    let runs = vec![run("r1", "m1", "of the first"), run("r2", "m2", "of the second")];
    let set = RunSet::new(runs).unwrap();
    assert_eq!(set.cases[0].label, "r1 00");
    let html = page(&set);
    assert!(html.contains("2 runs: r1, r2"));
    assert!(html.contains("<h3>Run r1</h3>") && html.contains("<summary>Run r2</summary>"));
    assert_eq!(html.matches(">of both<").count(), 1);
    assert!(html.contains(">run r1: of the first<") && html.contains(">run r2: of the second<"));
    assert!(html.contains("the runs are from different machines"));
    // With each run, and once below the table of counts.
    assert_eq!(html.matches("What would help: run on bare metal").count(), 3);
}
