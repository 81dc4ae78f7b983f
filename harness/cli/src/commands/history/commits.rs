//! The revisions of a history: which ones are meant, and what git knows of each.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use record::{DiffStat, Revision, Step};

use crate::args::{HistoryArgs, RepoArgs};
use crate::commands::builds::git;
use crate::exit::UsageError;

/// The most revisions of one history.
const REVISIONS_MAX: usize = 1_000;

/// Bytes of a message that are kept.
const MESSAGE_MAX: usize = 8_000;

/// Longest title that a message gives, in characters.
const TITLE_MAX: usize = 120;

/// A repository on this machine.
pub(crate) struct Repository {
    /// The root of its working tree, absolute.
    pub(crate) root: PathBuf,
}

impl Repository {
    /// The one that is told, else the one whose working tree is `around`.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn find(args: &RepoArgs, around: &Path) -> anyhow::Result<Self> {
        let root = match &args.repo {
            Some(told) => std::path::absolute(told).context("no absolute path of `--repo`")?,
            None => around.to_owned(),
        };
        let this = Self { root };
        match this.git(&["rev-parse", "--show-prefix"]) {
            Ok(prefix) if prefix.is_empty() => Ok(this),
            Ok(_) => {
                let root = this.root.display();
                Err(UsageError(format!("`{root}` is inside a repository; name its root")).into())
            }
            Err(error) => {
                let hint = "`--repo DIR` names a git repository elsewhere";
                Err(UsageError(format!("{error:#}\nhint: {hint}")).into())
            }
        }
    }

    /// The full id of a revision.
    ///
    /// # Errors
    /// When there is no such revision.
    pub(crate) fn commit(&self, revision: &str) -> anyhow::Result<String> {
        let what = format!("{revision}^{{commit}}");
        self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &what]).map_err(|_| {
            UsageError(format!("no revision `{revision}` in {}", self.root.display())).into()
        })
    }

    /// The commits from one to another along the first parents, both among them, the oldest first.
    ///
    /// # Errors
    /// When one is not there, or the second does not descend from the first in a straight line.
    pub(crate) fn line(&self, from: &str, to: &str) -> anyhow::Result<Vec<String>> {
        let (first, last) = (self.commit(from)?, self.commit(to)?);
        let range = format!("{first}..{last}");
        let text = self.git(&["rev-list", "--first-parent", "--reverse", &range])?;
        let mut commits = vec![first.clone()];
        commits.extend(text.lines().map(str::to_owned));
        let before = match commits.get(1) {
            None if first == last => first.clone(),
            None => String::new(),
            Some(next) => self.git(&["rev-parse", &format!("{next}^")]).unwrap_or_default(),
        };
        if before != first {
            let text = format!(
                "the first parents of `{to}` do not lead to `{from}`; name one of them, or list \
                 the revisions in a file"
            );
            return Err(UsageError(text).into());
        }
        Ok(commits)
    }

    /// What git knows of commits, as steps numbered in this order.
    ///
    /// # Errors
    /// When git does not know one.
    pub(crate) fn revisions(&self, commits: &[String]) -> anyhow::Result<Vec<Revision>> {
        let width = commits.len().saturating_sub(1).to_string().len().max(2);
        let mut revisions: Vec<Revision> = Vec::new();
        for (number, commit) in commits.iter().enumerate() {
            let text = self.git(&["show", "-s", "--format=%T%x00%at%x00%s%x00%b", commit])?;
            let mut parts = text.splitn(4, '\0');
            let mut part = || parts.next().unwrap_or_default();
            let (tree, authored, subject, body) = (part(), part(), part(), part());
            let before = match revisions.last() {
                Some(before) => before.commit.clone(),
                None => self
                    .git(&["rev-parse", "--verify", "--quiet", &format!("{commit}^")])
                    // A root commit is held against the empty tree.
                    .or_else(|_| self.git(&["hash-object", "-t", "tree", "/dev/null"]))?,
            };
            revisions.push(Revision {
                step: Step {
                    id: format!("{number:0width$}"),
                    title: subject.chars().take(TITLE_MAX).collect(),
                    note: String::new(),
                    reverted: false,
                },
                commit: commit.clone(),
                tree: tree.to_owned(),
                message: shortened(body.trim_end()),
                authored_s: authored.parse().unwrap_or(0),
                diff: diff_stat(&self.git(&["diff", "--shortstat", &before, commit])?),
                taken_from: None,
            });
        }
        Ok(revisions)
    }

    /// The root of its history is not reached: git in this repository.
    fn git(&self, arguments: &[&str]) -> anyhow::Result<String> {
        git(&self.root, arguments)
    }
}

