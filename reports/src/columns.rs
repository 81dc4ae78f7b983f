//! A table of the metrics that a person names, instead of the usual columns: each with its source, so
//! that no two rungs share a column.
//!
//! `dyno show --metric` comes here through [`crate::show`]. What a metric means is said elsewhere.

use anyhow::{Result, bail};
use record::{Pass, Source};

use crate::format::{Scale, TABLE_DIGITS};
use crate::run_set::{CaseSet, RunSet, Series, State};
use crate::view::{Cell, Column, Grid, Key, Row};

/// The series of one metric that come from one place: a column of medians.
struct Chosen<'a> {
    name: &'a str,
    pass: Pass,
    source: Option<Source>,
    /// The scale that suits the first case that has it.
    scale: Scale,
}

/// The table of these metrics.
///
/// # Errors
/// If no case has one of them; the message says the nearest name and what there is.
pub(crate) fn grid(set: &RunSet, names: &[String]) -> Result<Grid> {
    let mut chosen: Vec<Chosen<'_>> = Vec::new();
    for name in names {
        let before = chosen.len();
        for (pass, series) in all(set).filter(|(_, series)| series.metric == *name) {
            let known = chosen[before..].iter().any(|one| one.is_of(pass, series));
            if !known {
                let scale = series.kind.scale(series.summary.median);
                chosen.push(Chosen { name, pass, source: series.source, scale });
            }
        }
        if chosen.len() == before {
            bail!("{}", no_metric(all(set).map(|(_, series)| series.metric.as_str()), name));
        }
    }
    let titled = set.cases.iter().any(|case| !case.title_words().is_empty());
    // With one metric there is room for how sure it is.
    let alone = chosen.len() == 1;
    let mut columns = vec![column(Key::Case, set.label_name())];
    columns.extend(titled.then(|| column(Key::Title, "title")));
    for one in &chosen {
        if alone {
            columns.push(column(Key::Samples, "n"));
        }
        columns.push(column(Key::Chosen, &one.head()));
        if alone {
            columns.push(column(Key::Chosen, "95 % interval"));
            columns.push(column(Key::Chosen, "min to max"));
        }
    }
    let row = |(index, case): (usize, &CaseSet)| {
        let mut cells = vec![Cell::text(case.label.clone())];
        cells.extend(titled.then(|| Cell::text(case.title_words())));
        for one in &chosen {
            cells.extend(one.cells(case, alone));
        }
        Row { case: index, cells, failed: case.state == State::Failed }
    };
    let rows = set.cases.iter().enumerate().map(row).collect();
    Ok(Grid { columns, rows })
}

/// That no case has a metric, with the nearest of the `known` ones and all of them.
pub(crate) fn no_metric<'n>(known: impl Iterator<Item = &'n str>, name: &str) -> String {
    /// Similarity from which on a name is worth suggesting.
    const ALIKE: f64 = 0.8;
    let mut names: Vec<&str> = Vec::new();
    for one in known {
        if !names.contains(&one) {
            names.push(one);
        }
    }
    let near = names
        .iter()
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .filter(|(score, _)| *score > ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let near = near.map_or(String::new(), |(_, known)| format!("; did you mean `{known}`?"));
    if names.is_empty() {
        return format!("no case has the metric `{name}`, nor any other");
    }
    format!("no case has the metric `{name}`{near}; there are: {}", names.join(", "))
}

fn column(key: Key, head: &str) -> Column {
    Column { key, head: head.to_owned() }
}

/// Every series of every case, with its pass.
fn all(set: &RunSet) -> impl Iterator<Item = (Pass, &Series)> {
    set.cases.iter().flat_map(of_case)
}

fn of_case(case: &CaseSet) -> impl Iterator<Item = (Pass, &Series)> {
    let timed = case.series.iter().map(|series| (Pass::Timed, series));
    let others = case.passes.iter();
    timed.chain(others.flat_map(|one| one.series.iter().map(|series| (one.pass, series))))
}

impl Chosen<'_> {
    fn is_of(&self, pass: Pass, series: &Series) -> bool {
        (self.name, self.pass, self.source) == (&series.metric, pass, series.source)
    }

    /// `instructions, M (simulated)`.
    fn head(&self) -> String {
        let unit = self.scale.unit;
        let unit = if unit.is_empty() { String::new() } else { format!(", {unit}") };
        let place = match (self.source, self.pass) {
            (Some(source), _) => source.as_str(),
            (None, Pass::Timed) => "derived",
            (None, pass) => pass.as_str(),
        };
        format!("{}{unit} ({place})", self.name)
    }

    /// The median, and for a metric that stands alone the samples before it and its ranges after it.
    fn cells(&self, case: &CaseSet, alone: bool) -> Vec<Cell> {
        let found = of_case(case).find(|(pass, series)| self.is_of(*pass, series));
        let Some((_, series)) = found else {
            // The whole row of a case without numbers says why, in the place of the first number.
            let why = case.trouble().unwrap_or_default();
            let mut cells = vec![Cell::text(why)];
            cells.resize(if alone { 4 } else { 1 }, Cell::default());
            if alone {
                cells.swap(0, 1);
            }
            return cells;
        };
        let summary = &series.summary;
        let number = |value: f64| self.scale.number(value, TABLE_DIGITS);
        let median = Cell::text(number(summary.median));
        if !alone {
            return vec![median];
        }
        let range =
            |low: f64, high: f64| Cell::text(format!("{} to {}", number(low), number(high)));
        let interval = match summary.interval.is_confident() {
            true => range(summary.interval.low, summary.interval.high),
            false => Cell::text(format!("min to max (n={})", summary.replicates)),
        };
        let samples = match summary.replicates < summary.samples {
            true => format!("{} in {}", summary.samples, summary.replicates),
            false => summary.samples.to_string(),
        };
        vec![Cell::text(samples), median, interval, range(summary.min, summary.max)]
    }
}
