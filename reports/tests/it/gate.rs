//! The referee on made-up pairs: what it says when the machine is not to be trusted, which clock it
//! looks at, and how its table reads.

use record::gate::{
    Acceptance, Control, Finding, Gate, Paired, Party, Role, Rule, RuleKind, Side, SideFailure,
    TIME, Unit, Word,
};
use record::{
    Better, CaseId, Environment, Failure, FailureKind, Pass, Source, SuiteInfo, Unit as ValueUnit,
};
use reports::gate::junit::junit;
use reports::gate::markdown::markdown;
use reports::gate::page::page;
use reports::gate::text::{Only, table};
use reports::gate::{Facts, Referee, accepted};

pub(crate) fn rule(kind: RuleKind, metric: &str) -> Rule {
    Rule {
        kind,
        metric: metric.to_owned(),
        pass: Pass::Timed,
        tolerated: None,
        must_catch: None,
        alpha: 0.01,
        ignore_below: 0.0,
        optional: false,
        bound: None,
        cases: vec![CaseId::new("c")],
    }
}

pub(crate) fn paired(metric: &str, baseline: f64, candidate: f64) -> Paired {
    Paired {
        metric: metric.to_owned(),
        unit: ValueUnit::Nanoseconds,
        better: Better::Lower,
        source: Source::Workload,
        baseline: vec![baseline; 3],
        candidate: vec![candidate; 3],
    }
}

pub(crate) fn unit(role: Role, pair: u32, metrics: Vec<Paired>) -> Unit {
    Unit {
        case: CaseId::new("c"),
        role,
        pass: Pass::Timed,
        layout: None,
        pair,
        started_ns: 0,
        seconds: 0.1,
        executions: 1,
        first: vec![Side::Baseline; 3],
        metrics,
        failure: None,
    }
}

/// Pairs until the case is decided, 100 at most; a little noise that favours nobody.
fn play(referee: &mut Referee, role: Role, factor: f64, more: &[(&str, f64, f64)]) -> u32 {
    for pair in 0..100 {
        let noise = 1.0 + 0.002 * (f64::from(pair % 5) - 2.0);
        let mut metrics = vec![paired("cpu_time", 1e6, 1e6 * factor * noise)];
        metrics.extend(more.iter().map(|(name, old, new)| paired(name, *old, *new)));
        if referee.observe(&unit(role, pair, metrics)) {
            return pair + 1;
        }
    }
    100
}

fn referee(rules: &[Rule]) -> Referee {
    Referee::new(rules, vec![Facts::new(CaseId::new("c"), false)])
}

#[test]
fn a_control_that_fires_leaves_nothing_regressed() {
    let mut referee = referee(&[rule(RuleKind::Relative, "cpu_time")]);
    assert!(play(&mut referee, Role::Case, 1.06, &[]) < 30);
    let believed = referee.conclude().0;
    assert_eq!(believed[0].word, Word::Regressed);
    play(&mut referee, Role::Control, 1.04, &[]);
    let (findings, control) = referee.conclude();
    assert!(control.as_ref().is_some_and(Control::fired));
    assert_eq!(findings[0].word, Word::Undecided);
    assert_eq!(findings[0].reason, "environment not trusted, else regressed");
    assert!(!findings[0].fails());
}

#[test]
fn a_canary_that_is_missed_is_not_trusted_either() {
    let mut referee = referee(&[rule(RuleKind::Relative, "cpu_time")]);
    // Identical programs seem 5 % faster by some unfairness: so does the canary seem unchanged.
    play(&mut referee, Role::Control, 1.0 / 1.05, &[]);
    let control = referee.conclude().1.unwrap();
    assert!(control.missed() && control.fired(), "{control:?}");
}

