//! Which file an address of a process belongs to, and what its threads are called, as the kernel's
//! records tell. Pure: `drain.rs` feeds it records in the order of their time.

use std::collections::BTreeMap;

use super::record::{Address, Record};

/// Every process that was heard of.
#[derive(Debug, Default)]
pub(super) struct Processes {
    files: Vec<String>,
    file_numbers: BTreeMap<String, u32>,
    /// By process id: mappings by their start.
    maps: BTreeMap<u32, BTreeMap<u64, Mapping>>,
    /// By thread id.
    names: BTreeMap<u32, String>,
}

#[derive(Clone, Copy, Debug)]
struct Mapping {
    end: u64,
    offset: u64,
    file: u32,
}

/// A place in a program that is the same in every process that runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// An offset into a file, by its number in [`Processes::files`].
    File { file: u32, offset: u64 },
    /// An address of the kernel.
    Kernel(u64),
    /// An address that no mapped file holds.
    Nowhere,
}

impl Processes {
    /// The files that places speak of.
    pub(super) fn files(&self) -> &[String] {
        &self.files
    }

    /// Learns from a record; samples teach nothing.
    pub(super) fn learn(&mut self, record: Record<'_>) {
        match record {
            Record::Mapped { pid, start, length, offset, file } => {
                let mapping =
                    Mapping { end: start.saturating_add(length), offset, file: self.number(file) };
                self.maps.entry(pid).or_default().insert(start, mapping);
            }
            Record::Named { pid, tid, name, exec } => {
                if exec {
                    self.maps.remove(&pid);
                }
                self.names.insert(tid, name);
            }
            Record::Forked { pid, parent, tid, parent_tid } => {
                if pid != parent
                    && let Some(maps) = self.maps.get(&parent)
                {
                    self.maps.insert(pid, maps.clone());
                }
                if let Some(name) = self.names.get(&parent_tid) {
                    self.names.insert(tid, name.clone());
                }
            }
            Record::Sample(_) | Record::Lost(_) => {}
        }
    }

    /// Where an address of a process is. Behind a call, the place is that of the call.
    pub(super) fn place(&self, pid: u32, at: Address) -> Place {
        let address = at.address.saturating_sub(u64::from(at.returns));
        if at.kernel {
            return Place::Kernel(address);
        }
        let known = self.maps.get(&pid).and_then(|maps| maps.range(..=address).next_back());
        match known {
            Some((start, mapping)) if address < mapping.end => {
                Place::File { file: mapping.file, offset: address - start + mapping.offset }
            }
            _ => Place::Nowhere,
        }
    }

    /// What a thread does, by its name without the number at its end: `writer` for `writer-3`.
    pub(super) fn role(&self, pid: u32, tid: u32) -> &str {
        let name = self.names.get(&tid).or_else(|| self.names.get(&pid));
        let name = name.map_or("", String::as_str);
        let role = name
            .trim_end_matches(|c: char| c.is_ascii_digit())
            .trim_end_matches(['-', '_', '#', ':', '/', ' ']);
        match (role, name) {
            ("", "") => "(thread without a name)",
            ("", name) => name,
            (role, _) => role,
        }
    }

    fn number(&mut self, file: String) -> u32 {
        if let Some(number) = self.file_numbers.get(&file) {
            return *number;
        }
        let number = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        self.files.push(file.clone());
        self.file_numbers.insert(file, number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(pid: u32, start: u64, offset: u64, file: &str) -> Record<'static> {
        Record::Mapped { pid, start, length: 0x1000, offset, file: file.to_owned() }
    }

    fn named(pid: u32, tid: u32, name: &str, exec: bool) -> Record<'static> {
        Record::Named { pid, tid, name: name.to_owned(), exec }
    }

    fn user(address: u64) -> Address {
        Address { address, kernel: false, returns: false }
    }

    #[test]
    fn an_address_is_an_offset_into_the_file_that_is_mapped_there() {
        let mut processes = Processes::default();
        processes.learn(mapped(1, 0x4000, 0x200, "/bin/a"));
        processes.learn(mapped(1, 0x9000, 0, "/lib/b.so"));
        let at = |address| processes.place(1, user(address));
        assert_eq!(at(0x4010), Place::File { file: 0, offset: 0x210 });
        assert_eq!(at(0x9000), Place::File { file: 1, offset: 0 });
        for nowhere in [0x3fff, 0x5000, 0xa000] {
            assert_eq!(at(nowhere), Place::Nowhere);
        }
        assert_eq!(processes.place(2, user(0x4010)), Place::Nowhere);
        let behind_a_call = Address { returns: true, ..user(0x4010) };
        assert_eq!(processes.place(1, behind_a_call), Place::File { file: 0, offset: 0x20f });
        let kernel = Address { kernel: true, ..user(0x4010) };
        assert_eq!(processes.place(1, kernel), Place::Kernel(0x4010));
    }

    #[test]
    fn a_fork_takes_mappings_and_name_along_and_an_exec_drops_them() {
        let mut processes = Processes::default();
        processes.learn(named(1, 1, "sh", true));
        processes.learn(mapped(1, 0x4000, 0, "/bin/sh"));
        processes.learn(Record::Forked { pid: 2, parent: 1, tid: 2, parent_tid: 1 });
        assert_eq!(processes.place(2, user(0x4001)), Place::File { file: 0, offset: 1 });
        assert_eq!(processes.role(2, 2), "sh");
        processes.learn(named(2, 2, "sort", true));
        assert_eq!(processes.place(2, user(0x4001)), Place::Nowhere);
        assert_eq!(processes.role(2, 2), "sort");
        assert_eq!(processes.place(1, user(0x4001)), Place::File { file: 0, offset: 1 });
    }

    #[test]
    fn threads_are_told_apart_by_role_and_not_by_number() {
        let mut processes = Processes::default();
        processes.learn(named(1, 1, "dyno", true));
        for (tid, name) in [(2, "writer-0"), (3, "writer-12"), (4, "7"), (5, "tokio-rt-worker")] {
            processes.learn(Record::Forked { pid: 1, parent: 1, tid, parent_tid: 1 });
            assert_eq!(processes.role(1, tid), "dyno");
            processes.learn(named(1, tid, name, false));
        }
        let roles = [1, 2, 3, 4, 5].map(|tid| processes.role(1, tid));
        assert_eq!(roles, ["dyno", "writer", "writer", "7", "tokio-rt-worker"]);
        // Its first record was lost: the process is still known.
        assert_eq!(processes.role(1, 99), "dyno");
        assert_eq!(processes.role(8, 99), "(thread without a name)");
    }
}
