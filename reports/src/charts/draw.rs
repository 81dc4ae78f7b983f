//! The few drawing steps that charts share: a canvas, styles by role, texts in px.
//!
//! Only this folder names plotters. Distances are px, and become canvas units here.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea as _, IntoFont as _, PathElement, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, ShapeStyle};

use crate::run_set::{CaseSet, RunSet};

use super::backend::{Picture, Role, Svg, UNITS};

/// What drawing on a string can fail with: nothing but a layout that plotters refuses.
pub(super) type Failed = plotters::drawing::DrawingAreaErrorKind<std::convert::Infallible>;

/// Size of chart texts in px.
pub(super) const TEXT: f64 = 12.0;

/// Canvas units of a distance in px.
pub(super) fn units(px: f64) -> i32 {
    (px * UNITS).round() as i32
}

/// A style for areas.
pub(super) fn filled(role: Role) -> ShapeStyle {
    role.colour().filled()
}

/// A style for lines, `width` in px.
pub(super) fn stroked(role: Role, width: f64) -> ShapeStyle {
    role.colour().stroke_width(units(width).unsigned_abs())
}

/// Where a text stands from its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Above,
    Below,
    Right,
    Left,
}

/// A picture in the making.
pub(super) struct Canvas {
    pub(super) picture: Picture,
    pub(super) area: DrawingArea<Svg, Shift>,
    pub(super) size: (u32, u32),
}

impl Canvas {
    /// An empty picture of that size in px.
    pub(super) fn new(size: (u32, u32)) -> Self {
        let picture = Picture::default();
        let area = Svg::new(&picture, size).into_drawing_area();
        Self { picture, area, size }
    }

    /// Writes a text beside a point in px.
    pub(super) fn text(
        &self,
        text: &str,
        (x, y): (f64, f64),
        side: Side,
        role: Role,
    ) -> Result<(), Failed> {
        let (anchor, x, y) = match side {
            Side::Above => (Pos::new(HPos::Center, VPos::Bottom), x, y),
            Side::Below => (Pos::new(HPos::Center, VPos::Top), x, y),
            Side::Right => (Pos::new(HPos::Left, VPos::Center), x, y),
            Side::Left => (Pos::new(HPos::Right, VPos::Center), x, y),
        };
        let font = ("sans-serif", TEXT * UNITS).into_font();
        let style = font.color(&role.colour()).pos(anchor);
        self.area.draw(&Text::new(text.to_owned(), (units(x), units(y)), style))
    }

    /// Draws a line between two points in px.
    pub(super) fn line(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        style: ShapeStyle,
    ) -> Result<(), Failed> {
        let ends = [from, to].map(|(x, y)| (units(x), units(y)));
        self.area.draw(&PathElement::new(ends, style))
    }

    /// Draws a cross, which stands for a case that failed or a step that was reverted.
    pub(super) fn cross(&self, (x, y): (f64, f64), role: Role) -> Result<(), Failed> {
        const ARM: f64 = 4.5;
        let style = stroked(role, 2.0);
        self.line((x - ARM, y - ARM), (x + ARM, y + ARM), style)?;
        self.line((x - ARM, y + ARM), (x + ARM, y - ARM), style)
    }

    /// An invisible area that answers the pointer for the group it stands in.
    pub(super) fn hit_area(&self, (x, y): (f64, f64), (width, height): (f64, f64)) {
        self.picture.raw(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             fill=\"none\" pointer-events=\"all\"/>\n"
        ));
    }

    /// The finished SVG.
    pub(super) fn finish(self, wide: bool, name: &str) -> String {
        self.picture.finish(if wide { "wide" } else { "narrow" }, name, self.size)
    }
}

/// What ties a mark to the row of its case in the page's table.
pub(super) fn ties<'a>(set: &'a RunSet, case: &'a CaseSet) -> [(&'static str, &'a str); 2] {
    [("run", set.runs[case.run].id.as_str()), ("case", case.info.id.as_str())]
}

/// A point of a plot in px.
pub(super) fn px((x, y): (i32, i32)) -> (f64, f64) {
    (f64::from(x) / UNITS, f64::from(y) / UNITS)
}