#[test]
fn time_is_wall_time_where_cores_are_kept_busy_or_the_case_waits() {
    for (wall, waits, losses, expect) in [
        (1e6, 0.0, 0.0, "cpu_time"),
        (0.5e6, 0.0, 0.0, "wall_time"),
        (2e6, 0.0, 0.0, "cpu_time"),
        (2e6, 50.0, 4.0, "wall_time"),
        // Others took its core: as seen on two cores at a load of 8.
        (2e6, 4.0, 4.0, "cpu_time"),
    ] {
        let mut referee = referee(&[rule(RuleKind::Relative, TIME)]);
        let more = [
            ("wall_time", wall, wall),
            ("voluntary_switches", waits, waits),
            ("involuntary_switches", losses, losses),
        ];
        play(&mut referee, Role::Case, 1.0, &more);
        let finding = referee.conclude().0.remove(0);
        assert_eq!((finding.metric.as_str(), finding.word), (expect, Word::Equivalent), "{wall}");
    }
}

#[test]
fn a_lost_overlap_is_explained_by_cores_that_are_not_kept_busy() {
    let mut referee = referee(&[rule(RuleKind::Relative, TIME)]);
    play(&mut referee, Role::Case, 1.0, &[("wall_time", 0.5e6, 0.75e6)]);
    let finding = referee.conclude().0.remove(0);
    assert_eq!((finding.metric.as_str(), finding.word), ("wall_time", Word::Regressed));
    let sum: f64 = finding.shares.iter().map(|part| part.change.ln_1p()).sum();
    assert!((sum.exp() - 1.5).abs() < 1e-6, "{:?}", finding.shares);
}

#[test]
fn what_stays_open_says_what_is_excluded_and_what_would_have_been_seen() {
    let mut referee = referee(&[rule(RuleKind::Relative, "cpu_time")]);
    // 25 % of noise to either side: too much to tell anything of 3 % in 40 pairs.
    for pair in 0..40 {
        let noise = [0.75, 0.9, 1.0, 1.1, 1.33][pair as usize % 5];
        let metrics = vec![paired("cpu_time", 1e6, 1e6 * noise)];
        assert!(!referee.observe(&unit(Role::Case, pair, metrics)));
    }
    let finding = referee.conclude().0.remove(0);
    assert_eq!((finding.word, finding.fails()), (Word::Undecided, false));
    let (excluded, detectable) = (finding.excluded.unwrap(), finding.detectable.unwrap());
    assert!(excluded > 0.03 && detectable > 0.03, "{excluded} {detectable}");
    let text = table(&Gate { findings: vec![finding], ..wide(1) }, Only::Everything);
    assert!(text.contains("undecided: only +"), "{text}");
    assert!(text.contains("c cpu_time: in this noise, 40 pairs see +"), "{text}");
}

#[test]
fn an_exact_change_must_exceed_five_times_what_identical_runs_differ_by() {
    let exact = |values: [f64; 3], new: f64| {
        let mut referee = referee(&[rule(RuleKind::Exact, "allocations")]);
        for (pair, old) in (0..3).zip(values) {
            let metrics = vec![paired("allocations", old, new)];
            referee.observe(&unit(Role::Case, pair, metrics));
        }
        referee.conclude().0.remove(0)
    };
    assert_eq!(exact([1000.0; 3], 1000.5).word, Word::Equivalent);
    assert_eq!(exact([1000.0; 3], 1002.0).word, Word::Regressed);
    assert_eq!(exact([1000.0; 3], 990.0).word, Word::Improved);
    let loose = exact([995.0, 1000.0, 1005.0], 1040.0);
    assert_eq!(loose.word, Word::Equivalent);
    assert!(loose.reason.contains("identical runs differ by 1.00 %"), "{}", loose.reason);
}

#[test]
fn a_pass_speaks_to_its_rules_alone_and_what_fails_there_is_no_fault_of_the_work() {
    let counted = Rule { pass: Pass::Simulated, ..rule(RuleKind::Exact, "instructions") };
    let rules = [counted, rule(RuleKind::Relative, "cpu_time"), rule(RuleKind::FailedCase, "")];
    let mut referee = referee(&rules);
    let died =
        Failure { kind: FailureKind::Died, message: "of SIGILL".to_owned(), output: String::new() };
    let failure = Some(SideFailure { side: Side::Candidate, failure: died });
    let simulated = Unit { pass: Pass::Simulated, failure, ..unit(Role::Case, 0, Vec::new()) };
    assert!(!referee.observe(&simulated), "the pairs go on");
    let pairs = play(&mut referee, Role::Case, 1.0, &[("instructions", 1.0, 2.0)]);
    assert!(pairs < 100, "and do not wait for what only the pass can tell");
    let findings = referee.conclude().0;
    assert_eq!(findings.len(), 2, "{findings:?}");
    let exact = findings.iter().find(|finding| finding.pass == Pass::Simulated).unwrap();
    assert_eq!((exact.word, exact.reason.as_str()), (Word::Incomparable, "candidate: of SIGILL"));
    let time = findings.iter().find(|finding| finding.metric == "cpu_time").unwrap();
    assert_eq!(time.word, Word::Equivalent);
}

