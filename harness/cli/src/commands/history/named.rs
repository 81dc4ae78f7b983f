//! What a steps file says of the revisions of a history: numbers, titles, notes, what was taken
//! back.

use std::collections::BTreeSet;
use std::path::Path;

use engine::steps::{StepEntry, Steps};
use record::Revision;

use super::commits::Repository;
use crate::exit::UsageError;

/// Lays a steps file over the revisions. A step that is none of them is said and left out.
///
/// # Errors
/// When the file cannot be understood, names no revision of the repository, or gives two steps
/// one name.
pub(super) fn apply(
    path: &Path,
    repository: &Repository,
    revisions: &mut [Revision],
) -> anyhow::Result<()> {
    let file = Steps::load(path)?;
    for entry in &file.steps {
        let Some(at) = meant(&file, entry, repository, revisions)? else {
            eprintln!("step `{}` is none of these revisions", entry.step.id);
            continue;
        };
        let step = &mut revisions[at].step;
        // A step without a name of its own is called by its revision, which is no number.
        if entry.rev.as_ref() != Some(&entry.step.id) {
            step.id.clone_from(&entry.step.id);
        }
        if !entry.step.title.is_empty() {
            step.title.clone_from(&entry.step.title);
        }
        step.note.clone_from(&entry.step.note);
        step.reverted = entry.step.reverted;
    }
    let mut ids = BTreeSet::new();
    match revisions.iter().find(|revision| !ids.insert(&revision.step.id)) {
        None => Ok(()),
        Some(twice) => {
            let text = format!("two revisions are called step `{}`", twice.step.id);
            Err(UsageError(format!("in `{}`: {text}", path.display())).into())
        }
    }
}

/// The place of the revision that an entry is about: by `rev`, else by its number.
fn meant(
    file: &Steps,
    entry: &StepEntry,
    repository: &Repository,
    revisions: &[Revision],
) -> anyhow::Result<Option<usize>> {
    let Some(rev) = &entry.rev else {
        return Ok(revisions.iter().position(|revision| revision.step.id == entry.step.id));
    };
    let commit = repository.commit(rev).map_err(|error| file.error(entry, error.to_string()))?;
    Ok(revisions.iter().position(|revision| revision.commit == commit))
}
