//! `dyno bisect`: what a search has found, in words: a sentence, a row for each comparison, and how
//! sure it is.
//!
//! The command line compares and hands over what came of it; nothing is decided here.

use std::collections::BTreeSet;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use jiff::Timestamp;
use record::gate::Change;
use record::{CaseId, Revision};
use stats::search::{Answer, Question, Search};

use crate::format::{counted, printable, shorten};
use crate::gate::duel::{Duel, Verdict};

/// One comparison.
pub struct Asked {
    /// The place of the revision.
    pub at: usize,
    alpha: f64,
    said: &'static str,
    /// Why it was skipped; may be empty.
    why: String,
    metric: String,
    change: Option<Change>,
    pairs: u32,
}

impl Asked {
    /// One that could not be made.
    pub fn skipped(question: Question, why: String) -> Self {
        let Question { at, alpha } = question;
        Self { at, alpha, said: "skipped", why, metric: String::new(), change: None, pairs: 0 }
    }

    /// One that was made.
    pub fn compared(question: Question, duel: &Duel, verdict: Verdict) -> Self {
        let (said, why) = match verdict {
            Verdict::Worse => ("bad", String::new()),
            Verdict::NotWorse => ("good", String::new()),
            Verdict::Undecided(why) => ("skipped", format!("undecided: {why}")),
            Verdict::Failed(failure) => ("skipped", format!("fails: {}", failure.failure.message)),
        };
        Self {
            at: question.at,
            alpha: question.alpha,
            said,
            why,
            metric: duel.metric().unwrap_or_default().to_owned(),
            change: duel.change(),
            pairs: duel.pairs(),
        }
    }

    /// What it said, in a line.
    pub fn words(&self) -> String {
        let parts = [self.said.to_owned(), self.change_words(), printable(&self.why)];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    }

    fn change_words(&self) -> String {
        self.change.map_or(String::new(), |change| percent(change.estimate))
    }

    fn sequence(&self) -> String {
        let ends = self.change.and_then(|change| change.low.zip(change.high));
        ends.map_or(String::new(), |(low, high)| format!("{} to {}", percent(low), percent(high)))
    }
}

/// All that was found out.
pub struct Report<'a> {
    /// The case.
    pub case: &'a CaseId,
    /// All revisions, the good one first and the bad one last.
    pub revisions: &'a [Revision],
    /// The good revision, as it was typed.
    pub good: &'a str,
    /// The search, at its end.
    pub search: &'a Search,
    /// What was compared, in the order of asking.
    pub asked: &'a [Asked],
    /// The probability with which the answer may be wrong.
    pub alpha: f64,
}

impl Report<'_> {
    /// The place of the guilty revision, where there is only one left.
    pub fn found(&self) -> Option<usize> {
        let suspects = self.search.suspects();
        (self.bad_is_bad() && suspects.clone().count() == 1).then(|| *suspects.start())
    }

    fn bad_is_bad(&self) -> bool {
        self.search.answered(self.revisions.len() - 1) == Some(Answer::Bad)
    }

    /// For standard output.
    pub fn text(&self) -> String {
        let head = format!("{}\n\n{}\n{}\n", self.sentence(), self.table(), self.sureness());
        format!("{head}{}", self.skips())
    }

    fn sentence(&self) -> String {
        let (case, good) = (self.case, printable(self.good));
        let last = self.asked.first();
        if !self.bad_is_bad() {
            let why = match self.search.answered(self.revisions.len() - 1) {
                Some(Answer::Good) => "is not worse".to_owned(),
                _ => format!("could not be compared ({})", last.map_or("", |one| &one.why)),
            };
            return format!("{case}: nothing to find: the bad revision {why}");
        }
        match self.found() {
            Some(at) => {
                let revision = &self.revisions[at];
                let change = self.asked.iter().find(|one| one.at == at);
                let change = change.map_or(String::new(), Asked::change_words);
                format!(
                    "{case}: {} is the first bad revision: {change} against {good}",
                    name(revision)
                )
            }
            None => {
                let suspects: Vec<String> =
                    self.search.suspects().map(|at| name(&self.revisions[at])).collect();
                let all = counted(suspects.len(), "revision");
                format!(
                    "{case}: one of these {all} is the first bad one:\n  {}",
                    suspects.join("\n  ")
                )
            }
        }
    }

    /// A row for each comparison, in the order of the revisions.
    fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        let metrics: BTreeSet<&str> = self
            .asked
            .iter()
            .map(|one| one.metric.as_str())
            .filter(|name| !name.is_empty())
            .collect();
        let metrics = metrics.into_iter().collect::<Vec<_>>().join(", ");
        let head = ["revision", "", &metrics, "95 % sequence", "pairs", "said"];
        table.set_header(head);
        let mut rows: Vec<&Asked> = self.asked.iter().collect();
        rows.sort_by_key(|one| one.at);
        let good = &self.revisions[0];
        table.add_row([&commit(good), &title(good), "", "", "", "good: held against"]);
        for one in rows {
            let revision = &self.revisions[one.at];
            let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
            table.add_row([
                Cell::new(commit(revision)),
                Cell::new(title(revision)),
                right(one.change_words()),
                Cell::new(one.sequence()),
                right(one.pairs.to_string()),
                Cell::new(one.said),
            ]);
        }
        table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    fn sureness(&self) -> String {
        let spent: Vec<String> = self.asked.iter().map(|one| plain_percent(one.alpha)).collect();
        format!(
            "error rate: at most {} over {} ({})",
            plain_percent(self.alpha),
            counted(self.asked.len(), "comparison"),
            spent.join(" + ")
        )
    }

    /// Why what was skipped was skipped.
    fn skips(&self) -> String {
        let skipped = self.asked.iter().filter(|one| !one.why.is_empty());
        let line = |one: &Asked| {
            format!("skipped: {}: {}\n", name(&self.revisions[one.at]), printable(&one.why))
        };
        skipped.map(line).collect()
    }
}

/// A revision as people call it.
pub fn name(revision: &Revision) -> String {
    format!("{} ({})", commit(revision), title(revision))
}

fn commit(revision: &Revision) -> String {
    revision.commit.chars().take(10).collect()
}

fn title(revision: &Revision) -> String {
    let day = Timestamp::from_second(revision.authored_s).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{}, {}", day.strftime("%Y-%m-%d"), shorten(&revision.step.title, 50))
}

fn percent(share: f64) -> String {
    let sign = if share < 0.0 { '−' } else { '+' };
    format!("{sign}{:.1} %", share.abs() * 100.0)
}

fn plain_percent(share: f64) -> String {
    let text = format!("{:.3}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}
