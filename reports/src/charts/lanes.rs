//! Two profiles, one above the other at one scale: where did the time go, before and after?
//!
//! The usual differential flame graph has the shape of one side and hides what the other side alone
//! has. Here each side keeps its shape, what stands on one side alone is striped, and a table lists
//! the functions. The page's script zooms and searches; without it the picture is complete.

pub(in crate::charts) mod data;
mod names;
mod script;
mod table;
pub(in crate::charts) mod tree;

use std::collections::BTreeMap;

use self::data::{Data, number};
use self::tree::Frame;
use super::axis::fitted;
use super::backend::{Picture, Role, escaped, text_width};
use super::draw::TEXT;
use super::{Chart, Size, Table};
use crate::profile::{Change, SAMPLES_MIN, percent};
use crate::run_set::RunSet;

/// Two lanes of frames.
pub struct Lanes;

/// Height of a frame, of a lane's heading and of the gap between lanes, in px.
const FRAME: f64 = 16.0;
const HEADING: f64 = 24.0;
const GAP: f64 = 14.0;

/// Size of the names in frames, in px.
const NAME: f64 = 11.0;

/// Frames below this depth are not drawn: deep thin towers waste the page.
const DEPTH_MAX: usize = 40;

/// The narrowest frame that is drawn, and that is named, in px.
const NARROWEST: f64 = 1.0;
const NAMED: f64 = 24.0;

impl Chart for Lanes {
    fn id(&self) -> &'static str {
        "profile"
    }

    fn question(&self) -> &'static str {
        "Where did the time go, before and after?"
    }

    fn caption(&self, set: &RunSet) -> String {
        if Data::new(set).is_none() {
            return String::new();
        }
        format!(
            "Width: time in a function and in what it calls, both lanes at one scale. Blue: it \
             costs less than before; orange: more; striped: the other lane has none of it; grey: \
             no difference beyond the error of sampling, or fewer than {SAMPLES_MIN} samples. What \
             is too narrow to be seen, or below {DEPTH_MAX} others, is not drawn.{}",
            data::uncaught(set)
        )
    }

    fn missing(&self, set: &RunSet) -> Option<String> {
        data::why_none(set)
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        let data = Data::new(set)?;
        Some(draw(&data, size))
    }

    fn table(&self, set: &RunSet) -> Option<Table> {
        Some(table::table(&Data::new(set)?))
    }

    fn data(&self, set: &RunSet) -> Option<String> {
        Some(script::json(set, &Data::new(set)?))
    }
}

/// Both totals, in words.
fn summary(data: &Data<'_>) -> String {
    format!(
        "{}: {} {}. {}: {}.",
        data.name(0),
        number(data.total(0)),
        data.diff.unit,
        data.name(1),
        number(data.total(1))
    )
}

fn draw(data: &Data<'_>, size: Size) -> String {
    let picture = Picture::default();
    let width = f64::from(size.width());
    let scale = width / data.total(0).max(data.total(1));
    let changes = data.changes();
    let others = [1, 0].map(|other| costs(&data.frames(other)));
    let mut top = 0.0;
    for (side, others) in others.iter().enumerate() {
        let frames = data.frames(side);
        let lane = Lane { data, side, changes: &changes, others, scale, top };
        top = lane.draw(&picture, &frames, width) + if side == 0 { GAP } else { 0.0 };
    }
    let class = if size == Size::Wide { "wide" } else { "narrow" };
    let name = format!("{} {}", Lanes.question(), summary(data));
    picture.finish(class, &name, (size.width(), top.ceil() as u32))
}

/// What each function costs, with what it calls; recursion counts once.
fn costs<'a>(frames: &[Frame<'a>]) -> BTreeMap<&'a str, f64> {
    let mut costs = BTreeMap::new();
    let mut open: Vec<&str> = Vec::new();
    for frame in frames {
        open.truncate(frame.depth);
        if !open.contains(&frame.name) {
            *costs.entry(frame.name).or_insert(0.0) += frame.cost;
        }
        open.push(frame.name);
    }
    costs
}

/// What some frames cost together, in their order: what lies within another one of them counts with
/// that.
fn topmost(frames: &[&Frame<'_>]) -> f64 {
    let (mut cost, mut end) = (0.0, f64::NEG_INFINITY);
    for frame in frames {
        // Its middle, because sums of costs are not exact to the last digit.
        if frame.start + frame.cost / 2.0 > end {
            cost += frame.cost;
            end = frame.start + frame.cost;
        }
    }
    cost
}

/// One lane in the making.
struct Lane<'a> {
    data: &'a Data<'a>,
    side: usize,
    changes: &'a BTreeMap<&'a str, Change>,
    /// What functions cost on the other side.
    others: &'a BTreeMap<&'a str, f64>,
    /// px in one of the diff's unit.
    scale: f64,
    /// Where it begins, in px.
    top: f64,
}

