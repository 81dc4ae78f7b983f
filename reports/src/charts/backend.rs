//! Our own backend for plotters: SVG with colour roles, 0.1 px precision and no font file.
//!
//! Charts draw on a canvas ten times as large as the picture, because plotters' coordinates are
//! whole numbers. Colours are sentinels that name a [`Role`]; each mark gets the role's class and,
//! for viewers that block style sheets, its light colour as an attribute.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::rc::Rc;

use plotters::style::RGBColor;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

/// Canvas units in one px.
pub(super) const UNITS: f64 = 10.0;

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Text and marks that must be read.
    Ink,
    /// Text that explains.
    Muted,
    /// Lines to compare heights by.
    Grid,
    /// The zero line.
    Axis,
    /// The data.
    Data,
    /// The data of every other process.
    Other,
    /// How far the data reach.
    Band,
    /// What went wrong.
    Bad,
    /// The ground, for rings around points.
    Paper,
    /// The lowest step of a ramp; the others follow.
    Heat0,
    Heat1,
    Heat2,
    Heat3,
    Heat4,
    Heat5,
    /// A function of a profile that costs as much as before.
    Same,
    /// One that costs less.
    Less,
    /// One that costs more.
    More,
    /// The crates of a profile, told apart by colour alone where a title names them.
    Crate0,
    Crate1,
    Crate2,
    Crate3,
    Crate4,
    Crate5,
}

/// Steps of the ramp.
pub(super) const HEATS: usize = Role::HEAT.len();

/// Class and light colour of each role, in the order of their numbers. The page's style sheet gives
/// `f-CLASS` (fill) and `s-CLASS` (stroke) their colours in either theme; a test holds it to this.
pub const ROLES: [(&str, &str); 24] = [
    ("ink", "#1a1d21"),
    ("muted", "#5b6470"),
    ("grid", "#e8eaed"),
    ("axis", "#8b939c"),
    ("data", "#0067a8"),
    ("other", "#5b9bc8"),
    ("band", "#d3e4f0"),
    ("bad", "#b3261e"),
    ("paper", "#ffffff"),
    ("heat0", "#eaf3f9"),
    ("heat1", "#c5dff0"),
    ("heat2", "#93c4e3"),
    ("heat3", "#63a9d6"),
    ("heat4", "#2676ad"),
    ("heat5", "#00507f"),
    ("same", "#dfe3e8"),
    ("less", "#93c4e3"),
    ("more", "#f2b47e"),
    ("crate0", "#0072b2"),
    ("crate1", "#e69f00"),
    ("crate2", "#009e73"),
    ("crate3", "#cc79a7"),
    ("crate4", "#d55e00"),
    ("crate5", "#56b4e9"),
];

impl Role {
    /// The ramp, from little to much.
    pub(super) const HEAT: [Self; 6] =
        [Self::Heat0, Self::Heat1, Self::Heat2, Self::Heat3, Self::Heat4, Self::Heat5];

    /// The text that can be read on that step, in either theme.
    pub(super) fn on_heat(step: usize) -> Self {
        if step < 4 { Self::Ink } else { Self::Paper }
    }

    /// The colours of crates: the palette of Okabe and Ito (Color Universal Design, 2008), which
    /// people with any common colour vision tell apart.
    pub(super) const CRATES: [Self; 6] =
        [Self::Crate0, Self::Crate1, Self::Crate2, Self::Crate3, Self::Crate4, Self::Crate5];

    /// The attributes that fill a mark that is written as it is.
    pub(super) fn paint(self) -> String {
        let (class, light) = ROLES[self as usize];
        format!("class=\"f-{class}\" fill=\"{light}\"")
    }

    /// The attributes that draw its outline, `width` in px.
    pub(super) fn outline(self, width: f64) -> String {
        let (class, light) = ROLES[self as usize];
        format!("class=\"s-{class}\" fill=\"none\" stroke=\"{light}\" stroke-width=\"{width}\"")
    }

