//! Which files an import reads, and which format each of them is of.
//!
//! A file that was named is read as one of the formats that were named. In a folder only those
//! count that one of them recognises. Links to folders are not followed.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use reports::format::{counted, printable};
use reports::formats::{Format, InputFile};

use crate::exit::UsageError;

/// Largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The most that is read in all, in bytes.
const ALL_BYTES_MAX: u64 = 256 << 20;

/// The most files, those that are not read included.
const FILES_MAX: usize = 50_000;

/// How deep folders may lie in each other.
const DEPTH_MAX: usize = 12;

/// The files of an import, in the order of their names, numbers by their value.
pub(super) struct Sorted {
    pub(super) files: Vec<(&'static Format, InputFile)>,
    /// Paths in the folder that no format recognises.
    unknown: Vec<String>,
}

impl Sorted {
    /// Finds and reads the files.
    ///
    /// # Errors
    /// When a path is not there, a file is too large, or none is of any of the formats.
    pub(super) fn new(paths: &[PathBuf], formats: &[&'static Format]) -> anyhow::Result<Self> {
        let mut sorted = Self { files: Vec::new(), unknown: Vec::new() };
        let mut budget = ALL_BYTES_MAX;
        for path in paths {
            let meta = fs::metadata(path)
                .map_err(|error| usage(format!("cannot read `{}`: {error}", path.display())))?;
            if meta.is_dir() {
                let mut found = Vec::new();
                walk(path, "", 0, &mut found)?;
                found.sort_by_key(|(_, inner)| by_numbers(inner));
                for (full, inner) in found {
                    sorted.take(&full, inner, formats, (&mut budget, false))?;
                }
            } else {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                sorted.take(path, name, formats, (&mut budget, true))?;
            }
        }
        if sorted.files.is_empty() {
            let names: Vec<&str> = formats.iter().map(|format| format.name).collect();
            let looked = counted(sorted.unknown.len(), "file");
            let text = format!("none of {looked} is of the format {}", names.join(" or "));
            return Err(usage(text).into());
        }
        Ok(sorted)
    }

    fn take(
        &mut self,
        full: &Path,
        path: String,
        formats: &[&'static Format],
        (budget, named): (&mut u64, bool),
    ) -> anyhow::Result<()> {
        let shown = full.display().to_string();
        let bytes = read(full, budget)
            .map_err(|why| usage(format!("cannot read `{}`: {why}", printable(&shown))))?;
        let of = |format: &&&'static Format| {
            format.import.is_some_and(|importer| (importer.recognises)(&path, &bytes))
        };
        let format = match (formats.iter().find(of), formats) {
            (Some(format), _) => format,
            // What a person says it is is read as that, and the error will say why it is not.
            (None, [only]) if named => only,
            (None, several) if named => {
                let names: Vec<&str> = several.iter().map(|format| format.name).collect();
                let text = format!("{}: this is none of {}", printable(&shown), names.join(", "));
                return Err(usage(text).into());
            }
            (None, _) => {
                self.unknown.push(path);
                return Ok(());
            }
        };
        self.files.push((format, InputFile { shown, path, bytes }));
        Ok(())
    }

    /// The files in a folder, with their formats; their paths are those in that folder.
    pub(super) fn in_folder<'a>(
        &'a self,
        folder: &str,
    ) -> impl Iterator<Item = (&'static Format, InputFile)> + 'a {
        let folder = format!("{}/", folder.trim_end_matches('/'));
        self.files.iter().filter_map(move |(format, file)| {
            let inner = file.path.strip_prefix(&folder)?;
            Some((*format, InputFile { path: inner.to_owned(), ..file.clone() }))
        })
    }

    /// What was not read, in words; with the folders of steps, also the files outside of them.
    pub(super) fn left_out(&self, folders: Option<&[String]>) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.unknown.is_empty() {
            let first = printable(&self.unknown[0]);
            let count = counted(self.unknown.len(), "file");
            lines.push(format!("left out: {count} of another format, such as `{first}`"));
        }
        let Some(folders) = folders else { return lines };
        let inside = |path: &str| {
            folders.iter().any(|folder| {
                let rest = path.strip_prefix(folder.trim_end_matches('/'));
                rest.is_some_and(|rest| rest.starts_with('/'))
            })
        };
        let outside = self.files.iter().filter(|(_, file)| !inside(&file.path));
        let outside: Vec<&str> = outside.map(|(_, file)| file.path.as_str()).collect();
        if let Some(first) = outside.first() {
            let (count, first) = (counted(outside.len(), "file"), printable(first));
            lines.push(format!("left out: {count} in no folder of a step, such as `{first}`"));
        }
        lines
    }
}

fn usage(text: String) -> UsageError {
    UsageError(text)
}

/// Every file in a folder: its path, and its path in that folder.
fn walk(
    directory: &Path,
    inner: &str,
    depth: usize,
    found: &mut Vec<(PathBuf, String)>,
) -> Result<(), UsageError> {
    let unreadable =
        |error: std::io::Error| usage(format!("cannot read `{}`: {error}", directory.display()));
    if depth > DEPTH_MAX {
        let text = format!("`{}` lies more than {DEPTH_MAX} folders deep", directory.display());
        return Err(usage(text));
    }
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if inner.is_empty() { name } else { format!("{inner}/{name}") };
        if kind.is_dir() {
            walk(&entry.path(), &path, depth + 1, found)?;
        } else if entry.path().is_file() {
            found.push((entry.path(), path));
        }
        if found.len() > FILES_MAX {
            let text = format!("more than {FILES_MAX} files in `{}`", directory.display());
            return Err(usage(text));
        }
    }
    Ok(())
}

fn read(path: &Path, budget: &mut u64) -> Result<Vec<u8>, String> {
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    // One byte more tells a file that is too large, whatever its length is said to be.
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let length = bytes.len() as u64;
    if length > FILE_BYTES_MAX {
        return Err(format!("it has more than {} MiB", FILE_BYTES_MAX >> 20));
    }
    *budget = budget
        .checked_sub(length)
        .ok_or_else(|| format!("the files together have more than {} MiB", ALL_BYTES_MAX >> 20))?;
    Ok(bytes)
}

/// What paths are sorted by: texts, and numbers by their value.
fn by_numbers(path: &str) -> Vec<(u128, String)> {
    let mut parts: Vec<(u128, String)> = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let digits = rest[text..].find(|c: char| !c.is_ascii_digit());
        let end = digits.map_or(rest.len(), |at| text + at);
        parts.push((0, rest[..text].to_owned()));
        if end > text {
            let number = rest[text..end].parse().unwrap_or(u128::MAX);
            parts.push((number, rest[text..end].to_owned()));
        }
        rest = &rest[end..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_paths_are_sorted_by_their_value() {
        let mut paths = ["b/10.json", "b/9.json", "a", "run-W8-B20480", "run-W8-B5120"];
        paths.sort_by_key(|path| by_numbers(path));
        assert_eq!(paths, ["a", "b/9.json", "b/10.json", "run-W8-B5120", "run-W8-B20480"]);
    }
}
