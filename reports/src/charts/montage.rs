//! The profile of every case as a small lane, all on one scale: how did the profile change?
//!
//! No names in the lanes: shape, width and the colours of crates are what is compared. A program
//! that got faster has a shorter lane, which pictures as wide as their page cannot show.

mod crates;

use self::crates::{Palette, crate_of};
use super::axis::fitted;
use super::backend::{Picture, Role, escaped, text_width};
use super::draw::{TEXT, ties};
use super::lanes::data::{name, number, uncaught, was_caught};
use super::lanes::tree::{Frame, frames};
use super::{Chart, Size};
use crate::format::counted;
use crate::profile::{View, cost_of_weight, cost_unit, stacks};
use crate::run_set::{CaseSet, RunSet};

/// Lanes of all cases.
pub struct Montage;

/// Height of a level, and the most levels, in px.
const LEVEL: f64 = 5.0;
const LEVELS_MAX: usize = 16;

/// Room for the name above a lane, and below it, in px.
const HEADING: f64 = 17.0;
const GAP: f64 = 10.0;

/// A row of the legend, in px.
const LEGEND: f64 = 20.0;

/// The most lanes of one picture; more would be a wall nobody reads.
const LANES_MAX: usize = 40;

/// Frames narrower than this are not drawn, in px.
const NARROWEST: f64 = 0.6;

impl Chart for Montage {
    fn id(&self) -> &'static str {
        "montage"
    }

    fn question(&self) -> &'static str {
        "How did the profile change step by step?"
    }

    fn caption(&self, set: &RunSet) -> String {
        let Some(data) = Data::new(set) else { return String::new() };
        let mut text = format!(
            "One lane per case, in {}, all from 0 on one scale: the shorter, the less CPU. Threads \
             on top, what they call below. Colour: the crate; grey: the standard library, the C \
             library and the kernel.",
            data.unit
        );
        if data.left_out > 0 {
            let cases = counted(data.left_out, "case");
            text += &format!(" Only the first {LANES_MAX}: {cases} left out.");
        }
        text + &uncaught(set)
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        Some(draw(&Data::new(set)?, size))
    }
}

/// One lane.
struct Lane<'a> {
    case: &'a CaseSet,
    stacks: Vec<record::Stack>,
    /// What a weight of 1 costs.
    scale: f64,
    total: f64,
}

struct Data<'a> {
    set: &'a RunSet,
    lanes: Vec<Lane<'a>>,
    unit: String,
    left_out: usize,
}

impl<'a> Data<'a> {
    /// `None` with fewer than three profiles of one event: two stand in the lanes already.
    fn new(set: &'a RunSet) -> Option<Self> {
        let caught = set.cases.iter().filter(|case| was_caught(case));
        let profiled = caught.filter_map(|case| Some((case, case.profile.as_ref()?)));
        let event = profiled.clone().next().map(|(_, profile)| &profile.info.event)?;
        let same = profiled.filter(|(_, one)| one.info.event == *event);
        let all: Vec<_> = same.collect();
        let (_, first) = all.first().filter(|_| all.len() >= 3)?;
        let by_rows = all.iter().all(|(_, profile)| profile.info.rows.is_some());
        let lane = |(case, profile): &(&'a CaseSet, &record::Profile)| {
            let scale = cost_of_weight(&profile.info, by_rows);
            let stacks = stacks(profile, View::Folded);
            let total = stacks.iter().map(|one| one.weight as f64 * scale).sum();
            Lane { case, stacks, scale, total }
        };
        Some(Self {
            set,
            unit: cost_unit(&first.info, by_rows),
            lanes: all.iter().take(LANES_MAX).map(lane).collect(),
            left_out: all.len().saturating_sub(LANES_MAX),
        })
    }

    fn summary(&self) -> String {
        let words = |lane: &Lane<'_>| format!("{}: {}", name(lane.case), number(lane.total));
        let all: Vec<String> = self.lanes.iter().map(words).collect();
        format!("In {}: {}", self.unit, all.join("; "))
    }
}

