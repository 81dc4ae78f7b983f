//! `dyno export`: runs as files of other tools.

use std::path::{Path, PathBuf};

use anyhow::Context;
use record::store::Store;
use reports::formats::{Exporter, Material};

use super::{choice, reading};
use crate::args::ExportArgs;
use crate::exit::{Exit, UsageError};
use crate::output::print;
use crate::place;

/// Writes the files and says where, or prints the one text.
///
/// # Errors
/// When there is no such run or case, the format cannot hold it, or a file cannot be written.
pub(crate) fn run(args: &ExportArgs) -> anyhow::Result<Exit> {
    let asked = [("--only", !args.only.is_empty()), ("--theme", args.theme.is_some())];
    let asked = asked.into_iter().find(|(_, given)| *given);
    if let Some((option, _)) = asked.filter(|_| !["svg", "png"].contains(&args.format.name)) {
        let text = format!("`{option}` is for pictures: svg or png, not {}", args.format.name);
        return Err(UsageError(text).into());
    }
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    let (ids, set) = choice::choose(&store, &args.choice)?;
    let mut runs = Vec::new();
    for id in &ids {
        let mut run = store.read(id).with_context(|| format!("cannot read run {id}"))?;
        // Of a chosen case alone, as everywhere.
        run.info.cases.retain(|case| set.cases.iter().any(|kept| kept.info.id == case.id));
        run.samples.retain(|sample| run.info.case(&sample.case).is_some());
        runs.push(run);
    }
    let pictures = args.pictures();
    let material = Material { runs: &runs, set: &set, pictures: &pictures };
    let refused = |error: anyhow::Error| UsageError(format!("{error:#}"));
    match args.format.export {
        None => Err(UsageError(format!("`{}` is not written", args.format.name)).into()),
        Some(Exporter::Text(write)) => {
            let text = write(&material).map_err(refused)?;
            match &args.output {
                None => print(&text)?,
                Some(path) => written(path, text.as_bytes())?,
            }
            Ok(Exit::Ok)
        }
        Some(Exporter::Files(write)) => {
            let files = write(&material).map_err(refused)?;
            let directory = match (&args.output, ids.last()) {
                (Some(path), _) => path.clone(),
                (None, Some(id)) => store.directory(id)?.join("exports"),
                (None, None) => PathBuf::from("exports"),
            };
            for file in &files {
                written(&directory.join(&file.name), &file.bytes)?;
            }
            Ok(Exit::Ok)
        }
    }
}

/// Writes a file whole and says where it is.
fn written(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    reading::write_file(path, bytes)?;
    print(&format!("{}\n", reading::shown(path)))
}
