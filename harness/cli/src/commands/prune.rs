//! `dyno prune`: removes old runs and gates, and what killed ones left behind.
//!
//! Which runs go is decided here, from their names and what they say of themselves; the store
//! removes them and refuses what is being written or is no run.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use engine::measure::now_ns;
use record::RunId;
use record::store::{GateEntry, Leftover, RunEntry, State, Store, StoreError};
use reports::format::{Kind, PROSE_DIGITS, counted};

use super::builds::kept::kept;
use crate::args::PruneArgs;
use crate::exit::{Exit, UsageError};
use crate::output::print;
use crate::place;

/// Removes what is asked for and says how much room that made.
///
/// # Errors
/// When the store cannot be read, or something cannot be removed.
pub(crate) fn run(args: &PruneArgs) -> anyhow::Result<Exit> {
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    let rule = Rule {
        keep: args.keep,
        before_ns: args.older_than.as_deref().map(moment_before).transpose()?,
        unfinished: args.unfinished,
    };
    let runs = store.runs()?;
    let mut plan = rule.choose(&runs);
    if !args.force {
        let baselines: BTreeSet<RunId> = store.baselines()?.into_values().collect();
        plan.retain(|run| {
            let why = protection(run, &baselines);
            if let Some(why) = why {
                eprintln!("kept: {} ({why}; --force removes it too)", run.id);
            }
            why.is_none()
        });
    }
    let gates = store.gate_entries()?;
    let gates = rule.choose_gates(&gates);
    let mut tally = Tally { dry: args.dry_run, ..Tally::default() };
    let done = tally.all(&store, &plan, &gates).and_then(|()| tally.builds(&rule));
    if done.is_ok() || !tally.lines.is_empty() {
        print(&tally.text(&store, &rule))?;
    }
    done.map(|()| Exit::Ok)
}

/// Which runs are meant: those for which everything that is said holds.
struct Rule {
    keep: Option<usize>,
    /// Runs that began before this, in ns since the Unix epoch.
    before_ns: Option<i64>,
    unfinished: bool,
}

impl Rule {
    fn says_something(&self) -> bool {
        self.keep.is_some() || self.before_ns.is_some() || self.unfinished
    }

    /// The runs that go, the oldest first. Nothing said, nothing goes. What cannot be read stays:
    /// nobody knows what it is.
    fn choose<'a>(&self, runs: &'a [RunEntry]) -> Vec<&'a RunEntry> {
        if !self.says_something() {
            return Vec::new();
        }
        let mut newer: BTreeMap<&str, usize> = BTreeMap::new();
        let mut chosen = Vec::new();
        for run in runs.iter().rev() {
            let (Some(info), State::Complete | State::Unfinished) = (&run.info, &run.state) else {
                continue;
            };
            let rank = newer.entry(info.suite.name.as_str()).or_default();
            let old = self.before_ns.is_none_or(|before| info.started_ns < before);
            let killed = !self.unfinished || run.state == State::Unfinished;
            if self.keep.is_none_or(|keep| *rank >= keep) && old && killed {
                chosen.push(run);
            }
            *rank += 1;
        }
        chosen.reverse();
        chosen
    }

    /// The gates that go, by the same rules; what was interrupted is of the suite in its name.
    fn choose_gates<'a>(&self, gates: &'a [GateEntry]) -> Vec<&'a GateEntry> {
        if !self.says_something() {
            return Vec::new();
        }
        let mut newer: BTreeMap<&str, usize> = BTreeMap::new();
        let mut chosen = Vec::new();
        for entry in gates.iter().rev() {
            // A name is a moment and the suite's, `20261125-142806-quick`.
            let named = || entry.id.as_str().splitn(3, '-').nth(2).unwrap_or_default();
            let suite = entry.gate.as_ref().map_or_else(named, |gate| gate.suite.name.as_str());
            let rank = newer.entry(suite).or_default();
            let began = entry.gate.as_ref().map(|gate| gate.started_ns);
            // Without its end nobody knows its age; `--unfinished` is there for it.
            let old = self.before_ns.is_none_or(|before| began.is_some_and(|at| at < before));
            let killed = !self.unfinished || entry.gate.is_none();
            if self.keep.is_none_or(|keep| *rank >= keep) && old && killed {
                chosen.push(entry);
            }
            *rank += 1;
        }
        chosen.reverse();
        chosen
    }
}

/// Why a run stays without `--force`: a person has given it a meaning.
fn protection(run: &RunEntry, baselines: &BTreeSet<RunId>) -> Option<&'static str> {
    if baselines.contains(&run.id) {
        return Some("a baseline");
    }
    let info = run.info.as_ref()?;
    match (&info.label, &info.step) {
        (Some(_), _) => Some("labelled"),
        (None, Some(_)) => Some("a step"),
        (None, None) if !info.revisions.is_empty() => Some("a history"),
        (None, None) => None,
    }
}

/// What went, or would go.
#[derive(Default)]
struct Tally {
    dry: bool,
    lines: Vec<String>,
    runs: usize,
    gates: usize,
    builds: usize,
    leftovers: usize,
    bytes: u64,
}