#[test]
fn a_bound_on_what_repeats_needs_no_interval() {
    let most = |bound| {
        let bound = Some(bound);
        let ceiling = rule(RuleKind::Ceiling, "allocations");
        let mut referee = referee(&[Rule { bound, pass: Pass::Allocation, ..ceiling }]);
        for pair in 0..3 {
            let metrics = vec![paired("allocations", 100.0, 110.0)];
            let pass = Pass::Allocation;
            referee.observe(&Unit { pass, ..unit(Role::Case, pair, metrics) });
        }
        referee.conclude().0.remove(0).word
    };
    assert_eq!((most(120.0), most(105.0)), (Word::Equivalent, Word::Regressed));
}

#[test]
fn a_bound_on_times_holds_for_the_median_and_is_open_where_it_is_too_close() {
    let judged = |kind, bound| {
        let mut referee = referee(&[Rule { bound: Some(bound), ..rule(kind, "cpu_time") }]);
        for pair in 0..12 {
            let own = 1e6 + 1e3 * f64::from(pair);
            referee.observe(&unit(Role::Case, pair, vec![paired("cpu_time", 5e5, own)]));
        }
        referee.conclude().0.remove(0).word
    };
    let [below, inside, above] = [0.99e6, 1.0055e6, 1.02e6];
    assert_eq!(judged(RuleKind::Ceiling, below), Word::Regressed);
    assert_eq!(judged(RuleKind::Ceiling, above), Word::Equivalent);
    assert_eq!(judged(RuleKind::Floor, below), Word::Equivalent);
    assert_eq!(judged(RuleKind::Floor, above), Word::Regressed);
    for kind in [RuleKind::Ceiling, RuleKind::Floor] {
        assert_eq!(judged(kind, inside), Word::Undecided);
    }
}

#[test]
fn a_difference_below_the_floor_is_none() {
    let floor = Rule { ignore_below: 2e5, ..rule(RuleKind::Relative, "cpu_time") };
    let mut referee = referee(&[floor]);
    play(&mut referee, Role::Case, 1.1, &[]);
    assert_eq!(referee.conclude().0[0].word, Word::Equivalent);
}

#[test]
fn small_changes_that_add_up_are_told_and_fail_nothing() {
    let trend = Rule { bound: Some(5.0), ..rule(RuleKind::Trend, "cpu_time") };
    let mut facts = Facts::new(CaseId::new("c"), false);
    facts.history.insert("cpu_time".to_owned(), vec![0.5, 0.008, 0.009, 0.007, 0.008]);
    let mut referee = Referee::new(&[trend], vec![facts]);
    referee.observe(&unit(Role::Case, 0, vec![paired("cpu_time", 1e6, 1.008e6)]));
    let finding = referee.conclude().0.remove(0);
    assert!((finding.change.unwrap().estimate - 0.0407).abs() < 1e-3, "{finding:?}");
    assert!(!finding.fails());
    assert_eq!(finding.reason, "small changes over 5 gates add up");
}

