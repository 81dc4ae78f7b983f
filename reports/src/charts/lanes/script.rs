//! Every profile of the set for the page's script, which draws any two of them. Pure.
//!
//! Names stand once; frames and costs point at them. What happened to a function between two cases
//! is decided here, so that the script knows nothing of statistics.

use std::collections::BTreeMap;

use record::{Profile, Stack};
use serde_json::{Value, json};

use super::data::{Data, name};
use super::names::short;
use super::tree::{Frame, frames};
use super::{DEPTH_MAX, NARROWEST};
use crate::charts::Size;
use crate::format::{json_in_html, printable, shorten};
use crate::profile::{
    Change, Function, FunctionChange, View, changes, cost_of_weight, functions, stacks,
};
use crate::run_set::{CaseSet, RunSet};

/// The most profiles that can be chosen, and the most bytes of them.
const SIDES_MAX: usize = 24;
const BYTES_MAX: usize = 400 << 10;

/// Longest name of a case in the lists.
const NAME_CHARS: usize = 80;

/// The profiles that are of one unit with the pair that is drawn; that pair alone where all would
/// be too much.
pub(super) fn json(set: &RunSet, data: &Data<'_>) -> String {
    let all = alike(set, data);
    let text = of(set, data, &all);
    if text.len() <= BYTES_MAX { text } else { of(set, data, &data.pair) }
}

/// The cases whose profiles compare with those of the pair.
fn alike(set: &RunSet, data: &Data<'_>) -> Vec<usize> {
    let kind = |case: usize| {
        let profile = set.cases[case].profile.as_ref()?;
        Some((profile.info.event.as_str(), profile.info.rows.is_some()))
    };
    let profiled = || (0..set.cases.len()).filter(|&case| set.cases[case].profile.is_some());
    let wanted = kind(data.pair[0]);
    let is_empty =
        |case: usize| set.cases[case].profile.as_ref().is_none_or(|one| one.info.samples == 0);
    let fits = profiled().count() <= SIDES_MAX
        && profiled().all(|case| kind(case) == wanted && !is_empty(case));
    if fits { profiled().collect() } else { data.pair.to_vec() }
}

/// A profile with what one of its weight costs.
struct Side<'a> {
    case: &'a CaseSet,
    stacks: Vec<Stack>,
    scale: f64,
    functions: Vec<Function>,
    /// What each function costs, with what it calls.
    costs: BTreeMap<String, f64>,
}

impl<'a> Side<'a> {
    fn new(case: &'a CaseSet, profile: &Profile, by_rows: bool) -> Self {
        let stacks = stacks(profile, View::Folded);
        let functions = functions(&stacks);
        let scale = cost_of_weight(&profile.info, by_rows);
        let cost = |one: &Function| (one.name.clone(), one.weight as f64 * scale);
        let costs = functions.iter().map(cost).collect();
        Self { case, stacks, scale, functions, costs }
    }

    fn total(&self) -> f64 {
        self.stacks.iter().map(|one| one.weight as f64 * self.scale).sum()
    }

    /// The frames that can be seen where the lane fills a wide picture, each with a 0; neighbours
    /// that cannot be are one, with how many they are.
    fn frames(&self) -> Vec<(Frame<'_>, usize)> {
        let narrowest = self.total() * NARROWEST / f64::from(Size::Wide.width());
        let mut told: Vec<(Frame<'_>, usize)> = Vec::new();
        for frame in frames(&self.stacks, self.scale) {
            let is_seen = frame.cost >= narrowest && frame.depth < DEPTH_MAX;
            match told.last_mut() {
                // Beside the ones before, or within them.
                Some((last, count)) if !is_seen && *count > 0 && frame.depth >= last.depth => {
                    last.cost += if frame.depth == last.depth { frame.cost } else { 0.0 };
                    *count += 1;
                }
                _ => told.push((frame, usize::from(!is_seen))),
            }
        }
        told
    }
}

/// The names that the frames have, each with its place.
#[derive(Default)]
struct Names<'a> {
    places: BTreeMap<&'a str, usize>,
    all: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn place(&mut self, name: &'a str) -> usize {
        *self.places.entry(name).or_insert_with(|| {
            self.all.push(name);
            self.all.len() - 1
        })
    }
}

