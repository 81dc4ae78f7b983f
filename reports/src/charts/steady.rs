//! Every sample in the order of the rounds, as a share of its case's median: did the machine hold
//! still?
//!
//! Cases of any length stand in one plot, because only the deviation is drawn. What moves all of
//! them at once is the machine, not a case: that is what the line shows.

use plotters::prelude::{ChartBuilder, Circle, LineSeries};

use super::backend::{Role, text_width};
use super::draw::{Canvas, Failed, Side, TEXT, filled, px, stroked, units};
use super::table::{Cell, Head, Row, Table};
use super::{Chart, Size};
use crate::format::{PROSE_DIGITS, counted, printable, shorten, significant};
use crate::run_set::{CaseSet, Rejection, RunSet};

/// Samples over rounds.
pub struct Steady;

/// The most dots; beyond that every k-th sample is drawn. The line knows all of them.
const DOTS_MAX: usize = 2000;

/// Deviations beyond this share are drawn at the edge: one sample of five times the median must
/// not press all others into a line.
const SHARE_MAX: f64 = 0.5;

/// The most rejected samples that are listed, and the longest name of their case.
const LISTED_MAX: usize = 30;
const NAME_CHARS: usize = 60;

impl Chart for Steady {
    fn id(&self) -> &'static str {
        "steady"
    }

    fn question(&self) -> &'static str {
        "Was the machine steady?"
    }

    fn caption(&self, set: &RunSet) -> String {
        let Some(data) = Data::new(set) else { return String::new() };
        let every = match data.every() {
            1 => "Every dot is one sample".to_owned(),
            every => format!("Dots: every {every}th sample"),
        };
        let mut text = format!(
            "{every}: its wall time against its case's median, round by round. Line: the middle of \
             all cases in a round; where it moves, the machine moved."
        );
        if data.beyond > 0 {
            let beyond = counted(data.beyond, "sample");
            let share = significant(100.0 * SHARE_MAX, 2);
            text += &format!(" {beyond} beyond {share} % at the edge.");
        }
        text += &data.course();
        let rejected: usize = set.cases.iter().map(|case| case.rejected).sum();
        if rejected > 0 {
            text += &format!(
                " {} rejected by the suite's rule and left out: the crosses, and the table.",
                counted(rejected, "sample")
            );
        }
        text
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        let data = Data::new(set)?;
        // OK because a string takes every mark; a layout that does not fit is nothing to draw.
        draw(&data, size).ok()
    }

    fn table(&self, set: &RunSet) -> Option<Table> {
        let data = Data::new(set)?;
        let all =
            set.cases.iter().flat_map(|case| case.rejections.iter().map(move |one| (case, one)));
        let rows = all.clone().take(LISTED_MAX).map(|(case, one)| Row {
            name: shorten(&case.label, NAME_CHARS),
            title: String::new(),
            cells: vec![
                Cell::number((one.process + 1).to_string(), f64::from(one.process)),
                one.wall.map_or_else(Cell::missing, |wall| {
                    let scale = crate::format::Kind::Time.scale(wall);
                    Cell::number(scale.with_unit(wall, PROSE_DIGITS), wall)
                }),
                Cell::text(&printable(&one.why)),
            ],
        });
        let rows: Vec<Row> = rows.collect();
        let left = all.count().saturating_sub(LISTED_MAX);
        (!rows.is_empty() && !data.dots.is_empty()).then(|| Table {
            name: "Rejected samples".to_owned(),
            heads: vec![
                Head::text(set.label_name()),
                Head::number("round".to_owned()),
                Head::number("wall time".to_owned()),
                Head::text("rejected because"),
            ],
            rows,
            more: if left > 0 { format!("{left} more are not listed.") } else { String::new() },
            fold: None,
        })
    }
}

/// A sample: its round, and its time by its case's median less 1.
struct Dot {
    round: u32,
    share: f64,
}

struct Data {
    dots: Vec<Dot>,
    /// The median of all dots of a round.
    line: Vec<(u32, f64)>,
    /// What a rule took out, beside the same medians.
    rejected: Vec<Dot>,
    beyond: usize,
}

impl Data {
    /// `None` with fewer than three rounds; for several runs, whose rounds are not one order; and for
    /// several cases of another tool, of which nobody knows that they took turns.
    fn new(set: &RunSet) -> Option<Self> {
        let [run] = set.runs.as_slice() else { return None };
        if run.imported.is_some() && set.cases.len() > 1 {
            return None;
        }
        let series = set.cases.iter().filter_map(CaseSet::wall_time);
        let mut dots: Vec<Dot> = series
            .filter(|series| series.summary.median > 0.0)
            .flat_map(|series| {
                let median = series.summary.median;
                let dot = move |round, value: f64| Dot { round, share: value / median - 1.0 };
                series.points.iter().map(move |point| dot(point.process, point.value))
            })
            .collect();
        dots.sort_by_key(|dot| dot.round);
        let middle = |chunk: &[Dot]| {
            let shares: Vec<f64> = chunk.iter().map(|dot| dot.share).collect();
            Some((chunk.first()?.round, stats::median(&shares)?))
        };
        let line: Vec<(u32, f64)> =
            dots.chunk_by(|one, next| one.round == next.round).filter_map(middle).collect();
        let beyond = dots.iter().filter(|dot| dot.share.abs() > SHARE_MAX).count();
        let rejected = set.cases.iter().flat_map(rejected).collect();
        (line.len() >= 3).then_some(Self { dots, line, rejected, beyond })
    }