/// The commits that the arguments ask for, the oldest first.
///
/// # Errors
/// When a revision is not there, stands twice, or there are too many.
pub(super) fn asked(repository: &Repository, args: &HistoryArgs) -> anyhow::Result<Vec<String>> {
    let all = match (&args.revs, &args.revs_file) {
        (Some(range), _) => {
            let ends = range
                .split_once("..")
                .filter(|(from, to)| !from.is_empty() && !to.starts_with('.'));
            let Some((from, to)) = ends else {
                let text = format!("--revs cannot be `{range}`: A..B, for instance v1.0..HEAD");
                return Err(UsageError(text).into());
            };
            repository.line(from, if to.is_empty() { "HEAD" } else { to })?
        }
        (None, Some(path)) => listed(repository, path)?,
        (None, None) => Vec::new(),
    };
    if all.is_empty() {
        return Err(UsageError("there is no revision to measure".to_owned()).into());
    }
    let (every, last) = (args.every as usize, all.len() - 1);
    let chosen = all.into_iter().enumerate();
    let chosen = chosen.filter(|(number, _)| number % every == 0 || *number == last);
    let chosen: Vec<String> = chosen.map(|(_, commit)| commit).collect();
    if chosen.len() > REVISIONS_MAX {
        let text = format!(
            "{} revisions; at most {REVISIONS_MAX}: `--every N` leaves some out",
            chosen.len()
        );
        return Err(UsageError(text).into());
    }
    Ok(chosen)
}

fn listed(repository: &Repository, path: &Path) -> anyhow::Result<Vec<String>> {
    let text = fs::read_to_string(path)
        .map_err(|error| UsageError(format!("cannot read `{}`: {error}", path.display())))?;
    let mut commits: Vec<String> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let name = line.split('#').next().unwrap_or_default().trim();
        if name.is_empty() {
            continue;
        }
        let at = |text: String| UsageError(format!("{}:{}: {text}", path.display(), number + 1));
        let commit = repository.commit(name).map_err(|error| at(error.to_string()))?;
        if commits.contains(&commit) {
            return Err(at(format!("revision `{name}` stands twice")).into());
        }
        commits.push(commit);
    }
    Ok(commits)
}

/// `3 files changed, 10 insertions(+), 2 deletions(-)`, of which any part may be missing.
fn diff_stat(text: &str) -> DiffStat {
    let mut stat = DiffStat::default();
    for part in text.split(',') {
        let mut words = part.split_whitespace();
        let number = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        match words.next() {
            Some(word) if word.starts_with("file") => stat.files = number,
            Some(word) if word.starts_with("insertion") => stat.added = number,
            Some(word) if word.starts_with("deletion") => stat.removed = number,
            _ => {}
        }
    }
    stat
}

fn shortened(text: &str) -> String {
    let end = (0..=MESSAGE_MAX.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    text[..end.unwrap_or(0)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_part_of_a_diff_stat_may_be_missing() {
        let stat = |files, added, removed| DiffStat { files, added, removed };
        let text = " 3 files changed, 10 insertions(+), 2 deletions(-)";
        assert_eq!(diff_stat(text), stat(3, 10, 2));
        assert_eq!(diff_stat(" 1 file changed, 1 deletion(-)"), stat(1, 0, 1));
        assert_eq!(diff_stat(""), stat(0, 0, 0));
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(shortened("ü"), "ü");
        let long = "ü".repeat(MESSAGE_MAX);
        assert_eq!(shortened(&format!("a{long}")).len(), MESSAGE_MAX - 1);
    }
}
