//! One side of a gate: what takes the place of the programs that the suite names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::case::{Case, CommandLine, Runner, RunnerKind};
use crate::worker::WORKER_COMMAND;

/// How a side's programs are found.
#[derive(Clone, Debug, Default)]
pub struct Party {
    /// What takes the place of the program of every case.
    pub replace: Replace,
    /// A tree and the one that stands for it: working directories inside the first move to the
    /// second.
    pub moved: Option<(PathBuf, PathBuf)>,
}

/// What takes the place of a program.
#[derive(Clone, Debug, Default)]
pub enum Replace {
    /// Nothing: the suite's programs, in this side's tree.
    #[default]
    Nothing,
    /// An executable; dyno's own workloads are served by it too.
    Executable(PathBuf),
    /// A whole runner.
    Runner(Arc<Runner>),
}

impl Party {
    /// The case with this side's programs.
    ///
    /// # Errors
    /// When this side has no program for it, with the reason.
    pub fn case(&self, case: &Case) -> Result<Case, String> {
        let mut runner = match &self.replace {
            Replace::Runner(runner) => Runner::clone(runner),
            Replace::Nothing | Replace::Executable(_) => Runner::clone(&case.runner),
        };
        match &self.replace {
            Replace::Executable(executable) => put(executable, &mut runner)?,
            Replace::Nothing if matches!(runner.kind, RunnerKind::Builtin) => {
                return Err(
                    "dyno's own workloads need an executable of each side: `executable` in \
                     `[build]`, or --base-exe and --candidate-exe"
                        .to_owned(),
                );
            }
            Replace::Nothing | Replace::Runner(_) => {}
        }
        if let Some((from, to)) = &self.moved {
            runner.cwd = moved(&runner.cwd, from, to);
        }
        Ok(Case { runner: Arc::new(runner), ..case.clone() })
    }
}

fn put(executable: &Path, runner: &mut Runner) -> Result<(), String> {
    let program = executable
        .to_str()
        .ok_or_else(|| format!("`{}` is not UTF-8", executable.display()))?
        .to_owned();
    match &mut runner.kind {
        RunnerKind::Builtin => {
            let argv = vec![program, WORKER_COMMAND.to_owned()];
            runner.kind = RunnerKind::Program { argv };
        }
        RunnerKind::Program { argv } => argv[0] = program,
        RunnerKind::Command(command) => match &mut command.command {
            CommandLine::Argv(argv) => argv[0] = program,
            CommandLine::Shell(_) => {
                return Err(format!(
                    "runner `{}` gives its command to a shell, so nobody knows which word is the \
                     program",
                    runner.name
                ));
            }
        },
    }
    Ok(())
}

fn moved(path: &Path, from: &Path, to: &Path) -> PathBuf {
    path.strip_prefix(from).map_or_else(|_| path.to_owned(), |rest| to.join(rest))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use record::CaseId;
    use workload_api::Params;

    use super::*;
    use crate::case::Expect;

    fn case(kind: RunnerKind) -> Case {
        let cwd = PathBuf::from("/tree/bench");
        Case {
            id: CaseId::new("c"),
            workload: "w".to_owned(),
            runner: Arc::new(Runner { name: "r".to_owned(), kind, env: BTreeMap::new(), cwd }),
            params: Params::default(),
            title: String::new(),
            answer: None,
            at: None,
            expect: Expect::default(),
            stage: None,
            sweep: false,
            reverted: false,
        }
    }

    fn program(case: &Case) -> Vec<String> {
        match &case.runner.kind {
            RunnerKind::Program { argv } => argv.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_executable_takes_the_place_of_the_program_and_of_dyno() {
        let replace = Replace::Executable(PathBuf::from("/x/new"));
        let party = Party { replace, moved: None };
        let own = party.case(&case(RunnerKind::Builtin)).unwrap();
        assert_eq!(program(&own), ["/x/new", WORKER_COMMAND]);
        let argv = vec!["./old".to_owned(), "--quiet".to_owned()];
        let other = party.case(&case(RunnerKind::Program { argv })).unwrap();
        assert_eq!(program(&other), ["/x/new", "--quiet"]);
    }

    #[test]
    fn a_working_directory_moves_to_the_tree_of_its_side() {
        let moved = Some((PathBuf::from("/tree"), PathBuf::from("/cache/base")));
        let party = Party { replace: Replace::Nothing, moved };
        let argv = vec!["./worker".to_owned()];
        let case_there = party.case(&case(RunnerKind::Program { argv })).unwrap();
        assert_eq!(case_there.runner.cwd, Path::new("/cache/base/bench"));
        let refused = party.case(&case(RunnerKind::Builtin)).unwrap_err();
        assert!(refused.contains("`executable`"), "{refused}");
    }
}
