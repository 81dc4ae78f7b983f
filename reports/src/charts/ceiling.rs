//! What the stages of the work allow, from cases that do one stage alone, and what was reached.
//!
//! Bars from zero on one scale; the table below says how each limit is formed, and a sentence why
//! it was not reached.

mod data;

use self::data::{Data, Limit, number, percent, rows};
use super::axis::fitted;
use super::backend::{Picture, Role, escaped, text_width};
use super::draw::TEXT;
use super::table::{Cell, Head, Row, Table};
use super::{Chart, Size};
use crate::format::{Kind, PROSE_DIGITS, printable};
use crate::run_set::RunSet;

/// Bars of what could be and what was.
pub struct Ceiling;

/// Height of a bar, and of a row with its name beside or above it, in px.
const BAR: f64 = 22.0;
const ROW: f64 = 36.0;
const STACKED: f64 = 48.0;

impl Chart for Ceiling {
    fn id(&self) -> &'static str {
        "ceiling"
    }

    fn question(&self) -> &'static str {
        "How far from the ceiling?"
    }

    fn caption(&self, set: &RunSet) -> String {
        let Some(data) = Data::new(set) else { return String::new() };
        let unit = Kind::RowsPerSecond.scale(data.reached).unit;
        format!(
            "In {unit}, from zero. Light: what all cores could do of a stage if they did nothing \
             else, from its cost alone. Dark: what {} reached.",
            printable(&super::lanes::data::name(data.best))
        )
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        Some(draw(&Data::new(set)?, size))
    }

    fn table(&self, set: &RunSet) -> Option<Table> {
        let data = Data::new(set)?;
        let row = |limit: &Limit| Row {
            name: printable(&limit.name),
            title: String::new(),
            cells: vec![
                Cell::number(number(limit.cost), limit.cost),
                Cell::text(&data.arithmetic(limit)),
                Cell::number(percent(data.reached / limit.rate), data.reached / limit.rate),
            ],
        };
        Some(Table {
            name: "Limits of the stages".to_owned(),
            heads: vec![
                Head::text("stage"),
                Head::number("cost alone, ns/row".to_owned()),
                Head::text("limit"),
                Head::number("reached".to_owned()),
            ],
            rows: data.limits.iter().map(row).collect(),
            more: printable(&data.explanation()),
            fold: None,
        })
    }
}

fn draw(data: &Data<'_>, size: Size) -> String {
    let picture = Picture::default();
    let width = f64::from(size.width());
    let wide = size == Size::Wide;
    let scale = Kind::RowsPerSecond.scale(data.reached);
    let label = |limit: &Limit| {
        let [reached, most] = [data.reached, limit.rate].map(|one| scale.number(one, PROSE_DIGITS));
        format!("{reached} of {most} ({})", percent(data.reached / limit.rate))
    };
    let names = data.limits.iter().map(|limit| text_width(&limit.name, TEXT));
    let left = if wide { names.fold(0.0, f64::max).min(240.0) + 14.0 } else { 0.0 };
    let right = data.limits.iter().map(|limit| text_width(&label(limit), TEXT)).fold(0.0, f64::max);
    let most = data.limits.iter().map(|limit| limit.rate).fold(data.reached, f64::max);
    let px = (width - left - right - 8.0) / most;
    let row = if wide { ROW } else { STACKED };
    for (number, limit) in data.limits.iter().enumerate() {
        let top = row * number as f64;
        let bar = top + if wide { (ROW - BAR) / 2.0 } else { STACKED - BAR - 4.0 };
        let base = if wide { bar + BAR / 2.0 + 4.5 } else { top + TEXT + 3.0 };
        let title = format!("{}: {}", limit.name, data.arithmetic(limit));
        picture.open("pt", &title, &[]);
        let rect = |height: f64, rate: f64, role: Role| {
            picture.raw(&format!(
                "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height}\" {}/>\n",
                bar + (BAR - height) / 2.0,
                rate * px,
                role.paint()
            ));
        };
        rect(BAR, limit.rate, Role::Band);
        rect(BAR * 0.4, data.reached, Role::Data);
        let end = left + limit.rate.max(data.reached) * px + 8.0;
        for (x, y, text, role) in [
            (0.0, base, fitted(&limit.name, TEXT, if wide { 240.0 } else { width }), Role::Ink),
            (end, bar + BAR / 2.0 + 4.5, label(limit), Role::Muted),
        ] {
            let paint = role.paint();
            let text = escaped(&text);
            picture.raw(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\" {paint}>{text}</text>\n"));
        }
        picture.close();
    }
    let class = if wide { "wide" } else { "narrow" };
    let limit = data.tightest();
    let name = format!(
        "{} {} of {} ({})",
        Ceiling.question(),
        rows(data.reached),
        rows(limit.rate),
        percent(data.reached / limit.rate)
    );
    picture.finish(class, &name, (size.width(), (row * data.limits.len() as f64).ceil() as u32))
}