impl Tally {
    fn all(
        &mut self,
        store: &Store,
        runs: &[&RunEntry],
        gates: &[&GateEntry],
    ) -> anyhow::Result<()> {
        for run in runs {
            self.run(store, run)?;
        }
        for gate in gates {
            self.gate(store, gate)?;
        }
        for leftover in store.leftovers()? {
            self.leftover(store, &leftover)?;
        }
        Ok(())
    }

    fn run(&mut self, store: &Store, run: &RunEntry) -> anyhow::Result<()> {
        let removed = store.size(&run.id).and_then(|bytes| {
            if !self.dry {
                store.remove(&run.id)?;
            } else if store.is_written(&run.id)? {
                return Err(StoreError::Busy { path: store.directory(&run.id)? });
            }
            Ok(bytes)
        });
        if let Some(bytes) = spared(removed)? {
            self.take(run.id.as_str(), bytes);
            self.runs += 1;
        }
        Ok(())
    }

    fn gate(&mut self, store: &Store, entry: &GateEntry) -> anyhow::Result<()> {
        let removed = match self.dry {
            true if store.is_gate_measured(&entry.id) => {
                Err(StoreError::Busy { path: store.root().join(entry.id.as_str()) })
            }
            true => Ok(()),
            false => store.remove_gate(&entry.id),
        };
        if spared(removed)?.is_some() {
            self.take(&format!("gates/{}", entry.id), entry.bytes);
            self.gates += 1;
        }
        Ok(())
    }

    /// Builds that gates and histories keep, where an age is told.
    fn builds(&mut self, rule: &Rule) -> anyhow::Result<()> {
        let Some(before_ns) = rule.before_ns else { return Ok(()) };
        for old in kept()?.iter().filter(|kept| kept.used_ns < before_ns) {
            if !self.dry {
                old.remove()?;
            }
            self.take(&old.path.display().to_string(), old.bytes);
            self.builds += 1;
        }
        Ok(())
    }

    fn leftover(&mut self, store: &Store, leftover: &Leftover) -> anyhow::Result<()> {
        let removed = if self.dry { Ok(()) } else { store.remove_leftover(leftover) };
        if spared(removed)?.is_some() {
            let path = leftover.path.strip_prefix(store.root()).unwrap_or(&leftover.path);
            self.take(&path.display().to_string(), leftover.bytes);
            self.leftovers += 1;
        }
        Ok(())
    }

    fn take(&mut self, name: &str, bytes: u64) {
        self.lines.push(format!("{}  {name}  {}\n", self.verb(), size(bytes)));
        self.bytes += bytes;
    }

    fn verb(&self) -> &'static str {
        if self.dry { "would remove" } else { "removed" }
    }

    fn text(&self, store: &Store, rule: &Rule) -> String {
        if self.lines.is_empty() {
            let hint = match rule.says_something() {
                true => "",
                false => "; --keep N, --older-than TIME or --unfinished say which runs may go",
            };
            return format!("nothing to remove in `{}`{hint}\n", store.root().display());
        }
        let kinds = [
            (self.runs, "run"),
            (self.gates, "gate"),
            (self.builds, "build"),
            (self.leftovers, "leftover"),
        ];
        let kinds = kinds.into_iter().filter(|(count, _)| *count > 0);
        let kinds: Vec<String> = kinds.map(|(count, what)| counted(count, what)).collect();
        let what = match kinds.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        };
        format!("{}{} {what}, {}\n", self.lines.concat(), self.verb(), size(self.bytes))
    }
}

/// `None` for what somebody is writing, which is said and left alone.
fn spared<T>(removed: Result<T, StoreError>) -> anyhow::Result<Option<T>> {
    match removed {
        Ok(done) => Ok(Some(done)),
        Err(error @ StoreError::Busy { .. }) => {
            eprintln!("kept: {error}");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    Kind::Bytes.scale(bytes).with_unit(bytes, PROSE_DIGITS)
}

/// The moment that lies `text` back, in ns since the Unix epoch. A day has 24 hours.
fn moment_before(text: &str) -> anyhow::Result<i64> {
    let age = text
        .parse::<jiff::Span>()
        .and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()))
        .map_err(|_| {
            UsageError(format!(
                "`{text}` is no length of time for --older-than; allowed: 30d, 12h, '2 weeks'"
            ))
        })?;
    if age.is_negative() {
        return Err(UsageError(format!("--older-than `{text}` lies in the future")).into());
    }
    let age_ns = i64::try_from(age.as_nanos()).context("a length of time beyond all runs")?;
    Ok(now_ns().saturating_sub(age_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_with_their_unit() {
        let day = 86_400_000_000_000;
        for (text, days) in [("30d", 30), ("2 weeks", 14), ("48h", 2)] {
            let before = moment_before(text).unwrap();
            let off = now_ns() - before - days * day;
            assert!((0..day).contains(&off), "{text}: {off}");
        }
        for text in ["30", "soon", "", "-2d", "3 months"] {
            assert!(moment_before(text).is_err(), "{text}");
        }
    }
}
