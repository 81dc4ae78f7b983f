//! The doctor's findings and the list of events as a screen of text.

use engine::counters::Offered;
use reports::format::printable;

use super::findings::{Finding, State};

/// Columns of the screen.
const WIDTH: usize = 100;

/// Columns of the topic and of the sign before a finding.
const MARGIN: usize = 14;

/// One line for each finding, its fix below it.
pub(super) fn screen(findings: &[Finding]) -> String {
    let mut text = String::new();
    let mut last = "";
    for finding in findings {
        let topic = if finding.topic == last { "" } else { finding.topic };
        last = finding.topic;
        let sign = match finding.state {
            State::Good => ' ',
            State::Poor => '!',
            State::Lacking => '-',
        };
        text += &wrapped(&format!("{topic:<11} {sign} "), &finding.text);
        if !finding.fix.is_empty() {
            text += &wrapped(&format!("{:<13} fix: ", ""), &finding.fix);
        }
    }
    let count = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    let (poor, lacking) = (count(State::Poor), count(State::Lacking));
    text += &match (poor, lacking) {
        (0, 0) => "\neverything is there\n".to_owned(),
        _ => format!("\n{lacking} not to be had here (-), {poor} could be better (!)\n"),
    };
    text
}

/// A text broken into lines between its words, each but the first indented.
fn wrapped(head: &str, text: &str) -> String {
    let mut out = head.to_owned();
    let mut column = head.chars().count();
    let mut first = true;
    for word in printable(text).split(' ') {
        let length = word.chars().count();
        if !first && column + 1 + length > WIDTH {
            out += &format!("\n{:MARGIN$}", "");
            column = MARGIN;
        } else if !first {
            out.push(' ');
            column += 1;
        }
        out += word;
        column += length;
        first = false;
    }
    out.push('\n');
    out
}

/// The hardware events that a suite may choose. A reason that several share is said once.
pub(super) fn events(offered: &[Offered]) -> String {
    let mut reasons: Vec<String> = Vec::new();
    let mut text = String::from("event                     counted  perf's name\n");
    for one in offered {
        let state = match &one.state {
            Ok(group) => format!("group {group}"),
            Err(lack) => {
                let mut reason = lack.reason.clone();
                if !lack.remedy.is_empty() {
                    reason += &format!("\n    fix: {}", lack.remedy);
                }
                let known = reasons.iter().position(|known| *known == reason);
                let at = known.unwrap_or_else(|| {
                    reasons.push(reason);
                    reasons.len() - 1
                });
                format!("no ({})", at + 1)
            }
        };
        text += &format!("{:<25} {state:<8} {}\n", one.name, one.event);
    }
    for (at, reason) in reasons.iter().enumerate() {
        text += &format!("\n({}) {reason}\n", at + 1);
    }
    text += "\na suite chooses: [counters] events = [\"instructions\", \"r01c2\"]; a raw event is `r` \
             and its\nnumber in hexadecimal, from the CPU's manual; software events are always counted\n";
    text
}

#[cfg(test)]
mod tests {
    use record::{Source, Unavailable};

    use super::*;

    #[test]
    fn long_findings_are_broken_between_words_and_the_topic_is_said_once() {
        let finding = |text: &str, state, fix: &str| Finding {
            topic: "counted",
            state,
            text: text.to_owned(),
            fix: fix.to_owned(),
        };
        let long = "word ".repeat(40);
        let all =
            [finding(long.trim(), State::Good, ""), finding("no x", State::Lacking, "sudo y")];
        let text = screen(&all);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.matches("counted").count(), 1);
        assert!(text.contains("            - no x\n              fix: sudo y\n"), "{text}");
        assert!(text.ends_with("\n1 not to be had here (-), 0 could be better (!)\n"), "{text}");
    }

    #[test]
    fn events_have_their_group_or_the_number_of_a_reason_that_is_said_once() {
        let lack = |reason: &str| Unavailable {
            metrics: vec!["x".to_owned()],
            source: Source::Hardware,
            errno: Some(2),
            reason: reason.to_owned(),
            remedy: "use bare metal".to_owned(),
        };
        let offered =
            |name, state| Offered { name, event: format!("cpu/{name}/"), about: "", state };
        let text = events(&[
            offered("cycles", Ok(1)),
            offered("llc_loads", Err(lack("no such counter (ENOENT)"))),
            offered("cache_misses", Ok(2)),
            offered("dtlb_loads", Err(lack("no such counter (ENOENT)"))),
            offered("l1d_loads", Err(lack("busy (EBUSY)"))),
        ]);
        let row = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
        for (name, state) in [
            ("cycles", "group 1"),
            ("cache_misses", "group 2"),
            ("llc_loads", "no (1)"),
            ("dtlb_loads", "no (1)"),
            ("l1d_loads", "no (2)"),
        ] {
            assert!(row(name).contains(state) && row(name).ends_with(&format!("cpu/{name}/")));
        }
        assert_eq!(text.matches("ENOENT").count(), 1, "{text}");
        assert!(text.contains("\n(2) busy (EBUSY)\n    fix: use bare metal\n"), "{text}");
    }
}