    /// The sentinel colour that plotters carries to the backend.
    pub(super) fn colour(self) -> RGBColor {
        RGBColor(self as u8, 0, 1)
    }

    fn of(colour: BackendColor) -> (&'static str, &'static str) {
        ROLES[usize::from(colour.rgb.0).min(ROLES.len() - 1)]
    }

    fn fill(colour: BackendColor) -> String {
        let (class, light) = Self::of(colour);
        format!("class=\"f-{class}\" fill=\"{light}\"")
    }

    fn stroke(colour: BackendColor, width: u32) -> String {
        let (class, light) = Self::of(colour);
        let width = f64::from(width) / UNITS;
        format!("class=\"s-{class}\" fill=\"none\" stroke=\"{light}\" stroke-width=\"{width}\"")
    }
}

/// The marks drawn so far. Clones write into the same picture, so that a chart can put groups and
/// titles around what plotters draws.
#[derive(Clone, Default)]
pub(super) struct Picture(Rc<RefCell<String>>);

impl Picture {
    /// Appends SVG as it is; texts in it must have been escaped.
    pub(super) fn raw(&self, svg: &str) {
        self.0.borrow_mut().push_str(svg);
    }

    /// Opens a group with a title, which browsers show when the pointer rests on it, and with the
    /// data attributes that are not empty.
    pub(super) fn open(&self, class: &str, title: &str, data: &[(&str, &str)]) {
        let given = data.iter().filter(|(_, value)| !value.is_empty());
        let data: String =
            given.map(|(name, value)| format!(" data-{name}=\"{}\"", escaped(value))).collect();
        self.raw(&format!("<g class=\"{class}\"{data}><title>{}</title>\n", escaped(title)));
    }

    /// Closes the last group.
    pub(super) fn close(&self) {
        self.raw("</g>\n");
    }

    /// The whole SVG, named `name` for those who cannot see it.
    pub(super) fn finish(&self, class: &str, name: &str, size: (u32, u32)) -> String {
        let (width, height) = size;
        // A viewer that blocks style sheets shows the wide picture alone.
        let hidden = if class == "narrow" { " display=\"none\"" } else { "" };
        format!(
            "<svg class=\"chart {class}\"{hidden} role=\"img\" aria-label=\"{}\" \
             viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             font-family=\"system-ui,sans-serif\" font-size=\"12\">\n{}</svg>\n",
            escaped(name),
            self.0.borrow()
        )
    }
}

/// `text` for use inside XML, with all that XML forbids taken out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in crate::format::printable(text).chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    out
}

/// The backend.
pub(super) struct Svg {
    picture: Picture,
    size: (u32, u32),
}

impl Svg {
    /// A backend that draws a picture of that size in px.
    pub(super) fn new(picture: &Picture, (width, height): (u32, u32)) -> Self {
        let units = UNITS as u32;
        Self { picture: picture.clone(), size: (width * units, height * units) }
    }

    fn put(&self, mark: std::fmt::Arguments<'_>) -> Result<(), DrawingErrorKind<Infallible>> {
        let mut body = self.picture.0.borrow_mut();
        // Writing to a string cannot fail.
        let _ = body.write_fmt(mark);
        body.push('\n');
        Ok(())
    }
}

fn px(units: i32) -> f64 {
    f64::from(units) / UNITS
}