fn of(set: &RunSet, data: &Data<'_>, cases: &[usize]) -> String {
    let profile = |case: usize| set.cases[case].profile.as_ref();
    let by_rows =
        data.pair.iter().all(|&case| profile(case).is_some_and(|one| one.info.rows.is_some()));
    let sides: Vec<Side<'_>> = cases
        .iter()
        .filter_map(|&case| Some(Side::new(&set.cases[case], profile(case)?, by_rows)))
        .collect();
    let mut names = Names::default();
    let drawn: Vec<Value> = sides.iter().map(|side| frames_of(side, &mut names)).collect();
    let changes: Vec<Vec<Value>> = (0..sides.len())
        .map(|later| {
            let earlier = sides[..later].iter();
            earlier.map(|earlier| told(earlier, &sides[later], &mut names)).collect()
        })
        .collect();
    let lanes = sides.iter().zip(drawn).map(|(side, frames)| lane(side, frames, &names));
    let lanes: Vec<Value> = lanes.collect();
    let pair = data.pair.map(|case| cases.iter().position(|other| *other == case));
    let short: Vec<String> = names.all.iter().map(|name| short(name)).collect();
    let names: Vec<String> = names.all.iter().map(|name| printable(name)).collect();
    json_in_html(&json!({
        "unit": data.diff.unit, "pair": pair, "names": names, "short": short, "sides": lanes,
        "changes": changes,
    }))
}

/// Depth, name, start and cost of each frame, callers before what they call. Those that cannot be
/// seen have the name -1 and their number, so that the script can tell how much is not drawn.
fn frames_of<'a>(side: &'a Side<'_>, names: &mut Names<'a>) -> Value {
    let total = side.total();
    let frame = |(frame, hidden): (Frame<'a>, usize)| {
        let [start, cost] = [frame.start, frame.cost].map(|cost| rounded(cost, total));
        match hidden {
            0 => json!([frame.depth, names.place(frame.name), start, cost]),
            several => json!([frame.depth, -1, start, cost, several]),
        }
    };
    side.frames().into_iter().map(frame).collect()
}

/// What happened to each function from one side to another, largest difference first.
fn told<'a>(earlier: &'a Side<'_>, later: &'a Side<'_>, names: &mut Names<'a>) -> Value {
    let all = changes(&earlier.functions, &later.functions, (earlier.scale, later.scale));
    let row = |change: &FunctionChange| {
        let (name, _) =
            [later, earlier].iter().find_map(|side| side.costs.get_key_value(&change.name))?;
        let code = match change.change {
            Change::Less => 0,
            Change::More => 1,
            Change::Vanished => 2,
            Change::New => 3,
        };
        Some(json!([names.place(name), code]))
    };
    all.iter().filter_map(row).collect()
}

fn lane(side: &Side<'_>, frames: Value, names: &Names<'_>) -> Value {
    let total = side.total();
    let cost = |name: &&str| side.costs.get(*name).map_or(0.0, |cost| rounded(*cost, total));
    json!({
        "name": shorten(&side.case.label, NAME_CHARS),
        "title": shorten(&name(side.case), NAME_CHARS),
        "total": rounded(total, total),
        "frames": frames,
        "costs": names.all.iter().map(cost).collect::<Vec<f64>>(),
    })
}

/// A cost to a hundred-thousandth of the whole, in few digits.
fn rounded(cost: f64, total: f64) -> f64 {
    let decimals = (4.0 - total.log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{cost:.decimals$}").parse().unwrap_or(cost)
}
