//! Time against memory and against the size of what was written: which settings are beaten in
//! nothing.
//!
//! One dot per case; those that no other case beats or equals in everything are the front. Medians
//! alone decide, and the table gives their numbers.

use plotters::prelude::{ChartBuilder, Circle};
use record::metrics;

use super::axis::{fitted, tick_text, ticks_between, ticks_from_zero};
use super::backend::{Role, text_width};
use super::draw::{Canvas, Failed, Side, TEXT, filled, px, stroked, ties, units};
use super::table::{Cell, Head, Row, Table};
use super::{Chart, Size, apart};
use crate::format::{PROSE_DIGITS, Scale, TABLE_DIGITS, counted, printable, shorten};
use crate::run_set::{CaseSet, RunSet};

/// Dots of all cases, the front in front.
pub struct Pareto;

/// The most rows of the table, and the longest name in it.
const ROWS_MAX: usize = 20;
const NAME_CHARS: usize = 60;

/// What is less and better, beside time, and what it is called.
const OTHERS: [(&str, &str); 2] =
    [(metrics::PEAK_RSS.name, "Peak memory"), (metrics::BYTES_OUT.name, "Bytes written")];

impl Chart for Pareto {
    fn id(&self) -> &'static str {
        "pareto"
    }

    fn question(&self) -> &'static str {
        "What does speed cost in memory and size?"
    }

    fn caption(&self, set: &RunSet) -> String {
        let Some(data) = Data::new(set) else { return String::new() };
        let what: Vec<String> =
            data.axes[1..].iter().map(|axis| axis.words.to_lowercase()).collect();
        let words = format!(
            "Every dot is a case: wall time to the right, {} upwards; less is better, and the axes \
             begin where the data do. Dark: {} that no other case beats in all of them, by \
             medians.",
            what.join(" and "),
            counted(data.front().count(), "case")
        );
        apart(set) + &words
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        // OK because a string takes every mark; a layout that does not fit is nothing to draw.
        draw(&Data::new(set)?, size).ok()
    }

    fn table(&self, set: &RunSet) -> Option<Table> {
        let data = Data::new(set)?;
        let mut front: Vec<&Dot> = data.front().collect();
        front.sort_by(|a, b| a.values[0].total_cmp(&b.values[0]));
        let cell = |(axis, value): (&Axis, &f64)| {
            Cell::number(axis.scale.number(*value, TABLE_DIGITS), *value)
        };
        let row = |dot: &&Dot| Row {
            name: shorten(&dot.case.label, NAME_CHARS),
            title: printable(&dot.case.label),
            cells: data.axes.iter().zip(&dot.values).map(cell).collect(),
        };
        let left = front.len().saturating_sub(ROWS_MAX);
        let mut heads = vec![Head::text(set.settings().label_name())];
        heads.extend(data.axes.iter().map(|axis| Head::number(axis.head())));
        Some(Table {
            name: "Cases that no other beats in everything".to_owned(),
            heads,
            rows: front.iter().take(ROWS_MAX).map(row).collect(),
            more: if left > 0 { format!("{left} more are not listed.") } else { String::new() },
            fold: None,
        })
    }
}

/// Something of which less is better.
struct Axis {
    words: &'static str,
    scale: Scale,
}

impl Axis {
    fn head(&self) -> String {
        format!("{}, {}", self.words, self.scale.unit)
    }
}

/// A case with a value for every axis.
struct Dot<'a> {
    case: &'a CaseSet,
    values: Vec<f64>,
    is_front: bool,
}

struct Data<'a> {
    set: &'a RunSet,
    /// Wall time first.
    axes: Vec<Axis>,
    dots: Vec<Dot<'a>>,
}

