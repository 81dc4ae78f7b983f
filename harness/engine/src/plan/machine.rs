//! What a suite asks of this machine: directories that are there, CPUs that may be used.
//!
//! [`super::Plan::build`] calls it, so that a wrong path ends a run before it begins. It looks and
//! changes nothing.

use std::path::Path;
use std::sync::Arc;

use super::Override;
use crate::suite::{Source, Span, Suite, SuiteError, cannot_be};

/// Every fixed working directory is a directory.
pub(super) fn check_directories(suite: &Suite) -> Result<(), SuiteError> {
    for def in &suite.runners {
        let Some(span) = &def.cwd else { continue };
        let cwd = &def.runner.cwd;
        if !cwd.is_dir() {
            let what = if cwd.exists() { "is no directory" } else { "does not exist" };
            return Err(cannot_be(&suite.source, span, "cwd")
                .note(format!("`{}` {what}", cwd.display()))
                .allowed("a directory that exists, relative to the suite"));
        }
    }
    Ok(())
}

/// The output directory is one, or can become one.
pub(super) fn check_output(
    suite: &Suite,
    options: &[Override],
    output: Option<&Path>,
) -> Result<(), SuiteError> {
    let Some(output) = output else { return Ok(()) };
    let there = output.ancestors().find(|path| path.exists());
    let Some(file) = there.filter(|path| !path.is_dir()) else { return Ok(()) };
    let stated = place(suite, options, ("output.directory", &suite.output_span));
    let Some((source, span)) = stated else { return Ok(()) };
    Err(cannot_be(source, span, "directory")
        .note(format!("`{}` is no directory", file.display()))
        .allowed("a directory; it is created if it does not exist"))
}

/// Every CPU of `pin` is one that this process may use.
pub(super) fn check_pin(
    suite: &Suite,
    options: &[Override],
    pin: Option<&[usize]>,
) -> Result<(), SuiteError> {
    let (Some(pin), Some(usable)) = (pin, usable_cpus()) else { return Ok(()) };
    let Some(absent) = pin.iter().find(|cpu| !usable.contains(cpu)) else { return Ok(()) };
    let stated = place(suite, options, ("sampling.pin", &suite.pin_span));
    let Some((source, span)) = stated else { return Ok(()) };
    Err(cannot_be(source, span, "pin")
        .note(format!("CPU {absent} does not exist here, or this process may not use it"))
        .allowed(format!("the CPUs {}", ranges(&usable))))
}

/// Where a key was stated last: in an option, else in the suite.
fn place<'a>(
    suite: &'a Suite,
    options: &'a [Override],
    (name, span): (&str, &'a Option<Span>),
) -> Option<(&'a Arc<Source>, &'a Span)> {
    let option = options.iter().rev().find_map(|option| option.place_of(name));
    option.or_else(|| span.as_ref().map(|span| (&suite.source, span)))
}

/// The CPUs that this process may use; `None` where the system does not tell.
#[cfg(target_os = "linux")]
fn usable_cpus() -> Option<Vec<usize>> {
    let set = rustix::thread::sched_getaffinity(None).ok()?;
    Some((0..rustix::thread::CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect())
}

/// The CPUs that this process may use; `None` where the system does not tell.
#[cfg(not(target_os = "linux"))]
fn usable_cpus() -> Option<Vec<usize>> {
    None
}

/// Rising numbers as `pin` writes them: "0-3,8".
fn ranges(cpus: &[usize]) -> String {
    let runs = cpus.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [first, .., last] => format!("{first}-{last}"),
        run => run.iter().map(ToString::to_string).collect(),
    });
    runs.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_are_listed_as_pin_writes_them() {
        assert_eq!(ranges(&[0, 1, 2, 3, 8, 10, 11]), "0-3,8,10-11");
        assert_eq!(ranges(&[5]), "5");
    }
}
