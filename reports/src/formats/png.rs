//! Charts as PNG files, for places that take no SVG: those of `svg`, drawn at twice their size.
//!
//! A rasteriser and a font are needed: the first is a cargo feature, the second is the system's.

use anyhow::Result;

use super::{Exporter, Format, Material, OutputFile};

pub(super) const FORMAT: Format = Format {
    name: "png",
    about: "the report's charts as pixels, one file each (cargo feature `png`)",
    import: None,
    export: Some(Exporter::Files(write)),
};

#[cfg(not(feature = "png"))]
fn write(_: &Material<'_>) -> Result<Vec<OutputFile>> {
    anyhow::bail!(
        "this dyno was built without PNG; `cargo install --path harness/cli --features png` builds \
         it in, and `dyno export svg` needs nothing"
    )
}

#[cfg(feature = "png")]
fn write(material: &Material<'_>) -> Result<Vec<OutputFile>> {
    let options = drawing::options()?;
    let pictures = super::svg::pictures(material)?.into_iter();
    let file = |(name, svg): (&str, String)| {
        Ok(OutputFile { name: format!("{name}.png"), bytes: drawing::png(&svg, &options)? })
    };
    pictures.map(file).collect()
}

#[cfg(feature = "png")]
mod drawing {
    use anyhow::{Context as _, Result};
    use resvg::tiny_skia::{Pixmap, Transform};
    use resvg::usvg::{Options, Tree};

    /// Pixels for each px of the SVG, for screens of today.
    const SCALE: f32 = 2.0;

    /// The fonts that pictures are written in, the first that is there.
    const FAMILIES: [&str; 6] =
        ["DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica", "Cantarell"];

    /// What is needed to draw, the system's fonts above all.
    pub(super) fn options() -> Result<Options<'static>> {
        let mut options = Options::default();
        let fonts = options.fontdb_mut();
        fonts.load_system_fonts();
        let has = |family: &&str| {
            fonts.faces().any(|face| face.families.iter().any(|(name, _)| name == family))
        };
        let any = fonts.faces().find_map(|face| Some(face.families.first()?.0.clone()));
        let family = FAMILIES.iter().find(|family| has(family)).map(|name| (*name).to_owned());
        let family = family.or(any).context(
            "no font is installed, so a picture would have no words; for instance \
             `apt install fonts-dejavu-core`, or `dyno export svg`, which needs none",
        )?;
        fonts.set_sans_serif_family(family);
        Ok(options)
    }

    /// A picture as a PNG file.
    pub(super) fn png(svg: &str, options: &Options<'_>) -> Result<Vec<u8>> {
        let tree = Tree::from_str(svg, options).context("our own SVG cannot be read")?;
        let size = tree.size();
        let side = |px: f32| (px * SCALE).ceil() as u32;
        let mut pixels = Pixmap::new(side(size.width()), side(size.height()))
            .context("the picture has no size")?;
        resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
        pixels.encode_png().context("cannot write the picture as PNG")
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// Side lengths of the picture of an SVG with this mark, and its pixels that are dark.
        fn drawn(mark: &str) -> ((u32, u32), usize) {
            let svg = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"80\" height=\"30\" \
                 font-family=\"system-ui,sans-serif\"><rect width=\"80\" height=\"30\" \
                 fill=\"#ffffff\"/>{mark}</svg>"
            );
            let file = png(&svg, &options().unwrap()).unwrap();
            let pixels = Pixmap::decode_png(&file).unwrap();
            let dark = pixels.pixels().iter().filter(|pixel| pixel.red() < 128).count();
            ((pixels.width(), pixels.height()), dark)
        }

        #[test]
        fn words_are_drawn_and_sides_are_doubled() {
            assert_eq!(drawn(""), ((160, 60), 0));
            let (_, dark) = drawn("<text x=\"4\" y=\"20\" fill=\"#000000\">Wall time</text>");
            // Nine letters of some ten pixels at least, and no filled ground.
            assert!((90..4800).contains(&dark), "{dark}");
        }
    }
}
