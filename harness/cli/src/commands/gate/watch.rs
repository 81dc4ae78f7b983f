//! What a person sees on standard error while a gate goes on: one line that is drawn again between
//! pairs, never during one. Without a terminal, a line once in a while.

use std::time::{Duration, Instant};

use console::Term;
use engine::pairs::{Contest, Watcher};
use record::Pass;
use record::gate::{Role, Unit};

use crate::args::ProgressChoice;
use crate::progress::clock;

/// Plain lines come at most this often.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// One line of progress.
pub(crate) struct Lines {
    term: Option<Term>,
    plain: bool,
    started: Instant,
    told: Instant,
    drawn: bool,
    pairs: u32,
    open: usize,
}

impl Lines {
    pub(crate) fn new(choice: ProgressChoice) -> Self {
        let term = Term::stderr();
        let able = term.is_term() && std::env::var_os("TERM").is_none_or(|t| t != "dumb");
        Self {
            term: (able && choice == ProgressChoice::Auto).then_some(term),
            plain: choice != ProgressChoice::Never,
            started: Instant::now(),
            told: Instant::now(),
            drawn: false,
            pairs: 0,
            open: 0,
        }
    }

    /// Removes the line, so that the result stands alone.
    pub(crate) fn finish(&mut self) {
        if let (Some(term), true) = (&self.term, self.drawn) {
            // A terminal that goes away must not end the gate.
            let _ = term.clear_last_lines(1);
        }
        self.drawn = false;
    }

    fn line(&self, about: &str) -> String {
        let time = clock(self.started.elapsed());
        format!("{time}  {} pairs  {} open  {about}", self.pairs, self.open)
    }
}

impl Watcher for Lines {
    fn begin(&mut self, contest: &Contest, pass: Pass, open: usize) {
        self.open = open;
        let about = match (contest.role, pass) {
            (Role::Control, _) => "identical programs".to_owned(),
            (Role::Case, Pass::Timed) => contest.candidate.id.to_string(),
            (Role::Case, pass) => format!("{pass} pass: {}", contest.candidate.id),
        };
        let line = self.line(&about);
        self.finish();
        if let Some(term) = &self.term {
            let width = usize::from(term.size().1).saturating_sub(1).max(20);
            self.drawn = term.write_line(&reports::format::shorten(&line, width)).is_ok();
        } else if self.plain && self.told.elapsed() >= PLAIN_EVERY {
            self.told = Instant::now();
            eprintln!("{line}");
        }
    }

    fn unit(&mut self, unit: &Unit) {
        self.pairs += 1;
        if let Some(failure) = &unit.failure {
            self.finish();
            let side = failure.side.as_str();
            eprintln!("failed: {}: {side}: {}", unit.case, failure.failure.message);
        }
    }
}
