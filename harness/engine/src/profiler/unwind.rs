//! Stacks that the kernel could not follow, followed with the unwind tables of the files.
//!
//! The kernel walks frame pointers. libc has none: a sample inside `malloc` would have no caller.
//! For such a sample the registers and a copy of the top of the stack are walked here by the rules
//! that exceptions are unwound by (`.eh_frame`). `stacks.rs` decides which walk is taken. x86-64
//! only: elsewhere distributions keep frame pointers or the kernel's walk has to do.

mod table;

use std::collections::BTreeMap;

use super::elf::Image;
use super::processes::{Place, Processes};
use super::record::{Address, UserStack};
use super::vdso::{self, VDSO};
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
    pub(super) fn walk(&mut self, pid: u32, stack: &UserStack<'_>, processes: &Processes) -> Walk {
        let mut walk = Walk { addresses: Vec::new(), whole: false };
        let mut frame = Frame { ip: stack.ip, sp: stack.sp, bp: stack.bp };
        // Whether the instruction is the one behind a call; what was interrupted was not calling.
        let mut returns = false;
        while walk.addresses.len() < FRAMES_MAX {
            let at = Address { address: frame.ip, kernel: false, returns };
            walk.addresses.push(at);
            let Place::File { file, offset } = processes.place(pid, at) else { return walk };
            let Some(rule) = self.rule(file, offset, processes.files()) else { return walk };
            returns = !matches!(rule, Rule::Signal { .. });
            if let (false, Some(at)) = (returns, walk.addresses.last_mut()) {
                // Its table begins a byte early for those who look behind a call; it begins here.
                at.returns = false;
            }
            let Some(caller) = frame.caller(&rule, stack) else { return walk };
            if caller.ip == NOBODY {
                walk.whole = true;
                return walk;
            }
            frame = caller;
        }
        walk
    }

    fn rule(&mut self, file: u32, offset: u64, files: &[String]) -> Option<Rule> {
        let read = || Table::read(&image(files.get(file as usize)?)?);
        self.tables.entry(file).or_insert_with(read).as_mut()?.rule(offset)
    }
}

/// Where nobody returns to: the caller of the first function of a thread.
const NOBODY: u64 = 0;

/// The registers of a function of the stack.
#[derive(Clone, Copy)]
struct Frame {
    ip: u64,
    sp: u64,
    bp: u64,
}

impl Frame {
    /// Those of its caller, by the rule for its place; none where the copy of the stack ends.
    fn caller(self, rule: &Rule, stack: &UserStack<'_>) -> Option<Self> {
        let word = |from: u64, distance: i64| stack.word(from.wrapping_add_signed(distance));
        let caller = match *rule {
            Rule::Outermost => return Some(Self { ip: NOBODY, ..self }),
            Rule::Called { base, offset, caller, frame_pointer } => {
                let base = match base {
                    Base::Stack => self.sp,
                    Base::Frame => self.bp,
                };
                let sp = base.wrapping_add_signed(offset);
                let bp = match frame_pointer {
                    Some(saved) => word(sp, saved)?,
                    None => self.bp,
                };
                Self { ip: word(sp, caller)?, sp, bp }
            }
            Rule::Signal { ip, sp, bp } => {
                let [ip, sp, bp] = [ip, sp, bp].map(|distance| word(self.sp, distance));
                Self { ip: ip?, sp: sp?, bp: bp? }
            }
        };
        // Frames only lie further and further out; anything else would never end.
        (caller.sp > self.sp).then_some(caller)
    }
}

fn image(file: &str) -> Option<Image> {
    if file == VDSO { vdso::image() } else { Image::open(file) }
}