fn draw(data: &Data<'_>, size: Size) -> String {
    let picture = Picture::default();
    let width = f64::from(size.width());
    let most = data.lanes.iter().map(|lane| lane.total).fold(0.0, f64::max);
    let scale = if most > 0.0 { width / most } else { 0.0 };
    let all: Vec<Vec<Frame<'_>>> =
        data.lanes.iter().map(|lane| frames(&lane.stacks, lane.scale)).collect();
    let palette = Palette::new(all.iter().flatten());
    let mut top = legend(&picture, &palette, width);
    for (lane, frames) in data.lanes.iter().zip(&all) {
        let title = format!("{}: {} {}", name(lane.case), number(lane.total), data.unit);
        picture.open("pt", &title, &ties(data.set, lane.case));
        heading(&picture, lane, (top, width));
        top += HEADING;
        let levels = marks(&picture, frames, &palette, (top, scale));
        picture.close();
        top += LEVEL * levels as f64 + GAP;
    }
    let class = if size == Size::Wide { "wide" } else { "narrow" };
    let name = format!("{} {}", Montage.question(), data.summary());
    picture.finish(class, &name, (size.width(), top.ceil() as u32))
}

/// The colours with their crates; gives where it ends, in px.
fn legend(picture: &Picture, palette: &Palette, width: f64) -> f64 {
    let (mut x, mut y) = (0.0, 0.0);
    for (role, name) in palette.legend() {
        let room = 18.0 + text_width(name, TEXT) + 8.0;
        if x > 0.0 && x + room > width {
            (x, y) = (0.0, y + LEGEND);
        }
        let shown = fitted(name, TEXT, width - 18.0);
        picture.raw(&format!(
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" {}/><text x=\"{:.1}\" \
             y=\"{:.1}\" {}>{}</text>\n",
            y + 2.0,
            role.paint(),
            x + 18.0,
            y + 12.0,
            Role::Ink.paint(),
            escaped(&shown)
        ));
        x += room;
    }
    y + LEGEND + 8.0
}

fn heading(picture: &Picture, lane: &Lane<'_>, (top, width): (f64, f64)) {
    let cost = number(lane.total);
    let name = format!("{} {}", lane.case.label, lane.case.title_words());
    let room = width - text_width(&cost, TEXT) - 12.0;
    let shown = fitted(name.trim(), TEXT, room);
    picture.raw(&format!(
        "<text x=\"0\" y=\"{0:.1}\" {1}>{2} <tspan {3}>{cost}</tspan></text>\n",
        top + TEXT,
        Role::Ink.paint(),
        escaped(&shown),
        Role::Muted.paint(),
    ));
}

/// A path of rectangles for each colour; gives how many levels there are.
fn marks(
    picture: &Picture,
    frames: &[Frame<'_>],
    palette: &Palette,
    (top, scale): (f64, f64),
) -> usize {
    // A frame goes on where the one before it on its level ended, if that has its colour.
    let mut open: Vec<Option<(Role, f64, f64)>> = vec![None; LEVELS_MAX];
    let mut paths: Vec<(Role, String)> = Vec::new();
    let mut levels = 0;
    let mut put = |depth: usize, (role, from, to): (Role, f64, f64)| {
        let y = top + LEVEL * depth as f64;
        let mark = format!("M{from:.1} {y:.1}h{:.1}v{}H{from:.1}z", to - from, LEVEL - 0.6);
        match paths.iter_mut().find(|(other, _)| *other == role) {
            Some((_, path)) => *path += &mark,
            None => paths.push((role, mark)),
        }
    };
    for frame in frames.iter().filter(|frame| frame.depth < LEVELS_MAX) {
        let (from, to) = (frame.start * scale, (frame.start + frame.cost) * scale);
        if to - from < NARROWEST {
            continue;
        }
        levels = levels.max(frame.depth + 1);
        let role = if frame.depth == 0 { Role::Axis } else { palette.role(crate_of(frame.name)) };
        match &mut open[frame.depth] {
            Some((other, _, end)) if *other == role && from - *end < NARROWEST => *end = to,
            // Threads stay apart.
            before => {
                let ended =
                    before.replace((role, from, to - if frame.depth == 0 { 1.0 } else { 0.0 }));
                if let Some(mark) = ended {
                    put(frame.depth, mark);
                }
            }
        }
    }
    for (depth, mark) in open.into_iter().enumerate() {
        if let Some(mark) = mark {
            put(depth, mark);
        }
    }
    for (role, path) in paths {
        picture.raw(&format!("<path d=\"{path}\" {}/>\n", role.paint()));
    }
    levels
}