impl Lane<'_> {
    /// Draws heading and frames; gives where the lane ends, in px.
    fn draw(&self, picture: &Picture, frames: &[Frame<'_>], width: f64) -> f64 {
        let (drawn, hidden): (Vec<&Frame<'_>>, Vec<&Frame<'_>>) = frames
            .iter()
            .partition(|frame| frame.cost * self.scale >= NARROWEST && frame.depth < DEPTH_MAX);
        let letter = ["A", "B"][self.side];
        let name = format!("{letter}: {}", self.data.name(self.side));
        let cost = format!("{} {}", number(self.data.total(self.side)), self.data.diff.unit);
        let room = width - text_width(&cost, TEXT) - 16.0;
        let base = self.top + TEXT + 2.0;
        picture.raw(&format!(
            "<g class=\"lane\">\n<text x=\"0\" y=\"{base:.1}\" \
             font-weight=\"600\" {}>{}</text>\n<text x=\"{width}\" y=\"{base:.1}\" \
             text-anchor=\"end\" {}>{}</text>\n",
            Role::Ink.paint(),
            escaped(&fitted(&name, TEXT * 1.08, room)),
            Role::Muted.paint(),
            escaped(&cost),
        ));
        for frame in &drawn {
            self.frame(picture, frame);
        }
        let levels = drawn.iter().map(|frame| frame.depth + 1).max().unwrap_or(0);
        let end = self.top + HEADING + FRAME * levels as f64;
        let mut below = end;
        if !hidden.is_empty() {
            let share = percent(topmost(&hidden) / self.data.total(self.side));
            let text = format!("frames not drawn: {}, {share} of the lane", hidden.len());
            below += TEXT + 6.0;
            picture.raw(&format!(
                "<text x=\"0\" y=\"{:.1}\" font-size=\"{NAME}\" {}>{text}</text>\n",
                below - 4.0,
                Role::Muted.paint()
            ));
        }
        picture.close();
        below
    }

    fn frame(&self, picture: &Picture, frame: &Frame<'_>) {
        let (x, width) = (frame.start * self.scale, frame.cost * self.scale);
        let y = self.top + HEADING + FRAME * frame.depth as f64;
        let short = names::short(frame.name);
        let shown = if width < NAMED { String::new() } else { fitted(&short, NAME, width - 6.0) };
        picture.raw(&format!(
            "<g class=\"fr\"><title>{}</title>{}",
            escaped(&self.title(frame)),
            ground(self.changes.get(frame.name).copied(), (x, y), width)
        ));
        if !shown.is_empty() && shown != "…" {
            picture.raw(&format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{NAME}\" {}>{}</text>",
                x + 3.0,
                y + 11.5,
                Role::Ink.paint(),
                escaped(&shown)
            ));
        }
        picture.close();
    }

    /// What the pointer is told over a frame.
    fn title(&self, frame: &Frame<'_>) -> String {
        let share = percent(frame.cost / self.data.total(self.side));
        let mut text = format!("{} · {} {}", frame.name, number(frame.cost), self.data.diff.unit);
        text += &format!(" here ({share})");
        let other = ["after", "before"][self.side];
        if frame.depth > 0 {
            text += &match self.others.get(frame.name) {
                Some(cost) => format!("; everywhere {other}: {}", number(*cost)),
                None => format!("; {other}: none"),
            };
        }
        match self.changes.get(frame.name) {
            Some(change) => format!("{text}; {}", change.as_str()),
            None => text,
        }
    }
}

/// The ground of a frame, with a line of paper between it and its neighbours.
fn ground(change: Option<Change>, (x, y): (f64, f64), width: f64) -> String {
    let (role, striped) = match change {
        None => (Role::Same, false),
        Some(Change::Less) => (Role::Less, false),
        Some(Change::More) => (Role::More, false),
        Some(Change::Vanished) => (Role::Less, true),
        Some(Change::New) => (Role::More, true),
    };
    let height = FRAME - 1.0;
    // A gap between neighbours, where there is room for one.
    let width = if width > 3.0 { width - 0.8 } else { width };
    let paint = role.paint();
    if !striped {
        return format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" {paint}/>"
        );
    }
    // Stripes are the dashes of one thick line: a pattern would need a link, which the page's
    // policy has no room for.
    format!(
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" {} \
         pointer-events=\"all\"/><path d=\"M{x:.1} {:.1}h{width:.1}\" stroke-dasharray=\"3 2\" {}/>",
        role.outline(0.6),
        y + height / 2.0,
        role.outline(height)
    )
}
