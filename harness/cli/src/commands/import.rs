//! `dyno import`: files of other tools become runs of the store.
//!
//! Everything is read and understood before the first run is written; where one cannot be written
//! none stays. What a format means is decided in `reports::formats`.

mod files;

use std::path::Path;

use engine::measure::now_ns;
use engine::steps::{StepEntry, Steps};
use record::store::{RunWriter, Store};
use record::{Import, ImportedFile, Step, SuiteInfo};
use reports::formats::{Draft, Format, Found, Heading, ImportError, InputFile, Rows, assemble};
use twox_hash::XxHash3_128;

use self::files::Sorted;
use crate::args::ImportArgs;
use crate::exit::{Exit, UsageError};
use crate::output::print;
use crate::place;

/// Reads the files and stores one run, or one per step.
///
/// # Errors
/// When a file is not what it should be, which stores nothing, or the store cannot be written.
pub(crate) fn run(args: &ImportArgs) -> anyhow::Result<Exit> {
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    let steps = args.steps.as_deref().map(Steps::load).transpose()?;
    let sorted = Sorted::new(&args.paths, &args.formats.list)?;
    let now_ns = now_ns();
    let drafts = match &steps {
        None => vec![draft(&whole(args, &sorted, now_ns)?, &sorted.files)?],
        Some(steps) => of_steps(args, &sorted, steps, now_ns)?,
    };
    for line in sorted.left_out(steps.as_ref().map(folders).as_deref()) {
        eprintln!("{line}");
    }
    keep(&store, drafts, now_ns)?;
    Ok(Exit::Ok)
}

/// The heading of the one run that all files make up.
fn whole(args: &ImportArgs, sorted: &Sorted, now_ns: i64) -> anyhow::Result<Heading> {
    let (first, name) = (&args.paths[0], args.name.clone());
    let name = name.unwrap_or_else(|| named_after(first));
    heading(args, suite(name, "", first, ""), None, &sorted.files, now_ns)
}

/// One run per step: the files of its folder.
fn of_steps(
    args: &ImportArgs,
    sorted: &Sorted,
    steps: &Steps,
    now_ns: i64,
) -> anyhow::Result<Vec<Draft>> {
    let (Some(path), [root]) = (&args.steps, args.paths.as_slice()) else {
        let text = "with `--steps`, name one folder: the folders of the steps are in it";
        return Err(UsageError(text.to_owned()).into());
    };
    if steps.steps.is_empty() {
        return Err(UsageError(format!("`{}` has no step", path.display())).into());
    }
    let name = args.name.clone().or_else(|| steps.name.clone());
    let name = name.unwrap_or_else(|| named_after(root));
    let mut drafts: Vec<Draft> = Vec::new();
    for entry in &steps.steps {
        let own = own_files(sorted, steps, entry, root)?;
        let suite = suite(name.clone(), &steps.about, path, steps.text());
        let mut heading = heading(args, suite, Some(entry.step.clone()), &own, now_ns)?;
        if heading.rows.is_none() {
            heading.rows = steps.rows.map(Rows::Count);
        }
        drafts.push(draft(&heading, &own)?);
    }
    missing(&mut drafts)?;
    Ok(drafts)
}

/// The files of a step; none for one that has no folder.
fn own_files(
    sorted: &Sorted,
    steps: &Steps,
    entry: &StepEntry,
    root: &Path,
) -> anyhow::Result<Vec<(&'static Format, InputFile)>> {
    let Some(folder) = &entry.folder else { return Ok(Vec::new()) };
    let own: Vec<_> = sorted.in_folder(folder).collect();
    if own.is_empty() {
        let there = root.join(folder).is_dir();
        let why = if there { "no file of the formats named" } else { "no such folder" };
        let message = format!("{why}: `{}`", root.join(folder).display());
        return Err(steps.error(entry, message).into());
    }
    Ok(own)
}

/// Gives a step without files the cases of the others, without a sample: a gap that can be seen.
fn missing(drafts: &mut [Draft]) -> anyhow::Result<()> {
    let Some(like) = drafts.iter().find(|draft| !draft.info.cases.is_empty()) else {
        return Err(UsageError("no step has a folder with files".to_owned()).into());
    };
    let cases = like.info.cases.clone();
    for draft in drafts.iter_mut().filter(|draft| draft.info.cases.is_empty()) {
        draft.info.cases.clone_from(&cases);
        let step = draft.info.step.as_ref().map(|step: &Step| step.id.clone());
        let text = format!("step {} has no file: it is missing", step.unwrap_or_default());
        draft.info.warnings = vec![text];
    }
    Ok(())
}