    /// Whether the rounds have a direction or fall into two groups, in a sentence.
    fn course(&self) -> String {
        let middles: Vec<f64> = self.line.iter().map(|(_, share)| *share).collect();
        if let Some(modes) = stats::two_modes(&middles) {
            return format!(
                " The rounds form two groups, {} near {} and {} near {}.",
                modes.low_count,
                percent(modes.low),
                modes.high_count,
                percent(modes.high)
            );
        }
        match stats::trend(&middles) {
            Some(trend) if trend.p < 0.01 => format!(
                " Over the run the times moved by {} (Mann-Kendall, p < 0.01).",
                percent(trend.rise)
            ),
            Some(_) => " No drift over the run is shown (Mann-Kendall).".to_owned(),
            None => String::new(),
        }
    }

    fn every(&self) -> usize {
        self.dots.len().div_ceil(DOTS_MAX)
    }

    /// How far the axis reaches to either side of 0: a round number of per cent.
    fn reach(&self) -> f64 {
        let most = self.dots.iter().map(|dot| dot.share.abs()).fold(0.0, f64::max);
        let steps = [0.01, 0.02, 0.05, 0.1, 0.2, SHARE_MAX];
        steps.into_iter().find(|step| most <= *step).unwrap_or(SHARE_MAX)
    }

    fn summary(&self) -> String {
        let shares = self.line.iter().map(|(_, share)| share);
        let low = shares.clone().copied().fold(f64::INFINITY, f64::min);
        let high = shares.copied().fold(f64::NEG_INFINITY, f64::max);
        format!("Middle of a round: {} to {} of the median", percent(low), percent(high))
    }
}

/// The rejected samples of a case as deviations from its median.
fn rejected(case: &CaseSet) -> Vec<Dot> {
    let Some(median) = case.wall_time().map(|one| one.summary.median).filter(|one| *one > 0.0)
    else {
        return Vec::new();
    };
    let dot = |one: &Rejection| Some(Dot { round: one.process, share: one.wall? / median - 1.0 });
    case.rejections.iter().filter_map(dot).collect()
}

fn percent(share: f64) -> String {
    let sign = if share > 0.0 { "+" } else { "" };
    format!("{sign}{} %", significant(100.0 * share, PROSE_DIGITS - 1))
}

fn draw(data: &Data, size: Size) -> Result<String, Failed> {
    let wide = size == Size::Wide;
    let height = if wide { 220 } else { 190 };
    let canvas = Canvas::new((size.width(), height));
    let reach = data.reach();
    let ticks = [-reach, -reach / 2.0, 0.0, reach / 2.0, reach];
    let left =
        ticks.iter().map(|&tick| text_width(&percent(tick), TEXT)).fold(0.0, f64::max) + 10.0;
    let rounds = data.line.last().map_or(0, |(round, _)| *round);
    let mut plot = ChartBuilder::on(&canvas.area)
        .margin_top(units(10.0))
        .margin_right(units(6.0))
        .margin_bottom(units(26.0))
        .margin_left(units(left))
        .build_cartesian_2d(-0.5..f64::from(rounds) + 0.5, -reach..reach)?;
    for tick in ticks {
        let ends = [-0.5, f64::from(rounds) + 0.5].map(|x| px(plot.backend_coord(&(x, tick))));
        let role = if tick == 0.0 { Role::Axis } else { Role::Grid };
        canvas.line(ends[0], ends[1], stroked(role, 1.0))?;
        canvas.text(&percent(tick), (ends[0].0 - 8.0, ends[0].1), Side::Left, Role::Muted)?;
    }
    for (text, round) in [("first round".to_owned(), 0), (format!("round {}", rounds + 1), rounds)]
    {
        let (x, y) = px(plot.backend_coord(&(f64::from(round), -reach)));
        let half = text_width(&text, TEXT) / 2.0;
        let x = x.clamp(half, f64::from(size.width()) - half);
        canvas.text(&text, (x, y + 8.0), Side::Below, Role::Muted)?;
    }
    let dots = data.dots.iter().enumerate().step_by(data.every()).map(|(number, dot)| {
        let x = f64::from(dot.round) + super::jitter(number) * 0.3;
        Circle::new((x, dot.share.clamp(-reach, reach)), units(1.7), filled(Role::Other))
    });
    plot.draw_series(dots)?;
    for dot in &data.rejected {
        let place = (f64::from(dot.round), dot.share.clamp(-reach, reach));
        canvas.cross(px(plot.backend_coord(&place)), Role::Bad)?;
    }
    let line =
        data.line.iter().map(|(round, share)| (f64::from(*round), share.clamp(-reach, reach)));
    plot.draw_series(LineSeries::new(line, stroked(Role::Ink, 1.5)))?;
    Ok(canvas.finish(wide, &format!("{} {}", Steady.question(), data.summary())))
}
