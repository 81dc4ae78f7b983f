//! Right answers: what every sample's answer is held against.
//!
//! A suite may pin rows and digest; all cases of one answer group must agree with each other; and
//! nothing that did no work may look fast. The ledger is filled sample by sample and can be filled
//! again from a journal when a run is resumed.

use std::collections::BTreeMap;

use record::{Answer, CaseId, Failure, FailureKind, Sample, Status};

use crate::case::{Case, Expect};

/// The first answer of every group, and the case that gave it.
#[derive(Debug, Default)]
pub struct Ledger {
    groups: BTreeMap<String, (CaseId, Answer)>,
    doubt: Option<String>,
}

impl Ledger {
    /// Takes in what an earlier part of the run has answered.
    pub fn replay(&mut self, samples: &[Sample]) {
        for sample in samples {
            let Some(answer) = &sample.answer else { continue };
            let Some(group) = &answer.group else { continue };
            if sample.status == Status::Ok {
                self.groups
                    .entry(group.clone())
                    .or_insert_with(|| (sample.case.clone(), answer.clone()));
            }
        }
    }

    /// Holds one answer against what the suite pins and what the group has said before.
    /// `rows_processed` is what the work says it did, where it says so.
    ///
    /// # Errors
    /// A [`FailureKind::WrongAnswer`] that says what was expected and what was found.
    pub fn judge(
        &mut self,
        case: &Case,
        rows_processed: Option<u64>,
        answer: Option<&Answer>,
    ) -> Result<(), Failure> {
        check_rows(&case.expect, rows_processed, answer)?;
        let Some(answer) = answer else {
            return match &case.expect.digest {
                Some(_) => Err(wrong("the suite pins a digest, but the work gives no answer")),
                None => Ok(()),
            };
        };
        if let Some(pinned) = &case.expect.digest
            && *pinned != answer.digest
        {
            return Err(wrong(format!(
                "digest is `{}`, but the suite expects `{pinned}`",
                answer.digest
            )));
        }
        self.agree(case, answer)
    }

    /// What the last judgement has put in doubt beyond its own case, once.
    pub fn take_doubt(&mut self) -> Option<String> {
        self.doubt.take()
    }

    fn agree(&mut self, case: &Case, answer: &Answer) -> Result<(), Failure> {
        let Some(group) = &answer.group else { return Ok(()) };
        let Some((first, known)) = self.groups.get(group) else {
            self.groups.insert(group.clone(), (case.id.clone(), answer.clone()));
            return Ok(());
        };
        if known.digest == answer.digest && known.rows == answer.rows {
            return Ok(());
        }
        self.doubt = Some(format!(
            "`{}` and `{first}` disagree in answer group `{group}`: either may be wrong; the one \
             that was measured first is not marked",
            case.id
        ));
        Err(wrong(format!(
            "answers differ inside group `{group}`: {} rows, `{}` here; {} rows, `{}` from `{first}`",
            answer.rows, answer.digest, known.rows, known.digest
        )))
    }
}

/// Zero rows is a failure unless the suite expects it: a pipeline that does nothing is very fast.
fn check_rows(
    expect: &Expect,
    rows_processed: Option<u64>,
    answer: Option<&Answer>,
) -> Result<(), Failure> {
    let found = answer.map(|answer| answer.rows).or(rows_processed);
    match (expect.rows, found) {
        (Some(expected), Some(found)) if expected != found => {
            Err(wrong(format!("{found} rows, but the suite expects {expected}")))
        }
        (Some(expected), None) => Err(wrong(format!(
            "the suite expects {expected} rows, but the work does not say how many it has"
        ))),
        (None, _) if rows_processed == Some(0) || found == Some(0) => {
            Err(wrong("zero rows: nothing was done (say `expect = { rows = 0 }` if that is right)"))
        }
        _ => Ok(()),
    }
}