fn folders(steps: &Steps) -> Vec<String> {
    steps.steps.iter().filter_map(|entry| entry.folder.clone()).collect()
}

/// What a run is called after: the last part of a path without its end.
fn named_after(path: &Path) -> String {
    let absolute = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let stem = absolute.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    stem.unwrap_or_else(|| "import".to_owned())
}

fn suite(name: String, about: &str, path: &Path, text: &str) -> SuiteInfo {
    SuiteInfo {
        name,
        about: about.to_owned(),
        path: path.display().to_string(),
        text: text.to_owned(),
        hash: hash(text.as_bytes()),
        overrides: Vec::new(),
        filter: None,
        references: Vec::new(),
    }
}

fn heading(
    args: &ImportArgs,
    suite: SuiteInfo,
    step: Option<Step>,
    files: &[(&'static Format, InputFile)],
    read_ns: i64,
) -> anyhow::Result<Heading> {
    let file = |(format, file): &(&'static Format, InputFile)| ImportedFile {
        path: file.shown.clone(),
        format: format.name.to_owned(),
        bytes: file.bytes.len() as u64,
        hash: hash(&file.bytes),
    };
    let files = files.iter().map(file).collect();
    Ok(Heading {
        dyno: env!("CARGO_PKG_VERSION").to_owned(),
        command: std::env::args().collect(),
        suite,
        label: args.label.clone(),
        step,
        import: Import { read_ns, dated: false, files },
        template: args.params.clone(),
        rows: args.rows.clone(),
    })
}

fn hash(bytes: &[u8]) -> String {
    format!("{:032x}", XxHash3_128::oneshot(bytes))
}

/// Reads the files, each with its format, and puts them together.
fn draft(heading: &Heading, files: &[(&'static Format, InputFile)]) -> anyhow::Result<Draft> {
    let mut batches: Vec<(Vec<InputFile>, Found)> = Vec::new();
    let mut formats: Vec<&'static Format> = Vec::new();
    for (format, _) in files {
        if !formats.iter().any(|one| one.name == format.name) {
            formats.push(format);
        }
    }
    for format in formats {
        let own = files.iter().filter(|(one, _)| one.name == format.name);
        let own: Vec<InputFile> = own.map(|(_, file)| file.clone()).collect();
        // OK because only formats that are read were named.
        let Some(importer) = format.import else { continue };
        let found = (importer.read)(&own).map_err(refused)?;
        batches.push((own, found));
    }
    let batches = batches.iter().map(|(files, found)| (files.as_slice(), found.clone()));
    let draft = assemble(heading, batches.collect()).map_err(refused)?;
    if draft.samples.is_empty() && draft.profiles.is_empty() && !files.is_empty() {
        return Err(UsageError("there is no sample in these files".to_owned()).into());
    }
    Ok(draft)
}

fn refused(error: ImportError) -> UsageError {
    UsageError(error.to_string())
}

/// Writes the runs. Where one fails, those before it are removed again.
fn keep(store: &Store, drafts: Vec<Draft>, now_ns: i64) -> anyhow::Result<()> {
    let mut kept = Vec::new();
    let mut lines = String::new();
    for mut draft in drafts {
        draft.info.id = store.fresh_id(&draft.info.suite.name, now_ns);
        match write(store, &draft) {
            Ok(()) => {
                lines += &line(&draft);
                kept.push(draft.info.id);
            }
            Err(error) => {
                kept.push(draft.info.id);
                for id in kept {
                    let _ = store.remove(&id);
                }
                return Err(error);
            }
        }
    }
    print(&lines)
}

fn write(store: &Store, draft: &Draft) -> anyhow::Result<()> {
    let mut writer = RunWriter::create(store, &draft.info)?;
    for sample in &draft.samples {
        writer.append(sample)?;
    }
    for profile in &draft.profiles {
        store.keep_profile(&draft.info.id, profile)?;
    }
    writer.finish(&draft.info)?;
    Ok(())
}

/// What was stored, in one line.
fn line(draft: &Draft) -> String {
    use reports::format::{counted, printable};
    let step = draft.info.step.as_ref().map(|step| format!("step {}, ", step.id));
    let profiles = match draft.profiles.len() {
        0 => String::new(),
        some => format!(", {}", counted(some, "profile")),
    };
    let text = format!(
        "{}: {}{}, {}{profiles}",
        draft.info.id,
        step.unwrap_or_default(),
        counted(draft.info.cases.len(), "case"),
        counted(draft.samples.len(), "sample"),
    );
    format!("{}\n", printable(&text))
}
