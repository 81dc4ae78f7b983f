//! The processes below a worker, and the context switches of all their threads. `process.rs` asks
//! it at every read; what ended meanwhile is left out, never an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::parse::{self, ThreadSwitches};

/// A process and its descendants.
pub(super) struct Tree {
    root: u32,
    /// Whether the kernel lists the children of a thread (CONFIG_PROC_CHILDREN). Without it, all
    /// processes of the machine are asked for their parent.
    lists_children: bool,
}

impl Tree {
    pub(super) fn of(root: u32) -> Self {
        let lists_children = fs::read(format!("/proc/{root}/task/{root}/children")).is_ok();
        Self { root, lists_children }
    }

    pub(super) fn root(&self) -> u32 {
        self.root
    }

    /// The root and all that descend from it now, the root first.
    pub(super) fn processes(&self) -> Vec<Member> {
        if self.lists_children {
            return self.walk(listed_children);
        }
        let parents = parents();
        self.walk(|pid, _| parents.get(&pid).cloned().unwrap_or_default())
    }

    fn walk(&self, children: impl Fn(u32, &[u32]) -> Vec<u32>) -> Vec<Member> {
        let member = |pid| Member { pid, threads: threads(pid) };
        let mut found = vec![member(self.root)];
        let mut seen = BTreeSet::from([self.root]);
        let mut next = 0;
        while next < found.len() {
            let children = children(found[next].pid, &found[next].threads);
            found.extend(children.into_iter().filter(|&child| seen.insert(child)).map(member));
            next += 1;
        }
        found
    }
}

/// One process of a tree.
pub(super) struct Member {
    pub(super) pid: u32,
    /// Its threads, as they were listed; none where it has ended.
    pub(super) threads: Vec<u32>,
}

/// The children that any thread of a process made.
fn listed_children(pid: u32, threads: &[u32]) -> Vec<u32> {
    let mut children = Vec::new();
    for thread in threads {
        let listed = fs::read_to_string(format!("/proc/{pid}/task/{thread}/children"));
        let text = listed.unwrap_or_default();
        children.extend(text.split_ascii_whitespace().filter_map(|word| word.parse::<u32>().ok()));
    }
    children
}

/// The children of every process of the machine.
fn parents() -> BTreeMap<u32, Vec<u32>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for pid in numbered("/proc") {
        if let Ok(stat) = parse::read_stat(pid) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    children
}

fn threads(pid: u32) -> Vec<u32> {
    numbered(&format!("/proc/{pid}/task"))
}

/// The entries of a directory whose names are numbers; none where it has gone.
fn numbered(dir: &str) -> Vec<u32> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Context switches summed over threads, so that the sums never fall when a thread ends. What a
/// thread did after the last read before its end is missing, so they are lower bounds.
#[derive(Default)]
pub(super) struct Switches {
    pub(super) voluntary: u64,
    pub(super) involuntary: u64,
    last: BTreeMap<u32, ThreadSwitches>,
}

impl Switches {
    /// Adds what happened since the last update.
    pub(super) fn update(&mut self, threads: &[ThreadSwitches]) {
        let last = std::mem::take(&mut self.last);
        for now in threads {
            // A thread number can be used again: fewer switches than before mean a new thread.
            let then = last.get(&now.thread).filter(|then| {
                then.voluntary <= now.voluntary && then.involuntary <= now.involuntary
            });
            self.voluntary += now.voluntary - then.map_or(0, |then| then.voluntary);
            self.involuntary += now.involuntary - then.map_or(0, |then| then.involuntary);
            self.last.insert(now.thread, *now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(thread: u32, voluntary: u64, involuntary: u64) -> ThreadSwitches {
        ThreadSwitches { thread, voluntary, involuntary }
    }

    #[test]
    fn switches_never_fall_when_threads_end_or_a_number_is_used_again() {
        let mut switches = Switches::default();
        switches.update(&[thread(1, 10, 1), thread(2, 5, 2)]);
        assert_eq!((switches.voluntary, switches.involuntary), (15, 3));
        switches.update(&[thread(1, 12, 1)]);
        assert_eq!((switches.voluntary, switches.involuntary), (17, 3));
        switches.update(&[thread(1, 12, 1), thread(2, 3, 1)]);
        assert_eq!((switches.voluntary, switches.involuntary), (20, 4));
        switches.update(&[thread(1, 12, 1), thread(2, 2, 0)]);
        assert_eq!((switches.voluntary, switches.involuntary), (22, 4));
    }

    #[test]
    fn a_tree_is_walked_once_even_if_it_loops() {
        let tree = Tree { root: 1, lists_children: true };
        let found = tree.walk(|pid, _| match pid {
            1 => vec![2, 3],
            2 => vec![4, 1],
            _ => vec![2],
        });
        let pids: Vec<_> = found.iter().map(|member| member.pid).collect();
        assert_eq!(pids, [1, 2, 3, 4]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn both_ways_to_find_children_agree() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let root = std::process::id();
        let listed = Tree { root, lists_children: true }.processes();
        let scanned = Tree { root, lists_children: false }.processes();
        child.kill().unwrap();
        child.wait().unwrap();
        for members in [listed, scanned] {
            assert!(members.iter().any(|member| member.pid == child.id()));
            assert!(members[0].pid == root && members[0].threads.contains(&root));
        }
    }
}