/// A gate of many findings.
pub(crate) fn wide(cases: u32) -> Gate {
    let mut referee = referee(&[rule(RuleKind::Relative, "cpu_time")]);
    play(&mut referee, Role::Case, 1.06, &[]);
    let finding = referee.conclude().0.remove(0);
    let named = |n| Finding { case: CaseId::new(format!("case_{n}/<b>|x")), ..finding.clone() };
    let party = |name: &str| Party { name: name.to_owned(), commit: None };
    Gate {
        schema: Gate::SCHEMA,
        id: "20261125-000000-x".to_owned(),
        dyno: "0".to_owned(),
        started_ns: 0,
        finished_ns: 1_500_000_000,
        command: Vec::new(),
        suite: SuiteInfo {
            name: "x & y".to_owned(),
            about: String::new(),
            path: String::new(),
            text: String::new(),
            hash: String::new(),
            overrides: Vec::new(),
            filter: None,
            references: Vec::new(),
        },
        seed: 1,
        baseline: party("old"),
        candidate: party("new"),
        before: Environment::default(),
        rules: vec![rule(RuleKind::Relative, "cpu_time")],
        family: cases,
        control: None,
        passes: Vec::new(),
        findings: (0..cases).map(named).collect(),
        unavailable: Vec::new(),
        warnings: Vec::new(),
    }
}

#[test]
fn markdown_ends_before_64_kib_and_says_what_it_left_out() {
    let text = markdown(&wide(3000), Only::Everything);
    assert!(text.len() <= 64 << 10 && text.len() > 60 << 10, "{}", text.len());
    assert!(text.trim_end().ends_with("left out: a comment has at most 64 KiB"), "{text}");
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    assert!(!text.contains("<b>"), "markup of a case's name is harmless");
    let small = markdown(&wide(2), Only::Everything);
    assert!(small.starts_with("## gate failed: 2 regressed\n") && !small.contains("left out"));
}

/// What the case of a word is called in [`of_each_word`]: nothing that Markdown would escape.
fn case_of(word: Word) -> String {
    word.as_str().replace('_', " ")
}

/// One finding of each word.
fn of_each_word() -> Gate {
    let mut gate = wide(Word::ALL.len() as u32);
    for (finding, word) in gate.findings.iter_mut().zip(Word::ALL) {
        finding.word = *word;
        finding.case = CaseId::new(case_of(*word));
    }
    gate
}

#[test]
fn in_junit_only_what_fails_the_gate_fails_and_what_nobody_knows_is_skipped() {
    let xml = junit(&of_each_word());
    let head = "tests=\"7\" failures=\"1\" errors=\"1\" skipped=\"2\"";
    assert!(xml.contains(head), "{xml}");
    for (word, inside) in [
        (Word::Regressed, "<failure message=\"regressed\">"),
        (Word::Failed, "<error message=\"failed\"/>"),
        (Word::Undecided, "<skipped message=\"undecided: only"),
        (Word::Incomparable, "<skipped message=\"incomparable\"/>"),
        (Word::Improved, "<system-out>"),
        (Word::Equivalent, "<system-out>"),
        (Word::LayoutOnly, "<system-out>"),
    ] {
        let name = format!("name=\"{} cpu_time\">", case_of(word));
        let case = xml.split(&name).nth(1).unwrap().split("</testcase>").next().unwrap();
        assert!(case.contains(inside), "{word:?}: {case}");
    }
    let mut accepted = of_each_word();
    accepted.findings.iter_mut().for_each(|one| one.accepted = Some("a person said so".to_owned()));
    assert!(junit(&accepted).contains("failures=\"0\" errors=\"0\""));
}

#[test]
fn only_what_changed_is_shown_where_that_is_asked_for() {
    let gate = of_each_word();
    let all = [table(&gate, Only::Everything), markdown(&gate, Only::Everything)];
    let changed = [table(&gate, Only::Changed), markdown(&gate, Only::Changed)];
    for (all, changed) in all.iter().zip(&changed) {
        for word in Word::ALL {
            let case = case_of(*word);
            let shows = |text: &str| {
                text.contains(&format!("\n {case} ")) || text.contains(&format!("\n| {case} |"))
            };
            assert!(shows(all), "{word:?}: {all}");
            let is_shown = shows(changed);
            assert_eq!(is_shown, *word != Word::Equivalent, "{word:?}: {changed}");
        }
    }
    assert!(changed[0].contains("1 finding not shown: nothing changed"), "{}", changed[0]);
}