impl<'a> Data<'a> {
    /// `None` for a history, where a step is no choice, with fewer than three cases, and where
    /// nothing beside time differs.
    fn new(set: &'a RunSet) -> Option<Self> {
        let set = set.settings();
        if set.runs.len() != 1 || set.varying.len() < 2 {
            return None;
        }
        let measured: Vec<&CaseSet> =
            set.cases.iter().filter(|case| case.wall_time().is_some()).collect();
        let median = |case: &CaseSet, metric: &str| Some(case.metric(metric)?.summary.median);
        let varies = |metric: &str| {
            let values: Option<Vec<f64>> =
                measured.iter().map(|case| median(case, metric)).collect();
            values.is_some_and(|all| all.iter().any(|one| *one != all[0]))
        };
        let others = OTHERS.into_iter().filter(|(metric, _)| varies(metric));
        let used: Vec<(&str, &'static str)> =
            [(metrics::WALL_TIME.name, "Wall time")].into_iter().chain(others).collect();
        if measured.len() < 3 || used.len() < 2 {
            return None;
        }
        let axis = |(metric, words): &(&str, &'static str)| {
            let series = measured[0].metric(metric)?;
            Some(Axis { words, scale: series.kind.scale(series.summary.median) })
        };
        let dot = |case: &&'a CaseSet| {
            let values: Option<Vec<f64>> =
                used.iter().map(|(metric, _)| median(case, metric)).collect();
            Some(Dot { case, values: values?, is_front: false })
        };
        let axes: Option<Vec<Axis>> = used.iter().map(axis).collect();
        let mut dots: Vec<Dot<'a>> = measured.iter().filter_map(dot).collect();
        let fronts: Vec<bool> = dots.iter().map(|dot| !is_beaten(dot, &dots)).collect();
        for (dot, is_front) in dots.iter_mut().zip(fronts) {
            dot.is_front = is_front;
        }
        Some(Self { set, axes: axes?, dots })
    }

    fn front(&self) -> impl Iterator<Item = &Dot<'a>> {
        self.dots.iter().filter(|dot| dot.is_front)
    }

    fn title(&self, dot: &Dot<'_>) -> String {
        let value = |(axis, value): (&Axis, &f64)| axis.scale.with_unit(*value, PROSE_DIGITS);
        let values: Vec<String> = self.axes.iter().zip(&dot.values).map(value).collect();
        format!("{}: {}", dot.case.label, values.join(", "))
    }
}

/// Whether another one is nowhere worse and somewhere better.
fn is_beaten(dot: &Dot<'_>, dots: &[Dot<'_>]) -> bool {
    dots.iter().any(|other| {
        let pairs = || other.values.iter().zip(&dot.values);
        pairs().all(|(other, own)| other <= own) && pairs().any(|(other, own)| other < own)
    })
}

/// Height of a plot, with its name above and its axis below, in px.
const PLOT: f64 = 220.0;
const NAME: f64 = 30.0;
const LABELS: f64 = 44.0;

fn draw(data: &Data<'_>, size: Size) -> Result<String, Failed> {
    let wide = size == Size::Wide;
    let plots = data.axes.len() - 1;
    let height = (NAME + PLOT + LABELS) * plots as f64;
    let canvas = Canvas::new((size.width(), height.ceil() as u32));
    // The same margin everywhere, so that a case stands below itself.
    let texts = (1..=plots).flat_map(|other| texts(&ticks(data, other, UP)));
    let left = texts.map(|text| text_width(&text, TEXT)).fold(0.0, f64::max) + 10.0;
    for other in 1..=plots {
        let top = (NAME + PLOT + LABELS) * (other - 1) as f64;
        plot(data, (&canvas, wide), other, (left, top))?;
    }
    let front: Vec<String> = data.front().take(3).map(|dot| data.title(dot)).collect();
    Ok(canvas.finish(wide, &format!("{} {}", Pareto.question(), front.join("; "))))
}

/// Ticks of one axis in its unit.
fn ticks(data: &Data<'_>, axis: usize, wanted: u32) -> Vec<f64> {
    let scale = data.axes[axis].scale;
    let values = data.dots.iter().map(|dot| dot.values[axis] / scale.factor);
    let (low, high) =
        values.fold((f64::INFINITY, 0.0_f64), |(low, high), one| (low.min(one), high.max(one)));
    ticks_between(low, high, wanted).unwrap_or_else(|| ticks_from_zero(high, wanted))
}

/// Ticks upwards.
const UP: u32 = 4;

fn texts(ticks: &[f64]) -> Vec<String> {
    ticks.iter().map(|&tick| tick_text(tick, ticks[1] - ticks[0])).collect()
}