fn wrong(message: impl Into<String>) -> Failure {
    Failure { kind: FailureKind::WrongAnswer, message: message.into(), output: String::new() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::sync::Arc;

    use workload_api::Params;

    use super::*;
    use crate::case::{Runner, RunnerKind};

    fn case(name: &str, expect: Expect) -> Case {
        let runner = Runner {
            name: "builtin".to_owned(),
            kind: RunnerKind::Builtin,
            env: BTreeMap::new(),
            cwd: PathBuf::from("/"),
        };
        Case {
            id: CaseId::new(name),
            workload: "w".to_owned(),
            runner: Arc::new(runner),
            params: Params::default(),
            title: String::new(),
            answer: None,
            at: None,
            expect,
            stage: None,
            sweep: false,
            reverted: false,
        }
    }

    fn answer(rows: u64, digest: &str, group: Option<&str>) -> Answer {
        Answer { rows, digest: digest.to_owned(), group: group.map(str::to_owned) }
    }

    fn message(result: Result<(), Failure>) -> String {
        let failure = result.unwrap_err();
        assert_eq!(failure.kind, FailureKind::WrongAnswer);
        failure.message
    }

    #[test]
    fn cases_of_one_group_must_agree() {
        let mut ledger = Ledger::default();
        let (a, b) = (case("a", Expect::default()), case("b", Expect::default()));
        ledger.judge(&a, Some(5), Some(&answer(5, "x", Some("g")))).unwrap();
        ledger.judge(&b, Some(5), Some(&answer(5, "x", Some("g")))).unwrap();
        let text = message(ledger.judge(&b, Some(5), Some(&answer(5, "y", Some("g")))));
        assert!(text.contains("`y` here") && text.contains("`x` from `a`"), "{text}");
        let doubt = ledger.take_doubt().unwrap();
        assert!(doubt.contains("`b` and `a` disagree"), "{doubt}");
        assert_eq!(ledger.take_doubt(), None);
        ledger.judge(&b, Some(5), Some(&answer(5, "y", Some("other")))).unwrap();
    }

    #[test]
    fn a_resumed_run_remembers_what_was_answered() {
        let mut ledger = Ledger::default();
        let sample = Sample {
            case: CaseId::new("a"),
            pass: record::Pass::Timed,
            process: 0,
            iteration: 0,
            started_ns: 0,
            executions: 1,
            status: Status::Ok,
            values: Vec::new(),
            answer: Some(answer(5, "x", Some("g"))),
            marks: Vec::new(),
        };
        ledger.replay(&[sample]);
        let b = case("b", Expect::default());
        message(ledger.judge(&b, Some(5), Some(&answer(5, "y", Some("g")))));
    }

    #[test]
    fn zero_rows_fail_unless_the_suite_expects_them() {
        let mut ledger = Ledger::default();
        let plain = case("a", Expect::default());
        let text = message(ledger.judge(&plain, Some(0), None));
        assert!(text.starts_with("zero rows"), "{text}");
        message(ledger.judge(&plain, Some(9), Some(&answer(0, "x", None))));
        message(ledger.judge(&plain, Some(0), Some(&answer(9, "x", None))));
        let empty = case("a", Expect { rows: Some(0), digest: None });
        ledger.judge(&empty, Some(0), Some(&answer(0, "x", None))).unwrap();
        ledger.judge(&plain, None, None).unwrap();
    }

    #[test]
    fn pinned_rows_and_digests_are_held() {
        let mut ledger = Ledger::default();
        let pinned = case("a", Expect { rows: Some(7), digest: Some("x".to_owned()) });
        ledger.judge(&pinned, Some(7), Some(&answer(7, "x", None))).unwrap();
        message(ledger.judge(&pinned, Some(7), Some(&answer(7, "y", None))));
        message(ledger.judge(&pinned, Some(7), Some(&answer(8, "x", None))));
        message(ledger.judge(&pinned, Some(7), None));
    }
}