#[test]
fn an_entry_that_nothing_needs_is_told_for_faults_of_a_case_too() {
    let entry = |metric: &str, case: &str| Acceptance {
        case: case.to_owned(),
        metric: metric.to_owned(),
        why: "it sorts now".to_owned(),
        until: None,
    };
    let entries = [
        entry("cpu_time", "c"),
        entry("wrong_answer", "c"),
        entry("wrong_answer", "of another suite"),
        entry("allocations", "c"),
    ];
    let rules = [rule(RuleKind::Relative, "cpu_time"), rule(RuleKind::WrongAnswer, "")];
    let mut findings = vec![Finding { case: CaseId::new("c"), ..wide(1).findings.remove(0) }];
    let told = accepted::apply(&mut findings, &rules, &entries, "2026-11-28");
    assert_eq!(told, ["accepted change `wrong_answer` of `c` is not needed: remove it"]);
    assert_eq!(findings[0].accepted.as_deref(), Some("it sorts now"));
    assert!(!findings[0].fails());
    // All entries of cases that the suite has not, in one sentence.
    let told = |cases: &[&str], entries: &[Acceptance]| {
        let cases: Vec<CaseId> = cases.iter().copied().map(CaseId::new).collect();
        accepted::strangers(&findings, &cases.iter().collect::<Vec<_>>(), entries)
    };
    assert_eq!(told(&["of another suite"], &entries), None);
    let two = [&entries[..], &[entry("peak_rss", "gone")]].concat();
    assert_eq!(
        told(&["c"], &two).as_deref(),
        Some(
            "the suite has no case `gone`, `of another suite`: remove what is accepted there, unless \
             another suite has it"
        )
    );
}

#[test]
fn junit_is_well_formed_whatever_a_case_is_called() {
    let xml = junit(&wide(2));
    assert!(xml.contains("name=\"case_1/&lt;b&gt;|x cpu_time\""), "{xml}");
    assert!(xml.contains("<testsuite name=\"x &amp; y\" tests=\"2\" failures=\"2\""), "{xml}");
    assert_eq!(xml.matches("<testcase").count(), xml.matches("</testcase>").count());
}

#[test]
fn the_page_of_a_gate_tells_what_changed_and_escapes_what_came_from_outside() {
    let mut gate = wide(3);
    gate.findings[1].word = Word::Equivalent;
    gate.findings[2].word = Word::Improved;
    let html = page(&gate).unwrap();
    assert!(html.contains("<h1>gate failed: 1 regressed, 1 improved, 1 equivalent</h1>"), "{html}");
    assert!(html.contains("x &#38; y: new against old"));
    assert!(!html.contains("<b>"), "markup of a case's name is harmless");
    // What fails comes first, then what changed.
    let words: Vec<&str> =
        html.split("data-word=\"").skip(1).map(|text| text.split('"').next().unwrap()).collect();
    assert_eq!(words, ["regressed", "improved", "equivalent"]);
    let first = html.split("<tr id=\"finding-1\"").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(first.contains(">+5.9 %<small>+5.6 % to +6.4 %"), "{first}");
    assert!(first.contains("process pair"), "{first}");
    assert_eq!(html.matches("<svg class=\"chart").count(), 2);
    assert_eq!(page(&gate).unwrap(), html);
    let many = page(&wide(3000)).unwrap();
    assert!(many.contains("2000 findings more are not shown."), "{}", many.len());
    assert!(many.len() < 1_572_864, "{} bytes", many.len());
}

#[test]
fn the_table_of_a_gate_reads_like_this() {
    insta::assert_snapshot!(table(&wide(1), Only::Everything), @"
    gate failed: 1 regressed
    x & y: new against old, 1970-01-01 00:00 UTC, 1.50 s

     case          metric    baseline  candidate  change  95 % sequence     verdict
     case_0/<b>|x  cpu_time  1.000 ms   1.059 ms  +5.9 %  +5.6 % to +6.4 %  regressed

    control: none, so nothing vouches for this machine
    ");
}

#[test]
fn what_vouches_for_the_machine_is_told_and_where_nothing_needs_to() {
    let told = |kind| table(&Gate { rules: vec![rule(kind, "x")], ..wide(1) }, Only::Everything);
    let none = "control: none, so nothing vouches for this machine";
    assert!(told(RuleKind::Relative).contains(none) && told(RuleKind::Ceiling).contains(none));
    let exact = told(RuleKind::Exact);
    assert!(exact.contains("control: none: every rule is exact"), "{exact}");
}
