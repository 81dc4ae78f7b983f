//! Stacks that the kernel could not follow, followed with the unwind tables of the files.
//!
//! The kernel walks frame pointers. libc has none: a sample inside `malloc` would have no caller.
//! For such a sample the registers and a copy of the top of the stack are walked here by the rules
//! that exceptions are unwound by (`.eh_frame`). `stacks.rs` decides which walk is taken. x86-64
//! only: elsewhere distributions keep frame pointers or the kernel's walk has to do.

mod table;

use std::collections::BTreeMap;

use super::processes::{Place, Processes};
use super::record::{Address, UserStack};
use table::{Base, Rule, Table};

/// Frames of a stack at most; deeper recursion is cut.
const FRAMES_MAX: usize = 1024;

/// Reads unwind tables as they are needed, each once.
#[derive(Debug, Default)]
pub(super) struct Unwinder {
    /// By number of the file; `None` for a file without a usable table.
    tables: BTreeMap<u32, Option<Table>>,
}

/// A walk from the innermost frame outwards.
#[derive(Debug)]
pub(super) struct Walk {
    /// The addresses, innermost first.
    pub(super) addresses: Vec<Address>,
    /// Whether it came to the start of the thread.
    pub(super) whole: bool,
}

impl Unwinder {
    /// Walks a stack as far as rules and copy reach.
    pub(super) fn walk(&mut self, pid: u32, stack: &UserStack, processes: &Processes) -> Walk {
        let mut walk = Walk { addresses: Vec::new(), whole: false };
        let (mut ip, mut sp, mut bp) = (stack.ip, stack.sp, stack.bp);
        while walk.addresses.len() < FRAMES_MAX {
            let at = Address { address: ip, kernel: false, returns: !walk.addresses.is_empty() };
            walk.addresses.push(at);
            let Place::File { file, offset } = processes.place(pid, at) else { return walk };
            let Some(rule) = self.rule(file, offset, processes.files()) else { return walk };
            if rule.outermost {
                walk.whole = true;
                return walk;
            }
            let base = match rule.base {
                Base::Stack => sp,
                Base::Frame => bp,
            };
            let frame = base.wrapping_add_signed(rule.offset);
            // Frames only lie further and further out; anything else would never end.
            if frame <= sp {
                return walk;
            }
            let read = |offset: i64| stack.word(frame.wrapping_add_signed(offset));
            let Some(caller) = read(rule.caller) else { return walk };
            if let Some(saved) = rule.frame_pointer {
                let Some(outer) = read(saved) else { return walk };
                bp = outer;
            }
            if caller == 0 {
                walk.whole = true;
                return walk;
            }
            (ip, sp) = (caller, frame);
        }
        walk
    }

    fn rule(&mut self, file: u32, offset: u64, files: &[String]) -> Option<Rule> {
        let read = || Table::read(files.get(file as usize)?);
        self.tables.entry(file).or_insert_with(read).as_mut()?.rule(offset)
    }
}
