//! The arithmetic of the ceiling: what each stage costs alone, how many rows a second all cores
//! could do of it, and what the whole work reached of that. Pure numbers and the words about them.

use crate::format::{Kind, PROSE_DIGITS, significant};
use crate::run_set::{CaseSet, RunSet};

/// Nanoseconds in a second.
const SECOND: f64 = 1e9;

/// What one stage, or all of them, allow.
pub(super) struct Limit {
    pub(super) name: String,
    /// ns of one core that a row costs.
    pub(super) cost: f64,
    /// Rows a second if all cores did nothing else.
    pub(super) rate: f64,
}

/// What was reached, and what it is held against.
pub(super) struct Data<'a> {
    pub(super) cores: f64,
    pub(super) limits: Vec<Limit>,
    pub(super) best: &'a CaseSet,
    /// Rows a second of the best case.
    pub(super) reached: f64,
}

impl<'a> Data<'a> {
    /// `None` where no stage was measured alone, or the machine did not say how many cores it has.
    pub(super) fn new(set: &'a RunSet) -> Option<Self> {
        let run = set.stages.first()?.run;
        let cores = cores(set.runs[run].before.fact("cores")?)?;
        let mut limits: Vec<Limit> = Vec::new();
        for stage in set.stages.iter().filter(|stage| stage.run == run) {
            let Some(cost) = cost(stage) else { continue };
            let name = stage.info.stage.clone().unwrap_or_default();
            // Of a stage with several settings the cheapest: a ceiling is what can be reached.
            match limits.iter_mut().find(|limit| limit.name == name) {
                Some(limit) if limit.cost <= cost => {}
                Some(limit) => *limit = Limit { name, cost, rate: cores * SECOND / cost },
                None => limits.push(Limit { name, cost, rate: cores * SECOND / cost }),
            }
        }
        if limits.len() > 1 {
            let cost = limits.iter().map(|limit| limit.cost).sum();
            limits.push(Limit { name: "All stages".to_owned(), cost, rate: cores * SECOND / cost });
        }
        let kept = set.cases.iter().filter(|case| case.run == run && !case.reverted);
        let rated = kept.filter_map(|case| Some((case, rate(case)?)));
        let (best, reached) = rated.max_by(|a, b| a.1.total_cmp(&b.1))?;
        (!limits.is_empty()).then_some(Self { cores, limits, best, reached })
    }

    /// The lowest limit: that of all stages where there are several.
    pub(super) fn tightest(&self) -> &Limit {
        &self.limits[self.limits.len() - 1]
    }

    /// How a limit is formed, in words.
    pub(super) fn arithmetic(&self, limit: &Limit) -> String {
        let parts = self.limits.len() - 1;
        let cost = if parts > 0 && limit.name == self.tightest().name {
            let all: Vec<String> =
                self.limits[..parts].iter().map(|one| number(one.cost)).collect();
            format!("({})", all.join(" + "))
        } else {
            number(limit.cost)
        };
        format!("{} ÷ {cost} ns a row = {}", cores_words(self.cores), rows(limit.rate))
    }

    /// Why the ceiling was not reached, and what stands in the way next.
    pub(super) fn explanation(&self) -> String {
        let limit = self.tightest();
        let share = self.reached / limit.rate;
        let mut text = format!(
            "{} did {}, which is {} of what {} could do if they did nothing but {}.",
            super::super::lanes::data::name(self.best),
            rows(self.reached),
            percent(share),
            cores_words(self.cores),
            if self.limits.len() > 1 { "these stages" } else { "this stage" }
        );
        let median = |metric: &str| Some(self.best.metric(metric)?.summary.median);
        if let (Some(busy), Some(cost)) = (median("cores_busy"), median("cpu_time_per_row")) {
            let (busy_share, useful) = (busy / self.cores, limit.cost / cost);
            text += &format!(
                " Of the cores {} were busy on average ({}), and of the {} ns of CPU that a row \
                 took the stages alone need {} ns ({}): {} × {} = {}. ",
                significant(busy, PROSE_DIGITS),
                percent(busy_share),
                number(cost),
                number(limit.cost),
                percent(useful),
                percent(busy_share),
                percent(useful),
                percent(busy_share * useful),
            );
            text += if busy_share < useful {
                "The next limit is cores that wait."
            } else if useful < 0.95 {
                "The next limit is work beside the stages: handing over, waiting, allocating."
            } else {
                "Nothing is left but to make the stages themselves cheaper."
            };
        }
        if let Some(bytes) = median("bytes_per_second") {
            let rate = Kind::BytesPerSecond.scale(bytes).with_unit(bytes, PROSE_DIGITS);
            text += &format!(" Meanwhile {rate} were moved.");
        }
        text
    }
}

/// What a row costs one core, in ns: CPU time, or wall time where nobody counted it.
fn cost(stage: &CaseSet) -> Option<f64> {
    let series = stage.metric("cpu_time_per_row").or_else(|| stage.metric("time_per_row"))?;
    Some(series.summary.median).filter(|cost| *cost > 0.0)
}

fn rate(case: &CaseSet) -> Option<f64> {
    Some(case.metric("rows_per_second")?.summary.median)
}

/// The number with which the fact begins.
fn cores(fact: &str) -> Option<f64> {
    let digits: String = fact.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|cores| *cores > 0.0)
}

fn cores_words(cores: f64) -> String {
    if cores > 1.0 { format!("{cores} cores") } else { "1 core".to_owned() }
}

pub(super) fn rows(rate: f64) -> String {
    Kind::RowsPerSecond.scale(rate).with_unit(rate, PROSE_DIGITS)
}

pub(super) fn number(value: f64) -> String {
    significant(value, PROSE_DIGITS)
}

pub(super) fn percent(share: f64) -> String {
    format!("{} %", significant(100.0 * share, 2))
}
