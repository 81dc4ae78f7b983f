//! Changes with their intervals, one row each, on one axis of percent: what a gate found.
//!
//! Not a chart of a run set: the page of a gate draws it. Zero is in the middle of the question, so
//! the axis always holds it.

use plotters::prelude::Circle;

use super::Size;
use super::axis::{fitted, ticks_from_zero};
use super::backend::{Role, text_width};
use super::draw::{Canvas, Failed, Side, TEXT, filled, stroked, units};

/// A change and its interval, in percent; an open end is `None`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) name: String,
    /// What the pointer is told.
    pub(crate) title: String,
    pub(crate) estimate: f64,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    /// Whether it is what the gate fails by.
    pub(crate) bad: bool,
    /// The row of the table that it belongs to.
    pub(crate) row: String,
}

const ROW: f64 = 26.0;
const ABOVE: f64 = 10.0;
const BELOW: f64 = 30.0;

/// The picture of some changes; `None` for none.
pub(crate) fn forest(spans: &[Span], size: Size) -> Option<String> {
    if spans.is_empty() {
        return None;
    }
    // OK because a string takes every mark; a layout that does not fit is nothing to draw.
    draw(spans, size).ok()
}

fn draw(spans: &[Span], size: Size) -> Result<String, Failed> {
    let wide = size == Size::Wide;
    let width = f64::from(size.width());
    // On a phone the name stands above its interval.
    let row = if wide { ROW } else { 2.0 * ROW - 8.0 };
    let widest = spans.iter().map(|span| text_width(&span.name, TEXT)).fold(0.0, f64::max);
    let left = if wide { widest.min(width * 0.45) + 16.0 } else { 8.0 };
    let height = ABOVE + row * spans.len() as f64 + BELOW;
    let canvas = Canvas::new((size.width(), height.ceil() as u32));
    let ends = spans.iter().flat_map(|span| [Some(span.estimate), span.low, span.high]);
    let most = ends.flatten().map(f64::abs).fold(0.0, f64::max).clamp(0.5, 1000.0);
    let ticks = ticks_from_zero(most, 3);
    let reach = ticks[ticks.len() - 1];
    let right = width - 30.0;
    let x = |percent: f64| {
        left + 12.0 + (percent.clamp(-reach, reach) + reach) / (2.0 * reach) * (right - left - 12.0)
    };
    let floor = height - BELOW;
    let signed = ticks.iter().skip(1).map(|tick| -tick).chain(ticks.iter().copied());
    for tick in signed {
        let role = if tick == 0.0 { Role::Axis } else { Role::Grid };
        canvas.line((x(tick), ABOVE), (x(tick), floor), stroked(role, 1.0))?;
        let text = if tick == 0.0 { "0 %".to_owned() } else { format!("{tick:+} %") };
        let text = text.replace('-', "−");
        canvas.text(&text, (x(tick), floor + 6.0), Side::Below, Role::Muted)?;
    }
    for (index, span) in spans.iter().enumerate() {
        let top = ABOVE + row * index as f64;
        let middle = if wide { top + row / 2.0 } else { top + row - 13.0 };
        canvas.picture.open("pt", &span.title, &[("run", "gate"), ("case", &span.row)]);
        canvas.hit_area((0.0, top), (width, row));
        let name = fitted(&span.name, TEXT, if wide { left - 8.0 } else { width - 8.0 });
        let at = if wide { middle } else { top + 9.0 };
        canvas.text(&name, (0.0, at), Side::Right, Role::Ink)?;
        let role = if span.bad { Role::Bad } else { Role::Data };
        let (low, high) = (span.low.unwrap_or(-reach), span.high.unwrap_or(reach));
        canvas.line((x(low), middle), (x(high), middle), stroked(role, 2.0))?;
        let place = (units(x(span.estimate)), units(middle));
        canvas.area.draw(&Circle::new(place, units(4.0), filled(role)))?;
        canvas.picture.close();
    }
    let name = spans.iter().map(|span| span.title.as_str()).take(3).collect::<Vec<_>>().join("; ");
    Ok(canvas.finish(wide, &format!("Changes with their intervals. {name}")))
}
