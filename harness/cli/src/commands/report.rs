//! `dyno report`: one or more runs, or a gate, as a page for a browser or as Markdown for a pull
//! request.

mod browser;
mod gate;
mod index;

use std::path::{Path, PathBuf};

use record::store::Store;
use reports::{Assets, PageOptions};

use super::{choice, reading};
use crate::args::{ReportArgs, ReportFormat};
use crate::exit::{Exit, UsageError};
use crate::output::print;
use crate::place;

/// Writes the report and says where.
///
/// # Errors
/// When there is no such run, case or step, options do not go together, the file cannot be written
/// or no browser can be started.
pub(crate) fn run(args: &ReportArgs) -> anyhow::Result<Exit> {
    let options = args.page();
    if args.format == ReportFormat::Markdown {
        check_markdown(args)?;
    }
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    if args.index {
        return index::run(&store, args);
    }
    if let Some(found) = gate::meant(&store, args)? {
        return gate::run(&store, args, &found);
    }
    let (ids, set) = choice::choose(&store, &args.choice)?;
    if let Some((from, to)) = &options.compare {
        // Looked up here, so that a wrong name is a mistake of the command line.
        let found = set.clone().keep_pair(from, to);
        found.map_err(|error| UsageError(format!("{error:#}")))?;
    }
    let name = if args.choice.history { "history.html" } else { "report.html" };
    let path = match (&args.output, ids.last()) {
        (Some(path), _) => path.clone(),
        (None, _) if args.format == ReportFormat::Markdown => {
            print(&reports::markdown(&set, &options)?)?;
            return Ok(Exit::Ok);
        }
        (None, Some(id)) => store.directory(id)?.join(name),
        (None, None) => PathBuf::from(name),
    };
    match args.format {
        ReportFormat::Html => write_page(&set, &options, &path)?,
        ReportFormat::Markdown => reading::write_file(&path, &reports::markdown(&set, &options)?)?,
    }
    print(&format!("{}\n", reading::shown(&path)))?;
    if args.open {
        browser::open(&path)?;
    }
    Ok(Exit::Ok)
}

fn write_page(set: &reports::RunSet, options: &PageOptions, path: &Path) -> anyhow::Result<()> {
    if options.assets == Assets::Split {
        for (name, text) in Assets::FILES {
            reading::write_file(&path.with_file_name(name), text)?;
        }
    }
    reading::write_file(path, &reports::html(set, options)?)
}

/// What is of a page alone has no meaning for Markdown.
fn check_markdown(args: &ReportArgs) -> anyhow::Result<()> {
    let page_only = [
        ("--open", args.open),
        ("--only", !args.only.is_empty()),
        ("--assets", args.page().assets != Assets::Inline),
    ];
    match page_only.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => {
            let text = format!("`{option}` is for the page: Markdown has one form only");
            Err(UsageError(text).into())
        }
        None => Ok(()),
    }
}