fn points<I: IntoIterator<Item = BackendCoord>>(path: I) -> String {
    let pairs: Vec<String> =
        path.into_iter().map(|(x, y)| format!("{},{}", px(x), px(y))).collect();
    pairs.join(" ")
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Svg {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        let fill = Role::fill(color);
        self.put(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"0.1\" height=\"0.1\" {fill}/>",
            px(x),
            px(y)
        ))
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let paint = if fill {
            Role::fill(style.color())
        } else {
            Role::stroke(style.color(), style.stroke_width())
        };
        let (x, y) = (px(left.min(right)), px(top.min(bottom)));
        let (width, height) = (px((right - left).abs()), px((bottom - top).abs()));
        self.put(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {paint}/>"
        ))
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let paint = Role::stroke(style.color(), style.stroke_width());
        self.put(format_args!(
            "<polyline points=\"{}\" stroke-linejoin=\"round\" {paint}/>",
            points(path)
        ))
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let paint = if fill {
            Role::fill(style.color())
        } else {
            Role::stroke(style.color(), style.stroke_width())
        };
        self.put(format_args!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" {paint}/>",
            px(x),
            px(y),
            f64::from(radius) / UNITS
        ))
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        let paint = Role::fill(style.color());
        self.put(format_args!("<polygon points=\"{}\" {paint}/>", points(corners)))
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        let size = style.size() / UNITS;
        // SVG places text by its base line; 0.35 em below the middle of small letters looks centred.
        let down = match style.anchor().v_pos {
            VPos::Top => 0.8,
            VPos::Center => 0.35,
            VPos::Bottom => -0.2,
        };
        let y = px(y) + down * size;
        let fill = Role::fill(style.color());
        self.put(format_args!(
            "<text x=\"{}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\" {fill}>{}</text>",
            px(x),
            escaped(text)
        ))
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let width = text_width(text, style.size() / UNITS) * UNITS;
        Ok((width.ceil() as u32, style.size().ceil() as u32))
    }
}

/// The most px that `text` takes at a font size in px: the widths of Helvetica, and a fifth more,
/// because DejaVu Sans is the system font of many a Linux. What is not in the table counts 1 em.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    const ROOM: f64 = 1.2;
    let thousandths: u32 = text
        .chars()
        .map(|c| match u32::from(c) {
            code @ 32..=126 => u32::from(HELVETICA[code as usize - 32]),
            // Times sign, minus sign, micro sign, dash.
            0xd7 | 0x2212 => 584,
            0xb5 | 0x2013 => 556,
            _ => 1000,
        })
        .sum();
    f64::from(thousandths) / 1000.0 * size * ROOM
}

/// Widths of the characters 32 to 126 in thousandths of an em, from Adobe's Helvetica metrics.
#[rustfmt::skip]
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_its_class_and_colour() {
        let all = [
            (Role::Ink, "ink"),
            (Role::Muted, "muted"),
            (Role::Grid, "grid"),
            (Role::Axis, "axis"),
            (Role::Data, "data"),
            (Role::Other, "other"),
            (Role::Band, "band"),
            (Role::Bad, "bad"),
            (Role::Paper, "paper"),
            (Role::Heat0, "heat0"),
            (Role::Heat1, "heat1"),
            (Role::Heat2, "heat2"),
            (Role::Heat3, "heat3"),
            (Role::Heat4, "heat4"),
            (Role::Heat5, "heat5"),
            (Role::Same, "same"),
            (Role::Less, "less"),
            (Role::More, "more"),
            (Role::Crate0, "crate0"),
            (Role::Crate1, "crate1"),
            (Role::Crate2, "crate2"),
            (Role::Crate3, "crate3"),
            (Role::Crate4, "crate4"),
            (Role::Crate5, "crate5"),
        ];
        assert_eq!(all.len(), ROLES.len());
        for (role, class) in all {
            let RGBColor(r, g, b) = role.colour();
            assert_eq!(Role::of(BackendColor { alpha: 1.0, rgb: (r, g, b) }).0, class);
        }
    }

    #[test]
    fn texts_are_escaped_and_measured() {
        assert_eq!(
            escaped("</script><b>&\"'\u{8}"),
            "&lt;/script&gt;&lt;b&gt;&amp;&quot;&#39;\u{fffd}"
        );
        assert!((text_width("00", 10.0) - 13.344).abs() < 1e-3);
        assert!(text_width("漢", 10.0) > 10.0);
    }
}
