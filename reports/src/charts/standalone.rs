//! A chart as a file of its own: its question, its caption, its picture, in the colours of a theme.
//!
//! The exports to SVG and PNG call [`standalone`]. The page's pictures lean on its style sheet;
//! these lean on nothing, so that they can be pasted into a post.

use super::backend::{ROLES, escaped, text_width};
use super::{Chart, Size};
use crate::run_set::RunSet;

/// The colours of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on black.
    Dark,
}

/// Room around the picture in px.
const MARGIN: f64 = 20.0;
/// Height of the question's line and of a line of the caption in px.
const QUESTION: f64 = 28.0;
const CAPTION: f64 = 18.0;
const CAPTION_TEXT: f64 = 13.0;

/// The chart as one SVG file; `None` where the set has nothing to draw.
pub fn standalone(chart: &dyn Chart, set: &RunSet, theme: Theme) -> Option<String> {
    let drawn = chart.draw(set, Size::Wide)?;
    let (open, marks) = drawn.split_once('>')?;
    let marks = shown(marks.trim_end().strip_suffix("</svg>")?);
    let size = open.split("viewBox=\"0 0 ").nth(1)?.split('"').next()?;
    let (width, height) = size.split_once(' ')?;
    let (width, height): (f64, f64) = (width.parse().ok()?, height.parse().ok()?);
    let caption = wrapped(&chart.caption(set), width);
    let top = MARGIN + QUESTION + CAPTION * caption.len() as f64 + 8.0;
    let (all_width, all_height) = (width + 2.0 * MARGIN, top + height + MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {all_width} {all_height}\" \
         width=\"{all_width}\" height=\"{all_height}\" \
         font-family=\"system-ui,sans-serif\" font-size=\"12\">\n\
         <rect width=\"{all_width}\" height=\"{all_height}\" class=\"f-paper\" fill=\"#ffffff\"/>\n\
         <text x=\"{MARGIN}\" y=\"{}\" font-size=\"18\" font-weight=\"600\" class=\"f-ink\" \
         fill=\"#1a1d21\">{}</text>\n",
        MARGIN + 16.0,
        escaped(chart.question()),
    );
    for (line, text) in caption.iter().enumerate() {
        let y = MARGIN + QUESTION + CAPTION * (line as f64 + 0.7);
        svg += &format!(
            "<text x=\"{MARGIN}\" y=\"{y:.1}\" font-size=\"{CAPTION_TEXT}\" class=\"f-muted\" \
             fill=\"#5b6470\">{}</text>\n",
            escaped(text)
        );
    }
    svg += &format!("<g transform=\"translate({MARGIN} {top})\">{marks}</g>\n</svg>\n");
    Some(coloured(&svg, theme))
}

/// The marks without the groups that only the page's style sheet would show.
fn shown(marks: &str) -> String {
    let mut groups = marks.split("<g class=\"interval\" display=\"none\">");
    let first = groups.next().unwrap_or_default().to_owned();
    let others = groups.filter_map(|rest| Some(rest.split_once("</g>\n")?.1));
    others.fold(first, |all, rest| all + rest)
}

/// Lines of at most `width` px.
fn wrapped(text: &str, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), CAPTION_TEXT) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The light colours of all roles replaced by those of the theme, and their classes taken out.
fn coloured(svg: &str, theme: Theme) -> String {
    let mut svg = svg.to_owned();
    for (class, light) in ROLES {
        let colour = match theme {
            Theme::Light => light,
            Theme::Dark => dark(class).unwrap_or(light),
        };
        svg = svg
            .replace(
                &format!("class=\"f-{class}\" fill=\"{light}\""),
                &format!("fill=\"{colour}\""),
            )
            .replace(
                &format!("class=\"s-{class}\" fill=\"none\" stroke=\"{light}\""),
                &format!("fill=\"none\" stroke=\"{colour}\""),
            );
    }
    svg
}

/// The colour of a role in the dark theme, as the page's style sheet has it.
fn dark(class: &str) -> Option<&'static str> {
    let style = include_str!("../../templates/report.css");
    let block = style.split(":root[data-theme=\"dark\"] {").nth(1)?.split('}').next()?;
    let value = block.split(&format!("--{class}: ")).nth(1)?;
    value.split(';').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_dark_colour() {
        for (class, _) in ROLES {
            assert!(dark(class).is_some_and(|colour| colour.starts_with('#')), "{class}");
        }
    }

    #[test]
    fn captions_are_broken_between_words() {
        let lines = wrapped(&"word ".repeat(40), 200.0);
        assert!(lines.len() > 4 && lines.iter().all(|line| text_width(line, 13.0) <= 200.0));
    }
}
