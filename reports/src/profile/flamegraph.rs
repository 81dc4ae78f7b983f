//! Flame graphs as SVG. The only file that knows inferno.
//!
//! The pictures are files of their own, to be opened by themselves: two of them inside one page
//! would disturb each other. Colours depend on names alone, so the same function looks the same in
//! every picture.

use anyhow::{Context, Result};
use inferno::flamegraph::{Options, from_lines};
use record::Profile;

use super::{View, quality, stacks};

/// One of the pictures of a difference.
pub(super) struct Picture<'a> {
    pub(super) title: &'a str,
    pub(super) subtitle: &'a str,
    /// What the numbers of the lines are, for instance `samples`.
    pub(super) unit: &'a str,
    /// Whether less of the first number is the good news: colours change sides.
    pub(super) mirrored: bool,
}

/// The flame graph of a profile.
///
/// # Errors
/// When there is no stack to draw.
pub fn flamegraph(profile: &Profile, title: &str, view: View) -> Result<String> {
    let lines: Vec<String> = stacks(profile, view)
        .into_iter()
        .map(|stack| format!("{} {}", stack.frames, stack.samples))
        .collect();
    let subtitle = quality::sentence(&profile.info);
    draw(&lines, &Picture { title, subtitle: &subtitle, unit: "samples", mirrored: false })
}

/// Draws lines of folded stacks; with two numbers each, the difference between them.
pub(super) fn draw(lines: &[String], picture: &Picture<'_>) -> Result<String> {
    let mut options = Options::default();
    options.title = picture.title.to_owned();
    options.subtitle = Some(picture.subtitle.to_owned());
    options.count_name = picture.unit.to_owned();
    options.deterministic = true;
    options.negate_differentials = picture.mirrored;
    options.pretty_xml = true;
    let mut svg = Vec::new();
    from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)
        .context("there is nothing to draw")?;
    String::from_utf8(svg).context("the picture is no text")
}

#[cfg(test)]
mod tests {
    use super::super::tests::profile;
    use super::*;

    #[test]
    fn a_picture_names_frames_and_quality_and_is_the_same_every_time() {
        let profile = profile(&[("producer;app::<T>::draw", 90), ("writer;app::write", 30)], None);
        let draw = || flamegraph(&profile, "step 00 & more", View::Folded).unwrap();
        let svg = draw();
        for part in [
            "app::&lt;T&gt;::draw",
            "90 samples, 75.00%",
            "step 00 &amp; more",
            "broken stacks 0 %",
            ">writer",
        ] {
            assert!(svg.contains(part), "{part}");
        }
        assert_eq!(svg, draw());
    }

    #[test]
    fn nothing_to_draw_is_said() {
        let error = flamegraph(&profile(&[], None), "t", View::Folded).unwrap_err();
        assert!(error.to_string().contains("nothing to draw"), "{error}");
    }
}
