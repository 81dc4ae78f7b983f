//! What the heat map draws: two parameters, their values, and the best case of each pair.

use std::collections::BTreeMap;

use crate::format::{PROSE_DIGITS, Scale};
use crate::labels;
use crate::run_set::{CaseSet, RunSet, Series};

use super::super::backend::HEATS;

/// A parameter and its values in the order of the suite; numbers grow.
#[derive(Clone)]
pub(super) struct Axis {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// One pair of values.
pub(super) struct Cell {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) case: usize,
    /// What is shown, in its base unit; `None` where the case has no numbers.
    pub(super) value: Option<f64>,
    /// Whether it is not shown to differ from the best.
    pub(super) tied: bool,
    /// Whether there were too few processes to tell.
    pub(super) untold: bool,
}

/// The map.
pub(super) struct Grid<'a> {
    pub(super) set: &'a RunSet,
    pub(super) x: Axis,
    pub(super) y: Axis,
    /// Further parameters that vary: a cell takes the best over them.
    pub(super) folded: Vec<String>,
    pub(super) cells: Vec<Cell>,
    pub(super) scale: Scale,
    best: usize,
    range: (f64, f64),
    more_is_better: bool,
}

/// The most values of a parameter that a map can show.
const VALUES_MAX: usize = 40;

/// The most maps: those of all pairs of four parameters.
const MAPS_MAX: usize = 6;

/// The maps of one run whose cases differ in at least two parameters, each with two values or more:
/// one for each two of them of which every pair of values is held; of the run's sweep, where it has
/// one.
pub(super) fn maps(set: &RunSet) -> Vec<Grid<'_>> {
    let set = set.settings();
    if !set.is_sweep() {
        return Vec::new();
    }
    let axes: Option<Vec<Axis>> = set.varying.iter().map(|name| axis(set, name)).collect();
    let mut axes = axes.unwrap_or_default();
    // The two with most values first; of equals, as the suite names them.
    axes.sort_by_key(|axis| std::cmp::Reverse(axis.values.len()));
    let pairs = (0..axes.len()).flat_map(|x| (x + 1..axes.len()).map(move |y| (x, y)));
    pairs.take(MAPS_MAX).filter_map(|pair| Grid::new(set, &axes, pair)).collect()
}

impl<'a> Grid<'a> {
    /// The map over two of the parameters; `None` where a pair of their values has no case.
    fn new(set: &'a RunSet, axes: &[Axis], (x, y): (usize, usize)) -> Option<Self> {
        let others = axes.iter().enumerate().filter(|(axis, _)| ![x, y].contains(axis));
        let folded = others.map(|(_, axis)| axis.name.clone()).collect();
        let [x, y] = [x, y].map(|axis| axes[axis].clone());
        let all = set.cases.iter().filter(|case| case.wall_time().is_some());
        let more_is_better =
            all.clone().count() > 0 && all.clone().all(|case| rate(case).is_some());
        let shown = |case: &'a CaseSet| if more_is_better { rate(case) } else { case.wall_time() };
        let first = all.clone().find_map(shown)?;
        let scale = first.kind.scale(first.summary.median);
        let mut grid = Self {
            set,
            x,
            y,
            folded,
            cells: Vec::new(),
            scale,
            best: 0,
            range: (f64::INFINITY, f64::NEG_INFINITY),
            more_is_better,
        };
        grid.fill(|case| Some(shown(case)?.summary.median))?;
        grid.compare();
        Some(grid)
    }

    /// One cell per pair of values; `None` where a pair has no case.
    fn fill(&mut self, value: impl Fn(&'a CaseSet) -> Option<f64>) -> Option<()> {
        let mut cells = BTreeMap::<(usize, usize), Cell>::new();
        for (case, one) in self.set.cases.iter().enumerate() {
            let place = |axis: &Axis| {
                let text = labels::text(one.info.params.get(&axis.name)?);
                axis.values.iter().position(|value| *value == text)
            };
            let (x, y) = (place(&self.x)?, place(&self.y)?);
            let cell = Cell { x, y, case, value: value(one), tied: false, untold: false };
            match cells.get(&(y, x)) {
                Some(other) if !self.better(cell.value, other.value) => {}
                _ => drop(cells.insert((y, x), cell)),
            }
        }
        self.cells = cells.into_values().collect();
        let full = self.cells.len() == self.x.values.len() * self.y.values.len();
        let measured = self.cells.iter().filter(|cell| cell.value.is_some()).count();
        (full && measured >= 2).then_some(())
    }

    fn better(&self, one: Option<f64>, other: Option<f64>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) if self.more_is_better => one > other,
            (Some(one), Some(other)) => one < other,
            (one, _) => one.is_some(),
        }
    }

    /// Finds the best cell, and those that are not shown to differ from it.
    fn compare(&mut self) {
        for (index, cell) in self.cells.iter().enumerate() {
            if self.better(cell.value, self.cells[self.best].value) {
                self.best = index;
            }
            if let Some(value) = cell.value {
                self.range = (self.range.0.min(value), self.range.1.max(value));
            }
        }
        let best = self.cells[self.best].case;
        for cell in self.cells.iter_mut().filter(|cell| cell.case != best) {
            let Some(ratio) = self.set.against(cell.case, best) else { continue };
            cell.untold = !ratio.interval.is_confident();
            cell.tied = !cell.untold && !ratio.excludes_one();
        }
    }

    pub(super) fn is_best(&self, cell: &Cell) -> bool {
        cell.case == self.cells[self.best].case
    }

    pub(super) fn ties(&self) -> usize {
        self.cells.iter().filter(|cell| cell.tied).count()
    }

    pub(super) fn untold(&self) -> usize {
        self.cells.iter().filter(|cell| cell.untold).count()
    }

    /// The step of the ramp, from 0: the higher, the more work in a second.
    pub(super) fn heat(&self, value: f64) -> usize {
        let (low, high) = self.range;
        let share = if high > low { (value - low) / (high - low) } else { 1.0 };
        let share = if self.more_is_better { share } else { 1.0 - share };
        ((share * HEATS as f64) as usize).min(HEATS - 1)
    }

    pub(super) fn title(&self, cell: &Cell) -> String {
        let pair = format!(
            "{}={}, {}={}",
            self.y.name, self.y.values[cell.y], self.x.name, self.x.values[cell.x]
        );
        match cell.value {
            Some(value) => format!("{pair}: {}", self.scale.with_unit(value, PROSE_DIGITS)),
            None => {
                let case = &self.set.cases[cell.case];
                format!("{pair}: {}", case.trouble().unwrap_or_default())
            }
        }
    }

    pub(super) fn summary(&self) -> String {
        format!("Best: {}", self.title(&self.cells[self.best]))
    }
}

/// A parameter that all cases have, with two values at least and not too many.
fn axis(set: &RunSet, name: &str) -> Option<Axis> {
    let mut values = Vec::new();
    for case in &set.cases {
        let value = case.info.params.get(name)?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if values.iter().all(|value| value.is_number()) {
        let number = |value: &serde_json::Value| value.as_f64().unwrap_or(f64::NAN);
        values.sort_by(|a, b| number(a).total_cmp(&number(b)));
    }
    let values: Vec<String> = values.into_iter().map(labels::text).collect();
    (2..=VALUES_MAX).contains(&values.len()).then(|| Axis { name: name.to_owned(), values })
}

fn rate(case: &CaseSet) -> Option<&Series> {
    case.metric("rows_per_second")
}
