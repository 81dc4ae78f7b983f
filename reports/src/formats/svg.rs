//! Charts as SVG files, each whole in itself: for posts and slides.

use anyhow::{Result, bail};

use super::{Exporter, Format, Material, OutputFile};
use crate::charts::{CHARTS, standalone};

pub(super) const FORMAT: Format = Format {
    name: "svg",
    about: "the report's charts, one file each",
    import: None,
    export: Some(Exporter::Files(write)),
};

fn write(material: &Material<'_>) -> Result<Vec<OutputFile>> {
    let files = pictures(material)?.into_iter();
    Ok(files
        .map(|(name, svg)| OutputFile { name: format!("{name}.svg"), bytes: svg.into_bytes() })
        .collect())
}

/// Name and SVG of each chart that is asked for.
///
/// # Errors
///
/// If a chart is asked for by name that the runs cannot answer, or none can be drawn.
pub(super) fn pictures(material: &Material<'_>) -> Result<Vec<(&'static str, String)>> {
    let only = &material.pictures.only;
    let asked = CHARTS.iter().filter(|one| only.is_empty() || only.iter().any(|id| id == one.id()));
    let mut drawn = Vec::new();
    for chart in asked {
        match standalone(*chart, material.set, material.pictures.theme) {
            Some(svg) => drawn.push((chart.id(), svg)),
            None if only.is_empty() => {}
            None => bail!("there is nothing to draw for `{}` in these runs", chart.id()),
        }
    }
    if drawn.is_empty() {
        bail!("there is nothing to draw: no case has a time");
    }
    Ok(drawn)
}