fn plot(
    data: &Data<'_>,
    (canvas, wide): (&Canvas, bool),
    other: usize,
    (left, top): (f64, f64),
) -> Result<(), Failed> {
    let width = f64::from(canvas.size.0);
    let (across, up) = (ticks(data, 0, if wide { 6 } else { 3 }), ticks(data, other, UP));
    let (across_texts, up_texts) = (texts(&across), texts(&up));
    let name = fitted(&data.axes[other].head(), TEXT, width);
    canvas.text(&name, (0.0, top + TEXT), Side::Right, Role::Ink)?;
    let bottom = f64::from(canvas.size.1) - top - NAME - PLOT;
    let mut plot = ChartBuilder::on(&canvas.area)
        .margin_top(units(top + NAME))
        .margin_right(units(22.0))
        .margin_bottom(units(bottom))
        .margin_left(units(left))
        .build_cartesian_2d(across[0]..across[across.len() - 1], up[0]..up[up.len() - 1])?;
    let at = |x: f64, y: f64, plot: &Plot<'_>| px(plot.backend_coord(&(x, y)));
    for (tick, text) in up.iter().zip(&up_texts) {
        let (from, to) = (at(across[0], *tick, &plot), at(across[across.len() - 1], *tick, &plot));
        canvas.line(from, to, stroked(Role::Grid, 1.0))?;
        canvas.text(text, (from.0 - 8.0, from.1), Side::Left, Role::Muted)?;
    }
    for (tick, text) in across.iter().zip(&across_texts) {
        let (from, to) = (at(*tick, up[0], &plot), at(*tick, up[up.len() - 1], &plot));
        canvas.line(from, to, stroked(Role::Grid, 1.0))?;
        canvas.text(text, (from.0, from.1 + 8.0), Side::Below, Role::Muted)?;
    }
    let name = fitted(&data.axes[0].head(), TEXT, width - left);
    let middle = left + (width - left - 22.0) / 2.0;
    canvas.text(&name, (middle, top + NAME + PLOT + 24.0), Side::Below, Role::Muted)?;
    names(data, canvas, other, &plot)?;
    // The front last, so that nothing hides it.
    let order = data.dots.iter().filter(|dot| !dot.is_front).chain(data.front());
    for dot in order {
        let [x, y] = [0, other].map(|axis| dot.values[axis] / data.axes[axis].scale.factor);
        let (role, radius) = if dot.is_front { (Role::Data, 4.5) } else { (Role::Axis, 3.0) };
        canvas.picture.open("pt", &data.title(dot), &ties(data.set, dot.case));
        plot.draw_series([Circle::new((x, y), units(radius), filled(role))])?;
        canvas.picture.close();
    }
    Ok(())
}

/// Names the dots of the front, where there is room, the fastest first.
fn names(data: &Data<'_>, canvas: &Canvas, other: usize, plot: &Plot<'_>) -> Result<(), Failed> {
    /// From the middle of a dot, in px.
    const AWAY: f64 = 8.0;
    let place = |dot: &Dot<'_>| {
        let value = |axis: usize| dot.values[axis] / data.axes[axis].scale.factor;
        px(plot.backend_coord(&(value(0), value(other))))
    };
    // What is taken: every dot, then every name.
    let dot = |dot: &Dot<'_>| {
        let (x, y) = place(dot);
        (x - 5.0, y - 5.0, x + 5.0, y + 5.0)
    };
    let mut taken: Vec<(f64, f64, f64, f64)> = data.dots.iter().map(dot).collect();
    let mut front: Vec<&Dot<'_>> = data.front().collect();
    front.sort_by(|a, b| a.values[0].total_cmp(&b.values[0]));
    for dot in front {
        let name = fitted(&dot.case.label, TEXT, f64::from(canvas.size.0) / 3.0);
        let ((x, y), width) = (place(dot), text_width(&name, TEXT));
        let right = (x + AWAY, y - TEXT / 2.0, x + AWAY + width, y + TEXT / 2.0);
        let left = (x - AWAY - width, right.1, x - AWAY, right.3);
        let inside =
            |area: &(f64, f64, f64, f64)| area.0 >= 0.0 && area.2 <= f64::from(canvas.size.0);
        let free = |area: &(f64, f64, f64, f64)| {
            let apart = |one: &(f64, f64, f64, f64)| {
                area.2 < one.0 || one.2 < area.0 || area.3 < one.1 || one.3 < area.1
            };
            taken.iter().all(apart)
        };
        let sides = [(right, Side::Right, x + AWAY), (left, Side::Left, x - AWAY)];
        let found = sides.into_iter().find(|(area, ..)| inside(area) && free(area));
        if let Some((area, side, x)) = found {
            canvas.text(&name, (x, y), side, Role::Ink)?;
            taken.push(area);
        }
    }
    Ok(())
}

type Plot<'a> = plotters::chart::ChartContext<
    'a,
    super::backend::Svg,
    plotters::prelude::Cartesian2d<
        plotters::coord::types::RangedCoordf64,
        plotters::coord::types::RangedCoordf64,
    >,
>;
